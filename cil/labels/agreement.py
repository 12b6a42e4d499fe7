"""How alike two label sets are, and which classes moved between them.

The adjusted Rand index (Hubert and Arabie, 1985) counts pairs of classes, so that one large
group carries most of it: of the pairs that share a published label, the 118 dogs make up four
in five. `ari_rest` is the same without the classes of the reference's largest group.
"""

from collections.abc import Mapping, Sequence

import pandas

from cil.errors import UserError
from cil.labels.labelset import SIMULATED, LabelSet

AGREEMENT_COLUMNS = (
    "labelset",
    "reference",
    "ari",
    "ari_rest",
    "v_measure",
    "homogeneity",
    "completeness",
    "same_name",
    "moved",
    SIMULATED,
)
MOVED_COLUMNS = ("labelset", "reference", "wnid", "name", "label", "reference_label", SIMULATED)
SUMMARY_COLUMNS = (
    "labelset",
    "strategy",
    "labels",
    "merged_classes",
    "groups",
    "largest_label",
    "largest_size",
    SIMULATED,
)

MEASURES = ["ari", "ari_rest", "v_measure", "same_name"]
COMPARISON_COLUMNS = (
    *("labelset", "strategy", "labels", "merged_classes", "groups", "largest"),
    *(*MEASURES, "findings", SIMULATED),
)


def agreement(labelset: LabelSet, reference: LabelSet) -> dict[str, float | int]:
    """The measures of agreement with a reference over the same classes.

    `homogeneity` is 1 where no label mixes classes of different reference labels,
    `completeness` where no reference label is split; `v_measure` is their harmonic mean.
    `same_name` is the share of classes whose label has the same name in both. `moved` counts
    the classes that have another set of companions than in the reference. `ari_rest` is not a
    number where every class is in the reference's largest group.
    """
    # Takes seconds to load; the steps that only make a label set do without.
    from sklearn.metrics import adjusted_rand_score, homogeneity_completeness_v_measure

    if labelset.classes != reference.classes:
        raise UserError("agreement: the two label sets are over different classes")
    ours, theirs = labelset.label_index, reference.label_index
    rest = theirs != reference.sizes.argmax()
    homogeneity, completeness, v_measure = homogeneity_completeness_v_measure(theirs, ours)
    same = [
        labelset.label_of(wnid).name == reference.label_of(wnid).name for wnid in labelset.classes
    ]
    return {
        "ari": float(adjusted_rand_score(theirs, ours)),
        "ari_rest": float(adjusted_rand_score(theirs[rest], ours[rest]))
        if rest.any()
        else float("nan"),
        "v_measure": float(v_measure),
        "homogeneity": float(homogeneity),
        "completeness": float(completeness),
        "same_name": sum(same) / len(same),
        "moved": len(moved(labelset, reference)),
    }


def moved(labelset: LabelSet, reference: LabelSet) -> tuple[str, ...]:
    """The classes that share their label with other classes than in the reference."""
    return tuple(
        wnid
        for wnid, ours, theirs in zip(
            labelset.classes, labelset.label_index, reference.label_index, strict=True
        )
        if labelset.groups[ours] != reference.groups[theirs]
    )


def agreement_table(labelsets: Mapping[str, LabelSet]) -> pandas.DataFrame:
    """Every label set against every other, each once as the reference."""
    return pandas.DataFrame(
        [
            {"labelset": name, "reference": reference}
            | agreement(labelset, labelsets[reference])
            | {SIMULATED: _either_simulated(labelset, labelsets[reference])}
            for name, labelset in sorted(labelsets.items())
            for reference in sorted(labelsets)
            if name != reference
        ],
        columns=list(AGREEMENT_COLUMNS),
    )


def moved_table(labelsets: Mapping[str, LabelSet], reference: str) -> pandas.DataFrame:
    """The classes of every label set that moved against the reference, and both labels."""
    theirs = labelsets[reference]
    return pandas.DataFrame(
        [
            (
                name,
                reference,
                wnid,
                ours.hierarchy.name(wnid),
                _name(ours, wnid),
                _name(theirs, wnid),
                _either_simulated(ours, theirs),
            )
            for name, ours in sorted(labelsets.items())
            if name != reference
            for wnid in moved(ours, theirs)
        ],
        columns=list(MOVED_COLUMNS),
    )


def _either_simulated(*labelsets: LabelSet) -> bool:
    return any(labelset.simulated_votes for labelset in labelsets)


def _name(labelset: LabelSet, wnid: str) -> str:
    return labelset.names[labelset.label_index[labelset.hierarchy.index[wnid]]]


def summary_table(
    labelsets: Mapping[str, LabelSet], strategies: Mapping[str, str]
) -> pandas.DataFrame:
    """The size of every label set.

    `merged_classes` counts the classes that share their label, `groups` the labels that they
    share. For the published file that is 644 in 132 groups; the paper says 627.
    """
    return pandas.DataFrame(
        [_summary(name, labelsets[name], strategies[name]) for name in sorted(labelsets)],
        columns=list(SUMMARY_COLUMNS),
    )


def comparison_table(
    summary: pandas.DataFrame, agreement: pandas.DataFrame, audit: pandas.DataFrame, reference: str
) -> pandas.DataFrame:
    """A row per label set: its size, its agreement with the reference, its findings.

    The reference agrees with itself in full. Its columns are COMPARISON_COLUMNS.
    """
    table = summary.merge(
        agreement[agreement["reference"] == reference][["labelset", *MEASURES]],
        on="labelset",
        how="left",
    )
    table.loc[table["labelset"] == reference, MEASURES] = 1.0
    table["largest"] = [
        f"{label} ({size})"
        for label, size in zip(table["largest_label"], table["largest_size"], strict=True)
    ]
    findings = audit["labelset"].value_counts()
    table["findings"] = table["labelset"].map(findings).fillna(0).astype(int)
    table[MEASURES] = table[MEASURES].round(3)
    return table[list(COMPARISON_COLUMNS)]


def _summary(name: str, labelset: LabelSet, strategy: str) -> Sequence[object]:
    sizes = labelset.sizes
    largest = sizes.argmax()
    shared = sizes[sizes > 1]
    return (
        name,
        strategy,
        len(labelset),
        int(shared.sum()),
        len(shared),
        labelset.names[largest],
        int(sizes[largest]),
        labelset.simulated_votes,
    )
