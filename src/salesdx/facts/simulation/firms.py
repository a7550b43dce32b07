"""A simulated firm, put together: `simulate` draws what is wrong and writes what its systems would export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from salesdx.facts.simulation.causes import Effects, effects_of, strengths_of
from salesdx.facts.simulation.enquiries import World, enquiries, kept
from salesdx.facts.simulation.prices import PriceList
from salesdx.facts.simulation.registers import goals, registers
from salesdx.facts.simulation.roster import DATA_UNTIL, PERIOD, QUARTERS, Row, Tables, roster_of
from salesdx.facts.simulation.trade import stock, trade
from salesdx.facts.simulation.traps import ExportedRows, Rate, set_trap
from salesdx.facts.simulation.voices_of_buyers import interviews, requests


@dataclass(frozen=True)
class SimulatedFirm:
    """The tables of a firm, by the canonical names of tables and columns, and what nobody in the firm knows."""

    tables: Mapping[str, Sequence[Row]]
    rates: Sequence[Rate]
    """A currency, a day, and what one unit of it is worth in EUR then; none where all is in EUR."""
    data_until: date
    period: tuple[date, date]
    """First and last day of the period that is asked about."""
    cause: str
    strengths: Mapping[str, float]
    """How strong each cause acts, from 0 (nobody could see it) to 1."""
    effects: Effects
    onset: date
    """The first day of trouble."""
    person: str
    """The seller whom the cause `person` or a trap is about."""
    traps: Sequence[str]


def simulate(
    cause: str, seed: int, *, sellers: int = 12, traps: Sequence[str] = (), strength: float | None = None
) -> SimulatedFirm:
    """A firm with one cause of `CAUSES` put in, and traps of `TRAPS`; the same arguments give the same rows.

    The strength is drawn unless it is given. Raises ValueError for an unknown cause or trap, a strength outside 0 to 1,
    and fewer than 6 sellers.
    """
    if sellers < 6:
        raise ValueError("a firm has at least 6 sellers, or nobody has peers")
    strengths = strengths_of(cause, _stream(seed, "strengths"), strength)
    effects = effects_of(strengths, _stream(seed, "effects"))
    onset = _stream(seed, "onset").choice([first for first, _ in QUARTERS[-4:-2]])
    roster = roster_of(_stream(seed, "roster"), sellers)
    person = _stream(seed, "person").choice([seller.id for seller in roster.sellers[: sellers - 1]])
    prices = PriceList(effects, onset)
    tables = _tables(World(roster, prices, effects, onset, person), seed)
    export = ExportedRows(tables, [], DATA_UNTIL, person)
    for trap in traps:
        export = set_trap(trap, export, _stream(seed, trap))
    return SimulatedFirm(
        export.tables, export.rates, export.data_until, PERIOD, cause, strengths, effects, onset, person, tuple(traps)
    )


def _tables(world: World, seed: int) -> Tables:
    tables = registers(world, _stream(seed, "registers"))
    tables |= enquiries(world, _stream(seed, "enquiries"))
    tables |= trade(world, tables["deals"], _stream(seed, "trade"))
    tables["price_observations"] = world.prices.seen(_stream(seed, "prices"), world.roster.goods)
    tables["stock_days"] = stock(world, _stream(seed, "stock"))
    tables["interviews"] = interviews(world, tables["deals"], _stream(seed, "interviews"))
    tables |= kept(tables)
    customers = [customer for customer, _, _ in world.roster.accounts]
    tables |= requests(world, customers, _stream(seed, "requests"))
    tables["goals"] = goals(world, tables)
    return tables


def _stream(seed: int, what: str) -> Random:
    """A stream of its own for each part, so that a change of one part leaves the others as they were."""
    return Random(f"{seed} {what}")
