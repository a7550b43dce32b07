"""diagnose(): the one place where a back end and a diagnosis meet."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.engine import judgement
from salesdx.engine.backends import compiled, reference
from salesdx.engine.comparing import summary
from salesdx.engine.diagnosis import Conflict, Diagnosis, Engine
from salesdx.engine.program import Matches, Program, RuleRefused, compile_base

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
    memory = memory.with_base(base)
    program = compile_base(base)
    name, note = _choose(engine)
    try:
        matches = _backend(name).match(program, memory)
    except RuleRefused as refused:
        if engine != "auto":
            raise EngineError(str(refused)) from None
        name, note = "reference", f"{refused}; the reference engine ran alone"
        matches = reference.match(program, memory)
    except RuntimeError as failed:  # of durable_rules: nothing that it says can be trusted then
        raise EngineError(f"internal error: the engine {name} failed ({failed}); no diagnosis is given") from failed
    checked_by = None
    if name == "rete":
        checked_by = "reference"
        _compare(program, matches, reference.match(program, memory), name)
    found = judgement.judge(program, memory, matches, Engine(name, checked_by, package_version(), note))
    return (
        replace(found, conflicts=tuple(_with_turns(program, memory, conflict) for conflict in found.conflicts))
        if found.conflicts
        else found
    )


def quick(base: RuleBase, memory: WorkingMemory) -> Diagnosis:
    """A diagnosis by the compiled back end alone, for searches over many variants of one case."""
    program = compile_base(base)
    return judgement.judge(program, memory, compiled.match(program, memory))


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


@lru_cache(maxsize=1)
def package_version() -> str:
    """The version of salesdx that is installed, or `checkout`."""
    try:
        return version("salesdx")
    except PackageNotFoundError:
        return "checkout"


def _choose(engine: str) -> tuple[str, str]:
    if engine not in ENGINES:
        raise EngineError(f"there is no engine `{engine}`; the engines are {', '.join(ENGINES)}")
    if engine not in ("auto", "rete"):
        return engine, ""
    missing = rete_loads()
    if missing and engine == "rete":
        raise EngineError(missing.partition(";")[0])
    return ("reference", missing) if missing else ("rete", "")


def _backend(name: str) -> Any:
    return importlib.import_module(BACKENDS[name])


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


def _with_turns(program: Program, memory: WorkingMemory, conflict: Conflict) -> Conflict:
    """How the result would turn under each statement on a disputed fact."""
    if conflict.fact.value is not None:
        return conflict
    values = dict.fromkeys(s.value for s in conflict.fact.statements if s.value is not None)
    turns = []
    for value in values:
        result = quick(program.base, memory.with_fact(conflict.fact.term, value))
        turns.append((value, summary(result.to_dict())))
    return replace(conflict, turns=tuple(turns))
