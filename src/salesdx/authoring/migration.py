"""Rules and cases of language 1 in the form of language 2, and what a person must decide about them.

What is written decides nothing: a kind of evidence that the words of a source suggest stands behind its statement as a
comment, until somebody who knows writes it as `kind`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from salesdx.base.model import LANGUAGE, OWN, PERIOD, RuleBase
from salesdx.case.file import case_from_text
from salesdx.case.statement import proposed_kind
from salesdx.case.writing import yaml_text
from salesdx.text.english import many
from salesdx.text.source import Mapping, Node, Scalar, Sequence, parse_yaml

WORDS = {
    "floor": "give the personnel stage and those behind it a `floor`: else whatever anybody says counts about a person",
    "unsettled": "a stage should be ruled out only with `unsettled == 0`: else an imprecise sign is passed over",
    "unproven": "a person should be concluded, and a file complete, only with `unproven == 0`",
    "pressure_when": "without `pressure_when` a plan that presses on a person is recommended as early as help is",
}
"""A word of the ladder -> what a person must decide where the ladder lacks it."""


@dataclass(frozen=True)
class Migrated:
    """The text of a file in language 2, and what is left to a person."""

    text: str
    to_decide: tuple[str, ...]


def migrated_ladder(text: str) -> Migrated:
    """The ladder with the version of the language; its conditions stay as their author wrote them."""
    unnamed = re.sub(r"^language:.*\n", "", text, flags=re.MULTILINE)
    made, count = re.subn(r"^(version:.*)$", rf"\1\nlanguage: {LANGUAGE}", unnamed, count=1, flags=re.MULTILINE)
    if not count:  # all of it stands in braces
        made = unnamed.replace("{", f"{{language: {LANGUAGE}, ", 1)
    return Migrated(made, tuple(say for word, say in WORDS.items() if not re.search(rf"\b{word}\b", text)))


def migrated_properties(text: str, computed: Iterable[str]) -> Migrated:
    """Properties without the ``computed`` terms under `better`: these follow what they are computed from."""
    to_decide = []
    for name in computed:
        made = re.sub(rf"^ *{name}: (higher|lower) *\n", "", text, flags=re.MULTILINE)
        made = re.sub(rf"\b{name}: (higher|lower)(, *|(?=\s*\}}))", "", made)
        if made != text:
            to_decide.append(f"`{name}` is computed and follows: it was taken out of `better`")
        text = made
    return Migrated(text, tuple(to_decide))


def migrated_case(text: str, shown: str, base: RuleBase) -> Migrated:
    """A case with proposals for the kinds of its evidence; bare values of a worked case get a `stated`.

    Raises CaseError where it is no YAML, or no mapping with facts.
    """
    node, faults = parse_yaml(text, shown)
    if faults or not isinstance(node, Mapping) or not isinstance(node.get("facts"), Mapping):
        case_from_text(text, shown, base)  # says what is wrong
    assert isinstance(node, Mapping)
    lines = text.splitlines(keepends=True)
    proposals = dict(_proposals(node, base))
    beside: list[str] = []
    for line, kind in proposals.items():
        bare, proposal = lines[line - 1].rstrip("\r\n"), f"  # kind: {kind}"
        if "#" not in bare:
            lines[line - 1] = bare + proposal + lines[line - 1][len(bare) :]
        elif not bare.endswith(proposal):
            beside.append(f"line {line} may rest on {kind}: write it as `kind` if right")
    to_decide = [*_missing(node), *_unknown_roles(node, base), *_early(node, base)]
    if written := len(proposals) - len(beside):
        have = "has" if written == 1 else "have"
        told = f"{many(written, 'statement')} {have} a kind of evidence in a comment"
        to_decide.append(f"{told}: write it as `kind` if right")
    to_decide += beside
    facts, worked = node.key("facts"), node.key("expect") is not None and node.key("stated") is None
    if facts is not None and worked and _bare(node):
        end = _end(node)
        day = f", date: {end}" if end else ""
        kind = yaml_text(base.evidence[0].name)
        lines.insert(facts.place.line - 1, f"stated: {{by: {OWN}, kind: {kind}{day}}}\n")
        to_decide.append("`stated` says that its bare values come from those who must know, on record")
    return Migrated("".join(lines), tuple(to_decide))


def _statements(node: Mapping) -> Iterator[tuple[str, Node]]:
    facts = node.get("facts")
    for key, entry in facts.entries if isinstance(facts, Mapping) else ():
        for item in entry.items if isinstance(entry, Sequence) else (entry,):
            yield key.text, item


def _proposals(node: Mapping, base: RuleBase) -> Iterator[tuple[int, str]]:
    sourced = (item for _, item in _statements(node) if isinstance(item, Mapping) and item.key("kind") is None)
    for item in sourced:
        source = item.get("source")
        if isinstance(source, Scalar) and (kind := proposed_kind(base, source.text)):
            last = item.entries[-1][1].place  # a block of lines ends where what follows begins
            yield last.line if last.text[last.column - 1 :].startswith(("|", ">")) else item.place.end_line, kind


def _bare(node: Mapping) -> bool:
    return any(isinstance(item, Scalar) for _, item in _statements(node))


def _end(node: Mapping) -> str:
    """The last day of the period, as it is written."""
    period = node.get("period")
    end = period.get("to") if isinstance(period, Mapping) else None
    return end.text if isinstance(end, Scalar) else ""


def _missing(node: Mapping) -> Iterator[str]:
    """What a case about somebody must have, before anything can follow for them."""
    subject = node.get("subject")
    if node.get("period") is None:
        yield "it has no `period`: nothing in it is too old, and nothing meets a floor that asks for dates"
    if isinstance(subject, Mapping) and subject.get("ref") is None:
        yield "its subject has no `ref`: nothing meets a floor that asks for dates"


def _unknown_roles(node: Mapping, base: RuleBase) -> Iterator[str]:
    """Who speaks under a name that is none of the ladder's roles."""
    said = (item.get("by") for _, item in _statements(node) if isinstance(item, Mapping))
    names = dict.fromkeys(by.text for by in said if isinstance(by, Scalar))
    for name in (name for name in names if name not in base.respondents):
        yield f"`by: {name}` names no respondent of the ladder: name the role, and the person in `author`"


def _early(node: Mapping, base: RuleBase) -> Iterator[str]:
    """Figures over the whole period that are dated before its end."""
    end = _end(node)
    for name, item in _statements(node):
        day = item.get("date") if isinstance(item, Mapping) else None
        term = base.terms.get(name)
        if term is not None and term.covers == PERIOD and isinstance(day, Scalar) and day.text < end:
            yield f"`{name}` is a figure over the whole period, dated {day.text}, before its end"
