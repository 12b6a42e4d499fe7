"""From the counts of words to the familiarity of meanings.

A count belongs to a word. `python` is a snake, a spirit and a Greek dragon (and, on the web, a
programming language that WordNet does not know). Three ways to give each synset its number:

- `none`: the count of its name, whatever else the name may mean.
- `sense-share`: that count times the share of the name's noun senses that this synset has in
  the texts that WordNet's editors tagged (SemCor and others), smoothed, as most senses of most
  words were never tagged: (n + s) / (N + s·k) for a sense tagged n times of a word with k noun
  senses tagged N times together.
- `context`: the count of the name together with the name of its parent synset, for every synset
  alike, so that the numbers stay comparable with each other.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas

from cil.files import read_parquet, write_parquet
from cil.hierarchy import Hierarchy
from cil.search.source import Question
from cil.sources.nouns import Nouns

COLUMNS = ("wnid", "name", "query", "count", "share", "familiarity")


def familiarity_table(
    hierarchy: Hierarchy,
    counts: pandas.DataFrame,
    shares: Mapping[str, float] | None = None,
) -> pandas.DataFrame:
    """One row per synset, sorted by wnid, from the counts of names (`none`, `sense-share`).

    Args:
        hierarchy: the synsets.
        counts: columns `name, query, count`; a count may be missing.
        shares: the share of its name's occurrences that belongs to a synset, in (0, 1]; 1 if
            not given.
    """
    synsets = pandas.DataFrame(
        {"wnid": wnid, "name": hierarchy.name(wnid)} for wnid in sorted(hierarchy.synsets)
    )
    table = synsets.merge(counts[["name", "query", "count"]], on="name", how="left")
    table["share"] = 1.0 if shares is None else table["wnid"].map(shares)
    table["familiarity"] = table["count"] * table["share"]
    return table.sort_values("wnid", ignore_index=True)[list(COLUMNS)]


def context_table(
    hierarchy: Hierarchy, answers: Mapping[Question, tuple[str, float | None]]
) -> pandas.DataFrame:
    """One row per synset, sorted by wnid, from (query, count) by question (`context`)."""
    rows = []
    for wnid, question in sorted(context_questions(hierarchy).items()):
        query, count = answers[question]
        rows.append((wnid, question.name, query, count, 1.0, count))
    table = pandas.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"count": float, "familiarity": float})


def context_questions(hierarchy: Hierarchy) -> dict[str, Question]:
    """What `context` asks for each synset: its name and its parent's name; a root's name alone.

    Of several parents the one with the fewest classes below it is taken, the most specific
    (ties by wnid); a parent of the same name (a screen is a screen) says nothing and is passed
    over for its own parent.
    """
    return {
        wnid: Question(hierarchy.name(wnid), _context(hierarchy, wnid))
        for wnid in hierarchy.synsets
    }


def _context(hierarchy: Hierarchy, wnid: str) -> str:
    name = hierarchy.name(wnid)
    while parents := hierarchy.parents(wnid):
        wnid = min(parents, key=lambda parent: (hierarchy.n_classes(parent), parent))
        if hierarchy.name(wnid).lower() != name.lower():
            return hierarchy.name(wnid)
    return ""


def sense_shares(hierarchy: Hierarchy, nouns: Nouns, smoothing: float) -> dict[str, float]:
    """The share of its name's noun senses that each synset has; see the module's text.

    Capitals do not count, as they do not in a search: `crane` shares with `Crane`, a poet.
    """
    shares = {}
    for wnid, synset in hierarchy.synsets.items():
        senses = nouns.tagged_senses(synset.name)
        total = sum(senses.values()) + smoothing * len(senses)
        shares[wnid] = (senses[wnid] + smoothing) / total
    return shares


def write_familiarity(table: pandas.DataFrame, path: str | Path) -> None:
    """Write the table of `familiarity_table` or `context_table` as Parquet."""
    write_parquet(table, path)


def read_familiarity(path: str | Path) -> dict[str, float]:
    """How familiar each synset is, by wnid; larger is better known.

    Numbers of one file compare with each other, not with those of another source. A synset
    whose name the source does not count is left out; 0 means that the source knows it as rare.
    Raises UserError if the file is missing or is not such a table.
    """
    table = read_parquet(path, COLUMNS).dropna(subset=["familiarity"])
    return dict(zip(table["wnid"], table["familiarity"].astype(float), strict=True))
