"""A case file -> a worked case: its text as it is, with what the rules say now as what is expected."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from salesdx.authoring.worked_cases import WorkedCase
from salesdx.case.file import case_from
from salesdx.case.writing import NOTHING_EXPECTED, new_case, yaml_text
from salesdx.engine.diagnosis import Diagnosis
from salesdx.text.issues import CaseError, Issue
from salesdx.text.source import Mapping, Scalar, parse_yaml

WIDTH = 118


def worked_text(text: str, shown: str, of: Diagnosis, why: str = "", before: WorkedCase | None = None) -> str:
    """The text of a case with ``expect`` and ``why`` behind it; comments stay where lines can stand behind it.

    ``of`` is the diagnosis of the case; what a case ``before`` allows and forbids stays so as far as it can. Raises
    CaseError for a case that already says what is expected, if it is more than nothing.
    """
    text = text.removesuffix(NOTHING_EXPECTED)
    node, faults = parse_yaml(text, shown)
    if not isinstance(node, Mapping) or faults:
        raise CaseError([*map(Issue.of, faults)])
    for key in ("expect", "why") if why else ("expect",):
        if (said := node.key(key)) is not None:
            raise CaseError([Issue("worked-case", f"the case already has the key `{key}`", said.place)])
    behind = [*expectation(of, before), *_why(node, why)]
    ending = "\r\n" if "\r\n" in text else "\n"
    made = text.rstrip() + ending + "".join(line + ending for line in behind)
    if _says(made, shown, of):
        return made
    told = [f"{key}: {yaml_text(said.text)}" for key in ("title", "story", "why") if (said := _text(node, key))]
    case = new_case(of.memory.own).removesuffix(NOTHING_EXPECTED).rstrip()
    return "\n".join([case, *told, *behind]) + "\n"


def expectation(diagnosis: Diagnosis, before: WorkedCase | None = None) -> list[str]:
    """The lines of `expect` that one diagnosis keeps: everything that can be expected, and what was allowed before."""
    given = [r.intervention.id for r in diagnosis.recommendations]
    others = [r.intervention.id for r in (*diagnosis.alternatives, *diagnosis.suppressed)]
    acting = [i.id for i in diagnosis.base.interventions.values() if i.personnel]
    may, forbidden = (before.wanted(key) or () if before else () for key in ("may_recommend", "never_recommend"))
    never = [id for id in dict.fromkeys([*forbidden, *acting, *others]) if id not in (*given, *may)]
    concluded = diagnosis.concluded
    return [
        "expect:",
        f"  mode: {diagnosis.mode}",
        "  stages:",
        *(f"    {stage.stage.id}: {stage.status}" for stage in diagnosis.stages),
        f"  concluded: {concluded.stage.id if concluded else 'null'}",
        *(f"  {file.stage.id}: {file.status}" for file in diagnosis.files),
        *_list("fired", [rule.id for rule in diagnosis.fired]),
        *_list("recommend", given),
        *_list("may_recommend", [id for id in may if id not in given]),
        *_list("never_recommend", never),
        *_list("next_questions", [term.name for term in diagnosis.next_questions]),
    ]


def _list(key: str, names: Sequence[str]) -> Iterator[str]:
    line = f"  {key}: [{', '.join(names)}]"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"  {key}:"
    yield "    ["
    yield from textwrap.wrap(", ".join(names), WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
    yield "    ]"


def _why(node: Mapping, why: str) -> Iterator[str]:
    if why:
        yield "why: >-"
        yield from textwrap.wrap(why, WIDTH, initial_indent="  ", subsequent_indent="  ")
    elif node.key("why") is None:
        yield "# why: say here why this is the right result"


def _text(node: Mapping, key: str) -> Scalar | None:
    value = node.get(key)
    return value if isinstance(value, Scalar) else None


def _says(text: str, shown: str, of: Diagnosis) -> bool:
    """Whether a text holds the facts of the case, and what is expected."""
    node, faults = parse_yaml(text, shown)
    if faults or not isinstance(node, Mapping) or node.key("expect") is None:
        return False
    try:
        return case_from(node, shown, of.base).statements == of.memory.own.statements
    except CaseError:
        return False
