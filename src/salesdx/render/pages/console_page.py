"""What waits for somebody, and what is on record: stories, persons and records, for who sees them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from salesdx.render.blocks import Report
from salesdx.render.html import article
from salesdx.render.pages.case_words import day_words, moment_words
from salesdx.render.pages.shell import AppPage, Shell
from salesdx.text.english import listed
from salesdx.trail.tasks import (
    ADOPT,
    CARRY,
    CONFIRM,
    ERASURE,
    HOLD,
    KEY,
    PEOPLE,
    READ,
    RELEASE,
    SIGN,
    SIGNED,
    STATEMENT,
    TELL,
    VOUCH,
    Task,
    Tasks,
)

if TYPE_CHECKING:
    from markupsafe import Markup

GROUPS = {
    "Complete files": (READ, SIGN, SIGNED, TELL),
    "What the persons concerned say": (STATEMENT,),
    "Words in your name": (VOUCH,),
    "Legal holds": (HOLD, RELEASE),
    "Erasures": (CONFIRM, CARRY, ERASURE),
}
OTHERS = "Rules, people and keys"
AT_THE_PAGES = (READ, SIGN, SIGNED, TELL, STATEMENT, HOLD, RELEASE, CONFIRM, CARRY, ERASURE, ADOPT, PEOPLE, KEY)
"""What the pages can do themselves; for all else they name the command."""
HEADING_OF_ALL = re.compile(r"<h1\b.*?</h1>\n")
"""The heading of a report, which is that of its page."""
WHOLE_DAYS = (HOLD, ERASURE)
"""What falls due on a day, at no hour."""
Called = Callable[[str], str]


@dataclass(frozen=True)
class WaitingLine:
    """A task: what is to be done, about what, when, where it can be done or looked at, and by which command."""

    what: str
    about: str
    times: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    command: str = ""


@dataclass(frozen=True)
class WaitingGroup:
    """Tasks of one kind: those that can be done now, then those that wait."""

    title: str
    now: tuple[WaitingLine, ...]
    later: tuple[WaitingLine, ...]


@dataclass(frozen=True)
class ConsolePage(AppPage):
    """``finds``: the reader can look for a case or a person by name; ``typed`` is what they have typed; ``reads``: they
    read the rules, and came here first."""

    template: ClassVar[str] = "console.html"
    groups: tuple[WaitingGroup, ...]
    doubts: tuple[str, ...]
    finds: bool
    typed: str = ""
    reads: bool = False
    ways: tuple[tuple[str, str], ...] = ()
    """Where else the reader has something to do, and what it is called."""


@dataclass(frozen=True)
class OnRecordPage(AppPage):
    """A report of what is on record, with links to what it tells of."""

    template: ClassVar[str] = "on_record.html"
    article: Markup
    links: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    """A page that was text, as it was shown."""
    ways: tuple[tuple[str, str], ...] = ()
    """What the reader can do with it: address, and what it is called."""


def on_record_page(
    shell: Shell, report: Report, links: tuple[tuple[str, str], ...], ways: tuple[tuple[str, str], ...] = ()
) -> OnRecordPage:
    """A report as a page of its own."""
    return OnRecordPage(shell, report.title, report_article(report), links, ways=ways)


def report_article(report: Report) -> Markup:
    """A report as a part of a page, without its heading."""
    from markupsafe import Markup

    return Markup(HEADING_OF_ALL.sub("", article(report), count=1))


def waiting_groups(
    found: Tasks, now: datetime, what: dict[str, str], command: Callable[[Task], str], case: Called, called: Called
) -> Iterator[WaitingGroup]:
    """The tasks by what they are about; ``case`` gives the address of a case, ``called`` what a role is called."""
    kinds = {kind: title for title, kinds in GROUPS.items() for kind in kinds}
    for title in (*GROUPS, OTHERS):
        mine = [task for task in found.items if kinds.get(task.kind, OTHERS) == title]
        lines = [(task.waits(now), _line(task, now, what, command, case, called)) for task in mine]
        if lines:
            ready = tuple(line for waits, line in lines if waits)
            yield WaitingGroup(title, ready, tuple(line for waits, line in lines if not waits))


def _line(
    task: Task, now: datetime, what: dict[str, str], command: Callable[[Task], str], case: Called, called: Called
) -> WaitingLine:
    about = ", ".join(filter(None, (task.subject, f"case {task.case}" if task.case else "")))
    return WaitingLine(
        what[task.kind],
        about,
        tuple(_times(task, now, called)),
        tuple(_links(task, case)),
        "" if task.kind in AT_THE_PAGES else command(task),
    )


def _times(task: Task, now: datetime, called: Called) -> Iterator[str]:
    yield f"since {_when(task, task.since)}"
    if task.ends is not None:
        yield f"{'the waiting time ended' if task.ends <= now else 'waits until'} {_when(task, task.ends, end=True)}"
    if task.until is not None:
        yield f"counts until {moment_words(task.until)}"
    if task.signed:
        yield f"signed as {listed([called(role) for role in task.signed])}"


def _when(task: Task, at: datetime, end: bool = False) -> str:
    return day_words(at.date()) if task.kind in WHOLE_DAYS else moment_words(at, end)


def _links(task: Task, case: Called) -> Iterator[tuple[str, str]]:
    """Where a task can be done, and where one can look."""
    if task.case and task.kind in (READ, SIGN, SIGNED, TELL):
        yield f"{case(task.case)}/sign-off/{task.record}", "The sign-off"
    if task.kind in (HOLD, RELEASE):
        yield "/hr/holds", "Legal holds"
    if task.kind in (CONFIRM, CARRY):
        yield "/hr/erasures", "Erasures"
    if task.kind == ERASURE:
        yield "/hr/retention", "Retention"
    if task.kind == ADOPT:
        yield "/hr/rules", "Rules that wait"
    if task.kind == PEOPLE:
        yield "/admin/changes", "Changes of the people"
    if task.kind == KEY:
        yield "/admin/key", "The key of the trail"
    if task.case and task.kind == TELL:
        yield f"{case(task.case)}/letters", "Letters"
    if task.case:
        yield f"{case(task.case)}/story", "The case"
    if task.kind not in (READ, SIGN, SIGNED, VOUCH, PEOPLE, KEY):
        yield f"/records/{task.record}", f"Record {task.record}"
