"""Figure 4: the survey, photographed while it runs."""

import logging
import tempfile
from pathlib import Path

import pandas
from matplotlib.figure import Figure
from matplotlib.image import imread

from cil.errors import UserError
from cil.report.style import FULL, LIGHT, footnote, in_style, message_figure, new_figure
from cil.survey.screenshot import BROWSERS, photograph, voting_page

logger = logging.getLogger(__name__)

DESKTOP, PHONE = (1280, 960), (390, 960)  # CSS pixels


def draw_survey(experiment: Path, consensus: pandas.DataFrame) -> Figure:
    """The page of a class on a desktop and in a narrow window, from the running application.

    Shows the first class of the largest group of `consensus`, with the group's label chosen.
    Where there is no browser, or nobody has voted or chosen a name, the figure says so.
    """
    if consensus["label_wnid"].isna().all():
        return message_figure("Figure 4 shows a class with a name from WordNet; none was chosen.")
    wnid, choice = example(consensus)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / "desktop.png", Path(folder) / "phone.png"]
        try:
            with voting_page(experiment, wnid, choice) as address:
                for file, size in zip(files, (DESKTOP, PHONE), strict=True):
                    photograph(address, file, *size)
        except UserError as error:
            logger.warning("%s", error)
            return message_figure(
                f"Figure 4 shows the running survey; it needs a browser ({', '.join(BROWSERS)}).\n"
                "The step's log says what was wrong."
            )
        votes = "" if consensus["voters"].any() else "; there are no votes: the name is an example"
        return _side_by_side([imread(file) for file in files], votes)


def example(consensus: pandas.DataFrame) -> tuple[str, str]:
    """A class, and the candidate that it shares with the most others."""
    chosen = consensus.dropna(subset=["label_wnid"])
    largest = chosen["label_wnid"].value_counts().sort_index(kind="stable").idxmax()
    return str(chosen.loc[chosen["label_wnid"] == largest, "wnid"].min()), str(largest)


@in_style()
def _side_by_side(pictures: list, votes: str) -> Figure:
    widths = [picture.shape[1] / picture.shape[0] for picture in pictures]
    height = FULL / (sum(widths) + 0.05) + 0.15
    figure, axes = new_figure(
        FULL, height, columns=len(pictures), gridspec_kw={"width_ratios": widths}
    )
    for panel, picture in zip(axes, pictures, strict=True):
        panel.imshow(picture, interpolation="lanczos", aspect="equal")
        panel.set(xticks=[], yticks=[])
        panel.grid(False)
        for spine in panel.spines.values():
            spine.set(visible=True, color=LIGHT)
    footnote(figure, f"the page of one class, in a wide and in a narrow window{votes}")
    return figure
