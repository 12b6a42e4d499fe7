"""Write what comes with the package from a finished default experiment: label sets, and what
strategies make others of.

    uv run snakemake --cores all && uv run python docs/bundle.py

A test holds them to what the default experiment makes (tests/workflow/test_end_to_end.py).
"""

import json
import shutil
from pathlib import Path

from cil.images.named_lists import named_list
from cil.labels.asked import labels_in
from cil.labels.label_file import imagenet_names

ROOT = Path(__file__).resolve().parents[1]
BUNDLED = ROOT / "cil" / "bundled"
# By the name in the package, the file in the experiment's labels/.
SETS = {
    "people": "cil.parquet",
    "tree-cut": "tree-cut.parquet",
    "original": "original.parquet",
}
# What label sets of ImageNet's 1,000 classes are made of (cil/labels/ground.py).
GROUND = (
    *(f"hierarchy/{name}.parquet" for name in ("classes", "synsets", "edges")),
    "search/naming.parquet",
    "search/closeness.parquet",
)


def shown(file: Path) -> dict[str, str]:
    """{wnid: label as people are shown it} of a label set, in the order of ImageNet's classes."""
    table = labels_in(file)
    return dict(sorted(zip(table["wnid"], table["display"], strict=True)))


def write(path: Path, content: dict) -> None:
    """One class per line, for readable differences."""
    text = json.dumps(content, ensure_ascii=False, indent=0)
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    for name, file in SETS.items():
        write(BUNDLED / f"{name}.json", shown(ROOT / "results" / "default" / "labels" / file))
    for file in GROUND:
        shutil.copyfile(ROOT / "results" / "default" / file, BUNDLED / "imagenet-1k" / file)
    names = imagenet_names(named_list("imagenet-1k"))
    lines = [f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in names.items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    (BUNDLED / "classes.json").write_text(text, encoding="utf-8")
