"""How often the cause that was put into a simulated firm is found, and how often a person is blamed for it.

    python benchmarks/simulated_firms.py --times 500 --keep build/firms.jsonl

Each firm is drawn and diagnosed for the company and for every seller. What no row can say is said by people who find
everything in order, in the same words for every firm, so that no answer can give the cause away. Beside it stand two
ways that need no rules: a fixed checklist from product to marketing that stops at the first figure which got worse, and
the figure that got worse most. Firms that are in the file of `--keep` are not made again.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from statistics import fmean

import salesdx
from salesdx.base.loading import shipped_home
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_values
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import as_json
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.facts.draw import Draw, draw_facts, draw_units
from salesdx.facts.evidence import drawn_statement
from salesdx.facts.scope import COMPANY, PERSON, Subject
from salesdx.facts.simulation import CAUSES, SimulatedFirm, simulate
from salesdx.facts.simulation.roster import PERIOD
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.windows import TimeWindow
from salesdx.language.truth import FALSE

STAGES = {
    "goals": "goals",
    "product": "product",
    "price": "pricing",
    "delivery": "delivery",
    "service": "service",
    "support": "training",
    "marketing": "marketing",
    "person": "individual",
}
"""The stage at which each cause belongs."""
COMPANY_IN_ORDER, PERSON_IN_ORDER = (
    "scope-everything-looked-at-nothing-found.yaml",
    "individual-picked-as-the-last-of-ten.yaml",
)
"""Worked cases with every stage of the company in order: whatever cannot be drawn is said as it is said there."""
RESULTS = ("case_", "scope_", "ind_attainment", "ind_wins", "ind_decided", "ind_peer", "ind_people")
"""What only rows can say of a firm, by the beginning of its name."""
OWN = ("scope", "goals", "individual")
"""Where the terms stand that are drawn of a seller's own rows."""
BESIDE = ("success", "recognition", "termination")
"""Where the terms stand that say nothing of a cause."""
GATE = "IN0"
AT_THE_GATE = ("case_attainment_pct", "case_periods_below_goal", "ind_attainment_pct", "ind_peer_median_pct")
SIZES = {"hardly there": 0.25, "small": 0.5, "middling": 0.75, "large": 1.0}
"""Strengths up to this; 0 is none."""
Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class Answer:
    """What was said of one firm: stages, or causes for the two ways without rules; empty where none was named."""

    cause: str
    seed: int
    strength: float
    below: bool
    """The goal was missed: otherwise no cause is looked for."""
    drawn: int
    """How many facts rows gave for the company."""
    concluded: str
    confirmed: str
    """The stage concluded, else the likeliest of those that are confirmed."""
    likely: str
    """The same, or where none is confirmed the first with any sign: what a report names first."""
    alone: str
    """What is first likely when nobody says anything beside the rows."""
    checklist: str
    deviation: str
    persons: tuple[str, ...]
    """Sellers of whom something personal is concluded."""
    person: str
    """The seller who was made weak; empty where nobody was."""
    strengths: Mapping[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20, help="firms a cause")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--sellers", type=int, default=12)
    parser.add_argument("--causes", nargs="*", default=CAUSES, choices=CAUSES)
    parser.add_argument("--traps", nargs="*", default=[])
    parser.add_argument("--keep", type=Path, help="a file of answers; those in it are not asked again")
    given = parser.parse_args()
    judge, kept = Judge.of_shipped(), list(read(given.keep))
    known = {(each.cause, each.seed) for each in kept}
    for seed in range(given.first, given.first + given.times):
        for cause in given.causes:
            if (cause, seed) not in known:
                firm = simulate(cause, seed, sellers=given.sellers, traps=given.traps)
                kept.append(judge.answer(firm, seed))
                write(given.keep, kept[-1])
    print("\n".join(table([each for each in kept if each.cause in given.causes])))


@dataclass(frozen=True)
class Judge:
    """The shipped rules, and what people say where no row can."""

    base: RuleBase
    company: WorkingMemory
    person: WorkingMemory
    nothing_said: WorkingMemory
    """All that is known without asking: what kind of firm it is."""

    @classmethod
    def of_shipped(cls) -> Judge:
        base = salesdx.load()
        company = _said(base, COMPANY_IN_ORDER, COMPANY)
        nothing = _only(company, {*company.fixed, *base.profile})
        return cls(base, company, _said(base, PERSON_IN_ORDER, PERSON), nothing)

    def answer(self, firm: SimulatedFirm, seed: int) -> Answer:
        warehouse = Warehouse.of_rows(firm.tables, data_until=firm.data_until, rates=firm.rates, currency="EUR")
        window = TimeWindow(*firm.period)
        read = [term.name for term in self.base.terms.values() if term.home not in BESIDE]
        drawn = draw_facts(warehouse, self.base, Subject(COMPANY), window, read)
        found = quick(self.base, self._with(warehouse, self.company, drawn))
        alone = quick(self.base, self._with(warehouse, self.nothing_said, drawn))
        figures = Figures.of(firm)
        return Answer(
            firm.cause,
            seed,
            max(firm.strengths.values(), default=0.0),
            found.mode == "diagnosis",
            len(drawn.known),
            found.concluded.stage.id if found.concluded else "",
            first_likely(found, confirmed=True),
            first_likely(found),
            first_likely(alone),
            figures.checklist(),
            figures.largest_deviation(),
            tuple(self._persons(firm, warehouse, drawn)),
            firm.person if firm.cause == "person" else "",
            firm.strengths,
        )

    def _persons(self, firm: SimulatedFirm, warehouse: Warehouse, company: Draw) -> Iterator[str]:
        """Whom something personal is concluded of: the firm's rows decide its own steps, theirs the rest.

        Every finding about a person needs the gate, so whoever does not pass it by its cheapest facts is not drawn.
        """
        sellers = [Subject(PERSON, str(row["person"])) for row in firm.tables["people"] if row["sells"]]
        own = {term.name for term in self.base.terms.values() if term.home in OWN}
        shared = replace(company, facts={term: fact for term, fact in company.facts.items() if term not in own})
        memory = self._with(warehouse, self.person, shared)
        first = draw_units(warehouse, self.base, sellers, company.window, AT_THE_GATE)
        passed = [seller for seller, drawn in first.items() if self._may_pass(self._with(warehouse, memory, drawn))]
        for subject, drawn in draw_units(warehouse, self.base, passed, company.window, own).items():
            found = quick(self.base, self._with(warehouse, memory, drawn))
            if found.concluded and found.concluded.stage.id == self.base.ladder.personnel_stage:
                yield subject.unit

    def _may_pass(self, memory: WorkingMemory) -> bool:
        found = quick(self.base, memory)
        return found.mode == "diagnosis" and found.matches.truths[GATE] is not FALSE

    def _with(self, warehouse: Warehouse, memory: WorkingMemory, drawn: Draw) -> WorkingMemory:
        """The case with all that was drawn; what no file of the firm has rows of is left to people."""
        for term, fact in drawn.facts.items():
            if fact.known or fact.sql:
                memory = memory.with_statements(
                    term, (replace(drawn_statement(warehouse, self.base, fact), drawn=term),)
                )
        return memory


def _said(base: RuleBase, name: str, kind: str) -> WorkingMemory:
    """What people say in a worked case, of the period in question and on record, without results of that other firm."""
    worked = salesdx.read_case(shipped_home() / "rules" / "cases" / name, base)
    first, last = (day.isoformat() for day in PERIOD)
    how = {"kind": "signed record", "date": last}
    facts = {
        term: {"value": as_json(said[0].value), "by": base.terms[term].respondent, **how}
        for term, said in worked.statements.items()
        if term not in worked.fixed and said[0].value is not None and not term.startswith(RESULTS)
    }
    told = {
        "subject": {"kind": kind, **({} if kind == COMPANY else {"ref": "S00"})},
        "period": {"from": first, "to": last},
        "facts": facts,
    }
    return case_from_values(told, base)


def _only(memory: WorkingMemory, terms: Iterable[str]) -> WorkingMemory:
    for term in set(memory.statements) - set(terms):
        memory = memory.with_statements(term, ())
    return memory


def first_likely(found: Diagnosis, *, confirmed: bool = False) -> str:
    """The stage that is concluded, else the first that the diagnosis calls likely."""
    if found.concluded:
        return found.concluded.stage.id
    likely = (cause.standing for cause in found.provisional.likely)
    return next((standing.stage.id for standing in likely if standing.confirmed or not confirmed), "")


# --- two ways without rules -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    """One figure of each cause, now and a year before: what share worse it got, 0.1 for a tenth."""

    worse: Mapping[str, float]

    @classmethod
    def of(cls, firm: SimulatedFirm) -> Figures:
        first, last = firm.period
        before = (date(first.year - 1, first.month, first.day), date(last.year - 1, last.month, last.day))
        now, then = (
            {name: figure(firm.tables, span) for name, figure in FIGURES.items()} for span in (firm.period, before)
        )
        worse = {name: (now[name] / then[name] - 1 if then[name] else 0.0) for name in FIGURES}
        worse["person"] = _worst_person(firm, firm.period, before)
        return cls(worse)

    def checklist(self) -> str:
        """The first of the list, from product to marketing, that is a tenth worse than a year before."""
        asked = ("product", "price", "delivery", "service", "support", "marketing")
        return next((name for name in asked if self.worse[name] >= 0.1), "")

    def largest_deviation(self) -> str:
        return max(self.worse, key=lambda name: self.worse[name])


Span = tuple[date, date]


def _in(rows: Rows, column: str, span: Span) -> Rows:
    return [row for row in rows if isinstance(day := row[column], date) and span[0] <= day <= span[1]]


def _share(rows: Rows, is_it: Callable[[Mapping[str, object]], bool]) -> float:
    return fmean(is_it(row) for row in rows) if rows else 0.0


def _total(rows: Rows, column: str) -> float:
    return float(sum(row[column] for row in rows))  # type: ignore[misc]


FIGURES: Mapping[str, Callable[[Mapping[str, Rows], Span], float]] = {
    "goals": lambda tables, span: _total(
        [
            row
            for row in _in(tables["goals"], "from_on", span)
            if (row["unit_kind"], row["metric"]) == ("company", "sales")
        ],
        "amount",
    ),
    "product": lambda tables, span: len(_in(tables["returns"], "returned_on", span)),
    "price": lambda tables, span: fmean(
        row["ours"] / row["rival_price"]  # type: ignore[operator]
        for row in _in(tables["price_observations"], "seen_on", span)
    ),
    "delivery": lambda tables, span: _share(
        _in(tables["orders"], "promised_on", span),
        lambda row: row["delivered_on"] is None or row["delivered_on"] > row["promised_on"],  # type: ignore[operator]
    ),
    "service": lambda tables, span: _share(
        [row for row in _in(tables["surveys"], "on_", span) if row["kind"] == "request"],
        lambda row: row["score"] < 4,  # type: ignore[operator]
    ),
    "support": lambda tables, span: 1 / (1 + _total(_in(tables["coachings"], "held_on", span), "hours")),
    "marketing": lambda tables, span: 1 / (1 + len(_in(tables["leads"], "created_on", span))),
}
"""The figure that a manager would look at, written so that more is worse."""


def _worst_person(firm: SimulatedFirm, now: Span, before: Span) -> float:
    """How much worse the seller got whose wins fell most, as the inverse of what was won."""
    won: dict[object, list[int]] = defaultdict(lambda: [0, 0])
    for side, span in enumerate((now, before)):
        for deal in _in(firm.tables["deals"], "decided_on", span):
            won[deal["person"]][side] += deal["outcome"] == "won"
    return max((1 + then) / (1 + today) - 1 for today, then in won.values() if then)


# --- the table --------------------------------------------------------------------------------------------------------


def table(answers: Sequence[Answer]) -> Iterator[str]:
    """Shares of the firms that missed the goal, by cause and size; then whom something personal was concluded of."""
    yield "| cause | size | missed | concluded | confirmed | likely | by rows alone | checklist | deviation |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for cause, size, asked in groups(answers):
        missed = [each for each in asked if each.below]
        rows = (
            share(each.concluded in right(each) for each in missed),
            share(each.confirmed in right(each) for each in missed),
            share(each.likely in right(each) for each in missed),
            share(each.alone in right(each) for each in missed),
            share(STAGES.get(each.checklist, "") in right(each) for each in missed),
            share(STAGES.get(each.deviation, "") in right(each) for each in missed),
        )
        yield f"| {cause} | {size} | {len(missed)} of {len(asked)} | " + " | ".join(rows) + " |"
    clean = [each for each in answers if each.cause != "person"]
    yield ""
    blamed, blamed_without = (
        sum(bool(each.persons) for each in clean),
        sum(each.deviation == "person" for each in clean),
    )
    yield f"Of {len(clean)} firms in which no person is the cause, something personal is concluded in {blamed};"
    yield f"the largest deviation is a person's in {blamed_without}."
    weak = [each for each in answers if each.cause == "person"]
    if weak:
        found = sum(each.person in each.persons for each in weak)
        others = sum(bool(set(each.persons) - {each.person}) for each in weak)
        yield f"Of {len(weak)} weak sellers {found} are found; another seller is in {others} of these firms."


def right(answer: Answer) -> set[str]:
    """The stages that are no mistake; of a firm without a cause, none named."""
    return {STAGES[cause] for cause in answer.strengths} or {""}


def groups(answers: Sequence[Answer]) -> Iterator[tuple[str, str, list[Answer]]]:
    for cause in dict.fromkeys(each.cause for each in answers):
        own = [each for each in answers if each.cause == cause]
        for size in dict.fromkeys(map(size_of, sorted(own, key=lambda each: each.strength))):
            yield cause, size, [each for each in own if size_of(each) == size]


def size_of(answer: Answer) -> str:
    return next((name for name, most in SIZES.items() if answer.strength <= most), "") if answer.strengths else "-"


def share(right_ones: Iterable[bool]) -> str:
    counted = list(right_ones)
    return f"{fmean(counted):.0%}" if counted else "-"


def read(path: Path | None) -> Iterator[Answer]:
    if path is not None and path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            yield Answer(**{**told, "persons": tuple(told["persons"])})


def write(path: Path | None, answer: Answer) -> None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(answer)) + "\n")


if __name__ == "__main__":
    main()
