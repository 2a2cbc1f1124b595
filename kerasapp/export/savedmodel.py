"""A SavedModel: raw input in, what a person reads out, and nothing of kerasapp needed to load it.

Signatures are the task's (`Task.signatures`); where its preprocessing has no TensorFlow form, one on the model's inputs
(`_core`). What is left out: one on prepared tensors beside it, and quantisation.
"""

import json
import shlex
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from kerasapp.errors import RunError, WorkError, first_line
from kerasapp.export import _core
from kerasapp.export._apart import run_apart
from kerasapp.export._card import ELSEWHERE, Told
from kerasapp.export._vectors import LIMITS
from kerasapp.files import write as write_file
from kerasapp.prediction import predict_raw
from kerasapp.tasks._base import Task, argument_names
from kerasapp.vector_files import VOCABULARY

if TYPE_CHECKING:
    from kerasapp.run import Run

TOLERANCE = 1e-5
"""Of a probability absolute, of a value beyond 1 relative to it."""
SCRIPT = Path(__file__).with_name("_verify.py")
USAGE = """\
From Python, with TensorFlow alone:

```python
import tensorflow as tf

call = tf.saved_model.load("saved_models/{name}/VERSION").signatures["serving_default"]
print(call({python}))
```

With TensorFlow Serving:

```sh
docker run --rm -p 8501:8501 -v "$PWD/saved_models/{name}:/models/{name}" -e MODEL_NAME={name} tensorflow/serving &
{body} | curl -d @- http://localhost:8501/v1/models/{name}:predict
```
"""
PHOTOGRAPH = """(printf '{"instances": [{"image": {"b64": "'; base64 < photo.jpg | tr -d '\\n'; printf '"}}]}')"""
RENAMED = """
Inputs that have another name than their feature:

| feature | input |
| --- | --- |
"""


CLASSES = "`label` (string), `probabilities` (float32, one for each class) and `classes` (string, their order):\n\n"
WORDS = """\
`serving_default` and `embed` give `vector` (float32) for each of `words`, zeros where there is none.

- `nearest`: `words` and `k` (int32) -> the `k` nearest `words` of each, and their cosines, `similarities`.
- `analogy`: `a`, `b`, `c` and `k` -> the same: what is to `c` as `b` is to `a`.

Asked with a word that has no vector both answer with empty strings."""
NUMBER = "What `decode` of its task gives; `value` (float32) is in the units of the training data."
DRAWN = """\
Of codes (`code`): pictures, `image`, float32 in [0, 1]. Of pictures: their `code`, and `error`, the mean squared
difference of what that is decoded to; `anomaly` where a threshold is known. Other endpoints, as far as the model has
them: `decode` (`code` to `image` and `png`, files), `generate` (the same from `seed` and `count`), `encode`,
`reconstruct`. Where it draws by class they also take `label`, its name."""
CLOSED = (
    "- It knows these classes only: an input of any other kind gets one of them too, maybe with a high probability."
)


class Trained(NamedTuple):
    """What is exported, kept raw examples to check it with, and the run's folder."""

    model: keras.Model
    task: Task
    examples: dict[str, np.ndarray]
    run: Path | None = None


def load(run: "Run") -> Trained:
    """The best model, and examples of test, or of train where nothing was set apart. Raises RunError."""
    model = run.model()
    _, task = run.task.served(model)
    for split in ("test", "train"):
        with suppress(RunError):
            examples = run.samples(split)
            if len(next(iter(examples.values()))):
                return Trained(model, task, task.asked(examples), run.path)
    raise RunError(run.path, "kept no examples to check an export with: it did not finish")


def write(subject: Trained, folder: Path) -> None:
    """Writes a SavedModel with the task's signatures into `folder`. Raises WorkError."""
    model, task, examples, run = subject
    module = tf.Module()
    module.weights = [variable.value for variable in model.variables]
    whole = task.in_graph()
    signatures = task.signatures(model) if whole else _core.signatures(model, task, as_files(examples, task))
    try:
        tf.saved_model.save(module, str(folder), signatures=signatures)
    except (AssertionError, tf.errors.OpError) as error:  # the first: something in the graph that nothing keeps
        raise WorkError(f"can't be saved: {first_line(error)}") from error
    if not whole:
        _core.write_reader(run, folder)
    if task.EVALUATION == "words":
        write_file(folder / VOCABULARY, "\n".join(task.words))


def verify(folder: Path, subject: Trained) -> dict[str, Any]:
    """Calls the SavedModel in a process of its own on raw examples, and compares it with `predict_raw`.

    Both get images as files: arrays of pixels become PNG, and those that aren't uint8 are rounded to its 256 steps.
    Both compute on the CPU, because a GPU rounds otherwise, and the memory of one GPU is not for two processes.

    Returns the contract's `verified`. Raises WorkError where a label differs, or a number by more than TOLERANCE.
    """
    model, task, examples, _ = subject
    examples = as_files(examples, task)
    with tf.device("/CPU:0"):
        wanted = predict_raw((model, task), examples)
    inputs = as_inputs(examples, task) if task.in_graph() else _core.inputs_of(_core.reader_of(folder), examples)
    given, milliseconds = _answers(folder, inputs)
    words, difference = _compare(given, wanted)
    truth = _true_labels(examples, task)
    return {
        "verified": True,
        "examples": len(next(iter(wanted.values()))),
        "labels_equal": True if words else None,
        "max_difference": difference,
        "bytes": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        **({} if truth is None else {"accuracy": float(np.mean(given["label"] == truth))}),
        "milliseconds": milliseconds,
    }


def describe(name: str, subject: Trained) -> Told:
    """What the card says of this format, and of this model's answers."""
    task, examples = subject.task, subject.examples
    if task.EVALUATION == "generation":
        return Told(DRAWN, usage(name, task, examples))
    if task.EVALUATION == "words":
        limits = LIMITS[hasattr(subject.model, "ngram_rows") :]
        return Told(WORDS, usage(name, task, examples), limits=limits, unit="word")
    if task.EVALUATION != "classification":
        return Told(NUMBER, usage(name, task, examples))
    labels = "\n".join(f"{number}. {label}" for number, label in enumerate(task.labels))
    limits = (ELSEWHERE, CLOSED) if task.in_graph() else (ELSEWHERE, CLOSED, _core.LIMIT)
    return Told(CLASSES + labels, usage(name, task, examples), limits=limits)


def usage(name: str, task: Task, examples: dict[str, np.ndarray]) -> str:
    """Markdown: a call from Python, and one of TensorFlow Serving's REST interface; for a table with an example."""
    if not task.in_graph():
        return _core.USAGE.format(name=name, reader=_core.READER)
    names = argument_names(task.read())
    if "image" in names:
        python = 'image=tf.constant([open("photo.jpg", "rb").read()])'
        body = PHOTOGRAPH
    else:
        row = _whole_row(as_inputs(examples, task))
        python = f"**{{name: tf.constant([value]) for name, value in {row}.items()}}"
        instances = json.dumps({"instances": [row]}, ensure_ascii=False)
        body = f"echo {shlex.quote(instances)}"
    renamed = [f"| `{feature}` | `{given}` |\n" for feature, given in names.items() if feature != given]
    return USAGE.format(name=name, python=python, body=body) + "".join(renamed and [RENAMED, *renamed])


def as_inputs(examples: dict[str, np.ndarray], task: Task) -> dict[str, np.ndarray]:
    """Raw examples as the signature takes them: only its features, by the names and in the dtypes of its inputs."""
    specs = task.read()
    names = argument_names(specs)
    inputs = {}
    for feature, spec in specs.items():
        text = spec.dtype == tf.string
        inputs[names[feature]] = examples[feature].astype(object if text else spec.dtype.as_numpy_dtype)
    return inputs


def as_files(examples: dict[str, np.ndarray], task: Task) -> dict[str, np.ndarray]:
    """The examples with PNG files in the place of pixels; what the task takes for 0 and 1 becomes 0 and 255."""
    image = examples.get("image")
    if image is None or image.dtype == object:
        return examples
    if image.dtype != np.uint8:
        low, high = task.value_range
        image = np.rint(255 * np.clip((image - low) / (high - low), 0, 1)).astype(np.uint8)
    return {**examples, "image": np.array([tf.io.encode_png(pixels).numpy() for pixels in image], object)}


def _answers(folder: Path, inputs: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """What the SavedModel says in another process, and its milliseconds a call by batch size."""
    with tempfile.TemporaryDirectory() as scratch:
        examples, answers = Path(scratch, "examples.npz"), Path(scratch, "answers.npz")
        np.savez(examples, **{f"input/{name}": values for name, values in inputs.items()})
        failed = "the SavedModel can't be loaded and called by itself"
        run_apart(SCRIPT, folder, examples, answers, failed=failed, CUDA_VISIBLE_DEVICES="-1")
        with np.load(answers, allow_pickle=True) as file:
            outputs = {name.removeprefix("output/"): file[name] for name in file.files if name.startswith("output/")}
            return outputs, {size: float(file[f"milliseconds/{size}"]) for size in ("1", "32")}


def _compare(given: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> tuple[list[str], float]:
    """The names of the outputs that are no floating point numbers, and the largest difference of those that are."""
    shapes = [{name: values.shape for name, values in outputs.items()} for outputs in (given, wanted)]
    if shapes[0] != shapes[1]:
        raise WorkError(f"the SavedModel answers {shapes[0]}, predict {shapes[1]}")
    numbers = [name for name, values in wanted.items() if np.issubdtype(values.dtype, np.floating)]
    words = [name for name in wanted if name not in numbers]
    wrong = [(given[name] != wanted[name]).reshape(len(wanted[name]), -1).any(axis=1).sum() for name in words]
    scaled = [np.abs(given[name] - wanted[name]) / np.maximum(1, np.abs(wanted[name])) for name in numbers]
    difference = max((float(np.max(part)) for part in scaled), default=0.0)
    if any(wrong) or not difference <= TOLERANCE:
        told = f"{max(wrong, default=0)} labels differ, numbers by up to {difference:.2g} ({TOLERANCE:g} allowed)"
        raise WorkError(f"the SavedModel disagrees with predict: {told}")
    return words, difference


def _true_labels(examples: dict[str, np.ndarray], task: Task) -> np.ndarray | None:
    """(batch,) bytes, where the examples are labelled and the task has classes."""
    if task.EVALUATION != "classification" or "label" not in examples:
        return None
    raw = task.prepare({name: tf.constant(examples[name]) for name in (*task.read(), "label")})
    target = task.target(raw, task.encode(raw)[1])
    one_hot = target[0] if isinstance(target, tuple) else target
    return np.array([label.encode() for label in task.labels], object)[np.argmax(one_hot, axis=-1)]


def _whole_row(inputs: dict[str, np.ndarray]) -> dict[str, Any]:
    """The first row in which nothing is missing, or else the first, with 0 for a missing number."""
    columns = [[_text(value) for value in values.tolist()] for values in inputs.values()]
    rows = [dict(zip(inputs, row, strict=True)) for row in zip(*columns, strict=True)]
    found = next((row for row in rows if all(value == value and value != "" for value in row.values())), rows[0])
    return {name: value if value == value else 0.0 for name, value in found.items()}


def _text(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
