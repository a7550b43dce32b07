"""The provisional answer in words: what is missing, what is likely, what contributes, and what was suspected."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from salesdx.base.model import Stage, Term
from salesdx.case.money import money
from salesdx.case.statement import shown_value
from salesdx.engine.diagnosis import Diagnosis, status_words
from salesdx.engine.likely import CONFIRMED, NOT_APPLICABLE, NOT_TESTED, REFUTED, Cause, Suspected, share_of
from salesdx.engine.standing import Standing
from salesdx.language.conditions import Value
from salesdx.language.intervals import between, high_end, low_end
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph
from salesdx.render.rungs import step_number
from salesdx.render.wording import NOBODY, amount, comparisons, in_quotes, person, who_answers
from salesdx.text.english import listed, many

MAIN, SOME = 20, 5
"""From so many percent of the gap a stage is a main cause of it, and contributes to it (judgement)."""
ASK = "salesdx ask CASE --respondent {}"
EFFORT = "An effort of 1 is a look-up, one of 5 a study."


def goal_lines(diagnosis: Diagnosis) -> tuple[tuple[str, str], ...]:
    """The goal, what was reached and what is missing, in money and in percent; nothing where it is not stated."""
    gap, reached = diagnosis.provisional.gap, diagnosis.reached
    share = missing = ""
    if reached is not None:
        term, known = reached
        share, missing = amount(term, known, limit=Decimal(100)), _lacking(known)
    if gap is None:
        return (("Reached", f"{share} · Missing: {missing}" if missing else share),)
    return (
        ("Goal", money(gap.goal, gap.currency)),
        ("Reached", _both(money(gap.reached, gap.currency), share)),
        ("Missing", _both(money(_above_nothing(gap.missing), gap.currency), missing)),
    )


def _lacking(known: Value) -> str:
    """What is missing of the whole, in percent; empty where nothing is."""
    most, least = (None if end is None else 100 - end for end in (low_end(known), high_end(known)))
    missing = _above_nothing(between(least, most))
    return "" if missing is None else f"{shown_value(missing)}%"


def _above_nothing(missing: Value | None) -> Value | None:
    """What is missing, without an end at which nothing is; None where nothing is, or nobody knows."""
    low, high = low_end(missing), high_end(missing)
    if high is not None and high <= 0:
        return None
    return between(None if low is None or low <= 0 else low, high)


def _both(first: str, second: str) -> str:
    return f"{first} ({second})" if first and second else first or second


def share_words(share: Value) -> str:
    """A share of the gap in whole percent: `36%`, `30 to 45%`, `at most 37%`."""
    low, high = (f"{end:.0f}%" for end in (low_end(share), high_end(share)))
    return high if low == high else f"at most {high}" if low == "0%" else f"{low[:-1]} to {high}"


def _part_words(diagnosis: Diagnosis, share: Value) -> str:
    """A share of the gap, and what it is in money where that is known: `80% of what is missing, EUR 201,600`."""
    told, gap = f"{share_words(share)} of what is missing", diagnosis.provisional.gap
    part = money(gap.part(share), gap.currency) if gap is not None else ""
    return f"{told}, {part}" if part else told


def explains_words(diagnosis: Diagnosis, standing: Standing) -> str:
    """How much of the gap a stage explains, and what that makes of it; empty where nobody can tell."""
    share = share_of(standing, diagnosis.matches.values)
    if share is None:
        return ""
    told = f"It explains {_part_words(diagnosis, share)}"
    if low_end(share) >= MAIN:
        return f"{told}."
    if high_end(share) < SOME:
        return f"{told}, which is not the gap: look for what else there is."
    return f"{told}: it contributes." if high_end(share) < MAIN else f"{told}."


# --- likely and contributing ------------------------------------------------------------------------------------------


def sign_words(cause: Cause) -> str:
    """How strong the signs of a cause are: `confirmed`, `one moderate sign`."""
    count = len(cause.standing.signs)
    return "confirmed" if cause.standing.confirmed else f"{'one' if count == 1 else count} {cause.sign} sign"


def provided_words(diagnosis: Diagnosis, cause: Cause) -> str:
    """Under which condition it is the cause: `step 3 “Pricing” is ruled out`; empty where there is none."""
    if not cause.provided:
        return ""
    are = "is" if len(cause.provided) == 1 else "are"
    return f"{steps(diagnosis, [earlier.stage for earlier in cause.provided])} {are} ruled out"


def steps(diagnosis: Diagnosis, found: Sequence[Stage]) -> str:
    """Stages with their numbers, as a sentence has them."""
    named = [f"{step_number(diagnosis, stage)} “{stage.title}”" for stage in found]
    return f"step{'s' * (len(named) > 1)} {listed(named)}"


def likely(diagnosis: Diagnosis, most: int | None = None) -> Iterator[Block]:
    """The stages that may be the cause, the likeliest first; with ``most`` so many of them, in short."""
    causes, brief = diagnosis.provisional.likely, most is not None
    entries: list[Entry] = []
    named: dict[str, Term] = {}
    for cause in causes[:most]:
        needs = _needs(diagnosis, cause, named, brief)
        entries.append(_cause(diagnosis, cause, sign_words(cause), brief, needs))
        named |= {term.name: term for term in cause.needs}
    if entries:
        yield Entries(tuple(entries))
    if others := [cause.standing.stage for cause in causes[len(entries) :]]:
        yield Paragraph(f"And less likely: {steps(diagnosis, others)}.")
    needed = (diagnosis.asked_of(term.name) for term in named.values() if not diagnosis.declined(term.name))
    if (asked := [who for who in dict.fromkeys(needed) if who]) and not brief:
        beside = f" (or {listed(asked[1:], 'or')})" if asked[1:] else ""
        yield Paragraph(f"A questionnaire for one of them: {ASK.format(asked[0])}{beside}. {EFFORT}")


def contributing(diagnosis: Diagnosis) -> Iterator[Block]:
    """The other confirmed stages beside a conclusion."""
    if found := diagnosis.provisional.contributing:
        yield Entries(tuple(_cause(diagnosis, cause, "confirmed as well", brief=False) for cause in found))


def rest_words(diagnosis: Diagnosis) -> str:
    """What is left of the gap beside a conclusion and what contributes; empty where nobody can tell."""
    found = diagnosis.provisional
    if found.overlap:
        return "The shares of all confirmed steps are more than all that is missing: they measure parts of it twice."
    if found.not_explained is None or high_end(found.not_explained) < 1:
        return ""
    return f"Not explained: {_part_words(diagnosis, found.not_explained)}."


def _cause(diagnosis: Diagnosis, cause: Cause, stands: str, brief: bool, needs: Iterable[EntryLine] = ()) -> Entry:
    stage = cause.standing.stage
    share = "" if cause.explains is None else f"explains {_part_words(diagnosis, cause.explains)}"
    signs = cause.standing.strongest if brief else cause.standing.signs
    lines = [EntryLine("sign", f"{diagnosis.because(rule)} ({rule.id})") for rule in signs[: 1 if brief else None]]
    return Entry(f"{step_number(diagnosis, stage)} {stage.title}: {stands}", share, (*lines, *needs))


def _needs(diagnosis: Diagnosis, cause: Cause, named: Container[str], brief: bool) -> Iterator[EntryLine]:
    """Under which condition a stage is the cause, what it takes to know, from whom and how much work that is; what a
    likelier one needs as well is ``named`` there."""
    by = _by_person(diagnosis, (term for term in cause.needs if term.name not in named))
    if cause.provided:
        yield EntryLine("if", provided_words(diagnosis, cause))
    above = len(cause.needs) - sum(map(len, by.values()))
    if brief and by:
        yield EntryLine("needs", _in_short(by, "more fact" if above else "fact"))
        return
    if above:
        yield EntryLine("needs", f"{many(above, 'fact')} named above{', and' if by else ''}")
    for who, terms in by.items():
        facts = ", ".join(in_quotes(diagnosis.base, term.name) for term in terms)
        effort = f" (effort {sum(term.effort for term in terms)})"
        told = f"{who}: {facts}" if who == NOBODY else f"from {who}: {facts}{effort}"
        yield EntryLine("" if above else "needs", told)


def _by_person(diagnosis: Diagnosis, terms: Iterable[Term]) -> dict[str, list[Term]]:
    """Terms by who answers them, as people are called; last those that nobody is left to ask for."""
    found: dict[str, list[Term]] = {}
    for term in sorted(terms, key=lambda term: diagnosis.declined(term.name)):
        who = person(diagnosis.base, diagnosis.asked_of(term.name)) or "a formula"
        found.setdefault(NOBODY if diagnosis.declined(term.name) else who, []).append(term)
    return found


def _in_short(by: Mapping[str, Sequence[Term]], what: str = "fact") -> str:
    """How many facts are needed, and how many from whom: `3 facts, from finance (2) and the seller (1)`."""
    told = listed([f"{who} ({len(terms)})" for who, terms in by.items() if who != NOBODY])
    parts = (f"from {told}" if told else "", f"{len(by[NOBODY])} with {NOBODY}" if NOBODY in by else "")
    return ", ".join(filter(None, (many(sum(map(len, by.values())), what), *parts)))


# --- suspicions -------------------------------------------------------------------------------------------------------


def suspects(diagnosis: Diagnosis, brief: bool) -> Iterator[Block]:
    """What was suspected, and what became of it; in short the answers alone."""
    found = diagnosis.provisional.suspected
    if found:
        yield Entries(tuple(_suspected(diagnosis, one, brief) for one in found))


def _suspected(diagnosis: Diagnosis, one: Suspected, brief: bool) -> Entry:
    standing = one.standing
    title = f"{step_number(diagnosis, standing.stage)} {standing.stage.title}: {suspicion_words(diagnosis, one)}"
    by = person(diagnosis.base, one.suspicion.by)
    day = one.suspicion.date.isoformat() if one.suspicion.date else ""
    told = ", ".join(part for part in (f"suspected by {by}" if by else "", day) if part)
    if one.answer == NOT_TESTED and one.terms:
        terms = [diagnosis.base.terms[name] for name in one.terms]
        told_of = _in_short(_by_person(diagnosis, terms)) if brief else who_answers(diagnosis, one.terms)
        return Entry(title, told, (EntryLine("needs", told_of),))
    return Entry(title, told, () if brief else tuple(EntryLine("because", text) for text in _because(diagnosis, one)))


def suspicion_words(diagnosis: Diagnosis, one: Suspected) -> str:
    """The answer to a suspicion."""
    standing = one.standing
    if one.answer == CONFIRMED:
        if standing.concluded:
            return "confirmed, the cause to act on"
        return f"confirmed, held by {steps(diagnosis, standing.held_by)}"
    if one.answer == NOT_APPLICABLE:
        return "does not apply here"
    if one.answer == REFUTED:
        return f"refuted, {status_words(standing.status)}"
    return f"not yet tested{f', {status_words(standing.status)}' if standing.passed_by else ''}"


def _because(diagnosis: Diagnosis, one: Suspected) -> Iterator[str]:
    base, values, standing = diagnosis.base, diagnosis.matches.values, one.standing
    for rule in one.rules:
        yield f"{diagnosis.because(rule)} ({rule.id})"
    if one.answer == REFUTED:
        yield comparisons(base, standing.decisive, values)
    elif one.answer == NOT_APPLICABLE:
        yield comparisons(base, standing.excluded_by, values)
    elif standing.passed_by:
        yield comparisons(base, standing.decisive, values)
