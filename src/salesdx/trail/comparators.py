"""Other cases with the same decisive facts and another outcome, and the smallest difference that makes it.

Nobody is named here: other cases, and those who decided on them, stand under their pseudonyms.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.case.other_rules import carried
from salesdx.engine.comparing import FIRED, Difference, Result, differences
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.expression_text import plainly
from salesdx.explanation import Explanation
from salesdx.explanation.derivation import MODE, RULE, STAGE, Derivation, truth_word
from salesdx.language.conditions import Expr, leaves, names, truth
from salesdx.ledger.errors import TrailError
from salesdx.trail.book import Book, Named, Record
from salesdx.trail.rerun_one import recorded_memory
from salesdx.trail.results import result_of, summary_line
from salesdx.trail.two_records import again, fact_told

LEVELS = ("concluded", "files", "recommendations")
"""What an outcome is made of, the weightiest first; a decision of people stands beside it."""


@dataclass(frozen=True)
class Beside:
    """A fact that two cases have otherwise; ``turns`` are the comparisons that it makes true in one of them only."""

    term: str
    here: str
    there: str
    turns: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {"term": self.term, "here": self.here, "there": self.there, "turns": list(self.turns)}


@dataclass(frozen=True)
class Comparator:
    """A case with another outcome.

    ``level`` is the weightiest part of the outcome that differs: concluded, files, recommendations or decision.
    ``facts`` are the decisive facts that it has otherwise. ``smallest`` are facts of it that would alone have given
    the record its outcome, on the record's own rules: none of them can be left out. It is None where facts do not
    make the difference, and ``why`` says what does.
    """

    seq: int
    case: Named
    time: str
    rule_base: str
    outcome: str
    decisions: tuple[str, ...]
    level: str
    facts: tuple[Beside, ...]
    results: tuple[Difference, ...]
    smallest: tuple[Beside, ...] | None = None
    why: str = ""

    @property
    def turned(self) -> int:
        """How many decisive facts change a comparison."""
        return sum(bool(fact.turns) for fact in self.facts)

    def to_dict(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "case": self.case.pseudonym,
            "time": self.time,
            "rule_base": self.rule_base,
            "outcome": self.outcome,
            "decisions": list(self.decisions),
            "level": self.level,
            "decisive_facts_that_differ": [fact.to_dict() for fact in self.facts],
            "that_change_a_comparison": self.turned,
            "results": [difference.to_dict() for difference in self.results],
            "smallest_difference": None if self.smallest is None else [fact.to_dict() for fact in self.smallest],
            "why": self.why,
        }


@dataclass(frozen=True)
class Comparators:
    """The nearest cases with another outcome. ``others`` is how many cases were looked at, ``unlike`` how many differ.

    ``decisive`` are the facts that alone give the record's result: term and value.
    """

    record: Record
    outcome: str
    decisions: tuple[str, ...]
    decisive: tuple[tuple[str, str], ...]
    others: int
    unlike: int
    nearest: tuple[Comparator, ...]
    labels: Mapping[str, str]
    """Term -> its label, if it has one."""
    unread: int = 0
    """Cases whose facts this version cannot read."""

    def to_dict(self) -> dict[str, Any]:
        return {
            "seq": self.record.seq,
            "outcome": self.outcome,
            "decisions": list(self.decisions),
            "decisive_facts": [{"term": term, "value": value} for term, value in self.decisive],
            "others": self.others,
            "unlike": self.unlike,
            "unread": self.unread,
            "nearest": [comparator.to_dict() for comparator in self.nearest],
        }


@dataclass(frozen=True)
class _Case:
    """The record that others are held against, with what decided it."""

    record: Record
    result: Result
    diagnosis: Diagnosis
    decided: tuple[str, ...]
    terms: tuple[str, ...]
    """The decisive ones."""
    comparisons: tuple[tuple[Expr, frozenset[str]], ...] = field(repr=False)
    """The comparisons that decided, each with all terms that it reads, through formulas too."""


def comparators(book: Book, seq: int, limit: int = 5, without: Collection[str] = ()) -> Comparators:
    """The cases most like a recorded diagnosis that came out otherwise, ``without`` some (pseudonyms), which are as if
    they were not there. Raises TrailError."""
    record = book.diagnosis(seq)
    found = again(book, record)
    decisions = decided(book)
    case = _case(record, result_of(found.wanted), found.diagnosis, decisions.get(seq, ()))
    others = unlike = unread = 0
    ranked: list[tuple[Comparator, WorkingMemory]] = []
    for other in latest_diagnoses(book):
        if record.case is not None and other.case is not None and other.case.pseudonym == record.case.pseudonym:
            continue
        if other.case is not None and other.case.pseudonym in without:
            continue
        others += 1
        assert other.body is not None
        level = _level(case, result_of(other.body["result"]), decisions.get(other.seq, ()))
        if not level:
            continue
        unlike += 1
        try:
            memory, _ = carried(recorded_memory(other.body, book.base(other.rule_base or "")), case.diagnosis.base)
        except TrailError:
            unread += 1
            continue
        ranked.append((_beside(case, other, memory, level, decisions.get(other.seq, ())), memory))
    ranked.sort(key=lambda pair: (pair[0].turned, len(pair[0].facts), -pair[0].seq))
    return Comparators(
        record,
        summary_line(case.result),
        case.decided,
        tuple((term, fact_told(case.diagnosis, term)) for term in case.terms),
        others,
        unlike,
        tuple(_with_smallest(case, comparator, memory) for comparator, memory in ranked[:limit]),
        case.diagnosis.base.labels,
        unread,
    )


def latest_diagnoses(book: Book) -> Iterator[Record]:
    """The last diagnosis of each case, where its content is there."""
    seen: set[str] = set()
    for record in book.records(types=("diagnosis",), newest_first=True):
        case = record.case.pseudonym if record.case else f"record {record.seq}"
        if case not in seen and record.body is not None:
            yield record
        seen.add(case)


def decided(book: Book) -> Mapping[int, tuple[str, ...]]:
    """Diagnosis -> what people decided on it: signatures that may be seen, and overrides."""
    found: dict[int, tuple[str, ...]] = {}
    for record in book.records(types=("sign_off", "override")):
        word = (record.body or {}).get("decision")
        if record.type == "override":
            word = "overridden"
        for seq in record.inputs if word else ():
            found[seq] = tuple(sorted({*found.get(seq, ()), f"{word}"}))
    return found


def _case(record: Record, result: Result, diagnosis: Diagnosis, decisions: tuple[str, ...]) -> _Case:
    explanation = Explanation(diagnosis)
    targets = [file.stage.id for file in diagnosis.files if file.reached]
    if diagnosis.concluded is not None:
        targets.insert(0, diagnosis.concluded.stage.id)
    elif not targets:
        targets = [next((stage.stage.id for stage in diagnosis.stages if stage.asked), "mode")]
    terms: dict[str, None] = {}
    exprs: dict[Expr, None] = {}
    for target in targets:
        cited = explanation.support(target).terms
        terms |= dict.fromkeys(cited)
        if cited:
            exprs |= dict.fromkeys(_conditions(diagnosis, explanation.why(target)))
    base = diagnosis.base
    parts = dict.fromkeys(leaf for expr in exprs for leaf in leaves(expr))
    reads = [(leaf, frozenset(_read(base, names(leaf)))) for leaf in parts]
    comparisons = tuple((leaf, read) for leaf, read in reads if read & terms.keys())
    return _Case(record, result, diagnosis, decisions, tuple(terms), comparisons)


def _conditions(diagnosis: Diagnosis, derivation: Derivation) -> Iterator[Expr]:
    """The conditions on facts through which a derivation goes."""
    base = diagnosis.base
    for node in derivation.walk():
        if node.kind == RULE:
            yield base.rule[node.name].when
        elif node.kind == STAGE:
            stage = base.home[node.name]
            standing = diagnosis.standing(node.name)  # where it is not passed its signs decided
            yield from (stage.conditions[key] for key in standing.passed_by)
            yield from (stage.conditions[key] for key in ("applies_when",) if key in stage.conditions)
        elif node.kind == MODE:
            yield from (line.when for line in base.ladder.modes)


def _read(base: RuleBase, read: Iterable[str]) -> Iterator[str]:
    """Terms, and the terms that they are computed from."""
    for name in read:
        if (term := base.terms.get(name)) is not None:
            yield name
            yield from _read(base, (inner for expr in term.expressions for inner in names(expr)))


# --- another case beside it -------------------------------------------------------------------------------------------


def _outcome(result: Mapping[str, Any], level: str) -> object:
    if level == "concluded":
        return result["concluded"]
    if level == "files":
        return {file["id"]: file["status"] for file in result["files"]}
    return {entry["intervention"] for entry in result["recommendations"]}


def _level(case: _Case, result: Result, decisions: tuple[str, ...]) -> str:
    """The weightiest part of the outcome that differs; empty where none does."""
    found = next((level for level in LEVELS if _outcome(case.result, level) != _outcome(result, level)), "")
    return found or ("decision" if case.decided != decisions else "")


def _beside(case: _Case, other: Record, memory: WorkingMemory, level: str, decisions: tuple[str, ...]) -> Comparator:
    there = quick(case.diagnosis.base, memory)
    assert other.body is not None and other.case is not None
    facts = tuple(_facts(case, there, case.terms))
    result = result_of(other.body["result"])
    return Comparator(
        other.seq,
        Named(other.case.pseudonym, None),
        other.time,
        other.rule_base or "",
        summary_line(result),
        decisions,
        level,
        facts,
        tuple(difference for difference in differences(case.result, result) if difference.what != FIRED),
    )


def _facts(case: _Case, there: Diagnosis, terms: Iterable[str]) -> Iterator[Beside]:
    """The facts that two cases have otherwise, and which comparisons that turns."""
    here, labels = case.diagnosis, case.diagnosis.base.labels

    def label(name: str) -> str:
        return f"“{labels[name]}”" if name in labels else name

    turned = [
        (f"{plainly(leaf, called=label)}: {truth_word(was)} here, {truth_word(now)} there", read)
        for leaf, read in case.comparisons
        if (was := truth(leaf, here.matches.values)) is not (now := truth(leaf, there.matches.values))
    ]
    for term in terms:
        values = fact_told(here, term), fact_told(there, term)
        if values[0] != values[1]:
            yield Beside(term, *values, tuple(text for text, read in turned if term in read))


def _with_smallest(case: _Case, found: Comparator, memory: WorkingMemory) -> Comparator:
    """The comparator with a set of its facts, none superfluous, that would have given the record its outcome."""
    if found.level == "decision":
        return replace(found, why="people decided otherwise on the same result")
    base = case.diagnosis.base
    mine, theirs = case.diagnosis.memory.statements, memory.statements
    wanted = _outcome(quick(base, memory).to_dict(), found.level)
    if wanted == _outcome(case.result, found.level):
        return replace(found, why="on the rules of this record it would have come out the same: the rules were others")

    def gives(terms: Iterable[str]) -> bool:
        statements = dict(mine)
        for term in terms:
            statements.pop(term, None)
            if term in theirs:
                statements[term] = theirs[term]
        made = replace(case.diagnosis.memory, statements=statements)
        return bool(_outcome(quick(base, made).to_dict(), found.level) == wanted)

    order = {term: at for at, term in enumerate(base.terms)}
    kept = [term for term in {**mine, **theirs} if mine.get(term) != theirs.get(term)]
    kept.sort(key=lambda term: (term not in case.terms, order[term]))
    if not gives(kept):
        return replace(found, why="facts alone do not make the difference: the periods under review were others")
    fewer_found = True
    while fewer_found:
        fewer_found = False
        for term in reversed(tuple(kept)):
            fewer = [other for other in kept if other != term]
            if gives(fewer):
                kept, fewer_found = fewer, True
    there = quick(base, memory)
    return replace(found, smallest=tuple(_facts(case, there, kept)))
