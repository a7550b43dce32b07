"""What a diagnosis lacks: the terms that keep a stage open, that a file lacks and that would decide a rule, the rules
that block a file, and what is asked next ("Next questions", "Unexamined" and "The last stage" of the language page).

A condition is unknown through the unknown and the imprecise names of its undecided tests. Behind a finding stand the
rules that conclude it, behind a computed term its inputs; a stage asks for a computed term itself where it has a
question, a rule where somebody stated it.

Of a test of which nobody knows whether it applies it can be told in two ways whether it keeps a condition unknown:
beside `x or y` with x true, y changes nothing, though each test by itself is undecided. So there are two lists: what
must be named (as if all applied of which nobody knows), and what may be (each test by itself).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .base import Term
from .conditions import Tree, Value, names, parsed
from .intervals import Range
from .reading import Reading, Undecided

if TYPE_CHECKING:
    from .ladder import Judgement, Standing

STAGE_CONDITIONS = ("applies_when", "ruled_out_when")


@dataclass(frozen=True)
class Between:
    """Names, or lists of them under keys: equal to every list that has all of ``least`` and nothing beyond ``most``."""

    least: Any
    most: Any

    def __eq__(self, other: object) -> bool:
        return _between(self.least, other, self.most)

    __hash__ = None  # type: ignore[assignment]


def _between(least: Any, found: Any, most: Any) -> bool:
    if isinstance(most, dict):
        return (
            isinstance(found, dict)
            and found.keys() == most.keys()
            and all(_between(least[key], found[key], most[key]) for key in most)
        )
    return set(least) <= set(found) <= set(most)


def lacks(judged: Judgement, verdict: str | None, concluded: str | None) -> dict[str, Any]:
    """The parts of a diagnosis that name what it lacks."""
    most = Missing(judged, judged.full).result(verdict, concluded)
    least = Missing(judged, Applying(judged.full)).result(verdict, concluded)
    blocked = {
        stage: Missing(judged, judged.full).blocked_by(stage) for stage in most["missing"] if judged.is_file(stage)
    }
    return {"blocked_by": blocked} | {part: Between(least[part], most[part]) for part in most}


class Missing:
    """What one judgement lacks, as one reading tells it."""

    def __init__(self, judged: Judgement, reading: Reading) -> None:
        self.judged, self.base, self.full = judged, judged.base, reading

    # --- a rule ---

    def deciding(self, id: str) -> list[str]:
        """The terms that would decide a rule."""
        found: list[str] = []
        self._down(list(_names(self.full.undecided(self.base.rules[id].when))), found, set())
        return sorted(set(found))

    def _down(self, read: Iterable[str], found: list[str], seen: set[str]) -> None:
        for name in read:
            if name not in seen:
                seen.add(name)
                behind = list(self._behind(name))
                if not behind:
                    found.append(name)
                self._down(behind, found, seen)

    def _behind(self, name: str) -> Iterator[str]:
        if name not in self.base.terms:
            for id in self.base.cited[name]:
                yield from _names(self.full.undecided(self.base.rules[id].when))
            return
        term = self.base.terms[name]
        if term.computed and isinstance(self.full.look(name), Range):
            yield from (part for part in term.inputs if _vague(self.full.look(part)))
        elif term.computed and not self.full.case.standing(name):
            yield from _names([self.full.why_no_result(term)])

    # --- a stage ---

    def of_stage(self, stage: str) -> list[str]:
        """The terms that keep a stage open; of one that a sample alone keeps open, what can still be gathered."""
        conditions, samples = self._conditions(stage), self._samples(stage)
        if samples and self.judged.full.truth(conditions["ruled_out_when"], passing=True) is False:
            return [name for name in self.questions(stage) if self.full.look(name) is None]
        return self._asked_of(stage, self.full)

    def questions(self, stage: str) -> list[str]:
        """The terms that can still change whether a stage is ruled out: a sample that is too small is asked again."""
        counts = {name for name in self._samples(stage) if self.full.look(name) is not None}
        too_small: set[str] = set()
        for name in counts:  # too small for what is asked, should that apply
            rest = Ungathered(Applying(self.full), counts - {name})
            if rest.truth(self._conditions(stage)["ruled_out_when"], passing=True) is False:
                too_small.add(name)
        return self._asked_of(stage, Ungathered(self.full, too_small))

    def _conditions(self, stage: str) -> dict[str, Tree]:
        file = self.base.homes[stage]
        return {key: parsed(file[key]) for key in STAGE_CONDITIONS if key in file}

    def _samples(self, stage: str) -> list[str]:
        tree = self._conditions(stage).get("ruled_out_when")
        read = names(tree) if tree is not None else ()
        return [name for name in read if name in self.base.terms and self.base.terms[name].flag("sample")]

    def _asked_of(self, stage: str, reading: Reading) -> list[str]:
        conditions = self._conditions(stage)
        lacking: list[str] = []
        if "applies_when" in conditions:
            lacking += _names(reading.plainly_undecided(conditions["applies_when"]))
        if "ruled_out_when" in conditions:
            lacking += _names(reading.undecided(conditions["ruled_out_when"], passing=True))
        return sorted({part for name in lacking for part in self._asked(name)})

    def _asked(self, name: str) -> Iterator[str]:
        term = self.base.terms.get(name)
        if term is None:
            rules = [id for id in self.base.cited[name] if self.full.rule(id) is None]
            yield from (part for id in rules for part in self.deciding(id) if part in self.base.terms)
        elif term.computed and "question" not in term.keys:
            yield from (part for part in self._inputs(term) if part in self.base.terms)
        else:
            yield name

    def _inputs(self, term: Term) -> Iterator[str]:
        yield from _names([self.full.why_no_result(term)])

    # --- a file ---

    def of_file(self, stage: str) -> list[str]:
        """The terms that a file lacks: those that would decide its unknown rules."""
        unknown = [rule.id for rule in self.judged.rules(stage) if self.full.rule(rule.id) is None]
        return sorted({name for id in unknown for name in self.deciding(id)})

    def blocked_by(self, stage: str) -> list[str]:
        """The true rules that keep a file that was reached from being complete: those that speak while it is not."""
        one = self.judged.standings[stage]
        if (
            not one.is_so("previous_concluded")
            or self.judged.says(self.judged.ladder["exhausted_when"], one.words) is True
        ):
            return []
        return [r.id for r in self.judged.rules(stage) if self.full.rule(r.id) is True and self.judged.speaks(r)]

    # --- the whole case ---

    def result(self, verdict: str | None, concluded: str | None) -> dict[str, Any]:
        files = [stage for stage in self.base.stages if self.judged.is_file(stage)]
        asked = self._asked_about(concluded)
        missing = {stage: self.of_stage(stage) if stage in asked else [] for stage in self.base.stages}
        reached = {stage for stage in files if self.judged.standings[stage].is_so("previous_concluded")}
        missing |= {stage: self.of_file(stage) if stage in reached else [] for stage in files}
        return {
            "missing": missing,
            "unexamined_terms": {id: self.deciding(id) for id in self.judged.unexamined()},
            "next_questions": self._next(asked, verdict, concluded),
        }

    def _asked_about(self, concluded: str | None) -> list[str]:
        """The stages that fulfil the first line of `ask_when` that any fulfils; after a conclusion only the first."""
        given = self.judged.ladder["ask_when"]
        lines = [given] if isinstance(given, str) else given
        evidence = [one for one in self.judged.standings.values() if not self.judged.is_file(one.stage)]
        for line in lines[:1] if concluded is not None else lines:
            if found := [one.stage for one in evidence if self._fulfils(line, one)]:
                return found
        return []

    def _fulfils(self, line: str, one: Standing) -> bool:
        return self.judged.says(line, one.words) is True

    def _next(self, asked: list[str], verdict: str | None, concluded: str | None) -> list[str]:
        lines = self.judged.ladder.get("verdicts", ())
        asks = {line["verdict"]: line.get("asks") != "false" for line in lines}
        if not asked or concluded is not None or not asks.get(verdict, True):  # type: ignore[arg-type]
            return []
        return self.questions(asked[0])


class Applying(Reading):
    """The full reading, with all taken to apply of which nobody knows whether it does."""

    def __init__(self, full: Reading) -> None:
        super().__init__(full.base, full.case)
        self.full = full

    def look(self, name: str) -> Value:
        return self.full.look(name)

    def applies(self, name: str) -> bool | None:
        return self.full.applies(name) is not False


class Ungathered(Reading):
    """A reading in which some samples were not gathered."""

    def __init__(self, full: Reading, gone: set[str]) -> None:
        super().__init__(full.base, full.case)
        self.full, self.gone = full, gone

    def look(self, name: str) -> Value:
        return None if name in self.gone else self.full.look(name)

    def applies(self, name: str) -> bool | None:
        return self.full.applies(name)


def _names(found: Iterable[Undecided]) -> Iterator[str]:
    for one in found:
        yield from (*one.unknown, *one.vague)


def _vague(known: Value) -> bool:
    return isinstance(known, Range) and not known.point
