"""Two programs that write one case at the same time: no answer of a voice changes what another one says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import salesdx
from conftest import ROOT
from homes import write_home
from salesdx.base.model import RuleBase
from salesdx.case.file import memory_from
from salesdx.case.joining import Clash, joined
from voices_at_once import told

EDITS = int(os.environ.get("SALESDX_EDITS", "400"))
PROGRAMS = (("hr", "finance"), ("production", "sales_manager"))
NUMBER = {"type": "integer", "range": [0, 100]}
BEGUN = "# my remark\ncase: north\nsubject: {kind: person, ref: E-1}\nfacts:\n  a: {value: 7, by: marketing}  # stays\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    stage = {"terms": {**dict.fromkeys("abcd", NUMBER), "known": "boolean"}, "rules": {"A1": "known"}}
    return write_home(tmp_path_factory.mktemp("home"), {"stage": stage})


@pytest.mark.slow
def test_nothing_of_any_voice_is_lost(home: Path, tmp_path: Path) -> None:
    """Each program says at its end what its voices said last; the file holds just that."""
    case = tmp_path / "north.yaml"
    case.write_text(BEGUN, "utf-8")
    script = str(ROOT / "tests" / "voices_at_once.py")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'tests'}"}
    running = [
        subprocess.Popen(
            [sys.executable, script, str(case), str(home), str(seed), str(EDITS // 2), *voices],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for seed, voices in enumerate(PROGRAMS)
    ]  # fmt: skip
    done = [(*process.communicate(), process.returncode) for process in running]
    assert [(errors, status) for _, errors, status in done] == [("", 0)] * 2
    ends = [json.loads(shown) for shown, _, _ in done]
    assert all(end["taken_in"] > 0 for end in ends), "they met"
    memory = salesdx.read_case(case, salesdx.load(home))
    for end, voices in zip(ends, PROGRAMS, strict=True):
        assert told(memory, list(voices)) == end["says"]
    (stays,) = memory.words_of("a", ("marketing", "", False))
    assert stays.value == 7
    assert case.read_text("utf-8").startswith("# my remark\ncase: north\nsubject: {kind: person, ref: E-1}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["north.yaml"]


WITHDRAWN = {"date": "2026-11-01", "reason": "wrong"}


@pytest.mark.parametrize(
    ("before", "here", "there", "wanted"),
    [
        ([], [("hr", 1)], [("finance", 2)], [("finance", 2), ("hr", 1)]),
        ([("hr", 1)], [("hr", 2)], [("hr", 1), ("finance", 3)], [("finance", 3), ("hr", 2)]),
        ([("hr", 1)], [], [("hr", 1), ("finance", 3)], [("finance", 3)]),
        ([("hr", 1)], [("hr", 1)], [], []),
        ([("hr", 1)], [("hr", 1, True)], [("hr", 1), ("finance", 3)], [("finance", 3), ("hr", 1, True)]),
        ([("hr", 1)], [("hr", 1, True), ("hr", 2)], [("hr", 1)], [("hr", 1, True), ("hr", 2)]),
        ([("hr", 1)], [("finance", 1)], [("hr", 1)], [("finance", 1)]),
        ([], [("hr", 1)], [("hr", 1)], [("hr", 1)]),
        ([], [("hr", 1)], [("hr", 2)], Clash("2", "1")),
        ([("hr", 1)], [("hr", 2)], [], Clash("nothing", "2")),
        ([("hr", 1)], [("hr", 2)], [("hr", 1, True)], Clash("nothing", "2")),
        ([("hr", 1)], [("hr", 1, True)], [("hr", 3)], Clash("3", "nothing")),
        ([("hr", 1)], [("hr", "not_known")], [("hr", 3)], Clash("3", "not known")),
    ],
)
def test_what_two_wrote_is_put_together_by_voice(
    home: Path, before: list[tuple[str, int]], here: list[tuple[str, int]], there: list[tuple[str, int]], wanted: object
) -> None:
    base = salesdx.load(home)
    memories = [memory_from({"a": said(part)} if part else {}, base) for part in (before, here, there)]
    found = joined("a", *memories)
    if isinstance(found, Clash):
        assert found == wanted
    else:
        assert [
            (each.by, each.value, *([True] if each.withdrawn else [])) for each in found.statements.get("a", ())
        ] == wanted


def said(part: list[tuple[str, int]]) -> list[dict[str, object]]:
    return [{"value": value, "by": by} | ({"withdrawn": WITHDRAWN} if more else {}) for by, value, *more in part]


def test_what_is_said_of_other_facts_is_not_looked_at(base: RuleBase) -> None:
    before, here = memory_from({}, base), memory_from({"case_attainment_pct": 80}, base)
    there = memory_from({"goal_measurable": True}, base)
    found = joined("case_attainment_pct", before, here, there)
    assert not isinstance(found, Clash)
    assert dict(found.values) == {"goal_measurable": True, "case_attainment_pct": 80}
