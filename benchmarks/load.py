"""People who answer at once: each one question every ten seconds at the pages, beside a bare route of Starlette.

The service is a process of its own (or several, on PostgreSQL), the bare route another one, and the people a third; all
on this machine. Each person looks for their next question, sees it, and answers. In the same seconds the bare route is
asked as often, and what counts is the ratio of the slowest hundredth to its slowest hundredth. Run with ``make load``;
prints a table in Markdown, nothing is asserted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
from lxml import html

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import salesdx
from conftest import ROOT  # type: ignore[import-not-found]
from page_visitor import Visitor  # type: ignore[import-not-found]
from postgresql_cluster import Cluster  # type: ignore[import-not-found]
from served import office  # type: ignore[import-not-found]
from test_pages_links import answer_for  # type: ignore[import-not-found]

BARE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from salesdx.cli.serve import listening_at
listening = listening_at("127.0.0.1", 0)
print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("ok"))])
uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listening])
"""


@dataclass
class Seen:
    """What people saw: kind of request -> how long each took, in seconds; and the statuses."""

    took: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)

    async def asked(
        self, kind: str, client: httpx.AsyncClient, method: str, url: str, **more: object
    ) -> httpx.Response:
        start = time.perf_counter()
        given = await client.request(method, url, **more)  # type: ignore[arg-type]
        self.took.setdefault(kind, []).append(time.perf_counter() - start)
        if kind != "bare route":
            self.statuses[given.status_code] += 1
        return given


async def person(
    number: int, url: str, bare: str, cookies: httpx.Cookies, case: str, args: argparse.Namespace, seen: Seen
) -> None:
    """One person for the whole time."""
    base, until = salesdx.load(), time.monotonic() + args.seconds
    async with httpx.AsyncClient(timeout=60, cookies=cookies) as client:
        await asyncio.sleep(random.Random(number).random() * args.every)
        while time.monotonic() < until:
            begun = time.monotonic()
            await seen.asked("bare route", client, "GET", bare)
            to = await seen.asked("redirect to the next question", client, "GET", f"{url}/cases/{case}/next")
            path = to.headers.get("location", f"/cases/{case}/answers")
            page = await seen.asked("page", client, "GET", url + path)
            for form in html.fromstring(page.text).forms if "/questions/" in path else ():
                if form.action.endswith(path):
                    told = {name: value for name, value in form.form_values() if isinstance(value, str)}
                    told |= {"do": "save", "answer": answer_for(base, path.rpartition("/")[2])}
                    await seen.asked("answer", client, "POST", url + path, data=told, headers={"Origin": url})
            await asyncio.sleep(max(0.0, args.every - (time.monotonic() - begun)))


def cpu(process: subprocess.Popen[str]) -> float:
    """CPU seconds of a process so far."""
    told = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def memory(process: subprocess.Popen[str]) -> int:
    """Megabytes of a process."""
    told = Path(f"/proc/{process.pid}/statm").read_text().split()
    return int(told[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def started(*command: str) -> tuple[subprocess.Popen[str], str]:
    """A process and the address that it prints."""
    running = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    return running, running.stdout.readline().strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--every", type=float, default=10)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder) / "pg") if args.postgresql else None
        where = cluster.url(cluster.database()) if cluster else str(Path(folder) / "trail")
        try:
            run(Path(folder), where, args)
        finally:
            if cluster:
                cluster.stop()


def run(folder: Path, where: str, args: argparse.Namespace) -> None:
    visitors: list[tuple[Visitor, str]] = []
    (folder / "firm").mkdir()
    with office(folder / "firm", where, salesdx.load()) as firm:
        firm.enter(**{f"m{number}": "sales_manager" for number in range(args.people)})
        for number in range(args.people):
            firm.passed[0] = timedelta(
                minutes=11 * (number // 25)
            )  # so many logins in ten minutes come from one address
            visitor = Visitor(firm, f"m{number}")
            visitor.enter()
            firm.passed[0] = timedelta(0)
            visitors.append((visitor, visitor.begin()))
    serve = ("-m", "salesdx", "serve", "--trail", where, "--key", str(folder / "firm/trail.key"), "--port", "0")
    running = [started(*serve) for _ in range(args.processes)]
    bare, address = started("-c", BARE)
    seen = Seen()

    async def everybody() -> None:
        await asyncio.gather(
            *(
                person(number, running[number % len(running)][1], address, visitor.cookies, case, args, seen)
                for number, (visitor, case) in enumerate(visitors)
            )
        )

    before = [cpu(process) for process, _ in running]
    asyncio.run(everybody())
    used = sum(cpu(process) for process, _ in running) - sum(before)
    most = max(memory(process) for process, _ in running)
    for process in (bare, *(one for one, _ in running)):
        process.terminate()
        process.wait(60)
    asked = sum(seen.statuses.values())
    least = hundredth(seen.took["bare route"])
    print(
        f"{args.people} people, one question each {args.every:g} s, {args.seconds:g} s, {args.processes} process(es),"
    )
    print(f"{'PostgreSQL' if args.postgresql else 'SQLite'}; load of the machine {os.getloadavg()[0]:.1f}")
    print(f"{used / asked * 1000:.1f} ms of CPU a request, {most} MB at most, statuses {dict(seen.statuses)}\n")
    print("| request | how many | median, ms | p99, ms | p99 to that of the bare route |")
    print("|---|---|---|---|---|")
    for kind, took in seen.took.items():
        p99 = hundredth(took)
        print(f"| {kind} | {len(took)} | {statistics.median(took) * 1000:.0f} | {p99 * 1000:.0f} | {p99 / least:.1f} |")


def hundredth(took: list[float]) -> float:
    """The time that 99 of 100 do not reach."""
    return statistics.quantiles(took, n=100, method="inclusive")[-1]


if __name__ == "__main__":
    main()
