"""The contract as JSON Schema (2020-12) and as rows of a table: both are read off its types."""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

from salesdx.contract import DiagnosisData

Schema = dict[str, Any]
PLAIN = {bool: "boolean", int: "integer", float: "number", str: "string", NoneType: "null"}
WORDS = {bool: "boolean", int: "whole number", str: "text"}


def diagnosis_schema() -> Schema:
    """What `diagnose --format json` gives of one case.

    Keys that are not named are allowed: a later version adds some, and each stage that people decide on a file has one
    with its status.
    """
    parts: dict[str, Schema] = {}
    made = _object(DiagnosisData, parts)
    return {"title": "A diagnosis"} | made | {"$defs": dict(sorted(parts.items()))}


def contract_rows(type: Any = DiagnosisData, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Key, type and meaning of everything in a diagnosis; what the entries of a list hold stands under `key[]`."""
    for key, hint in get_type_hints(type, include_extras=True).items():
        inner, meaning = _bare(hint)
        yield f"{path}{key}", _words(inner) + ("" if key in type.__required_keys__ else ", or left out"), meaning
        for part in (inner, *get_args(inner)):
            if is_typeddict(part):
                yield from contract_rows(part, f"{path}{key}{'[]' * (get_origin(inner) is list)}.")


def _bare(hint: Any) -> tuple[Any, str]:
    """A type without what is said about it, and its meaning."""
    meaning = ""
    while get_origin(hint) in (Annotated, NotRequired):
        meaning = hint.__metadata__[0] if get_origin(hint) is Annotated else meaning
        hint = get_args(hint)[0]
    return hint, meaning


def _object(type: Any, parts: dict[str, Schema]) -> Schema:
    properties = {}
    for key, hint in get_type_hints(type, include_extras=True).items():
        inner, meaning = _bare(hint)
        properties[key] = _schema(inner, parts) | {"description": meaning}
    required = [key for key in properties if key in type.__required_keys__]
    return {"type": "object", "properties": properties, "required": required}


def _schema(type: Any, parts: dict[str, Schema]) -> Schema:
    """The schema of a type; that of an object stands once, among ``parts``."""
    inside, origin = get_args(type), get_origin(type)
    if is_typeddict(type):
        name = type.__name__.removesuffix("Data")
        if name not in parts:
            parts[name] = _object(type, parts)
        return {"$ref": f"#/$defs/{name}"}
    if origin is list:
        return {"type": "array", "items": _schema(inside[0], parts)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(inside[1], parts)}
    if origin is Literal:
        return {"enum": list(inside)} if len(inside) > 1 else {"const": inside[0]}
    if origin is UnionType and all(part in PLAIN for part in inside):
        return {"type": [PLAIN[part] for part in inside]}
    return {"anyOf": [_schema(part, parts) for part in inside]} if inside else {"type": PLAIN[type]}


def _words(type: Any) -> str:
    """A type as the docs name it."""
    inside, origin = get_args(type), get_origin(type)
    if origin is list:
        return f"list of {_words(inside[0])}"
    if origin is dict:
        return f"object of {_words(inside[1])}"
    if origin is Literal:
        return ", ".join(f"`{word}`" for word in inside)
    if origin is UnionType:
        known = [part for part in inside if part is not NoneType]
        return ("value" if len(known) > 1 else _words(known[0])) + " or null" * (NoneType in inside)
    return "object" if is_typeddict(type) else WORDS[type]
