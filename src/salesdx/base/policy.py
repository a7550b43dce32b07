"""knowledge/policy.yaml: what a firm decides about signatures, reports and retention."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from salesdx.base.model import Policy
from salesdx.base.reading import NodeReader, first_line, kind
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node

KEYS = ("sign_off", "reading_words_per_minute", "small_cell", "impact_ratio", "retention_days")
OTHER = "other"
"""The retention of kinds of subject that are not named."""
LEAST_ROLES = 2
"""Persons who sign a complete file at least; a policy may ask for more, never for fewer."""


def read_policy(reader: NodeReader, node: Node, kinds: Collection[str]) -> Policy | None:
    """The policy, faults collected in the reader; None with a fault. ``kinds`` are those of a subject, if known."""
    before = len(reader.issues)
    fields = reader.fields(node, "the policy", KEYS, ("source",))
    signing = (
        reader.fields(fields["sign_off"], "`sign_off`", ("roles", "wait_hours"), ()) if "sign_off" in fields else {}
    )
    roles = reader.texts(signing.get("roles"), "`roles`")
    if "roles" in signing and len({role.text for role in roles}) < max(LEAST_ROLES, len(roles)):
        message = f"a complete file is signed in at least {LEAST_ROLES} different roles"
        reader.fault("policy", message, first_line(signing["roles"].place))
    kept: dict[str, int] = {}
    retention = fields.get("retention_days")
    if isinstance(retention, MappingNode):
        for name, entry in retention.entries:
            if kinds and name.text not in (*kinds, OTHER):
                help = reader.near(name.text, (*kinds, OTHER)) or f"they are {', '.join((*kinds, OTHER))}"
                reader.fault("policy", f"there is no kind of subject `{name.text}`", name.place, help)
            kept[name.text] = _whole(reader, entry, f"`{name.text}`", 1, 36_500)
        if OTHER not in kept and retention.whole:
            reader.fault("missing-key", f"`retention_days` needs the key `{OTHER}`", first_line(retention.place))
    elif retention is not None:
        message = f"`retention_days` must be a mapping (`kind: days` lines), this is {kind(retention)}"
        reader.fault("type", message, first_line(retention.place))
    ratio = reader.number(fields.get("impact_ratio"), "`impact_ratio`")
    if ratio is not None and not 0 < ratio <= 1:
        reader.fault("range", "`impact_ratio` lies between 0 and 1", first_line(fields["impact_ratio"].place))
    policy = Policy(
        roles=tuple(role.text for role in roles),
        wait_hours=_whole(reader, signing.get("wait_hours"), "`wait_hours`", 0, 8_760),
        words_per_minute=_whole(reader, fields.get(KEYS[1]), f"`{KEYS[1]}`", 1, 10_000),
        small_cell=_whole(reader, fields.get("small_cell"), "`small_cell`", 2, 1_000),
        impact_ratio=ratio or Decimal(0),
        retention_days=kept,
    )
    return policy if len(reader.issues) == before else None


def _whole(reader: NodeReader, node: Node | None, what: str, low: int, high: int) -> int:
    number = reader.number(node, what)
    if number is None or node is None:
        return 0
    if number != int(number) or not low <= number <= high:
        reader.fault("range", f"{what} is a whole number from {low} to {high}", first_line(node.place))
        return 0
    return int(number)
