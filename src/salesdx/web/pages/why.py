"""What somebody asks of a diagnosis: recorded first, then shown from its record, as often as wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Response

from salesdx.ledger.errors import CameBetween, NoSuch, Refused, TrailError
from salesdx.render.asked_pages import asked_pages
from salesdx.render.pages.case_words import Option, Send
from salesdx.render.pages.diagnosis_page import article_in
from salesdx.render.pages.shell import PageFault
from salesdx.render.pages.why_page import (
    CHANGES,
    WHAT_IF,
    WHY,
    WHY_NOT,
    AskWhyPage,
    ExplainedPage,
    IfLine,
    askable,
    folded_article,
)
from salesdx.services.acts import Done
from salesdx.services.case_acts import RecordExplanation
from salesdx.services.page_requests import Look, Questions
from salesdx.services.reads import ShowRecord
from salesdx.text.issues import CaseError
from salesdx.trail.book import UNSEEN
from salesdx.trail.recording import recorded_case
from salesdx.trail.replay import replayed
from salesdx.trail.results import result_of
from salesdx.web.pages.console import no_page
from salesdx.web.pages.diagnosis import check_recorded_here, diagnosis_body
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, Working, check_act, go_to, shown_page
from salesdx.web.pages.held import HeldPage, form_key, held_page, new_key

router = APIRouter(include_in_schema=False)
HERE = "/cases/{case}/diagnoses/{record}/explanations"
CHANGED = "the case has changed since this diagnosis: record another one, and ask about that"
IFS = 3
"""So many facts can be taken for others in one form."""


@router.get(HERE)
def ask_why(case: str, record: str, visit: Visiting) -> Response:
    """What can be asked of a diagnosis."""
    return _ask(visit, case, record, {})


@router.post(HERE)
def answer_why(case: str, record: str, visit: Visiting, form: OwnForm) -> Response:
    """Record what is asked, and then show it from the record."""
    check_act(visit, RecordExplanation)
    now = _ours(visit, case, record)
    faults: list[PageFault] = []
    asked = _questions(visit, record, form, faults)
    if faults:
        return _ask(visit, case, record, form, *faults)
    key = form_key(now.id, form.get("key", ""), record, asked)
    try:
        done = recorded_explanation(visit, now, int(record), asked, Look("html"), key)
    except CaseError as error:
        return _ask(visit, case, record, form, *(PageFault(issue.message, "fact-1") for issue in error.issues))
    except Refused as error:
        return _ask(visit, case, record, form, PageFault(str(error)))
    return go_to(f"{now.address('diagnoses', record)}/explanations/{done.record}")


@router.get(f"{HERE}/{{explanation}}")
def show_why(case: str, record: str, explanation: str, visit: Visiting) -> Response:
    """An explanation from its record: nothing is added to the trail."""
    now = _ours(visit, case, record)
    if not explanation.isascii() or not explanation.isdigit() or len(explanation) > 15:
        raise NoSuch(UNSEEN)
    try:
        found, _ = visit.desk.server.read(ShowRecord(explanation, page=True), visit.by, no_page)
    except TrailError as error:
        raise NoSuch(str(error)) from None
    shown = found.shown.record
    if shown.type != "explanation" or shown.body is None or not shown.case or shown.case.name != now.id:
        raise NoSuch(UNSEEN)
    address = now.address("diagnoses", record)
    article = folded_article(article_in(shown.body["shown"]))
    shell = visit.shell((address, "What is likely"))
    return shown_page(ExplainedPage(shell, "Explained", article, shown.seq, f"{address}/explanations"))


def recorded_explanation(visit: Working, now: HeldPage, record: int, asked: Questions, look: Look, key: str) -> Done:
    """What is asked of a diagnosis of a case as it still stands, recorded before it is given, once under a ``key``.

    Raises Refused where the case has changed since, and CaseError for values that cannot be.
    """
    desk = visit.desk
    with desk.server.trail.read() as reader:
        memory = replayed(reader, record).memory
    if memory.statements != now.conversation.memory.statements:  # else the record would take back what came since
        raise Refused(CHANGED)
    act = RecordExplanation(recorded_case(memory), memory.base.digest, asked, look)
    with desk.thinking:
        try:
            done = desk.server.perform_beside(act, visit.by, asked_pages, key, lambda connection: None)
        except CameBetween:
            raise Refused(CHANGED) from None
    return done


def _questions(visit: Visit, record: str, form: Mapping[str, str], faults: list[PageFault]) -> Questions:
    """What a form asks; what is wrong with it goes to ``faults``."""
    do = form.get("do", "")
    if do == WHAT_IF:
        return Questions(what_if=_taken_for(form, {id for id, _ in _facts(visit, record)}, faults))
    known = askable(result_of(diagnosis_body(visit, record)["result"]))
    name = form.get(do, "")
    if do not in known or name not in known[do]:
        faults.append(PageFault("choose what you ask about", do if do in known else ""))
    why, why_not, changes = ((name,) if do == kind else () for kind in (WHY, WHY_NOT, CHANGES))
    return Questions(why, why_not, {}, changes)


def _taken_for(form: Mapping[str, str], known: set[str], faults: list[PageFault]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for n in range(1, IFS + 1):
        term, value = form.get(f"fact-{n}", ""), form.get(f"value-{n}", "").strip()
        if bool(term) != bool(value):
            faults.append(PageFault("choose the fact and type what it would be, or leave both", f"fact-{n}"))
        elif term and (term in found or term not in known):
            faults.append(PageFault("choose each fact once", f"fact-{n}"))
        elif term:
            found[term] = value
    if not found and not faults:
        faults.append(PageFault("choose a fact, and type what it would be", "fact-1"))
    return found


def _facts(visit: Visit, record: str) -> Iterator[tuple[str, str]]:
    """The facts that can be taken for others: those that were stated, and those that are missing; and what they are
    called."""
    with visit.desk.server.trail.read() as reader:
        diagnosis = replayed(reader, int(record)).diagnosis
    terms = diagnosis.base.terms
    asked = [term.name for term in diagnosis.next_questions]
    for name in dict.fromkeys([*asked, *(term for term in terms if term in diagnosis.memory.statements)]):
        yield name, terms[name].called


def _ours(visit: Visit, case: str, record: str) -> HeldPage:
    now = held_page(visit, case)
    check_recorded_here(visit, now, record)
    return now


def _ask(visit: Visit, case: str, record: str, form: Mapping[str, str], *faults: PageFault) -> Response:
    check_act(visit, RecordExplanation)
    now = _ours(visit, case, record)
    result: Mapping[str, Any] = result_of(diagnosis_body(visit, record)["result"])
    with visit.desk.server.trail.read() as reader:
        current = replayed(reader, int(record)).memory.statements == now.conversation.memory.statements
    known, facts = askable(result), dict(_facts(visit, record))

    def options(field: str, all: Mapping[str, str]) -> tuple[Option, ...]:
        chosen = form.get(field, "")
        return (Option("", "Choose"), *(Option(id, called, id == chosen) for id, called in all.items()))

    page = AskWhyPage(
        visit.shell((now.address("diagnoses", record), "What is likely"), faults=faults),
        "Why, and what if",
        current,
        Send(f"{now.address('diagnoses', record)}/explanations", new_key()),
        options(WHY, known[WHY]),
        options(WHY_NOT, known[WHY_NOT]),
        options(CHANGES, known[CHANGES]),
        tuple(IfLine(n, options(f"fact-{n}", facts), form.get(f"value-{n}", "")[:200]) for n in range(1, IFS + 1)),
        now.address("answers"),
        form.get("do", ""),
    )
    return shown_page(page, 422 if faults else 200)
