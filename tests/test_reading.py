"""YAML as recipes use it."""

import pytest
import yaml

from kerasapp.errors import RecipeError
from kerasapp.reading import dump, read_file, read_text


@pytest.mark.parametrize(
    "text, value",
    [
        ("1e-3", 1e-3),
        ("3E4", 3e4),
        (".5", 0.5),
        ("010", 10),
        ("1_000_000", 1_000_000),
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("2026-01-03", "2026-01-03"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("true", True),
        ("~", None),
        ("", None),
        (".inf", float("inf")),
        ("1.2.3", "1.2.3"),
    ],
)
def test_a_scalar_means_what_it_looks_like(text, value):
    found = read_text(f"a: {text}\n", "f").plain()["a"]
    assert found == value and type(found) is type(value)


def test_positions_count_lines_and_columns_from_one():
    tree = read_text("a: 1\nb:\n  - {c: 2}\n", "f")
    inner = tree.value["b"].value[0]
    assert (inner.line, inner.column) == (3, 5)
    assert (inner.value["c"].line, inner.value["c"].column) == (3, 9)
    assert (inner.keys["c"].line, inner.keys["c"].column) == (3, 6)


@pytest.mark.parametrize(
    "text, line, column, words",
    [
        ("a: 1\na: 2\n", 2, 1, "duplicate"),
        ("a: {b: 1, c: 2, b: 3}", 1, 17, "line 1"),
        ("a:\n\tb: 1\n", 2, 1, "tab"),
        ("a: &x 1\nb: *x\n", 2, 4, "aliases"),
        ("a: !!python/object/apply:os.system ['true']", 1, 4, "tags"),
        ("a: !!int 3", 1, 4, "tags"),
        ("a: 1\n---\nb: 2\n", 2, 1, "second document"),
        ("[a, b]: 1", 1, 1, "key"),
        ("a: [1, 2\n", 1, 4, "flow sequence"),
        ("", 1, 1, "empty"),
        ("# only a comment\n", 1, 1, "empty"),
        ("a: " + "[" * 60 + "]" * 60, 1, 53, "deep"),
    ],
)
def test_what_is_no_recipe_is_refused_where_it_stands(text, line, column, words):
    with pytest.raises(RecipeError) as caught:
        read_text(text, "f")
    fault = caught.value.faults[0]
    assert (fault.line, fault.column) == (line, column), fault
    assert words in fault.message


@pytest.mark.parametrize(
    "data, words", [(b"\x00\x01\x02\xff", "UTF-8"), (b"a: \x00", "character"), (b"a: 1" * 300_000, "larger")]
)
def test_a_file_that_is_no_text_is_refused(tmp_path, data, words):
    path = tmp_path / "x.yaml"
    path.write_bytes(data)
    with pytest.raises(RecipeError, match=words):
        read_file(str(path))


def test_a_bom_is_no_fault(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_file(str(path)).plain() == {"a": 1}


@pytest.mark.parametrize(
    "value",
    ["1e-3", "no", "true", "010", "", "null", "a: b", "#x", "1_0", ".5", 1e-5, 1e20, True, None, [1, [2, "3"]], (4, 5)],
)
def test_what_is_written_is_read_back_equal_by_us_and_numbers_by_pyyaml_too(value):
    text = dump({"a": value, "b": {"c": value}})
    plain = list(value) if isinstance(value, tuple) else value
    assert read_text(text, "f").plain() == {"a": plain, "b": {"c": plain}}
    if isinstance(value, float):
        assert yaml.safe_load(text)["a"] == value


@pytest.mark.parametrize(
    "text, place", [("{", (1, 1)), ("a: 1\nb: [1, {c: ", (2, 8)), ('a: "x\n', (1, 4)), ("a: [1,\n\n", (1, 4))]
)
def test_what_is_never_closed_is_named_where_it_was_opened(text, place):
    with pytest.raises(RecipeError) as caught:
        read_text(text, "f")
    assert [(fault.line, fault.column) for fault in caught.value.faults] == [place]
