"""The files that others published and that the project builds on, each pinned to a commit."""

from pathlib import Path

from cil.errors import UserError
from cil.sources.fetch import RemoteFile, fetch, mirror_folder

_RAW = "https://raw.githubusercontent.com"
# The paper's authors: label file and search counts.
_PAPER = f"{_RAW}/Prev/clustered-imagenet-labels/4986fa226685f0c65c42931ce42ef0434913692d"
# The authors of Downsampled ImageNet: the class order of the ILSVRC development kit.
_DOWNSAMPLED = (
    f"{_RAW}/PatrykChrabaszcz/Imagenet32_Scripts/108b12098cdd7129de0e3b1dbacab2a483b0e729"
)
# The authors of ManyNames: what people called things on photographs.
_MANYNAMES = f"{_RAW}/amore-upf/manynames/8ae0f032397db8f0bf1fbf73c0c60e2388dd5de9"

PUBLISHED = {
    file.name: file
    for file in (
        RemoteFile(
            name="clustered_imagenet_labels.json",
            url=f"{_PAPER}/trainer/data/clustered_imagenet_labels.json",
            size=23612,
            checksum="1820b3b1795c968ee26b3056b8a06e171d9d4a13afe9bda9c222cea0d4384526",
        ),
        RemoteFile(
            name="class_search_numbers.json",
            url=f"{_PAPER}/survey_app/app/data/class_search_numbers.json",
            size=41348,
            checksum="efdb62aa53b5c8e6a2dc0d3705afb71822f074529dce8ffdcaa4cafa215578e8",
        ),
        RemoteFile(
            name="map_clsloc.txt",
            url=f"{_DOWNSAMPLED}/map_clsloc.txt",
            size=24366,
            checksum="1dd44b44b70cbdb05781d3b49851bfa25a82486f47b2957a29eac1f98da4441d",
        ),
        RemoteFile(
            name="lexical-info-en.tsv",
            url=f"{_MANYNAMES}/other-data/lexical-info-en.tsv",
            size=117822,
            checksum="1bf1239c9a7333ebf4aa6c88c0ae30e807e1c171f9ed8db10a65e22bff1d93d1",
        ),
    )
}


def provide_published(target: str | Path, mirror: str = "") -> None:
    """Fetch the published file that `target` is named after; UserError if it cannot be had.

    `mirror` is the configuration's `sources.mirror`; CIL_MIRROR serves where it is empty.
    """
    target = Path(target)
    if target.name not in PUBLISHED:
        raise UserError(
            f"{target.name}: not a published file; there are {', '.join(sorted(PUBLISHED))}"
        )
    fetch(PUBLISHED[target.name], target, mirror_folder(mirror))
