"""What all tests share: the shipped rule base, loaded once, and how hard Hypothesis looks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import salesdx
from postgresql_cluster import postgresql  # noqa: F401 (a fixture)
from salesdx.model import RuleBase

ROOT = Path(__file__).parents[1]

# No deadline: a slow machine is no fault. SALESDX_FUZZ_CASES is for long runs (`make fuzz`).
settings.register_profile("salesdx", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("salesdx")
if cases := os.environ.get("SALESDX_FUZZ_CASES"):
    settings.register_profile("fuzz", settings(max_examples=int(cases)))
    settings.load_profile("fuzz")


@pytest.fixture(scope="session")
def base() -> RuleBase:
    """The shipped rule base."""
    return salesdx.load()


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new trail will lie: a test that asks for it runs on both databases."""
    if request.param == "sqlite":
        return str(tmp_path / "trail")
    cluster = request.getfixturevalue("postgresql")
    return str(cluster.url(cluster.emptied()))
