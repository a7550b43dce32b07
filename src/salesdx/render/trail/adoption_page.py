"""Rules that are to come into force, beside those that were adopted last, as who adopts them reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from salesdx.base.background import HOLDS
from salesdx.base.model import RuleBase
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section, Table, Verbatim
from salesdx.render.changes import diff_report
from salesdx.render.terminal import to_text
from salesdx.render.trail.words import time_words
from salesdx.services.adopting import BesideLast, adopters_by, waits_for
from salesdx.text.english import listed, many
from salesdx.trail.book import Book
from salesdx.trail.rule_bases import short_digest

if TYPE_CHECKING:
    from salesdx.authoring.against import DoorResult


def adoption_text(found: BesideLast) -> str:
    """The page that is signed: as text of 80 columns, the same for everybody."""
    return to_text(adoption_report(found), 80)


def adoption_report(found: BesideLast) -> Report:
    """What opens towards a person first, then what somebody accepts, what changes by meaning, and who adopts next."""
    about = (("Rules", _named(found.new)), ("In force", _named(found.last) if found.last is not None else "none yet"))
    sections = [
        Section("person", "The path to a person", tuple(_path(found))),
        Section("accepted", "What somebody accepts in these rules", tuple(_accepted(found))),
        *(_changes(found, found.last) if found.last is not None else ()),
        Section("adopters", "Who adopts", tuple(_adopters(found))),
        Section("files", "Files", (Paragraph(f"{listed(sorted(found.new.files))}."),)),
    ]
    return Report("Rules to be adopted", about, tuple(section for section in sections if section.blocks), ())


def _named(base: RuleBase) -> str:
    return f"{base.version} ({short_digest(base.digest)})"


def _path(found: BesideLast) -> Iterator[Block]:
    if found.last is None:
        yield Paragraph("No rules were adopted before, so there are none to hold these against.")
    elif found.unproved:
        yield Paragraph(f"Nothing is proved: {found.unproved}.", strong=True)
    elif not found.doors:
        yield Paragraph("Nothing that leads to a person differs from the rules in force.")
    else:
        from salesdx.render.door_report import SAID, door_lines, doors_summary  # it needs the prover

        first = next((one for one in found.doors if one.opened_by.pieces and not one.accepted_by), None)
        yield Paragraph(f"{' '.join(doors_summary(found.last, found.doors, {}))}.", strong=True)
        open_ = tuple(
            Entry(f"{one.door}: {SAID[one.door.kind]}", one.result, tuple(_door_lines(one)))
            for one in found.doors
            if one.result != HOLDS
        )
        if open_:
            yield Entries(open_)
        if first is not None:
            yield Paragraph(f"How {first.door} opens:")
            yield Verbatim("\n".join(door_lines(first)[1:]))


def _door_lines(found: DoorResult) -> Iterator[EntryLine]:
    for signed in found.accepted_by:
        yield EntryLine("accepted by", f"{signed.author}: {signed.reason}")
    if found.why:
        yield EntryLine("why", found.why)


def _accepted(found: BesideLast) -> Iterator[Block]:
    if found.accepted:
        yield Paragraph("Each counts only if its author is one of those who adopt the rules.")
        yield Entries(
            tuple(
                Entry(
                    listed(list(signed.edits)) or signed.property or signed.silence,
                    f"by {signed.author}",
                    (EntryLine("opens", listed(list(signed.doors))), EntryLine("reason", signed.reason))
                    if signed.doors
                    else (EntryLine("reason", signed.reason),),
                )
                for signed in found.accepted
            )
        )


def _changes(found: BesideLast, last: RuleBase) -> tuple[Section, ...]:
    return diff_report(last, found.new, None, found.changes, found.turned, found.cases, None, None).sections


def _adopters(found: BesideLast) -> Iterator[Block]:
    now, following = adopters_by(found.last or found.new), adopters_by(found.new)
    first = ", as their own policy says, since there is none in force" if found.last is None else ""
    yield Paragraph(f"{many(now.persons, 'person')} of {listed(now.roles)} adopt these rules{first}.")
    if following != now:
        yield Paragraph(f"The next rules are then adopted by {following.persons} of {listed(following.roles)}.")


def adoptions_report(book: Book) -> Report:
    """Which rules were in force from when on, by whom, and which wait."""
    found = book.people.adoptions
    rows = [
        (time_words(one.time), str(one.seq), one.proposal.version, short_digest(one.rules), _who(one.proposal.by))
        for one in found.adopted
    ]
    history: Sequence[Block] = (
        (Table(("from", "record", "version", "rules", "adopted by"), tuple(rows)),)
        if rows
        else (Paragraph("Nobody has adopted any rules, so every diagnosis is a trial."),)
    )
    waiting = tuple(
        Entry(f"Record {one.seq}: {one.version} ({short_digest(one.rules)})", f"by {_who(one.by)}", (
            EntryLine("waits for", waits_for(one)),
            EntryLine("confirm", f"salesdx trail adopt --confirm {one.seq}"),
        ))
        for one in found.waiting.values()
    )  # fmt: skip
    sections = [Section("adopted", "Rules in force", tuple(history))]
    sections += [Section("waiting", "Rules that wait", (Entries(waiting),))] if waiting else []
    return Report("Rules that were adopted", (), tuple(sections), ())


def _who(by: Iterable[str]) -> str:
    return listed(list(by))
