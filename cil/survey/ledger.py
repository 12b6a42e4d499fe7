"""What one voter has answered so far: votes in force, page by page."""

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field

from cil.survey.store import Pass, Undo, Vote


@dataclass
class Page:
    """What was sent at once: an answer for a class and those ticked beside it, a list, or a skip.

    Attributes:
        id: names it in the logs.
        moment: when it was sent, in ISO 8601.
        wnids: the classes that were answered, in the order of the page.
        passed: those that were skipped, or left open on a list.
        how: `page`, `list` or `skip`.
    """

    id: str
    moment: str
    how: str
    wnids: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)

    @property
    def first(self) -> str:
        """The class that the page is about, or the first one on its list."""
        return (self.wnids + self.passed)[0]


class Ledger:
    """The logs of one voter, taken in row by row."""

    def __init__(self) -> None:
        self.answers: dict[str, Vote] = {}  # in force, by wnid
        self.skipped: dict[str, str] = {}  # page by wnid; who skips again goes to the end
        self.listed: dict[str, str] = {}  # page by wnid
        self._votes: dict[str, list[Vote]] = {}
        self._pages: dict[str, Page] = {}
        self._undone: set[str] = set()

    def vote(self, vote: Vote) -> None:
        """Take in a vote: the latest one for a class counts, whenever it comes in."""
        insort(self._votes.setdefault(vote.wnid, []), vote, key=lambda one: one.cast_at)
        how = "list" if vote.cast_on == "list" else "page"
        self._page(vote.page_id, vote.cast_at, how).wnids.append(vote.wnid)
        self._settle(vote.wnid)

    def passing(self, one: Pass) -> None:
        """Take in a class that was skipped, or seen on a list."""
        page = one.page or f"at {one.passed_at}"
        self._page(page, one.passed_at, one.how).passed.append(one.wnid)
        if page in self._undone:
            return
        if one.how == "list":
            self.listed[one.wnid] = page
        else:
            self.skipped.pop(one.wnid, None)
            self.skipped[one.wnid] = page

    def undo(self, one: Undo) -> None:
        """Take back a page: what was in force before it is so again."""
        self._undone.add(one.page)
        page = self._pages.get(one.page)
        if page is None:
            return
        for wnid in page.wnids:
            self._settle(wnid)
        for passed in (self.skipped, self.listed):
            for wnid in page.passed:
                if passed.get(wnid) == page.id:
                    del passed[wnid]

    def _page(self, page: str, moment: str, how: str) -> Page:
        return self._pages.setdefault(page, Page(page, moment, how))

    def _settle(self, wnid: str) -> None:
        counting = (v for v in reversed(self._votes[wnid]) if v.page_id not in self._undone)
        vote = next(counting, None)
        if vote is None:
            self.answers.pop(wnid, None)
        else:
            self.answers[wnid] = vote

    def page(self, page: str) -> Page | None:
        """What of a page still counts; None if it was undone, or nothing of it counts."""
        known = self._pages.get(page)
        if known is None or page in self._undone:
            return None
        counting = [
            wnid
            for wnid in dict.fromkeys(known.wnids)
            if wnid in self.answers and self.answers[wnid].page_id == page
        ]
        given = set(known.wnids)
        passed = [
            wnid
            for wnid in known.passed
            if page in (self.skipped.get(wnid), self.listed.get(wnid)) and wnid not in given
        ]
        if not counting and not passed:
            return None
        return Page(known.id, known.moment, known.how, counting, passed)

    def latest(self, before: str = "") -> Page | None:
        """The page sent last, or last before the page `before`, of which something counts."""
        limit = self._pages[before].moment if before in self._pages else "~"
        return next((page for page in self._backwards() if page.moment < limit), None)

    def _backwards(self) -> Iterator[Page]:
        for known in sorted(self._pages.values(), key=lambda page: page.moment, reverse=True):
            if page := self.page(known.id):
                yield page

    @property
    def end(self) -> str:
        """The time of the latest page, or nothing."""
        return max((page.moment for page in self._pages.values()), default="")
