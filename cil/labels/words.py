"""What people would wonder at in a label: its word, its meaning, its company.

Found on 650 pairs of label and company, of eleven label sets, that were read without knowing whose
they are; `benchmarks/README.md` says how many of the bad ones these checks find.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas

from cil.labels.closeness import read_closeness
from cil.labels.findings import Finding, names_of
from cil.labels.labelset import LabelSet
from cil.labels.naming import read_naming

NAMING, CLOSENESS = "search/naming.parquet", "search/closeness.parquet"
RARE = 2.0  # Zipf frequency below which hardly anybody knows a word: under one in 10 million
RARER_MEANING = 0.1  # part of a word's uses below which it will be taken for something else
ODD = 0.615  # mean cosine of the classes with their label below which they are something else


@dataclass(frozen=True)
class Words:
    """How words are used, and what they mean, of the synsets of a hierarchy.

    Args:
        naming: the table of `cil.labels.naming`, indexed by wnid.
        closeness: the table of `cil.labels.closeness`.
    """

    naming: pandas.DataFrame
    closeness: pandas.DataFrame

    @classmethod
    def read(cls, folder: Path) -> "Words | None":
        """What an experiment's folder has of them; None if it has not both tables."""
        if not all((folder / name).is_file() for name in (NAMING, CLOSENESS)):
            return None
        return cls.of(folder)

    @classmethod
    def of(cls, folder: Path) -> "Words":
        """The same, of a folder that has them; UserError if a table is damaged."""
        return cls(read_naming(folder / NAMING), read_closeness(folder / CLOSENESS))

    def findings(self, labelset: LabelSet) -> Iterator[Finding]:
        """Findings on the labels that are synsets above their classes."""
        hierarchy = labelset.hierarchy
        close = self.closeness.set_index(["wnid", "candidate"])[["close", "called"]]
        for label, name, classes in zip(
            labelset.labels, labelset.names, labelset.groups, strict=True
        ):
            if label.wnid is None or classes == (label.wnid,):
                continue
            known = close.reindex([(wnid, label.wnid) for wnid in classes]).dropna()
            if not len(known):
                continue  # by whatever its classes are above, they lie not below it
            definition = hierarchy.synsets[label.wnid].definition
            use = self.naming.loc[label.wnid]
            zipf = use["rarest"] if " " in use["name"] else use["zipf"]
            if zipf < RARE:
                yield Finding(
                    name,
                    "rare word",
                    classes,
                    f"hardly anybody says {label.name} (Zipf frequency {zipf:.1f}, under {RARE})",
                    "take a word that people say",
                )
            if use["share"] < RARER_MEANING and not known["called"].any():
                yield Finding(
                    name,
                    "rarer meaning",
                    classes,
                    f"{label.name} is to mean {definition}, as in {use['share']:.0%} of its uses",
                    "take a word that means this and little else",
                )
            if known["close"].mean() < ODD:
                yield Finding(
                    name,
                    "odd company",
                    classes,
                    f"little like {label.name} ({definition}): "
                    f"{names_of(hierarchy, classes)}; likeness {known['close'].mean():.2f}, "
                    f"under {ODD}",
                    "split it, or give them labels of their own",
                )
