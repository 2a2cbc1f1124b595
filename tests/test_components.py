"""A file is a component: its name, its signature, making it."""

import ast
import inspect
import sys
from typing import Any

import pytest

from kerasapp import components
from kerasapp.annotations import type_of


@pytest.mark.parametrize("kind", ["models", "data", "tasks", "losses"])
def test_every_component_has_a_docstring_and_arguments_that_can_be_read(kind):
    for name in components.names(kind):
        signature = components.signature(kind, name)
        assert signature.source.doc, name
        assert all(argument.annotation is not None for argument in signature.arguments), name


def test_steps_are_told_apart_by_their_entry():
    steps = {entry: components.names("ops", entry) for entry in ("augment", "apply", "mix")}
    assert "flip" in steps["augment"] and "hog" in steps["apply"] and "mixup" in steps["mix"]
    every = [name for names in steps.values() for name in names]
    assert len(every) == len(set(every)) and "decode" not in every


def test_layers_are_the_files_with_a_class_of_their_name():
    there = components.names("layers")
    assert {"conv_norm_activation", "noise_injection", "residual"} <= set(there) and "spectral" not in there
    for name in there:
        layer, told = components.function("layers", name), components.signature("layers", name)
        assert told.source.doc and layer.__doc__, name
        assert all(argument.annotation is not None for argument in told.arguments), name
        real = dict(inspect.signature(layer.__init__).parameters)
        del real["self"]
        assert real.pop("keywords").kind == inspect.Parameter.VAR_KEYWORD, name
        defaults = {argument.name: argument.default for argument in told.arguments if not argument.required}
        assert defaults == {key: given.default for key, given in real.items() if given.default is not given.empty}
        assert told.names == set(real), name


def test_a_step_without_tensorflow_ops_says_so(tmp_path):
    assert not components.in_graph("sift") and components.in_graph("hog")
    (tmp_path / "own.py").write_text("GRAPH = False\ndef apply(images): return images\n")
    assert not components.in_graph("./own.py:apply", tmp_path)


def test_the_facts_that_are_found_without_an_import_are_those_of_the_classes():
    offered = {fact for name in components.names("tasks") for fact in components.function("tasks", name).FACTS}
    assert components.facts() == offered


def test_task_arguments_leave_learned_state_and_class_constants_out():
    signature = components.signature("tasks", "image_classification")
    names = [argument.name for argument in signature.arguments]
    assert "augmentation" in names and "labels" not in names and "FACTS" not in names
    assert "accuracy" in signature.literals["METRICS"]


def test_a_name_that_is_not_there_tells_what_is():
    with pytest.raises(components.UnknownComponent) as caught:
        components.find("models", "cnm")
    assert "cnn" in caught.value.names


def test_reading_a_signature_runs_nothing_of_the_file(tmp_path):
    (tmp_path / "nets.py").write_text('raise SystemExit("imported")\ndef build(*, width: int = 8): "Wide."\n')
    (argument,) = components.signature("models", "./nets.py:build", folder=tmp_path).arguments
    assert (argument.name, argument.default) == ("width", 8)


def test_create_gives_a_component_the_facts_it_asks_for_and_no_others(tmp_path):
    (tmp_path / "own.py").write_text("def build(*, num_classes: int, width: int = 8): return num_classes, width\n")
    spec = {"name": "./own.py:build", "width": 3}
    assert components.create("models", spec, folder=tmp_path, num_classes=10, image_shape=(8, 8, 1)) == (10, 3)


def test_two_files_of_one_name_are_two_components(tmp_path):
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "own.py").write_text(f"def build(*, a: int = 1): return {number}\n")
    made = [components.create("models", {"name": "./own.py:build"}, folder=tmp_path / str(n)) for n in (1, 2)]
    assert made == [1, 2]


def test_a_dotted_name_is_found_on_the_path(tmp_path, monkeypatch):
    (tmp_path / "my_lab").mkdir()
    (tmp_path / "my_lab" / "nets.py").write_text("def capsule(*, width: int = 5): return width\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert components.create("models", {"name": "my_lab.nets:capsule", "width": 6}) == 6


TASKS = """
import kerasapp.tasks.image_classification as stock
from dataclasses import dataclass
from kerasapp.tasks.image_classification import ImageClassification
from basis import Basis
WORDS = [len("a")]
@dataclass(frozen=True, kw_only=True)
class Mine(ImageClassification):
    LIST = sorted([2, 1])
    gain: float = 1.0
@dataclass(frozen=True, kw_only=True)
class Other(stock.ImageClassification):
    gain: float = 1.0
@dataclass(frozen=True, kw_only=True)
class Third(Basis):
    gain: float = 1.0
class Itself(Itself): pass
"""


@pytest.mark.parametrize("name", ["Mine", "Other", "Third"])
def test_a_task_of_ones_own_has_the_arguments_of_the_class_it_is_derived_from(tmp_path, name):
    (tmp_path / "tasks.py").write_text(TASKS)
    (tmp_path / "basis.py").write_text(
        "from kerasapp.tasks.image_classification import ImageClassification\nclass Basis(ImageClassification): pass\n"
    )
    signature = components.signature("tasks", f"./tasks.py:{name}", folder=tmp_path)
    names = [argument.name for argument in signature.arguments]
    assert "augmentation" in names and names[-1] == "gain" and signature.literals["FACTS"]
    assert components.signature("tasks", "./tasks.py:Itself", folder=tmp_path).arguments == []


@pytest.mark.parametrize(
    "kind, entry, code, told",
    [
        ("models", None, "class own: pass", "own is a class, and a model is a function: def own("),
        ("data", None, "class own: pass", "own is a class, and a data source is a function: def own("),
        ("models", None, "def own(image_shape, *, num_classes): pass", "own takes image_shape by position"),
        ("models", None, "def own(width=3): pass", "own takes width by position"),
        ("ops", "augment", "def own(*, images, keys): pass", "own takes nothing by position"),
        ("ops", "augment", "def own(images, keys, by, *, a): pass", "own takes images, keys, by by position"),
        ("tasks", None, "def own(*, a): pass", "own is a function, and a task is a class"),
        ("tasks", None, "class own: pass", "own is no task"),
        (
            "tasks",
            None,
            "class own(ImageClassification):\n    gain: float = 1.0",
            "own has arguments of its own and is",
        ),
        ("tasks", None, "class own(X):\n    FACTS = tuple('ab')", "FACTS is a tuple of words"),
        ("tasks", None, "class own(X):\n    METRICS = 'accuracy'", "METRICS is a tuple of words"),
        ("models", None, "def own(*, a=\0): pass", "null bytes"),
    ],
)
def test_a_component_of_ones_own_that_has_not_the_form_of_its_kind_is_refused(tmp_path, kind, entry, code, told):
    (tmp_path / "own.py").write_text(code)
    with pytest.raises(SyntaxError) as caught:
        components.signature(kind, "./own.py:own", entry, tmp_path)
    assert told in caught.value.msg and caught.value.lineno


def test_an_annotation_that_says_nothing_without_running_the_file_allows_any_value():
    told = {"Optional[int]": int | None, "'int'": int, "int | None": int | None}
    told |= dict.fromkeys(["np.ndarray[3]", "Literal[x]", "int | 3", "Sequence", "Feature", "Field", "'('"], Any)
    for text, kind in told.items():
        assert type_of(ast.parse(text, mode="eval").body) == kind, text


def test_a_file_that_was_edited_is_read_anew(tmp_path):
    path = tmp_path / "own.py"
    path.write_text("def thing(*, by: int = 1):\n    return by\n")
    assert components.create("models", {"name": "./own.py:thing"}, folder=tmp_path) == 1
    path.write_text("def thing(*, by: int = 1):\n    return by + 1\n")
    assert components.create("models", {"name": "./own.py:thing"}, folder=tmp_path) == 2
