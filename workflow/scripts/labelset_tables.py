"""Show how the label sets compare, and what the audit found."""

from cil.files import read_frame_csv, write_text
from cil.labels.audit import KINDS, TEXTS
from cil.logs import configure_logging
from cil.report.labelsets import audit_page, labelsets_table

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    given, out, config = snakemake.input, snakemake.output, snakemake.params.config
    rows = read_frame_csv(given.table, ("labelset", "strategy", "largest")).to_dict("records")
    table = labelsets_table(rows, config["reference"], config["pictures"])
    table.write(**{kind: out[f"labelsets_{kind}"] for kind in ("md", "tex", "html")})
    names = sorted(row["labelset"] for row in rows)
    write_text(audit_page(read_frame_csv(given.audit, TEXTS), names, KINDS), out.page)
