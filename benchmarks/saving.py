"""Saves that are killed, and saves to a full disk: is there always a state, a model and a history that can be read?

    python benchmarks/saving.py               200 kills during saves, and 40 sizes of a full disk: about 5 minutes
    python benchmarks/saving.py --kills 20
    python benchmarks/saving.py --cost        what a save of the CIFAR-10 recipe's state takes of the time: seconds

A process saves without a pause, states and models of some megabytes with one number in every place; it is killed at a
random moment, and a new one goes on. What is then on the disk must be whole: one number in all of it, the last that was
told to be saved, or the next. The full disk is a small tmpfs; where none can be mounted that part is left out and said.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

UNITS = 300  # of two dense layers: a model of 1.5 MB, a state of 3
FULL = 40


def model_of(number: float):
    import keras

    model = keras.Sequential([keras.Input((UNITS,)), keras.layers.Dense(UNITS), keras.layers.Dense(UNITS)])
    model.compile("sgd", "mse")
    for variable in model.weights:
        variable.assign(keras.ops.full(variable.shape, number))
    return model


def watchers(folder: Path, model):
    from kerasapp.callbacks.best import Best
    from kerasapp.callbacks.history import HistoryFile
    from kerasapp.callbacks.save_state import SaveState

    best = Best(folder / "model.keras", "loss", "max")
    history, state = HistoryFile(folder / "history.csv"), SaveState(folder / "state.npz", seconds=None, steps=1)
    for callback in (best, history, state):
        callback.set_model(model)
    return best, history, state


def save(folder: Path, first: int, fill: int) -> None:
    """Saves number after number from `first` on, and tells each that is done; ends where the disk is full.

    Something else writes so many bytes to the same disk after each.
    """
    from kerasapp.callbacks._state import Position
    from kerasapp.errors import WorkError

    model = model_of(first)
    best, history, state = watchers(folder, model)
    number = first
    try:
        while True:
            for variable in model.weights:
                variable.assign(variable * 0 + number)
            best._due = 0.0
            best.on_epoch_end(number, {"loss": float(number)})
            history.on_epoch_begin(number)
            history.on_epoch_end(number, {"loss": float(number)})
            state.save(Position(epoch=number))
            print(number, flush=True)
            number += 1
            with suppress(OSError), open(folder / "other", "ab", buffering=0) as other:
                other.write(bytes(fill))
    except WorkError as error:
        print(error, file=sys.stderr)


def whole(folder: Path, told: int) -> list[str]:
    """What is wrong with what is on the disk, where `told` was the last number said to be saved (-1: none)."""
    import keras
    import numpy as np

    from kerasapp.callbacks._state import read_state
    from kerasapp.callbacks.history import HistoryFile

    faults = []
    try:
        state = read_state(folder / "state.npz")
        numbers = {float(value) for array in state.values["model"] for value in np.unique(array)} if state else {-1.0}
        if numbers != {float(state.position.epoch) if state else -1.0} or not told <= max(numbers) <= told + 1:
            faults.append(f"state.npz holds {sorted(numbers)[:3]}, {told} was told")
        if (folder / "model.keras").exists():
            weights = keras.saving.load_model(folder / "model.keras").get_weights()
            numbers = {float(value) for array in weights for value in np.unique(array)}
            if len(numbers) != 1 or not told <= max(numbers) <= told + 1:
                faults.append(f"model.keras holds {sorted(numbers)[:3]}, {told} was told")
        rows = HistoryFile(folder / "history.csv").rows()
        if rows and any("loss" not in row for row in rows):
            faults.append("history.csv has half a row")
    except Exception as error:  # whatever a reader raises on what can't be read
        faults.append(f"{type(error).__name__}: {error}")
    return faults


def saver(folder: Path, first: int) -> subprocess.Popen:
    command = [sys.executable, __file__, "--save", str(folder), str(first)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def killed(folder: Path, kills: int, draw: random.Random) -> list[str]:
    faults, told = [], -1
    for _ in range(kills):
        process = saver(folder, told + 1)
        first = process.stdout.readline()  # it saves now
        time.sleep(draw.uniform(0.0, 0.2))
        process.kill()
        rest = process.communicate()[0].splitlines()
        told = int([first, *rest][-1])
        found = whole(folder, told)
        faults += found
        for path in folder.glob(".*"):
            path.unlink()  # what a kill left beside: no reader takes it for anything
    return faults


def full(draw: random.Random) -> list[str] | None:
    """Saves to disks of 40 sizes until they are full; None where no disk can be mounted."""
    faults = []
    for _ in range(FULL):
        with tempfile.TemporaryDirectory() as folder:
            size = draw.randint(300, 6000)
            mount = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", folder]
            if subprocess.run(mount, capture_output=True).returncode:
                return None
            try:
                disk = Path(folder)
                first = subprocess.run(
                    [sys.executable, __file__, "--save", folder, "0", "--fill", str(draw.randint(1, 400_000))],
                    capture_output=True,
                    text=True,
                )
                lines = first.stdout.split()
                faults += whole(disk, int(lines[-1]) if lines else -1)
                if "no space left" not in first.stderr or "Traceback" in first.stderr:
                    faults.append(f"at {size} KiB it said {first.stderr[-300:]!r}")
            finally:
                subprocess.run(["umount", folder], check=True)
    return faults


def cost() -> None:
    """Seconds of a save of vision/cifar10_resnet, all its variables there, and their share of the default interval."""
    import numpy as np

    from kerasapp.callbacks._state import Position
    from kerasapp.callbacks.save_state import SaveState
    from kerasapp.frame import Train
    from kerasapp.recipe import load
    from kerasapp.stock import find_recipe
    from kerasapp.training._batches import StageData
    from kerasapp.training._compile import compile_model
    from kerasapp.training._fit import optimizer_of
    from kerasapp.training._prepare import prepare
    from kerasapp.training._stages import stages_of

    data = {"name": "synthetic", "image_shape": [32, 32, 3], "num_classes": 10, "examples": 300}
    made = prepare(load(find_recipe("vision/cifar10_resnet")).replaced({"data": data}))
    stage = stages_of(made.recipe)[0]
    batches = StageData(made.task, made.splits, {}, 0, stage.train.batch_size)
    optimizer = optimizer_of(stage, made.model, batches.steps)
    compile_model(made.model, made.task, stage.train, optimizer=optimizer, steps_per_epoch=batches.steps)
    with tempfile.TemporaryDirectory() as folder:
        state = SaveState(Path(folder) / "state.npz", seconds=None, steps=None)
        state.set_model(made.model)
        seconds = []
        for number in range(20):
            begun = time.perf_counter()
            state.save(Position(epoch=number))
            seconds.append(time.perf_counter() - begun)
        size = (Path(folder) / "state.npz").stat().st_size
    every = Train().save_every.seconds
    print(f"vision/cifar10_resnet: {made.model.count_params():,} parameters, a state of {size / 1e6:.1f} MB")
    low, middle, high = np.quantile(seconds, (0, 0.5, 1))
    print(f"a save takes {1e3 * middle:.0f} ms ({1e3 * low:.0f} to {1e3 * high:.0f}): "
          f"{100 * middle / every:.2f} % of the {every:g} seconds between two")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cost", action="store_true", help="only what a save takes")
    parser.add_argument("--save", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--fill", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.save:
        folder = Path(given.save[0])
        save(folder, int(given.save[1]), given.fill)
        return
    if given.cost:
        cost()
        return
    draw = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        faults = killed(Path(folder), given.kills, draw)
    print(f"{given.kills} kills during saves: {len(faults)} states that can't be read", *faults[:5], sep="\n")
    faults = full(draw)
    if faults is None:
        print("a full disk: not measured, this machine mounts none")
    else:
        print(f"{FULL} saves to a full disk: {len(faults)} faults", *faults[:5], sep="\n")


if __name__ == "__main__":
    main()
