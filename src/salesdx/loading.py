"""knowledge/ + rules/ -> RuleBase, or all issues at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from salesdx.conditions import BOOLEAN, ConditionError, Name, Type, names
from salesdx.entries import RESERVED, EntryReader
from salesdx.issues import Issue, RuleBaseError, nearest
from salesdx.ladder_file import read_ladder
from salesdx.model import (
    PLACEHOLDER,
    RuleBase,
    Source,
    Stage,
)
from salesdx.reading import NAME, first_line
from salesdx.source import Node, Place, Scalar, parse, read_text

NOWHERE = Place("", 1, 1, 1, 1)


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


class _Loader(EntryReader):
    def __init__(self, home: Path, shown: str) -> None:
        super().__init__()
        self.folder, self.shown = home, shown
        self.hash = hashlib.sha256()

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

    # --- names ---

    def lookup(self, name: Name) -> Type:
        """The type of a name in a condition: a term's, or boolean for a finding. Raises ConditionError."""
        term = self.terms.get(name.id)
        if term:
            return term.expression_type
        if name.id in self.finding_places:
            return BOOLEAN
        known = [*self.terms, *self.finding_places]
        near = nearest(name.id, known) if self.suggested < 40 else None
        self.suggested += 1
        help = ""
        if near:
            place = self.terms[near].place if near in self.terms else self.finding_places[near]
            help = f"did you mean `{near}`? ({place.path}:{place.line})"
        raise ConditionError(
            "unknown-term", f"reads `{name.id[:80]}`, which is neither a term nor a finding", name.start, name.end, help
        )

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
