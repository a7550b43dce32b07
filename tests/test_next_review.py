"""The next review: it inherits actions and what is current; what a running action is judged by is asked anew."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import ROOT
from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text, read_case_file
from salesdx.cli import cli
from salesdx.followup.judging_time import next_period
from salesdx.ledger.errors import Refused
from salesdx.ledger.log import open_trail
from salesdx.services.next_review import next_review
from salesdx.trail.book import Book
from served import office
from test_api_cases import Program

TODAY = date(2026, 11, 30)
Q4 = (date(2026, 10, 1), date(2026, 12, 31))
BEFORE = """\
case: north-Q3
subject: {kind: person, ref: P-9}
period: {from: 2026-07-01, to: 2026-09-30}
asked_by: {by: hr}
actions:
  - {id: A1, intervention: promise_date, owner: P-7, start: 2026-11-01, state: accepted}
sessions:
  - {id: S1, action: A1, what: training, date: 2026-11-05, held: true, by: hr, author: H-1}
events: [{change: prices, date: 2026-11-02}]
facts:
  case_attainment_pct: {value: 80, by: sales_ops, date: 2026-10-01}
  goal_measurable: {value: true, by: sales_manager, date: 2026-10-02}
  goal_communicated: {value: true, by: sales_manager, date: 2020-10-02}
  goal_levels_linked: {value: true, by: finance, date: 2026-10-02, withdrawn: {date: 2026-10-05, reason: wrong}}
  delivery_otif_pct: {value: 78, by: production, date: 2026-10-02}
  firm_cycle_days: 20
"""


@pytest.mark.parametrize(
    ("period", "after"),
    [
        ((date(2026, 7, 1), date(2026, 9, 30)), Q4),
        ((date(2026, 12, 1), date(2026, 12, 31)), (date(2027, 1, 1), date(2027, 1, 31))),
        ((date(2026, 1, 5), date(2026, 1, 11)), (date(2026, 1, 12), date(2026, 1, 18))),
    ],
)
def test_the_period_after(period: tuple[date, date], after: tuple[date, date]) -> None:
    assert next_period(period) == after


def test_what_is_inherited_and_what_is_asked_anew(base: RuleBase) -> None:
    before = case_from_text(BEFORE, "b", base)
    found = next_review(before, "north-Q4", Q4, TODAY)
    assert (found.case, found.period, found.subject["ref"], found.head.asked_by.by) == ("north-Q4", Q4, "P-9", "hr")
    assert found.followed.follows == "north-Q3"
    assert (found.followed.actions, found.followed.sessions) == (before.followed.actions, before.followed.sessions)
    assert found.followed.events == before.followed.events
    kept = found.statements.keys() - found.fixed
    assert kept == {"goal_measurable", "firm_cycle_days"}, "not the result, the old, the withdrawn, the measured one"


def test_a_review_does_not_go_back_or_follow_itself(base: RuleBase) -> None:
    before = case_from_text(BEFORE, "b", base)
    for name, period in (("x", before.period), ("x", (date(2026, 4, 1), date(2026, 6, 30))), ("north-Q3", Q4)):
        assert period is not None
        with pytest.raises(Refused):
            next_review(before, name, period, TODAY)


def test_the_file_is_begun_once_recorded_and_an_interview_goes_on(base: RuleBase, tmp_path: Path) -> None:
    (tmp_path / "north.yaml").write_text(BEFORE, "utf-8")
    trail = str(tmp_path / "o.trail")
    assert CliRunner().invoke(cli, ["trail", "init", "--trail", trail]).exit_code == 0
    words = ["new", "review", "--follows", str(tmp_path / "north.yaml"), "--file", str(tmp_path / "q4.yaml")]
    found = CliRunner().invoke(cli, [*words, "--trail", trail])
    assert found.exit_code == 0 and "1 Oct 2026 to 31 Dec 2026, with 2 facts" in found.stdout, found.output
    assert read_case_file(tmp_path / "q4.yaml", base).followed.follows == "north-Q3"
    with open_trail(trail, None, write=False).read() as reader:
        (record,) = Book(reader).records(types=("review",))
        assert record.body == {"done": "follows", "follows": "north-Q3"}
    again = CliRunner().invoke(cli, words)
    assert again.exit_code == 1 and "is there already" in again.stderr
    lost = CliRunner().invoke(cli, [*words[:-1], str(tmp_path / "n.yaml"), "--trail", str(tmp_path / "none.trail")])
    assert lost.exit_code == 1 and not (tmp_path / "n.yaml").exists(), "what is not recorded is not written"
    talk = ["interview", str(tmp_path / "q5.yaml"), "--by", "hr", "--follows", str(tmp_path / "q4.yaml")]
    assert CliRunner().invoke(cli, talk, input="quit\n").exit_code == 0
    memory = read_case_file(tmp_path / "q5.yaml", base)
    assert (memory.followed.follows, memory.period) == ("q4", (date(2027, 1, 1), date(2027, 3, 31)))


def test_a_review_at_the_pages_that_begins_with_another_inherits_its_actions(base: RuleBase, tmp_path: Path) -> None:
    with office(tmp_path, str(tmp_path / "trail"), base) as firm:
        firm.enter(max="sales_manager")
        max_ = Visitor(firm, "max")
        max_.enter()
        program = Program(firm, firm.token("max"))
        text = (ROOT / "examples" / "late-delivery.yaml").read_text("utf-8")
        case = str(program.call("POST", "/files", 201, json={"file": text}).json()["case"])
        body = {"intervention": "promise_date", "owner": "P-7", "start": "2026-10-01"}
        program.call("POST", f"/cases/{case}/actions", 201, json=body)
        action, told = max_.form(f"/cases/new?from={case}", "/cases/new")
        assert max_.post(action, **told | {"period": "2026-Q4"}).status_code == 303
        after = program.call("GET", f"/cases/{told['key']}/follow-up", 200).json()
        assert (after["follows"], [one["id"] for one in after["actions"]]) == (case, ["A1"])
