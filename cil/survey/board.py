"""The votes in force, held in memory and kept level with the log."""

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Sequence

import pandas

from cil.hierarchy import Hierarchy
from cil.survey.store import Store, Vote, now
from cil.votes.table import ALL_COLUMNS, in_force


class Board:
    """What everybody has answered so far, and what to ask next.

    Every read first catches up with the log, so that several servers may share a database.

    Args:
        store: the log of votes.
        hierarchy: the classes that are asked about.
    """

    def __init__(self, store: Store, hierarchy: Hierarchy) -> None:
        self.store = store
        self.hierarchy = hierarchy
        self._lock = threading.Lock()
        self._number = 0
        self._answers: dict[str, dict[str, Vote]] = defaultdict(dict)
        self._decided: dict[str, Counter[str]] = {wnid: Counter() for wnid in hierarchy.classes}
        self._skipped: dict[str, dict[str, None]] = defaultdict(dict)
        self._orders: dict[str, dict[str, int]] = {}
        self._catch_up()

    def _catch_up(self) -> None:
        with self._lock:
            for vote in self.store.since(self._number):
                self._number = vote.number
                self._take(vote)

    def _take(self, vote: Vote) -> None:
        if vote.wnid not in self._decided:
            return
        before = self._answers[vote.voter].get(vote.wnid)
        if before and before.cast_at > vote.cast_at:
            return
        counts = self._decided[vote.wnid]
        if before and before.kind != "unsure":
            counts[_option(before)] -= 1
        if vote.kind != "unsure":
            counts[_option(vote)] += 1
        self._answers[vote.voter][vote.wnid] = vote
        self._skipped[vote.voter].pop(vote.wnid, None)

    @property
    def version(self) -> int:
        """Grows with every vote: what was computed at one version holds while it stands."""
        self._catch_up()
        return self._number

    def answers(self, voter: str) -> dict[str, Vote]:
        """The votes in force of one voter, by wnid."""
        self._catch_up()
        with self._lock:
            return dict(self._answers[voter])

    def cast(self, votes: Sequence[Vote]) -> None:
        """Store votes of one voter that were given on one page; they get one time."""
        if not votes:
            return
        answers = self.answers(votes[0].voter)
        latest = max((vote.cast_at for vote in answers.values()), default="")
        moment = now(after=latest)
        self.store.add([Vote(**(vars(vote) | {"cast_at": moment})) for vote in votes])

    def skip(self, voter: str, wnid: str) -> None:
        """Ask this voter about this class after all others; forgotten when the server stops."""
        with self._lock:
            self._skipped[voter].pop(wnid, None)
            self._skipped[voter][wnid] = None

    def next(self, voter: str, besides: str = "") -> str | None:
        """The class to ask this voter about now, or None when all are answered.

        What was skipped comes last; else the class with the fewest decided votes comes first,
        then the one on whose label these differ most, then as in an order of the voter's own.
        `besides` is asked about only if nothing else is left.
        """
        answers = self.answers(voter)
        with self._lock:
            open_classes = [wnid for wnid in self.hierarchy.classes if wnid not in answers]
            skipped = {wnid: place for place, wnid in enumerate(self._skipped[voter], start=1)}
            order = self._order(voter)

            def key(wnid: str) -> tuple:
                counts = +self._decided[wnid]
                return (
                    wnid == besides,
                    skipped.get(wnid, 0),
                    counts.total(),
                    -len(counts),
                    order[wnid],
                )

            return min(open_classes, key=key, default=None)

    def _order(self, voter: str) -> dict[str, int]:
        if voter not in self._orders:
            shuffled = list(self.hierarchy.classes)
            random.Random(voter).shuffle(shuffled)
            self._orders[voter] = {wnid: place for place, wnid in enumerate(shuffled)}
        return self._orders[voter]

    def previous(self, voter: str, before: str = "") -> str | None:
        """The class of the page that this voter answered before that of the class `before`.

        Without `before`, or if that isn't answered yet, the page answered last. None if there
        is no such page.
        """
        answers = self.answers(voter)
        pages: dict[str, Vote] = {}  # the first vote of a page is the class that it showed
        for vote in sorted(answers.values(), key=lambda vote: vote.number):
            pages.setdefault(vote.cast_at, vote)
        limit = answers[before].cast_at if before in answers else "~"
        earlier = [moment for moment in pages if moment < limit]
        return pages[max(earlier)].wnid if earlier else None

    def table(self) -> pandas.DataFrame:
        """The votes in force of all voters, with the columns of `cil.votes.table`."""
        self._catch_up()
        simulated = {voter.id: voter.simulated for voter in self.store.voters()}
        with self._lock:
            rows = [
                (v.voter, v.wnid, v.label, v.label_wnid, v.kind, v.cast_at, simulated[v.voter])
                for answers in self._answers.values()
                for v in answers.values()
            ]
        frame = pandas.DataFrame(rows, columns=list(ALL_COLUMNS))
        return in_force(frame.astype({"label_wnid": "string"}))


def _option(vote: Vote) -> str:
    return vote.label_wnid or f"own {vote.label.casefold()}"
