"""From a lead to a decided deal: leads, deals, their stages, contacts and quotes of a simulated firm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from salesdx.facts.simulation.causes import Effects
from salesdx.facts.simulation.prices import PriceList
from salesdx.facts.simulation.roster import (
    CRM_FROM,
    DATA_UNTIL,
    QUARTERS,
    SEGMENTS,
    START,
    Roster,
    Row,
    Seller,
    Tables,
    dated,
    happenings,
    hour_on,
)

LEADS_A_QUARTER = 56
"""Leads of a seller in an average quarter."""
_WIN = 0.34
_NONE = 0.15
"""Chance that a deal is won; share of the others that end in no decision."""
_CYCLE_DAYS = 32
_BEFORE = date(2023, 7, 1)
"""Deals that are decided after the start began before it."""
_LEADS_FROM = date(2025, 7, 1)
_HISTORY_FROM = date(2026, 1, 1)
_CONTACTS_FROM = date(2026, 4, 1)
"""The firm keeps leads, stages and contacts only so long."""
_SOURCES = ("web", "fair", "referral", "partner")
_RIVALS = ("Fjordwood", "Kastell", "Linea")
_TECHNIQUES = ("sample room", "needs analysis", "catalogue")
_OFFERED = {"chairs": 12, "tables": 5, "cabinets": 4, "beds": 4}
"""Pieces of a usual deal."""


@dataclass(frozen=True)
class World:
    """What the writers of tables share: who is there, the prices, what is wrong, since when, and with whom."""

    roster: Roster
    prices: PriceList
    effects: Effects
    onset: date
    person: str
    """The seller whom the effects on one seller alone concern; empty where there is none."""

    def on(self, day: date) -> Effects:
        """The effects on a day: none before the onset."""
        return self.effects if day >= self.onset else _NO_EFFECTS


_NO_EFFECTS = Effects()


def enquiries(world: World, random: Random) -> Tables:
    """Leads with their deals, by seller and quarter. The customer of a deal is new, and buys when it is won."""
    tables: Tables = {name: [] for name in ("leads", "deals", "deal_stages", "activities", "quotes")}
    for seller in world.roster.sellers:
        for first, last in ((_BEFORE, START - timedelta(1)), *QUARTERS):
            _quarter(world, random, seller, (first, last), tables)
    return tables


def kept(tables: Tables) -> Tables:
    """The tables of the CRM as far back as it keeps them; deals by the day on which they were decided."""
    since = {"leads": ("created_on", _LEADS_FROM), "deals": ("decided_on", CRM_FROM)}
    return {
        name: [row for row in tables[name] if not isinstance(day := row[column], date) or day >= first]
        for name, (column, first) in since.items()
    }


def _quarter(world: World, random: Random, seller: Seller, quarter: tuple[date, date], tables: Tables) -> None:
    first, last = quarter
    length = (last - first).days + 1
    for _ in range(happenings(random, LEADS_A_QUARTER * seller.leads)):
        day = first + timedelta(random.randrange(length))
        comes = random.random()
        if seller.works_on(day) and comes < world.on(day).leads_factor * seller.ramp(day) and day <= DATA_UNTIL:
            _lead(world, random, seller, day, tables)


def _lead(world: World, random: Random, seller: Seller, day: date, tables: Tables) -> None:
    now = world.on(day)
    fits = random.random() < 0.82 - now.misfit
    created = hour_on(random, day)
    assigned = created + timedelta(hours=random.expovariate(1 / (2 + 24 * now.routing_days)))
    touched = assigned + timedelta(hours=random.expovariate(1 / 5))
    accepted = random.random() < (0.84 if fits else 0.5)
    source = random.choice(_SOURCES)
    number = len(tables["leads"]) + 1
    lead: Row = {
        "lead_id": f"L{number}",
        "person": seller.id,
        "source": source,
        "accepted": accepted,
        "fits_profile": fits,
        **dated("created", created),
        **dated("assigned", assigned),
        **dated("first_touch", touched),
    }
    tables["leads"].append(lead)
    if accepted and touched.date() <= DATA_UNTIL:
        _deal(world, random, seller, touched.date(), (number, source, fits), tables)


def _deal(world: World, random: Random, seller: Seller, day: date, lead: tuple[int, str, bool], tables: Tables) -> None:
    number, source, fits = lead
    goods = random.choice(world.roster.goods)
    days = 4 + round(_CYCLE_DAYS * random.lognormvariate(0, 0.4))
    decided = day + timedelta(days)
    outcome = _outcome(world, random, seller, decided, goods.family, fits)
    if outcome == "none":
        decided += timedelta(random.randrange(30, 120))
    listed = world.prices.listed(goods, day) * max(1, happenings(random, _OFFERED[goods.family]))
    closed = decided <= DATA_UNTIL
    deal: Row = {
        "deal_id": f"D{number}",
        "person": seller.id,
        "customer": f"N{number}",
        "product": goods.id,
        "segment": random.choice(SEGMENTS),
        "source": source,
        "created_on": day,
        "decided_on": decided if closed else None,
        "outcome": outcome if closed else "open",
        "amount": round(listed * (1 - world.prices.discount(random, day)), 2),
        "list_amount": round(listed, 2),
        "currency": "EUR",
        "competitor": random.choice(_RIVALS) if random.random() < 0.5 else None,
        "technique": random.choice(_TECHNIQUES),
    }
    tables["deals"].append(deal)
    _stages(random, deal, day, decided, tables)
    _contacts(world, random, seller, deal, (day, decided), tables)


def _outcome(world: World, random: Random, seller: Seller, day: date, family: str, fits: bool) -> str:
    now = world.on(day)
    chance = _WIN * seller.win * now.win_factor * (1.0 if fits else 0.6)
    if seller.id == world.person:
        chance *= now.own_win_factor
    if random.random() < chance:
        return "won"
    return "none" if random.random() < _NONE else "lost"


def _stages(random: Random, deal: Row, day: date, decided: date, tables: Tables) -> None:
    length = (decided - day).days
    quoted = day + timedelta(round(length * random.uniform(0.2, 0.5)))
    steps = {"qualified": day, "quoted": quoted, "negotiation": quoted + (decided - quoted) // 2}
    for stage, entered in steps.items():
        if _HISTORY_FROM <= entered <= DATA_UNTIL:
            tables["deal_stages"].append(
                {"deal_id": deal["deal_id"], "stage": stage, "entered_on": entered, "person": deal["person"]}
            )
    asked = quoted - timedelta(1 + happenings(random, 1.2))
    if asked >= _HISTORY_FROM and quoted <= DATA_UNTIL:
        number = f"Q{str(deal['deal_id'])[1:]}"
        row = {"quote_id": number, "deal_id": deal["deal_id"], "asked_on": asked, "sent_on": quoted}
        tables["quotes"].append({**row, "amount": deal["amount"]})


def _contacts(world: World, random: Random, seller: Seller, deal: Row, span: tuple[date, date], tables: Tables) -> None:
    day, decided = span
    now = world.on(decided)
    own = seller.id == world.person
    forgotten = random.random() < 0.07 + now.forgotten + (now.own_forgotten if own else 0.0)
    gap = 9.0 / (now.own_contact_factor if own else 1.0)
    until = min(decided, DATA_UNTIL)
    if forgotten:
        until = min(until, day + timedelta(6))
    while day <= until:
        if day >= _CONTACTS_FROM:
            tables["activities"].append(_contact(tables, deal, day, random.choice(("call", "visit", "mail"))))
        day += timedelta(2 + round(random.expovariate(1 / gap)))
    if decided > DATA_UNTIL and not forgotten:
        planned = DATA_UNTIL + timedelta(1 + random.randrange(14))
        tables["activities"].append(_contact(tables, deal, planned, "call", done=False))


def _contact(tables: Tables, deal: Row, day: date, kind: str, *, done: bool = True) -> Row:
    return {
        "activity_id": f"A{len(tables['activities']) + 1}",
        "person": deal["person"],
        "deal_id": deal["deal_id"],
        "customer": deal["customer"],
        "kind": kind,
        "on_": day,
        "done": done,
    }
