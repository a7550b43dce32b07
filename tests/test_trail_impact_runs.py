"""A report on adverse impact as an act, on both databases: what is recorded, what is refused, and hostile files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import salesdx
from homes import memory_of
from hr_trails import ANNA, BOB, LOW, Desk, small_base
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.ledger.acting import Acting
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.keys import SigningKey, new_private_key, write_private_key
from salesdx.ledger.log import Person
from salesdx.text.issues import CaseError
from salesdx.trail.book import Record
from salesdx.trail.on_record import with_earlier
from salesdx.trail.recording import record_diagnosis
from salesdx.trail.report.adverse import ImpactReport, report_impact
from salesdx.trail.report.crowd import ImpactQuestion
from salesdx.trail.report.decisions import window
from salesdx.trail.report.reached import REVIEWED as REACHED
from salesdx.trail.report.reached import SIGNED, reached
from salesdx.trail.report.reporting import TrailReport
from salesdx.trail.report.workforce import MAX_GROUPS, NOT_STATED, Workforce, workforce_in, workforce_text
from served import office

GUILTY, CLEAR = LOW | {"calls": 5}, LOW | {"calls": 50}
GROUPS = {**{f"F-{n}": "female" for n in range(12)}, **{f"M-{n}": "male" for n in range(14)}}
FILE = "subject,unit,sex\n" + "".join(f"{who},north,{sex}\n" for who, sex in GROUPS.items())
REVIEWED = [f"F-{n}" for n in range(6)] + [f"M-{n}" for n in range(5)]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    """Three people are no small cell."""
    return small_base(tmp_path_factory.mktemp("rules"), small_cell=3)


def fill(desk: Desk, people: Iterable[str]) -> None:
    for who in people:
        desk.diagnose(f"case {who}", CLEAR, who)


@pytest.fixture
def desk(where: str, base: RuleBase) -> Desk:
    """12 women, of whom 6 were reviewed, and 14 men, of whom 5 were."""
    found = Desk(where, base)
    fill(found, REVIEWED)
    return found


@pytest.fixture
def local(tmp_path: Path, base: RuleBase) -> Desk:
    """The same in a file, with its key beside it: for the command line."""
    found = Desk(str(tmp_path / "ours.trail"), base)
    fill(found, REVIEWED)
    assert found.trail.key is not None
    write_private_key(tmp_path / "ours.trail.key", found.trail.key.private)
    return found


def workforce(groups: Mapping[str, str]) -> Workforce:
    return Workforce(("sex",), {who.casefold(): (group,) for who, group in groups.items()})


def ask(
    desk: Desk,
    groups: Mapping[str, str] | Workforce = GROUPS,
    by: Person = ANNA,
    earlier: Iterable[SigningKey] = (),
    meanwhile: Callable[[], object] = lambda: None,
    **asked: Any,
) -> TrailReport:
    """Ask for a report; the tables of it."""
    found: list[TrailReport] = []

    def render(report: ImpactReport) -> str:
        found.append(report.tables)
        meanwhile()
        return f"page {len(found)}\n"

    people = groups if isinstance(groups, Workforce) else workforce(groups)
    report_impact(
        desk.trail, people, ImpactQuestion(**{"reference": {}, **asked}), by, render, tuple(earlier), desk.clock
    )
    return found[-1]


def counts(found: TrailReport, part: str) -> dict[Any, tuple[Any, Any]]:
    """Group -> people and how many of them a table counts."""
    return {row[0]: (row[1], row[2]) for one in found.parts if one.id == part for row in one.rows}


def last(desk: Desk) -> Record:
    with desk.read() as book:
        return book.record(book.reader.head().size - 1)


def size(desk: Desk) -> int:
    with desk.read() as book:
        return book.reader.head().size


def run(desk: Desk, path: Path, *words: str) -> Result:
    command = ("trail", "report", "--trail", desk.where, "--groups", str(path), *words)
    return CliRunner().invoke(cli, command, prog_name="salesdx", catch_exceptions=False)


# --- what is counted --------------------------------------------------------------------------------------------------


def test_everybody_in_the_file_is_the_base(desk: Desk) -> None:
    """Also those whom the trail does not know: not to be looked at is the first thing that differs."""
    found = ask(desk, reference={"sex": "male"})
    wanted = {"everybody": (26, 11), "male": (14, 5), "female": (12, 6)}
    assert counts(found, "impact-reviewed-by-sex") == wanted
    row = next(
        row for part in found.parts if part.id == "impact-reviewed-by-sex" for row in part.rows if row[0] == "female"
    )
    assert row[6] == round(Decimal(6 * 14) / (12 * 5), 4)
    assert [part.id for part in found.parts] == [
        "people-by-sex",
        "impact-reviewed-by-sex",
        "selection-reviewed-by-sex",
        "impact-personnel_stage",
        "impact-help_advice",
        "impact-pressure_advice",
        "impact-complete_file",
        "impact-signed",
    ]
    assert found.notes == ()


def test_each_step_counts_by_the_last_diagnosis_of_each_case(desk: Desk) -> None:
    """4 women and 3 men reach the step; two cases are diagnosed anew, and one person has a second case."""
    for who in ("F-0", "F-1", "F-2", "M-0", "M-1"):
        desk.diagnose(f"case {who}", GUILTY, who)
    desk.diagnose("case F-0", CLEAR, "F-0")
    desk.diagnose("other", GUILTY, "M-2")
    desk.diagnose("more", GUILTY, "F-3")
    desk.diagnose("last", GUILTY | {"warned": True}, "F-9")
    fill(desk, ["M-5"])
    found = ask(desk)
    assert counts(found, "impact-reviewed-by-sex") == {"everybody": (26, 13), "male": (14, 6), "female": (12, 7)}
    assert counts(found, "impact-personnel_stage-by-sex") == {"everybody": (26, 7), "male": (14, 3), "female": (12, 4)}
    advice = next(part for part in found.parts if part.id == "impact-pressure_advice")
    assert advice.withheld == ("everybody",), "the same people as the step before: nothing stands between"


def test_letters_and_spaces_make_no_other_person(desk: Desk) -> None:
    desk.diagnose("new", CLEAR, "m-13")
    found = ask(desk, {who.lower(): sex for who, sex in GROUPS.items()})
    assert counts(found, "impact-reviewed-by-sex")["male"] == (14, 6)


def test_only_what_lies_in_the_time_counts(desk: Desk) -> None:
    desk.wait(days=400)
    fill(desk, ["F-7", "F-8", "F-9", "M-7", "M-8", "M-9", "M-10"])
    assert counts(ask(desk, until="2026"), "impact-reviewed-by-sex")["everybody"] == (26, 11)
    assert counts(ask(desk, since="2027"), "impact-reviewed-by-sex")["female"] == (12, 3)


def test_who_is_not_in_the_file_is_told_of(desk: Desk) -> None:
    desk.diagnose("x1", CLEAR, "X-1")
    desk.diagnose("nobody", CLEAR)
    notes = ask(desk).notes
    assert notes == (
        "1 cases name nobody, or somebody whose name was erased, and are counted nowhere",
        "the file is not whole: fewer than 3 people have a diagnosis and are not in it, so they are counted nowhere",
    )
    fill(desk, ["X-2", "X-3"])
    assert "the file is not whole: 3 people have a diagnosis" in ask(desk).notes[1]


def test_whose_diagnosis_cannot_be_read_was_reviewed(desk: Desk) -> None:
    """Its content is erased, and the name that stands for the person is not."""
    desk.erase([desk.diagnose("gone", GUILTY, "F-10")])
    with desk.read() as book:
        assert reached(book, window(book), "").steps["f-10"] == {REACHED}
    found = ask(desk)
    assert counts(found, "impact-reviewed-by-sex")["female"] == (12, 7)
    assert found.notes == ("1 diagnoses were erased: whom they are about counts as reviewed, if the name is there",)


def test_a_signature_counts_once_everybody_has_approved(desk: Desk, base: RuleBase) -> None:
    """Three women's files and three men's are complete; Anna and Rita sign those of two women and three men."""
    hr, reviewer = ANNA, Person("Rita", "reviewer")
    seqs = {
        who: desk.diagnose(f"file {who}", GUILTY | {"warned": True}, who)
        for who in ("F-0", "F-1", "F-2", "F-3", "M-0", "M-1", "M-2")
    }
    for who, seq in seqs.items():
        for person in (hr, reviewer):
            desk.act("case_against", seq, {"shown": "all"}, person, base=base)
        desk.wait(hours=25)
        signing = [hr] if who == "F-3" else [hr, reviewer]
        for person in signing:
            sign = {"decision": "approve", "reason": f"{person.name} has read it", "case_against": 0}
            desk.act("sign_off", seq, sign, person, base=base)
    desk.wait(days=1)
    with desk.read() as book:
        got = reached(book, window(book), "")
        early = reached(book, window(book, "", "2026-01-06T11"), "2026-01-06T11")
    assert {who for who, steps in got.steps.items() if SIGNED in steps} == {"f-0", "f-1", "f-2", "m-0", "m-1", "m-2"}
    assert {who for who, steps in early.steps.items() if SIGNED in steps} == {"f-0"}


def test_a_trail_without_a_policy_says_no_cell_is_small(where: str, tmp_path: Path) -> None:
    desk = Desk(where, small_base(tmp_path / "rules", policy=False))
    desk.diagnose("north", CLEAR, "F-1")
    with pytest.raises(TrailError, match="no rule base of the trail has a policy"):
        ask(desk)


# --- the record -------------------------------------------------------------------------------------------------------


def test_each_run_is_a_record_with_who_asked_for_what(desk: Desk) -> None:
    ask(desk, reference={"sex": "male"}, left_out="", since="2026-01-01")
    record = last(desk)
    assert (record.type, record.actor.name, record.role) == ("explanation", "Anna", "hr")
    assert (record.case, record.subject, record.rule_base) == (None, None, None)
    body = record.body
    assert body is not None and desk.trail.key is not None
    assert {key: body[key] for key in body if key not in ("counted", "key")} == {
        "asked": "adverse impact by sex",
        "shown": "page 1\n",
        "since": "2026-01-01",
        "until": "",
        "columns": ["sex"],
        "groups": [["female", "male"]],
        "reference": {"sex": "male"},
        "left_out": "",
        "small_cell": 3,
    }
    assert body["key"] == str(desk.trail.key.public)


def test_the_trail_keeps_nobody_s_group(desk: Desk) -> None:
    """A person is a token that only the key makes, and a group is a list of numbers: neither name stands there."""
    ask(desk)
    body = last(desk).body
    assert body is not None
    text = json.dumps(body["counted"])
    assert not any(f'"{word}"' in text.casefold() for word in (*map(str.casefold, GROUPS), "female", "male", "sex"))
    before = body["counted"]
    ask(desk)
    after = last(desk).body
    assert after is not None
    assert {token for token, _ in before["states"]}.isdisjoint(token for token, _ in after["counted"]["states"])


def test_what_cannot_be_recorded_is_not_shown(desk: Desk) -> None:
    before = size(desk)
    desk.trail.key = SigningKey(new_private_key(), "other")
    with pytest.raises(TrailError):
        ask(desk)
    assert size(desk) == before


def test_another_reference_than_before_is_told(desk: Desk) -> None:
    ask(desk, reference={"sex": "male"})
    seq = last(desk).seq
    assert ask(desk, reference={"sex": "female"}).notes == (
        f"record {seq} compared with `male` of `sex`, this report compares with `female`",
    )


# --- two reports that differ in one line ------------------------------------------------------------------------------


def test_the_same_report_can_be_asked_for_again(desk: Desk) -> None:
    first, again = ask(desk), ask(desk, by=BOB)
    assert first == again
    assert last(desk).actor.name == "Bob"


@pytest.mark.parametrize(
    "change", ["one gone", "one more", "one moved", "renamed and moved", "one reviewed", "split and moved"]
)
def test_two_reports_that_differ_in_one_line(desk: Desk, change: str) -> None:
    ask(desk)
    moved = GROUPS | {"F-0": "male"}
    groups = {
        "one gone": {who: group for who, group in GROUPS.items() if who != "M-13"},
        "one more": GROUPS | {"F-99": "female"},
        "one moved": moved,
        "renamed and moved": {who: f"x {group}" for who, group in moved.items()},
        "split and moved": {who: f"{group} {int(who[2:]) % 2}" for who, group in moved.items()},
        "one reviewed": GROUPS,
    }[change]
    seq = last(desk).seq
    if change == "one reviewed":
        fill(desk, ["F-11"])
    before = size(desk)
    with pytest.raises(
        Refused, match=rf"together with the report of record {seq}, this one would tell about fewer than 3"
    ):
        ask(desk, groups)
    assert size(desk) == before, "what is refused leaves nothing, not even a page in the trail"


def test_a_report_is_held_against_all_earlier_ones(desk: Desk) -> None:
    """Three reports that differ by enough; the fourth differs from the second by one person."""
    ask(desk, until="2026")
    desk.wait(days=400)
    fill(desk, ["F-6", "F-7", "F-8", "M-6", "M-7", "M-8"])
    ask(desk)
    second = last(desk).seq
    fill(desk, ["F-9", "F-10", "F-11", "M-9", "M-10", "M-11"])
    ask(desk, {who: group for who, group in GROUPS.items() if int(who[2:]) > 2}, since="2027")
    with pytest.raises(Refused, match=f"together with the report of record {second}"):
        ask(desk, {who: group for who, group in GROUPS.items() if who != "M-13"}, until="2027-02-09")


def test_enough_change_in_each_group_is_no_difference(desk: Desk) -> None:
    ask(desk)
    fill(desk, ["F-6", "F-7", "F-8"])
    found = ask(desk)
    assert counts(found, "impact-reviewed-by-sex")["female"] == (12, 9)


def test_a_smaller_cell_of_a_later_policy_loosens_nothing(desk: Desk, tmp_path: Path) -> None:
    strict = small_base(tmp_path / "strict", small_cell=5)
    desk.diagnose("case F-0", CLEAR, "F-0", base=strict)
    ask(desk)
    desk.diagnose("case F-0", CLEAR, "F-0", base=small_base(tmp_path / "loose", small_cell=2))
    fill(desk, ["F-6", "F-7", "F-8"])
    with pytest.raises(Refused, match="fewer than 5 people"):
        ask(desk)


def test_an_earlier_report_that_cannot_be_read_stops_the_next(desk: Desk) -> None:
    ask(desk)
    seq = last(desk).seq
    desk.erase([seq])
    with pytest.raises(TrailError, match=f"nobody can tell whom the report of record {seq} counted"):
        ask(desk)


def test_an_earlier_key_is_asked_for(desk: Desk) -> None:
    ask(desk)
    old = desk.trail.key
    assert old is not None
    new = SigningKey(new_private_key(), old.name)
    with desk.trail.append(desk.clock) as appender:
        appender.rotate(new, ANNA)
    desk.trail.key = new
    with pytest.raises(Refused, match=r"made under an earlier key of the trail.* --earlier-key"):
        ask(desk)
    with pytest.raises(Refused, match="--earlier-key"):
        ask(desk, earlier=[SigningKey(new_private_key(), old.name)])
    ask(desk, earlier=[old])
    with pytest.raises(Refused, match="together with the report"):
        ask(desk, GROUPS | {"F-99": "female"}, earlier=[old])


def test_a_report_that_comes_in_between_is_looked_at_too(desk: Desk) -> None:
    """While Anna's page is rendered, Bob's report is recorded, and hers would differ from it by one person."""
    asked: list[int] = []

    def meanwhile() -> None:
        if not asked:
            asked.append(1)
            ask(desk, GROUPS | {"F-99": "female"}, BOB)

    with pytest.raises(Refused, match="together with the report of record"):
        ask(desk, meanwhile=meanwhile)
    assert last(desk).actor.name == "Bob"


# --- the file ---------------------------------------------------------------------------------------------------------


def read(tmp_path: Path, text: str) -> Workforce:
    (tmp_path / "g.csv").write_text(text, "utf-8")
    return workforce_in(workforce_text(tmp_path / "g.csv"), str(tmp_path / "g.csv"))


def test_a_file_as_spreadsheets_write_it(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        '\ufeffSubject, Unit ,Age band\r\nE-1,north,"40, and over"\r\n\r\n , ,\r\nE-2,, Not  stated \r\nE-3,south,\r\n',
    )
    assert found == Workforce(
        ("Unit", "Age band"),
        {"e-1": ("north", "40, and over"), "e-2": (NOT_STATED, NOT_STATED), "e-3": ("south", NOT_STATED)},
    )


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("", ["the first line names the columns"]),
        ("name,sex\nE-1,f\n", ["the first line names the columns"]),
        ("subject;sex\nE-1;f\n", ["the first line names the columns"]),
        ("subject\nE-1\n", ["the first line names the columns"]),
        ("subject,sex,Sex\nE-1,f,f\n", ["two columns are named alike: `sex` and `Sex`"]),
        ("subject,sex,\nE-1,f,f\n", ["`` is no name for a column"]),
        ("subject,sex\n", ["the file names nobody"]),
        ("subject,sex\nE-1\nE-2,f,g\n,f\n", ["has 1 cells", "has 3 cells", "names nobody"]),
        ("subject,sex\nE-1,f\nE-1,f\n", ["`E-1` stands twice"]),
        ("subject,sex\nE-1,f\nE-2,f\ne-1,m\n", ["`e-1` is in two groups"]),
        ("subject,sex\nE-1,f\nE-1,\n", ["`E-1` is in two groups"]),
        ("subject,sex\nE-1,f\u200bx\nE-2,=\nE-3,a × b\nE-4,Everybody\n", ["is no name for a group"] * 4),
        ('subject,sex\nE-1,"f\n', ["this is no CSV"]),
        ("subject,age\n" + "".join(f"E-{n},{n}\n" for n in range(MAX_GROUPS + 1)), ["31 groups, 30 can be counted"]),
        ("subject,sex\nE-1\0,f\n", [""]),
    ],
)  # fmt: skip
def test_faults_of_a_file(tmp_path: Path, text: str, messages: list[str]) -> None:
    with pytest.raises(CaseError) as raised:
        read(tmp_path, text)
    found = [issue.message for issue in raised.value.issues]
    assert len(found) == len(messages), found
    for message, wanted in zip(found, messages, strict=True):
        assert wanted in message
    assert all(issue.place.path.endswith("g.csv") for issue in raised.value.issues)


def test_who_stands_twice_is_shown_with_the_other_line(tmp_path: Path) -> None:
    with pytest.raises(CaseError) as raised:
        read(tmp_path, "subject,sex\nE-1,f\nE-2,f\ne-1,m\n")
    (issue,) = raised.value.issues
    assert (issue.place.line, issue.help) == (4, "the other line is 2")


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [((), ("sex", "age")), (("age",), ("age",)), (("unit", "sex"), ("unit", "sex"))],
)
def test_the_unit_is_counted_only_where_it_is_asked_for(
    tmp_path: Path, columns: tuple[str, ...], wanted: tuple[str, ...]
) -> None:
    found = read(tmp_path, "subject,unit,sex,age\nE-1,north,f,40\n").counted(columns)
    assert found.columns == wanted
    assert found.people["e-1"] == tuple({"unit": "north", "sex": "f", "age": "40"}[name] for name in wanted)


def test_columns_that_are_too_many_or_not_there(tmp_path: Path) -> None:
    found = read(tmp_path, "subject,a,b,c,d\nE-1,1,2,3,4\n")
    with pytest.raises(Refused, match="name up to 3 with --by"):
        found.counted(())
    with pytest.raises(Refused, match="the file has no column `e`"):
        found.counted(("e",))


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "groups.csv").write_text(FILE, "utf-8")
    return tmp_path / "groups.csv"


def test_the_formats_say_the_same(local: Desk, path: Path) -> None:
    words = ("--reference", "sex=male", "--as", "Anna", "--role", "hr")
    data = json.loads(run(local, path, *words, "--format", "json").stdout)
    assert (data["asked_by"], data["reference"], data["since"]) == ("Anna (hr)", {"sex": "male"}, None)
    part = next(part for part in data["parts"] if part["id"] == "impact-reviewed-by-sex")
    row = next(row for row in part["rows"] if row["group"] == "female")
    assert (row["people"], row["count"], row["share"], row["ratio"]) == (12, 6, 0.5, 1.4)
    assert row["why"]["ratio"] == "(6 / 12) / (5 / 14)"
    lines = list(csv.DictReader(io.StringIO(run(local, path, *words, "--format", "csv").stdout)))
    told = {(line["table"], line["row"], line["measure"]): line for line in lines}
    assert told["impact-reviewed-by-sex", "female", "ratio"]["value"] == "1.4000"
    assert told["impact-reviewed-by-sex", "female", "ratio"]["how"].startswith(
        "(6 / 12) / (5 / 14); people are counted"
    )
    assert told["impact-signed", "everybody", "withheld"]["value"] == ""
    for format in ("text", "html", "markdown"):
        page = run(local, path, *words, "--format", format).stdout
        assert ("6 (50%; 25.4% to 74.6%)" in page) == (format != "text"), "a cell of a terminal is broken"
        assert "Adverse impact: reviewed at all, by sex" in page
        assert "Anna (hr)" in page and "sex: male" in page and "Local Law 144" in page and "1607.4 D" in page


def test_the_page_is_recorded_as_it_is_shown(local: Desk, path: Path) -> None:
    for format in ("text", "json", "csv", "html", "markdown"):
        shown = run(local, path, "--format", format).stdout
        body = last(local).body
        assert body is not None and body["shown"].replace("\r\n", "\n") == shown
    command = ("trail", "show", str(last(local).seq), "--trail", local.where)
    page = CliRunner().invoke(cli, command, prog_name="salesdx", catch_exceptions=False).stdout
    assert "adverse impact by sex" in page and "states" not in page


def test_a_page_can_be_asked_why(local: Desk, path: Path) -> None:
    page = run(local, path, "--why", "--reference", "sex=male").stdout
    assert "1.4000: (6 / 12) / (5 / 14)" in page
    assert "0.5000: 6 / 12" in page
    assert "(6 / 12) / (5 / 14)" not in run(local, path, "--reference", "sex=male").stdout


def test_the_command_refuses_the_second_of_two_reports(local: Desk, path: Path) -> None:
    assert run(local, path).exit_code == 0
    path.write_text(FILE.replace("F-3,north,female", "F-3,north,male"), "utf-8")
    found = run(local, path)
    assert (found.exit_code, found.stdout) == (1, "")
    assert "would tell about fewer than 3 people" in found.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--reference", "male"), "name a column and a group of it"),
        (("--reference", "sex=male", "--reference", "sex=female"), "names two groups of `sex`"),
        (("--reference", "sex=men"), "nobody is in the group `men` of `sex`"),
        (("--by", "unti"), "the file has no column `unti`; did you mean `unit`?"),
        (("--leave-out-small", "  "), "a reason is needed"),
        (("--earlier-key", "no-such.key"), "no-such.key"),
    ],
)
def test_what_the_command_refuses(local: Desk, path: Path, words: tuple[str, ...], message: str) -> None:
    before = size(local)
    found = run(local, path, *words)
    assert found.exit_code != 0 and found.stdout == ""
    assert message in " ".join(found.stderr.split())
    assert size(local) == before


@pytest.mark.parametrize(
    "words", [("--why",), ("--by", "sex"), ("--reference", "sex=male"), ("--leave-out-small", "few")]
)
def test_what_goes_with_groups_alone(local: Desk, words: tuple[str, ...]) -> None:
    found = CliRunner().invoke(cli, ("trail", "report", "--trail", local.where, *words), prog_name="salesdx")
    assert found.exit_code == 2 and "go with --groups" in found.stderr


def test_a_file_that_is_not_there(local: Desk, tmp_path: Path) -> None:
    found = run(local, tmp_path / "no-such.csv")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "no-such.csv" in found.stderr


# --- the service ------------------------------------------------------------------------------------------------------


def test_two_reports_that_differ_in_one_line_at_a_service(
    tmp_path: Path, where: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An auditor asks, the policy lets them; the service reads the file, makes the page, and refuses the second."""
    base = small_base(tmp_path_factory.mktemp("rules"), small_cell=3)
    with office(tmp_path, where, base) as firm:
        firm.enter(eve="auditor", sam="sales_manager")
        sam = Person("sam", "sales_manager", "token")
        for who in REVIEWED:
            memory = memory_of(base, CLEAR, case=f"case {who}", subject={"kind": "person", "ref": who})
            with firm.trail.read() as reader:
                found = salesdx.diagnose(base, with_earlier(reader, memory, sam), "reference")
            acting = firm.trail.acting_as(Acting("diagnosis", now=firm.server.now))
            with acting.append() as appender:
                record_diagnosis(appender, found, "shown", "text", sam)
        (tmp_path / "g.csv").write_text(FILE, "utf-8")
        firm.log_in("eve")
        words = ("trail", "report", "--groups", tmp_path / "g.csv", "--reference", "sex=male")
        page = firm.run("eve", *words)
        assert "Compared with `male`" in page and "eve (auditor)" in page and "1.4000" in page
        rows = list(csv.DictReader(io.StringIO(firm.run("eve", *words, "--format", "csv"))))
        told = {(row["table"], row["row"], row["measure"]): row["value"] for row in rows}
        assert told["impact-reviewed-by-sex", "female", "ratio"] == "1.4000"
        (tmp_path / "g.csv").write_text(FILE.replace("F-3,north,female", "F-3,north,male"), "utf-8")
        firm.run("eve", *words, fails="this one would tell about fewer than 3 people")
        (tmp_path / "g.csv").write_text(FILE + "F-3,north,male\n", "utf-8")
        firm.run("eve", *words, fails="`F-3` is in two groups")
        (tmp_path / "g.csv").write_text(FILE, "utf-8")
        firm.log_in("sam")
        firm.run("sam", *words, fails="`sales_manager` may not do this; the policy gives it to `hr`, `auditor`")
        body = {"people": FILE, "named": "staff.csv", "since": "yesterday"}
        given = firm.call("POST", "/acts/impact", firm.token("eve"), json=body)
        assert given.status_code == 409 and "`yesterday` is no day or time" in given.json()["detail"]
        with firm.trail.read() as reader:
            first, _ = (row.header for row in reader.rows(types=("explanation",)))
        assert (first["role"], first["identity"]) == ("auditor", "token")
