"""`kerasapp evaluate` of word vectors: which runs and which files, what is printed, and no TensorFlow."""

import json

import pytest

from kerasapp import vectors
from kerasapp.evaluation.word_tests import measure


@pytest.fixture
def tests(tmp_path):
    (tmp_path / "q.txt").write_text(": family\nman king woman queen\nman woman king horse\n: verbs\ngo went do did\n")
    (tmp_path / "s.tsv").write_text("man\twoman\t8\nking\tqueen\t9\nking\thorse\t1\nman\tsea\t2\n")


def test_a_run_and_a_file_are_measured_alike_without_tensorflow(app, words_run, words, tests, tmp_path):
    folder = words_run()
    vectors.write(tmp_path / "v.txt", words, "word2vec_text")
    typed = ["--analogies", "q.txt", "--similarity", "s.tsv", "--similarity", "s.tsv", "--json"]
    of_run, of_file = app("evaluate", "first", *typed), app("evaluate", "v.txt", *typed)
    assert of_run.stderr == of_file.stderr == "tensorflow False\n"
    of_run, of_file = json.loads(of_run.stdout), json.loads(of_file.stdout)
    assert of_run["report"] == of_file["report"]
    assert (of_run["run"], of_run["state"]) == (str(folder.relative_to(tmp_path)), "finished")
    assert (of_file["run"], of_file["state"]) == ("v.txt", None)
    report = of_run["report"]
    assert report["analogies"][0]["accuracy"]["value"] == 0.5 and report["analogies"][0]["coverage"] == 2 / 3
    assert [told["covered"] for told in report["similarity"]] == [3, 3]
    assert report["similarity"][0]["spearman"]["value"] == pytest.approx(
        measure(words, [], [tmp_path / "s.tsv"])["similarity"][0]["spearman"]["value"]
    )


def test_people_get_a_table(app, words_run, tests):
    words_run()
    told = app("evaluate", "first", "--analogies", "q.txt", "--similarity", "s.tsv", "--among", "6").stdout.splitlines()
    assert told[0] == "q.txt: 3CosAdd among the 6 most frequent words"
    assert told[1].split()[:5] == ["family", "2", "of", "2", "0.5000"] and told[2].split() == [
        "verbs",
        "0",
        "of",
        "1",
        "-",
    ]
    assert told[3].split()[:5] == ["total", "2", "of", "3", "0.5000"]
    assert told[4].startswith("s.tsv: Spearman ") and told[4].endswith(", 3 of 4 pairs")


@pytest.mark.parametrize(
    "given, told",
    [
        (["first", "--analogies", "none.txt"], "none.txt: no such file"),
        (["first", "--analogies", "s.tsv"], "s.tsv:1: 3 words where a question of analogy has four"),
        (["first", "--similarity", "q.txt"], "q.txt:1: "),
        (["first", "--similarity", "s.tsv", "--data", "other"], "--split and --data are of no use"),
        (["s.tsv"], "measured by --analogies and --similarity"),
        (["s.tsv", "--similarity", "s.tsv"], "s.tsv:1: "),
    ],
)
def test_bad_input_is_one_line_and_2(app, words_run, tests, given, told):
    words_run()
    done = app("evaluate", *given)
    line, heavy = done.stderr.splitlines()
    assert done.returncode == 2 and done.stdout == "" and told in line and heavy == "tensorflow False"
