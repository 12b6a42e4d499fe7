"""Label sets as people ask for them on a command line: a file, or a name.

labels.json      a file of any form that `cil audit` takes
published        the paper's 488 labels, fetched by their checksum
original         every class under its own name
cil, voted, …    a label set of the experiment, by its name there
people, tree-cut what comes with the package
people:100       one made now, with so many labels, of what the experiment has, or the package
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pandas

from cil.errors import UserError
from cil.files import path_of, read_parquet
from cil.hierarchy import Hierarchy
from cil.labels.class_names import bundled
from cil.labels.label_file import COLUMNS, read_label_file
from cil.labels.labelset import DISPLAY

EXPERIMENT = Path("results/default")
HELP = (
    "a label file, as for `cil audit`; published; original; the name of a label set of "
    "--experiment; people or tree-cut, which come with the package; or people:N or tree-cut:N, "
    "made with so many labels"
)
OURS = ("people", "tree-cut")
_PUBLISHED = "clustered_imagenet_labels.json"


def asked_labels(asked: str, experiment: Path = EXPERIMENT) -> pandas.DataFrame:
    """A row per class of ImageNet's 1,000: wnid, label, label_wnid (perhaps None), display.

    `display` is the label as people are shown it. Raises UserError if there is no such label set,
    or its file cannot be read.
    """
    path = path_of(asked)
    if path.is_file() or path.suffix or path.parent != Path():
        return labels_in(path)
    if asked == "published":
        return _published()
    if asked == "original":
        return class_names(list(bundled("classes")))
    made = experiment / "labels" / f"{asked}.parquet"
    if made.is_file():
        return labels_in(made)
    if ":" in asked:
        return _made(asked, experiment)
    if asked in OURS:
        return _named(bundled(asked))
    there = sorted(path.stem for path in (experiment / "labels").glob("*.parquet"))
    raise UserError(
        f"--labels: found {asked!r}, but there is no such file, and no such label set in "
        f"{experiment} ({', '.join(there) or 'it has none; run the experiment first'}); others are "
        "published, original, people, tree-cut, people:N and tree-cut:N"
    )


def labels_in(path: Path) -> pandas.DataFrame:
    """The rows of a label file, as `asked_labels` gives them, of any of ImageNet's classes."""
    table = read_label_file(path, bundled("classes"))
    table[DISPLAY] = table["label"]
    if path.suffix == ".parquet":
        shown = read_parquet(path)
        if DISPLAY in shown:  # a table of this project
            names = dict(zip(shown["wnid"], shown[DISPLAY], strict=True))
            table[DISPLAY] = table["wnid"].map(names)
    return table


def class_names(wnids: list[str]) -> pandas.DataFrame:
    """Each of ImageNet's classes as a label of its own, under its corrected name."""
    names = bundled("original")
    return _named({wnid: names[wnid] for wnid in wnids}).assign(label_wnid=wnids)


def _named(labels: Mapping[str, str]) -> pandas.DataFrame:
    table = pandas.DataFrame({"wnid": list(labels), "label": list(labels.values())})
    return table.assign(label_wnid=None, **{DISPLAY: table["label"]})


def _published() -> pandas.DataFrame:
    from cil.sources.published import provide_published

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / _PUBLISHED
        provide_published(file)
        return labels_in(file)


def _made(asked: str, experiment: Path) -> pandas.DataFrame:
    from cil.labels.make import STRATEGIES

    strategy, _, number = asked.partition(":")
    able = [name for name in STRATEGIES if "labels" in STRATEGIES[name].keys]
    if strategy not in able or not number.isdecimal() or not int(number):
        raise UserError(
            f"--labels: found {asked!r}; expected a file, a name, or one of "
            f"{':N, '.join(able)}:N, N above 0"
        )
    if experiment == EXPERIMENT and not experiment.is_dir():
        from cil.labels.ground import IMAGENET_1K

        experiment = IMAGENET_1K
    entry = {"strategy": strategy, "labels": int(number)}
    paths = STRATEGIES[strategy].paths(entry, str(experiment))
    lacking = [path for path in paths.values() if not Path(path).is_file()]
    if lacking:
        raise UserError(
            f"--labels {asked}: {lacking[0]}: there is no such file; run an experiment that has "
            f"label sets by {strategy} first, or name its folder by --experiment"
        )
    hierarchy = Hierarchy.read(experiment / "hierarchy")
    table = STRATEGIES[strategy].make(hierarchy, entry, paths).table()
    labels = table[[*COLUMNS, DISPLAY]].astype(object)
    return labels.where(labels.notna(), None)
