"""history.csv: a row an epoch, the whole file replaced each time, so that a reader never sees half a row."""

import csv
import io
import time
from pathlib import Path

import keras

from kerasapp.callbacks._shared import learning_rate, saving
from kerasapp.files import write

FIRST, LAST = ("epoch",), ("learning_rate", "seconds")


class HistoryFile(keras.callbacks.Callback):
    """Writes `epoch` (from 1), Keras's log names, `learning_rate` (of the next step) and `seconds` (training and
    validation).

    Numbers are written with all their digits. A column may appear in a later epoch; earlier rows are then empty there.
    Without `set_state` the file starts anew; with it, it goes on after the rows of the epochs that were done.
    """

    def __init__(self, path: Path):
        super().__init__()
        self.path = Path(path)
        self._rows: list[dict[str, float]] = []
        self._before = 0.0  # seconds of a resumed epoch that another process spent
        self._begun: float | None = None

    def rows(self) -> list[dict[str, float]]:
        """What the file holds, a dictionary a row, numbers as float (`epoch` as int); an empty field is absent."""
        if not self.path.exists():
            return []
        with self.path.open(newline="") as file:
            return [_numbers(row) for row in csv.DictReader(file)]

    def on_epoch_begin(self, epoch, logs=None):
        self._begun = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        rate = learning_rate(self.model)
        measured = {name: value for name, value in (logs or {}).items() if not name.startswith("learning_rate")}
        rates = {} if rate is None else {"learning_rate": rate}
        self._rows.append({"epoch": epoch + 1} | measured | rates | {"seconds": round(self._elapsed(), 3)})
        self._before, self._begun = 0.0, None
        with saving(self.path, f"the row of epoch {epoch + 1}", "The rows before it are kept"):
            write(self.path, _csv(self._rows))

    def get_state(self) -> dict:
        return {"epochs": len(self._rows), "elapsed": self._elapsed()}

    def set_state(self, state: dict) -> None:
        self._rows = self.rows()[: state["epochs"]]
        self._before, self._begun = state["elapsed"], None

    def _elapsed(self) -> float:
        return self._before + (time.perf_counter() - self._begun if self._begun is not None else 0.0)


def _csv(rows: list[dict[str, float]]) -> str:
    names = dict.fromkeys(name for row in rows for name in row if name not in FIRST + LAST)
    present = [name for name in LAST if any(name in row for row in rows)]
    text = io.StringIO()
    writer = csv.DictWriter(text, [*FIRST, *names, *present], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _numbers(row: dict[str, str]) -> dict[str, float]:
    return {name: int(value) if name == "epoch" else float(value) for name, value in row.items() if value}
