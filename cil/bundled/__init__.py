"""Label sets of ImageNet's 1,000 classes that come with the package, the classes' names, and what
label sets of them are made of (cil/labels/ground.py).

`uv run python docs/bundle.py` writes them from a finished default experiment.
"""
