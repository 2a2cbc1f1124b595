"""Names in a message: which was meant, which there are, and where a long list is cut."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST = 40  # names that a message lists


def close(word: object, there: Iterable[str]) -> str | None:
    """The name that was probably meant."""
    return next(iter(get_close_matches(str(word), list(there), 1, 0.6)), None)


def meant(word: object, there: list[str], listed: bool = True) -> str:
    """`: did you mean "x"?`, or what there is."""
    if found := close(word, there):
        return f': did you mean "{found}"?'
    return f". {_there_are(there)}" if listed and 0 < len(there) <= MOST else ""


def lacking(what: str, name: str, there: Iterable[str]) -> str:
    """`no column "klass": did you mean "class"? There are age, class`."""
    there = [str(word) for word in there]
    found = close(name, there)
    guess = f': did you mean "{found}"?' if found else "."
    listed = "" if found and len(there) > MOST else f" {_there_are(there)}"
    return f'no {what} "{name}"{guess}{listed}'


def counted(count: int, noun: str, written: str = "") -> str:
    """`1 example`, `12 examples`; the number as `written`, where it is."""
    return f"{written or count} {noun}{'' if count == 1 else 's'}"


def some(names: Iterable[str], most: int) -> str:
    """`a, b, c and 12 more`: the first `most` of them."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _there_are(there: list[str]) -> str:
    return f"There {'is' if len(there) == 1 else 'are'} {some(there, MOST) or 'none'}"
