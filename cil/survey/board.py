"""The votes in force, held in memory and kept level with the log."""

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import pandas

from cil.hierarchy import Hierarchy
from cil.survey.choice import NEIGHBOURS, family
from cil.survey.store import Store, Vote, now
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
        self._number = self._passed = 0
        self._answers: dict[str, dict[str, Vote]] = defaultdict(dict)
        self._decided: dict[str, Counter[str]] = {wnid: Counter() for wnid in hierarchy.classes}
        self._total = dict.fromkeys(hierarchy.classes, 0)
        self._differing = dict.fromkeys(hierarchy.classes, 0)
        self._skipped: dict[str, dict[str, None]] = defaultdict(dict)
        self._listed: dict[str, set[str]] = defaultdict(set)
        self._orders: dict[str, dict[str, int]] = {}
        self._family = {wnid: family(hierarchy, wnid) for wnid in hierarchy.classes}
        self._reach = {wnid: _reach(hierarchy, wnid) for wnid in hierarchy.classes}
        self._place = _side_by_side(hierarchy)
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
        self._total[vote.wnid] = counts.total()
        self._differing[vote.wnid] = len(+counts)
        self._answers[vote.voter][vote.wnid] = vote

    def _catch_up_with_passes(self) -> None:
        with self._lock:
            for one in self.store.passes_since(self._passed):
                self._passed = one.number
                if one.how == "list":
                    self._listed[one.voter].add(one.wnid)
                else:
                    self._skipped[one.voter].pop(one.wnid, None)  # who skips again goes to the end
                    self._skipped[one.voter][one.wnid] = None

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
        """Ask this voter about this class after all others."""
        self.store.leave(voter, [wnid], "skip")

    def listed(self, voter: str, wnids: Iterable[str]) -> None:
        """Put these classes on no further list of this voter's."""
        self._catch_up_with_passes()
        with self._lock:
            new = [wnid for wnid in dict.fromkeys(wnids) if wnid not in self._listed[voter]]
        self.store.leave(voter, new, "list")

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
        self._catch_up_with_passes()
        with self._lock:
            skipped, order = self._skipped[voter], self._order(voter)
            still = [wnid for wnid in self.hierarchy.classes if wnid not in answers]
            still = [wnid for wnid in still if wnid != besides] or still
            asked = [wnid for wnid in still if wnid not in skipped]
            if not asked:
                return [wnid for wnid in skipped if wnid in still][:1] or still
            begun = {self._family[w] for w, vote in answers.items() if vote.kind != "unsure"}
            listed = self._listed[voter]
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

    def previous(self, voter: str, before: str = "") -> Vote | None:
        """The first vote of the page that this voter answered before that of class `before`.

        Without `before`, or if that isn't answered yet, the page answered last. None if there
        is no such page.
        """
        answers = self.answers(voter)
        pages: dict[str, Vote] = {}  # the first vote of a page is the class that it showed
        for vote in sorted(answers.values(), key=lambda vote: vote.number):
            pages.setdefault(vote.cast_at, vote)
        limit = answers[before].cast_at if before in answers else "~"
        earlier = [moment for moment in pages if moment < limit]
        return pages[max(earlier)] if earlier else None

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
                for answers in self._answers.values()
                for v in answers.values()
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
    return vote.label_wnid or f"own {vote.label.casefold()}"
