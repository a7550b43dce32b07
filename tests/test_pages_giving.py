"""Exports and the report by groups at the pages: bundles that verify alone, and no report that tells of few people."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from alone import run_alone
from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.web.pages.handing_in import NO_CASE
from served import Office, going_on
from test_pages_console import entered, links, pseudonym, size, told
from test_pages_keeping import body, faults
from test_serve_sign_off import stated
from test_trail_attachments import PDF


@pytest.fixture
def firm(tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with going_on(tmp_path, str(tmp_path / "trail"), base, stated) as (found, _):
        found.enter(olga="auditor", wanda="works_council")
        yield found


def verified(firm: Office, given: httpx.Response, folder: Path) -> str:
    """What `verify.py` of a zip says, in a folder alone."""
    assert given.status_code == 200, faults(given.text)
    assert given.headers["content-type"] == "application/zip"
    folder.mkdir()
    (folder / "bundle.zip").write_bytes(given.content)
    with zipfile.ZipFile(io.BytesIO(given.content)) as bundle:
        (folder / "verify.py").write_bytes(bundle.read("verify.py"))
    assert firm.trail.key is not None
    alone = run_alone(folder, "bundle.zip", "--key", str(firm.trail.key.public))
    assert alone.returncode == 3, alone.stdout + alone.stderr  # no anchor was given
    return alone.stdout


def test_the_bundle_of_a_case(firm: Office, tmp_path: Path) -> None:
    cleo, before = entered(firm, "cleo"), size(firm)
    given = cleo.post("/hr/exports/case", case="complete-file")
    assert given.headers["content-disposition"] == f'attachment; filename="record-{before}.zip"'
    assert "UNANCHORED" in verified(firm, given, tmp_path / "case")
    assert size(firm) == before + 1
    for named, fault in (("", "name the case"), ("nothing", "there is nothing of this name here")):
        given = cleo.post("/hr/exports/case", case=named)
        assert (given.status_code, faults(given.text)) == (422, [fault])
    given = cleo.post("/hr/exports/case", case="complete-file", **{"case-anchor": "no checkpoint"})
    assert given.status_code == 422 and "an anchor cannot be used" in faults(given.text)[0]
    assert "no checkpoint" in given.text and size(firm) == before + 1


def test_everything_on_one_person_with_redaction(firm: Office, tmp_path: Path) -> None:
    cleo, before = entered(firm, "cleo"), size(firm)
    given = cleo.post("/hr/exports/person", person="", receiver="", whole="x")
    assert faults(given.text) == [
        "name the person, by their pseudonym",
        "choose who gets it",
        "these are no numbers of records",
    ]
    assert size(firm) == before
    given = cleo.post("/hr/exports/person", person="E-2077", receiver="person")
    verified(firm, given, tmp_path / "person")
    with zipfile.ZipFile(io.BytesIO(given.content)) as bundle:
        pages = b"".join(bundle.read(name) for name in bundle.namelist() if name.endswith((".html", ".txt", ".md")))
    assert "blacked out" in pages.decode() and b"meier" not in pages.lower()
    kept = body(firm, before)
    assert kept and size(firm) == before + 1


def report(visitor: Visitor, file: bytes, **typed: str) -> httpx.Response:
    action, fields = visitor.form("/hr/reports", "/hr/reports")
    sent: dict[str, Any] = {"files": {"people": ("staff.csv", file, "text/csv")}} if file else {"files": {"x": b""}}
    return visitor._sent("POST", action, data=fields | typed, headers={"Origin": visitor.firm.url}, **sent)


def staff(women: int, men: int) -> bytes:
    people = [f"F-{n},female" for n in range(women)] + [f"M-{n},male" for n in range(men)] + ["E-2077,male"]
    return "\n".join(["subject,sex", *people, ""]).encode()


def test_a_report_by_groups(firm: Office) -> None:
    wanda, before = entered(firm, "wanda"), size(firm)
    for file, typed, fault in (
        (b"", {}, "choose the file with everybody who could have been looked at"),
        (b"\xff\xfe", {}, "the file is no text in UTF-8; save it as “CSV UTF-8”"),
        (staff(20, 20), {"reference": "male"}, "name one group of a column on each line, such as sex=male"),
        (staff(20, 20), {"by": "age"}, "the file has no column age; it has sex"),
        (b"name,sex\nA,male\n", {}, ""),
    ):
        given = report(wanda, file, **typed)
        assert given.status_code == 422, given.text
        assert fault in faults(given.text)[0], faults(given.text)
    assert size(firm) == before
    given = report(wanda, staff(20, 20), reference="sex=male", by="sex")
    assert given.headers["location"] == f"/records/{before}/page", given.text
    page = told(wanda, given.headers["location"])
    assert "Adverse impact" in page and "sex: male" in page
    kept = body(firm, before)
    assert "F-1" not in str(kept), "nobody is on record with a group"
    given = report(wanda, staff(22, 20), reference="sex=male", by="sex")
    assert (given.status_code, size(firm)) == (422, before + 1), "two reports would tell about two people"
    assert f"record {before}" in faults(given.text)[0]
    assert "F-1" not in given.text


def test_the_form_with_a_file_is_of_this_login_and_no_larger_than_it_may(firm: Office) -> None:
    wanda, before = entered(firm, "wanda"), size(firm)
    action, fields = wanda.form("/hr/reports", "/hr/reports")
    files = {"people": ("staff.csv", staff(20, 20), "text/csv")}

    def sent(headers: dict[str, str], **more: str) -> int:
        return wanda._sent("POST", action, data=fields | more, files=files, headers=headers).status_code

    ours = {"Origin": firm.url}
    assert sent({"Origin": "https://elsewhere.example"}) == sent({}) == sent(ours, form_token="x" * 32) == 403
    assert wanda.post(action, **fields).status_code == 415, "a form without its parts"
    files["people"] = ("staff.csv", b"x" * (5 << 20), "text/csv")
    assert sent(ours) == 413
    assert size(firm) == before


def test_who_exports_and_reports(firm: Office) -> None:
    before = size(firm)
    exports = ("/hr/exports/case", "/hr/exports/person")
    for who in ("wanda", "dan", "finn", "lea", "anna"):
        visitor = entered(firm, who)
        for path in exports:
            assert visitor.post(path, case="complete-file", person="E-2077", receiver="court").status_code == 404
        assert visitor.get("/hr/exports").status_code == 404
        assert visitor.get("/hr/reports").status_code == (200 if who == "wanda" else 404)
        if who != "wanda":
            files = {"people": ("staff.csv", staff(20, 20), "text/csv")}
            fields, headers = {"form_token": visitor.token()}, {"Origin": firm.url}
            assert visitor._sent("POST", "/hr/reports", data=fields, files=files, headers=headers).status_code == 404
    assert size(firm) == before
    olga = entered(firm, "olga")
    assert olga.get("/hr/exports").status_code == olga.get("/hr/reports").status_code == 200
    assert pseudonym(firm) not in olga.get("/hr/exports").text


def test_the_whole_trail_for_who_confirms(firm: Office, tmp_path: Path) -> None:
    cleo, before = entered(firm, "cleo"), size(firm)
    assert "The whole trail" in told(cleo, "/hr/exports")
    given = cleo.post("/hr/exports/all")
    assert given.status_code == 422 and "confirm first that it is you" in faults(given.text)[0]
    cleo.confirm()
    given = cleo.post("/hr/exports/all", **{"all-anchor": "no checkpoint"})
    assert given.status_code == 422 and "an anchor cannot be used" in faults(given.text)[0]
    given = cleo.post("/hr/exports/all")
    assert "UNANCHORED" in verified(firm, given, tmp_path / "all")
    assert (size(firm), body(firm, before)["confirmed_by"]) == (before + 1, "code")
    assert cleo.post("/hr/exports/all").status_code == 422, "it is used up"


def test_what_the_works_council_and_the_person_say(firm: Office) -> None:
    firm.roles["e-2077"] = "employee"
    wanda = entered(firm, "wanda")
    assert links(wanda, "/")["Say something about a case"] == "/statements"
    action, fields = wanda.form("/statements", "/statements")
    before = size(firm)
    for typed, fault in (
        ({"case": "", "text": "We were not heard."}, "name the case"),
        ({"case": "complete-file", "text": " "}, "a statement is needed, in words"),
        ({"case": "nothing", "text": "We were not heard."}, NO_CASE),
    ):
        given = wanda.post(action, **fields | typed)
        assert (given.status_code, faults(given.text)) == (422, [fault])
        assert typed["text"].strip() in given.text
    assert size(firm) == before
    typed = {"case": "complete-file", "text": "We were not heard, and <b>object</b>."}
    for _ in range(2):
        given = wanda.post(action, **fields | typed)
        assert given.status_code == 303 and given.headers["location"] == f"/records/{before}/page", given.text
    assert size(firm) == before + 1, "the same form twice is one record"
    page = wanda.get(f"/records/{before}/page")
    assert page.status_code == 200 and "&lt;b&gt;object" in page.text
    assert body(firm, before)["text"] == typed["text"]
    assert wanda.get(f"/cases/{pseudonym(firm)}/story").status_code == 404 or "statement" in told(
        wanda, f"/cases/{pseudonym(firm)}/story"
    )
    cleo = entered(firm, "cleo")
    assert "We were not heard" in told(cleo, f"/cases/{pseudonym(firm)}/story")
    olga = entered(firm, "olga")
    assert olga.get("/statements").status_code == 404 and olga.post("/statements").status_code == 404


def test_a_file_is_kept_with_a_case_and_given_back(firm: Office) -> None:
    cleo, before = entered(firm, "cleo"), size(firm)
    case = pseudonym(firm)
    address = links(cleo, f"/cases/{case}/story")["Keep a file with it"]
    assert address == f"/attachments?case={case}" and case in cleo.get(address).text

    def send(visitor: Visitor, data: bytes, **typed: str) -> httpx.Response:
        fields = {"case": "complete-file", "reason": "the first warning", "key": "k", "form_token": visitor.token()}
        files = {"file": ("warning <i>1</i>.pdf", data, "text/html")} if data else {"file": ("", b"", "")}
        return visitor._sent("POST", "/attachments", data=fields | typed, files=files, headers={"Origin": firm.url})

    for data, typed, fault in (
        (b"", {}, "choose a file"),
        (b"<html>", {}, "by its content the file is neither"),
        (PDF, {"reason": " "}, "a reason is needed"),
        (PDF, {"case": "nothing"}, NO_CASE),
        (PDF, {"case": ""}, "name the case"),
    ):
        given = send(cleo, data, **typed)
        assert given.status_code == 422 and fault in faults(given.text)[0], faults(given.text)
    assert size(firm) == before
    for _ in range(2):
        given = send(cleo, PDF)
        assert given.status_code == 303 and given.headers["location"] == f"/records/{before}", faults(given.text)
    assert size(firm) == before + 1
    assert links(cleo, f"/records/{before}")["The file that it keeps"] == f"/records/{before}/file"
    given = cleo.get(f"/records/{before}/file")
    assert given.content == PDF and given.headers["content-type"] == "application/pdf"
    assert given.headers["content-disposition"] == f'attachment; filename="record-{before}.pdf"'
    assert cleo.get(f"/records/{before - 1}/file").status_code == 404
    wanda, olga = entered(firm, "wanda"), entered(firm, "olga")
    assert wanda.get(f"/records/{before}/file").status_code == 404, "whoever may attach sees no file of others"
    assert olga.get(f"/records/{before}/file").content == PDF and send(olga, PDF).status_code == 404
