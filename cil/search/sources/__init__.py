"""The sources of counts, each in a file of its own; see cil/search/source.py."""
