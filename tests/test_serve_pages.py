"""Pages that a service makes: what is shown of a case is what it concluded, and no client words it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from questionnaires import CASE, case_memory, yaml_form
from salesdx.base.model import RuleBase
from salesdx.ledger.log import Person
from salesdx.render.asked_pages import asked_pages
from salesdx.render.trail.pages_again import page_as_made
from salesdx.services.case_acts import RecordCases, TakenCase, Vouch
from salesdx.services.page_requests import Look, MadePages
from salesdx.services.questionnaires import open_questionnaire
from salesdx.services.verifying import verdict_here
from served import Office, staffed

LATE, HELD_BACK = ROOT / "examples/late-delivery.yaml", ROOT / "examples/held-back.yaml"
LIE = "The person is unfit.\n"
CASE_PARTS = ("case_file", "firm", "today", "persons", "trial", "left_out")


@pytest.fixture
def firm(tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with staffed(tmp_path, str(tmp_path / "trail"), base, cleo="hr") as found:
        found.log_in("cleo")
        yield found


def bodies(firm: Office, type: str) -> list[dict[str, Any]]:
    """What the records of a type hold, in order."""
    with firm.trail.read() as reader:
        return [content["body"] for row in reader.rows(types=(type,)) if (content := row.content) is not None]


def case_of(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in CASE_PARTS if name in body}


def verified(firm: Office) -> str:
    with firm.trail.read() as reader:
        return str(verdict_here(reader, [], None, None, page_as_made))


LOOKS = [("text",), ("text", "--full"), ("text", "--full", "--ids"), ("markdown",), ("html",), ("json",)]


@pytest.mark.parametrize("words", LOOKS, ids=" ".join)
def test_what_is_shown_is_what_was_recorded(firm: Office, words: tuple[str, ...]) -> None:
    """Byte for byte, in every format, as the service made it; and the same again when the trail is verified."""
    shown = firm.run("cleo", "diagnose", LATE, "--format", *words)
    (body,) = bodies(firm, "diagnosis")
    assert shown == body["shown"]
    assert ("[" in shown) >= ("--ids" in words) and body["made"]["ids"] is ("--ids" in words)
    explained = firm.run("cleo", "explain", LATE, "--why-not", "pricing", "--what-would-change", "service",
                         "--what-if", "lost_interviews_n=9", "--format", words[0])  # fmt: skip
    (body,) = bodies(firm, "explanation")
    assert explained == body["shown"]
    assert body["made"]["asked"] == {
        "why": [],
        "why_not": ["pricing"],
        "what_if": {"lost_interviews_n": "9"},
        "what_would_change": ["service"],
    }
    assert "2 pages came out again as they were shown" in verified(firm)


def test_of_several_cases_each_record_holds_its_own_part(firm: Office) -> None:
    shown = firm.run("cleo", "diagnose", LATE, HELD_BACK, "--format", "html")
    late, held_back = bodies(firm, "diagnosis")
    assert 'id="case-1"' in shown and 'id="case-2"' in shown
    assert (held_back["made"]["number"], held_back["made"]["of"]) == (2, 2)
    for body, own, other in ((late, "late-delivery", "held-back"), (held_back, "held-back", "late-delivery")):
        article = body["shown"][body["shown"].index("<article") : body["shown"].index("</article>")]
        assert article in shown and own in body["shown"] and other not in body["shown"]
    assert "2 pages came out again as they were shown" in verified(firm)


def test_a_client_words_no_page(firm: Office) -> None:
    """A page that a client sends is no key of the request; what it asks for beyond the formats is refused."""
    firm.run("cleo", "diagnose", LATE)
    firm.run("cleo", "explain", LATE)
    token, (body,), (why,) = firm.token("cleo"), bodies(firm, "diagnosis"), bodies(firm, "explanation")
    taken = {"case": case_of(body), "rules": firm.base.digest, "result": body["result"]}
    for more in ({"shown": LIE}, {"format": "text"}, {"asked": "why"}):
        given = firm.call("POST", "/acts/record", token, json={"cases": [taken | more]})
        assert given.status_code == 422 and "Unexpected" in given.json()["detail"], given.text
    for looks, words in (
        ({"format": "svg"}, "this is not made as `svg`; it is made as text, markdown, html, json, short"),
        ({"format": "<b>"}, "this is not made as `<b>`"),
        ({"width": 5_000_000}, "a page has 20 to 1000 columns"),
    ):
        given = firm.call("POST", "/acts/record", token, json={"cases": [taken], "looks": looks})
        assert given.status_code == 409 and words in given.json()["detail"], given.text
    asked = {"case": case_of(why), "rules": firm.base.digest}
    for question, words in (
        ({"why": ["nothing_of_this_name"]}, "nothing_of_this_name"),
        ({"why": ["pricing"] * 21}, "a page answers at most 20 questions"),
        ({"drawn": "", "text": LIE}, "Unexpected"),
        ({"drawn": "pricing"}, "this is not made as `text`; it is made as svg, dot, mermaid"),
    ):
        given = firm.call("POST", "/acts/explanation", token, json=asked | {"asked": question})
        assert given.status_code in (409, 422) and words in given.json()["detail"], given.text
    for file in ("[" * 100_000, "case: x\0", "case: x\n"):  # the fault is the client's, and no failure of the service
        given = firm.call("POST", "/acts/explanation", token, json=asked | {"asked": {}, "case": {"case_file": file}})
        assert given.status_code == 409, given.text
    assert (len(bodies(firm, "diagnosis")), len(bodies(firm, "explanation"))) == (1, 1)
    assert firm.call("POST", "/acts/record", token, json={"cases": []}).json()["detail"] == "no case is sent"


def test_a_request_that_is_sent_again_gets_the_same_page(firm: Office) -> None:
    firm.run("cleo", "diagnose", LATE, HELD_BACK)
    token, key = firm.token("cleo"), {"Idempotency-Key": "the-same-request"}
    cases = [
        {"case": case_of(body), "rules": firm.base.digest, "result": body["result"]}
        for body in bodies(firm, "diagnosis")
    ]
    told = {"cases": cases, "looks": {"format": "markdown", "width": 80, "ids": False, "colour": False}}
    first, again = (firm.call("POST", "/acts/record", token, json=told, headers=key).json() for _ in range(2))
    assert "case late-delivery" in first["page"] and "case held-back" in first["page"]
    assert again["page"] == first["page"] and len(bodies(firm, "diagnosis")) == 4


@pytest.mark.parametrize("format", ["svg", "dot", "mermaid"])
def test_a_drawing_is_made_by_the_service(firm: Office, format: str) -> None:
    """Without the addresses of files: those of the client are not known there, and its own are not told."""
    shown = firm.run("cleo", "graph", "--case", LATE, "--why", "pricing", "--format", format)
    (body,) = bodies(firm, "explanation")
    assert shown == body["shown"] and body["asked"] == "graph why pricing"
    assert "rules/" not in shown and "href" not in shown and str(ROOT) not in shown
    assert "1 page came out again as they were shown" in verified(firm)


def test_colours_are_shown_and_not_recorded(firm: Office) -> None:
    firm.run("cleo", "diagnose", LATE)
    (body,) = bodies(firm, "diagnosis")
    taken = {"case": case_of(body), "rules": firm.base.digest, "result": body["result"]}
    told = {"cases": [taken], "looks": {"format": "short", "colour": True}}
    page = firm.call("POST", "/acts/record", firm.token("cleo"), json=told).json()["page"]
    assert "\x1b[" in page and "\x1b[" not in bodies(firm, "diagnosis")[1]["shown"]
    assert "2 pages came out again as they were shown" in verified(firm)


def test_what_questionnaires_change_is_found_by_the_service(firm: Office, base: RuleBase) -> None:
    (firm.folder / "north.yaml").write_text(CASE, encoding="utf-8")
    form = open_questionnaire(base, case_memory(base), "finance")
    answers = {"price_index_vs_competitor_pct": {"answer": 99}}
    (firm.folder / "finance.yaml").write_bytes(yaml_form(form, answers))
    shown = firm.run("cleo", "collect", "north.yaml", "finance.yaml")
    (body,) = bodies(firm, "explanation")
    assert body["asked"] == "what the questionnaires change" and shown.startswith(body["shown"])
    assert "Finance: 1 answer (1 replaced)" in shown and "saved in north.yaml" in shown
    assert "1 page came out again as they were shown" in verified(firm)

    before = body["made"]["asked"]["before"]
    other = before | {"case_file": before["case_file"].replace("102.75", "150.25")}
    for told, terms, words in (
        (other, ["price_index_vs_competitor_pct"], "what was said before these answers is otherwise on record"),
        (before, [], "these answers do not make this case of the one before"),
        (before, ["case_attainment_pct"], "the case does not hold all that `finance` is said to have answered"),
    ):
        asked = {"before": told, "answered": [{"respondent": "finance", "terms": terms}]}
        sent = {"case": case_of(body), "rules": base.digest, "asked": asked}
        given = firm.call("POST", "/acts/explanation", firm.token("cleo"), json=sent)
        assert given.status_code == 409 and words in given.json()["detail"], given.text


def test_words_that_were_vouched_for_stay_in_what_questionnaires_change(firm: Office, base: RuleBase) -> None:
    """An answer in a file is not the word of whom it names: the word that it would replace is left out, and told."""
    firm.enter(fred="finance")
    (firm.folder / "north.yaml").write_text(CASE, encoding="utf-8")
    firm.run("cleo", "diagnose", "north.yaml")
    by = Person("fred", "finance", "token")
    words = [{"record": one.record, "term": one.term, **one.statement} for one in firm.server.attributed(by)]
    firm.server.perform(Vouch("north-2026", tuple(words)), by, str)
    form = open_questionnaire(base, case_memory(base), "finance")
    (firm.folder / "finance.yaml").write_bytes(yaml_form(form, {"price_index_vs_competitor_pct": {"answer": 99}}))
    firm.run("cleo", "collect", "north.yaml", "finance.yaml")
    (body,) = bodies(firm, "explanation")
    assert [one["term"] for one in body["left_out"]] == ["price_index_vs_competitor_pct"]
    assert "2 pages came out again as they were shown" in verified(firm)


def test_an_interview_shows_what_was_recorded(firm: Office) -> None:
    shown = firm.run("cleo", "interview", "again.yaml", "--answers", LATE)
    (body,) = bodies(firm, "diagnosis")
    assert body["shown"] in shown and body["made"]["format"] == "short"


def test_a_page_that_says_something_else_is_found(firm: Office) -> None:
    """A service that recorded another page than follows is found by whoever verifies the trail."""
    firm.run("cleo", "diagnose", LATE)
    (body,) = bodies(firm, "diagnosis")
    act = RecordCases((TakenCase(case_of(body), firm.base.digest, body["result"]),), Look("short"))

    def lying(shown: Any) -> MadePages:
        made = asked_pages(shown)
        return MadePages(made.page, tuple(page.replace("confirmed", "ruled out") + LIE for page in made.alone))

    done = firm.server.perform(act, Person("cleo", "hr", "token"), lying)
    found = verified(firm)
    assert found.startswith("INVALID\n"), found
    assert f"record {done.record}: another diagnosis was shown than follows from what is recorded with it" in found
    assert firm.run("cleo", "trail", "show", str(done.record), "--shown").endswith(LIE)
