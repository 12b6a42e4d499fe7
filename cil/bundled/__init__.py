"""Label sets of ImageNet's 1,000 classes that come with the package, and the classes' names.

`uv run python docs/bundle.py` writes them from a finished default experiment.
"""
