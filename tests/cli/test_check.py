"""What `check --data` prints, in one process."""

import json

import pytest

from kerasapp.cli import run

TEXT = "title: T\ntask: tabular_classification\ndata: {{name: csv, path: {path}, label: kind}}\nmodel: mlp\n"


@pytest.fixture
def check(tmp_path, monkeypatch, capfd):
    """`check(rows, *words)`: exit code, lines of stdout and of stderr, for a table of these rows."""
    monkeypatch.chdir(tmp_path)

    def called(rows, *words):
        (tmp_path / "t.csv").write_text("size,weight,kind\n" + "\n".join(rows) + "\n")
        (tmp_path / "t.yaml").write_text(TEXT.format(path="t.csv"))
        capfd.readouterr()
        code = run(["check", "t.yaml", *words])
        out, err = capfd.readouterr()
        return code, out.splitlines(), err.splitlines()

    return called


def rows(count):
    return [f"{row * 7919 % 1000}.5,{row * 104729 % 997},{'xy'[row % 2]}" for row in range(count)]


def test_clean_data_is_one_line_and_its_notes_one_more(check):
    code, out, err = check(rows(200), "--data")
    assert code == 0 and out == ["ok: 200 examples looked at, nothing to mend"]
    assert len(err) == 1 and err[0].startswith("note: ") and "the fewest of 2 classes" in err[0]


def test_warnings_are_a_line_each_and_no_failure(check):
    code, out, err = check([*rows(200), *rows(3)], "--data")
    assert code == 0 and out == ["ok: 203 examples looked at, 3 warnings"]
    assert sum(line.startswith("warning: t.csv:") for line in err) == 3


def test_of_many_findings_of_a_kind_the_first_are_printed_and_all_are_in_json(check):
    code, out, err = check([*rows(200), *rows(40)], "--data", "--json")
    found = json.loads("\n".join(out))["findings"]
    assert code == 0 and sum(one["kind"] == "duplicate" for one in found) == 40
    assert sum(line.startswith("warning: t.csv:") for line in err) == 5
    assert "warning: duplicate: and 35 more like these (--report or --json)" in err


def test_an_error_among_the_findings_is_exit_2_and_all_are_told(check):
    code, out, err = check([*rows(200), "1,2", "1,2,"], "--data")
    assert code == 2 and out == []
    assert [line.split(": ")[1] for line in err if line.startswith("error")] == ["t.csv:202", "t.csv:203"]


def test_a_page_is_written_and_named(check, tmp_path):
    code, out, err = check(rows(200), "--report", "page.html")
    assert code == 0 and "the page: page.html" in err and "few examples" in (tmp_path / "page.html").read_text()
    assert out == ["ok: 200 examples looked at, nothing to mend"], "--report looks at the data by itself"


def test_a_page_is_of_one_recipe(check):
    code, _, err = check(rows(20), "t.yaml", "--report", "page.html")
    assert code == 2 and err == ["--report: makes a page for one recipe. Check them one by one"]


def test_without_the_option_no_data_is_read(check, tmp_path):
    assert check(["no", "table"])[:2] == (0, ["ok"])


def test_what_most_examples_have_is_one_line_with_its_count(check):
    _, _, err = check([*rows(60), *rows(60), *rows(60)], "--data")
    (line,) = [line for line in err if "exact copy" in line]
    assert line.startswith("warning: duplicate, 120 of them, such as t.csv:")
    assert not any("more like these" in line for line in err)


def test_warnings_beyond_what_is_listed_are_counted_all_the_same(check):
    code, out, err = check([*rows(3000), *rows(1200)], "--data")
    assert code == 0 and out == ["ok: 4200 examples looked at, 1200 warnings, 1000 of them in --json"]
    assert "warning: duplicate: and 1195 more like these (--report or --json)" in err


def test_findings_of_several_recipes_name_theirs(check, tmp_path):
    (tmp_path / "other.yaml").write_text(TEXT.format(path="t.csv"))
    _, _, err = check([*rows(200), rows(200)[0]], "other.yaml", "--data")
    assert {line.split(": ")[0] for line in err} == {"t.yaml", "other.yaml"}
    assert sum("warning" in line for line in err) == 2


def test_recipes_of_several_folders_are_held_against_their_own_components(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    recipe = "title: T\ntask: tabular_classification\ndata: {name: sklearn, dataset: wine}\n"
    for folder, argument in (("a", "units"), ("b", "width")):
        (tmp_path / folder).mkdir()
        code = f"def net(*, num_classes: int, {argument}: int = 3):\n    ...\n"
        (tmp_path / folder / "nets.py").write_text(code)
        (tmp_path / folder / "r.yaml").write_text(recipe + f"model: {{name: './nets.py:net', {argument}: 8}}\n")
    code = run(["check", "a/r.yaml", "b/r.yaml"])
    assert code == 0, capfd.readouterr().err
    (tmp_path / "b" / "r.yaml").write_text(recipe + "model: {name: './nets.py:net', units: 8}\n")
    assert run(["check", "a/r.yaml", "b/r.yaml"]) == 2
    assert 'b/r.yaml:4:32: unknown argument "units"' in capfd.readouterr().err
