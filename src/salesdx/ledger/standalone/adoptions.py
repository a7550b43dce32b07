"""Which rules the people of a trail have adopted, as its records say: one proposes them, others confirm.

Who may do so stands in the policy of the rules that were adopted last; for the first ones, in their own. The records
carry it, so that it is checked without reading any rules. Stands alone with `verifier`, because a copy travels in every
exported bundle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from salesdx.ledger.standalone.verifier import Invalid

RULES_PROPOSED, RULES_CONFIRMED = "rules_proposed", "rules_confirmed"
ADOPTING = (RULES_PROPOSED, RULES_CONFIRMED)
"""Records by which rules come into force."""
LEAST_ADOPTERS = 2


@dataclass(frozen=True)
class Adopters:
    """Who may adopt rules: the roles, and how many different persons it takes."""

    roles: tuple[str, ...]
    persons: int

    def to_dict(self) -> dict[str, Any]:
        """As a record holds it."""
        return {"roles": list(self.roles), "persons": self.persons}


@dataclass(frozen=True)
class ProposedRules:
    """Rules (their digest) that wait to be adopted in the place of ``against``, which is empty for the first ones.

    ``adopters`` says who may adopt them, ``following`` who the next ones. ``authors`` of acceptances in the rules that
    no adoption has covered yet must be among those who adopt.
    """

    seq: int
    time: str
    rules: str
    version: str
    against: str
    adopters: Adopters
    following: Adopters
    authors: tuple[str, ...]
    by: Mapping[str, int]
    """Person -> the record with which they wanted it, the proposal first."""

    @property
    def lacking(self) -> tuple[str, ...]:
        """The authors of acceptances who have not signed."""
        return tuple(author for author in self.authors if author not in self.by)

    @property
    def adopted(self) -> bool:
        return len(self.by) >= self.adopters.persons and not self.lacking


@dataclass(frozen=True)
class Adoption:
    """Rules that count for every record after ``seq``, the last confirmation."""

    seq: int
    time: str
    proposal: ProposedRules

    @property
    def rules(self) -> str:
        return self.proposal.rules


@dataclass
class Adoptions:
    """What was adopted up to the last record that was shown to ``take``, in order, and what waits."""

    adopted: list[Adoption] = field(default_factory=list)
    waiting: dict[int, ProposedRules] = field(default_factory=dict)

    @property
    def in_force(self) -> str:
        """The digest of the rules that were adopted last; empty before any."""
        return self.adopted[-1].rules if self.adopted else ""

    def at(self, seq: int) -> str:
        """The digest of the rules that were in force for a record; empty before any."""
        return next((found.rules for found in reversed(self.adopted) if found.seq < seq), "")

    def take(self, entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        """The next record of an adoption, by somebody of the register. Raises Invalid; then nothing has changed."""
        by = str(content["actor"])
        found = (
            self._proposed(entry, content["body"], by)
            if entry["type"] == RULES_PROPOSED
            else self._confirmed(entry, by)
        )
        if content["body"].get("rules") != found.rules:
            raise Invalid("it does not name the rules that it is about")
        if entry["role"] not in found.adopters.roles:
            raise Invalid(f"`{entry['role']}` may not adopt rules: the policy in force gives it to other roles")
        if found.adopted:
            self.adopted.append(Adoption(entry["seq"], entry["time"], found))
            self.waiting.clear()  # what else waits would take the place of rules that are in force no more
        else:
            self.waiting[found.seq] = found

    def _proposed(self, entry: Mapping[str, Any], body: Mapping[str, Any], by: str) -> ProposedRules:
        adopters, following = _adopters(body.get("adopters")), _adopters(body.get("following"))
        given = self.adopted[-1].proposal.following if self.adopted else following
        if adopters != given:
            raise Invalid("it lets others adopt than the policy in force does")
        if body.get("against") != self.in_force:
            raise Invalid("it was not held against the rules that were adopted last")
        if entry["rule_base"] is None or entry["rule_base"] == self.in_force:
            raise Invalid("these rules are in force already" if self.in_force else "it holds no rules")
        authors = body.get("authors")
        if not isinstance(authors, list) or not all(isinstance(author, str) for author in authors):
            raise Invalid("it does not say who signed for what the rules accept")
        told = (entry["seq"], entry["time"], entry["rule_base"], str(body.get("version")), self.in_force)
        return ProposedRules(*told, adopters, following, tuple(authors), {by: entry["seq"]})

    def _confirmed(self, entry: Mapping[str, Any], by: str) -> ProposedRules:
        proposal = self.waiting.get(entry["inputs"][0]) if len(entry["inputs"]) == 1 else None
        if proposal is None:
            raise Invalid("it confirms no rules that wait to be adopted")
        if by in proposal.by:
            raise Invalid(f"`{by}` wanted these rules in record {proposal.by[by]}; another person confirms them")
        return replace(proposal, by={**proposal.by, by: entry["seq"]})


def _adopters(told: Any) -> Adopters:
    roles, persons = (told.get("roles"), told.get("persons")) if isinstance(told, dict) else (None, None)
    if not isinstance(roles, list) or not roles or not all(isinstance(role, str) for role in roles):
        raise Invalid("it does not say which roles adopt rules")
    if type(persons) is not int or persons < LEAST_ADOPTERS:
        raise Invalid(f"rules are adopted by {LEAST_ADOPTERS} persons or more")
    return Adopters(tuple(roles), persons)
