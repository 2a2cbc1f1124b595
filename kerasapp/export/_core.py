"""The export of a task that reads with more than TensorFlow ops: the model alone, and beside it a reader in Python."""

import shutil
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kerasapp.run import Run
from kerasapp.tasks._base import Raw, Task

READER = Path("assets.extra", "reader")
"""In an export: what the reader needs of the run, and itself."""
SCRIPT = Path(__file__).with_name("_reader.py")
COPIED = ("recipe.yaml", "task.json", "code")
USAGE = """\
Its preprocessing has steps that TensorFlow has no ops for, so it takes what they make of a picture. A reader that does
these is in `{reader}`; it needs kerasapp:

```sh
python saved_models/{name}/VERSION/{reader}/reader.py photo.jpg
```

From Python, with that folder on `sys.path`:

```python
from reader import read
import tensorflow as tf

call = tf.saved_model.load("saved_models/{name}/VERSION").signatures["serving_default"]
print(call(**read([open("photo.jpg", "rb").read()])))
```
"""
LIMIT = "- The model alone reads no pictures: TensorFlow Serving must be given numbers that the reader made."


def inputs_of(task: Task, examples: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The model's inputs of raw examples, by the names that the signature has: `inputs`, or each by its own."""
    raw = {name: tf.constant(examples[name]) for name in task.read()}
    inputs, _ = task.encode(task.prepare(raw))
    return {name: value.numpy() for name, value in (inputs if isinstance(inputs, dict) else {"inputs": inputs}).items()}


def signatures(model: keras.Model, task: Task, examples: dict[str, np.ndarray]) -> dict[str, Callable]:
    """One endpoint, decode . model, with inputs like those of the examples."""
    like = inputs_of(task, {name: values[:1] for name, values in examples.items()})
    specs = {name: tf.TensorSpec([None, *value.shape[1:]], value.dtype, name=name) for name, value in like.items()}

    @tf.function(input_signature=[specs], autograph=False)
    def serving_default(arguments: Raw) -> Raw:
        inputs = arguments["inputs"] if list(specs) == ["inputs"] else arguments
        return task.decode(model(inputs, training=False), {})

    return {"serving_default": serving_default}


def write_reader(run: Path, folder: Path) -> None:
    """Copies what reads pictures from a run's folder into an export's."""
    target = folder / READER
    target.mkdir(parents=True)
    for path in (run / name for name in COPIED):
        if path.is_dir():
            shutil.copytree(path, target / path.name)
        elif path.exists():
            shutil.copyfile(path, target / path.name)
    shutil.copyfile(SCRIPT, target / "reader.py")


def reader_of(folder: Path) -> Task:
    """The task as the reader of an export has it."""
    return Run(folder / READER).task
