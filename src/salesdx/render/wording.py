"""Facts, comparisons and who can answer, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from salesdx.base.model import Rule, RuleBase, Term
from salesdx.case.bounds import without_range
from salesdx.case.memory import WorkingMemory
from salesdx.case.money import in_currency
from salesdx.case.settling import speaker
from salesdx.case.statement import COMPUTED, Statement, Unknown, doubtful, shown_value
from salesdx.engine.decisive import Compared, decisive
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.expression_text import SIGNS, plainly
from salesdx.language.conditions import (
    Arithmetic,
    Call,
    Compare,
    Expr,
    In,
    Literal,
    Name,
    Value,
    Values,
    names,
    truth,
    value,
)
from salesdx.language.intervals import Interval
from salesdx.language.rewriting import numbers_of_limits
from salesdx.language.truth import TRUE, UNKNOWN
from salesdx.render.blocks import TOGETHER, EntryLine, Table
from salesdx.text.english import capital, listed

_NAMES = re.compile("[a-z_][a-z0-9_]*")
_NAMED = re.compile("`([^`]*)`")
NOBODY = "nobody left to ask"
"""Who can answer what its respondent said not to know, or excused."""
FACTS = ("fact", "value", "source", "date")


# --- names ---------------------------------------------------------------------------------------------------------


def called(base: RuleBase, name: str) -> str:
    """What people read in the place of a name: the label of a term, the titles of a finding's rules."""
    return _with_id(base, name, "{}")


def in_quotes(base: RuleBase, name: str) -> str:
    """What people read in the place of a name inside a line: a label is in quotation marks."""
    return _with_id(base, name, "“{}”")


def _with_id(base: RuleBase, name: str, form: str) -> str:
    term = base.terms.get(name)
    label = term.label if term else listed([rule.title for rule in base.findings.get(name, ()) if rule.title], "or")
    return form.format(label) + (f" [{name}]" if base.ids else "") if label else name


def relabelled(base: RuleBase, text: str) -> str:
    """A sentence of a proof, with what people read in the place of each name in backticks."""
    return _NAMED.sub(lambda found: in_quotes(base, found[1]), text)


def note_words(base: RuleBase, note: str) -> str:
    """A note of a diagnosis as a sentence; the names in it stand behind a colon."""
    about, colon, names_ = note.partition(": ")
    return capital(about) + colon + _NAMES.sub(lambda found: in_quotes(base, found[0]), names_.replace("`", ""))


def rule_titles(rules: Iterable[Rule]) -> str:
    """Rules by what they say, each with its number behind it."""
    return "; ".join(f"{rule.title} ({rule.id})" if rule.title else rule.id for rule in rules)


def condition_line(base: RuleBase, expr: Expr, text: str) -> EntryLine:
    """A condition with labels; with identifiers it stands as its author wrote it, its limits behind."""
    if base.ids:
        limits = ", ".join(f"{name} {number}" for name, number in numbers_of_limits(expr).items())
        return EntryLine("when", f"{text} ({limits})" if limits else text, code=True)
    return EntryLine("when", plainly(expr, called=lambda name: in_quotes(base, name)))


# --- facts ----------------------------------------------------------------------------------------------------------


def amount(
    term: Term | None, known: Value | None, memory: WorkingMemory | None = None, limit: Value | None = None
) -> str:
    """A value with its unit, which can be told from its ``limit``; of a case, ``memory``, money with its currency.

    >>> from decimal import Decimal
    >>> amount(Term("a", "", "percent", unit="% of orders"), Decimal(78))
    '78% of orders'
    """
    if memory is not None and (told := in_currency(memory, term, known)):
        return told
    shown = shown_value(without_range(term, known), limit)
    if term is None or not term.unit or known is None:
        return shown
    if term.unit.startswith("%"):
        return shown + term.unit
    return f"{shown} ({term.unit})" if re.search("[/=0-9]", term.unit) else f"{shown} {term.unit}"


def said_value(memory: WorkingMemory, term: Term, said: Statement) -> str:
    """What a statement says: its value, with a mark where that is doubtful, or why there is none."""
    if said.value is None:
        return str(said.unknown or "")
    return amount(term, said.value, memory) + (", or meant as a fraction?" if doubtful(term, said) else "")


def concerns_person(diagnosis: Diagnosis) -> bool:
    """Whether the stage that acts upon a person applies to this subject, and not to every one."""
    found = (one for one in diagnosis.standings if one.stage.id == diagnosis.base.ladder.personnel_stage)
    return any(one.stage.applies_when is not None and one.applies is TRUE for one in found)


def person(base: RuleBase, by: str) -> str:
    """Who stated something, or who can answer."""
    return base.respondents.get(by, by)


def said_by(memory: WorkingMemory, term: Term, said: Statement) -> str:
    """Where a statement comes from and who made it."""
    parts = (said.source, unchecked_words(memory, said), person(memory.base, speaker(term, said)))
    return ", ".join(part for part in parts if part) or "no source"


def unchecked_words(memory: WorkingMemory, said: Statement) -> str:
    """That a report shows a value, whose digest was typed and not held to the file; or that it names an entry of an
    evidence file: where that file is not there it is a typed one."""
    missing = bool(said.drawn) and not memory.proves(said)
    drawn = f"entry {said.drawn} of an evidence file that is not there: counts as typed" if missing else ""
    return ", ".join(filter(None, ("a report (not checked)" if said.report is not None else "", drawn)))


def fact_row(diagnosis: Diagnosis, name: str) -> tuple[str, ...]:
    """A fact, computed value or finding as a row of FACTS."""
    base = diagnosis.base
    known = diagnosis.matches.values.get(name)
    term = base.terms.get(name)
    if term is None:
        return (
            called(base, name),
            shown_value(known),
            f"finding of {listed([r.id for r in base.findings.get(name, ())])}",
            "",
        )
    fact = diagnosis.memory.fact(name)
    if known is None:
        return (
            called(base, name),
            unknown_words(diagnosis, name),
            (who := person(base, diagnosis.asked_of(name))) and f"asked of {who}",
            "",
        )
    if fact.used is None or fact.used.source == COMPUTED:
        read = dict.fromkeys(n for expr in term.expressions for n in names(expr))
        told = f"computed from {listed([in_quotes(base, name) for name in read])}"
        return called(base, name), amount(term, known, diagnosis.memory), told, ""
    said = fact.used
    disputed = " (disputed)" * fact.disputed
    return (
        called(base, name),
        amount(term, known, diagnosis.memory) + disputed,
        said_by(diagnosis.memory, term, said),
        said.date.isoformat() if said.date else "",
    )


def fact_table(diagnosis: Diagnosis, found: Iterable[str]) -> Table | None:
    """Facts with value, source and date; None where there is none."""
    rows = tuple(fact_row(diagnosis, name) for name in dict.fromkeys(found))
    return Table(FACTS, rows) if rows else None


def unknown_words(diagnosis: Diagnosis, name: str) -> str:
    """Why a fact is unknown, or decides nothing: the kinds are kept apart, each with what was said."""
    fact, told = diagnosis.memory.fact(name), state_words(diagnosis, name)
    said = fact.used
    if fact.unknown is Unknown.STALE and said is not None and said.date:
        known = amount(diagnosis.base.terms[name], said.value, diagnosis.memory)
        return f"{told}: {known} is of {said.date.isoformat()}"
    if fact.unknown is Unknown.DISPUTED:
        values = (s.value for s in fact.statements if s.stands and s.value is not None)
        memory, term = diagnosis.memory, diagnosis.base.terms[name]
        stated = dict.fromkeys(in_currency(memory, term, known) or shown_value(known) for known in values)
        return f"{told}: {listed(list(stated))} are stated"
    if fact.unknown is Unknown.NOT_APPLICABLE and said is not None and said.reason:
        return f"{told}: {said.reason}"
    return told


def state_words(diagnosis: Diagnosis, name: str) -> str:
    """In a few words why a fact is unknown; of one that is known too vaguely its ends and what they are held against.

    "of a day to come", "disputed, 80 to 95, the limit is 90"
    """
    fact = diagnosis.memory.fact(name)
    if fact.unknown is Unknown.STALE and fact.untimely is not None:
        return fact.untimely.label
    known = diagnosis.matches.values.get(name)
    if not isinstance(known, Interval):
        return str(fact.unknown or Unknown.NOT_ASKED)
    limits = [shown_value(limit) for limit in _limits(diagnosis, name)]
    against = f", the limit{'s are' if len(limits) > 1 else ' is'} {listed(limits)}" if limits else ""
    return "disputed, " * fact.disputed + shown_value(without_range(diagnosis.base.terms.get(name), known)) + against


def _limits(diagnosis: Diagnosis, name: str) -> tuple[Value, ...]:
    """What an imprecise fact is compared with where that decides nothing: by open stages, and signs not settled."""
    values, base = diagnosis.matches.values, diagnosis.base
    open_ = [standing.stage.ruled_out_when for standing in diagnosis.stages if standing.asked]
    tests = [when for when in open_ if when is not None and truth(when, values) is UNKNOWN]
    tests += [rule.when for rule in base.rules if diagnosis.matches.truths[rule.id] is UNKNOWN]
    found: set[Value] = set()
    for test in tests:
        for part, _ in decisive(test, values, UNKNOWN):
            match part:
                case Compare(_, Name(id), Literal(limit)) | Compare(_, Literal(limit), Name(id)) if id == name:
                    found.add(limit)
    return tuple(sorted(found, key=shown_value) if any(isinstance(limit, str) for limit in found) else sorted(found))  # type: ignore[type-var]


def by_respondent(diagnosis: Diagnosis, terms: Iterable[str]) -> dict[str, list[str]]:
    """Who can answer -> the unknown terms, each with why it is unknown where it is not simply not asked.

    A term that nobody is asked stands under an empty name. What all who may answer declined is under NOBODY, the last.
    """
    base, found, declined = diagnosis.base, dict[str, list[str]](), list[str]()
    for name in dict.fromkeys(terms):
        state = state_words(diagnosis, name)
        told = f" [{state}]" if state != Unknown.NOT_ASKED else ""
        who = declined if diagnosis.declined(name) else found.setdefault(person(base, diagnosis.asked_of(name)), [])
        who.append(in_quotes(base, name) + told)
    return found | ({NOBODY: declined} if declined else {})


def who_answers(diagnosis: Diagnosis, terms: Iterable[str]) -> str:
    """Unknown terms with who can answer them, in a line."""
    return "; ".join(
        f"{', '.join(found)} ({who})" if who else ", ".join(found)
        for who, found in by_respondent(diagnosis, terms).items()
    )


# --- comparisons ----------------------------------------------------------------------------------------------------


def comparison(base: RuleBase, part: Compared, values: Values) -> str:
    """A comparison that is true or false, with the values of its names: `Rate 78% < 85`, `Rate 88% is not ≥ 90`."""
    expr, holds = part
    match expr:
        case Compare("==", Name(), Literal()) | In(Name(), _) if holds:
            return filled(base, expr.left, values)
        case Compare("==", Name() as left, Literal(known)):
            return f"{filled(base, left, values)}, not {shown_value(known)}"
        case Compare(op, left, right):
            sides = filled(base, left, values, right), filled(base, right, values, left)
            return f"{sides[0]} {'' if holds else 'is not '}{SIGNS.get(op, op)} {sides[1]}"
        case In(left, literals):
            among = listed([shown_value(x.value) for x in literals], "or")
            return f"{filled(base, left, values)} is {'' if holds else 'not '}{among}"
    return filled(base, expr, values)


def comparisons(base: RuleBase, found: Iterable[Compared], values: Values) -> str:
    """Comparisons that were decisive, in a line; the words of each are kept together."""
    shown = [comparison(base, part, values) for part in found]
    return f"{TOGETHER}· ".join(text.replace(" ", TOGETHER) for text in dict.fromkeys(shown))


def filled(base: RuleBase, expr: Expr, values: Values, beside: Expr | None = None) -> str:
    """The words of an expression, each name followed by its value, which can be told from what stands ``beside`` it."""
    match expr:
        case Literal(known, limit=limit):
            return f"{shown_value(known)} [{limit}]" if limit and base.ids else shown_value(known)
        case Name(id):
            return _valued(base, id, values.get(id), value(beside, values) if beside is not None else None)
        case Arithmetic(op, left, right):
            return f"{_part(base, left, values)} {op} {_part(base, right, values)}"
        case Call(function, arguments):
            return f"{function}({', '.join(filled(base, argument, values) for argument in arguments)})"
    return comparison(base, Compared(expr, True), values)


def _valued(base: RuleBase, name: str, known: Value | None, limit: Value | Fraction | int | None) -> str:
    """A name with its value; behind what is no number stands a colon."""
    term = base.terms.get(name)
    shown = shown_value(without_range(term, known), limit)
    if not isinstance(known, Decimal | Interval):
        return f"{called(base, name)}: {shown}"
    return f"{called(base, name)} {shown}{'%' if term is not None and term.unit.startswith('%') else ''}"


def _part(base: RuleBase, expr: Expr, values: Values) -> str:
    return f"({filled(base, expr, values)})" if isinstance(expr, Arithmetic) else filled(base, expr, values)
