"""The first page of the rules: which are in force, a search over them, and the ladder as a picture and as a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from salesdx.base.model import Rule, RuleBase, Stage, is_file
from salesdx.engine.diagnosis import status_words
from salesdx.language.conditions import names
from salesdx.ledger.moments import moment
from salesdx.ledger.standalone.adoptions import Adoptions
from salesdx.render.blocks import LadderBlock, Mark, Rung
from salesdx.render.ladder_svg import DrawnLadder, drawn
from salesdx.render.pages.case_words import day_words
from salesdx.render.pages.linked import (
    LinkedItem,
    LinkedList,
    LinkedSection,
    TextPiece,
    action_address,
    linked,
    named_piece,
    plain_text,
    step_address,
)
from salesdx.render.pages.rule_parts import rule_list, source_item
from salesdx.render.pages.shell import AppPage, Shell
from salesdx.text.english import listed, many

LONGEST = 100
"""So many characters of a search are looked at."""
FOUND = 40
"""So many hits of each kind are shown; how many there are is told."""


@dataclass(frozen=True)
class StepLine:
    """A step of the ladder, or a group beside it: where it leads, its title, and what it holds."""

    address: str
    title: str
    told: str


@dataclass(frozen=True)
class RulesPage(AppPage):
    """``sought`` is what was searched for, ``found`` what was found; ``picture`` has a rung for each of ``steps``."""

    template: ClassVar[str] = "rules.html"
    force: tuple[str, ...]
    digest: str
    sought: str
    found: tuple[LinkedSection, ...]
    told: str
    """How much was found."""
    picture: DrawnLadder
    steps: tuple[StepLine, ...]
    groups: tuple[StepLine, ...]
    compares: bool
    """Whether the reader may compare changed rules."""


def rules_overview(base: RuleBase, shell: Shell, adoptions: Adoptions, sought: str, compares: bool) -> RulesPage:
    """The page, with what a search finds; an empty one finds nothing."""
    base = base.as_written
    words = tuple(sought[:LONGEST].casefold().split())
    found = search_rules(base, words) if words else ()
    count = sum(len(block.items) for section in found for block in section.blocks if isinstance(block, LinkedList))
    told = f"{many(count, 'hit')} for “{sought[:LONGEST].strip()}”" if words else ""
    rungs = tuple(_rung(base, number, stage) for number, stage in enumerate(base.stages, 1))
    return RulesPage(
        shell,
        "The rules",
        tuple(_force(base, adoptions)),
        base.digest,
        sought[:LONGEST],
        found,
        told
        if count or not words
        else f"Nothing was found for “{sought[:LONGEST].strip()}”. Try fewer or other words.",
        drawn(LadderBlock(rungs)),
        tuple(StepLine(step_address(stage.id), stage.title, _holds(base, stage)) for stage in base.stages),
        tuple(StepLine(step_address(group.id), group.title, _holds(base, group)) for group in base.groups),
        compares,
    )


def _rung(base: RuleBase, number: int, stage: Stage) -> Rung:
    mark = Mark.COMPLETE if is_file(base, stage) else Mark.OPEN
    held = many(len(base.rules_of[stage.id]), "rule")
    return Rung(number, stage.title, mark, f"{held}, decided by people" if mark is Mark.COMPLETE else held)


def _holds(base: RuleBase, home: Stage) -> str:
    """How many rules of which strength a step has."""
    strengths = [rule.strength for rule in base.rules_of[home.id]]
    counts = [f"{strengths.count(name)} {status_words(name)}" for name in base.ladder.strengths if name in strengths]
    return f"{listed(counts)} {'rule' if len(strengths) == 1 else 'rules'}" if counts else "no rules"


def _force(base: RuleBase, adoptions: Adoptions) -> Iterable[str]:
    """Whether these rules are in force, since when, and by whom."""
    last = adoptions.adopted[-1] if adoptions.adopted else None
    named = f"These are the rules {base.version}, by which this service diagnoses."
    if last is None:
        yield f"{named} Nobody has adopted any rules yet, so all that they conclude is a trial."
    elif last.rules == base.digest:
        since = day_words(moment(last.time).date())
        by = listed(list(last.proposal.by))
        yield f"{named} They are in force since {since}: adopted by {by}, record {last.seq}."
    else:
        yield f"{named} They are not in force, so all that they conclude is a trial."
        since = day_words(moment(last.time).date())
        yield f"In force since {since} are others: {last.proposal.version} ({last.rules[7:19]}), record {last.seq}."
    for one in adoptions.waiting.values():
        if one.rules == base.digest:
            yield f"They are proposed, and wait for another person to adopt them (record {one.seq})."


# --- search -----------------------------------------------------------------------------------------------------------


def search_rules(base: RuleBase, words: Sequence[str]) -> tuple[LinkedSection, ...]:
    """The steps, questions, rules, interventions and sources in which all words stand, titles first."""

    def hits(entries: Iterable[tuple[str, str, LinkedItem]]) -> tuple[LinkedItem, ...]:
        found = [(title, item) for title, more, item in entries if all(word in f"{title} {more}" for word in words)]
        found.sort(key=lambda hit: not all(word in hit[0] for word in words))
        return tuple(item for _, item in found)

    def folded(*texts: str) -> str:
        return " ".join(texts).casefold()

    steps = ((folded(home.title), folded(home.id, home.owner), _step_hit(home)) for home in base.home.values())
    terms = (
        (folded(term.label, term.name), folded(term.question, term.derive, term.note), _term_hit(base, term.name))
        for term in base.terms.values()
    )
    rules = (
        (folded(rule.id, rule.title), folded(rule.because, rule.finding, rule.note, _reads(base, rule)), one)
        for rule, one in zip(base.rules, rule_list(base.rules).items, strict=True)
    )
    actions = (
        (folded(one.title), folded(one.id, one.do, one.note, one.owner), _action_hit(base, one.id))
        for one in base.interventions.values()
    )
    sources = (
        (folded(source.id, source.title), folded(source.by, source.year), source_item(base, source.id))
        for source in base.sources.values()
    )
    kinds = {
        "Steps": steps,
        "Questions and figures": terms,
        "Rules": rules,
        "What can be done": actions,
        "Sources": sources,
    }
    return tuple(_hits(title, found) for title, entries in kinds.items() if (found := hits(entries)))


def _reads(base: RuleBase, rule: Rule) -> str:
    """The labels of the questions and figures that a rule reads."""
    return " ".join(base.terms[name].label for name in names(rule.when) if name in base.terms)


def _hits(title: str, found: tuple[LinkedItem, ...]) -> LinkedSection:
    shown = f", the first {FOUND} of them" if len(found) > FOUND else ""
    return LinkedSection(f"{title}: {len(found)}{shown}", (LinkedList(found[:FOUND]),))


def _step_hit(home: Stage) -> LinkedItem:
    return LinkedItem((TextPiece(home.title, step_address(home.id)),), home.owner)


def _term_hit(base: RuleBase, name: str) -> LinkedItem:
    piece, question = named_piece(base, name), base.terms[name].question
    assert piece is not None
    return LinkedItem((piece,), "", (("", linked(base, question)),) if question else ())


def _action_hit(base: RuleBase, id: str) -> LinkedItem:
    one = base.interventions[id]
    return LinkedItem((TextPiece(one.title, action_address(base, id)),), one.owner, (("", plain_text(one.do)),))
