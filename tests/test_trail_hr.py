"""What HR reads in the trail: lists, records as they were seen, the story of a case."""

from __future__ import annotations

import csv
import io
import json
import shlex
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import salesdx
from hr_trails import ANNA, BOB, CARLA, LOW, STAGES, Desk, small_base
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.cli.trail.list import TYPES
from salesdx.ledger.errors import TrailError
from salesdx.ledger.log import Person
from salesdx.ledger.standalone import verifier
from salesdx.render import render
from salesdx.render.lines import HIDDEN
from salesdx.render.trail import render_page
from salesdx.render.trail.record import record_report
from salesdx.render.trail.record_list import list_report
from salesdx.render.trail.story_page import story_report
from salesdx.trail.comparators import comparators
from salesdx.trail.listing import Wanted, listing
from salesdx.trail.report.reporting import trail_report
from salesdx.trail.seen import seen
from salesdx.trail.story import story
from salesdx.trail.two_records import compare_records


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    return small_base(tmp_path_factory.mktemp("rules"))


@pytest.fixture
def desk(small: RuleBase, tmp_path: Path) -> Desk:
    return Desk(str(tmp_path / "trail"), small)


def listed(desk: Desk, **wanted: Any) -> list[int]:
    with desk.read() as book:
        return [found.record.seq for found in listing(book, Wanted(**wanted))]


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words, prog_name="salesdx", catch_exceptions=False)


def shown(desk: Desk, seq: int, format: str = "text") -> str:
    with desk.read() as book:
        found = seen(book, seq)
    return render_page(record_report(found, "the trail"), found.to_dict(), format)


def told(desk: Desk, case: str, format: str = "text") -> str:
    with desk.read() as book:
        found = story(book, case)
    return render_page(story_report(found), found.to_dict(), format)


# --- list -------------------------------------------------------------------------------------------------------------


def test_lists_are_narrowed_by_each_filter_and_by_all_together(desk: Desk) -> None:
    one = desk.diagnose("north", LOW | {"calls": 5}, "E-1", BOB)
    desk.wait(days=1)
    two = desk.diagnose("south", {"case_attainment_pct": 80, "price": 120}, "E-2", CARLA)
    desk.wait(days=1)
    three = desk.diagnose("north", LOW | {"calls": 30}, "E-1", CARLA)
    last = desk.act("override", three, {"reason": "no"}, ANNA)
    diagnoses = {"types": ("diagnosis",)}
    assert listed(desk, **diagnoses) == [one, two, three]
    assert listed(desk, case="north", **diagnoses) == listed(desk, subject="E-1", **diagnoses) == [one, three]
    assert listed(desk, actor="Carla", **diagnoses) == [two, three]
    assert listed(desk, stage="second") == listed(desk, stage="second", status="concluded") == [one]
    assert listed(desk, stage="first", status="confirmed") == [two]
    assert listed(desk, stage="first", status="ruled_out") == [one, three]
    assert listed(desk, status="confirmed") == [one, two]
    assert listed(desk, stage="last", status="not_reached") == [two, three]
    assert listed(desk, rule="B1") == [one]
    assert listed(desk, rule="B1", actor="Carla") == []
    assert listed(desk, since="2026-01-06", **diagnoses) == [two, three]
    assert listed(desk, until="2026-01-06", **diagnoses) == [one, two]
    assert listed(desk, since="2026-01-06T09:00", until="2026-01-06T09:00", **diagnoses) == [two]
    assert listed(desk, since="2026-01-06T09:01", until="2026-01-06T23:59") == []
    assert listed(desk, limit=2) == [three, last]
    assert listed(desk) == list(range(last + 1))


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"stage": "frist"}, "has a stage `frist`; did you mean `first`?"),
        ({"stage": "zzz"}, "has a stage `zzz`; they are first, second, last"),
        ({"status": "confirmd"}, "has a status `confirmd`; did you mean `confirmed`?"),
        ({"rule": "C9"}, "has a rule `C9`"),
        ({"case": "nroth"}, "the trail has no case `nroth`; did you mean `north`?"),
        ({"actor": "Bobb"}, "the trail has no actor `Bobb`; did you mean `Bob`?"),
        ({"subject": "E-9"}, "the trail has no subject `E-9`"),
        ({"rule": "B1", "types": ("answer",)}, "leave `--type` out"),
    ],
)
def test_a_name_that_no_rule_base_of_the_trail_has(desk: Desk, wanted: dict[str, Any], message: str) -> None:
    desk.diagnose("north", LOW, "E-1")
    with pytest.raises(TrailError) as raised:
        listed(desk, **wanted)
    assert message in str(raised.value)


def test_a_rule_of_an_older_rule_base_is_a_rule_still(desk: Desk, tmp_path: Path) -> None:
    older = STAGES | {"first": STAGES["first"] | {"rules": {"A0": "price > 150"}}}
    desk.diagnose("north", LOW, base=small_base(tmp_path / "older", older))
    desk.diagnose("north", LOW)
    assert listed(desk, rule="A0") == listed(desk, rule="A1") == []


def test_a_line_says_what_a_record_holds(desk: Desk) -> None:
    desk.diagnose("north", LOW | {"calls": 5, "warned": True}, "E-1")
    desk.diagnose("north", LOW | {"calls": 7, "warned": True}, "E-1")
    with desk.read() as book:
        lines = {found.record.seq: found.what for found in listing(book, Wanted())}
    assert lines[1].startswith(f"version {desk.base.version}, ")
    assert [lines[seq] for seq in (2, 4, 6, 7, 8)] == [
        "case_subject: not stated → person",
        "price: not stated → 100",
        "warned: not stated → true",
        "Second is concluded; Last: eligible for human review",
        "calls: 5 → 7",
    ]


def test_names_that_were_erased_stand_under_their_pseudonym(desk: Desk) -> None:
    seq = desk.diagnose("north", LOW, "E-1")
    with desk.read() as book:
        record = book.record(seq)
    assert record.case and record.subject
    gone = [record.case.pseudonym, record.subject.pseudonym]
    erasure = desk.erase(range(2, seq + 1), gone)
    with desk.read() as book:
        found = listing(book, Wanted(case=gone[0]))
    assert [one.record.seq for one in found] == list(range(2, seq + 1))
    assert found[-1].what == f"its content was erased by record {erasure}"
    assert found[-1].to_dict()["case"] == {"pseudonym": gone[0], "name": None}
    text = render_page(list_report(found, Wanted(), "t"), None, "markdown")
    assert f"| {gone[0]} (erased) ({gone[1]} (erased)) |" in text
    assert "north" not in text and "E-1" not in text
    with pytest.raises(TrailError, match="the trail has no case `north`"):
        listed(desk, case="north")


def test_content_that_is_missing_or_changed_is_told(desk: Desk) -> None:
    seq = desk.diagnose("north", LOW)
    with sqlite3.connect(desk.where) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute("UPDATE payload SET body = replace(body, '100', '120') WHERE seq = ?", (seq,))
        raw.execute("DELETE FROM payload WHERE seq = 2")
        raw.execute("UPDATE name SET name = 'Mallory' WHERE name = 'Bob'")
    raw.close()
    with desk.read() as book:
        changed, missing, renamed = book.record(seq), book.record(2), book.record(3)
    assert (changed.body, missing.body) == (None, None)
    assert "is not the one that was sealed" in changed.warning
    assert "no record says that it was erased" in missing.warning
    assert renamed.actor.name == "Bob" and "the table of names says actor `Mallory`" in renamed.warning
    assert "Caution: the content of entry" in shown(desk, seq)


def test_every_type_of_record_can_be_asked_for() -> None:
    """The command has a list of its own, as `--help` must not need the libraries of the trail."""
    assert list(TYPES) == sorted(verifier.TYPES)


def test_every_format_of_a_list(desk: Desk, tmp_path: Path) -> None:
    seq = desk.diagnose("=1+1", LOW, "E-1", Person("\x1b[31mEve\u202e", "hr"))
    words = ("trail", "list", "--trail", desk.where, "--type", "diagnosis")
    (row,) = list(csv.DictReader(io.StringIO(run(*words, "--format", "csv").stdout)))
    assert row["record"] == str(seq) and row["case"] == "'=1+1" and row["subject"] == "E-1"
    (found,) = json.loads(run(*words, "--format", "json").stdout)
    assert found["actor"]["name"] == "\x1b[31mEve\u202e" and found["what"].startswith("nothing is concluded")
    page = run(*words, "--format", "html").stdout
    assert "<td" in page and "[31mEve" in page
    for shown_ in (page, run(*words).stdout, row["actor"]):
        assert not HIDDEN.search(shown_.replace("\n", ""))


def test_a_trail_without_a_diagnosis(desk: Desk) -> None:
    assert listed(desk, types=("diagnosis",)) == []
    with pytest.raises(TrailError, match="no rule base of the trail has a stage `first`"):
        listed(desk, stage="first")
    with pytest.raises(TrailError, match="the trail has no case `north`; the trail names no case"):
        told(desk, "north")
    assert "No record fits" in run("trail", "list", "--trail", desk.where, "--since", "2030-01-01").stdout


@pytest.mark.parametrize("time", ["yesterday", "2026-13-01", "2026-1-1", "2026-01-01T25:00"])
def test_a_time_that_is_none(desk: Desk, time: str) -> None:
    found = run("trail", "list", "--trail", desk.where, "--since", time)
    assert found.exit_code == 2
    assert f"`{time}` is no day or time" in found.stderr


# --- show -------------------------------------------------------------------------------------------------------------


def test_a_diagnosis_is_shown_as_it_was_with_what_followed(desk: Desk, small: RuleBase) -> None:
    facts = LOW | {"calls": 5}
    seq = desk.diagnose("north", facts, "E-1")
    explained = desk.explain("north", facts, "E-1", CARLA)
    override = desk.act("override", seq, {"reason": "she is new", "instead": "wait", "recommendation": None}, CARLA)
    page = shown(desk, seq)
    with desk.read() as book:
        body = book.record(seq).body
    assert body is not None
    assert f"\n{body['shown']}└─" in page
    for line in (
        "On 2026-01-05 at 09:00:00, Bob, as manager, was shown this diagnosis.",
        f"version {small.version},",
        "engine   reference; salesdx",
        "inputs   records 2 to 5",
        "because of the price",
        f"- Record {override}: override (2026-01-05 09:00, Carla, manager)",
        "  reason   she is new",
        f"`salesdx trail replay {seq}`",
        "`salesdx trail verify`",
    ):
        assert line in page
    assert f"Record {explained}, 2026-01-05 09:00: Carla, manager asked why first." in page
    data = json.loads(shown(desk, seq, "json"))
    assert (data["seq"], data["rule_base"], data["body"]["shown"]) == (seq, small.digest, body["shown"])
    assert [record["seq"] for record in data["after"]] == [override]


def test_a_page_that_was_shown_is_given_byte_for_byte(desk: Desk, tmp_path: Path) -> None:
    seq = desk.diagnose("north", LOW, format="html")
    found = salesdx.diagnose(desk.base, desk.memory("north", LOW), "reference")
    page = render([found], "html")
    run("trail", "show", str(seq), "--shown", "--trail", desk.where, "--output", str(tmp_path / "page.html"))
    assert (tmp_path / "page.html").read_text("utf-8") == page
    assert "It was shown as html" in shown(desk, seq)
    found = run("trail", "show", "0", "--shown", "--trail", desk.where)
    assert (found.exit_code, "record 0 has no page" in found.stderr) == (1, True)


def test_an_answer_is_shown_before_and_after(desk: Desk) -> None:
    said = {"value": 5, "by": "finance", "source": "phone log", "date": "2026-01-02"}
    desk.diagnose("north", LOW | {"calls": 7})
    desk.diagnose("north", LOW | {"calls": said})
    with desk.read() as book:
        seq = listing(book, Wanted(types=("answer",)))[-1].record.seq
    page = shown(desk, seq)
    assert "before  7" in page
    assert "now     5 (phone log, finance, 2026-01-02)" in page


def test_a_signature_is_blind_until_every_role_has_signed(desk: Desk) -> None:
    seq = desk.diagnose("north", LOW | {"calls": 5, "warned": True}, "E-1")
    one = {"decision": "refuse", "reason": "SECRET-1", "case_against": seq}
    hr, reviewer = Person("Anna", "hr"), Person("Rita", "reviewer")
    first = desk.act("sign_off", seq, one, hr, base=desk.base)
    for page in (shown(desk, first), shown(desk, seq), told(desk, "north"), told(desk, "north", "json")):
        assert "SECRET-1" not in page and "refuse" not in page.replace("refused", "")
        assert "blind until everybody has signed" in " ".join(page.split())
    second = desk.act("sign_off", seq, one | {"reason": "SECRET-2"}, hr, base=desk.base)
    assert "SECRET" not in shown(desk, second), "one role twice is not two roles"
    desk.act("sign_off", seq, one | {"decision": "approve", "reason": "fine"}, reviewer, base=desk.base)
    assert "SECRET-1" in shown(desk, first) and "SECRET-1" in told(desk, "north")


def test_an_erased_record_says_when_and_why(desk: Desk) -> None:
    seq = desk.diagnose("north", LOW)
    desk.wait(hours=1)
    erasure = desk.erase([seq], reason="she asked for it")
    page = " ".join(shown(desk, seq).split())
    told_ = f"its content was erased by record {erasure}, on 2026-01-05 10:00 by Anna, hr. Reason: she asked for it"
    assert told_ in page
    assert "As it was shown" not in page


@pytest.mark.parametrize("number", ["99", "-1", "7"])
def test_a_record_that_is_not_there(desk: Desk, number: str) -> None:
    desk.diagnose("north", LOW)
    found = run("trail", "show", "--trail", desk.where, "--", number)
    assert found.exit_code == 1
    assert found.stderr == f"error: there is no record {number}: the trail has records 0 to 5\n"


# --- the story of a case ----------------------------------------------------------------------------------------------


def test_the_story_tells_what_changed_between_diagnoses_and_who_knew_it(desk: Desk, tmp_path: Path) -> None:
    one = desk.diagnose("north", LOW | {"calls": 5}, "E-1", BOB)
    desk.diagnose("south", LOW | {"calls": 3}, "E-2", BOB)
    desk.wait(days=2)
    changed = STAGES | {"first": STAGES["first"] | {"rules": {"A1": "price > 120", "A2": "price > 190"}}}
    base = small_base(tmp_path / "changed", changed)
    two = desk.diagnose("north", LOW | {"calls": 25, "warned": True}, "E-1", CARLA, base)
    with desk.read() as book:
        found = story(book, "north")
    assert [event.record.type for event in found.events] == [*["answer"] * 4, "diagnosis", *["answer"] * 2, "diagnosis"]
    since = found.events[-1].since
    assert since is not None and since.seq == one
    assert [(change.term, change.actor.name, change.time[:10]) for change in since.facts] == [
        ("calls", "Carla", "2026-01-07"),
        ("warned", "Carla", "2026-01-07"),
    ]
    assert since.facts[0].before == ({"value": "5"},) and since.facts[0].after == ({"value": "25"},)
    assert since.base is not None and since.base.files == ("rules/first.yaml",)
    assert [(rule.rule, rule.before, rule.after) for rule in since.base.rules] == [
        ("A1", "price > 110 (first, strong) -> cut", "price > 120 (first, strong)"),
        ("A2", "", "price > 190 (first, strong)"),
    ]
    assert [(d.what, d.name, d.before, d.after) for d in since.results] == [
        ("stage", "second", "confirmed, concluded", "ruled_out"),
        ("concluded", "concluded", "second", None),
        ("file", "last", "open", "not_reached"),
        ("fired", "B1", "B1 holds", None),
        ("fired", "X9", None, "X9 holds"),
        ("recommended", "coach", "recommended", None),
    ]
    page = told(desk, "north")
    assert f"Since record {one} these facts are stated otherwise: calls, warned." in page
    knew = page.split("Who knew what when")[1]
    rows = [line.split("  ") for line in knew.splitlines() if "2026-01" in line]
    assert [(row[0], row[-1]) for row in rows] == [
        ("Bob, manager", "recorded 4 answers"),
        ("Bob, manager", f"was shown record {one} (diagnosis)"),
        ("Carla, manager", "recorded 2 answers"),
        ("Carla, manager", f"was shown record {two} (diagnosis)"),
    ]


def test_a_fact_that_was_taken_back_and_a_case_without_change(desk: Desk) -> None:
    desk.diagnose("north", LOW | {"calls": 5})
    one = desk.diagnose("north", LOW | {"calls": 5}, by=CARLA)
    desk.diagnose("north", LOW)
    with desk.read() as book:
        events = story(book, "north").events
    assert [len(event.since.facts) for event in events if event.since] == [0, 1]
    page = told(desk, "north")
    assert f"The result is that of record {one - 1}." in page
    assert [line.split() for line in page.splitlines() if line.startswith("calls  5")] == [
        ["calls", "5", "not", "stated"]
    ]


def test_what_people_said_stands_in_the_story_with_the_facts_that_they_contest(desk: Desk) -> None:
    seq = desk.diagnose("north", LOW | {"calls": 5}, "E-1")
    contested = [{"term": "calls", "stated": "20", "reason": ""}]
    body = {"text": "I called more", "contested": contested, "results": {}, "shown": "the page"}
    desk.act("statement", seq, body, Person("Eve", "employee"))
    page = told(desk, "north")
    assert "contested  stated: 20, term: calls" in page and "text       I called more" in page
    assert "Eve, employee  2026-01-05 09:00  recorded record" in page
    assert "text       I called more" in shown(desk, seq), "what was said to a diagnosis stands below it"


def test_an_erasure_is_part_of_the_story_of_what_it_took(desk: Desk) -> None:
    seq = desk.diagnose("north", LOW | {"calls": 5}, "E-1")
    desk.diagnose("north", LOW | {"calls": 6}, "E-1")
    erasure = desk.erase(range(2, seq + 1))
    with desk.read() as book:
        events = story(book, "north").events
    assert events[-1].record.seq == erasure
    assert [event.what for event in events[:5]] == [f"its content was erased by record {erasure}"] * 5
    assert events[-2].since is not None and events[-2].since.results == ()
    assert "not shown: its content was erased" in " ".join(told(desk, "north").split())


# --- all pages --------------------------------------------------------------------------------------------------------


HOSTILE = "<script>alert(1)</script> `x` | *b* \x1b[2J\u202e\x00"


@pytest.mark.parametrize("format", ["text", "markdown", "html", "json"])
def test_hostile_names_and_texts_reach_no_terminal_and_no_browser(desk: Desk, format: str) -> None:
    eve = Person(HOSTILE, HOSTILE)
    body = {"text": f"{HOSTILE}\n{HOSTILE}", "shown": HOSTILE, HOSTILE * 9: [{HOSTILE: HOSTILE}, None, True, [], {}]}
    seq = desk.add("statement", body, eve, case=HOSTILE)
    desk.add("hold", {"reason": HOSTILE}, eve, case=HOSTILE, inputs=[seq])
    with desk.read() as book:
        found = listing(book, Wanted())
    pages = [shown(desk, seq, format), told(desk, HOSTILE, format)]
    pages.append(render_page(list_report(found, Wanted(), HOSTILE), [one.to_dict() for one in found], format))
    for page in pages:
        assert not HIDDEN.search(page.replace("\n", ""))
        assert format != "html" or "<script" not in page


def test_postgresql_tells_the_same(small: RuleBase, tmp_path: Path, postgresql: Any) -> None:
    pages = []
    for where in (str(tmp_path / "trail"), postgresql.url(postgresql.emptied())):
        desk = Desk(where, small)
        seq = desk.diagnose("north", LOW | {"calls": 5}, "E-1")
        assert desk.diagnose("north", LOW | {"calls": 6}, "E-1", CARLA) == seq + 2
        desk.diagnose("south", LOW | {"calls": 60}, "E-2")
        desk.act("override", seq, {"reason": "no"}, ANNA)
        with desk.read() as book:
            found = listing(book, Wanted(case="north"))
            pages.append([render_page(list_report(found, Wanted(), "t"), None, "text"), told(desk, "north")])
            pages[-1] += [
                str(trail_report(book).parts),
                str(comparators(book, seq).decisive),
                str(compare_records(book, seq, seq + 2).facts),
            ]
        desk.trail.storage.engine.dispose()
    assert pages[0] == pages[1]


# --- help -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["list", "show", "case", "replay", "compare", "comparators", "report"])
def test_every_help_ends_with_an_example_that_works(
    small: RuleBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    desk = Desk(str(tmp_path / "ours.trail"), small)
    assert (desk.diagnose("late-delivery", LOW), desk.diagnose("north", LOW | {"price": 120})) == (5, 9)
    monkeypatch.chdir(tmp_path)
    command = run("trail", name, "--help").stdout.strip().split("\n\n")[-1].strip()
    assert command.startswith(f"Example: salesdx trail {name}")
    done = run(*shlex.split(command.removeprefix("Example: salesdx ")))
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout
