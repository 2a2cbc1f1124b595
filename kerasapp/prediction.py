"""What a trained model says about inputs that it has not seen: files, folders, CSV rows, standard input, arrays."""

import io
import json
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import keras
import numpy as np
import tensorflow as tf

from kerasapp.data._arrays import texts
from kerasapp.data._files import natural
from kerasapp.data._images import SUFFIXES, headers
from kerasapp.data._table import decoded
from kerasapp.data.csv import read_rows
from kerasapp.errors import DataError, RunError
from kerasapp.names import lacking
from kerasapp.ops._finite import complaint, not_finite
from kerasapp.ops.decode import MAX_PIXELS
from kerasapp.tasks._base import Raw, Task
from kerasapp.types import Feature

if TYPE_CHECKING:
    from kerasapp.run import Run

log = logging.getLogger("kerasapp")
BATCH = 256
STDIN = "-"
NAMED = 5  # suffixes of files that are left out
TEXTS = ".txt"  # a file of texts, one a line, where others are tables
WAY_OUT = "or list the column in data.drop", "or leave the cell empty, which counts as missing"
BROKEN = "can't be decoded: damaged, or no JPEG, PNG, GIF, BMP or WebP"

Answers = Callable[[dict[str, Any]], dict[str, np.ndarray]]
"""Raw features (batch, ...) -> decoded outputs (batch, ...)."""


def predict(run: "Run", inputs: list[str | Path], *, stream: BinaryIO | None = None) -> list[dict[str, Any]]:
    """One row for each image file, each row of each CSV file or each line of text, in the order of `inputs`.

    A folder is all images below it, in natural order; `-` is `stream` (default: standard input), one image or a CSV.
    Where texts are asked for, it is a text a line, and so is a `.txt`; a CSV has them in the column of training.
    Classification gives {"input", "label", "probabilities": {label: p}}, regression {"input", "value"}, other tasks
    what they decode. An output that is not finite is warned of and has no label. Raises DataError with a line for each
    bad input, before any is predicted where that can be seen.
    """
    words = [str(word) for word in inputs]
    if run.task.INPUT == "image":
        model = run.model()
        _refuse_codes(run, model)
        names, decoded = of_images(predictor(model, run.task), words, stream)
    else:
        names, decoded = _predict_rows(run, words, stream)
    bad = not_finite(decoded)
    if bad.any():
        log.warning(complaint([names[at] for at in np.flatnonzero(bad)], run.recipe.train.mixed_precision))
        if "label" in decoded:
            decoded["label"] = np.where(bad, None, decoded["label"])
    return [{"input": name, **row} for name, row in zip(names, _rows(decoded), strict=True)]


def predict_raw(subject: "Run | tuple[keras.Model, Task]", raw: dict[str, Any]) -> dict[str, np.ndarray]:
    """Raw features (batch, ...) by name -> decoded outputs (batch, ...), in order.

    An image is an encoded file (bytes), or pixels as the training data had them. Features that the task does not read
    may be there too. Who asks often makes a `predictor` once. Raises DataError where a feature is missing.
    """
    model, task = subject if isinstance(subject, tuple) else (subject.model(), subject.task)
    return predictor(model, task)(raw)


def predictor(model: keras.Model, task: Task) -> Answers:
    """`predict_raw` for many calls: one graph whatever the number of examples, at most BATCH of them at a time."""
    core, task = task.served(model)

    @tf.function
    def answer(raw: Raw) -> Raw:
        inputs, context = task.encode(task.prepare(raw))
        return task.decode(core(inputs), context)

    def answers(raw: dict[str, Any]) -> dict[str, np.ndarray]:
        arrays = {name: _as_array(raw, name) for name in task.read()}
        parts = []
        for start in range(0, len(next(iter(arrays.values()))), BATCH):
            batch = {name: tf.constant(values[start : start + BATCH]) for name, values in arrays.items()}
            specs = {name: tf.TensorSpec([None, *values.shape[1:]], values.dtype) for name, values in batch.items()}
            parts.append(answer.get_concrete_function(specs)(batch))
        return _joined([{name: value.numpy() for name, value in part.items()} for part in parts])

    return answers


def _as_array(raw: dict[str, Any], name: str) -> np.ndarray:
    if name not in raw:
        raise DataError("input", lacking("feature", name, raw))
    values = raw[name]
    text = not isinstance(values, np.ndarray) and len(values) > 0 and isinstance(values[0], (bytes, str))
    return np.array(values, object) if text else np.asarray(values)  # NumPy's own bytes lose zeros at their end


def _joined(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    if not parts:
        raise DataError("input", "holds no example")
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _rows(decoded: dict[str, np.ndarray]) -> Iterator[dict[str, Any]]:
    """Outputs as JSON has them, example by example; probabilities by the name of their class."""
    plain = {name: _words(value.tolist()) for name, value in decoded.items()}
    for values in zip(*plain.values(), strict=True):
        row = dict(zip(plain, values, strict=True))
        if "classes" in row and "probabilities" in row:
            row["probabilities"] = dict(zip(row.pop("classes"), row["probabilities"], strict=True))
        yield row


def _words(value: Any) -> Any:
    if isinstance(value, list):
        return [_words(item) for item in value]
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _refuse_codes(run: "Run", model: keras.Model) -> None:
    """Raises RunError where a model takes no pictures."""
    if "image" not in run.task.served(model)[1].read():
        raise RunError(run.path, "makes pictures and takes none: kerasapp generate shows some")


def of_images(
    answers: Answers, inputs: list[str], stream: BinaryIO | None = None
) -> tuple[list[str], dict[str, np.ndarray]]:
    """The name of each image among files, folders and `-`, and answers on them, with a batch of the files in memory at
    a time. Raises DataError with a line for each that can't be read.
    """
    images = _find_images(inputs, stream)
    parts, faults = [], []
    for start in range(0, len(images), BATCH):
        batch = [(name, _content(source)) for name, source in images[start : start + BATCH]]
        try:
            parts.append(answers({"image": [content for _, content in batch]}))
        except tf.errors.OpError:
            broken = [name for name, content in batch if not _can_answer(answers, content)]
            if not broken:
                raise
            faults += [DataError(name, BROKEN) for name in broken]
    _refuse(faults)
    return [name for name, _ in images], _joined(parts)


def _find_images(inputs: list[str], stream: BinaryIO | None) -> list[tuple[str, str | bytes]]:
    """The name of each image, and its path or content. Raises DataError that names all that their headers refuse."""
    images: list[tuple[str, str | bytes]] = []
    faults = []
    for word in inputs:
        path = Path(word)
        if word == STDIN:
            content = (stream or sys.stdin.buffer).read()
            images.append((word, content))
            faults += [] if content else [DataError(word, "is empty: no image came on standard input")]
        elif path.is_dir():
            found = _images_below(path)
            images += [(file, file) for file in found]
            faults += [] if found else [DataError(word, f"a folder without images ({', '.join(sorted(SUFFIXES))})")]
        elif path.exists():
            images.append((word, word))
        else:
            faults.append(DataError(word, "no such file or folder"))
    files = [source for _, source in images if isinstance(source, str)]
    looked = zip(files, headers(files, MAX_PIXELS), strict=True)
    _refuse(faults + [DataError(file, what) for file, what in looked if isinstance(what, str)])
    return images


def _images_below(folder: Path) -> list[str]:
    """All images below a folder in natural order; the log has a line on files of other suffixes."""
    files = [file for file in folder.rglob("*") if not _is_hidden(file, folder) and file.is_file()]
    others = Counter(suffix or "no suffix" for file in files if (suffix := file.suffix.lower()) not in SUFFIXES)
    if others:
        told = ", ".join(f"{count} {suffix}" for suffix, count in others.most_common(NAMED))
        log.info("%s: %s left out, no image by its suffix", folder, told)
    return sorted((str(file) for file in files if file.suffix.lower() in SUFFIXES), key=natural)


def _is_hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def _content(source: str | bytes) -> bytes:
    return Path(source).read_bytes() if isinstance(source, str) else source


def _can_answer(answers: Answers, content: bytes) -> bool:
    try:
        answers({"image": [content]})
    except tf.errors.OpError:
        return False
    return True


def _predict_rows(run: "Run", inputs: list[str], stream: BinaryIO | None) -> tuple[list[str], dict[str, np.ndarray]]:
    """`FILE:LINE` of each row of CSV files or line of text, and decoded outputs."""
    tables, names, faults = [], [], []
    for word in inputs:
        try:
            columns, ids = _read(run, word, stream)
        except DataError as error:
            told = str(error).removeprefix(f"{error.where}: ")
            faults.append(DataError(error.where, told.replace(*WAY_OUT), error.kind))
            continue
        tables.append(columns)
        names += [f"{word}:{name.rpartition(':')[2]}" for name in ids]
    _refuse(faults)
    return names, predict_raw(run, _joined(tables))


def _read(run: "Run", word: str, stream: BinaryIO | None) -> tuple[dict[str, np.ndarray], Sequence[str]]:
    """The features of one input, (rows,) each, and its ids, which end in the line."""
    told, features = run.recipe.data, {name: Feature(spec.dtype.name) for name, spec in run.task.read().items()}
    if word == STDIN:
        source, encoding = _text(stream or sys.stdin.buffer, told.get("encoding")), None
    else:
        source, encoding = Path(word), None if _is_utf8(Path(word)) else told.get("encoding")
    if run.task.INPUT == "text" and (word == STDIN or word.lower().endswith(TEXTS)):
        (feature,) = features
        lines, ids = _lines(word, source if isinstance(source, Path) else source.getvalue(), encoding)
        return {feature: lines}, ids
    _refuse_json(word, source)
    return read_rows(source, features, text=told.get("text"), delimiter=told.get("delimiter"), encoding=encoding)


def _lines(word: str, source: Path | str, encoding: str | None) -> tuple[np.ndarray, list[str]]:
    """A text a line, as the source `text_files` takes them: blank lines are passed over. Raises DataError."""
    content = decoded(source, encoding) if isinstance(source, Path) else source
    lines = [(number, line.strip()) for number, line in enumerate(content.split("\n"), 1) if line.strip()]
    if not lines:
        raise DataError(word, "holds no text")
    return texts(line for _, line in lines), [f"{word}:{number}" for number, _ in lines]


def _refuse_json(word: str, source: Path | io.StringIO) -> None:
    """A header can't begin as JSON does and be JSON. Raises DataError."""
    if isinstance(source, Path):
        text = source.read_bytes().decode("utf-8-sig", "replace") if source.is_file() else ""
    else:
        text = source.getvalue()
    first = text.lstrip().partition("\n")[0]
    if first[:1] in ("{", "[") and (word.endswith((".json", ".jsonl")) or _is_json(text) or _is_json(first)):
        way = "Write the rows as a CSV whose first line names each column"
        raise DataError(word, f"is no CSV: where the header should be, JSON begins. {way}")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_utf8(path: Path) -> bool:
    try:
        path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return True


def _text(stream: BinaryIO, encoding: str | None) -> io.StringIO:
    """Standard input as text: UTF-8, else as the run's own data was encoded."""
    data = stream.read()
    try:
        text = io.StringIO(data.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError:
        if not encoding:
            told = "is not UTF-8 text. Give it as a file, whose encoding is then found out"
            raise DataError(STDIN, told) from None
        text = io.StringIO(data.decode(encoding, "replace"), newline="")
    text.name = STDIN
    return text


def _refuse(faults: list[DataError]) -> None:
    """Raises them as one, a line each, if there are any."""
    if faults:
        first, *others = faults
        message = str(first).removeprefix(f"{first.where}: ")
        raise DataError(first.where, "\n".join([message, *map(str, others)]))
