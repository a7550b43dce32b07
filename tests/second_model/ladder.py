"""From the readings of a case to its result: mode, statuses, conclusion, recommendations, verdict (1.6, 1.7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from . import intervals
from .base import Base, Rule
from .conditions import Value, names, parsed, truth, value
from .facts import Case, Fact
from .floor import LowReading
from .intervals import Range
from .missing import lacks
from .reading import Reading

Words = dict[str, Value]


@dataclass
class Standing:
    """One stage. ``words`` are what the ladder's conditions read of it."""

    stage: str
    status: str
    words: Words
    line: dict[str, Any]
    unexamined: list[str] = field(default_factory=list)
    passed: bool = False

    def is_so(self, word: str) -> bool:
        return self.words.get(word) is True


@dataclass
class Result:
    """What a diagnosis has to say, texts left out."""

    facts: dict[str, Fact]
    truths: dict[str, bool | None]
    unsettled: list[str]
    mode: str
    stages: dict[str, Standing]
    concluded: str | None
    unexamined: list[str]
    unproven: dict[str, int]
    recommended: list[str]
    suppressed: list[str]
    alternatives: list[str]
    verdict: str | None
    likely: list[dict[str, Any]]
    rules_for: dict[str, list[str]]
    """Intervention: the true rules that give it."""
    lacks: dict[str, Any]
    """What is missing, asked next, blocks, and would decide the rules that nobody looked at."""

    @property
    def statuses(self) -> dict[str, str]:
        return {stage: standing.status for stage, standing in self.stages.items()}

    @property
    def held(self) -> list[str]:
        return [stage for stage, standing in self.stages.items() if standing.is_so("held")]


def diagnosis(base: Base, case: Case) -> Result:
    return Judgement(base, Reading(base, case)).result()


class Judgement:
    """The ladder over one case."""

    def __init__(self, base: Base, full: Reading) -> None:
        self.base, self.full, self.ladder = base, full, base.ladder
        self.mode = self.mode_of(full)
        self.standings: dict[str, Standing] = {}
        self.low: dict[str, LowReading] = {}
        for stage in base.stages:
            self.standings[stage] = self._standing(stage)

    # --- words ---

    def mode_of(self, reading: Reading) -> str:
        """The first true line; an unknown one is passed over."""
        return next(line["mode"] for line in self.ladder["modes"] if reading.truth(parsed(line["when"])) is True)

    def mode_is_decided(self, reading: Reading) -> bool:
        """1.6: its line is true and every line before it is false."""
        for line in self.ladder["modes"]:
            holds = reading.truth(parsed(line["when"]))
            if line["mode"] == self.mode:
                return holds is True
            if holds is not False:
                return False
        raise AssertionError(self.mode)

    def says(self, text: str, words: Words) -> bool | None:
        """The truth of a condition of the ladder."""
        return truth(parsed(text), words.__getitem__)

    def rules(self, home: str, strengths: Iterable[str] | None = None) -> list[Rule]:
        wanted = None if strengths is None else set(strengths)
        return [
            rule
            for rule in self.base.rules.values()
            if rule.home == home and (wanted is None or rule.strength in wanted)
        ]

    def _own_words(self, stage: str, reading: Reading) -> Words:
        """The words that a stage's rules and conditions give."""
        file = self.base.homes[stage]
        words: Words = {"mode": self.mode, "applies": reading.stage_applies(stage)}
        for key in ("ruled_out_when", "set_aside_when"):
            words[key] = reading.truth(parsed(file[key]), passing=True) if key in file else False
        for strength in self.ladder["strengths"]:
            true = [rule for rule in self.rules(stage, [strength]) if reading.rule(rule.id) is True]
            words[strength] = intervals.exactly(len(true))
        unsettled = [rule for rule in self.rules(stage, self.base.examined) if self.full.unsettled(rule)]
        words["unsettled"] = intervals.exactly(len(unsettled))
        words["left_out"] = intervals.exactly(self.full.case.left_out)
        words["under_remedy"] = intervals.exactly(self.full.case.remedies.count(stage))
        return words

    def _words_from_before(self, stage: str) -> Words:
        before = list(self.standings.values())
        person = self.ladder.get("personnel_stage")
        at = self.base.stages.index
        return {
            "previous_concluded": bool(before) and before[-1].is_so("concluded"),
            "not_passed": intervals.exactly(sum(not one.passed for one in before)),
            "not_proved": intervals.exactly(sum(not self._proved(one) for one in before)),
            "personnel": person is not None and at(stage) >= at(person),
        }

    def _proved(self, one: Standing) -> bool:
        text = self.ladder.get("proved_when", self.ladder["passed_when"])
        return self.says(text, one.words) is True

    # --- a stage ---

    def _standing(self, stage: str) -> Standing:
        words = self._own_words(stage, self.full) | self._words_from_before(stage)
        unexamined = self._unexamined(stage, self.full)
        words["unexamined"] = intervals.exactly(len(unexamined))
        words["unproven"] = intervals.exactly(0)
        lines = self._lines(stage)
        if "floor" in self._entry(stage):
            words["unproven"] = intervals.exactly(self._unproven(stage, words))
        line = next(line for line in lines if self.says(line["when"], words) is True)
        words["status"] = line["status"]
        words["concluded"] = self.says(self.ladder["concluded_when"], words) is True
        words["held"] = self.says(self.ladder["held_when"], words) is True
        passed = self.says(self.ladder["passed_when"], words) is True
        return Standing(stage, line["status"], words, line, unexamined, passed)

    def _entry(self, stage: str) -> dict[str, Any]:
        entry: dict[str, Any] = next(line for line in self.ladder["stages"] if line["stage"] == stage)
        return entry

    def _lines(self, stage: str) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = self.ladder["decisions"][self._entry(stage)["decided_by"]]
        return lines

    def _file_line(self, stage: str) -> dict[str, Any] | None:
        """The line of a complete file: the one that exhausts the help before it."""
        for line in self._lines(stage):
            if "unexamined" in names(parsed(line["when"])):
                return line
        return None

    def _unexamined(self, stage: str, reading: Reading) -> list[str]:
        """1.7: rules that nobody looked at, in earlier stages that are passed and apply; of a file its block rules."""
        earlier = self.base.stages[: self.base.stages.index(stage)]
        found = [
            rule.id
            for one in (self.standings[id] for id in earlier)
            if one.passed and one.words["applies"] is not False
            for rule in self.rules(one.stage, self.base.examined)
            if not reading.looked_at(rule)
        ]
        if self._file_line(stage) is not None:
            found += [rule.id for rule in self.rules(stage, ["block"]) if not reading.looked_at(rule)]
        person = self.ladder.get("personnel_stage")
        if person is not None and self.base.stages.index(stage) >= self.base.stages.index(person):
            applies = self.full.stage_applies(stage) is True
            found += [rule.id for rule in self._sparing() if applies and not reading.looked_at(rule)]
        return found

    def _sparing(self) -> list[Rule]:
        """The rules that suppress what acts on a person or distrust a kind, and are no signs of another stage."""
        person, base = self.ladder.get("personnel_stage"), self.base
        signs = [rule.id for home in base.stages if home != person for rule in self.rules(home, base.examined)]
        return [
            rule
            for rule in base.rules.values()
            if rule.id not in signs
            and (rule.keys.get("distrusts") or any(id in base.personnel for id in rule.suppresses)
                 or "personnel" in rule.suppresses)
        ]  # fmt: skip

    def _unproven(self, stage: str, words: Words) -> int:
        """1.6: how many of the parts do not hold in the low reading."""
        low = LowReading(self.full, stage, self._entry(stage)["floor"])
        self.low[stage] = low
        person = self.ladder.get("personnel_stage")
        missing = 0 if self.mode_is_decided(low) else 1
        for one in self.standings.values():
            file = self.base.homes[one.stage]
            if one.stage != person:
                out = "ruled_out_when" in file and low.truth(parsed(file["ruled_out_when"]), passing=True) is True
                missing += not (low.stage_applies(one.stage) is False or out)
            else:
                missing += not self._line_holds(one.stage, one.line, one.words, low)
        if stage == person:
            line = next(line for line in self._lines(stage) if self.says(line["when"], words) is True)
            missing += not self._line_holds(stage, line, words, low)
        elif (complete := self._file_line(stage)) is not None:
            missing += not self._line_holds(stage, complete, words, low)
        return missing

    def _line_holds(self, stage: str, line: dict[str, Any], words: Words, low: LowReading) -> bool:
        """Whether a line of the decision list is true in the low reading, `unproven` left out."""
        seen = {**words, **self._own_words(stage, low), "unproven": intervals.exactly(0)}
        if stage not in self.standings:
            seen["unexamined"] = intervals.exactly(len(self._unexamined(stage, low)))
        return self.says(line["when"], seen) is True

    # --- the result ---

    def result(self) -> Result:
        base, full = self.base, self.full
        concluded = next((stage for stage, one in self.standings.items() if one.is_so("concluded")), None)
        given = self._given()
        recommended, suppressed, alternatives = self._recommendations(concluded, given)
        facts = {name: full.fact(name) for name in base.terms}
        verdict = self._verdict(concluded)
        unproven = {stage: int(one.words["unproven"].low) for stage, one in self.standings.items()}  # type: ignore
        return Result(
            facts,
            {id: full.rule(id) for id in base.rules},
            [rule.id for rule in base.rules.values() if full.unsettled(rule)],
            self.mode,
            self.standings,
            concluded,
            self.unexamined(),
            unproven,
            recommended,
            suppressed,
            alternatives,
            verdict,
            self._likely(concluded),
            {id: [rule.id for rule in rules] for id, rules in given.items()},
            lacks(self, verdict, concluded),
        )

    def is_file(self, stage: str) -> bool:
        """Whether people decide a stage on a file."""
        return self._file_line(stage) is not None

    def unexamined(self) -> list[str]:
        """The rules of passed stages, and those that spare a person, that nobody looked at."""
        passed = [one.stage for one in self.standings.values() if one.passed and one.words["applies"] is not False]
        asked = [rule for stage in passed for rule in self.rules(stage, self.base.examined)]
        person = self.ladder.get("personnel_stage")
        if person is not None and self.mode != self.ladder.get("success_mode"):
            one = self.standings[person]
            asked += self._sparing() if not one.passed and one.words["applies"] is True else []
        return [rule.id for rule in asked if not self.full.looked_at(rule)]

    def speaks(self, rule: Rule) -> bool:
        """Whether a true rule may recommend."""
        if rule.keys.get("immediate") == "true":
            return True
        if rule.keys.get("also_in_success") == "true" and self.mode == self.ladder.get("success_mode"):
            return True
        text = self.ladder["strengths"][rule.strength].get("recommends_when")
        if text is None:
            return False
        group: Words = {
            "mode": self.mode,
            "applies": self.full.stage_applies(rule.home),
            "status": "",
            "concluded": False,
            "held": False,
        }
        one = self.standings.get(rule.home)
        return self.says(text, one.words if one else group) is True

    def _given(self) -> dict[str, list[Rule]]:
        """The interventions that true rules give, whatever becomes of them."""
        given: dict[str, list[Rule]] = {}
        for rule in self.base.rules.values():
            if self.full.rule(rule.id) is True and self.speaks(rule):
                for id in rule.recommend:
                    given.setdefault(id, []).append(rule)
        return given

    def _recommendations(
        self, concluded: str | None, given: dict[str, list[Rule]]
    ) -> tuple[list[str], list[str], list[str]]:
        full, base = self.full, self.base
        aside = self._suppressed_by_rules()
        exhausted = [
            stage
            for stage, one in self.standings.items()
            if self.says(self.ladder["exhausted_when"], one.words) is True
        ]
        person = self.ladder.get("personnel_stage")
        for id, rules in given.items():
            if id in base.personnel:
                spent = any(all(rule.home != stage for rule in rules) for stage in exhausted)
                if (person is not None and concluded != person) or spent or not self._pressure_allowed(id):
                    aside.add(id)
        recommended = [id for id in given if id not in aside]
        preferred = {
            id: full.truth(parsed(base.interventions[id]["preferred_when"]))
            for id in recommended
            if "preferred_when" in base.interventions[id]
        }
        other = [id for id, wanted in preferred.items() if wanted is not True and True in preferred.values()]
        return [id for id in recommended if id not in other], [id for id in given if id in aside], other

    def _suppressed_by_rules(self) -> set[str]:
        """1.7: a rule holds back while it is true; what is personnel also while it is unsettled."""
        found: set[str] = set()
        for rule in self.base.rules.values():
            named = {id for id in rule.suppresses if id != "personnel"}
            named |= self.base.personnel if "personnel" in rule.suppresses else set()
            if self.full.rule(rule.id) is True:
                found |= named
            elif named and self.full.unsettled(rule):
                found |= named & self.base.personnel
        return found

    def _pressure_allowed(self, id: str) -> bool:
        """8: `weight: pressure` (also where nothing is said) only when the personnel stage's `pressure_when` holds."""
        text, person = self.ladder.get("pressure_when"), self.ladder.get("personnel_stage")
        if text is None or person is None or self.base.interventions[id].get("weight", "pressure") == "help":
            return True
        words = self.standings[person].words
        low = self.low.get(person)
        seen = words if low is None else {**words, "unexamined": intervals.exactly(len(self._unexamined(person, low)))}
        return self.says(text, words) is True and self.says(text, seen) is True

    def _company(self) -> list[Standing]:
        """The stages before the personnel stage."""
        person = self.ladder.get("personnel_stage")
        stages = self.base.stages
        return [self.standings[stage] for stage in stages[: stages.index(person) if person else len(stages)]]

    def _verdict(self, concluded: str | None) -> str | None:
        """changes.md 8: the first true line of `verdicts`."""
        person = self.ladder.get("personnel_stage")
        company = [one.status for one in self._company()]
        repaired = [
            stage
            for stage, one in self.standings.items()
            if not self.is_file(stage) and one.words["applies"] is True and stage in self.full.case.remedies
        ]
        words: Words = {
            "mode": self.mode,
            "concluded": concluded is not None,
            "under_remedy_n": intervals.exactly(len(repaired)),
            "open_n": intervals.exactly(company.count("open")),
            "set_aside_n": intervals.exactly(company.count("set_aside")),
            "confirmed_n": intervals.exactly(company.count("confirmed")),
            "person_held": person is not None and self.standings[person].is_so("held"),
        }
        for line in self.ladder.get("verdicts", ()):
            if truth(parsed(line["when"]), lambda name: words[name] if name in words else self.full.look(name)) is True:
                return str(line["verdict"])
        return None

    def _likely(self, concluded: str | None) -> list[dict[str, Any]]:
        """1.10: confirmed stages of the company, then open ones with one true moderate rule; each by share."""
        if concluded is not None or self.mode == self.ladder.get("success_mode"):
            return []
        found: list[dict[str, Any]] = []
        for status, sign in (("confirmed", "strong"), ("open", "moderate")):
            for one in sorted(self._company(), key=lambda one: -self._share(one.stage)):
                true = [r.id for r in self.rules(one.stage, ("strong", "moderate")) if self.full.rule(r.id) is True]
                if one.status == status and true:
                    before = self._company()[: self.base.stages.index(one.stage)]
                    provided = [other.stage for other in before if not other.passed]
                    found.append({"stage": one.stage, "sign": sign, "signs": true, "provided": provided})
        return found

    def _share(self, stage: str) -> Fraction:
        """1.10: the high end of the largest share that the true rules of a stage give, from 0 to 100; -1 for none."""
        true = [rule for rule in self.rules(stage) if self.full.rule(rule.id) is True and "explains" in rule.keys]
        shares = [value(parsed(rule.keys["explains"]), self.full.look) for rule in true]
        ends = [share.high for share in shares if isinstance(share, Range)]
        whole, none = Fraction(100), Fraction(-1)
        return max((whole if end is None else min(max(end, Fraction(0)), whole) for end in ends), default=none)
