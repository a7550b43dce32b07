"""Cases in columns: rows a CPU second in numpy, in C that is generated from the same operations, and in Polars.

The answers are compared before anything is timed. All run on one thread; times are CPU time, the best of some turns.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import numpy as np

import salesdx
from salesdx.base.model import NUMERIC, RuleBase, Term
from salesdx.engine.backends.columnar import CHUNK, Chunk, columnar, result_places
from salesdx.engine.case_columns import CaseColumns, slot_of
from salesdx.engine.column_plans import ColumnPlan, plan_for, presence
from salesdx.engine.column_slots import Slots, settled_slots
from salesdx.engine.lowered import (
    AllOf,
    AnyOf,
    AtLeast,
    Calculated,
    EndPair,
    EndTest,
    NoneOf,
    Operation,
    TermFlag,
)
from salesdx.engine.lowering_ladder import lower
from salesdx.engine.program import compile_base
from salesdx.language.conditions import Compare, Literal, Name, names, walk

UNKNOWN = 0.15
"""How many values are not there."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    base = salesdx.load()
    columns = CaseColumns(given.rows, dict(random_columns(base, given.rows)))
    decide = columnar(compile_base(base))
    lowered = lower(decide.program)
    slots = settled_slots(base, columns, lowered.reads)
    outputs = result_places(lowered, decide.words).signals
    plan = plan_for(lowered, outputs, presence(slots, columns))
    whole = Chunk(slots, columns, 0)
    judged = {part.expr: whole._truths(part.expr) for part in plan.operations if isinstance(part, Calculated)}
    wanted = sorted({plan.at[signal] for signal in outputs})
    print(
        f"{len(base.rules)} rules, {len(slots.low)} columns, {len(plan.operations)} operations, {given.rows:,} rows\n"
    )

    with tempfile.TemporaryDirectory() as folder:
        kernel = c_kernel(Path(folder), plan, slots, columns, wanted)
        found, compiled = in_numpy(plan, slots, columns, wanted, judged), kernel()
        assert all(np.array_equal(a, b) for a, b in zip(found, compiled, strict=True)), "the C kernel differs"
        entries: dict[str, Callable[[], Any]] = {
            "each column read once": lambda: [float(column.sum()) for column in slots.low.values()],
            "generated C": kernel,
            "numpy on packed bits": lambda: in_numpy(plan, slots, columns, wanted, judged),
        }
        if polars := in_polars(plan, slots, columns, wanted):
            frames = polars()
            assert all(np.array_equal(a, b) for a, b in zip(found, frames, strict=True)), "Polars differs"
            entries["Polars"] = polars
        entries["all of it: formulas, operations, codes and counts"] = lambda: decide.decide(columns)
        times = {name: best(run, given.turns) for name, run in entries.items()}
    print("| | M rows a CPU second | of C |\n|---|---|---|")
    for name, seconds in times.items():
        print(f"| {name} | {given.rows / seconds / 1e6:.2f} | {times['generated C'] / seconds:.2f} |")


def best(run: Callable[[], object], turns: int) -> float:
    """The least CPU time of some turns."""
    found = []
    for _ in range(turns):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


# --- rows -------------------------------------------------------------------------------------------------------------


def random_columns(base: RuleBase, rows: int) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Values at, just below and just above what each asked term is compared with, and some unknown."""
    random = np.random.default_rng(7)
    limits: dict[str, set[Decimal]] = {}
    for expr in (part for rule in base.rules for part in walk(rule.when)):
        match expr:
            case Compare(_, Name(id), Literal(Decimal() as limit)):
                limits.setdefault(id, set()).add(limit)
    also = [term.or_formula for term in base.terms.values() if term.or_formula is not None]
    beside = {
        name for expr in also for name in names(expr)
    }  # who states both an amount and its share, and they differ?
    for term in base.terms.values():
        if not term.computed and term.name not in beside:
            values = np.array(list(worth_trying(term, limits.get(term.name, set()))))
            column = random.choice(values, rows)
            column[random.random(rows) < UNKNOWN] = np.nan
            yield term.name, column


def worth_trying(term: Term, limits: set[Decimal]) -> Iterator[float]:
    if term.type == "boolean":
        yield from (0.0, 1.0)
    elif term.type == "enum":
        yield from map(float, range(len(term.values)))
    elif term.type in NUMERIC:
        low, high = term.low or Decimal(0), term.high or Decimal(100)
        step = Decimal(1) if term.type == "integer" else Decimal("0.01")
        near = {low, low + 1, *(limit + n * step for limit in limits for n in (-1, 0, 1))}
        yield from (slot_of(term, value) for value in sorted(near) if low <= value <= high)
    else:
        yield from (739_000.0 + day for day in (0, 59, 60, 61, 88, 200))


# --- the three --------------------------------------------------------------------------------------------------------


def in_numpy(
    plan: ColumnPlan, slots: Slots, columns: CaseColumns, wanted: Sequence[int], judged: Mapping[Any, Any]
) -> list[Any]:
    """The bits of each result, as the product makes them; comparisons with a calculation are given, as to all three."""
    made: list[list[Any]] = [[] for _ in wanted]
    for start in range(0, slots.rows, CHUNK):
        chunk = Chunk(slots.rows_of(start, min(start + CHUNK, slots.rows)), columns, start)
        given = {expr: (t[start : start + CHUNK], f[start : start + CHUNK]) for expr, (t, f) in judged.items()}
        chunk.judged.update(given)
        bits = chunk.run(plan)
        for kept, place in zip(made, wanted, strict=True):
            kept.append(bits[place])
    return [np.concatenate(parts) for parts in made]


def inputs_of(
    plan: ColumnPlan, slots: Slots, columns: CaseColumns
) -> tuple[dict[str, Any], dict[Operation, np.ndarray[Any, Any]]]:
    """The columns that are read, and of each comparison with a calculation its bits, which all three are given."""
    whole = Chunk(slots, columns, 0)
    calculated = {
        operation: np.packbits(whole._truths(operation.expr)[not operation.side], bitorder="little")
        for operation in plan.operations
        if isinstance(operation, Calculated)
    }
    return {name: np.ascontiguousarray(column) for name, column in slots.low.items()}, calculated


def c_kernel(
    folder: Path, plan: ColumnPlan, slots: Slots, columns: CaseColumns, wanted: Sequence[int]
) -> Callable[[], list[Any]]:
    """The operations as a C function over 64 rows a word, compiled here with gcc -O3."""
    read, calculated = inputs_of(plan, slots, columns)
    names, given = list(read), list(calculated)
    place = {name: n for n, name in enumerate(names)}
    lines: list[str] = []
    for n, operation in enumerate(plan.operations):
        match operation:
            case AllOf(parts):
                source = " & ".join(f"o{part}" for part in parts) or "~0ULL"
            case AnyOf(parts):
                source = " | ".join(f"o{part}" for part in parts) or "0ULL"
            case NoneOf(part):
                source = f"~o{part}"
            case EndTest(term, _, op, limit):
                source = f"test(c[{place[term]}][i] {op} {float(limit)!r})"
            case EndPair(term, _, op, other, _):
                source = f"test(c[{place[term]}][i] {op} c[{place[other]}][i])"
            case TermFlag(term):
                source = f"test(c[{place[term]}][i] == c[{place[term]}][i])"
            case Calculated():
                source = f"g[{given.index(operation)}][w]"
            case AtLeast(least, parts):
                lines.append(f"uint64_t {', '.join(f'o{n}_{level} = 0' for level in range(least))};")
                for part in parts:
                    lines += [f"o{n}_{level} |= o{n}_{level - 1} & o{part};" for level in range(least - 1, 0, -1)]
                    lines.append(f"o{n}_0 |= o{part};")
                source = f"o{n}_{least - 1}"
        lines.append(f"uint64_t o{n} = {source};")
    lines += [f"out[{k}][w] = o{n};" for k, n in enumerate(wanted)]
    code = "\n".join(lines)
    source = folder / "kernel.c"
    source.write_text(
        "#include <stdint.h>\n"
        "#define test(expr) ({ uint64_t word = 0; for (int b = 0; b < 64; b++) "
        "{ long i = 64 * w + b; word |= (uint64_t)(expr) << b; } word; })\n"
        "void run(long words, double **c, uint64_t **g, uint64_t **out) {\n"
        f"for (long w = 0; w < words; w++) {{\n{code}\n}}\n}}\n"
    )
    library = folder / "kernel.so"
    # the word-building loops become vector instructions; a block of 2,500 lines is more than -O3 likes to look at twice
    subprocess.run(["gcc", "-O3", "-march=native", "-shared", "-fPIC", "-o", library, source], check=True)
    run = ctypes.CDLL(str(library)).run
    words = -(-slots.rows // 64)

    def padded(column: Any, size: int) -> Any:
        return np.ascontiguousarray(np.concatenate([column, np.zeros(size - len(column), column.dtype)]))

    held = [padded(read[name], words * 64) for name in names]
    bits = [padded(calculated[operation], words * 8) for operation in given]

    def pointers(arrays: Sequence[Any]) -> Any:
        return (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))

    def kernel() -> list[Any]:
        out = np.empty((len(wanted), words * 8), np.uint8)
        run(ctypes.c_long(words), pointers(held), pointers(bits), pointers(list(out)))
        return [row[: -(-slots.rows // 8)] for row in out]

    return kernel


def in_polars(
    plan: ColumnPlan, slots: Slots, columns: CaseColumns, wanted: Sequence[int]
) -> Callable[[], list[Any]] | None:
    """The operations as columns of a lazy frame, a layer of them at a time; None where Polars is not installed."""
    try:
        import polars as pl
    except ImportError:
        return None
    read, calculated = inputs_of(plan, slots, columns)
    frame = {name: pl.Series(np.ascontiguousarray(column)).fill_nan(None) for name, column in read.items()}
    for n, operation in enumerate(plan.operations):
        if isinstance(operation, Calculated):
            whole = np.unpackbits(calculated[operation], count=slots.rows, bitorder="little").astype(bool)
            frame[f"g{n}"] = pl.Series(whole)
    table = pl.DataFrame(frame)
    depth: list[int] = []
    layers: dict[int, list[Any]] = {}
    for n, operation in enumerate(plan.operations):
        level, expr = 0, None
        match operation:
            case AllOf(parts) | AnyOf(parts):
                join = pl.all_horizontal if isinstance(operation, AllOf) else pl.any_horizontal
                expr = join([pl.col(f"o{part}") for part in parts]) if parts else pl.lit(isinstance(operation, AllOf))
                level = 1 + max((depth[part] for part in parts), default=0)
            case NoneOf(part):
                expr, level = ~pl.col(f"o{part}"), 1 + depth[part]
            case EndTest(term, _, op, limit):
                expr = compared(pl.col(term), op, float(limit)).fill_null(False)
            case EndPair(term, _, op, other, _):
                expr = compared(pl.col(term), op, pl.col(other)).fill_null(False)
            case TermFlag(term):
                expr = pl.col(term).is_not_null()
            case Calculated():
                expr = pl.col(f"g{n}")
            case AtLeast(least, parts):
                expr = pl.sum_horizontal([pl.col(f"o{part}").cast(pl.Int16) for part in parts]) >= least
                level = 1 + max(depth[part] for part in parts)
        depth.append(level)
        layers.setdefault(level, []).append(expr.alias(f"o{n}"))
    lazy = table.lazy()
    for level in sorted(layers):
        lazy = lazy.with_columns(layers[level])
    lazy = lazy.select(f"o{n}" for n in wanted)

    def run() -> list[Any]:
        found = lazy.collect(engine="streaming")
        return [np.packbits(found[f"o{n}"].to_numpy(), bitorder="little") for n in wanted]

    return run


def compared(left: Any, op: str, right: Any) -> Any:
    return {"==": left.eq, "<": left.lt, "<=": left.le, ">": left.gt, ">=": left.ge, "!=": left.ne}[op](right)


if __name__ == "__main__":
    main()
