"""What the pages of the trail share: people, times and changes in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from salesdx.engine.comparing import FIRED, Difference
from salesdx.engine.diagnosis import status_words
from salesdx.render.blocks import Block, EntryLine, Paragraph, Table
from salesdx.trail.book import Named, Record, type_words
from salesdx.trail.rule_bases import BaseChange, short_digest

UTC = "Times are in UTC."
PROOF = "Whether these are the records that were signed: `salesdx trail verify`."
FOOTER = (UTC, PROOF)
MAX_LABEL = 24
MAX_LINE = 2_000
"""Characters of the name of a part of a record, and of the part, that stand in a line."""


def known_name(known: Named | None) -> str:
    """A name, or the pseudonym of one that was erased."""
    if known is None:
        return ""
    return known.name if known.name is not None else f"{known.pseudonym} (erased)"


def who(record: Record) -> str:
    """Who acted, and in which role."""
    role = "" if record.role == "unstated" else f", {status_words(record.role)}"
    return f"{known_name(record.actor)}{role}"


def time_words(time: str) -> str:
    """The time of an entry to the minute.

    >>> time_words("2026-11-24T21:03:10.715000Z")
    '2026-11-24 21:03'
    """
    return f"{time[:10]} {time[11:16]}"


def headed(record: Record) -> str:
    """A record by number and type."""
    return f"record {record.seq} ({'trial, ' * record.trial}{type_words(record.type)})"


def trial_line(record: Record) -> tuple[tuple[str, str], ...]:
    """What stands at the head of a page about a trial; nothing for another record."""
    return (("Trial", "nobody had adopted the rules that made it"),) if record.trial else ()


def statement_words(said: Sequence[Mapping[str, Any]]) -> str:
    """Statements as people read them: the value or why there is none, who said it, from where, of which day."""
    return "; ".join(map(_statement, said)) or "not stated"


def _statement(said: Mapping[str, Any]) -> str:
    value = str(said.get("value", said.get("unknown", "")))
    origin = ", ".join(str(said[key]) for key in ("source", "kind", "by", "author", "date") if said.get(key))
    gone = said.get("withdrawn")
    told = [f"withdrawn on {gone['date']}: {gone['reason']}"] if gone else []
    more = "; ".join([*(str(said[key]) for key in ("reason", "note") if said.get(key)), *told])
    return value + (f" ({origin})" if origin else "") + (f": {more}" if more else "")


def part_words(part: object) -> str:
    """A part of a record in a line, whatever it is; empty for nothing.

    >>> part_words([{"term": "price", "stated": "120"}, {"term": "calls", "stated": ""}])
    'term: price, stated: 120; term: calls'
    """
    match part:
        case None | "":
            return ""
        case Mapping():
            return ", ".join(
                f"{status_words(str(key))}: {text}" for key, inner in part.items() if (text := part_words(inner))
            )
        case list() | tuple():
            return "; ".join(text for inner in part if (text := part_words(inner)))
        case bool():
            return "yes" if part else "no"
    return str(part)


def told_lines(body: Mapping[str, Any], without: Sequence[str] = ()) -> tuple[EntryLine, ...]:
    """The parts of a record as lines, each cut where it would fill pages."""
    lines = [(status_words(key)[:MAX_LABEL], part_words(part)) for key, part in body.items() if key not in without]
    return tuple(
        EntryLine(key, text if len(text) <= MAX_LINE else f"{text[:MAX_LINE]}…") for key, text in lines if text
    )


def differing(found: Sequence[Difference], before: str, after: str, first: str = "what") -> Table:
    """Differences side by side."""
    rows = tuple((_about(one), one.was or "–", one.now or "–") for one in found)
    return Table((first, before, after), rows, labelled=True)


def _about(one: Difference) -> str:
    if one.what == "fact":
        return one.title
    if one.what == "truth":
        return one.name
    if one.what == FIRED:
        return f"rule {one.name}"
    if one.what == one.name:
        return one.what
    return f"{one.what}: {one.title or one.name}"


def rule_changes(change: BaseChange | None) -> Iterator[Block]:
    """What differs between two rule bases; nothing where they are one."""
    if change is None:
        return
    was, now = (
        f"{version} ({short_digest(digest)})" if version else short_digest(digest)
        for version, digest in zip(change.versions, (change.before, change.after), strict=True)
    )
    yield Paragraph(f"The rule base was {was}, and is {now}.")
    if change.files:
        yield Paragraph(f"Files that differ: {', '.join(change.files)}.")
    if change.unread:
        yield Paragraph(f"The rules were not compared one by one: {change.unread}.")
    elif change.rules:
        rows = tuple((rule.rule, rule.before or "no such rule", rule.after or "no such rule") for rule in change.rules)
        yield Table(("rule", "was", "is"), rows, labelled=True)
    else:
        yield Paragraph("No rule decides otherwise: what differs are terms, texts, sources or the policy.")
