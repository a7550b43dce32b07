"""Retention: which cases have been kept as long as the policy says, by the kind of their subject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.base.policy import kept_too_short
from salesdx.base.policy_fields import OTHER
from salesdx.base.policy_model import Policy
from salesdx.ledger.errors import Refused
from salesdx.ledger.log import Appender, Person, Trail
from salesdx.ledger.moments import moment, utc_now
from salesdx.ledger.storage import LogReader
from salesdx.trail.announced import ErasureStep, erase_by_steps
from salesdx.trail.book import Book
from salesdx.trail.concerned import cases_naming, same_subjects
from salesdx.trail.erasure import plan_case, sweep
from salesdx.trail.holds import Hold, legal_holds
from salesdx.trail.persons_needed import rules_in_force

NAME_ONE = "; name one with --home"
"""What who types the command can do about it."""
ABOUT_THE_RECORD = ("hold", "release", "export")
"""Records that do not make a case last longer: somebody looked after its file, nothing happened in it."""


@dataclass(frozen=True)
class Kept:
    """A case and how long its content is kept: ``days`` after the day (UTC) of its last record, that day included."""

    pseudonym: str
    name: str
    kinds: tuple[str, ...]
    """What the case was said to be about; empty where nobody said it."""
    last: date
    days: int
    holds: tuple[Hold, ...] = ()

    @property
    def until(self) -> date:
        """The last day on which the content is kept; it may go on the next."""
        return self.last + timedelta(days=self.days)

    def due(self, today: date) -> bool:
        return today > self.until

    def to_dict(self) -> dict[str, Any]:
        """The case as JSON-ready data."""
        return {
            "case": self.name,
            "about": list(self.kinds),
            "last": self.last.isoformat(),
            "days": self.days,
            "until": self.until.isoformat(),
            "holds": [hold.to_dict() for hold in self.holds],
        }


def policy_base(reader: LogReader) -> RuleBase:
    """The rule base in force, whose policy counts. Raises TrailError.

    One that was recorded before there was a floor, and lies below it, is refused: it was lawful then.
    """
    if (found := rules_in_force(reader)) is None:
        raise Refused(f"the trail has no rule base yet{NAME_ONE}")
    base = Book(reader).base(found[1])
    for fault in kept_too_short(base):
        raise Refused(f"the policy of record {found[0]} is no longer enough: {fault.message}{NAME_ONE}")
    return base


def kept_cases(reader: LogReader, base: RuleBase, case: str | None = None) -> list[Kept]:
    """Every case (or one, by its pseudonym) that has content, the one to be kept shortest first. Raises Refused."""
    if base.policy is None:
        raise Refused("the rule base has no `knowledge/policy.yaml`, so nothing says how long records are kept")
    found = {state.pseudonym: state for state in _states(reader, base, case)}
    binding: dict[str, list[Hold]] = {}
    for hold in legal_holds(reader):
        if hold.released is None:
            binding.setdefault(hold.pseudonym, []).append(hold)
    cases = []
    for state in found.values():
        same = {one for subject in state.subjects for one in same_subjects(reader, subject)} if binding else set()
        whole = {state.pseudonym, *same, *cases_naming(reader, same)}
        bound = (hold for whom in sorted(whole) for hold in binding.get(whom, ()))
        days = _days(base.policy, state.kinds)
        name = reader.name(state.pseudonym) or state.pseudonym
        cases.append(Kept(state.pseudonym, name, tuple(sorted(state.kinds)), state.last, days, tuple(bound)))
    return sorted(cases, key=lambda case: (case.until, case.name))


def erase_due(appender: Appender, base: RuleBase, case: str, today: date, by: Person) -> ErasureStep | None:
    """Do the next step of the erasure of a case, by its pseudonym.

    None where it is not due any more, is held, or waits for its days or for another person.
    """
    for found in kept_cases(appender.reader, base, case):
        if found.due(today) and not found.holds:
            kinds = " and ".join(f"`{kind}`" for kind in found.kinds) or "a subject of no stated kind"
            reason = f"retention: {found.days} days for {kinds}, last record {found.last}, kept until {found.until}"
            try:
                plan = plan_case(appender.reader, case, look=False)
                return erase_by_steps(appender, plan, reason, by, "retention")
            except Refused:
                return None
    return None


@dataclass(frozen=True)
class DueCases:
    """The cases that have content on a day, by a rule base (``policy`` names it), and the step that was done of each
    that is due, by pseudonym: None where it waits. ``done`` is None where nothing was asked for."""

    cases: tuple[Kept, ...]
    day: date
    policy: str
    done: Mapping[str, ErasureStep | None] | None = None

    def to_dict(self) -> list[dict[str, Any]]:
        """The cases as JSON-ready data."""
        steps = {case.pseudonym: (self.done or {}).get(case.pseudonym) for case in self.cases}
        return [
            case.to_dict()
            | {
                "due": case.due(self.day),
                "announced_by": list(step.seqs) if (step := steps[case.pseudonym]) and not step.erased else None,
                "erased_by": list(step.seqs) if step and step.erased else None,
            }
            for case in self.cases
        ]


def due_cases(reader: LogReader, base: RuleBase, day: date) -> DueCases:
    """The cases and which of them are due on a day. Raises Refused."""
    return DueCases(tuple(kept_cases(reader, base)), day, f"rule base {base.version} ({base.digest[7:19]})")


def erase_all_due(trail: Trail, base: RuleBase, by: Person) -> DueCases:
    """Do the next step of the erasure of every case that is due today, each in a transaction of its own."""
    today = ((trail.acting.now if trail.acting else None) or utc_now)().date()
    with trail.read() as reader:
        found = due_cases(reader, base, today)
    done: dict[str, ErasureStep | None] = {}
    for case in found.cases:
        if case.due(today) and not case.holds:
            with trail.append() as appender:
                done[case.pseudonym] = erase_due(appender, base, case.pseudonym, today, by)
            if trail.acting is not None:  # a request has one key, and changes once what stands beside it
                key = None if appender.rows else trail.acting.key
                trail = trail.acting_as(replace(trail.acting, key=key, beside=None))
    if any(step.erased for step in done.values() if step):
        sweep(trail)
    return replace(found, done=done)


@dataclass
class _State:
    """What a pass over the records finds of a case."""

    pseudonym: str
    last: date
    kinds: set[str] = field(default_factory=set)
    subjects: set[str] = field(default_factory=set)


def _states(reader: LogReader, base: RuleBase, case: str | None) -> Iterator[_State]:
    found: dict[str, _State] = {}
    for row in reader.rows(case=case):
        header, content = row.header, row.content
        if header["case"] is None or content is None:
            continue
        day = moment(header["time"]).date()
        state = found.setdefault(header["case"], _State(header["case"], day))
        if header["type"] not in ABOUT_THE_RECORD:
            state.last = day
        if header["subject"] is not None:
            state.subjects.add(header["subject"])
        if header["type"] == "answer" and content["body"].get("term") == base.ladder.subject_term:
            state.kinds = _kinds(content["body"])
    yield from found.values()


def _kinds(answer: dict[str, Any]) -> set[str]:
    return {said["value"] for said in answer["statements"] if "value" in said}


def _days(policy: Policy, kinds: set[str]) -> int:
    """The longest of what may apply: what nobody knows, or what is disputed, lets nothing go too early."""
    known = policy.retention_days
    return max((known.get(kind, known[OTHER]) for kind in kinds), default=max(known.values()))
