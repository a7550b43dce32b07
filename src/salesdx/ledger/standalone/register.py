"""The people of a trail, as its records make them: who is who, in which role, above whom, and by which keys.

A change counts once an administrator has signed it and another one has confirmed it. The register begins with two
administrators entered at once, and is begun when both have proved their keys. Stands alone with `verifier`, because a
copy travels in every exported bundle.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from salesdx.ledger.standalone.adoptions import ADOPTING, Adoptions
from salesdx.ledger.standalone.person_signatures import (
    PersonKey,
    check_signature,
    read_person_key,
    signed_message,
)
from salesdx.ledger.standalone.verifier import ED25519, Invalid, read_key

ADMIN = "admin"
CHANGES = ("person_added", "line_given", "role_given", "role_ended", "key_added", "key_ended")
"""Records that change the register, once they are confirmed."""
KEY_PROPOSED = "key_proposed"
"""The record of a new key of the trail; it signs once another administrator has signed the record of the change."""
REGISTER_TYPES = (*CHANGES, "confirmed", *ADOPTING, KEY_PROPOSED)
"""Records of who the people are, and of the rules that they have adopted."""
REGISTER = "the people of the trail"
"""The subject of these records, so that each names the one before it and none can be left out unseen."""
PERSON_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""An identifier: it is never given twice, and everything compares it."""
TYPED, LINK, TOKEN, LOGIN, DRAFTED = "typed", "link", "token", "login", ""
IDENTITIES = (TYPED, LINK, TOKEN, "ssh", "passkey", LOGIN)
"""How the service knew who acted: not at all, not but that they had a link that was sent to somebody, by a token, by
the person's own signature, or by a login in a browser: with a password, or the firm's."""
UNPROVED = (TYPED, LINK)
"""Identities by which the name is one that somebody typed."""
CONCERNED = "employee"
"""The role of the person concerned, who alone makes a statement by a link."""
BY_LINK = ("answer", "statement", "session", "rule_base")
"""Records that may come by a link: answers, what the person concerned says, a session that they contest, and the rules
by which they are read."""
SIGNING = {"ssh": "ssh", "passkey": "passkey"}
"""Identity -> the kind of key that must have signed."""
ROLE = re.compile(r"[a-z][a-z0-9_]{0,63}")
TIME = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}\.[0-9]{6}Z")
"""A moment as entries write it: moments are compared as texts, so there is one way to write them."""
SIGNED_MINUTES = 15
"""How long a signature may wait to be recorded."""
TAKEN = (*REGISTER_TYPES, "key")
"""Records that change what a register holds."""
ALWAYS_SIGNED = (*TAKEN, "sign_off")
"""Records for which a token does not do: the person signs over the entry."""
CONCLUDING = ("diagnosis", "explanation")
"""Records of what rules say of a case: a trial, unless they are adopted."""
SIGNED_ON = ("case_against", "sign_off")
"""Records that rest on rules in force alone."""


@dataclass(frozen=True)
class RoleHeld:
    """A role from a moment on; ``until`` is empty where no end is set."""

    role: str
    since: str
    until: str = ""

    def at(self, time: str) -> bool:
        return self.since <= time and (not self.until or time < self.until)


@dataclass
class Registered:
    """A person: identifier, displayed name, roles, keys, and whom they report to (an identifier, or empty)."""

    id: str
    name: str
    reports_to: str = ""
    roles: list[RoleHeld] = field(default_factory=list)
    keys: dict[str, PersonKey] = field(default_factory=dict)
    """Fingerprint -> the key, of those that have not ended."""

    def holds(self, role: str, time: str) -> bool:
        """Whether the person has a role at a time, as entries write it."""
        return any(held.role == role and held.at(time) for held in self.roles)


@dataclass
class Register:
    """The people of a trail up to the last record that was shown to ``take``."""

    members: dict[str, Registered] = field(default_factory=dict)
    waiting: dict[int, tuple[str, Mapping[str, Any], str, str]] = field(default_factory=dict)
    """Change that nobody has confirmed yet: record -> its type, its body, who made it, when."""
    begun_by: int | None = None
    """The record by which both first administrators have proved their keys: from there on no name is only typed."""
    adoptions: Adoptions = field(default_factory=Adoptions)
    """The rules that these people have adopted."""
    signed: int = 0
    """Records with a signature of who acted, which was checked."""
    proved: set[str] = field(default_factory=set)

    @property
    def begun(self) -> bool:
        """Whether no name is only typed any more."""
        return self.begun_by is not None

    def on_trial(self, entry: Mapping[str, Any]) -> bool:
        """Whether a record says what rules conclude that nobody had adopted then, in a trail that knew its people."""
        if entry["type"] not in CONCLUDING or self.begun_by is None or entry["seq"] < self.begun_by:
            return False
        return bool(entry["rule_base"] != self.adoptions.at(entry["seq"]))

    def untried(self, rules: str) -> bool:
        """Whether what rules (their digest) conclude now is a trial: people are known, and have not adopted them."""
        return self.begun and rules != self.adoptions.in_force

    def with_entry(self, entry: Mapping[str, Any], content: Mapping[str, Any]) -> Register:
        """The register after one more record. Raises Invalid as ``take`` does."""
        if entry["type"] not in TAKEN:
            self.take(entry, content)
            return self
        found = copy.deepcopy(self)
        found.take(entry, content)
        return found

    def take(self, entry: Mapping[str, Any], content: Mapping[str, Any] | None) -> None:
        """The next record. Raises Invalid where who acts is not who they should be; then nothing has changed."""
        kind, seq = entry["type"], entry["seq"]
        if self.begun:
            self.check_actor(entry, content)
            if kind in SIGNED_ON and entry["rule_base"] != self.adoptions.in_force:
                raise Invalid("it rests on rules that were not in force")
        if kind not in TAKEN or (kind == "key" and not self.begun):
            return
        if content is None:
            raise Invalid("its content is gone, which is never erased")
        if kind != "key" and content["subject"] != REGISTER:
            raise Invalid("it is about somebody else than the people of the trail")
        if kind in ADOPTING:
            if not self.begun:
                raise Invalid("only people who are known adopt rules")
            self.adoptions.take(entry, content)
            return
        if self.begun and entry["role"] != ADMIN:
            raise Invalid("an administrator enters and confirms who the people are, and which key the trail has")
        body, by = content["body"], str(content["actor"])
        if kind == "confirmed":
            self._confirm(entry, by)
            return
        if kind == "key":
            self._change_key(entry["inputs"], body, by)
            return
        self._check_proposed(body, by) if kind == KEY_PROPOSED else self._check_change(kind, body, entry["time"])
        if self.proved and not self.begun:
            raise Invalid("the register changes while its first administrators prove their keys")
        self.waiting[seq] = (kind, body, by, entry["time"])

    def check_actor(self, entry: Mapping[str, Any], content: Mapping[str, Any] | None) -> None:
        """Raises Invalid unless who acted is in the register, in a role of theirs, and signed what must be signed."""
        identity, kind, signature = entry["identity"], entry["type"], entry["signature"]
        drafted = identity == DRAFTED  # it will be signed once its person has seen it
        if identity == TYPED:
            raise Invalid("its name was only typed, and this trail knows its people")
        own = kind in ("statement", "session")
        strange = kind not in BY_LINK or own != (entry["role"] == CONCERNED and kind != "rule_base")
        if identity == LINK and (strange or (content is not None and content["body"].get("own"))):
            raise Invalid("by a link only answers come, or what the person concerned says, and nobody vouches by it")
        if (identity in SIGNING) != (signature is not None):
            raise Invalid("it says that a person signed it, and holds no signature, or the other way round")
        if kind in ALWAYS_SIGNED and signature is None and not drafted:
            raise Invalid("a person must sign this, and nobody did")
        if content is None or identity == LINK:
            return
        member = self.members.get(str(content["actor"]))
        if member is None:
            raise Invalid("who acted is not in the register")
        if not member.holds(entry["role"], entry["time"]):
            raise Invalid(f"`{member.id}` had not the role `{entry['role']}` then")
        if signature is not None:
            self._check_signature(entry, member.keys, identity)
            self.signed += 1

    def told(self) -> list[str]:
        """What a verdict says of who acted."""
        if not self.begun:
            return []
        adopted = self.adoptions.adopted
        return [
            f"{len(self.members)} persons are in the register, and {self.signed} records hold a signature of the "
            "person who acted, which was checked",
            f"the rules {adopted[-1].rules[7:19]} are in force since record {adopted[-1].seq}, adopted by "
            f"{len(adopted[-1].proposal.by)} different persons; adoptions in all: {len(adopted)}"
            if adopted
            else "nobody has adopted any rules, so nothing can be signed",
        ]

    def line(self, id: str) -> tuple[str, ...]:
        """Everybody above a person, the nearest first."""
        found: list[str] = []
        above = self.members[id].reports_to if id in self.members else ""
        while above and above not in found:
            found.append(above)
            above = self.members[above].reports_to if above in self.members else ""
        return tuple(found)

    # --- the key of the trail ---

    def proposals(self) -> dict[int, tuple[Mapping[str, Any], str, str]]:
        """New keys of the trail that were proposed and are not in force: record -> its body, who proposed it, when."""
        return {seq: told for seq, (kind, *told) in self.waiting.items() if kind == KEY_PROPOSED}  # type: ignore[misc]

    def _check_proposed(self, body: Mapping[str, Any], by: str) -> None:
        if not self.begun:
            raise Invalid("a key is proposed, and another person confirms it, where the trail knows its people")
        for name in NEEDED_KEY:
            if read_key(str(body.get(name))).kind != ED25519:
                raise Invalid("the key that it proposes is not one of a trail")
        if any(dict(told) == dict(body) and who == by for told, who, _ in self.proposals().values()):
            raise Invalid(f"`{by}` has proposed this key already; another administrator confirms it")

    def _change_key(self, inputs: Sequence[int], body: Mapping[str, Any], by: str) -> None:
        """The record of a new key, which rests on its proposals. From here on nothing else that was proposed counts."""
        proposals = self.proposals()
        if not inputs or any(seq not in proposals or dict(proposals[seq][0]) != dict(body) for seq in inputs):
            raise Invalid("it changes the key of the trail, and no administrator has proposed this key")
        if any(proposals[seq][1] == by for seq in inputs):
            raise Invalid(f"`{by}` confirms the key that they proposed themselves")
        self.waiting = {seq: told for seq, told in self.waiting.items() if seq not in proposals}

    # --- changes of the people ---

    def _confirm(self, entry: Mapping[str, Any], by: str) -> None:
        listed = [seq for seq in entry["inputs"] if seq in self.waiting and self.waiting[seq][0] != KEY_PROPOSED]
        if not listed or len(listed) != len(entry["inputs"]):
            raise Invalid("it confirms what does not wait to be confirmed")
        if not self.begun:
            self._prove(entry, by)
            return
        for seq in listed:
            if self.waiting[seq][2] == by:
                raise Invalid(f"`{by}` confirms what they entered themselves")
        for seq in listed:
            kind, body, _, time = self.waiting.pop(seq)
            self._apply(kind, body, time)

    def _prove(self, entry: Mapping[str, Any], by: str) -> None:
        """One of the first administrators signs all that begins the register; after the second it is begun."""
        if set(entry["inputs"]) != set(self.waiting):
            raise Invalid("a first administrator confirms everything that begins the register")
        trial = self.check_beginning(entry["time"])
        admins = set(trial.members)
        if by not in admins or by in self.proved:
            raise Invalid(f"`{by}` is none of the first administrators, or has proved their key")
        if entry["identity"] == DRAFTED:
            return
        if entry["identity"] not in SIGNING or entry["signature"] is None:
            raise Invalid("a first administrator signs with their own key")
        self._check_signature(entry, trial.members[by].keys, entry["identity"])
        self.proved.add(by)
        self.signed += 1
        if self.proved == admins:
            self.members, self.waiting, self.begun_by = trial.members, {}, entry["seq"]

    def check_beginning(self, time: str) -> Register:
        """The register that what waits would begin. Raises Invalid unless it is two administrators with a key each."""
        found = Register()
        for kind, body, _, at in self.waiting.values():
            found._apply(kind, body, at)
        keys = [fingerprint for member in found.members.values() for fingerprint in member.keys]
        admins = [member for member in found.members.values() if member.holds(ADMIN, time)]
        if not len(admins) == len(found.members) == len(keys) == 2 or any(len(one.keys) != 1 for one in admins):
            raise Invalid("a register begins with two administrators, each with one key")
        if len(set(keys)) != 2:
            raise Invalid("the two first administrators have one key")
        return found

    def _check_signature(self, entry: Mapping[str, Any], keys: Mapping[str, PersonKey], identity: str) -> None:
        signature = entry["signature"]
        key = keys.get(signature["key"])
        if key is None or key.kind != SIGNING[identity]:
            raise Invalid(f"it is signed by the key {signature['key'][:60]}, which was not a key of who acted")
        if not _minutes_before(signature["time"], entry["time"], SIGNED_MINUTES):
            raise Invalid(f"it was signed more than {SIGNED_MINUTES} minutes before it was recorded, or after it")
        check_signature(key, signed_message(entry, signature["time"]), signature["value"])

    def _check_change(self, kind: str, body: Mapping[str, Any], time: str) -> None:
        """Raises Invalid for a change that cannot be made to the register as it will be with what waits."""
        for name in NEEDED[kind]:
            if not isinstance(body.get(name), str):
                raise Invalid(f"it does not say `{name}`")
        if "role" in NEEDED[kind] and not ROLE.fullmatch(body["role"]):
            raise Invalid(f"`{body['role'][:80]}` is no role: small letters, digits and `_`")
        for name in ("from", "until"):
            if body.get(name) and not TIME.fullmatch(str(body[name])):
                raise Invalid(f"`{str(body[name])[:80]}` is no moment as records write it")
        known = set(self.members) | {told["person"] for what, told, _, _ in self.waiting.values() if what == CHANGES[0]}
        person = body["person"]
        if not PERSON_ID.fullmatch(person):
            raise Invalid(f"`{person[:80]}` is no identifier: small letters, digits, `.`, `-` and `_`, 64 at most")
        if (kind == "person_added") == (person in known):
            again = "there is a person of that identifier, and it is never given again"
            raise Invalid(f"`{person}`: {again if person in known else 'there is no such person in the register'}")
        if kind == "key_added":
            found = read_person_key(body["kind"], body["key"])
            waiting = [read_person_key(t["kind"], t["key"]) for what, t, _, _ in self.waiting.values() if what == kind]
            if found in waiting or any(found.fingerprint in member.keys for member in self.members.values()):
                raise Invalid(f"the key {found.fingerprint} is in the register already; a key belongs to one person")
        if kind == "role_given" and not self._roles_apart(body, time):
            raise Invalid(f"`{person}` cannot be administrator and have another role: whoever administers sees no case")
        if kind == "key_ended" and person in self.members and body["key"] not in self.members[person].keys:
            raise Invalid(f"`{person}` has no key {body['key'][:60]}")
        above = body.get("reports_to") or ""
        if above and (above not in known or above == person or person in self.line(above)):
            raise Invalid(f"`{person}` cannot report to `{above[:80]}`: nobody there, or a circle")

    def _roles_apart(self, body: Mapping[str, Any], time: str) -> bool:
        """Whether a role given goes with those that the person has, or will have, from a time on, or that wait: none
        beside that of administrator."""
        roles = {body["role"]}
        if body["person"] in self.members:
            roles |= {held.role for held in self.members[body["person"]].roles if not held.until or held.until > time}
        for kind, told, _, _ in self.waiting.values():
            if kind == "role_given" and told["person"] == body["person"]:
                roles.add(told["role"])
        return ADMIN not in roles or len(roles) == 1

    def _apply(self, kind: str, body: Mapping[str, Any], time: str) -> None:
        if kind == "person_added":
            self.members[body["person"]] = Registered(body["person"], body["name"], body["reports_to"])
            return
        member = self.members[body["person"]]
        if kind == "line_given":
            member.reports_to = body["reports_to"]
        elif kind == "role_given":
            member.roles.append(RoleHeld(body["role"], body["from"] or time, body["until"]))
        elif kind == "role_ended":
            member.roles = [
                RoleHeld(held.role, held.since, body["until"] or time)
                if held.role == body["role"] and held.at(body["until"] or time)
                else held
                for held in member.roles
            ]
        elif kind == "key_added":
            key = read_person_key(body["kind"], body["key"])
            member.keys[key.fingerprint] = key
        else:
            member.keys.pop(body["key"], None)


def _minutes_before(signed: str, recorded: str, minutes: int) -> bool:
    first, last = (datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ") for time in (signed, recorded))
    return timedelta(0) <= last - first <= timedelta(minutes=minutes)


NEEDED_KEY = ("key", "before")
"""Of a new key of the trail: its text, and that of the key which it follows."""
NEEDED: Mapping[str, tuple[str, ...]] = {
    "person_added": ("person", "name", "reports_to"),
    "line_given": ("person", "reports_to"),
    "role_given": ("person", "role", "from", "until"),
    "role_ended": ("person", "role", "until"),
    "key_added": ("person", "kind", "key"),
    "key_ended": ("person", "key"),
}
"""Change -> the texts that its body holds; an empty one says "none", or "from when it was recorded"."""
