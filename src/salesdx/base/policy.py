"""knowledge/policy.yaml: what a firm decides about signatures, reports and retention."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from salesdx.base.entries import EntryReader
from salesdx.base.model import Policy
from salesdx.base.policy_fields import (
    IMPACT_RATIO,
    KEPT_DAYS,
    LEAST_ROLES,
    OTHER,
    POLICY,
    SIGN_OFF,
    SIGNED_DAYS,
    SMALL_CELL,
    WAIT_HOURS,
    WORDS_PER_MINUTE,
)
from salesdx.base.reading import NodeReader, first_line, kind
from salesdx.base.shapes import Amount
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node

READING = "reading_words_per_minute"


def read_policy(reader: EntryReader, node: Node, kinds: Collection[str]) -> Policy | None:
    """The policy, faults collected in the reader; None with a fault. ``kinds`` are those of a subject, if known."""
    before = len(reader.issues)
    fields = reader.fields(node, "the policy", *POLICY.keys)
    reader.sources_of(fields, "the policy")
    signing = reader.fields(fields["sign_off"], "`sign_off`", *SIGN_OFF.keys) if "sign_off" in fields else {}
    roles = reader.filled(signing.get("roles"), "`roles`")
    if "roles" in signing and len(set(roles)) < max(LEAST_ROLES, len(roles)):
        message = f"a complete file is signed in at least {LEAST_ROLES} different roles"
        reader.fault("policy", message, first_line(signing["roles"].place))
    kept: dict[str, int] = {}
    retention = fields.get("retention_days")
    if isinstance(retention, MappingNode):
        for name, entry in retention.entries:
            if kinds and name.text not in (*kinds, OTHER):
                help = reader.near(name.text, (*kinds, OTHER)) or f"they are {', '.join((*kinds, OTHER))}"
                reader.fault("policy", f"there is no kind of subject `{name.text}`", name.place, help)
            kept[name.text] = _whole(reader, entry, f"`{name.text}`", KEPT_DAYS)
        if OTHER not in kept and retention.whole:
            reader.fault("missing-key", f"`retention_days` needs the key `{OTHER}`", first_line(retention.place))
    elif retention is not None:
        message = f"`retention_days` must be a mapping (`kind: days` lines), this is {kind(retention)}"
        reader.fault("type", message, first_line(retention.place))
    ratio = reader.number(fields.get("impact_ratio"), "`impact_ratio`")
    if ratio is not None and not IMPACT_RATIO.holds(ratio):
        reader.fault("range", "`impact_ratio` lies between 0 and 1", first_line(fields["impact_ratio"].place))
    signed_days = signing.get("signature_days")
    policy = Policy(
        roles=roles,
        wait_hours=_whole(reader, signing.get("wait_hours"), "`wait_hours`", WAIT_HOURS),
        words_per_minute=_whole(reader, fields.get(READING), f"`{READING}`", WORDS_PER_MINUTE),
        small_cell=_whole(reader, fields.get("small_cell"), "`small_cell`", SMALL_CELL),
        impact_ratio=ratio or Decimal(0),
        retention_days=kept,
        signature_days=_whole(reader, signed_days, "`signature_days`", SIGNED_DAYS)
        if signed_days is not None
        else SIGNED_DAYS.default,
        places={key: first_line(found.place) for key, found in (fields | signing).items()},
    )
    return policy if len(reader.issues) == before else None


def _whole(reader: NodeReader, node: Node | None, what: str, shape: Amount) -> int:
    number = reader.number(node, what)
    if number is None or node is None:
        return 0
    if not shape.holds(number):
        reader.fault("range", f"{what} is a whole number from {shape.low} to {shape.high}", first_line(node.place))
        return 0
    return int(number)
