"""List prices, discounts, and what rivals ask, in a simulated firm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from salesdx.facts.simulation.causes import Effects
from salesdx.facts.simulation.roster import DATA_UNTIL, START, Goods, Row

_YEARLY = 0.02
"""Prices go up by this much each January."""
_DISCOUNT = 0.08


@dataclass(frozen=True)
class PriceList:
    """The firm's prices by day; a step beyond the yearly one may come on the day of the onset."""

    effects: Effects
    onset: date

    def listed(self, goods: Goods, day: date) -> float:
        """The list price on a day, in EUR."""
        step = self.effects.list_raise if day >= self.onset else 0.0
        return round(goods.price * (1 + _YEARLY) ** (day.year - START.year) * (1 + step), 0)

    def discount(self, random: Random, day: date) -> float:
        """The discount of one line, a share of the list price."""
        more = self.effects.discount if day >= self.onset else 0.0
        return round(min(0.4, max(0.0, random.gauss(_DISCOUNT + more, 0.03))), 3)

    def seen(self, random: Random, goods: Sequence[Goods]) -> list[Row]:
        """Prices that were compared with rivals': six products each month, from quotes that customers showed."""
        rows: list[Row] = []
        day = START + timedelta(9)
        while day <= DATA_UNTIL:
            for each in random.sample(list(goods), 6):
                rows.append(self._seen(random, each, day))
            day += timedelta(30)
        return rows

    def _seen(self, random: Random, goods: Goods, day: date) -> Row:
        fall = self.effects.rival_fall if day >= self.onset else 0.0
        usual = goods.price * (1 + _YEARLY) ** (day.year - START.year)
        return {
            "product": goods.id,
            "seen_on": day,
            "ours": self.listed(goods, day),
            "rival": random.choice(("Fjordwood", "Kastell", "Linea")),
            "rival_price": round(usual * (1 - fall) * random.gauss(1, 0.035), 0),
            "source": "customer's quote",
        }
