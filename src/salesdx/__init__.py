"""salesdx: why was the sales goal missed, and what is the right thing to do, to whom?

>>> import salesdx
>>> base = salesdx.load()
>>> memory = salesdx.memory_from({"case_subject": "company", "case_attainment_pct": 80}, base)
>>> salesdx.diagnose(base, memory, engine="reference").to_dict()["mode"]
'diagnosis'
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` is not imported for it: an interruption meanwhile could not be caught
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from salesdx.base.loading import load
    from salesdx.base.model import RuleBase
    from salesdx.case.file import memory_from
    from salesdx.case.memory import WorkingMemory
    from salesdx.engine.diagnose import diagnose
    from salesdx.explanation import explain
    from salesdx.text.issues import CaseError, RuleBaseError


__version__ = "0.1.0"
"""The version of the program; the build takes it from here."""

__all__ = ["CaseError", "RuleBaseError", "__version__", "diagnose", "explain", "load", "memory_from", "read_case"]

_HOMES = {
    "CaseError": "text.issues",
    "RuleBaseError": "text.issues",
    "diagnose": "engine.diagnose",
    "explain": "explanation",
    "load": "base.loading",
    "memory_from": "case.file",
}


def read_case(path: str | Path, base: RuleBase | None = None) -> WorkingMemory:
    """A case file (YAML or JSON; ``-`` for standard input) as working memory, read with a rule base (the shipped one).

    Raises CaseError with every fault in its ``issues``, and RuleBaseError if the rule base cannot be loaded.
    """
    from salesdx.base.loading import load
    from salesdx.case.file import read_case_file

    return read_case_file(path, base or load())


def __getattr__(name: str) -> Any:  # names are imported when used, so that `salesdx --help` is quick
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(f"salesdx.{_HOMES[name]}"), name)
    raise AttributeError(name)
