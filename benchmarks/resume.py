"""Runs that are killed (SIGKILL) at random moments and gone on with, against the same runs left alone; and beside them
the same models under Keras's own `BackupAndRestore`, killed as often.

    python benchmarks/resume.py               50 kills over the set, and 50 of the peer: about 25 minutes
    python benchmarks/resume.py --kills 12    about 6 minutes
"""

import argparse
import hashlib
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FRAME = """\
title: {name}
seed: 3
task: {task}
data: {data}
model: {model}
train: {{epochs: {epochs}, stop_after: {epochs}, batch_size: {size}, save_every: {{steps: 30}}, {train}}}
"""
DIGITS, IMAGES = "{name: sklearn, dataset: digits}", "image_classification"
AUGMENTED = "{name: image_classification, augmentation: [{name: shift}, {name: rotate}]}"
CNN = "{name: cnn, blocks: 2, filters: 16, dropout: 0.3, units: [32]}"
RECIPES = {  # task, data, model, epochs, batch_size, the rest of train
    "cnn, augmented, dropout": (AUGMENTED, DIGITS, CNN, 25, 32, "optimizer: Adam"),
    "table": (
        "tabular_classification", "{name: sklearn, dataset: breast_cancer}", "{name: mlp, dropout: 0.2}", 150, 8,
        "optimizer: {name: AdamW, weight_decay: 0.01}",
    ),
    "stages": (
        IMAGES, DIGITS, CNN, 24, 32,
        "optimizer: Adam, stages: [{epochs: 6, trainable: [head]}, {epochs: 9, optimizer.learning_rate: 3e-4, "
        "keep_optimizer: true}, {epochs: 9, batch_size: 64}]",
    ),
    "plateau, early stopping": (
        IMAGES, DIGITS, CNN, 40, 32,
        "optimizer: {name: SGD, learning_rate: 0.3, momentum: 0.9}, reduce_on_plateau: {patience: 2, factor: 0.5}, "
        "early_stopping: {patience: 12}",
    ),
    "steps_per_execution 8": (
        IMAGES, DIGITS, "{name: mlp, units: [64, 64], dropout: 0.3}", 80, 32, "optimizer: Adam, steps_per_execution: 8",
    ),
    "averages, accumulation, schedule": (
        IMAGES, DIGITS, CNN, 25, 32,
        "optimizer: {name: Adam, use_ema: true, gradient_accumulation_steps: 2, learning_rate: {name: CosineDecay, "
        "initial_learning_rate: 3e-3}}, warmup_epochs: 2",
    ),
    "mixed precision": (IMAGES, DIGITS, CNN, 10, 32, "optimizer: Adam, mixed_precision: true"),
}  # fmt: skip


def digest_of_run(run: Path) -> str:
    """Of the best weights, all final variables, the history and TensorBoard's curves; times left out."""
    import csv
    import io
    import zipfile

    import h5py
    import numpy as np
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    digest = hashlib.sha256()
    content = zipfile.ZipFile(run / "model.keras").read("model.weights.h5")
    with h5py.File(io.BytesIO(content)) as weights:
        found = []
        weights.visititems(
            lambda name, item: found.append((name, item[()].tobytes())) if isinstance(item, h5py.Dataset) else None
        )
    with np.load(run / "resume" / "state.npz") as state:
        found += [(name, state[name].tobytes()) for name in state.files if name != "meta"]
    for row in csv.DictReader((run / "history.csv").open()):
        found.append((row["epoch"], json.dumps({key: row[key] for key in row if key != "seconds"}).encode()))
    points = set()
    for file in (run / "logs").rglob("events.*"):
        for event in EventFileLoader(str(file)).Load():
            points |= {
                (file.parent.name, event.step, value.tag, value.tensor.SerializeToString())
                for value in event.summary.value
                if value.tag.startswith(("epoch_", "best_"))
            }
    found += [("curves", repr(sorted(points)).encode())]
    for name, content in sorted(found):
        digest.update(name.encode() + content)
    return digest.hexdigest()


def peer(recipe: Path, folder: Path) -> None:
    """Trains the recipe's model as Keras's documentation has it: shuffled data, BackupAndRestore every 30 steps."""
    import keras
    import numpy as np
    import tensorflow as tf

    from kerasapp import pipeline
    from kerasapp.recipe import load
    from kerasapp.training._compile import make_optimizer
    from kerasapp.training._prepare import prepare

    keras.utils.set_random_seed(3)
    tf.config.experimental.enable_op_determinism()
    made = prepare(load(recipe))
    train, split = made.recipe.train, made.splits["train"]
    count = len(split)
    read = pipeline.reader(made.task, split)
    inputs, y = made.task.elements(read(tf.range(count, dtype=tf.int64)))
    data = tf.data.Dataset.from_tensor_slices((inputs, y)).shuffle(count, seed=3).batch(train.batch_size)
    steps = -(-count // train.batch_size)
    made.model.compile(
        make_optimizer(train, steps, train.epochs), made.task.loss(), metrics=["accuracy"],
        steps_per_execution=train.steps_per_execution if isinstance(train.steps_per_execution, int) else 1,
    )  # fmt: skip
    backup = keras.callbacks.BackupAndRestore(folder / "backup", save_freq=30)
    log = keras.callbacks.CSVLogger(folder / "history.csv", append=True)
    made.model.fit(data, epochs=train.epochs, verbose=0, callbacks=[backup, log])
    digest = hashlib.sha256()
    for variable in [*made.model.weights, *made.model.optimizer.variables]:
        digest.update(np.asarray(variable).tobytes())
    (folder / "digest").write_text(digest.hexdigest())


@dataclass
class Side:
    """How one side is begun, gone on with, watched and told: `run(recipe, folder)` gives the two commands."""

    commands: Callable[[Path, Path], tuple[list[str], list[str]]]
    history: str
    digest: Callable[[Path], str]


def epochs_done(cwd: Path, pattern: str) -> int:
    """The last epoch in the history, from 1; 0 where there is none yet."""
    for path in cwd.glob(pattern):
        numbers = re.findall(r"(?m)^(\d+),", path.read_text())
        return len(set(numbers))
    return 0


def train(side: Side, recipe: Path, cwd: Path, moments: list[float], pace: float) -> tuple[int, str]:
    """Trains to the end, killed at `moments`: epochs with a fraction, rising; `pace` is the seconds of an epoch.

    Gives how many kills hit, and the digest of the result; "none" where a process could not go on.
    """
    cwd.mkdir()
    hit, (command, again) = 0, side.commands(recipe, cwd)
    for moment in [*moments, None]:
        process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if moment is not None:
            while process.poll() is None and epochs_done(cwd, side.history) < int(moment):
                time.sleep(0.02)
            time.sleep((moment - int(moment)) * pace)
            process.kill()
        _, told = process.communicate()
        hit += process.returncode == -signal.SIGKILL
        if process.returncode > 0:
            print(f"{cwd.name}: can't go on after a kill: {told.strip().splitlines()[-1]}", flush=True)
            return hit, "none"
        if list(cwd.glob(side.history)) or list(cwd.glob("runs/*/*/state.json")):
            command = again
    return hit, side.digest(cwd)


def commands_of_run(recipe: Path, cwd: Path) -> tuple[list[str], list[str]]:
    begin = [sys.executable, "-m", "kerasapp", "run", str(recipe), "--name", "one"]
    return begin, [sys.executable, "-m", "kerasapp", "run", "--resume", str(Path("runs", recipe.stem, "one"))]


def commands_of_peer(recipe: Path, cwd: Path) -> tuple[list[str], list[str]]:
    command = [sys.executable, __file__, "--peer", str(recipe), str(cwd)]
    return command, command


SIDES = {
    "kerasapp": Side(
        commands_of_run, "runs/*/one/history.csv", lambda cwd: digest_of_run(next(cwd.glob("runs/*/one")))
    ),
    "BackupAndRestore": Side(commands_of_peer, "history.csv", lambda cwd: (cwd / "digest").read_text()),
}


def compare(name: str, number: int, kills: int, rounds: int, folder: Path, seed: int) -> dict[str, list[int]]:
    """[kills, killed runs, equal ones] of each side on one recipe."""
    task, data, model, epochs, size, rest = RECIPES[name]
    recipe = folder / f"recipe_{number}.yaml"
    recipe.write_text(FRAME.format(name=name, task=task, data=data, model=model, epochs=epochs, size=size, train=rest))
    told = {}
    for side, how in SIDES.items():
        draw = random.Random(seed * 100 + number)
        begun = time.perf_counter()
        whole_at = folder / f"{side}_{number}_whole"
        _, whole = train(how, recipe, whole_at, [], 0.0)
        last = epochs_done(whole_at, how.history)
        pace, told[side] = 0.5 * (time.perf_counter() - begun) / last, [0, rounds, 0]
        for turn in range(rounds):
            count = kills // rounds + (turn < kills % rounds)
            moments = sorted(draw.uniform(0, last) for _ in range(count))
            hit, digest = train(how, recipe, folder / f"{side}_{number}_{turn}", moments, pace)
            told[side][0] += hit
            told[side][2] += digest == whole
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=2, help="killed runs of each recipe")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peer:
        peer(*map(Path, given.peer))
        return
    sums = {side: [0, 0, 0] for side in SIDES}
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(RECIPES):
            kills = given.kills // len(RECIPES) + (number < given.kills % len(RECIPES))
            told = compare(name, number, kills, min(given.rounds, kills), Path(folder), given.seed)
            for side, (hit, runs, equal) in told.items():
                print(f"{name:34} {side:17} {hit:3} kills, {equal} of {runs} runs equal", flush=True)
                sums[side] = [a + b for a, b in zip(sums[side], (hit, runs, equal), strict=True)]
    for side, (hit, runs, equal) in sums.items():
        print(f"{'all':34} {side:17} {hit:3} kills, {equal} of {runs} runs equal")


if __name__ == "__main__":
    main()
