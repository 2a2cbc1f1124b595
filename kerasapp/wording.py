"""How a fault is said: what was expected, what was found."""

from typing import Any, Literal, get_args, get_origin

from kerasapp.annotations import options
from kerasapp.names import meant

WANTED = {  # by pydantic's names of errors
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "a word",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "none_required": "null",
    "string_pattern_mismatch": 'a form like "5 epochs"',
}


def complaint(errors: list[dict], kind: Any, plain: Any) -> str:
    """One sentence of pydantic's errors on one value."""
    wanted = [_wanted(error) for error in errors]
    choices = [choice for option in options(kind) if get_origin(option) is Literal for choice in get_args(option)]
    close = meant(plain, [str(choice) for choice in choices], listed=False) if isinstance(plain, str) else ""
    return f"expected {' or '.join(dict.fromkeys(wanted))}, got {shown(plain)}{close}"


def _wanted(error: dict) -> str:
    context, kind = error.get("ctx", {}), error["type"]
    if kind in WANTED:
        return WANTED[kind]
    if kind == "literal_error":
        return "one of " + context["expected"].replace("'", "").replace(" or ", ", ")
    if kind in ("missing", "too_long", "too_short"):
        return "a list of another length"
    bounds = {
        "greater_than": ("gt", "above"),
        "greater_than_equal": ("ge", "at least"),
        "less_than": ("lt", "below"),
        "less_than_equal": ("le", "at most"),
    }
    if kind in bounds:
        key, words = bounds[kind]
        return f"a number {words} {context[key]:g}"
    return error["msg"].removeprefix("Input should be ").lower()


def shown(value: Any) -> str:
    """A value as an error quotes it."""
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    return (
        "nothing"
        if value is None
        else f'"{value}"'
        if isinstance(value, str)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )
