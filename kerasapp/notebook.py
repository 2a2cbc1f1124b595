"""The Python face: what a notebook calls. The command line's verbs, as functions and methods."""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasapp.errors import KerasappError, RunError
from kerasapp.run import Run
from kerasapp.starting import start_tensorflow
from kerasapp.stock import find_recipe

if TYPE_CHECKING:
    from kerasapp.vectors import Vectors


class Session:
    """A run in Python: `predict`, `export`, `evaluate`, its `report`, `recipe`, `model` and word `vectors`."""

    def __init__(self, run: Run, root: Path):
        self.run, self.root = run, root

    def __repr__(self) -> str:
        return f"<run {self.run.name}: {self.run.state['state']}>"

    @property
    def path(self) -> Path:
        return self.run.path

    @property
    def report(self) -> dict[str, Any]:
        return self.run.report

    @property
    def recipe(self) -> Any:
        return self.run.recipe

    @property
    def history(self) -> list[dict[str, float]]:
        """The rows of history.csv, an epoch each."""
        from kerasapp.callbacks.history import HistoryFile

        return HistoryFile(self.run.path / "history.csv").rows()

    def model(self) -> Any:
        """The best model, a plain keras.Model that takes encoded inputs and gives logits."""
        start_tensorflow()
        return self.run.model()

    def predict(self, inputs: Any) -> Any:
        """Files, folders or CSVs give a list of dictionaries; arrays by feature give arrays by output."""
        paths = None if isinstance(inputs, dict) else _paths(inputs)
        start_tensorflow()
        from kerasapp.prediction import predict, predict_raw

        return predict_raw(self.run, inputs) if paths is None else predict(self.run, paths)

    def resume(self) -> "Session":
        """Goes on with a run that was left unfinished, as if it had never been."""
        start_tensorflow()
        from kerasapp.training import resume

        _show_messages()
        return Session(resume(self.run, self.root), self.root)

    def evaluate(self, split: str = "test", data: str | None = None) -> dict[str, Any]:
        """The report of one split, or of other data."""
        start_tensorflow()
        from kerasapp.training import evaluate

        return evaluate(self.run, split, data)

    def vectors(self) -> "Vectors":
        """The word vectors of a run that has some: `.nearest("captain")`, `.analogy(["king", "woman"], ["man"])`,
        `.documents(texts)`.
        """
        from kerasapp.vectors import of_run

        return of_run(self.run)

    def export(self, name: str | None = None, format: str = "savedmodel") -> dict[str, Any]:
        """Exports and verifies; gives the path and what was verified."""
        start_tensorflow()
        from kerasapp.export import export

        return export(self.run, name=name, root=self.root, format=format)

    def _repr_html_(self) -> str:
        try:
            return (self.run.path / "report.html").read_text(encoding="utf-8")
        except OSError:
            return repr(self)


def train(recipe: str | Path, *, changes: dict[str, Any] | None, root: str | Path, smoke: bool) -> Session:
    """Trains a recipe with some dotted values changed."""
    from kerasapp.recipe import load

    _show_messages()
    found = load(find_recipe(str(recipe)))
    found = found.smoke() if smoke else found
    found = found.replaced(changes) if changes else found
    start_tensorflow()
    from kerasapp.training import train as train_

    return Session(train_(found, Path(root)), Path(root))


def open(run: str | Path, *, root: str | Path) -> Session:
    """The run behind a path, `latest` or a prefix of its name."""
    return Session(Run.open(run, Path(root)), Path(root))


def _paths(inputs: Any) -> list[str | Path]:
    """One path or several as a list. Raises KerasappError for anything else."""
    if isinstance(inputs, (str, Path)):
        return [inputs]
    several = (
        isinstance(inputs, Iterable) and not isinstance(inputs, (bytes, bytearray)) and not hasattr(inputs, "shape")
    )
    paths = list(inputs) if several else [inputs]
    for path in paths:
        if not isinstance(path, (str, Path)):
            shape = f" of shape {tuple(path.shape)}" if hasattr(path, "shape") else ""
            takes = 'a path, a list of paths, or arrays by feature, {"image": of shape (examples, ...)}'
            raise KerasappError(f"predict: got {type(path).__name__}{shape}. It takes {takes}")
    return paths


def _show_messages() -> None:
    """Progress goes to stderr as it does on the command line, where nobody has set logging up."""
    logger = logging.getLogger("kerasapp")
    if not logger.handlers and not logging.getLogger().handlers:
        logger.addHandler(logging.StreamHandler())
        logger.setLevel(logging.INFO)


__all__ = ["RunError", "Session", "open", "train"]
