"""What an editor offers while somebody types: keys, names and values, by the place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from salesdx.authoring.schemas import known_names
from salesdx.base.fields import LIMIT
from salesdx.base.model import RuleBase, Term
from salesdx.base.shapes import (
    Either,
    Expression,
    Flag,
    Form,
    ListOf,
    MapOf,
    NameOf,
    OneOf,
    Prose,
    Shape,
    StatusOf,
    Template,
    ValueOf,
)
from salesdx.language.conditions import OUTCOME, OUTCOMES, intervention_of
from salesdx.lsp.cursor import Typing
from salesdx.lsp.hover import limit_summary, term_summary

WORD_END = re.compile(r"\w*$")
COMPARED = re.compile(r"(\w+(?:\(\w+\))?)\s*(?:==|!=|\bin)\s*(?:\[[^\]]*?)?(['\"]?)\w*$")
ASKED = re.compile(rf"\b{OUTCOME}\(\w*$")
BRACE = re.compile(r"\{\w*$")
LINK = re.compile(r"\[([^]]*)\]\(#[^)]*\)")
JOINING = ("and", "or", "not", "in", "true", "false")


@dataclass(frozen=True)
class Offer:
    """One word to choose: ``detail`` is shown beside it, ``told`` with it, and ``text`` is what is typed then."""

    word: str
    kind: str
    detail: str = ""
    told: str = ""
    text: str = ""


def typed_word(found: Typing) -> str:
    """What is typed of the word that an offer takes the place of."""
    if isinstance(found.shape, Expression | Template | Prose) or found.key:
        word = WORD_END.search(found.typed)
        return word[0] if word else ""
    return found.typed.lstrip(" '\"")


def offers(found: Typing, base: RuleBase | None) -> Iterator[Offer]:
    """What can be typed at a place; without a rule base the keys and the words of the language alone."""
    known = known_names(base) if base is not None else {}
    if found.key:
        yield from _keys(found, base, known)
    else:
        yield from _values(found.shape, found, base, known)


def _keys(found: Typing, base: RuleBase | None, known: dict[str, list[str]]) -> Iterator[Offer]:
    match found.shape:
        case Form(fields=fields):
            for field in fields:
                if field.each:
                    names = (name for name in known.get(field.each, ()) if name not in found.present)
                    yield from (_named(base, name, field.each, f"{name}: ") for name in names)
                elif field.name not in found.present:
                    need = "needed" if field.required else ""
                    yield Offer(field.name, "key", need, LINK.sub(r"\1", field.meaning), f"{field.name}: ")
        case MapOf(entry=Either(shapes)) if (
            LIMIT in shapes and base is not None and base.below is not None and base.layers
        ):
            below = (limit for limit in base.below.limits.values() if limit.home == found.name)
            names = (limit.name for limit in below if limit.name not in found.present)
            yield from (_named(base.below, name, "limit", f"{name}: ") for name in names)
        case MapOf(key=NameOf(kind, words)):
            names = (name for name in (*known.get(kind, ()), *words) if name not in found.present)
            yield from (_named(base, name, kind, f"{name}: ") for name in names)


def _values(shape: Shape, found: Typing, base: RuleBase | None, known: dict[str, list[str]]) -> Iterator[Offer]:
    match shape:
        case NameOf(kind, words):
            yield from (_named(base, name, kind) for name in (*known.get(kind, ()), *words))
        case OneOf(words):
            yield from (Offer(word, "value") for word in words)
        case Flag():
            yield from (Offer(word, "value") for word in ("true", "false"))
        case Expression():
            yield from _in_expression(shape, found.typed, base, known)
        case Template() if BRACE.search(found.typed):
            yield from (_named(base, name, kind) for kind in ("term", "limit") for name in known.get(kind, ()))
        case Prose(limits=True) if BRACE.search(found.typed):
            yield from (_named(base, name, "limit") for name in known.get("limit", ()))
        case ValueOf(words):
            term = base.terms.get(found.name) if base is not None else None
            yield from (Offer(word, "value") for word in (*_of_term(term), *words))
        case StatusOf():
            yield from (Offer(word, "value") for word in known.get("status", ()))
        case ListOf(item):
            yield from _values(item, found, base, known)
        case Either(shapes):
            for part in shapes:
                yield from _values(part, found, base, known)


def _in_expression(
    shape: Expression, typed: str, base: RuleBase | None, known: dict[str, list[str]]
) -> Iterator[Offer]:
    """Values behind a comparison, interventions behind `outcome(`; else what the expression can read."""
    compared = COMPARED.search(typed)
    kinds = [part.kind for part in shape.reads if isinstance(part, NameOf)]
    if compared is not None:
        name, quote = compared[1], compared[2]
        bare = "value" in kinds  # a property names them without quotes
        values = _compared(name, base, known)
        yield from (Offer(value, "value", text=value if bare or quote else f"'{value}'") for value in values)
        return
    if ASKED.search(typed):
        yield from (_named(base, name, "intervention") for name in known.get("intervention", ()))
        return
    for part in shape.reads:
        names = known.get(part.kind, ()) if isinstance(part, NameOf) else (part,)
        kind = part.kind if isinstance(part, NameOf) else "word"
        if kind != "value":
            yield from (_named(base, name, kind) for name in names)
        if kind == "finding":
            yield Offer(OUTCOME, "word", "what became of an intervention", text=f"{OUTCOME}(")
    yield from (Offer(word, "word") for word in JOINING)


def _compared(name: str, base: RuleBase | None, known: dict[str, list[str]]) -> tuple[str, ...]:
    """What a name can be equal to."""
    if name in ("mode", "status"):
        return tuple(known.get(name, ()))
    if intervention_of(name):
        return OUTCOMES
    term = base.terms.get(name) if base is not None else None
    if term is None and base is not None and (stage := base.home.get(name)) is not None and stage.decided_by:
        return tuple(dict.fromkeys(line.name for line in base.ladder.decisions[stage.decided_by]))
    return _of_term(term) if term is not None and term.type == "enum" else ()


def _of_term(term: Term | None) -> tuple[str, ...]:
    if term is None:
        return ()
    return ("true", "false") if term.type == "boolean" else term.values


def _named(base: RuleBase | None, name: str, kind: str, text: str = "") -> Offer:
    """A known name, with what readers call it."""
    if base is None:
        return Offer(name, kind, text=text)
    if (term := base.terms.get(name)) is not None:
        return Offer(name, "term", term_summary(base, name), term.question, text)
    if name in base.findings:
        return Offer(name, "finding", term_summary(base, name), "", text)
    if name in base.limits:
        limit = base.limits[name]
        return Offer(name, "limit", limit_summary(base, name), f"Source: {', '.join(limit.source)}", text)
    if name in base.interventions:
        made = base.interventions[name]
        return Offer(name, "intervention", made.title, made.do, text)
    if name in base.sources and kind == "source":
        return Offer(name, "source", base.sources[name].title, base.sources[name].by, text)
    titles = {id: stage.title for id, stage in base.home.items()} | dict(base.respondents)
    return Offer(name, kind, titles.get(name, ""), text=text)
