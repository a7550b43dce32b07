"""New stages, rules, cases and checks as files that load at once, for an author to go on from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from salesdx.authoring.written import LADDER
from salesdx.base.model import Property, Rule, RuleBase, Stage
from salesdx.case.memory import WorkingMemory
from salesdx.case.writing import yaml_text
from salesdx.language.conditions import Literal

MODELINE = "# yaml-language-server: $schema=../schemas/{kind}.schema.json\n"


class ScaffoldError(ValueError):
    """What was asked for cannot be made; the message is for the author."""


@dataclass(frozen=True)
class NewStage:
    """What an author says of a new stage: its first question, what rules it out, and what confirms it."""

    id: str
    title: str
    owner: str
    after: str
    term: str
    type: str
    question: str
    respondent: str
    ruled_out_when: str
    rule: str
    when: str
    finding: str
    because: str


@dataclass(frozen=True)
class NewRule:
    """What an author says of a new rule."""

    home: str
    id: str
    strength: str
    when: str
    finding: str
    because: str
    title: str = ""
    recommend: tuple[str, ...] = ()


def stage_files(base: RuleBase, ladder: str, new: NewStage) -> dict[str, str]:
    """File name -> new text, for a stage: its two files, and the ladder with one line more. Raises ScaffoldError.

    ``ladder`` is the ladder's text as it is; empty in a layer that has none.
    """
    if new.id in base.home:
        raise ScaffoldError(f"there is a stage or group `{new.id}` already")
    knowledge = [
        MODELINE.format(kind="stage") + f"stage: {new.id}",
        f"title: {yaml_text(new.title)}",
        f"owner: {yaml_text(new.owner)}",
        f"ruled_out_when: {yaml_condition(new.ruled_out_when)}",
        "",
        "terms:",
        f"  {new.term}:",
        f"    type: {new.type}",
        *(["    range: [0, 1000000]"] if new.type not in ("boolean", "date") else []),
        f"    question: {yaml_text(new.question)}",
        f"    respondent: {new.respondent}",
        "    source: J",
    ]
    rule = rule_text(NewRule(new.id, new.rule, "strong", new.when, new.finding, new.because))
    return {
        f"knowledge/{new.id}.yaml": "\n".join(knowledge) + "\n",
        f"rules/{new.id}.yaml": MODELINE.format(kind="rules") + rule,
        LADDER: _ladder_with(base, ladder, new),
    }


def _ladder_with(base: RuleBase, text: str, new: NewStage) -> str:
    """The ladder with the new stage behind another; for a layer without a ladder, one that holds the order alone."""
    after = next((stage for stage in base.stages if stage.id == new.after), None)
    if after is None:
        raise ScaffoldError(f"there is no stage `{new.after}` to stand behind")
    line = f"  - {{stage: {new.id}, decided_by: {after.decided_by}}}\n"
    if not text:
        lines = [_ladder_line(stage) for stage in base.stages]
        lines.insert(base.stages.index(after) + 1, line)
        return MODELINE.format(kind="ladder") + "stages:\n" + "".join(lines)
    found = re.search(rf"^( *)- *\{{ *stage: *{re.escape(new.after)} *[,}}][^\n]*\n", text, re.M)
    if found is None:
        raise ScaffoldError(f"`{LADDER}` has no line of `{new.after}` that the new one could follow: add it by hand")
    return text[: found.end()] + found[1] + line.lstrip() + text[found.end() :]


def _ladder_line(stage: Stage) -> str:
    """A stage as the ladder has it, with its floor: a layer that names the stages anew lowers none."""
    said = [f"stage: {stage.id}", f"decided_by: {stage.decided_by}"]
    if (floor := stage.floor) is not None:
        kinds = {"kind": floor.kind, "own_kind": floor.own_kind, "asker_kind": floor.asker_kind}
        words = [f"{key}: {yaml_text(kind)}" for key, kind in kinds.items() if kind]
        said.append(f"floor: {{{', '.join(['by: own', *words, *(['dated: true'] if floor.dated else [])])}}}")
    return f"  - {{{', '.join(said)}}}\n"


def rules_name(home: str) -> str:
    """The name of the file with the rules of a stage or group."""
    return f"rules/{home}.yaml"


def rules_with(base: RuleBase, text: str, new: NewRule) -> str:
    """The text of a stage's rules (empty where there are none yet) with one more behind them. Raises ScaffoldError."""
    if new.home not in base.home:
        raise ScaffoldError(f"there is no stage or group `{new.home}`; they are {', '.join(base.home)}")
    if new.id in base.rule:
        raise ScaffoldError(f"there is a rule `{new.id}` already; an id is never used again")
    return (text.rstrip() + "\n\n" if text else MODELINE.format(kind="rules")) + rule_text(new)


def rule_text(new: NewRule) -> str:
    """A rule as its file has it."""
    lines = [
        f"- id: {new.id}",
        f"  strength: {new.strength}",
        *([f"  title: {yaml_text(new.title)}"] if new.title else []),
        f"  when: {yaml_condition(new.when)}",
        f"  finding: {new.finding}",
        *([f"  recommend: [{', '.join(new.recommend)}]"] if new.recommend else []),
        f"  because: {yaml_text(new.because)}",
        "  source: J",
    ]
    return "\n".join(lines) + "\n"


def yaml_condition(text: str) -> str:
    """A condition as YAML: plain where that reads back the same, else as a block."""
    flat = " ".join(text.split())
    plain = bool(flat) and not re.search(r": | #|^[\[{'\"&*!|>%@`#-]|:$", flat)
    return flat if plain else f">-\n    {flat}"


def next_id(base: RuleBase, home: str) -> str:
    """An id for one more rule of a stage: the letters that its rules begin with, and the next number."""
    ids = [re.fullmatch(r"([A-Za-z_-]+)(\d+)", rule.id) for rule in base.rules_of.get(home, ())]
    known = [(found[1], int(found[2])) for found in ids if found]
    if not known:
        return f"{home[:2].upper()}1"
    prefix = known[-1][0]
    number = 1 + max(n for letters, n in known if letters == prefix)
    while f"{prefix}{number}" in base.rule:
        number += 1
    return f"{prefix}{number}"


def case_of_rule(base: RuleBase, rule: Rule, seconds: float = 20) -> WorkingMemory:
    """The smallest case in which a rule is true, found by the prover. Raises ScaffoldError where there is none.

    Raises ModuleNotFoundError where the prover is not installed.
    """
    from salesdx.authoring.prove import REFUTED, prove_one

    never = Property("never", "", "", rule.when, Literal(False))
    found = prove_one(base, never, seconds)
    if found.result != REFUTED or found.case is None:
        raise ScaffoldError(f"no case was found in which rule `{rule.id}` is true")
    return found.case


def profile_text(base: RuleBase, firm: str) -> str:
    """The profile of a firm in which everything is still to be answered: above each fact its question."""
    lines = [
        "# What kind of firm it is: stated once, for all cases in this folder",
        f"firm: {yaml_text(firm)}",
        "facts:",
    ]
    for term in base.profile.values():
        if term.question:
            answers = "true or false" if term.type == "boolean" else ", ".join(term.values) or term.unit or term.type
            lines += [f"  # {' '.join(term.question.split())} ({answers})", f"  {term.name}: not_known"]
    return "\n".join(lines) + "\n"


def check_files(code: str, severity: str, title: str) -> dict[str, str]:
    """File name -> text, for a developer's new check in a checkout."""
    module = code.replace("-", "_")
    return {
        f"src/salesdx/authoring/checks/rules/{module}.py": f'''"""{title}."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring.checks.check import {severity.upper()}, Check
from salesdx.base.model import RuleBase
from salesdx.text.source import Place

PAGE = """\\
What is wrong, whom it misleads, and what to do.
"""


def {module}(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    """(place, message, help) for each fault."""
    yield from ()


CHECK = Check("{code}", {severity.upper()}, "{title}", PAGE, {module})
'''
    }
