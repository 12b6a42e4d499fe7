"""How fast the counts come: a lookup of all names, and what the crawler itself costs.

    uv run python benchmarks/search.py results/default

The names are those of a finished experiment. The crawl asks a server on loopback that answers at
once; no limits, so that what is measured is the crawler: request, check, and the answer on disk.
The server runs in a process of its own.
"""

import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path

from cil.files import read_parquet
from cil.logs import configure_logging
from cil.search.asking import Terms
from cil.search.by_name import open_source
from cil.search.crawl import crawl
from cil.search.source import Question

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "search"))

from configured import KEYS, settings  # noqa: E402
from servers import DataForSeoServer, custom_search, infini_gram, serving, wikipedia  # noqa: E402

SERVERS = {
    "mediawiki": wikipedia,
    "google": custom_search,
    "infinigram": infini_gram,
    "dataforseo": DataForSeoServer(looks=0),
}


def lookup_seconds(names: list[str]) -> float:
    """Seconds for the counts of `names` from wordfreq, loading its word list included."""
    start = time.perf_counter()
    source = open_source({"source": "wordfreq"}, {})
    for name in names:
        source.count(name)
    return time.perf_counter() - start


def serve(source: str, address) -> None:
    """Serve until killed; tell the address first."""
    with serving(SERVERS[source]) as server:
        address.send(server.address)
        time.sleep(3600)


def crawl_seconds(source: str, names: list[str]) -> float:
    """Seconds for the counts of `names` from a service that answers at once."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(source, theirs), daemon=True)
    process.start()
    try:
        service = open_source(settings(source, ours.recv()), KEYS)
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            crawl(service, map(Question, names), Path(folder) / "store.sqlite", Terms())
            return time.perf_counter() - start
    finally:
        process.kill()


if __name__ == "__main__":
    os.environ["NO_PROXY"] = "127.0.0.1"
    configure_logging(level="ERROR")
    names = sorted(set(read_parquet(Path(sys.argv[1]) / "search/counts.parquet")["name"]))
    rows = [("wordfreq", lookup_seconds(names))]
    rows += [(source, crawl_seconds(source, names)) for source in SERVERS]
    for source, seconds in rows:
        sys.stdout.write(f"| {source} | {seconds:.2f} | {len(names) / seconds:.0f} |\n")
