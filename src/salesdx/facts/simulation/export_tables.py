"""The tables of a simulated firm as files: a CSV for each export of its systems, with headings as they have them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from salesdx.facts.simulation.firms import SimulatedFirm
from salesdx.facts.simulation.roster import Row

_HEADINGS = """
erp_orders orders: OrderNo=order_id Customer=customer SalesRep=person Region=territory OrderDate=ordered_on
  RequestedDate=requested_on ConfirmedDate=promised_on DeliveryDate=delivered_on FullDelivery=complete
  CancelDate=cancelled_on CancelCode=cancel_reason Currency=currency
erp_order_lines order_lines: OrderNo=order_id Line=line Item=product Qty=quantity ListPrice=list_price NetPrice=price
  Discount=discount UnitCost=cost
erp_returns returns: ReturnNo=return_id OrderNo=order_id Item=product ReturnDate=returned_on Qty=quantity Code=reason
erp_items products: Item=product Group=family Launched=launched_on FastMover=a_item
erp_stock stock_days: Item=product Day=day OnHand=on_hand
crm_leads leads: LeadId=lead_id Owner=person Source=source Created=created_at Assigned=assigned_at
  FirstContact=first_touch_at Accepted=accepted FitsProfile=fits_profile
crm_deals deals: DealId=deal_id Owner=person Account=customer Item=product Segment=segment Source=source
  Created=created_on Closed=decided_on Result=outcome Value=amount ListValue=list_amount Currency=currency
  Competitor=competitor Approach=technique
crm_stage_history deal_stages: DealId=deal_id Stage=stage Since=entered_on Owner=person
crm_activities activities: ActivityId=activity_id Owner=person DealId=deal_id Account=customer Type=kind Date=on_
  Done=done
crm_quotes quotes: QuoteNo=quote_id DealId=deal_id AskedOn=asked_on SentOn=sent_on Value=amount
desk_tickets tickets: Ticket=ticket_id Customer=customer Opened=opened_at FirstReply=first_answer_at Solved=solved_at
  Contacts=contacts Complaint=complaint
survey_answers surveys: Answer=survey_id Survey=kind Date=on_ Score=score OutOf=scale
winloss_interviews interviews: Interview=interview_id DealId=deal_id Kind=kind AskedBy=asked_by Date=held_on
  MainReason=reason
price_checks price_observations: Item=product Date=seen_on OurPrice=ours Rival=rival RivalPrice=rival_price
  SeenIn=source
hr_people people: EmployeeNo=person Job=role Team=team Manager=manager InJobSince=started_on Left=ended_on Sells=sells
  RampMonths=ramp_months
hr_absences absences: EmployeeNo=person From=from_on To=to_on WorkingDays=days Protected=protected
hr_trainings trainings: EmployeeNo=person Course=course Required=required HeldOn=held_on Passed=passed Score=score
hr_coachings coachings: EmployeeNo=person PlannedOn=planned_on HeldOn=held_on Hours=hours SignedByBoth=note_by_both
territories territories: Territory=territory Parent=parent Potential=potential ValidFrom=from_on ValidTo=to_on
assignments assignments: EmployeeNo=person Territory=territory Account=account ValidFrom=from_on ValidTo=to_on
market_figures markets: Family=category From=from_on To=to_on Pieces=size
goal_sheet goals: Level=unit_kind Unit=unit From=from_on To=to_on Goal=amount Measure=metric
  Version=version SetOn=set_on ConfirmedOn=confirmed_on
"""
"""The name of each file, its table, and the heading of each column."""


def export_files(firm: SimulatedFirm, folder: Path) -> list[Path]:
    """Write the firm's exports into a folder, which is made where it is not there; what stands there is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [_written(folder / f"{name}.csv", columns, firm.tables[table]) for name, table, columns in _files()]
    if firm.rates:
        rates = [{"currency": currency, "day": day, "rate": rate} for currency, day, rate in firm.rates]
        paths.append(_written(folder / "rates.csv", {name: name for name in rates[0]}, rates))
    return paths


def _files() -> list[tuple[str, str, dict[str, str]]]:
    """File, table, and the column behind each heading."""
    files: list[tuple[str, str, dict[str, str]]] = []
    for entry in _HEADINGS.strip().replace("\n  ", " ").splitlines():
        names, columns = entry.split(":")
        name, table = names.split()
        files.append((name, table, dict(column.split("=") for column in columns.split())))
    return files


def _written(path: Path, columns: Mapping[str, str], rows: Sequence[Row]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_cell(row[column]) for column in columns.values()] for row in rows)
    return path


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    return value.isoformat() if isinstance(value, date) else value
