"""A worker: asks the chief for trials, trains them in its own process, and says when one has ended."""

import json
import os
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from kerasapp.callbacks.stop import StopOnSignal, Stopped
from kerasapp.comparison import differing
from kerasapp.errors import KerasappError, RunError
from kerasapp.files import write_json
from kerasapp.training._fingerprint import changed
from kerasapp.tuning._chief import CONFIRM, joined, parted, result_file
from kerasapp.tuning._confirm import job_place, job_recipe
from kerasapp.tuning._ledger import TABLE, TRUTH, Asked, asked
from kerasapp.tuning._sweep import Sweep
from kerasapp.tuning._trial import Trials

WITHIN = 30.0  # seconds for a chief to answer
BEAT = 5.0  # seconds between two signs of life
IDLE = 0.5  # seconds before a worker asks again


def work(sweep: Sweep, root: Path, address: str) -> int:
    """Trains trials until the chief has no more; gives how many. Raises KerasappError where no chief answers."""
    client, name, done = connected(address), f"{socket.gethostname()}-{os.getpid()}", 0
    folder = sweep.folder(root)
    with StopOnSignal() as stop:
        trainer = None
        while True:
            trial = called(lambda: client.create_trial(name), address)
            if trial.status == "STOPPED":
                return done
            if trial.status != "RUNNING":
                time.sleep(IDLE)
                continue
            first = trainer is None
            if first:
                check_same(sweep, folder)
                trainer = Trials(
                    sweep, folder, root, stop, lambda key, fingerprint: check_data(folder, key, fingerprint)
                )
            with signs(client, trial.trial_id), told_of(address):
                if first:
                    trainer.check_data(rows_of(folder).values())
                train(trainer, trial.trial_id)
            trial.status = "COMPLETED"
            called(lambda ended=trial: client.end_trial(ended), address)
            done += 1


def train(trainer: Trials, name: str) -> None:
    """Trains a trial, or what confirms one, and leaves what came of it in the sweep's folder."""
    folder, sweep = trainer.folder, trainer.sweep
    rows = rows_of(folder)
    if name.startswith(CONFIRM):
        name = name.removeprefix(CONFIRM)
        trial, _, seed = name.partition("-seed-")
        recipe = job_recipe(sweep, rows.get(trial), int(seed))
        trainer.confirmed(recipe, job_place(folder, name))  # where it failed the chief finds it so, and says it
        return
    row = rows[name]
    asked = Asked(name, row["values"], Path(row["run"]).name, row.get("rung"))
    result = trainer.train(asked, [other["curve"] for other in rows.values() if other["state"] == "finished"])
    write_json(result_file(folder, name), result)


def rows_of(folder: Path) -> dict[str, dict[str, Any]]:
    """The chief's rows by trial."""
    table = json.loads((folder / TABLE).read_text(encoding="utf-8"))
    return {row["trial"]: row for row in table["trials"]}


def connected(address: str) -> Any:
    """KerasTuner's client of the chief at an address. Raises KerasappError where none answers within 30 s."""
    if not answers(address):
        told = f"no chief answered within {WITHIN:.0f} s. Start it first: kerasapp tune SWEEP --chief {address}"
        raise KerasappError(f"{joined(*parted(address))}: {told}")
    host, _, port = joined(*parted(address)).rpartition(":")
    os.environ |= {"KERASTUNER_TUNER_ID": "worker", "KERASTUNER_ORACLE_IP": host, "KERASTUNER_ORACLE_PORT": port}
    from keras_tuner.src.distribute.oracle_client import OracleClient

    return OracleClient(None)


def answers(address: str) -> bool:
    """Whether there is a chief, within 30 s."""
    with grpc.insecure_channel(joined(*parted(address))) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=WITHIN)
        except grpc.FutureTimeoutError:
            return False
    return True


def listens(address: str) -> bool:
    """Whether there is a listener, within 30 s. gRPC takes most of a second to find out, twice a trial."""
    until = time.monotonic() + WITHIN
    while True:
        try:
            with socket.create_connection(parted(address), timeout=WITHIN):
                return True
        except OSError:
            if time.monotonic() >= until:
                return False
            time.sleep(IDLE)


def called(call: Any, address: str) -> Any:
    """What a call of the chief gives. Raises KerasappError where it is gone: KerasTuner's client waits an hour for one
    that is not there.
    """
    told = "the chief is gone"
    if listens(address):
        try:
            return call()
        except grpc.RpcError as error:
            told = f"the chief is gone, or refused ({error.code().name.lower()})"
    raise KerasappError(f"{address}: {told}. Go on with: kerasapp tune SWEEP --resume")


@contextmanager
def signs(client: Any, trial: str) -> Iterator[None]:
    """While a trial is trained, a sign of life every few seconds."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT):
            try:
                client.get_trial(trial)
            except grpc.RpcError:
                continue

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()


@contextmanager
def told_of(address: str) -> Iterator[None]:
    """A worker that is stopped says that another goes on with its trial."""
    try:
        yield
    except Stopped as stopped:
        raise Stopped(stopped.signal, f"stopped; the chief at {address} gives the trial to another worker") from None


def check_same(sweep: Sweep, folder: Path) -> None:
    """Raises RunError where the chief's sweep is another, or its folder is not seen from here."""
    if not (folder / TRUTH).is_file():
        raise RunError(
            folder, "is not the chief's: all workers need the chief's folder, on a disk that all share (--root)"
        )
    rows = differing(json.loads((folder / TRUTH).read_text(encoding="utf-8"))["asked"], asked(sweep))
    if rows:
        raise RunError(folder, f"the chief has another sweep ({rows[0]['path']} differs)")


def check_data(folder: Path, key: str, fingerprint: dict[str, str]) -> None:
    """Raises RunError where the data is not what another worker began with."""
    path = result_file(folder, f"data-{zlib.crc32(key.encode()):x}")
    if not path.exists():
        write_json(path, fingerprint)
    before = json.loads(path.read_text(encoding="utf-8"))
    if names := changed(before, fingerprint):
        raise RunError(folder, f"its data is not that of the other workers ({', '.join(names)})")
