"""Measure the survey: votes per second under load, pages ready, pages that a voter needs.

    uv run python benchmarks/survey.py results/default

Starts the application on loopback with an empty database, lets 50 voters vote for 20 seconds at
100 votes per second in all, and checks that every acknowledged vote is in the database.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import requests

from cil.survey import links
from cil.survey.choice import list_votes, others, usual_names
from cil.survey.experiment import Survey
from cil.survey.store import Store, Vote

VOTERS, RATE, SECONDS = 50, 100.0, 20.0


def load(address: str, store: Store, classes: tuple[str, ...]) -> dict[str, float]:
    """50 voters at once, each on a schedule of its own; times are of the whole request."""
    people = [store.invite(f"voter {number}") for number in range(VOTERS)]
    times: list[float] = []
    acknowledged: list[tuple[str, str, str]] = []
    begin = time.perf_counter() + 1

    def vote(number: int) -> None:
        person, session = people[number], requests.Session()
        token = links.token_of(store.secret, person.id)
        seal = links.form_seal(store.secret, token)
        for turn in range(int(SECONDS * RATE / VOTERS)):
            wnid, label = classes[(number * 17 + turn) % len(classes)], f"label {turn}"
            time.sleep(
                max(0, begin + (turn + number / VOTERS) * VOTERS / RATE - time.perf_counter())
            )
            started = time.perf_counter()
            form = {"choice": "own", "own": label, "seal": seal, "scripted": "1"}
            url = f"{address}/v/{token}/class/{wnid}"
            reply = session.post(url, data=form, allow_redirects=False, timeout=30)
            times.append(time.perf_counter() - started)
            if reply.status_code == 303:
                acknowledged.append((person.id, wnid, label))

    threads = [threading.Thread(target=vote, args=(number,)) for number in range(VOTERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - begin
    stored = {(row.voter, row.wnid, row.label) for row in store.since(0)}
    return {
        "votes": len(times),
        "acknowledged": len(acknowledged),
        "lost": len(set(acknowledged) - stored),
        "votes_per_second": round(len(acknowledged) / elapsed, 1),
        "p50_ms": round(1000 * float(np.quantile(times, 0.5)), 1),
        "p95_ms": round(1000 * float(np.quantile(times, 0.95)), 1),
        "p99_ms": round(1000 * float(np.quantile(times, 0.99)), 1),
    }


def page_times(address: str, store: Store, classes: tuple[str, ...]) -> dict[str, float]:
    """How long a class page takes, from the request to its last byte."""
    token = links.token_of(store.secret, store.invite("reader").id)
    times = []
    for wnid in classes[::20]:
        started = time.perf_counter()
        requests.get(f"{address}/v/{token}/class/{wnid}", timeout=30).raise_for_status()
        times.append(time.perf_counter() - started)
    return {
        "page_p50_ms": round(1000 * float(np.median(times)), 1),
        "page_max_ms": round(1000 * max(times), 1),
    }


def pages_needed(survey: Survey, wanted: dict[str, str]) -> dict[str, int]:
    """Pages until a voter, who wants the label `wanted` for each class, has answered all.

    On the page of a class the voter answers, and ticks all classes offered there that take the
    same answer: the same label, or their own names where the class keeps its own. On a list the
    voter chooses the label where it is among the names offered, and leaves the others open.
    """
    voter = survey.store.invite("consistent").id
    found = {"pages": 0, "pages_lists": 0, "names_chosen_on_lists": 0}
    while wnids := survey.board.next(voter):
        found["pages"] += 1
        if len(wnids) == 1:
            votes = _page_votes(survey, voter, wnids[0], wanted)
        else:
            votes = _list_votes(survey, voter, wnids, wanted)
            found["pages_lists"] += 1
            found["names_chosen_on_lists"] += len(votes)
        survey.board.cast(votes)
    return found


def _page_votes(survey: Survey, voter: str, wnid: str, wanted: dict[str, str]) -> list[Vote]:
    hierarchy, label = survey.hierarchy, wanted[wnid]
    offered = reversed(hierarchy.candidates(wnid))
    above = next((candidate.wnid for candidate in offered if candidate.name == label), None)
    answers = survey.board.answers(voter)
    ticked = [
        other
        for other in others(hierarchy, wnid, above)
        if other not in answers
        and wanted[other] == (hierarchy.name(other) if above == wnid else label)
    ]
    return [Vote(voter, other, wanted[other], None, "custom") for other in [wnid, *ticked]]


def _list_votes(survey: Survey, voter: str, wnids: list[str], wanted: dict[str, str]) -> list[Vote]:
    survey.board.cast([], voter, listed=wnids)
    choices = {
        wnid: name.wnid
        for wnid in wnids
        for name in usual_names(survey.hierarchy, wnid)
        if name.name == wanted[wnid]
    }
    return list_votes(survey.hierarchy, voter, choices)


def main() -> None:
    """Print every figure as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", type=Path)
    experiment = parser.parse_args().experiment
    mirror = os.environ.get("CIL_MIRROR")
    labels = experiment / "labels" / "cil.json"
    if mirror:
        labels = Path(mirror) / "clustered_imagenet_labels.json"
    wanted = json.loads(labels.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        survey = Survey.open(experiment, f"{folder}/pages.sqlite", create=True)
        found: dict[str, float | str] = {"labels_of": "published" if mirror else "experiment"}
        found |= pages_needed(survey, wanted)
        database = f"{folder}/load.sqlite"
        command = [sys.executable, "-c", "from cil.cli import main; main()", "survey"]
        options = ["--experiment", str(experiment), "--database", database, "--port", "0"]
        server = subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True)
        try:
            line = next(line for line in server.stderr if "/admin/" in line)
            address = line.split("page: ")[1].split("/admin/")[0]
            store = Store(database)
            found |= page_times(address, store, survey.hierarchy.classes)
            found |= load(address, store, survey.hierarchy.classes)
        finally:
            server.terminate()
            server.wait()
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
