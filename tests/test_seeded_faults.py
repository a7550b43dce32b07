"""The list of seeded faults fits the source: each can be applied, and what comes out is Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import DATABASES, LONG, OF_A_DATABASE, ON_THE_SERVER, ONCE, ONE_BY_ONE, SLOW_AGAIN
from seeded_faults import ROOT, Fault, places, seeded_faults, sources

FAULTS = seeded_faults()


@pytest.fixture(scope="module")
def texts() -> dict[Path, str]:
    return sources(ROOT)


def test_there_are_sixty_each_with_its_own_id() -> None:
    assert len({fault.id for fault in FAULTS}) == len(FAULTS) == 60


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_each_can_be_seeded(fault: Fault, texts: dict[Path, str]) -> None:
    (path,) = places(fault, texts)
    assert fault.replace != fault.find
    assert fault.room and fault.what.endswith(".") and fault.tests
    compile(texts[path].replace(fault.find, fault.replace), str(path), "exec")


@pytest.mark.parametrize("test", sorted({test for fault in FAULTS for test in fault.tests}))
def test_the_tests_that_find_them_are_there(test: str) -> None:
    file, _, name = test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8") if name else (ROOT / file).is_file()


def test_the_lists_of_tests_name_what_is_there() -> None:
    """A test that is renamed would run where it was left out, or not run where it should."""
    files = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py")}
    listed = [(file, test.partition("[")[0]) for each in (LONG, OF_A_DATABASE) for file in each for test in each[file]]
    assert [(file, test) for file, test in listed if f"def {test}(" not in files.get(file, "")] == []
    assert {*ONCE, *SLOW_AGAIN, *ON_THE_SERVER, *DATABASES} - {*files} == set()
    assert [test for test in ONE_BY_ONE if not any(f"def {test}(" in text for text in files.values())] == []
