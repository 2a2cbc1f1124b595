"""How training goes, for a person: one line an epoch in a log, and a moving bar within the epoch on a terminal."""

import logging
import math
import shutil
import sys
import time
from typing import TextIO

from kerasapp.callbacks._shared import Counted, Mode, better
from kerasapp.meter import bar, duration, is_terminal

BAR_EVERY, LINE_EVERY = 0.25, 30.0  # seconds between two looks within an epoch: on a terminal, in a log
SHOWN = 4  # metrics in a line, each of training and validation
REMEMBERED = 5  # epochs that the time left is judged by


class Progress(Counted):
    """`epoch  7/20   loss .412  accuracy .861   val_loss .455  val_accuracy .848 (best .851 at 5)   3.1 s, 41 s left`.

    `steps` of an epoch may be None: learned from the first epoch. `epochs` is the last epoch's number, over all stages
    and from before a resume; `stop_after` the last one to be run, where that is earlier. `amount` is what an epoch goes
    through, where that is to be told as a speed: (17005207, "words"). Metrics are read as Keras
    hands them out, so nothing is waited for. Where the stream is a terminal, call `close` when training was left by an
    exception.
    """

    def __init__(self, epochs: int, steps: int | None, *, monitor: str, mode: Mode, stream: TextIO | None = None,
                 stop_after: int | None = None, amount: tuple[int, str] | None = None):  # fmt: skip
        super().__init__()
        self.epochs, self.steps, self.monitor, self.mode = epochs, steps, monitor, mode
        self.last, self.amount = min(epochs, stop_after or epochs), amount
        self.stream = stream or sys.stderr
        self.best: float | None = None
        self.best_epoch = 0
        self._moving = is_terminal(self.stream)
        self._width = 0  # of the bar that stands on the terminal
        self._times: list[float] = []  # seconds of the epochs that this process ran
        self._begun = self._next = 0.0

    def on_train_begin(self, logs=None):
        if self._moving:
            logging.getLogger("kerasapp").addFilter(self._make_room)

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        if self.params.get("steps"):
            self.steps = self._resumed_at + self.params["steps"]
        self._begun = time.monotonic()
        self._next = self._begun + (BAR_EVERY if self._moving else LINE_EVERY)

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        now = time.monotonic()
        if now >= self._next:
            self._next = now + (BAR_EVERY if self._moving else LINE_EVERY)
            self._within(logs or {}, now - self._begun)

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        self.steps, done = self.step or self.steps, self.step - self._resumed_at
        super().on_epoch_end(epoch, logs)
        self._times.append(time.monotonic() - self._begun)
        if better(logs.get(self.monitor, math.nan), self.best, self.mode):
            self.best, self.best_epoch = float(logs[self.monitor]), epoch + 1
        left = (self.last - epoch - 1) * self._epoch_seconds()
        times = duration(self._times[-1]) + (f", {duration(left)} left" if left else "")
        speed = self._speed(done, self._times[-1])
        self._line("   ".join([self._heading(), *self._groups(logs, best=True), *speed, times]))

    def on_train_end(self, logs=None):
        self.close()

    def close(self) -> None:
        """Takes the bar from the terminal, so that what follows begins on an empty line."""
        logging.getLogger("kerasapp").removeFilter(self._make_room)
        self._make_room()

    def get_state(self) -> dict:
        return {"step": self.step, "best": self.best, "best_epoch": self.best_epoch}

    def set_state(self, state: dict) -> None:
        self.step, self.best, self.best_epoch = state["step"], state["best"], state["best_epoch"]

    def _within(self, logs: dict[str, float], elapsed: float) -> None:
        done = self.step - self._resumed_at
        known = self.steps is not None
        rest = max(self.steps - self.step, 0) * elapsed / max(done, 1) if known else 0.0
        whole = self._epoch_seconds() if self._times else elapsed / max(done, 1) * (self.steps or 0)
        left = [f"{duration(rest + (self.last - self.epoch) * whole)} left"] if known else []
        left = [*self._speed(done, elapsed), *left]
        if not self._moving:
            steps = f"step {self.step}/{self.steps}" if known else f"step {self.step}"
            self._line("   ".join([self._heading(), steps, *self._groups(logs), *left]))
            return
        done = f"{bar(self.step / self.steps, self.stream)} {self.step}/{self.steps}" if known else f"step {self.step}"
        text = "   ".join([self._heading(), done, *self._groups(logs), *left])
        text = text[: max(shutil.get_terminal_size().columns - 1, 20)]
        self.stream.write(text.ljust(self._width) + "\r")
        self.stream.flush()
        self._width = len(text)

    def _speed(self, steps: int, seconds: float) -> list[str]:
        """`1 930 000 words/s`, of so many steps; nothing where it isn't told, or not known yet."""
        if self.amount is None or not self.steps or seconds <= 0:
            return []
        total, what = self.amount
        speed = total * steps / self.steps / seconds
        rounded = round(speed, 2 - math.floor(math.log10(speed))) if speed > 0 else 0
        return [f"{rounded:,.0f} {what}/s".replace(",", " ")]

    def _heading(self) -> str:
        return f"epoch {self.epoch:>{len(str(self.epochs))}}/{self.epochs}"

    def _groups(self, logs: dict[str, float], best: bool = False) -> list[str]:
        """Training's metrics, then validation's; losses first, then what is monitored."""
        order = sorted(logs, key=lambda name: (not name.endswith("loss"), name != self.monitor, name))
        names = [n for n in order if not n.startswith("learning_rate") and isinstance(logs[n], (int, float))]
        validation = [n for n in names if n.startswith("val_")]
        groups = [n for n in names if n not in validation][:SHOWN], validation[:SHOWN]
        mark = f" (best {number(self.best)} at {self.best_epoch})" if best and self.best is not None else ""
        written = ([f"{n} {number(logs[n])}{mark if n == self.monitor else ''}" for n in group] for group in groups)
        return ["  ".join(group) for group in written if group]

    def _epoch_seconds(self) -> float:
        """Of a typical epoch; the first also traced the graph, so it counts only while it is alone."""
        times = (self._times[1:] or self._times)[-REMEMBERED:]
        return sum(times) / len(times)

    def _line(self, text: str) -> None:
        self.stream.write(text.ljust(self._width) + "\n")
        self.stream.flush()
        self._width = 0

    def _make_room(self, _: logging.LogRecord | None = None) -> bool:
        """As a filter of the log it takes the bar away before a message."""
        if self._width:
            self.stream.write(" " * self._width + "\r")
            self.stream.flush()
            self._width = 0
        return True


def number(value: float) -> str:
    """`.412`, `1.830`, `12345`, `4.2e-05`: three digits after the point where that says something."""
    if not math.isfinite(value) or value == 0:
        return "0" if value == 0 else f"{value}"
    size = abs(value)
    if size < 0.0005 or size >= 1e7:
        return f"{value:.1e}"
    if size >= 1000:
        return f"{value:.0f}"
    text = f"{value:.3f}"
    return text.replace("0.", ".", 1) if size < 1 and not text.lstrip("-").startswith("1") else text
