"""diagnose(): the one place where a back end and a diagnosis meet."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from salesdx import __version__
from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import Fact
from salesdx.engine import judgement
from salesdx.engine.backends import compiled, reference
from salesdx.engine.diagnosis import Diagnosis, Engine
from salesdx.engine.program import Matches, Program, RuleRefused, compile_base
from salesdx.followup.with_record import with_record
from salesdx.language.conditions import Value

BACKENDS = {
    "reference": "salesdx.engine.backends.reference",
    "rete": "salesdx.engine.backends.rete",
    "compiled": "salesdx.engine.backends.compiled",
}
ENGINES = ("auto", *BACKENDS)


class EngineError(RuntimeError):
    """A back end cannot run here, or two back ends disagree: no diagnosis leaves."""


def diagnose(base: RuleBase, memory: WorkingMemory, engine: str = "auto") -> Diagnosis:
    """The diagnosis of one case.

    ``engine`` is ``auto`` (rete where it loads and holds every rule, checked by the reference), ``rete`` (checked too),
    ``reference`` or ``compiled``. Raises EngineError when a back end cannot run here or refuses a rule, or when two of
    them give a rule different truths.
    """
    run = _Run(compile_base(base), with_record(memory.with_base(base)), engine)
    for step in STEPS:
        step(run)
    return run.diagnosis


def quick(base: RuleBase, memory: WorkingMemory) -> Diagnosis:
    """A diagnosis by the compiled back end alone, for searches over many variants of one case."""
    program, memory = compile_base(base), with_record(memory)
    return judgement.judge(program, memory, compiled.match(program, memory), compiled.match)


def rete_loads() -> str:
    """Why durable_rules cannot be used here; empty if it can."""
    if importlib.util.find_spec("durable") is None:
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        return f"durable_rules is not installed (Python {python}); the reference engine ran alone"
    try:
        importlib.import_module("durable.engine")
    except ImportError as error:
        return f"durable_rules does not load ({error}); the reference engine ran alone"
    return ""


# --- step by step -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Run:
    """One case on its way to a diagnosis; each step adds its part."""

    program: Program
    memory: WorkingMemory
    wanted: str
    """The engine that was asked for."""
    name: str = ""
    checked_by: str | None = None
    note: str = ""
    matches: Matches = field(init=False)
    diagnosis: Diagnosis = field(init=False)


def _choose(run: _Run) -> None:
    """The engine that runs: the one that was asked for, or the best that loads."""
    if run.wanted not in ENGINES:
        raise EngineError(f"there is no engine `{run.wanted}`; the engines are {', '.join(ENGINES)}")
    if run.wanted not in ("auto", "rete"):
        run.name = run.wanted
        return
    missing = rete_loads()
    if missing and run.wanted == "rete":
        raise EngineError(missing.partition(";")[0])
    run.name, run.note = ("reference", missing) if missing else ("rete", "")


def _match(run: _Run) -> None:
    """The truth of every rule. With `auto`, an engine that refuses a rule gives way to the reference."""
    try:
        run.matches = importlib.import_module(BACKENDS[run.name]).match(run.program, run.memory)
    except RuleRefused as refused:
        if run.wanted != "auto":
            raise EngineError(str(refused)) from None
        run.name, run.note = "reference", f"{refused}; the reference engine ran alone"
        run.matches = reference.match(run.program, run.memory)
    except RuntimeError as failed:  # of durable_rules: nothing that it says can be trusted then
        raise EngineError(f"internal error: the engine {run.name} failed ({failed}); no diagnosis is given") from failed


def _check(run: _Run) -> None:
    """What rete found, against the reference."""
    if run.name == "rete":
        run.checked_by = "reference"
        _compare(run.program, run.matches, reference.match(run.program, run.memory), run.name)


def _judge(run: _Run) -> None:
    engine = Engine(run.name, run.checked_by, __version__, run.note)
    run.diagnosis = judgement.judge(run.program, run.memory, run.matches, reference.match, engine)


def _turn_conflicts(run: _Run) -> None:
    """How the result would turn under each statement on a disputed fact."""
    if found := run.diagnosis.conflicts:
        turned = tuple(
            replace(each, turns=turns(run.memory, each.fact)) if each.fact.disputed else each for each in found
        )
        run.diagnosis = replace(run.diagnosis, conflicts=turned)


STEPS: tuple[Callable[[_Run], None], ...] = (_choose, _match, _check, _judge, _turn_conflicts)
"""How a case comes to its diagnosis, in order."""


def _compare(program: Program, found: Matches, wanted: Matches, name: str) -> None:
    differ = [rule.id for rule in program.base.rules if found.truths[rule.id] is not wanted.truths[rule.id]]
    if differ:
        first = differ[0]
        more = f" and {len(differ) - 1} more" if len(differ) > 1 else ""
        truths = f"{_truth(found.truths[first])} against {_truth(wanted.truths[first])}"
        raise EngineError(
            f"internal error: {name} and reference disagree on rule {first} ({truths}){more}; no diagnosis is given"
        )


def _truth(truth: bool | None) -> str:
    return "unknown" if truth is None else str(truth).lower()


def turns(memory: WorkingMemory, fact: Fact) -> tuple[tuple[Value, str], ...]:
    """Each value that is stated of a fact, with the result if only those who state it had spoken."""
    from salesdx.engine.comparing import summary  # in most cases nothing is disputed

    found = []
    for value in dict.fromkeys(said.value for said in fact.statements if said.stands and said.value is not None):
        alone = memory.with_fact(fact.term, value)
        if alike := tuple(said for said in memory.statements.get(fact.term, ()) if said.stands and said.value == value):
            alone = alone.with_statements(fact.term, alike)
        found.append((value, summary(quick(memory.base, alone).to_dict())))
    return tuple(found)
