"""What may be typed at a place in a file: the shape that the tables of keys have there.

A file in which somebody types is seldom YAML, so the lines are read by their indentation alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath

from salesdx.base.shapes import Either, Expression, Form, ListOf, MapOf, Prose, Shape, Template
from salesdx.lsp.occurrences import shape_of

KEY = re.compile(r"""( *)((?:-[ ]+)*)('[^']*'|"[^"]*"|[^\s#{}\[\],&*!|>'"%@`-][^:#]*?)[ \t]*:(?=[ \t]|$)[ \t]*""")
START = re.compile(r"( *)((?:-(?:[ ]+|$))*)")
SCALARS = (Expression, Template, Prose)
"""Shapes of texts, in which brackets open no list."""


@dataclass(frozen=True)
class Typing:
    """What is wanted at a place: a value of the shape, of which ``typed`` stands there; or, with ``key``, one of its
    keys. ``present`` are the keys that the entry has; ``name`` is the known name under which the value stands, at first
    that of the file."""

    shape: Shape
    typed: str
    key: bool = False
    present: frozenset[str] = frozenset()
    name: str = ""


@dataclass(frozen=True)
class _Step:
    """A key above the place, or an item of a list where ``key`` is None; ``value`` is where the key's value begins."""

    key: str | None
    value: int = 0


def typing_at(text: str, index: int, name: str) -> Typing | None:
    """What may be typed at a character of a file of a rule base; None where nobody can tell."""
    shape = shape_of(name)
    if shape is None or "\t" in text[text.rfind("\n", 0, index) + 1 : index].partition(":")[0]:
        return None
    found: Typing | None = Typing(shape, "", name=PurePath(name).stem)
    steps, start, present = _steps(text, index)
    for step in steps:
        found = None if found is None else _item(found) if step.key is None else _value(found, step.key)
        if found is None:
            return None
        if step.key is not None and text[step.value : index][:1] in (">", "|"):
            return replace(found, typed=text[step.value : index].partition("\n")[2])
    assert found is not None
    last = steps[-1] if steps else None
    if last is not None and last.key is not None:
        behind = text[last.value : index]
        if "\n" not in behind or behind.partition("\n")[0].partition(" #")[0].strip().strip("#"):
            return _typed(found, behind)
    inside = _mapping(found.shape)
    if inside is not None and text[start : start + 1] not in ("[", "{"):
        return replace(found, shape=inside, typed=text[start:index], key=True, present=present)
    return _typed(found, text[start:index])


def _steps(text: str, index: int) -> tuple[list[_Step], int, frozenset[str]]:
    """The keys and list items above a place, the outermost first; where the word begins; the keys beside it."""
    begin = text.rfind("\n", 0, index) + 1
    line = text[begin:index]
    found: list[_Step] = []
    match, opening = KEY.match(line), START.match(line)
    assert opening is not None
    start = begin + opening.end()
    level = opening.end()
    if match is not None:
        start = begin + match.end()
        level = len(match[1]) + len(match[2])
        found.append(_Step(_plain(match[3]), start))
    if opening[2]:
        found.append(_Step(None))
        level = len(opening[1]) + 1
    beside = level if not opening[2] else opening.end()
    found += _above(text, begin, level)
    return found[::-1], start, frozenset(_beside(text, begin, beside, bool(opening[2])))


def _above(text: str, begin: int, level: int) -> Iterator[_Step]:
    """The keys and items that a line stands in, going up; ``level`` is the column that its keys have."""
    while begin > 0 and level > 0:
        end, begin = begin - 1, text.rfind("\n", 0, begin - 1) + 1
        line = text[begin:end].rstrip("\r")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match, opening = KEY.match(line), START.match(line)
        assert opening is not None
        if match is not None and opening.end() < level:
            yield _Step(_plain(match[3]), begin + match.end())
            level = opening.end()
        if opening[2] and opening.end() == level:
            yield _Step(None)
            level = len(opening[1]) + 1


def _beside(text: str, begin: int, column: int, first: bool) -> Iterator[str]:
    """The keys of the entry that a line is of."""
    above = [] if first else text[:begin].split("\n")[:-1][::-1]
    below = text[begin:].split("\n")[1:]
    for lines, up in ((above, True), (below, False)):
        for line in lines:
            match, opening = KEY.match(line), START.match(line)
            assert opening is not None
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            if opening.end() < column or (opening[2] and not up and len(opening[1]) < column):
                break
            if match is not None and opening.end() == column:
                yield _plain(match[3])
            if opening[2] and opening.end() == column:
                break


def _plain(key: str) -> str:
    return key.strip("'\"")


def _typed(found: Typing, text: str) -> Typing | None:
    """What is typed of a value, through the brackets that are open in it."""
    if isinstance(found.shape, SCALARS) or text.lstrip()[:1] not in ("[", "{"):
        return replace(found, typed=text)
    return _in_brackets(found, text)


def _in_brackets(found: Typing, text: str) -> Typing | None:
    stack: list[Typing] = []
    here: Typing | None = found
    pending, quote, present = "", "", frozenset[str]()
    for char in text:
        if quote:
            quote = "" if char == quote else quote
            pending += char
        elif char in "'\"" and not pending.strip():
            quote, pending = char, pending + char
        elif char in "[{" and here is not None:
            stack.append(replace(here, present=present))
            inside = _mapping(here.shape)
            here = _item(here) if char == "[" else replace(here, shape=inside, key=True) if inside else None
            pending, present = "", frozenset()
        elif char == ":" and here is not None and here.key:
            stack.append(replace(here, present=(present := present | {pending.strip()})))
            here, pending = _value(here, pending.strip()), ""
        elif char in ",]}" and stack:
            if char == "," and stack[-1].key:
                here, present = stack.pop(), present
            elif char != ",":
                closed = stack.pop()
                here = stack.pop() if closed.key and stack else closed
                present = here.present
            pending = ""
        else:
            pending += char
    return None if here is None else replace(here, typed=pending.lstrip(), present=present)


def _mapping(shape: Shape) -> Form | MapOf | None:
    """The shape of an entry with keys, where one may stand."""
    match shape:
        case Form() | MapOf():
            return shape
        case Either(shapes):
            return next((inner for part in shapes if (inner := _mapping(part))), None)
        case ListOf(item, single=True):
            return _mapping(item)
    return None


def _item(found: Typing) -> Typing | None:
    match found.shape:
        case ListOf(item):
            return replace(found, shape=item, key=False)
        case Either(shapes):
            return next((replace(found, shape=part.item) for part in shapes if isinstance(part, ListOf)), None)
    return None


def _value(found: Typing, key: str) -> Typing | None:
    """What stands under a key of an entry."""
    match _mapping(found.shape):
        case Form(fields=fields):
            own = [field for field in fields if field.name == key and not field.each]
            for field in own or [field for field in fields if field.each]:
                return replace(found, shape=field.shape, key=False, name=key if field.each else found.name)
        case MapOf(entry=entry):
            return replace(found, shape=entry, key=False, name=key)
    return None
