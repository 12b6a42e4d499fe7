"""Pictures: the four kinds of data sets, each prepared into an image store."""
