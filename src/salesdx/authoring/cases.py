"""Worked cases: a case file that also says what the diagnosis must be, and why. Read, diagnosed and compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from salesdx.case_file import case_from, read_case_text
from salesdx.conditions import Expr, names
from salesdx.diagnosis import Diagnosis, words
from salesdx.engine import diagnose
from salesdx.issues import CaseError, Issue
from salesdx.judgement import is_file
from salesdx.memory import WorkingMemory, show
from salesdx.model import RuleBase, Stage
from salesdx.reading import Reader, first_line, short
from salesdx.source import Mapping as MappingNode
from salesdx.source import Node, Place, Scalar, parse
from salesdx.source import Sequence as ListNode
from salesdx.truth import TRUE

LISTS = ("fired", "recommend", "may_recommend", "never_recommend", "next_questions")
SUFFIXES = (".yaml", ".json")

Wanted = str | None | tuple[str, ...]
"""A name, null, or a list of names."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must stand under one key of `expect`; ``key`` is `fired`, `concluded`, `stages.<stage>` and so on."""

    key: str
    wanted: Wanted
    place: Place


@dataclass(frozen=True)
class WorkedCase:
    """A case with what its author expects of the diagnosis, key by key, and why."""

    path: str
    title: str
    why: str
    memory: WorkingMemory
    expect: tuple[Expectation, ...]

    def wanted(self, key: str) -> Wanted:
        return next((e.wanted for e in self.expect if e.key == key), None)


@dataclass(frozen=True, slots=True)
class Difference:
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
class Outcome:
    """A worked case, its diagnosis, and every difference between the two."""

    case: WorkedCase
    diagnosis: Diagnosis
    differences: tuple[Difference, ...]

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


def run_case(base: RuleBase, case: WorkedCase, engine: str = "auto") -> Outcome:
    """Diagnose a worked case and compare. Raises EngineError."""
    diagnosis = diagnose(base, case.memory, engine)
    return Outcome(case, diagnosis, compare(case, diagnosis))


# --- reading --------------------------------------------------------------------------------------------------------


def case_files(paths: Iterable[Path]) -> list[Path]:
    """Worked case files by path: a file as it is, a folder as its YAML and JSON files by name. Raises CaseError."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(p for p in path.iterdir() if p.suffix in SUFFIXES) if path.is_dir() else [path]
        if not inside:
            place = Place(str(path), 1, 1, 1, 1)
            raise CaseError([Issue("missing-file", "there is no worked case in this folder", place)])
        found += inside
    return list(dict.fromkeys(found))


def read_worked_case(path: str | Path, base: RuleBase, shown: str = "") -> WorkedCase:
    """A worked case file, called ``shown`` in messages. Raises CaseError with every fault of its facts and expectations."""
    text, name = read_case_text(path)
    shown = shown or name
    node, faults = parse(text, shown)
    if node is None or faults:
        empty = Issue("empty", "the case file is empty", Place(shown, 1, 1, 1, 1))
        raise CaseError([*map(Issue.of, faults)] or [empty])
    reader = _ExpectReader(base)
    try:
        memory = case_from(node, shown, base)
    except CaseError as error:
        reader.issues += error.issues
        memory = WorkingMemory(base, {})
    texts = {key: reader.plain(node, key) for key in ("title", "why")}
    expect = reader.expect(node)
    if reader.issues:
        raise CaseError(reader.issues)
    return WorkedCase(shown, texts["title"], texts["why"], memory, expect)


class _ExpectReader(Reader):
    def __init__(self, base: RuleBase) -> None:
        super().__init__()
        self.base = base
        self.files = {stage.id: stage for stage in base.stages if is_file(base, stage)}
        self.found: list[Expectation] = []

    def plain(self, node: Node, key: str) -> str:
        value = node.get(key) if isinstance(node, MappingNode) else None
        return value.text.strip() if isinstance(value, Scalar) else ""  # another kind of value is a fault of the case

    def expect(self, node: Node) -> tuple[Expectation, ...]:
        if not isinstance(node, MappingNode):
            return ()
        expect = node.get("expect")
        if expect is None:
            help = "a case without expectations is read by `salesdx diagnose`"
            self.fault("missing-key", "a worked case needs the key `expect`", first_line(node.place), help)
            return ()
        base = self.base
        fields = self.fields(expect, "`expect`", (), ("mode", "stages", "concluded", *self.files, *LISTS))
        evidence = {stage.id: stage for stage in base.stages if stage.id not in self.files}
        for key, value in fields.items():
            match key:
                case "mode":
                    self.one(key, value, [line.name for line in base.ladder.modes], "mode")
                case "concluded":
                    if not (isinstance(value, Scalar) and value.text == "null" and not value.quoted):
                        self.one(key, value, evidence, "stage")
                    else:
                        self.found.append(Expectation(key, None, value.place))
                case "stages":
                    for id, status in self.fields(value, "`stages`", (), tuple(evidence)).items():
                        self.one(f"stages.{id}", status, self.statuses(evidence[id]), "status")
                case "fired":
                    self.many(key, value, base.rule, "rule")
                case "next_questions":
                    self.many(key, value, base.terms, "term")
                case _ if key in self.files:
                    self.one(key, value, self.statuses(self.files[key]), "status")
                case _:
                    self.many(key, value, base.interventions, "intervention")
        self.contradictions(fields)
        return tuple(self.found)

    def statuses(self, stage: Stage) -> list[str]:
        return list(dict.fromkeys(line.name for line in self.base.ladder.decisions[stage.decided_by]))

    def one(self, key: str, node: Node, known: Iterable[str], what: str) -> None:
        text = self.text(node, f"`{key}`")
        if text and self.known(text, node.place, key, known, what):
            self.found.append(Expectation(key, text, node.place))

    def known(self, text: str, place: Place, key: str, known: Iterable[str], what: str) -> bool:
        known = tuple(known)
        if text in known:
            return True
        help = self.near(text, known) or (f"it may be {', '.join(known)}" if len(known) <= 10 else "")
        self.fault(f"unknown-{what}", f"`{key}`: there is no {what} `{short(text)}`", place, help)
        return False

    def many(self, key: str, node: Node, known: Iterable[str], what: str) -> None:
        if not isinstance(node, ListNode):
            self.fault("type", f"`{key}` must be a list of names", first_line(node.place), "write `[]` for none")
            return
        known = tuple(known)
        seen: list[str] = []
        for item in self.texts(node, f"`{key}`"):
            if item.text in seen:
                self.fault("duplicate-name", f"`{key}` names `{short(item.text)}` twice", item.place)
            elif self.known(item.text, item.place, key, known, what):
                seen.append(item.text)
        self.found.append(Expectation(key, tuple(seen), node.place))

    def contradictions(self, fields: Mapping[str, Node]) -> None:
        never = {scalar.text: scalar for scalar in Reader().texts(fields.get("never_recommend"), "")}
        for key in ("recommend", "may_recommend"):
            for scalar in Reader().texts(fields.get(key), ""):
                if scalar.text in never:
                    message = f"`{short(scalar.text)}` stands in `{key}` and in `never_recommend`"
                    self.fault("contradiction", message, never[scalar.text].place)


# --- comparing ------------------------------------------------------------------------------------------------------


def compare(case: WorkedCase, diagnosis: Diagnosis) -> tuple[Difference, ...]:
    """Every key of `expect` that the diagnosis does not keep. Keys that are not given are not looked at."""
    found = [difference for e in case.expect if (difference := _difference(case, e, diagnosis))]
    hinted: set[str] = set()
    single = []
    for difference in found:  # one hint is enough for what follows from one rule
        hint = "" if difference.hint in hinted else difference.hint
        hinted.add(difference.hint)
        single.append(Difference(difference.key, difference.expected, difference.found, hint, difference.place))
    return tuple(single)


def _difference(case: WorkedCase, e: Expectation, diagnosis: Diagnosis) -> Difference | None:
    key, wanted = e.key, e.wanted
    recommended = tuple(r.intervention.id for r in diagnosis.recommendations)
    if isinstance(wanted, tuple):
        match key:
            case "fired":
                found = tuple(rule.id for rule in diagnosis.fired)
                hint = _rules_hint(wanted, found, diagnosis)
                return None if wanted == found else Difference(key, _list(wanted), _list(found), hint, e.place)
            case "next_questions":
                found = tuple(term.name for term in diagnosis.next_questions)
                return None if wanted == found else Difference(key, _list(wanted), _list(found), "", e.place)
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
        return Difference(key, expected, _list(recommended), _advice_hint(odd, diagnosis), e.place)
    if key == "mode":
        status: str | None = diagnosis.mode
        hint = ""
    elif key == "concluded":
        status = diagnosis.concluded.stage.id if diagnosis.concluded else None
        hint = "; ".join(f"{s.stage.id} is {words(s.status)}" for s in diagnosis.stages)
    else:
        id = key.removeprefix("stages.")
        statuses = {s.stage.id: s.status for s in diagnosis.stages} | {f.stage.id: f.status for f in diagnosis.files}
        status = statuses[id]
        hint = _stage_hint(id, diagnosis)
    if status == wanted:
        return None
    fired = case.wanted("fired")
    if isinstance(fired, tuple) and key != "mode":
        hint = _rules_hint(fired, tuple(rule.id for rule in diagnosis.fired), diagnosis) or hint
    return Difference(key, str(wanted or "null"), str(status or "null"), hint, e.place)


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
    return f"{odd.id} is {is_}, it was {surprise}: {short(odd.text, 1_000)}\n{values}"


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
    if stage.ruled_out_when is not None:
        lines.append(f"{id} is ruled out when {stage.ruled_out_text}")
        lines.append(_values(stage.ruled_out_when, diagnosis))
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
        parts.append(f"{name} is {show(known) if known is not None else unknown or 'unknown'}")
    return ", ".join(parts)
