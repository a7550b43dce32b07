"""What one person alone does not do at the service: end a hold, erase a file; and how two do it, after a week."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT
from salesdx.base.model import RuleBase
from salesdx.ledger.verify import verify
from served import Office, going_on

HELD_BACK = ROOT / "examples/held-back.yaml"
ERASE = ("trail", "erase", "E-1042", "--yes", "--reason", "asked for by letter")


def diagnosed(firm: Office) -> None:
    firm.without_the_clock_of_the_database()
    firm.enter(cleo="hr", hugo="hr", dan="sales_manager", lea="legal", leo="legal")
    firm.log_in("dan")
    firm.run("dan", "diagnose", HELD_BACK)


@pytest.fixture
def firm(tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with going_on(tmp_path, str(tmp_path / "trail"), base, diagnosed) as (found, _):
        yield found


def did(firm: Office, who: str, *words: str, fails: str | None = None) -> str:
    firm.log_in(who)
    return " ".join(firm.run(who, *words, fails=fails).split())


def size(firm: Office) -> int:
    with firm.trail.read() as reader:
        return reader.head().size


def test_an_erasure_takes_two_of_hr_and_a_week(firm: Office) -> None:
    did(firm, "dan", *ERASE, fails="`sales_manager` may not do this; the policy gives it to `hr`")
    n = size(firm)
    assert f"record {n}. It takes 2 persons, 1 more of them" in did(firm, "cleo", *ERASE)
    did(firm, "cleo", *ERASE, fails=f"`cleo` announced it in record {n}; another person confirms it")
    assert "It may be carried out from" in did(firm, "hugo", *ERASE)
    did(firm, "cleo", *ERASE, fails=f"7 days after record {n + 1} confirmed it")
    firm.later(days=7, minutes=1)
    assert f"Erased; record {n + 2} says so." in did(firm, "cleo", *ERASE)
    did(firm, "cleo", *ERASE, fails="the trail has no subject `E-1042`; if it was erased")
    with firm.trail.read() as reader:
        assert firm.trail.key is not None
        verdict = verify(reader, [firm.trail.key.public])
        gone = [row.seq for row in reader.rows() if row.payload is None]
    assert gone[-1] == n - 1
    assert not verdict.word.startswith("INVALID") and "no record of an erasure names it" not in str(verdict)


def test_a_hold_in_that_week_ends_it_and_two_of_legal_end_the_hold(firm: Office) -> None:
    did(firm, "cleo", *ERASE)
    did(firm, "hugo", *ERASE)
    n = size(firm)
    did(firm, "lea", "trail", "hold", "add", "--case", "held-back", "--reason", "lawsuit 7 C 12/26")
    firm.later(days=8)
    did(firm, "cleo", *ERASE, fails="the case `held-back` is held since")
    release = ("trail", "hold", "release", str(n), "--reason", "settled")
    did(firm, "dan", *release, fails="`sales_manager` may not do this; the policy gives it to `legal`")
    assert f"record {n + 1} asks for the end of the hold of record {n}" in did(firm, "lea", *release)
    did(firm, "lea", *release, fails=f"`lea` asked for it in record {n + 1}; another person confirms it")
    did(firm, "cleo", *ERASE, fails="is held since")
    did(firm, "leo", *release)
    assert f"record {n + 3}. It takes 2 persons, 1 more of them" in did(firm, "cleo", *ERASE), "it begins anew"


def test_what_was_recorded_since_is_announced_anew(firm: Office) -> None:
    """Two of human resources want an erasure and let it lie: one of them does not take with it what came later."""
    did(firm, "cleo", *ERASE)
    did(firm, "hugo", *ERASE)
    firm.later(days=8)
    firm.recorded("dan", HELD_BACK)
    n = size(firm)
    assert f"record {n}. It takes 2 persons, 1 more of them" in did(firm, "cleo", *ERASE)
    did(firm, "cleo", *ERASE, fails=f"`cleo` announced it in record {n}; another person confirms it")


def test_what_was_kept_long_enough_goes_by_two_of_hr_as_well(firm: Office) -> None:
    due = ("trail", "retention", "--yes")
    assert "No case has been kept long enough." in did(firm, "cleo", *due)
    firm.later(days=1096)
    did(firm, "dan", *due, fails="`sales_manager` may not do this; the policy gives it to `hr`")
    n = size(firm)
    assert f"announced by record {n}" in did(firm, "cleo", *due)
    assert "waits for another person, or its days" in did(firm, "cleo", *due)
    assert f"announced by record {n + 1}" in did(firm, "hugo", *due)
    firm.later(days=7, minutes=1)
    assert f"erased by record {n + 2}" in did(firm, "hugo", *due)
    assert size(firm) == n + 3
