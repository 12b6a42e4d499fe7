"""The kinds of data sets, each in a file of its own; see cil/images/kind.py."""
