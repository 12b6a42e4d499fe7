"""Write envs/environment.yaml: the versions of uv.lock, for users of conda.

Run it after every `uv lock`: `uv run python envs/update.py`. A test holds the two together.
"""

import re
import tomllib
from itertools import chain
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parent.parent
PYTHON = "3.11"


def environment(root: Path = ROOT) -> str:
    """The text of environment.yaml: each direct dependency of the pipeline, as locked."""
    lock = tomllib.loads((root / "uv.lock").read_text(encoding="utf-8"))
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    names = {re.split(r"[\[>=<~ ]", requirement)[0] for requirement in wanted}
    pins = [
        f"      - {package['name']}=={package['version']}"
        for package in lock["package"]
        if package["name"] in names - {project["name"]} and _applies(package)
    ]
    return "\n".join(
        [
            "# Written by envs/update.py from uv.lock; change versions there.",
            "name: cil",
            "channels: [conda-forge]",
            "dependencies:",
            f"  - python={PYTHON}",
            "  - pip",
            "  - pip:",
            *pins,
            "",
        ]
    )


def _applies(package: dict) -> bool:
    """Whether a locked version is the one for PYTHON on Linux; uv locks one per marker."""
    here = {"python_version": PYTHON, "python_full_version": f"{PYTHON}.0", "sys_platform": "linux"}
    markers = package.get("resolution-markers", [])
    return not markers or any(Marker(marker).evaluate(here) for marker in markers)


if __name__ == "__main__":
    (ROOT / "envs" / "environment.yaml").write_text(environment(), encoding="utf-8")
