"""How a sweep goes, for a person: a live table on a terminal, a line a trial in a log."""

import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from kerasapp.callbacks.progress import number
from kerasapp.meter import duration, is_terminal
from kerasapp.names import counted
from kerasapp.tuning._axes import shown
from kerasapp.tuning._confirm import said
from kerasapp.tuning._ledger import DONE, Asked, Ledger

SHOWN = 15  # trials that the table shows, the last of them
LINE_EVERY = 60.0  # seconds between two lines in a log while a trial trains
REDRAWN = 4  # times a second, at most


class Shown(AbstractContextManager):
    """What is told of a sweep on stderr; as a context it keeps the table alive."""

    def __init__(self, ledger: Ledger, stream: TextIO | None = None):
        self.ledger, self.stream = ledger, stream or sys.stderr
        self.notes: dict[str, str] = {}
        self._told = time.monotonic()
        self._live: Live | None = None
        if is_terminal(self.stream):
            console = Console(file=self.stream, highlight=False)
            self._live = Live(console=console, refresh_per_second=REDRAWN, get_renderable=self._drawn)

    def __enter__(self) -> "Shown":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def begun(self, asked: Asked, worker: str = "") -> None:
        """A trial begins."""
        self.notes[asked.name] = worker

    def epoch(self, asked: Asked, epoch: int, logs: Mapping[str, float]) -> None:
        """An epoch of it is done."""
        metric = self.ledger.sweep.objective.goals[0].metric
        value = f" {number(float(logs[metric]))}" if metric in logs else ""
        self.notes[asked.name] = f"epoch {epoch}{value}"
        if not self._live and time.monotonic() - self._told > LINE_EVERY:
            self._line(f"trial {asked.name}   epoch {epoch}   {metric}{value}")

    def ended(self, row: Mapping[str, Any]) -> None:
        """A trial is done."""
        self.notes.pop(row["trial"], None)
        if not self._live:
            self._line("   ".join(part for part in self._parts(row) if part))

    def said(self, text: str) -> None:
        """A line besides the trials."""
        self._live.console.print(text, markup=False) if self._live else self._line(text)

    def left(self) -> str:
        """`41 s left`, by the trials that are done."""
        budget, rows = self.ledger.sweep.budget, self.ledger.rows.values()
        times = [row["seconds"] for row in rows if row["state"] in DONE and row["state"] != "invalid"]
        if not budget.trials or not times or self.ledger.sweep.rungs:
            return ""
        seconds = (budget.trials - len(times)) * sum(times) / len(times)
        return f"{duration(seconds)} left" if seconds > 0 else ""

    def best(self) -> Mapping[str, Any] | None:
        return next(iter(self.ledger.finished()), None)

    def _parts(self, row: Mapping[str, Any]) -> list[str]:
        """`trial 0003   learning_rate .0012  batch_size 64   val_accuracy .912 (best .934 of 0001)   12.1 s`."""
        values = "  ".join(f"{path.rpartition('.')[2]} {shown(value)}" for path, value in row["values"].items())
        best, seconds = self.best(), duration(row["seconds"]) if row["seconds"] else ""
        mark = f" (best {number(best['score'])} of {best['trial']})" if best else ""
        score = "" if row["score"] is None else f"{said(self.ledger.sweep)} {number(row['score'])}{mark}"
        state = "" if row["state"] == "finished" else f"{row['state']}: {row['reason']}"
        again = f"given again {counted(row['given_again'], 'time')}" if row.get("given_again") else ""
        gone_on = f"goes on with {row['continues']}" if row.get("continues") else ""
        times = ", ".join(part for part in (seconds, self.left()) if part)
        return [f"trial {row['trial']}", gone_on, values, score, state, again, times]

    def _line(self, text: str) -> None:
        self._told = time.monotonic()
        self.stream.write(text + "\n")
        self.stream.flush()

    def _drawn(self) -> Group:
        sweep, rows = self.ledger.sweep, list(self.ledger.rows.values())
        table = Table(box=None, pad_edge=False)
        for name in ("trial", *(entry.path.rpartition(".")[2] for entry in sweep.space), said(sweep), ""):
            table.add_column(name, overflow="fold", no_wrap=False)
        best = self.best()
        for row in rows[-SHOWN:]:
            values = [shown(row["values"][e.path]) if e.path in row["values"] else "" for e in sweep.space]
            score = "" if row["score"] is None else number(row["score"])
            note = self.notes.get(row["trial"]) or ("" if row["state"] == "finished" else row["state"])
            style = "bold" if best and best["trial"] == row["trial"] else ""
            table.add_row(row["trial"], *values, score, note, style=style)
        done = sum(row["state"] in DONE for row in rows)
        told = [f"{counted(done, 'trial')} done", duration(self.ledger.seconds), self.left()]
        if best:
            told.append(f"best {number(best['score'])} of {best['trial']}")
        return Group(table, Text(", ".join(part for part in told if part)))
