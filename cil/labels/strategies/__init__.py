"""The ways to make a label set, each in a file of its own; see cil/labels/strategy.py."""
