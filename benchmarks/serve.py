"""What the service of a trail costs: a hold through it, beside the same hold in a trail that is opened here.

Both take turns in one run, each pair one of each, and what counts is the ratio within a pair. The service is a process
of its own on this machine. The trails lie in the temporary folder, and TMPDIR chooses the disk. Run with ``make
bench-serve``; prints a table in Markdown, nothing is asserted.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from salesdx.ledger.keys import SigningKey, new_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin
from salesdx.services.file_acts import PutHold
from test_serve_crash import Firm, Forks  # type: ignore[import-not-found]

BY = Person("Cleo", "hr")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=300)
    pairs = parser.parse_args().pairs
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "firm").mkdir()
        firm = Firm(Path(folder) / "firm")
        own = create(str(Path(folder) / "own"), SigningKey(new_private_key(), new_origin()), BY)
        with own.append() as appender:
            appender.add("hold", {"reason": "first"}, BY, case="north")
        with Forks(firm, cleo="hr") as forks, httpx.Client(timeout=60) as client:
            client.headers["Authorization"] = f"Bearer {forks.tokens['cleo']}"
            _, url = forks.start()
            took = [pair(own, client, url, number) for number in range(pairs + 20)][20:]  # the first ones prepare
    ratios, alone = [there / here for here, there in took], [here for here, _ in took]
    quarter, half, most = statistics.quantiles(ratios, n=4)
    print("| pairs | through the service, times here: median | half of the pairs lie in | here, ms (median) |")
    print("|---|---|---|---|")
    print(f"| {pairs} | {half:.2f} | {quarter:.2f} to {most:.2f} | {statistics.median(alone) * 1000:.1f} |")


def pair(own: Trail, client: httpx.Client, url: str, number: int) -> tuple[float, float]:
    """Seconds of a hold here, and of the same at the service."""
    act = PutHold("case", "north", f"reason {number}")
    body = {"kind": act.kind, "name": act.name, "reason": act.reason}
    key = {"Idempotency-Key": f"request-{number:06}"}
    here = timed(lambda: act.run(own, BY, None, str))
    return here, timed(lambda: client.post(f"{url}/acts/hold", json=body, headers=key).raise_for_status())


def timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
