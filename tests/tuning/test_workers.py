"""Many workers: the chief's side and the worker's, and what a worker that is killed leaves."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kerasapp.errors import KerasappError
from kerasapp.files import write_json
from kerasapp.tuning import _chief, _worker, _workers
from kerasapp.tuning._chief import Chief, joined, parted, result_file, serving
from kerasapp.tuning._opening import opened
from kerasapp.tuning.tune import tune

FINISHED = {"state": "finished", "score": 1 / 3, "epochs": 2, "seconds": 1.0, "curve": [0.25, 1 / 3], "parameters": 9}


@pytest.fixture
def clients(monkeypatch):
    """KerasTuner's clients of a chief; what they leave in the environment is taken back."""
    for name in ("KERASTUNER_TUNER_ID", "KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT"):
        monkeypatch.setenv(name, "")
    return _worker.connected


def ended(client, chief, trial, result=FINISHED):
    write_json(result_file(chief.ledger.folder, trial.trial_id), result)
    trial.status = "COMPLETED"
    client.end_trial(trial)


def test_two_workers_share_a_sweep_and_each_hears_that_it_is_over(sweep, tmp_path, clients):
    made = sweep(("confirm: {seeds: 1}", "confirm: null"))
    with opened(made, tmp_path, False) as ledger, serving(Chief(ledger), "127.0.0.1:0") as address:
        client = clients(address)
        first, second = client.create_trial("a"), client.create_trial("b")
        assert first.trial_id != second.trial_id
        assert client.create_trial("a").trial_id == first.trial_id
        chief = type("C", (), {"ledger": ledger})
        ended(client, chief, first)
        third = client.create_trial("a")
        assert client.create_trial("c").status == "IDLE"  # one that runs may have to be replaced
        ended(client, chief, second, {"state": "invalid", "reason": "too deep"})
        fourth = client.create_trial("c")
        assert fourth.status == "RUNNING"
        ended(client, chief, third)
        assert client.create_trial("b").status == "IDLE"
        ended(client, chief, fourth)
        assert {client.create_trial(name).status for name in "abc"} == {"STOPPED"}
        assert [row["score"] for row in ledger.rows.values()] == [1 / 3, None, 1 / 3, 1 / 3]


def test_what_confirms_the_best_is_given_out_when_there_are_no_more_trials(sweep, tmp_path):
    with opened(sweep(("trials: 3", "trials: 1")), tmp_path, False) as ledger:
        chief = Chief(ledger)
        first = chief.create_trial("a")
        assert chief.create_trial("b").status == "IDLE"
        ledger.tell(first.trial_id, FINISHED)
        best, default = chief.create_trial("a"), chief.create_trial("b")
        assert {best.trial_id, default.trial_id} == {"confirm/0000-seed-4", "confirm/default-seed-4"}
        assert chief.create_trial("a").trial_id == best.trial_id
        chief.lost("a")
        assert chief.create_trial("c").trial_id == best.trial_id
        chief.end_trial(best)
        assert not chief.over()
        chief.end_trial(default)
        assert chief.over()
        assert chief.create_trial("c").status == "STOPPED"


def test_a_trial_without_a_sign_is_given_again_and_shown_as_such(sweep, tmp_path, clients, monkeypatch):
    with opened(sweep(), tmp_path, False) as ledger:
        chief = Chief(ledger)
        with serving(chief, "127.0.0.1:0") as address:
            client = clients(address)
            lost, kept = client.create_trial("lost"), client.create_trial("kept")
            monkeypatch.setattr(_chief, "LOST_AFTER", 0.2)
            time.sleep(0.3)
            client.get_trial(kept.trial_id)  # a sign of life
            chief.look()
            assert client.create_trial("other").trial_id == lost.trial_id
            assert ledger.rows[lost.trial_id]["given_again"] == 1
            assert "given_again" not in ledger.rows[kept.trial_id]


def test_a_trial_that_takes_down_worker_after_worker_fails(sweep, tmp_path):
    with opened(sweep(), tmp_path, False) as ledger:
        chief = Chief(ledger)
        for worker in "abc":
            name = chief.create_trial(worker).trial_id
            chief.lost(worker)
        (row,) = chief.look()
        assert (row["trial"], row["state"], row["given_again"]) == (name, "failed", 3)
        assert chief.create_trial("d").trial_id != name


def test_what_confirms_and_takes_down_worker_after_worker_is_left_out(sweep, tmp_path):
    with opened(sweep(("trials: 3", "trials: 1")), tmp_path, False) as ledger:
        chief = Chief(ledger)
        ledger.tell(chief.create_trial("a").trial_id, FINISHED)
        for worker in "abc":
            name = chief.create_trial(worker).trial_id
            chief.lost(worker)
            chief.jobs.sort()  # the same again
        assert chief.hopeless() == {name.removeprefix("confirm/")}
        chief.end_trial(chief.create_trial("d"))
        assert chief.over()


def test_a_chief_that_is_not_there_is_one_line(monkeypatch):
    monkeypatch.setattr(_worker, "WITHIN", 0.3)
    with pytest.raises(
        KerasappError, match=r"127.0.0.1:1: no chief answered within 0 s\. Start it first: kerasapp tune"
    ):
        _worker.connected("1")


def test_a_chief_that_goes_away_is_one_line(sweep, tmp_path, clients, monkeypatch):
    monkeypatch.setattr(_worker, "WITHIN", 0.3)
    with opened(sweep(), tmp_path, False) as ledger, serving(Chief(ledger), "127.0.0.1:0") as address:
        client = clients(address)
    with pytest.raises(KerasappError, match=r"the chief is gone\. Go on with: kerasapp tune SWEEP --resume"):
        _worker.called(lambda: client.create_trial("a"), address)


def test_a_port_that_is_taken_is_one_line(sweep, tmp_path):
    with opened(sweep(), tmp_path, False) as ledger, serving(Chief(ledger), "127.0.0.1:0") as address:
        taken = pytest.raises(KerasappError, match="can't listen there: address already in use")
        with taken, serving(Chief(ledger), address):
            pass


@pytest.mark.parametrize(
    ("word", "place"),
    [("70", ("127.0.0.1", 70)), (":70", ("127.0.0.1", 70)), ("0.0.0.0:70", ("0.0.0.0", 70)), ("[::1]:7", ("::1", 7))],
)
def test_a_chief_is_on_loopback_unless_asked_otherwise(word, place):
    assert parted(word) == place
    assert parted(joined(*place)) == place


def test_a_word_that_is_no_port_is_told():
    with pytest.raises(KerasappError, match="expected HOST:PORT"):
        parted("there")


def test_cores_and_gpus_are_divided(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 5, 7}, raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,4")
    shares = [_workers.share(number, 3) for number in range(3)]
    assert [one["KERASAPP_CORES"] for one in shares] == ["0,5", "1,7", "2"]
    assert [one["CUDA_VISIBLE_DEVICES"] for one in shares] == ["3", "4", "3"]
    assert all(one["TF_FORCE_GPU_ALLOW_GROWTH"] == "true" for one in shares)
    assert "TF_FORCE_GPU_ALLOW_GROWTH" not in _workers.share(0, 2)


@pytest.fixture
def standing_in(tmp_path, monkeypatch):
    """`standing_in(code)`: one worker that runs this Python code in place of `kerasapp`."""
    real = _workers.subprocess.Popen

    def workers(code):
        monkeypatch.setattr(
            _workers.subprocess, "Popen", lambda words, **more: real([sys.executable, "-c", code], **more)
        )
        return _workers.Workers(1, [], tmp_path)

    return workers


@pytest.mark.parametrize("end", [signal.SIGKILL, None])
def test_a_worker_that_is_killed_or_told_to_end_has_a_successor(standing_in, end):
    with standing_in("import time; time.sleep(60)" if end else "raise SystemExit(143)") as workers:
        first = workers.processes[0]
        if end:
            first.send_signal(end)
        first.wait()
        assert workers.lost() == [first.pid]
        assert workers.processes[0].pid != first.pid


def test_workers_and_their_successors_are_told_where_the_chief_is(standing_in, tmp_path):
    code = (
        "import os, time; from kerasapp.tuning._workers import address_of_chief; from pathlib import Path\n"
        f"(Path({str(tmp_path)!r}) / str(os.getpid())).write_text(address_of_chief()); time.sleep(60)"
    )

    def told(process):
        path, until = tmp_path / str(process.pid), time.monotonic() + 20
        while not (path.exists() and path.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        return path.read_text()

    with standing_in(code) as workers, workers.serve("127.0.0.1:7"):
        first = workers.processes[0]
        assert told(first) == "127.0.0.1:7"
        first.kill()
        first.wait()
        workers.lost()
        assert told(workers.processes[0]) == "127.0.0.1:7"


def test_a_worker_whose_chief_ends_before_it_listens_has_no_address(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert _workers.address_of_chief() is None


def test_a_worker_that_fails_ends_the_sweep(standing_in):
    with standing_in("import sys; sys.exit(print('bad.yaml:1:1: no such file', file=sys.stderr) or 2)") as workers:
        workers.processes[0].wait()
        with pytest.raises(KerasappError, match=r"bad\.yaml:1:1: no such file"):
            workers.lost()


def test_a_worker_ends_with_the_chief_that_was_killed(tmp_path):
    """A chief that starts a worker and is killed: the worker, which would take half a minute, is told to end."""
    worker = (
        "import signal, sys, time; from pathlib import Path; from kerasapp.tuning._workers import end_with_chief\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(Path(sys.argv[1]).write_text('ended') and 143))\n"
        "end_with_chief(); print('up', flush=True); time.sleep(30)"
    )
    chief = (
        "import os, signal, subprocess, sys; from kerasapp.tuning._workers import CHIEF\n"
        "there = os.environ | {CHIEF: str(os.getpid())}\n"
        "words = [sys.executable, '-c', *sys.argv[1:]]\n"
        "subprocess.Popen(words, env=there, stdout=subprocess.PIPE).stdout.readline()\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    told = tmp_path / "told"
    subprocess.run(
        [sys.executable, "-c", chief, worker, told],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, check=False,
    )  # fmt: skip
    until = time.monotonic() + 20
    while not told.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert told.read_text() == "ended"


@pytest.mark.slow
def test_a_sweep_by_two_workers_of_which_one_is_killed_finishes(sweep_file, tmp_path, monkeypatch):
    """Whole processes: half a minute."""
    from kerasapp.tuning.sweep import load_sweep

    file = sweep_file(("trials: 3", "trials: 5"), ("confirm: {seeds: 1}", "confirm: null"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    begun, killed = [], []
    real = _workers.Workers._start
    monkeypatch.setattr(_workers.Workers, "_start", lambda *words: begun.append(real(*words)) or begun[-1])

    def kill_one():
        folder = tmp_path / "runs" / "sweep" / "trials"
        while not list(folder.glob("*/resume")):
            time.sleep(0.05)
        os.kill(begun[0].pid, signal.SIGKILL)
        killed.append(begun[0].pid)

    threading.Thread(target=kill_one, daemon=True).start()
    words = ["tune", str(file), "--root", str(tmp_path)]
    with _workers.Workers(2, [*words, "--worker"], tmp_path / "logs") as workers:
        done = tune(load_sweep(file), tmp_path, workers=workers, words=words)
    assert [row["state"] for row in done["trials"]] == ["finished"] * 5
    assert killed
    assert len(begun) == 3
    assert Path(done["best"]["recipe"]).is_file()
