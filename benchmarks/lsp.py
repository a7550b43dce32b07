"""CPU time of a keystroke in `salesdx lsp`: until the faults of its file are marked, and until `check` was run anew.

The server is a process of its own, on a copy of the shipped rules or of the rules of a folder. The kernel counts the
time: for a key and a question that of the thread that answers, for everything else that of all threads (Linux only).
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
sys.path.insert(0, str(CHECKOUT / "tests"))

from language_client import Editor, editor  # noqa: E402

TYPED = "- id: ZZ1\n  strength: weak\n  when: price_index_vs_competitor_pct > 120 and lost_interviews_n >= 10\n"
FILES = ("rules/pricing.yaml", "knowledge/individual.yaml", "knowledge/ladder.yaml")


def cpu(talk: Editor, whole: bool) -> float:
    """CPU seconds so far of the thread that talks to the editor, or of the ``whole`` server."""
    tasks = Path(f"/proc/{talk.process.pid}/task")
    threads = tasks.iterdir() if whole else [tasks / str(talk.process.pid)]
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def timed(talk: Editor, act: Callable[[], object], whole: bool = False) -> float:
    before = cpu(talk, whole)
    act()
    return cpu(talk, whole) - before


def opened(talk: Editor, path: Path) -> str:
    text = path.read_text("utf-8")
    talk.open(path, text)
    for _ in range(2):  # of the file, and of everything
        talk.published(path, lambda marks: True)
    return text


def key(talk: Editor, path: Path, text: str, answers: int) -> None:
    talk.change(path, text)
    for _ in range(answers):
        talk.published(path, lambda marks: True)


def line(what: str, taken: list[float]) -> str:
    ordered = sorted(taken)
    p99 = ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]
    return f"| {what} | {len(taken)} | {1000 * statistics.median(taken):.1f} ms | {1000 * p99:.1f} ms |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=CHECKOUT)
    parser.add_argument("--looks", type=int, default=20, help="keys behind which everything is looked at")
    asked = parser.parse_args()
    print("| | times | p50 | p99 |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, editor() as talk:
        for room in ("knowledge", "rules"):
            shutil.copytree(asked.home / room, Path(folder, room))
        for name in FILES:
            path = Path(folder, name)
            text = opened(talk, path)
            typed = [text + TYPED[: count + 1] for count in range(len(TYPED))]
            keys = [timed(talk, lambda path=path, now=now: key(talk, path, now, 1)) for now in typed]
            print(line(f"a key in `{name}`, to the faults of that file", keys))
            key(talk, path, text, 2)
        path = Path(folder, FILES[0])
        text = path.read_text("utf-8")
        ends = [text + f"# {count}\n" for count in range(asked.looks)]
        looks = [timed(talk, lambda end=end: key(talk, path, end, 2), whole=True) for end in ends]
        print(line("the last key, with everything that `check` tells", looks))
        half = text + TYPED
        key(talk, path, half, 2)
        for what, at in (("completion", "lost_interviews_n >= 10\n"), ("hover", "lost_interviews_n >= 10\n")):
            asks = [timed(talk, lambda what=what, at=at: talk.ask(what, path, half, at, 2)) for _ in range(100)]
            print(line(what, asks))
        talk.end()


if __name__ == "__main__":
    main()
