"""How far work on many examples has come: a moving bar on a terminal, and a line every so often in a log."""

import os
import sys
import time
from typing import TextIO

BAR_EVERY, LINE_EVERY = 0.25, 10.0  # seconds
BAR = 24  # characters


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
        if now - self._last < self._every or not 0 < self._done < self.total:
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


def is_terminal(stream: TextIO) -> bool:
    """Whether a line of the stream can be written over: a terminal, and neither NO_COLOR nor TERM=dumb."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def duration(seconds: float) -> str:
    """`3.1 s`, `41 s`, `12 min`, `3 h 20 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def bar(share: float, stream: TextIO) -> str:
    """`━━━━╌╌╌╌` for a share of 0 to 1, in ASCII where the stream has no such signs."""
    full, empty = "━╌" if "utf" in (stream.encoding or "").lower() else "#-"
    done = min(int(share * BAR), BAR)
    return full * done + empty * (BAR - done)
