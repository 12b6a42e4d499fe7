"""The survey's server in a process of its own, people who use it, their votes and classes."""

import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pandas
import requests

from cil.hierarchy import Hierarchy
from cil.survey import links
from cil.survey.choice import family
from cil.survey.store import Store
from cil.votes.table import checked

NORWICH, DOG, TERRIER, ANIMAL = "n02094258", "n02084071", "n02092468", "n00015388"
TABBY, CAT, CROQUET, REVOLVER = "n02123045", "n02121808", "n03134739", "n04086273"


@dataclass
class Server:
    """`cil survey` in a process of its own."""

    experiment: Path
    database: str
    process: subprocess.Popen | None = field(default=None, repr=False)
    address: str = ""

    def start(self) -> "Server":
        """Start it on a free port and wait until it answers."""
        command = [sys.executable, "-c", "from cil.cli import main; main()", "survey"]
        options = ["--experiment", str(self.experiment), "--database", self.database, "--port", "0"]
        self.process = subprocess.Popen(
            [*command, *options], stderr=subprocess.PIPE, text=True, encoding="utf-8"
        )
        for line in self.process.stderr:
            if found := re.search(r"(http://127\.0\.0\.1:\d+)/admin/", line):
                self.address = found[1]
                break
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                requests.get(self.address, timeout=5)
                return self
            except requests.RequestException:
                time.sleep(0.05)
        raise AssertionError("the server did not answer within 20 seconds")

    def stop(self, by: int = signal.SIGTERM) -> None:
        """End it, as gently as the signal is."""
        self.process.send_signal(by)
        self.process.wait(timeout=20)
        self.process.stderr.close()

    @property
    def store(self) -> Store:
        """The survey's database, opened beside the server."""
        if not hasattr(self, "_store"):
            self._store = Store(self.database)
        return self._store

    def invite(self, name: str = "") -> "Person":
        """Somebody with a personal link."""
        voter = self.store.invite(name)
        return Person(self, voter.id, links.token_of(self.store.secret, voter.id))

    @property
    def admin(self) -> str:
        """The address of the administrator's page."""
        return f"{self.address}/admin/{links.admin_token(self.store.secret)}"


@dataclass
class Person:
    """A voter who uses plain HTTP, as a browser without scripts does."""

    server: Server
    id: str
    token: str

    @property
    def home(self) -> str:
        return f"{self.server.address}/v/{self.token}"

    @property
    def seal(self) -> str:
        return links.form_seal(self.server.store.secret, self.token)

    def get(self, page: str, **options) -> requests.Response:
        return requests.get(f"{self.home}{page}", timeout=10, **options)

    def post(self, page: str, fields: dict, seal: str | None = None, **options):
        form = fields | {"seal": self.seal if seal is None else seal}
        return requests.post(f"{self.home}{page}", data=form, timeout=10, **options)

    def vote(self, wnid: str, choice: str, **fields) -> requests.Response:
        return self.post(f"/class/{wnid}", {"choice": choice, **fields}, allow_redirects=False)

    def log(self) -> list[tuple[str, str]]:
        """What is stored of this voter, in order: class and label."""
        stored = self.server.store.since(0)
        return [(vote.wnid, vote.label) for vote in stored if vote.voter == self.id]


def families_begun(voter: Person, hierarchy: Hierarchy) -> None:
    """Answer for one class of every family, so that lists come next."""
    first, *others = {family(hierarchy, wnid): wnid for wnid in hierarchy.classes}.values()
    voter.vote(first, first, also=others)


def votes(hierarchy, *rows, simulated=False):
    """A table of (voter, class, choice): a wnid, "?" for not sure, or a label of one's own."""
    table = [
        {
            "voter": voter,
            "wnid": wnid,
            "label": "" if choice == "?" else choice,
            "label_wnid": choice if choice in hierarchy.synsets else None,
            "kind": "unsure"
            if choice == "?"
            else ("candidate" if choice in hierarchy.synsets else "custom"),
            "cast_at": f"2026-01-01T{number // 60:02d}:{number % 60:02d}:00Z",
            "simulated": simulated,
        }
        for number, (voter, wnid, choice) in enumerate(rows)
    ]
    return checked(pandas.DataFrame(table), hierarchy, "test")


def on_norwich(hierarchy, *choices):
    """A table of votes on one class, each of another voter."""
    return votes(hierarchy, *[(f"voter {n}", NORWICH, choice) for n, choice in enumerate(choices)])
