"""How far a look has come: a moving bar on a terminal, and a line every so often in a log."""

import sys
import time
from typing import TextIO

from kerasapp.callbacks.progress import bar, duration, is_terminal

BAR_EVERY, LINE_EVERY = 0.25, 10.0  # seconds


class Meter:
    """Counts what was looked at, of `total`; says nothing of what is done within one interval."""

    def __init__(self, what: str, total: int, stream: TextIO | None = None):
        self.what, self.total, self.stream = what, total, stream or sys.stderr
        self._moving = is_terminal(self.stream)
        self._every = BAR_EVERY if self._moving else LINE_EVERY
        self._begun = self._last = time.monotonic()
        self._done = self._width = 0

    def add(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        if now - self._last < self._every or self._done >= self.total:
            return
        self._last = now
        left = (now - self._begun) / self._done * (self.total - self._done)
        moving = f"{bar(self._done / self.total, self.stream)} " if self._moving else ""
        text = f"{self.what}   {moving}{self._done}/{self.total}   {duration(left)} left"
        self.stream.write(text.ljust(self._width) + ("\r" if self._moving else "\n"))
        self.stream.flush()
        self._width = len(text) if self._moving else 0

    def close(self) -> None:
        """Takes the bar away."""
        if self._width:
            self.stream.write(" " * self._width + "\r")
            self.stream.flush()
            self._width = 0
