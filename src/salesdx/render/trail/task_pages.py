"""What waits for somebody, as a page and as reminders for a calendar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from shlex import quote

from salesdx.engine.diagnosis import status_words
from salesdx.ledger.log import Person
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section
from salesdx.render.trail.calendar import Reminder
from salesdx.render.trail.words import UTC
from salesdx.text.english import listed
from salesdx.trail.sign_off_story import full_minute
from salesdx.trail.tasks import (
    ADOPT,
    ANY_ROLE,
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

SOON = timedelta(days=31)
"""What waits until a day that is further away is counted and not listed."""
WHAT = {
    READ: "Read the case against, and sign or refuse after the time to think",
    SIGN: "Sign or refuse",
    SIGNED: "You have signed; the others have not yet",
    TELL: "All have signed; tell the person concerned what was decided",
    STATEMENT: "Read what the person concerned said",
    HOLD: "Look whether the legal hold is still needed",
    RELEASE: "Confirm that the legal hold ends, or leave it",
    CONFIRM: "Confirm the erasure that was announced, or stop it with a legal hold",
    CARRY: "Carry out the erasure that was announced and confirmed",
    ERASURE: "Erase what has been kept long enough",
    PEOPLE: "Confirm a change of who the people are and what they may do, or leave it",
    KEY: "Bring in the key of the trail that another administrator proposed, or leave it",
    VOUCH: "Say whether what stands in your name is your own word",
    ADOPT: "Read what the proposed rules change, and confirm them or leave it",
}
WHOLE_DAYS = (HOLD, ERASURE)
"""What falls due on a day, at no hour."""


def tasks_report(found: Tasks, by: Person, now: datetime) -> Report:
    """The tasks that can be done now, those that wait until a day, and those that wait for somebody else."""
    ready = [task for task in found.items if task.waits(now)]
    mine = [task for task in found.items if task.kind != SIGNED and not task.waits(now)]
    later = [task for task in mine if task.ends is not None and task.ends - now <= SOON]
    others = [task for task in found.items if task.kind == SIGNED]
    rest = len(mine) - len(later)
    blocks = list(_list(later, now))
    if rest:
        blocks.append(Paragraph(f"{rest} more {'wait' if rest > 1 else 'waits'} longer than {SOON.days} days."))
    sections = (
        Section("now", "Waits for you", tuple(_list(ready, now)) or (Paragraph("Nothing waits for you."),)),
        Section("later", "Waits until a day", tuple(blocks)),
        Section("others", "Waits for others", tuple(_list(others, now))),
        Section("doubts", "Could not be looked at", tuple(Paragraph(f"{doubt}.") for doubt in found.doubts)),
    )
    role = "every role" if by.role == ANY_ROLE else status_words(by.role)
    about = (("Who", f"{by.name}, {role}"), ("Now", full_minute(now)), ("Waits for you", str(len(ready))))
    return Report("My tasks", about, tuple(section for section in sections if section.blocks), (UTC,))


def _list(tasks: Sequence[Task], now: datetime) -> Iterator[Block]:
    if tasks:
        yield Entries(tuple(_entry(task, now) for task in tasks))


def _entry(task: Task, now: datetime) -> Entry:
    lines = [EntryLine("since", _when(task, task.since))]
    if task.ends is not None:
        ended = "the waiting time ended" if task.ends <= now else "waits until"
        lines.append(EntryLine(ended, _when(task, task.ends)))
    if task.until is not None:
        lines.append(EntryLine("counts until", full_minute(task.until)))
    if task.signed:
        lines.append(EntryLine("signed", f"as {listed(task.signed)}"))
    return Entry(
        f"{WHAT[task.kind]}: {task_about(task)}", f"as {task.role}", (*lines, EntryLine("do", task_command(task), True))
    )


def task_about(task: Task) -> str:
    """Which case, person and record a task is about."""
    case = f"case {task.case}" if task.case else ""
    subject = f"about {task.subject}" if task.subject else ""
    record = f"record {task.record}" if task.kind != ERASURE else ""
    return ", ".join(part for part in (case, subject, record) if part)


def _when(task: Task, time: datetime) -> str:
    return f"{time:%Y-%m-%d}" if task.kind in WHOLE_DAYS else full_minute(time)


def task_command(task: Task) -> str:
    """The command that does a task."""
    match task.kind:
        case "read" | "signed":
            return f"salesdx trail sign-off {task.record}" + " --status" * (task.kind == SIGNED)
        case "sign":
            return f"salesdx trail sign-off {task.record} --approve --reason TEXT (or --refuse)"
        case "tell":
            return f"salesdx trail explain-to employee {task.record} --format html --output FILE"
        case "statement":
            return f"salesdx trail show {task.record}"
        case "hold" | "release":
            return f"salesdx trail hold release {task.record} --reason TEXT (or leave it)"
        case "erasure":
            return "salesdx trail retention"
        case "people":
            return f"salesdx trail people confirm {task.record} (salesdx trail people list shows what it changes)"
        case "vouch":
            return f"salesdx trail vouch {quote(task.case)}"
        case "key":
            return "salesdx trail keys rotate"
        case "adopt":
            return f"salesdx trail adopt --confirm {task.record} (or leave it)"
    what = f"--case {quote(task.case)}" if task.case else quote(task.subject)
    return f"salesdx trail erase {what}"


def reminders(found: Tasks, now: datetime, trail: str) -> Iterator[Reminder]:
    """A reminder for each waiting time, and each signature or reading that counts, that has not ended yet.

    ``trail`` is the name of the trail.
    """
    origin = trail.rpartition("/")[2]
    for task in found.items:
        uid = f"{task.kind}-{task.record}-{task.role}"
        if task.ends is not None and task.ends > now:
            day = task.kind in WHOLE_DAYS
            at = task.ends.date() if day else task.ends.replace(second=0, microsecond=0) + timedelta(minutes=1)
            yield Reminder(f"{uid}@{origin}", at, f"{WHAT[task.kind]}: {task_about(task)}", task_command(task))
        if task.until is not None and task.until > now:
            at = task.until.replace(second=0, microsecond=0)
            what = (
                "What you read, or a signature, stops counting" if task.kind == SIGN else "A signature stops counting"
            )
            yield Reminder(f"{uid}-until@{origin}", at, f"{what}: {task_about(task)}", task_command(task))
