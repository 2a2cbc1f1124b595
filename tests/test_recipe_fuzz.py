"""No recipe, however broken, brings `check` to a traceback: it is clean, or every line says where (hypothesis).

The short form runs with the suite; `-m slow` tries KERASAPP_FUZZ (1000) of each kind.
"""

import contextlib
import io
import os
import re
import time

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kerasapp.cli import run
from kerasapp.stock import stock_files

PLACE = re.compile(r"^.+:\d+:\d+: .+")
SECONDS = 30.0  # of a hang: no time is held here
MANY = int(os.environ.get("KERASAPP_FUZZ", "1000"))
TEXTS = {name: path.read_bytes() for name, path in stock_files().items()}
quick = settings(max_examples=40, derandomize=True, deadline=None, database=None)
long = settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)

WORDS = [
    "null", "~", "true", "no", "0", "-1", "1e-3", "1e999", "-1e999", "9" * 30, "9" * 5000, "0x10", "0o7", "1_0",
    ".nan", ".inf", "''", '""', "[]", "{}", "[[]]", "{a: {b: [1, {c: null}]}}", "[1, 2", "{a", "'x", '"\\q"', "- 1",
    "? x", "!!int 3", "&a 1", "*a", "<<: {a: 1}", "|", "> x", "@x", "`x", "%x", "é", "\u2028", "\ufeff", "😀",
    "$num_classes", "$", "a.b.c", ":", ":x", "x:", "./nets.py:tower", "no.such:thing", "/:a", "x" * 3000, "[" * 60,
    "{a: " * 60, "cnn", "mlp", "graph", "resnet", "flip", "{name: graph, layers: {}}",
    "{name: graph, layers: {a: {name: Dense, units: $num_classes}, a.b: Conv2D}}", "{name: Adam}", "{name: null}",
    "{name: [a]}", "{name: {name: cnn}}", "{name: 3}", "{name: true}", "Adam", "SGD", "all", "2 epochs", "balanced",
    "{name: CosineDecay, initial_learning_rate: 1}", "[{epochs: 1}]",
    "[{epochs: 1, trainable: [a]}, {epochs: 2, seed: 3}]", "[{epochs: 1, optimizer.learning_rate: 0.1}, {}]",
    "[{name: flip}, flip, 3, null]", "{train.epochs: 1, model.a.b: 3}", "{validation: 0.5, test: 0.5}",
    "{validation: .nan}", "{1: 2, true: 3, null: 4}", "2026-01-03", "12:30:45", "../../etc/passwd",
]  # fmt: skip
KEYS = [
    "title", "seed", "task", "data", "model", "train", "smoke", "name", "epochs", "batch_size", "optimizer",
    "learning_rate", "stages", "monitor", "metric", "mode", "early_stopping", "split", "folds", "fold", "cache",
    "augmentation", "layers", "units", "filters", "loss", "class_weight", "train.epochs", "model.name",
    "task.augmentation.0.name", "data.split.test", "", "x", "1", "null", "[a]", "{a: 1}", "é", "'", "?", "-", "<<",
    "image_shape", "num_classes", "distribute", "init_from", "kernel_initializer", "activation",
]  # fmt: skip
PATHS = [
    "train.epochs", "seed", "model", "model.name", "task", "data", "train", "train.optimizer", "train.optimizer.name",
    "smoke", "train.stages", "train.stages.0.epochs", "task.augmentation", "task.augmentation.0.factor",
    "data.split.test", "train.monitor",
]  # fmt: skip
BYTES = [
    b"\t", b'"', b"'", b"{", b"}", b"[", b"]", b":", b": ", b"-", b"- ", b"#", b"&", b"*", b"!", b"%", b"@", b"|",
    b">", b"?", b",", b"\n", b"\r", b"\n\n---\n", b"\n...\n", b"\0", b"\x07", b"\x1b[31m", b"\x7f", b"\x80",
    b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"  ", b"\xc2\x85",
    b"\xf0\x9f\x98\x80", b"\\", b"\\x", b"\n  x: 1", b" " * 200,
]  # fmt: skip

names = st.sampled_from(sorted(TEXTS))
places = st.integers(0, 10_000)
words = st.sampled_from(WORDS) | st.text(max_size=12) | st.floats().map(str) | st.integers().map(str)
keys = st.sampled_from(KEYS) | st.text(max_size=6)
LINE = re.compile(r"(?m)^(\s*(?:- )?)([^\s#:{}][^:\n]*):(.*)$")
PAIR = re.compile(r"([\w.]+): ?([^,{}\[\]\n]+)")


def told(words_):
    """Exit code, what stood on stderr, seconds."""
    errors, started = io.StringIO(), time.process_time()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        code = run([*words_])
    return code, errors.getvalue(), time.process_time() - started


def hold(words_):
    """The property: clean, or exit 2 with a place on every line; soon, and no fault of ours."""
    code, errors, seconds = told(words_)
    assert code in (0, 2), (code, errors)
    assert "Traceback" not in errors and "a fault of ours" not in errors, errors
    assert (code == 2) == bool(errors.strip()), (code, errors)
    lines = errors.split("\n")[:-1]
    assert all(PLACE.match(line) for line in lines), lines
    assert seconds < SECONDS, seconds


def check(data, folder):
    path = folder / "mine.yaml"
    path.write_bytes(data)
    hold(["check", str(path)])


@st.composite
def changed_bytes(draw):
    """A stock recipe with some bytes put in, taken out, doubled or replaced."""
    data = TEXTS[draw(names)]
    for _ in range(draw(st.integers(1, 4))):
        at = draw(places) % (len(data) + 1)
        end = min(len(data), at + draw(st.integers(0, 12)))
        new = draw(st.sampled_from(BYTES) | st.binary(max_size=4))
        kind = draw(st.sampled_from(["insert", "delete", "double", "replace", "cut"]))
        parts = {"insert": new, "delete": b"", "double": data[at:end] * 2, "replace": new, "cut": new}
        data = data[:at] + parts[kind] + (b"" if kind == "cut" else data[at if kind == "insert" else end :])
    return data


@st.composite
def changed_lines(draw):
    """A stock recipe with lines dropped, doubled, moved, deeper or less deep, keys renamed, values of another kind."""
    lines = TEXTS[draw(names)].decode().split("\n")
    for _ in range(draw(st.integers(1, 4))):
        at, to = draw(places) % len(lines), draw(places) % len(lines)
        kind = draw(st.sampled_from(["drop", "double", "move", "add", *["line"] * 6]))
        if kind == "line":
            lines[at] = draw(changed_line(lines[at]))
        elif kind == "add":
            lines.insert(at, f"{' ' * draw(st.integers(0, 4))}{draw(keys)}: {draw(words)}")
        elif kind == "double":
            lines.insert(to, lines[at])
        elif len(lines) > 1:
            line = lines.pop(at)
            lines[to:to] = [line] if kind == "move" else []
    return "\n".join(lines).encode(errors="surrogatepass")


def changed_line(line):
    """Strategies of what else might stand in a line's place."""
    return st.one_of(
        st.just(f"  {line}"),
        st.just(line.removeprefix("  ")),
        keys.map(lambda key: LINE.sub(lambda found: f"{found[1]}{key}:{found[3]}", line)),
        words.map(lambda word: LINE.sub(lambda found: f"{found[1]}{found[2]}: {word}", line)),
        keys.map(lambda key: PAIR.sub(lambda found: f"{key}: {found[2]}", line, count=1)),
        words.map(lambda word: PAIR.sub(lambda found: f"{found[1]}: {word}", line, count=1)),
    )


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=8,
)


@st.composite
def changed_trees(draw):
    """A stock recipe whose values, at any depth, are dropped, renamed, moved, wrapped, or any other value."""
    tree = yaml.safe_load(TEXTS[draw(names)])
    for _ in range(draw(st.integers(1, 3))):
        containers = list(inside(tree))
        node = containers[draw(places) % len(containers)]
        key = (list(node) if isinstance(node, dict) else range(len(node)))[draw(places) % len(node)]
        kind = draw(st.sampled_from(["value", "value", "drop", "rename", "wrap", "move"]))
        if kind == "value":
            node[key] = draw(trees)
        elif kind == "wrap":
            node[key] = [node[key]] if draw(st.booleans()) else {draw(keys): node[key]}
        elif kind in ("rename", "move") and isinstance(node, dict):
            (node if kind == "rename" else tree)[draw(keys)] = node.pop(key)
        elif len(tree) > 1:
            del node[key]
    return yaml.safe_dump(tree, allow_unicode=draw(st.booleans()), sort_keys=False).encode(errors="surrogatepass")


def inside(node):
    """Every mapping and list with something in it."""
    if isinstance(node, (dict, list)) and node:
        yield node
        for child in node.values() if isinstance(node, dict) else node:
            yield from inside(child)


@st.composite
def set_options(draw):
    """Some `--set PATH=VALUE` of a stock recipe."""
    steps = st.lists(keys | st.sampled_from(["0", "1", "-1", "99"]), min_size=1, max_size=4).map(".".join)
    equals = st.sampled_from(["=", "=", "=", "=", "==", " = ", ""])
    option = st.tuples(steps | st.sampled_from(PATHS), equals, words | trees.map(str)).map("".join)
    options = draw(st.lists(option, min_size=1, max_size=3))
    return ["show", draw(names), *(word for option in options for word in ("--set", option))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@quick
@given(data=changed_bytes())
def test_a_recipe_with_other_bytes_is_clean_or_told_where(folder, data):
    check(data, folder)


@quick
@given(data=changed_lines())
def test_a_recipe_with_other_lines_is_clean_or_told_where(folder, data):
    check(data, folder)


@quick
@given(data=changed_trees())
def test_a_recipe_with_other_values_is_clean_or_told_where(folder, data):
    check(data, folder)


@quick
@given(option=set_options())
def test_a_setting_is_taken_or_told_where(option):
    hold(option)


@pytest.mark.slow
@long
@given(data=changed_bytes() | changed_lines() | changed_trees())
def test_many_recipes_are_clean_or_told_where(folder, data):
    check(data, folder)


@pytest.mark.slow
@long
@given(option=set_options())
def test_many_settings_are_taken_or_told_where(option):
    hold(option)
