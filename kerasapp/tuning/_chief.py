"""Many workers: KerasTuner's own chief and its messages, over the ledger of a sweep.

A worker asks for trials and says when one has ended; what came of it, and the values to train with, go through the
sweep's folder, which all of them see. KerasTuner's own chief waits for ever for a worker that was killed; here a trial
whose worker gives no sign is given to the next that asks. The port has no password: it listens on loopback unless asked
otherwise.
"""

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import keras_tuner
from keras_tuner.src import protos
from keras_tuner.src.distribute.oracle_chief import OracleServicer
from keras_tuner.src.engine.trial import Trial, TrialStatus

from kerasapp.errors import KerasappError
from kerasapp.run import Run
from kerasapp.tuning._confirm import job_name, job_place, jobs
from kerasapp.tuning._ledger import Ledger

CONFIRM = "confirm/"  # what the name of a trial begins with that confirms others
LOOPBACK = "127.0.0.1"
LOST_AFTER = 60.0  # seconds without a sign, after which a worker's trial is given again
LEAVE_AFTER = 10.0  # seconds that the chief waits for workers to hear that there is no more
MOST = 3  # workers that a trial may take down
TOO_MANY = f"{MOST} workers were lost at it: it may need more memory than there is"


class Chief:
    """What KerasTuner's servicer calls in place of an oracle: gives out trials, and then what confirms the best of
    them. `lock` is held while the ledger is used.
    """

    def __init__(self, ledger: Ledger):
        self.ledger, self.lock = ledger, threading.RLock()
        self.seen: dict[str, float] = {}  # by worker, when it last gave a sign
        self.ended: list[dict[str, Any]] = []  # rows that were not told of yet
        self.fault: Exception | None = None
        self.jobs: list[str] | None = None  # that confirm, and are not given out; None while there are trials
        self.confirming: dict[str, str] = {}  # by worker
        self.lost_jobs = Counter[str]()

    def create_trial(self, tuner_id: str) -> Trial:
        """The next trial for a worker: RUNNING, or IDLE where it should ask again, or STOPPED."""
        with self.lock:
            self.seen[tuner_id] = time.monotonic()
            try:
                asked = self.ledger.ask(tuner_id)
            except KerasappError as error:
                self.fault, asked = error, None
            if asked is not None:
                return self.ledger.oracle.trials[asked.name]
            if (job := self._job(tuner_id)) is not None:
                return _without_values(CONFIRM + job, TrialStatus.RUNNING)
            if self.over():
                self.seen.pop(tuner_id)
            return _without_values("", TrialStatus.STOPPED if self.over() else TrialStatus.IDLE)

    def get_trial(self, trial_id: str) -> Trial:
        """A sign of life of the trial's worker."""
        with self.lock:
            for worker, name in self._running().items():
                if name == trial_id:
                    self.seen[worker] = time.monotonic()
            return _without_values(trial_id, TrialStatus.RUNNING)

    def end_trial(self, trial: Trial) -> None:
        """Takes what a worker left in the sweep's folder."""
        with self.lock:
            name = trial.trial_id
            if name.startswith(CONFIRM):
                self.confirming = {worker: job for worker, job in self.confirming.items() if CONFIRM + job != name}
                return
            result = json.loads(result_file(self.ledger.folder, name).read_text(encoding="utf-8"))
            self.ended.append(self.ledger.tell(name, result))

    def lost(self, worker: str) -> bool:
        """A worker is gone; gives whether it had something, which is given again."""
        with self.lock:
            self.seen.pop(worker, None)
            if job := self.confirming.pop(worker, None):
                self.lost_jobs[job] += 1
                if job in self.hopeless():
                    return False
                self.jobs.append(job)
            name = self.ledger.give_again(worker)
            if name is not None and self.ledger.rows[name]["given_again"] >= MOST:
                self.ledger.take_back(name)
                self.ended.append(self.ledger.tell(name, {"state": "failed", "reason": TOO_MANY}))
                return False
            return bool(job or name)

    def hopeless(self) -> set[str]:
        """What confirms others and took down too many workers."""
        return {job for job, lost in self.lost_jobs.items() if lost >= MOST}

    def look(self) -> list[dict[str, Any]]:
        """Gives the trials of workers without a sign to others; gives the rows that ended since the last look."""
        with self.lock:
            now = time.monotonic()
            for worker in self._running():
                if now - self.seen.setdefault(worker, now) > LOST_AFTER:
                    self.lost(worker)
            ended, self.ended = self.ended, []
            return ended

    def over(self) -> bool:
        """Whether there is nothing more to give out, and nothing runs."""
        with self.lock:
            return self.fault is not None or (self.ledger.over() and not self.jobs and not self.confirming)

    def waiting(self) -> bool:
        """Whether a worker has yet to hear that there is no more."""
        with self.lock:
            return any(time.monotonic() - seen < LEAVE_AFTER for seen in self.seen.values())

    def _job(self, worker: str) -> str | None:
        """What confirms the best trials, when there are no more of them."""
        if self.fault or not self.ledger.over():
            return None
        if self.jobs is None:
            names = [job_name(*job) for job in jobs(self.ledger.sweep, self.ledger.finished())]
            self.jobs = [name for name in names if not _finished(job_place(self.ledger.folder, name))]
        if worker not in self.confirming and self.jobs:
            self.confirming[worker] = self.jobs.pop(0)
        return self.confirming.get(worker)

    def _running(self) -> dict[str, str]:
        """By worker the name of what it trains."""
        trials = {worker: trial.trial_id for worker, trial in self.ledger.oracle.ongoing_trials.items()}
        return trials | {worker: CONFIRM + job for worker, job in self.confirming.items()}


def _without_values(name: str, status: str) -> Trial:
    return Trial(keras_tuner.HyperParameters(), name, status)


def _finished(place: Path) -> bool:
    return (place / "state.json").is_file() and Run(place).state["state"] == "finished"


@contextmanager
def serving(chief: Chief, address: str) -> Iterator[str]:
    """The chief at `host:port` (port 0: a free one); gives the address. Raises KerasappError where it can't be had."""
    host, port = parted(address)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1), options=[("grpc.so_reuseport", 0)])
    protos.get_service_grpc().add_OracleServicer_to_server(OracleServicer(chief), server)
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
        bound = server.add_insecure_port(joined(host, port))
    except (OSError, RuntimeError) as error:
        why = (getattr(error, "strerror", None) or "the port can't be had").lower()
        raise KerasappError(f"{joined(host, port)}: can't listen there: {why}. Take another, or port 0") from None
    server.start()
    try:
        yield joined(host, bound)
    finally:
        server.stop(grace=1.0).wait()


def parted(address: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`, `:PORT` or `PORT`; loopback where no host is named. Raises KerasappError."""
    host, _, port = address.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise KerasappError(f"--chief {address}: expected HOST:PORT, a port from 0 to 65535")
    return host.strip("[]") or LOOPBACK, int(port)


def joined(host: str, port: int) -> str:
    """The reverse of `parted`."""
    return f"{f'[{host}]' if ':' in host else host}:{port}"


def result_file(folder: Path, name: str) -> Path:
    """Where a worker leaves what came of a trial."""
    return folder / "results" / f"{name}.json"
