"""knowledge/policy.yaml: what a firm decides about signatures, reports and retention."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal

from salesdx.base.entries import EntryReader
from salesdx.base.model import RuleBase
from salesdx.base.policy_fields import (
    DELAY,
    FORMER,
    GRANT,
    IMPACT_RATIO,
    KEPT_DAYS,
    LEAST,
    LEAST_ROLES,
    MORE_DAYS,
    MORE_PERSONS,
    NAMED,
    OTHER,
    OUTSIDE_DAYS,
    PERSON_DAYS,
    PERSONS,
    POLICY,
    SIGN_OFF,
    SIGNED_DAYS,
    SMALL_CELL,
    WAIT_HOURS,
    WORDS_PER_MINUTE,
)
from salesdx.base.policy_model import Grant, Policy
from salesdx.base.reading import NodeReader, first_line, kind
from salesdx.base.shapes import Amount
from salesdx.language.conditions import truth
from salesdx.language.truth import FALSE
from salesdx.text.issues import Issue
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Place, Scalar

READING = "reading_words_per_minute"
FLOOR = "floor-policy"
TIGHTEN = "a firm may ask for more, and never for less"


def read_policy(reader: EntryReader, node: Node, kinds: Collection[str], held: bool = True) -> Policy | None:
    """The policy, faults collected in the reader; None with a fault. ``kinds`` are those of a subject, if known.

    Without ``held`` also one with a shorter wait than any firm may have today: it was recorded before.
    """
    before = len(reader.issues)
    fields = reader.fields(node, "the policy", *POLICY.keys)
    reader.sources_of(fields, "the policy")
    signing = reader.fields(fields["sign_off"], "`sign_off`", *SIGN_OFF.keys) if "sign_off" in fields else {}
    roles = reader.filled(signing.get("roles"), "`roles`")
    if "roles" in signing and len(set(roles)) < max(LEAST_ROLES, len(roles)):
        message = f"a complete file is signed in at least {LEAST_ROLES} different roles"
        reader.fault("policy", message, first_line(signing["roles"].place))
    kept: dict[str, int] = {}
    places = {key: first_line(found.place) for key, found in (fields | signing).items()}
    wait = WAIT_HOURS if held else WAIT_HOURS._replace(low=0)
    retention = fields.get("retention_days")
    if isinstance(retention, MappingNode):
        for name, entry in retention.entries:
            if kinds and name.text not in (*kinds, OTHER):
                help = reader.near(name.text, (*kinds, OTHER)) or f"they are {', '.join((*kinds, OTHER))}"
                reader.fault("policy", f"there is no kind of subject `{name.text}`", name.place, help)
            kept[name.text] = _whole(reader, entry, f"`{name.text}`", KEPT_DAYS)
            places[kept_for(name.text)] = first_line(entry.place)
        if OTHER not in kept and retention.whole:
            reader.fault("missing-key", f"`retention_days` needs the key `{OTHER}`", first_line(retention.place))
    elif retention is not None:
        message = f"`retention_days` must be a mapping (`kind: days` lines), this is {kind(retention)}"
        reader.fault("type", message, first_line(retention.place))
    may, granted = _grants(reader, fields.get("may"), held)
    ratio = reader.number(fields.get("impact_ratio"), "`impact_ratio`")
    if ratio is not None and not IMPACT_RATIO.holds(ratio):
        reader.fault("range", "`impact_ratio` lies between 0 and 1", first_line(fields["impact_ratio"].place))
    signed_days = signing.get("signature_days")
    policy = Policy(
        roles=roles,
        wait_hours=_whole(reader, signing.get("wait_hours"), "`wait_hours`", wait, TIGHTEN),
        words_per_minute=_whole(reader, fields.get(READING), f"`{READING}`", WORDS_PER_MINUTE),
        small_cell=_whole(reader, fields.get("small_cell"), "`small_cell`", SMALL_CELL),
        impact_ratio=ratio or Decimal(0),
        retention_days=kept,
        may=may,
        places=places | granted,
        signature_days=_whole(reader, signed_days, "`signature_days`", SIGNED_DAYS)
        if signed_days is not None
        else SIGNED_DAYS.default,
        outside_days=_whole(reader, fields["outside_days"], "`outside_days`", OUTSIDE_DAYS)
        if "outside_days" in fields
        else OUTSIDE_DAYS.default,
    )
    return policy if len(reader.issues) == before else None


def _grants(reader: EntryReader, node: Node | None, held: bool) -> tuple[dict[str, Grant], dict[str, Place]]:
    """Act -> who may do it, and where that stands. Nothing at all, or a row for every act.

    Rows of FORMER follow from the others where they are missing. Without ``held`` any row may be missing: it was
    recorded before there was such an act; and it may ask for more than anybody waits for.
    """
    grants: dict[str, Grant] = {}
    places: dict[str, Place] = {}
    if node is None:
        return grants, places
    if not isinstance(node, MappingNode):
        reader.fault(
            "type", f"`may` must be a mapping (`act: ...` lines), this is {kind(node)}", first_line(node.place)
        )
        return grants, places
    for name, entry in node.entries:
        if name.text not in LEAST:
            help = reader.near(name.text, LEAST) or f"they are {', '.join(LEAST)}"
            reader.fault("policy", f"there is no act `{name.text}`", name.place, help)
            continue
        fields = reader.fields(entry, f"`{name.text}`", *GRANT.keys)
        persons = _whole(reader, fields["persons"], "`persons`", PERSONS) if "persons" in fields else 1
        delay = _whole(reader, fields["delay_days"], "`delay_days`", DELAY) if "delay_days" in fields else 0
        least = LEAST[name.text]
        for key, found, needed in (("persons", persons, least[0]), ("delay_days", delay, least[1])):
            if found < needed:
                message = f"`{name.text}` takes a `{key}` of {needed} or more, whatever a firm decides"
                reader.fault("policy", message, first_line((fields.get(key) or entry).place))
        for key, found, most, free in (
            ("persons", persons, least[0], MORE_PERSONS),
            ("delay_days", delay, least[1], MORE_DAYS),
        ):
            if held and found > most and name.text not in free:
                help = f"a firm can ask for more of {', '.join(free)}"
                help = "whoever is named in `sign_off: roles` signs" if name.text == "sign_off" else help
                message = f"`{name.text}` takes a `{key}` of {most}, and no policy makes it more"
                reader.fault("policy", message, first_line(fields[key].place), help)
        roles = reader.filled(fields.get("roles"), "`roles`")
        if "roles" in fields and (isinstance(fields["roles"], Scalar) or len(set(roles)) < max(1, len(roles))):
            message = "`roles` must be a list of at least one role, each of them once"
            reader.fault("type", message, first_line(fields["roles"].place))
        grants[name.text] = Grant(roles, persons, delay)
        places[f"may.{name.text}"] = name.place
    for act, (acts, roles) in FORMER.items():
        doing = (role for one in acts if one in grants for role in grants[one].roles)
        grants.setdefault(act, Grant(tuple(dict.fromkeys((*roles, *doing)))))
        places.setdefault(f"may.{act}", first_line(node.place))
    if held and (missing := [act for act in NAMED if act not in grants]):
        message = f"`may` says nothing of `{'`, `'.join(missing)}`; an act without a line may nobody do"
        reader.fault("missing-key", message, first_line(node.place))
    return grants, places


def kept_for(subject: str) -> str:
    """The name under which a policy's places hold the days of a kind of subject."""
    return f"retention_days.{subject}"


def kept_too_short(base: RuleBase) -> Iterator[Issue]:
    """A fault for each kind of subject that may be about a person and whose cases are kept for too few days."""
    policy = base.policy
    if policy is None:
        return
    named = policy.retention_days
    for subject in dict.fromkeys(about if about in named else OTHER for about in _of_a_person(base)):
        if named[subject] < PERSON_DAYS:
            message = f"a case about a person is kept for {PERSON_DAYS} days at least, here are {named[subject]}"
            yield Issue(FLOOR, message, policy.places[kept_for(subject)], TIGHTEN)


def _of_a_person(base: RuleBase) -> Iterator[str]:
    """The kinds of subject to which the stage that acts upon a person may apply."""
    term = base.terms.get(base.ladder.subject_term)
    stage = base.home.get(base.ladder.personnel_stage)
    if term is None or stage is None:
        return
    for subject in term.values:
        if stage.applies_when is None or truth(stage.applies_when, {term.name: subject}) is not FALSE:
            yield subject


def _whole(reader: NodeReader, node: Node | None, what: str, shape: Amount, help: str = "") -> int:
    number = reader.number(node, what)
    if number is None or node is None:
        return 0
    if not shape.holds(number):
        reader.fault(
            "range", f"{what} is a whole number from {shape.low} to {shape.high}", first_line(node.place), help
        )
        return 0
    return int(number)
