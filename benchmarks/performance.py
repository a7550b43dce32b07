"""Measure all that stands in the tables of docs/performance.md, and write them anew.

Each table stands between two comments, `measured: NAME` and `end`. What a benchmark prints takes the place of what was
there; where one fails its table stays, and this ends with 1. The text around the tables is written by hand.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
PAGE = CHECKOUT / "docs" / "performance.md"
TABLES = {
    "machine": (),
    "rules": ("bench.py",),
    "startup": ("startup.py",),
    "cases": ("many_cases.py",),
    "columns": ("bulk.py",),
    "growth": ("growth.py",),
    "proofs": ("prove.py", "--sizes", "1"),
    "editor": ("lsp.py",),
    "trail": ("trail.py",),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=list(TABLES), choices=list(TABLES))
    failed = [name for name in parser.parse_args().only if not written(name)]
    if failed:
        raise SystemExit(f"not measured: {', '.join(failed)}")


def written(name: str) -> bool:
    """Whether a table was measured; it is on the page then, below it what its heading says."""
    began, (script, *words) = time.monotonic(), TABLES[name] or ("",)
    if not script:
        return put(name, "\n".join(machine()))
    # What is installed is compiled once, so the files that Python keeps of what it compiled are left on.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    run = [sys.executable, str(CHECKOUT / "benchmarks" / script), *words]
    done = subprocess.run(run, env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=False)
    print(f"{name}: {time.monotonic() - began:.0f} s, exit status {done.returncode}", file=sys.stderr, flush=True)
    return done.returncode == 0 and put(name, re.sub(r"(?m)^## ", "### ", done.stdout.strip()))


def machine() -> Iterator[str]:
    """What the figures come from."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    busy, today = os.getloadavg()[0], time.strftime("%Y-%m-%d")
    yield f"{today}: {os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}, {platform.system()}, Python"
    yield f"{platform.python_version()}; {busy:.1f} processes wanted the CPU when the run began."


def put(name: str, table: str) -> bool:
    """A table in its place on the page."""
    text = PAGE.read_text(encoding="utf-8")
    between = re.compile(rf"(<!-- measured: {name} -->\n).*?(\n<!-- end -->)", re.DOTALL)
    if not between.search(text):
        raise SystemExit(f"{PAGE}: there is no place for `{name}`")
    PAGE.write_text(between.sub(lambda place: f"{place[1]}\n{table}\n{place[2]}", text), encoding="utf-8")
    return True


if __name__ == "__main__":
    main()
