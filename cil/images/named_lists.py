"""Lists of classes that everybody knows by name."""

from importlib.metadata import distribution
from pathlib import Path

# The class lists that the package timm holds, by the name that the configuration uses. What most
# call ImageNet-21k are the 21,841 classes of the release of fall 2011, timm's "22k".
NAMED_LISTS = {
    "imagenet-1k": "timm/data/_info/imagenet_synsets.txt",
    "imagenet-21k": "timm/data/_info/imagenet22k_synsets.txt",
}


def named_list(name: str) -> list[str]:
    """The wnids, sorted, of a list in NAMED_LISTS, as timm holds it."""
    # Read as a file: importing timm imports torch, which takes longer than all else here.
    path = Path(str(distribution("timm").locate_file(NAMED_LISTS[name])))
    return sorted(path.read_text(encoding="utf-8").split())
