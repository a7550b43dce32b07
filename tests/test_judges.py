"""The `judge` of interventions: what is read from it, and what people read of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import salesdx
from conftest import ROOT
from salesdx.authoring.diff import changes
from salesdx.authoring.formatting import formatted
from salesdx.base.judges import VOIDS, Span, duration
from salesdx.base.model import RuleBase
from salesdx.engine.expression_text import plainly
from salesdx.render.rule_words import intervention


@pytest.mark.parametrize(
    ("text", "latest"),
    [
        ("0 days", (Span(),)),
        ("1 day", (Span(days=1),)),
        ("2 periods", (Span(periods=2),)),
        ("28 days + 1 cycle", (Span(days=28, cycles=1),)),
        ("1 day + 1 day", (Span(days=2),)),
        ("months of ramp_months + 1 period", (Span(periods=1, months_of=("ramp_months",)),)),
        ("later of 60 days and 1 cycle + 1 day", (Span(days=60), Span(days=1, cycles=1))),
        ("set", ()),
    ],
)
def test_a_duration(text: str, latest: tuple[Span, ...]) -> None:
    assert duration(text).latest == latest


def test_every_shipped_intervention_can_be_judged(base: RuleBase) -> None:
    without = [i.id for i in base.interventions.values() if i.judge is None]
    by_hand = [i.id for i in base.interventions.values() if i.judge is not None and i.judge.holds is None]
    assert (without, by_hand) == ([], ["systemic_plan", "collect_more_data", "price_test"])


def test_a_judge_as_it_is_read(base: RuleBase) -> None:
    coaching, dates = base.interventions["coaching_plan"].judge, base.interventions["promise_date"].judge
    assert coaching is not None and coaching.holds is not None and dates is not None
    assert plainly(coaching.holds) == "hr_coaching_closed_pct >= 50"
    assert (coaching.after.latest, coaching.until.latest) == ((Span(days=60), Span(cycles=1)), (Span(days=180),))
    assert (coaching.by, coaching.voided_by, dates.voided_by) == ("sales_manager", VOIDS, ())
    role = base.interventions["role_change"].judge
    assert role is not None and role.reads == ("ind_attainment_pct", "ind_ramp_norm_months")


@pytest.mark.parametrize(
    ("id", "wanted"),
    [
        (
            "coaching_plan",
            [
                ("worked", "where hr_coaching_closed_pct >= 50"),
                ("measured", "from the later of 60 days and 1 sales cycle until 180 days by the sales manager"),
                (
                    "void",
                    "after a move of territory, accounts, range or team, a change of the goal, a change of the price "
                    "list or 10 days of absence",
                ),
            ],
        ),
        (
            "launch_gate",
            [
                ("worked", "where enable_new_product_trained_pct >= 80"),
                ("measured", "from the start until a day that is set at the start by human resources"),
            ],
        ),
        (
            "systemic_plan",
            [
                ("worked", "where the sales manager says yes to: No stage from goals to marketing is open"),
                ("measured", "from 14 days until 28 days"),
            ],
        ),
    ],
)
def test_a_judge_in_words(base: RuleBase, id: str, wanted: list[tuple[str, str]]) -> None:
    lines = intervention(base, base.interventions[id]).lines
    assert [(line.label, line.text) for line in lines if line.label in ("worked", "measured", "void")] == wanted


def test_a_changed_judge_is_told(base: RuleBase, tmp_path: Path) -> None:
    (tmp_path / "layer.yaml").write_text("extends: salesdx\n", encoding="utf-8")
    (tmp_path / "knowledge").mkdir()
    text = (ROOT / "knowledge/delivery.yaml").read_text(encoding="utf-8")
    entry = text.partition("  promise_date:\n")[2].partition("\n\n")[0].replace("until: 56 days", "until: 84 days")
    layer = f"stage: delivery\ninterventions:\n  promise_date:\n{entry}\n"
    (tmp_path / "knowledge/delivery.yaml").write_text(layer, encoding="utf-8")
    told = [change for change in changes(base, salesdx.load(tmp_path)) if change.what == "intervention"]
    (change,) = told
    before = "delivery_otif_pct >= 92, after 28 days, until 56 days, by production"
    assert (change.name, change.parts) == (
        "promise_date",
        (("judge", before, before.replace("56 days", "84 days")),),
    )


def test_the_keys_of_a_judge_have_one_order() -> None:
    head = "group: review\ntitle: Review\ninterventions:\n  hire:\n    title: Hire\n    judge:\n"
    keys = "      holds: a\n      after: 1 day\n      until: set\n      by: hr\n"
    turned = "".join(reversed(keys.splitlines(keepends=True)))
    assert formatted(head + turned, "knowledge/review.yaml") == head + keys
