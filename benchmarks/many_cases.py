"""Many cases in one page: the peak memory and CPU time of `salesdx diagnose` on copies of the worked cases."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
CLI = str(CHECKOUT / "cli.py")
FORMATS = ("text", "markdown", "html", "json")


def measured(arguments: list[str]) -> tuple[float, float]:
    """Peak memory in MB and CPU seconds of one process of the command line."""
    process = subprocess.Popen([sys.executable, CLI, *arguments], env={"PYTHONPATH": str(CHECKOUT / "src")})
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit("`salesdx` failed")
    return used.ru_maxrss / 1024, used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    number = parser.parse_args().cases
    firm = CHECKOUT / "rules" / "cases" / "firm.yaml"
    worked = [path for path in sorted(firm.parent.glob("*.yaml")) if path != firm]
    print(f"## {number} cases in one page\n\n| format | peak memory | CPU | page |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(firm, folder)
        paths = []
        for n, source in enumerate(islice(cycle(worked), number)):
            paths.append(str(shutil.copy(source, Path(folder) / f"{n}.yaml")))
        for format in FORMATS:
            page = Path(folder) / f"page.{format}"
            memory, seconds = measured(["diagnose", *paths, "--format", format, "--full", "--output", str(page)])
            print(f"| {format} | {memory:.0f} MB | {seconds:.1f} s | {page.stat().st_size / 1e6:.1f} MB |")


if __name__ == "__main__":
    main()
