"""The page of a question or figure: what is asked of whom, what an answer looks like, and what it decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesdx.base.model import RuleBase, Term
from salesdx.case.statement import shown_value
from salesdx.case.typed import answer_form
from salesdx.engine.diagnosis import status_words
from salesdx.language.conditions import names
from salesdx.render.pages.linked import (
    LinkedBlock,
    LinkedItem,
    LinkedList,
    LinkedSection,
    LinkedText,
    TextPiece,
    linked,
    named_piece,
    plain_text,
    step_address,
    with_commas,
)
from salesdx.render.pages.rule_parts import (
    RuleTextPage,
    case_item,
    file_text,
    rule_list,
    rule_text_page,
    source_item,
)
from salesdx.render.pages.shell import Shell
from salesdx.render.rule_words import as_written
from salesdx.render.wording import person
from salesdx.services.trying import asked_by
from salesdx.services.worked_uses import WorkedUse
from salesdx.text.english import capital, listed, many

EXAMPLES = 6
"""So many worked cases are listed."""
DOES = {"applies_when": "whether it applies", "ruled_out_when": "rules it out", "set_aside_when": "sets it aside"}
"""The condition of a step -> what it does, for a reader."""


def term_page(base: RuleBase, shell: Shell, term: Term, uses: Sequence[WorkedUse]) -> RuleTextPage:
    """The page of ``term``."""
    base = base.as_written
    term, home = base.terms[term.name], base.home[term.home]
    sections = (
        LinkedSection("What is asked", tuple(_asked(base, term))),
        LinkedSection("How it is worked out", tuple(_computed(base, term))),
        LinkedSection("What it decides", tuple(_decides(base, term))),
        LinkedSection("Worked cases", tuple(_worked(base, term, uses))),
        LinkedSection("Where it comes from", tuple(_sources(base, term))),
        LinkedSection("As it stands in the file", tuple(file_text(base, term)), folded=True),
    )
    kind = "A question" if term.question else "A figure"
    place = (TextPiece(f"{kind} of "), TextPiece(f"“{home.title}”", step_address(home.id)))
    return rule_text_page(base, shell, capital(term.label or status_words(term.name)), place, sections)


def _asked(base: RuleBase, term: Term) -> Iterator[LinkedBlock]:
    may = [person(base, one) for one in term.may_answer]
    only = [person(base, one) for one in term.only if one in base.respondents]
    age = many(term.valid_for, "day") if isinstance(term.valid_for, int) else ""
    choices = listed([status_words(value) for value in term.values], "or")
    told = {
        "question": term.question,
        "asked of": person(base, term.respondent),
        "or of": listed(may, "or"),
        "towards a person": f"the word of {listed(only, 'or')} counts alone" if only else "",
        "answer": choices or answer_form(term),
        "evidence": term.evidence,
        "counts for": age or ("a day inside the period under review" if term.valid_for else ""),
        "work": f"{term.effort} of 5, from a look-up to a study" if term.question else "",
        "applies": f"where {as_written(term.applies_when)}" if term.applies_when is not None else "",
        "note": term.note,
    }
    lines = tuple((label, linked(base, text)) for label, text in told.items() if text)
    name = ("in files", (TextPiece(term.name, code=True),))
    yield LinkedList((LinkedItem((), "", (*lines, name)),))


def _computed(base: RuleBase, term: Term) -> Iterator[LinkedBlock]:
    if term.derive:
        yield LinkedText(linked(base, capital(term.derive)))
    for told, formula in (("Formula: ", term.formula), ("It can also be calculated: ", term.or_formula)):
        if formula is not None:
            yield LinkedText((TextPiece(told), *linked(base, as_written(formula))))
    if term.choose:
        yield LinkedText(plain_text("The first line that is true counts:"))
        lines = [(status_words(shown_value(one.value)), f"when {as_written(one.when)}") for one in term.choose]
        yield LinkedList((LinkedItem((), "", tuple((value, linked(base, when)) for value, when in lines)),))
    if term.tolerance is not None:
        yield LinkedText(plain_text(f"What is stated may differ by {shown_value(term.tolerance)} from it."))


def _decides(base: RuleBase, term: Term) -> Iterator[LinkedBlock]:
    rules = [rule for rule in base.rules if term.name in names(rule.when)]
    through = [rule for rule in base.rules if rule not in rules and term.name in asked_by(base, rule.when)]
    figures = [other for other in base.terms.values() if any(term.name in names(expr) for expr in other.expressions)]
    homes = [
        (home, key)
        for home in base.home.values()
        for key in home.conditions
        if term.name in names(home.conditions[key])
    ]
    modes = [line for line in base.ladder.modes if term.name in asked_by(base, line.when)]
    if rules:
        yield LinkedText(
            plain_text(f"{capital(many(len(rules), 'rule'))} {'reads' if len(rules) == 1 else 'read'} it:")
        )
        yield rule_list(rules)
    if homes:
        steps = with_commas(
            (TextPiece(f"“{home.title}”", step_address(home.id)), TextPiece(f" ({DOES[key]})")) for home, key in homes
        )
        yield LinkedText((TextPiece("Steps that it can decide: "), *steps, TextPiece(".")))
    if figures:
        told = with_commas((piece,) for other in figures if (piece := named_piece(base, other.name)) is not None)
        yield LinkedText((TextPiece("Figures that are worked out from it: "), *told, TextPiece(".")))
    if through:
        yield LinkedText(plain_text("Through findings and figures it also reaches:"))
        yield rule_list(through)
    if modes:
        yield LinkedText(plain_text("It decides whether a cause is looked for at all."))
    if not (rules or homes or figures or through or modes):
        yield LinkedText(plain_text("No rule and no step reads it."))


def _worked(base: RuleBase, term: Term, uses: Sequence[WorkedUse]) -> Iterator[LinkedBlock]:
    stated = [use for use in uses if term.name in use.stated]
    say = "says" if len(stated) == 1 else "say"
    yield LinkedText(plain_text(f"{len(stated)} of {many(len(uses), 'worked case')} {say} something of it."))
    if stated:
        yield LinkedList(tuple(case_item(base, use) for use in stated[:EXAMPLES]), folded=True)


def _sources(base: RuleBase, term: Term) -> Iterator[LinkedBlock]:
    if term.source:
        yield LinkedList(tuple(source_item(base, id) for id in term.source))
