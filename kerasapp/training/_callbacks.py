"""What watches a training, what reacts to it, and what saves it: the callbacks, in their order."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

import keras

from kerasapp import pipeline
from kerasapp.callbacks._state import Position, State
from kerasapp.callbacks.averages import Averages
from kerasapp.callbacks.best import Best
from kerasapp.callbacks.finite import StopOnNonFinite
from kerasapp.callbacks.history import HistoryFile
from kerasapp.callbacks.plateau import Plateau
from kerasapp.callbacks.progress import Progress
from kerasapp.callbacks.save_state import Resumable, SaveState
from kerasapp.callbacks.stop import StopOnSignal
from kerasapp.callbacks.stopping import Stopping
from kerasapp.frame import SaveEvery, Train
from kerasapp.run import Run
from kerasapp.tasks._base import Task
from kerasapp.training._batches import StageData
from kerasapp.training._board import board, confusion_of
from kerasapp.training._measure import measuring
from kerasapp.training._watch import watch
from kerasapp.types import Split

STATE = Path("resume", "state.npz")


class Callbacks:
    """The callbacks of a whole training; as a context it closes their files."""

    def __init__(
        self,
        run: Run,
        model: keras.Model,
        task: Task,
        splits: dict[str, Split],
        readers: dict[str, pipeline.Reader],
        *,
        stop: StopOnSignal,
        saved: Callable[[], None],
        stream: TextIO | None = None,
        values: Mapping[str, Any] | None = None,
        pictures: bool = True,
        watching: Mapping[str, Resumable] | None = None,
    ):
        train = run.recipe.train
        monitor, every = train.monitor, train.save_every or SaveEvery()
        self.last = min(train.epochs, train.stop_after or train.epochs)
        self._measured, self._every = measuring(
            model, task, splits, readers, every=train.measure_every, last=self.last, monitor=monitor.metric
        )
        self.history = HistoryFile(run.path / "history.csv")
        self.best = Best(
            run.path / "model.keras", monitor.metric, monitor.direction, self._every, last=train.keep == "last"
        )
        self.watch = watch(task, splits["train"], train)
        self.board = board(run, model, task, splits, readers, epochs=self.last, values=values, pictures=pictures)
        self.watching, self._pictures = dict(watching or {}), pictures
        self.progress = Progress(
            train.epochs, None, monitor=monitor.metric, mode=monitor.direction, stop_after=self.last,
            amount=task.amount(splits["train"]), stream=stream,
        )  # fmt: skip
        self.finite, self.stop = StopOnNonFinite(), stop
        self.saver = SaveState(
            run.path / STATE,
            seconds=every.seconds,
            steps=every.steps,
            stopping=lambda: stop.asked,
            saved=saved,
        )
        self.saver.set_model(model)
        self._finished = False

    def begin(
        self, train: Train, data: StageData, place: Position, kept: State | None
    ) -> list[keras.callbacks.Callback]:
        """The callbacks of a stage; with `kept` they, and the model, are as they were when that was saved."""
        self.board.confusion = confusion_of(self.saver.model, data) if self._pictures else None
        reacting = reactions(train, self._every)
        parts: dict[str, Resumable] = {
            "finite": self.finite,
            **reacting,
            "best": self.best,
            "history": self.history,
            "board": self.board,
            "progress": self.progress,
            "watch": self.watch,
            **self.watching,
        }
        self.saver.begin(place, parts | {"stop": self.stop})
        if kept:
            self.saver.restore(kept)
        averages = Averages()
        return [averages, *self._measured, *parts.values(), averages.back(), self.saver, self.stop]

    @property
    def ended(self) -> bool:
        """Whether one of those that watch has ended training, with all of its stages."""
        return any(getattr(callback, "stopped", False) for callback in self.watching.values())

    def finish(self, place: Position) -> None:
        """Training is done: its last state is saved, so that what follows can be begun again."""
        self._finished = True
        self.board.close(finished=True)
        self.saver.save(place)

    def __enter__(self) -> "Callbacks":
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.close()
        self.best.close()
        self.board.close(self._finished)


def reactions(train: Train, every: int) -> dict[str, keras.callbacks.Callback]:
    """Plateau and early stopping, where the recipe has them; `every` so many epochs the monitor is there."""
    made: dict[str, keras.callbacks.Callback] = {}
    metric, mode = train.monitor.metric, train.monitor.direction
    if train.reduce_on_plateau:
        made["plateau"] = Plateau(metric, mode, **vars(train.reduce_on_plateau), every=every)
    if train.early_stopping:
        made["stopping"] = Stopping(metric, mode, **vars(train.early_stopping), every=every)
    return made
