"""What the four commands that people decide by leave in the trail, and that nothing is shown which is not in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import salesdx
from commands import run_salesdx
from conftest import ROOT, cases_in
from homes import write_home
from salesdx.base.model import RuleBase
from salesdx.case.left_out import statement_data
from salesdx.case.statement import Statement
from salesdx.case.writing import new_case
from salesdx.cli import cli
from salesdx.followup.with_record import with_record
from salesdx.ledger import sqlite
from salesdx.ledger.errors import Refused
from salesdx.ledger.keys import SigningKey, new_private_key, write_private_key
from salesdx.ledger.log import Person, create, new_origin, open_trail
from salesdx.trail.recording import record_diagnosis
from salesdx.trail.replay import replayed
from salesdx.trail.rerun_one import recorded_memory
from salesdx.trail.results import recorded_result
from salesdx.trail.signing_off import complete_file
from trail_checks import verified

LATE, START = ROOT / "examples/late-delivery.yaml", ROOT / "examples/empty-start.yaml"
REFERENCE = ["--engine", "reference"]
Told = tuple[dict[str, Any], dict[str, Any]]
TWO = (("of-anna", 76), ("of-bert", 104))
"""Two cases, by their names."""


@dataclass
class Desk:
    """A folder with a trail, where commands are run as a person runs them."""

    folder: Path
    key: SigningKey
    variables: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        rest = {name: value for name, value in os.environ.items() if not name.startswith(("SALESDX", "XDG"))}
        fixed = {"PYTHONPATH": str(ROOT / "src"), "HOME": str(self.folder), "COLUMNS": "80", "PYTHONUTF8": "1"}
        return rest | fixed | self.variables

    def run(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return run_salesdx(*words, cwd=self.folder, env=self.environment, stdin=stdin)

    def case(self, text: str, name: str = "mine.yaml") -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def records(self, start: int = 0) -> list[Told]:
        """Header and content of the records from ``start`` on, after the whole trail was verified."""
        trail = open_trail(str(self.folder / "ours.trail"), write=False)
        found = verified(trail, self.key.public)[start:]
        return [(header, content) for header, content in found if content is not None]

    def checkpoints(self) -> list[int]:
        with open_trail(str(self.folder / "ours.trail"), write=False).read() as reader:
            return [size for size, _ in reader.checkpoints()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    key = SigningKey(new_private_key(), new_origin())
    write_private_key(tmp_path / "ours.trail.key", key.private)
    create(str(tmp_path / "ours.trail"), key, Person("Anna", "hr"), tmp_path / "ours.trail.key.signed")
    return Desk(tmp_path, key, {"SALESDX_TRAIL": "ours.trail", "SALESDX_AS": "Bob", "SALESDX_ROLE": "sales_manager"})


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options for a rule base that is read ten times as fast as the shipped one."""
    rules = {"S1": "s_known"}
    home = write_home(tmp_path_factory.mktemp("small"), {"stage": {"terms": {"s_known": "boolean"}, "rules": rules}})
    return ["--home", str(home), *REFERENCE]


def types(records: Sequence[Told]) -> list[str]:
    return [header["type"] for header, _ in records]


def bodies(records: Sequence[Told], type: str) -> dict[int, dict[str, Any]]:
    return {header["seq"]: content["body"] for header, content in records if header["type"] == type}


def answers(records: Sequence[Told]) -> dict[str, dict[str, Any]]:
    """Term -> its last answer, with its number."""
    return {body["term"]: body | {"seq": seq} for seq, body in bodies(records, "answer").items()}


# --- diagnose ---------------------------------------------------------------------------------------------------------


def test_a_diagnosis_is_recorded_as_it_is_shown(desk: Desk, base: RuleBase) -> None:
    done = desk.run("diagnose", str(LATE))
    assert done.returncode == 0, done.stderr
    memory = salesdx.read_case(LATE, base)
    records = desk.records()
    assert types(records) == ["trail", "rule_base", *["answer"] * len(memory.statements), "diagnosis"]
    header, content = records[-1]
    assert (content["actor"], content["case"], content["subject"]) == ("Bob", "late-delivery", "WOOD-2")
    assert (header["role"], header["rule_base"]) == ("sales_manager", base.digest)
    body = content["body"]
    assert (body["shown"], body["format"]) == (done.stdout, "short")
    found = salesdx.diagnose(base, memory)
    assert body["result"] == recorded_result(found)
    assert header["engine"]["name"] == found.engine.name
    assert {term: answer["statements"] for term, answer in answers(records).items()} == {
        term: [statement_data(said) for said in statements] for term, statements in memory.statements.items()
    }
    assert all(answer["before"] == [] and answer["way"] == "case file" for answer in answers(records).values())
    assert header["inputs"] == sorted(answer["seq"] for answer in answers(records).values())
    assert desk.checkpoints() == [1, len(records)]


def test_answers_changed_and_taken_back_are_recorded_with_what_was_said_before(desk: Desk) -> None:
    told = "case: north\nfacts:\n  case_attainment_pct: 76\n  goal_measurable: {value: true, by: hr, note: seen}\n"
    case = desk.case(told)
    assert command(desk, "diagnose", case, *REFERENCE).exit_code == 0
    first = desk.records()
    assert command(desk, "diagnose", case, *REFERENCE).exit_code == 0
    second = desk.records(len(first))
    assert types(second) == ["diagnosis"]
    assert second[0][0]["inputs"] == first[-1][0]["inputs"] == [2, 3]
    desk.case(
        "case: north\nfacts:\n  case_attainment_pct: [{value: 76}, {value: 81.5, by: finance, date: 2026-10-01}]\n"
        "  goal_communicated: {value: not_known, by: hr}\n"
    )
    assert command(desk, "diagnose", case, *REFERENCE).exit_code == 0
    third = desk.records(len(first) + 1)
    found = answers(third)
    assert types(third) == ["answer", "answer", "answer", "diagnosis"]
    assert found["case_attainment_pct"]["before"] == [{"value": "76"}]
    assert found["case_attainment_pct"]["statements"] == [
        {"value": "76"}, {"value": "81.5", "by": "finance", "date": "2026-10-01"},
    ]  # fmt: skip
    assert found["goal_communicated"]["statements"] == [{"unknown": "not known", "by": "hr"}]
    assert found["goal_measurable"]["statements"] == []
    assert found["goal_measurable"]["before"] == [{"value": "true", "by": "hr", "note": "seen"}]
    assert [third[i][0]["inputs"] for i in range(3)] == [[2], [], [3]]
    assert third[-1][0]["inputs"] == sorted(found[term]["seq"] for term in ("case_attainment_pct", "goal_communicated"))
    assert [header["case_before"] for header, _ in desk.records(2)] == [None, 2, 3, 4, 5, 6, 7, 8]


def test_several_cases_are_one_transaction(desk: Desk) -> None:
    done = desk.run("diagnose", str(LATE), str(START), str(LATE), "--format", "json", *REFERENCE)
    assert done.returncode == 0, done.stderr
    records = desk.records()
    found = [content for header, content in records if header["type"] == "diagnosis"]
    assert [content["case"] for content in found] == ["late-delivery", "empty-start", "late-delivery"]
    assert [json.loads(content["body"]["shown"]) for content in found] == json.loads(done.stdout)
    assert desk.checkpoints() == [1, len(records)]
    late, start, again = (header["inputs"] for header, _ in records if header["type"] == "diagnosis")
    assert (len(late), len(start), again) == (61, 15, late)
    assert types(records).count("answer") == 76


@pytest.mark.parametrize("format", ["markdown", "html", "json"])
def test_every_format_is_recorded_as_it_was_shown(desk: Desk, format: str) -> None:
    shown = command(desk, "diagnose", str(LATE), "--format", format, "--output", str(desk.folder / "page"), *REFERENCE)
    assert (shown.exit_code, shown.stdout) == (0, "")
    [body] = bodies(desk.records(), "diagnosis").values()
    text = (desk.folder / "page").read_text(encoding="utf-8")
    assert (body["format"], body["shown"].rstrip("\n")) == (format, text.rstrip("\n"))


@pytest.mark.parametrize("more", [[], ["--full"], ["--format", "html"]], ids=["one screen", "full", "html"])
def test_each_of_several_cases_is_recorded_as_its_part_was_shown_and_replays(desk: Desk, more: list[str]) -> None:
    done = desk.run("diagnose", str(LATE), str(START), *more)
    assert done.returncode == 0, done.stderr
    found = bodies(desk.records(), "diagnosis")
    for seq, body in found.items():
        part = body["shown"]
        if "html" in more:
            part = part.partition("<main>")[2].partition("</main>")[0]
            part = part[part.index("<article") :]
        assert part in done.stdout
        again = json.loads(command(desk, "trail", "replay", str(seq), "--format", "json").stdout)
        assert (again["identical"], again["page"]) == (True, True)
    assert len(found) == 2


def test_nothing_is_recorded_where_one_of_several_cases_has_faults(desk: Desk) -> None:
    before = desk.records()
    case = desk.case("case: north\nfacts:\n  case_attainment_pct: many\n")
    done = command(desk, "diagnose", str(LATE), case, str(START), *REFERENCE)
    assert (done.exit_code, done.stdout) == (1, "")
    assert desk.records() == before


@pytest.mark.parametrize("rules", ["knowledge", "other"])
def test_the_rules_of_a_record_are_in_the_trail(desk: Desk, rules: str) -> None:
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, desk.folder / "ours" / room)
    if rules == "other":
        with (desk.folder / "ours/rules/pricing.yaml").open("a", encoding="utf-8") as file:
            file.write("# our own remark\n")
    home = salesdx.load(desk.folder / "ours")
    for _ in range(2):
        assert command(desk, "diagnose", str(START), "--home", str(desk.folder / "ours"), *REFERENCE).exit_code == 0
    [(seq, body)] = bodies(desk.records(), "rule_base").items()
    assert (seq, body["files"]) == (1, sorted(home.files))
    with open_trail(str(desk.folder / "ours.trail"), write=False).read() as reader:
        assert reader.rule_base(home.digest) == home.files


def test_what_is_recorded_reads_back_to_the_same_facts_and_the_same_result(base: RuleBase, tmp_path: Path) -> None:
    """Every worked case and every example."""
    paths = [*cases_in(ROOT / "rules/cases"), *sorted(cases_in(ROOT / "examples"))]
    trail = create(str(tmp_path / "trail"), SigningKey(new_private_key(), new_origin()), Person("Anna"))
    found = {}
    with trail.append() as appender:
        for path in paths:
            diagnosis = salesdx.diagnose(base, salesdx.read_case(path, base), "compiled")
            found[record_diagnosis(appender, diagnosis, "", "text", Person("Bob"))] = diagnosis
    assert len(found) == len(paths) > 50
    with trail.read() as reader:
        for seq, diagnosis in found.items():
            content = reader.row(seq).content
            assert content is not None
            again = recorded_memory(content["body"], base)
            assert with_record(again) == diagnosis.memory
            assert recorded_result(salesdx.diagnose(base, again, "reference")) == content["body"]["result"]


def test_a_worked_case_is_not_recorded_by_commands_and_never_signed(desk: Desk, base: RuleBase) -> None:
    """Two lines in a file, `stated` and `expect`, would else say that bare facts come from those who must know."""
    known = salesdx.read_case(ROOT / "examples/complete-file.yaml", base)
    own = Statement(kind="signed record", date=known.period[1] if known.period else None, supposed=True)
    values = {term: said[0].value for term, said in known.statements.items() if term not in known.fixed}
    bare = {term: (replace(own, value=value),) for term, value in values.items() if value is not None}
    path = desk.folder / "worked.yaml"
    path.write_text(new_case(replace(known, statements=bare, firm=None, result={})), "utf-8")
    before = len(desk.records())
    for words in (("diagnose", path), ("explain", path, "--why-not", "goals"), ("interview", path, "--by", "hr")):
        done = command(desk, *map(str, words), stdin="quit\n")
        assert (done.exit_code, "is a worked case" in done.output) == (1, True), done.output
    assert len(desk.records()) == before
    trail = create(str(desk.folder / "other"), SigningKey(new_private_key(), new_origin()), Person("Anna"))
    found = salesdx.diagnose(base, salesdx.read_case(path, base), "reference")
    assert found.to_dict()["termination"] == "eligible_for_human_review"
    with trail.append() as appender:
        seq = record_diagnosis(appender, found, "", "text", Person("Bob"))
    with trail.read() as reader, pytest.raises(Refused, match="is of a worked case, whose facts nobody states"):
        complete_file(replayed(reader, seq))


# --- the other commands -----------------------------------------------------------------------------------------------


def test_an_explanation_is_recorded_as_it_is_shown(desk: Desk) -> None:
    done = desk.run("explain", str(LATE), "--why-not", "pricing", "--what-if", "delivery_otif_pct=96", *REFERENCE)
    assert done.returncode == 0, done.stderr
    records = desk.records()
    header, content = records[-1]
    assert (header["type"], content["case"], content["actor"]) == ("explanation", "late-delivery", "Bob")
    assert content["body"]["shown"] == done.stdout
    assert content["body"]["asked"] == "why_not pricing; what_if delivery_otif_pct is 96"
    assert header["inputs"] == sorted(answer["seq"] for answer in answers(records).values())
    assert len(header["inputs"]) > 40


def test_collected_answers_are_recorded_as_statements_of_their_respondents(desk: Desk) -> None:
    case = desk.case(START.read_text(encoding="utf-8"))
    form = command(desk, "ask", case, "--respondent", "production").stdout
    desk.case(form.replace("answer: \n", "answer: 78%\n", 1), "production.yaml")
    before = len(desk.records())
    assert before == 1  # asking is no decision
    done = desk.run("collect", case, "production.yaml")
    assert done.returncode == 0, done.stderr
    records = desk.records(before)
    assert types(records) == ["rule_base", "answer", "answer", "explanation"]
    before_it, body = bodies(records, "answer").values()
    assert (before_it["term"], before_it["way"]) == ("case_attainment_pct", "case file")
    assert (body["way"], body["before"]) == ("questionnaire", [])
    assert [(said["value"], said["by"]) for said in body["statements"]] == [("78", "production")]
    shown = records[-1][1]["body"]["shown"]
    assert done.stdout == f"{shown}saved in mine.yaml\n"
    desk.case(form.replace("answer: \n", "answer: 80%\n", 1), "production.yaml")
    assert command(desk, "collect", case, "production.yaml").exit_code == 0
    [later] = bodies(desk.records(before + len(records)), "answer").values()
    assert (later["before"], later["statements"][0]["value"]) == (body["statements"], "80")


def test_an_interview_is_recorded_answer_by_answer(desk: Desk) -> None:
    lines = "2026-Q3\ncompany\n\n76\nyes\nchange case_attainment_pct 81\nshow\nlater\nquit\n"
    done = desk.run("interview", "talk.yaml", "--by", "sales_manager", stdin=lines)
    assert done.returncode == 0, done.stderr
    records = desk.records(1)
    assert types(records) == ["rule_base", *["answer"] * 5, "diagnosis"]
    said = [
        (body["term"], [part["value"] for part in body["statements"]]) for body in bodies(records, "answer").values()
    ]
    assert said[:3] == [
        ("case_period_end", ["2026-09-30"]),
        ("case_subject", ["company"]),
        ("case_attainment_pct", ["76"]),
    ]
    assert said[4] == ("case_attainment_pct", ["81"])
    last = list(bodies(records, "answer").values())[-1]
    assert (last["way"], [part["value"] for part in last["before"]]) == ("interview", ["76"])
    assert records[-1][0]["inputs"] == sorted(answer["seq"] for answer in answers(records).values()) == [2, 3, 5, 6]
    assert records[-1][1]["body"]["shown"] in done.stdout
    assert len(desk.checkpoints()) == 1 + 5 + 1  # each answer is on the disk before the next question


def test_a_changed_head_is_recorded_like_a_changed_answer(desk: Desk) -> None:
    lines = "2026-Q3\ncompany\n\n76\nchange subject territory\n\nchange period 2026-Q2\n\nquit\n"
    done = desk.run("interview", "talk.yaml", "--by", "sales_manager", stdin=lines)
    assert done.returncode == 0, done.stderr
    said = [
        (body["term"], [part["value"] for part in body["before"]], [part["value"] for part in body["statements"]])
        for body in bodies(desk.records(1), "answer").values()
    ]
    assert said[3:] == [
        ("case_subject", ["company"], ["territory"]),
        ("case_period_end", ["2026-09-30"], ["2026-06-30"]),
        ("case_attainment_pct", ["76"], ["76"]),
    ]


def test_an_interview_from_a_file_is_recorded_with_its_result(desk: Desk, base: RuleBase) -> None:
    done = desk.run("interview", str(START), "--answers", str(LATE), "--dry-run")
    assert done.returncode == 0, done.stderr
    [body] = bodies(desk.records(), "diagnosis").values()
    assert body["shown"] in done.stdout
    assert json.loads(body["result"])["concluded"] == "delivery"


def test_an_interview_that_is_killed_before_it_records_is_recorded_when_it_goes_on(desk: Desk) -> None:
    """Another writer holds the trail, so that the interview has saved an answer and waits to record it."""
    assert command(desk, "interview", "talk.yaml", stdin="\n\ncompany\n\nquit\n").exit_code == 0
    before = len(desk.records())
    with closing(sqlite3.connect(desk.folder / "ours.trail", isolation_level=None)) as writer:
        words = [sys.executable, str(ROOT / "cli.py"), "interview", "talk.yaml"]
        with subprocess.Popen(
            words, cwd=desk.folder, env=desk.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as talk:
            assert talk.stdin is not None and talk.stdout is not None
            while "?" not in talk.stdout.readline():  # the question: until then it has nothing to record
                pass
            writer.execute("BEGIN IMMEDIATE")
            talk.stdin.write("\n76\n")
            talk.stdin.flush()
            while "case_attainment_pct" not in (desk.folder / "talk.yaml").read_text(encoding="utf-8"):
                time.sleep(0.01)
            talk.send_signal(signal.SIGKILL)
        writer.execute("ROLLBACK")
    assert len(desk.records()) == before
    assert command(desk, "interview", "talk.yaml", stdin="\nquit\n").exit_code == 0
    [(header, content)] = desk.records(before)
    assert (header["type"], content["body"]["term"]) == ("answer", "case_attainment_pct")
    assert [said["value"] for said in content["body"]["statements"]] == ["76"]
    assert command(desk, "interview", "talk.yaml", stdin="\nquit\n").exit_code == 0
    assert len(desk.records()) == before + 1


# --- where to record --------------------------------------------------------------------------------------------------


def test_the_settings_of_a_firm(desk: Desk) -> None:
    """A file in the user's folder for settings; what the environment and the command say counts first."""
    desk.variables = {}
    folder = desk.folder / ".config/salesdx"
    folder.mkdir(parents=True)
    other = desk.folder / "elsewhere.key"
    shutil.move(desk.folder / "ours.trail.key", other)
    told = {"trail": str(desk.folder / "ours.trail"), "key": str(other), "as": "Zoë", "role": "hr"}
    (folder / "settings.toml").write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in told.items()))
    assert desk.run("diagnose", str(START), *REFERENCE).returncode == 0
    assert other.with_name("elsewhere.key.signed").exists()
    desk.variables = {"SALESDX_AS": "Bob"}
    assert desk.run("diagnose", str(START), *REFERENCE, "--role", "legal").returncode == 0
    found = [(content["actor"], header["role"]) for header, content in desk.records() if header["type"] == "diagnosis"]
    assert found == [("Zoë", "hr"), ("Bob", "legal")]
    desk.variables = {"SALESDX_TRAIL": "no such trail"}
    done = command(desk, "diagnose", str(START), *REFERENCE)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "error: there is no trail `no such trail`; `salesdx trail init --trail no such trail` makes one\n"
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"trial = 'ours.trail'", "`trial` is not one of trail, key, as, role, host, port,"),
        (b"trail = 1", "`trail` is not one of"),
        (b"trail = true", "`trail` is not one of"),
        (b"port = true", "`port` is not one of"),
        (b"trail = ' '", "`trail` is not one of"),
        (b"[trail]\nfile = 'ours.trail'", "`trail` is not one of"),
        (b"trail: ours.trail", "cannot be read"),
        (b"trail = 'a\xff'", "cannot be read"),
        (b"\x00", "cannot be read"),
        (None, "cannot be read: there is no such file"),
    ],
)
def test_settings_that_cannot_be_read_stop_the_command(
    desk: Desk, small: list[str], data: bytes | None, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A firm that thinks that it records must not go on without."""
    monkeypatch.delenv("SALESDX_TRAIL", raising=False)
    monkeypatch.setenv("SALESDX_SETTINGS", str(desk.folder / "settings.toml"))
    if data is not None:
        (desk.folder / "settings.toml").write_bytes(data)
    found = CliRunner().invoke(cli, ["diagnose", str(START), *small], prog_name="salesdx")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "settings.toml" in found.stderr and message in found.stderr


def test_a_variable_that_a_script_forgot_does_not_turn_recording_off(desk: Desk) -> None:
    found = command(desk, "diagnose", str(START), *REFERENCE, "--trail", "")
    assert (found.exit_code, found.stdout) == (2, "")
    assert "--trail names no trail" in found.stderr


def test_without_a_trail_nothing_is_recorded(desk: Desk) -> None:
    desk.variables = {}
    assert command(desk, "diagnose", str(START), *REFERENCE).exit_code == 0
    assert len(desk.records()) == 1


@pytest.mark.parametrize(
    "name", ["Zoë O'Brien-李 😀", '"; DROP TABLE name; --', "<b>&amp;", "a" * 100, "0", "null", "\\"]
)
def test_names_with_odd_characters(desk: Desk, small: list[str], name: str) -> None:
    case = desk.case(
        f"case: {json.dumps(name, ensure_ascii=False)}\nsubject: {{kind: person, ref: E-1}}\nfacts: {{}}\n"
    )
    found = command(desk, "diagnose", case, *small, "--as", name, "--role", name)
    assert found.exit_code == 0, found.stderr
    header, content = desk.records()[-1]
    assert (content["actor"], content["case"], header["role"]) == (name, name, name)


@pytest.mark.parametrize("name", ["two\nlines", "a" * 101, "\x1b[31mred", "\udcff", "a\u202eb"])
def test_names_that_are_refused(desk: Desk, name: str) -> None:
    """The third last is what a byte that is no UTF-8 becomes."""
    found = command(desk, "diagnose", str(START), *REFERENCE, "--as", name)
    assert (found.exit_code, found.stdout) == (2, "")
    assert "--as is a name of at most 100 characters on one line" in found.stderr
    assert len(desk.records()) == 1


# --- nothing is shown that is not recorded ----------------------------------------------------------------------------


def command(desk: Desk, *words: str, stdin: str | None = None) -> Result:
    """A command in this process, from the desk's folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(desk.folder)
        for name in [name for name in os.environ if name.startswith(("SALESDX", "XDG"))]:
            patch.delenv(name)
        for name, value in {"COLUMNS": "80", "HOME": str(desk.folder), **desk.variables}.items():
            patch.setenv(name, value)
        return CliRunner().invoke(cli, words, input=stdin, prog_name="salesdx", catch_exceptions=False)


def altered(*statements: str) -> Callable[[Desk], None]:
    """Change the tables, past their triggers."""

    def alter(desk: Desk) -> None:
        with closing(sqlite3.connect(desk.folder / "ours.trail")) as connection:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    return alter


def another_key(desk: Desk) -> None:
    (desk.folder / "ours.trail.key").unlink()
    write_private_key(desk.folder / "ours.trail.key", new_private_key())


def no_room_for_the_journal(desk: Desk) -> None:
    """The database cannot write: where its journal should be, there is a folder."""
    (desk.folder / "ours.trail-journal").mkdir()


def older_copy(desk: Desk) -> None:
    copy = (desk.folder / "ours.trail").read_bytes()
    assert command(desk, "diagnose", str(START), *REFERENCE).exit_code == 0
    (desk.folder / "ours.trail").write_bytes(copy)


FAILURES: list[tuple[str, Callable[[Desk], object], str]] = [
    ("no key", lambda desk: (desk.folder / "ours.trail.key").unlink(), "the key `ours.trail.key` cannot be read"),
    ("open key", lambda desk: (desk.folder / "ours.trail.key").chmod(0o644), "can be read by others; `chmod 600"),
    ("group key", lambda desk: (desk.folder / "ours.trail.key").chmod(0o640), "can be read by others; `chmod 600"),
    ("no PEM", lambda desk: (desk.folder / "ours.trail.key").write_text("key"), "holds no Ed25519 private key"),
    ("another key", another_key, "not signed by this key"),
    ("no trail", lambda desk: (desk.folder / "ours.trail").unlink(), "there is no trail `ours.trail`"),
    ("empty", lambda desk: (desk.folder / "ours.trail").write_bytes(b""), "`ours.trail` is no trail"),
    ("text", lambda desk: (desk.folder / "ours.trail").write_text("a trail\n" * 200), "`ours.trail` is no trail"),
    ("cut file", lambda desk: os.truncate(desk.folder / "ours.trail", 30_000), "malformed"),
    ("other tables", altered("DROP TABLE alembic_version"), "`ours.trail` is no trail"),
    ("no head", altered("DELETE FROM head"), "cannot be used"),
    ("newer", altered("UPDATE alembic_version SET version_num = '9999'"), "a newer salesdx is needed"),
    ("older", altered("UPDATE alembic_version SET version_num = '0001'"), "`salesdx trail upgrade` brings them"),
    (
        "longer head",
        altered("UPDATE head SET size = 2, frontier = CAST(frontier || frontier AS BLOB)"),
        "nothing is appended",
    ),
    ("other root", altered("UPDATE head SET frontier = zeroblob(32)"), "and nothing is appended"),
    ("cut head", altered("UPDATE head SET size = 0, frontier = x''"), "the trail holds 0 records, and 1 were signed"),
    ("no checkpoint", altered("DELETE FROM checkpoint"), "there is no such checkpoint"),
    ("older copy", older_copy, "brought back from an older copy"),
    ("no journal", no_room_for_the_journal, "the trail `ours.trail` failed"),
]


@pytest.mark.parametrize(("spoil", "message"), [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES])
def test_a_diagnosis_that_cannot_be_recorded_is_not_shown(
    desk: Desk, small: list[str], spoil: Callable[[Desk], object], message: str
) -> None:
    spoil(desk)
    for more in ([], ["--output", "page.txt"]):
        found = command(desk, "diagnose", str(START), *small, *more)
        assert (found.exit_code, found.stdout) == (1, "")
        assert message in found.stderr
        assert re.fullmatch(r"error: [^\n]+\n", found.stderr)
    assert not (desk.folder / "page.txt").exists()


WAYS = [
    ["explain", str(LATE), *REFERENCE],
    ["interview", str(START), "--answers", str(LATE), "--dry-run"],
    ["interview", "mine.yaml"],
    ["collect", "mine.yaml", "production.yaml"],
]


@pytest.mark.parametrize("way", WAYS, ids=["explain", "interview from a file", "interview", "collect"])
def test_no_other_command_shows_a_result_that_cannot_be_recorded(desk: Desk, way: list[str]) -> None:
    case = desk.case(START.read_text(encoding="utf-8"))
    form = command(desk, "ask", case, "--respondent", "production").stdout
    desk.case(form.replace("answer: \n", "answer: 78%\n", 1), "production.yaml")
    no_room_for_the_journal(desk)
    found = command(desk, *way, stdin="\n\ncompany\n\n76\n")
    assert found.exit_code == 1
    assert "error: the trail `ours.trail` failed" in found.stderr
    shown = found.stdout
    assert not re.search(r"CONFIRMED|confirmed|Ask first|Production: 1 answer|What to do|saved", shown), shown
    assert "Traceback" not in found.stderr


def test_a_trail_that_another_writer_holds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    with closing(sqlite3.connect(desk.folder / "ours.trail", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        found = command(desk, "diagnose", str(LATE), *REFERENCE)
        assert (found.exit_code, found.stdout) == (1, "")
        assert (
            "error: others are writing to the trail `ours.trail`; nothing was recorded, try again in a minute"
            in found.stderr
        )
    assert command(desk, "diagnose", str(LATE), *REFERENCE).exit_code == 0


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("folder", "`folder` is a folder"),
        ("mysql://db/x", "a trail lies in a SQLite file or in PostgreSQL, not in `mysql`"),
        ("://", "a trail lies in a SQLite file or in PostgreSQL, not in ``"),
        ("postgresql://[", "error: "),
        ("postgresql://nobody:secret@127.0.0.1:1/x", "error: the trail `postgresql://127.0.0.1:1/x` failed"),
        ("a\0b", "error: "),
        ("a" * 5000, "error: "),
        ("sqlite:///no.trail", "there is no trail `no.trail`"),
        ("~", "there is no trail `~`"),
    ],
)
@pytest.mark.parametrize("words", [["diagnose", str(START)], ["trail", "keys", "list"]], ids=["write", "read"])
def test_places_that_hold_no_trail(desk: Desk, small: list[str], where: str, message: str, words: list[str]) -> None:
    words = [*words, *(small if words[0] == "diagnose" else [])]
    (desk.folder / "folder").mkdir()
    found = command(desk, *words, "--trail", where, "--key", "ours.trail.key")
    assert (found.exit_code, found.stdout) == (1, "")
    assert message in found.stderr and "secret" not in found.stderr
    assert len(desk.records()) == 1


def test_a_new_trail_has_a_key_of_its_own(desk: Desk) -> None:
    """The file beside a key remembers how far that key has signed one trail."""
    found = command(desk, "trail", "init", "--trail", "second.trail", "--key", "ours.trail.key")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == (
        "error: the key `ours.trail.key` has signed a trail already; a new trail has a key of its own\n"
    )
    assert not (desk.folder / "second.trail").exists()
    assert command(desk, "diagnose", str(START), *REFERENCE).exit_code == 0
    for name in ("ours.trail", "ours.trail.key"):
        (desk.folder / name).unlink()
    assert command(desk, "trail", "init").exit_code == 0  # another key: what the old one had signed is not its own
    assert command(desk, "diagnose", str(START), *REFERENCE).exit_code == 0


def test_where_the_libraries_of_the_trail_are_missing_a_message_says_what_to_install(desk: Desk) -> None:
    script = "import sys; sys.modules['cryptography'] = None; from salesdx.__main__ import main; main()"
    command = [sys.executable, "-c", script, "diagnose", str(START), *REFERENCE]
    done = subprocess.run(command, cwd=desk.folder, env=desk.environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: the trail needs cryptography: `pip install 'salesdx[trail]'`\n"
