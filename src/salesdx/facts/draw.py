"""Facts drawn for a subject and a window: each is there, closed and enough, or it is not known and says why."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from salesdx.base.model import RuleBase
from salesdx.facts.draw_source import DrawSource
from salesdx.facts.drawn_terms import Definitions, DrawnTerm, definitions
from salesdx.facts.evidence_rows import evidence_query
from salesdx.facts.measured_noise import Measured, measure, measure_again, noise_arguments
from salesdx.facts.scope import PERSON, Subject
from salesdx.facts.stated_facts import DrawnFact, count_in_words, crossed, stated_value
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.windows import TimeWindow


@dataclass(frozen=True)
class Draw:
    """All that was drawn for a subject in a window, by term: what is known, and what is not with the reason."""

    subject: Subject
    window: TimeWindow
    facts: Mapping[str, DrawnFact]

    @property
    def known(self) -> Mapping[str, DrawnFact]:
        return {term: fact for term, fact in self.facts.items() if fact.known}


def draw_facts(
    warehouse: Warehouse,
    base: RuleBase,
    subject: Subject,
    window: TimeWindow,
    terms: Collection[str] | None = None,
    defined: Definitions | None = None,
) -> Draw:
    """The facts of a subject in a window: of all terms that can be drawn for its kind, or of some."""
    drawn = draw_units(warehouse, base, [subject], window, terms, defined)
    return drawn[subject]


def draw_units(
    warehouse: Warehouse,
    base: RuleBase,
    subjects: Sequence[Subject],
    window: TimeWindow,
    terms: Collection[str] | None = None,
    defined: Definitions | None = None,
) -> dict[Subject, Draw]:
    """The facts of several subjects of one kind, in one pass over the rows where a term names the unit of each row."""
    defined = defined or definitions()
    source = DrawSource(warehouse, defined, window)
    found: dict[Subject, dict[str, DrawnFact]] = {subject: {} for subject in subjects}
    for term in defined.terms.values():
        known = base.terms.get(term.name)
        if known is None or known.computed or (terms is not None and term.name not in terms) or term.program:
            continue
        asked = [subject for subject in subjects if subject.kind in term.per]
        for subject, fact in _drawn(source, base, term, asked):
            found[subject][term.name] = fact
    return {subject: Draw(subject, window, facts) for subject, facts in found.items()}


def _drawn(
    source: DrawSource, base: RuleBase, term: DrawnTerm, subjects: Sequence[Subject]
) -> Iterator[tuple[Subject, DrawnFact]]:
    """A term for some subjects."""
    if not subjects:
        return
    why = refusal(source, term, subjects[0])
    if why:
        yield from ((subject, _unknown(source, term, subject, why)) for subject in subjects)
        return
    if not term.of_units:
        measured = _measured(source, term, subjects[:1], False)[subjects[0].unit]
        yield from ((subject, _fact(source, base, term, subject, measured)) for subject in subjects)
        return
    one_pass = len(subjects) > 1 and "unit" in term.named
    together = [each for each in subjects if one_pass and not source.has_parts(each)]
    asked = [(together, True)] if together else []
    asked += [([each], False) for each in subjects if not one_pass or source.has_parts(each)]
    for units, many in asked:
        of_each = _measured(source, term, units, many)
        for subject in units:
            yield subject, _fact(source, base, term, subject, of_each.get(subject.unit, Measured()))


def refusal(source: DrawSource, term: DrawnTerm, subject: Subject) -> str:
    """Why a term is not drawn at all: what it reads is not there, or its window is not closed; empty where it is."""
    return (
        source.missing(term, subject)
        or suspicion(source, term, subject)
        or still_open(source, term)
        or strange(source, term)
    )


def strange(source: DrawSource, term: DrawnTerm) -> str:
    """That the firm writes words of its own where a term looks for some; empty where any is understood."""
    if term.words not in source.warehouse.strange:
        return ""
    table, _, column = term.words.partition(".")
    words = f"not one `{column}` of {table} is a word that is understood"
    return f"{words}: the mapping has to say by `aliases` what they mean"


def suspicion(source: DrawSource, term: DrawnTerm, subject: Subject) -> str:
    """Why rows say nothing of a single person: they were entered twice, or stand for something else."""
    if subject.kind != PERSON:
        return ""
    if not source.warehouse.settings.keyed:
        return "without a key for pseudonyms nothing is drawn for a person"
    for table in source.tables(term):
        if table in source.warehouse.suspicious:
            return (
                f"too many {table.replace('_', ' ')} stand there twice under different keys to judge a person by them"
            )
    stand_ins = source.warehouse.settings.proxies.intersection(source.reads(term))
    if stand_ins and term.fair:
        return "what is recorded stands for something else, and nobody is judged by that"
    return ""


def still_open(source: DrawSource, term: DrawnTerm) -> str:
    """Why the window is not closed; empty where it is, and the one that it is compared with."""
    window, until = source.window, source.warehouse.settings.data_until
    if not term.closed:
        return ""
    if until < window.start:
        return f"the data end on {until}, before this {window.called} began"
    if until < window.end:
        return f"the data end on {until}, {(until - window.start).days + 1} days into this {window.called}"
    settling = source.settling(term)
    if until < window.end + settling:
        return (
            f"the {window.called} ended on {window.end} and its rows can change until {window.end + settling}; "
            f"the data end on {until}"
        )
    return ""


def _measured(source: DrawSource, term: DrawnTerm, subjects: Sequence[Subject], many: bool) -> dict[str, Measured]:
    """Unit -> value, count and noise: value, count and what noise reads of counts in one query for all units."""
    if term.noise is not None and term.noise.kind == "bootstrap":
        counted = _measured(source, replace(term, noise=None), subjects, many) if many else {}
        enough = [
            each for each in subjects if not many or (each.unit in counted and counted[each.unit].n >= term.least)
        ]
        again = {each.unit: measure_again(source, term, evidence_query(source, term, each)) for each in enough}
        return {**counted, **again}
    rows = evidence_query(source, term, subjects[0], many)
    wanted = (term.value, term.n, *noise_arguments(term.noise))
    select = ", ".join(f"{sql} as figure_{place}" for place, sql in enumerate(wanted))
    sql = rows.asked(f"unit, {select}", "unit") if many else rows.asked(select)
    found = source.warehouse.query(sql, rows.parameters).rows
    asked = {subject.unit for subject in subjects}
    of_units = {str(row[0]): row[1:] for row in found} if many else {subjects[0].unit: found[0]}
    return {unit: measure(term, row) for unit, row in of_units.items() if unit in asked}


def _fact(source: DrawSource, base: RuleBase, term: DrawnTerm, subject: Subject, measured: Measured) -> DrawnFact:
    n = measured.n
    if void := source.comparisons.void(subject.unit, term.fair):
        return _unknown(source, term, subject, void, n)
    if n < term.least:
        return _unknown(source, term, subject, _too_few(source, term, n), n)
    if unfair := source.comparisons.unfair(subject.unit, term.fair):
        return _with_luck(source, _unknown(source, term, subject, unfair, n))
    stated = stated_value(base.terms[term.name], measured.value, measured.interval)
    if stated is None:
        return _unknown(source, term, subject, term.no_value, n)
    fact = replace(
        _unknown(source, term, subject, "", n),
        stated=stated,
        best=measured.value,
        interval=measured.interval,
        test=measured.test,
        p=measured.p,
        crossed=crossed(base, term.name, stated),
    )
    return _with_luck(source, fact)


def _with_luck(source: DrawSource, fact: DrawnFact) -> DrawnFact:
    """A fact with the chance beside it that luck alone gives, where its term asks for that."""
    told = source.comparisons.luck_told(fact.subject.unit, fact.definition.fair)
    return fact if told is None else replace(fact, **asdict(told))


def _too_few(source: DrawSource, term: DrawnTerm, n: int) -> str:
    if not n:
        return f"no {term.counted} in this {source.window.called}: none, or moved, new, or not exported?"
    return f"{count_in_words(n, term.counted)}, {term.least:,} needed"


def _unknown(source: DrawSource, term: DrawnTerm, subject: Subject, reason: str, n: int = 0) -> DrawnFact:
    """A fact without a value, with the query behind it where there can be one."""
    there = not source.missing(term, subject)
    rows = evidence_query(source, term, subject) if there else None
    settings = source.warehouse.settings
    return DrawnFact(
        term.name,
        subject,
        source.window,
        term,
        reason=reason,
        n=n,
        least=term.least,
        sql=rows.sql if rows else "",
        parameters=rows.parameters if rows else {},
        closed=source.closed_on(term),
        proxy=any(read in settings.proxies for read in source.reads(term)),
    )
