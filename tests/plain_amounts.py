"""Drawn terms of goals, scope, delivery and pricing worked out in plain Python from the words of their definitions.

Each function has the rows of the tables and who and when is asked, and gives the value and what it rests on. No SQL and
no code of the program: days are walked one by one, months and quarters by the calendar.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from plain_facts import Asked, Figure, Row

DAY = timedelta(days=1)
MONEY = ("revenue", "sales")


class Tables(dict[str, list[dict[str, Any]]]):
    """Rows by table, each such object its own: what was worked out of one is kept for it alone."""

    day = "ordered_on"
    """The date on which a sale counts."""
    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__


def days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


def month_start(day: date, months: int = 0) -> date:
    nth = day.year * 12 + day.month - 1 + months
    return date(nth // 12, nth % 12 + 1, 1)


def quarter(asked: Asked, back: int) -> tuple[date, date]:
    first = month_start(asked.start, -3 * back)
    return first, month_start(first, 3) - DAY


def rounded_share(part: float, whole: float, times: float = 100) -> float | None:
    return times * part / whole if whole else None


# --- what was sold ----------------------------------------------------------------------------------------------------


def sales(asked: Asked) -> list[tuple[Row, Row]]:
    """Order and line of all that was booked and not cancelled."""
    return _sales(tables_of(asked))


@lru_cache(maxsize=8)
def _sales(tables: Tables) -> list[tuple[Row, Row]]:
    orders = {row["order_id"]: row for row in tables["orders"] if row["cancelled_on"] is None}
    lines = tables["order_lines"]
    return [(orders[row["order_id"]], row) for row in lines if row["order_id"] in orders]


def counted(asked: Asked) -> list[tuple[date, Row, Row]]:
    """The day on which a sale counts, with order and line; none that waits for its day."""
    key = tables_of(asked).day
    return [(order[key], order, line) for order, line in sales(asked) if order[key] is not None]


def is_of(order: Row, line: Row, kind: str, unit: str) -> bool:
    match kind:
        case "company":
            return True
        case "product":
            return bool(line["product"] == unit)
    return bool(order[kind] == unit)


def sold(asked: Asked, first: date, last: date, kind: str, unit: str) -> float:
    return math.fsum(
        line["quantity"] * line["price"]
        for day, order, line in counted(asked)
        if first <= day <= last and is_of(order, line, kind, unit)
    )


def first_sale(asked: Asked) -> date:
    return min(day for day, _, _ in counted(asked))


# --- goals ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _goals_of(tables: Tables, kind: str, unit: str) -> tuple[Row, ...]:
    rows = (row for row in tables["goals"] if row["unit_kind"] == kind and row["metric"] in MONEY)
    return tuple(row for row in rows if kind == "company" or row["unit"] == unit)


def goal_on(asked: Asked, day: date, kind: str, unit: str) -> float | None:
    """The money that a day has to bring: of each goal the version that counted on that day."""
    versions: dict[tuple[date, date], list[Row]] = defaultdict(list)
    for row in _goals_of(tables_of(asked), kind, unit):
        if row["from_on"] <= day <= row["to_on"]:
            versions[row["from_on"], row["to_on"]].append(row)
    if not versions:
        return None
    found = 0.0
    for (first, last), rows in versions.items():
        rows = sorted(rows, key=lambda row: (row["set_on"], row["version"]))
        counts = [rows[0], *(row for row in rows[1:] if row["set_on"] <= day)][-1]
        found += counts["amount"] / ((last - first).days + 1)
    return found


def tables_of(asked: Asked) -> Tables:
    assert isinstance(asked.tables, Tables)
    return asked.tables


def away(asked: Asked, person: str) -> set[date]:
    spans = (row for row in asked.tables["absences"] if row["person"] == person)
    return {day for row in spans for day in days(row["from_on"], row["to_on"])}


def attained(asked: Asked, first: date, last: date, kind: str, unit: str) -> tuple[float, float] | None:
    """Goal and sales of a unit in a window; None where the goal or the sales do not cover it whole."""
    return _attained(tables_of(asked), first, last, kind, unit)


@lru_cache(maxsize=1024)
def _attained(tables: Tables, first: date, last: date, kind: str, unit: str) -> tuple[float, float] | None:
    asked = Asked(tables, first, last, last)
    if first < month_start(first_sale(asked)):
        return None
    of_days = {day: goal_on(asked, day, kind, unit) for day in days(first, last)}
    if None in of_days.values():
        return None
    gone = away(asked, unit) if kind == "person" else set()
    goal = math.fsum(amount for day, amount in of_days.items() if amount is not None and day not in gone)
    return (goal, sold(asked, first, last, kind, unit)) if goal > 0 else None


def history(asked: Asked, kind: str, unit: str) -> list[tuple[int, float, float]]:
    """Number of quarters back, goal and sales, for each of the window and twelve before that has both."""
    found = ((back, attained(asked, *quarter(asked, back), kind, unit)) for back in range(13))
    return [(back, *pair) for back, pair in found if pair is not None]


def units(asked: Asked, kind: str) -> list[str]:
    return sorted({row["unit"] for row in asked.tables["goals"] if row["unit_kind"] == kind and row["metric"] in MONEY})


def ramped(asked: Asked, first: date, last: date) -> list[str]:
    found = []
    for row in asked.tables["people"]:
        start = row["started_on"]
        there = month_start(start, int(row["ramp_months"]))
        end = month_start(there, 1) - DAY
        up = min(there + timedelta(start.day - 1), end)
        if row["sells"] and up <= first and (row["ended_on"] is None or row["ended_on"] >= last):
            found.append(row["person"])
    return found


def of_sellers(asked: Asked, first: date, last: date) -> list[tuple[float, float]]:
    found = (attained(asked, first, last, "person", person) for person in ramped(asked, first, last))
    return [pair for pair in found if pair is not None]


def own(asked: Asked) -> tuple[float, float] | None:
    return attained(asked, asked.start, asked.end, asked.kind, asked.unit)


def case_attainment_pct(asked: Asked) -> Figure:
    found = own(asked)
    return (100 * found[1] / found[0], 1) if found else (None, 0)


def case_goal_amount(asked: Asked) -> Figure:
    found = own(asked)
    return (found[0], 1) if found else (None, 0)


def case_reached_amount(asked: Asked) -> Figure:
    amounts = [
        line["quantity"] * line["price"]
        for day, order, line in counted(asked)
        if asked.inside(day) and is_of(order, line, asked.kind, asked.unit)
    ]
    return (math.fsum(amounts) if amounts else None), len(amounts)


def case_periods_below_goal(asked: Asked) -> Figure:
    found = history(asked, asked.kind, asked.unit)
    seen = [(goal, got) for nth, (back, goal, got) in enumerate(found) if nth == back]
    reached = [nth for nth, (goal, got) in enumerate(seen) if got >= goal]
    return (reached[0] if reached else len(seen) if seen else None), len(seen)


def case_data_until(asked: Asked) -> Figure:
    return (asked.until, 1) if any(day <= asked.until for day, _, _ in counted(asked)) else (None, 0)


def scope_reps_below_pct(asked: Asked) -> Figure:
    found = of_sellers(asked, asked.start, asked.end)
    return rounded_share(sum(got < 0.9 * goal for goal, got in found), len(found)), len(found)


def _of_kind(asked: Asked, kind: str) -> list[tuple[float, float]]:
    pairs = (attained(asked, asked.start, asked.end, kind, unit) for unit in units(asked, kind))
    return [pair for pair in pairs if pair is not None]


def scope_territories_below_pct(asked: Asked) -> Figure:
    found = _of_kind(asked, "territory")
    return rounded_share(sum(got < 0.9 * goal for goal, got in found), len(found)), len(found)


def scope_gap_concentration_pct(asked: Asked) -> Figure:
    for kind in dict.fromkeys([asked.kind, "territory", "person", "product"]):
        if kind != "company" and len(found := _of_kind(asked, kind)) >= 3:
            gaps = [max(goal - got, 0) for goal, got in found]
            return rounded_share(max(gaps), math.fsum(gaps)), len(found)
    return None, 0


def _before(asked: Asked) -> list[float]:
    return [100 * got / goal for back, goal, got in history(asked, asked.kind, asked.unit) if back]


def scope_attainment_median_pct(asked: Asked) -> Figure:
    found = _before(asked)
    return (statistics.median(found) if found else None), len(found)


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


def scope_attainment_spread_points(asked: Asked) -> Figure:
    found = _before(asked)
    return ((_quantile(found, 0.84) - _quantile(found, 0.16)) / 2 if found else None), len(found)


def scope_spread_periods_n(asked: Asked) -> Figure:
    return len(_before(asked)), len(_before(asked))


def scope_season_history_months(asked: Asked) -> Figure:
    begin = first_sale(asked)
    whole = begin if begin.day == 1 else month_start(begin, 1)
    count = sum(month_start(asked.end, -back) >= whole for back in range(61))
    return count, count


def season(asked: Asked) -> tuple[dict[int, float], int]:
    """Month of the year -> its index; and how many months of sales there are before the window."""
    return _season(tables_of(asked), asked.start)


@lru_cache(maxsize=8)
def _season(tables: Tables, start: date) -> tuple[dict[int, float], int]:
    asked = Asked(tables, start, start, start)
    begin = month_start(first_sale(asked))
    months = [month_start(asked.start, -back) for back in range(58, 0, -1)]
    months = [month for month in months if month >= begin]
    amounts = [sold(asked, month, month_start(month, 1) - DAY, "company", "") for month in months]
    ratios: dict[int, list[float]] = defaultdict(list)
    for nth in range(6, len(months) - 6):
        level = (sum(amounts[nth - 6 : nth + 6]) + sum(amounts[nth - 5 : nth + 7])) / 24
        if level > 0:
            ratios[months[nth].month].append(amounts[nth] / level)
    means = {month: statistics.fmean(found) for month, found in ratios.items()}
    mean = statistics.fmean(means.values()) if means else 1
    return {month: value / mean for month, value in means.items()}, len(months)


def _season_of(asked: Asked, first: date, last: date) -> float | None:
    index, _ = season(asked)
    known = [
        index[month_start(first, k).month]
        for k in range(12)
        if month_start(first, k) <= last and month_start(first, k).month in index
    ]
    return statistics.fmean(known) if known else None


def scope_season_adjusted_attainment_pct(asked: Asked) -> Figure:
    found, year = (
        own(asked),
        attained(asked, date(asked.start.year, 1, 1), date(asked.start.year, 12, 31), asked.kind, asked.unit),
    )
    index = _season_of(asked, asked.start, asked.end)
    if found is None or year is None or index is None:
        return None, 0
    return 100 * found[1] / index / (year[0] / 4), season(asked)[1]


# --- goals ------------------------------------------------------------------------------------------------------------


def goal_measurable(asked: Asked) -> Figure:
    found = [
        row["amount"] is not None and row["amount"] > 0
        for row in asked.tables["goals"]
        if row["unit_kind"] == asked.kind
        and (asked.kind == "company" or row["unit"] == asked.unit)
        and row["from_on"] <= asked.end
        and row["to_on"] >= asked.start
    ]
    return (all(found) if found else None), len(found)


def goal_communicated(asked: Asked) -> Figure:
    letters: dict[tuple[Any, ...], list[date]] = defaultdict(list)
    for row in asked.tables["goals"]:
        whose = row["unit_kind"] not in ("company", "product")
        if asked.unit:
            whose = whose and (row["unit_kind"], row["unit"]) == (asked.kind, asked.unit)
        if whose and row["from_on"] <= asked.end and row["to_on"] >= asked.start:
            signed = letters[row["unit_kind"], row["unit"], row["from_on"]]
            signed += [row["confirmed_on"]] if row["confirmed_on"] else []
    days_after = [(min(signed) - key[2]).days if signed else None for key, signed in letters.items()]
    known = [days for days in days_after if days is not None]
    late = any(days > 14 for days in known)
    return (not late if days_after and (late or len(known) == len(days_after)) else None), len(days_after)


def goal_backtest_ratio_pct(asked: Asked) -> Figure:
    rows = history(asked, asked.kind, asked.unit)
    missed = [back for back, goal, got in rows if got >= goal]
    run = max(1, missed[0] if missed else max((back for back, _, _ in rows), default=0) + 1)
    _, months = season(asked)

    def heads(first: date, last: date) -> int:
        here = ramped(asked, first, last)
        if asked.kind == "territory":
            held = [row for row in asked.tables["assignments"] if row["territory"] == asked.unit]
            here = [
                p
                for p in here
                if any(row["person"] == p and row["from_on"] <= last <= (row["to_on"] or date.max) for row in held)
            ]
        return len(here)

    per_head = []
    for back in range(run, min(run + 3, 8) + 1):
        first, last = quarter(asked, back)
        got, count, own_season = (
            sold(asked, first, last, asked.kind, asked.unit),
            heads(first, last),
            _season_of(asked, first, last),
        )
        if first >= month_start(first_sale(asked)) and count and own_season and months >= 24 and rows:
            per_head.append(got / count / own_season)
    now = next((goal for back, goal, _ in rows if back == 0), None)
    here = heads(asked.start, asked.end)
    now_season = _season_of(asked, asked.start, asked.end)
    if not per_head or now is None or not here or now_season is None:
        return None, len(per_head)
    whole = here * statistics.median(per_head) * now_season
    return (100 * now / whole if whole else None), len(per_head)


def goal_potential_ratio(asked: Asked) -> Figure:
    due, has = {}, {}
    window = list(days(asked.start, asked.end))
    for unit in units(asked, asked.kind):
        amounts = [goal_on(asked, day, asked.kind, unit) for day in window]
        if any(amount is not None for amount in amounts):
            due[unit] = math.fsum(amount or 0 for amount in amounts)
    for row in asked.tables["territories"]:
        first, last = max(row["from_on"], asked.start), min(row["to_on"] or date.max, asked.end)
        if first > last:
            continue
        potential = row["potential"] * ((last - first).days + 1)
        if asked.kind == "territory":
            has[row["territory"]] = has.get(row["territory"], 0) + potential
            continue
        for held in asked.tables["assignments"]:
            begin, end = max(held["from_on"], asked.start), min(held["to_on"] or date.max, asked.end)
            if held["territory"] == row["territory"] and begin <= end:
                part = potential * ((end - begin).days + 1) / len(window)
                has[held["person"]] = has.get(held["person"], 0) + part
    both = [unit for unit in due if has.get(unit, 0) > 0]
    if asked.unit not in both:
        return None, 0
    goal_share = due[asked.unit] / math.fsum(due[unit] for unit in both)
    return goal_share / (has[asked.unit] / math.fsum(has[unit] for unit in both)), len(both)


def goal_share_reps_attaining_pct(asked: Asked) -> Figure:
    year = asked.start.year - 1
    found = of_sellers(asked, date(year, 1, 1), date(year, 12, 31))
    return rounded_share(sum(got >= goal for goal, got in found), len(found)), len(found)


def goal_changed_midperiod_pct(asked: Asked) -> Figure:
    """The goal of the last day of each goal in the window against that of its first, by its days in the window."""
    spans = {
        (row["from_on"], row["to_on"])
        for row in asked.tables["goals"]
        if row["unit_kind"] == asked.kind
        and (asked.kind == "company" or row["unit"] == asked.unit)
        and row["metric"] in MONEY
        and row["from_on"] <= asked.end
        and row["to_on"] >= asked.start
    }
    first_sum = last_sum = 0.0
    for begin, end in spans:
        first, last = max(begin, asked.start), min(end, asked.end)
        count = (last - first).days + 1
        first_sum += count * (goal_on(asked, first, asked.kind, asked.unit) or 0)
        last_sum += count * (goal_on(asked, last, asked.kind, asked.unit) or 0)
    return (100 * (last_sum / first_sum - 1) if spans else None), len(spans)


def goal_levels_linked(asked: Asked) -> Figure:
    def whole(kind: str, unit: str) -> float:
        return math.fsum(goal_on(asked, day, kind, unit) or 0 for day in days(asked.start, asked.end))

    company = whole("company", "")
    people = [amount for unit in units(asked, "person") if (amount := whole("person", unit))]
    if not company:
        return None, 0
    return (1 <= math.fsum(people) / company <= 1.2 if people else None), len(people)


def goal_periods_nobody_n(asked: Asked) -> Figure:
    seen = 0
    for back in range(13):
        found = of_sellers(asked, *quarter(asked, back))
        if not found:
            break
        seen += 1
    some = [back for back in range(seen) if any(got >= goal for goal, got in of_sellers(asked, *quarter(asked, back)))]
    return (some[0] if some else seen if seen else None), seen


def goal_period_phasing_ok(asked: Asked) -> Figure:
    index, months = season(asked)
    goals, shares = [], []
    for part in range(4):
        first = date(asked.start.year, 1 + 3 * part, 1)
        of_days = [goal_on(asked, day, asked.kind, asked.unit) for day in days(first, month_start(first, 3) - DAY)]
        known = [index[month] for month in range(first.month, first.month + 3) if month in index]
        if None not in of_days and known:
            goals.append(math.fsum(amount or 0 for amount in of_days))
            shares.append(math.fsum(known) / 12)
    fits = [abs(100 * goal / math.fsum(goals) - 100 * share) <= 3 for goal, share in zip(goals, shares, strict=True)]
    return (all(fits) if fits else None), (3 * len(fits) if months >= 24 else 0)


# --- price, volume and mix --------------------------------------------------------------------------------------------


def _plan(asked: Asked) -> list[tuple[float, float, float, float]]:
    """Planned units and money, units and money, of each product that was planned whole, or not at all."""
    plan: dict[str, dict[str, float]] = defaultdict(dict)
    for row in sorted(asked.tables["goals"], key=lambda row: (row["set_on"], row["version"])):
        if row["unit_kind"] == "product" and row["from_on"] <= asked.end and row["to_on"] >= asked.start:
            share = (min(row["to_on"], asked.end) - max(row["from_on"], asked.start)).days + 1
            part = row["amount"] * share / ((row["to_on"] - row["from_on"]).days + 1)
            plan[row["unit"]]["units" if row["metric"] == "units" else "money"] = part
    done: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for order, line in sales(asked):
        if asked.inside(order["ordered_on"]):
            done[line["product"]][0] += line["quantity"]
            done[line["product"]][1] += line["quantity"] * line["price"]
    found = []
    for product in {*plan, *done}:
        whole = plan.get(product)
        if whole is None or (whole.get("units", 0) > 0 and whole.get("money", 0) > 0):
            found.append((*(whole["units"], whole["money"]), *done[product]) if whole else (0.0, 0.0, *done[product]))
    return found


def _pvm(asked: Asked, which: Callable[[list[tuple[float, float, float, float]]], float]) -> Figure:
    plan = _plan(asked)
    count = sum(units > 0 for units, _, _, _ in plan)
    money = math.fsum(amount for _, amount, _, _ in plan)
    return (100 * which(plan) / money if money else None), count


def pvm_price_effect_pct(asked: Asked) -> Figure:
    return _pvm(asked, lambda plan: math.fsum(got - n * money / units for units, money, n, got in plan if units))


def pvm_volume_effect_pct(asked: Asked) -> Figure:
    def effect(plan: list[tuple[float, float, float, float]]) -> float:
        planned, made = sum(row[0] for row in plan), sum(row[2] for row in plan)
        return (made - planned) * sum(row[1] for row in plan) / planned

    return _pvm(asked, effect)


def pvm_mix_effect_pct(asked: Asked) -> Figure:
    """What is left of the gap, which price, volume and mix make up whole."""
    price, count = pvm_price_effect_pct(asked)
    volume, _ = pvm_volume_effect_pct(asked)
    plan = _plan(asked)
    money = math.fsum(row[1] for row in plan)
    if price is None or volume is None:
        return None, count
    gap = 100 * (math.fsum(row[3] for row in plan) - money) / money
    return gap - float(str(price)) - float(str(volume)), count


# --- deals ------------------------------------------------------------------------------------------------------------


def deals(asked: Asked, first: date, last: date, day: str = "decided_on") -> list[Row]:
    found = [row for row in asked.tables["deals"] if row[day] and first <= row[day] <= last]
    found = [row for row in found if day != "decided_on" or row["outcome"] != "open"]
    return [row for row in found if asked.mine(row, row["decided_on"] or row["created_on"])]


def cycle(asked: Asked) -> int:
    spans = [(row["decided_on"] - row["created_on"]).days for row in asked.tables["deals"] if row["decided_on"]]
    return round(statistics.median(spans))  # half to even, as the cast does


def planned(asked: Asked, metric: str) -> float | None:
    found = [
        row["amount"]
        * ((min(row["to_on"], asked.end) - max(row["from_on"], asked.start)).days + 1)
        / ((row["to_on"] - row["from_on"]).days + 1)
        if metric == "opportunities"
        else row["amount"]
        for row in asked.tables["goals"]
        if row["unit_kind"] == "company"
        and row["metric"] == metric
        and row["from_on"] <= asked.end
        and row["to_on"] >= asked.start
    ]
    return math.fsum(found) if found else None


def _cohort(asked: Asked) -> list[Row]:
    back = timedelta(cycle(asked))
    return deals(asked, asked.start - back, asked.end - back, "created_on")


def funnel_leads_index(asked: Asked) -> Figure:
    plan, found = planned(asked, "opportunities"), _cohort(asked)
    return (len(found) / plan if plan and found else None), len(found)


def funnel_conversion_index(asked: Asked) -> Figure:
    plan, found = planned(asked, "win rate"), deals(asked, asked.start, asked.end)
    won = sum(row["outcome"] == "won" for row in found)
    return (100 * won / len(found) / plan if plan and found else None), len(found)


def _won(asked: Asked) -> list[Row]:
    return [row for row in deals(asked, asked.start, asked.end) if row["outcome"] == "won"]


def _mean_amount(rows: Iterable[Row]) -> float | None:
    amounts = [row["amount"] for row in rows if row["amount"] is not None]
    return statistics.fmean(amounts) if amounts else None


def funnel_deal_size_index(asked: Asked) -> Figure:
    plan, mean = planned(asked, "deal size"), _mean_amount(_won(asked))
    return (mean / plan if plan and mean is not None else None), len(_won(asked))


def funnel_cycle_index(asked: Asked) -> Figure:
    plan, found = planned(asked, "cycle"), deals(asked, asked.start, asked.end)
    spans = [(row["decided_on"] - row["created_on"]).days / plan for row in found] if plan else []
    return (statistics.median(spans) if spans else None), len(found)


def funnel_win_rate_pct(asked: Asked) -> Figure:
    found = _cohort(asked)
    return rounded_share(sum(row["outcome"] == "won" for row in found), len(found)), len(found)


def funnel_deal_amount(asked: Asked) -> Figure:
    return _mean_amount(_won(asked)), len(_won(asked))


def data_crm_completeness_pct(asked: Asked) -> Figure:
    found = [
        row
        for row in asked.tables["deals"]
        if row["created_on"] <= asked.end
        and (row["decided_on"] is None or row["decided_on"] > asked.end)
        and asked.mine(row, row["decided_on"] or row["created_on"])
    ]

    def complete(deal: Row) -> bool:
        done = [row for row in asked.tables["activities"] if row["deal_id"] == deal["deal_id"]]
        lately = any(row["done"] and asked.lately(row["on_"], 90) for row in done)
        return None not in (deal["person"], deal["amount"]) and lately and any(row["on_"] > asked.end for row in done)

    return rounded_share(sum(map(complete, found)), len(found)), len(found)


def _won_share(asked: Asked) -> tuple[int, int]:
    found = deals(asked, asked.start, asked.end)
    return sum(row["outcome"] == "won" for row in found), len(found)


def price_win_change_points(asked: Asked) -> Figure:
    won, count = _won_share(asked)
    before, earlier = _won_share(asked.year_ago)
    return (100 * (won / count - before / earlier) if count and earlier else None), min(count, earlier)


def price_win_n(asked: Asked) -> Figure:
    return _won_share(asked)[1], _won_share(asked)[1]


def price_win_before_n(asked: Asked) -> Figure:
    return price_win_n(asked.year_ago)


# --- orders -----------------------------------------------------------------------------------------------------------


def _mine(asked: Asked) -> list[Row]:
    return [row for row in asked.tables["orders"] if asked.kind == "company" or row[asked.kind] == asked.unit]


def _due(asked: Asked) -> list[Row]:
    closed = asked.until - 35 * DAY
    return [
        row
        for row in _mine(asked)
        if asked.inside(row["promised_on"])
        and (row["cancelled_on"] is None or row["cancelled_on"] > row["promised_on"])
        and (row["delivered_on"] is not None or row["promised_on"] <= closed)
    ]


def delivery_otif_pct(asked: Asked) -> Figure:
    found = _due(asked)
    ok = [
        row
        for row in found
        if row["delivered_on"] and row["delivered_on"] <= row["promised_on"] and row["complete"] is not False
    ]
    return rounded_share(len(ok), len(found)), len(found)


def delivery_orders_n(asked: Asked) -> Figure:
    return len(_due(asked)), len(_due(asked))


def delivery_cancelled_pct(asked: Asked) -> Figure:
    found = [row for row in _mine(asked) if asked.inside(row["ordered_on"])]
    delayed = [row for row in found if row["cancelled_on"] and row["cancel_reason"] in ("Late delivery", "lead time")]
    return rounded_share(len(delayed), len(found)), len(found)


def delivery_unshipped_gap_share_pct(asked: Asked) -> Figure:
    found = own(asked)
    rows = [
        row
        for row in _mine(asked)
        if asked.start - 365 * DAY <= row["ordered_on"] <= asked.end
        and (row["delivered_on"] is None or row["delivered_on"] >= asked.start)
        and (row["cancelled_on"] is None or row["cancelled_on"] > asked.end)
    ]
    if found is None:
        return None, 0
    late = {
        row["order_id"]
        for row in rows
        if row["promised_on"] and row["promised_on"] <= asked.end and tables_of(asked).day == "delivered_on"
        if row["delivered_on"] is None or row["delivered_on"] > asked.end
    }
    lines = (line for line in asked.tables["order_lines"] if line["order_id"] in late)
    waits = math.fsum(line["quantity"] * line["price"] for line in lines)
    return (100 * waits / (found[0] - found[1]) if found[0] > found[1] and rows else None), len(rows)


def delivery_stockout_pct(asked: Asked) -> Figure:
    best = {row["product"] for row in asked.tables["products"] if row["a_item"]}
    found = [
        row
        for row in asked.tables["stock_days"]
        if row["product"] in best and asked.inside(row["day"]) and asked.unit in ("", row["product"])
    ]
    return rounded_share(sum(row["on_hand"] <= 0 for row in found), len(found)), len(found)


def delivery_reorder_gap_points(asked: Asked) -> Figure:
    last: dict[str, Row] = {}
    for row in sorted(_mine(asked), key=lambda row: row["order_id"], reverse=True):
        came = row["delivered_on"]
        if came and row["customer"] and row["promised_on"] and asked.start - 90 * DAY <= came <= asked.end - 90 * DAY:
            known = last.get(row["customer"], row)
            last[row["customer"]] = row if came >= known["delivered_on"] else known
    sides: dict[bool, list[bool]] = {True: [], False: []}
    for customer, row in last.items():
        again = any(
            other["customer"] == customer
            and other["cancelled_on"] is None
            and row["delivered_on"] < other["ordered_on"] <= row["delivered_on"] + 90 * DAY
            for other in asked.tables["orders"]
        )
        sides[row["delivered_on"] > row["promised_on"]].append(again)
    count = min(map(len, sides.values()))
    return (100 * (statistics.fmean(sides[True]) - statistics.fmean(sides[False])) if count else None), count


def delivery_backlog_ratio(asked: Asked) -> Figure:
    def waiting(day: date) -> int:
        return sum(
            row["ordered_on"] <= day
            and all(row[end] is None or row[end] > day for end in ("delivered_on", "cancelled_on"))
            for row in _mine(asked)
        )

    begin = month_start(min(row["ordered_on"] for row in asked.tables["orders"]), 1) - DAY
    ends = [month_start(asked.end, 1 - back) - DAY for back in range(13)]
    known = [waiting(day) for day in ends if day >= begin and any(row["ordered_on"] <= day for row in _mine(asked))]
    if len(known) < 13:
        return None, 0
    usual = statistics.median(known[1:])
    return (known[0] / usual if usual else None), known[0]


# --- prices -----------------------------------------------------------------------------------------------------------


def _reasons(asked: Asked, words: Sequence[str], sellers: bool) -> Figure:
    found = [
        row["reason"]
        for row in asked.tables["interviews"]
        if row["kind"] == "lost"
        and row["reason"]
        and row["asked_by"] is not None
        and (row["asked_by"] == "seller") == sellers
        and (asked.inside(row["held_on"]) if sellers else asked.lately(row["held_on"], 180))
    ]
    return rounded_share(sum(reason in words for reason in found), len(found)), len(found)


def delivery_lost_reason_share_pct(asked: Asked) -> Figure:
    return _reasons(asked, ("late delivery", "lead time"), False)


def price_lost_reason_share_pct(asked: Asked) -> Figure:
    return _reasons(asked, ("price", "too expensive"), False)


def price_lost_rep_reported_pct(asked: Asked) -> Figure:
    return _reasons(asked, ("price", "too expensive"), True)


def price_index_vs_competitor_pct(asked: Asked) -> Figure:
    seen = [row for row in asked.tables["price_observations"] if asked.lately(row["seen_on"], 180)]
    main = "Main"  # the tables see to it that this rival is seen more often than the other
    found = [
        100 * row["ours"] / row["rival_price"]
        for row in seen
        if row["rival"] == main and asked.unit in ("", row["product"]) and row["rival_price"] > 0
    ]
    return (statistics.median(found) if found else None), len(found)


def _lines(asked: Asked) -> list[tuple[Row, Row]]:
    return [
        (order, line)
        for order, line in sales(asked)
        if asked.inside(order["ordered_on"]) and is_of(order, line, asked.kind, asked.unit)
    ]


def _lists(asked: Asked, all_orders: bool = True) -> dict[str, float]:
    orders = {row["order_id"]: row for row in asked.tables["orders"]}
    found: dict[str, list[float]] = defaultdict(list)
    for line in asked.tables["order_lines"]:
        order = orders[line["order_id"]]
        kept = all_orders or order["cancelled_on"] is None
        if kept and asked.inside(order["ordered_on"]) and is_of(order, line, asked.kind, asked.unit):
            found[line["product"]].append(line["list_price"])
    return {product: statistics.median(prices) for product, prices in found.items()}


def price_increase_recent_pct(asked: Asked) -> Figure:
    now, before = _lists(asked), _lists(asked.year_ago)
    both = [now[product] / before[product] for product in now if product in before]
    return (100 * (statistics.median(both) - 1) if both else None), len(both)


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)


def price_volume_after_increase_pct(asked: Asked) -> Figure:
    horizon = asked.at(asked.end - 913 * DAY, asked.end)
    rows = [(order["ordered_on"], line) for order, line in _lines(horizon)]
    old = _lists(asked.year_ago, all_orders=False)
    after = before = 0.0
    products = 0
    for product, price in old.items():
        rises = [
            day
            for day, line in rows
            if line["product"] == product and day > asked.end - 365 * DAY and line["list_price"] >= 1.02 * price
        ]
        if rises and min(day for day, _ in rows) <= _year_before(min(rises)):
            first, last = min(rises), min(min(rises) + 182 * DAY, asked.end)
            products += 1
            own = [(day, line["quantity"]) for day, line in rows if line["product"] == product]
            after += sum(n for day, n in own if first <= day <= last)
            before += sum(n for day, n in own if _year_before(first) <= day <= _year_before(last))
    return (100 * (after / before - 1) if before else None), products if after or before else 0


def _discount(asked: Asked) -> tuple[float | None, int]:
    found = [(line["quantity"] * line["list_price"], line["quantity"] * line["price"]) for _, line in _lines(asked)]
    whole = math.fsum(at for at, _ in found)
    return (100 * (1 - math.fsum(paid for _, paid in found) / whole) if whole else None), len(found)


def price_discount_change_points(asked: Asked) -> Figure:
    (now, count), (before, earlier) = _discount(asked), _discount(asked.year_ago)
    return (now - before if now is not None and before is not None else None), min(count, earlier)


def price_below_cost_pct(asked: Asked) -> Figure:
    found = [line for _, line in _lines(asked) if line["cost"] is not None]
    paid = math.fsum(line["quantity"] * line["price"] for line in found)
    below = math.fsum(line["quantity"] * line["price"] for line in found if line["price"] < line["cost"])
    return (100 * below / paid if paid else None), len(found)


def price_discount_dispersion_points(asked: Asked) -> Figure:
    family = {row["product"]: row["family"] for row in asked.tables["products"]}
    bands: dict[tuple[str, int], list[float]] = defaultdict(list)
    for _, line in _lines(asked):
        if line["quantity"] > 0:
            size = math.floor(math.log10(line["quantity"] * line["list_price"]))
            bands[family[line["product"]], size].append(100 * (1 - line["price"] / line["list_price"]))
    spreads = [_quantile(found, 0.75) - _quantile(found, 0.25) for found in bands.values() if len(found) >= 30]
    return (statistics.median(spreads) if spreads else None), len(spreads)


def price_quote_turnaround_days(asked: Asked) -> Figure:
    found = [
        sum(day.weekday() < 5 for day in days(row["asked_on"] + DAY, row["sent_on"]))
        for row in asked.tables["quotes"]
        if asked.inside(row["sent_on"]) and row["asked_on"] <= row["sent_on"]
    ]
    return (statistics.median(found) if found else None), len(found)


AMOUNTS: dict[str, Callable[[Asked], Figure]] = {
    name: function
    for name, function in list(globals().items())
    if name.split("_")[0] in ("case", "scope", "goal", "pvm", "funnel", "data", "delivery", "price")
    and name != "goal_on"
}
