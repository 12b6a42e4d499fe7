"""Compare and audit all label sets."""

from pathlib import Path

from cil.files import write_frame_csv
from cil.hierarchy import Hierarchy
from cil.labels.agreement import agreement_table, comparison_table, moved_table, summary_table
from cil.labels.audit import audit, audit_table
from cil.labels.closeness import read_closeness
from cil.labels.labelset import LabelSet
from cil.labels.naming import read_naming
from cil.labels.words import Words
from cil.logs import configure_logging

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    config, out = snakemake.params.config, snakemake.output
    hierarchy = Hierarchy.read(Path(snakemake.input.synsets).parent)
    labelsets = {
        name: LabelSet.read(path, hierarchy)
        for name, path in zip(config["labelsets"], snakemake.input.labelsets, strict=True)
    }
    summary = summary_table(labelsets, config["labelsets"])
    agreement = agreement_table(labelsets)
    simulated = {name for name, each in labelsets.items() if each.simulated_votes}
    words = Words(read_naming(snakemake.input.naming), read_closeness(snakemake.input.closeness))
    findings = audit_table(
        hierarchy, {name: audit(each, words=words) for name, each in labelsets.items()}, simulated
    )
    table = comparison_table(summary, agreement, findings, config["reference"])
    moved = moved_table(labelsets, config["reference"])
    for frame, path in (
        (summary, out.summary),
        (agreement, out.agreement),
        (moved, out.moved),
        (findings, out.audit),
        (table, out.table),
    ):
        write_frame_csv(frame, path)
