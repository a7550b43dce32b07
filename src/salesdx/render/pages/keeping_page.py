"""Legal holds and erasures: what is kept and what goes, who wants it, how many it takes, and until when it waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from salesdx.render.blocks import Report
from salesdx.render.pages.case_words import Option, day_words, moment_words
from salesdx.render.pages.console_page import report_article
from salesdx.render.pages.shell import AppPage, Shell
from salesdx.text.english import many
from salesdx.trail.announced import OnItsWay
from salesdx.trail.erasure import Plan
from salesdx.trail.holds import Hold

if TYPE_CHECKING:
    from markupsafe import Markup

KINDS = (("case", "A case"), ("subject", "A person"))
"""What is held or erased, by what it is called."""
Names = Callable[[str], str]
"""What a person, or a role, is called."""


@dataclass(frozen=True)
class ProofNeed:
    """Whether somebody has confirmed just now that it is they: until when that holds, and where one does it."""

    until: str
    address: str


@dataclass(frozen=True)
class HoldLine:
    """A hold with how it stands; ``action`` is what the reader can do about its end, empty for nothing."""

    record: int
    what: str
    reason: str
    lines: tuple[str, ...]
    action: str
    key: str
    typed: str = ""


@dataclass(frozen=True)
class HoldsPage(AppPage):
    """The holds that are open; with forms to put one, and to end one. ``typed`` is what a hold was to say."""

    template: ClassVar[str] = "holds.html"
    holds: tuple[HoldLine, ...]
    kinds: tuple[Option, ...]
    puts: bool
    key: str
    longest: int
    proof: ProofNeed
    named: str = ""
    reason: str = ""


def hold_line(
    hold: Hold, persons: int, me: str, ends: bool, name: Names, role: Names, key: str, typed: str = ""
) -> HoldLine:
    """A hold for one reader: ``me`` is their identifier, ``ends`` whether they may end one."""
    mine = any(one.by.name == me for one in hold.asked)
    missing = persons - len(hold.asked)
    lines = [f"Put by {name(hold.by)}, {role(hold.role)}, on {moment_words(hold.time)}. Look at it again on "]
    lines[0] += f"{day_words(hold.review.date())}: is it still needed?"
    for one in hold.asked:
        lines.append(f"{name(one.by.name)}, {role(one.by.role)}, wants it to end, by record {one.seq}.")
    more = many(missing, "more person" if hold.asked else "person")
    lines.append(f"It ends when {more} of those who may end it {'say' if missing > 1 else 'says'} so.")
    action = "" if mine or not ends else "Confirm that it ends" if missing == 1 else "Ask for its end"
    if mine:
        lines.append("You have said so; another person confirms it.")
    what = f"{'Case' if hold.kind == 'case' else 'Person'} {hold.name}"
    return HoldLine(hold.seq, what, hold.reason, tuple(lines), action, key, typed)


# --- erasures ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ErasureLine:
    """An erasure on its way: what goes, how far it is, and the address of its page."""

    what: str
    lines: tuple[str, ...]
    address: str


@dataclass(frozen=True)
class ErasuresPage(AppPage):
    """The erasures that are announced, and a form that shows first what another one would take."""

    template: ClassVar[str] = "erasures.html"
    erasures: tuple[ErasureLine, ...]
    kinds: tuple[Option, ...]
    named: str = ""


@dataclass(frozen=True)
class ErasurePage(AppPage):
    """What an erasure takes. ``action`` is the next step that the reader can take, empty for none, ``warning`` what it
    does; ``mark`` is of what is shown."""

    template: ClassVar[str] = "erasure.html"
    article: Markup
    lines: tuple[str, ...]
    address: str
    action: str
    warning: str
    key: str
    mark: str
    longest: int
    proof: ProofNeed
    reason: str = ""
    hold: bool = False
    """Whether the reader can put a hold that stops it."""


@dataclass(frozen=True)
class RetentionPage(AppPage):
    """What has been kept long enough, as a report tells, with how far the erasure of each case is. ``due``: there is a
    step that the reader may be able to take."""

    template: ClassVar[str] = "retention.html"
    article: Markup
    ways: tuple[tuple[str, tuple[str, ...]], ...]
    due: bool
    key: str
    proof: ProofNeed


def kind_options(chosen: str = "") -> tuple[Option, ...]:
    """What can be held or erased, to be chosen."""
    return tuple(Option(kind, label, kind == (chosen or "case")) for kind, label in KINDS)


def what_is(kind: str, name: str) -> str:
    """What is held or erased, in words."""
    return f"{'Case' if kind == 'case' else 'Person'} {name}"


def way_lines(way: OnItsWay, me: str, now: datetime, name: Names) -> Iterator[str]:
    """How far an erasure is, for one reader."""
    for number, one in enumerate(way.wanted):
        did = "Asked for" if number == 0 else "Confirmed"
        yield f"{did} by {name(one.by.name)} on {moment_words(one.time)}, record {one.seq}."
    if way.due is None:
        missing = way.persons - len(way.wanted)
        takes = many(missing, "more person" if way.wanted else "person")
        yield f"It takes {takes}, and then waits {many(way.days, 'day')}, in which a legal hold stops it."
        if any(one.by.name == me for one in way.wanted):
            yield "You have asked for it; another person confirms it."
    elif way.due > now:
        yield f"It can be carried out from {moment_words(way.due, end=True)}; until then a legal hold stops it."
    else:
        yield f"Its waiting time ended on {moment_words(way.due, end=True)}. Nothing has gone yet."


def next_step(plan: Plan, way: OnItsWay, me: str, now: datetime) -> tuple[str, str]:
    """What a reader can do with an erasure now, and what that does; empty for nothing."""
    if plan.holds or not (plan.goes or plan.names):
        return "", ""
    if way.due is not None:
        if way.due > now:
            return "", ""
        return "Erase it now", "What is listed here goes for good. Nobody can bring it back."
    if any(one.by.name == me for one in way.wanted):
        return "", ""
    if not way.wanted:
        return "Ask for this erasure", "Nothing goes yet. Another person has to confirm it."
    if len(way.wanted) + 1 < way.persons:
        return "Confirm this erasure", "Nothing goes yet. Still others have to confirm it."
    days = many(way.days, "day")
    return "Confirm this erasure", f"Nothing goes yet. In {days} it can be carried out, unless a legal hold stops it."


def erasure_page(
    shell: Shell,
    found: tuple[Plan, OnItsWay],
    report: Report,
    kind: str,
    me: str,
    now: datetime,
    name: Names,
    page: tuple[str, str, str, int, ProofNeed],
    reason: str = "",
    hold: bool = False,
) -> ErasurePage:
    """What an erasure takes, as a ``report`` tells, for one reader.

    ``page`` is its address, key, mark, the longest reason, and the proof.
    """
    plan, way = found
    action, warning = next_step(plan, way, me, now)
    address, key, mark, longest, proof = page
    lines = () if plan.holds else tuple(way_lines(way, me, now, name))
    return ErasurePage(
        shell,
        f"Erasure: {what_is(kind, plan.what)}",
        report_article(report),
        lines,
        address,
        action,
        warning,
        key,
        mark,
        longest,
        proof,
        reason,
        hold,
    )
