"""What customers of a simulated firm say: interviews by a third party, requests, and answers to surveys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from salesdx.facts.simulation.enquiries import World
from salesdx.facts.simulation.roster import (
    CRM_FROM,
    DATA_UNTIL,
    QUARTERS,
    Row,
    Tables,
    dated,
    days_between,
    happenings,
    hour_on,
)

_SINCE = tuple(quarter for quarter in QUARTERS if quarter[0] >= CRM_FROM)
_ASKED = 0.3
"""Share of lost deals of which somebody outside asks the buyer."""
_REASONS = {
    "budget": 0.27,
    "timing": 0.2,
    "relationship": 0.2,
    "price": 0.12,
    "product": 0.07,
    "delivery": 0.05,
    "service": 0.03,
    "other": 0.06,
}
"""What buyers of a firm without trouble name as the main reason, as shares of all answers."""
_SELLERS_SAY = {"price": 0.55, "budget": 0.2, "timing": 0.15, "product": 0.1}
"""What sellers note, whatever the reason was."""
_EXITS_A_QUARTER = 16
_REQUESTS_A_SELLER = 0.25
"""Requests of a working day, for each seller that the firm has."""
_SATISFIED = 0.88
_COMPLAINTS = 0.1
_ANSWERED = 0.6
"""Share of requests after which the customer answers the survey."""
_SCORES_A_QUARTER = 70


def interviews(world: World, deals: Sequence[Row], random: Random) -> list[Row]:
    """Buyers who decided otherwise, who bought, and who left; and the sellers' own notes beside them."""
    rows: list[Row] = []
    for deal in deals:
        day = deal["decided_on"]
        if not isinstance(day, date) or day < CRM_FROM or deal["outcome"] not in ("lost", "won"):
            continue
        lost = deal["outcome"] == "lost"
        if random.random() < (_ASKED if lost else 0.06):
            held = day + timedelta(random.randrange(5, 15))
            reason = _reason(world, random, day) if lost else "bought"
            _held(rows, deal["deal_id"], str(deal["outcome"]), "third_party", held, reason)
        if lost and random.random() < 0.5:
            _held(rows, deal["deal_id"], "lost", "seller", day, _picked(random, _SELLERS_SAY))
    for first, last in _SINCE:
        for _ in range(happenings(random, _EXITS_A_QUARTER)):
            held = first + timedelta(random.randrange((last - first).days + 1))
            _held(rows, None, "exit", "third_party", held, _reason(world, random, held))
    return rows


def _held(rows: list[Row], deal: object, kind: str, asked_by: str, held: date, reason: str) -> None:
    if held <= DATA_UNTIL:
        number = f"W{len(rows) + 1}"
        rows.append(
            {
                "interview_id": number,
                "deal_id": deal,
                "kind": kind,
                "asked_by": asked_by,
                "held_on": held,
                "reason": reason,
            }
        )


def _reason(world: World, random: Random, day: date) -> str:
    """What is at fault is named by its own further share of buyers; the others name what they would have named."""
    said = random.random()
    for reason, share in (world.on(day).named or {}).items():
        if said < share:
            return reason
        said -= share
    return _picked(random, _REASONS)


def _picked(random: Random, shares: dict[str, float]) -> str:
    return random.choices(list(shares), list(shares.values()))[0]


def requests(world: World, customers: Sequence[str], random: Random) -> Tables:
    """Requests of customers, and what they answer when they are asked afterwards, and once a quarter."""
    tables: Tables = {"tickets": [], "surveys": []}
    a_day = _REQUESTS_A_SELLER * (len(world.roster.sellers) - 1)
    for day in days_between(CRM_FROM, DATA_UNTIL):
        for _ in range(happenings(random, a_day if day.weekday() < 5 else 0.0)):
            _request(world, random, random.choice(customers), day, tables)
    for first, last in _SINCE:
        for _ in range(happenings(random, _SCORES_A_QUARTER)):
            asked = first + timedelta(random.randrange((last - first).days + 1))
            score = round(random.gauss(8.3 - world.on(asked).score_fall, 1.7))
            _answered(tables, "recommend", asked, min(10, max(0, score)), 10)
    return tables


def _request(world: World, random: Random, customer: str, day: date, tables: Tables) -> None:
    now = world.on(day)
    opened = hour_on(random, day)
    answered = opened + timedelta(hours=random.expovariate(1 / (4 * now.answer_factor)))
    contacts = 1 + happenings(random, 0.15 if random.random() < 0.88 else 1.5) + happenings(random, 0.9 * now.unhappy)
    solved = answered + timedelta(days=random.expovariate(1 / (1.2 * contacts)))
    row: Row = {"ticket_id": f"T{len(tables['tickets']) + 1}", "customer": customer, "contacts": contacts}
    complaint = random.random() < _COMPLAINTS * now.complaint_factor
    row |= (
        {"complaint": complaint} | dated("opened", opened) | dated("first_answer", answered) | dated("solved", solved)
    )
    tables["tickets"].append(row)
    if random.random() < _ANSWERED and solved.date() <= DATA_UNTIL:
        satisfied = random.random() < _SATISFIED - now.unhappy
        _answered(tables, "request", solved.date(), random.choice((4, 5) if satisfied else (1, 2, 3)), 5)


def _answered(tables: Tables, kind: str, day: date, score: int, scale: int) -> None:
    if day <= DATA_UNTIL:
        number = f"V{len(tables['surveys']) + 1}"
        tables["surveys"].append({"survey_id": number, "kind": kind, "on_": day, "score": score, "scale": scale})
