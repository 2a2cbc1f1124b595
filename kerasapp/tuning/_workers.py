"""Workers on this machine: processes that share its cores and its GPUs."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from kerasapp.errors import KerasappError, WorkError

CORES = "KERASAPP_CORES"
"""An environment variable: the cores that a worker keeps to, `0,2`."""

GPUS = "KERASAPP_GPUS"
"""An environment variable: the GPUs that a chief has left to its workers."""

CHIEF = "KERASAPP_CHIEF"
"""An environment variable: the process whose worker this one is."""

ENDED = (128 + signal.SIGINT, 128 + signal.SIGTERM)  # exit codes of a worker that was asked to end
ORPHAN = 1.0  # seconds between two looks at whether the chief is still there


class Workers:
    """`count` processes that run `words`; one that was killed has a successor, one that fails ends the sweep.

    They are started before their chief, which imports TensorFlow as long as they do, and wait to be told where it is.
    """

    def __init__(self, count: int, words: Sequence[str], logs: Path):
        self.count, self.words, self.logs = count, list(words), logs
        self.processes: list[subprocess.Popen] = []
        self.address: str | None = None

    def __enter__(self) -> "Workers":
        self.logs.mkdir(parents=True, exist_ok=True)
        self.processes = [self._start(number) for number in range(self.count)]
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @contextmanager
    def serve(self, address: str) -> Iterator[None]:
        """Tells them, and their successors, where their chief is; at the end of it they have ended."""
        self.address = address
        for process in self.processes:
            self._tell(process)
        try:
            yield
        finally:
            self.end()

    def end(self) -> None:
        """Asks those that run to end, and waits for them."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.stdin.close()
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def lost(self) -> list[int]:
        """The process ids of those that were killed since the last look, each of which has a successor now. Raises
        KerasappError where one failed by itself.
        """
        found = []
        for number, process in enumerate(self.processes):
            code = process.poll()
            if code is None or code == 0:
                continue
            if code > 0 and code not in ENDED:
                raise self._fault(number, code)
            found.append(process.pid)
            self.processes[number] = self._start(number)
        return found

    def _start(self, number: int) -> subprocess.Popen:
        with self._log(number).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "kerasapp", *self.words],
                stdin=subprocess.PIPE, stdout=log, stderr=log, bufsize=0, start_new_session=True,
                env={**os.environ, **share(number, self.count), CHIEF: str(os.getpid())},
            )  # fmt: skip
        self._tell(process)
        return process

    def _tell(self, process: subprocess.Popen) -> None:
        if self.address:
            with suppress(OSError):  # it has ended, as `lost` will find
                process.stdin.write(f"{self.address}\n".encode())
            process.stdin.close()

    def _log(self, number: int) -> Path:
        return self.logs / f"worker-{number}.log"

    def _fault(self, number: int, code: int) -> KerasappError:
        lines = self._log(number).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        kind = KerasappError if code == 2 else WorkError
        return kind(lines[-1] if lines else f"{self._log(number)}: the worker ended with exit code {code}")


def share(number: int, count: int) -> dict[str, str]:
    """The part of this machine that worker `number` of `count` has, as environment variables: cores in turn, and a GPU,
    of which no one takes all the memory where they are fewer than workers.
    """
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
    own = cores[number::count] or [cores[number % len(cores)]]
    given = {CORES: ",".join(map(str, own)), "OMP_NUM_THREADS": str(len(own))}
    if gpus := visible_gpus():
        given["CUDA_VISIBLE_DEVICES"] = gpus[number % len(gpus)]
        if count > len(gpus):
            given["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    return given


def leave_gpus() -> None:
    """This process takes no GPU, which are for its workers. Before TensorFlow is imported."""
    os.environ[GPUS] = ",".join(visible_gpus())
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"


def visible_gpus() -> list[str]:
    """The GPUs that this process may use or has left to its workers, by number or name."""
    if (named := os.environ.get(GPUS, os.environ.get("CUDA_VISIBLE_DEVICES"))) is not None:
        return [name.strip() for name in named.split(",") if name.strip() not in ("", "-1")]
    if not shutil.which("nvidia-smi"):
        return []
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    return [str(number) for number, line in enumerate(listed.stdout.splitlines()) if line.startswith("GPU ")]


def address_of_chief() -> str | None:
    """Where the chief is whose worker this process is, as soon as it says so; None where it has gone."""
    return sys.stdin.readline().strip() or None


def end_with_chief() -> None:
    """Ends this process, as if asked to, when the one whose worker it is has gone: killed, it could not say so, and who
    goes on with the sweep would find the runs taken.
    """
    if not (chief := os.environ.get(CHIEF)):
        return

    def look() -> None:
        while os.getppid() == int(chief):
            time.sleep(ORPHAN)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, daemon=True).start()


def keep_to_cores() -> None:
    """Binds this process to the cores that it was given; TensorFlow starts as many threads."""
    if (named := os.environ.get(CORES)) and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core) for core in named.split(",")})
