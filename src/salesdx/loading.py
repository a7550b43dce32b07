"""knowledge/ + rules/ -> RuleBase, or all issues at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from salesdx.conditions import BOOLEAN, ConditionError, Expr, Name, Type, names
from salesdx.issues import Issue, RuleBaseError, nearest
from salesdx.ladder_file import read_ladder
from salesdx.model import (
    NUMERIC,
    PERIOD,
    PLACEHOLDER,
    TERM_TYPES,
    Choice,
    Intervention,
    Rule,
    RuleBase,
    Source,
    Stage,
    Term,
)
from salesdx.reading import NAME, Reader, first_line
from salesdx.source import Mapping as MappingNode
from salesdx.source import Node, Place, Scalar, parse, read_text
from salesdx.source import Sequence as ListNode

RULE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
RESERVED = {"and", "or", "not", "in", "true", "false", "unknown", "not_known", "not_applicable"}
NOWHERE = Place("", 1, 1, 1, 1)

Read = tuple[Expr, Scalar]


def shipped_home() -> Path:
    """The folder with the shipped knowledge/ and rules/: inside the wheel, else beside a checkout's src/."""
    inside = Path(__file__).parent / "content"
    return inside if inside.is_dir() else Path(__file__).parents[2]


def load(home: Path | str | None = None) -> RuleBase:
    """Load a rule base from a folder with knowledge/ and rules/ (by default the shipped one).

    Raises RuleBaseError with every fault of every file, sorted by place.
    """
    loader = _Loader(Path(home) if home is not None else shipped_home(), str(home) if home is not None else "")
    base = loader.load()
    errors = [issue for issue in loader.issues if issue.severity == "error"]
    if base is None or errors:
        raise RuleBaseError(loader.issues)
    return base


class _Loader(Reader):
    def __init__(self, home: Path, shown: str) -> None:
        super().__init__()
        self.folder, self.shown = home, shown
        self.hash = hashlib.sha256()
        self.terms: dict[str, Term] = {}
        self.interventions: dict[str, Intervention] = {}
        self.rules: list[Rule] = []
        self.conditions: list[tuple[Read, str, Type]] = []
        """Expressions whose names can be checked only when every file is read."""
        self.references: list[tuple[str, str, Scalar]] = []
        self.templates: list[tuple[Scalar, str]] = []

    def load(self) -> RuleBase | None:
        files = self.files()
        ladder_node = files.pop("knowledge/ladder.yaml", None)
        if ladder_node is None:
            if not self.issues:
                place = Place(self.path("knowledge/ladder.yaml"), 1, 1, 1, 1)
                self.fault(
                    "missing-file",
                    "there is no ladder: the file does not exist",
                    place,
                    "`salesdx init DIR` makes a folder with one",
                )
            return None
        ladder = read_ladder(self, ladder_node)
        sources = self.read_sources(files.pop("knowledge/sources.yaml", None))
        homes = {scalar.text: (scalar, decided) for scalar, decided in ladder.homes}
        for name, node in files.items():
            home = name.removeprefix("knowledge/").removeprefix("rules/").removesuffix(".yaml")
            if home not in homes:
                help = (
                    self.near(home, homes)
                    or f"add `- {{stage: {home}, decided_by: evidence}}` to knowledge/ladder.yaml"
                )
                self.fault("unknown-stage", f"the ladder has no stage or group `{home}`", first_line(node.place), help)
        stages: dict[str, Stage] = {}
        for home, (scalar, decided_by) in homes.items():
            found = files.get(f"knowledge/{home}.yaml")
            if found is None:
                if not any(issue.place.path.endswith(f"knowledge/{home}.yaml") for issue in self.issues):
                    self.fault("missing-file", f"`{home}` has no file knowledge/{home}.yaml", scalar.place)
                continue
            stages[home] = self.read_stage(home, decided_by, found, scalar)
        for home in homes:
            rules_node = files.get(f"rules/{home}.yaml")
            if rules_node is not None:
                self.read_rules(home, rules_node)
        ladder.check(self, self.lookup, stages)
        self.check_names(set(ladder.strengths), set(ladder.respondents), sources)
        order = self.order()
        if any(issue.severity == "error" for issue in self.issues):
            return None
        return RuleBase(
            version=ladder.version,
            digest="sha256:" + self.hash.hexdigest(),
            terms=self.terms,
            rules=tuple(self.rules),
            interventions=self.interventions,
            stages=tuple(stage for stage in stages.values() if stage.decided_by),
            groups=tuple(stage for stage in stages.values() if not stage.decided_by),
            ladder=ladder.build(),
            respondents=ladder.respondents,
            evidence=ladder.evidence,
            default_evidence=ladder.default_evidence,
            sources=sources,
            order=order,
        )

    # --- files ---

    def path(self, name: str) -> str:
        return f"{self.shown.rstrip('/')}/{name}" if self.shown else name

    def files(self) -> dict[str, Node]:
        """Every YAML file of knowledge/ and rules/ as nodes; their bytes make the digest."""
        found: dict[str, Node] = {}
        for room in ("knowledge", "rules"):
            folder = self.folder / room
            if not folder.is_dir():
                self.fault(
                    "missing-file",
                    f"there is no folder `{room}` in `{self.folder}`",
                    Place(self.path(room), 1, 1, 1, 1),
                    "`salesdx init DIR` makes one",
                )
                continue
            for path in sorted(folder.iterdir()):
                if path.suffix not in (".yaml", ".yml") or not path.is_file():
                    continue
                name = f"{room}/{path.name}"
                if path.suffix == ".yml":
                    self.fault(
                        "file-name",
                        "files of a rule base end in .yaml",
                        Place(self.path(name), 1, 1, 1, 1),
                        f"rename it to {path.stem}.yaml",
                    )
                    continue
                text, faults = read_text(path, self.path(name))
                self.issues += map(Issue.of, faults)
                if text is None:
                    continue
                self.hash.update(f"{name}\0{len(text)}\0{text}\0".encode())
                node, faults = parse(text, self.path(name))
                self.issues += map(Issue.of, faults)
                if node is not None:
                    found[name] = node
                elif not faults:
                    self.fault("empty", "the file is empty", Place(self.path(name), 1, 1, 1, 1))
        return found

    def read_sources(self, node: Node | None) -> dict[str, Source]:
        sources: dict[str, Source] = {}
        for key, entry in self.entries(node, "the list of sources"):
            fields = self.fields(entry, f"source `{key.text}`", ("title",), ("by", "year", "address", "quality"))
            address = tuple(scalar.text for scalar in self.texts(fields.get("address"), "`address`"))
            sources[key.text] = Source(
                key.text,
                *(self.text(fields.get(name), f"`{name}`") for name in ("title", "by", "year")),
                address,
                self.text(fields.get("quality"), "`quality`"),
            )
        return sources

    def entries(self, node: Node | None, what: str) -> tuple[tuple[Scalar, Node], ...]:
        if node is None:
            return ()
        if not isinstance(node, MappingNode):
            self.fault("type", f"{what} must be a mapping (`name:` lines)", first_line(node.place))
            return ()
        return node.entries

    def read_stage(self, home: str, decided_by: str, node: Node, scalar: Scalar) -> Stage:
        key = "stage" if decided_by else "group"
        fields = self.fields(
            node,
            f"the {key} file",
            (key, "title"),
            ("owner", "applies_when", "ruled_out_when", "terms", "interventions"),
        )
        if (named := fields.get(key)) is not None and self.text(named, f"`{key}`") != home:
            self.fault("file-name", f"the file is named `{home}` but holds `{self.text(named, key)}`", named.place)
        ruled_out = self.condition(fields.get("ruled_out_when"), "`ruled_out_when`")
        applies = self.condition(fields.get("applies_when"), "`applies_when`")
        for name, entry in self.entries(fields.get("terms"), "`terms`"):
            self.read_term(home, name, entry)
        for name, entry in self.entries(fields.get("interventions"), "`interventions`"):
            self.read_intervention(home, name, entry)
        return Stage(
            home, self.text(fields.get("title"), "`title`"), self.text(fields.get("owner"), "`owner`"), decided_by,
            ruled_out[0] if ruled_out else None, " ".join(ruled_out[1].text.split()) if ruled_out else "",
            applies[0] if applies else None, scalar.place,
        )  # fmt: skip

    def condition(self, node: Node | None, what: str, wanted: Type = BOOLEAN, functions: bool = False) -> Read | None:
        read = self.expression(node, what, functions)
        if read:
            self.conditions.append((read, what, wanted))
        return read

    def name(self, key: Scalar, what: str, taken: Mapping[str, Term | Intervention]) -> bool:
        """Whether a name may be defined here."""
        if not NAME.fullmatch(key.text) or key.text in RESERVED or len(key.text) > 80:
            self.fault(
                "name",
                f"`{key.text[:80]}` is no name for {what}",
                key.place,
                "use small letters a to z, digits and `_`, and no word of the language",
            )
            return False
        if key.text in taken:
            first = taken[key.text].place
            self.fault(
                "duplicate-name",
                f"there are two of the name `{key.text}`",
                key.place,
                f"the other is at {first.path}:{first.line}",
            )
            return False
        return True

    def read_term(self, home: str, key: Scalar, node: Node) -> None:
        what = f"term `{key.text[:80]}`"
        if not self.name(key, "a term", self.terms):
            return
        fields = self.fields(node, what, ("type",), (
            "values", "unit", "range", "question", "respondent", "evidence", "derive", "valid_for", "effort", "core", "sample", "ask_first",
            "note", "source", "formula", "choose", "tolerance",
        ))  # fmt: skip
        type_ = self.text(fields.get("type"), "`type`")
        if "type" in fields and type_ not in TERM_TYPES:
            self.fault(
                "type",
                f"{what} has no type `{type_}`",
                fields["type"].place,
                self.near(type_, TERM_TYPES) or f"the types are {', '.join(TERM_TYPES)}",
            )
            type_ = "boolean"
        values = self.enum_values(fields.get("values"), type_, what, key)
        low, high = self.range(fields.get("range"), type_, what)
        effort = self.number(fields.get("effort"), "`effort`")
        if effort is not None and (effort != int(effort) or not 1 <= effort <= 5):
            self.fault(
                "range", "`effort` is a whole number from 1 (look it up) to 5 (run a study)", fields["effort"].place
            )
        shell = Term(key.text, home, type_, values, low=low, high=high)
        formula = self.condition(
            fields.get("formula"), f"the formula of `{key.text}`", shell.expression_type, functions=True
        )
        choose = self.choose(fields.get("choose"), shell)
        if "formula" in fields and "choose" in fields:
            self.fault("two-formulas", f"{what} has both `formula` and `choose`", fields["choose"].place)
        computed = "formula" in fields or "choose" in fields
        if not computed and "question" not in fields:
            self.fault("missing-key", f"{what} needs a `question`, or a `formula` or `choose`", key.place)
        if "question" in fields and "respondent" not in fields:
            self.fault("missing-key", f"{what} has a question but no `respondent`", key.place)
        if (respondent := fields.get("respondent")) is not None and isinstance(respondent, Scalar):
            self.references.append(("respondent", what, respondent))
        self.sources_of(fields, what)
        self.terms[key.text] = Term(
            key.text, home, type_, values, self.text(fields.get("unit"), "`unit`"), low, high, self.text(fields.get("question"), "`question`"),
            self.text(fields.get("respondent"), "`respondent`"), self.text(fields.get("evidence"), "`evidence`"), self.text(fields.get("derive"), "`derive`"),
            self.valid_for(fields.get("valid_for")), int(effort or 3), self.boolean(fields.get("core"), "`core`"), self.boolean(fields.get("sample"), "`sample`"),
            self.boolean(fields.get("ask_first"), "`ask_first`"), self.text(fields.get("note"), "`note`"), self.source_ids(fields),
            formula[0] if formula else None, choose, self.number(fields.get("tolerance"), "`tolerance`"), key.place,
        )  # fmt: skip

    def enum_values(self, node: Node | None, type_: str, what: str, key: Scalar) -> tuple[str, ...]:
        if type_ != "enum":
            if node is not None:
                self.fault("type", f"{what} is no enum and has no `values`", first_line(node.place))
            return ()
        scalars = self.texts(node, "`values`")
        for scalar in scalars:
            if not NAME.fullmatch(scalar.text) or scalar.text in RESERVED:
                self.fault(
                    "name",
                    f"`{scalar.text[:80]}` is no value for a choice",
                    scalar.place,
                    "use small letters, digits and `_`; unknown answers have words of their own",
                )
        if len({scalar.text for scalar in scalars}) < max(2, len(scalars)):
            self.fault("values", f"{what} needs two different `values` or more", node.place if node else key.place)
        return tuple(scalar.text for scalar in scalars)

    def range(self, node: Node | None, type_: str, what: str) -> tuple[None, None] | tuple[object, object]:
        if node is None:
            return None, None
        bounds = [self.number(item, "`range`") for item in node] if isinstance(node, ListNode) else []
        if len(bounds) != 2 or type_ not in NUMERIC or None in bounds or bounds[0] > bounds[1]:  # type: ignore[operator]
            self.fault(
                "range",
                f"`range` of {what} must be two numbers, the lower first, and only numbers have one",
                first_line(node.place),
            )
            return None, None
        return bounds[0], bounds[1]

    def choose(self, node: Node | None, term: Term) -> tuple[Choice, ...]:
        choices = []
        items = node.items if isinstance(node, ListNode) else () if node is None else (node,)
        for item in items:
            fields = self.fields(item, "a line of `choose`", ("when", "value"), ())
            when = self.condition(fields.get("when"), f"`choose` of `{term.name}`")
            value = self.value(term, fields["value"]) if "value" in fields else None
            if when and value is not None:
                choices.append(Choice(when[0], value))
        return tuple(choices)

    def valid_for(self, node: Node | None) -> int | str | None:
        if node is None:
            return None
        text = self.text(node, "`valid_for`")
        if text == PERIOD:
            return PERIOD
        days = re.fullmatch(r"([1-9]\d{0,4}) days?", text)
        if not days:
            self.fault(
                "valid-for",
                f"`valid_for` is a number of days or `{PERIOD}`, this is `{text}`",
                node.place,
                "write for example `180 days`",
            )
            return None
        return int(days[1])

    def sources_of(self, fields: Mapping[str, Node], what: str) -> None:
        for scalar in self.texts(fields.get("source"), "`source`"):
            self.references.append(("source", what, scalar))

    def source_ids(self, fields: Mapping[str, Node]) -> tuple[str, ...]:
        node = fields.get("source")
        items = node.items if isinstance(node, ListNode) else (node,)
        return tuple(item.text for item in items if isinstance(item, Scalar))

    def read_intervention(self, home: str, key: Scalar, node: Node) -> None:
        what = f"intervention `{key.text[:80]}`"
        if not self.name(key, "an intervention", self.interventions):
            return
        required = ("title", "owner", "do", "judge_after", "worked_when")
        fields = self.fields(node, what, required, ("cost", "source", "personnel", "preferred_when", "note"))
        preferred = self.condition(fields.get("preferred_when"), "`preferred_when`")
        self.sources_of(fields, what)
        self.interventions[key.text] = Intervention(
            key.text, home, *(self.text(fields.get(name), f"`{name}`") for name in (*required, "cost")), self.source_ids(fields),
            self.boolean(fields.get("personnel"), "`personnel`"), preferred[0] if preferred else None, self.text(fields.get("note"), "`note`"), key.place,
        )  # fmt: skip

    def read_rules(self, home: str, node: Node) -> None:
        if not isinstance(node, ListNode):
            self.fault("type", "a rules file is a list of rules (`- id: ...`)", first_line(node.place))
            return
        for item in node:
            self.read_rule(home, item)

    def read_rule(self, home: str, node: Node) -> None:
        id_node = node.get("id") if isinstance(node, MappingNode) else None
        id = id_node.text if isinstance(id_node, Scalar) else "?"
        what = f"rule `{id[:40]}`"
        fields = self.fields(node, what, ("id", "strength", "when", "finding", "because"), (
            "title", "recommend", "suppresses", "immediate", "also_in_success", "note", "source",
        ))  # fmt: skip
        if isinstance(id_node, Scalar):
            first = next((rule for rule in self.rules if rule.id == id), None)
            if first:
                self.fault(
                    "duplicate-name",
                    f"there are two rules `{id}`",
                    id_node.place,
                    f"the other is at {first.place.path}:{first.place.line}",
                )
            if not RULE_ID.fullmatch(id):
                self.fault(
                    "name",
                    f"`{id[:40]}` is no id for a rule",
                    id_node.place,
                    "use a letter, then letters, digits, `.`, `-` and `_`, at most 40",
                )
        for key, kind in (("strength", "strength"), ("finding", "finding")):
            if isinstance(fields.get(key), Scalar):
                self.references.append((kind, what, fields[key]))  # type: ignore[arg-type]
        recommend = self.texts(fields.get("recommend"), "`recommend`")
        suppresses = self.texts(fields.get("suppresses"), "`suppresses`")
        self.references += [("intervention", what, scalar) for scalar in (*recommend, *suppresses)]
        if isinstance(because := fields.get("because"), Scalar):
            self.templates.append((because, what))
        self.sources_of(fields, what)
        when = self.condition(fields.get("when"), what)
        if when is None:
            return
        self.rules.append(Rule(
            id, home, self.text(fields.get("strength"), "`strength`"), when[0], " ".join(when[1].text.split()), self.text(fields.get("finding"), "`finding`"),
            tuple(scalar.text for scalar in recommend), self.text(fields.get("because"), "`because`"), self.text(fields.get("title"), "`title`"),
            tuple(scalar.text for scalar in suppresses), self.boolean(fields.get("immediate"), "`immediate`"),
            self.boolean(fields.get("also_in_success"), "`also_in_success`"), self.text(fields.get("note"), "`note`"), self.source_ids(fields),
            id_node.place if id_node else first_line(node.place),
        ))  # fmt: skip

    # --- names ---

    def lookup(self, name: Name) -> Type:
        """The type of a name in a condition: a term's, or boolean for a finding. Raises ConditionError."""
        term = self.terms.get(name.id)
        if term:
            return term.expression_type
        if name.id in self.finding_names:
            return BOOLEAN
        known = [*self.terms, *self.finding_names]
        near = nearest(name.id, known) if self.suggested < 40 else None
        self.suggested += 1
        help = ""
        if near:
            place = (
                self.terms[near].place if near in self.terms else next(r.place for r in self.rules if r.finding == near)
            )
            help = f"did you mean `{near}`? ({place.path}:{place.line})"
        raise ConditionError(
            "unknown-term", f"reads `{name.id[:80]}`, which is neither a term nor a finding", name.start, name.end, help
        )

    @property
    def finding_names(self) -> set[str]:
        return {rule.finding for rule in self.rules}

    def check_names(self, strengths: set[str], respondents: set[str], sources: Mapping[str, Source]) -> None:
        for read, what, wanted in self.conditions:
            self.check(read, what, wanted, self.lookup)
        known: dict[str, tuple[Iterable[str], str]] = {
            "strength": (strengths, "is no strength of the ladder"),
            "respondent": (respondents, "is no respondent of the ladder"),
            "intervention": (self.interventions, "is no intervention"),
            "source": ({"J", *sources}, "is no source of knowledge/sources.yaml"),
        }
        for kind, what, scalar in self.references:
            if kind == "finding":
                self.check_finding(scalar, what)
            elif scalar.text not in known[kind][0]:
                self.fault(
                    f"unknown-{kind}",
                    f"{what}: `{scalar.text[:80]}` {known[kind][1]}",
                    scalar.place,
                    self.near(scalar.text, known[kind][0]),
                )
        for template, what in self.templates:
            self.check_template(template, what)

    def check_finding(self, scalar: Scalar, what: str) -> None:
        if not NAME.fullmatch(scalar.text) or scalar.text in RESERVED:
            self.fault(
                "name",
                f"`{scalar.text[:80]}` is no name for a finding",
                scalar.place,
                "use small letters a to z, digits and `_`, and no word of the language",
            )
        elif scalar.text in self.terms:
            place = self.terms[scalar.text].place
            self.fault(
                "duplicate-name",
                f"{what}: the finding `{scalar.text}` is named like a term",
                scalar.place,
                f"the term is at {place.path}:{place.line}",
            )

    def check_template(self, template: Scalar, what: str) -> None:
        for found in PLACEHOLDER.finditer(template.text):
            name = found[1]
            place = template.span(found.start(), found.end())
            if name is None:
                self.fault("template", f"{what}: a brace stands alone in `because`", place, "write a term as `{term}`")
            elif name not in self.terms:
                self.fault(
                    "unknown-term",
                    f"{what}: `because` names `{name[:80]}`, which is no term",
                    place,
                    self.near(name, self.terms),
                )

    def order(self) -> tuple[str, ...]:
        """Findings and computed terms, each after what it reads; a cycle is a fault that shows the whole cycle."""
        import networkx as nx  # costs more to import than to use, and faulty files need it too

        reads: dict[str, list[tuple[str, Place]]] = {}
        for term in self.terms.values():
            if term.computed:
                exprs = [term.formula] if term.formula is not None else [choice.when for choice in term.choose]
                reads[term.name] = [(name, term.place) for expr in exprs for name in names(expr)]
        for rule in self.rules:
            reads.setdefault(rule.finding, []).extend((name, rule.place) for name in names(rule.when))
        graph = nx.DiGraph()
        graph.add_nodes_from(reads)
        graph.add_edges_from((name, reader) for reader, read in reads.items() for name, _ in read if name in reads)
        position = {name: i for i, name in enumerate(reads)}
        loops = [sorted(part, key=position.__getitem__) for part in nx.strongly_connected_components(graph)]
        loops = [part for part in loops if len(part) > 1 or graph.has_edge(part[0], part[0])]
        for part in loops:
            cycle = [edge[0] for edge in nx.find_cycle(graph.subgraph(part), part[0])]
            cycle.reverse()  # an edge leads from what is read to its reader; people follow it the other way
            shown = " -> ".join([*cycle, cycle[0]])
            place = next((place for name, place in reads[cycle[0]] if name in part), NOWHERE)
            self.fault(
                "cycle",
                f"findings read each other in a circle: {shown}",
                place,
                "take one of them out of the condition",
            )
        if loops:
            return ()
        return tuple(nx.lexicographical_topological_sort(graph, key=position.__getitem__))
