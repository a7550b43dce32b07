"""What a test needs and this machine lacks: left out at home, a failure where CI is set."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def lacking(what: str) -> NoReturn:
    """End a test that cannot run here, for a reason in words."""
    if os.environ.get("CI"):
        pytest.fail(f"CI lacks what this test needs: {what}")
    pytest.skip(what)
