"""Limits: numbers with names, read before everything that may name them.

A name is a number from then on: in conditions by ``language.rewriting.with_limits``, in texts by ``NodeReader.simple``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from salesdx.base.entries import EntryReader
from salesdx.base.fields import DECIDING, FOLLOWING, LIMIT, RECOMMENDING, SUMMING, TERM_NAME
from salesdx.base.limits import Limit
from salesdx.base.property_fields import PROPERTY_WORDS
from salesdx.base.reading import shortened
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Scalar

WORDS = {*PROPERTY_WORDS, *(w for known in (DECIDING, FOLLOWING, RECOMMENDING, SUMMING) for w in known.reads)}
"""What conditions of the ladder and properties know beside what the files define."""


def read_limits(reader: EntryReader, files: Mapping[str, Node]) -> dict[str, Limit]:
    """The limits of all stages and groups by name, each fault noted; ``files`` are those of the rule base, by name."""
    found: dict[str, Limit] = {}
    for name, node in files.items():
        room, _, file = name.partition("/")
        if room == "knowledge" and isinstance(node, MappingNode):
            for key, entry in reader.entries(node.get("limits"), "`limits`"):
                _read_limit(reader, found, file.removesuffix(".yaml"), key, entry)
    _moved_elsewhere(reader, files, found)
    return found


def _read_limit(reader: EntryReader, found: dict[str, Limit], home: str, key: Scalar, entry: Node) -> None:
    what = f"limit `{shortened(key.text)}`"
    if not TERM_NAME.fits(key.text):
        reader.name_fault(key, "a limit")
    elif key.text in found:
        first = found[key.text].place
        message = f"there are two of the name `{key.text}`"
        reader.fault("duplicate-name", message, key.place, f"the other is at {first.path}:{first.line}")
    elif not isinstance(entry, Scalar):
        fields = reader.fields(entry, what, *LIMIT.keys, key.place)
        value = reader.number(fields.get("value"), f"`value` of {what}")
        unit = reader.text(fields.get("unit"), "`unit`")
        reader.sources_of(fields, what)
        if value is not None:
            found[key.text] = Limit(key.text, home, value, unit, reader.source_ids(fields), key.place)
            return
    reader.doubtful.add(key.text)


def _moved_elsewhere(reader: EntryReader, files: Mapping[str, Node], found: Mapping[str, Limit]) -> None:
    """A number alone moves a limit of the rules below: one that is left has nothing to move."""
    for name, node in files.items():
        limits = node.get("limits") if name.startswith("knowledge/") and isinstance(node, MappingNode) else None
        for key, entry in limits.entries if isinstance(limits, MappingNode) else ():
            if isinstance(entry, Scalar) and TERM_NAME.fits(key.text):
                message = f"a number alone moves a limit of the rules below, and there is no `{key.text}` in this file"
                there = f"it is at {found[key.text].place.path}" if key.text in found else ""
                help = there or reader.near(key.text, found, lambda limit: found[limit].place)
                reader.fault("unknown-limit", message, key.place, help or "a new one is `{value: ...}`")


def check_limits(reader: EntryReader, words: Collection[str]) -> None:
    """A limit's name means nothing else: no term or finding, and none of the ``words`` that the ladder defines."""
    defined = reader.finding_places | {name: term.place for name, term in reader.terms.items()}
    for limit in reader.limits.values():
        if limit.name in defined:
            other = defined[limit.name]
            message = f"there are two of the name `{limit.name}`"
            reader.fault("duplicate-name", message, limit.place, f"the other is at {other.path}:{other.line}")
        elif limit.name in words or limit.name in WORDS:
            message = f"`{limit.name}` means something else in the ladder and in properties"
            reader.fault("duplicate-name", message, limit.place, "give the limit another name")
