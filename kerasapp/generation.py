"""What a run that was trained to make pictures makes: from nothing but a seed, or from pictures through their codes."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from kerasapp import pictures
from kerasapp.errors import KerasappError, RunError
from kerasapp.files import write
from kerasapp.prediction import of_images, predictor
from kerasapp.tasks._generative import AT_ONCE, makes_codes, reconstructed
from kerasapp.tasks.image_generation import INTERPOLATED, ImageGeneration

if TYPE_CHECKING:
    from kerasapp.run import Run

LARGEST = 2**26  # pixels of a sheet: of more, viewers make no picture


def generate(run: "Run", *, count: int, seed: int, label: str | None = None, interpolate: bool = False) -> np.ndarray:
    """(count, height, width, channels) uint8: pictures from codes that are drawn by the seed, of one class or of all in
    turn; with `interpolate` rows of INTERPOLATED, each from one code to another. Raises RunError, KerasappError.
    """
    model = _model(run)
    if model.prior is None:
        told = f"{run.recipe.model['name']} has no distribution to draw codes from"
        raise RunError(run.path, f"{told}. kerasapp reconstruct shows what it makes of pictures; a vae draws some")
    if not interpolate:
        return run.task.draw(model, count, seed, label)
    return run.task.interpolate(model, -(-count // INTERPOLATED), seed, label)[:count]


def check_sheet(run: "Run", out: Path, count: int) -> None:
    """Raises KerasappError where `write_sheet` could not write so many of a run's pictures, or nobody open them."""
    if out.suffix.lower() != ".png":
        raise KerasappError(f"--out {out}: a sheet is a .png file")
    sides = getattr(run.task, "image_shape", None)  # another task is refused by what draws
    if sides and count * pictures.enlarged(*sides[:2]) > LARGEST:
        most = LARGEST // pictures.enlarged(*sides[:2])
        raise KerasappError(f"--count {count}: a sheet holds {most} of these at most. Take fewer, or --each FOLDER")


def write_sheet(images: np.ndarray, out: Path, columns: int | None = None) -> list[str]:
    """All of them side by side in one PNG file; its path."""
    write(out, pictures.png(pictures.tiled(images, columns)))
    return [str(out)]


def write_each(images: np.ndarray, folder: Path, names: Sequence[str] | None = None) -> list[str]:
    """A PNG file for each, named by its number, or so; their paths."""
    _as_folder(folder)
    names = names or [f"{number:0{len(str(len(images)))}d}" for number in range(1, len(images) + 1)]
    paths = [folder / f"{name}.png" for name in names]
    for path, image in zip(paths, images, strict=True):
        write(path, pictures.png(image))
    return [str(path) for path in paths]


def encode(run: "Run", inputs: Sequence[str], out: Path) -> list[str]:
    """Writes a CSV: `input`, and `code_1` ... of each image among files and folders. Raises DataError, RunError."""
    model = _coder(run)
    names, found = of_images(predictor(model, run.task), list(inputs))
    _spare(names, [out])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["input", *(f"code_{number}" for number in range(1, found["code"].shape[1] + 1))])
    writer.writerows([name, *map(repr, code.tolist())] for name, code in zip(names, found["code"], strict=True))
    write(out, text.getvalue())
    return [str(out)]


def reconstruct(run: "Run", inputs: Sequence[str], folder: Path) -> tuple[list[str], np.ndarray]:
    """Writes what each image's code is decoded to, as a PNG of the same name, and gives the paths and the errors.

    Of a variational model it is the mean of the code that is decoded. Raises DataError, RunError.
    """
    model = _coder(run)
    names, found = of_images(_reconstructor(run.task, model), list(inputs))
    stems = _stems(names)
    _spare(names, [folder / f"{stem}.png" for stem in stems])
    return write_each(found["image"], folder, stems), found["error"]


def _reconstructor(task: ImageGeneration, model: keras.Model) -> Callable:
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def answer(files: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return reconstructed(model, task.encode(task.prepare({"image": files}))[0])[1:]

    def answers(raw: dict[str, Any]) -> dict[str, np.ndarray]:
        parts = [answer(tf.constant(raw["image"][at : at + AT_ONCE])) for at in range(0, len(raw["image"]), AT_ONCE)]
        image, error = (np.concatenate(column) for column in zip(*parts, strict=True))
        return {"image": pictures.as_pixels(image), "error": error}

    return answers


def _stems(names: Sequence[str]) -> list[str]:
    """File names without their suffix; of equal ones all but the first with a number."""
    found: dict[str, None] = {}
    for name in names:
        stem = plain = "standard_input" if name == "-" else Path(name).stem
        number = 1
        while stem in found:
            number += 1
            stem = f"{plain}_{number}"
        found[stem] = None
    return list(found)


def _spare(inputs: Sequence[str], paths: Sequence[Path]) -> None:
    """Raises KerasappError where what is to be written would replace what was given."""
    given = {Path(name).resolve() for name in inputs if name != "-"}
    for path in paths:
        if path.resolve() in given:
            raise KerasappError(f"--out: {path} is one of the pictures given, and would be replaced. Choose another")


def _as_folder(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise KerasappError(f"{path}: is a file, and a folder is asked for")


def _model(run: "Run") -> keras.Model:
    if not isinstance(run.task, ImageGeneration):
        raise RunError(run.path, f"its task is {run.recipe.task['name']}: it makes no pictures")
    return run.model()


def _coder(run: "Run") -> keras.Model:
    model = _model(run)
    if not makes_codes(model):
        told = f"{run.recipe.model['name']} makes pictures of codes and no codes of pictures"
        raise RunError(run.path, f"{told}: a vae or an autoencoder does both")
    return model
