"""The `verify.py` of a bundle, run as somebody without salesdx runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def run_alone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", "-c", RUN, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)


RUN = f"""
import runpy, sys
sys.path[:0] = {[str(Path(p)) for p in sys.path if p.endswith("site-packages")]!r}
sys.modules["salesdx"] = None
sys.argv[0] = "verify.py"
runpy.run_path("verify.py", run_name="__main__")
"""
"""Runs `verify.py` in a process of its own, where salesdx cannot be imported even if it is installed."""
