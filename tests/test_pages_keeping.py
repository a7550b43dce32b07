"""Legal holds and erasures at the pages: by two persons, with a delay, and each act confirmed just before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.ledger.verify import verify
from served import Office, going_on
from test_pages_console import entered, links, pseudonym, size, told
from test_serve_sign_off import stated


@pytest.fixture
def firm(tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with going_on(tmp_path, str(tmp_path / "trail"), base, stated) as (found, _):
        found.enter(hal="hr", olga="auditor")
        yield found


def faults(page: str) -> list[str]:
    return [" ".join(one.text_content().split()) for one in html.fromstring(page).xpath("//*[@id='faults']//li")]


def body(firm: Office, record: int) -> dict[str, object]:
    with firm.trail.read() as reader:
        found: dict[str, object] = (reader.row(record).content or {})["body"]
    return found


def verdict(firm: Office) -> str:
    with firm.trail.read() as reader:
        assert firm.trail.key is not None
        return str(verify(reader, [firm.trail.key.public]))


def put(visitor: Visitor, **typed: str) -> None:
    action, fields = visitor.form("/hr/holds", "/hr/holds")
    given = visitor.post(action, **fields | {"named": "complete-file", "reason": "lawsuit 7 C 12/26"} | typed)
    assert given.status_code == 303, faults(given.text)


def test_a_hold_is_put_by_one_and_ended_by_two(firm: Office) -> None:
    cleo, lea, leo = (entered(firm, who) for who in ("cleo", "lea", "leo"))
    assert "Nothing is held." in told(cleo, "/hr/holds")
    assert links(cleo, "/hr")["Legal holds"] == links(lea, "/")["Legal holds"] == "/hr/holds"
    put(cleo)
    page = told(cleo, "/hr/holds")
    assert "Case complete-file lawsuit 7 C 12/26 Put by Cleo, human resources, on " in page
    assert "It ends when 2 persons of those who may end it say so." in page and "Ask for its end" not in page
    record = size(firm) - 1
    assert "This takes that you confirm first that it is you." in told(lea, "/hr/holds")
    release = f"/hr/holds/{record}/release"
    typed = {f"reason-{record}": "it is settled", "key": "k1"}
    before = size(firm)
    given = lea.post(release, **typed)
    assert (given.status_code, size(firm)) == (422, before)
    assert faults(given.text) == ["confirm first that it is you: that holds for five minutes and one act"]
    lea.confirm()
    action, fields = lea.form("/hr/holds", "/release")
    assert lea.post(action, **fields | {f"reason-{record}": ""}).status_code == 422
    assert size(firm) == before
    assert lea.post(action, **fields | typed).status_code == 303
    assert lea.post(action, **fields | typed).status_code == 303, "the same form twice is one act"
    assert size(firm) == before + 1
    assert body(firm, before) == {"reason": "it is settled", "confirmed_by": "code"}
    page = told(lea, "/hr/holds")
    assert "Lea, legal, wants it to end" in page and "You have said so; another person confirms it." in page
    lea.confirm()
    assert lea.post(release, **typed | {"key": "k2"}).status_code == 422, "the same person is no second one"
    assert size(firm) == before + 1
    assert "Confirm that it ends" in told(leo, "/hr/holds")
    leo.confirm()
    assert leo.post(release, **typed).status_code == 303
    assert "Nothing is held." in told(cleo, "/hr/holds")
    assert verdict(firm).startswith("UNANCHORED\nno anchor was given")


def test_what_a_hold_needs(firm: Office) -> None:
    cleo, before = entered(firm, "cleo"), size(firm)
    for typed, fault in (
        ({"reason": "", "named": "complete-file"}, "say why, in words"),
        ({"reason": "a lawsuit", "named": "nothing"}, "there is nothing of this name here"),
    ):
        given = cleo.post("/hr/holds", kind="case", key="k", **typed)
        assert (given.status_code, faults(given.text)) == (422, [fault])
    olga = entered(firm, "olga")
    assert olga.get("/hr/holds").status_code == 200 and "Put a legal hold" not in told(olga, "/hr/holds")
    for who in (olga, entered(firm, "dan")):
        assert who.post("/hr/holds", kind="case", named="complete-file", reason="a lawsuit").status_code == 404
    assert cleo.post(f"/hr/holds/{before}/release", key="k").status_code == 404, "it ends by others"
    assert size(firm) == before


def erasure(firm: Office, kind: str = "case", name: str = "complete-file") -> str:
    return f"/hr/erasures/{kind}/{pseudonym(firm, kind, name)}"


def step(visitor: Visitor, path: str, reason: str = "they asked for it") -> int:
    visitor.confirm()
    action, fields = visitor.form(path, path)
    return visitor.post(action, **fields | {"reason": reason}).status_code


def test_an_erasure_from_what_would_go_to_the_end(firm: Office) -> None:
    cleo, hal = entered(firm, "cleo"), entered(firm, "hal")
    before = size(firm)
    given = cleo.post("/hr/erasures", kind="case", named="complete-file")
    path = erasure(firm)
    assert given.headers["location"] == path
    page = told(cleo, path)
    for words in (
        "What goes content of",
        "complete-file",
        "What stays",
        "It takes 2 persons, and then waits",
        "7 days",
    ):
        assert words in page, page
    assert size(firm) == before, "looking adds nothing"
    assert step(cleo, path) == 303
    assert body(firm, before)["confirmed_by"] == "code"
    page = told(cleo, path)
    assert "Asked for by Cleo on " in page and "You have asked for it; another person confirms it." in page
    assert "Confirm this erasure" not in page
    assert "Case complete-file Asked for by Cleo" in told(hal, "/hr/erasures")
    assert links(hal, "/hr")["Erasures"] == "/hr/erasures"
    assert step(hal, path) == 303
    assert "It can be carried out from " in told(hal, path) and "Erase it now" not in told(hal, path)
    firm.later(days=7, minutes=1)
    for who in (cleo, hal):
        who.log_in()
    assert "Erase it now" in told(cleo, path)
    cleo.confirm()
    action, fields = cleo.form(path, path)
    given = cleo.post(action, **fields | {"reason": "it was complete-file"})
    assert (given.status_code, size(firm)) == (422, before + 2), "the record of it names nobody"
    given = cleo.post(action, **fields | {"reason": "they asked for it"})
    assert given.status_code == 303
    assert cleo.get(path).status_code == 404
    assert "erased content" in told(cleo, given.headers["location"])
    assert "No erasure is asked for." in told(cleo, "/hr/erasures")
    assert cleo.post("/hr/erasures", kind="case", named="complete-file").status_code == 422


def test_a_hold_stops_an_erasure_and_news_ask_again(firm: Office) -> None:
    cleo, hal = entered(firm, "cleo"), entered(firm, "hal")
    path = erasure(firm, "subject", "E-2077")
    assert step(cleo, path) == 303
    hal.confirm()
    action, fields = hal.form(path, path)
    put(cleo, kind="subject", named="E-2077")
    given = hal.post(action, **fields | {"reason": "they asked for it"})
    assert (given.status_code, faults(given.text)[0][:44]) == (409, "something was recorded since you looked; loo")
    page = told(hal, path)
    assert "A legal hold stops this erasure." in page and "Confirm this erasure" not in page
    assert "No erasure is asked for." in told(hal, "/hr/erasures")


def test_who_erases_and_whom(firm: Office) -> None:
    path, before = erasure(firm), size(firm)
    for who in ("dan", "finn", "lea", "olga", "anna", "gwen", "e-2077"):
        visitor = entered(firm, who)
        for address in ("/hr/erasures", path):
            assert visitor.get(address).status_code == 404, (who, address)
            assert visitor.post(address, kind="case", named="complete-file", reason="so").status_code == 404
    cleo = entered(firm, "cleo")
    for address in ("/hr/erasures/case/nothing", "/hr/erasures/stage/goals", f"/hr/erasures/subject/{path[-18:]}"):
        assert cleo.get(address).status_code == 404
    assert size(firm) == before


def test_what_was_kept_long_enough_goes_by_two_and_after_a_week(firm: Office) -> None:
    cleo, hal, olga = (entered(firm, who) for who in ("cleo", "hal", "olga"))
    assert links(cleo, "/hr")["Retention"] == "/hr/retention" and olga.get("/hr/retention").status_code == 404
    page = told(cleo, "/hr/retention")
    assert "No case has been kept long enough." in page and "The next step" not in page
    firm.later(days=1100)
    for who in (cleo, hal):
        who.log_in()
    page = told(cleo, "/hr/retention")
    assert "Due:1" in page and "--yes" not in page
    before = size(firm)
    given = cleo.post("/hr/retention", key="k")
    assert given.status_code == 422 and "confirm first that it is you" in faults(given.text)[0]
    assert size(firm) == before

    def step(visitor: Visitor, status: int = 303) -> str:
        visitor.confirm()
        action, fields = visitor.form("/hr/retention", "/hr/retention")
        given = visitor.post(action, **fields)
        assert given.status_code == status, given.text
        return " ".join(faults(given.text)) if status == 422 else ""

    step(cleo)
    assert body(firm, before)["act"] == "retention" and body(firm, before)["confirmed_by"] == "code"
    assert "Asked for by Cleo" in told(hal, "/hr/retention")
    assert "waits for another person or for its days" in step(cleo, 422)
    step(hal)
    assert "Confirmed by Hal" in told(hal, "/hr/retention") and size(firm) == before + 2
    assert "waits for another person or for its days" in step(hal, 422)
    firm.later(days=7, minutes=1)
    for who in (cleo, hal):
        who.log_in()
    step(hal)
    page = told(cleo, "/hr/retention")
    assert "No case has been kept long enough." in page and "Due:0" in page
    with firm.trail.read() as reader:
        assert reader.pseudonym("case", "complete-file") is None
    assert verdict(firm).startswith("UNANCHORED")
