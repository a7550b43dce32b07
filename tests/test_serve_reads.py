"""Reading at the service: who sees what, by role and read, value by value; and that every read leaves a mark."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from commands import run_salesdx
from conftest import ROOT
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text, read_case_file
from salesdx.ledger.errors import TrailError
from salesdx.ledger.marks import all_marks, leave_mark
from salesdx.ledger.tables import MARK
from salesdx.services.reads import READS
from salesdx.trail.book import UNSEEN
from salesdx.trail.recording import recorded_case
from served import Office, going_on, office

COMPLETE, LATE = ROOT / "examples/complete-file.yaml", ROOT / "examples/late-delivery.yaml"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
ROLES = {
    "cleo": "hr", "ada": "auditor", "dan": "sales_manager", "dora": "sales_manager", "finn": "reviewer",
    "gwen": "reviewer", "wes": "works_council", "e-2077": "employee gwen", "kim": "consultant",
}  # fmt: skip


@dataclass(frozen=True)
class Recorded:
    """The records of a firm with two cases, and what the trail calls them."""

    mine: int
    other: int
    file: int
    letter: int
    cases: tuple[str, ...]
    subject: str


def recorded(firm: Office) -> Recorded:
    """`complete-file`, about E-2077, begun by dan, and `late-delivery`, begun by dora."""
    firm.enter(**ROLES)
    for who in ("dan", "dora", "cleo"):
        firm.log_in(who)
    firm.adopt()
    firm.stated("dan", COMPLETE)
    (firm.folder / "warning.pdf").write_bytes(PDF)
    firm.run("cleo", "trail", "attach", "complete-file", "warning.pdf", "--reason", "first warning")
    firm.run("dan", "diagnose", COMPLETE)  # a paper voids what was concluded before it
    firm.run("dora", "diagnose", LATE)
    firm.run("cleo", "trail", "explain-to", "employee", "complete-file")
    with firm.trail.read() as reader:
        found = {row.header["type"]: row.seq for row in reader.rows() if row.header["role"] == "hr"}
        *_, mine, other = (row.seq for row in reader.rows(types=("diagnosis",)))
        cases = tuple(str(reader.row(seq).header["case"]) for seq in (mine, other))
        return Recorded(
            mine, other, found["attachment"], found["letter"], cases, str(reader.row(mine).header["subject"])
        )


class Desk:
    """Where people read in such a firm."""

    def __init__(self, firm: Office, told: Recorded) -> None:
        self.firm, self.tokens = firm, dict[str, str]()
        self.mine, self.other, self.file, self.letter = told.mine, told.other, told.file, told.letter
        self.cases, self.subject = told.cases, told.subject
        self.told = 0
        self.marks()

    def read(self, who: str, kind: str, format: str = "text", **body: object) -> httpx.Response:
        """A read as any program makes it."""
        if who not in self.tokens:
            self.tokens[who] = self.firm.token(who)
        return self.firm.call("POST", f"/reads/{kind}?format={format}", self.tokens[who], json=body)

    def reads(self) -> dict[str, tuple[str, dict[str, object]]]:
        """Every read of the matrix."""
        return {
            "tasks": ("tasks", {}),
            "list": ("list", {}),
            "diagnosis": ("record", {"named": str(self.mine)}),
            "by its case": ("record", {"named": "complete-file"}),
            "as it was shown": ("record", {"named": str(self.mine), "page": True}),
            "another's diagnosis": ("record", {"named": str(self.other)}),
            "letter": ("record", {"named": str(self.letter)}),
            "beginning": ("record", {"named": "0"}),
            "file": ("attachment", {"record": self.file}),
            "case": ("case", {"case": "complete-file"}),
            "another's case": ("case", {"case": "late-delivery"}),
            "person": ("person", {"subject": "E-2077"}),
            "reads": ("reads", {"subject": "E-2077"}),
            "signing": ("sign-off", {"record": self.mine}),
        }

    def marks(self) -> list[tuple[str, str, str, list[int]]]:
        """The marks since the last time."""
        with self.firm.trail.read() as reader:
            found = [mark for mark in all_marks(reader) if mark.number > self.told]
        self.told = max([self.told, *(mark.number for mark in found)])
        return [(mark.person, mark.role, mark.kind, [n for span in mark.records for n in span]) for mark in found]


@pytest.fixture
def desk(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Desk]:
    with going_on(tmp_path, where, base, recorded) as (firm, told):
        yield Desk(firm, told)


@pytest.fixture
def small(tmp_path: Path, base: RuleBase) -> Iterator[Desk]:
    """The same where the database is no matter: who sees what is asked of the policy and the records."""
    with going_on(tmp_path, str(tmp_path / "trail"), base, recorded) as (firm, told):
        yield Desk(firm, told)


ALL = set(Desk.reads(type("Any", (), {"mine": 0, "other": 0, "letter": 0, "file": 0})()))  # type: ignore[arg-type]
OWN = {"tasks", "list"}
WORK = {*OWN, "diagnosis", "by its case", "as it was shown", "case", "signing"}
SEES = {
    "cleo": ALL,
    "ada": ALL,
    "dan": WORK,
    "dora": {*OWN, "another's diagnosis", "another's case"},
    "finn": {*WORK, "letter", "file"},
    "gwen": OWN,
    "leo": OWN,
    "wes": OWN,
    "e-2077": {*OWN, "letter", "case", "reads"},
    "anna": {"tasks"},
    "kim": {"tasks"},
}
"""Who -> the reads of the matrix that they get; all else is 404."""


def test_who_may_read_what(small: Desk) -> None:
    before, left = size(small), []
    for who, seen in SEES.items():
        got = {}
        for name, (kind, body) in small.reads().items():
            given = small.read(who, kind, **body)
            got[name] = given.status_code
            if given.status_code == 404:
                told = given.json()
                assert (told["title"], "page" in told) == ("Not Found", False)
                assert told["detail"] == UNSEEN, (who, name)
            else:
                left.append((who, small.firm.roles[who], kind))
        assert got == {name: 200 if name in seen else 404 for name in ALL}, who
    assert [mark[:3] for mark in small.marks()] == left, "every page that was shown has its mark, and no other has"
    assert size(small) == before, "no read is an entry of the log"
    newest = {
        who: small.firm.call("GET", "/diagnoses/newest?case=complete-file", small.tokens[who]).status_code
        for who in SEES
    }
    told = {"cleo", "ada", "dan", "finn", "gwen"}
    assert newest == {who: 200 if who in told else 404 for who in SEES}


def size(desk: Desk) -> int:
    with desk.firm.trail.read() as reader:
        return reader.head().size


def test_a_list_and_a_story_hold_what_is_seen_and_no_more(small: Desk) -> None:
    def listed(who: str, **wanted: object) -> set[tuple[str, str]]:
        found = json.loads(small.read(who, "list", "json", **wanted).json()["page"])
        return {((one["case"] or {}).get("name"), one["type"]) for one in found}

    rules = (None, "rule_base")
    assert listed("dan") == {("complete-file", "answer"), ("complete-file", "diagnosis"), rules}
    assert listed("dora") == {("late-delivery", "answer"), ("late-delivery", "diagnosis"), rules}
    assert listed("finn") == {("complete-file", t) for t in ("answer", "diagnosis", "attachment", "letter")} | {rules}
    assert listed("e-2077") == {("complete-file", "letter"), rules}
    assert listed("wes") == listed("gwen") == {rules}
    assert listed("leo") == {rules, (None, "rules_confirmed")}, "what he did himself"
    assert (None, "person_added") in listed("cleo") and ("late-delivery", "diagnosis") in listed("ada")
    for narrowed in ({"case": "complete-file"}, {"subject": "E-2077"}, {"case": "no-such-case"}, {"subject": "E-1"}):
        assert listed("dora", **narrowed) == set(), "a case that there is not, and one not seen, look the same"
    story = json.loads(small.read("e-2077", "case", "json", case="complete-file").json()["page"])
    assert [event["type"] for event in story["events"]] == ["letter"] and story["hidden"] > 50
    page = " ".join(small.read("dan", "case", case="complete-file").json()["page"].split())
    assert "2 records of this case are not shown to you in your role." in page and "first warning" not in page


def test_the_pages_are_those_of_the_command_where_the_trail_lies(small: Desk) -> None:
    """By the command line at both doors, byte for byte; the trail is named as its reader names it."""
    firm, where = small.firm, str(small.firm.folder / "trail")
    reads: dict[tuple[str, ...], tuple[str, ...]] = {
        ("list", "--type", "diagnosis"): ("text", "csv", "json", "html", "markdown"),
        ("list", "--case", "complete-file", "--limit", "3"): ("text", "csv"),
        ("show", str(small.mine)): ("text", "json", "html", "markdown"),
        ("show", "complete-file"): ("text",),
        ("show", str(small.mine), "--shown"): ("text",),
        ("case", "complete-file"): ("text", "json", "html", "markdown"),
        ("person", "E-2077"): ("text", "json", "html", "markdown"),
    }
    env = {"PATH": "/usr/bin:/bin", "HOME": str(firm.folder), "COLUMNS": "80", "LANG": "C.UTF-8"}
    for words, formats in reads.items():
        for format in formats:
            command = ("trail", *words, "--format", format)
            served = firm.run("cleo", *command)
            here = run_salesdx(*command, "--trail", where, cwd=firm.folder, env=env)
            assert here.returncode == 0, here.stderr
            here_flat, served_flat = (
                re.sub(r"[\s·]+", " ", text.replace(html(name), "TRAIL").replace(name, "TRAIL"))
                for text, name in ((str(here.stdout), where), (served, firm.url))
            )
            assert served_flat == here_flat, command
    firm.run("cleo", "trail", "attachment", str(small.file), "--output", "given.pdf")
    assert (firm.folder / "given.pdf").read_bytes() == PDF
    tasks = firm.run("cleo", "trail", "tasks")
    assert "Read the case against, and sign or refuse after the time to think: case complete-file" in " ".join(
        tasks.split()
    )
    told = json.loads(firm.run("cleo", "trail", "tasks", "--format", "json"))["tasks"]
    assert [(one["kind"], one["role"]) for one in told if one["record"] == small.mine] == [("read", "hr")]
    firm.log_in("finn")
    assert "complete-file" in firm.run("finn", "trail", "tasks")
    firm.run("cleo", "trail", "sign-off", "complete-file")
    firm.run("cleo", "trail", "tasks", "--format", "ics", "--output", "tasks.ics")
    calendar = (firm.folder / "tasks.ics").read_bytes()
    assert calendar.startswith(b"BEGIN:VCALENDAR\r\n") and calendar.count(b"BEGIN:VEVENT\r\n") >= 1
    firm.run("dan", "trail", "tasks")
    assert "taken, the newest" not in served


def html(name: str) -> str:
    return name.replace("&", "&amp;")


def test_at_the_command_line_what_is_not_seen_is_not_there(small: Desk) -> None:
    firm = small.firm
    for who, words in (
        ("dora", ("case", "complete-file")),
        ("dora", ("show", str(small.mine))),
        ("dora", ("person", "E-2077")),
        ("dora", ("attachment", str(small.file), "--output", "taken.pdf")),
        ("dora", ("sign-off", "complete-file", "--status")),
        ("anna", ("list",)),
        ("anna", ("case", "complete-file")),
    ):
        firm.log_in(who)
        firm.run(who, "trail", *words, fails=UNSEEN)
    assert not (firm.folder / "taken.pdf").exists()
    assert "did you mean" in firm.run("cleo", "trail", "case", "complete-fil", fails="the trail has no case")
    firm.run("cleo", "trail", "replay", str(small.mine), fails="is a service, and this is done where the trail lies")
    assert small.marks() == []
    small.tokens["cleo"] = firm.token("cleo")
    firm.later(hours=9)
    firm.run("cleo", "trail", "case", "complete-file", fails="log in: `salesdx trail people login`")
    assert small.read("cleo", "list").status_code == 401
    assert small.marks() == []


def test_who_read_is_told_on_request(small: Desk) -> None:
    firm = small.firm
    for who in ("dan", "ada", "e-2077"):
        firm.log_in(who)
    firm.run("cleo", "trail", "person", "E-2077")
    firm.run("dan", "trail", "show", str(small.mine))
    firm.run("dora", "trail", "case", "late-delivery")
    firm.run("cleo", "trail", "attachment", str(small.file), "--output", "given.pdf")
    firm.run("cleo", "trail", "export", "late-delivery", "--output", "late.zip")
    spoken = {"case": "complete-file", "text": "she was ill in May"}
    assert firm.call("POST", "/acts/statement", firm.token("wes"), json=spoken).status_code == 200
    firm.run("ada", "trail", "export", "--all", "--output", "all.zip")
    told = json.loads(firm.run("cleo", "trail", "person", "E-2077", "--reads", "--format", "json"))
    told["reads"] = [one for one in told["reads"] if one["kind"] != "statements"]  # what those saw who vouched
    assert [(one["person"], one["role"], one["kind"]) for one in told["reads"]] == [
        ("cleo", "hr", "letter"), ("cleo", "hr", "person"), ("dan", "sales_manager", "record"),
        ("cleo", "hr", "attachment"), ("wes", "works_council", "statement"), ("ada", "auditor", "export"),
    ]  # fmt: skip
    assert [len(one["records"]) > 50 for one in told["reads"]] == [False, True, False, False, False, True]
    assert told["reads"][2]["records"] == [small.mine] and told["reads"][3]["records"] == [small.file]
    assert told["reads"][0]["records"] == told["reads"][4]["records"] == [small.mine], "shown as they wrote on it"
    assert told["missing"] == 0
    own = firm.run("e-2077", "trail", "person", "E-2077", "--reads")
    assert "sales_manager" in own and "dan" not in own and "who read what" in own, "a reader goes by the role"
    assert own.count("auditor") == 1 and "no key signs it" in own
    firm.run("e-2077", "trail", "person", "E-2077", fails=UNSEEN)
    firm.run("e-2077", "trail", "person", "WOOD-2", "--reads", fails=UNSEEN)
    firm.run("dan", "trail", "person", "E-2077", "--reads", fails=UNSEEN)
    firm.run("cleo", "trail", "export", "--person", "E-2077", "--for", "person", "--output", "e2077.zip")
    import zipfile

    report = zipfile.ZipFile(firm.folder / "e2077.zip").read("report.txt").decode()
    rows = report.partition("Who read it")[2].partition("it left none")[0]
    assert "sales_manager" in rows and "the person's file" in rows and "cleo" not in rows


def test_what_others_stated_before_is_read_as_well(small: Desk) -> None:
    """A case of the same subject is told what it leaves out: whoever asks has read it."""
    less = COMPLETE.read_text().replace("case: complete-file", "case: fresh")
    less = re.sub(r"^  scope_market_change_pct:.*\n", "", less, flags=re.M)
    (small.firm.folder / "fresh.yaml").write_text(less)
    (small.firm.folder / "firm.yaml").write_text(COMPLETE.with_name("firm.yaml").read_text())
    small.firm.run("dora", "diagnose", "fresh.yaml")
    memory = read_case_file(small.firm.folder / "fresh.yaml", small.firm.base)
    asked = {"case": recorded_case(memory), "rules": small.firm.base.digest}
    ((who, role, kind, records),) = small.marks()
    assert (who, role, kind, len(records)) == ("dora", "sales_manager", "earlier", 2), "stated, and vouched for"
    with small.firm.trail.read() as reader:
        assert reader.row(records[0]).content["body"]["term"] == "scope_market_change_pct"  # type: ignore[index]
    for who, hidden in (("dora", True), ("cleo", False)):
        (left,) = small.firm.call("POST", "/earlier", small.firm.token(who), json=asked).json()["left_out"]
        assert (left.get("unknown"), "value" in left, "source" in left) == (
            "not known" if hidden else None,
            not hidden,
            not hidden,
        )


# --- attacks ----------------------------------------------------------------------------------------------------------

TRICKS = (
    "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "/etc/passwd", "file:///etc/passwd", "' OR '1'='1", "%", "_",
    "complete-file\u0000", "c-\u0000", "complete-file/", "COMPLETE-FILE", "\u202ecomplete-file", "x" * 100_000, "", " ",
    "-1", "99999", "999999999999999999999", "1e1", "0x1", "١", "{case}", "*",
)  # fmt: skip


def test_tricks_in_names_open_nothing(desk: Desk) -> None:
    tricks = [*TRICKS, *desk.cases[:1], desk.subject, str(desk.mine), "complete-file"]
    for name in tricks:
        for kind, body in (
            ("record", {"named": name}), ("case", {"case": name}), ("person", {"subject": name}),
            ("reads", {"subject": name}),
        ):  # fmt: skip
            given = desk.read("dora", kind, **body)
            assert (given.status_code, given.json()["detail"]) == (404, UNSEEN), (kind, name)
        for key in ("case", "subject", "actor"):
            given = desk.read("dora", "list", "json", **{key: name})
            told = json.loads(given.json()["page"]) if given.status_code == 200 else []
            assert given.status_code == 200 and (not name or told == []), (key, name)
    for record in (-1, 99_999, desk.mine, 1 << 62, 1 << 70):
        for kind in ("attachment", "sign-off"):
            assert desk.read("dora", kind, record=record).status_code in (404, 422), record
    for path in ("/reads/..%2fpeople", "/reads/", "/reads/replay", "/reads/record%00", "/reads/../reads/case"):
        given = desk.firm.call("POST", path, desk.tokens["dora"], json={"case": "complete-file"})
        assert given.status_code in (404, 405, 307) and "page" not in given.text, path
    marks = desk.marks()
    assert {mark[2] for mark in marks} == {"list"} and all(desk.mine not in mark[3] for mark in marks)


def test_nobody_gets_into_a_case_by_recording_something_in_it(small: Desk) -> None:
    """Another manager gives a case of theirs the name of a foreign one, and attaches to it."""
    firm = small.firm
    (firm.folder / "other.pdf").write_bytes(PDF + b"%%EOF\n")
    firm.run("dora", "trail", "attach", "complete-file", "other.pdf", "--reason", "mine")
    (firm.folder / "copy.yaml").write_text(LATE.read_text().replace("case: late-delivery", "case: complete-file"))
    (firm.folder / "firm.yaml").write_text(LATE.with_name("firm.yaml").read_text())
    firm.run("dora", "diagnose", "copy.yaml")
    assert small.read("dora", "record", named=str(small.mine)).status_code == 404
    story = json.loads(small.read("dora", "case", "json", case="complete-file").json()["page"])
    assert {event["actor"]["name"] for event in story["events"]} == {"dora"} and story["hidden"] > 50
    assert small.read("dora", "person", subject="E-2077").status_code == 404
    assert small.read("dora", "attachment", record=small.file).status_code == 404


def test_a_case_of_somebody_else_under_the_same_name_is_another_case(small: Desk) -> None:
    """Who began a case, or signs in it, sees nothing of another person to whom its name is given."""
    firm = small.firm
    firm.log_in("finn")
    firm.run("finn", "trail", "sign-off", "complete-file")
    (firm.folder / "copy.yaml").write_text(COMPLETE.read_text().replace("E-2077", "E-9"))
    (firm.folder / "firm.yaml").write_text(COMPLETE.with_name("firm.yaml").read_text())
    firm.run("cleo", "diagnose", "copy.yaml")
    for who in ("dan", "finn"):
        assert small.read(who, "record", named=str(small.mine)).status_code == 200
        assert small.read(who, "record", named=str(firm.newest("complete-file"))).status_code == 404, who


def test_nobody_reads_what_was_said_before_in_a_record_of_their_own(small: Desk) -> None:
    """Another manager answers in a foreign case: what they record tells what it takes the place of."""
    text = "case: complete-file\nsubject: {kind: person, ref: E-2077}\nperiod: {from: 2026-07-01, to: 2026-09-30}\n"
    text += "facts: {}\n"
    memory = case_from_text(text, "a case", small.firm.base)
    told = {"case": recorded_case(memory), "rules": small.firm.base.digest, "way": "interview"}
    assert small.firm.call("POST", "/acts/answers", small.firm.token("dora"), json=told).status_code == 200
    small.marks()
    assert "ERP invoice lines" not in small.read("dora", "case", "json", case="complete-file").text
    for one in json.loads(small.read("dora", "list", "json", case="complete-file").json()["page"]):
        assert not json.loads(small.read("dora", "record", "json", named=str(one["seq"])).json()["page"])["body"][
            "before"
        ]


def test_who_is_told_whose_word_something_is_has_read_it(small: Desk) -> None:
    """Another manager sends a case that leaves out nothing, and learns who vouched for it and who began it."""
    memory = read_case_file(COMPLETE, small.firm.base)
    asked = {"case": recorded_case(memory), "rules": small.firm.base.digest}
    for who, marked in (("dan", []), ("dora", ["earlier"])):
        told = small.firm.call("POST", "/earlier", small.firm.token(who), json=asked).json()
        assert (told["left_out"], told["persons"]["person"]) == ([], "dan")
        assert [kind for _, _, kind, _ in small.marks()] == marked, who


def test_what_is_no_case_is_told(small: Desk) -> None:
    firm, file = small.firm, {"case_file": "case: a\n"}
    for more in ({"case_file": 5}, {"today": "x"}, {"firm": 3}, {"persons": {}}, {"left_out": [{}]}, {"left_out": 1}):
        told = {"rules": firm.base.digest, "way": "case file", "case": file | more}
        given = firm.call("POST", "/acts/answers", firm.token("dora"), json=told)
        assert given.status_code in (409, 503), (more, given.text)


def test_who_a_case_is_about_sees_it_as_that_person_in_every_role(small: Desk) -> None:
    """The person concerned gets the role of HR, or of a reviewer, and sees no more of it."""
    firm = small.firm
    for role in ("hr", "reviewer", "auditor"):
        firm._change(("role_given", {"person": "e-2077", "role": role, "from": "", "until": ""}))
        small.tokens["e-2077"] = firm.token("e-2077", role)
        for kind, body in (
            ("record", {"named": str(small.mine)}), ("attachment", {"record": small.file}),
            ("person", {"subject": "E-2077"}), ("sign-off", {"record": small.mine}),
        ):  # fmt: skip
            assert small.read("e-2077", kind, **body).status_code == 404, (role, kind)
    small.tokens["e-2077"] = firm.token("e-2077", "hr")
    assert small.read("e-2077", "record", named=str(small.other)).status_code == 200


def test_nobody_gets_by_an_act_what_they_do_not_see(small: Desk) -> None:
    """The person concerned takes a copy as HR or the auditor; a manager asks what a foreign diagnosis recommends."""
    firm, before = small.firm, size(small)
    letter = {"record": small.mine, "to": "manager"}
    copies = ({"case": "complete-file"}, {"person": "E-2077", "receiver": "court"}, {})
    for role in ("hr", "auditor"):
        firm._change(("role_given", {"person": "e-2077", "role": role, "from": "", "until": ""}))
        token, before = firm.token("e-2077", role), size(small)
        for act, body in (*(("export", copy) for copy in copies), *([("letter", letter)] if role == "hr" else [])):
            given = firm.call("POST", f"/acts/{act}", token, json=body)
            assert (given.status_code, given.json()["detail"]) == (404, UNSEEN), (role, act, given.text[:300])
    foreign = {"record": small.mine, "reason": "no", "recommendation": "zz"}
    given = firm.call("POST", "/acts/override", firm.token("dora"), json=foreign)
    assert (given.status_code, given.json()["detail"]) == (404, UNSEEN)
    assert size(small) == before
    assert firm.call("POST", "/acts/export", token, json={"case": "late-delivery"}).status_code == 200


def test_who_stands_in_the_line_gets_no_file_by_a_statement(small: Desk) -> None:
    """A statement of the person waits for the reviewers; the one above the person, who cannot sign, sees nothing."""
    small.firm.log_in("e-2077")
    small.firm.run("e-2077", "trail", "statement", "complete-file", "--text", "I was ill in May")
    assert small.read("finn", "case", case="complete-file").status_code == 200
    assert small.read("gwen", "case", case="complete-file").status_code == 404
    story = json.loads(small.read("dan", "case", "json", case="complete-file").json()["page"])
    assert "statement" not in {event["type"] for event in story["events"]}, "nor does who began the case"


def test_an_employee_speaks_in_their_own_case_alone(small: Desk) -> None:
    """Whoever states their view is shown how the case stands under it."""
    token, before = small.firm.token("e-2077"), size(small)
    for case in ("late-delivery", small.cases[1], "no-such-case"):
        given = small.firm.call("POST", "/acts/statement", token, json={"case": case, "text": "I was not there"})
        assert (given.status_code, given.json()["detail"]) == (404, UNSEEN)
    assert size(small) == before
    given = small.firm.call(
        "POST", "/acts/statement", token, json={"case": "complete-file", "text": "I was ill in May"}
    )
    assert given.status_code == 200 and size(small) == before + 1, given.text
    assert small.read("e-2077", "record", named=str(given.json()["record"])).status_code == 200


def test_a_name_that_was_typed_before_the_register_opens_nothing(tmp_path: Path, where: str, base: RuleBase) -> None:
    from salesdx.ledger.keys import SigningKey, new_private_key
    from salesdx.ledger.log import Person, create, new_origin
    from salesdx.trail.sight import Sight

    trail = create(where, SigningKey(new_private_key(), new_origin()), Person("Boot", "hr"), tmp_path / "key.signed")
    with trail.append() as appender:
        seq = appender.add("override", {"reason": "x"}, Person("dan", "sales_manager"), case="c")
    for identity, seen in (("typed", False), ("token", False)):
        with trail.read() as reader:
            by = Person("dan", "sales_manager", identity)
            known = replace(trail.people.register(reader), begun_by=seq + 1)
            sight = Sight(reader, by, base.policy, known, datetime.now(UTC))
            assert sight.sees(reader.row(seq)) is seen


def test_a_decision_stays_sealed_in_every_read(tmp_path: Path, base: RuleBase) -> None:
    """One of two has refused: nobody is shown what and why, in no page and no format; the trail's clock is SQLite's."""
    with going_on(tmp_path, str(tmp_path / "trail"), base, recorded) as (firm, made):
        firm.without_the_clock_of_the_database()
        desk = Desk(firm, made)
        firm.run("cleo", "trail", "sign-off", "complete-file")
        firm.later(hours=25)
        firm.log_in("cleo")
        firm.run("cleo", "trail", "sign-off", "complete-file", "--refuse", "--reason", "the quince was never told")
        with firm.trail.read() as reader:
            (signed,) = reader.rows(types=("sign_off",))
        asked = [*desk.reads().values(), ("record", {"named": str(signed.seq)}), ("list", {"types": ["sign_off"]})]
        texts = 0
        formats = cycle(("text", "json", "html"))  # each person, and each read, in every format
        for turn, (kind, body) in enumerate(asked):
            for who, format in zip(SEES, islice(formats, turn, None), strict=False):
                given = desk.read(who, kind, format, **body)
                assert given.status_code in (200, 404, 422), given.text
                assert "quince" not in given.text and '"refuse"' not in given.text, (who, kind)
                texts += given.status_code == 200
        assert texts > 30
        assert desk.read("cleo", "record", named=str(signed.seq)).status_code == 200
        assert desk.read("finn", "record", named=str(signed.seq)).status_code == 200
        assert desk.read("e-2077", "record", named=str(signed.seq)).status_code == 404


def test_without_its_mark_nothing_is_shown(desk: Desk, alter: Callable[[str], None]) -> None:
    assert desk.read("cleo", "person", subject="E-2077").status_code == 200
    alter("ALTER TABLE mark RENAME TO taken_away")
    for kind, body in desk.reads().values():
        given = desk.read("cleo", kind, **body)
        assert given.status_code == 503 and given.json().keys() == {"type", "title", "status", "detail"}, kind
    assert "Gesch" not in given.text
    desk.firm.run("cleo", "trail", "case", "complete-file", fails="error")
    desk.firm.log_in("dora")
    alter("ALTER TABLE taken_away RENAME TO mark")
    assert desk.read("cleo", "person", subject="E-2077").status_code == 200
    assert [mark[2] for mark in desk.marks()] == ["person", "person"]


def test_while_the_marks_are_locked_nothing_is_shown(desk: Desk, where: str, request: pytest.FixtureRequest) -> None:
    desk.read("cleo", "list")
    held = desk.firm.trail.storage.engine.connect().execution_options(writing=True)
    held.exec_driver_sql("SELECT lock_head()" if "://" in where else "SELECT 1")
    got: list[int] = []
    asking = threading.Thread(target=lambda: got.append(desk.read("cleo", "case", case="complete-file").status_code))
    asking.start()
    asking.join(2)
    assert got == [] and asking.is_alive(), "it waits, and has shown nothing"
    held.rollback()
    held.close()
    asking.join(30)
    assert got == [200] and [mark[2] for mark in desk.marks()] == ["list", "case"]


# --- the table --------------------------------------------------------------------------------------------------------


def test_a_mark_is_never_changed(desk: Desk, where: str, alter: Callable[[str], None], tamper: Callable[[str], None],
                                 request: pytest.FixtureRequest) -> None:  # fmt: skip
    storage = desk.firm.trail.storage
    for _ in range(3):
        leave_mark(storage, "cleo", "hr", "list", [1, 2, 3])
    for sql in (
        "UPDATE mark SET person = 'dan'", "DELETE FROM mark", "DELETE FROM mark WHERE id = 3", "UPDATE mark SET id = 9",
    ):  # fmt: skip
        with pytest.raises(Exception, match=r"a mark is never changed|a mark is kept for 1095 days"):
            alter(sql)
    if "://" in where:
        from psycopg.errors import InsufficientPrivilege

        cluster = request.getfixturevalue("postgresql")
        database = where.partition("@/")[2].partition("?")[0]
        for role in ("salesdx_service", "salesdx_app", "salesdx_auditor"):
            login = f"as_{role}"
            cluster.query(f"DROP ROLE IF EXISTS {login}; CREATE ROLE {login} LOGIN IN ROLE {role}", database)
            for sql in (
                "UPDATE salesdx.mark SET person = 'dan'", "DELETE FROM salesdx.mark", "TRUNCATE salesdx.mark",
                "INSERT INTO salesdx.mark VALUES (9, 'now', 'a', 'b', 'c', '')",
                "SELECT salesdx.number_mark()", "SELECT salesdx.forget_marks()",
            ):  # fmt: skip
                with pytest.raises(InsufficientPrivilege):
                    cluster.query(sql, database, login)
            if role == "salesdx_service":
                assert cluster.query("SELECT count(*) FROM salesdx.mark", database, login) == [(desk.told + 3,)]
                continue
            with pytest.raises(InsufficientPrivilege):
                cluster.query("SELECT * FROM salesdx.mark", database, login)
    else:
        for sql in (
            f"INSERT INTO mark VALUES ({desk.told + 9}, strftime('%Y-%m-%dT%H:%M:%f', 'now'), 'a', 'b', 'c', '')",
            f"INSERT INTO mark VALUES ({desk.told + 4}, '2020-01-01T00:00:00.000000Z', 'a', 'b', 'c', '')",
            "INSERT OR REPLACE INTO mark VALUES (1, strftime('%Y-%m-%dT%H:%M:%f', 'now'), 'a', 'b', 'c', '')",
            "INSERT INTO mark (person, role, kind) VALUES ('a', 'b', 'c')",
        ):  # fmt: skip
            with pytest.raises(Exception, match=r"a mark is|NOT NULL"):
                alter(sql)
    assert desk.marks() == [("cleo", "hr", "list", [1, 2, 3])] * 3


def test_marks_are_kept_for_three_years_and_a_gap_is_told(desk: Desk, tamper: Callable[[str], None]) -> None:
    storage = desk.firm.trail.storage
    for _ in range(4):
        leave_mark(storage, "cleo", "hr", "record", [desk.mine])
    told = json.loads(desk.read("cleo", "reads", "json", subject="E-2077").json()["page"])
    assert ([one["kind"] for one in told["reads"]].count("record"), told["missing"]) == (4, 0)
    tamper("DELETE FROM mark WHERE id = 2")
    page = desk.read("cleo", "reads", subject="E-2077").json()["page"]
    assert "1 mark is gone, as the numbers of the others show." in page


def test_old_marks_go_with_the_next_one(tmp_path: Path, where: str, base: RuleBase, alter: Callable[[str], None],
                                        request: pytest.FixtureRequest) -> None:  # fmt: skip
    with office(tmp_path, where, base) as firm:
        storage = firm.trail.storage
        old = "INSERT INTO mark VALUES (1, '2020-01-01T00:00:00.000000Z', 'a', 'b', 'c', '1')"
        if "://" in where:
            alter(f"SET session_replication_role = replica; {old}; SET session_replication_role = origin")
        else:
            with storage.migrating() as connection:
                (made,) = connection.execute(
                    sa.text("SELECT sql FROM sqlite_master WHERE name = 'mark_next'")
                ).scalars()
                connection.exec_driver_sql("DROP TRIGGER mark_next")
                connection.exec_driver_sql(old)
                connection.exec_driver_sql(made)
        with firm.trail.read() as reader:
            assert [mark.person for mark in all_marks(reader)] == ["a"]
        leave_mark(storage, "cleo", "hr", "list", [7])
        with firm.trail.read() as reader:
            assert [(mark.number, mark.person) for mark in all_marks(reader)] == [(2, "cleo")]


def test_an_older_trail_gets_its_marks_by_an_upgrade(tmp_path: Path, where: str, base: RuleBase) -> None:
    from salesdx.ledger.migrations import migrate

    with office(tmp_path, where, base) as firm:
        storage = firm.trail.storage
        with storage.migrating() as connection:
            migrate(connection, "0005", True)
        firm.roles["anna"] = "admin"
        with pytest.raises(TrailError, match="have version 0005, this program works with 0007"), firm.trail.read():
            pass
        firm.trail.upgrade()
        leave_mark(storage, "cleo", "hr", "list", [])
        told = pytest.raises(TrailError, match="keeps marks of who read it; no migration deletes them")
        with told, storage.migrating() as connection:
            migrate(connection, "0005", True)
        with storage.reading() as reader:
            assert len(reader.connection.execute(sa.select(MARK.c.id)).all()) == 1


# --- verify -----------------------------------------------------------------------------------------------------------


def test_a_trail_is_verified_through_its_service(desk: Desk, alter: Callable[[str], None],
                                                 tamper: Callable[[str], None]) -> None:  # fmt: skip
    from salesdx.ledger.keys import SigningKey, new_private_key

    firm = desk.firm
    assert firm.trail.key is not None
    public = str(firm.trail.key.public)
    with firm.trail.read() as reader:
        (firm.folder / "kept.checkpoint").write_text(reader.checkpoint())
    firm.run("cleo", "trail", "hold", "add", "--case", "late-delivery", "--reason", "lawsuit")

    def verify(*words: str) -> tuple[int, str]:
        env = {"PATH": "/usr/bin:/bin", "HOME": str(firm.folder / "cleo"), "LANG": "C.UTF-8",
               "SALESDX_SETTINGS": str(firm.folder / "cleo" / "settings.toml"), "COLUMNS": "80"}  # fmt: skip
        done = run_salesdx("trail", "verify", "--trail", firm.url, *words, cwd=firm.folder, env=env)
        return done.returncode, str(done.stdout)

    status, told = verify("--public-key", public, "--anchor", "kept.checkpoint")
    assert (status, told.partition("\n")[0]) == (0, "VERIFIED"), told
    assert "the service read the records, and this is its word" in told
    assert "- the last checkpoint is signed by a key that you gave\n- it goes on from your anchor of" in told
    assert verify()[0] == 3
    status, told = verify("--public-key", str(SigningKey(new_private_key(), firm.trail.key.name).public))
    assert status == 4 and "the trail was not signed with the key that you gave" in told
    note = (firm.folder / "kept.checkpoint").read_text().split("\n")
    note[2] = base64.b64encode(b"x" * 32).decode()
    (firm.folder / "forged.checkpoint").write_text("\n".join(note))
    status, told = verify("--public-key", public, "--anchor", "forged.checkpoint")
    assert status == 4 and "checked here: the trail does not go on from your anchor" in told
    token = firm.token("kim")
    for body, code in (
        ({"keys": ["/etc/passwd"]}, 409), ({"keys": ["kept.checkpoint"]}, 409), ({"anchor": "/etc/passwd"}, 409),
        ({"newer_than": "yesterday"}, 409), ({"more": 1}, 422), ({}, 200),
    ):  # fmt: skip
        given = firm.call("POST", "/verification", token, json=body)
        assert given.status_code == code and "root:" not in given.text, given.text
    assert "late" not in given.text and "E-2077" not in given.text and desk.marks() == []
    tamper(f"UPDATE payload SET body = replace(body, 'complete-file', 'complete-life') WHERE seq = {desk.mine}")
    status, told = verify("--public-key", public, "--anchor", "kept.checkpoint")
    assert status == 4 and f"record {desk.mine}" in told, told


def test_a_service_that_lies_is_found_out_as_far_as_it_can_be(small: Desk) -> None:
    """It says VERIFIED of a trail that was cut, or shows a checkpoint of its own."""
    from salesdx.ledger.keys import SigningKey, new_private_key, sign_checkpoint
    from salesdx.ledger.standalone.verifier import read_checkpoint
    from salesdx.services.verifying import ServedVerdict, checked_verdict

    key = small.firm.trail.key
    assert key is not None
    with small.firm.trail.read() as reader:
        notes = [note for _, note in reader.checkpoints()]
    last = read_checkpoint(notes[-1])
    told = ServedVerdict("VERIFIED", (), notes[-2], ())
    cut = checked_verdict(told, [key.public], last)
    assert cut.word == "INVALID" and "more records than the service shows" in str(cut)
    thief = SigningKey(new_private_key(), key.name)
    own = sign_checkpoint(key.name, last.size, b"y" * 32, thief)
    assert checked_verdict(ServedVerdict("VERIFIED", (), own, ()), [key.public], None).word == "UNANCHORED"
    assert checked_verdict(ServedVerdict("VERIFIED", (), own, ()), [key.public], last).word == "INVALID"
    assert checked_verdict(ServedVerdict("FINE", (), notes[-1], ()), [key.public], None).word == "INVALID"
    assert checked_verdict(ServedVerdict("VERIFIED", (), "none", ("?",)), [key.public], last).word == "INVALID"


def test_the_description_names_every_read(small: Desk) -> None:
    paths = small.firm.call("GET", "/openapi.json").json()["paths"]
    assert {f"/api/v1/reads/{name}" for name in READS} <= paths.keys() and "/api/v1/verification" in paths
    for name in READS:
        told = paths[f"/api/v1/reads/{name}"]["post"]
        assert told["summary"] and told["responses"]["200"]["content"]["application/json"]["schema"]
        assert {one["name"] for one in told["parameters"]} >= {"format", "width"}
