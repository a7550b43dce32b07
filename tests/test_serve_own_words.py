"""Whose word a statement is: what a file says of it is not enough where a trail knows its people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from salesdx.base.model import RuleBase
from salesdx.case.file import read_case_file
from salesdx.case.head import AskedBy
from salesdx.case.persons import Persons, asks
from salesdx.case.statement import Statement
from salesdx.ledger.errors import Refused
from salesdx.ledger.verify import verify
from salesdx.trail.book import Book
from salesdx.trail.replay import replayed
from salesdx.trail.signing_off import _check_persons
from served import Office, going_on

COMPLETE = ROOT / "examples/complete-file.yaml"
FINANCE = "pvm_price_effect_pct"


def known(firm: Office) -> None:
    firm.enter(dan="sales_manager", fred="finance", faye="finance", cleo="hr", finn="reviewer")
    for who in ("dan", "fred", "cleo"):
        firm.log_in(who)


def diagnosed(firm: Office) -> None:
    known(firm)
    firm.run("dan", "diagnose", COMPLETE)


def stated(firm: Office) -> None:
    known(firm)
    firm.stated("dan", COMPLETE)


@pytest.fixture
def firm(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    with going_on(tmp_path, where, base, known) as (found, _):
        yield found


@pytest.fixture
def typed(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    """The same, where dan has typed the whole file."""
    with going_on(tmp_path, where, base, diagnosed) as (found, _):
        yield found


@pytest.fixture
def vouched(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    """The same, where everybody has vouched for their word."""
    with going_on(tmp_path, where, base, stated) as (found, _):
        yield found


def newest(firm: Office) -> dict[str, Any]:
    """The content of the last diagnosis."""
    with firm.trail.read() as reader:
        row = next(reader.rows(types=("diagnosis",), newest_first=True))
    return dict(row.content["body"])  # type: ignore[index]


def files(firm: Office) -> list[str]:
    return [file["status"] for file in json.loads(newest(firm)["result"])["files"]]


def own(firm: Office) -> dict[str, list[str]]:
    """Person -> the terms of which the last diagnosis holds it as known that they said it."""
    return {one["person"]: one["terms"] for one in newest(firm)["persons"]["said"]}


def edited(firm: Office, *changes: tuple[str, str], name: str = "complete-file.yaml") -> Path:
    text = COMPLETE.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (firm.folder / "firm.yaml").write_text(COMPLETE.with_name("firm.yaml").read_text())
    path = firm.folder / name
    path.write_text(text)
    return path


def test_names_in_a_file_complete_nothing_and_their_own_words_do(firm: Office) -> None:
    """A manager types a whole file; nobody else has said a word of it."""
    shown = firm.run("dan", "diagnose", COMPLETE, "--format", "text")
    assert files(firm) == ["not_reached"]
    assert "has not vouched for it with a login of their own" in " ".join(shown.split())
    firm.log_in("cleo")
    firm.run("cleo", "trail", "sign-off", "complete-file", fails="no complete file")
    firm.stated("dan", COMPLETE)
    assert files(firm) == ["eligible_for_human_review"]
    assert own(firm).keys() >= {"of_finance", "meier", "olsen", "of_hr"}
    with firm.trail.read() as reader:
        seq = next(reader.rows(types=("diagnosis",), newest_first=True)).seq
        assert replayed(reader, seq).diagnosis.files[0].status == "eligible_for_human_review"
        assert "FAILED" not in str(verify(reader, [firm.trail.key.public]))  # type: ignore[union-attr]
    changed = edited(firm, ("pvm_price_effect_pct: {value: -1,", "pvm_price_effect_pct: {value: -1.5,"))
    firm.run("dan", "diagnose", changed)
    assert FINANCE not in own(firm)["of_finance"], "words that were changed are nobody's"


def test_who_vouches_sees_what_stands_in_their_name_and_says_so(typed: Office) -> None:
    shown = typed.run("fred", "trail", "vouch")
    assert "In the case `complete-file` about `E-2077`, 2026-07-01 to 2026-09-30, in your name:" in shown
    assert "human resources" not in shown and "goal_measurable" not in shown
    assert "nothing is recorded" in typed.run("fred", "trail", "vouch", "complete-file", FINANCE, typed="n\n")
    waits = " ".join(typed.run("fred", "trail", "tasks").split())
    assert "Say whether what stands in your name is your own word: case complete-file" in waits
    assert "do salesdx trail vouch complete-file" in waits
    done = typed.run("fred", "trail", "vouch", "complete-file", FINANCE, typed="y\n")
    assert "you vouch for 1 statement" in done
    assert "“Price effect" not in typed.run("fred", "trail", "vouch", "complete-file", typed="n\n")
    typed.run("dan", "diagnose", COMPLETE)
    assert own(typed) == {"fred": [FINANCE]}
    typed.run("fred", "trail", "vouch", "complete-file", "--yes")
    assert "Nothing waits for you." in typed.run("fred", "trail", "tasks")
    assert (
        typed.run("fred", "trail", "vouch") == "nothing stands on record in your name that you have not vouched for\n"
    )


def test_nobody_vouches_for_another(typed: Office) -> None:
    """In another role, under another's name, for what was changed since, for what is not there."""
    waiting = typed.call("GET", "/statements", typed.token("fred")).json()
    words = [{"record": one["record"], "term": one["term"], **one["statement"]} for one in waiting]
    assert {one["by"] for one in words} == {"finance"}
    refused = {"case": "complete-file", "statements": words[:1]}
    for who, body in (
        ("dan", refused),
        ("cleo", refused),
        ("finn", refused),
        ("fred", {"case": "complete-file", "statements": [words[0] | {"value": "99"}]}),
        ("fred", {"case": "another", "statements": words[:1]}),
        (
            "fred",
            {"case": "complete-file", "statements": [*words[:1], words[0] | {"term": FINANCE, "value": "5"}]},
        ),
        ("fred", {"case": "complete-file", "statements": []}),
    ):
        found = typed.call("POST", "/acts/vouched", typed.token(who), json=body)
        assert found.status_code in (403, 409), found.text
    assert typed.call("GET", "/statements").status_code == 401
    typed.enter(meier="sales_manager")
    mine = typed.call("GET", "/statements", typed.token("meier")).json()
    assert "olsen" not in json.dumps(mine) and '"author": "meier"' in json.dumps(mine)


def test_a_manager_cannot_say_that_it_was_an_interview_of_finance(typed: Office) -> None:
    """The way is the client's to say: it makes the words of a login's own role its own, and no others."""
    body = newest(typed)
    case = {key: body[key] for key in ("case_file", "firm", "today") if key in body}
    case["case_file"] = case["case_file"].replace(
        "by: finance, kind: transaction data", "by: finance, kind: signed record"
    )
    told = {"case": case, "rules": typed.base.digest, "way": "interview"}
    assert typed.call("POST", "/acts/answers", typed.token("dan"), json=told).status_code == 200
    typed.run("dan", "diagnose", COMPLETE)
    assert own(typed) == {}


def test_a_client_cannot_bring_its_own_persons(typed: Office) -> None:
    body = newest(typed)
    case = {key: body[key] for key in ("case_file", "firm", "today") if key in body}
    said = [{"by": "finance", "author": "", "person": "fred", "terms": [FINANCE]}]
    for persons in (
        {"said": said, "role": "sales_manager", "person": "dan"},
        {"said": [], "role": "hr", "person": "cleo"},
    ):
        found = {
            "case": case | {"persons": persons}, "rules": typed.base.digest, "shown": "x", "result": body["result"]
        }  # fmt: skip
        refused = typed.call("POST", "/acts/record", typed.token("dan"), json={"cases": [found]})
        assert refused.status_code == 409, refused.text


@pytest.mark.parametrize(
    "change",
    [
        ("period: {from: 2026-07-01, to: 2026-09-30}", "period: {from: 2026-07-02, to: 2026-09-30}"),
        ("ref: E-2077", "ref: E-2078"),
        ("case: complete-file", "case: copied"),
    ],
    ids=["period", "person", "case"],
)
def test_words_of_one_case_are_not_words_of_another(typed: Office, change: tuple[str, str]) -> None:
    """Of another period, of another person, or under another name of the case they have to be said again."""
    typed.run("fred", "trail", "vouch", "complete-file", "--yes")
    typed.run("dan", "diagnose", COMPLETE)
    assert FINANCE in own(typed)["fred"]
    typed.run("dan", "diagnose", edited(typed, change, name="changed.yaml"))
    assert own(typed) == {}


def test_an_interview_is_ones_own_word(firm: Office) -> None:
    """Whom the trail knows is not asked who they are."""
    answers = "\n".join(["2026-Q3", "person", "E-5", "", "49", "yes", "quit"])
    firm.run("dan", "interview", "new.yaml", typed=answers + "\n")
    memory = read_case_file(firm.folder / "new.yaml", firm.base)
    voices = {said.voice for term, found in memory.statements.items() if term not in memory.fixed for said in found}
    assert voices == {("sales_manager", "dan", False)}
    firm.run("dan", "diagnose", "new.yaml")
    stated = {term for term in memory.statements if term not in memory.fixed}
    assert own(firm) == {"dan": sorted(stated)}


def test_who_asked_for_the_review_is_who_began_it(base: RuleBase) -> None:
    """A manager who writes that human resources asked for it still does not complete a file alone."""
    said = Statement(True, by="sales_manager", author="dan")
    persons = Persons({("t", "sales_manager", "dan"): "dan"}, "sales_manager", "dan")
    typed = AskedBy("hr", "cleo")
    assert not asks(base, typed, None, "t", said), "where names are typed the file is believed"
    assert asks(base, typed, persons, "t", said)
    by_hr = replace(persons, role="hr", person="cleo")
    assert not asks(base, typed, by_hr, "t", said)
    assert asks(base, AskedBy(), by_hr, "t", said), "the usual role asks where the case names none"
    other = replace(said, by="hr", author="")
    dan_as_hr = Persons({("t", "hr", ""): "dan"}, "sales_manager", "dan")
    assert asks(base, AskedBy(), dan_as_hr, "t", other), "in another role it is the same person"


def test_a_case_of_somebody_else_under_the_same_name_was_not_begun_by_them(firm: Office) -> None:
    """A manager takes the name of a case that human resources began, about another person or of another period."""
    firm.run("cleo", "diagnose", edited(firm, ("ref: E-2077", "ref: E-1"), name="other.yaml"))
    earlier = ("period: {from: 2026-07-01", "period: {from: 2026-07-02")
    firm.run("cleo", "diagnose", edited(firm, earlier, name="earlier.yaml"))
    head = ("case: complete-file", "case: complete-file\nasked_by: {by: hr, author: cleo}")
    firm.run("dan", "diagnose", edited(firm, head))
    assert (newest(firm)["persons"]["role"], newest(firm)["persons"]["person"]) == ("sales_manager", "dan")


def test_a_file_of_typed_names_is_not_signed_later(vouched: Office) -> None:
    """It was complete before the trail knew its people, or by a service that did not ask."""
    firm = vouched
    with firm.trail.read() as reader:
        seq = next(reader.rows(types=("diagnosis",), newest_first=True)).seq
        book = Book(reader)
        found = replayed(reader, seq)
        _check_persons(book, found)
        typed = replace(found, memory=replace(found.memory, persons=None))
        with pytest.raises(Refused, match=f"record {seq} rests on names that were only typed"):
            _check_persons(book, typed)
        persons = found.memory.persons
        assert persons is not None
        more = replace(persons, said={**persons.said, ("goal_measurable", "hr", "cleo"): "cleo"})
        with pytest.raises(
            Refused, match=f"record {seq} takes words for somebody's own that no record before it holds"
        ):
            _check_persons(book, replace(found, memory=replace(found.memory, persons=more)))


def test_what_is_vouched_for_is_what_was_shown_about_that_person(typed: Office) -> None:
    """While finance reads it, the same words are recorded as theirs about somebody else."""
    token = typed.token("fred")
    shown = typed.call("GET", "/statements", token).json()
    assert {one["subject"] for one in shown} == {"E-2077"}
    words = [{"record": one["record"], "term": one["term"], **one["statement"]} for one in shown]
    typed.run("dan", "diagnose", edited(typed, ("ref: E-2077", "ref: E-1")))
    given = typed.call("POST", "/acts/vouched", token, json={"case": "complete-file", "statements": words})
    assert (given.status_code, "look again" in given.json()["detail"]) == (409, True)
    assert "about `E-1`" in typed.run("fred", "trail", "vouch")


def test_nobody_takes_back_or_replaces_what_another_said(firm: Office) -> None:
    """One of two managers says what speaks for the seller. Neither other words in that name nor a withdrawal that
    somebody wrote for them wash it away; their own withdrawal does."""
    said = 'by: sales_manager, kind: signed record, source: "signed goal letters, HR file", date: 2026-10-02'
    line = f"goal_communicated: {{value: true, {said}}}"

    def case(meier: str) -> Path:
        told = f"[{{{meier}, {said}, author: meier}}, {{value: true, {said}, author: olsen}}]"
        return edited(firm, (line, f"goal_communicated: {told}"))

    withdrawn = "value: false, withdrawn: {date: 2026-10-05, reason: an error}"
    firm.stated("dan", case("value: false"))
    assert files(firm) == ["not_reached"]
    for washed in ("value: true", withdrawn):
        firm.run("dan", "diagnose", case(washed))
        assert (files(firm), newest(firm)["left_out"][0]["author"]) == (["open"], "meier")
    firm.stated("dan", case(withdrawn))
    assert files(firm) == ["eligible_for_human_review"], "meier has withdrawn it"


def test_words_that_somebody_has_changed_are_not_brought_back(firm: Office) -> None:
    line = "pvm_price_effect_pct: {value: -1,"
    changed = edited(firm, (line, "pvm_price_effect_pct: {value: -30,"), name="changed.yaml")
    for case in (COMPLETE, changed):
        firm.run("dan", "diagnose", case)
        firm.run("fred", "trail", "vouch", "complete-file", FINANCE, "--yes")
    firm.run("dan", "diagnose", COMPLETE)
    assert [(said["term"], said["value"]) for said in newest(firm)["left_out"]] == [(FINANCE, "-30")]


def test_letters_that_look_alike_make_no_other_person(typed: Office) -> None:
    """What speaks for the seller is left out of a case about somebody whom a reader takes for them."""
    text = "\n".join(line for line in COMPLETE.read_text().splitlines() if "scope_market_change_pct" not in line)
    (typed.folder / "other.yaml").write_text(text.replace("case: complete-file", "case: x").replace("E-2077", "E_2O77"))
    typed.run("dan", "diagnose", "other.yaml", "--firm", COMPLETE.with_name("firm.yaml"))
    assert [said["term"] for said in newest(typed)["left_out"]] == ["scope_market_change_pct"]
