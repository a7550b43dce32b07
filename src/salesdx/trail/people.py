"""The beginning of a register, which takes two: from then on the trail knows its people and nobody is only typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from salesdx.ledger.acting import Acting, Drafted, Signed
from salesdx.ledger.errors import Refused
from salesdx.ledger.log import Clock, Person, Trail
from salesdx.ledger.standalone.register import ADMIN
from salesdx.ledger.standalone.verifier import Invalid

Sign = Callable[[bytes], tuple[str, str]]
"""What a person signs -> the fingerprint of their key, and the signature in base64."""


def begin_register(trail: Trail, admins: Sequence[tuple[str, str, str]], by: Person, now: Clock | None = None) -> int:
    """Enter the first two administrators at once, (identifier, name, SSH key) each; the number of the first record.

    Nothing counts before both have proved their keys. Raises Refused for what cannot begin a register, and where one
    is begun, or half begun.
    """
    with trail.append(now) as appender:
        if appender.people.begun or appender.people.waiting:
            raise Refused("the register of this trail is begun; `salesdx trail people list` shows who is in it")
        first = appender.frontier.size
        for id, name, key in admins:
            appender.add("person_added", {"person": id, "name": name, "reports_to": ""}, by)
            appender.add("role_given", {"person": id, "role": ADMIN, "from": "", "until": ""}, by)
            appender.add("key_added", {"person": id, "kind": "ssh", "key": key}, by)
        try:
            appender.people.check_beginning(appender.time)
        except Invalid as error:
            raise Refused(str(error)) from None
    return first


def prove_first(trail: Trail, id: str, sign: Sign, now: Clock | None = None) -> bool:
    """Prove the key of a first administrator, who signs all that begins the register; whether it has begun now.

    Raises Refused where nothing waits for this person, or the key is not theirs.
    """
    with trail.read() as reader:
        waiting = trail.people.register(reader).waiting
    if not waiting:
        raise Refused("nothing waits to be proved; `salesdx trail people begin` enters the first administrators")
    drafts: list[Drafted] = []
    _confirm(trail.acting_as(Acting("confirmed", drafting=drafts, now=now)), sorted(waiting), Person(id, ADMIN))
    (draft,) = drafts
    key, value = sign(draft.message)
    signed = trail.acting_as(Acting("confirmed", signed=Signed(draft, key, value), now=now))
    return _confirm(signed, sorted(waiting), Person(id, ADMIN, "ssh"))


def _confirm(trail: Trail, records: Sequence[int], by: Person) -> bool:
    with trail.append() as appender:
        appender.add("confirmed", {}, by, inputs=records)
    return appender.people.begun
