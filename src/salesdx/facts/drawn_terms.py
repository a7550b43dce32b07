"""knowledge/facts: how terms are drawn, as relations over the canonical tables and aggregates over them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

from salesdx.base.reading import NodeReader
from salesdx.facts.canonical_tables import facts_home, parsed_file
from salesdx.facts.comparable import FAIR
from salesdx.facts.scope import KINDS, MOVES, OTHERS
from salesdx.text.issues import RuleBaseError
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Scalar
from salesdx.text.source import Sequence as ListNode

ARGUMENTS = {"binomial": (2,), "fisher": (4,), "poisson": (2, 4), "median": (1,), "bounds": (2,), "bootstrap": (1,)}
"""Kind of noise -> how many expressions it reads. ``bounds`` are ends that the rows themselves leave open."""
COMPARED = ("year_ago", "previous")
PLACEHOLDER = re.compile(r"\{([a-z_.]+)(:[a-z_]+|\?| [a-z_]+)?\}")
"""`{scope}` and `{unit}`, of the term's table or of another (`{scope:sold}`); `{windows}`, `{months}`, `{workdays}`;
`{others}` and `{moves}` of people who are compared; a shared relation, by another name for short (`{attained a}`); or a
column that counts as null where it is not mapped (`{orders.cancelled_on?}`)."""
OPTIONAL = (
    "n",
    "no_value",
    "least",
    "noise",
    "compare",
    "per",
    "fair",
    "settles",
    "closed",
    "reads_for",
    "program",
    "words",
)
BUILT_IN = ("scope", "unit", "windows", "months", "workdays", OTHERS, MOVES)
SHARED = "relations.yaml"


@dataclass(frozen=True, slots=True)
class Noise:
    """How much of a value is luck. ``arguments`` are expressions over the rows: counts, for ``bootstrap`` the column
    whose values are drawn again whole.

    The interval of what they estimate, times ``scale`` plus ``shift``, is that of the value. ``additive``: the
    columns whose sums are all that the value reads, so that rows may be summed first.
    """

    kind: str
    arguments: tuple[str, ...]
    scale: float = 1
    shift: float = 0
    additive: tuple[str, ...] = ()
    undone: Mapping[str, str] = field(default_factory=dict)
    """Column -> what a row of now gains in it where one unit of the change between two windows is undone."""


@dataclass(frozen=True, slots=True)
class DrawnTerm:
    """How a term is drawn: its rows, and the value and the count that follow from just these."""

    name: str
    table: str
    """The table whose rows they are in the first place: it says when they have settled, and whose they are."""
    rows: str
    value: str
    n: str = "count(*)"
    counted: str = "rows"
    """What ``n`` counts, in words."""
    no_value: str = "the rows give no figure that can be true"
    """What is said where there are rows enough, and no value of them."""
    least: int = 1
    kind: str = ""
    """The kind of evidence."""
    reads: tuple[str, ...] = ()
    noise: Noise | None = None
    compare: str = ""
    """The window that the same rows are taken of once more, with ``now`` false: COMPARED, or empty."""
    per: tuple[str, ...] = KINDS
    """The kinds of subjects that it is drawn for."""
    closed: bool = True
    """Whether the window has to be closed; else it is drawn of what there is."""
    reads_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What it reads more for a kind of subject."""
    settles: int | None = None
    """Days after the window's end; None: those of the table."""
    fair: tuple[str, ...] = ()
    """What has to hold before it is said of a person: words of FAIR."""
    words: str = ""
    """The column in which it looks for words, so that it says nothing where the firm writes others."""
    program: str = ""
    """The function that draws it, where its rows alone do not say it."""
    path: str = ""

    @property
    def digest(self) -> str:
        """The SHA-256 of its definition."""
        told = {key: part for key, part in asdict(self).items() if key != "path"}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    @property
    def of_units(self) -> bool:
        """Whether its rows are those of a unit; else they are the same for all units of a kind."""
        return bool({"scope", "unit"}.intersection(self.named)) or "$unit" in self.rows

    @property
    def named(self) -> tuple[str, ...]:
        """What its rows name in braces, without what stands behind a colon."""
        return placeholders(self.rows)


def placeholders(sql: str) -> tuple[str, ...]:
    """What stands in braces in a query, columns that may lack left out."""
    return tuple(dict.fromkeys(name for name, more in PLACEHOLDER.findall(sql) if more != "?"))


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a shared relation is, where its columns are mapped; ``won``: what must count as sold for it."""

    select: str
    reads: tuple[str, ...]
    units: Mapping[str, str]
    """Kind of unit -> the canonical column that its column of this name comes from."""
    day: str = ""
    by_kind: bool = False
    """Its units stand in `unit_kind` and `unit`."""
    won: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Definitions:
    """All that knowledge/facts says of drawing: terms by name, and shared relations by name, each with its meanings."""

    terms: Mapping[str, DrawnTerm]
    relations: Mapping[str, tuple[Meaning, ...]]


@lru_cache(maxsize=1)
def definitions() -> Definitions:
    """What comes with the program. Raises RuleBaseError."""
    return read_definitions(facts_home())


def read_definitions(folder: Path) -> Definitions:
    """The terms and shared relations of a folder. Raises RuleBaseError with every fault of every file."""
    reader = _DefinitionReader()
    shared = reader.mapping(folder / SHARED)
    relations = {name.text: reader.meanings(name, node) for name, node in shared}
    terms: dict[str, DrawnTerm] = {}
    for path in sorted((folder / "terms").glob("*.yaml")):
        for name, node in reader.mapping(path):
            if name.text in terms:
                reader.fault("twice", f"`{name.text}` is drawn twice", name.place, terms[name.text].path)
            terms[name.text] = reader.term(name, node, relations)
    if reader.issues:
        raise RuleBaseError(reader.issues)
    return Definitions(terms, relations)


class _DefinitionReader(NodeReader):
    error = RuleBaseError

    def mapping(self, path: Path) -> tuple[tuple[Scalar, Node], ...]:
        """The entries of a file; nothing where it has faults or there is none."""
        shown = f"knowledge/facts/{path.relative_to(facts_home()) if path.is_relative_to(facts_home()) else path.name}"
        if not path.exists():
            return ()
        node = parsed_file(self, path, shown)
        return node.entries if isinstance(node, MappingNode) else ()

    def meanings(self, name: Scalar, node: Node) -> tuple[Meaning, ...]:
        items = node.items if isinstance(node, ListNode) else (node,)
        return tuple(self._meaning(name, item) for item in items)

    def _meaning(self, name: Scalar, node: Node) -> Meaning:
        found = self.fields(node, f"`{name.text}`", ("reads", "select"), ("units", "day", "won", "by_kind"))
        return Meaning(
            self._sql(found.get("select"), "select"),
            self.words(found.get("reads"), "reads"),
            self._pairs(found.get("units")),
            self._sql(found.get("day"), "day"),
            self.boolean(found.get("by_kind"), "`by_kind`"),
            self.words(found.get("won"), "won"),
        )

    def term(self, name: Scalar, node: Node, relations: Mapping[str, tuple[Meaning, ...]]) -> DrawnTerm:
        needed = ("table", "rows", "value", "counted", "kind", "reads")
        programmed = isinstance(node, MappingNode) and node.get("program") is not None
        optional = (*OPTIONAL, *(needed if programmed else ()))
        found = self.fields(node, f"`{name.text}`", () if programmed else needed, optional, name.place)
        texts = ("table", "rows", "value", "n", "counted", "no_value", "kind", "compare", "program", "words")
        said = {key: self._sql(found[key], key) for key in texts if key in found}
        made = DrawnTerm(
            name.text,
            said.pop("table", ""),
            said.pop("rows", ""),
            said.pop("value", ""),
            least=int(self.number(found.get("least"), "`least`") or 1) if "least" in found else 1,
            reads=self.words(found.get("reads"), "reads"),
            noise=self._noise(found["noise"]) if "noise" in found else None,
            per=self.words(found["per"], "per") if "per" in found else KINDS,
            closed=self.boolean(found["closed"], "`closed`") if "closed" in found else True,
            reads_for=self._lists(found.get("reads_for")),
            fair=self.words(found.get("fair"), "fair"),
            settles=int(self.number(found["settles"], "`settles`") or 0) if "settles" in found else None,
            path=name.place.path,
            **said,
        )
        self._check(made, name, relations)
        return made

    def _check(self, made: DrawnTerm, name: Scalar, relations: Mapping[str, tuple[Meaning, ...]]) -> None:
        known = (*BUILT_IN, *relations)
        for word in made.named:
            if word not in known:
                help = self.near(word, known)
                self.fault(
                    "unknown-relation", f"`{name.text}` reads `{{{word}}}`, which nothing defines", name.place, help
                )
        if made.compare and made.compare not in COMPARED:
            self.fault("compare", f"`compare` is {' or '.join(COMPARED)}, this is `{made.compare}`", name.place)
        for word in made.fair:
            if word not in FAIR:
                self.fault("fair", f"`fair` names {', '.join(FAIR)}, this is `{word}`", name.place)
        for kind in made.per:
            if kind not in KINDS:
                self.fault("per", f"`per` names {', '.join(KINDS)}, this is `{kind}`", name.place)

    def _noise(self, node: Node) -> Noise | None:
        found = self.fields(node, "`noise`", (), (*ARGUMENTS, "scale", "shift", "additive", "undone"))
        kinds = [key for key in ARGUMENTS if key in found]
        if len(kinds) != 1:
            self.fault("noise", f"`noise` is one of {', '.join(ARGUMENTS)}", node.place)
            return None
        (kind,) = kinds
        arguments = self.words(found[kind], kind)
        if len(arguments) not in ARGUMENTS[kind]:
            self.fault("noise", f"`{kind}` reads {ARGUMENTS[kind][-1]} expressions", found[kind].place)
        number = {key: float(self.number(found[key], f"`{key}`") or 0) for key in ("scale", "shift") if key in found}
        undone = self._pairs(found.get("undone"))
        return Noise(kind, arguments, additive=self.words(found.get("additive"), "additive"), undone=undone, **number)

    def words(self, node: Node | None, what: str) -> tuple[str, ...]:
        """One text, or a list of texts."""
        items: Iterable[Node] = node if isinstance(node, ListNode) else () if node is None else (node,)
        return tuple(self._sql(item, what) for item in items)

    def _sql(self, node: Node | None, what: str) -> str:
        """A text as it stands, in one line."""
        if node is None:
            return ""
        if not isinstance(node, Scalar):
            self.fault("type", f"`{what}` must be a text", node.place)
            return ""
        return " ".join(node.text.split())

    def _lists(self, node: Node | None) -> Mapping[str, tuple[str, ...]]:
        entries = node.entries if isinstance(node, MappingNode) else ()
        return {key.text: self.words(value, key.text) for key, value in entries}

    def _pairs(self, node: Node | None) -> Mapping[str, str]:
        entries = node.entries if isinstance(node, MappingNode) else ()
        return {key.text: value.text for key, value in entries if isinstance(value, Scalar)}
