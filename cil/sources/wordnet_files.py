"""The two files that NLTK wants beside WordNet's database and that Debian leaves out.

Formats: lexnames(5WN), senseidx(5WN), wndb(5WN), cntlist(5WN) of WordNet 3.0.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from cil.files import write_text

DATA_FILES = ("data.noun", "data.verb", "data.adj", "data.adv")
INDEX_FILES = ("index.noun", "index.verb", "index.adj", "index.adv")
NEEDED = (
    *DATA_FILES,
    *INDEX_FILES,
    *("noun.exc", "verb.exc", "adj.exc", "adv.exc", "cntlist.rev"),
)
SUPPLIED = ("lexnames", "index.sense")
FILES = NEEDED + SUPPLIED  # what NLTK's reader wants

# The lexicographer files by number, from lexnames(5WN).
LEXNAMES = """
adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body
noun.cognition noun.communication noun.event noun.feeling noun.food noun.group noun.location
noun.motive noun.object noun.person noun.phenomenon noun.plant noun.possession noun.process
noun.quantity noun.relation noun.shape noun.state noun.substance noun.time verb.body verb.change
verb.cognition verb.communication verb.competition verb.consumption verb.contact verb.creation
verb.emotion verb.motion verb.perception verb.possession verb.social verb.stative verb.weather
adj.ppl
"""
_CATEGORY = {"noun": 1, "verb": 2, "adj": 3, "adv": 4}
_SENSE_TYPE = {"n": 1, "v": 2, "a": 3, "r": 4, "s": 5}


def supply_missing(corpus: Path) -> None:
    """Write `lexnames` and `index.sense` into the WordNet folder `corpus` where they lack."""
    if not (corpus / "lexnames").is_file():
        write_text(lexnames(), corpus / "lexnames")
    if not (corpus / "index.sense").is_file():
        write_text(index_sense(corpus), corpus / "index.sense")


def lexnames() -> str:
    """The file `lexnames`: number, lexicographer file, syntactic category."""
    return "".join(
        f"{number:02d}\t{name}\t{_CATEGORY[name.split('.')[0]]}\n"
        for number, name in enumerate(LEXNAMES.split())
    )


def index_sense(corpus: Path) -> str:
    """The file `index.sense`: sense key, synset offset, sense number and tag count, sorted."""
    numbers = _sense_numbers(corpus)
    counts = dict(_tag_counts(corpus))
    lines: dict[tuple[str, str, str], str] = {}
    for name in DATA_FILES:
        part = name.removeprefix("data.")
        for key, lemma, offset in _sense_keys(corpus / name):
            sense = (part, lemma, offset)
            # Of two spellings in a synset ("Earth", "earth") the first one has the sense key.
            lines.setdefault(sense, f"{key} {offset} {numbers[sense]} {counts.get(key, 0)}\n")
    return "".join(sorted(lines.values()))


def _sense_keys(data_file: Path) -> Iterator[tuple[str, str, str]]:
    """(sense key, lemma, synset offset) of every word of every synset in a data file."""
    synsets = {}
    for line in data_file.read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            continue
        offset, lex_file, kind, count, *rest = _unmarked(line.split(" | ")[0]).split()
        size = int(count, 16)
        words = [(rest[2 * i].lower(), int(rest[2 * i + 1], 16)) for i in range(size)]
        synsets[offset] = (lex_file, kind, words, rest[2 * size + 1 :])
    for offset, (lex_file, kind, words, pointers) in synsets.items():
        head = ":"
        if kind == "s":
            # A satellite's key names the first word of the cluster's head, its "similar to".
            lemma, number = synsets[pointers[pointers.index("&") + 1]][2][0]
            head = f"{lemma}:{number:02d}"
        for lemma, number in words:
            key = f"{lemma}%{_SENSE_TYPE[kind]}:{lex_file}:{number:02d}:{head}"
            yield key, lemma, offset


def _unmarked(line: str) -> str:
    """A line without the syntactic markers of its adjectives."""
    return re.sub(r"\((?:a|p|ip)\)", "", line)


def _sense_numbers(corpus: Path) -> dict[tuple[str, str, str], int]:
    """Sense number by (part of speech, lemma, offset): its place in the lemma's index entry."""
    numbers = {}
    for name in INDEX_FILES:
        part = name.removeprefix("index.")
        for line in (corpus / name).read_text(encoding="utf-8").splitlines():
            if not line.startswith("  "):
                lemma, _, senses, *rest = line.split()
                for number, offset in enumerate(rest[-int(senses) :], start=1):
                    numbers[part, lemma, offset] = number
    return numbers


def _tag_counts(corpus: Path) -> Iterator[tuple[str, int]]:
    for line in (corpus / "cntlist.rev").read_text(encoding="utf-8").splitlines():
        key, _, count = _unmarked(line).split()
        yield key, int(count)
