"""The page of a rule: in plain words, with its text, its sources, what would turn it, and worked cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from salesdx.authoring.limit_readers import RULE, LimitReader, limit_readers
from salesdx.base.model import Rule, RuleBase
from salesdx.case.statement import Unknown
from salesdx.engine.diagnosis import status_words
from salesdx.explanation import Turning, Turns
from salesdx.language.conditions import limits_of, names
from salesdx.language.truth import FALSE, TRUE
from salesdx.ledger.moments import moment
from salesdx.render.pages.case_words import day_words
from salesdx.render.pages.linked import (
    GoTo,
    LinkedBlock,
    LinkedItem,
    LinkedList,
    LinkedSection,
    LinkedTable,
    LinkedText,
    LinkedTree,
    TextPiece,
    Words,
    action_address,
    branch_of,
    linked,
    named_piece,
    plain_text,
    rule_address,
    step_address,
    told_words,
    with_commas,
)
from salesdx.render.pages.rule_parts import (
    TRY,
    RuleTextPage,
    action_item,
    case_item,
    file_text,
    limit_cells,
    rule_list,
    rule_text_page,
    source_item,
)
from salesdx.render.pages.shell import Shell
from salesdx.render.rule_words import UNKNOWN, as_written, condition
from salesdx.render.wording import amount
from salesdx.services.rule_history import CAME, CHANGED, WENT, RuleHistory
from salesdx.services.trying import asked_by
from salesdx.services.worked_uses import WorkedUse
from salesdx.text.english import listed, many

LISTED = 30
"""So many worked cases are listed of each kind; how many there are is told."""
TURNS = 6
"""So many examples of what turns a rule are shown."""
SURE = {"true": "true", "false": "false, for certain"}


def rule_page(
    base: RuleBase,
    shell: Shell,
    rule: Rule,
    turns: Turns,
    uses: Iterable[WorkedUse],
    history: RuleHistory,
    tries: bool,
) -> RuleTextPage:
    """``turns`` is of a case in which nothing is known; ``tries``: the reader may try values."""
    base = base.as_written
    rule, home = base.rule[rule.id], base.home[rule.home]
    when: list[LinkedBlock] = [LinkedTree(branch_of(base, condition(base, rule.when))), LinkedText(plain_text(UNKNOWN))]
    when += [GoTo(f"{TRY}?rule={rule.id}", "Try values on this rule")] * tries
    sections = (
        LinkedSection("When it is true", tuple(when)),
        LinkedSection("What follows", tuple(_follows(base, rule))),
        LinkedSection("What a reader is told", (LinkedText(told_words(base, rule)),)),
        LinkedSection("Where the numbers come from", tuple(_origin(base, rule))),
        LinkedSection("What would turn it", tuple(_turns(base, turns))),
        LinkedSection("Worked cases", tuple(_worked(base, rule, uses))),
        LinkedSection("Since when it is in force", tuple(_history(rule, history))),
        LinkedSection("As it stands in the file", tuple(file_text(base, rule)), folded=True),
    )
    of = TextPiece(f", {status_words(rule.strength)}, of ")
    place = (TextPiece("Rule "), TextPiece(rule.id, code=True), of, TextPiece(f"“{home.title}”", step_address(home.id)))
    return rule_text_page(base, shell, rule.title or f"Rule {rule.id}", place, sections)


def _follows(base: RuleBase, rule: Rule) -> Iterator[LinkedBlock]:
    strength = base.ladder.strengths[rule.strength]
    after = "; it must have been looked at before a file on a person can be complete." if strength.examined else "."
    home = TextPiece(f"“{base.home[rule.home].title}”", step_address(rule.home))
    yield LinkedText((TextPiece(f"It counts as a {status_words(rule.strength)} sign for "), home, TextPiece(after)))
    if readers := [other for other in base.rules if rule.finding in names(other.when)]:
        yield LinkedText(plain_text("What it finds is read by:"))
        yield rule_list(readers)
    if rule.recommend:
        yield LinkedText((TextPiece("It recommends"), *_recommended(base, rule), TextPiece(":")))
        yield LinkedList(tuple(action_item(base, base.interventions[id]) for id in rule.recommend))
    else:
        yield LinkedText(plain_text("It recommends nothing."))
    if rule.suppresses:
        held = with_commas(
            (TextPiece(f"“{base.interventions[id].title}”", action_address(base, id)),) for id in rule.suppresses
        )
        yield LinkedText((TextPiece("While it is true, these are not recommended: "), *held, TextPiece(".")))
    if rule.distrusts:
        told = f"While it is true or not settled, {rule.distrusts} say nothing about single persons."
        yield LinkedText(plain_text(told))
    if rule.explains is not None:
        share = TextPiece("The share of the gap that it explains, in percent: ")
        yield LinkedText((share, *linked(base, as_written(rule.explains))))


def _recommended(base: RuleBase, rule: Rule) -> Words:
    """When a rule's interventions are recommended."""
    if rule.immediate:
        return plain_text(", at once, wherever the ladder stands")
    when = base.ladder.strengths[rule.strength].recommends_when
    if when is None:
        return plain_text(" at no step of the ladder")
    also = plain_text(", and also when the goal was met") if rule.also_in_success else ()
    step = condition(base, when)
    told = (TextPiece(as_written(when), code=True),) if step.steps else linked(base, step.text)
    return (TextPiece(", where "), *told, *also)


def _origin(base: RuleBase, rule: Rule) -> Iterator[LinkedBlock]:
    if rule.source:
        yield LinkedList(tuple(source_item(base, id) for id in rule.source))
    else:
        yield LinkedText(plain_text("No source is named."))
    if rule.note:
        yield LinkedText(linked(base, rule.note))
    readers = limit_readers(base)
    used = [base.limits[name] for name in dict.fromkeys(limits_of(rule.when)) if name in base.limits]
    rows = tuple((*limit_cells(limit), _readers(readers[limit.name], rule.id)) for limit in used)
    if rows:
        yield LinkedTable(("limit", "number", "source", "also read by"), rows)


def _readers(found: Iterable[LimitReader], but: str) -> Words:
    """Who reads a limit beside one rule."""
    found = tuple(found)
    rules = dict.fromkeys(one.name for one in found if one.what == RULE and one.name != but)
    others = sum(one.what not in (RULE, "property") for one in found)
    parts: list[Words] = [(TextPiece(id, rule_address(id), True),) for id in rules]
    return with_commas([*parts, *([plain_text(many(others, "other place"))] if others else [])])


def _turns(base: RuleBase, found: Turns) -> Iterator[LinkedBlock]:
    shown = [turn for turn in found.turns if turn.changes][:TURNS]
    if not shown:
        yield LinkedText(plain_text(f"No {found.limit} facts or fewer settle it alone: it takes more."))
        return
    yield LinkedText(plain_text("Where nothing else is known, these facts alone settle it. Each value is an example."))
    rows = tuple((plain_text(SURE.get(turn.outcome, turn.outcome)), _changes(base, turn)) for turn in shown)
    yield LinkedTable(("the rule is", "if"), rows)


def _changes(base: RuleBase, turn: Turning) -> Words:
    parts = []
    for change in turn.changes:
        known, name = change.becomes, named_piece(base, change.term)
        assert name is not None
        told = known.value if isinstance(known, Unknown) else amount(base.terms[change.term], known)
        parts.append((name, TextPiece(f" is {status_words(told) if isinstance(known, str) else told}")))
    return with_commas(parts)


BECAME = {CAME: "it came in", CHANGED: "it was changed", WENT: "it was taken out"}


def _history(rule: Rule, found: RuleHistory) -> Iterator[LinkedBlock]:
    """What became of the rule with each adoption, the newest first."""
    items = []
    for number, one in enumerate(found.events):
        day = day_words(moment(one.time).date())
        told = f"{day}{', or before' * (found.cut and not number)}: {BECAME[one.what]} with the rules {one.version}"
        by = plain_text(f"{listed(list(one.by))}, record {one.record}")
        items.append(LinkedItem(plain_text(told), "", (("adopted by", by),)))
    if items:
        yield LinkedList(tuple(reversed(items)))
    if not found.events:
        yield LinkedText(plain_text("Nobody has adopted it yet, so what it concludes is a trial."))
    elif found.now != rule:
        yield LinkedText(
            plain_text("As it stands on this page nobody has adopted it: what it concludes so is a trial.")
        )


def _worked(base: RuleBase, rule: Rule, uses: Iterable[WorkedUse]) -> Iterator[LinkedBlock]:
    read = set(asked_by(base, rule.when))
    found = [use for use in uses if use.stated & read]
    for truth, told in ((TRUE, "It is true in"), (FALSE, "It was looked at, and is not true, in")):
        of_kind = [use for use in found if use.truths.get(rule.id) is truth]
        if of_kind:
            yield LinkedText(plain_text(f"{told} {many(len(of_kind), 'worked case')}:"))
            yield LinkedList(tuple(case_item(base, use) for use in of_kind[:LISTED]), folded=truth is FALSE)
    if not found:
        yield LinkedText(plain_text("No worked case says anything about it."))
