"""What worked over many cases, with its exact interval; and the page for the whole staff, without names."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import ROOT
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text
from salesdx.case.memory import WorkingMemory
from salesdx.cli import cli
from salesdx.services.experience import ALL_RULES, experience_of, experiences
from salesdx.services.playbook import playbook_of

TODAY = date(2026, 11, 30)
START = date(2026, 8, 1)


def case(
    base: RuleBase, name: str, otif: int | None, rules: str = "[D1, D3]", period: str = "2026-09-30"
) -> WorkingMemory:
    """A case whose promise dates were taken on in August, with a share of orders on time measured in its window."""
    day = START + timedelta(days=45)
    fact = f"delivery_otif_pct: {{value: {otif}, by: production, date: {day}}}" if otif is not None else ""
    text = f"""\
case: {name}
subject: {{kind: territory, ref: {name}}}
period: {{from: 2026-07-01, to: {period}}}
actions:
  - {{id: A1, intervention: promise_date, rules: [D1, D3], owner: P-7, start: {START}, state: accepted}}
  - {{id: A2, intervention: price_test, state: declined, reason: no}}
facts:
  case_attainment_pct: 80
  {fact}
"""
    return case_from_text(text, name, base)


def test_seven_of_nine_with_the_exact_interval(base: RuleBase) -> None:
    cases = [case(base, f"T{n}", 96) for n in range(7)] + [case(base, f"N{n}", 60) for n in range(2)]
    cases += [case(base, "U1", None)]  # not measured: counts as nothing
    found = experiences(cases, TODAY)
    whole = experience_of(found, "promise_date")
    assert whole is not None
    assert (whole.taken_on, whole.worked, whole.not_worked) == (10, 7, 2)
    low, high = whole.interval or (0, 0)
    assert (round(low, 2), round(high, 2)) == (39.99, 97.19), "Clopper and Pearson, from their tables"
    assert whole.told == "worked in 7 of 9 cases here, interval 40 to 97%"
    assert [(one.intervention, one.rule) for one in found] == [
        ("promise_date", ALL_RULES), ("promise_date", "D1"), ("promise_date", "D3"),
    ]  # fmt: skip


def test_below_five_outcomes_no_share_is_told_and_what_is_inherited_counts_once(base: RuleBase) -> None:
    four = [case(base, f"T{n}", 96) for n in range(4)]
    whole = experience_of(experiences(four, TODAY), "promise_date")
    assert whole is not None and (whole.worked, whole.told) == (4, "")
    later = case(base, "T0", 60, period="2026-12-31")  # the next review of T0 inherits its action, and knows more
    whole = experience_of(experiences([later, *four], TODAY), "promise_date")
    assert whole is not None and (whole.taken_on, whole.worked, whole.not_worked) == (4, 3, 1)
    assert experience_of(experiences([], TODAY), "promise_date") is None


def test_the_playbook_shares_what_wins_and_names_nobody_who_did_not_agree(base: RuleBase, tmp_path: Path) -> None:
    text = (ROOT / "examples" / "top-seller.yaml").read_text("utf-8")
    actions = """\
actions:
  - {id: A1, intervention: public_praise, owner: P-3, start: 2026-10-02, state: accepted, form: at dinner, named: Ana}
  - {id: A2, intervention: private_praise, owner: P-3, start: 2026-10-03, state: accepted, form: a letter}
"""
    (tmp_path / "top.yaml").write_text(text.replace("\nfacts:", f"\n{actions}facts:", 1), "utf-8")
    (tmp_path / "firm.yaml").write_text((ROOT / "examples" / "firm.yaml").read_text("utf-8"), "utf-8")
    found = CliRunner().invoke(cli, ["playbook", str(tmp_path), "--format", "json"])
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert [one["rule"] for one in told["successes"]] == ["W1", "W3", "W6"]
    assert told["praised"] == [
        {"name": "Ana", "intervention": "public_praise", "date": "2026-10-02", "form": "at dinner"}
    ]
    for format_ in ("text", "markdown", "html"):
        page = CliRunner().invoke(cli, ["playbook", str(tmp_path), "--format", format_]).stdout
        assert "67% of 18 customers" in page and "Ana" in page
        assert "P-3" not in page and "E-0815" not in page and "a letter" not in page


def test_what_did_not_help_is_said_aloud(base: RuleBase) -> None:
    cases = [case(base, f"N{n}", 60) for n in range(6)]
    tried = playbook_of(base, cases, TODAY).tried
    assert [one.told for one in tried if one.rule == ALL_RULES] == ["worked in 0 of 6 cases here, interval 0 to 46%"]


@pytest.mark.parametrize("format_", ["text", "html"])
def test_the_table_of_outcomes(format_: str, base: RuleBase, tmp_path: Path) -> None:
    from salesdx.case.writing import new_case

    for n, otif in enumerate((96, 96, 60)):
        (tmp_path / f"{n}.yaml").write_text(new_case(case(base, f"T{n}", otif)), "utf-8")
    (tmp_path / "worked.yaml").write_text("actions: []\nfacts: {}\nexpect: {}\n", "utf-8")
    found = CliRunner().invoke(cli, ["coverage", "--outcomes", str(tmp_path), "--format", format_])
    assert found.exit_code == 0 and "Honest promise dates" in found.stdout and "9 to 99%" in found.stdout, found.output
    data = json.loads(CliRunner().invoke(cli, ["coverage", "--outcomes", str(tmp_path), "--format", "json"]).stdout)
    assert [(one["rule"], one["taken_on"], one["worked"], one["not_worked"]) for one in data] == [
        (None, 3, 2, 1), ("D1", 3, 2, 1), ("D3", 3, 2, 1),
    ]  # fmt: skip
