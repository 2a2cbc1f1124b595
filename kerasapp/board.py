"""Shows runs in TensorBoard: a process of its own over the runs' `logs/`, until it is interrupted.

The runs are given to it as a folder of links, not as `--logdir_spec`, which breaks on a comma or colon in a path and
turns the fast loader off.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from kerasapp.errors import KerasappError, WorkError

START_WITHIN = 60.0  # seconds
STOP_WITHIN = 5.0
MOST = 65535  # the largest port


def board(
    runs: Sequence[Path], port: int = 6006, host: str = "localhost", *, ready: Callable[[str], object] = print
) -> None:
    """Serves the runs' TensorBoard until Ctrl-C or SIGTERM; calls `ready` with the address once it answers.

    To be called in the main thread. SIGTERM leaves by SystemExit with 143, so that TensorBoard ends too.
    Raises KerasappError where the port is taken, WorkError where TensorBoard doesn't start or ends by itself.
    """
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        with serving(runs, port, host) as (address, process):
            ready(address)
            process.wait()
            raise WorkError(f"{address}: TensorBoard ended with exit code {process.returncode}")
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def serving(runs: Sequence[Path], port: int = 6006, host: str = "localhost") -> Iterator[tuple[str, subprocess.Popen]]:
    """TensorBoard as (address, process), answering; stopped at the end. Port 0 takes a free one. Opens no browser."""
    port = _free(port, host)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    with tempfile.TemporaryDirectory(prefix="kerasapp-board-") as folder:
        links, told = Path(folder, "runs"), Path(folder, "told")
        _link(runs, links)
        words = [sys.executable, "-m", "tensorboard.main", "--logdir", str(links), "--host", host, "--port", str(port)]
        quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
        with told.open("wb") as output:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=quiet)
        try:
            _wait(address, process, told)
            yield address, process
        finally:
            process.terminate()
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _link(runs: Sequence[Path], links: Path) -> None:
    """`links/recipe/time` -> the run's logs, so that TensorBoard's names are the runs' own."""
    for run in map(Path.resolve, map(Path, runs)):
        place = links / run.parent.name / run.name
        number = 2
        while place.is_symlink():  # the same name under two roots
            place, number = links / run.parent.name / f"{run.name} ({number})", number + 1
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(run / "logs", target_is_directory=True)


def _free(port: int, host: str) -> int:
    """The port, or a free one for 0. Raises KerasappError where it can't be had."""
    if not 0 <= port <= MOST:
        raise KerasappError(f"{host}:{port}: can't listen there: a port is a number from 0 to {MOST}")
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return probe.getsockname()[1]
    except OSError as error:
        why = error.strerror or str(error)
        told = f"{host}:{port}: can't listen there: {why.lower()}. Take another: --port 0 finds a free one"
        raise KerasappError(told) from error


def _wait(address: str, process: subprocess.Popen, told: Path) -> None:
    """Until it answers. Raises WorkError with TensorBoard's own last line where it ends, or takes too long."""
    until = time.monotonic() + START_WITHIN
    while process.poll() is None and time.monotonic() < until:
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    lines = told.read_text(errors="replace").strip().splitlines()
    raise WorkError(f"{address}: TensorBoard did not start: {lines[-1] if lines else 'it said nothing'}")
