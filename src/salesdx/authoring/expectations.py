"""A worked case against its diagnosis: every expectation that does not hold, with a hint where to look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from salesdx.authoring.worked_cases import Expectation, WorkedCase
from salesdx.base.model import RuleBase
from salesdx.base.reading import shortened
from salesdx.case.statement import shown_value
from salesdx.engine.diagnose import diagnose
from salesdx.engine.diagnosis import Diagnosis, status_words
from salesdx.language.conditions import Expr, names
from salesdx.language.truth import TRUE
from salesdx.text.source import Place


@dataclass(frozen=True, slots=True)
class Unmet:
    """One key that does not hold: what was expected, what was found, and a hint where to look."""

    key: str
    expected: str
    found: str
    hint: str
    place: Place

    def to_dict(self) -> dict[str, object]:
        """The difference as JSON: {key, expected, found, hint, line}."""
        return {
            "key": self.key, "expected": self.expected, "found": self.found, "hint": self.hint, "line": self.place.line,
        }  # fmt: skip

    def __str__(self) -> str:
        lines = [f"`{self.key}` differs ({self.place.path}:{self.place.line})"]
        lines += [f"   expected  {self.expected}", f"   found     {self.found}"]
        lines += [f"   {'      ' if n else 'help: '}{line}" for n, line in enumerate(self.hint.splitlines())]
        return "\n".join(lines)


@dataclass(frozen=True)
class CaseRun:
    """A worked case, its diagnosis, and every difference between the two."""

    case: WorkedCase
    diagnosis: Diagnosis
    differences: tuple[Unmet, ...]

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON: {path, case, title, passed, engine, differences}."""
        return {
            "path": self.case.path,
            "case": self.case.memory.case,
            "title": self.case.title,
            "passed": not self.differences,
            "engine": self.diagnosis.engine.name,
            "differences": [difference.to_dict() for difference in self.differences],
        }


def run_case(base: RuleBase, case: WorkedCase, engine: str = "auto") -> CaseRun:
    """Diagnose a worked case and compare. Raises EngineError."""
    diagnosis = diagnose(base, case.memory, engine)
    return CaseRun(case, diagnosis, unmet(case, diagnosis))


def unmet(case: WorkedCase, diagnosis: Diagnosis) -> tuple[Unmet, ...]:
    """Every key of `expect` that the diagnosis does not keep. Keys that are not given are not looked at."""
    found = [difference for e in case.expect if (difference := _difference(case, e, diagnosis))]
    hinted: set[str] = set()
    single = []
    for difference in found:  # one hint is enough for what follows from one rule
        hint = "" if difference.hint in hinted else difference.hint
        hinted.add(difference.hint)
        single.append(replace(difference, hint=hint))
    return tuple(single)


def _difference(case: WorkedCase, e: Expectation, diagnosis: Diagnosis) -> Unmet | None:
    key, wanted = e.key, e.wanted
    recommended = tuple(r.intervention.id for r in diagnosis.recommendations)
    if isinstance(wanted, tuple):
        match key:
            case "fired":
                found = tuple(rule.id for rule in diagnosis.fired)
                hint = _rules_hint(wanted, found, diagnosis)
                return None if wanted == found else Unmet(key, _list(wanted), _list(found), hint, e.place)
            case "next_questions":
                found = tuple(term.name for term in diagnosis.next_questions)
                return None if wanted == found else Unmet(key, _list(wanted), _list(found), "", e.place)
            case "recommend":
                odd = tuple(id for id in wanted if id not in recommended)
            case "never_recommend":
                odd = tuple(id for id in recommended if id in wanted)
            case _:
                allowed = {*wanted, *(case.wanted("recommend") or ())}
                odd = tuple(id for id in recommended if id not in allowed)
        if not odd:
            return None
        expected = {"recommend": _list(wanted), "never_recommend": f"never {_list(odd)}"}.get(key, f"not {_list(odd)}")
        return Unmet(key, expected, _list(recommended), _advice_hint(odd, diagnosis), e.place)
    if key == "mode":
        status: str | None = diagnosis.mode
        hint = ""
    elif key == "concluded":
        status = diagnosis.concluded.stage.id if diagnosis.concluded else None
        hint = "; ".join(f"{s.stage.id} is {status_words(s.status)}" for s in diagnosis.stages)
    elif key == "verdict":
        status = diagnosis.verdict.name if diagnosis.verdict else None
        hint = ""
    else:
        id = key.removeprefix("stages.")
        statuses = {s.stage.id: s.status for s in diagnosis.stages} | {f.stage.id: f.status for f in diagnosis.files}
        status = statuses.get(id)
        hint = _stage_hint(id, diagnosis) if id in statuses and status != wanted else ""
    if status == wanted:
        return None
    fired = case.wanted("fired")
    if isinstance(fired, tuple) and key != "mode":
        hint = _rules_hint(fired, tuple(rule.id for rule in diagnosis.fired), diagnosis) or hint
    return Unmet(key, str(wanted or "null"), str(status or "null"), hint, e.place)


def _list(ids: Iterable[str]) -> str:
    return ", ".join(ids) or "none"


def _rules_hint(wanted: tuple[str, ...], found: tuple[str, ...], diagnosis: Diagnosis) -> str:
    """The first rule, in rule order, that was expected and is not true or the other way round, with its values."""
    odd = next((rule for rule in diagnosis.base.rules if (rule.id in wanted) is not (rule.id in found)), None)
    if odd is None:
        return "" if wanted == found else "the rules are the same, in another order: list them in rule order"
    truth = diagnosis.matches.truths[odd.id]
    is_ = "true" if truth is TRUE else "unknown" if truth is None else "false"
    surprise = "expected to be true" if odd.id in wanted else "not expected to be true"
    values = _values(odd.when, diagnosis)
    return f"{odd.id} is {is_}, it was {surprise}: {shortened(odd.numbered, 1_000)}\n{values}"


def _stage_hint(id: str, diagnosis: Diagnosis) -> str:
    """What the status of a stage rests on."""
    for file in diagnosis.files:
        if file.stage.id == id:
            lines = [f"it is blocked by {_list(rule.id for rule in file.blocked_by)}"] if file.blocked_by else []
            if file.missing:
                lines.append(f"its file lacks {_list(file.missing)}")
            if diagnosis.unexamined:
                lines.append(f"nobody looked at {_list(u.rule.id for u in diagnosis.unexamined)}")
            return "\n".join(lines)
    stage = diagnosis.base.home[id]
    lines = []
    if signs := [f"{rule.id} ({rule.strength})" for rule in diagnosis.fired if rule.home == id]:
        lines.append(f"true rules of {id}: {', '.join(signs)}")
    for key, said in (("ruled_out_when", "ruled out"), ("set_aside_when", "set aside")):
        if key in stage.conditions:
            lines.append(f"{id} is {said} when {stage.numbered(key)}")
            lines.append(_values(stage.conditions[key], diagnosis))
    return "\n".join(lines)


def _advice_hint(ids: tuple[str, ...], diagnosis: Diagnosis) -> str:
    """Where interventions come from, or why they are not recommended."""
    given = {r.intervention.id: f"given by {_list(rule.id for rule in r.rules)}" for r in diagnosis.recommendations}
    others = {r.intervention.id: r.why for r in (*diagnosis.alternatives, *diagnosis.suppressed)}
    return "\n".join(f"{id}: {found}" for id in ids if (found := given.get(id) or others.get(id)))


def _values(expr: Expr, diagnosis: Diagnosis) -> str:
    """The value of each name that an expression reads, or why there is none."""
    values = diagnosis.matches.values
    parts = []
    for name in names(expr):
        known = values.get(name)
        unknown = diagnosis.memory.fact(name).unknown if name in diagnosis.base.terms else None
        parts.append(f"{name} is {shown_value(known) if known is not None else unknown or 'unknown'}")
    return ", ".join(parts)
