"""Pages of diagnoses and explanations as they are shown and recorded: made here for a command and for a service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from salesdx.engine.diagnosis import Diagnosis
from salesdx.ledger.errors import Refused
from salesdx.render import FORMATS, SHORT, page_alone, page_around, part_of, render_answers, uncoloured
from salesdx.render.report import heading
from salesdx.services.page_requests import Collecting, Drawing, Look, MadePages, Questions, ShownAnswer, ShownCases

if TYPE_CHECKING:
    from salesdx.authoring.graphs.drawing import Graph
    from salesdx.questionnaire.collecting import Collected
    from salesdx.services.explaining import Explained
    from salesdx.text.source import Place

DRAWN = ("svg", "dot", "mermaid")
COLLECTED = "what the questionnaires change"
NARROWEST, WIDEST, MOST_QUESTIONS = 20, 1_000, 20


def asked_pages(shown: ShownCases | ShownAnswer) -> MadePages:
    """The page of what is asked. Raises Refused for what makes no page, CaseError for values that cannot be."""
    if not NARROWEST <= shown.look.width <= WIDEST:
        raise Refused(f"a page has {NARROWEST} to {WIDEST} columns")
    if isinstance(shown, ShownCases):
        return _cases(shown)
    diagnosis, look = _told(shown.diagnosis, shown.look), shown.look
    match shown.asked:
        case Questions():
            return _answers(diagnosis, shown.asked, look)
        case Drawing():
            return _drawing(diagnosis, shown.asked, look)
    return _collecting(diagnosis, shown.asked, look)


def draw(graph: Graph, format: str, link: Callable[[Place], str] | None = None) -> str:
    """A graph in one of DRAWN. Without ``link``, no node tells where it stands: a service keeps its paths."""
    from salesdx.render.graph.graph_svg import graph_svg
    from salesdx.render.graph.graph_text import graph_dot, graph_mermaid

    if link is None:
        graph = replace(graph, nodes=tuple(replace(node, place=None) for node in graph.nodes))
    made = {"svg": graph_svg, "dot": graph_dot, "mermaid": graph_mermaid}[format]
    return made(graph, link or (lambda place: ""))


def _cases(shown: ShownCases) -> MadePages:
    look = shown.look
    _check_format(look, (*FORMATS, SHORT))
    found = [_told(diagnosis, look) for diagnosis in shown.diagnoses]
    titles = [heading(diagnosis) for diagnosis in found]
    parts = [
        part_of(diagnosis, look.format, look.width, look.colour, number, shown.of)
        for number, diagnosis in enumerate(found, shown.number)
    ]
    alone = (page_alone(title, part, look.format) for title, part in zip(titles, parts, strict=True))
    return MadePages("".join(page_around(titles, parts, look.format)), tuple(alone))


def _answers(diagnosis: Diagnosis, asked: Questions, look: Look) -> MadePages:
    from salesdx.explanation import UnknownName
    from salesdx.services.explaining import answered

    _check_format(look, FORMATS)
    if asked.many > MOST_QUESTIONS:
        raise Refused(f"a page answers at most {MOST_QUESTIONS} questions")
    try:
        answers = answered(diagnosis, asked)
    except UnknownName as error:
        raise Refused(str(error)) from None
    return answer_pages(diagnosis, answers, look)


def answer_pages(diagnosis: Diagnosis, answers: Sequence[Explained], look: Look) -> MadePages:
    """The page of answers, and what was asked."""
    page = render_answers(diagnosis, answers, look.format, look.width, look.colour)
    asked = "; ".join(f"{answer.question} {answer.name}" for answer in answers)
    return MadePages(page, (uncoloured(page),), asked)


def _drawing(diagnosis: Diagnosis, asked: Drawing, look: Look) -> MadePages:
    from salesdx.explanation import UnknownName
    from salesdx.services.explaining import reasons_drawn

    _check_format(look, DRAWN)
    try:
        words, graph = reasons_drawn(diagnosis, asked.drawn)
    except UnknownName as error:
        raise Refused(str(error)) from None
    return drawing_pages(words, draw(graph, look.format))


def drawing_pages(words: str, page: str) -> MadePages:
    """The page of a drawing, and what was asked."""
    return MadePages(page, (page,), f"graph {words}")


def _collecting(diagnosis: Diagnosis, asked: Collecting, look: Look) -> MadePages:
    from salesdx.engine.comparing import stage_changes
    from salesdx.engine.diagnose import quick
    from salesdx.questionnaire.collecting import collect, statement_of
    from salesdx.questionnaire.replies import Reply
    from salesdx.services.case_acts import case_sent

    _check_format(look, ("text",))
    after, replies = diagnosis.memory, []
    before = replace(after, statements=case_sent(asked.before, diagnosis.base).statements)
    for one in asked.answered:
        try:
            said = {term: statement_of(after, term, one.respondent) for term in one.terms}
        except (KeyError, StopIteration):
            raise Refused(f"the case does not hold all that `{one.respondent}` is said to have answered") from None
        replies.append(Reply("", one.respondent, said, 0))  # how much was left open, only the files tell
    found, _ = collect(before, replies)
    if found.memory.statements != after.statements:
        raise Refused("these answers do not make this case of the one before")
    now = quick(diagnosis.base, after)  # with what the trail knows of the case as it is now
    found = replace(found, memory=after, after=now, changes=stage_changes(found.before, now))
    return collected_pages(found, look)


def collected_pages(found: Collected, look: Look) -> MadePages:
    """The page of what answers change in a case."""
    from salesdx.render.collected import render_collected

    page = render_collected(found, look.width)
    return MadePages(page, (page,), COLLECTED)


def _told(diagnosis: Diagnosis, look: Look) -> Diagnosis:
    """A diagnosis whose facts bear their identifiers, or do not."""
    if diagnosis.base.ids == look.ids:
        return diagnosis
    base = replace(diagnosis.base, ids=look.ids)
    return replace(diagnosis, base=base, memory=diagnosis.memory.with_base(base))


def _check_format(look: Look, formats: Sequence[str]) -> None:
    if look.format not in formats:
        raise Refused(f"this is not made as `{look.format[:20]}`; it is made as {', '.join(formats)}")
