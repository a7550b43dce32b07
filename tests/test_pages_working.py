"""What takes a while at the pages: worked out in a process of its own, for who asked, and marked when it is shown."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from served import Office, going_on
from test_pages_console import entered, links, marks, size, told
from test_pages_keeping import faults


def with_more(firm: Office) -> None:
    firm.enter(cleo="hr", olga="auditor", dan="sales_manager")
    firm.adopt()
    dan = Visitor(firm, "dan")
    dan.enter()
    case = dan.begin(subject="company")
    dan.diagnose(case)
    dan.answer(case, "goal_measurable", "no")
    dan.diagnose(case)


@pytest.fixture
def firm(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    with going_on(tmp_path, where, base, with_more) as (found, _):
        yield found


def diagnoses(firm: Office) -> tuple[str, list[str]]:
    """The case, by its pseudonym, and its diagnoses."""
    with firm.trail.read() as reader:
        rows = list(reader.rows(types=("diagnosis",)))
    return rows[0].header["case"], [str(row.seq) for row in rows]


def worked_out(visitor: Visitor, case: str, **typed: str) -> str:
    """The page of a job, once it is done."""
    given = visitor.post(f"/cases/{case}/closer", **typed)
    assert given.status_code == 303, faults(given.text)
    job = given.headers["location"]
    for _ in range(300):
        page = visitor.get(job)
        assert page.status_code == 200, page.text
        if "Refresh" not in page.headers:
            return told(visitor, job)
        assert "It is being worked out." in page.text
        time.sleep(0.1)
    raise AssertionError("it does not end")


def test_compared_held_against_others_and_run_again(firm: Office) -> None:
    cleo, (case, (one, other)), before = entered(firm, "cleo"), diagnoses(firm), size(firm)
    closer = links(cleo, f"/cases/{case}/story")["Compare, cases like it, run it again"]
    assert closer == f"/cases/{case}/closer"
    page = worked_out(cleo, case, do="compare", one=one, other=other)
    assert "Two diagnoses" in page and "Facts that differ" in page and "1 differ" in page
    page = worked_out(cleo, case, do="comparators", one=other)
    assert "Cases like it" in page and "It could not be worked out" not in page
    page = worked_out(cleo, case, do="replay", one=other)
    assert "dentical" in page, page
    assert size(firm) == before, "nothing is recorded"
    assert ("cleo", "hr", "closer") in marks(firm)


def test_what_is_asked_wrongly_and_whose_a_job_is(firm: Office) -> None:
    cleo, olga, (case, (one, _)) = entered(firm, "cleo"), entered(firm, "olga"), diagnoses(firm)
    for typed, fault in (
        ({}, "choose a diagnosis, and press one of the buttons"),
        ({"do": "compare", "one": one}, "choose another diagnosis, or type the number of its record"),
        ({"do": "compare", "one": one, "record": "0"}, "there is no such record of a diagnosis"),
        ({"do": "compare", "one": "0", "other": one}, "choose a diagnosis, and press one of the buttons"),
        ({"do": "compare", "one": one, "record": "--help"}, "choose another diagnosis, or type the number of its rec"),
    ):
        given = cleo.post(f"/cases/{case}/closer", **typed)
        assert given.status_code == 422 and faults(given.text)[0].startswith(fault)
    begun = [cleo.post(f"/cases/{case}/closer", do="replay", one=one) for _ in range(3)]
    assert [given.status_code for given in begun] == [303, 303, 422]
    assert faults(begun[2].text) == ["others compute at this moment; try again in a minute"]
    job = begun[0].headers["location"]
    assert olga.get(job).status_code == 404
    assert entered(firm, "dan").get(f"/cases/{case}/closer").status_code == 404
    assert olga.get(f"/cases/{case}/closer").status_code == 200


def test_the_trail_is_verified_by_a_key_that_was_kept(firm: Office) -> None:
    cleo, before = entered(firm, "cleo"), size(firm)
    assert firm.trail.key is not None
    key = str(firm.trail.key.public)
    with firm.trail.read() as reader:
        note = reader.checkpoint()
    for typed, fault in (
        ({}, "give a public key that you have kept"),
        ({"keys": "/etc/passwd"}, "key"),
        ({"keys": key, "anchor": "no checkpoint"}, "checkpoint"),
    ):
        given = cleo.post("/verify", **typed)
        assert given.status_code == 422 and fault in faults(given.text)[0], faults(given.text)
    given = cleo.post("/verify", keys=key, anchor=note)
    assert given.status_code == 303, faults(given.text)
    job = given.headers["location"]
    assert entered(firm, "olga").get(job).status_code == 404
    for _ in range(600):
        if "Refresh" not in cleo.get(job).headers:
            break
        time.sleep(0.1)
    page = told(cleo, job)
    assert "Verdict:VERIFIED" in page and "persons are in the register" in page, page
    assert size(firm) == before
