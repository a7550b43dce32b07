"""Which persons are known to speak in a case: by logins of their own, and not by names that somebody typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.case.head import AskedBy
from salesdx.case.statement import Statement

Spoken = tuple[str, str, str]
"""A term, or `session` and its id, with the role and the identifier that are named: whose word it claims to be."""


@dataclass(frozen=True)
class Persons:
    """The persons of one case where a trail knows them: who said what, and who began the case, in which role.

    What is not in ``said`` was only typed, and meets no floor.
    """

    said: Mapping[Spoken, str] = field(default_factory=dict)
    role: str = ""
    person: str = ""

    def who_said(self, term: str, statement: Statement) -> str:
        """The person who is known to have said it; empty where the name was only typed."""
        return "" if statement.drawn else self.said.get((term, statement.by, statement.author), "")

    def who_confirmed(self, session: str, role: str, author: str) -> str:
        """The person who is known to have confirmed a session, or written it down; empty where the name was typed."""
        return self.said.get((f"session {session}", role, author), "")

    def to_dict(self) -> dict[str, Any]:
        """As records hold it: each voice once, with its terms."""
        voices: dict[tuple[str, str, str], list[str]] = {}
        for (term, by, author), person in sorted(self.said.items()):
            voices.setdefault((by, author, person), []).append(term)
        said = [{"by": by, "author": a, "person": p, "terms": terms} for (by, a, p), terms in sorted(voices.items())]
        return {"said": said, "role": self.role, "person": self.person}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Persons:
        """From the form that records hold."""
        said = {(term, one["by"], one["author"]): one["person"] for one in told["said"] for term in one["terms"]}
        return cls(said, told["role"], told["person"])


def asks(base: RuleBase, asked_by: AskedBy, persons: Persons | None, term: str, said: Statement) -> bool:
    """Whether whoever asked for the review speaks: by role, or by name.

    Where persons are known, a case that names another role than the usual one is believed only if somebody in that
    role began it, and who began it in the role that asks is the one who asks.
    """
    if said.supposed:
        return False
    roles, people = {asked_by.by or base.ladder.asked_by}, {asked_by.author.casefold()} - {""}
    names = {said.author.casefold()}
    if persons is not None:
        roles |= {base.ladder.asked_by} if persons.role not in roles else set()
        people |= {persons.person} if persons.role in roles else set()
        names.add(persons.who_said(term, said))
    return said.by in roles or bool(names & people)
