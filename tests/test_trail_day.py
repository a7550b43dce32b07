"""HR's day with the trail: what waits for whom, a person's whole file, cases by their names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hr_trails import ANNA, BOB, LOW, Desk, small_base
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.ledger.keys import SigningKey, new_private_key, write_private_key
from salesdx.ledger.log import Person, create, new_origin
from salesdx.ledger.standalone.register import Register, Registered
from salesdx.render.terminal import to_text
from salesdx.render.trail.calendar import Reminder, to_calendar
from salesdx.render.trail.task_pages import reminders, tasks_report
from salesdx.trail.announced import erase_by_steps
from salesdx.trail.book import Book
from salesdx.trail.erasure import plan_subject
from salesdx.trail.holds import hold, release
from salesdx.trail.lookalike import alike
from salesdx.trail.person_file import person_file
from salesdx.trail.rights import state_view
from salesdx.trail.signing_off import show_case_against, sign_file
from salesdx.trail.tasks import Tasks, case_tasks, tasks
from trail_cases import HR, MANAGER, REVIEWER, Clock, Kept, complete

EMPLOYEE = Person("E-8806", "employee")
LEGAL = Person("Carla Ruiz", "legal")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    return small_base(tmp_path_factory.mktemp("rules"))


@pytest.fixture
def desk(small: RuleBase, where: str) -> Desk:
    """A trail in each of the databases."""
    return Desk(where, small)


@pytest.fixture
def kept(where: str, base: RuleBase, tmp_path: Path) -> Kept:
    """An empty trail in each of the databases, with the shipped rules."""
    private, clock, signed = new_private_key(), Clock(), tmp_path / "key.signed"
    write_private_key(tmp_path / "key", private)
    return Kept(Path(where), create(where, SigningKey(private, new_origin()), HR, signed, clock), base, clock)


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words, prog_name="salesdx", catch_exceptions=False)


# --- cases by their names ---------------------------------------------------------------------------------------------


def test_a_case_is_named_in_the_place_of_its_newest_diagnosis(desk: Desk) -> None:
    first = desk.diagnose("north", LOW | {"calls": 5}, "E-1")
    other = desk.diagnose("south", LOW | {"calls": 60}, "E-2")
    newest = desk.diagnose("north", LOW | {"calls": 6}, "E-1")
    desk.diagnose("4711", LOW | {"calls": 7}, "E-3")
    at = ("--trail", desk.where)
    said = f"record {newest} is taken, the diagnosis of the case `north` that counts\n"

    by_name = run("trail", "show", "north", *at)
    assert by_name.stderr == said
    assert by_name.stdout == run("trail", "show", str(newest), *at).stdout
    assert run("trail", "replay", "north", *at).stdout == run("trail", "replay", str(newest), *at).stdout
    assert run("trail", "comparators", "north", *at).stderr == said
    both = run("trail", "compare", str(first), "north", *at)
    assert both.stderr == said
    assert both.stdout == run("trail", "compare", str(first), str(newest), *at).stdout
    assert f"record {other} is taken" in run("trail", "compare", "south", "north", *at).stderr


def test_digits_are_a_record_and_a_case_of_such_a_name_goes_by_its_pseudonym(desk: Desk) -> None:
    seq = desk.diagnose("4711", LOW | {"calls": 7}, "E-3")
    at = ("--trail", desk.where)
    assert (
        run("trail", "show", "4711", *at).stderr
        == f"error: there is no record 4711: the trail has records 0 to {seq}\n"
    )
    with desk.read() as book:
        pseudonym = book.pseudonym("case", "4711")
    assert run("trail", "show", pseudonym, *at).stderr.startswith(f"record {seq} is taken, the diagnosis of the case ")


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("norht", "error: the trail has no case `norht`; did you mean `north`?\n"),
        ("held", "error: the case `held` has no diagnosis yet\n"),
        ("9" * 5000, f"error: the trail has no case `{'9' * 100}`\n"),
    ],
)
def test_a_name_that_names_no_diagnosis(small: RuleBase, tmp_path: Path, named: str, message: str) -> None:
    desk = Desk(str(tmp_path / "trail"), small)
    desk.diagnose("north", LOW | {"calls": 5}, "E-1")
    desk.add("answer", {"term": "price", "statements": [], "before": [], "way": ""}, BOB, case="held")
    found = run("trail", "show", named, "--trail", desk.where)
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == message or found.stderr.startswith(message.rstrip("\n"))


def test_who_writes_names_a_case_too(base: RuleBase, tmp_path: Path) -> None:
    private = new_private_key()
    write_private_key(tmp_path / "ours.trail.key", private)
    clock = Clock(datetime.now(UTC) - timedelta(days=2))
    where = str(tmp_path / "ours.trail")
    made = Kept(Path(where), create(where, SigningKey(private, new_origin()), HR, now=clock), base, clock)
    seq = made.diagnose(complete(base))
    show_case_against(made.trail, seq, HR, lambda found: "against", base.digest, clock)
    said = f"record {seq} is taken, the diagnosis of the case `V48` that counts\n"
    at = ("--trail", where, "--as", "Anna Weber", "--role", "hr")
    assert "Waiting." in run("trail", "sign-off", "V48", "--status", *at).stdout
    signed = run("trail", "sign-off", "V48", "--approve", "--reason", "all is there", *at)
    assert (signed.exit_code, signed.stderr.startswith(said)) == (1, True)
    assert "names are only typed in this trail, and this takes different persons" in signed.stderr
    letter = run("trail", "explain-to", "manager", "V48", *at)
    assert (letter.exit_code, letter.stderr.startswith(said)) == (0, True)
    told = run("trail", "override", "V48", "--reason", "the shop closes", *at)
    assert told.stdout.endswith(f": the diagnosis of record {seq} is not followed\n")
    assert told.stderr.startswith(said)


# --- my tasks ---------------------------------------------------------------------------------------------------------


def waiting(kept: Kept, by: Person) -> Tasks:
    with kept.trail.read() as reader:
        return tasks(Book(reader), by, kept.clock)


def told(kept: Kept, by: Person) -> list[tuple[Any, ...]]:
    """Kind, role, what it is about, whether it can be done now, and when its waiting time ends."""
    found = waiting(kept, by)
    assert found.doubts == ()
    now = kept.clock.now
    return [
        (task.kind, task.role, task.case or task.subject, task.waits(now), task.ends and task.ends.isoformat()[:16])
        for task in found.items
    ]


def of(kinds: str, found: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [task for task in found if task[0] in kinds.split()]


FILE = "read sign signed statement"
"""All kinds but what falls due on a day."""


def test_a_complete_file_waits_for_each_to_read_to_sign_and_for_the_second(kept: Kept) -> None:
    """Day one is 2 January 2040, nine o'clock."""
    base, clock = kept.base, kept.clock
    seq = kept.diagnose(complete(base))
    read = ("read", "hr", "V48", True, None)
    assert of(FILE, told(kept, HR)) == [read]
    assert of(FILE, told(kept, REVIEWER)) == [("read", "reviewer", "V48", True, None)]
    assert of(FILE, told(kept, Person("Anna Weber"))) == [read, ("read", "reviewer", "V48", True, None)]
    assert of(FILE, told(kept, MANAGER)) == []  # his role signs nothing
    assert of(FILE, told(kept, Person(MANAGER.name, "reviewer"))) == []  # he took part in the case
    assert of(FILE, told(kept, Person("E-8806", "hr"))) == []  # the one whom it is about

    clock.move(hours=1)
    show_case_against(kept.trail, seq, HR, lambda found: "against", base.digest, clock)
    assert of(FILE, told(kept, HR)) == [("sign", "hr", "V48", False, "2040-01-03T10:00")]
    show_case_against(kept.trail, seq, REVIEWER, lambda found: "against", base.digest, clock)
    clock.move(hours=24)
    assert of(FILE, told(kept, HR)) == [("sign", "hr", "V48", True, "2040-01-03T10:00")]
    sign_file(kept.trail, seq, HR, True, "All papers are there", base.digest, clock)
    assert of(FILE, told(kept, HR)) == [("signed", "hr", "V48", False, None)]
    assert of(FILE, told(kept, Person("Anna Weber"))) == [("signed", "hr", "V48", False, None)]
    assert of(FILE, told(kept, Person("Gert Lang", "hr"))) == []  # somebody else has signed in this role
    [second] = [task for task in waiting(kept, REVIEWER).items if task.kind == "sign"]
    assert (second.signed, second.since.isoformat()[:16]) == (("hr",), "2040-01-02T10:00")
    assert second.until == datetime(2040, 1, 17, 10, tzinfo=UTC)  # the signature counts for two weeks
    sign_file(kept.trail, seq, REVIEWER, True, "Nothing else was left", base.digest, clock)
    assert of(FILE, [*told(kept, HR), *told(kept, REVIEWER)]) == []


def test_whom_a_decision_is_about_is_told_while_the_signatures_count(kept: Kept) -> None:
    seq, clock = kept.diagnose(complete(kept.base)), kept.clock
    for by in (HR, REVIEWER):
        show_case_against(kept.trail, seq, by, lambda found: "against", kept.base.digest, clock)
    clock.move(days=1)
    for by in (HR, REVIEWER):
        assert of("tell", told(kept, HR)) == []
        sign_file(kept.trail, seq, by, True, f"All papers are there for {by.role}", kept.base.digest, clock)
        clock.move(hours=1)
    assert of("tell", told(kept, HR)) == [("tell", "hr", "V48", True, None)]
    assert of("tell", [*told(kept, REVIEWER), *told(kept, MANAGER), *told(kept, Person("E-8806", "hr"))]) == []
    [task] = [task for task in waiting(kept, HR).items if task.kind == "tell"]
    assert task.until == datetime(2040, 1, 17, 9, tzinfo=UTC)
    people = {"e-8806": Registered("e-8806", "Bernd", alike(HR.name))}
    with kept.trail.read() as reader:
        (record,) = Book(reader).records(types=("diagnosis",))
        assert list(case_tasks(Book(reader), record, HR, clock, Register(people))) == [], (
            "who stands above is not asked"
        )
    assert f"do salesdx trail explain-to employee {seq} --format html --output FILE" in pages(kept, HR)
    [end] = [event for event in events(reminded(kept, HR)) if "until" in event["UID"]]
    assert (end["DTSTART"].dt, end["SUMMARY"]) == (
        task.until, f"A signature stops counting: case V48, about E-8806, record {seq}",
    )  # fmt: skip
    letter = {"format": "text", "shown": "x"}
    kept.add("letter", letter | {"to": "manager"}, HR, case="V48", subject="E-8806", inputs=[seq])
    assert of("tell", told(kept, HR)) != []
    kept.add("letter", letter | {"to": "employee"}, HR, case="V48", subject="E-8806", inputs=[seq])
    assert of("tell", told(kept, HR)) == []


def test_what_was_read_too_long_ago_is_read_again(kept: Kept) -> None:
    seq, clock = kept.diagnose(complete(kept.base)), kept.clock
    show_case_against(kept.trail, seq, HR, lambda found: "against", kept.base.digest, clock)
    clock.move(days=15)
    assert of(FILE, told(kept, HR)) == [("sign", "hr", "V48", True, "2040-01-03T09:00")]
    clock.move(hours=1)
    assert of(FILE, told(kept, HR)) == [("read", "hr", "V48", True, None)]


def test_a_statement_waits_for_each_role_until_somebody_in_it_has_worked_on_the_case(kept: Kept) -> None:
    seq = kept.diagnose(complete(kept.base))
    kept.clock.move(hours=1)
    state_view(kept.trail, "V48", "I was ill in May", {}, EMPLOYEE, lambda stated: "the page", kept.clock)
    waits = ("statement", "hr", "V48", True, None)
    assert of(FILE, told(kept, HR)) == [waits]  # it also voids the sign-off: a new diagnosis is needed
    assert of(FILE, told(kept, EMPLOYEE)) == []
    kept.add(
        "letter", {"to": "employee", "format": "text", "shown": "x"}, HR, case="V48", subject="E-8806", inputs=[seq]
    )
    assert of(FILE, told(kept, HR)) == []
    assert of(FILE, told(kept, REVIEWER)) == [("statement", "reviewer", "V48", True, None)]


def test_holds_are_looked_at_again_and_erasures_fall_due(kept: Kept) -> None:
    kept.diagnose(complete(kept.base))
    due = ("erasure", "hr", "V48", False, "2043-01-02T00:00")
    assert of("erasure hold", told(kept, HR)) == [due]
    assert of("erasure hold", told(kept, REVIEWER)) == []
    with kept.trail.append(kept.clock) as appender:
        held = hold(appender, "case", "V48", "lawsuit 7 C 12/26", LEGAL)
    assert told(kept, LEGAL) == [("hold", "legal", "V48", False, "2040-06-30T09:00")]
    assert of("erasure hold", told(kept, HR)) == []  # what is held does not fall due
    kept.clock.move(days=180)
    assert told(kept, LEGAL) == [("hold", "legal", "V48", True, "2040-06-30T09:00")]
    dora = Person("Dora Lang", "legal")
    with kept.trail.append(kept.clock) as appender:
        release(appender, held, "settled", LEGAL)
    assert told(kept, LEGAL) == []
    assert told(kept, dora) == [("release", "legal", "V48", True, None)]  # it takes two
    assert f"do salesdx trail hold release {held} --reason TEXT" in pages(kept, dora)
    with kept.trail.append(kept.clock) as appender:
        release(appender, held, "settled", dora)
    assert [*told(kept, LEGAL), *told(kept, dora)] == []
    kept.clock.move(days=1000)
    assert of("erasure", told(kept, HR)) == [("erasure", "hr", "V48", True, "2043-01-02T00:00")]


def test_an_erasure_waits_for_the_second_person_and_then_for_its_day(kept: Kept) -> None:
    kept.diagnose(complete(kept.base))
    gert = Person("Gert Lang", "hr")

    def step(by: Person) -> None:
        with kept.trail.append(kept.clock) as appender:
            erase_by_steps(appender, plan_subject(appender.reader, "E-8806"), "asked for by letter", by)

    step(HR)
    assert of("confirm carry", told(kept, HR)) == []
    assert of("confirm carry", told(kept, gert)) == [("confirm", "hr", "E-8806", True, None)]
    assert of("confirm carry", told(kept, LEGAL)) == []  # who may not erase is not asked
    kept.clock.move(hours=3)
    step(gert)
    for by in (HR, gert):
        assert of("confirm carry", told(kept, by)) == [("carry", "hr", "E-8806", False, "2040-01-09T12:00")]
    [event] = [event for event in events(reminded(kept, HR)) if event["UID"].startswith("carry-")]
    assert event["DESCRIPTION"] == "salesdx trail erase E-8806"
    assert event["DTSTART"].dt == datetime(2040, 1, 9, 12, 1, tzinfo=UTC)
    with kept.trail.append(kept.clock) as appender:
        held = hold(appender, "case", "V48", "a lawsuit", LEGAL)
    assert of("confirm carry", told(kept, HR)) == []  # a hold ends what was announced, for good
    for by in (LEGAL, Person("Dora Lang", "legal")):
        with kept.trail.append(kept.clock) as appender:
            release(appender, held, "settled", by)
    assert of("confirm carry", told(kept, HR)) == []
    step(HR)
    step(gert)
    kept.clock.move(days=8)
    assert [task[:2] for task in of("carry", told(kept, HR))] == [("carry", "hr")]
    step(HR)
    assert told(kept, HR) == told(kept, gert) == []


def test_the_page_says_who_waits_since_when_and_what_to_type(kept: Kept) -> None:
    base, clock = kept.base, kept.clock
    seq = kept.diagnose(complete(base))
    assert pages(kept, REVIEWER).startswith("My tasks\n")
    assert (
        f"Read the case against, and sign or refuse after the time to think: case V48, about E-8806, record {seq}"
        in (pages(kept, HR))
    )
    show_case_against(kept.trail, seq, HR, lambda found: "against", base.digest, clock)
    page = pages(kept, HR)
    assert "Nothing waits for you." in page
    assert "since 2040-01-02 09:00 UTC" in page and "waits until 2040-01-03 09:00 UTC" in page
    assert "1 more waits longer than 31 days." in page
    clock.move(days=1)
    assert f"do salesdx trail sign-off {seq} --approve --reason TEXT (or --refuse)" in pages(kept, HR)


def pages(kept: Kept, by: Person) -> str:
    """The page on a wide terminal, with single spaces."""
    page = to_text(tasks_report(waiting(kept, by), by, kept.clock.now), 200)
    return "\n".join(" ".join(line.split()) for line in page.splitlines())


def test_tasks_on_the_command_line(desk: Desk) -> None:
    desk.diagnose("north", LOW | {"calls": 5}, "E-1")
    with desk.trail.append(desk.clock) as appender:
        held = hold(appender, "subject", "E-1", "a lawsuit", ANNA)
    at = ("--trail", desk.where, "--as", "Anna", "--role", "hr")
    found = json.loads(run("trail", "tasks", *at, "--format", "json").stdout)
    assert found == {
        "tasks": [
            {
                "kind": "hold",
                "record": held,
                "case": None,
                "subject": "E-1",
                "role": "hr",
                "since": "2026-01-05T09:00:00+00:00",
                "ends": "2026-07-04T09:00:00+00:00",
                "waits": True,
                "signed": [],
                "until": None,
            }
        ],
        "doubts": [],
    }
    page = " ".join(run("trail", "tasks", *at).stdout.split())
    assert f"Look whether the legal hold is still needed: about E-1, record {held}" in page


# --- a person's file --------------------------------------------------------------------------------------------------


def two_cases(desk: Desk) -> dict[str, int]:
    """Two cases of E-1, one of them begun before it was known whom it is about, and used for somebody else too."""
    made = {
        "before": desk.add("answer", {"term": "price", "statements": [], "before": [], "way": ""}, BOB, case="north")
    }
    desk.wait(days=1)
    made["first"] = desk.diagnose("north", LOW | {"calls": 5}, "E-1")
    desk.wait(days=1)
    made["other"] = desk.diagnose("north", LOW | {"calls": 60}, "E-2")
    desk.wait(days=1)
    made["second"] = desk.diagnose("south", LOW | {"calls": 30, "price": 120}, "E-1")
    desk.wait(days=1)
    made["again"] = desk.diagnose("north", LOW | {"calls": 8}, "E-1")
    desk.diagnose("west", LOW | {"calls": 6}, "E-3")
    with desk.trail.append(desk.clock) as appender:
        made["hold"] = hold(appender, "subject", "E-1", "a lawsuit", ANNA)
    return made


def test_a_persons_file_has_everything_in_order_over_all_cases(desk: Desk) -> None:
    made = two_cases(desk)
    with desk.read() as book:
        found = person_file(book, "E-1")
        pseudonym = found.subject.pseudonym
        assert person_file(book, pseudonym) == found
        rows = [(row.seq, row.header["case"], row.header["subject"]) for row in book.reader.rows()]
    seqs = [event.record.seq for event in found.events]
    ours = {case for _, case, subject in rows if subject == pseudonym}
    assert seqs == [
        seq for seq, case, who in rows if who == pseudonym or (who is None and case is not None and case in ours)
    ]
    assert {made[name] for name in ("before", "first", "second", "again", "hold")} <= set(seqs)
    assert made["other"] not in seqs
    assert [(case.case.name, case.others > 0, case.until) for case in found.cases] == [
        ("north", True, date(2029, 1, 8)),
        ("south", False, date(2029, 1, 7)),
    ]
    assert [(held.seq, held.reason) for held in found.holds] == [(made["hold"], "a lawsuit")]
    [again] = [event for event in found.events if event.record.seq == made["again"]]
    assert again.since is not None and again.since.seq == made["first"]  # the last one of its case about this person
    told = found.to_dict()
    assert (told["cases"][0]["kept_until"], [event["seq"] for event in told["events"]]) == ("2029-01-08", seqs)


def test_a_persons_file_as_a_page(desk: Desk) -> None:
    made = two_cases(desk)
    found = run("trail", "person", "E-1", "--trail", desk.where)
    page = " ".join(found.stdout.split())
    assert found.exit_code == 0 and page.startswith("E-1: everything on record Cases: 2 · Records: ")
    for text in (
        "2026-01-05 to 2026-01-09",
        f"2026-01-06 09:00 Bob, manager, case north: diagnosis (record {made['first']})",
        f"2026-01-08 09:00 Bob, manager, case south: diagnosis (record {made['second']})",
        f"2026-01-09 09:00 Anna, hr: hold (record {made['hold']})",
        "records of it name others and are not here.",
        "Legal holds",
    ):
        assert text in page, text
    assert "E-2" not in page and "E-3" not in page and "case west" not in page
    assert run("trail", "person", "E-9", "--trail", desk.where).stderr.startswith(
        "error: the trail has no subject `E-9`"
    )


def test_what_was_erased_stands_in_the_file_as_erased(desk: Desk) -> None:
    made = two_cases(desk)
    erasure = desk.erase([made["first"]], reason="too old")
    with desk.read() as book:
        found = person_file(book, "E-1")
    [event] = [event for event in found.events if event.record.seq == made["first"]]
    assert event.what == f"its content was erased by record {erasure}"
    assert found.events[-1].record.seq == erasure


# --- reminders --------------------------------------------------------------------------------------------------------


def events(text: str) -> list[Any]:
    """The events of a calendar as another program reads them."""
    icalendar = pytest.importorskip("icalendar", reason="icalendar is not installed")
    return list(icalendar.Calendar.from_ical(text).walk("VEVENT"))


def reminded(kept: Kept, by: Person) -> str:
    with kept.trail.read() as reader:
        found, origin = tasks(Book(reader), by, kept.clock), reader.head().origin
    return to_calendar(reminders(found, kept.clock.now, origin), kept.clock.now)


def test_each_waiting_time_that_has_not_ended_is_a_reminder(kept: Kept) -> None:
    base, clock = kept.base, kept.clock
    seq = kept.diagnose(complete(base))
    clock.move(minutes=12, seconds=30)
    show_case_against(kept.trail, seq, HR, lambda found: "against", base.digest, clock)
    assert kept.trail.key is not None
    origin = kept.trail.key.name.rpartition("/")[2]
    text = reminded(kept, HR)
    erase, sign, end = events(text)
    assert (end["UID"], end["DTSTART"].dt) == (
        f"sign-{seq}-hr-until@{origin}",
        datetime(2040, 1, 17, 9, 12, tzinfo=UTC),
    )
    assert end["SUMMARY"] == f"What you read, or a signature, stops counting: case V48, about E-8806, record {seq}"
    assert sign["UID"] == f"sign-{seq}-hr@{origin}"
    assert sign["SUMMARY"] == f"Sign or refuse: case V48, about E-8806, record {seq}"
    assert sign["DESCRIPTION"] == f"salesdx trail sign-off {seq} --approve --reason TEXT (or --refuse)"
    assert sign["DTSTART"].dt == datetime(2040, 1, 3, 9, 13, tzinfo=UTC)  # the next full minute
    assert sign["DTSTAMP"].dt == clock.now.replace(microsecond=0)
    assert [part.name for part in sign.subcomponents] == ["VALARM"]
    assert (erase["DTSTART"].dt, erase["UID"].partition("-")[0]) == (date(2043, 1, 2), "erasure")

    clock.move(hours=1)
    later = events(reminded(kept, HR))
    assert [event["UID"] for event in later] == [erase["UID"], sign["UID"], end["UID"]]  # a calendar keeps each once
    clock.move(days=2)
    assert [event["UID"] for event in events(reminded(kept, HR))] == [erase["UID"], end["UID"]]
    clock.move(days=15)
    assert [event["UID"] for event in events(reminded(kept, HR))] == [erase["UID"]]


HARD = 'Überprüfung; Süd, \\Nord\\: "a"\nzweite Zeile 😀' + "ü" * 80 + "\x00\x1b\r"


def test_a_calendar_is_written_as_the_standard_asks() -> None:
    now = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
    text = to_calendar([Reminder("x-1@y", now, HARD, HARD), Reminder("x-2@y", now.date(), "short", "")], now)
    assert text.encode().decode() == text
    assert text.endswith("END:VCALENDAR\r\n")
    lines = text.encode().split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines)
    one, other = events(text)
    assert one["SUMMARY"] == one["DESCRIPTION"] == HARD.rstrip("\x00\x1b\r")
    assert (other["DTSTART"].dt, other["SUMMARY"]) == (now.date(), "short")


def test_a_calendar_on_the_command_line(desk: Desk) -> None:
    desk.diagnose("Süd; Nord", LOW | {"calls": 5}, "E-1")
    found = run("trail", "tasks", "--trail", desk.where, "--as", "Anna", "--role", "hr", "--format", "ics")
    assert found.stdout_bytes.count(b"\r\n") == found.stdout_bytes.count(b"\n") > 10
    [erase] = events(found.stdout_bytes.decode())
    assert erase["SUMMARY"] == "Erase what has been kept long enough: case Süd; Nord"
