"""Statements that an earlier record of the subject holds and a case lacks: its file stays open until they are back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import salesdx
from conftest import ROOT
from hr_trails import BOB, Desk, small_base
from on_record import on_record
from salesdx.base.model import RuleBase
from salesdx.case.followed import Contest, Event, Followed, Session
from salesdx.case.followed_writing import plain_entry
from salesdx.case.left_out import recorded_statement
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown, Withdrawn
from salesdx.cli import cli
from salesdx.ledger.errors import TrailError
from salesdx.ledger.log import open_trail
from salesdx.render.report import report
from salesdx.render.terminal import to_text
from salesdx.render.trail.against_page import against_report
from salesdx.trail.book import Book
from salesdx.trail.case_against import case_against
from salesdx.trail.on_record import with_earlier
from salesdx.trail.recording import record_diagnosis
from salesdx.trail.replay import replayed
from salesdx.trail.signing_off import complete_file
from trail_cases import MANAGER, Kept, complete, kept
from trail_cases import said as stated

FACT = "scope_market_change_pct"
"""A fact without which the complete file would be complete too."""
COMPLETE = ROOT / "examples" / "complete-file.yaml"
LINE = "  scope_market_change_pct: {value: 1, by: marketing, kind: signed record, "


@pytest.fixture
def made(tmp_path: Path, base: RuleBase) -> Kept:
    return kept(tmp_path, base)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    return small_base(tmp_path_factory.mktemp("rules"))


@pytest.fixture
def desk(small: RuleBase, tmp_path: Path) -> Desk:
    return Desk(str(tmp_path / "trail"), small)


def missed(made: Kept | Desk, memory: WorkingMemory) -> list[tuple[str, str, object]]:
    """What a case leaves out: term, who said it, and what."""
    with made.trail.read() as reader:
        found = with_earlier(reader, memory, BOB).left_out
    return [(term, said.by, said.value if said.unknown is None else said.unknown) for term, said in found]


def file_status(made: Kept, seq: int) -> str:
    with made.trail.read() as reader:
        return replayed(reader, seq).diagnosis.files[0].status


# --- the file ---------------------------------------------------------------------------------------------------------


def test_a_file_stays_open_without_a_statement_that_was_on_record(made: Kept, base: RuleBase) -> None:
    memory = complete(base)
    without = memory.with_statements(FACT, ())
    assert salesdx.diagnose(base, without).files[0].status == "eligible_for_human_review", "the fact decides nothing"
    first, second = made.diagnose(memory), made.diagnose(without)
    assert (file_status(made, first), file_status(made, second)) == ("eligible_for_human_review", "open")
    assert [len(body["body"].get("left_out", ())) for body in made.records("diagnosis")] == [0, 1]
    assert file_status(made, made.diagnose(memory)) == "eligible_for_human_review", "it is back"


def test_a_subject_written_in_other_letters_is_the_same(made: Kept, base: RuleBase) -> None:
    memory = complete(base)
    ref = memory.subject["ref"]
    assert ref != ref.lower()
    made.diagnose(memory)
    without = replace(memory.with_statements(FACT, ()), subject={**memory.subject, "ref": ref.lower()})
    assert file_status(made, made.diagnose(without)) == "open"
    other = replace(without, subject={**memory.subject, "ref": ref + "7"})
    assert file_status(made, made.diagnose(other)) == "eligible_for_human_review", "a new name is another person"


def test_who_withdraws_a_statement_leaves_nothing_out(made: Kept, base: RuleBase) -> None:
    memory = complete(base)
    made.diagnose(memory)
    taken = stated(memory, FACT, by="marketing", withdrawn=Withdrawn(date(2026, 7, 2), "the wrong market"))
    seq = made.diagnose(taken)
    assert file_status(made, seq) == "eligible_for_human_review"
    with made.trail.read() as reader:
        found = replayed(reader, seq)
        against = case_against(Book(reader), found, complete_file(found), date(2026, 7, 20), datetime(2026, 7, 21, 9))
        sections = [section.title for section in against_report(against).sections]
        shown = " ".join(to_text(against_report(against), 160).split())
    decided = "What was refused, void or not followed before"
    assert sections[:4] == ["Before you decide", decided, "Withdrawn, or left out", "Statements that disagree"]
    assert (
        "Change of the market 1% on a year ago marketing 2026-06-30 withdrawn on 2026-07-02: the wrong market" in shown
    )
    assert [said["term"] for said in found.diagnosis.to_dict()["withdrawn"]] == [FACT]
    assert missed(made, memory.with_statements(FACT, ())) == [(FACT, "marketing", 1)], (
        "what is withdrawn stays in sight too"
    )


def test_the_command_names_what_was_left_out(tmp_path: Path) -> None:
    """From the case file to the page, through the trail; the record is run again to the same bytes."""
    shutil.copy(COMPLETE.with_name("firm.yaml"), tmp_path)
    case, trail = tmp_path / "file.yaml", ["--trail", str(tmp_path / "ours.trail")]
    text = COMPLETE.read_text("utf-8")
    without = "".join(line for line in text.splitlines(True) if not line.startswith(LINE))
    assert len(without) < len(text)
    run("trail", "init", *trail, "--as", "Anna", "--role", "hr")
    act = (*trail, "--as", "Ben", "--role", "sales_manager")

    def shown(words: str, *more: str) -> str:
        case.write_text(words, "utf-8")
        return " ".join(run("diagnose", str(case), *act, *more).stdout.split())

    assert "eligible for human review" in shown(text)
    page = shown(without)
    assert "9 Termination (human decision): open. The file is not complete" in page
    assert "Left out, though earlier records hold it: “Change of the market” (marketing)." in page
    assert "The file cannot be complete until it is back, or withdrawn by who said so." in page
    data = json.loads(run("diagnose", str(case), *act, "--format", "json").stdout)
    assert [(said["term"], said["statement"]["by"], said["statement"]["value"]) for said in data["left_out"]] == [
        (FACT, "marketing", 1)
    ]
    asked = run("explain", str(case), "--why-not", "termination", *act).stdout
    assert "1 earlier statement is left out" in " ".join(asked.split())
    with open_trail(trail[1], write=False).read() as reader:
        seqs = [row.seq for row in reader.rows(types=("diagnosis",))]
    seen = run("trail", "show", str(seqs[1]), *trail, "--format", "markdown").stdout
    assert "| left out, though earlier records hold it | said |" in seen
    assert "bought market data, signed record, marketing, 2026-05-12) |" in seen
    assert ["\nidentical\n" in run("trail", "replay", str(seq), *trail).stdout for seq in seqs] == [True] * 3
    told = LINE + "date: 2026-05-12, withdrawn: {date: 2026-10-09, reason: of another market}}\n"
    assert "eligible for human review" in shown(without + told)
    assert "1% on a year ago marketing 2026-05-12 withdrawn on 2026-10-09: of another market" in shown(
        without + told, "--full"
    )


def run(*words: str) -> Result:
    found = CliRunner().invoke(cli, words, prog_name="salesdx", catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found


# --- what counts ------------------------------------------------------------------------------------------------------


def case(desk: Desk, facts: dict[str, Any], name: str = "north", ref: str = "E-1") -> WorkingMemory:
    return desk.memory(name, {"case_subject": "person", **facts}, ref)


def record(desk: Desk, facts: dict[str, Any], name: str = "north", ref: str = "E-1") -> int:
    return desk.diagnose(name, {"case_subject": "person", **facts}, ref)


def said(value: object, by: str = "hr", **more: object) -> dict[str, object]:
    return {"value": value, "by": by, **more}


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ([said(9)], [said(12)], []),
        ([said(9)], [said("not_known")], []),
        ([said(9)], [said(9, "sales_manager")], [("calls", "hr", 9)]),
        ([said(9)], [said(9, author="eva")], []),
        ([said(9)], [said(12, author="eva")], [("calls", "hr", 9)]),
        ([said(9, author="eva")], [said(9)], [("calls", "hr", 9)]),
        ([said(9, author="eva")], [said(9, author="ida")], [("calls", "hr", 9)]),
        ([{"value": 9}], [said(9)], []),
        ([{"value": 9}], [said(12)], [("calls", "", 9)]),
        ([said(9), said(12, "sales_manager")], [said(9)], [("calls", "sales_manager", 12)]),
        ([said("not_known")], [], [("calls", "hr", Unknown.NOT_KNOWN)]),
        ([said({"low": 9, "high": 12})], [], [("calls", "hr", "9 to 12")]),
        ([said(9, drawn="7f3a0c")], [said(9)], [("calls", "hr", 9)]),
        ([said(9, withdrawn={"date": "2026-01-02", "reason": "wrong"})], [], [("calls", "hr", 9)]),
        ([said(9)], [said(9, withdrawn={"date": "2026-01-02", "reason": "wrong"})], []),
    ],
)
def test_a_statement_is_held_by_its_voice(
    desk: Desk, before: Sequence[object], after: Sequence[object], wanted: list[tuple[str, str, object]]
) -> None:
    """A new answer of one voice takes the place of its earlier one; the same answer with a name more is that answer."""
    record(desk, {"price": 100, "calls": list(before)})
    facts = {"price": 100} | ({"calls": list(after)} if after else {})
    found = missed(desk, case(desk, facts))
    assert [(term, by, value if not hasattr(value, "low") else "9 to 12") for term, by, value in found] == wanted


def test_the_last_answer_of_a_voice_is_the_one_that_is_missed(desk: Desk) -> None:
    for calls in (5, 9, 7):
        record(desk, {"price": 100, "calls": said(calls)})
    assert missed(desk, case(desk, {"price": 100})) == [("calls", "hr", 7)]


def test_it_is_missed_for_as_long_as_it_is_away(desk: Desk) -> None:
    record(desk, {"price": 100, "calls": said(9)})
    for _ in range(2):
        seq = record(desk, {"price": 100})
    assert missed(desk, case(desk, {"price": 100})) == [("calls", "hr", 9)]
    with desk.read() as book:
        body = book.diagnosis(seq).body
    assert body is not None and body["left_out"] == [{"term": "calls", "value": "9", "by": "hr"}]


def test_all_cases_of_the_subject_count_and_no_others(desk: Desk) -> None:
    record(desk, {"price": 100, "calls": said(9)}, "spring", "E-1")
    record(desk, {"price": 100, "deals": said(3)}, "spring of E-2", "E-2")
    record(desk, {"price": 100, "warned": said(True)}, "the firm", "")
    assert missed(desk, case(desk, {"price": 100}, "autumn", "E-1")) == [("calls", "hr", 9)]
    assert missed(desk, case(desk, {"price": 100}, "autumn", "E-3")) == []
    assert missed(desk, case(desk, {}, "autumn", "")) == []


def test_what_was_recorded_before_the_case_named_its_subject_counts(desk: Desk) -> None:
    record(desk, {"price": 100, "calls": said(9)}, "north", "")
    assert missed(desk, case(desk, {"price": 100}, "north", "E-1")) == [("calls", "hr", 9)]
    record(desk, {"price": 100}, "north", "E-1")
    assert missed(desk, case(desk, {"price": 100}, "another name", "E-1")) == [("calls", "hr", 9)]


def test_the_head_of_a_case_cannot_be_left_out(desk: Desk) -> None:
    record(desk, {"price": 100})
    assert missed(desk, replace(case(desk, {"price": 100}), statements={})) == [("price", "", 100)]


def test_what_was_erased_is_missed_no_more(desk: Desk) -> None:
    record(desk, {"price": 100, "calls": said(9), "deals": said(3)})
    with desk.read() as book:
        (calls,) = (one.seq for one in book.records(types=("answer",)) if one.body and one.body["term"] == "calls")
    desk.erase([calls])
    assert missed(desk, case(desk, {"price": 100})) == [("deals", "hr", 3)]


def test_a_term_that_is_no_more_is_missed_no_more_and_an_old_value_is_shown_as_it_was(
    desk: Desk, tmp_path: Path
) -> None:
    record(desk, {"price": 100, "calls": said(90), "deals": said(3, date="2026-01-02")})
    stages: dict[str, Any] = {
        "first": {"terms": {"price": {"type": "integer", "range": [0, 200]}}, "rules": {"A1": "price > 110"}},
        "second": {"terms": {"calls": {"type": "integer", "range": [0, 10]}}, "rules": {"B1": "calls < 10"}},
    }
    other = small_base(tmp_path / "other", stages, policy=False)
    assert missed(desk, desk.memory("north", {"price": 100}, "E-1", other)) == [("calls", "hr", "90")]


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({"value": "9", "by": "hr", "date": "2026-01-02"}, Statement(9, by="hr", date=date(2026, 1, 2))),
        ({"unknown": "not applicable", "by": "hr", "reason": "none"},
         Statement(unknown=Unknown.NOT_APPLICABLE, by="hr", reason="none")),
        ({"value": "lots", "by": "hr", "date": "soon", "note": "b: {c}"}, Statement("lots", by="hr", note="b: {c}")),
        ({"value": "{", "source": "]"}, Statement("{", source="]")),
        ({}, Statement("")),
    ],
)  # fmt: skip
def test_a_statement_is_read_as_it_was_recorded(small: RuleBase, told: dict[str, str], wanted: Statement) -> None:
    assert recorded_statement(small, "calls", told) == wanted


# --- in between -------------------------------------------------------------------------------------------------------


def test_what_comes_in_between_is_not_passed_over(desk: Desk) -> None:
    """The diagnosis was made before somebody else recorded a statement: it is not recorded as if nothing was there."""
    found = salesdx.diagnose(desk.base, case(desk, {"price": 100}), "reference")
    record(desk, {"price": 100, "calls": said(9)}, "another case")
    with (
        pytest.raises(
            TrailError, match="another record of the subject of case `north` came in between: run the command"
        ),
        desk.trail.append(desk.clock) as appender,
    ):
        record_diagnosis(appender, found, "a page", "text", BOB)
    desk.now = datetime(2026, 1, 6, tzinfo=UTC)
    assert record(desk, {"price": 100}) > 0


def test_two_cases_of_one_subject_in_one_command(desk: Desk) -> None:
    """Neither is earlier than the other."""
    memories = [case(desk, {"price": 100, "calls": said(9)}, "one"), case(desk, {"price": 100}, "two")]
    with desk.trail.append(desk.clock) as appender:
        for memory in memories:
            found = salesdx.diagnose(desk.base, memory, "reference")
            record_diagnosis(appender, found, "a page", "text", BOB)
    assert missed(desk, memories[1]) == [("calls", "hr", 9)]


# --- what was done about the person -----------------------------------------------------------------------------------


CUT: dict[str, Callable[[Followed], Followed]] = {
    "coaching, 2026-01-12": lambda done: replace(done, sessions=done.sessions[1:]),
    "taken on, 2026-01-12": lambda done: replace(done, actions=(done.actions[0], replace(done.actions[1], start=LATER),
                                                                done.actions[2])),
    "change of territory, 2026-02-02": lambda done: replace(done, events=()),
    "hearing, 2026-05-13, contested": lambda done: replace(done, sessions=tuple(replace(one, contested=None)
                                                                                for one in done.sessions)),
}  # fmt: skip
LATER = date(2026, 1, 11)


@pytest.mark.parametrize("what", CUT)
def test_what_was_done_and_is_cut_from_the_file_holds_it_open(made: Kept, base: RuleBase, what: str) -> None:
    """A missed session, a start, a change and a contest: without each the record would say more against them."""
    memory = on_record(complete(base))
    sessions = tuple(
        replace(one, contested=Contest(date(2026, 5, 20), "I was ill")) if one.what == "hearing" else one
        for one in memory.followed.sessions
    )
    moved = Event("territory", date(2026, 2, 2), by="sales_ops", author="P-5")
    whole = replace(memory, followed=replace(memory.followed, sessions=sessions, events=(moved,)))
    made.diagnose(whole)
    cut = replace(whole, followed=CUT[what](whole.followed))
    with made.trail.read() as reader:
        assert with_earlier(reader, whole, BOB).left_out == ()
        left_out = with_earlier(reader, cut, BOB).left_out
    assert [said.note for _, said in left_out] == [what]
    seq = made.diagnose(cut)
    assert file_status(made, seq) in ("open", "blocked")
    with made.trail.read() as reader:
        assert replayed(reader, seq).memory.left_out == left_out


def test_a_session_that_was_recorded_by_itself_is_missed_and_named(made: Kept, base: RuleBase) -> None:
    """It was missed, so it counts among those that were planned; the report names it until it is back."""
    memory = on_record(complete(base))
    missed_one = Session("C99", "A2", "coaching", date(2026, 3, 20), False, "sales_manager", "P-2")
    about: dict[str, Any] = {"case": memory.case, "subject": memory.subject["ref"], "base": base}
    for type, entry in (("action", memory.followed.actions[1]), ("session", missed_one)):
        made.add(type, {"done": "missed", "entry": plain_entry(entry.parts())}, MANAGER, **about)
    seq = made.diagnose(memory)
    assert file_status(made, seq) == "open"
    with made.trail.read() as reader:
        page = " ".join(to_text(report(replayed(reader, seq).diagnosis), 160).split())
    assert "coaching, 2026-03-20 (the sales manager). The file cannot be complete until it is back" in page
    back = replace(memory, followed=replace(memory.followed, sessions=(*memory.followed.sessions, missed_one)))
    assert file_status(made, made.diagnose(back)) == "blocked", "fewer than four fifths of those planned were held"
