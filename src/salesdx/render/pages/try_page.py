"""Values are tried on a rule or a step: the fields of what it reads, and what comes out with them as a tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from salesdx.base.model import Rule, RuleBase, Stage, Term
from salesdx.case.typed import answer_form
from salesdx.engine.diagnosis import Diagnosis, status_words
from salesdx.explanation import Derivation
from salesdx.render.pages.case_words import Option
from salesdx.render.pages.linked import Branch, derived_branch, rule_address, step_address
from salesdx.render.pages.rule_parts import TRY, rules_foot
from salesdx.render.pages.shell import AppPage, Shell

FIELD = "v-"
"""Begins the name of the field of a term."""


@dataclass(frozen=True)
class TriedField:
    """A value that can be tried: the name of its field, what is asked, what a value looks like, and what was typed."""

    name: str
    label: str
    hint: str
    typed: str
    options: tuple[Option, ...]
    numeric: bool


@dataclass(frozen=True)
class Tried:
    """What comes out of values: in a line, with what a reader would be told, and why."""

    says: str
    told: str
    tree: Branch


@dataclass(frozen=True)
class TryPage(AppPage):
    """``about`` leads to the page of what is tried; ``tried`` is None before any value was sent."""

    template: ClassVar[str] = "try.html"
    address: str
    about: tuple[str, str]
    fields: tuple[TriedField, ...]
    tried: Tried | None
    foot: str


def try_page(
    base: RuleBase, shell: Shell, of: Rule | Stage, terms: Iterable[Term], typed: Mapping[str, str], tried: Tried | None
) -> TryPage:
    """The page of a rule or a step; ``typed`` is what was typed, by the names of terms."""
    fields = tuple(_field(term, typed.get(term.name, "")) for term in terms)
    if isinstance(of, Rule):
        title, address, about = of.title or f"Rule {of.id}", f"{TRY}?rule={of.id}", rule_address(of.id)
    else:
        title, address, about = of.title, f"{TRY}?step={of.id}", step_address(of.id)
    return TryPage(shell, f"Try: {title}", address, (about, title), fields, tried, rules_foot(base))


def _field(term: Term, typed: str) -> TriedField:
    choices = ("yes", "no") if term.type == "boolean" else term.values
    named = [(value, status_words(value)) for value in choices]
    options = tuple(Option(value, label, value == typed) for value, label in (("", "not known"), *named))
    hint = answer_form(term) if not choices else ""
    numeric = term.type != "date" and not choices
    return TriedField(FIELD + term.name, term.called, hint, typed, options if choices else (), numeric)


def tried_rule(base: RuleBase, rule: Rule, found: Diagnosis, why: Derivation) -> Tried:
    """What values make of a rule."""
    words = {
        "true": "The rule is true.",
        "false": "The rule is not true.",
        "unknown": "The rule is neither: facts are missing.",
    }
    told = found.because(rule) if why.truth == "true" else ""
    return Tried(words.get(why.truth, ""), told, derived_branch(base, why))


def tried_step(base: RuleBase, home: Stage, found: Diagnosis, why: Derivation) -> Tried:
    """What values make of a step, as if nothing were known of the others."""
    standing = found.standing(home.id)
    beside = "".join(f" and {status_words(word)}" for word in standing.beside)
    says = f"“{home.title}” is {status_words(standing.status)}{beside}."
    lines = base.ladder.decisions.get(home.decided_by, ())
    told = next((line.says for line in lines if line.name == standing.status), "")
    return Tried(says, told, derived_branch(base, why))
