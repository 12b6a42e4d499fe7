"""Which classes an experiment has."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path

from cil.errors import UserError
from cil.files import read_text
from cil.images.dropped import without
from cil.images.named_lists import NAMED_LISTS, named_list
from cil.images.prepare import KINDS
from cil.sources.nouns import Nouns

logger = logging.getLogger(__name__)

_WNID_FIRST = re.compile(r"""\s*["']?(n\d{8})(?![\w.])""")


def class_list(
    kind: str, path: str, classes: str, wordnet: str | Path, drop: Sequence[str] = ()
) -> list[str]:
    """The wnids of the experiment's classes, sorted.

    Args:
        kind: `dataset.kind`.
        path: `dataset.path`, or where the downloaded file lies.
        classes: `dataset.classes`: a name in NAMED_LISTS, a text file whose lines begin with a
            wnid, or "" for the classes that the pictures bring.
        wordnet: the folder that `provide_wordnet` made.
        drop: classes of these to leave out; see `cil.images.dropped`.

    Raises UserError if a list is empty, names a class twice, or cannot be read. Whether
    WordNet knows the wnids is for the hierarchy to say.
    """
    listed = _listed(kind, path, classes, wordnet)
    if not drop:
        return listed
    left = without(listed, drop, Nouns(wordnet))
    logger.info("dropped %d of %d classes", len(listed) - len(left), len(listed))
    return left


def _listed(kind: str, path: str, classes: str, wordnet: str | Path) -> list[str]:
    if classes in NAMED_LISTS:
        return _named(classes, wordnet)
    if classes:
        return _from_text(Path(classes))
    if brought := KINDS[kind].classes:
        return sorted(brought(path))
    return _named("imagenet-1k", wordnet)


def _named(name: str, wordnet: str | Path) -> list[str]:
    wnids = named_list(name)
    held = {noun.wnid for noun in Nouns(wordnet)}
    known = [wnid for wnid in wnids if wnid in held]
    logger.info("%s: WordNet 3.0 holds %d of its %d classes", name, len(known), len(wnids))
    return known


def _from_text(path: Path) -> list[str]:
    """The wnids that the lines of a file begin with, as those of synset_words.txt do."""
    if not path.exists():
        names = ", ".join(NAMED_LISTS)
        raise UserError(
            f"dataset.classes: there is no file {path}; give a text file or one of {names}"
        )
    lines: dict[str, int] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip():
            continue
        match = _WNID_FIRST.match(line)
        if not match:
            raise UserError(
                f"{path}, line {number}: found {line[:60]!r}; expected a wnid, such as n01440764, "
                "perhaps with a name behind it"
            )
        if match[1] in lines:
            raise UserError(
                f"{path}, line {number}: {match[1]} stands in line {lines[match[1]]} already; "
                "keep one of the two"
            )
        lines[match[1]] = number
    if not lines:
        raise UserError(f"{path}: holds no wnid; expected one per line, such as n01440764")
    return sorted(lines)
