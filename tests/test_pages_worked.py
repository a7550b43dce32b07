"""Worked cases answered question by question at the pages give the JSON of the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text
from served import Office, office
from test_api_cases import Program
from test_api_client import WORKED, diagnosed, told_of

FEW = int(os.environ.get("SALESDX_PAGE_CASES", "1"))
"""So many worked cases are answered."""
OTHERWISE = "correct one of them or withdraw it"
"""What a page says to a figure that differs from the one that other answers give: a file may hold both."""


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(max="sales_manager")
        yield found


def typed(said: dict[str, Any]) -> dict[str, str]:
    """What a manager types who means a statement."""
    if said.get("unknown") == "not known":
        return {"do": "unknown"}
    if "unknown" in said:
        return {"do": "excuse", "reason": said["reason"]}
    value = said["value"]
    if isinstance(value, bool):
        answer = "yes" if value else "no"
    elif isinstance(value, dict):
        low, high = value["low"], value["high"]
        answer = f"at most {high}" if low is None else f"at least {low}" if high is None else f"{low} to {high}"
    else:
        answer = str(value)
    rest = {key: said[key] for key in ("kind", "source", "date") if said.get(key)}
    return {"do": "save", "answer": answer, **rest}


def answer(visitor: Visitor, case: str, term: str, said: dict[str, Any]) -> None:
    """Answer a question, and say yes where the page asks whether that is meant."""
    action, told = visitor.form(f"/cases/{case}/questions/{term}", f"/questions/{term}")
    given = visitor.post(action, **told | typed(said))
    if given.status_code == 422:
        form = next(one for one in html.fromstring(given.text).forms if one.action.endswith(f"/questions/{term}"))
        again = {name: value for name, value in form.form_values() if isinstance(value, str)}
        if not again["asked_back"] and OTHERWISE in given.text:
            return
        assert again["asked_back"], (term, said, given.text)
        given = visitor.post(action, **again | {"do": "save"})
    assert given.status_code == 303, (term, said, given.text)


@pytest.mark.slow
def test_worked_cases_at_the_pages_give_the_json_of_the_command_line(firm: Office, base: RuleBase) -> None:
    max_ = Visitor(firm, "max")
    max_.enter()
    program, found = Program(firm, firm.token("max")), []
    for number, path in enumerate(WORKED[:: len(WORKED) // FEW][:FEW]):
        found.append(worked(max_, program, base, path, f"R-{number}"))
        assert found[-1].pop("trial") is True
    expected = diagnosed(firm, *(one["case"] for one in found))
    for one in expected:  # a page's record holds no copy of what lay beside the rules
        assert one["rule_base"].pop("proof")
    assert found == expected


def worked(max_: Visitor, program: Program, base: RuleBase, path: Path, ref: str) -> dict[str, Any]:
    """A worked case begun, answered and diagnosed at the pages; the JSON of its record. What is said of one subject
    counts in all its cases, so each has a ``ref`` of its own."""
    memory = case_from_text(path.read_text("utf-8"), path.name, base)
    begun = {"subject": memory.subject.get("kind", "company"), "ref": ref}
    if memory.period:
        begun["period"] = " to ".join(day.isoformat() for day in memory.period)
    case = max_.begin(**begun)
    for term, said in told_of(memory):
        if max_.get(f"/cases/{case}/questions/{term}").status_code == 200:  # else the head of the case says it already
            answer(max_, case, term, said)
    record = max_.diagnose(case).rpartition("/")[2]
    shown: dict[str, Any] = program.call("GET", f"/cases/{case}/diagnoses/{record}").json()
    return shown
