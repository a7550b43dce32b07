"""How long a login takes that is refused, for a name that is known, one that is not, and one without a password.

The three take turns at one service, over http; what counts is the ratio of their medians, which tells names apart where
it is far from 1. Run with ``make bench-logins``; prints a table in Markdown, nothing is asserted.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import salesdx
from page_visitor import Visitor  # type: ignore[import-not-found]
from served import office  # type: ignore[import-not-found]

WHO = {"a name that is known": "max", "a name that is not": "nobody", "a person without a password": "mia"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=200)
    tries = parser.parse_args().tries
    with tempfile.TemporaryDirectory() as folder, office(Path(folder), f"{folder}/trail", salesdx.load()) as firm:
        firm.enter(max="sales_manager", mia="sales_manager")
        Visitor(firm, "max").enter()
        took: dict[str, list[float]] = {name: [] for name in WHO}
        for number in range(tries + 10):
            if number % 5 == 0:
                firm.later(minutes=11)  # so many tries are let pass in 10 minutes
            for name, person in WHO.items():
                spent = refused(Visitor(firm, person))
                if number >= 10:  # the first ones prepare
                    took[name].append(spent)
    known = statistics.median(took["a name that is known"])
    print("| who is tried with a wrong password | tries | median, ms | times the first | half of them lie in, ms |")
    print("|---|---|---|---|---|")
    for name, spent in took.items():
        low, half, high = (1000 * part for part in statistics.quantiles(spent, n=4))
        print(f"| {name} | {tries} | {half:.1f} | {half / 1000 / known:.2f} | {low:.1f} to {high:.1f} |")


def refused(visitor: Visitor) -> float:
    """Seconds until a login by a wrong password is refused."""
    token = visitor.token()
    start = time.perf_counter()
    given = visitor.post("/login", person=visitor.who, password="not-the-right-one", form_token=token)
    spent = time.perf_counter() - start
    assert given.status_code == 401, (given.status_code, given.text[:300])
    return spent


if __name__ == "__main__":
    main()
