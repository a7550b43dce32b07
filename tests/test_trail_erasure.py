"""Erasure, retention and legal hold: what goes, what stays, and that the trail verifies after any of them."""

from __future__ import annotations

import atexit
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import salesdx
from conftest import ROOT
from random_cases import fuzz_cases
from salesdx.base.loading import load
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.keys import SigningKey, new_private_key, write_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin, open_trail
from salesdx.render.terminal import to_text
from salesdx.render.trail.erasure_pages import erasure_report
from salesdx.trail import erasure
from salesdx.trail.announced import ErasureStep, OnItsWay, erase_by_steps
from salesdx.trail.book import Book
from salesdx.trail.erasure import Plan, check_nameless, erase, plan_actors, plan_case, plan_subject
from salesdx.trail.holds import hold, legal_holds, release
from salesdx.trail.recording import record_diagnosis, record_explanation
from salesdx.trail.retention import Kept, erase_due, kept_cases, policy_base
from trail_checks import verified

ANNA, BOB, CARLA = Person("Anna Weber", "hr"), Person("Bob", "sales_manager"), Person("Carla", "legal")
DORA, PETRA = Person("Dora Lang", "legal"), Person("Petra Lang", "hr")
START, OLD = datetime(2026, 3, 1, 9, tzinfo=UTC), datetime(2022, 5, 1, tzinfo=UTC)
NOBODY = OnItsWay("erase", (), 2, 7)
HOSTILE = (
    "E-1'; DROP TABLE payload; --",
    'say "no" \\ {body} %s \\u0041',
    "Zoë 李 😀 e\u0301",
    "<b>E-1</b> & \u202etxt\u202c \x1b[31m",
    "s-0123456789abcdef",
)


class Firm:
    """A trail with a clock that stands where a test puts it."""

    def __init__(self, where: str, folder: Path) -> None:
        self.where, self.key = where, SigningKey(new_private_key(), new_origin())
        self.now = START
        self.trail: Trail = create(where, self.key, ANNA, folder / "key.signed", self.clock)

    def clock(self) -> datetime:
        return self.now

    def add(
        self,
        type: str,
        case: str = "",
        subject: str = "",
        body: Mapping[str, Any] | None = None,
        by: Person = BOB,
        inputs: Sequence[int] = (),
    ) -> int:
        with self.trail.append(self.clock) as appender:
            return appender.add(type, body or {"text": type}, by, case=case, subject=subject, inputs=inputs)

    def answer(self, term: str, *values: str, case: str, subject: str = "") -> int:
        body = {"term": term, "statements": [{"value": value} for value in values], "before": [], "way": "case file"}
        return self.add("answer", case, subject, body)

    def hold(self, kind: str, name: str, reason: str = "lawsuit 7 C 12/26") -> int:
        with self.trail.append(self.clock) as appender:
            return hold(appender, kind, name, reason, CARLA)

    def ask(self, seq: int, by: Person) -> int:
        with self.trail.append(self.clock) as appender:
            return release(appender, seq, "settled", by)

    def release(self, seq: int) -> int:
        """Both who it takes ask for it; the number of the second record."""
        self.ask(seq, CARLA)
        return self.ask(seq, DORA)

    def step(self, subject: str, by: Person, reason: str = "asked for by letter") -> ErasureStep:
        with self.trail.append(self.clock) as appender:
            return erase_by_steps(appender, plan_subject(appender.reader, subject), reason, by)

    def plan(self, subject: str, *actors: str) -> Plan:
        with self.trail.read() as reader:
            return plan_subject(reader, subject, actors)

    def erase(self, subject: str, *actors: str, reason: str = "asked for by letter", by: Person = ANNA) -> list[int]:
        with self.trail.append(self.clock) as appender:
            return erase(appender, plan_subject(appender.reader, subject, actors), reason, by)

    def erase_case(self, case: str) -> list[int]:
        with self.trail.append(self.clock) as appender:
            return erase(appender, plan_case(appender.reader, case), "asked for", ANNA)

    def kept(self, base: RuleBase) -> list[Kept]:
        with self.trail.read() as reader:
            return kept_cases(reader, base)

    def missing(self) -> list[int]:
        """The records without content, after the whole trail was verified."""
        return [seq for seq, (_, content) in enumerate(verified(self.trail, self.key.public)) if content is None]

    def names(self) -> set[tuple[str, str]]:
        with self.trail.read() as reader:
            return {(kind, name) for _, kind, name in reader.names()}


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Firm:
    """A trail in each of the databases."""
    if request.param == "sqlite":
        return Firm(str(tmp_path / "trail"), tmp_path)
    cluster = request.getfixturevalue("postgresql")
    return Firm(str(cluster.url(cluster.emptied())), tmp_path)


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(str(tmp_path / "trail"), tmp_path)


def seqs(items: Sequence[erasure.Item]) -> list[int]:
    return [item.seq for item in items]


# --- what goes --------------------------------------------------------------------------------------------------------


def test_everything_of_a_subject_goes_and_nothing_else(both: Firm) -> None:
    before = both.add("answer", "north")  # the subject was not named yet
    first = both.add("answer", "north", "E-17")
    other = both.add("answer", "south", "E-18")
    diagnosis = both.add("diagnosis", "north", "E-17", inputs=[before, first])
    acts = [both.add(type, "north", inputs=[diagnosis]) for type in ("sign_off", "letter", "statement", "override")]
    second = both.add("explanation", "west", "E-17")
    company = both.add("diagnosis", "all of us")
    with both.trail.read() as reader:
        gone = {name: reader.pseudonym(kind, name) for kind, name in (("subject", "E-17"), ("case", "north"))}
    plan = both.plan("E-17")
    assert seqs(plan.goes) == [before, first, diagnosis, *acts, second]
    assert {(kind, name) for _, kind, name in plan.names} == {("subject", "E-17"), ("case", "north"), ("case", "west")}
    assert (plan.holds, plan.others, plan.mentions, plan.copies, plan.idle) == ((), (), (), (), ())

    assert both.erase("E-17") == [company + 1]

    assert both.missing() == seqs(plan.goes)
    everything = verified(both.trail, both.key.public)
    header, content = everything[company + 1]
    assert (header["type"], header["subject"], header["case"]) == ("erasure", gone["E-17"], None)
    assert header["inputs"] == seqs(plan.goes)
    assert content is not None
    assert (content["actor"], content["subject"], content["case"]) == ("Anna Weber", None, None)
    assert content["body"]["reason"] == "asked for by letter"
    assert gone["north"] in content["body"]["names"]
    assert everything[other][1] is not None and everything[company][1] is not None
    assert both.names() == {
        ("actor", "Anna Weber"), ("actor", "Bob"), ("subject", "E-18"), ("case", "south"), ("case", "all of us"),
    }  # fmt: skip
    with both.trail.read() as reader:
        assert reader.pseudonym("subject", "E-17") is None
        assert [reader.row(seq).salt for seq in seqs(plan.goes)] == [None] * len(plan.goes)


def test_what_is_recorded_later_under_the_same_names_has_other_pseudonyms(both: Firm) -> None:
    both.add("answer", "north", "E-17")
    both.erase("E-17")
    again = both.add("answer", "north", "E-17")
    old, new = (verified(both.trail, both.key.public)[seq][0] for seq in (1, again))
    assert not {old["case"], old["subject"]} & {new["case"], new["subject"]}
    assert new["case_before"] is None
    assert both.erase("E-17") == [again + 1]
    assert both.missing() == [1, again]


def test_a_second_erasure_says_that_there_was_one(both: Firm) -> None:
    both.add("answer", "north", "E-17")
    with both.trail.read() as reader:
        subject, case = reader.pseudonym("subject", "E-17"), reader.pseudonym("case", "north")
    assert subject is not None and case is not None
    both.now += timedelta(days=3)
    both.erase(subject)  # the pseudonym will do
    with pytest.raises(Refused, match="no subject `E-17`; if it was erased, no name is left that could tell"):
        both.erase("E-17")
    with pytest.raises(Refused, match=f"`{subject}` was erased on 2026-03-04, see record 2"):
        both.erase(subject)
    with pytest.raises(Refused, match=f"`{case}` was erased on 2026-03-04, see record 2"):
        both.erase_case(case)
    assert both.missing() == [1]


def test_records_that_name_another_subject_are_that_ones(firm: Firm) -> None:
    """Two managers called their cases alike."""
    firm.add("answer", "q3")
    mine = firm.add("answer", "q3", "E-17")
    theirs = firm.add("answer", "q3", "E-18")
    plan = firm.plan("E-17")
    assert (seqs(plan.goes), seqs(plan.others)) == ([1, mine], [theirs])
    firm.erase("E-17")
    assert firm.missing() == [1, mine]
    assert {("case", "q3"), ("subject", "E-18")} <= firm.names()
    firm.erase("E-18")
    assert firm.missing() == [1, mine, theirs]
    assert {kind for kind, _ in firm.names()} == {"actor"}


def test_a_case_goes_with_everybody_in_it_and_a_subject_with_its_last_case(firm: Firm) -> None:
    for case, subject in (("q3", "E-17"), ("q3", "E-18"), ("q4", "E-18")):
        firm.add("answer", case, subject)
    seq = firm.hold("subject", "E-17")
    firm.release(seq)
    assert firm.erase_case("q3") == [7]
    assert firm.missing() == [1, 2, seq, seq + 1, seq + 2]
    assert {("subject", "E-18"), ("case", "q4")} == {pair for pair in firm.names() if pair[0] != "actor"}
    assert verified(firm.trail, firm.key.public)[7][0]["subject"] is None


def test_keys_rules_and_erasures_are_never_erased(firm: Firm, base: RuleBase) -> None:
    memory = replace(salesdx.memory_from({}, base), case="north", subject={"ref": "E-17"})
    found = salesdx.diagnose(base, memory, "reference")
    with firm.trail.append(firm.clock) as appender:
        record_diagnosis(appender, found, "shown", "text", BOB)
        appender.rotate(SigningKey(new_private_key(), firm.key.name), ANNA)
    firm.trail = Trail(firm.trail.storage, appender.keys[-1])
    firm.erase("E-17")
    firm.add("answer", "north", "E-17")
    firm.erase("E-17")
    with firm.trail.read() as reader:
        types = {row.header["type"]: row.content is None for row in reader.rows()}
    assert types == {
        "trail": False, "rule_base": False, "diagnosis": True, "key": False, "erasure": False, "answer": True,
    }  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(both: Firm, name: str) -> None:
    both.add("answer", name, name, {"text": f"about {name}"})
    both.add("answer", "another", "E-2", {"case_file": f"subject: {json.dumps(name)}"})
    inside = f"by: {json.dumps(name, ensure_ascii=False)}"
    both.add("answer", "a third", "E-3", {"result": json.dumps({"yaml": inside})})
    plan = both.plan(name)
    assert seqs(plan.goes) == [1]
    assert seqs(plan.mentions) == [2, 3]
    shown = to_text(erasure_report(plan, NOBODY), 80)
    assert not {"\x1b", "\u202e"} & set(shown)
    both.erase(name)
    assert both.missing() == [1]
    assert not [pair for pair in both.names() if pair[1] == name]


def test_many_records_are_listed_by_several_records_of_the_erasure(both: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "CHUNK", 3)
    for _ in range(7):
        both.add("answer", "north", "E-17")
    assert both.erase("E-17") == [8, 9, 10]
    everything = verified(both.trail, both.key.public)
    assert [everything[seq][0]["inputs"] for seq in (8, 9, 10)] == [[1, 2, 3], [4, 5, 6], [7]]
    assert both.missing() == [1, 2, 3, 4, 5, 6, 7]
    assert {kind for kind, _ in both.names()} == {"actor"}


def test_nothing_happens_where_the_transaction_fails(firm: Firm) -> None:
    firm.add("answer", "north", "E-17")
    with pytest.raises(TrailError), firm.trail.append(firm.clock) as appender:
        erase(appender, plan_subject(appender.reader, "E-17"), "asked for", ANNA)
        appender.add("letter", {"text": float("nan")}, ANNA)
    assert firm.missing() == []
    assert ("subject", "E-17") in firm.names()


# --- the bytes of the file --------------------------------------------------------------------------------------------


def plant_a_trace(path: Path, told: bytes) -> None:
    """Put bytes where SQLite leaves rows that have moved away: between a leaf's list of cells and the cells."""
    data = bytearray(path.read_bytes())
    size = int.from_bytes(data[16:18], "big")
    for start in range(size, len(data), size):
        page = data[start : start + size]
        begin, end = 8 + 2 * int.from_bytes(page[3:5], "big"), int.from_bytes(page[5:7], "big")
        if page[0] == 0x0D and end - begin > len(told):
            data[start + begin : start + begin + len(told)] = told
            path.write_bytes(data)
            return
    raise AssertionError("no page has room")


def test_no_byte_of_the_names_is_left_in_the_folder(tmp_path: Path) -> None:
    trail = str(tmp_path / "ours.trail")
    assert run("trail", "init", "--trail", trail).exit_code == 0
    for name in ("held-back", "top-seller", "late-delivery"):
        assert run("diagnose", str(ROOT / f"examples/{name}.yaml"), "--trail", trail, "--as", "Bob").exit_code == 0
    with open_trail(trail).append() as appender:
        for n in range(60):
            appender.add("statement", {"text": f"E-1042 {n} " * (1 + 40 * (n % 5))}, BOB, case="held-back")
    plant_a_trace(Path(trail), b"statement of E-1042")
    secrets = [b"E-1042", b"held-back"]
    assert all(secret in Path(trail).read_bytes() for secret in secrets)

    later = datetime.now(UTC) + timedelta(days=8)
    for by, clock in ((ANNA, None), (PETRA, None), (ANNA, lambda: later)):
        with open_trail(trail).append(clock) as appender:
            erase_by_steps(appender, plan_subject(appender.reader, "E-1042"), "a letter", by)
    erasure.sweep(open_trail(trail))

    assert {path.name for path in tmp_path.iterdir()} == {"ours.trail", "ours.trail.key", "ours.trail.key.signed"}
    assert [path for path in tmp_path.iterdir() for secret in secrets if secret in path.read_bytes()] == []
    assert b"E-0815" in Path(trail).read_bytes()
    with closing(sqlite3.connect(trail)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_no_byte_of_the_names_is_left_in_the_tables_of_a_server(
    both: Firm, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """In PostgreSQL neither, nor in its statistics; its log of changes keeps them until it is used anew."""
    if "://" in both.where:
        cluster = request.getfixturevalue("postgresql")
        folder: Path = cluster.folder / "data/base"
    else:
        cluster, folder = None, tmp_path
    secret = f"SECRET-{both.key.public.id.hex()}"
    with both.trail.append(both.clock) as appender:
        for n in range(40):
            for name in (secret, f"other {n}"):
                appender.add("statement", {"text": f"{name} " * (1 + 40 * (n % 5))}, BOB, case=name, subject=name)

    def found() -> list[Path]:
        if cluster is not None:
            cluster.query("ANALYZE; CHECKPOINT", cluster.shared)
        files = (path for path in folder.rglob("*") if path.is_file())
        return [path for path in files if secret.encode() in path.read_bytes()]

    assert found()
    both.erase(secret)
    erasure.sweep(both.trail)
    assert found() == []
    assert both.missing() == list(range(1, 81, 2))


def test_traces_that_could_not_be_swept_are_told(firm: Firm) -> None:
    firm.add("answer", "north", "E-17")
    firm.erase("E-17")
    Path(f"{firm.where}-journal").mkdir()  # the file cannot be written any more
    with pytest.raises(TrailError, match=r"a record says so, but traces may be left in the files: .*retention --yes"):
        erasure.sweep(firm.trail)
    Path(f"{firm.where}-journal").rmdir()
    erasure.sweep(firm.trail)
    assert firm.missing() == [1]


# --- what stays and is told -------------------------------------------------------------------------------------------


def test_other_records_that_mention_a_name_are_told(firm: Firm) -> None:
    firm.add("answer", "north", "E-1")
    found = [
        firm.add("explanation", "south", "E-2", {"shown": "unlike E-1, E-2 had leads"}),
        firm.add("explanation", "south", "E-2", {"shown": "as in the case “north”"}),
        firm.add("letter", "west", "", {"text": "(E-1)"}),
    ]
    for text in ("E-17 and XE-1 and E-1-2", "northern", "E1"):
        firm.add("explanation", "south", "E-2", {"shown": text})
    plan = firm.plan("E-1")
    assert seqs(plan.mentions) == found
    assert [(item.type, item.case) for item in plan.mentions] == [
        ("explanation", "south"), ("explanation", "south"), ("letter", "west"),
    ]  # fmt: skip
    shown = " ".join(to_text(erasure_report(plan, NOBODY), 80).split())
    assert f"mention a name: they go with their own case, or never: {found[0]} (explanation, south)" in shown
    firm.erase("E-1")
    assert firm.missing() == [1]


def test_exports_are_told_because_bundles_keep_what_is_in_them(firm: Firm) -> None:
    firm.add("export", by=ANNA)  # before the subject had any record
    firm.add("answer", "north", "E-1")
    found = [firm.add("export", "north", by=ANNA), firm.add("export", by=ANNA)]
    firm.add("answer", "south", "E-2")
    firm.add("export", "south", by=ANNA)
    assert seqs(firm.plan("E-1").copies) == found


def test_long_lists_are_cut(firm: Firm) -> None:
    firm.add("answer", "north", "E-1")
    with firm.trail.append(firm.clock) as appender:
        for _ in range(25):
            appender.add("letter", {"text": "E-1"}, BOB, case="south")
    assert " 21 (letter, south) and 5 more" in " ".join(to_text(erasure_report(firm.plan("E-1"), NOBODY), 80).split())


# --- who acted --------------------------------------------------------------------------------------------------------


def test_the_name_of_who_acted_stays_as_long_as_content_carries_it(both: Firm) -> None:
    both.add("answer", "north", "E-17", by=CARLA)
    last = both.add("answer", "south", "E-18", by=CARLA)
    with pytest.raises(Refused, match=f"`Carla` stays: the content of 1 record carries it, record {last} is the last"):
        both.erase("E-17", "Carla")
    assert both.erase("E-17") == [last + 1]
    assert ("actor", "Carla") in both.names()
    assert both.plan("E-18").idle == ("Carla",)
    both.erase("E-18", "Carla")
    assert both.names() == {("actor", "Anna Weber")}
    assert both.missing() == [1, last]


def test_the_name_of_who_acted_can_go_alone_once_nothing_carries_it(both: Firm) -> None:
    both.add("answer", "north", "E-17", by=CARLA)
    both.erase("E-17")
    with both.trail.append(both.clock) as appender:
        assert erase(appender, plan_actors(appender.reader, ["Carla", "Carla"]), "she left", ANNA) == [3]
    assert both.names() == {("actor", "Anna Weber")}
    assert verified(both.trail, both.key.public)[3][0]["inputs"] == []
    with pytest.raises(Refused, match="nobody acted under the name `Carla`"):
        plan_alone(both, "Carla")
    with pytest.raises(Refused, match="`Anna Weber` stays: the content of 3 records carries it, record 3 is the last"):
        plan_alone(both, "Anna Weber")


def plan_alone(firm: Firm, actor: str) -> Plan:
    with firm.trail.read() as reader:
        return plan_actors(reader, [actor])


def test_a_subject_that_acted_under_its_own_name_is_forgotten_as_both(firm: Firm) -> None:
    firm.add("statement", "north", "E-17", by=Person("E-17", "employee"))
    firm.erase("E-17")
    assert {kind for kind, _ in firm.names()} == {"actor"}
    assert ("actor", "E-17") not in firm.names()


@pytest.mark.parametrize(
    ("reason", "by", "message"),
    [
        ("a letter of E-17", ANNA, "the reason is kept in the record of the erasure, and holds `E-17`"),
        ("the case north is closed", ANNA, "the reason is kept in the record of the erasure, and holds `north`"),
        ("asked for", Person("E-17", "employee"), "the name of who erases is kept"),
        ("asked for", Person("Anna", "for E-17"), "the role is kept"),
    ],
)
def test_the_record_of_the_erasure_keeps_no_name_that_goes(firm: Firm, reason: str, by: Person, message: str) -> None:
    firm.add("answer", "north", "E-17")
    with pytest.raises(Refused, match=message):
        check_nameless(firm.plan("E-17"), reason, by)
    check_nameless(firm.plan("E-17"), "a letter of E-170 in northern Italy", ANNA)


# --- legal hold -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "name"), [("subject", "E-17"), ("case", "north"), ("case", "west")])
def test_what_is_held_is_not_erased(both: Firm, kind: str, name: str) -> None:
    both.add("answer", "north", "E-17")
    both.add("answer", "west", "E-17")
    both.now += timedelta(days=1)
    seq = both.hold(kind, name)
    message = f"the {kind} `{name}` is held since 2026-03-02 by `Carla`: lawsuit 7 C 12/26 \\(record {seq}\\)"
    with pytest.raises(Refused, match=message):
        both.erase("E-17")
    with pytest.raises(Refused, match=message):
        both.erase_case("north")  # also where the hold is on another case of the same person
    end = both.release(seq)
    with both.trail.read() as reader:
        assert [(found.seq, found.released) for found in legal_holds(reader)] == [(seq, end)]
    both.erase("E-17")
    assert both.missing() == [1, 2, seq, end - 1, end]


def test_a_hold_on_another_subject_of_a_case_binds_the_case(firm: Firm) -> None:
    firm.add("answer", "q3", "E-17")
    firm.add("answer", "q3", "E-18")
    firm.hold("subject", "E-18")
    with pytest.raises(Refused, match="`E-18` is held"):
        firm.erase_case("q3")
    firm.erase("E-17")  # takes only what is its own
    assert firm.missing() == [1]


def test_two_holds_bind_until_both_are_released(firm: Firm) -> None:
    firm.add("answer", "north", "E-17")
    first, second = firm.hold("case", "north"), firm.hold("case", "north", "audit")
    firm.release(first)
    with pytest.raises(Refused, match="audit"):
        firm.erase("E-17")
    with pytest.raises(Refused, match=f"the hold of record {first} was released by record {second + 2}"):
        firm.release(first)
    firm.release(second)
    firm.erase("E-17")


def test_holds_that_cannot_be(firm: Firm) -> None:
    firm.add("answer", "north", "E-17")
    with pytest.raises(Refused, match="the trail has no case `nroth`"):
        firm.hold("case", "nroth")
    with pytest.raises(Refused, match="the trail has no subject `north`"):
        firm.hold("subject", "north")
    with pytest.raises(Refused, match="a reason is needed"):
        firm.hold("case", "north", " ")
    for seq in (0, 1, 99):
        with pytest.raises(Refused, match=f"record {seq} is no hold"):
            firm.release(seq)
    assert len(verified(firm.trail, firm.key.public)) == 2


def test_one_person_alone_releases_no_hold(both: Firm) -> None:
    both.add("answer", "north", "E-17")
    seq = both.hold("case", "north")
    first = both.ask(seq, CARLA)
    for again in (CARLA, Person("CARLA", "hr"), Person("c arla", "admin")):
        with pytest.raises(Refused, match=f"asked for it in record {first}; another person confirms it"):
            both.ask(seq, again)
    with pytest.raises(Refused, match="is held"):
        both.erase("E-17")
    end = both.ask(seq, DORA)
    with both.trail.read() as reader:
        [hold] = legal_holds(reader)
    assert ([one.seq for one in hold.asked], hold.released) == ([first, end], end)
    assert hold.to_dict()["asked"] == [{"record": first, "by": "Carla"}, {"record": end, "by": "Dora Lang"}]


# --- two persons and a week -------------------------------------------------------------------------------------------


def test_an_erasure_takes_two_persons_and_a_week(both: Firm) -> None:
    first = both.add("answer", "north", "E-17")
    announced = both.step("E-17", ANNA)
    assert (announced, both.missing()) == (ErasureStep((first + 1,), False), [])
    for again in (ANNA, Person("anna  WEBER", "legal")):
        with pytest.raises(Refused, match=f"announced it in record {first + 1}; another person confirms it"):
            both.step("E-17", again)
    both.now += timedelta(days=30)
    with pytest.raises(Refused, match="another person confirms it"):
        both.step("E-17", ANNA)  # no time makes one person two
    confirmed = both.step("E-17", PETRA)
    assert (confirmed, both.missing()) == (ErasureStep((first + 2,), False), [])
    for days in (0, 6.999):
        both.now += timedelta(days=days)
        with pytest.raises(Refused, match="it may be carried out from 2026-04-07 09:00 UTC, 7 days after record 3"):
            both.step("E-17", ANNA)
    both.now += timedelta(days=0.001)
    assert both.step("E-17", ANNA) == ErasureStep((first + 3,), True)
    assert both.missing() == [first]


def test_an_announcement_names_nobody_and_stays(firm: Firm) -> None:
    firm.add("answer", "north", "E-17")
    firm.step("E-17", ANNA)
    header, content = verified(firm.trail, firm.key.public)[2]
    assert content is not None
    assert (header["inputs"], content["case"], content["subject"]) == ([], None, None)
    assert content["body"] == {
        "reason": "asked for by letter", "names": [], "announces": [header["subject"]], "act": "erase",
    }  # fmt: skip


def test_a_hold_in_its_week_ends_an_erasure_for_good(both: Firm) -> None:
    both.add("answer", "north", "E-17")
    both.add("answer", "west", "E-17")
    both.step("E-17", ANNA)
    both.step("E-17", PETRA)
    both.now += timedelta(days=3)
    seq = both.hold("case", "west")
    both.now += timedelta(days=30)
    with pytest.raises(Refused, match="the case `west` is held"):
        both.step("E-17", ANNA)
    both.release(seq)
    announced = both.step("E-17", ANNA)
    assert not announced.erased
    assert both.missing() == []


def test_clocks_shorten_no_week(firm: Firm) -> None:
    firm.add("answer", "north", "E-17")
    firm.step("E-17", ANNA)
    firm.step("E-17", PETRA)
    firm.now += timedelta(days=1)
    ahead = firm.now + timedelta(days=40)
    with firm.trail.append(lambda: ahead) as appender:  # the clock of another writer
        appender.add("answer", {"text": "x"}, BOB, case="south")
    with pytest.raises(Refused, match="it may be carried out from 2026-03-08 09:00 UTC"):
        firm.step("E-17", ANNA)
    firm.now -= timedelta(days=300)
    with pytest.raises(Refused, match="it may be carried out from 2026-03-08 09:00 UTC"):
        firm.step("E-17", ANNA)


def test_the_announcement_of_one_is_not_that_of_another(firm: Firm) -> None:
    firm.add("answer", "north", "E-17")
    firm.add("answer", "south", "E-18")
    firm.step("E-17", ANNA)
    assert firm.step("E-18", PETRA) == ErasureStep((4,), False)
    firm.now += timedelta(days=30)
    with pytest.raises(Refused, match="another person confirms it"):
        firm.step("E-18", PETRA)


# --- retention --------------------------------------------------------------------------------------------------------


@pytest.fixture
def policy(base: RuleBase) -> RuleBase:
    """A rule base that keeps cases on persons for 10 days, others for 20."""
    assert base.policy is not None
    return replace(base, policy=replace(base.policy, retention_days={"person": 10, "other": 20}))


def test_the_boundary_day(firm: Firm, policy: RuleBase) -> None:
    """Kept for ten days after the day of the last record; that tenth day included, to its end in UTC."""
    for moment in (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 23, 59, 59, 999999, UTC)):
        firm.now = moment
        firm.answer(policy.ladder.subject_term, "person", case="north")
        [case] = firm.kept(policy)
        assert (case.last, case.days, case.until) == (date(2026, 3, 1), 10, date(2026, 3, 11))
        assert [case.due(date(2026, 3, day)) for day in (10, 11, 12)] == [False, False, True]
    firm.now = datetime(2026, 3, 1, 20, tzinfo=timezone(timedelta(hours=-5)))  # the next day in UTC
    firm.add("letter", "north")
    assert firm.kept(policy)[0].until == date(2026, 3, 12)


@pytest.mark.parametrize(
    ("values", "kinds", "days"),
    [
        (["person"], ("person",), 10),
        (["territory"], ("territory",), 20),
        ([], (), 20),
        (["person", "company"], ("company", "person"), 20),
        (["person", "person"], ("person",), 10),
    ],
)
def test_how_long(firm: Firm, policy: RuleBase, values: list[str], kinds: tuple[str, ...], days: int) -> None:
    """What nobody stated, or what is disputed, lets nothing go before the longest period is over."""
    firm.answer(policy.ladder.subject_term, "territory", case="north")
    firm.answer(policy.ladder.subject_term, *values, case="north")
    firm.answer("goal_measurable", "true", case="north")
    assert [(case.kinds, case.days) for case in firm.kept(policy)] == [(kinds, days)]


def test_looking_after_a_file_does_not_prolong_it(firm: Firm, policy: RuleBase) -> None:
    firm.add("answer", "north")
    firm.now += timedelta(days=5)
    firm.release(firm.hold("case", "north"))
    firm.add("export", "north")
    assert firm.kept(policy)[0].last == date(2026, 3, 1)
    firm.add("statement", "north")
    assert firm.kept(policy)[0].last == date(2026, 3, 6)


def test_what_is_due_is_erased_case_by_case_unless_held(both: Firm, policy: RuleBase) -> None:
    for case, subject, kind in (
        ("north", "E-17", "person"), ("south", "E-18", "person"), ("west", "E-17", "person"), ("us", "", "company"),
    ):  # fmt: skip
        both.answer(policy.ladder.subject_term, kind, case=case, subject=subject)
    both.now += timedelta(days=1)
    both.add("letter", "west", "E-17")
    held = both.hold("subject", "E-18")
    both.now += timedelta(days=100)
    today = date(2026, 3, 12)
    cases = {case.name: case for case in both.kept(policy)}
    assert [*cases] == ["north", "south", "west", "us"]
    assert [case.name for case in cases.values() if case.due(today)] == ["north", "south"]
    assert [hold.seq for hold in cases["south"].holds] == [held]

    def run_on(name: str, day: date = today, by: Person = ANNA) -> ErasureStep | None:
        with both.trail.append(both.clock) as appender:
            return erase_due(appender, policy, cases[name].pseudonym, day, by)

    assert [run_on(name) for name in ("south", "west", "us")] == [None, None, None]
    announced = run_on("north")
    assert announced == ErasureStep((held + 1,), False)
    assert (run_on("north"), both.missing()) == (None, [])
    done = run_on("north", by=PETRA)
    seq = held + 2
    assert done == ErasureStep((seq,), True)
    header, content = verified(both.trail, both.key.public)[seq]
    assert (header["subject"], header["inputs"]) == (None, [1])
    assert content is not None
    assert content["body"]["reason"] == (
        "retention: 10 days for `person`, last record 2026-03-01, kept until 2026-03-11"
    )
    assert both.missing() == [1]
    assert ("subject", "E-17") in both.names()  # another case is left
    assert run_on("north") is None
    for by in (ANNA, PETRA):
        run_on("west", date(2026, 3, 13), by)
    assert both.missing() == [1, 3, 5]
    assert ("subject", "E-17") not in both.names()
    assert [case.name for case in both.kept(policy)] == ["south", "us"]


def test_a_case_that_moved_on_meanwhile_is_not_erased(firm: Firm, policy: RuleBase) -> None:
    firm.answer(policy.ladder.subject_term, "person", case="north")
    firm.now += timedelta(days=11)
    [case] = firm.kept(policy)
    assert case.due(firm.now.date())
    firm.add("statement", "north")
    with firm.trail.append(firm.clock) as appender:
        assert erase_due(appender, policy, case.pseudonym, firm.now.date(), ANNA) is None
    assert firm.missing() == []


def test_names_that_stand_in_the_reason_do_not_stop_retention(firm: Firm, policy: RuleBase) -> None:
    firm.answer(policy.ladder.subject_term, "person", case="retention", subject="person")
    [case] = firm.kept(policy)
    for by in (Person("person"), ANNA):
        with firm.trail.append(firm.clock) as appender:
            erase_due(appender, policy, case.pseudonym, date(2026, 4, 1), by)
    assert firm.missing() == [1]


def test_the_policy_is_that_of_the_newest_record(firm: Firm, base: RuleBase, tmp_path: Path) -> None:
    with firm.trail.read() as reader, pytest.raises(Refused, match="has no rule base yet; name one with --home"):
        policy_base(reader)
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, tmp_path / "ours" / room)
    file = tmp_path / "ours/knowledge/policy.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("person: 1095", "person: 300"), encoding="utf-8")
    ours = salesdx.load(tmp_path / "ours")
    for used in (base, ours, base, ours):  # the last one is published by then
        with firm.trail.append(firm.clock) as appender:
            appender.add("answer", {"term": "x", "statements": [], "before": [], "way": ""}, BOB, case="c", base=used)
        with firm.trail.read() as reader:
            assert policy_base(reader).policy == used.policy
    firm.hold("case", "c")
    with firm.trail.read() as reader:
        assert policy_base(reader).digest == ours.digest
        with pytest.raises(Refused, match=r"has no `knowledge/policy.yaml`"):
            kept_cases(reader, replace(base, policy=None))


def test_a_policy_below_the_floor_is_in_force_no_more(firm: Firm, base: RuleBase, tmp_path: Path) -> None:
    """It was lawful when it was recorded: its records are read, and nothing is erased by it."""
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, tmp_path / "ours" / room)
    file = tmp_path / "ours/knowledge/policy.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("person: 1095", "person: 30"), encoding="utf-8")
    ours = load(tmp_path / "ours", held=False)
    with firm.trail.append(firm.clock) as appender:
        appender.add("answer", {"term": "x", "statements": [], "before": [], "way": ""}, BOB, case="c", base=ours)
    with firm.trail.read() as reader:
        assert Book(reader).base(ours.digest).policy == ours.policy
        with pytest.raises(Refused, match="is kept for 183 days at least, here are 30; name one with --home"):
            policy_base(reader)


# --- on the command line ----------------------------------------------------------------------------------------------


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words, prog_name="salesdx", catch_exceptions=False)


@pytest.fixture
def shell(tmp_path: Path, base: RuleBase) -> Callable[..., Result]:
    """Commands on a trail with two cases on a person and one on a company, four years old."""
    where = str(tmp_path / "ours.trail")
    key = SigningKey(new_private_key(), new_origin())
    write_private_key(tmp_path / "ours.trail.key", key.private)
    trail = create(where, key, ANNA, tmp_path / "ours.trail.key.signed", lambda: OLD)
    for name in ("held-back", "late-delivery"):
        memory = salesdx.read_case(ROOT / f"examples/{name}.yaml", base)
        found = salesdx.diagnose(base, memory, "reference")
        with trail.append(lambda: OLD) as appender:
            record_diagnosis(appender, found, "shown", "text", BOB)
            record_explanation(appender, found, "shown", "why", BOB)
    anna = ("--as", "Anna", "--role", "hr")
    return lambda *words: run("trail", *words, "--trail", where, *(() if "--as" in words else anna))


def told(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def size(shell: Callable[..., Result]) -> int:
    return len(json.loads(told(shell("list", "--format", "json"))))


def test_a_dry_run_changes_no_byte(shell: Callable[..., Result], tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for words in (["erase", "E-1042"], ["erase", "--case", "held-back"], ["retention", "--today", "2040-01-01"]):
        assert "Nothing has been erased. The same command with --yes does" in told(shell(*words))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_erasing_on_the_command_line(shell: Callable[..., Result]) -> None:
    shown = told(shell("erase", "E-1042"))
    assert "diagnosis held-back 1 2022-05-01 2022-05-01" in shown
    assert "The names behind pseudonyms: E-1042 (subject) and held-back (case)." in shown
    assert "It takes 2 persons, 2 more of them, each by the same command with --yes; then it waits 7 days." in shown
    plan = json.loads(shell("erase", "E-1042", "--format", "json").stdout)
    assert {item["case"] for item in plan["goes"]} == {"held-back"}
    assert plan["on_its_way"] == {"wanted": [], "persons": 2, "days": 7, "due": None}
    before = size(shell)
    refused = shell("erase", "E-1042", "--yes", "--reason", "a letter")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "names are only typed in this trail, and this takes different persons" in refused.stderr
    assert size(shell) == before


def test_wrong_usage_of_erase(shell: Callable[..., Result]) -> None:
    for words, message in (
        ([], "name a SUBJECT or a --case"),
        (["E-1042", "--case", "held-back"], "either a SUBJECT or a --case"),
    ):
        found = shell("erase", *words)
        assert (found.exit_code, found.stdout) == (2, "")
        assert message in found.stderr
    for words, message in (
        (["--actor", "Bob"], "the name of `Bob` stays: the content of"),
        (["--actor", "Eve"], "nobody acted under the name `Eve`"),
    ):
        found = shell("erase", *words)
        assert (found.exit_code, found.stdout) == (1, "")
        assert message in found.stderr
    assert "E-1042" in told(shell("erase", "E-1042"))


def test_holds_on_the_command_line(shell: Callable[..., Result]) -> None:
    assert "Nothing is held." in told(shell("hold", "list"))
    n = size(shell)
    assert f"the case `held-back` is held by record {n}" in told(
        shell("hold", "add", "--case", "held-back", "--reason", "lawsuit 7 C 12/26")
    )
    assert f"{n} case held-back" in told(shell("hold", "list"))
    assert "A legal hold stops this erasure" in told(shell("erase", "E-1042"))
    ended = shell("hold", "release", str(n), "--reason", "settled")
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "names are only typed in this trail, and this takes different persons" in ended.stderr
    [found] = json.loads(shell("hold", "list", "--format", "json").stdout)
    assert (found["record"], found["released"], found["reason"]) == (n, None, "lawsuit 7 C 12/26")
    assert shell("hold", "add", "--reason", "x").exit_code == 2
    assert shell("hold", "add", "--case", "a", "--subject", "b", "--reason", "x").exit_code == 2
    assert "has no case `a`" in shell("hold", "add", "--case", "a", "--reason", "x").stderr


def test_retention_on_the_command_line(shell: Callable[..., Result]) -> None:
    assert "No case has been kept long enough." in told(shell("retention", "--today", "2025-04-30"))
    shown = told(shell("retention"))
    assert "held-back person 2022-05-01 1095 2025-04-30 due" in shown
    assert "1 more case is kept; the first of them until 2032-04-28" in shown
    future = shell("retention", "--yes", "--today", "2999-01-01")
    assert (future.exit_code, future.stdout) == (2, "")
    assert "--yes erases what is due now, and 2999-01-01 has not come yet" in future.stderr
    n = size(shell)
    assert f"2025-04-30 announced by record {n}" in told(shell("retention", "--yes"))
    assert "2025-04-30 waits for another person, or its days" in told(shell("retention", "--yes"))
    petra = ("--as", "Petra Lang", "--role", "hr")
    assert f"2025-04-30 announced by record {n + 1}" in told(shell("retention", "--yes", *petra))
    assert "2025-04-30 waits for another person, or its days" in told(shell("retention", "--yes"))
    assert size(shell) == n + 2
    [due, left] = json.loads(shell("retention", "--format", "json").stdout)
    assert (due["case"], due["due"]) == ("held-back", True)
    assert (left["case"], left["due"], left["until"]) == ("late-delivery", False, "2032-04-28")


def test_retention_by_another_policy(shell: Callable[..., Result], tmp_path: Path) -> None:
    assert run("init", str(tmp_path / "ours")).exit_code == 0
    file = tmp_path / "ours/knowledge/policy.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("person: 1095", "person: 3000"), encoding="utf-8")
    home = ["--home", str(tmp_path / "ours"), "--today", "2026-01-01"]
    assert "No case has been kept long enough." in told(shell("retention", *home))
    file.unlink()
    found = shell("retention", *home)
    assert (found.exit_code, found.stdout) == (1, "")
    assert "error[floor-policy]" in found.stderr and "knowledge/policy.yaml" in found.stderr


# --- any sequence -----------------------------------------------------------------------------------------------------

CASES, SUBJECTS = ("north", "south"), ("E-1", "E-17", "")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "hold", "hold", "release", "erase", "erase", "erase case", "retention"]),
        st.sampled_from(CASES),
        st.sampled_from(SUBJECTS),
        st.integers(0, 3),
    ),
    min_size=2,
    max_size=10,
)


@cache
def empty() -> Firm:
    """A trail to copy; it lasts as long as the tests run."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    return Firm(str(folder / "trail"), folder)


@cache
def short_policy() -> RuleBase:
    base = salesdx.load()
    assert base.policy is not None
    return replace(base, policy=replace(base.policy, retention_days={"person": 1, "other": 2}))


@pytest.mark.slow
@settings(max_examples=fuzz_cases(20))
@given(steps=STEPS)
def test_after_any_sequence_every_missing_content_is_listed_once(steps: list[tuple[str, str, str, int]]) -> None:
    policy = short_policy()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(empty().where, Path(folder, "trail"))
        firm = object.__new__(Firm)
        firm.where, firm.key, firm.now = str(Path(folder, "trail")), empty().key, START
        firm.trail = Trail(open_trail(firm.where, write=False).storage, empty().key)
        for case, subject in (("north", ""), ("north", "E-1"), ("south", "E-1"), ("south", "E-17")):
            firm.answer(policy.ladder.subject_term, "person", case=case, subject=subject)
        for step in steps:
            held = open_holds(firm)
            before = gone(firm)
            try:
                take(firm, policy, step)
            except Refused:
                assert gone(firm) == before
            firm.now += timedelta(hours=step[3] * 8)
            if gone(firm) != before or step is steps[-1]:
                check(firm, held, before)


def open_holds(firm: Firm) -> set[str]:
    with firm.trail.read() as reader:
        return {found.pseudonym for found in legal_holds(reader) if found.released is None}


def gone(firm: Firm) -> set[int]:
    with firm.trail.read() as reader:
        return {row.seq for row in reader.rows() if row.payload is None}


def take(firm: Firm, policy: RuleBase, step: tuple[str, str, str, int]) -> None:
    what, case, subject, number = step
    if what == "add" and number < 3:
        firm.answer(policy.ladder.subject_term, "person", case=case, subject=subject)
    elif what == "add":
        firm.add("statement", case, subject, {"text": f"{case} {subject}"})
    elif what == "hold":
        firm.hold("subject" if subject else "case", subject or case)
    elif what == "release":
        with firm.trail.read() as reader:
            found = [hold.seq for hold in legal_holds(reader)]
        firm.release(found[number % len(found)] if found else number)
    elif what == "erase":
        firm.erase(subject or "nobody")
    elif what == "erase case":
        firm.erase_case(case)
    else:
        for due in firm.kept(policy):
            with firm.trail.append(firm.clock) as appender:
                erase_due(appender, policy, due.pseudonym, firm.now.date(), ANNA)
            with firm.trail.append(firm.clock) as appender:
                erase_due(appender, policy, due.pseudonym, firm.now.date(), PETRA)


def check(firm: Firm, held: set[str], before: set[int]) -> None:
    """The trail verifies, each missing content is listed once, nothing held has gone, and no name is left over."""
    everything = verified(firm.trail, firm.key.public)
    missing = [header["seq"] for header, content in everything if content is None]
    listed = [seq for header, _ in everything if header["type"] == "erasure" for seq in header["inputs"]]
    assert sorted(listed) == missing
    for seq in set(missing) - before:
        header = everything[seq][0]
        assert header["type"] not in erasure.KEPT
        assert not {header["case"], header["subject"]} & held
    with firm.trail.read() as reader:
        named = {pseudonym for pseudonym, _, _ in reader.names()}
    carried = {
        header[kind]
        for header, content in everything
        if content is not None and header["type"] != "erasure"
        for kind in ("case", "subject", "actor")
        if header[kind] is not None
    }
    assert named - {header["actor"] for header, _ in everything} == carried - {h["actor"] for h, _ in everything}
