"""SIGINT (Ctrl-C) and SIGTERM (a batch system) as a clean stop: the batch ends, then training does."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kerasapp.callbacks._shared import Counted

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(KeyboardInterrupt):
    """Training was asked to stop. `signal` is which, `exit_code` what a shell expects of it: 130, 143."""

    def __init__(self, number: int, message: str = ""):
        super().__init__(message or ("interrupted" if number == signal.SIGINT else "terminated"))
        self.signal, self.exit_code = number, 128 + number


class StopOnSignal(Counted):
    """A context that receives the signals, and a callback that acts on them.

    While `fit` runs, the first signal lets the batch end and then raises `Stopped` out of `fit`: a half epoch leaves no
    row, no best model, no point on a curve. At an epoch's last batch, or in its validation, it lets the epoch end, so
    that there is a state to go on from. A second signal, or one outside of `fit`, raises `Stopped` at once. As the last
    in the list of callbacks it lets all others see the batch. In a thread other than the main one there are no signals
    to receive, and nothing is done.
    """

    def __init__(self):
        super().__init__()
        self.signal: int | None = None
        self._fitting = False
        self._previous: dict = {}

    def __enter__(self) -> "StopOnSignal":
        if threading.current_thread() is threading.main_thread():
            self._previous = {number: signal.signal(number, self._receive) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, previous in self._previous.items():
            signal.signal(number, previous)
        self._previous = {}

    @property
    def asked(self) -> bool:
        """Whether a signal came that training has not ended for yet."""
        return self.signal is not None and self._fitting

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """In here a first signal is only noted: for what must not be left half done."""
        self._fitting = True
        try:
            yield
        finally:
            self._fitting = False

    def check(self, message: str = "") -> None:
        """Raises `Stopped` where a signal came that nothing has acted on: between one `fit` and the next."""
        if self.signal is not None:
            raise Stopped(self.signal, message)

    def on_train_begin(self, logs=None):
        self._fitting = True

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        steps = self.params.get("steps")
        if steps is None or self.step < self._resumed_at + steps:
            self._act()

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        self._act()

    def on_train_end(self, logs=None):
        self._fitting = False

    def _act(self) -> None:
        if self.asked:
            self._fitting = False
            raise Stopped(self.signal)

    def _receive(self, number: int, _: object) -> None:
        again = self.signal is not None
        self.signal = self.signal or number
        if again or not self._fitting:
            raise Stopped(self.signal)
