"""Names in messages: a guess, a list, and where it is cut."""

from kerasapp.names import MOST, counted, lacking, meant, some

MANY = [f"column_{number}" for number in range(MOST + 5)]


def test_a_close_name_is_guessed_and_otherwise_those_there_are_listed():
    assert meant("dropuot", ["dropout", "depth"]) == ': did you mean "dropout"?'
    assert meant("x", ["dropout", "depth"]) == ". There are dropout, depth"
    assert meant("x", ["dropout"]) == ". There is dropout"
    assert meant("x", []) == meant("x", MANY) == ""


def test_what_is_lacking_is_told_with_those_there_are():
    assert (
        lacking("column", "klass", ["age", "class"]) == 'no column "klass": did you mean "class"? There are age, class'
    )
    assert lacking("column", "x", []) == 'no column "x". There are none'
    assert lacking("column", "x", MANY).endswith(f"column_{MOST - 1} and 5 more")
    assert lacking("column", "column_", MANY).endswith("?"), "a guess needs no list of many"


def test_a_long_list_is_cut_and_says_how_many_are_left_out():
    assert some("abc", 3) == "a, b, c"
    assert some("abcde", 3) == "a, b, c and 2 more"


def test_one_example_is_no_examples():
    assert [counted(count, "example") for count in (0, 1, 2)] == ["0 examples", "1 example", "2 examples"]
    assert counted(12345, "row", "12 345") == "12 345 rows"
