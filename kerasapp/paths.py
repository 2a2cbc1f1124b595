"""Dotted paths into a recipe's tree (`train.optimizer.learning_rate`, `task.augmentation.0.factor`)."""

import dataclasses
from typing import Any

from kerasapp.errors import RecipeError
from kerasapp.reading import Node, dump, read_text


def put(tree: Node, path: str, value: Node, place: Node | None = None) -> None:
    """Sets a dotted path in the tree, making mappings on the way; a short form `cnn` becomes `{name: cnn}` first."""
    place = place or value
    node = tree
    *way, last = path.split(".")
    for step in way:
        if isinstance(node.value, list) and step.isdigit() and int(step) < len(node.value):
            node = node.value[int(step)]
            continue
        _open(node)
        if not isinstance(node.value, dict):
            raise RecipeError([place.fault(path, f'there is no "{path}": {step} stands in no mapping')])
        if step not in node.value or node.value[step].value is None:
            node.value[step] = Node({}, place.file, place.line, place.column)
            node.keys.setdefault(step, place)
        node = node.value[step]
    if isinstance(node.value, list) and last.isdigit() and int(last) < len(node.value):
        node.value[int(last)] = value
        return
    _open(node)
    if not isinstance(node.value, dict):
        raise RecipeError([place.fault(path, f'there is no "{path}"')])
    node.value[last], node.keys[last] = value, Node(last, place.file, place.line, place.column)


def _open(node: Node) -> None:
    if isinstance(node.value, str):
        node.value = {"name": Node(node.value, node.file, node.line, node.column)}


def as_change(value: Any, path: str) -> Node:
    """A plain value of `replaced` as a tree."""
    tree = read_text(dump(value), "--set")
    return _shifted(tree, path)


def _shifted(node: Node, path: str) -> Node:
    node.file, node.line, node.column = path, 1, 1
    for child in (
        node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    ):
        _shifted(child, path)
    return node


def node_at(tree: Node, path: str) -> Node:
    """The node at a path, or the nearest one above it."""
    node = tree
    for step in path.split("."):
        if isinstance(node.value, dict) and step in node.value:
            node = node.value[step]
        elif isinstance(node.value, list) and step.isdigit() and int(step) < len(node.value):
            node = node.value[int(step)]
    return node


def as_node(value: Any, place: Node) -> Node:
    """A default as a tree, every part of it standing at `place`."""
    if dataclasses.is_dataclass(value):
        value = dataclasses.asdict(value)
    if isinstance(value, dict):
        value = {key: as_node(item, place) for key, item in value.items()}
    elif isinstance(value, (list, tuple)):
        value = [as_node(item, place) for item in value]
    return Node(value, place.file, place.line, place.column)


def filled(node: Node, defaults: dict[str, Any]) -> Node:
    """A mapping with what it lacks of `defaults`, at every depth; one that names another component is left alone.

    `SGD` is short for `{name: SGD}`, here and there.
    """
    if isinstance(node.value, str) and node.value == defaults.get("name"):
        node = dataclasses.replace(node, value={"name": Node(node.value, node.file, node.line, node.column)})
    if not isinstance(node.value, dict):
        return node
    if "name" in node.value and node.value["name"].value != defaults.get("name", node.value["name"].value):
        return node
    defaults = {key: _named(value, node.value.get(key)) for key, value in defaults.items()}
    items = {key: as_node(value, node) for key, value in defaults.items() if key not in node.value}
    given = {
        key: filled(item, defaults[key]) if isinstance(defaults.get(key), dict) else item
        for key, item in node.value.items()
    }
    return dataclasses.replace(node, value=given | items)


def _named(default: Any, given: Node | None) -> Any:
    """A component's default as a mapping, where the recipe has one."""
    short = isinstance(default, str) and given is not None and isinstance(given.value, dict)
    return {"name": default} if short else default


def written(path: str, node: Node) -> list[str]:
    found = [path] if path else []
    children = (
        node.value.items()
        if isinstance(node.value, dict)
        else enumerate(node.value)
        if isinstance(node.value, list)
        else ()
    )
    for key, child in children:
        found += written(f"{path}.{key}" if path else str(key), child)
    return found


def flat(path: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        return [row for key, item in value.items() for row in flat(f"{path}.{key}" if path else key, item)]
    if isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        return [row for number, item in enumerate(value) for row in flat(f"{path}.{number}", item)]
    return [(path, value)]
