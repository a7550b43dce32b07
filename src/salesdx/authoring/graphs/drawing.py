"""A rule base as graphs: one stage, one rule, the findings, and the derivation of a diagnosis.

Nodes know their place in the files; which picture or text a graph becomes is decided in ``render``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from salesdx.authoring import written as places
from salesdx.base.model import Rule, RuleBase, Stage, Term
from salesdx.engine.expression_text import SIGNS, literal
from salesdx.explanation import Derivation, derivation_graph
from salesdx.language.conditions import And, Arithmetic, Call, Compare, Expr, In, Literal, Name, Not, Or, names
from salesdx.text.english import many
from salesdx.text.source import Place

FEEDS, STANDS_ON, LEADS_TO = "goes into", "stands on", "leads to"
"""What an arrow of a graph means."""


@dataclass(frozen=True, slots=True)
class Node:
    """``id`` is kind and name; ``note`` may have several lines; ``truth`` is as in a derivation, else empty."""

    id: str
    kind: str
    label: str
    note: str = ""
    place: Place | None = None
    truth: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow from one node to another, by their ids."""

    start: str
    end: str
    label: str = ""


@dataclass(frozen=True)
class Graph:
    """An acyclic graph; ``down`` where it is read from top to bottom instead of from left to right."""

    title: str
    says: str
    arrow: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    down: bool = False


@dataclass
class Making:
    """A graph in the making: a node is added once, an edge is drawn once."""

    base: RuleBase
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[tuple[str, str], str] = field(default_factory=dict)

    def node(self, kind: str, name: str, label: str, note: str = "", place: Place | None = None) -> str:
        """Add a node once; its id."""
        id = f"{kind}:{name}"
        self.nodes.setdefault(id, Node(id, kind, label, note, place))
        return id

    def edge(self, start: str, end: str, label: str = "") -> None:
        """Add an arrow once."""
        self.edges.setdefault((start, end), label)

    def graph(self, title: str, says: str, arrow: str, down: bool = False) -> Graph:
        """What was drawn so far, as a graph."""
        edges = tuple(Edge(start, end, label) for (start, end), label in self.edges.items())
        return Graph(title, says, arrow, tuple(self.nodes.values()), edges, down)

    # --- what the rule base defines -----------------------------------------------------------------------------------

    def term(self, term: Term, home: str = "") -> str:
        """A term with its question; a computed one with what it is computed from."""
        away = f"from {self.base.home[term.home].title}" if home and term.home != home else ""
        kind = "computed" if term.computed else "term"
        return self.node(kind, term.name, term.name, lines(term.question, *_computed(term), away), term.place)

    def rule(self, rule: Rule, *more: str) -> str:
        """A rule with its strength, and what else is said of it."""
        label = f"{rule.id} {rule.title}" if rule.title else rule.id
        return self.node("rule", rule.id, label, lines(rule.strength, *more), rule.place)

    def finding(self, name: str, home: str = "") -> str:
        """A finding; from another stage than ``home``, with the rules that conclude it."""
        rules = self.base.findings[name]
        away = [rule for rule in rules if home and rule.home != home]
        told = [f"concluded by {rule.id} of {self.base.home[rule.home].title}" for rule in away]
        return self.node("finding", name, name, lines(*told), places.of_key(self.base, rules[0], "finding"))

    def read(self, name: str, home: str = "") -> str:
        """The node of a name in a condition."""
        term = self.base.terms.get(name)
        return self.term(term, home) if term else self.finding(name, home)

    def intervention(self, id: str) -> str:
        """An intervention with who does it."""
        found = self.base.interventions[id]
        return self.node("intervention", id, found.title, lines(id, f"by {found.owner}"), found.place)


# --- one stage --------------------------------------------------------------------------------------------------------


def stage_graph(base: RuleBase, id: str) -> Graph:
    """One stage or group: its terms, the rules that read them, what they find, its status, what is then done."""
    base = base.as_written
    made, stage, rules = Making(base), base.home[id], base.rules_of[id]
    for term in base.terms.values():
        if term.home == id:
            made.term(term, id)
    for rule in rules:
        _feed(made, rule.when, made.rule(rule), id)
        made.edge(f"rule:{rule.id}", made.finding(rule.finding, id))
    for rule in rules:
        siblings = [other for other in rules if other.finding == rule.finding]
        for action in rule.recommend:
            giving = [other.id for other in siblings if action in other.recommend]
            only = "" if len(giving) == len(siblings) else f"by {' and '.join(giving)}"
            made.edge(f"finding:{rule.finding}", made.intervention(action), only)
        for action in rule.suppresses:
            made.edge(f"rule:{rule.id}", made.intervention(action), "suppresses")
    if stage.decided_by:
        _status(made, stage)
    for node in [node for node in made.nodes.values() if node.kind == "computed"]:
        term = base.terms[node.id.partition(":")[2]]
        if term.home == id:
            for expr in term.expressions:
                _feed(made, expr, node.id, id)
    joined = {node for edge in made.edges for node in edge}
    for node in [node for node in made.nodes.values() if node.id not in joined]:
        made.nodes[node.id] = replace(node, note=lines(node.note, _read_elsewhere(base, node.id.partition(":")[2])))
    says = f"{many(len(rules), 'rule')} on what is asked, what they find, and what is then recommended."
    return made.graph(f"{'Stage' if stage.decided_by else 'Group'}: {stage.title}", says, FEEDS)


def _status(made: Making, stage: Stage) -> None:
    """The status of a stage, with what its decision list counts."""
    decision = made.base.ladder.decisions[stage.decided_by]
    read = {name for line in decision for name in names(line.when)}
    told = [f"{line.name}: {condition_label(line.when)}" for line in decision]
    note = lines("the first that is true:", *told)
    status = made.node("stage", stage.id, f"status of {stage.title}", note, stage.place)
    for rule in made.base.rules_of[stage.id]:
        if rule.strength in read:
            recommends = made.base.ladder.strengths[rule.strength].recommends_when
            note = f"recommend when {spelled(recommends)}" if recommends is not None else ""
            place = places.key_at(made.base, places.LADDER, "strengths", rule.strength)
            made.edge(f"rule:{rule.id}", made.node("strength", rule.strength, f"{rule.strength} rules", note, place))
            made.edge(f"strength:{rule.strength}", status)
    for key, expr in stage.conditions.items():
        if ("applies" if key == "applies_when" else key) in read:
            node = made.node("condition", key, key, spelled(expr), places.of_stage(made.base, stage.id, key))
            _feed(made, expr, node, stage.id)
            made.edge(node, status)


def _read_elsewhere(base: RuleBase, name: str) -> str:
    """Who reads a term that a stage asks and does not read."""
    readers = [rule.id for rule in base.rules if name in names(rule.when)]
    readers += [term.name for term in base.terms.values() for expr in term.expressions if name in names(expr)]
    return f"read elsewhere: {', '.join(dict.fromkeys(readers))}" if readers else "read by no rule"


def _feed(made: Making, expr: Expr, reader: str, home: str) -> None:
    for name in names(expr):
        made.edge(made.read(name, home), reader)


# --- one rule ---------------------------------------------------------------------------------------------------------


def rule_graph(base: RuleBase, id: str) -> Graph:
    """A rule's condition as a tree: connectives, comparisons, the terms with their questions, and findings' rules."""
    base = base.as_written
    made, rule = Making(base), base.rule[id]
    advice = f"recommends {', '.join(base.interventions[a].title for a in rule.recommend)}" if rule.recommend else ""
    made.rule(rule, f"concludes {rule.finding}", advice)
    _condition(made, rule)
    return made.graph(f"Rule {rule.id}", rule.title or rule.because, STANDS_ON)


def _condition(made: Making, rule: Rule) -> None:
    """What a rule stands on, below its node."""
    place = partial(places.of_part, made.base, rule)

    def add(part: Expr, at: str, above: str) -> None:
        match part:
            case And(parts) | Or(parts):
                kind = "all" if isinstance(part, And) else "any"
                node = made.node(kind, at, f"{kind} of these", "", place(part))
                for number, inner in enumerate(parts, 1):
                    add(inner, f"{at}.{number}", node)
            case Not(inner) if not isinstance(inner, Name):
                node = made.node("not", at, "not", "", place(part))
                add(inner, f"{at}.1", node)
            case _:
                node = made.node("comparison", at, spelled(part), "", place(part))
                for name in names(part):
                    made.edge(node, _read_down(made, name))
        made.edge(above, node)

    add(rule.when, rule.id, f"rule:{rule.id}")


def _read_down(made: Making, name: str) -> str:
    """The node of a name that a comparison reads, with all it stands on."""
    term = made.base.terms.get(name)
    new = not {f"{kind}:{name}" for kind in ("term", "computed", "finding")} & made.nodes.keys()
    node = made.read(name)
    if new and term is not None:
        for expr in term.expressions:
            for read in names(expr):
                made.edge(node, _read_down(made, read))
    elif new:
        for rule in made.base.findings[name]:
            made.edge(node, made.rule(rule))
            _condition(made, rule)
    return node


# --- findings ---------------------------------------------------------------------------------------------------------


def findings_graph(base: RuleBase) -> Graph:
    """Which findings and computed terms read which; asked terms only where a term is computed from them."""
    base = base.as_written
    made = Making(base)
    for term in base.terms.values():
        if term.computed:
            node = made.term(term)
            for name in dict.fromkeys(name for expr in term.expressions for name in names(expr)):
                made.edge(made.read(name), node)
    for finding, rules in base.findings.items():
        reading: dict[str, list[str]] = {}
        for rule in rules:
            for name in names(rule.when):
                if name in base.findings or base.terms[name].computed:
                    reading.setdefault(name, []).append(rule.id)
        for name, ids in reading.items():
            made.edge(made.read(name), made.finding(finding), " and ".join(ids))
    alone = len(base.findings) - sum(node.kind == "finding" for node in made.nodes.values())
    says = "The other findings" if alone < len(base.findings) else "The findings"
    says = f"{says} ({alone} of {len(base.findings)}) stand on asked facts alone and feed no other." if alone else ""
    return made.graph("What findings and computed terms stand on", says, FEEDS)


# --- a derivation -----------------------------------------------------------------------------------------------------

PROVED = {"term": "computed", "recommendation": "intervention"}
"""Kinds of a derivation's steps that have another name here."""


def reasons_graph(base: RuleBase, derivation: Derivation, title: str, says: str = "") -> Graph:
    """The derivation of a result: each of its steps, with its truth, on what it stands on."""
    made = derivation_graph(derivation)
    nodes = []
    for key, step in made.nodes(data=True):
        kind, name = PROVED.get(step["kind"], step["kind"]), step.get("name", "")
        label, _, origin = step["text"].replace("`", "").partition(": " if kind == "fact" else "\0")
        nodes.append(Node(key, kind, label, origin, _place(base, step["kind"], name), step.get("truth", "")))
    return Graph(title, says, STANDS_ON, tuple(nodes[::-1]), tuple(Edge(*edge) for edge in made.edges))


def _place(base: RuleBase, kind: str, name: str) -> Place | None:
    """Where the thing that a step of a derivation speaks of stands in the files."""
    if kind == "mode":
        return places.key_at(base, places.LADDER, "modes")
    if kind == "finding" and name in base.findings:
        return places.of_key(base, base.findings[name][0], "finding")
    known = {"rule": base.rule, "stage": base.home, "recommendation": base.interventions}.get(kind, base.terms)
    found = known.get(name)
    return found.place if found is not None else None  # type: ignore[attr-defined]


# --- words ------------------------------------------------------------------------------------------------------------

RANKS: dict[type[Expr] | str, int] = {Or: 1, And: 2, Not: 3, "+": 5, "-": 5, "*": 6, "/": 6}


def spelled(expr: Expr, rank: int = 0) -> str:
    """An expression as its author means it, on one line, with brackets where they are needed.

    >>> spelled(And((Name("a"), Or((Name("b"), Not(Name("c")))))))
    'a is true and (b is true or c is false)'
    """
    match expr:
        case Name(id):
            return f"{id} is true"
        case Not(Name(id)):
            return f"{id} is false"
        case Not(part):
            return f"not {spelled(part, 4)}"
        case And(parts) | Or(parts):
            own = RANKS[type(expr)]
            text = (" and " if own == 2 else " or ").join(spelled(part, own) for part in parts)
            return f"({text})" if own < rank else text
        case Compare(op, left, right):
            return f"{_number(left)} {SIGNS.get(op, op)} {_number(right)}"
        case In(left, values):
            return f"{_number(left)} is {' or '.join(_number(value) for value in values)}"
    return _number(expr, rank)


def _number(expr: Expr, rank: int = 0) -> str:
    match expr:
        case Literal(known):
            return literal(known)
        case Name(id):
            return id
        case Arithmetic(op, left, right):
            own = RANKS[op]
            text = f"{_number(left, own)} {op} {_number(right, own + (op in '-/'))}"
            return f"({text})" if own < rank else text
        case Call(function, arguments):
            return f"{function}({', '.join(map(_number, arguments))})"
    return spelled(expr, rank)


def _computed(term: Term) -> Iterator[str]:
    if term.formula is not None:
        yield f"= {_number(term.formula)}" if term.type != "boolean" else f"= {spelled(term.formula)}"
    for choice in term.choose:
        yield f"{literal(choice.value)}: {condition_label(choice.when)}"


def condition_label(expr: Expr) -> str:
    """A condition in words; one that is always true is "otherwise"."""
    return "otherwise" if expr == Literal(True, getattr(expr, "start", 0), getattr(expr, "end", 0)) else spelled(expr)


def lines(*parts: str) -> str:
    """Texts as lines, empty ones left out."""
    return "\n".join(part for part in parts if part)
