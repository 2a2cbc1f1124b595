import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from kerasapp.board import board, serving
from kerasapp.callbacks._projector import write_projector
from kerasapp.errors import KerasappError
from kerasapp.vectors import Vectors


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> list[Path]:
    """Two runs of one recipe under a path with a comma and a colon, each with a curve and a hyperparameter."""
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb

    from kerasapp.callbacks._events import EventFiles

    made = [tmp_path_factory.mktemp("a,b:c") / "runs" / "digits" / name for name in ("one", "two")]
    for number, run in enumerate(made):
        files = EventFiles(run / "logs")
        files.add("", 0, hparams_pb({"seed": number}))
        files.add("train", 1, scalar_pb("epoch_loss", 0.25))
        files.add("", 1, scalar_pb("best_val_accuracy", 0.5 + number / 4))
        files.close()
    return made


def get(address: str, path: str, body: dict | None = None):
    """JSON from TensorBoard, which reads events a moment after it answers."""
    sent = json.dumps(body).encode() if body else None
    request = urllib.request.Request(f"{address}data/{path}", sent, {"Content-Type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        return json.load(answer)


def eventually(ask, wanted, seconds: float = 30):
    until = time.monotonic() + seconds
    while (got := ask()) != wanted and time.monotonic() < until:
        time.sleep(0.2)
    return got


def test_it_answers_with_the_runs_by_name_and_stops(runs):
    with serving(runs, port=0) as (address, process):
        names = ["digits/one", "digits/one/train", "digits/two", "digits/two/train"]
        assert eventually(lambda: sorted(get(address, "runs")), names) == names
        points = eventually(lambda: len(get(address, "plugin/scalars/scalars?run=digits/one/train&tag=epoch_loss")), 1)
        assert points == 1
        assert scores(address) == {"digits/one": 0.5, "digits/two": 0.75}
    assert process.poll() is not None
    with pytest.raises(OSError):
        get(address, "runs")


def scores(address: str) -> dict[str, float]:
    """The HParams table: the monitored metric of each run."""
    body = {
        "allowedStatuses": ["STATUS_UNKNOWN"],
        "sliceSize": 9,
        "colParams": [{"metric": {"tag": "best_val_accuracy"}}],
    }
    groups = get(address, "plugin/hparams/session_groups", body)["sessionGroups"]
    sessions = [session for group in groups for session in group["sessions"]]
    return {
        session["name"]: metric["value"]
        for session in sessions
        for metric in session["metricValues"]
        if metric["name"]["tag"] == "best_val_accuracy"
    }


def test_the_projector_has_the_vectors_of_each_run_shown(runs):
    for number, run in enumerate(runs):
        words = Vectors([f"w{row}" for row in range(number + 2)], np.eye(number + 2, 3, dtype=np.float32))
        write_projector(run / "logs", {"vectors": words})
    with serving(runs, port=0) as (address, _):
        names = ["digits/one", "digits/two"]
        assert eventually(lambda: sorted(get(address, "plugin/projector/runs")), names) == names
        shapes = [get(address, f"plugin/projector/info?run={name}")["embeddings"][0]["tensorShape"] for name in names]
        assert shapes == [[2, 3], [3, 3]]


def test_a_port_that_is_taken_is_one_line(runs):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(KerasappError, match=f"^localhost:{port}: can't listen there: address already in use"):
            board(runs, port)


@pytest.mark.parametrize("port", [70000, -1])
def test_a_port_that_can_not_be_is_one_line(runs, port):
    with pytest.raises(KerasappError, match=f"localhost:{port}: can't listen there"):
        board(runs, port)


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_signal_ends_tensorboard_too(runs, number):
    code = f"from pathlib import Path; from kerasapp.board import board; board([Path({str(runs[0])!r})], 0)"
    words = [sys.executable, "-u", "-c", code]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://localhost:")
        assert get(address, "environment")
        os.kill(process.pid, number)
        process.wait(15)
        with pytest.raises(OSError):
            get(address, "environment")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
