"""What can be wrong in a simulated firm, and how far each effect goes.

A cause is a handful of effects. Each has a range from what nobody could see to what nobody could miss; one strength
between 0 and 1 is drawn a cause, and each effect follows it with some spread of its own, since a firm with many late
orders need not have as many that are cancelled. The ranges are judgements about firms of this trade, no measurements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random


@dataclass(frozen=True)
class Effects:
    """What differs from a firm without trouble: factors of 1 and shares of 0 are no difference."""

    goal_factor: float = 1.0
    """The goal, times what the firm can sell."""
    win_factor: float = 1.0
    """The chance that a deal is won, of everybody."""
    own_win_factor: float = 1.0
    """The same, of one seller alone."""
    own_contact_factor: float = 1.0
    """Contacts of that seller with open deals."""
    own_forgotten: float = 0.0
    """Further share of that seller's deals that nobody follows up."""
    forgotten: float = 0.0
    """The same, of everybody's deals."""
    named: Mapping[str, float] | None = None
    """Further share of buyers who decided otherwise and name this reason."""
    returned_factor: float = 1.0
    """Goods sent back."""
    score_fall: float = 0.0
    """Points that answers on recommending the firm fall, from 0 to 10."""
    family_factor: float = 1.0
    """Reorders of the family of goods that is at fault."""
    list_raise: float = 0.0
    """A step of all list prices."""
    rival_fall: float = 0.0
    """What rivals take off their prices."""
    discount: float = 0.0
    """Further discount."""
    reorder_factor: float = 1.0
    """The chance that a customer orders again."""
    late: float = 0.0
    """Further share of orders that come late."""
    cancelled: float = 0.0
    """Share of late orders that are cancelled for it."""
    lead_factor: float = 1.0
    """Days between order and promise."""
    out_of_stock: float = 0.0
    """Further share of days on which a fast-selling item is out of stock."""
    answer_factor: float = 1.0
    """Days until a customer's question is answered."""
    unhappy: float = 0.0
    """Further share of customers who say after a request that they are not satisfied."""
    complaint_factor: float = 1.0
    """Share of requests that are complaints."""
    untrained: float = 0.0
    """Further share of required courses that are not held."""
    coaching_factor: float = 1.0
    """Hours of coaching."""
    test_fall: float = 0.0
    """Points that test scores fall, of 100."""
    leads_factor: float = 1.0
    """Leads that come in."""
    misfit: float = 0.0
    """Further share of leads that do not fit the customers whom the firm wants."""
    routing_days: float = 0.0
    """Further days until a lead is with a seller."""


EFFECT_RANGES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "goals": {"goal_factor": (1.0, 1.6)},
    "product": {
        "win_factor": (1.0, 0.55),
        "named product": (0.0, 0.5),
        "returned_factor": (1.0, 4.0),
        "score_fall": (0.0, 3.5),
        "family_factor": (1.0, 0.5),
    },
    "price": {
        "win_factor": (1.0, 0.6),
        "named price": (0.0, 0.5),
        "list_raise": (0.0, 0.14),
        "rival_fall": (0.0, 0.08),
        "discount": (0.0, 0.06),
        "reorder_factor": (1.0, 0.75),
    },
    "delivery": {
        "win_factor": (1.0, 0.85),
        "named delivery": (0.0, 0.3),
        "late": (0.0, 0.5),
        "cancelled": (0.0, 0.3),
        "lead_factor": (1.0, 1.9),
        "out_of_stock": (0.0, 0.15),
        "reorder_factor": (1.0, 0.8),
    },
    "service": {
        "named service": (0.0, 0.45),
        "answer_factor": (1.0, 8.0),
        "unhappy": (0.0, 0.3),
        "complaint_factor": (1.0, 3.0),
        "reorder_factor": (1.0, 0.5),
    },
    "support": {
        "win_factor": (1.0, 0.6),
        "forgotten": (0.0, 0.3),
        "untrained": (0.0, 0.6),
        "coaching_factor": (1.0, 0.1),
        "test_fall": (0.0, 25.0),
    },
    "marketing": {"leads_factor": (1.0, 0.4), "misfit": (0.0, 0.45), "routing_days": (0.0, 4.0)},
    "person": {"own_win_factor": (1.0, 0.4), "own_contact_factor": (1.0, 0.5), "own_forgotten": (0.0, 0.4)},
}
"""Of each cause, its effects: the value at strength 0 (none at all) and at strength 1."""

COMPANY_CAUSES = tuple(cause for cause in EFFECT_RANGES if cause != "person")
CAUSES = (*EFFECT_RANGES, "nothing", "several")
"""What can be asked for; `several` are two or three company causes at once."""

_SPREAD = 0.12
"""Standard deviation of an effect around the strength of its cause."""


def strengths_of(cause: str, random: Random, strength: float | None) -> dict[str, float]:
    """The strength of each cause that acts, between 0 and 1: the one given, or one drawn evenly.

    Raises ValueError for a cause that is none of `CAUSES`, and for a strength outside 0 to 1.
    """
    if cause not in CAUSES:
        raise ValueError(f"no such cause: {cause}")
    if strength is not None and not 0 <= strength <= 1:
        raise ValueError("a strength lies between 0 and 1")
    acting = [cause]
    if cause == "nothing":
        acting = []
    if cause == "several":
        acting = random.sample(COMPANY_CAUSES, 2 + (random.random() < 0.5))
    return {each: random.random() if strength is None else strength for each in acting}


def effects_of(strengths: Mapping[str, float], random: Random) -> Effects:
    """The effects of all causes that act. What several causes do to one effect is multiplied, or added to a share."""
    effects = Effects(named={})
    for cause, strength in strengths.items():
        for effect, (none, most) in EFFECT_RANGES[cause].items():
            own = min(1.0, max(0.0, strength + random.gauss(0, _SPREAD))) if strength else 0.0
            effects = _with(effects, effect, none * (1 - own) + most * own)
    return effects


def _with(effects: Effects, effect: str, value: float) -> Effects:
    if effect.startswith("named "):
        return replace(effects, named={**(effects.named or {}), effect.removeprefix("named "): value})
    before = getattr(effects, effect)
    return replace(effects, **{effect: before * value if effect.endswith("factor") else before + value})
