"""The list of seeded faults fits the source: each can be applied, and what comes out is Python."""

from __future__ import annotations

from pathlib import Path

import pytest

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


@pytest.mark.parametrize("name", sorted({test.partition("::")[0] for fault in FAULTS for test in fault.tests}))
def test_the_tests_that_find_them_are_there(name: str) -> None:
    assert (ROOT / name).is_file()
