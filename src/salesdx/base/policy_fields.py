"""The keys of `knowledge/policy.yaml`, in the words of `base/fields`."""

from __future__ import annotations

from salesdx.base.fields import CITED
from salesdx.base.shapes import TEXT, Amount, Field, Form, ListOf, MapOf, NameOf

# fmt: off
# A table is read by its rows: each key begins a line.

LEAST_ROLES = 2
"""Persons who sign a complete file at least; a policy may ask for more, never for fewer."""
OTHER = "other"
"""The retention of kinds of subject that are not named."""

WAIT_HOURS, WORDS_PER_MINUTE = Amount(0, 8_760, whole=True), Amount(1, 10_000, whole=True)
SMALL_CELL, IMPACT_RATIO = Amount(2, 1_000, whole=True), Amount(above=0, high=1)
SIGNED_DAYS = Amount(1, 14, whole=True, default=14)
"""A firm may let it count for fewer days, and not for more."""
ROLES = ListOf(TEXT, LEAST_ROLES, single=False, distinct=True)
KEPT_DAYS = Amount(1, 36_500, whole=True)

SIGN_OFF = Form(
    "the signing",
    (
        Field("roles", ROLES, "the roles that sign, two or more", required=True),
        Field("wait_hours", WAIT_HOURS, "the hours between the case against and a signature", required=True),
        Field("signature_days", SIGNED_DAYS, "the days for which a signature counts, and what was read before it"),
    ),
)
POLICY = Form(
    "the policy",
    (
        Field("sign_off", SIGN_OFF, "`roles` that sign a complete file, `wait_hours` before they may, days that count",
            required=True),
        Field("reading_words_per_minute", WORDS_PER_MINUTE, "whoever signs faster has not read", required=True),
        Field("small_cell", SMALL_CELL, "a report shows no group of fewer people", required=True),
        Field("impact_ratio", IMPACT_RATIO, "a lower ratio of rates between groups is marked", required=True),
        Field("retention_days", MapOf(NameOf("kind of subject", (OTHER,)), KEPT_DAYS, needs=(OTHER,)),
            f"kind of subject: how long its records are kept; `{OTHER}` is needed", required=True),
        Field("source", CITED, "as in terms"),
    ),
    layered=True,
)
