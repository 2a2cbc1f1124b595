"""A CSV file with a header: tables and texts, with encodings, delimiters and quotes as people's files have them."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

import numpy as np

from kerasapp.data._arrays import Arrays, Ids, hashed, texts
from kerasapp.data._faults import refuse
from kerasapp.data._files import present
from kerasapp.data._table import MISSING, Kind, Table, kind_of, read_table, values
from kerasapp.errors import DataError
from kerasapp.names import counted, lacking, some
from kerasapp.types import DataPath, Feature, Split

LISTED = 12  # columns of one kind that the log names
logger = logging.getLogger("kerasapp")


def load(
    *,
    path: DataPath,
    label: str | None = None,
    text: str | None = None,
    drop: list[str] | None = None,
    validation: DataPath | None = None,
    test: DataPath | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    source: str | None = None,
) -> dict[str, Split]:
    """Features: one a column, int64, float64 (NaN where missing) or string ("" where missing), by what the whole column
    holds; the `label` column as `label`, the `text` column as `text`, those of `drop` not.

    `validation` and `test` are files with the same columns. Delimiter (comma, semicolon, tab, bar) and encoding are
    found out where they aren't said; `source` says where the data can be had. Raises DataError, with the line where
    there is one.
    """
    given = {"train": path, "validation": validation, "test": test}
    files = {name: present(file, source, "path" if name == "train" else name) for name, file in given.items() if file}
    tables = {name: read_table(file, delimiter, encoding) for name, file in files.items()}
    roles = {column: role for column, role in ((label, "label"), (text, "text")) if column}
    tables = {name: _named(table, roles, drop or [], tables["train"], name) for name, table in tables.items()}
    kinds = _kinds(tables, text)
    if label:
        tables = {name: _labelled(table, kinds["label"]) for name, table in tables.items()}
    _tell(tables["train"], kinds, roles)
    arrays = {name: _typed(table, kinds) for name, table in tables.items()}
    for column, kind in kinds.items():  # one type in all files, whole or not
        if kind != "text" and any(split[column].dtype == np.float64 for split in arrays.values()):
            for split in arrays.values():
                split[column] = split[column].astype(np.float64)
    return {name: Arrays(split, _ids(tables[name]), None, _contents(tables[name])) for name, split in arrays.items()}


def read_rows(
    rows: str | Path | TextIO,
    features: Mapping[str, Feature],
    *,
    text: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Rows of a CSV file or an open text stream (with a header, in any order of columns) as the known `features`.

    `text` is the column that is the feature `text`, where no column has that name. Columns that are no feature are
    passed over. A number is int64, or float64 where one of the column is missing or not whole. Returns the features
    (rows,) and the ids `adult.csv:17`. Raises DataError for a missing column, or a cell that is no number where
    training had numbers.
    """
    table = read_table(Path(rows) if isinstance(rows, str) else rows, delimiter, encoding)
    there = dict(table.columns)
    if text in there and "text" in features and "text" not in there:
        there["text"] = there.pop(text)
    missing = [name for name in features if name not in there]
    if missing:
        raise DataError(table.where, lacking("column", missing[0], there))
    table = Table(table.where, {name: there[name] for name in features}, table.lines)
    kinds: dict[str, Kind] = {
        name: "text" if feature.dtype == "string" else "number" for name, feature in features.items()
    }
    return _typed(table, kinds), list(_ids(table))


def _named(table: Table, roles: dict[str, str], drop: list[str], train: Table, split: str) -> Table:
    """The columns that train has too, under the features' names, without those to drop. Every role's column must be
    there.
    """
    there = table.columns
    for column in [*roles, *(drop if split == "train" else [])]:
        if column not in there:
            raise DataError(table.where, lacking("column", column, there))
    for column in train.columns:
        if column not in there and column not in drop:
            raise DataError(table.where, f"{lacking('column', column, there)}, and {train.where} has it")
    kept = {
        name: cells for name, cells in there.items() if name in train.columns and (name not in drop or name in roles)
    }
    for column, role in roles.items():
        if role != column and role in kept:
            raise DataError(
                table.where, f'has a column "{role}" besides "{column}", which data.{role} names. Put it in data.drop'
            )
    named = {roles.get(name, name): cells for name, cells in kept.items()}
    return Table(table.where, named, table.lines)


def _kinds(tables: dict[str, Table], text: str | None) -> dict[str, Kind]:
    """Train decides; a column of numbers in train must hold numbers in all files."""
    train = tables["train"].columns
    return {name: "text" if name == "text" and text else kind_of(cells) for name, cells in train.items()}


def _labelled(table: Table, kind: Kind) -> Table:
    """The rows that have a label; where one is missing it is refused."""
    missing = {""} if kind == "text" else MISSING
    rows = [row for row, cell in enumerate(table.columns["label"]) if cell.lower() in missing]
    if not rows:
        return table
    told, way = "the label is missing", "Fill it in, or take the row out"
    each = [DataError(table.at(row), f"{told}. {way}", "unlabelled") for row in rows]
    error = DataError(table.at(rows[0]), f"{told} ({counted(len(rows), 'row')} in all). {way}")
    if len(rows) == len(table.lines):
        raise error
    refuse(error, each)
    kept = sorted(set(range(len(table.lines))) - set(rows))
    columns = {name: [cells[row] for row in kept] for name, cells in table.columns.items()}
    return Table(table.where, columns, [table.lines[row] for row in kept])


def _typed(table: Table, kinds: Mapping[str, Kind]) -> dict[str, np.ndarray]:
    """A text or a class named "none" is what it says; in other columns it is a missing value."""
    verbatim = {name for name in ("label", "text") if kinds.get(name) == "text"}
    return {
        name: texts(cells) if name in verbatim else values(table, name, kinds[name])
        for name, cells in table.columns.items()
    }


def _ids(table: Table) -> Ids:
    name = Path(table.where).name
    return Ids(table.lines, lambda line: f"{name}:{line}")


def _contents(table: Table) -> np.ndarray:
    """(rows,) uint64 of the cells as written, so that no type found out later changes it; without the label."""
    inputs = [table.columns[name] for name in sorted(table.columns) if name != "label"] or list(table.columns.values())
    return hashed("\x1f".join(row).encode() for row in zip(*inputs, strict=True))


def _tell(table: Table, kinds: dict[str, Kind], roles: dict[str, str]) -> None:
    """One line: the columns of each kind, text ones with how many values they take."""
    parts = []
    for kind in ("integer", "number", "text"):
        names = [name for name in kinds if kinds[name] == kind and name not in roles.values()]
        named = [f"{name} ({len(set(table.columns[name]))})" if kind == "text" else name for name in names]
        parts += [f"{kind}: {some(named, LISTED)}"] if names else []
    if "label" in kinds:
        parts.append(f"label: {kinds['label']} ({len(set(table.columns['label']))} values)")
    logger.info("%s: %d rows; %s", table.where, len(table.lines), "; ".join(parts))
