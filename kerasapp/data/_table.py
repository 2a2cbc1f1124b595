"""Tables of text as people's files have them: encodings, delimiters, quotes, ragged rows, missing values, types of
columns.

Left out: decimal commas and thousands separators (such a column is text), files without a header.
"""

import csv
import io
import logging
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

import numpy as np
from charset_normalizer import from_bytes

from kerasapp.data._arrays import texts
from kerasapp.data._faults import refuse
from kerasapp.data._files import shown, undecodable
from kerasapp.errors import DataError
from kerasapp.names import some

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-"})
DELIMITERS = ",;\t|"
LARGEST = float(np.finfo(np.float32).max)  # what models compute in
TOO_LARGE = "too large for float32, which ends at 3.4e38"
NEARLY = 0.9  # of the rows have as many cells, more or fewer than the first line: that is no header
DIGITS = 40  # of a whole number, more than `LARGEST` has
NAMED = 10  # rows that a message names
WESTERN = 0.3  # below this share of bytes outside ASCII a text is taken for a Western European one, in cp1252
INTEGER = re.compile(r"[+-]?(0|[1-9]\d*)", re.ASCII).fullmatch
NUMBER = re.compile(r"[+-]?(((0|[1-9]\d*)(\.\d*)?|\.\d+)(e[+-]?\d+)?|inf(inity)?)", re.ASCII | re.IGNORECASE).fullmatch
NO_HEADER = re.compile(r"-\d+(\.\d*)?|[+-]?\d*\.\d+", re.ASCII).fullmatch  # a name may be 7, but hardly -7 or 0.7
Kind = Literal["integer", "number", "text"]
logger = logging.getLogger("kerasapp")


@dataclass(frozen=True)
class Table:
    """Cells as they stand in a file, without blanks around them; `lines` is the line where each row begins."""

    where: str
    columns: dict[str, list[str]]
    lines: Sequence[int]

    def at(self, row: int) -> str:
        """`data/adult.csv:17`, as errors name a row."""
        return f"{self.where}:{self.lines[row]}"


def read_table(source: Path | TextIO, delimiter: str | None = None, encoding: str | None = None) -> Table:
    """Reads a file, or an open text stream, with a header line. Blank lines are passed over. Raises DataError."""
    if isinstance(source, Path):
        where, text = shown(source), decoded(source, encoding)
    else:
        where = getattr(source, "name", None) or "input"
        text = _plain(where, _streamed(where, source))
    if not text.strip():
        raise DataError(where, "is empty")
    delimiter = delimiter or _delimiter(text)
    rows, lines = _rows(where, text, delimiter)
    header, rows = rows[0], rows[1:]
    _check_header(where, lines[0], header)
    _check_width(f"{where}:{lines[0]}", len(header), rows)
    rows, lines = _full_rows(where, delimiter, len(header), rows, lines[1:])
    if not rows:
        raise DataError(where, "has a header and no rows")
    unnamed = [str(place) for place, name in enumerate(header, 1) if not name]
    if unnamed:
        logger.warning("%s: without a name in the header, so left out: column %s", where, ", ".join(unnamed))
    columns = {name: list(cells) for name, cells in zip(header, zip(*rows, strict=True), strict=True) if name}
    return Table(where, columns, lines)


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing is told of what is read within."""
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = False


def kind_of(cells: Sequence[str]) -> Kind:
    """What a whole column holds, missing cells aside. Codes with a leading zero (postal codes) are text."""
    there = {cell for cell in set(cells) if cell.lower() not in MISSING}
    if there and all(map(INTEGER, there)):
        return "integer"
    return "number" if there and all(map(NUMBER, there)) else "text"


def values(table: Table, name: str, kind: Kind) -> np.ndarray:
    """A column as (rows,) int64; float64 where a number is missing (NaN) or not whole; or str, missing "".

    Raises DataError.
    """
    cells = table.columns[name]
    if kind == "text":
        return texts("" if cell.lower() in MISSING else cell for cell in cells)
    numbers = {cell: _number(cell) for cell in dict.fromkeys(cells)}
    for cell, number in numbers.items():
        if number is None or abs(number) > LARGEST:
            finite = number is not None and "inf" not in cell.lower()
            told = TOO_LARGE if finite else "and this column holds numbers"
            told = f'{name} is "{cell[:DIGITS]}", {told}. Correct it, or list the column in data.drop'
            rows = (row for row, each in enumerate(cells) if each == cell)
            each = [DataError(table.at(row), told, "not_a_number") for row in rows]
            refuse(each[0], each)
            numbers[cell] = math.nan
    column = [numbers[cell] for cell in cells]
    if all(isinstance(number, int) for number in numbers.values()) and max(map(abs, numbers.values())) < 2**63:
        return np.array(column, np.int64)
    return np.array(column, np.float64)


def decoded(path: Path, encoding: str | None = None) -> str:
    """The text of a file: UTF-8, UTF-16, and where neither fits, what the bytes look like. Raises DataError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(shown(path), f"can't be read: {error.strerror}") from None
    encoding = encoding or _encoding(path, content)
    try:
        text = content.decode(encoding)
    except LookupError:
        raise DataError(shown(path), f'there is no encoding "{encoding}" (data.encoding)') from None
    except UnicodeDecodeError as error:
        at = error.start + len(content) - len(error.object)  # a decoder may not count the mark at the beginning
        told = undecodable(content[at], at, error.encoding)
        line = content.count(b"\n", 0, at) + 1
        refuse(DataError(f"{shown(path)}:{line}", f"{told}. Convert the file, or set data.encoding"))
        text = content.decode(encoding, errors="replace")
    return _plain(shown(path), text)


def _streamed(where: str, stream: TextIO) -> str:
    try:
        return stream.read()
    except UnicodeDecodeError as error:
        raise DataError(where, f"byte 0x{error.object[error.start]:02x} is not {error.encoding}") from None


def _plain(where: str, text: str) -> str:
    if "\0" in text:
        raise DataError(where, "is no text file (an Excel file is to be saved as CSV first)")
    return text.removeprefix("\ufeff")


def _encoding(path: Path, content: bytes) -> str:
    for mark, name in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if content.startswith(mark):
            return name
    try:
        content.decode()
        return "utf-8"
    except UnicodeDecodeError:
        pass
    if b"\0" in content:
        return "latin-1"  # anything decodes, and the zero is then seen
    foreign = sum(byte > 127 for byte in content[:100_000])
    best = None if foreign < WESTERN * len(content[:100_000]) else from_bytes(content[:100_000]).best()
    name = best.encoding if best else "cp1252"
    logger.warning("%s: is not UTF-8, and is read as %s. Set data.encoding if that is wrong", shown(path), name)
    return name if best or not set(content) & {0x81, 0x8D, 0x8F, 0x90, 0x9D} else "latin-1"  # five that cp1252 lacks


def _delimiter(text: str) -> str:
    """The one that gives most of the first rows as many cells as the header, then the one that gives the most cells;
    below a title of one cell, the one that most rows agree on.
    """
    scores, below = {}, {}
    for delimiter in DELIMITERS:
        reader = csv.reader(io.StringIO(text[:100_000], newline=""), delimiter=delimiter, skipinitialspace=True)
        try:
            widths = [len(row) for row, _ in zip(reader, range(50), strict=False) if row]
        except csv.Error:
            continue
        common, count = Counter(widths).most_common(1)[0] if widths else (0, 0)
        if common > 1 and count >= NEARLY * (len(widths) - 1):
            below[delimiter] = common
        if widths and widths[0] > 1:
            scores[delimiter] = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
    return max(scores or below, key=(scores or below).get, default=",")


def _rows(where: str, text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """All rows that hold anything, and the line where each begins: a quoted cell may go over several."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    rows, lines, line = [], [], 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells) or (row and rows and len(rows[0]) == 1):  # an empty cell of the only column is a row
                rows.append(cells)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{where}:{line}", f"{error}. Is a quote open that is never closed?") from None
    if any("\n" in cell or "\r" in cell for cell in rows[-1]) and _is_open(text, lines[-1], delimiter):
        raise DataError(f"{where}:{lines[-1]}", "a quote is opened here and never closed")
    return rows, lines


def _is_open(text: str, line: int, delimiter: str) -> bool:
    """Is a quote still open at the end of the file, in the row that begins in this line?"""
    last = list(io.StringIO(text, newline=""))[line - 1 :]
    try:
        list(csv.reader(last, delimiter=delimiter, skipinitialspace=True, strict=True))
    except csv.Error as error:
        return "end of data" in str(error)
    return False


def _check_header(where: str, line: int, header: list[str]) -> None:
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise DataError(
            f"{where}:{line}", f"two columns have one name: {', '.join(twice)}. The first line must name each column"
        )
    if any(map(NO_HEADER, header)):
        raise DataError(
            f"{where}:{line}", f"is no header: {', '.join(header[:6])}. The first line must name each column"
        )


def _check_width(where: str, width: int, rows: list[list[str]]) -> None:
    """Raises DataError where the first line has another number of cells than nearly all others."""
    if len(rows) < 2:
        return
    ((common, count),) = Counter(map(len, rows)).most_common(1)
    if common != width and count >= NEARLY * len(rows):
        others = "all others" if count == len(rows) else f"{count} of the {len(rows)} others"
        told = f"has {width} cell{'s' * (width > 1)}, and {others} {common}: is it a title?"
        raise DataError(where, f"{told} The header must come first, with a name for each column")


def _full_rows(
    where: str, delimiter: str, width: int, rows: list[list[str]], lines: list[int]
) -> tuple[list[list[str]], list[int]]:
    """The rows with as many cells as the header, and their lines; the others are refused."""
    ragged = [row for row, cells in enumerate(rows) if len(cells) != width]
    if not ragged:
        return rows, lines
    first = ragged[0]
    told = f"{len(rows[first])} cells, and the header has {width}"
    if len(ragged) > 1:
        listed = some((str(lines[row]) for row in ragged), NAMED)
        told += f" ({len(ragged)} such rows: lines {listed})"
    if any("\n" in cell for cell in rows[first]):
        told += "; a cell of it goes over several lines: is a quote never closed?"
    name = {"\t": "a tab"}.get(delimiter, f'"{delimiter}"')
    way = f"Correct the file; a cell that holds {name} must stand in quotes"
    each = [
        DataError(f"{where}:{lines[row]}", f"{len(rows[row])} cells, and the header has {width}. {way}", "ragged_row")
        for row in ragged
    ]
    refuse(DataError(f"{where}:{lines[first]}", f"{told}. {way}"), each)
    kept = sorted(set(range(len(rows))) - set(ragged))
    return [rows[row] for row in kept], [lines[row] for row in kept]


def _number(cell: str) -> int | float | None:
    """NaN for a missing cell, None for what is no number."""
    if cell.lower() in MISSING:
        return math.nan
    if INTEGER(cell) and len(cell) < DIGITS:
        return int(cell)
    return float(cell) if NUMBER(cell) else None
