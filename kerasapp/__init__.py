"""One YAML file becomes a trained, diagnosed, explained and exported Keras model.

From a notebook:

    run = kerasapp.train("recipe.yaml")
    run.predict(["photo.jpg"])
    kerasapp.open("latest").predict(["photo.jpg"])
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerasapp.notebook import Session

__all__ = ["__version__", "open", "train"]
__version__ = "0.1.0"


def __dir__() -> list[str]:
    return __all__


def train(
    recipe: str | Path, *, changes: dict[str, Any] | None = None, root: str | Path = ".", smoke: bool = False
) -> "Session":
    """Trains a recipe (a path or a stock name) with some dotted values changed; gives the finished run."""
    from kerasapp.notebook import train as train_

    return train_(recipe, changes=changes, root=root, smoke=smoke)


def open(run: str | Path = "latest", *, root: str | Path = ".") -> "Session":
    """The run behind a path, `latest`, or an unambiguous prefix of its name."""
    from kerasapp.notebook import open as open_

    return open_(run, root=root)
