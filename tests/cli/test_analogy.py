"""Analogies as they are typed."""

import json

import pytest

from kerasapp.cli.analogy import parsed
from kerasapp.errors import KerasappError


@pytest.mark.parametrize(
    "typed", [["king", "-", "man", "+", "woman"], ["king - man + woman"], ["man", "king", "woman"], ["man king woman"]]
)
def test_every_form_asks_the_same(app, words_run, words, typed):
    words_run()
    done = app("analogy", "first", *typed, "--count", "1", "--json")
    assert json.loads(done.stdout) == words.analogy(["king", "woman"], ["man"], 1)
    assert json.loads(done.stdout)[0]["word"] == "queen" and done.stderr == "tensorflow False\n"


def test_method_and_the_most_frequent_words_are_chosen(app, words_run, words):
    words_run()
    done = app("analogy", "first", "--method", "mul", "--among", "4", "king", "-", "man", "+", "woman", "--json")
    assert json.loads(done.stdout) == words.analogy(["king", "woman"], ["man"], 10, "3CosMul", among=4)
    assert [row["word"] for row in json.loads(done.stdout)] == ["the"]


def test_a_longer_sum_keeps_the_sign_of_each_word():
    assert parsed(["a", "-", "b", "+", "c", "-", "d", "+", "e"]) == (["a", "c", "e"], ["b", "d"])
    assert parsed(["mother-in-law", "-", "e+f", "+", "c"]) == (["mother-in-law", "c"], ["e+f"])


@pytest.mark.parametrize(
    "typed", ["king", "king - man", "- -", "king -", "king queen", "a b c d", "- a + b + c", "a - b + c -", "a - + b c"]
)
def test_what_is_no_analogy_is_refused_with_the_form_that_is(typed):
    for given in (typed.split(), [typed]):
        with pytest.raises(KerasappError, match=r"king - man \+ woman"):
            parsed(given)


@pytest.mark.parametrize(
    "given, told",
    [
        (["king", "-", "man"], "at least three words"),
        (["king", "-", "mann", "+", "woman"], '"mann" is not among the 6 words: did you mean "man"'),
        (["king", "-", "man", "+", "woman", "--method", "sub"], "--method"),
        (["king", "-", "man", "+", "woman", "--among", "0"], "--among"),
        ([], "A - B + C"),
    ],
)
def test_bad_input_is_one_line_and_2(app, words_run, given, told):
    words_run()
    done = app("analogy", "first", *given)
    line, _ = done.stderr.splitlines()
    assert done.returncode == 2 and done.stdout == "" and told in line
