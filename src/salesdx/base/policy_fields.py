"""The keys of `knowledge/policy.yaml`, in the words of `base/fields`."""

from __future__ import annotations

from collections.abc import Mapping

from salesdx.base.fields import CITED
from salesdx.base.shapes import TEXT, Amount, Field, Form, ListOf, MapOf, NameOf

# fmt: off
# A table is read by its rows: each key begins a line.

LEAST_ROLES = 2
"""Persons who sign a complete file at least; a policy may ask for more, never for fewer."""
LEAST_WAIT = 24
"""Hours before a signature at least."""
PERSON_DAYS = 183
"""Days for which a case about a person is kept at least: six months (EU AI Act, Articles 19 (1) and 26 (6))."""
OTHER = "other"
"""The retention of kinds of subject that are not named."""

WAIT_HOURS, WORDS_PER_MINUTE = Amount(LEAST_WAIT, 8_760, whole=True), Amount(1, 10_000, whole=True)
SMALL_CELL, IMPACT_RATIO = Amount(2, 1_000, whole=True), Amount(above=0, high=1)
SIGNED_DAYS = Amount(1, 14, whole=True, default=14)
"""A firm may let it count for fewer days, and not for more."""
OUTSIDE_DAYS = Amount(1, 31, whole=True, default=31)
"""A firm may want a witness more often."""
ROLES = ListOf(TEXT, LEAST_ROLES, single=False, distinct=True)
KEPT_DAYS = Amount(1, 36_500, whole=True)
PERSONS, DELAY = Amount(1, 10, whole=True, default=1), Amount(0, 365, whole=True)

LEAST: Mapping[str, tuple[int, int]] = {
    "answer": (1, 0),
    "vouch": (1, 0),
    "diagnose": (1, 0),
    "override": (1, 0),
    "statement": (1, 0),
    "sign_off": (2, 0),
    "letter": (1, 0),
    "attach": (1, 0),
    "report": (1, 0),
    "export": (1, 0),
    "hold": (1, 0),
    "release": (2, 0),
    "erase": (2, 7),
    "retention": (2, 0),
    "people": (2, 0),
    "rotate": (2, 0),
    "adopt": (2, 0),
    "witness": (1, 0),
    "read_rules": (1, 0),
    "try_rules": (1, 0),
    "compare_rules": (1, 0),
    "see_people": (1, 0),
    "map_systems": (1, 0),
    "follow": (1, 0),
    "confirm_session": (1, 0),
    "contest_session": (1, 0),
}
"""Act in a trail that knows its people -> the persons that it takes and the days that it waits, at the least."""

FORMER: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "read_rules": (("answer", "sign_off", "report", "export", "adopt"), ("consultant", "works_council")),
    "try_rules": (("adopt",), ("consultant", "works_council")),
    "compare_rules": ((), ("consultant",)),
    "see_people": (("letter",), ()),
    "map_systems": (("rotate",), ()),
    "follow": (("answer",), ()),
    "confirm_session": (("answer",), ("employee",)),
    "contest_session": (("statement",), ()),
}
"""Act that a policy need not name -> what holds then: the acts whose roles do it, and further roles.

Whoever decides by the rules, signs, reports, takes copies or adopts rules must be able to read them. Values are tried
by those who bring rules into force, and not by those who answer by them. Figures of single persons, and names behind
pseudonyms, are for who writes letters to persons; which mapping a service draws facts by, for who keeps its
key. Who answers takes actions on and says which sessions were held; the person concerned confirms them too; who states
their view, or may for them, contests one.
"""
NAMED = tuple(act for act in LEAST if act not in FORMER)
"""Acts that every policy names."""

MORE_PERSONS, MORE_DAYS = ("release", "erase", "retention", "rotate", "adopt"), ("erase", "retention")
"""Acts for which a policy can ask for more persons, and for more days, than the least."""

GRANT = Form(
    "an act",
    (
        Field("roles", ListOf(TEXT, 1, single=False, distinct=True), "the roles that may do it", required=True),
        Field("persons", PERSONS, "how many different persons it takes",
            beyond=f"more than the least only of {', '.join(f'`{act}`' for act in MORE_PERSONS)}"),
        Field("delay_days", DELAY, "how many days it waits, and can be stopped, before it is done",
            beyond=f"more than the least only of {', '.join(f'`{act}`' for act in MORE_DAYS)}"),
    ),
)

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
            f"kind of subject: how long its records are kept; `{OTHER}` is needed", required=True,
            beyond=f"a case that may be about a person is kept for {PERSON_DAYS} days at least"),
        Field("outside_days", OUTSIDE_DAYS,
            "after so many days what a witness signed of the trail, or an anchor, is too old for `trail verify`"),
        Field("may", MapOf(NameOf("act", tuple(LEAST)), GRANT, needs=NAMED),
            "act: who may do it in a trail that knows its people; every act stands here, or nobody may do any, but "
            f"{', '.join(f'`{act}`' for act in FORMER)}, which follow from the others where they do not"),
        Field("source", CITED, "as in terms"),
    ),
    layered=True,
)
