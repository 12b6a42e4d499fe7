"""The rules with a service: a quota ends the run cleanly, and the next run goes on."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pandas
import pytest
import yaml
from servers import Response, count_of, json_response, wikipedia

from cil.search.familiarity import read_familiarity
from cil.sources.hypernyms import hierarchy_above

ROOT = Path(__file__).resolve().parents[2]
BIRD, HOIST = "n02012849", "n03126707"


@pytest.fixture
def run(tmp_path, wordnet):
    """`run(server, **search)`: snakemake on a hierarchy of two cranes, from the counts on."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "resources/wordnet").mkdir(parents=True)
    hierarchy_above([BIRD, HOIST], wordnet).write(tmp_path / "results/cranes/hierarchy")

    def ran(server, **search) -> subprocess.CompletedProcess[str]:
        overlay = {
            "experiment": "cranes",
            "search": {
                "source": "mediawiki",
                "endpoint": server.address,
                "backoff_seconds": 0,
                "mediawiki": {
                    "user_agent": "cil-tests/1.0 (tests@example.org)",
                    "requests_per_second": 0,
                },
                **search,
            },
        }
        (tmp_path / "cranes.yaml").write_text(yaml.safe_dump(overlay))
        command = ["--snakefile", ROOT / "Snakefile", "--directory", tmp_path, "--cores", "1"]
        command += ["--configfile", tmp_path / "cranes.yaml", "--workflow-profile", "none"]
        command += ["--allowed-rules", "search_counts", "search_familiarity", "--"]
        command += ["results/cranes/search/familiarity.parquet"]
        return subprocess.run(
            [sys.executable, "-m", "snakemake", *map(str, command)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )

    return ran


@pytest.mark.slow
def test_a_quota_ends_the_run_and_the_next_one_asks_for_the_rest_alone(run, serve, tmp_path):
    folder = tmp_path / "results/cranes"
    names = set(pandas.read_parquet(folder / "hierarchy/synsets.parquet")["name"])
    answered = Counter()

    def metered(request) -> Response:
        if sum(answered.values()) == 3 and not (tmp_path / "renewed").exists():
            return json_response({}, 429, Retry_After="86400")
        answered[request.parameters["srsearch"]] += 1
        return wikipedia(request)

    server = serve(metered)
    stopped = run(server)
    assert stopped.returncode != 0, stopped.stdout
    assert f"{len(names) - 3} of {len(names)} names are left" in stopped.stdout
    assert "run again after" in stopped.stdout
    assert not (folder / "search/counts.parquet").exists()

    (tmp_path / "renewed").touch()
    finished = run(server, disambiguate="context")
    assert finished.returncode == 0, finished.stdout
    assert set(answered.values()) == {1}
    counts = pandas.read_parquet(folder / "search/counts.parquet").set_index("name")
    assert set(counts.index) == names
    assert counts.loc["crane", "count"] == count_of('"crane"')
    familiarity = read_familiarity(folder / "search/familiarity.parquet")
    assert familiarity[BIRD] == count_of('"crane" "wading bird"')
    assert familiarity[HOIST] == count_of('"crane" "lifting device"')
