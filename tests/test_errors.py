"""What an exception says in one line."""

import pytest

from kerasapp.errors import first_line


@pytest.mark.parametrize(
    "error, told",
    [
        (ValueError("one\ntwo"), "one"),
        (ValueError(""), "ValueError"),
        (ValueError("\n \n"), "ValueError"),
        (KeyError("name"), "'name'"),
        (ValueError("\x1b[1mshape (3,)\x1b[0m"), "shape (3,)"),
        (
            ValueError("Could not infer the shape. Error encountered:\n\nname 'x' is not defined"),
            "name 'x' is not defined",
        ),
        (ValueError("Exception encountered when calling Dense.call().\n\n\x1b[1mtoo wide\x1b[0m"), "too wide"),
    ],
)
def test_the_first_line_that_tells_something_is_told_and_an_empty_message_by_its_class(error, told):
    assert first_line(error) == told
