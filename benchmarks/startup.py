"""CPU time of fresh processes: `salesdx --help` beside the library it is made with, and what `diagnose` costs.

Each command is run several times in turn; the least counts, since a process can only be slowed down.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
CLI = str(CHECKOUT / "cli.py")
CASE = str(CHECKOUT / "examples" / "late-delivery.yaml")

COMMANDS = {
    "python": ["-c", "pass"],
    "import click": ["-c", "import click"],
    "salesdx --help": [CLI, "--help"],
    "import networkx": ["-c", "import networkx"],
    "salesdx.load()": ["-c", "import salesdx; salesdx.load()"],
    "load, read a case, diagnose by the reference": [
        "-c",
        "import salesdx; base = salesdx.load(); "
        f"salesdx.diagnose(base, salesdx.read_case({CASE!r}, base), engine='reference')",
    ],
    "salesdx diagnose CASE": [CLI, "diagnose", CASE],
}


def seconds(arguments: list[str]) -> float:
    """User and system CPU seconds of one Python process."""
    path = os.pathsep.join(filter(None, [str(CHECKOUT / "src"), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"PYTHONPATH": path}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    turns = [{name: seconds(arguments) for name, arguments in COMMANDS.items()} for _ in range(rounds)]
    least = {name: min(turn[name] for turn in turns) for name in COMMANDS}
    print("## Starting up\n\n| | CPU | of import click |\n|---|---|---|")
    for name, taken in least.items():
        print(f"| {name} | {taken:.3f} s | {taken / least['import click']:.2f} |")


if __name__ == "__main__":
    main()
