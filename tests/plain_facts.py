"""Drawn terms worked out in plain Python from the words of their definitions: no SQL, no code of the program.

Each function has the rows of the tables and who and when is asked, and gives the value and what it rests on.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

Row = Mapping[str, Any]
Figure = tuple[object, int]
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """The tables, the window with both ends inside, the last day of the data, and whose rows are asked for."""

    tables: Mapping[str, Sequence[Row]]
    start: date
    end: date
    until: date
    kind: str = "company"
    unit: str = ""

    def at(self, start: date, end: date) -> Asked:
        return Asked(self.tables, start, end, self.until, self.kind, self.unit)

    @property
    def year_ago(self) -> Asked:
        return self.at(self.start.replace(year=self.start.year - 1), self.end.replace(year=self.end.year - 1))

    def inside(self, day: date | None) -> bool:
        return day is not None and self.start <= day <= self.end

    def lately(self, day: date | None, days: int) -> bool:
        """In so many days up to the end of the window, the last one counted."""
        return day is not None and self.end - timedelta(days=days - 1) <= day <= self.end

    def territory(self, person: str | None, day: date | None) -> str | None:
        held = [
            row["territory"]
            for row in self.tables["assignments"]
            if row["person"] == person and day and row["from_on"] <= day <= (row["to_on"] or date.max)
        ]
        return max((name for name in held if name), default=None)

    def mine(self, row: Row, day: date | None, product: str | None = None, territory: str | None = None) -> bool:
        match self.kind:
            case "company":
                return True
            case "person":
                return bool(row.get("person") == self.unit)
            case "product":
                return (product or row.get("product")) == self.unit
        return (territory or self.territory(row.get("person"), day)) == self.unit


def share(hits: int, total: int) -> float | None:
    return 100 * hits / total if total else None


def change(now: Sequence[bool], before: Sequence[bool]) -> Figure:
    n = min(len(now), len(before))
    return (100 * sum(now) / len(now) - 100 * sum(before) / len(before) if n else None), n


def months_back(day: date, months: int) -> date:
    """The same day so many months before, the last of the month where there is none."""
    first = day.year * 12 + day.month - 1 - months
    for last in range(day.day, 27, -1):
        try:
            return date(first // 12, first % 12 + 1, last)
        except ValueError:
            continue
    return date(first // 12, first % 12 + 1, day.day)


# --- talks, surveys ---------------------------------------------------------------------------------------------------


def talks(a: Asked, kind: str) -> list[Row]:
    deals = {row["deal_id"]: row for row in a.tables["deals"]}
    return [
        row
        for row in a.tables["interviews"]
        if row["kind"] == kind
        and row["asked_by"] not in ("seller", None)
        and row["reason"] is not None
        and a.lately(row["held_on"], 180)
        and a.mine(deals.get(row["deal_id"], {}), row["held_on"])
    ]


def named(kind: str, *reasons: str) -> Callable[[Asked], Figure]:
    def figure(a: Asked) -> Figure:
        found = talks(a, kind)
        return share(sum(row["reason"] in reasons for row in found), len(found)), len(found)

    return figure


def asked_n(kind: str) -> Callable[[Asked], Figure]:
    return lambda a: (len(talks(a, kind)), len(talks(a, kind)))


def scores(a: Asked, kind: str, scale: int, least: int) -> list[float]:
    return [
        row["score"]
        for row in a.tables["surveys"]
        if row["kind"] == kind
        and (row["scale"] or scale) == scale
        and row["score"] is not None
        and least <= row["score"] <= scale
        and a.lately(row["on_"], 180)
    ]


def satisfied(kind: str) -> Callable[[Asked], Figure]:
    def figure(a: Asked) -> Figure:
        found = scores(a, kind, 5, 1)
        return share(sum(score >= 4 for score in found), len(found)), len(found)

    return figure


def answers_n(kind: str, scale: int, least: int) -> Callable[[Asked], Figure]:
    return lambda a: (len(scores(a, kind, scale, least)), len(scores(a, kind, scale, least)))


def net(found: Sequence[float]) -> float | None:
    if not found:
        return None
    return 100 * (sum(score >= 9 for score in found) - sum(score <= 6 for score in found)) / len(found)


def product_nps(a: Asked) -> Figure:
    found = scores(a, "recommend", 10, 0)
    value = net(found)
    return (None if value is None else int(abs(value) + 0.5) * (1 if value >= 0 else -1)), len(found)


def product_nps_change_points(a: Asked) -> Figure:
    now, before = scores(a, "recommend", 10, 0), scores(a.year_ago, "recommend", 10, 0)
    ends = net(now), net(before)
    value = None if ends[0] is None or ends[1] is None else ends[0] - ends[1]
    return value, min(len(now), len(before))


def mkt_awareness_change_points(a: Asked) -> Figure:
    def knows(at: Asked) -> list[bool]:
        rows = [row for row in at.tables["surveys"] if row["kind"] == "awareness" and row["score"] is not None]
        return [row["score"] > 0 for row in rows if at.lately(row["on_"], 180)]

    return change(knows(a), knows(a.year_ago))


# --- orders, returns --------------------------------------------------------------------------------------------------


def lines(a: Asked) -> Iterable[tuple[Row, Row]]:
    orders = {row["order_id"]: row for row in a.tables["orders"]}
    return ((orders[row["order_id"]], row) for row in a.tables["order_lines"])


def came_back(a: Asked, first: date, last: date) -> list[tuple[date, Row]]:
    """The day of the order and the return, of goods ordered in these days that came back within 35 days."""
    orders = {row["order_id"]: row for row in a.tables["orders"]}
    return [
        (order["ordered_on"], row)
        for row in a.tables["returns"]
        for order in (orders[row["order_id"]],)
        if first <= order["ordered_on"] <= last
        and order["ordered_on"] <= row["returned_on"] <= order["ordered_on"] + timedelta(days=35)
        and a.mine(order, order["ordered_on"], row["product"], order["territory"])
    ]


def product_returns_n(a: Asked) -> Figure:
    found = came_back(a, a.start, a.end)
    return len(found), len(found)


def product_return_ratio(a: Asked) -> Figure:
    first = months_back(a.start, 12)
    units: dict[tuple[int, int], float] = {}
    backs: dict[tuple[int, int], int] = {}
    for order, line in lines(a):
        if first <= order["ordered_on"] <= a.end and a.mine(
            order, order["ordered_on"], line["product"], order["territory"]
        ):
            month = order["ordered_on"].year, order["ordered_on"].month
            units[month] = units.get(month, 0) + line["quantity"]
    for day, _ in came_back(a, first, a.end):
        backs[day.year, day.month] = backs.get((day.year, day.month), 0) + 1
    now = {month for month in units | backs if date(*month, 1) >= a.start}
    n = sum(backs.get(month, 0) for month in now)
    rates = [backs.get(month, 0) / units[month] for month in units if month not in now and units[month] > 0]
    sold = sum(units.get(month, 0) for month in now)
    normal = statistics.median(rates) if rates else 0
    return (n / (sold * normal) if sold * normal else None), n


def product_trend_gap_points(a: Asked) -> Figure:
    after = a.end + DAY
    years = {True: (months_back(after, 12), a.end), False: (months_back(after, 24), months_back(after, 12) - DAY)}
    size: dict[tuple[str, bool], float] = {}
    days: dict[tuple[str, bool], int] = {}
    for row in a.tables["markets"]:
        for now, (first, last) in years.items():
            shared = (min(row["to_on"], last) - max(row["from_on"], first)).days + 1
            if shared > 0:
                key = row["category"], now
                whole = (row["to_on"] - row["from_on"]).days + 1
                size[key] = size.get(key, 0) + row["size"] * shared / whole
                days[key] = days.get(key, 0) + shared
    thin = {name: min(days.get((name, now), 0) for now in years) for name, _ in size}
    family = {row["product"]: row["family"] for row in a.tables["products"]}
    ours = {True: 0.0, False: 0.0}
    seen: set[str] = set()
    sold: set[str] = set()
    for order, line in lines(a):
        name = family.get(line["product"])
        if name is None or thin.get(name, 0) < 360 or not a.mine(order, order["ordered_on"], line["product"]):
            continue
        sold.add(name)
        for now, (first, last) in years.items():
            if first <= order["ordered_on"] <= last:
                ours[now] += line["quantity"]
                seen.add(name)
    market = {now: sum(size[name, now] for name in sold) for now in years}
    n = min((thin[name] for name in seen), default=0)
    if not ours[False] or not market[False] or not ours[True]:
        return None, n
    return 100 * ours[True] / ours[False] - 100 * market[True] / market[False], n


def win_product_growth_gap_points(a: Asked) -> Figure:
    def sold(at: Asked) -> tuple[list[float], float]:
        own: list[float] = []
        rest = 0.0
        for order, line in lines(at):
            if at.inside(order["ordered_on"]) and order["cancelled_on"] is None:
                amount = line["quantity"] * line["price"]
                if line["product"] == a.unit:
                    own.append(amount)
                else:
                    rest += amount
        return own, rest

    (now, rest), (before, rest_before) = sold(a), sold(a.year_ago)
    n = min(len(now), len(before))
    return (100 * sum(now) / sum(before) - 100 * rest / rest_before if n and rest_before else None), n


def bought(a: Asked, first: date, last: date) -> dict[str, list[date]]:
    found: dict[str, list[date]] = {}
    for row in a.tables["orders"]:
        kept = row["customer"] is not None and row["cancelled_on"] is None and first <= row["ordered_on"] <= last
        if kept and a.mine(row, row["ordered_on"], territory=row["territory"]):
            found.setdefault(row["customer"], []).append(row["ordered_on"])
    return found


def service_churn_change_points(a: Asked) -> Figure:
    begun = min(row["ordered_on"] for row in a.tables["orders"])

    def lost(at: Asked) -> list[bool]:
        year, two = months_back(at.end, 12), months_back(at.end, 24)
        days = bought(at, two + DAY, at.end)
        return [max(of) <= year for of in days.values() if min(of) <= year]

    value, n = change(lost(a), lost(a.year_ago))
    return (value if begun <= months_back(months_back(a.year_ago.end, 24), -1) else None), n


def service_repeat_change_points(a: Asked) -> Figure:
    def again(at: Asked) -> list[bool]:
        days = bought(at, at.start - (at.end - at.start + DAY), at.end)
        return [max(of) >= at.start for of in days.values() if min(of) < at.start]

    return change(again(a), again(a.year_ago))


def service_follow_up_done_pct(a: Asked) -> Figure:
    found = [
        any(
            act["done"]
            and act["customer"] is not None
            and act["customer"] == row["customer"]
            and row["delivered_on"] <= act["on_"] <= row["delivered_on"] + timedelta(days=14)
            for act in a.tables["activities"]
        )
        for row in a.tables["orders"]
        if a.inside(row["delivered_on"]) and a.mine(row, row["ordered_on"], territory=row["territory"])
    ]
    return (share(sum(found), len(found)) if any(found) else None), len(found)


# --- deals ------------------------------------------------------------------------------------------------------------


def decided(a: Asked) -> list[Row]:
    return [
        row
        for row in a.tables["deals"]
        if row["outcome"] in ("won", "lost", "none") and a.inside(row["decided_on"]) and a.mine(row, row["decided_on"])
    ]


def against_rivals(a: Asked) -> list[bool]:
    return [row["outcome"] == "won" for row in decided(a) if (row["competitor"] or "").strip()]


def product_h2h_before_n(a: Asked) -> Figure:
    n = len(against_rivals(a.year_ago))
    return n, n


def technique(a: Asked) -> tuple[str | None, list[Row], list[Row]]:
    """The technique that is looked at, its deals, and the others of its segments; of the whole firm."""
    deals = decided(Asked(a.tables, a.start, a.end, a.until))
    tag = {row["deal_id"]: (row["technique"] or "").strip() for row in deals}
    best: tuple[Any, ...] = ()
    for name in {name for name in tag.values() if name}:
        segments = {row["segment"] for row in deals if tag[row["deal_id"]] == name}
        there = [row for row in deals if row["segment"] in segments]
        used = [row for row in there if tag[row["deal_id"]] == name]
        rest = [row for row in there if tag[row["deal_id"]] != name]
        full = len(used) >= 30 and len(rest) >= 30
        gap = won(used) / len(used) - won(rest) / len(rest) if full else 0.0
        rank = (not full, -gap, -len(used), name)
        if not best or rank < best[0]:
            best = (rank, name, used, rest)
    return best[1:] if best else (None, [], [])  # type: ignore[return-value]


def won(rows: Sequence[Row]) -> int:
    return sum(row["outcome"] == "won" for row in rows)


def with_technique(which: int, count: Callable[[list[Row]], object]) -> Callable[[Asked], Figure]:
    def figure(a: Asked) -> Figure:
        rows = [row for row in technique(a)[which] if a.mine(row, row["decided_on"])]  # type: ignore[union-attr]
        return count(rows), len(rows)

    return figure


def win_techniques_scanned_n(a: Asked) -> Figure:
    found = [row["technique"].strip() for row in decided(a) if (row["technique"] or "").strip()]
    return len(set(found)), len(found)


def at_work(a: Asked) -> list[str]:
    return [
        row["person"]
        for row in a.tables["people"]
        if row["sells"]
        and row["started_on"] <= a.start
        and (row["ended_on"] is None or row["ended_on"] > a.end)
        and (a.kind == "company" or row["person"] == a.unit)
    ]


def win_adoption_pct(a: Asked) -> Figure:
    users = {row["person"] for row in technique(a)[1]}
    return share(len(users & set(at_work(a))), len(at_work(a))), len(at_work(a))


def enable_stale_prospects_pct(a: Asked) -> Figure:
    cycles = [
        (row["decided_on"] - row["created_on"]).days for row in a.tables["deals"] if a.lately(row["decided_on"], 365)
    ]
    allowed = max(14.0, statistics.median(cycles) / 4 if cycles else 0)
    found = []
    for row in a.tables["deals"]:
        if row["created_on"] <= a.end and (row["decided_on"] is None or row["decided_on"] > a.end):
            acts = [act for act in a.tables["activities"] if act["deal_id"] == row["deal_id"]]
            done = [act["on_"] for act in acts if act["done"] and act["on_"] <= a.end]
            planned = any(not act["done"] and act["on_"] > a.end for act in acts)
            found.append((a.end - max(done, default=row["created_on"])).days > allowed and not planned)
    return share(sum(found), len(found)), len(found)


# --- leads, marketing -------------------------------------------------------------------------------------------------


def leads(a: Asked, days: int = 0) -> list[Row]:
    return [
        row
        for row in a.tables["leads"]
        if (a.lately(row["created_on"], days) if days else a.inside(row["created_on"]))
        and a.mine(row, row["assigned_on"])
    ]


def mkt_icp_fit_pct(a: Asked) -> Figure:
    found = [row["fits_profile"] for row in leads(a, 180) if row["fits_profile"] is not None]
    return share(sum(found), len(found)), len(found)


def mkt_mql_sql_pct(a: Asked) -> Figure:
    found = [bool(row["accepted"]) for row in leads(a)]
    return share(sum(found), len(found)), len(found)


def hours(first: datetime, last: datetime) -> float:
    return (last - first).total_seconds() / 3600


def mkt_lead_response_hours(a: Asked) -> Figure:
    end = datetime.combine(a.until, time.min) + DAY
    found = [hours(row["created_at"], row["first_touch_at"] or end) for row in leads(a)]
    return (statistics.median(found) if found else None), len(found)


def mkt_lead_response_owner(a: Asked) -> Figure:
    found = [row for row in leads(a) if row["assigned_at"] and row["first_touch_at"]]
    if not found:
        return "unclear", 0
    routed = statistics.median(hours(row["created_at"], row["assigned_at"]) for row in found)
    touched = statistics.median(hours(row["assigned_at"], row["first_touch_at"]) for row in found)
    if routed > 2 * touched:
        return "marketing_routing", len(found)
    return ("sales_follow_up" if touched > 2 * routed else "unclear"), len(found)


def mkt_leads_peer_ratio(a: Asked) -> Figure:
    given: dict[str, set[str]] = {}
    for row in a.tables["leads"]:
        if row["fits_profile"] and a.inside(row["assigned_on"]):
            for held in a.tables["assignments"]:
                there = held["from_on"] <= row["assigned_on"] <= (held["to_on"] or date.max)
                if there and held["person"] == row["person"] and held["territory"]:
                    given.setdefault(held["territory"], set()).add(row["lead_id"])
    others = [len(ids) for name, ids in given.items() if name != a.unit]
    if a.unit not in given:
        return None, 0
    return (len(given[a.unit]) / statistics.median(others) if others else None), len(others)


def mkt_leads_planned_n(a: Asked) -> Figure:
    newest: dict[tuple[date, date], Row] = {}
    for row in a.tables["goals"]:
        if (
            row["metric"] == "leads"
            and row["unit_kind"] == a.kind
            and row["unit"] == (a.unit or "all")
            and row["to_on"] >= a.start
            and row["from_on"] <= a.end
        ):
            known = newest.get((row["from_on"], row["to_on"]))
            if known is None or row["set_on"] > known["set_on"]:
                newest[row["from_on"], row["to_on"]] = row
    planned, covered = 0.0, 0
    for row in newest.values():
        shared = (min(row["to_on"], a.end) - max(row["from_on"], a.start)).days + 1
        planned += row["amount"] * shared / ((row["to_on"] - row["from_on"]).days + 1)
        covered += shared
    whole = covered == (a.end - a.start).days + 1
    return (int(planned + 0.5) if whole else None), len(newest)


def mkt_spend_vs_plan_pct(a: Asked) -> Figure:
    found = [row for row in a.tables["spending"] if row["from_on"] >= a.start and row["to_on"] <= a.end]
    planned = sum(row["planned"] for row in found)
    return (100 * sum(row["spent"] for row in found) / planned if planned else None), len(found)


def mkt_campaign_active(a: Asked) -> Figure:
    rows = a.tables["campaigns"]
    if min(row["from_on"] for row in rows) > a.start or max(row["to_on"] for row in rows) < a.end:
        return None, 0
    there = [row for row in rows if not a.unit or row["territory"] in (None, a.unit)]
    return any(row["from_on"] <= a.end and row["to_on"] >= a.start for row in there), len(rows)


# --- tickets, help ----------------------------------------------------------------------------------------------------


def tickets(a: Asked) -> list[Row]:
    return [row for row in a.tables["tickets"] if a.inside(row["opened_on"])]


def service_complaint_ratio(a: Asked) -> Figure:
    first = months_back(a.start, 12)
    reaches = min(row["opened_on"] for row in a.tables["tickets"]) <= months_back(a.start, 11)
    months: dict[date, int] = {}
    day = first
    while day <= a.end:
        months[day] = 0
        day = months_back(day, -1)
    for row in a.tables["tickets"]:
        if row["complaint"] and first <= row["opened_on"] <= a.end:
            months[row["opened_on"].replace(day=1)] += 1
    now = [n for month, n in months.items() if month >= a.start]
    normal = statistics.median(n for month, n in months.items() if month < a.start)
    return (statistics.mean(now) / normal if normal and reaches else None), sum(months.values())


def working_hours(first: datetime, last: datetime) -> float:
    """Hour for hour of each working day, 9 to 17."""
    total, day = 0.0, first.date()
    while day <= last.date():
        if day.weekday() < 5:
            begin = max(first, datetime.combine(day, time(9)))
            end = min(last, datetime.combine(day, time(17)))
            total += max(0.0, hours(begin, end))
        day += DAY
    return total


def service_first_response_hours(a: Asked) -> Figure:
    end = datetime.combine(a.until, time.min) + DAY
    found = [working_hours(row["opened_at"], row["first_answer_at"] or end) for row in tickets(a)]
    return (statistics.median(found) if found else None), len(found)


def service_fcr_pct(a: Asked) -> Figure:
    found = [(row["contacts"] or 99) <= 1 and row["solved_on"] is not None for row in tickets(a)]
    return share(sum(found), len(found)), len(found)


def service_ticket_backlog_days(a: Asked) -> Figure:
    rows = [row for row in a.tables["tickets"] if row["opened_on"] <= a.end]
    found = [(a.end - row["opened_on"]).days for row in rows if row["solved_on"] is None or row["solved_on"] > a.end]
    return (statistics.median(found) if found else None), len(found)


def enable_presales_wait_days(a: Asked) -> Figure:
    found = []
    for row in a.tables["help_requests"]:
        if a.inside(row["asked_on"]):
            days, last = 0, row["answered_on"] or a.until
            day = row["asked_on"]
            while day < last:
                day += DAY
                days += day.weekday() < 5
            found.append(days)
    return (statistics.median(found) if found else None), len(found)


# --- people -----------------------------------------------------------------------------------------------------------


def enable_training_completed_pct(a: Asked) -> Figure:
    here = {row["person"] for row in a.tables["people"] if row["ended_on"] is None or row["ended_on"] > a.end}
    passed: dict[tuple[str, str], bool] = {}
    for row in a.tables["trainings"]:
        asked = row["person"] in here and (a.kind == "company" or row["person"] == a.unit)
        if asked and row["required"] and (row["held_on"] is None or row["held_on"] <= a.end):
            key = row["person"], row["course"]
            done = bool(row["passed"]) and a.lately(row["held_on"], 365)
            passed[key] = passed.get(key, False) or done
    return share(sum(passed.values()), len(passed)), len(passed)


def enable_last_training_days(a: Asked) -> Figure:
    rows = [row for row in a.tables["trainings"] if row["held_on"] and row["held_on"] <= a.end]
    found = [(a.end - row["held_on"]).days for row in rows if a.kind == "company" or row["person"] == a.unit]
    return min(found, default=None), len(found)


def enable_team_knowledge_pct(a: Asked) -> Figure:
    last: dict[str, Row] = {}
    for row in a.tables["trainings"]:
        if row["score"] is not None and 0 <= row["score"] <= 100 and a.lately(row["held_on"], 365):
            known = last.get(row["person"])
            if known is None or (-row["held_on"].toordinal(), row["course"]) < (
                -known["held_on"].toordinal(),
                known["course"],
            ):
                last[row["person"]] = row
    return (statistics.mean(row["score"] for row in last.values()) if last else None), len(last)


def enable_new_product_trained_pct(a: Asked) -> Figure:
    found = []
    for product in a.tables["products"]:
        day = product["launched_on"]
        if a.lately(day, 365):
            for who in a.tables["people"]:
                if who["sells"] and who["started_on"] <= day and (who["ended_on"] is None or who["ended_on"] > day):
                    found.append(
                        any(
                            row["person"] == who["person"]
                            and row["product"] == product["product"]
                            and row["held_on"] is not None
                            and row["held_on"] < day
                            for row in a.tables["trainings"]
                        )
                    )
    return share(sum(found), len(found)), len(found)


def enable_selling_time_pct(a: Asked) -> Figure:
    rows = [row for row in a.tables["working_time"] if a.lately(row["day"], 180)]
    rows = [row for row in rows if row["hours"] > 0 and row["selling_hours"] <= row["hours"]]
    return (100 * sum(row["selling_hours"] for row in rows) / sum(row["hours"] for row in rows) if rows else None), len(
        rows
    )


def a_month(count: Callable[[Row], float]) -> Callable[[Asked], Figure]:
    def figure(a: Asked) -> Figure:
        months = ((a.end - a.start).days + 1) / (365.25 / 12)
        held = [row for row in a.tables["coachings"] if a.inside(row["held_on"])]
        found = [sum(count(row) for row in held if row["person"] == who) / months for who in at_work(a)]
        return (statistics.median(found) if found else None), len(found)

    return figure


def staff_vacant_share_pct(a: Asked) -> Figure:
    days = {True: 0, False: 0}
    seats = set()
    for row in a.tables["seats"]:
        shared = (min(row["to_on"] or a.end, a.end) - max(row["from_on"], a.start)).days + 1
        if shared > 0:
            days[row["filled"]] += shared
            seats.add(row["seat"])
    return share(days[False], sum(days.values())), len(seats)


def staff_turnover_pct(a: Asked) -> Figure:
    days, gone, people = 0, 0, 0
    for row in a.tables["people"]:
        begin = max(row["started_on"], a.end - timedelta(days=364))
        last = min(row["ended_on"] or a.end, a.end)
        if row["sells"] and last >= begin:
            days, people = days + (last - begin).days + 1, people + 1
            gone += row["ended_on"] is not None and row["ended_on"] <= a.end
    return (100 * gone / (days / 365) if days else None), people


def staff_hire_days(a: Asked) -> Figure:
    found = [
        (row["from_on"] - vacant["from_on"]).days
        for vacant in a.tables["seats"]
        if not vacant["filled"] and vacant["to_on"]
        for row in a.tables["seats"]
        if row["filled"] and row["seat"] == vacant["seat"] and row["from_on"] == vacant["to_on"] + DAY
        if a.lately(row["from_on"], 365)
    ]
    return (statistics.median(found) if found else None), len(found)


def enable_manager_span(a: Asked) -> Figure:
    rows = [row for row in a.tables["people"] if row["sells"] and row["manager"] and row["started_on"] <= a.end]
    rows = [row for row in rows if row["ended_on"] is None or row["ended_on"] > a.end]
    each = len({row["manager"] for row in rows})
    return (int(len(rows) / each + 0.5) if each else None), len(rows)


def rec_days_since_last(a: Asked) -> Figure:
    found = [
        (a.end - row["given_on"]).days
        for row in a.tables["recognitions"]
        if row["given_on"] <= a.end and (row["unit"] == a.unit if a.unit else row["unit_kind"] == "company")
    ]
    return min(found, default=None), len(found)


# --- goals and the market ---------------------------------------------------------------------------------------------


def sold(a: Asked, first: date, last: date) -> float:
    return sum(
        line["quantity"] * line["price"]
        for order, line in lines(a)
        if order["cancelled_on"] is None
        and first <= order["ordered_on"] <= last
        and a.mine(order, order["ordered_on"], line["product"], order["territory"])
    )


def quarters(a: Asked) -> list[tuple[date, date]]:
    """The window and the twelve quarters before it, the newest first."""
    firsts = [months_back(a.start, 3 * k) for k in range(13)]
    return [(first, months_back(first, -3) - DAY) for first in firsts]


def attained(a: Asked) -> list[tuple[float, float]]:
    """Goal and sales of the quarters in a row, from the window back, that have a goal and whole months of sales."""
    whole = Asked(a.tables, a.start, a.end, a.until)
    begun = min(day for day in (order["ordered_on"] for order, _ in lines(whole) if order["cancelled_on"] is None))
    found = []
    for first, last in quarters(a):
        goals = [
            row["amount"]
            for row in a.tables["goals"]
            if row["metric"] == "sales"
            and (row["unit_kind"], row["from_on"], row["to_on"]) == (a.kind, first, last)
            and (a.kind == "company" or row["unit"] == a.unit)
        ]
        if not goals or first < begun.replace(day=1):
            break
        found.append((goals[0], sold(a, first, last)))
    return found


def win_unit_attainment_pct(a: Asked) -> Figure:
    found = attained(a)[:1]
    return (100 * found[0][1] / found[0][0] if found else None), len(found)


def rec_periods_above_n(a: Asked) -> Figure:
    found = attained(a)
    return next((k for k, (goal, reached) in enumerate(found) if reached < goal), len(found)), len(found)


def goal_forecast_error_pct(a: Asked) -> Figure:
    errors = []
    for first, last in quarters(a)[:4]:
        rows = [
            row
            for row in a.tables["forecasts"]
            if (row["unit_kind"], row["from_on"], row["to_on"]) == (a.kind, first, last)
            and (a.kind == "company" or row["unit"] == a.unit)
            and row["made_on"] <= first
        ]
        if rows and (reached := sold(a, first, last)) > 0:
            newest = max(rows, key=lambda row: row["made_on"])
            errors.append(abs(reached - newest["amount"]) / reached)
    return (100 * statistics.mean(errors) if errors else None), len(errors)


def scope_market_change_pct(a: Asked) -> Figure:
    def sizes(at: Asked) -> dict[str, tuple[float, int]]:
        found: dict[str, tuple[float, int]] = {}
        for row in at.tables["markets"]:
            days = (min(row["to_on"], at.end) - max(row["from_on"], at.start)).days + 1
            if days > 0:
                size, known = found.get(row["category"], (0.0, 0))
                part = row["size"] * days / ((row["to_on"] - row["from_on"]).days + 1)
                found[row["category"]] = size + part, known + days
        return found

    now, before = sizes(a), sizes(a.year_ago)
    asked = (a.end - a.start).days + 1
    whole = all(days >= asked for _, days in (*now.values(), *before.values())) and len(now) == len(before)
    if not now or not before:
        return None, 0
    change = 100 * sum(size for size, _ in now.values()) / sum(size for size, _ in before.values()) - 100
    return change, len(now.keys() | before.keys()) if whole else 0


def firm_cycle_days(a: Asked) -> Figure:
    rows = [row for row in a.tables["deals"] if a.lately(row["decided_on"], 365)]
    found = [(row["decided_on"] - row["created_on"]).days for row in rows]
    return (statistics.median(found) if found else None), len(found)


def enable_onboarding_completed(a: Asked) -> Figure:
    new = {
        row["person"]
        for row in a.tables["people"]
        if row["sells"]
        and a.end - timedelta(days=364) <= row["started_on"] <= a.end - timedelta(days=90)
        and (row["ended_on"] is None or row["ended_on"] > a.end)
    }
    passed: dict[tuple[str, str], bool] = {}
    for row in a.tables["trainings"]:
        if row["required"] and row["person"] in new and (row["held_on"] is None or row["held_on"] <= a.end):
            key = row["person"], row["course"]
            passed[key] = passed.get(key, False) or (bool(row["passed"]) and row["held_on"] is not None)
    return all(passed.values()), len(passed)


# --- lists ------------------------------------------------------------------------------------------------------------


def product_competitor_launch(a: Asked) -> Figure:
    found = [row for row in a.tables["rival_launches"] if row["better"] and a.lately(row["launched_on"], 365)]
    return bool(found), len(found)


def product_critical_gaps_n(a: Asked) -> Figure:
    lacked = [row for row in a.tables["missing_features"] if row["must_have"] and a.lately(row["noted_on"], 180)]
    bids: dict[str, set[str]] = {}
    for row in lacked:
        bids.setdefault(row["feature"], set()).add(row["deal_id"])
    return sum(len(ids) >= 3 for ids in bids.values()), len({row["deal_id"] for row in lacked})


PLAIN: dict[str, Callable[[Asked], Figure]] = {
    "product_lost_reason_share_pct": named("lost", "product"),
    "lost_interviews_n": asked_n("lost"),
    "product_return_ratio": product_return_ratio,
    "product_returns_n": product_returns_n,
    "product_trend_gap_points": product_trend_gap_points,
    "product_critical_gaps_n": product_critical_gaps_n,
    "product_nps": product_nps,
    "product_nps_change_points": product_nps_change_points,
    "product_nps_n": answers_n("recommend", 10, 0),
    "product_competitor_launch": product_competitor_launch,
    "product_competitive_win_change_points": lambda a: change(against_rivals(a), against_rivals(a.year_ago)),
    "product_h2h_n": lambda a: (len(against_rivals(a)), len(against_rivals(a))),
    "product_h2h_before_n": product_h2h_before_n,
    "service_csat_pct": satisfied("request"),
    "service_survey_n": answers_n("request", 5, 1),
    "service_churn_change_points": service_churn_change_points,
    "service_repeat_change_points": service_repeat_change_points,
    "service_complaint_ratio": service_complaint_ratio,
    "service_first_response_hours": service_first_response_hours,
    "service_fcr_pct": service_fcr_pct,
    "service_ticket_backlog_days": service_ticket_backlog_days,
    "service_lost_reason_share_pct": named("exit", "service"),
    "service_exit_interviews_n": asked_n("exit"),
    "service_follow_up_done_pct": service_follow_up_done_pct,
    "mkt_leads_n": lambda a: (len(leads(a)), len(leads(a))),
    "mkt_leads_planned_n": mkt_leads_planned_n,
    "mkt_icp_fit_pct": mkt_icp_fit_pct,
    "mkt_mql_sql_pct": mkt_mql_sql_pct,
    "mkt_mql_sql_change_points": lambda a: change(
        [bool(row["accepted"]) for row in leads(a)], [bool(row["accepted"]) for row in leads(a.year_ago)]
    ),
    "mkt_lead_response_hours": mkt_lead_response_hours,
    "mkt_lead_response_owner": mkt_lead_response_owner,
    "mkt_leads_peer_ratio": mkt_leads_peer_ratio,
    "mkt_awareness_change_points": mkt_awareness_change_points,
    "mkt_spend_vs_plan_pct": mkt_spend_vs_plan_pct,
    "mkt_campaign_active": mkt_campaign_active,
    "enable_training_completed_pct": enable_training_completed_pct,
    "enable_last_training_days": enable_last_training_days,
    "enable_team_knowledge_pct": enable_team_knowledge_pct,
    "enable_new_product_trained_pct": enable_new_product_trained_pct,
    "enable_selling_time_pct": enable_selling_time_pct,
    "enable_coaching_hours_month": a_month(lambda row: row["hours"] or 0),
    "enable_one_to_ones_month": a_month(lambda row: 1),
    "enable_presales_wait_days": enable_presales_wait_days,
    "enable_stale_prospects_pct": enable_stale_prospects_pct,
    "staff_vacant_share_pct": staff_vacant_share_pct,
    "staff_turnover_pct": staff_turnover_pct,
    "staff_hire_days": staff_hire_days,
    "staff_engaged_pct": satisfied("motivation"),
    "staff_engaged_n": answers_n("motivation", 5, 1),
    "enable_manager_span": enable_manager_span,
    "win_technique_users_n": with_technique(1, lambda rows: len({row["person"] for row in rows})),
    "win_technique_deals_n": with_technique(1, len),
    "win_technique_wins_n": with_technique(1, won),
    "win_other_deals_n": with_technique(2, len),
    "win_other_wins_n": with_technique(2, won),
    "win_techniques_scanned_n": win_techniques_scanned_n,
    "win_adoption_pct": win_adoption_pct,
    "win_product_growth_gap_points": win_product_growth_gap_points,
    "win_feedback_n": asked_n("won"),
    "win_feedback_positive_pct": named("won", "product", "technique"),
    "rec_days_since_last": rec_days_since_last,
    "rec_periods_above_n": rec_periods_above_n,
    "win_unit_attainment_pct": win_unit_attainment_pct,
    "goal_forecast_error_pct": goal_forecast_error_pct,
    "scope_market_change_pct": scope_market_change_pct,
    "firm_cycle_days": firm_cycle_days,
    "enable_onboarding_completed": enable_onboarding_completed,
}
"""Term -> how it is worked out by hand."""
