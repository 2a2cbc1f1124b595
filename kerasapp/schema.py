"""The JSON Schema of recipes, from the same signatures that `check` reads: editors complete and check by it."""

from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import TypeAdapter

from kerasapp import components, keras_names, types
from kerasapp.annotations import Slot, inner_spec, is_frame, marker, options, slots_of
from kerasapp.checking import INPUTS, Checker, offered
from kerasapp.frame import Reading, Train
from kerasapp.stages import STAGE

OWN = {"type": "string", "pattern": ":", "description": "my_lab.nets:capsule or ./nets.py:capsule"}


def schema() -> dict[str, Any]:
    """Draft 2020-12, closed at every depth; components of one's own (a name with a colon) take what they like."""
    made = _Schema()
    frame = {
        "title": {"type": "string", "description": "shown by `kerasapp list`"},
        "seed": {"type": "integer"},
        "task": made.spec("tasks"),
        "data": made.spec("data", extra=tuple(slots_of(Reading))),
        "model": made.spec("models"),
        "train": made.frame(Train),
        "smoke": {"type": ["object", "null"], "description": "dotted changes for a run of seconds, offline"},
    }
    top = {"type": "object", "properties": frame, "required": ["task", "data", "model"], "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A kerasapp recipe",
        **top,
        "$defs": made.definitions,
    }


class _Schema:
    """Collects the definitions that the schema refers to."""

    def __init__(self):
        self.checker = Checker(Path(), components.facts())
        self.definitions: dict[str, Any] = {}

    def spec(self, kind: str, entry: str | None = None, extra: tuple[Slot, ...] = ()) -> dict:
        """Any component of a kind: its name alone, or a mapping with a name."""
        key = f"{kind}.{entry}" if entry else kind
        if key not in self.definitions:
            self.definitions[key] = {}  # a layer may hold layers
            there = offered(kind, entry)
            words = (
                [{"enum": there}, OWN]
                if not kind.startswith("keras.")
                else [{"enum": there} if kind[6:] not in _SNAKE else {"type": "string"}]
            )
            forms = [self.component(kind, name, entry, extra) for name in there]
            own = {"type": "object", "properties": {"name": OWN}, "required": ["name"]}
            self.definitions[key] = {"anyOf": [*words, *forms, *([] if kind.startswith("keras.") else [own])]}
        return {"$ref": f"#/$defs/{key}"}

    def component(self, kind: str, name: str, entry: str | None, extra: tuple[Slot, ...]) -> dict:
        slots = [*self.checker.slots(kind, name, entry), *extra]
        made = self.mapping(slots)
        made["properties"] = {"name": {"const": name}, **made["properties"]}
        made["required"] = ["name", *made.get("required", [])]
        if not kind.startswith("keras."):
            made["description"] = components.find(kind, name, entry).doc
        return made

    def mapping(self, slots: list[Slot]) -> dict:
        properties = {slot.name: self.value(slot) for slot in slots}
        required = [slot.name for slot in slots if slot.required]
        made = {"type": "object", "properties": properties, "additionalProperties": False}
        return made | ({"required": required} if required else {})

    def union(self, parts: list[dict]) -> dict:
        """`anyOf`; plain types as one list, and what every layer repeats as a definition."""
        if all(set(part) == {"type"} for part in parts):
            return {"type": [part["type"] for part in parts]}
        made = {"anyOf": parts}
        for name in ("initializers", "regularizers"):
            if {"$ref": f"#/$defs/keras.{name}"} in parts:
                self.definitions[f"any.{name}"] = made
                return {"$ref": f"#/$defs/any.{name}"}
        return made

    def frame(self, cls: Any) -> dict:
        if marker(cls, types.Keys):
            return self.mapping(slots_of(cls))
        if cls.__name__ not in self.definitions:
            self.definitions[cls.__name__] = {}
            made = self.mapping(slots_of(cls))
            if cls is Train:
                made["properties"]["stages"] = self.stages()
            self.definitions[cls.__name__] = made | {"description": (cls.__doc__ or "").strip().splitlines()[0]}
        return {"$ref": f"#/$defs/{cls.__name__}"}

    def stages(self) -> dict:
        """Stages hold dotted keys, which a schema can only let pass."""
        own = self.mapping(list(STAGE))
        item = own | {"additionalProperties": True}
        return {"anyOf": [{"type": "array", "items": item}, {"type": "null"}]}

    def value(self, slot: Slot) -> dict:
        made = self.type(slot.type)
        if slot.default is not None and isinstance(slot.default, (bool, int, float, str)):
            made = made | {"default": slot.default}
        return made

    def type(self, kind: Any) -> dict:
        """One annotation."""
        parts = options(kind)
        if len(parts) > 1:
            return self.union([self.type(part) for part in parts])
        found = marker(kind, types.Component)
        if found:
            extra = INPUTS if found.kind == "keras.layers" else ()
            return self.spec(found.kind, found.entry, extra)
        name = marker(kind, types.KerasName)
        if name:
            self.definitions.setdefault(name.part, {"enum": list(keras_names.names(name.part))})
            return {"$ref": f"#/$defs/{name.part}"}
        if is_frame(kind):
            return self.frame(kind)
        inner = inner_spec(kind)
        if inner is not None:
            if get_origin(kind) is list:
                return {"type": "array", "items": self.type(inner)}
            return {"type": "object", "additionalProperties": self.type(get_args(kind)[-1])}
        return _plain(kind)


_SNAKE = ("initializers", "regularizers")


@cache
def _plain(kind: Any) -> dict:
    return {key: value for key, value in TypeAdapter(kind).json_schema().items() if key != "title"}
