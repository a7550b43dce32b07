"""`salesdx docs --format print` and `--redline`: one file for paper, and the words that two versions have otherwise."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from browser import needs_browser, opened
from salesdx.base.loading import load
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.render.blocks import Entries, Entry, EntryLine, Paragraph, Report, Section
from salesdx.render.handbook import handbook
from salesdx.render.printed import on_paper
from salesdx.render.redline import marked_words, redlined

LAYER = """extends: salesdx
removes: {D4: no rival}
"""
RULES = """- id: D5
  strength: moderate
  title: A items were out of stock on 10% or more of item-days
  when: delivery_stockout_pct >= 10
  finding: stockouts
  recommend: [safety_stock]
  because: A items were out of stock on {delivery_stockout_pct}% of item-days.
  source: J
- id: D10
  strength: weak
  when: delivery_stockout_pct >= 5
  finding: some_stockouts
  because: <script>alert(1)</script> {delivery_stockout_pct}%
  source: J
"""
PROPERTIES = """- id: company_before_file
  says: No file for any decision on a person is opened while an earlier stage is open or confirmed
  always: termination != not_reached implies this == ruled_out or this == not_applicable
  for_stages: {before: individual}
"""


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("redline")
    for name, text in (("layer.yaml", LAYER), ("rules/delivery.yaml", RULES)):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def page(base: RuleBase, layer: Path) -> str:
    return on_paper(redlined(handbook(base, places=False), handbook(load(layer), places=False)), True)


def test_words_inserted_and_removed() -> None:
    assert (
        str(marked_words("at least 85 of them", "at least 90 of them"))
        == "at least <del>85</del> <ins>90</ins> of them"
    )
    assert str(marked_words("", "a <b>")) == "<ins>a &lt;b&gt;</ins>"
    assert str(marked_words("same & same", "same & same")) == "same &amp; same"


def test_parts_are_told_by_their_names() -> None:
    """What moved is no change; what is gone stands behind what stood before it."""

    def report(*entries: Entry) -> Report:
        return Report("T", (), (Section("s", "S", (Paragraph("About"), Entries(entries))),), ())

    one, two, three = (Entry(f"R{n}: title {n}", lines=(EntryLine("says", f"text {n}"),)) for n in (1, 2, 3))
    same = redlined(report(one, two), report(two, one))
    assert "<ins>" not in repr(same) and "<del>" not in repr(same)
    found = redlined(report(one, two, three), report(one, three)).sections[1].blocks[1]
    assert isinstance(found, Entries)
    assert [str(entry.title) for entry in found.items] == ["R1: title 1", "<del>R2: title 2</del>", "R3: title 3"]
    assert str(found.items[1].lines[0].text) == "<del>text 2</del>"


def test_a_redline_marks_rules_conditions_texts_and_properties(page: str) -> None:
    text = " ".join(re.sub(r"\s+", " ", page).split())
    assert "D5: A items were out of stock on <del>8%</del> <ins>10%</ins> or more of item-days" in text
    assert "is at least <del>8%</del> <ins>10%</ins> of" in text
    assert "<del>D4: Lead time is at least 1.5 times the rival&#39;s</del>" in text
    assert "<ins>D10</ins>" in text
    assert "<script>" not in text.partition("</style>")[2] and "&lt;script&gt;" in text
    listed = text.partition(">What changed</h2>")[2].partition("</section>")[0]
    rows = re.findall(r'<th role="rowheader">(.*?)</th><td role="cell">(.*?)</td><td role="cell">(.*?)</td>', listed)
    assert {(re.sub("<.*?>", "", what).split(":")[0], how) for part, what, how in rows if part.startswith("4 ")} == {
        ("D4", "removed"),
        ("D5", "changed"),
        ("D10", "inserted"),
    }


def test_a_changed_ladder_and_property_are_marked(base: RuleBase, tmp_path: Path) -> None:
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "layer.yaml").write_text("extends: salesdx\n", encoding="utf-8")
    (tmp_path / "knowledge/properties.yaml").write_text(PROPERTIES, encoding="utf-8")
    made = redlined(handbook(base, places=False), handbook(load(tmp_path, held=False), places=False))
    said = on_paper(made, True)
    assert "No file for <del>a</del> <ins>any</ins> decision on a person is opened" in said
    assert redlined(handbook(base), handbook(base)).sections[0].blocks == (
        Paragraph("Nothing: both say the same in the same words."),
    )


def test_a_redline_is_for_paper(layer: Path) -> None:
    said = CliRunner().invoke(cli, ["docs", "--redline", "salesdx", "--home", str(layer)])
    assert said.exit_code == 2 and "a redline is for paper: add --format print" in said.output
    said = CliRunner().invoke(cli, ["docs", "--redline", "salesdx", "--home", str(layer), "--format", "print"])
    assert said.exit_code == 0 and said.output.count("<article") == 1


@needs_browser
def test_it_prints_on_a4_sheets(browser: Any, page: str, tmp_path: Path) -> None:
    """Contents on the first sheet, each part from the top of a sheet, nothing wider than the paper."""
    path = tmp_path / "page.html"
    path.write_text(page, encoding="utf-8")
    with opened(browser, path.as_uri()) as tab:
        tab.emulate_media(media="print")
        tab.set_viewport_size({"width": 658, "height": 1000})  # A4 without its margins, in CSS pixels
        assert tab.evaluate("document.documentElement.scrollWidth") <= 658
        assert tab.locator("nav li").count() == tab.locator("section").count()
        assert tab.locator("nav").is_visible()
        breaks = tab.evaluate("[...document.querySelectorAll('section')].map(s => getComputedStyle(s).breakBefore)")
        assert set(breaks) == {"page"}
        pdf = tab.pdf(prefer_css_page_size=True)
    boxes = set(re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", pdf))
    assert {(round(float(w)), round(float(h))) for w, h in boxes} == {(595, 842)}
