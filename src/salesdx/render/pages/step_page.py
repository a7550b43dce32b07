"""The page of a step of the ladder, or of a group beside it, and that of the sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from salesdx.base.ladder_lines import LadderLine
from salesdx.base.model import Rule, RuleBase, Stage, Term, is_file
from salesdx.base.naming import JUDGEMENT
from salesdx.engine.diagnosis import status_words
from salesdx.language.conditions import Expr, Literal
from salesdx.render.pages.linked import (
    GoTo,
    LinkedBlock,
    LinkedItem,
    LinkedList,
    LinkedSection,
    LinkedTable,
    LinkedText,
    LinkedTree,
    branch_of,
    linked,
    named_piece,
    plain_text,
)
from salesdx.render.pages.rule_parts import (
    TRY,
    RuleTextPage,
    action_item,
    limit_cells,
    rule_list,
    rule_text_page,
    source_item,
    source_with_rules,
)
from salesdx.render.pages.shell import Shell
from salesdx.render.rule_words import condition
from salesdx.render.wording import person
from salesdx.text.english import capital, many


def step_page(base: RuleBase, shell: Shell, home: Stage, tries: bool) -> RuleTextPage:
    """How a step is decided, its questions, its rules, what can be done; ``tries``: the reader may try values."""
    base = base.as_written
    home = base.home[home.id]
    terms = tuple(_term_item(base, term) for term in base.terms.values() if term.home == home.id)
    given = tuple(action_item(base, one) for one in base.interventions.values() if one.home == home.id)
    limits = tuple(limit_cells(limit) for limit in base.limits.values() if limit.home == home.id)
    evidence = bool(home.decided_by) and not is_file(base, home)
    sections = (
        LinkedSection("When it is looked at", tuple(_tree(base, home.applies_when))),
        LinkedSection("What confirms it" if evidence else "Its rules", tuple(_signs(base, home, tries))),
        LinkedSection("What rules it out", tuple(_clearing(base, home))),
        LinkedSection("How it is decided", tuple(_decided(base, home))),
        LinkedSection("What follows from that", tuple(_follows(base, home)), folded=True),
        LinkedSection("Questions and figures", (LinkedList(terms),) if terms else ()),
        LinkedSection("What can be done", (LinkedList(given),) if given else ()),
        LinkedSection("Limits", (LinkedTable(("limit", "number", "source"), limits),) if limits else (), folded=True),
    )
    ids = [stage.id for stage in base.stages]
    at = f"Step {ids.index(home.id) + 1} of {len(ids)}" if home.id in ids else "Beside the ladder"
    owner = f" Answers for it: {home.owner}." if home.owner else ""
    return rule_text_page(base, shell, home.title, plain_text(f"{at}.{owner}"), sections)


def _tree(base: RuleBase, expr: Expr | None) -> Iterator[LinkedBlock]:
    if expr is not None:
        yield LinkedTree(branch_of(base, condition(base, expr)))


def _signs(base: RuleBase, home: Stage, tries: bool) -> Iterator[LinkedBlock]:
    by: dict[str, list[Rule]] = {}
    for rule in base.rules_of[home.id]:
        by.setdefault(rule.strength, []).append(rule)
    for name in base.ladder.strengths:
        if name in by:
            yield LinkedText(plain_text(f"{capital(many(len(by[name]), f'{status_words(name)} rule'))}:"))
            yield rule_list(by[name], strengths=False)
    if not by:
        yield LinkedText(plain_text("It has no rules."))
    if tries and home.decided_by:
        yield GoTo(f"{TRY}?step={home.id}", "Try values on this step")


def _clearing(base: RuleBase, home: Stage) -> Iterator[LinkedBlock]:
    if home.ruled_out_when is not None:
        yield LinkedText(plain_text("The evidence that can rule it out, as long as no sign of it is true:"))
        yield from _tree(base, home.ruled_out_when)
    if home.set_aside_when is not None:
        yield LinkedText(plain_text("Weaker evidence that lets the ladder go on, but never towards a person:"))
        yield from _tree(base, home.set_aside_when)
    if home.decided_by and home.ruled_out_when is None:
        yield LinkedText(plain_text("No evidence rules it out: people decide it on a file."))


def _decided(base: RuleBase, home: Stage) -> Iterator[LinkedBlock]:
    if home.decided_by:
        yield LinkedText(plain_text("The first line that is true counts. What is not known makes no line true."))
        yield decided_list(base, base.ladder.decisions[home.decided_by])


def _follows(base: RuleBase, home: Stage) -> Iterator[LinkedBlock]:
    """The other words of the ladder, and when a step is so."""
    ladder = base.ladder
    if not home.decided_by:
        return
    words = {
        "Passed: the ladder goes on behind it": ladder.passed_when,
        "Passed, and good enough for a conclusion on a person": ladder.proved_when,
        "Concluded: the cause to act on": ladder.concluded_when,
        "Held: confirmed, and an earlier step comes first": ladder.held_when,
    }
    items = (
        LinkedItem(plain_text(word), "", (), branch_of(base, condition(base, when))) for word, when in words.items()
    )
    yield LinkedList(tuple(items))


def decided_list(base: RuleBase, lines: Iterable[LadderLine]) -> LinkedList:
    """A decision list of the ladder in plain words."""
    return LinkedList(tuple(_line(base, line) for line in lines), numbered=True)


def _line(base: RuleBase, line: LadderLine) -> LinkedItem:
    title = plain_text(capital(status_words(line.name)))
    says = (("says", linked(base, line.says)),) if line.says else ()
    if isinstance(line.when, Literal):
        return LinkedItem(title, "in all other cases", says)
    return LinkedItem(title, "", says, branch_of(base, condition(base, line.when)))


def _term_item(base: RuleBase, term: Term) -> LinkedItem:
    piece = named_piece(base, term.name)
    assert piece is not None
    who = person(base, term.respondent) if term.question else "worked out"
    told = term.question or term.derive
    return LinkedItem((piece,), who, (("", linked(base, told)),) if told else ())


def sources_page(base: RuleBase, shell: Shell) -> RuleTextPage:
    """All sources, each with the rules that rest on it."""
    base = base.as_written
    studies = tuple(source_with_rules(base, source) for source in base.sources.values())
    sections = (
        LinkedSection("Studies and statistics", (LinkedList(studies),) if studies else ()),
        LinkedSection("Judgement", (LinkedList((source_item(base, JUDGEMENT),)),)),
    )
    return rule_text_page(base, shell, "Sources", plain_text("Where the numbers and the rules come from"), sections)
