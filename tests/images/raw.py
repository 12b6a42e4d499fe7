"""Small raw data sets of every kind, and the ways to harm a file."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ["n01443537", "n01629819", "n01641577"]


def jpeg(number: int, side: int = 64, mode: str = "RGB") -> bytes:
    """A picture of one grey level."""
    content = io.BytesIO()
    Image.new("RGB", (side, side), (number * 40 % 256,) * 3).convert(mode).save(content, "JPEG")
    return content.getvalue()


def tiny_members(side: int = 64) -> dict[str, bytes]:
    """What a Tiny ImageNet zip of three classes, four pictures each, holds."""
    root = "tiny-imagenet-200"
    members = {f"{root}/wnids.txt": "\n".join(CLASSES).encode()}
    lines = []
    for number, wnid in enumerate(CLASSES):
        for i in range(3):
            members[f"{root}/train/{wnid}/images/{wnid}_{i}.JPEG"] = jpeg(number, side)
        members[f"{root}/val/images/val_{number}.JPEG"] = jpeg(number, side)
        lines.append(f"val_{number}.JPEG\t{wnid}\t0\t0\t62\t62")
    members[f"{root}/val/val_annotations.txt"] = "\n".join(lines).encode()
    return members


def write_zip(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def batch(number: int, side: int, labels=range(1, 1001), seed: int = 0) -> dict:
    """The content of a batch file with one picture for each label."""
    pixels = np.random.default_rng([seed, number]).integers(
        0, 256, (len(labels), 3 * side * side), dtype=np.uint8
    )
    return {"data": pixels, "labels": list(labels), "mean": pixels.mean(0)}


def write_batches(folder: Path, side: int = 8, npz: bool = False, protocol: int = 3) -> Path:
    """A Downsampled ImageNet of 10,000 + 1,000 pictures of noise."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"train_data_batch_{number}" for number in range(1, 11)] + ["val_data"]
    for number, name in enumerate(names):
        content = batch(number, side)
        if npz:
            np.savez(folder / f"{name}.npz", **content)
        else:
            (folder / name).write_bytes(pickle.dumps(content, protocol))
    return folder


def harmed(content: bytes) -> dict[str, bytes]:
    """Ways in which a file can be spoilt: cut at every tenth, empty, a web page in its place."""
    cut = {f"cut at {n} tenths": content[: len(content) * n // 10] for n in range(1, 10)}
    return {**cut, "empty": b"", "a web page": b"<!DOCTYPE html><html>Sign in first</html>"}
