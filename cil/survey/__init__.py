"""The survey: an application in which people choose a label for each class."""
