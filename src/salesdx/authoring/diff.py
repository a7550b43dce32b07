"""Two rule bases compared by what they mean: what was changed, and whose result changes with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from salesdx.authoring.limit_readers import RULE, STAGE, limit_readers
from salesdx.authoring.worked_cases import layered_cases, read_worked_case, worked_profile
from salesdx.base.ladder_lines import LadderLine, Strength
from salesdx.base.model import STAGE_CONDITIONS, Intervention, Rule, RuleBase, Stage, Term
from salesdx.base.pieces import bare
from salesdx.case.memory import WorkingMemory
from salesdx.case.other_rules import carried
from salesdx.engine.comparing import Difference, differences
from salesdx.engine.diagnose import quick
from salesdx.engine.expression_text import plainly
from salesdx.language.conditions import Expr, names
from salesdx.text.issues import CaseError

LIMIT = "limit"
ADDED, REMOVED, CHANGED = "added", "removed", "changed"
SAME, UNDECIDED = "same", "changed"
BESIDE = ("place", "text", "when", "formula", "choose", "preferred_when", "judge", "applies_when")
"""Fields that are compared by meaning, or that do not count."""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """Something that two rule bases have otherwise.

    ``what`` is rule, term, stage, intervention, ladder and so on; ``how`` is added, removed or changed; ``meaning`` is
    stricter, looser, different or same, or empty where no condition changed; ``parts`` are (key, before, after).
    """

    what: str
    name: str
    title: str
    how: str
    meaning: str = ""
    parts: tuple[tuple[str, str, str], ...] = ()
    readers: tuple[tuple[str, str, str], ...] = ()
    """Of a limit: (what, name, meaning) of all that reads it before and after."""
    path: str = ""
    """Of a limit: what its new number alone makes of the path to a person, opens, closes, same or undecided."""

    def to_dict(self) -> dict[str, Any]:
        keys = ("what", "name", "title", "how", "meaning")
        parts = [{"key": key, "before": before, "after": after} for key, before, after in self.parts]
        told = {key: getattr(self, key) for key in keys} | {"parts": parts}
        if self.what != LIMIT:
            return told
        readers = [dict(zip(("what", "name", "meaning"), each, strict=True)) for each in self.readers]
        return told | {"readers": readers, "path_to_person": self.path or None}


@dataclass(frozen=True, slots=True)
class Turned:
    """A case whose result changes: by its name, what changes, and facts that the new rules cannot read."""

    case: str
    title: str
    changes: tuple[Difference, ...]
    unread: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        changes = [change.to_dict() for change in self.changes]
        return {"case": self.case, "title": self.title, "changes": changes, "unread": list(self.unread)}


def changes(old: RuleBase, new: RuleBase) -> Iterator[RuleChange]:
    """What differs between two rule bases, in the order in which a reader asks."""
    old, new = old.as_written, new.as_written
    yield from _ladder(old, new)
    yield from _limits(old, new)
    for id, was, now in _pairs(old.home, new.home):
        yield from _stage(id, was, now, old, new)
    for id, was, now in _pairs(old.rule, new.rule):
        yield from _rule(id, was, now, old, new)
    for name, one, other in _pairs(old.terms, new.terms):
        yield from _thing("term", name, one, other, _term_parts, old, new)
    for name, first, second in _pairs(old.interventions, new.interventions):
        yield from _thing("intervention", name, first, second, _intervention_parts, old, new)
    for name, before, after in _pairs({p.id: p for p in old.properties}, {p.id: p for p in new.properties}):
        yield from _thing("property", name, before, after, lambda p: {"says": p.says, "always": p.text}, old, new)
    for name, cited, cites in _pairs(old.sources, new.sources):
        yield from _thing("source", name, cited, cites, lambda s: {"title": s.title}, old, new)
    if old.policy != new.policy:
        parts = _parts(_fields(old.policy), _fields(new.policy))
        yield RuleChange("policy", "policy", "", CHANGED if old.policy and new.policy else ADDED, "", parts)


def turned_cases(old: RuleBase, new: RuleBase, cases: Iterable[tuple[str, WorkingMemory]]) -> Iterator[Turned]:
    """The cases whose result changes, read by the old rule base first."""
    for title, memory in cases:
        before = quick(old, memory).to_dict()
        read, unread = carried(memory, new)
        found = differences(before, quick(new, read).to_dict())
        if found:
            yield Turned(memory.case, title, found, unread)


def worked_cases(old: RuleBase, homes: Iterable[Path | None], own: bool = False) -> Iterator[tuple[str, WorkingMemory]]:
    """Title and facts of worked cases, each file name once, as far as the old rule base reads them.

    With ``own`` those in the folders themselves alone, not those of what they extend.
    """
    seen: set[str] = set()
    for home in homes:
        for path, shown in layered_cases(home).items():
            if path.name in seen or (own and home is not None and not path.is_relative_to(home)):
                continue
            seen.add(path.name)
            try:
                case = read_worked_case(path, old, shown, firm=worked_profile(home, old, path.name))
            except CaseError:
                continue
            yield case.title or path.name, case.memory


# --- one kind of thing after the other --------------------------------------------------------------------------------


def _pairs(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name in dict.fromkeys([*old, *new]):
        yield name, old.get(name), new.get(name)


def _thing(
    what: str, name: str, old: Any, new: Any, parts: Any, before: RuleBase, after: RuleBase
) -> Iterator[RuleChange]:
    if old is None or new is None:
        there = new if old is None else old
        yield RuleChange(what, name, _title(there), ADDED if old is None else REMOVED)
    elif found := _parts(parts(old), parts(new)):
        yield RuleChange(what, name, _title(new), CHANGED, "", found)


def _title(thing: Any) -> str:
    return str(getattr(thing, "title", "") or getattr(thing, "question", "") or "")


def _limits(old: RuleBase, new: RuleBase) -> Iterator[RuleChange]:
    """Each limit that is moved, with what that does to each condition which reads it."""
    for name, was, now in _pairs(old.limits, new.limits):
        if was is None or now is None:
            number = ("", _told(now.value)) if was is None else (_told(was.value), "")
            yield RuleChange(LIMIT, name, "", ADDED if was is None else REMOVED, "", (("value", *number),))
        elif found := _parts(_fields(was), _fields(now)):
            readers = _moved(name, old, new) if was.value != now.value else ()
            yield RuleChange(LIMIT, name, "", CHANGED, "", found, tuple(readers))


def _moved(limit: str, old: RuleBase, new: RuleBase) -> Iterator[tuple[str, str, str]]:
    before = {(reader.what, reader.name): reader.expr for reader in limit_readers(old)[limit]}
    for reader in limit_readers(new)[limit]:
        was = before.get((reader.what, reader.name))
        compared = was is not None and reader.what in (RULE, STAGE)
        meaning = _meaning(was, reader.expr, old, new) if was is not None and compared else UNDECIDED
        yield reader.what, reader.name, meaning


def _rule(id: str, old: Rule | None, new: Rule | None, before: RuleBase, after: RuleBase) -> Iterator[RuleChange]:
    if old is None or new is None:
        there = new or old
        assert there is not None
        parts = (("when", *(("", there.numbered) if old is None else (there.numbered, ""))),)
        yield RuleChange("rule", id, there.title, ADDED if old is None else REMOVED, "", parts)
        return
    meaning = _meaning(old.when, new.when, before, after) if bare(old.when) != bare(new.when) else ""
    found = _parts(_fields(old), _fields(new))
    if meaning:
        found = (("when", " ".join(old.numbered.split()), " ".join(new.numbered.split())), *found)
    if found:
        yield RuleChange("rule", id, new.title, CHANGED, meaning, found)


def _stage(id: str, old: Stage | None, new: Stage | None, before: RuleBase, after: RuleBase) -> Iterator[RuleChange]:
    if old is None or new is None:
        there = new or old
        assert there is not None
        kind = "stage" if there.decided_by else "group"
        yield RuleChange(kind, id, there.title, ADDED if old is None else REMOVED)
        return
    found: list[tuple[str, str, str]] = []
    meaning = ""
    for key in STAGE_CONDITIONS:
        was, now = getattr(old, key), getattr(new, key)
        if bare(was) != bare(now):
            meaning = _meaning(was, now, before, after) if was is not None and now is not None else UNDECIDED
            before_text, after_text = (" ".join(stage.numbered(key).split()) for stage in (old, new))
            found.append((key, before_text, after_text))
    found += _parts(_standing(old), _standing(new))
    if found:
        yield RuleChange("stage" if new.decided_by else "group", id, new.title, CHANGED, meaning, tuple(found))


def _standing(stage: Stage) -> dict[str, Any]:
    told = {key: getattr(stage, key) for key in ("title", "owner", "decided_by")}
    return told | {"floor": _fields(stage.floor)}


def _ladder(old: RuleBase, new: RuleBase) -> Iterator[RuleChange]:
    before, after = ([stage.id for stage in base.stages] for base in (old, new))
    common = [id for id in before if id in after]
    parts = []
    if common != [id for id in after if id in before]:
        parts.append(("order", ", ".join(before), ", ".join(after)))
    for field in (field for field in fields(old.ladder) if field.compare):
        was, now = bare(getattr(old.ladder, field.name)), bare(getattr(new.ladder, field.name))
        if was != now:
            parts += _logic(field.name, was, now)
    if old.respondents != new.respondents:
        parts.append(("respondents", ", ".join(old.respondents), ", ".join(new.respondents)))
    if old.evidence != new.evidence:
        parts.append(("evidence", ", ".join(k.name for k in old.evidence), ", ".join(k.name for k in new.evidence)))
    if old.default_evidence != new.default_evidence:
        parts.append(("default_evidence", old.default_evidence, new.default_evidence))
    if parts:
        yield RuleChange("ladder", "ladder", "", CHANGED, "", tuple(parts))


def _logic(key: str, was: Any, now: Any) -> list[tuple[str, str, str]]:
    """Where the ladder differs, each condition and each word of it by its place: `decisions: file: open: says`."""
    before, after = (dict(_told_parts(key, part)) for part in (was, now))
    found = [(name, before.get(name, ""), after.get(name, "")) for name in dict.fromkeys([*before, *after])]
    order = [(f"{key}: order", *(", ".join(_lines_of(part)) for part in (was, now)))]
    return [(name, one, other) for name, one, other in (*found, *order) if one != other]


def _told_parts(key: str, part: Any) -> Iterator[tuple[str, str]]:
    """What a part of the ladder says, by its place."""
    match part:
        case Mapping():
            for name, each in part.items():
                yield from _told_parts(f"{key}: {name}", each)
                if lines := _lines_of(each):
                    yield f"{key}: {name}: order", ", ".join(lines)
        case tuple():
            seen: dict[str, int] = {}
            for n, each in enumerate(part, 1):
                name = each.name if isinstance(each, LadderLine) else str(n)
                seen[name] = seen.get(name, 0) + 1
                yield from _told_parts(f"{key}: {name}" + f" ({seen[name]})" * (seen[name] > 1), each)
        case LadderLine(_, when, says, asks):
            yield key, plainly(when)
            yield from ((f"{key}: {word}", told) for word, told in (("says", says), ("asks", _told(asks))) if told)
        case Strength(_, when, examined):
            yield key, plainly(when) if when is not None else "never recommends"
            yield f"{key}: examined", _told(examined)
        case None | str() | bool() | int():
            yield key, _told(part)
        case _:
            yield key, plainly(part)


def _lines_of(part: Any) -> list[str]:
    """The names of decision lines in their order; nothing for anything else."""
    return [each.name for each in part if isinstance(each, LadderLine)] if isinstance(part, tuple) else []


def _meaning(old: Expr, new: Expr, before: RuleBase, after: RuleBase) -> str:
    """Stricter, looser, different or same, decided by z3 where it is installed; else only that it changed."""
    read = {name for expr in (old, new) for name in names(expr)}
    terms = {**before.terms, **after.terms}
    retyped = [
        n for n in read if n in before.terms and n in after.terms and not _alike(before.terms[n], after.terms[n])
    ]
    try:
        from salesdx.engine.backends.smt.relation import relation
    except ModuleNotFoundError:
        return UNDECIDED
    return UNDECIDED if retyped else relation(old, new, terms) or UNDECIDED


def _alike(one: Term, other: Term) -> bool:
    return (one.type, one.values, one.low, one.high) == (other.type, other.values, other.low, other.high)


def _term_parts(term: Term) -> dict[str, Any]:
    chosen = [f"{_told(choice.value)} where {plainly(choice.when)}" for choice in term.choose]
    computed = plainly(term.formula) if term.formula is not None else "; ".join(chosen)
    applies = plainly(term.applies_when) if term.applies_when is not None else ""
    return _fields(term) | {"applies_when": applies} | ({"computed": computed} if term.computed else {})


def _intervention_parts(intervention: Intervention) -> dict[str, Any]:
    judge = intervention.judge
    if judge is None:
        return _fields(intervention)
    holds = plainly(judge.holds) if judge.holds is not None else judge.by_hand
    told = f"{holds}, after {judge.after.text}, until {judge.until.text}, by {judge.by}"
    return _fields(intervention) | {"judge": told, "voided_by": judge.voided_by}


def _fields(thing: Any) -> dict[str, Any]:
    """The fields of a thing that are told as they stand."""
    if thing is None:
        return {}
    told = (field.name for field in fields(thing) if field.compare and field.name not in BESIDE)
    found = {name: getattr(thing, name) for name in told}
    return found | {key: plainly(found[key]) for key in ("explains", "or_formula") if found.get(key) is not None}


def _parts(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    keys = [key for key in dict.fromkeys([*old, *new]) if old.get(key) != new.get(key)]
    return tuple((key, _told(old.get(key)), _told(new.get(key))) for key in keys)


def _told(value: Any) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(_told, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_told(part)}" for key, part in value.items())
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
