"""The votes in force, held in memory and kept level with the log."""

import random
import secrets
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pandas

from cil.hierarchy import Hierarchy
from cil.survey.choice import NEIGHBOURS, family
from cil.survey.ledger import Ledger, Page
from cil.survey.store import Pass, Store, Undo, Vote, now
from cil.votes.names import fold
from cil.votes.table import ALL_COLUMNS, in_force

SHORTEST_LIST, LONGEST_LIST = 3, 16  # classes


class Board:
    """What everybody has answered so far, and what to ask next.

    Every read first catches up with the logs, so that several servers may share a database, and
    a restart changes nothing for a voter.

    Args:
        store: the log of votes.
        hierarchy: the classes that are asked about.
    """

    def __init__(self, store: Store, hierarchy: Hierarchy) -> None:
        self.store = store
        self.hierarchy = hierarchy
        self._lock = threading.Lock()
        self._number = self._passed = self._undone = 0
        self._ledgers: dict[str, Ledger] = defaultdict(Ledger)
        self._decided: dict[str, Counter[str]] = {wnid: Counter() for wnid in hierarchy.classes}
        self._total = dict.fromkeys(hierarchy.classes, 0)
        self._differing = dict.fromkeys(hierarchy.classes, 0)
        self._orders: dict[str, dict[str, int]] = {}
        self._family = {wnid: family(hierarchy, wnid) for wnid in hierarchy.classes}
        self._reach = {wnid: _reach(hierarchy, wnid) for wnid in hierarchy.classes}
        self._place = _side_by_side(hierarchy)
        self._catch_up()

    def _catch_up(self) -> None:
        with self._lock:
            for vote in self.store.since(self._number):
                self._number = vote.number
                if vote.wnid in self._decided:
                    with self._counted(vote.voter, [vote.wnid]) as ledger:
                        ledger.vote(vote)
            for one in self.store.passes_since(self._passed):
                self._passed = one.number
                if one.wnid in self._decided:
                    self._ledgers[one.voter].passing(one)
            for undo in self.store.undone_since(self._undone):
                self._undone = undo.number
                page = self._ledgers[undo.voter].page(undo.page)
                with self._counted(undo.voter, page.wnids if page else []) as ledger:
                    ledger.undo(undo)

    @contextmanager
    def _counted(self, voter: str, wnids: Sequence[str]) -> Iterator[Ledger]:
        """The ledger of a voter; what changes in it for `wnids` is counted anew after it."""
        ledger = self._ledgers[voter]
        before = [ledger.answers.get(wnid) for wnid in wnids]
        yield ledger
        for wnid, old in zip(wnids, before, strict=True):
            counts, new = self._decided[wnid], ledger.answers.get(wnid)
            if old and old.kind != "unsure":
                counts[_option(old)] -= 1
            if new and new.kind != "unsure":
                counts[_option(new)] += 1
            self._total[wnid] = counts.total()
            self._differing[wnid] = len(+counts)

    @property
    def version(self) -> int:
        """Grows with votes and undos: what was computed at one version holds while it stands."""
        self._catch_up()
        return self._number + self._undone

    def answers(self, voter: str) -> dict[str, Vote]:
        """The votes in force of one voter, by wnid."""
        self._catch_up()
        with self._lock:
            return dict(self._ledgers[voter].answers)

    def page(self, voter: str, page: str) -> Page | None:
        """What counts of a page that this voter sent; None if nothing does."""
        self._catch_up()
        with self._lock:
            return self._ledgers[voter].page(page)

    def latest(self, voter: str, before: str = "") -> Page | None:
        """The page that this voter sent last, or last before the page `before`; None if none."""
        self._catch_up()
        with self._lock:
            return self._ledgers[voter].latest(before)

    def page_of(self, voter: str, wnid: str) -> Page | None:
        """The page on which a class was answered, or skipped."""
        self._catch_up()
        with self._lock:
            ledger = self._ledgers[voter]
            vote = ledger.answers.get(wnid)
            page = vote.page_id if vote else ledger.skipped.get(wnid, "")
            return ledger.page(page)

    def cast(
        self,
        votes: Sequence[Vote],
        voter: str = "",
        listed: Iterable[str] = (),
        skipped: Iterable[str] = (),
        replaces: str = "",
    ) -> None:
        """Store what one voter sent at once, whole or not at all: one page, with one time.

        Args:
            votes: the answers given.
            voter: who sent it, where there are no votes.
            listed: classes that were on a list, which go on no further list of this voter's.
            skipped: classes to ask this voter about after all others.
            replaces: the page that this one is the new form of; it is undone.
        """
        voter = votes[0].voter if votes else voter
        self._catch_up()
        with self._lock:
            ledger = self._ledgers[voter]
            moment, page = now(after=ledger.end), secrets.token_hex(8)
            replaced = ledger.page(replaces)
            fresh = [w for w in dict.fromkeys(listed) if ledger.listed.get(w, replaces) == replaces]
        self.store.add(
            [replace(vote, cast_at=moment, page=page) for vote in votes]
            + [Pass(voter, wnid, "list", moment, page) for wnid in fresh]
            + [Pass(voter, wnid, "skip", moment, page) for wnid in skipped]
            + ([Undo(voter, replaces, moment)] if replaced else [])
        )

    def undo(self, voter: str, page: str) -> Page | None:
        """Take back a page of this voter's whole; gives what it was, or None if nothing counts."""
        there = self.page(voter, page)
        if there:
            self.store.add([Undo(voter, page, now())])
        return there

    def next(self, voter: str, besides: str = "") -> list[str]:
        """What to ask this voter about now: one class, a list of classes, or nothing more.

        Big decisions come first, as one may answer for many classes: a class of every family
        (see `choice.family`) of which the voter has answered nothing yet, the largest first.
        What they leave open comes in lists, to be answered by usual names, every class once at
        most; then one by one what is still open; at last what was skipped.

        Before all that, classes with the fewest decided votes come first, and those on whose
        label these differ most; among equals an order of the voter's own decides. `besides` is
        asked about only if nothing else is left.
        """
        answers = self.answers(voter)
        with self._lock:
            skipped, order = self._ledgers[voter].skipped, self._order(voter)
            still = [wnid for wnid in self.hierarchy.classes if wnid not in answers]
            still = [wnid for wnid in still if wnid != besides] or still
            asked = [wnid for wnid in still if wnid not in skipped]
            if not asked:
                return [wnid for wnid in skipped if wnid in still][:1] or still
            begun = {self._family[w] for w, vote in answers.items() if vote.kind != "unsure"}
            listed = self._ledgers[voter].listed
            new = [w for w in asked if self._family[w] not in begun]
            usual = [w for w in asked if self._family[w] in begun and w not in listed]

            def need(wnid: str) -> tuple[int, int]:
                return self._total[wnid], -self._differing[wnid]

            fewest = self._total.__getitem__
            if new and (not usual or min(map(fewest, new)) <= min(map(fewest, usual))):
                return [min(new, key=lambda w: (need(w), -self._reach[w], order[w]))]
            if len(usual) >= SHORTEST_LIST:
                chosen = sorted(usual, key=lambda w: (need(w), self._place[w]))[:LONGEST_LIST]
                return sorted(chosen, key=self._place.__getitem__)
            return [min(asked, key=lambda w: (need(w), order[w]))]

    def _order(self, voter: str) -> dict[str, int]:
        if voter not in self._orders:
            shuffled = list(self.hierarchy.classes)
            random.Random(voter).shuffle(shuffled)
            self._orders[voter] = {wnid: place for place, wnid in enumerate(shuffled)}
        return self._orders[voter]

    def table(self) -> pandas.DataFrame:
        """The votes in force of all voters, with the columns of `cil.votes.table`."""
        self._catch_up()
        simulated = {voter.id: voter.simulated for voter in self.store.voters()}
        with self._lock:
            rows = [
                (
                    *(v.voter, v.wnid, v.label, v.label_wnid, v.kind, v.cast_at, v.cast_on),
                    simulated[v.voter],
                )
                for ledger in self._ledgers.values()
                for v in ledger.answers.values()
            ]
        frame = pandas.DataFrame(rows, columns=list(ALL_COLUMNS))
        return in_force(frame.astype({"label_wnid": "string"}))


def _reach(hierarchy: Hierarchy, wnid: str) -> int:
    """How many classes one answer may be for: those below the largest synset in question."""
    sizes = (hierarchy.n_classes(candidate.wnid) for candidate in hierarchy.candidates(wnid))
    return max(size for size in sizes if size <= NEIGHBOURS + 1)


def _side_by_side(hierarchy: Hierarchy) -> dict[str, int]:
    """An order of the classes in which relatives stand together: place by wnid."""
    paths = {w: [above.wnid for above in hierarchy.candidates(w)] for w in hierarchy.classes}
    return {wnid: place for place, wnid in enumerate(sorted(paths, key=paths.__getitem__))}


def _option(vote: Vote) -> str:
    return vote.label_wnid or f"own {fold(vote.label)}"
