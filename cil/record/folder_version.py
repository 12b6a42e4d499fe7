"""A fingerprint of a folder of raw pictures, which changes when what is in it does.

Snakemake sees of a folder only its own time, and that does not change with what lies deeper.
"""

import hashlib
from pathlib import Path

# Batch files and splits; in a split its classes; in a class of Tiny ImageNet a folder of pictures.
_DEPTHS = ("*", "*/*", "*/*/images")


def folder_version(path: str | Path) -> str:
    """The fingerprint of the folder `path`; empty if it is none.

    Counted are the name, size and time of what lies in the folder and one deeper. Of a class
    this is the folder, whose time changes with every picture that is added, renamed or removed,
    but not with one that is written over: to ask for the times of a million pictures would take
    minutes on a network file system.
    """
    folder = Path(path)
    if not path or not folder.is_dir():
        return ""
    while (folder / "tiny-imagenet-200").is_dir():  # as it unpacks, perhaps twice
        folder /= "tiny-imagenet-200"
    entries = sorted(entry for depth in _DEPTHS for entry in folder.glob(depth))
    lines = [f"{entry.relative_to(folder)}\0{_size_and_time(entry)}\n" for entry in entries]
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()[:16]


def _size_and_time(entry: Path) -> tuple[int, int]:
    try:
        status = entry.stat()
    except OSError:  # a link that leads nowhere
        status = entry.lstat()
    return status.st_size, status.st_mtime_ns
