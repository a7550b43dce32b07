"""Matching, diagnosis and loading against other engines, side by side: `make bench`.

First every engine must find the same rules true in every case; then all take turns, a round each, and what counts is
the ratio to the yardstick within a round. Times are CPU time.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import synthetic
from peers import Peer, peers
from questions import questions

import salesdx
from salesdx.authoring.worked_cases import case_files
from salesdx.base.loading import shipped_home
from salesdx.base.model import RuleBase
from salesdx.case.file import memory_from
from salesdx.case.memory import WorkingMemory
from salesdx.engine.backends import compiled, reference
from salesdx.engine.diagnose import quick, rete_loads
from salesdx.engine.program import Matches, compile_base
from salesdx.language.conditions import Value
from salesdx.language.intervals import between

SIZES = (1_000, 10_000)
RETE_LIMIT = 200
"""Rules; beyond that the rete engine would take most of the time."""
ROUND = 0.01
"""Seconds that an engine has in a round, at least."""


@dataclass(frozen=True)
class Workload:
    name: str
    base: RuleBase
    memories: list[WorkingMemory]


@dataclass(frozen=True)
class Entry:
    """One line of the table: what is timed, for each case."""

    name: str
    run: Callable[[Any], object]
    inputs: list[Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="rules of the generated rule bases")
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        homes = [shipped_home()]
        for size in given.sizes:
            homes.append(Path(folder) / str(size))
            synthetic.write(homes[-1], shipped_home(), size)
        print("## Loading\n\n| rules | load | program | first diagnosis |\n|---|---|---|---|")
        for home in homes:
            print(loading(home), flush=True)
        for workload in [shipped(), *(w for home in homes[1:] for w in generated(home))]:
            print(f"\n## {workload.name}\n")
            print(table(workload, given.rounds), flush=True)


def shipped() -> Workload:
    """The shipped rule base with its worked cases of points, which the yardstick needs: most leave much unknown."""
    base = salesdx.load()
    paths = case_files([shipped_home() / "rules" / "cases"])
    read = [salesdx.read_case(path, base) for path in paths]
    points = [memory for memory in read if not memory.imprecise]
    name = f"The shipped rule base ({len(base.rules)} rules), {len(points)} of its {len(paths)} worked cases"
    return Workload(name, base, points)


def generated(home: Path) -> list[Workload]:
    base = salesdx.load(home)
    return [
        Workload(
            f"{len(base.rules):,} generated rules, {said}",
            base,
            [memory_from(facts, base) for facts in synthetic.cases(12, unknown)],
        )
        for unknown, said in ((0.0, "every term known"), (0.1, "one term in ten unknown"))
    ]


def loading(home: Path) -> str:
    """CPU seconds: files to rule base, rule base to program, the first diagnosis with all that it compiles."""
    begin = time.process_time()
    base = salesdx.load(home)
    loaded = time.process_time()
    compile_base(base)
    compiled_ = time.process_time()
    quick(base, memory_from({}, base))
    done = time.process_time()
    seconds = (loaded - begin, compiled_ - loaded, done - compiled_)
    return f"| {len(base.rules):,} | " + " | ".join(f"{second:.3f} s" for second in seconds) + " |"


def table(workload: Workload, rounds: int) -> str:
    """The times of one workload, as a Markdown table."""
    base, memories = workload.base, workload.memories
    asked = questions(base)
    wanted = [true_rules(compiled.match(compile_base(base), memory)) & set(asked.rules) for memory in memories]
    open_world = any(name not in memory.values for memory in memories for name in asked.terms)
    others = peers(asked, open_world)
    for peer in others:
        agree(peer, memories, wanted)
    entries = [Entry(peer.name, peer.run, [peer.prepare(m.values) for m in memories]) for peer in others]
    entries[1:1] = ours(base, memories)
    lines = ["| | a case | of the yardstick |", "|---|---|---|"]
    for entry, (seconds, ratio) in zip(entries, measure(entries, rounds), strict=True):
        lines.append(f"| {entry.name} | {shown(seconds)} | {ratio:.1f} |")
    left_out = len(base.rules) - len(asked.rules)
    return "\n".join(lines) + (f"\n\n{left_out} rules cannot be asked of the others." if left_out else "")


def ours(base: RuleBase, memories: list[WorkingMemory]) -> list[Entry]:
    program = compile_base(base)

    def diagnosis(memory: WorkingMemory) -> object:
        found = quick(base, memory)
        return found, found.fired

    wide = [imprecise(memory) for memory in memories]
    for memory in (*memories, *wide):
        assert compiled.match(program, memory) == reference.match(program, memory), "compiled and reference disagree"
    made = [
        Entry("**salesdx: match**, three-valued", lambda memory: compiled.match(program, memory), memories),
        Entry("the same, every number and date imprecise", lambda memory: compiled.match(program, memory), wide),
        Entry("**salesdx: match and whole diagnosis**", diagnosis, memories),
        Entry("the same, facts settled from statements", lambda memory: diagnosis(replace(memory)), memories),
        Entry("a diagnosis as JSON data", lambda d: d.to_dict(), [quick(base, memory) for memory in memories]),
        Entry("salesdx, reference: match", lambda memory: reference.match(program, memory), memories),
    ]
    if len(base.rules) <= RETE_LIMIT and not rete_loads():
        from salesdx.engine.backends import rete

        made.append(Entry("salesdx, rete: match", lambda memory: rete.match(program, memory), memories))
    return made


def imprecise(memory: WorkingMemory) -> WorkingMemory:
    """The same case with each number known to a tenth of it, and each date to three days."""

    def of(known: Value | None) -> Value | None:
        if isinstance(known, Decimal):
            return between(*sorted([known * Decimal("0.9"), known * Decimal("1.1")]))
        if isinstance(known, date):
            return between(known - timedelta(3), known + timedelta(3))
        return known

    said = {name: tuple(replace(s, value=of(s.value)) for s in all_) for name, all_ in memory.statements.items()}
    return replace(memory, statements=said)


def true_rules(matches: Matches) -> set[str]:
    return {rule for rule, truth in matches.truths.items() if truth is True}


def agree(peer: Peer, memories: list[WorkingMemory], wanted: list[set[str]]) -> None:
    """Ends the run if an engine finds other rules true than ours."""
    for memory, want in zip(memories, wanted, strict=True):
        found = peer.true_rules(peer.run(peer.prepare(memory.values)))
        if found != want:
            sys.exit(f"{peer.name} differs on case {memory.case}: {sorted(found ^ want)[:10]}")


def measure(entries: list[Entry], rounds: int) -> list[tuple[float, float]]:
    """For each entry the median time of a case, and the median over the rounds of its ratio to the first entry."""
    repeats = [max(1, int(ROUND / max(_time(entry, 1), 1e-6))) for entry in entries]
    gc.collect()
    gc.freeze()
    times: list[list[float]] = [[] for _ in entries]
    for number in range(rounds):
        for i in range(len(entries)):  # each round begins with another entry
            at = (i + number) % len(entries)
            times[at].append(_time(entries[at], repeats[at]))
    gc.unfreeze()
    cases = len(entries[0].inputs)
    return [
        (statistics.median(taken) / cases, statistics.median(t / y for t, y in zip(taken, times[0], strict=True)))
        for taken in times
    ]


def _time(entry: Entry, repeats: int) -> float:
    """CPU seconds for all cases once."""
    run, inputs = entry.run, entry.inputs
    begin = time.process_time()
    for _ in range(repeats):
        for given in inputs:
            run(given)
    return (time.process_time() - begin) / repeats


def shown(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} us" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"


if __name__ == "__main__":
    main()
