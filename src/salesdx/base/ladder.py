"""knowledge/ladder.yaml -> the ladder: order, decision lists, strengths, kinds of evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from salesdx.base.fields import (
    ALWAYS_LAST,
    CONFIRMED_BY,
    COUNTS,
    DECIDING,
    FLOOR,
    GROUPS,
    HOME_NAME,
    LADDER,
    LADDER_NAME,
    MAX_LINES,
    MODE,
    RECOMMENDING,
    RESULT_TERMS,
    RUNG,
    STATUS,
    STRENGTH,
    STRENGTH_NAME,
    SUMMED,
    SUMMING,
    VERDICT,
)
from salesdx.base.ladder_lines import Floor, Ladder, LadderLine, Strength
from salesdx.base.model import LANGUAGE, OWN, EvidenceKind
from salesdx.base.reading import NodeReader, first_line, kind, shortened
from salesdx.base.shapes import Expression, Form, ListOf, Prose
from salesdx.language.characters import strange_letter
from salesdx.language.conditions import ConditionError, Expr, Literal, Name
from salesdx.language.value_types import BOOLEAN, NUMBER, Type
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Place, Scalar
from salesdx.text.source import Sequence as ListNode

Read = tuple[Expr, Scalar]
Lines = list[tuple[str, Read, str, bool, Place]]
"""Lines of a decision list: name, condition, what it says to readers, whether it lets questions be put, its place."""

CONSEQUENCES = {
    field.name: inner
    for field in LADDER.fields
    if isinstance(inner := field.shape.item if isinstance(field.shape, ListOf) else field.shape, Expression)
}
"""What follows from a status: key -> what its condition, or each of its conditions, can read."""
NEVER = Literal(False)
FIRST = "1"
"""The version of the language of files that name none."""
TYPED = {"subject_term": "enum", "currency_term": "enum", "period_end_term": "date", "cycle_term": NUMBER.kind}
"""Keys that name a term, with the type that it must have."""
NAMED = (*TYPED, "asked_by", "personnel_stage", "success_mode")
"""Keys that name something which is defined elsewhere."""
COUNTED = tuple(word for word in (*COUNTS, *SUMMED) if isinstance(word, str))
"""The words that are numbers, beside the strengths."""
MAX_NAMED = 20
"""Names that a help lists."""


@dataclass
class LadderFile:
    """The ladder as read; ``check`` needs the vocabulary, so it comes after every file was read."""

    version: str = ""
    language: str = ""
    homes: dict[str, tuple[Scalar, str]] = field(default_factory=dict)
    """Groups and stages in rule order, with the decision list that decides each (empty for a group)."""
    mode_names: dict[str, None] = field(default_factory=dict)
    statuses: dict[str, None] = field(default_factory=dict)
    modes: Lines = field(default_factory=list)
    decisions: dict[str, Lines] = field(default_factory=dict)
    verdict_names: dict[str, None] = field(default_factory=dict)
    verdicts: Lines = field(default_factory=list)
    consequences: dict[str, list[Read]] = field(default_factory=dict)
    strengths: dict[str, tuple[Read | None, bool]] = field(default_factory=dict)
    respondents: dict[str, str] = field(default_factory=dict)
    evidence: tuple[EvidenceKind, ...] = ()
    default_evidence: str = ""
    names: dict[str, Scalar] = field(default_factory=dict)
    """subject_term, personnel_stage and such as written."""
    floors: dict[str, Floor] = field(default_factory=dict)
    result_terms: dict[str, Scalar] = field(default_factory=dict)
    """`goal` and `reached` as written."""
    confirmed_by: dict[str, tuple[Scalar, ...]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    """Where each key stands."""

    def check(self, reader: NodeReader, lookup: Callable[[Name], Type | None], findings: Iterable[str]) -> None:
        """Type-check every expression of the ladder and the names it mentions."""
        types: dict[str, Type | None] = {"mode": _enum(self.mode_names), "status": _enum(self.statuses)}
        types |= dict.fromkeys(COUNTED, NUMBER)
        named = {"strength": dict.fromkeys(self.strengths, NUMBER), "finding": dict.fromkeys(findings, BOOLEAN)}
        named["limit"] = dict.fromkeys(reader.limits, NUMBER)

        def reading(expression: Expression) -> Callable[[Name], Type | None]:
            known: dict[str, Type | None] = {}
            for word in expression.reads:
                known |= {word: types.get(word, BOOLEAN)} if isinstance(word, str) else named[word.kind]
            finding = any(not isinstance(word, str) and word.kind == "finding" for word in expression.reads)
            return _lookup(reader, known, unsure=finding and reader.blind)

        deciding, recommending = reading(DECIDING), reading(RECOMMENDING)
        for name, read, *_ in self.modes:
            reader.check(read, f"mode `{shortened(name)}`", BOOLEAN, lookup)
        for name, lines in self.decisions.items():
            for status, read, *_ in lines:
                reader.check(read, f"status `{shortened(status)}` of `{shortened(name)}`", BOOLEAN, deciding)
        for name, read, *_ in self.verdicts:
            reader.check(read, f"verdict `{shortened(name)}`", BOOLEAN, reading(SUMMING))
        for key, reads in self.consequences.items():
            for read in reads:
                reader.check(read, f"`{key}`", BOOLEAN, reading(CONSEQUENCES[key]))
        for name, (when, _) in self.strengths.items():
            if when:
                reader.check(when, f"strength `{shortened(name)}`", BOOLEAN, recommending)
        allowed = {
            "personnel_stage": ([home for home, (_, decided_by) in self.homes.items() if decided_by], "is no stage"),
            "success_mode": (self.mode_names, "is no mode"),
            "asked_by": (self.respondents, "is no respondent"),
        }
        for key, (known, problem) in allowed.items():
            scalar = self.names.get(key)
            if scalar is not None and scalar.text not in known and known:
                message = f"`{key}`: `{shortened(scalar.text)}` {problem}"
                reader.fault("unknown-name", message, scalar.place, reader.near(scalar.text, known))
        typed = [(key, scalar, TYPED[key]) for key, scalar in self.names.items() if key in TYPED]
        for key, scalar, wanted in (*typed, *((key, each, NUMBER.kind) for key, each in self.result_terms.items())):
            _check_term(reader, lookup, key, scalar, wanted)
        for scalar in (each for scalars in self.confirmed_by.values() for each in scalars):
            if self.respondents and scalar.text not in self.respondents:
                message = f"`confirmed_by`: `{shortened(scalar.text)}` is no respondent"
                reader.fault("unknown-name", message, scalar.place, reader.near(scalar.text, self.respondents))

    def build(self) -> Ladder:
        """The ladder as it was read; to be asked for where no fault was noted."""

        def text(key: str) -> str:
            return self.names[key].text if key in self.names else ""

        conditions = {key: tuple(read[0] for read in reads) for key, reads in self.consequences.items()}
        conditions.setdefault("proved_when", conditions.get("passed_when", (NEVER,)))
        conditions.setdefault("pressure_when", (Literal(True),))
        first: dict[str, Any] = {key: conditions.get(key, (NEVER,))[0] for key in CONSEQUENCES if key != "ask_when"}
        named: dict[str, Any] = {key: text(key) for key in NAMED}
        return Ladder(
            modes=_lines(self.modes),
            decisions={name: _lines(lines) for name, lines in self.decisions.items()},
            strengths={
                name: Strength(name, when[0] if when else None, examined)
                for name, (when, examined) in self.strengths.items()
            },
            **first,
            ask_when=conditions.get("ask_when", ()),
            verdicts=_lines(self.verdicts),
            **named,
            result_terms={key: scalar.text for key, scalar in self.result_terms.items()},
            confirmed_by={key: tuple(each.text for each in roles) for key, roles in self.confirmed_by.items()},
            places=self.places,
        )


def _check_term(
    reader: NodeReader, lookup: Callable[[Name], Type | None], key: str, scalar: Scalar, wanted: str
) -> None:
    try:
        found = lookup(Name(scalar.text))
        if found is not None and found.kind != wanted:
            reader.fault(
                "type", f"`{key}` must be {'an' if wanted[0] in 'aeiou' else 'a'} {wanted}, it is {found}", scalar.place
            )
    except ConditionError as error:
        reader.fault(error.code, f"`{key}` {error.message}", scalar.place, error.help)


def _lines(lines: Lines) -> tuple[LadderLine, ...]:
    return tuple(LadderLine(name, read[0], says, asks, place) for name, read, says, asks, place in lines)


def _enum(names: Iterable[str]) -> Type | None:
    """The type of a choice between names; None where there is none, which was reported."""
    return Type("enum", tuple(names)) if names else None


def _lookup(reader: NodeReader, types: Mapping[str, Type | None], unsure: bool) -> Callable[[Name], Type | None]:
    def find(name: Name) -> Type | None:
        if name.id not in types and (unsure or name.id in reader.doubtful):
            return None
        if name.id not in types:
            message = f"reads `{shortened(name.id)}`, which the ladder does not know here"
            help = reader.near(name.id, types) or f"it knows {', '.join([*types][:MAX_NAMED])}"
            raise ConditionError("unknown-name", message, name.start, name.end, help)
        return types[name.id]

    return find


def read_ladder(reader: NodeReader, node: Node) -> LadderFile:
    """The ladder file, with faults collected in the reader."""
    ladder = LadderFile()
    needed, others = LADDER.without("language").keys
    fields = reader.fields(node, "the ladder", needed, ("language", *others))
    ladder.language = reader.text(named, "`language`") if (named := fields.get("language")) is not None else FIRST
    said = reader.simple(LADDER, fields)
    ladder.places = {key.text: key.place for key, _ in node.entries} if isinstance(node, MappingNode) else {}
    ladder.version = said["version"]
    for key in ("decisions", "strengths", "respondents", "evidence"):
        if key in fields and not _entries(fields, key):
            message = f"`{key}` must be a mapping (`name:` lines), this is {kind(fields[key])}"
            reader.fault("type", message, first_line(fields[key].place))
    for name, lines in _entries(fields, "decisions"):
        ladder.decisions[name.text] = _decision(reader, lines, STATUS, f"`{shortened(name.text)}`", ladder.statuses)
    ladder.modes = _decision(reader, fields.get("modes"), MODE, "`modes`", ladder.mode_names)
    ladder.verdicts = _decision(reader, fields.get("verdicts"), VERDICT, "`verdicts`", ladder.verdict_names)
    groups = reader.fields(fields["groups"], "`groups`", *GROUPS.keys) if "groups" in fields else {}
    for key in ("before", "stages", "after"):
        if key == "stages":
            _read_stages(reader, ladder, fields.get(key))
        for scalar in reader.texts(groups.get(key), f"`{key}`"):
            _add_home(reader, ladder, scalar, "")
    for key in CONSEQUENCES:
        if reads := _conditions(reader, fields.get(key), key):
            ladder.consequences[key] = reads
    for name, entry in _entries(fields, "strengths"):
        if not _check_name(reader, name, "a strength", STRENGTH_NAME):
            continue
        what = f"strength `{shortened(name.text)}`"
        parts = reader.fields(entry, what, *STRENGTH.keys)
        when = reader.expression(parts.get("recommends_when"), what)
        ladder.strengths[name.text] = (when, reader.boolean(parts.get("examined"), "`examined`"))
    for name, entry in _entries(fields, "respondents"):
        _check_name(reader, name, "a respondent", LADDER_NAME)
        ladder.respondents[name.text] = reader.text(entry, f"respondent `{shortened(name.text)}`")
    _read_evidence(reader, ladder, fields, said["default_evidence"])
    _check_floors(reader, ladder, fields.get("stages"))
    for key in NAMED:
        if said[key] and isinstance(named := fields.get(key), Scalar):
            ladder.names[key] = named
    if "confirmed_by" in fields:
        roles = reader.fields(fields["confirmed_by"], "`confirmed_by`", *CONFIRMED_BY.keys)
        ladder.confirmed_by = {key: reader.texts(node, f"`{key}`") for key, node in roles.items()}
    if "result_terms" in fields:
        terms = reader.fields(fields["result_terms"], "`result_terms`", *RESULT_TERMS.keys)
        named_terms = reader.simple(RESULT_TERMS, terms)
        ladder.result_terms = {
            key: node for key, node in terms.items() if named_terms[key] and isinstance(node, Scalar)
        }
    return ladder


def check_language(reader: NodeReader, node: Node, ladder: LadderFile) -> None:
    """A fault where the files are written in another version of the language."""
    if isinstance(node, MappingNode) and ladder.language not in ("", LANGUAGE):
        place = first_line((node.get("language") or node).place)
        message = f"the rules are written in language {shortened(ladder.language)}, this program reads {LANGUAGE}"
        help = "`salesdx migrate` writes rules and cases anew" if ladder.language == FIRST else ""
        reader.fault("language", message, place, help)


def _conditions(reader: NodeReader, node: Node | None, key: str) -> list[Read]:
    """The condition under a key, or the list of them where the key takes one."""
    if not isinstance(node, ListNode) or key != "ask_when":
        read = reader.expression(node, f"`{key}`")
        return [read] if read else []
    if not 1 <= len(node.items) <= MAX_LINES:
        message = f"`{key}` may have 1 to {MAX_LINES} conditions, here are {len(node.items):,}"
        reader.fault("too-large", message, first_line(node.place))
        return []
    return [read for item in node if (read := reader.expression(item, f"`{key}`"))]


def _entries(fields: Mapping[str, Node], key: str) -> tuple[tuple[Scalar, Node], ...]:
    node = fields.get(key)
    return node.entries if isinstance(node, MappingNode) else ()


def _check_name(reader: NodeReader, scalar: Scalar, what: str, shape: Prose) -> bool:
    """Whether conditions can name what the ladder calls so."""
    if shape.fits(scalar.text):
        return True
    help = strange_letter(scalar.text) or "use small letters a to z, digits and `_`, and no word of the language"
    reader.fault("name", f"`{shortened(scalar.text)}` is no name for {what}", scalar.place, help)
    return False


def _decision(reader: NodeReader, node: Node | None, form: Form, what: str, named: dict[str, None]) -> Lines:
    """A decision list; its names are added to ``named``, also those of lines with a fault."""
    lines: Lines = []
    key = form.order[0]
    if node is None:
        return lines
    if not isinstance(node, ListNode) or not node.items:
        message = f"{what} must be a list of lines (`- {{{key}: ..., when: ...}}`), this is {kind(node)}"
        reader.fault("type", message, first_line(node.place))
        return lines
    if len(node.items) > MAX_LINES:
        message = f"{what} may have {MAX_LINES} lines, here are {len(node.items):,}"
        reader.fault("too-large", message, first_line(node.place))
        return lines
    for item in node:
        fields = reader.fields(item, f"a line of {what}", *form.keys)
        read = reader.expression(fields.get("when"), f"a line of {what}")
        said = reader.simple(form, fields)
        name = fields.get(key)
        if isinstance(name, Scalar) and _check_name(reader, name, f"a {key}", LADDER_NAME):
            named[name.text] = None
        if read:
            place = first_line((fields.get("says") or name or item).place)
            lines.append((said[key], read, said["says"], "asks" not in fields or said["asks"], place))
            if _always(read) and item is not node.items[-1]:
                place = read[1].place
                reader.fault("unreachable", f"the lines of {what} after this one can never count", place, ALWAYS_LAST)
    last = fields.get("when")
    if node.whole and last is not None and read and not _always(read):
        message = f"the last line of {what} must always count"
        reader.fault("no-last-line", message, first_line(last.place), ALWAYS_LAST)
    return lines


def _always(read: Read) -> bool:
    return isinstance(read[0], Literal) and read[0].value is True


def _read_stages(reader: NodeReader, ladder: LadderFile, node: Node | None) -> None:
    if node is None:
        return
    if not isinstance(node, ListNode) or not node.items:
        message = f"`stages` must be a list (`- {{stage: ..., decided_by: ...}}`), this is {kind(node)}"
        reader.fault("type", message, first_line(node.place))
        return
    for item in node:
        fields = reader.fields(item, "a stage of the ladder", *RUNG.keys)
        said = reader.simple(RUNG, fields)
        stage, decided_by, name = fields.get("stage"), fields.get("decided_by"), said["decided_by"]
        if name and decided_by is not None and ladder.decisions and name not in ladder.decisions:
            message = f"there is no decision list `{shortened(name)}`"
            reader.fault("unknown-name", message, decided_by.place, reader.near(name, ladder.decisions))
        if said["stage"] and isinstance(stage, Scalar):
            _add_home(reader, ladder, stage, name or "?")
            if (floor := fields.get("floor")) is not None:
                ladder.floors[stage.text] = _read_floor(reader, floor)


def _read_floor(reader: NodeReader, node: Node) -> Floor:
    fields = reader.fields(node, "the floor", *FLOOR.keys)
    said = reader.simple(FLOOR, fields)
    by = reader.text(fields.get("by"), "`by`")
    if by and by != OWN:
        reader.fault("unknown-word", f"`by` of a floor is `{OWN}`, it cannot be `{shortened(by)}`", fields["by"].place)
    return Floor(said["kind"], said["own_kind"], said["asker_kind"], said["dated"])


def _add_home(reader: NodeReader, ladder: LadderFile, scalar: Scalar, decided_by: str) -> None:
    if not _check_name(reader, scalar, "a stage or group", HOME_NAME):
        return
    if scalar.text in ladder.homes:
        first, first_decided_by = ladder.homes[scalar.text]
        message = f"`{scalar.text}` stands in the ladder twice"
        reader.fault("duplicate-name", message, scalar.place, f"the first is on line {first.place.line}")
        if first_decided_by or not decided_by:
            return
        del ladder.homes[scalar.text]  # a stage is more than a group
    ladder.homes[scalar.text] = (scalar, decided_by)


def _check_floors(reader: NodeReader, ladder: LadderFile, node: Node | None) -> None:
    """The kinds of evidence that floors name, when all of them are read."""
    kinds = [kind.name for kind in ladder.evidence]
    for item in node.items if isinstance(node, ListNode) else ():
        floor = item.get("floor") if isinstance(item, MappingNode) else None
        for key, named in floor.entries if isinstance(floor, MappingNode) else ():
            if key.text.endswith("kind") and isinstance(named, Scalar) and named.text not in kinds and kinds:
                message = f"`{key.text}` of a floor: `{shortened(named.text)}` is no kind of evidence"
                help = reader.near(named.text, kinds) or f"the kinds are {', '.join(kinds[:MAX_NAMED])}"
                reader.fault("unknown-name", message, named.place, help)


def _read_evidence(reader: NodeReader, ladder: LadderFile, fields: Mapping[str, Node], default: str) -> None:
    kinds = []
    for rank, (name, words) in enumerate(_entries(fields, "evidence")):
        scalars = reader.texts(words, f"`{shortened(name.text)}`")
        for scalar in (name, *scalars):
            if scalar.text.strip():
                reader.text(scalar, f"`{shortened(name.text)}`")
            else:
                reader.fault("empty", "a kind of evidence has no empty words", scalar.place)
        texts = (scalar.text.casefold() for scalar in scalars)
        kinds.append(EvidenceKind(name.text, rank, (name.text.casefold(), *texts)))
    ladder.evidence = tuple(kinds)
    ladder.default_evidence = default
    known = [kind.name for kind in kinds]
    if default and known and default not in known:
        message = f"`default_evidence`: `{shortened(default)}` is no kind of evidence"
        reader.fault(
            "unknown-name", message, fields["default_evidence"].place, f"the kinds are {', '.join(known[:MAX_NAMED])}"
        )
