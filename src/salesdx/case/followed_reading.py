"""`follows`, `events`, `actions` and `sessions` of a case file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from salesdx.base.fields import RULE_ID
from salesdx.base.judges import VOIDS
from salesdx.base.reading import first_line, kind, shortened
from salesdx.base.shapes import Form, OneOf
from salesdx.case.case_fields import ACTION, CASE_NAME, CONFIRMATION, CONTEST, ENTRY_ID, EVENT, JUDGED, SESSION
from salesdx.case.followed import (
    ACCEPTED,
    DECLINED,
    Action,
    Confirmation,
    Contest,
    Event,
    Followed,
    Judged,
    Session,
)
from salesdx.case.head_reading import HeadReader
from salesdx.text.source import Node
from salesdx.text.source import Sequence as ListNode

Entry = TypeVar("Entry")
_LONGEST = 3_660
"""Days of an absence."""


class FollowedReader(HeadReader):
    """Reads what was done since a review, with faults noted."""

    def followed(self, fields: Mapping[str, Node], case: str, today: date | None) -> Followed:
        """All of it from the keys of a case; what is said to have happened is not after ``today``."""
        self.day = today
        before = self.text(fields.get("follows"), "`follows`") or None
        if before is not None and before == case:
            self.fault("follows", "a review cannot follow itself", first_line(fields["follows"].place))
        elif before is not None and not CASE_NAME.fits(before):
            self.fault("shape", f"`follows` must be {CASE_NAME.said}", first_line(fields["follows"].place))
        events = self.entries(fields.get("events"), "events", self.event)
        actions = self.entries(fields.get("actions"), "actions", self.action)
        self.actions = {action.id: action for action in actions}
        sessions = self.entries(fields.get("sessions"), "sessions", self.session)
        return Followed(actions, sessions, events, before)

    def entries(
        self, node: Node | None, key: str, read: Callable[[Node, dict[str, Node]], Entry | None]
    ) -> tuple[Entry, ...]:
        """The entries of one list; two with one id are a fault."""
        if node is None:
            return ()
        if not isinstance(node, ListNode):
            self.fault("type", f"`{key}` must be a list, this is {kind(node)}", first_line(node.place))
            return ()
        forms = {"events": EVENT, "actions": ACTION, "sessions": SESSION}
        found: list[Entry] = []
        ids: dict[str, int] = {}
        for item in node:
            fields = self.fields(item, forms[key].what, *forms[key].keys)
            made = read(item, fields) if fields else None
            if made is None:
                continue
            found.append(made)
            id = getattr(made, "id", "")
            if id and id in ids:
                message = f"two {key} have the id `{id}`"
                self.fault("twice", message, first_line(fields["id"].place), f"the first is on line {ids[id]}")
            elif id:
                ids[id] = fields["id"].place.line
        return tuple(found)

    def event(self, node: Node, fields: dict[str, Node]) -> Event | None:
        said = self.voiced(EVENT, fields)
        change, day = self.word(EVENT, "change", fields), self.past(fields.get("date"), "`date`")
        days = self.days(fields.get("days"))
        if change == "absence" and "days" not in fields:
            self.fault("missing-key", "an absence needs the key `days`", first_line(node.place))
        if change not in VOIDS or day is None:
            return None
        return Event(change, day, days, said["by"], said["author"], said["kind"])

    def action(self, node: Node, fields: dict[str, Node]) -> Action | None:
        said = self.voiced(ACTION, fields)
        start, until = self.date(fields.get("start"), "`start`"), self.date(fields.get("until"), "`until`")
        state = self.word(ACTION, "state", fields)
        needs = {ACCEPTED: ("owner", "start"), DECLINED: ("reason",)}.get(state, ())
        if missing := [f"`{key}`" for key in needs if key not in fields]:
            message = f"an action that is {state} needs the key{'s' * (len(missing) > 1)} {', '.join(missing)}"
            self.fault("missing-key", message, first_line(node.place))
        if start is not None and until is not None and until <= start:
            self.fault("until", "an action is judged after it begins", first_line(fields["until"].place))
        name = said["intervention"]
        if name and name not in self.base.interventions:
            message = f"the rule base has no intervention `{shortened(name)}`"
            help = self.near(name, self.base.interventions)
            self.fault("unknown-name", message, fields["intervention"].place, help)
        if not self.sound(said, "id", fields) or not name or not state:
            return None
        return Action(
            said["id"], name, self.rules(fields.get("rules")), said["owner"], start, state, said["reason"] or None,
            said["by"], said["author"], until, said["form"], said["named"],
            self.list_of(fields.get("judged"), "judged", self.judgement),
        )  # fmt: skip

    def session(self, node: Node, fields: dict[str, Node]) -> Session | None:
        said = self.voiced(SESSION, fields)
        what, held = self.word(SESSION, "what", fields), said["held"]
        day = self.past(fields.get("date"), "`date`") if held else self.date(fields.get("date"), "`date`")
        confirmed = self.list_of(fields.get("confirmed"), "confirmed", self.confirmation)
        contested, withdrawn = (self.contest(fields.get(key), f"`{key}`") for key in ("contested", "withdrawn"))
        if "withdrawn" in fields and "contested" not in fields:
            self.fault("missing-key", "`withdrawn` takes back a contest, and there is none", first_line(node.place))
        self.check_action(said["action"], day, fields)
        if not self.sound(said, "id", fields) or not what or day is None or not said["action"]:
            return None
        return Session(
            said["id"], said["action"], what, day, held, said["by"], said["author"], confirmed, contested, withdrawn
        )

    def check_action(self, id: str, day: date | None, fields: dict[str, Node]) -> None:
        """A session belongs to an action that was taken on, and is not before it."""
        if not id:
            return
        action = self.actions.get(id)
        place = first_line(fields["action"].place)
        if action is None:
            self.fault("unknown-name", f"the case has no action `{shortened(id)}`", place, self.near(id, self.actions))
        elif action.state == DECLINED:
            self.fault("declined", f"the action `{id}` was declined, so it has no session", place)
        elif day is not None and action.start is not None and day < action.start:
            message = f"the session is before its action, which begins on {action.start}"
            self.fault("too-early", message, first_line(fields["date"].place))

    def voiced(self, form: Form, fields: dict[str, Node]) -> dict[str, Any]:
        """The texts and flags of an entry; who says it is a respondent, with an identifier."""
        said = self.simple(form, fields)
        self.known("by", said.get("by", ""), self.base.respondents, "respondent", fields)
        for key in ("author", "owner"):
            self.sound(said, key, fields)
        if said.get("kind"):
            self.known("kind", said["kind"], self.base.evidence_ranks, "kind of evidence", fields)
        return said

    def sound(self, said: Mapping[str, str], key: str, fields: Mapping[str, Node]) -> bool:
        """Whether what stands under a key has the shape of an identifier; a fault where not."""
        if said.get(key) and not ENTRY_ID.fits(said[key]):
            self.fault("shape", f"`{key}` must be {ENTRY_ID.said}", first_line(fields[key].place))
            return False
        return bool(said.get(key))

    def word(self, form: Form, key: str, fields: Mapping[str, Node]) -> str:
        """One of the words that may stand under a key; empty where there is none, or with a fault."""
        shape = next(field.shape for field in form.fields if field.name == key)
        if (node := fields.get(key)) is None or not isinstance(shape, OneOf):
            return ""
        text = self.text(node, f"`{key}`")
        if text in shape.words:
            return text
        if text:
            help = self.near(text, shape.words) or f"it is one of {', '.join(shape.words)}"
            self.fault("unknown-word", f"`{key}` cannot be `{shortened(text)}`", node.place, help)
        return ""

    def past(self, node: Node | None, what: str) -> date | None:
        """A day that is not still to come."""
        found = self.date(node, what)
        if found is not None and node is not None and self.day is not None and found > self.day:
            self.fault("future", f"{what}: that day is still to come", first_line(node.place))
        return found

    def days(self, node: Node | None) -> int | None:
        found = self.number(node, "`days`")
        if found is None:
            return None
        if found != int(found) or not 1 <= found <= _LONGEST:
            assert node is not None
            message = f"`days` must be a whole number from 1 to {_LONGEST:,}"
            self.fault("range", message, first_line(node.place))
            return None
        return int(found)

    def rules(self, node: Node | None) -> tuple[str, ...]:
        """Ids of rules, as they were called when they recommended the action: they may be gone since."""
        if node is not None and not isinstance(node, ListNode):
            self.fault("type", f"`rules` must be a list, this is {kind(node)}", first_line(node.place))
            return ()
        scalars = self.texts(node, "`rules`")
        for scalar in scalars:
            if not RULE_ID.fits(scalar.text):
                self.fault("shape", f"`rules` holds ids of rules, this is {kind(scalar)}", first_line(scalar.place))
        return tuple(scalar.text for scalar in scalars)

    def list_of(self, node: Node | None, key: str, read: Callable[[Node], Entry | None]) -> tuple[Entry, ...]:
        if node is None:
            return ()
        if not isinstance(node, ListNode):
            self.fault("type", f"`{key}` must be a list, this is {kind(node)}", first_line(node.place))
            return ()
        return tuple(made for item in node if (made := read(item)) is not None)

    def confirmation(self, node: Node) -> Confirmation | None:
        fields = self.fields(node, CONFIRMATION.what, *CONFIRMATION.keys)
        said = self.voiced(CONFIRMATION, fields)
        day = self.past(fields.get("date"), "`date`")
        return Confirmation(said["by"], said["author"], day) if day is not None and said["by"] else None

    def judgement(self, node: Node) -> Judged | None:
        fields = self.fields(node, JUDGED.what, *JUDGED.keys)
        said = self.voiced(JUDGED, fields)
        day = self.past(fields.get("date"), "`date`")
        return Judged(said["worked"], said["by"], said["author"], day) if day is not None and said["by"] else None

    def contest(self, node: Node | None, what: str) -> Contest | None:
        if node is None:
            return None
        fields = self.fields(node, what, *CONTEST.keys)
        day, reason = self.past(fields.get("date"), "`date`"), self.text(fields.get("reason"), "`reason`")
        return Contest(day, reason) if day is not None and reason else None
