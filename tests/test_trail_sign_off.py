"""Sign-off of a complete file: two persons, blind to each other, the case against first, and what voids it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import pytest
from click.testing import CliRunner

import salesdx
from homes import write_home
from salesdx.base.loading import load
from salesdx.base.model import RuleBase
from salesdx.case.statement import Statement
from salesdx.cli import cli
from salesdx.engine.diagnosis import Diagnosis
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.log import Person
from salesdx.render.rungs import stage_title
from salesdx.render.terminal import to_text
from salesdx.render.trail.against_page import against_report
from salesdx.trail.book import Book
from salesdx.trail.case_against import Against, case_against, closeness, near
from salesdx.trail.lookalike import MAX_REASON, alike
from salesdx.trail.lookalike import kept_text as kept_text
from salesdx.trail.recording import record_diagnosis, record_explanation
from salesdx.trail.replay import replayed
from salesdx.trail.rights import override, state_view
from salesdx.trail.sign_off_story import State, Status, status
from salesdx.trail.signing_off import complete_file, show_case_against, sign_file
from trail_cases import (
    HR,
    MANAGER,
    REVIEWER,
    Clock,
    Kept,
    complete,
    copied,
    dated,
    kept,
    said,
    several,
    written,
)

WAIT = 24
REASONS = {HR.role: "All papers are there, I read them", REVIEWER.role: "Nothing else was left to try"}


def plain(found: Against) -> str:
    """A case against that takes no time to write."""
    return f"against record {found.seq}"


@dataclass(frozen=True)
class File:
    """A trail that holds a complete file, as record ``seq``."""

    kept: Kept
    seq: int

    def show(self, by: Person, rules: str = "", trail: object = None) -> str:
        found = self.kept
        return show_case_against(
            trail or found.trail,
            self.seq,
            by,
            plain,
            rules or found.base.digest,
            found.clock,  # type: ignore[arg-type]
        )

    def sign(self, by: Person, approve: bool = True, reason: str = "", rules: str = "", trail: object = None) -> Status:
        found, reason = self.kept, reason or REASONS[by.role]
        return sign_file(trail or found.trail, self.seq, by, approve, reason, rules or found.base.digest, found.clock)  # type: ignore[arg-type]

    def ready(self, *people: Person) -> None:
        """These have read the case against, and the time to think is over."""
        for by in people:
            self.show(by)
        self.kept.clock.move(hours=WAIT)

    def status(self, rules: str = "") -> Status:
        with self.kept.trail.read() as reader:
            return status(reader, self.seq, rules, self.kept.clock)

    def refused(self, by: Person, message: str, reason: str = "", rules: str = "") -> None:
        """A signature is refused for a reason, and nothing is recorded."""
        before = self.size()
        with pytest.raises(Refused) as raised:
            self.sign(by, reason=reason, rules=rules)
        assert message in str(raised.value)
        assert self.size() == before

    def size(self) -> int:
        with self.kept.trail.read() as reader:
            return reader.head().size


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> File:
    made = kept(tmp_path_factory.mktemp("first"), base)
    return File(made, made.diagnose(complete(base)))


@pytest.fixture
def file(tmp_path: Path, first: File) -> File:
    return File(copied(first.kept, tmp_path), first.seq)


@pytest.fixture(scope="module")
def may_sign(tmp_path_factory: pytest.TempPathFactory, first: File) -> File:
    file = File(copied(first.kept, tmp_path_factory.mktemp("may-sign")), first.seq)
    file.ready(HR, REVIEWER)
    return file


@pytest.fixture
def both(tmp_path: Path, may_sign: File) -> File:
    """Both have read the case against, and may sign."""
    return File(copied(may_sign.kept, tmp_path), may_sign.seq)


@pytest.fixture(scope="module")
def one_signed(tmp_path_factory: pytest.TempPathFactory, may_sign: File) -> File:
    """HR has signed, the reviewer may: for tests in which nothing is recorded."""
    file = File(copied(may_sign.kept, tmp_path_factory.mktemp("signed")), may_sign.seq)
    file.sign(HR)
    return file


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> RuleBase:
    """The rules with another policy."""
    return salesdx.load(written(base, tmp_path_factory.mktemp("other"), {"wait_hours: 24": "wait_hours: 48"}))


# --- the way to a complete sign-off -----------------------------------------------------------------------------------


def test_the_states_from_open_to_complete(file: File) -> None:
    assert file.status() == Status(file.seq, State.OPEN, ("not signed as hr yet", "not signed as reviewer yet"))
    file.show(HR)
    assert file.status() == Status(file.seq, State.WAITING, ("Anna Weber may sign from 2040-01-03 09:00 UTC",))
    file.show(REVIEWER)
    file.kept.clock.move(hours=WAIT)
    one = file.sign(HR)
    assert one == file.status()
    assert (one.state, one.reasons, one.signed, one.signatures) == (
        State.ONE_SIGNED, ("signed as hr", "not signed as reviewer yet"), ("hr",), (),
    )  # fmt: skip
    done = file.sign(REVIEWER)
    assert done == file.status() == file.status(file.kept.base.digest)
    assert (done.state, done.reasons) == (State.COMPLETE, ("signed as hr and as reviewer",))
    assert done.signed == ("hr", "reviewer")
    assert [(s.name, s.role, s.approves, s.reason, s.time) for s in done.signatures] == [
        ("Anna Weber", "hr", True, REASONS["hr"], file.kept.clock.now),
        ("Rita Okoye", "reviewer", True, REASONS["reviewer"], file.kept.clock.now),
    ]


def test_what_is_recorded(file: File) -> None:
    file.ready(HR)
    file.sign(HR, approve=False, reason="The goal was never explained")
    (shown,), (signed,) = file.kept.records("case_against"), file.kept.records("sign_off")
    with file.kept.trail.read() as reader:
        assert Book(reader).record(signed["seq"]).to_dict()["body"] is None
    assert (shown["body"], shown["inputs"], shown["actor"], shown["role"]) == (
        {"shown": f"against record {file.seq}"}, [file.seq], "Anna Weber", "hr",
    )  # fmt: skip
    assert sorted(signed["body"]) == ["case_against", "key", "sealed"]
    key = (file.kept.path.parent / f"{file.kept.path.name}.key.sealed" / signed["body"]["key"]).read_text("ascii")
    file.ready(REVIEWER)
    file.sign(REVIEWER)
    last = file.kept.records("sign_off")[1]
    assert sorted(last["body"]) == ["case_against", "key", "sealed"]
    (opened,) = file.kept.records("opened")
    assert opened["body"]["opens"].keys() == {str(signed["seq"]), str(last["seq"])}
    assert opened["body"]["opens"][str(signed["seq"])] == key
    with file.kept.trail.read() as reader:
        body = Book(reader).record(signed["seq"]).body
    assert (body, signed["inputs"], signed["case"], signed["subject"], signed["rule_base"]) == (
        {"decision": "refuse", "reason": "The goal was never explained", "case_against": shown["seq"]},
        [file.seq], "V48", "E-8806", file.kept.base.digest,
    )  # fmt: skip


def test_the_reviewer_may_sign_first(both: File) -> None:
    assert both.sign(REVIEWER).reasons == ("not signed as hr yet", "signed as reviewer")
    assert both.sign(HR).state is State.COMPLETE


@pytest.mark.parametrize("refusing", [{"hr"}, {"reviewer"}, {"hr", "reviewer"}])
def test_one_refusal_closes_it_for_good(both: File, refusing: set[str]) -> None:
    for by in (HR, REVIEWER):
        done = both.sign(by, approve=by.role not in refusing)
    assert done.state is State.REFUSED
    assert [reason.split(" (")[1] for reason in done.reasons] == [
        f"{role}) refused it; it is closed for good" for role in ("hr", "reviewer") if role in refusing
    ]
    both.refused(replace(HR, name="Somebody Else"), f"record {both.seq} is refused: ", "I see it otherwise")
    with pytest.raises(Refused, match="is refused"):
        both.show(Person("Somebody Else", "reviewer"))
    both.kept.diagnose(complete(both.kept.base))
    assert both.status().state is State.REFUSED, "a new fact does not open it again"


def test_a_person_who_looks_again_does_not_wait_again(file: File) -> None:
    file.show(HR)
    file.kept.clock.move(hours=WAIT - 1)
    file.show(HR)
    file.kept.clock.move(hours=1)
    assert file.sign(HR).state is State.ONE_SIGNED
    assert file.kept.records("sign_off")[0]["body"]["case_against"] == file.kept.records("case_against")[0]["seq"]


# --- blind ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("approve", [True, False])
def test_nothing_tells_what_the_first_decided(file: File, approve: bool) -> None:
    """Neither the status nor any command that reads: also a refusal looks like any first signature."""
    file.ready(HR, REVIEWER)
    file.sign(HR, approve, "zebra")
    assert file.status() == Status(file.seq, State.ONE_SIGNED, ("signed as hr", "not signed as reviewer yet"), ("hr",))
    signed = file.kept.records("sign_off")[0]["seq"]
    commands = (
        ["show", str(signed)], ["show", str(file.seq)], ["show", str(signed), "--format", "json"], ["case", "V48"],
        ["case", "V48", "--format", "json"], ["list"], ["sign-off", str(file.seq), "--status"],
    )  # fmt: skip
    for command in commands:
        done = CliRunner().invoke(cli, ["trail", *command, "--trail", str(file.kept.path)], catch_exceptions=False)
        assert done.exit_code == 0, done.stderr
        assert not [word for word in ("zebra", "approve", "refuse", "may be considered") if word in done.output.lower()]
    file.sign(REVIEWER)
    with file.kept.trail.read() as reader:
        body = Book(reader).record(signed).body
    assert body is not None and body["reason"] == "zebra"
    assert file.status().signatures[0].reason == "zebra"


def test_the_case_against_of_the_second_is_that_of_the_first(file: File) -> None:
    file.ready(HR)
    with file.kept.trail.read() as reader:
        first = case_of(Book(reader), file.seq)
    file.sign(HR, reason="zebra")
    with file.kept.trail.read() as reader:
        second = case_of(Book(reader), file.seq)
    assert replace(second, diagnosis=first.diagnosis) == first
    assert second.diagnosis.to_dict() == first.diagnosis.to_dict()


# --- who may sign -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "message"),
    [
        (Person("Anna Weber", "manager"), "`manager` is no role that signs: name one of hr, reviewer with --role"),
        (Person("Anna Weber"), "`unstated` is no role that signs"),
        (Person("…", "hr"), "a signature needs a name with letters"),
        (Person("e-8806", "hr"), "`e-8806` is the one whom the case is about"),
        (Person("E 8806", "reviewer"), "`E 8806` is the one whom the case is about"),
        (Person("Max Braun", "hr"), "`Max Braun` took part in this case as sales_manager"),
        (Person("max  braun", "hr"), "`max  braun` took part in this case as sales_manager"),
        (Person("Max Braun", "reviewer"), "whoever signs as reviewer stands outside the case"),
        (Person("Anna Weber", "hr"), "`Anna Weber` has not been shown the case against as it stands"),
    ],
)
def test_who_may_not_sign(first: File, by: Person, message: str) -> None:
    first.refused(by, message, "I have my reasons")
    if "has not been shown" not in message:
        with pytest.raises(Refused, match=f"record {first.seq}: "):
            first.show(by)


def test_hr_may_have_recorded_the_case_and_the_reviewer_may_not(tmp_path: Path, base: RuleBase) -> None:
    made = kept(tmp_path, base)
    file = File(made, made.diagnose(complete(base), HR))
    file.ready(HR)
    assert file.sign(HR).state is State.ONE_SIGNED
    for by in (replace(HR, role="reviewer"), replace(HR, name="ANNA WEBER", role="reviewer")):
        with pytest.raises(Refused, match="took part in this case as hr; whoever signs as reviewer stands outside"):
            file.show(by)


def test_who_overrode_took_part(file: File) -> None:
    override(file.kept.trail, file.seq, REVIEWER, "I would wait", now=file.kept.clock)
    file.refused(REVIEWER, "`Rita Okoye` took part in this case as reviewer; whoever signs as reviewer stands outside")


@pytest.mark.parametrize(
    "name",
    ["Anna Weber", "ANNA WEBER", "anna  weber", "AnnaWeber", "Anna-Weber", "Anna Wébër", "Ａnna Weber",
     "\u0410nna Weber", "Ann\u0430 W\u0435ber", "Αnna Weber", "Anna VVeber", "Anna\u200bWeber", "𝐀𝐧𝐧𝐚 Weber"],
)  # fmt: skip
def test_one_person_signs_once_however_the_name_is_written(one_signed: File, name: str) -> None:
    with pytest.raises(Refused, match="has signed as hr; another person signs as reviewer"):
        one_signed.show(Person(name, "reviewer"))
    one_signed.refused(Person(name, "reviewer"), "has signed as hr; another person signs as reviewer")


def test_names_of_two_persons_are_two() -> None:
    names = [
        "Anna Weber",
        "Anne Weber",
        "Hanna Weber",
        "Anna Webers",
        "A. Weber",
        "李娜",
        "李明",
        "Ольга",
        "Олег",
        "Ζωή",
    ]
    assert len({alike(name) for name in names}) == len(names)
    assert alike("Mila 01 Коваль") == alike("MILA oI  KOBAЛЬ")


def test_a_role_signs_once(file: File) -> None:
    other = Person("Petra Lang", "hr")
    file.ready(HR, other)
    file.sign(HR)
    file.refused(other, "it is signed as hr already")


@pytest.mark.parametrize("reason", ["", "  \n", "…", "\u200b"])
def test_a_reason_is_needed(one_signed: File, reason: str) -> None:
    file = one_signed
    before = file.kept.records("sign_off")
    with pytest.raises(Refused, match=r"^a reason is needed, in words$"):
        sign_file(file.kept.trail, file.seq, REVIEWER, True, reason, file.kept.base.digest, file.kept.clock)
    assert file.kept.records("sign_off") == before


@pytest.mark.parametrize("change", [str, str.upper, " ".join, "{} !".format])
def test_the_reason_of_another_is_none(both: File, change: Callable[[str], str]) -> None:
    """It is told once all have signed: a refusal before would tell whoever guesses what the other wrote."""
    both.sign(HR)
    done = both.sign(REVIEWER, reason=change(REASONS["hr"]))
    assert (done.state, done.reasons) == (
        State.VOID,
        ("two persons gave the same reason; each person gives their own", "a new diagnosis has to be signed anew"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" * 1_000_000, "a reason has 1,000,000 characters, 10,000 can be kept"),
        ("red \x1b[31m", r"a reason: the character U\+001B may not stand in a text file"),
        ("nul \0", r"the character U\+0000"),
        ("half \ud800", r"the character U\+D800"),
        ("turned \u202e", r"the character U\+202E"),
    ],
)
def test_hostile_reasons(one_signed: File, text: str, message: str) -> None:
    file, before = one_signed, one_signed.size()
    with pytest.raises(Refused, match=message):
        sign_file(file.kept.trail, file.seq, REVIEWER, True, text, file.kept.base.digest, file.kept.clock)
    with pytest.raises(Refused, match=message):
        override(file.kept.trail, file.seq, REVIEWER, text)
    assert file.size() == before


def test_texts_are_kept_as_they_are() -> None:
    assert kept_text("  two\r\nlines\tand – ünï 🙂 <b>  ", "a reason", MAX_REASON) == "two\nlines\tand – ünï 🙂 <b>"
    assert kept_text("x" * MAX_REASON, "a reason", MAX_REASON) == "x" * MAX_REASON


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0, 1, WAIT * 3600 - 1])
def test_there_is_time_to_think(file: File, seconds: int) -> None:
    file.show(HR)
    file.kept.clock.move(seconds=seconds)
    file.refused(HR, "`Anna Weber` may sign from 2040-01-03 09:00 UTC, 24 hours after the case against")
    file.kept.clock.move(seconds=WAIT * 3600 - seconds)
    assert file.sign(HR).state is State.ONE_SIGNED


def test_the_time_of_one_is_not_that_of_another(file: File) -> None:
    file.ready(HR)
    file.show(REVIEWER)
    file.refused(REVIEWER, "`Rita Okoye` may sign from 2040-01-04 09:00 UTC")


def test_a_minute_that_is_told_is_never_too_early(file: File) -> None:
    file.kept.clock.move(seconds=30.000001)
    file.show(HR)
    assert file.status().reasons == ("Anna Weber may sign from 2040-01-03 09:01 UTC",)


def test_a_clock_that_goes_backwards_gives_no_time(file: File) -> None:
    file.show(HR)
    file.kept.clock.move(hours=-48)
    file.refused(HR, "may sign from 2040-01-03 09:00 UTC")
    file.kept.clock.move(hours=48 + WAIT)
    assert file.sign(HR).state is State.ONE_SIGNED


def test_the_wrong_clock_of_another_writer_does_not_shorten_the_time(file: File) -> None:
    file.show(HR)
    file.kept.clock.move(hours=1)
    ahead = Clock(file.kept.clock.now + timedelta(days=9))
    with file.kept.trail.append(ahead) as appender:
        appender.add("hold", {"reason": "another case"}, MANAGER, case="other")
    file.refused(HR, "may sign from 2040-01-03 09:00 UTC")


def test_no_waiting_time_in_a_policy_means_none_also_on_a_clock_that_goes_back(tmp_path: Path, base: RuleBase) -> None:
    """Such a policy was recorded before there was a floor."""
    home = written(base, tmp_path / "old", {"wait_hours: 24": "wait_hours: 0"})
    made = kept(tmp_path, load(home, held=False))
    file = File(made, made.diagnose(complete(made.base)))
    file.show(HR)
    made.clock.move(hours=-5)
    assert file.sign(HR).state is State.ONE_SIGNED


# --- what voids -------------------------------------------------------------------------------------------------------


def new_answer(file: File) -> None:
    file.kept.add("answer", {"term": "x", "statements": [], "before": [], "way": "interview"}, MANAGER, case="V48")


def new_diagnosis(file: File) -> None:
    file.kept.diagnose(complete(file.kept.base))


def new_statement(file: File) -> None:
    state_view(file.kept.trail, "V48", "I was ill", {}, Person("Bernd", "employee"), lambda _: "", file.kept.clock)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (new_answer, "is newer: a fact"),
        (new_diagnosis, "is newer: another diagnosis"),
        (new_statement, "is newer: what the person concerned says"),
    ],
)
@pytest.mark.parametrize("signed", [0, 1])
def test_new_facts_void_what_was_signed(both: File, what: Callable[[File], None], message: str, signed: int) -> None:
    for by in (HR, REVIEWER)[:signed]:
        both.sign(by)
    at = both.size()
    what(both)
    found = both.status()
    opened = ["hr"] * signed if what is not new_answer else []
    assert (found.state, [signature.role for signature in found.signatures]) == (State.VOID, opened)
    assert found.reasons == (f"record {at} {message}", "a new diagnosis has to be signed anew")
    both.refused(REVIEWER, f"record {both.seq} is void: record ")
    with pytest.raises(Refused, match="is void"):
        both.show(REVIEWER)


def test_a_look_at_the_case_with_other_rules_voids_it(file: File, other: RuleBase) -> None:
    file.ready(HR)
    found = salesdx.diagnose(other, complete(file.kept.base).with_base(other), "reference")
    at = file.size()
    with file.kept.trail.append(file.kept.clock) as appender:
        record_explanation(appender, found, "a page", "why", MANAGER)
    assert file.status().reasons[0] == f"record {at + 1} rests on other rules or another policy"
    file.refused(HR, f"record {file.seq} is void: record {at + 1} rests on other rules")


def test_rules_in_force_that_are_others_void_it(both: File, other: RuleBase) -> None:
    both.sign(HR)
    now = other.digest
    both.refused(REVIEWER, "is void: the rules or the policy in force are others than those of the record", rules=now)
    assert both.status(now).state is State.VOID
    assert both.sign(REVIEWER).state is State.COMPLETE
    assert both.status(now).state is State.COMPLETE, "a policy that comes later does not undo what is complete"


@pytest.mark.parametrize("what", [new_answer, new_diagnosis, new_statement])
def test_a_new_fact_also_voids_what_was_complete(both: File, what: Callable[[File], None]) -> None:
    both.sign(HR)
    both.sign(REVIEWER)
    what(both)
    found = both.status()
    assert (found.state, found.signed, len(found.signatures)) == (State.VOID, ("hr", "reviewer"), 2)
    both.refused(Person("Petra Lang", "hr"), "is void", "I would like to add")


def test_a_new_diagnosis_is_signed_anew(both: File) -> None:
    both.sign(HR)
    again = File(both.kept, both.kept.diagnose(complete(both.kept.base)))
    assert again.status().state is State.OPEN
    again.refused(HR, "has not been shown the case against")
    again.ready(HR, REVIEWER)
    again.sign(HR)
    assert again.sign(REVIEWER).state is State.COMPLETE
    assert both.status().state is State.VOID


def test_records_of_another_person_void_nothing(both: File) -> None:
    both.sign(HR)
    memory = complete(both.kept.base)
    both.kept.diagnose(replace(memory, case="another", subject={**memory.subject, "ref": "E-9"}))
    assert both.sign(REVIEWER).state is State.COMPLETE


def test_who_read_before_an_override_reads_again(both: File) -> None:
    both.sign(HR)
    override(both.kept.trail, both.seq, MANAGER, "Let us wait for the audit", now=both.kept.clock)
    both.refused(REVIEWER, "`Rita Okoye` has not been shown the case against as it stands")
    both.ready(REVIEWER)
    assert both.sign(REVIEWER).state is State.COMPLETE


# --- what can be signed -----------------------------------------------------------------------------------------------


def test_a_file_that_is_not_complete(tmp_path: Path, base: RuleBase) -> None:
    made = kept(tmp_path, base)
    memory = said(complete(base), "hr_final_warning", value=False)
    file = File(made, made.diagnose(memory))
    with pytest.raises(Refused, match=f"^record {file.seq} has no complete file, so there is nothing to sign$"):
        file.show(HR)
    file.refused(HR, "has no complete file")


def test_records_that_are_no_diagnosis(file: File) -> None:
    for seq, message in ((0, "record 0 is a trail, not a diagnosis"), (9999, "there is no record 9999")):
        with pytest.raises(TrailError, match=message):
            File(file.kept, seq).sign(HR)


def test_a_rule_base_without_a_policy(tmp_path: Path) -> None:
    """The roles that sign stand in the policy: without one nobody can."""
    home = write_home(tmp_path / "home", {"alpha": {"terms": {"a": "boolean"}, "rules": {"A1": "a"}}})
    made = kept(tmp_path, salesdx.load(home))
    assert made.base.policy is None
    file = File(made, made.diagnose(replace(salesdx.memory_from({"a": True}, made.base), case="c")))
    file.refused(HR, f"the rule base of record {file.seq} has no policy, which names who signs")


def test_a_result_that_does_not_replay_is_not_signed(tmp_path: Path, base: RuleBase) -> None:
    """A complete file is recorded whose facts give another result: the record is sound, what it says is not true."""
    made = kept(tmp_path, base)
    memory = said(complete(base), "hr_final_warning", value=False)
    lie = salesdx.diagnose(base, complete(base), "reference")
    with made.trail.append(made.clock) as appender:
        seq = record_diagnosis(appender, Lie(lie, memory), "the page", "text", MANAGER)  # type: ignore[arg-type]
    file = File(made, seq)
    with pytest.raises(TrailError, match=f"^record {seq} does not replay"):
        file.show(HR)
    with pytest.raises(TrailError, match=f"^record {seq} does not replay"):
        file.sign(HR)


class Lie:
    """A diagnosis with the facts of another."""

    def __init__(self, true: Diagnosis, memory: object) -> None:
        self.base, self.memory, self.engine, self.true = true.base, memory, true.engine, true

    def to_dict(self) -> dict[str, object]:
        return self.true.to_dict()


def test_signatures_that_got_past_the_rules_do_not_count(file: File) -> None:
    """Whoever holds the key can append a signature that was never allowed: the status does not count it."""
    body = {"decision": "approve", "reason": "because", "case_against": 0}
    more = {"case": "V48", "subject": "E-8806", "base": file.kept.base, "inputs": [file.seq]}
    file.ready(HR)
    for by in (REVIEWER, MANAGER, replace(MANAGER, role="reviewer"), Person("Anna", "boss")):
        file.kept.add("sign_off", body, by, **more)
    assert file.status().state is State.WAITING
    file.sign(HR)
    file.kept.add("sign_off", body, Person("ANNA WEBER", "reviewer"), **more)
    assert file.status().state is State.ONE_SIGNED


# --- at once ----------------------------------------------------------------------------------------------------------


def at_once(file: File, people: list[Person]) -> list[str]:
    """What becomes of signatures that are given at the same moment, by openings of their own."""
    start = Barrier(len(people))

    def one(by: Person) -> str:
        trail = file.kept.again()
        start.wait()
        try:
            return str(file.sign(by, reason=f"The reason of {by.name} as {by.role}", trail=trail).state)
        except Refused as refused:
            return str(refused).partition(": ")[2]

    with ThreadPoolExecutor(len(people)) as pool:
        return sorted(pool.map(one, people))


def test_two_roles_at_once(both: File) -> None:
    assert at_once(both, [HR, REVIEWER]) == ["complete", "one signed"]


def test_two_persons_in_one_role_at_once(file: File) -> None:
    others = [Person(name, "hr") for name in ("Petra Lang", "Ulf Sand", "Ida Roth")]
    file.ready(*others)
    assert at_once(file, others) == ["it is signed as hr already"] * 2 + ["one signed"]
    assert len(file.kept.records("sign_off")) == 1


def test_one_person_in_two_roles_at_once(file: File) -> None:
    twice = [HR, Person("anna weber", "reviewer")]
    file.ready(*twice)
    first, second = at_once(file, twice)
    assert first.endswith(("another person signs as reviewer", "another person signs as hr"))
    assert second == "one signed"


def test_a_signature_and_a_new_fact_at_once(file: File) -> None:
    """Either the fact comes first and nothing is signed, or the signature comes first and is void."""
    file.ready(HR)
    start = Barrier(2)

    def fact() -> str:
        trail = file.kept.again()
        start.wait()
        with trail.append(file.kept.clock) as appender:
            appender.add("answer", {"term": "x", "statements": [], "before": [], "way": "form"}, MANAGER, case="V48")
        return ""

    def signature() -> str:
        trail = file.kept.again()
        start.wait()
        try:
            return str(file.sign(HR, trail=trail).state)
        except Refused as refused:
            return str(refused)

    with ThreadPoolExecutor(2) as pool:
        signed, _ = (job.result() for job in [pool.submit(signature), pool.submit(fact)])
    assert signed == "one signed" or "is void" in signed
    assert file.status().state is State.VOID


def test_a_fact_that_comes_while_the_case_against_is_written(file: File) -> None:
    """What is recorded as shown is what stands then: it is written again, and here it can be no more."""

    def slow(found: Against) -> str:
        new_answer(file)
        return "stale"

    with pytest.raises(Refused, match="is void"):
        show_case_against(file.kept.trail, file.seq, HR, slow, file.kept.base.digest, file.kept.clock)
    assert file.kept.records("case_against") == []


# --- the case against -------------------------------------------------------------------------------------------------


def case_of(book: Book, seq: int, today: date = date(2026, 7, 20)) -> Against:
    found = replayed(book.reader, seq)
    return case_against(book, found, complete_file(found), today, datetime(2026, 7, 21, 9))


def test_what_is_close_to_a_limit(base: RuleBase) -> None:
    found = salesdx.diagnose(base, complete(base), "reference")
    file = next(file.stage for file in found.files if file.reached)
    told = [(stage_title(found, n.stage)[0], n.rule and n.rule.id, n.holds, len(n.parts)) for n in near(found, file)]
    assert told == [
        ("9", "X4", False, 2), ("9", "X5", False, 1), ("9", "X10", False, 1), ("9", "X11", False, 1),
        ("9", "X13", False, 1), ("9", "X9", True, 7),
        ("1", None, True, 1), ("4", None, True, 1), ("4", "D6", False, 1), ("5", None, True, 1), ("6", None, True, 2),
        ("6", "T11", False, 1), ("6", "T12", False, 1), ("6", "T13", False, 1), ("6", "T14", False, 1),
        ("7", None, True, 1), ("8", "IN0", True, 3), ("8", "IN1", True, 1),
    ]  # fmt: skip


def test_what_is_far_from_every_limit_is_not_told(base: RuleBase) -> None:
    memory = complete(base)
    far = {"hr_coaching_held_n": 20, "hr_coaching_planned_n": 10, "hr_coaching_end_date": date(2026, 6, 20),
           "goal_ack_date": date(2025, 12, 1), "hr_absence_in_coaching_days": 0,
           "hr_improvement_plan_days": 200, "hr_coaching_end_value": 10}  # fmt: skip
    for term, value in far.items():
        memory = said(memory, term, value=as_value(value))
    found = salesdx.diagnose(base, memory, "reference")
    file = next(file.stage for file in found.files if file.reached)
    assert [n for n in near(found, file) if n.stage is file] == []


def as_value(value: object) -> object:
    return Decimal(value) if isinstance(value, int) else value


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [(8, 10, "1/5"), (-3, -4, "1/4"), (0, 0, "0"), (5, -5, "2"), (True, 1, None), ("x", "y", None),
     (date(2026, 1, 1), date(2026, 1, 15), "1/5"), (date(2026, 1, 8), date(2026, 1, 1), "1/10")],
)  # fmt: skip
def test_how_far_values_are_apart(a: object, b: object, wanted: str | None) -> None:
    found = closeness(a, b)
    assert (None if found is None else str(found)) == wanted


def test_evidence_that_is_too_old_or_will_be(tmp_path: Path, base: RuleBase) -> None:
    made = kept(tmp_path, base)
    memory = complete(base)
    memory = dated(memory, "goal_backtest_ratio_pct", date(2025, 7, 1), source="planning model", by="finance")
    memory = dated(memory, "goal_potential_ratio", date(2025, 8, 10), source="territory model", by="sales_ops")
    memory = dated(memory, "price_index_vs_competitor_pct", date(2026, 6, 1), source="price survey", by="finance")
    memory = said(memory, "scope_market_change_pct", date=None, by="marketing")
    seq = made.diagnose(memory)
    with made.trail.read() as reader:
        found = case_of(Book(reader), seq)
    assert [(a.fact.term, a.valid_for, a.left) for a in found.aging] == [
        ("goal_backtest_ratio_pct", 365, -19), ("goal_potential_ratio", 365, 21),
    ]  # fmt: skip
    assert {"price_index_vs_competitor_pct", "goal_backtest_ratio_pct"}.isdisjoint(f.term for f in found.no_source)
    assert [fact.term for fact in found.no_date] == ["scope_market_change_pct"]
    shown = " ".join(to_text(against_report(found), 240).split())
    assert "103% of bottom-up capacity, 100 = the goal equals it; 384 days old, counts for 365: too old today" in shown
    assert "344 days old, counts for 365: too old in 22 days" in shown


def test_the_case_against_holds_everything(tmp_path: Path, base: RuleBase) -> None:
    """What an earlier diagnosis recommended, overrides, statements with contested facts, disputes, excuses, changes."""
    made = kept(tmp_path, base)
    early = said(complete(base), "hr_training_delivered", value=False)
    first = made.diagnose(early)
    override(made.trail, first, MANAGER, "No seat was left", "Ask again in spring", "individual_training", made.clock)
    state_view(
        made.trail, "V48", "I was never coached.\nAsk <Eva>.", {"hr_coaching_held_n": "3"}, Person("Bernd", "employee"),
        lambda _: "", made.clock,
    )  # fmt: skip
    memory = several(
        complete(base), "delivery_otif_pct",
        Statement(as_value(100), by="production", kind="transaction data", date=date(2026, 6, 30)),  # type: ignore[arg-type]
        Statement(as_value(70), by="sales_manager", kind="opinion"),  # type: ignore[arg-type]
    )  # fmt: skip
    seq = made.diagnose(memory)
    override(made.trail, seq, MANAGER, "Let us wait for the audit", now=made.clock)
    with made.trail.read() as reader:
        found = case_of(Book(reader), seq)
    assert [(h.title, h.record.seq, len(h.overridden)) for h in found.help] == [
        ("Personal coaching plan of 30, 60 and 90 days", first, 0), ("Individual training", first, 1),
    ]  # fmt: skip
    assert [v.contested for v in found.views] == [{"hr_coaching_held_n": "3"}]
    assert found.contested.both is not None and found.contested.both.after.files[0].status == "blocked"
    assert [o.body and o.body["reason"] for o in found.overrides] == ["Let us wait for the audit"]
    assert [fact.term for fact in found.excused] == [
        "price_discount_dispersion_points", "price_quote_turnaround_days", "delivery_stockout_pct",
        "delivery_reorder_gap_points", "enable_new_product_trained_pct",
    ]  # fmt: skip
    assert {turn.outcome for turn in found.turns.turns} == {"not_reached", "blocked", "open"}
    shown = " ".join(to_text(against_report(found), 240).split())
    for text in (
        "It is no recommendation: nothing here says that it should be taken.",
        "I was never coached. Ask <Eva>.",
        "How many coaching sessions took place, with dated notes? 8 sessions 3 sessions",
        "Under the contested facts: Step 8 “The individual's ability” is the cause to act on",
        "“Termination (human decision)” is blocked.",
        "Max Braun does not follow the whole diagnosis (sales manager, 2 January 2040) why Let us wait for the audit",
        "Coaching sessions held 8 is not < 8",
        "transaction data is the stronger source",
        "70% of orders",
        "made to order, no stock",
        "Individual training (record 147, 2 January 2040) not followed by Max Braun: No seat was left",
        "Written warning given: yes → no (human resources)",
        f"salesdx trail sign-off {seq} --refuse --reason TEXT",
    ):
        assert text in shown, text


def test_the_case_against_says_so_where_there_is_nothing(file: File) -> None:
    with file.kept.trail.read() as reader:
        shown = " ".join(to_text(against_report(case_of(Book(reader), file.seq)), 100).split())
    for text in (
        "No statement of the person concerned is on record. Was the person asked?",
        "Nobody has recorded that.",
        "No statements disagree.",
        "Every sign of an earlier step was looked at.",
        "138 of 138 stated facts: each names no source, so nobody can check it: “Share of goal reached”,",
    ):
        assert text in shown, text
    assert "dismiss" not in shown


# --- the command line -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("--approve", "--reason", "all is there"), ("--refuse", "--reason", "no")])
def test_names_that_are_typed_sign_nothing(file: File, words: tuple[str, ...]) -> None:
    """One keyboard could give both signatures; `test_serve_sign_off.py` has the whole story, with persons."""
    size = file.size()
    at = ("--as", "Anna Weber", "--role", "hr", "--trail", str(file.kept.path))
    done = CliRunner().invoke(cli, ["trail", "sign-off", str(file.seq), *words, *at])
    assert (done.exit_code, done.stdout, file.size()) == (1, "", size)
    assert done.stderr == (
        "error: names are only typed in this trail, and this takes different persons: `salesdx trail people begin` "
        "makes a register of them, and `salesdx serve` writes it\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--approve"], "say why with --reason TEXT to approve"),
        (["--reason", "x"], "say what you decide, with --approve or --refuse"),
    ],
)
def test_wrong_usage(file: File, words: list[str], message: str) -> None:
    command = ["trail", "sign-off", str(file.seq), *words, "--trail", str(file.kept.path), "--as", "A", "--role", "hr"]
    done = CliRunner().invoke(cli, command)
    assert (done.exit_code, message in done.stderr) == (2, True)
