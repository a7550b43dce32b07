"""What a diagnosis is, and its JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import takewhile
from typing import Any, Protocol

from salesdx.base.ladder_lines import LadderLine
from salesdx.base.model import PLACEHOLDER, Intervention, Rule, RuleBase, Stage, Term
from salesdx.case.closing import asked_of
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import Fact
from salesdx.case.statement import Statement, as_json, shown_value
from salesdx.engine.decisive import decisive_names
from salesdx.engine.expression_text import plainly
from salesdx.engine.likely import Provisional, share_of
from salesdx.engine.low_reading import LowReading, Unproven
from salesdx.engine.program import Matches, compile_base
from salesdx.engine.standing import Standing
from salesdx.followup.told_actions import actions_data
from salesdx.language.conditions import Value, Values, limits_of, names
from salesdx.language.truth import TRUE


class Looked(Protocol):
    """What a diagnosis can be asked about its looks."""

    @property
    def distrusted(self) -> frozenset[str]: ...
    def is_unsettled(self, rule: str) -> bool: ...
    def open(self, rules: Iterable[str]) -> list[str]: ...
    def deciding(self, rule: str) -> tuple[str, ...]: ...
    def behind(self, name: str) -> Iterator[str]: ...
    def needs(self, diagnosis: Diagnosis, everywhere: bool) -> dict[str, tuple[OpenQuestion, ...]]: ...
    def unproven_count(self, stage: str, ladder: Mapping[str, Any]) -> int: ...
    def unproven_of(self, stage: str, ladder: Mapping[str, Any]) -> Unproven: ...
    def low(self, stage: str) -> LowReading: ...


@dataclass(frozen=True, slots=True)
class Recommendation:
    """An intervention, the rules that gave it, and why it stands in this list (empty among the recommendations)."""

    intervention: Intervention
    rules: tuple[Rule, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Unexamined:
    """A rule that could still confirm a stage that counts as ruled out, and the terms that would decide it."""

    rule: Rule
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that is open to its respondent; ``why`` says what is wrong with the value that it has, if any."""

    term: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Statements on one fact that disagree; ``turns`` tells the result under each where they are disputed."""

    fact: Fact
    turns: tuple[tuple[Value, str], ...] = ()


@dataclass(frozen=True)
class Engine:
    """Which back end gave the truths, which one checked it, and the version of the program."""

    name: str
    checked_by: str | None
    version: str
    note: str = ""


NO_ENGINE = Engine("", None, "")


@dataclass(frozen=True)
class Diagnosis:
    """What the rule base says about one case, and everything that an explanation needs."""

    base: RuleBase
    memory: WorkingMemory
    matches: Matches = field(repr=False)
    mode: str
    standings: tuple[Standing, ...]
    """How every stage stands, in ladder order."""
    recommendations: tuple[Recommendation, ...]
    alternatives: tuple[Recommendation, ...]
    suppressed: tuple[Recommendation, ...]
    next_questions: tuple[Term, ...]
    unexamined: tuple[Unexamined, ...]
    conflicts: tuple[Conflict, ...]
    notes: tuple[str, ...]
    ladder: Mapping[str, Any] = field(repr=False)
    provisional: Provisional
    """What is said beside the conclusion, or in its place."""
    looks: Looked = field(repr=False, compare=False)
    """What was looked at, what is settled and what is proved, counted where it is asked."""
    engine: Engine = NO_ENGINE
    verdict: LadderLine | None = None
    """The result of the whole case, where the ladder gives one."""

    @cached_property
    def stages(self) -> tuple[Standing, ...]:
        """The stages that evidence decides."""
        return tuple(standing for standing in self.standings if not standing.by_file)

    @cached_property
    def files(self) -> tuple[Standing, ...]:
        """The stages that people decide on a file."""
        return tuple(standing for standing in self.standings if standing.by_file)

    @cached_property
    def _standing(self) -> Mapping[str, Standing]:
        return {standing.stage.id: standing for standing in self.standings}

    def standing(self, stage: str) -> Standing:
        """How a stage stands, by its id. Raises KeyError for what is no stage of the ladder, such as a group."""
        return self._standing[stage]

    @cached_property
    def concluded(self) -> Standing | None:
        """The stage that is concluded: the cause to act on."""
        return next((stage for stage in self.stages if stage.concluded), None)

    @cached_property
    def led_to(self) -> Standing | None:
        """Where the ladder ended: at the file that it led to, else at the cause that is concluded."""
        return next((file for file in self.files if file.reached), self.concluded)

    @cached_property
    def reached(self) -> tuple[Term, Value] | None:
        """How much of the goal was reached, in percent, where that is stated: the share that the modes read."""
        for name in dict.fromkeys(name for line in self.base.ladder.modes for name in names(line.when)):
            term, known = self.base.terms.get(name), self.matches.values.get(name)
            if term is not None and term.unit.startswith("%") and known is not None:
                return term, known
        return None

    @property
    def person_reached(self) -> bool:
        """Whether interventions that act on a person are let through: where the ladder keeps them back, it has
        concluded the stage that they wait for."""
        stage = self._standing.get(self.base.ladder.personnel_stage)
        return stage is None or stage.concluded

    def may_recommend(self, rule: Rule) -> bool:
        """Whether the ladder lets a rule recommend now, if it is true."""
        return self.ladder[compile_base(self.base).recommends[rule.id]] is TRUE

    def unexamined_before(self, stage: Stage) -> tuple[Unexamined, ...]:
        """The signs of earlier stages that count as ruled out, at which nobody has looked."""
        earlier = {before.id for before in takewhile(lambda one: one is not stage, self.base.stages)}
        return tuple(entry for entry in self.unexamined if entry.rule.home in earlier)

    @property
    def open_terms(self) -> tuple[str, ...]:
        """The unknown terms of the open stages, each once; what is asked next comes first."""
        asked = (term.name for term in self.next_questions)
        return tuple(dict.fromkeys([*asked, *(name for stage in self.stages for name in stage.unknown)]))

    @property
    def turning_terms(self) -> tuple[str, ...]:
        """The unknown terms that could turn the result, each once.

        Where the ladder led somewhere, those of signs before it at which nobody looked; else the open ones, or all.
        """
        if self.led_to is None and self.open_terms:
            return self.open_terms
        unseen = self.unexamined_before(self.led_to.stage) if self.led_to else self.unexamined
        return tuple(dict.fromkeys(term for entry in unseen for term in entry.terms))

    def asked_of(self, name: str) -> str:
        """Whom a term is asked of: its respondent, or who may answer where this one could not; empty if nobody is."""
        term = self.base.terms.get(name)
        return "" if term is None else asked_of(self.memory, name) or term.respondent

    def declined(self, name: str) -> bool:
        """Whether all who may answer for a term said "not known", or excused it: nobody is sent to ask again."""
        return bool(self.asked_of(name)) and not asked_of(self.memory, name)

    def needs(self, everywhere: bool = False) -> dict[str, tuple[OpenQuestion, ...]]:
        """Respondent -> what is needed from him or her, by `needed.needs`: what a report hands over, and `ask` asks."""
        return self.looks.needs(self, everywhere)

    @cached_property
    def givers(self) -> frozenset[Rule]:
        """The true rules that gave an intervention, whether it is recommended or not."""
        given = (*self.recommendations, *self.alternatives, *self.suppressed)
        return frozenset(rule for recommendation in given for rule in recommendation.rules)

    def decisive_terms(self, rule: Rule) -> tuple[str, ...]:
        """The names through which a true rule is true, each once."""
        return decisive_names(self.base.as_written.rule[rule.id].when, self.matches.values)

    @property
    def fired(self) -> tuple[Rule, ...]:
        """Every true rule, in rule order."""
        return tuple(rule for rule in self.base.rules if self.matches.truths[rule.id] is TRUE)

    def because(self, rule: Rule) -> str:
        """The rule's explanation with the values of this case."""
        return fill(rule.because, self.base, self.matches.values)

    def to_dict(self) -> dict[str, Any]:
        """The diagnosis as JSON-ready data, a ``contract.DiagnosisData``."""
        found = self._parts() | {"verdict": self.verdict and {"id": self.verdict.name, "says": self.verdict.says}}
        for stage, standing in zip(found["stages"], self.stages, strict=True):
            stage["standing"] = _standing(standing)
        for file, standing in zip(found["files"], self.files, strict=True):
            file |= {"reached": standing.reached, "unproven": _unproven(standing)}
        for fired, rule in zip(found["fired"], self.fired, strict=True):
            fired["title"] = rule.title
        for key in ("next_questions", "conflicts"):
            for entry in found[key]:
                entry["label"] = _label(self.base, entry["term"])
        for key in ("recommendations", "alternatives", "suppressed"):
            for entry, each in zip(found[key], getattr(self, key), strict=True):
                entry["personnel"] = each.intervention.personnel
        provisional = self.provisional.to_dict()
        needs = (need for cause in (*provisional["likely"], *provisional["contributing"]) for need in cause["needs"])
        for entry in (*found["next_questions"], *needs):
            entry |= {"respondent": self.asked_of(entry["term"]), "declined": self.declined(entry["term"])}
        rest = [{"respondent": who, "terms": [need.term for need in terms]} for who, terms in self.needs().items()]
        return found | provisional | {"hand_over": rest, **actions_data(self.memory)}

    def _parts(self) -> dict[str, Any]:
        """What the diagnosis found, without how each part stands."""
        from salesdx.contract import DIAGNOSIS  # many types, which nobody needs who reads a page

        period, values, written = self.memory.period, self.matches.values, self.base.as_written.rule
        return {
            "schema": DIAGNOSIS,
            "case": self.memory.case,
            **dict.fromkeys(("worked",) * self.memory.supposes + ("trial",) * self.memory.trial, True),
            "subject": dict(self.memory.subject) or None,
            "period": {"from": period[0].isoformat(), "to": period[1].isoformat()} if period else None,
            "mode": self.mode,
            "stages": [
                {
                    "id": s.stage.id,
                    "title": s.stage.title,
                    "status": s.status,
                    "held": s.held,
                    "concluded": s.concluded,
                    "findings": list(s.findings),
                    "missing": list(s.missing),
                }
                for s in self.stages
            ],
            "concluded": self.concluded.stage.id if self.concluded else None,
            **{file.stage.id: file.status for file in self.files},
            "files": [
                {
                    "id": f.stage.id,
                    "title": f.stage.title,
                    "status": f.status,
                    "blocked_by": [r.id for r in f.blocked_by],
                    "missing": list(f.missing),
                }
                for f in self.files
            ],
            "fired": [
                {
                    "rule": r.id,
                    "stage": r.home,
                    "strength": r.strength,
                    "finding": r.finding,
                    "because": self.because(r),
                    "facts": {
                        name: as_json(values.get(name)) for name in names(written[r.id].when) if name in self.base.terms
                    },
                }
                for r in self.fired
            ],
            "recommendations": [_recommendation(r) for r in self.recommendations],
            "alternatives": [_recommendation(r) | {"why": r.why} for r in self.alternatives],
            "suppressed": [_recommendation(r) | {"why": r.why} for r in self.suppressed],
            "next_questions": [
                {"term": t.name, "question": t.question, "respondent": t.respondent} for t in self.next_questions
            ],
            "unexamined": [
                {"rule": u.rule.id, "stage": u.rule.home, "strength": u.rule.strength, "terms": list(u.terms)}
                for u in self.unexamined
            ],
            "conflicts": [_conflict(c) for c in self.conflicts],
            **{key: said for key in ("withdrawn", "left_out") if (said := _said(self.base, getattr(self.memory, key)))},
            "notes": list(self.notes),
            "rule_base": {"digest": self.base.digest, "version": self.base.version}
            | _proof(self.base)
            | _further(self.base),
            "engine": {"name": self.engine.name, "checked_by": self.engine.checked_by, "version": self.engine.version}
            | ({"note": self.engine.note} if self.engine.note else {}),
        }


def _standing(standing: Standing) -> dict[str, Any]:
    base, values = standing.ground.base, standing.ground.matches.values
    return {
        "passed": standing.passed,
        "asked": standing.asked,
        "held_by": [stage.id for stage in standing.held_by],
        "decisive": [
            {
                "term": name,
                "label": _label(base, name),
                "value": as_json(values.get(name)),
                "test": plainly(part.expr),
                "limits": list(limits_of(part.expr)),
                "holds": part.holds,
            }
            for part in standing.decisive
            for name in names(part.expr)
        ],
        "signs": [rule.id for rule in standing.signs],
        "unproven": _unproven(standing),
        "explains_pct": as_json(share_of(standing, values)),
    }


def _unproven(standing: Standing) -> list[dict[str, str]]:
    label = partial(_label, standing.ground.base)
    return [{"term": fact.term, "label": label(fact.term), "why": fact.why} for fact in standing.unproven]


def _label(base: RuleBase, name: str) -> str:
    return base.terms[name].called if name in base.terms else name


def _proof(base: RuleBase) -> dict[str, Any]:
    """What a certificate proves about these rules; nothing where there is none."""
    if (proof := base.proof) is None:
        return {}
    return {"proof": {"current": proof.rule_base == base.digest, "proved": list(proof.proved), "prover": proof.prover}}


def _further(base: RuleBase) -> dict[str, Any]:
    """What was signed for of what goes further than the base; nothing where there is none."""
    found = [
        {"edits": list(a.edits), "doors": list(a.doors), "author": a.author, "reason": a.reason}
        | {key: of for key, of in (("property", a.property), ("silence", a.silence)) if of}
        for a in base.further
    ]
    return {"further": found} if found else {}


def _recommendation(r: Recommendation) -> dict[str, Any]:
    i = r.intervention
    return {
        "intervention": i.id,
        "title": i.title,
        "owner": i.owner,
        "do": i.do,
        "judge_after": i.judge_after,
        "worked_when": i.worked_when,
        "rules": [rule.id for rule in r.rules],
    }


def _conflict(c: Conflict) -> dict[str, Any]:
    fact = c.fact
    return {
        "term": fact.term,
        "used": as_json(fact.value),
        "unknown": fact.unknown and fact.unknown.value,
        "why": fact.conflict,
        "statements": [s.to_dict() | {"used": s == fact.used} for s in fact.statements],
        "turns": [{"value": as_json(value), "result": result} for value, result in c.turns],
    }


def _said(base: RuleBase, stated: Iterable[tuple[str, Statement]]) -> list[dict[str, Any]]:
    return [
        {"term": term, "label": _label(base, term), "statement": said.to_dict() | {"used": False}}
        for term, said in stated
    ]


def fill(template: str, base: RuleBase, values: Values) -> str:
    """A template with ``{term}`` replaced by values; an unknown one reads "not known"."""
    return PLACEHOLDER.sub(
        lambda found: shown_value(values.get(found[1])) if values.get(found[1]) is not None else "not known", template
    )


def status_words(status: str) -> str:
    """A status as people read it."""
    return status.replace("_", " ")
