"""Rules in plain words: what has to be known, what follows, and where each number comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesdx.base.judges import Duration, Judge, Span
from salesdx.base.model import PLACEHOLDER, Intervention, Rule, RuleBase, Term
from salesdx.engine.expression_text import literal, plainly
from salesdx.engine.program import OPPOSITE
from salesdx.language.conditions import (
    CONDITIONS,
    And,
    Arithmetic,
    Compare,
    Expr,
    In,
    Literal,
    Name,
    Not,
    Or,
    names,
    walk,
)
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section, Step, Tree
from salesdx.text.english import listed, many

WORDS = {
    "==": "is",
    "!=": "is not",
    "<": "is below",
    "<=": "is at most",
    ">": "is above",
    ">=": "is at least",
}
OF_A_STEP = {
    "applies": ("it applies to what the review is about", "it does not apply to what the review is about"),
    "ruled_out_when": ("what can rule it out is true", "what can rule it out is not true"),
    "set_aside_when": ("what can set it aside is true", "what can set it aside is not true"),
    "previous_concluded": ("the step before it is concluded", "the step before it is not concluded"),
    "concluded": ("it is concluded", "it is not concluded"),
    "held": ("it is held", "it is not held"),
    "personnel": ("it acts on a person", "it does not act on a person"),
}
"""Words of the ladder that are true or false of a step, and how a reader is told either."""
COUNTED = {
    "mode": "the kind of review",
    "status": "its status",
    "unexamined": "the number of signs of earlier steps that nobody looked at",
    "unsettled": "the number of its signs that a fact leaves open which is imprecise or disputed",
    "unproven": "the number of findings on the way here that rest on too little",
    "left_out": "the number of earlier statements that the case leaves out",
    "under_remedy": "the number of remedies of the company that are running for this stage",
    "not_passed": "the number of earlier steps that are not passed",
    "not_proved": "the number of earlier steps that are not ruled out by proof",
}
"""Words of the ladder that have a value."""
ARITHMETIC = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}


def rule_report(base: RuleBase, rule: Rule) -> Report:
    """One rule in plain words."""
    home = base.home[rule.home]
    about = (
        ("Strength", rule.strength),
        ("Part of", home.title),
        ("Stands in", f"{rule.place.path}:{rule.place.line}"),
    )
    title = f"Rule {rule.id}: {rule.title}" if rule.title else f"Rule {rule.id}"
    sections = (
        Section(
            "when", "When it is true", (Tree(condition(base, base.as_written.rule[rule.id].when)), Paragraph(UNKNOWN))
        ),
        Section("then", "What follows", tuple(consequences(base, rule))),
        Section("why", "What a reader is told", (Paragraph(because_text(base, rule)),)),
        Section("sources", "Where the numbers come from", tuple(sources(base, rule.source, rule.note))),
    )
    return Report(title, about, sections, (f"Rule base {base.version} ({base.digest[7:19]})",))


UNKNOWN = (
    "While a fact that decides this is unknown, the rule is neither true nor false: it proves nothing, and rules "
    "nothing out."
)


def condition(base: RuleBase, expr: Expr, holds: bool = True) -> Step:
    """A condition as a tree of sentences."""
    match expr:
        case Not(part):
            return condition(base, part, not holds)
        case And(parts) | Or(parts):
            every = isinstance(expr, And) is holds
            text = "all of these hold" if every else "at least one of these holds"
            return Step(text, steps=tuple(condition(base, part, holds) for part in parts))
        case Compare(op, left, right) if not any(
            isinstance(p, CONDITIONS) for side in (left, right) for p in walk(side)
        ):
            return Step(
                f"{_value(base, left)} {WORDS[op if holds else OPPOSITE[op]]} {_value(base, right, left)}",
                notes=_notes(base, expr),
            )
        case In(left, values) if not (_truths(values) or any(isinstance(p, CONDITIONS) for p in walk(left))):
            options = listed([_value(base, value, left) for value in values], "or")
            return Step(f"{_value(base, left)} {'is' if holds else 'is none of'} {options}", notes=_notes(base, expr))
        case Literal(known):
            return Step(f"always {'true' if known is holds else 'false'}")
    return Step(_named(base, expr, holds), notes=_notes(base, expr), steps=tuple(_behind(base, expr)))


def _truths(values: tuple[Literal, ...]) -> bool:
    return any(isinstance(value.value, bool) for value in values)


def _named(base: RuleBase, expr: Expr, holds: bool) -> str:
    if not isinstance(expr, Name):
        return f"this is {'true' if holds else 'false'}: {plainly(expr)}"
    if expr.id in OF_A_STEP and expr.id not in base.terms and expr.id not in base.findings:
        return OF_A_STEP[expr.id][not holds]
    if expr.id in base.findings:
        found = "it is found that" if holds else "it is known to be false that"
        return f"{found} {_title(base, expr.id)} (`{expr.id}`)"
    return f"the answer to `{expr.id}` is {'yes' if holds else 'no'}"


def _title(base: RuleBase, finding: str) -> str:
    titles = [rule.title or rule.id for rule in base.findings[finding]]
    return listed([f"“{title}”" for title in titles], "or")


def _behind(base: RuleBase, expr: Expr) -> Iterator[Step]:
    """What a finding stands on."""
    if isinstance(expr, Name) and expr.id in base.findings:
        for rule in base.findings[expr.id]:
            yield Step(f"rule {rule.id}: {rule.title or rule.numbered}")


def _notes(base: RuleBase, expr: Expr) -> tuple[str, ...]:
    """The questions that a comparison rests on, and who answers them."""
    return tuple(question_line(base, base.terms[name]) for name in names(expr) if name in base.terms)


def question_line(base: RuleBase, term: Term) -> str:
    """What is asked for a term, and of whom."""
    who = base.respondents.get(term.respondent, term.respondent)
    asked = term.question or f"computed: {term.derive or term.name}"
    return f"{asked} ({who})" if who else asked


def _value(base: RuleBase, expr: Expr, beside: Expr | None = None) -> str:
    """One side of a comparison; a number takes the unit of the term on the other side."""
    match expr:
        case Literal(known, limit=limit):
            return f"{literal(known)}{_unit(base, beside)}" + f" (limit `{limit}`)" * bool(limit)
        case Name(id) if id in base.terms or id in base.findings:
            return f"`{id}`"
        case Name(id) if id in base.ladder.strengths:
            return f"the number of its {id.replace('_', ' ')} signs that are true"
        case Name(id):
            return COUNTED.get(id, f"`{id}`")
        case Arithmetic(op, left, right):
            return f"{_part(base, left)} {ARITHMETIC[op]} {_part(base, right)}"
    return plainly(expr)


def _unit(base: RuleBase, expr: Expr | None) -> str:
    """The unit behind a number, without what its author adds behind a comma; a ratio reads better without."""
    term = base.terms.get(expr.id) if isinstance(expr, Name) else None
    unit = term.unit.partition(",")[0] if term is not None and term.type != "ratio" else ""
    return unit if unit.startswith("%") else f" {unit}" if unit else ""


def _part(base: RuleBase, expr: Expr) -> str:
    """A part of a calculation, in brackets if it is one itself."""
    return f"({_value(base, expr)})" if isinstance(expr, Arithmetic) else _value(base, expr)


def consequences(base: RuleBase, rule: Rule) -> Iterator[Block]:
    """What a true rule does: its finding, its weight on the ladder, its advice."""
    yield Paragraph(f"It concludes `{rule.finding}`{_read_by(base, rule)}.")
    strength = base.ladder.strengths[rule.strength]
    weight = [f"It counts as {rule.strength} for “{base.home[rule.home].title}”"]
    if strength.examined:
        weight.append("it must have been looked at before a file on a person can be complete")
    yield Paragraph("; ".join(weight) + ".")
    if rule.recommend:
        when = "at once, wherever the ladder stands" if rule.immediate else _recommends(base, rule)
        yield Paragraph(f"It recommends, {when}:")
        yield Entries(tuple(intervention(base, base.interventions[id]) for id in rule.recommend))
    else:
        yield Paragraph("It recommends nothing.")
    if rule.suppresses:
        held = listed([f"“{base.interventions[id].title}”" for id in rule.suppresses])
        yield Paragraph(f"While it is true, {held} must not be recommended.")


def _recommends(base: RuleBase, rule: Rule) -> str:
    when = base.ladder.strengths[rule.strength].recommends_when
    told = f"where `{as_written(when)}`" if when is not None else "nowhere"
    return f"{told}, and also when the goal was met" if rule.also_in_success else told


def as_written(expr: Expr) -> str:
    """A condition of the ladder as its author wrote it."""
    return "always" if isinstance(expr, Literal) and expr.value is True else plainly(expr)


def _read_by(base: RuleBase, rule: Rule) -> str:
    readers = [other.id for other in base.rules if rule.finding in names(other.when)]
    return f", which {listed(readers)} {'reads' if len(readers) == 1 else 'read'}" if readers else ""


def intervention(base: RuleBase, i: Intervention) -> Entry:
    """An intervention with its measure of success."""
    lines = [EntryLine("do", i.do), EntryLine("judge", f"after {i.judge_after}, by: {i.worked_when}")]
    lines += _judge(base, i.judge) if i.judge is not None else []
    if i.preferred_when is not None:
        lines.append(EntryLine("preferred", f"when {plainly(i.preferred_when)}"))
    lines += [EntryLine("note", i.note)] * bool(i.note) + [EntryLine("source", ", ".join(i.source))] * bool(i.source)
    if i.personnel:
        lines.append(EntryLine("person", "it acts on a person, so the ladder must have reached the person"))
    return Entry(f"{i.title} (`{i.id}`)", i.owner, tuple(lines))


def _judge(base: RuleBase, judge: Judge) -> Iterator[EntryLine]:
    who = base.respondents.get(judge.by, judge.by)
    yes = plainly(judge.holds) if judge.holds is not None else f"{who} says yes to: {judge.by_hand}"
    yield EntryLine("worked", f"where {yes}")
    told = "" if judge.holds is None else f" by {who}"
    yield EntryLine("measured", f"from {_time(judge.after)} until {_time(judge.until)}{told}")
    if judge.voided_by:
        yield EntryLine("void", f"after {listed([VOIDING[what] for what in judge.voided_by], 'or')}")


VOIDING = {
    "territory": "a move of territory, accounts, range or team",
    "goal": "a change of the goal",
    "prices": "a change of the price list",
    "absence": "10 days of absence",
}


def _time(time: Duration) -> str:
    """A duration in words."""
    sums = [listed(list(_parts(span))) or "the start" for span in time.latest]
    if len(sums) > 1:
        return f"the later of {' and '.join(sums)}"
    return sums[0] if sums else "a day that is set at the start"


def _parts(span: Span) -> Iterator[str]:
    for number, unit in ((span.days, "day"), (span.periods, "whole period"), (span.cycles, "sales cycle")):
        if number:
            yield many(number, unit)
    yield from (f"as many months as `{name}` says" for name in span.months_of)


def because_text(base: RuleBase, rule: Rule) -> str:
    """The text of a rule with the names of facts where their values stand."""
    return PLACEHOLDER.sub(lambda found: f"[{found[1]}]", rule.because) or "nothing"


def sources(base: RuleBase, ids: Sequence[str], note: str = "") -> Iterator[Block]:
    """Sources by id, with what they are."""
    entries = []
    for id in ids:
        source = base.sources.get(id)
        if source is None:
            entries.append(
                Entry(f"{id}: judgement", "", (EntryLine("", "Nobody measured it; the firm may set it otherwise."),))
            )
        else:
            by = ", ".join(filter(None, (source.by, source.year)))
            lines = [EntryLine("", address) for address in source.address]
            if source.quality:
                lines.append(EntryLine("quality", source.quality))
            entries.append(Entry(f"{id}: {source.title}", by, tuple(lines)))
    if entries:
        yield Entries(tuple(entries))
    else:
        yield Paragraph("No source is named.")
    if note:
        yield Paragraph(note)
