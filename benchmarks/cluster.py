"""Many cases on a Spark cluster of one master and two workers on loopback, one of which is killed in the middle.

Says whether each case was decided once and as without a cluster, and how long both took beside one process a core.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from socket import socket

import pyarrow as pa
import pyarrow.parquet as pq

CHECKOUT = Path(__file__).parents[1]
NEEDS = "needs pyspark and Java 17: pip install 'pyspark>=3.5'"
SPARK_CLASS = str(Path(find_spec("pyspark").origin).parent / "bin" / "spark-class") if find_spec("pyspark") else ""
HOST = "127.0.0.1"


def rows_like(facts: Path, rows: int, target: Path) -> None:
    """So many rows with facts of a table, whose cases have names of their own."""
    table = pq.read_table(facts).combine_chunks()
    with pq.ParquetWriter(target, table.schema) as writer:
        for start in range(0, rows, table.num_rows):
            names = pa.array([f"c{row:09}" for row in range(start, start + table.num_rows)])
            writer.write_table(table.set_column(table.schema.get_field_index("case"), "case", names))


def command(facts: Path, output: Path, *words: str) -> list[str]:
    return [
        sys.executable,
        str(CHECKOUT / "cli.py"),
        "bulk",
        str(facts),
        "--output",
        str(output),
        "--sample",
        "0",
        *words,
    ]


def started(role: str, log: Path, *words: str) -> subprocess.Popen[bytes]:
    """A master or a worker, as the leader of a group of processes."""
    environment = {**os.environ, "SPARK_LOCAL_IP": HOST, "PYSPARK_PYTHON": sys.executable}
    environment["PYTHONPATH"] = str(CHECKOUT / "src")
    with open(log, "wb") as file:
        words = (SPARK_CLASS, f"org.apache.spark.deploy.{role.lower()}.{role}", "--webui-port", "0", *words)
        return subprocess.Popen(words, stdout=file, stderr=file, env=environment, start_new_session=True)


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A master, and two workers of one core each."""
    with socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    address, workers = f"spark://{HOST}:{port}", list[subprocess.Popen[bytes]]()
    processes = [started("Master", folder / "master.log", "--host", HOST, "--port", str(port))]
    try:
        for number in range(2):
            words = ("--cores", "1", "--memory", "2g", "--work-dir", str(folder / f"work-{number}"), address)
            workers.append(started("Worker", folder / f"worker-{number}.log", "--host", HOST, *words))
        processes += workers
        deadline = time.monotonic() + 180
        while (folder / "master.log").read_text().count("Registering worker") < 2:
            if time.monotonic() > deadline:
                raise SystemExit("the workers did not register")
            time.sleep(0.2)
        yield address, workers
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def killed_in_the_middle(process: subprocess.Popen[bytes], parts: Path, worker: subprocess.Popen[bytes]) -> int:
    """Kill a worker with its executors once a part is there -> how many parts there were."""
    while process.poll() is None and not list(parts.glob("part-*")):
        time.sleep(0.05)
    there = len(list(parts.glob("part-*")))
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(worker.pid)], capture_output=True, text=True)
    os.killpg(worker.pid, signal.SIGKILL)
    for pid in map(int, found.stdout.split()):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return there


def decided(folder: Path) -> pa.Table:
    tables = [pq.read_table(part, partitioning=None) for part in sorted(folder.glob("part-*.parquet"))]
    return pa.concat_tables(tables).combine_chunks().sort_by("case")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("facts", type=Path, help="a Parquet file with rows to take")
    parser.add_argument("--rows", type=int, default=2_000_000)
    options = parser.parse_args()
    if not SPARK_CLASS or not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        sys.exit(NEEDS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        facts = folder / "facts.parquet"
        rows_like(options.facts, options.rows, facts)
        begin = time.monotonic()
        subprocess.run(command(facts, folder / "alone"), check=True, stdout=subprocess.DEVNULL)
        alone = time.monotonic() - begin
        with cluster(folder) as (address, workers):
            begin = time.monotonic()
            whole = command(facts, folder / "both", "--spark", address)
            subprocess.run(whole, check=True, stdout=subprocess.DEVNULL)
            both = time.monotonic() - begin
            with subprocess.Popen(command(facts, folder / "one", "--spark", address), stdout=subprocess.DEVNULL) as run:
                there = killed_in_the_middle(run, folder / "one.unfinished", workers[0])
        parts = len(list((folder / "one").glob("part-*")))
        wanted, found = decided(folder / "alone"), [decided(folder / each) for each in ("both", "one")]
        print(f"{options.rows:,} rows; one process {alone:.0f} s, two workers {both:.0f} s with their start")
        print(f"a worker killed when {there} of {parts} parts were there")
        print("each case once and as in one process:", all(each.equals(wanted) for each in found))
        if not all(each.equals(wanted) for each in found):
            raise SystemExit(1)


if __name__ == "__main__":
    main()
