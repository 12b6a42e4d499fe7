"""List the artifacts of the experiment, with a line on each."""

from pathlib import Path

from cil.files import write_text
from cil.logs import configure_logging
from cil.record.provenance import FILE, artifacts
from cil.report.contents import contents
from cil.report.scores import DataSet

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    readme = Path(snakemake.output.readme)
    folder = readme.parent
    paths = {path.relative_to(folder).as_posix() for path in artifacts(folder)}
    note = DataSet.read(snakemake.input.meta).sentence()
    last = {FILE, Path(FILE).with_suffix(".html").name}
    text = contents(snakemake.params.config, (paths | last) - {readme.name}, note)
    write_text(text, readme)
