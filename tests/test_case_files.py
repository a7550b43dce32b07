"""A case of the service as a file: taken along, changed, brought back; and begun with, by command, page and program."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from conftest import ROOT
from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text, read_case_file
from served import Office, staffed
from test_api_cases import GOAL, TOLD, Program, records, row, size

HEAD = "subject: {kind: company}\nperiod: {from: 2026-07-01, to: 2026-09-30}\n"
WORKED = f"{HEAD}stated: {{by: own, kind: signed record}}\nexpect: {{}}\nfacts: {{{GOAL}: true}}\n"
LATE = ROOT / "examples/late-delivery.yaml"


@pytest.fixture
def firm(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    with staffed(tmp_path, where, base, max="sales_manager", mia="sales_manager", rita="reviewer") as found:
        found.log_in("max")
        yield found


@pytest.fixture
def max_(firm: Office) -> Program:
    return Program(firm, firm.token("max"))


def test_a_case_goes_out_and_comes_back(firm: Office, max_: Program, base: RuleBase) -> None:
    case = max_.begin()
    max_.state(case, GOAL, value=True)
    path = firm.folder / "out.yaml"
    firm.run("max", "case", "export", case, "--output", path)
    text = path.read_text("utf-8")
    assert text == f"# salesdx case {case} version 2\n{row(firm, case).text}"
    assert read_case_file(path, base).fact(GOAL).value is True
    before = size(firm)
    assert firm.run("max", "case", "import", path) == f"{case} is as the file has it\n" and size(firm) == before
    changed = text.replace("value: true", "value: false", 1)
    assert changed != text
    path.write_text(changed, "utf-8")
    assert firm.run("max", "case", "import", path) == f"{case} is at version 3 now\n"
    assert case_from_text(row(firm, case).text, case, base).fact(GOAL).value is False
    last = records(firm, case)[-1]
    assert last.body is not None and last.body["way"] == "case file" and last.body["own"] == []
    firm.run("max", "case", "import", path, fails="the file is of version 2, and the case has gone on since")
    assert row(firm, case).version == 3
    plain = firm.folder / "plain.yaml"
    plain.write_text(LATE.read_text("utf-8"), "utf-8")
    begun = firm.run("max", "case", "import", plain, "--begin").split()[-1]
    known, held = read_case_file(plain, base), case_from_text(row(firm, begun).text, begun, base)
    assert (held.case, held.statements, held.period) == (begun, known.statements, known.period)


def test_nothing_of_others_is_changed_by_a_file(firm: Office, max_: Program) -> None:
    case = max_.begin()
    asked = {"respondent": "sales_rep", "receiver": "Rosa"}
    made = max_.call("POST", f"/cases/{case}/requests", json=asked)
    max_.state(case, GOAL, value=True)
    text = max_.get(f"/cases/{case}/file")["file"]
    path = f"/cases/{case}/file"
    other = text + f"  {TOLD}: [{{value: true, by: sales_rep, author: rosa}}]\n"
    told = max_.call("PUT", path, 200, json={"file": other}).json()  # of others a file adds statements
    assert told["version"] == 3 and made.status_code in (201, 422)
    text = max_.get(path)["file"]
    assert "rosa" in text
    before = (size(firm), row(firm, case).text)
    gone = re.sub(rf"  {TOLD}:.*(\n    .*)*\n?", "", text)
    for wrong in (gone, text.replace("rosa", "paul")):
        assert wrong != text
        assert "changes what others said" in max_.call("PUT", path, 409, json={"file": wrong}).json()["detail"]
    moved = text.replace("2026-07-01", "2026-04-01")
    assert "about something else" in max_.call("PUT", path, 409, json={"file": moved}).json()["detail"]
    told = max_.call("PUT", path, 422, json={"file": text + "  no_such_term: 1\n  nor_this: 2\n"}).json()
    assert len(told["issues"]) == 2 and all(issue["line"] for issue in told["issues"])
    foreign = text.replace(case, "c-aaaaaaaaaaaaaaaa")
    assert max_.call("PUT", path, 422, json={"file": foreign}).json()["issues"][0]["code"] == "other-case"
    older = text.replace("version 3", "version 2")
    assert max_.call("PUT", path, 412, json={"file": older}).json()["issues"][0]["code"] == "changed"
    mia = Program(firm, firm.token("mia"))
    mia.call("GET", path, 404)
    mia.call("PUT", path, 404, json={"file": text})
    assert (size(firm), row(firm, case).text) == before


def upload(visitor: Visitor, data: bytes, key: str, **more: str) -> httpx.Response:
    fields = {"form_token": visitor.token(), "key": key} | more
    return httpx.post(
        f"{visitor.firm.url}/cases/from-file", data=fields, files={"file": ("north.yaml", data)},
        headers={"Origin": visitor.firm.url}, cookies=visitor.cookies, timeout=30,
    )  # fmt: skip


def test_a_case_is_downloaded_and_begun_with_at_the_pages(firm: Office, base: RuleBase) -> None:
    visitor = Visitor(firm, "max")
    visitor.enter()
    case = visitor.begin(subject="territory", ref="NORTH-2")
    visitor.answer(case, GOAL, "yes")
    assert f'href="/cases/{case}/file"' in visitor.get(f"/cases/{case}/answers").text
    given = visitor.get(f"/cases/{case}/file")
    assert given.headers["content-disposition"] == f'attachment; filename="{case}.yaml"'
    assert given.headers["x-content-type-options"] == "nosniff" and case_from_text(given.text, "f", base)
    page = visitor.get("/cases/from-file")
    key = re.findall(r'name="key" value="(c-\w+)"', page.text)[0]
    begun = upload(visitor, given.content, key)
    assert (begun.status_code, begun.headers["location"]) == (303, f"/cases/{key}/answers")
    held = case_from_text(row(firm, key).text, key, base)
    assert held.fact(GOAL).value is True and held.subject == {"kind": "territory", "ref": "NORTH-2"}
    before = size(firm)
    assert upload(visitor, given.content, key).status_code == 303 and size(firm) == before  # the same form once more
    other = "c-" + "a" * 16
    for data, told in (
        (b"", "choose a file"),
        (b"\xff\xfe", "or no text at all"),
        (b"facts: {no_such_term: 1, nor_this: 2}\n", "line 1"),
        (b"facts: {goal_measurable: true}\n", "which period"),
        (b"x" * (2 << 20), "at most"),
        (json.dumps({"facts": {"<script>": 1}}).encode(), "no term"),
        (
            f"{HEAD}stated: {{by: own, kind: signed record}}\nexpect: {{}}\nfacts: {{{GOAL}: true}}\n".encode(),
            "worked case",
        ),
    ):
        page = upload(visitor, data, other)
        assert page.status_code == 422 and told in page.text and "<script>" not in page.text, (told, page.text)
        assert "<title>Error:" in page.text
    assert upload(visitor, b"x" * (6 << 20), other).status_code == 413
    assert upload(visitor, given.content, other, form_token="x").status_code == 403
    assert upload(visitor, given.content, "../x").status_code == 404
    rita = Visitor(firm, "rita")
    rita.enter()
    assert upload(rita, given.content, other).status_code == 404
    plain = visitor.post("/cases/from-file", key=other)
    assert plain.status_code == 415 and size(firm) == before
