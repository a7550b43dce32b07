"""Worked cases: a case file that also says what the diagnosis must be, and why. `comparison` tells whether it is so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from salesdx.base.layers import folders
from salesdx.base.loading import shipped_home
from salesdx.base.model import Intervention, Rule, RuleBase, Stage, Term, is_file
from salesdx.base.reading import NodeReader, first_line, shortened
from salesdx.case.case_fields import EXPECT, ON_EVIDENCE, ON_FILE, STATUSES
from salesdx.case.file import FIRM_FILE, case_from, firm_beside, read_case_text, with_firm
from salesdx.case.memory import WorkingMemory
from salesdx.text.issues import CaseError, Issue
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Place, Scalar, parse_yaml
from salesdx.text.source import Sequence as ListNode

SUFFIXES = (".yaml", ".json")
CASES = Path("rules", "cases")
"""Where the worked cases of a rule base stand in its folder."""

Wanted = str | None | tuple[str, ...]
"""A name, null, or a list of names."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must stand under one key of `expect`; ``key`` is `fired`, `concluded`, `stages.<stage>` and so on."""

    key: str
    wanted: Wanted
    place: Place


@dataclass(frozen=True)
class WorkedCase:
    """A case with what its author expects of the diagnosis, key by key, and why."""

    path: str
    title: str
    why: str
    memory: WorkingMemory
    expect: tuple[Expectation, ...]

    def wanted(self, key: str) -> Wanted:
        return next((e.wanted for e in self.expect if e.key == key), None)


def case_files(paths: Iterable[Path]) -> list[Path]:
    """Worked case files by path: a file as it is, a folder as its YAML and JSON files by name. Raises CaseError."""
    found: list[Path] = []
    for path in paths:
        found += (_inside(path) or _nothing(path)) if path.is_dir() else [path]
    return list(dict.fromkeys(found))


def shown_cases(paths: Sequence[str], home: Path | None) -> dict[Path, str]:
    """Worked case files and their paths in messages: those of a command line, else those of the rule base.

    Raises CaseError where there is none.
    """
    if paths:
        return {path: str(path) for path in case_files(map(Path, paths))}
    return layered_cases(home) or _nothing((home or shipped_home()) / CASES)


def layered_cases(home: Path | None) -> dict[Path, str]:
    """The worked cases of all layers of a rule base: one takes the place of one with its file's name further down."""
    found: dict[str, tuple[Path, str]] = {}
    folder, shown = home or shipped_home(), str(home or "")
    for layer, name in folders(folder, shown, shipped_home):
        found |= {path.name: (path, str(Path(name) / CASES / path.name)) for path in _inside(layer / CASES)}
    return dict(found[name] for name in sorted(found))


def worked_profile(home: Path | None, base: RuleBase, case: str = "") -> Path | None:
    """The profile of the firm of the worked cases of a rule base: that of the layer furthest up which has one.

    Of a ``case``, by its file's name, that of the lowest layer which has the case, or of the next below: no layer puts
    another firm under what its base expects. None where these rules ask nothing about a firm.
    """
    if not base.profile:
        return None
    rooms = [layer / CASES for layer, _ in folders(home or shipped_home(), str(home or ""), shipped_home)]
    own = next((i for i, room in enumerate(rooms) if case and (room / case).is_file()), len(rooms))
    return next((room / FIRM_FILE for room in reversed(rooms[: own + 1]) if (room / FIRM_FILE).is_file()), None)


def profile_of(path: Path, named: bool, home: Path | None, base: RuleBase) -> Path | None:
    """The profile that counts for a worked case; for one that somebody ``named``, one beside it goes first."""
    return (named and firm_beside(path, base)) or worked_profile(home, base, path.name)


def _inside(folder: Path) -> list[Path]:
    files = folder.iterdir() if folder.is_dir() else ()
    cases = (path for path in files if path.suffix in SUFFIXES and path.name != FIRM_FILE)
    return sorted(path for path in cases if not path.name.startswith("."))


def _nothing(folder: Path) -> NoReturn:
    raise CaseError([Issue("missing-file", "there is no worked case in this folder", Place(str(folder), 1, 1, 1, 1))])


def read_worked_case(
    path: str | Path, base: RuleBase, shown: str = "", pipes: bool = False, firm: Path | None = None
) -> WorkedCase:
    """A worked case file, called ``shown`` in messages; ``pipes`` for one that somebody named, since a folder of them
    must not wait for a pipe in it. The profile of the firm is that of ``firm``, or stands beside the case.

    Raises CaseError with every fault of its facts and `expect`.
    """
    text, name = read_case_text(path, pipes)
    case = worked_case(text, base, shown or name)
    return replace(case, memory=with_firm(case.memory, firm or firm_beside(path, base)))


def worked_case(text: str, base: RuleBase, shown: str) -> WorkedCase:
    """The text of a worked case. Raises CaseError with every fault."""
    node, faults = parse_yaml(text, shown)
    if node is None or faults:
        empty = Issue("empty", "the case file is empty", Place(shown, 1, 1, 1, 1))
        raise CaseError([*map(Issue.of, faults)] or [empty])
    reader = _ExpectReader(base)
    try:
        memory = case_from(node, shown, base)
    except CaseError as error:
        reader.issues += error.issues
        memory = WorkingMemory(base, {})
    texts = {key: reader.plain(node, key) for key in ("title", "why")}
    expect = reader.expect(node)
    if reader.issues:
        raise CaseError(reader.issues)
    return WorkedCase(shown, texts["title"], texts["why"], memory, expect)


class _ExpectReader(NodeReader):
    def __init__(self, base: RuleBase) -> None:
        super().__init__()
        self.base = base
        self.files = {stage.id: stage for stage in base.stages if is_file(base, stage)}
        self.found: list[Expectation] = []

    def plain(self, node: Node, key: str) -> str:
        value = node.get(key) if isinstance(node, MappingNode) else None
        return value.text.strip() if isinstance(value, Scalar) else ""  # another kind of value is a fault of the case

    def expect(self, node: Node) -> tuple[Expectation, ...]:
        if not isinstance(node, MappingNode):
            return ()
        expect = node.get("expect")
        if expect is None:
            help = "a case without expectations is read by `salesdx diagnose`"
            self.fault("missing-key", "a worked case needs the key `expect`", first_line(node.place), help)
            return ()
        base = self.base
        evidence = {stage.id: stage for stage in base.stages if stage.id not in self.files}
        fields = self.fields(expect, "`expect`", (), EXPECT.spelled({ON_FILE: self.files}))
        for key, value in fields.items():
            match key:
                case "mode":
                    self.one(key, value, [line.name for line in base.ladder.modes], "mode")
                case "verdict":
                    self.one(key, value, [line.name for line in base.ladder.verdicts], "verdict")
                case "concluded":
                    if not (isinstance(value, Scalar) and value.text == "null" and not value.quoted):
                        self.one(key, value, evidence, "stage")
                    else:
                        self.found.append(Expectation(key, None, value.place))
                case "stages":
                    known = STATUSES.spelled({ON_EVIDENCE: evidence})
                    for id, status in self.fields(value, "`stages`", (), known).items():
                        self.one(f"stages.{id}", status, self.statuses(evidence[id]), "status")
                case "fired":
                    self.many(key, value, base.rule, "rule")
                case "next_questions":
                    self.many(key, value, base.terms, "term")
                case _ if key in self.files:
                    self.one(key, value, self.statuses(self.files[key]), "status")
                case _:
                    self.many(key, value, base.interventions, "intervention")
        self.contradictions(fields)
        return tuple(self.found)

    def statuses(self, stage: Stage) -> list[str]:
        return list(dict.fromkeys(line.name for line in self.base.ladder.decisions[stage.decided_by]))

    def one(self, key: str, node: Node, known: Collection[str], what: str) -> None:
        text = self.text(node, f"`{key}`")
        if not text:
            return
        if text in known:
            self.found.append(Expectation(key, text, node.place))
        else:
            self.unknown(key, text, node.place, what, self.near(text, known) or f"it may be {', '.join(known)}")

    def many(self, key: str, node: Node, known: Mapping[str, Rule | Term | Intervention], what: str) -> None:
        if not isinstance(node, ListNode):
            self.fault("type", f"`{key}` must be a list of names", first_line(node.place), "write `[]` for none")
            return
        seen: list[str] = []
        for item in self.texts(node, f"`{key}`"):
            if item.text in seen:
                self.fault("duplicate-name", f"`{key}` names `{shortened(item.text)}` twice", item.place)
            elif item.text in known:
                seen.append(item.text)
            else:
                help = self.near(item.text, known, lambda name: known[name].place)
                self.unknown(key, item.text, item.place, what, help)
        self.found.append(Expectation(key, tuple(seen), node.place))

    def unknown(self, key: str, text: str, place: Place, what: str, help: str) -> None:
        self.fault(f"unknown-{what}", f"`{key}`: there is no {what} `{shortened(text)}`", place, help)

    def contradictions(self, fields: Mapping[str, Node]) -> None:
        never = {scalar.text: scalar for scalar in NodeReader().texts(fields.get("never_recommend"), "")}
        for key in ("recommend", "may_recommend"):
            for scalar in NodeReader().texts(fields.get(key), ""):
                if scalar.text in never:
                    message = f"`{shortened(scalar.text)}` stands in `{key}` and in `never_recommend`"
                    self.fault("contradiction", message, never[scalar.text].place)
