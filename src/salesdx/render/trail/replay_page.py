"""A record run again: identical or not, and what today's rules would say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from salesdx.engine.diagnosis import Diagnosis
from salesdx.render import page_alone, part_of
from salesdx.render.blocks import Block, Paragraph, Report, Section
from salesdx.render.report import heading
from salesdx.render.trail.pages_again import page_as_made
from salesdx.render.trail.words import FOOTER, differing, known_name, rule_changes, time_words, trial_line, who
from salesdx.trail.book import Record
from salesdx.trail.other_program import ByItsProgram
from salesdx.trail.replay import RanAgain, Today
from salesdx.trail.results import result_of, summary_line
from salesdx.trail.rule_bases import BaseChange, short_digest

IDENTICAL, OTHER = "identical", "NOT IDENTICAL"


@dataclass(frozen=True)
class Replay:
    """A record, what it comes out as now, whether its page does too (None: not compared), and today's rules.

    ``program`` is the one that ran, where it is not this one.
    """

    record: Record
    found: RanAgain
    page: bool | None
    program: ByItsProgram | None = None
    today: Today | None = None
    change: BaseChange | None = None

    @property
    def identical(self) -> bool:
        return self.found.same and self.page is not False

    def to_dict(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "seq": self.record.seq,
            "identical": self.identical,
            "result": self.found.same,
            "page": self.page,
            "program": self.program and {"digest": self.program.digest, "version": self.program.version},
            "rule_base": self.record.rule_base,
            "differences": [difference.to_dict() for difference in self.found.differences],
        }
        if self.today is None:
            return told
        base = self.today.diagnosis.base
        return told | {
            "today": {
                "rule_base": {"digest": base.digest, "version": base.version},
                "changes": self.change and self.change.to_dict(),
                "differences": [difference.to_dict() for difference in self.today.differences],
                "unread": list(self.today.unread),
            }
        }


PLACED = re.compile(r'<article id="case-(\d+)">\s*<header>\s*<h(\d)')
"""Where a case stood on a web page, and how high its title: lower where it was one of several."""


def page_again(diagnosis: Diagnosis, body: Any) -> str:
    """The page of a diagnosis, as wide as the recorded one was, and with the case at its place."""
    if "made" in body:
        return page_as_made(diagnosis, body["made"])
    ruled = [len(line) for line in body["shown"].split("\n") if line and set(line) == {"─"}]
    placed = PLACED.search(body["shown"]) if body["format"] == "html" else None
    number, of = (int(placed[1]), int(placed[2])) if placed else (1, 1)
    part = part_of(diagnosis, body["format"], max(ruled, default=80), False, number, of)
    return page_alone(heading(diagnosis), part, body["format"])


def replay_report(replay: Replay) -> Report:
    """A replay as a page; the word comes first."""
    record = replay.record
    about = (
        *trial_line(record),
        ("Recorded", f"{time_words(record.time)} by {who(record)}"),
        ("Case", known_name(record.case)),
        ("Rules of its day", short_digest(record.rule_base or "")),
        *([("Run by", str(replay.program))] if replay.program else []),
    )
    sections = [Section("replay", "On the rules of its day", tuple(_then(replay)))]
    if replay.today is not None:
        sections.append(Section("today", "On today's rules", tuple(_now(replay, replay.today))))
    return Report(f"Record {record.seq} run again", about, tuple(sections), FOOTER)


def _then(replay: Replay) -> Iterator[Block]:
    found = replay.found
    if replay.identical:
        yield Paragraph(IDENTICAL, strong=True)
        yield Paragraph(
            "The recorded facts give the recorded result byte for byte"
            + (
                ", and the page as it was shown."
                if replay.page
                else ", by the program that made it; the page was not compared."
            )
        )
    else:
        yield Paragraph(OTHER, strong=True)
    if not found.same:
        yield Paragraph(
            "The recorded facts give another result than was recorded"
            + (" on this program." if replay.program is None else ".")
        )
        if found.differences:
            yield differing(found.differences, "recorded", "run again")
        else:
            both = zip(found.wanted, found.result, strict=False)
            at = next((n for n, (a, b) in enumerate(both) if a != b), min(len(found.wanted), len(found.result)))
            was, now = (text[max(0, at - 20) : at + 40] for text in (found.wanted, found.result))
            yield Paragraph(f"Only wording or order differs, first at character {at}: “{was}” against “{now}”.")
    elif replay.page is False:
        yield Paragraph("The result is the recorded one, but its page is not as it was shown.")
    yield Paragraph(f"Result: {summary_line(result_of(found.wanted))}.")


def _now(replay: Replay, today: Today) -> Iterator[Block]:
    base = today.diagnosis.base
    if replay.change is None:
        yield Paragraph(f"Today's rules are those of its day: version {base.version} ({short_digest(base.digest)}).")
    yield from rule_changes(replay.change)
    if today.unread:
        yield Paragraph(f"Facts that today's rules cannot read, and that were left out: {', '.join(today.unread)}.")
    if today.differences:
        yield differing(today.differences, "then", "today")
    else:
        yield Paragraph("Today's rules say the same.", strong=True)
