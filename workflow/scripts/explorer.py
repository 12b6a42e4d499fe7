"""Write the page in which label sets are explored and edited."""

import re
from pathlib import Path

from cil.files import read_frame_csv, write_text
from cil.hierarchy import Hierarchy
from cil.images.samples import SamplePictures
from cil.images.store import ImageStore
from cil.labels.audit import TEXTS
from cil.labels.findings import Finding
from cil.labels.labelset import LabelSet
from cil.logs import configure_logging
from cil.report.explorer import explorer_page
from cil.report.scores import DataSet

if __name__ == "__main__":
    configure_logging(snakemake.log[0])
    given, config = snakemake.input, snakemake.params.config
    hierarchy = Hierarchy.read(Path(given.synsets).parent)
    paths = dict(zip(config["labelsets"], given.labelsets, strict=True))
    order = sorted(paths, key=lambda name: name != config["reference"])
    labelsets = {name: LabelSet.read(paths[name], hierarchy) for name in order}
    findings: dict[str, list[Finding]] = {name: [] for name in order}
    for row in read_frame_csv(given.audit, TEXTS).itertuples():
        classes = tuple(re.findall(r"\bn\d{8}\b", row.classes))
        findings[row.labelset].append(
            Finding(row.label, row.finding, classes, row.detail, row.suggestion)
        )
    samples = SamplePictures(ImageStore.open(Path(given.meta).parent))
    pictures = [
        (samples.pick(wnid, 1) or samples.pick(wnid, 1, "train"))[0] for wnid in hierarchy.classes
    ]
    title = f"Label sets of experiment {config['experiment']}"
    simulated = any(labelset.simulated_votes for labelset in labelsets.values())
    note = DataSet.read(given.meta).note(simulated)
    write_text(explorer_page(title, labelsets, findings, pictures, note), snakemake.output.page)
