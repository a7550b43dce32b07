"""The one writer of a trail that knows its people: it holds the key and the clock, and asks who is acting."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any

from salesdx.ledger.acting import Acting, Drafted, Signed
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.log import Person, Trail
from salesdx.ledger.moments import stamp, utc_now
from salesdx.ledger.sealing import kept_key
from salesdx.services.acts import Act, Done, Render, check_may
from salesdx.services.case_acts import RecordAnswers, taken_case
from salesdx.services.logins import Logins
from salesdx.trail.on_record import with_left_out
from salesdx.trail.recording import statement_data

if TYPE_CHECKING:
    from salesdx.base.model import RuleBase
    from salesdx.ledger.standalone.register import Register

WITH_CASES = ("answer", "diagnose", "override", "statement", "sign_off", "letter")
"""Acts of the policy whose roles see cases."""
DRAFT_MINUTES = 10
MOST_DRAFTS = 1_000


@dataclass(frozen=True)
class Draft:
    """An act that waits for its person's signature, as it will be recorded."""

    act: Act
    by: Person
    render: Render
    entry: Drafted
    key: str | None
    until: datetime


@dataclass
class TrailServer:
    """A trail open for the people of its register. ``base`` are the rules in force, ``now`` is the only clock."""

    trail: Trail
    base: RuleBase
    now: Callable[[], datetime] = utc_now
    drafts: dict[str, Draft] = field(default_factory=dict)
    writing: Lock = field(default_factory=Lock)
    """One write at a time inside the process: a queue here is shorter than one at the database."""
    logins: Logins = field(init=False)

    def __post_init__(self) -> None:
        with self.trail.read() as reader:
            self.logins = Logins(reader.head().origin, self.register, self.now)

    def register(self) -> Register:
        """The people as they are now."""
        return self.trail.register()

    def perform(self, act: Act, by: Person, render: Render, key: str | None = None) -> Done:
        """Do an act for which a token does. With a ``key`` that was used before, nothing is done a second time.

        Raises Refused where the policy does not give it to the role, or where the person must sign.
        """
        if act.signed:
            raise Refused("a token does not do for this: the person signs it, in two steps")
        return self._run(act, by, render, Acting(act.record_type, _own(by, act, key), now=self.now))

    def earlier(self, case: Mapping[str, Any], rules: str, by: Person) -> list[dict[str, Any]]:
        """What earlier records of the subject hold and a case lacks. Raises Refused as an answer to it would be."""
        check_may(RecordAnswers, by, self.base)
        with self.trail.read() as reader:
            found = with_left_out(reader, taken_case(case, rules, self.base, stamp(self.now())))
        return [{"term": term, **statement_data(said)} for term, said in found.left_out]

    def check_may_see(self, by: Person) -> None:
        """Raises Refused for a role to which the policy gives nothing that is done with a case."""
        may = self.base.policy.may if self.base.policy else {}
        if not any(by.role in may[act].roles for act in WITH_CASES if act in may):
            raise Refused(f"`{by.role}` sees no case")

    def draft(self, act: Act, by: Person, render: Render, key: str | None = None) -> tuple[str, Drafted]:
        """What a person signs to do an act, and the name of the draft; nothing is recorded.

        Raises Refused, also where it was done before under this ``key``.
        """
        if not act.signed:
            raise Refused("this takes no signature")
        if (again := self._done(own := _own(by, act, key))) is not None:
            raise Refused(f"this is done already, by record {again}")
        acting = Acting(act.record_type, drafting=[], now=self.now)
        self._run(act, by, render, acting)
        assert acting.drafting is not None
        if len(acting.drafting) != 1:
            raise TrailError("this cannot be signed: it would make more than one record")
        (entry,) = acting.drafting
        name = secrets.token_urlsafe(16)
        while len(self.drafts) >= MOST_DRAFTS:
            del self.drafts[next(iter(self.drafts))]
        until = self.now() + timedelta(minutes=DRAFT_MINUTES)
        self.drafts[name] = Draft(act, by, render, entry, own, until)
        return name, entry

    def opening(self, entry: Drafted) -> str:
        """The key of what is sealed in a draft, for its own person, who sees what they sign; empty for nothing."""
        key = json.loads(entry.payload)["body"].get("key")
        return (kept_key(key, self.trail.seals) or "") if isinstance(key, str) else ""

    def sign(self, name: str, by: Person, key: str, value: str, kind: str = "ssh") -> Done:
        """Do what was drafted, with the person's signature over it, by the key with this fingerprint. Raises Refused.

        A draft can be signed once; what came in between decides again whether it may be done.
        """
        draft = self.drafts.pop(name, None)
        if draft is None or draft.until <= self.now() or draft.by != by:
            raise Refused("there is no such draft of yours, or it is too old; begin again")
        signed = Signed(draft.entry, key, value)
        acting = Acting(draft.act.record_type, draft.key, signed=signed, now=self.now)
        return self._run(draft.act, Person(by.name, by.role, kind), draft.render, acting)

    def _run(self, act: Act, by: Person, render: Render, acting: Acting) -> Done:
        check_may(type(act), by, self.base)
        with self.writing:
            if (again := self._done(acting.key)) is not None:
                return Done(again)
            acted = self.trail.acting_as(acting)
            done = act.run(acted, by, self.base, render)
            self.trail.key = acted.key  # an act may bring in another one
            return done

    def _done(self, key: str | None) -> int | None:
        """The record that was made under an idempotency key; None where none was."""
        if key is None:
            return None
        with self.trail.read() as reader:
            return reader.by_key(key)


def _own(by: Person, act: Act, key: str | None) -> str | None:
    """An idempotency key is the person's own, and the act's: under the same key another request is another one."""
    told = sha256(repr(act).encode()).hexdigest()[:16]
    return None if key is None else f"api:{by.name}:{told}:{key}"
