"""knowledge/ladder.yaml -> the ladder: order, decision lists, strengths, kinds of evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from salesdx.conditions import BOOLEAN, NUMBER, ConditionError, Expr, Literal, Name, Type
from salesdx.model import EvidenceKind, Ladder, Line, Stage, Strength
from salesdx.reading import NAME, Reader
from salesdx.source import Mapping as MappingNode
from salesdx.source import Node, Scalar
from salesdx.source import Sequence as ListNode

Read = tuple[Expr, Scalar]
Lines = list[tuple[str, Read, str]]
"""Lines of a decision list: name, condition, what it says to readers."""

CONSEQUENCES = ("passed_when", "concluded_when", "held_when", "ask_when", "exhausted_when")
KEYS = (
    *("version", "stages", "modes", "decisions", *CONSEQUENCES),
    *("strengths", "respondents", "evidence", "default_evidence"),
)
OPTIONAL = ("groups", "subject_term", "personnel_stage", "success_mode")
NEVER = Literal(False)


@dataclass
class LadderFile:
    """The ladder as read; ``check`` needs the vocabulary, so it comes after every file was read."""

    version: str = ""
    homes: list[tuple[Scalar, str]] = field(default_factory=list)
    """Groups and stages in rule order: the name, and the decision list that decides it (empty for a group)."""
    modes: Lines = field(default_factory=list)
    decisions: dict[str, Lines] = field(default_factory=dict)
    consequences: dict[str, Read] = field(default_factory=dict)
    strengths: dict[str, tuple[Read | None, bool]] = field(default_factory=dict)
    respondents: dict[str, str] = field(default_factory=dict)
    evidence: tuple[EvidenceKind, ...] = ()
    default_evidence: str = ""
    names: dict[str, Scalar] = field(default_factory=dict)
    """subject_term, personnel_stage and success_mode as written."""

    def check(self, reader: Reader, lookup: Callable[[Name], Type], stages: Mapping[str, Stage]) -> None:
        """Type-check every expression of the ladder and the names it mentions."""
        mode = Type("enum", tuple(name for name, _, _ in self.modes))
        statuses = Type("enum", tuple(dict.fromkeys(name for lines in self.decisions.values() for name, _, _ in lines)))
        counts = dict.fromkeys((*self.strengths, "unexamined", "not_passed"), NUMBER)
        facts: dict[str, Type] = {"mode": mode, "applies": BOOLEAN}
        deciding = facts | {"ruled_out_when": BOOLEAN, "previous_concluded": BOOLEAN} | counts
        after = facts | counts | {"status": statuses}
        for name, read, _ in self.modes:
            reader.check(read, f"mode `{name}`", BOOLEAN, lookup)
        for name, lines in self.decisions.items():
            for status, read, _ in lines:
                reader.check(read, f"status `{status}` of `{name}`", BOOLEAN, _lookup(deciding))
        for key, read in self.consequences.items():
            reader.check(
                read,
                f"`{key}`",
                BOOLEAN,
                _lookup(after | ({} if key in ("passed_when", "concluded_when") else {"concluded": BOOLEAN})),
            )
        for name, (when, _) in self.strengths.items():
            if when:
                reader.check(
                    when,
                    f"strength `{name}`",
                    BOOLEAN,
                    _lookup(facts | {"status": statuses, "concluded": BOOLEAN, "held": BOOLEAN}),
                )
        allowed = {
            "personnel_stage": ([id for id, stage in stages.items() if stage.decided_by], "is no stage"),
            "success_mode": ([name for name, _, _ in self.modes], "is no mode"),
        }
        for key, (known, problem) in allowed.items():
            scalar = self.names.get(key)
            if scalar is not None and scalar.text not in known:
                reader.fault(
                    "unknown-name",
                    f"`{key}`: `{scalar.text[:80]}` {problem}",
                    scalar.place,
                    reader.near(scalar.text, known),
                )
        if subject := self.names.get("subject_term"):
            try:
                if lookup(Name(subject.text)).kind != "enum":
                    raise ConditionError("type", "must be a choice", 0, 0)
            except ConditionError as error:
                reader.fault(error.code, f"`subject_term`: {error.message}", subject.place, error.help)

    def build(self) -> Ladder:
        def text(key: str) -> str:
            return self.names[key].text if key in self.names else ""

        return Ladder(
            modes=_lines(self.modes),
            decisions={name: _lines(lines) for name, lines in self.decisions.items()},
            strengths={
                name: Strength(name, when[0] if when else None, examined)
                for name, (when, examined) in self.strengths.items()
            },
            **{key: self.consequences[key][0] if key in self.consequences else NEVER for key in CONSEQUENCES},
            subject_term=text("subject_term"),
            personnel_stage=text("personnel_stage"),
            success_mode=text("success_mode"),
        )


def _lines(lines: Lines) -> tuple[Line, ...]:
    return tuple(Line(name, read[0], says) for name, read, says in lines)


def _lookup(types: Mapping[str, Type]) -> Callable[[Name], Type]:
    def find(name: Name) -> Type:
        if name.id not in types:
            raise ConditionError(
                "unknown-name",
                f"reads `{name.id[:80]}`, which the ladder does not know",
                name.start,
                name.end,
                f"it knows {', '.join(types)}",
            )
        return types[name.id]

    return find


def read_ladder(reader: Reader, node: Node) -> LadderFile:
    """The ladder file, with faults collected in the reader."""
    ladder = LadderFile()
    fields = reader.fields(node, "the ladder", KEYS, OPTIONAL)
    ladder.version = reader.text(fields.get("version"), "`version`")
    decisions = fields.get("decisions")
    for name, lines in decisions.entries if isinstance(decisions, MappingNode) else ():
        ladder.decisions[name.text] = _decision(reader, lines, "status", f"`{name.text}`")
    ladder.modes = _decision(reader, fields.get("modes"), "mode", "`modes`")
    groups = reader.fields(fields["groups"], "`groups`", (), ("before", "after")) if "groups" in fields else {}
    for key in ("before", "stages", "after"):
        if key == "stages":
            _read_stages(reader, ladder, fields.get(key))
        for scalar in reader.texts(groups.get(key), f"`{key}`"):
            _add_home(reader, ladder, scalar, "")
    for key in CONSEQUENCES:
        if read := reader.expression(fields.get(key), f"`{key}`"):
            ladder.consequences[key] = read
    strengths = fields.get("strengths")
    for name, entry in strengths.entries if isinstance(strengths, MappingNode) else ():
        parts = reader.fields(entry, f"strength `{name.text}`", (), ("recommends_when", "examined"))
        when = reader.expression(parts.get("recommends_when"), f"strength `{name.text}`")
        ladder.strengths[name.text] = (when, reader.boolean(parts.get("examined"), "`examined`"))
    respondents = fields.get("respondents")
    for name, entry in respondents.entries if isinstance(respondents, MappingNode) else ():
        ladder.respondents[name.text] = reader.text(entry, f"respondent `{name.text}`")
    _read_evidence(reader, ladder, fields)
    for key in ("subject_term", "personnel_stage", "success_mode"):
        if isinstance(named := fields.get(key), Scalar):
            ladder.names[key] = named
    for key in ("decisions", "strengths", "respondents", "evidence"):
        if key in fields and not isinstance(fields[key], MappingNode):
            reader.fault("type", f"`{key}` must be a mapping (`name:` lines)", fields[key].place)
    return ladder


def _decision(reader: Reader, node: Node | None, key: str, what: str) -> Lines:
    lines = []
    if node is not None and not isinstance(node, ListNode):
        reader.fault("type", f"{what} must be a list of lines (`- {{{key}: ..., when: ...}}`)", node.place)
    for item in node if isinstance(node, ListNode) else ():
        fields = reader.fields(item, f"a line of {what}", (key, "when"), ("says",))
        read = reader.expression(fields.get("when"), f"a line of {what}")
        if read:
            lines.append((reader.text(fields.get(key), f"`{key}`"), read, reader.text(fields.get("says"), "`says`")))
    return lines


def _read_stages(reader: Reader, ladder: LadderFile, node: Node | None) -> None:
    for item in node if isinstance(node, ListNode) else ():
        fields = reader.fields(item, "a stage of the ladder", ("stage", "decided_by"), ())
        stage, decided_by = fields.get("stage"), fields.get("decided_by")
        if not isinstance(stage, Scalar) or not isinstance(decided_by, Scalar):
            continue
        if decided_by.text not in ladder.decisions:
            reader.fault(
                "unknown-name",
                f"there is no decision list `{decided_by.text}`",
                decided_by.place,
                reader.near(decided_by.text, ladder.decisions),
            )
        _add_home(reader, ladder, stage, decided_by.text)


def _add_home(reader: Reader, ladder: LadderFile, scalar: Scalar, decided_by: str) -> None:
    if not NAME.fullmatch(scalar.text) or scalar.text in ("ladder", "sources"):
        reader.fault(
            "name",
            f"`{scalar.text[:80]}` is no name for a stage or group",
            scalar.place,
            "use small letters a to z, digits and `_`",
        )
    elif any(scalar.text == known.text for known, _ in ladder.homes):
        reader.fault("duplicate-name", f"`{scalar.text}` stands in the ladder twice", scalar.place)
    else:
        ladder.homes.append((scalar, decided_by))


def _read_evidence(reader: Reader, ladder: LadderFile, fields: Mapping[str, Node]) -> None:
    evidence = fields.get("evidence")
    kinds = []
    for rank, (name, words) in enumerate(evidence.entries if isinstance(evidence, MappingNode) else ()):
        texts = tuple(scalar.text.casefold() for scalar in reader.texts(words, f"`{name.text}`"))
        kinds.append(EvidenceKind(name.text, rank, (name.text.casefold(), *texts)))
    ladder.evidence = tuple(kinds)
    ladder.default_evidence = reader.text(fields.get("default_evidence"), "`default_evidence`")
    known = [kind.name for kind in kinds]
    if "default_evidence" in fields and ladder.default_evidence not in known:
        place = fields["default_evidence"].place
        reader.fault(
            "unknown-name",
            f"`default_evidence` is no kind of evidence: `{ladder.default_evidence}`",
            place,
            f"the kinds are {', '.join(known)}",
        )
