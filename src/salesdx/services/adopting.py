"""Rules come into force: one person proposes those that the service runs, beside the last ones; others confirm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

from salesdx.base.loading import is_shipped, load
from salesdx.base.pieces import LADDER
from salesdx.ledger.errors import Refused
from salesdx.services.acts import Act, Done, Render, in_force
from salesdx.text.english import listed
from salesdx.text.issues import RuleBaseError

if TYPE_CHECKING:
    from salesdx.authoring.against import AgainstBase, DoorResult
    from salesdx.authoring.diff import RuleChange, Turned
    from salesdx.base.background import Acceptance
    from salesdx.base.model import RuleBase
    from salesdx.ledger.log import Person, Trail
    from salesdx.ledger.standalone.adoptions import Adopters, ProposedRules
    from salesdx.ledger.standalone.register import Register


@dataclass(frozen=True)
class BesideLast:
    """Rules beside those that were adopted last: what differs by meaning, and how each door to a person stands.

    ``last`` is None for the first rules: there is nothing to hold them against. ``doors`` is empty where nothing
    differs that leads to a person; ``unproved`` says why nothing could be proved.
    """

    new: RuleBase
    last: RuleBase | None = None
    changes: tuple[RuleChange, ...] = ()
    turned: tuple[Turned, ...] = ()
    cases: int = 0
    doors: tuple[DoorResult, ...] = ()
    unproved: str = ""

    @property
    def accepted(self) -> tuple[Acceptance, ...]:
        """What the rules accept, and the last ones did not: no adoption has covered it yet."""
        known = set(_acceptances(self.last))
        return tuple(signed for signed in _acceptances(self.new) if signed not in known)


def _acceptances(base: RuleBase | None) -> Iterator[Acceptance]:
    while base is not None:
        yield from base.accepts
        base = base.below


_FOUND: dict[tuple[str, str], BesideLast] = {}
"""By the digests of both: to propose rules looks at them three times, and a proof takes seconds."""
MOST_FOUND = 8
"""So many are kept: each holds a whole base, and somebody may send one after the other."""
_ONE = Lock()
"""The prover serves one at a time."""


def beside_last(new: RuleBase, last: RuleBase | None) -> BesideLast:
    """Rules beside those that were adopted last. Raises Refused where the prover is not installed."""
    if last is None:
        return BesideLast(new)
    with _ONE:
        key = (last.digest, new.digest)
        if key not in _FOUND:
            if len(_FOUND) >= MOST_FOUND:
                _FOUND.pop(next(iter(_FOUND)))
            _FOUND[key] = _beside(new, last)
        return _FOUND[key]


def _beside(new: RuleBase, last: RuleBase) -> BesideLast:
    from salesdx.authoring.diff import changes, turned_cases, worked_cases
    from salesdx.authoring.path_to_person import changed_on_path

    try:
        from salesdx.authoring.against import AgainstBase, NotComparable
        from salesdx.authoring.signing import counting_signatures
    except ModuleNotFoundError as error:
        raise Refused(f"a proof against the last rules needs {error.name}: `pip install 'salesdx[prove]'`") from None
    doors, unproved, home = tuple[Any, ...](), "", folder_of(new)
    if changed_on_path(last, new):
        try:
            doors = tuple(_doors(AgainstBase(new, last, signed=counting_signatures(new, home))))
        except NotComparable as error:
            unproved = str(error)
    cases = list(worked_cases(last, (home,)))
    turned = tuple(turned_cases(last, new, cases))
    return BesideLast(new, last, tuple(changes(last, new)), turned, len(cases), doors, unproved)


def _doors(against: AgainstBase) -> Iterator[DoorResult]:
    """How each door stands; the smallest case that opens it, and what did, of the first one that nobody accepts."""
    from salesdx.authoring.against import OPENS, UNDECIDED, DoorResult

    shown = False
    for door in against.doors:
        if door in against.shut or not shown or against.accepted(door):
            found = against.decide(door)
            shown |= bool(found.opened_by.pieces) and not found.accepted_by
            yield found
            continue
        opening, why = against.opening(door)
        yield DoorResult(door, UNDECIDED if opening is None else OPENS, 0, opening, why=why)


def folder_of(base: RuleBase) -> Path | None:
    """The folder from which rules were loaded; None for the shipped ones."""
    if is_shipped(base):
        return None
    if base.layers:
        return Path(base.layers[-1].shown)
    path = next(path for path, name in base.paths.items() if name == LADDER)
    return Path(path.removesuffix(LADDER) or ".")


def last_adopted(trail: Trail) -> RuleBase | None:
    """The rules that the people of a trail adopted last; None before any. Raises TrailError."""
    from salesdx.trail.replay import stored_base

    with trail.read() as reader:
        digest = trail.people.register(reader).adoptions.in_force
        return stored_base(reader, digest) if digest else None


def adopted_rules(trail: Trail, folder: Path) -> Path | None:
    """The folder into which the rules that the people of a trail adopted last were written; None before any.

    Raises TrailError.
    """
    from salesdx.trail.replay import stored_files
    from salesdx.trail.rule_bases import written_rules

    with trail.read() as reader:
        digest = trail.people.register(reader).adoptions.in_force
        if not digest:
            return None
        written_rules(stored_files(reader, digest), digest, folder)
    return folder


def lawful_rules(files: Mapping[str, str], digest: str) -> RuleBase:
    """Rules of this digest from their texts, as they may run today. Raises Refused with their first fault, and
    TrailError for texts that are others."""
    from salesdx.trail.rule_bases import written_rules

    with TemporaryDirectory() as folder:
        written_rules(files, digest, Path(folder))
        try:
            base = load(folder)
        except RuleBaseError as error:
            first = error.issues[0]
            name = first.place.path.removeprefix(f"{folder}/")
            told = f"{name}:{first.place.line}:{first.place.column}: {first.message}"
            raise Refused(f"these rules cannot run: {told}") from None
    if base.digest != digest:
        raise Refused("these rules read otherwise than their digest says")
    return base


@dataclass(frozen=True)
class ProposeRules(Act):
    """Propose that the rules which the service runs come into force.

    ``rules`` is their digest, ``shown`` the page of them beside the last ones, as the person has seen it. ``files`` are
    the texts of changed rules, which the service does not run yet; empty for those that it runs.
    """

    rules: str
    shown: str
    files: Mapping[str, str] = field(default_factory=dict)
    grant: ClassVar[str] = "adopt"
    type: ClassVar[str] = "rules_proposed"
    signed: ClassVar[bool] = True
    runs_rules: ClassVar[bool] = True

    def says(self, body: Mapping[str, Any], inputs: Sequence[int]) -> bool:
        return (body.get("rules"), body.get("shown")) == (self.rules, self.shown) and not inputs

    def prepared(self, trail: Trail, by: Person, base: RuleBase, render: Render) -> Act:
        if self.files or self.rules == base.digest:
            beside_last(self._proposed(base), last_adopted(trail))  # which keeps what it found
        return self

    def _proposed(self, base: RuleBase) -> RuleBase:
        return lawful_rules(self.files, self.rules) if self.files else base

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        base, last = self._proposed(in_force(base)), last_adopted(trail)
        if self.rules != base.digest:
            raise Refused(
                f"the service runs the rules {base.version} ({base.digest[7:19]}), and these are others "
                f"({self.rules[7:19]}): `salesdx serve --home` starts it with them"
            )
        if last is not None and last.digest == base.digest:
            raise Refused("these rules are in force already")
        found = beside_last(base, last)
        if render(found) != self.shown:
            raise Refused("the rules are no more as you have seen them; begin again")
        with trail.append() as appender:
            people, following = appender.people, adopters_by(base)
            check_authors(found, adopters_by(last or base), people, appender.time)
            for waiting in people.adoptions.waiting.values():
                if waiting.rules == base.digest:
                    raise Refused(
                        f"`{next(iter(waiting.by))}` proposed these rules in record {waiting.seq}; another person "
                        f"confirms: `salesdx trail adopt --confirm {waiting.seq}`"
                    )
            body = {
                "rules": base.digest,
                "version": base.version,
                "against": last.digest if last is not None else "",
                "adopters": adopters_by(last or base).to_dict(),
                "following": following.to_dict(),
                "authors": list(dict.fromkeys(signed.author for signed in found.accepted)),
                "doors": [{"door": str(one.door), "result": one.result} for one in found.doors],
                "unproved": found.unproved,
                "shown": self.shown,
            }
            return Done(appender.add(self.type, body, by, base=base))


@dataclass(frozen=True)
class ConfirmRules(Act):
    """Confirm rules that another person proposed; with the last person that it takes they come into force."""

    record: int
    rules: str
    grant: ClassVar[str] = "adopt"
    type: ClassVar[str] = "rules_confirmed"
    signed: ClassVar[bool] = True

    def says(self, body: Mapping[str, Any], inputs: Sequence[int]) -> bool:
        return dict(body) == {"rules": self.rules} and list(inputs) == [self.record]

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        with trail.append() as appender:
            if self.record not in appender.people.adoptions.waiting:
                raise Refused(f"record {self.record} is no proposal that waits; `salesdx trail adopted` lists them")
            seq = appender.add(self.type, {"rules": self.rules}, by, inputs=[self.record])
            return Done(seq, ended=appender.people.adoptions.in_force == self.rules)


def adopters_by(base: RuleBase) -> Adopters:
    """Who may adopt the next rules, by the policy of some. Raises Refused where it says nothing of that."""
    from salesdx.ledger.standalone.adoptions import Adopters

    grant = base.policy.may.get("adopt") if base.policy is not None else None
    if grant is None:
        raise Refused("the policy says nothing of who adopts rules, so nobody may")
    return Adopters(grant.roles, grant.persons)


def check_authors(found: BesideLast, adopters: Adopters, people: Register, time: str) -> None:
    """Raises Refused for an acceptance whose author could not be one of those who adopt the rules."""
    for signed in found.accepted:
        member = people.members.get(signed.author)
        if member is None or not any(member.holds(role, time) for role in adopters.roles):
            what = listed(list(signed.edits)) or signed.property or signed.silence
            raise Refused(
                f"the acceptance of {what} by `{signed.author}` does not count: its author must be one of those who "
                f"adopt the rules, so an identifier of the register with one of the roles {listed(adopters.roles)}"
            )


def waits_for(proposal: ProposedRules) -> str:
    """Whom a proposal waits for, in words."""
    more = max(proposal.adopters.persons - len(proposal.by), 0)
    told = [f"{more} more of {listed(proposal.adopters.roles)}"] if more else []
    told += [f"`{author}`, who signed for what the rules accept" for author in proposal.lacking]
    return listed(told)
