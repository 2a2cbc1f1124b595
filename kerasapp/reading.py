"""YAML as recipes use it: every value knows its line and column, and nothing surprises.

YAML 1.2's core schema (`no` stays a word, `1e-3` is a number, `010` is ten), no tags, no aliases, no duplicate keys.
Read from PyYAML's events, so that depth and size are bounded before anything is built.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from kerasapp.errors import Fault, RecipeError, first_line

MAX_BYTES = 1_000_000
MAX_DEPTH = 50
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
INTEGER = re.compile(r"[-+]?[0-9](_?[0-9])*$")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9](_?[0-9])*(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", "+.inf", ".Inf", ".INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}


@dataclass(slots=True)
class Node:
    """A value and where it stands: `value` is a scalar, a list of Nodes, or a dict of Nodes by key."""

    value: Any
    file: str
    line: int
    column: int
    keys: "dict[str, Node]" = field(default_factory=dict)

    def plain(self) -> Any:
        """The value without positions."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def copy(self) -> "Node":
        """The same tree, to be changed by itself."""
        value = self.value
        if isinstance(value, dict):
            value = {key: node.copy() for key, node in value.items()}
        elif isinstance(value, list):
            value = [node.copy() for node in value]
        return Node(value, self.file, self.line, self.column, dict(self.keys))

    def fault(self, path: str, message: str) -> Fault:
        return Fault(self.file, self.line, self.column, path, message)


def read_file(path: str) -> Node:
    """The tree of a YAML file. Raises RecipeError, positioned, for anything that is no such file."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        why = (
            "is a folder, not a recipe"
            if isinstance(error, IsADirectoryError)
            else (error.strerror or "can't be read").lower()
        )
        raise RecipeError([Fault(path, 1, 1, "", why)]) from None
    if len(data) > MAX_BYTES:
        raise RecipeError([Fault(path, 1, 1, "", f"larger than {MAX_BYTES:,} bytes: this is no recipe")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _position(data[: error.start].decode("utf-8", "replace"), error.start)
        raise RecipeError([Fault(path, line, column, "", f"not UTF-8 text (byte 0x{data[error.start]:02x})")]) from None
    return read_text(text, path)


def read_text(text: str, file: str, column_offset: int = 0) -> Node:
    """The tree of YAML `text`; positions name `file`, columns shifted by `column_offset` (for `--set`)."""
    builder = _Builder(file, column_offset)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        where = builder.left_open(error, text.count("\n") + (not text.endswith("\n")))
        raise RecipeError(
            [*builder.faults, Fault(file, *where, "", _syntax(error, text, error.problem_mark))]
        ) from None
    except yaml.reader.ReaderError as error:
        place = error.position if isinstance(error.position, int) else 0
        line, column = _position(text, place)
        raise RecipeError(
            [Fault(file, line, column + column_offset, "", "a character that YAML does not allow")]
        ) from None
    except yaml.YAMLError as error:
        raise RecipeError([Fault(file, 1, 1, "", first_line(error))]) from None
    if builder.faults:
        raise RecipeError(builder.faults, builder.root)
    if builder.root is None:
        raise RecipeError([Fault(file, 1, 1 + column_offset, "", "is empty")])
    return builder.root


def scalar(text: str) -> Any:
    """What a plain (unquoted) scalar means."""
    if text in WORDS:
        return WORDS[text]
    if INTEGER.match(text):
        return int(text) if len(text) < 400 else text
    if FLOAT.match(text):
        return float(text.replace("_", ""))
    return text


def dump(value: Any) -> str:
    """YAML that `read_text` reads back equal, and PyYAML too."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None)


class _Builder:
    """Builds the tree from events without recursion, noting faults as it goes."""

    def __init__(self, file: str, column_offset: int):
        self.file, self.offset = file, column_offset
        self.faults: list[Fault] = []
        self.root: Node | None = None
        self.open: list[tuple[Node, list[Node]]] = []  # containers not yet closed, and the pending key of each

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            self._stop(event, "a second document: a recipe is one")
        if isinstance(event, yaml.AliasEvent):
            self._stop(event, f"aliases are not used in recipes: write the value of *{event.anchor} out")
        if isinstance(event, yaml.NodeEvent) and event.tag is not None and not self._quoted(event):
            self._stop(event, f"tags are not used in recipes: remove {event.tag.replace('tag:yaml.org,2002:', '!!')}")
        if isinstance(event, yaml.ScalarEvent):
            self._add(self._node(event, scalar(event.value) if event.implicit[0] else event.value))
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            if len(self.open) >= MAX_DEPTH:
                self._stop(event, f"nested more than {MAX_DEPTH} deep")
            node = self._node(event, {} if isinstance(event, yaml.MappingStartEvent) else [])
            self._add(node)
            self.open.append((node, []))
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self.open.pop()

    def left_open(self, error: yaml.MarkedYAMLError, lines: int) -> tuple[int, int]:
        """Line and column of an error; the end of the text says nothing, so there what was left open is named."""
        for mark in (error.problem_mark, error.context_mark):
            if mark and mark.line < lines:
                return mark.line + 1, mark.column + 1 + self.offset
        return (self.open[-1][0].line, self.open[-1][0].column) if self.open else (1, 1 + self.offset)

    @staticmethod
    def _quoted(event: yaml.NodeEvent) -> bool:
        return isinstance(event, yaml.ScalarEvent) and event.tag == "!" and event.style in ("'", '"', "|", ">")

    def _add(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        parent, pending = self.open[-1]
        if isinstance(parent.value, list):
            parent.value.append(node)
        elif not pending:
            pending.append(self._key(node))
        else:
            key = pending.pop()
            if key.value in parent.value:
                first = parent.keys[key.value]
                told = f'duplicate key "{key.value}": it stands on line {first.line} already'
                self.faults.append(key.fault(key.value, told))
            parent.value[key.value], parent.keys[key.value] = node, key

    def _key(self, node: Node) -> Node:
        if isinstance(node.value, (dict, list)):
            raise RecipeError([*self.faults, node.fault("", "a key is a word, not a list or a mapping")])
        node.value = node.value if isinstance(node.value, str) else _spelled(node.value)
        return node

    def _node(self, event: yaml.Event, value: Any) -> Node:
        return Node(value, self.file, event.start_mark.line + 1, event.start_mark.column + 1 + self.offset)

    def _stop(self, event: yaml.Event, message: str) -> None:
        raise RecipeError([*self.faults, self._node(event, None).fault("", message)])


class _Dumper(yaml.SafeDumper):
    """Quotes a string that would be read as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.Dumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if isinstance(scalar(text), str) else "'")


_Dumper.add_representer(str, _text)
_Dumper.add_representer(tuple, yaml.SafeDumper.represent_list)


def _spelled(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _syntax(error: yaml.MarkedYAMLError, text: str, mark: yaml.Mark | None) -> str:
    lines = text.splitlines()
    if mark and mark.line < len(lines) and "\t" in lines[mark.line][: mark.column + 1]:
        return "a tab can't indent: use spaces"
    context = f" {error.context}" if error.context else ""
    return f"{error.problem or 'not YAML'}{context}"
