"""CPU of commands on the shipped rules and on ten times as many, without starting up and loading.

The larger rule base is that of `benchmarks/prove.py`, which measures the proofs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import prove

import salesdx
from salesdx.base.loading import shipped_home

CHECKOUT = Path(__file__).parents[1]
CASE = str(CHECKOUT / "examples" / "complete-file.yaml")
LAST = salesdx.load().stages[-1].id
LOAD = ("-c", "import sys, salesdx.cli, salesdx; salesdx.load(sys.argv[1])")
COMMANDS = {
    "check": ("check",),
    "a diagnosis": ("diagnose", CASE),
    "what would change the last stage": ("explain", CASE, "--what-would-change", LAST),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=10, help="how many times the rules stand in the larger base")
    parser.add_argument("--only", nargs="*", default=list(COMMANDS), choices=list(COMMANDS))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        larger = prove.write(Path(folder) / "rules", salesdx.load(), given.size)
        homes = (shipped_home(), larger)
        idle = [seconds([*LOAD, str(home)]) for home in homes]
        print(f"| | shipped | {given.size} times the rules | |\n|---|---|---|---|")
        print(f"| start and load | {idle[0]:.2f} s | {idle[1]:.2f} s | {idle[1] / idle[0]:.1f} |", flush=True)
        for name in given.only:
            words = ["-m", "salesdx", *COMMANDS[name], "--home"]
            one, many = (max(0.01, seconds([*words, str(h)]) - i) for h, i in zip(homes, idle, strict=True))
            print(f"| {name} | {one:.2f} s | {many:.2f} s | {many / one:.1f} |", flush=True)


def seconds(words: list[str]) -> float:
    """CPU of one process of Python."""
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT / "src")}
    process = subprocess.Popen([sys.executable, *words], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    used = os.wait4(process.pid, 0)[2]
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
