"""What each way of disambiguation makes of the names that mean more than one thing."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cil.files import write_csv
from cil.hierarchy import Hierarchy
from cil.search.familiarity import context_questions, sense_shares
from cil.sources.nouns import Nouns

COLUMNS = (
    "name",
    "wnid",
    "definition",
    "senses",
    "tagged",
    "none",
    "share",
    "sense_share",
    "context",
)
# Well-known words whose other meanings are no pictures of the data set, or of no synset at all.
EXAMPLES = ("crane", "mask", "monitor", "mouse", "python")


def homonyms(
    hierarchy: Hierarchy,
    nouns: Nouns,
    counts: Mapping[str, float],
    smoothing: float,
) -> list[dict[str, object]]:
    """One row per synset whose name another synset has too, or is an example; sorted by name.

    Columns: `senses`, how many noun senses WordNet gives the name; `tagged`, how often its
    editors met this one; `none`, the count of the name; `share` and `sense_share`, this sense's
    part of it; `context`, the word of the parent that `context` has counted beside the name.
    """
    sharers = Counter(synset.name for synset in hierarchy.synsets.values())
    shares = sense_shares(hierarchy, nouns, smoothing)
    questions = context_questions(hierarchy)
    rows: list[dict[str, Any]] = []
    for wnid, synset in hierarchy.synsets.items():
        if sharers[synset.name] == 1 and synset.name not in EXAMPLES:
            continue
        senses = nouns.tagged_senses(synset.name)
        count = counts.get(synset.name)
        values = (
            synset.name,
            wnid,
            synset.definition,
            len(senses),
            senses[wnid],
            count,
            round(shares[wnid], 4),
            None if count is None else round(count * shares[wnid], 1),
            questions[wnid].context,
        )
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return sorted(rows, key=lambda row: (row["name"], row["wnid"]))


def write_homonyms(rows: list[dict[str, object]], path: str | Path) -> None:
    """Write the rows of `homonyms` as CSV."""
    write_csv(rows, path, COLUMNS)
