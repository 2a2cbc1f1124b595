"""A run: the folder that holds all that a later verb needs."""

import copy
import json
import os
import re
import shutil
import tempfile
import time
import warnings
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from kerasapp import components
from kerasapp.blame import told_at_its_name
from kerasapp.environment import environment
from kerasapp.errors import RunError, first_line
from kerasapp.files import replacing, write, write_json
from kerasapp.own_copy import copy_own_code, import_own_code
from kerasapp.recipe import Recipe, load

if TYPE_CHECKING:
    import keras
    import numpy

SAMPLES = 256
LOCK_SECONDS = 1.0  # to wait for one who only looks whether it is held
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Run:
    """One run's folder, by its path. Nothing here reads `recipes/` again."""

    path: Path

    @classmethod
    def create(cls, parent: Path, recipe: Recipe, name: str | None = None, *, asked: str | None = None) -> "Run":
        """Makes the folder below `parent`, whole from its first moment: built beside and renamed.

        Its name is the time, or `name`; raises RunError where that is taken. `asked` is the digest of the recipe as it
        was asked for, before the data decided anything.
        """
        check_name(name)
        parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
        try:
            beside.chmod(0o755)
            values = copy.deepcopy(recipe.values)
            hashes = copy_own_code(values, recipe.folder, beside / "code")
            head = f"# {' '.join(recipe.title.split())}: as resolved for this run"
            write(beside / "recipe.yaml", f"{head}\n{recipe.as_yaml(values)}")
            write_json(beside / "environment.json", environment(recipe.seed) | ({"code": hashes} if hashes else {}))
            now = datetime.now()
            state = {
                "state": "running",
                "started": now.isoformat(timespec="seconds"),
                "seconds": 0.0,
                "recipe": recipe.name,
                "title": recipe.title,
                "asked": asked,
            }
            write_json(beside / "state.json", state)
            return cls(_publish(beside, parent, name or now.strftime("%Y-%m-%dT%H-%M-%S"), numbered=name is None))
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise

    @classmethod
    def open(cls, word: str | Path, root: Path = Path()) -> "Run":
        """The run behind a path, `latest`, or an unambiguous prefix of its name. Raises RunError."""
        path = Path(word)
        if (path / "state.json").is_file():
            return cls(path)
        there = all_runs(root)
        if str(word) == "latest":
            with_model = [run for run in there if (run.path / "model.keras").exists()]
            if not with_model:
                raise RunError(root / "runs", "no run with a model yet. Make one: kerasapp run vision/digits_cnn")
            return with_model[-1]
        exact = [run for run in there if str(word) in (run.name, run.path.name)]
        found = exact or [
            run for run in there if word and str(word) in (run.name[: len(str(word))], run.path.name[: len(str(word))])
        ]
        if len(found) == 1:
            return found[0]
        if not found:
            raise RunError(word, "no such run. `kerasapp runs` lists those there are")
        raise RunError(
            word, f"fits {len(found)} runs: {', '.join(run.name for run in found[:5])}. Give more of the name"
        )

    @property
    def name(self) -> str:
        """`digits_cnn/2026-01-03T10-22-07`."""
        return f"{self.path.resolve().parent.name}/{self.path.resolve().name}"

    @cached_property
    def recipe(self) -> Recipe:
        return load(self.path / "recipe.yaml")

    @property
    def state(self) -> dict[str, Any]:
        """state.json; `interrupted` where it says running and no process holds the folder."""
        state = self.read_json("state.json")
        if state["state"] == "running" and not self.held():
            state["state"] = "interrupted"
        return state

    @property
    def report(self) -> dict[str, Any]:
        return self.read_json("report.json")

    def update(self, **changes: Any) -> None:
        """Changes state.json."""
        write_json(self.path / "state.json", self.read_json("state.json") | changes)

    def lock(self) -> FileLock:
        """Held by the one process that writes to the folder; freed by the system when that process is gone."""
        lock = FileLock(self.path / ".lock", timeout=LOCK_SECONDS)
        try:
            return lock.acquire().lock
        except Timeout:
            raise RunError(
                self.path, "another process is writing to this run. Wait for it, or start a new run"
            ) from None
        except OSError as error:
            raise RunError(self.path, f"can't be written to: {(error.strerror or str(error)).lower()}") from None

    def held(self) -> bool:
        """True while a process writes to the folder."""
        try:
            with FileLock(self.path / ".lock", timeout=0):
                return False
        except Timeout:
            return True
        except OSError:  # a folder we may not write to
            return False

    def remove(self) -> None:
        """Deletes the folder, whole or not at all: it is renamed first. Raises RunError where that is not allowed."""
        closed = [folder for folder, _, _ in os.walk(self.path) if not os.access(folder, os.W_OK | os.X_OK)]
        if closed:
            raise RunError(closed[0], "can't be removed: it may not be written to. Nothing was removed")
        aside = self.path.with_name(f".removed-{self.path.name}-{os.getpid()}")
        try:
            os.rename(self.path, aside)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise RunError(self.path, f"can't be removed: {why}. Nothing was removed") from None
        try:
            shutil.rmtree(aside)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise RunError(aside, f"is left of the run {self.name}: {error.filename}: {why}") from None

    def read_json(self, name: str) -> dict[str, Any]:
        try:
            return json.loads((self.path / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RunError(
                self.path, f"has no {name}: it did not get that far. `kerasapp runs` tells the state of each"
            ) from None
        except (OSError, ValueError) as error:
            raise RunError(self.path / name, f"can't be read ({error})") from None

    def tidy(self) -> None:
        """Removes what a killed process left half written beside the run's files. Under the lock only."""
        for path in [path for path in self.path.rglob(".*") if path.name != ".lock"]:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    def keep_task(self, task: Any) -> None:
        """task.json: the adapted task, the only learned state outside the model."""
        write_json(self.path / "task.json", {"name": self.recipe.task["name"], "state": task.state()})
        self.__dict__.pop("task", None)  # that of before

    @cached_property
    def task(self) -> Any:
        """The adapted task, from task.json."""
        with told_at_its_name(self.recipe):
            made = components.create("tasks", self.recipe.task, folder=self.recipe.folder)
            return made.restore(self.read_json("task.json")["state"])

    def import_own_code(self) -> None:
        """Imports the copies of the user's own code. Raises RecipeError where one can't do without its old place."""
        with told_at_its_name(self.recipe):
            import_own_code(self.recipe.values, self.recipe.folder)

    def build(self) -> "keras.Model":
        """The recipe's model, freshly initialised."""
        import keras

        keras.config.set_dtype_policy("mixed_float16" if self.recipe.train.mixed_precision else "float32")
        with told_at_its_name(self.recipe):
            return components.create("models", self.recipe.model, folder=self.recipe.folder, **self.task.facts())

    def model(self) -> "keras.Model":
        """The best model, rebuilt by its own code and given its weights. Raises RunError."""
        path = self.path / "model.keras"
        if not path.exists():
            raise RunError(self.path, "has no model yet: it stopped before the first epoch ended")
        model = self.build()
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Skipping variable loading for optimizer")  # only training has them
                model.load_weights(path)
        except (ValueError, OSError, KeyError) as error:
            raise RunError(path, f"does not fit the model that recipe.yaml describes ({first_line(error)})") from None
        return model

    def splits(self) -> dict[str, Any]:
        """The data, read again from where it was."""
        from kerasapp import data

        with told_at_its_name(self.recipe):
            return data.load(self.recipe.data, self.recipe.seed, type(self.task).SPLIT, folder=self.recipe.folder)

    def keep_samples(self, split: str, examples: "dict[str, numpy.ndarray]") -> None:
        """At most 256 raw examples, so that export, calibration and explanation work where the data has gone."""
        import numpy as np

        arrays = {}
        for feature, values in examples.items():
            if values.dtype == object:  # bytes: no pickle in a run's folder
                values = [value if isinstance(value, bytes) else str(value).encode() for value in values]
                arrays[f"{feature}|offsets"] = np.cumsum([0, *map(len, values)])
                values = np.frombuffer(b"".join(values), "uint8")
            arrays[feature] = values
        with replacing(self.path / "samples" / f"{split}.npz") as beside, open(beside, "wb") as stream:
            np.savez(stream, **arrays)

    def samples(self, split: str) -> "dict[str, numpy.ndarray]":
        """The kept raw examples of `train` or `test`; bytes and text as object arrays of bytes."""
        import numpy as np

        path = self.path / "samples" / f"{split}.npz"
        if not path.exists():
            raise RunError(path, "no samples were kept: this run did not finish")
        with np.load(path) as stored:
            arrays = dict(stored)
        for name in [name for name in arrays if name.endswith("|offsets")]:
            feature, offsets = name.removesuffix("|offsets"), arrays.pop(name)
            data = arrays[feature].tobytes()
            arrays[feature] = np.array([data[a:b] for a, b in pairwise(offsets)] + [None], object)[:-1]
        return arrays


def check_name(name: str | None) -> None:
    """Raises RunError where a run can't be called that."""
    if name is not None and (not NAME.fullmatch(name) or name == "latest"):
        raise RunError(name, "is no name for a run: letters, digits, . _ and -, beginning with a letter or digit")


def all_runs(root: Path) -> list[Run]:
    """Every run below `root/runs`, the newest last. Trials of a sweep and folds lie deeper and are not among them."""
    found = [
        Run(path.parent) for path in (root / "runs").glob("*/*/state.json") if not path.parent.name.startswith(".")
    ]
    return sorted(found, key=lambda run: (_started(run), run.path.stat().st_mtime, run.name))


def trials(folder: Path) -> list[Run]:
    """The trials of a sweep's folder, in order; none where it is no such folder."""
    return [Run(path.parent) for path in sorted(folder.glob("trials/*/state.json")) if path.parent.name[0] != "."]


def _started(run: Run) -> str:
    try:
        return json.loads((run.path / "state.json").read_text()).get("started", "")
    except (OSError, ValueError):
        return ""


def _publish(beside: Path, parent: Path, name: str, numbered: bool) -> Path:
    """Renames the finished folder to its name; a name made of the time gets a number where it is taken."""
    for number in range(1, 1000):
        target = parent / (name if number == 1 else f"{name}-{number}")
        try:
            os.rename(beside, target)  # fails where the target is a folder with something in it
        except OSError:
            if not target.exists():
                raise
            if not numbered:
                raise RunError(target, "is there already: choose another --name") from None
            time.sleep(0.01)
            continue
        return target
    raise RunError(parent / name, "no free name for a new run")
