"""One wait for the disk for all pages that are sent at the same time."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any


class _Page:
    """The rows of one page, and what became of them."""

    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows
        self.written = False
        self.error: Exception | None = None


class GroupCommit:
    """Lets pages that wait for the disk at the same time go there together.

    Whoever gets to write takes along all that wait; they find their page written when their
    turn comes. So the disk is waited for once a group, not once a page.

    Args:
        append: writes rows in one transaction, all or none.
    """

    def __init__(self, append: Callable[[list[Any]], None]) -> None:
        self._append = append
        self._turn = threading.Lock()
        self._waiting: deque[_Page] = deque()

    def add(self, rows: list[Any]) -> None:
        """Write rows, all or none; they are on disk when this returns."""
        page = _Page(rows)
        self._waiting.append(page)
        with self._turn:
            if not page.written and not page.error:
                self._write([self._waiting.popleft() for _ in range(len(self._waiting))])
        if page.error or not page.written:
            raise page.error or RuntimeError("a page was neither written nor refused")

    def _write(self, pages: list[_Page]) -> None:
        try:
            self._append([row for page in pages for row in page.rows])
        except Exception as error:
            if len(pages) == 1:
                pages[0].error = error
                return
            for page in pages:  # the fault of one is not that of the others
                self._write([page])
        else:
            for page in pages:
                page.written = True
