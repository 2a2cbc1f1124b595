"""The command line from outside: exit codes, streams, and what stays unimported."""

import errno
import json
import os
import pty
import signal
import subprocess
import sys

import pytest

from kerasapp import __version__
from kerasapp.cli import run

HEAVY = ("tensorflow", "keras", "sklearn", "cv2", "numpy", "matplotlib", "rich")
TEXT = "title: T\ntask: image_classification\ndata: {name: sklearn, dataset: digits}\nmodel: {name: cnn}\n"


def kerasapp(*words, cwd, env=None):
    command = [sys.executable, "-m", "kerasapp", *map(str, words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={**os.environ, **(env or {})})


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["list"],
        ["check", "vision/digits_cnn"],
        ["show", "vision/digits_cnn"],
        ["runs"],
        ["run", "--help"],
        ["nearest", "--help"],
    ],
)
def test_a_light_verb_imports_nothing_heavy(words, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, sys\n"
        f"heavy = lambda: [name for name in {HEAVY} if name in sys.modules]\n"
        "atexit.register(lambda: print('HEAVY', heavy(), file=sys.stderr))\n"
    )
    done = kerasapp(
        *words, cwd=tmp_path, env={"PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    )
    assert done.returncode == 0, done.stderr
    assert "HEAVY []" in done.stderr


def test_list_prints_names_titles_and_absolute_paths(tmp_path):
    rows = json.loads(kerasapp("list", "--json", cwd=tmp_path).stdout)
    row = next(row for row in rows if row["name"] == "vision/digits_cnn")
    assert row["task"] == "image_classification" and row["title"] and os.path.isabs(row["path"])


def test_check_prints_every_fault_of_every_file_on_stderr_and_json_on_stdout(tmp_path):
    (tmp_path / "a.yaml").write_text(TEXT.replace("title", "titel"))
    (tmp_path / "b.yaml").write_text(TEXT.replace("cnn", "cnm"))
    done = kerasapp("check", "a.yaml", "b.yaml", "vision/digits_cnn", "--json", cwd=tmp_path)
    errors = json.loads(done.stdout)["errors"]
    assert done.returncode == 2
    assert [(error["file"], error["line"], error["column"], error["path"]) for error in errors] == [
        ("a.yaml", 1, 1, "titel"),
        ("b.yaml", 4, 15, "model.name"),
    ]
    assert done.stderr.splitlines() == [f"{e['file']}:{e['line']}:{e['column']}: {e['message']}" for e in errors]


@pytest.mark.parametrize(
    "words, told",
    [
        (["frobnicate"], "frobnicate"),
        (["run"], "RECIPE"),
        (["run", "--frob", "x"], "--frob"),
        (["run", "vision/digit_cnn"], "vision/digits_cnn"),
        (["run", "digit_cnn"], "vision/digits_cnn"),
        (["run", "missing.yaml"], "missing.yaml"),
        (["run", "vision/digits_cnn", "--set", "train.epochs"], "path=value"),
        (["run", "vision/digits_cnn", "--set", "train.epoch=3"], "--set:1:"),
        (["check", "."], "folder"),
        (["evaluate", "runs/none"], "no such run"),
        (["export", "latest"], "no run"),
        (["compare", "a", "b"], "no such run"),
        (["runs", "rm", "a"], "no such run"),
        (["copy", "vision/digits_cnn", "there.yaml"], "--force"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(tmp_path, words, told):
    (tmp_path / "there.yaml").write_text("mine")
    done = kerasapp(*words, cwd=tmp_path)
    assert done.returncode == 2, done
    assert told in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert not (tmp_path / "runs").exists()
    assert (tmp_path / "there.yaml").read_text() == "mine"


def test_the_last_part_of_a_stock_name_is_enough(tmp_path):
    assert kerasapp("check", "digits_cnn", cwd=tmp_path).returncode == 0


def test_show_says_where_each_value_comes_from(tmp_path):
    (tmp_path / "a.yaml").write_text(TEXT + "train: {epochs: 3}\n")
    rows = kerasapp("show", "a.yaml", "--set", "train.batch_size=7", cwd=tmp_path).stdout.splitlines()
    origin = {row.split()[0]: (row.split()[1], row.split()[-1]) for row in rows[1:]}
    assert origin["train.epochs"] == ("3", "recipe")
    assert origin["train.batch_size"] == ("7", "--set")
    assert origin["model.activation"] == ("relu", "default")


def test_show_says_whose_a_default_is(tmp_path):
    text = "title: T\ntask: word2vec\ndata: {name: text_files, path: a.txt}\nmodel: glove\ntrain: {batch_size: 9}\n"
    (tmp_path / "a.yaml").write_text(text)
    rows = kerasapp("show", "a.yaml", cwd=tmp_path).stdout.splitlines()
    origin = {row.split()[0]: " ".join(row.split()[2:]) for row in rows[1:]}
    assert origin["train.epochs"] == origin["train.optimizer.learning_rate"] == "default of model glove"
    assert (origin["train.keep"], origin["train.deterministic"]) == ("default of task word2vec", "default")
    assert origin["train.batch_size"] == "recipe"


def test_a_copied_recipe_is_valid_where_it_lands(tmp_path):
    done = kerasapp("copy", "vision/digits_cnn", "mine.yaml", cwd=tmp_path)
    assert done.stdout.strip() == "mine.yaml"
    assert kerasapp("check", "mine.yaml", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("words", ["schema", "list --json", "--help", "runs"])
def test_a_closed_pipe_is_no_error(tmp_path, words):
    a_run(tmp_path)
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "kerasapp", *words.split()], cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_output_on_a_full_disk_is_one_line_and_1(tmp_path):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "kerasapp", "list"]
        done = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1) and "no space left" in done.stderr


def a_run(root):
    folder = root / "runs" / "small" / "first"
    folder.mkdir(parents=True)
    state = {"state": "finished", "recipe": "small", "started": "2026-01-03T10:22:00", "seconds": 1.0}
    (folder / "state.json").write_text(json.dumps(state))
    return folder


def test_a_removal_that_nobody_can_be_asked_about_is_refused_in_one_line(tmp_path):
    folder = a_run(tmp_path)
    command = [sys.executable, "-m", "kerasapp", "runs", "rm", "first"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 2 and folder.exists() and done.stdout == ""
    assert done.stderr == "runs/small/first: not removed: nobody to ask; --yes removes without asking\n"


def test_an_interrupt_at_the_question_is_130_and_removes_nothing(tmp_path):
    folder, (terminal, inner) = a_run(tmp_path), pty.openpty()
    command = [sys.executable, "-m", "kerasapp", "runs", "rm", "first"]
    process = subprocess.Popen(command, cwd=tmp_path, stdin=inner, stderr=subprocess.PIPE, text=True)
    assert "remove it and free" in process.stderr.read(50)
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=60)[1]
    os.close(terminal)
    os.close(inner)
    assert process.returncode == 130 and folder.exists() and "Traceback" not in told and "fault of ours" not in told


def test_a_run_named_twice_is_removed_once(tmp_path):
    folder = a_run(tmp_path)
    done = kerasapp("runs", "rm", "-y", "first", "runs/small/first", cwd=tmp_path)
    assert done.returncode == 0 and not folder.exists(), done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_a_fault_in_the_data_to_evaluate_on_is_positioned_in_that_option(called, tmp_path):
    folder = a_run(tmp_path)
    (folder / "recipe.yaml").write_text(TEXT)
    source = "{name: sklearn, dataset: digits, lbel: y}"
    code, _, err = called("evaluate", "first", "--data", source)
    assert code == 2
    assert err.startswith(f"--data:1:{source.index('lbel') + 1}: ")


@pytest.mark.parametrize("number, code", [(errno.EROFS, 2), (errno.EACCES, 2), (errno.ENOSPC, 1)])
def test_a_target_that_cannot_be_written_is_bad_input_and_a_full_disk_is_not(
    tmp_path, monkeypatch, capfd, number, code
):
    def refuse(**named):
        raise OSError(number, os.strerror(number), "a temporary name")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.mkstemp", refuse)
    assert run(["copy", "vision/digits_cnn", "mine.yaml"]) == code
    told = capfd.readouterr().err
    assert told.startswith("mine.yaml: ") and "saved before" not in told and len(told.splitlines()) == 1


def completed(words, cwd, env=None):
    line = f"kerasapp {words}"
    told = {"_KERASAPP_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    done = kerasapp(cwd=cwd, env={**told, **(env or {})})
    assert done.stderr == ""
    return done.stdout.split()


def test_names_of_recipes_and_runs_are_completed(tmp_path):
    a_run(tmp_path)
    (tmp_path / "vision.yaml").write_text(TEXT)
    assert {"vision/digits_cnn", "vision.yaml"} <= set(completed("run vis", tmp_path))
    assert completed("check vision/digits", tmp_path) == ["vision/digits_cnn"]
    assert completed("predict la", tmp_path) == ["latest"]
    assert completed("runs rm small", tmp_path) == ["small/first"]


def test_completion_imports_nothing_heavy(tmp_path):
    a_run(tmp_path)
    code = (
        f"import sys\nfrom kerasapp.cli import run\nrun([])\nprint([name for name in {HEAVY} if name in sys.modules])"
    )
    line = {"_KERASAPP_COMPLETE": "complete_bash", "COMP_WORDS": "kerasapp predict s", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, env={**os.environ, **line}
    )
    assert done.stdout.split("\n")[-2:] == ["[]", ""], done


def test_the_version_is_one_line(tmp_path):
    done = kerasapp("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"kerasapp {__version__}\n", "")
