"""The rules of a stage as a decision table of DMN 1.3 of the OMG, with the decisions and inputs that it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from salesdx.authoring.tables.feel import Dated, NotFeel, chosen, feel, feel_literal, unary_test
from salesdx.authoring.tables.grid import ALSO, RuleTable
from salesdx.authoring.tables.rule_table import KEYS, condition_columns, digest, table_of
from salesdx.base.model import NUMERIC, Rule, RuleBase
from salesdx.language.conditions import And, Expr, Name, Or, names

MODEL = "https://www.omg.org/spec/DMN/20191111/MODEL/"
"""The namespace of DMN 1.3."""
TRUE, ANY = "true", "-"
BESIDE = "beside:"
"""Behind the mark of a table: what stood beside it when it was exported."""
KEPT = "extensionElements"
"""What a program keeps for itself."""
_UNSAID = (
    "Every rule counts that is true (COLLECT). A fact that is not known is null, and null makes no rule true. DMN has "
    "no words for the following, and this file leaves it out: whose word counts and how old it may be (ranks, "
    "valid_for, the floor), numbers known between two ends, fractions without rounding, and the ladder: what is "
    "concluded and recommended. Nor does it say when a fact can matter: state one only where it applies."
)


def decision_table(base: RuleBase, home: str) -> bytes:
    """A DMN 1.3 file with the rules of a stage or group, and what they read, computed or given."""
    base = base.as_written
    table = table_of(base, home)
    found = _Model(base)
    rows = {rule.id: input_entries(base, rule) for rule in base.rules_of[home]}
    for rule in base.rules_of[home]:
        found.need(names(rule.when))
    reads = dict.fromkeys(name for rule in base.rules_of[home] for name in names(rule.when))
    root = Element("definitions", xmlns=MODEL, id=f"rules_{home}", name=base.home[home].title, namespace="urn:salesdx")
    given = f" It takes as given what FEEL cannot compute: {', '.join(found.given)}." if found.given else ""
    SubElement(root, "description").text = _UNSAID + given
    decision = SubElement(root, "decision", id=f"decide_{home}", name=f"{home}_rules")
    SubElement(decision, "description").text = f"{base.home[home].title}: the rules that are true"
    SubElement(decision, "variable", id=f"variable_{home}", name=f"{home}_rules")
    decision.extend(found.requirements(home, reads))
    decision.append(_table(base, table, rows))
    root.extend(found.elements.values())
    told = root.find("decision/decisionTable/description")
    assert told is not None
    told.text = " ".join((table.mark, BESIDE, *(f"{id}={digest}" for id, digest in beside_table(root).items())))
    indent(root)
    text: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def beside_table(root: Element) -> dict[str, str]:
    """Id -> a digest of what stands beside the decision table: names, types, links and texts, and the head of all."""
    found = {}
    for part in root:
        if _kind(part) is not None and _kind(part) not in (KEPT, "description"):
            found[part.get("id") or str(_kind(part))] = digest(_read_in(part))
    head = [root.get("name", ""), *(part.text or "" for part in root if _kind(part) == "description")]
    return {root.get("id") or "definitions": digest(head)} | found


def _kind(part: Element) -> str | None:
    """The kind of an element of DMN, also before its file is written; None for those of others, as of a drawing."""
    space, _, kind = part.tag.rpartition("}")
    return kind if space in ("", f"{{{MODEL}") else None


def _read_in(part: Element) -> Iterator[str]:
    """What people read in an element, but for decision tables."""
    if _kind(part) not in (KEPT, "decisionTable"):
        known = (part.get(key, "") for key in ("name", "typeRef", "href"))
        yield from (part.tag.rpartition("}")[2], *known, " ".join((part.text or "").split()))
        for inner in part:
            yield from _read_in(inner)


def input_entries(base: RuleBase, rule: Rule) -> dict[str, tuple[str, str]]:
    """Input expression -> its entry for a rule, and the column of our own tables that says it."""
    columns = condition_columns(base, rule.text)
    parts = rule.when.parts if len(columns) > 1 and isinstance(rule.when, And) else (rule.when,)
    entries: dict[str, tuple[str, str]] = {}
    for (_, column), part in zip(columns, parts, strict=True):
        try:
            if column != ALSO:
                entries[column] = (unary_test(base.terms[column], part), column)
                continue
        except NotFeel:
            pass
        entries[feel(part, dates_of(base))] = (TRUE, column)
    return entries


def dates_of(base: RuleBase) -> Dated:
    """Tells of an expression whether it is a date."""
    return lambda expr: isinstance(expr, Name) and expr.id in base.terms and base.terms[expr.id].type == "date"


def _table(base: RuleBase, table: RuleTable, rows: dict[str, dict[str, tuple[str, str]]]) -> Element:
    made = Element("decisionTable", id=f"table_{table.home}", hitPolicy="COLLECT")
    SubElement(made, "description").text = table.mark
    inputs = list(dict.fromkeys(expression for entries in rows.values() for expression in entries))
    for number, expression in enumerate(inputs or [ANY], 1):
        term = base.terms.get(expression)
        one = SubElement(made, "input", id=f"input_column_{number}")
        kind = _type(base, expression) if term else "boolean"
        told = SubElement(one, "inputExpression", id=f"input_expression_{number}", typeRef=kind)
        SubElement(told, "text").text = expression if inputs else "true"
        if term is not None and term.values:
            allowed = SubElement(one, "inputValues")
            SubElement(allowed, "text").text = ", ".join(map(feel_literal, term.values))
    outputs = [column for column in table.columns if column in KEYS]
    for key in outputs:
        SubElement(made, "output", id=f"output_{key}", name=key, typeRef="string")
    for row, mark in zip(table.rows, table.marks, strict=True):
        rule = SubElement(made, "rule", id=f"rule_{row['id']}")
        SubElement(rule, "description").text = mark
        entries = rows[row["id"]]
        cells = [("inputEntry", entries.get(expression, (ANY, ""))[0]) for expression in inputs or [ANY]]
        cells += [("outputEntry", feel_literal(row.get(key, ""))) for key in outputs]
        for kind, text in cells:
            SubElement(SubElement(rule, kind), "text").text = text
    return made


@dataclass
class _Model:
    """What a table rests on, each drawn once, before what reads it."""

    base: RuleBase
    elements: dict[str, Element] = field(default_factory=dict)
    given: list[str] = field(default_factory=list)
    """What is computed here and has to be stated there, with the reason."""

    def need(self, wanted: Iterable[str]) -> None:
        for name in wanted:
            if name not in self.elements:
                self._draw(name)

    def _draw(self, name: str) -> None:
        try:
            text, reads = self._computed(name)
        except NotFeel as error:
            text, reads = "", ()
            self.given.append(f"{name} ({error})")
        self.need(reads)
        kind = "decision" if text else "inputData"
        made = Element(kind, id=f"{kind}_{name}", name=name)
        term = self.base.terms.get(name)
        SubElement(made, "description").text = (term.question or term.derive or term.called) if term else "a finding"
        SubElement(made, "variable", id=f"variable_of_{name}", name=name, typeRef=_type(self.base, name))
        if text:
            made.extend(self.requirements(name, reads))
            SubElement(SubElement(made, "literalExpression"), "text").text = text
        self.elements[name] = made

    def _computed(self, name: str) -> tuple[str, tuple[str, ...]]:
        """What computes a name, and what that reads; nothing for what is stated. Raises NotFeel."""
        term, dated = self.base.terms.get(name), dates_of(self.base)
        if term is None:
            conditions = tuple(rule.when for rule in self.base.findings[name])
            expr: Expr = conditions[0] if len(conditions) == 1 else Or(conditions)
            return feel(expr, dated, denied=True), names(expr)
        if term.formula is not None:
            return feel(term.formula, dated, denied=True), names(term.formula)
        reads = dict.fromkeys(part for expr in term.expressions for part in names(expr))
        return (chosen(term.choose, dated) if term.choose else ""), tuple(reads)

    def requirements(self, of: str, reads: Iterable[str]) -> Iterator[Element]:
        for number, name in enumerate(reads, 1):
            made = Element("informationRequirement", id=f"needs_{of}_{number}")
            element = self.elements[name]
            kind = "requiredDecision" if element.tag == "decision" else "requiredInput"
            SubElement(made, kind, href=f"#{element.get('id')}")
            yield made


def _type(base: RuleBase, name: str) -> str:
    term = base.terms.get(name)
    if term is None or term.type == "boolean":
        return "boolean"
    return "number" if term.type in NUMERIC else "date" if term.type == "date" else "string"
