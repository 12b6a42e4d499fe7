"""Compare and audit all label sets."""

from pathlib import Path

from cil.files import write_frame_csv, write_text
from cil.hierarchy import Hierarchy
from cil.labels.agreement import agreement_table, moved_table, summary_table
from cil.labels.audit import KINDS, audit, audit_table
from cil.labels.labelset import LabelSet
from cil.logs import configure_logging
from cil.report.labelsets import audit_page, comparison_table, labelsets_table

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
    findings = audit_table(
        hierarchy, {name: audit(each) for name, each in labelsets.items()}, simulated
    )
    table = comparison_table(summary, agreement, findings, config["reference"])
    moved = moved_table(labelsets, config["reference"])
    for frame, path in (
        (summary, out.summary),
        (agreement, out.agreement),
        (moved, out.moved),
        (findings, out.audit),
        (table, out.labelsets_csv),
    ):
        write_frame_csv(frame, path)
    for_readers = labelsets_table(table.to_dict("records"), config["reference"], config["pictures"])
    for_readers.write(**{kind: out[f"labelsets_{kind}"] for kind in ("md", "tex", "html")})
    write_text(audit_page(findings, sorted(labelsets), KINDS), out.page)
