"""How the worked cases of a rule base use its rules, steps and questions: found once, as long as the rules are held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from salesdx.authoring.worked_cases import layered_cases, read_worked_case, worked_profile
from salesdx.base.model import RuleBase
from salesdx.engine.diagnose import quick
from salesdx.language.truth import Truth
from salesdx.services.adopting import folder_of
from salesdx.text.issues import IssuesError


@dataclass(frozen=True)
class WorkedUse:
    """A worked case: what it is called, why it comes out so, and what it makes of every rule and step."""

    name: str
    title: str
    why: str
    truths: Mapping[str, Truth]
    """Rule -> whether it is true in the case."""
    statuses: Mapping[str, str]
    """Step -> its status; of one that is concluded, that word."""
    stated: frozenset[str]
    """The terms of which it says something."""


@lru_cache(maxsize=4)
def worked_uses(base: RuleBase) -> tuple[WorkedUse, ...]:
    """The worked cases that lie beside the rules, by name; those that these rules cannot read are left out.

    Whoever calls it holds the lock of what reads diagrams.
    """
    home = folder_of(base)
    try:
        files = layered_cases(home)
    except (IssuesError, OSError):
        return ()
    found = []
    for path, shown in files.items():
        try:
            found.append(_use(base, home, path, shown))
        except (IssuesError, OSError):
            continue
    return tuple(found)


def _use(base: RuleBase, home: Path | None, path: Path, shown: str) -> WorkedUse:
    case = read_worked_case(path, base, shown, firm=worked_profile(home, base, path.name))
    made = quick(base, case.memory)
    statuses = {one.stage.id: "concluded" if one.concluded else one.status for one in made.standings}
    title = case.title or path.stem.replace("-", " ")
    return WorkedUse(path.name, title, case.why, made.matches.truths, statuses, frozenset(case.memory.statements))
