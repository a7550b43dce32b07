"""A DMN decision table that came back -> the cells of a table; what rules have no words for is refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from salesdx.authoring.tables.cell_words import bracketed
from salesdx.authoring.tables.decision_table import ANY, BESIDE, KEPT, MODEL, TRUE, beside_table, input_entries
from salesdx.authoring.tables.feel import NotFeel, cell_from_unary, condition_from_feel, feel_literal, text_from_feel
from salesdx.authoring.tables.grid import ALSO, ID, Cell, Sheet, TableError
from salesdx.authoring.tables.rule_table import cells_of
from salesdx.base.model import RuleBase
from salesdx.text.issues import Issue
from salesdx.text.source import MAX_DEPTH, Place, decode

_WORDS = frozenset((
    "decisionTable", "description", "input", "inputExpression", "inputValues", "output", "outputValues", "rule",
    "defaultOutputEntry", "inputEntry", "outputEntry", "text",
))  # fmt: skip
_ENCODING = re.compile(r"\s*<\?xml[^>]*encoding=[\"'](?!utf-8[\"'])([^\"'>]*)", re.IGNORECASE)
_DEFINES = re.compile(r"<!(?!--|\[CDATA\[)")


def decision_sheet(data: bytes, shown: str, base: RuleBase) -> Sheet:
    """The one decision table of a DMN 1.3 file: a row is a rule, a column one of ours. Raises TableError."""
    root = _parsed(data, shown)
    tables = list(root.iter(_tag("decisionTable")))
    if root.tag != _tag("definitions"):
        raise _refusal(shown, "this is no file of DMN 1.3", f"its outermost element is `definitions` of {MODEL}")
    if len(tables) != 1:
        raise _refusal(shown, f"the file has {len(tables)} decision tables, and one is read")
    return _Reading(shown, base, root, tables[0]).sheet()


def _parsed(data: bytes, shown: str) -> Element:
    text, faults = decode(data, shown, len(data))
    if text is None or faults:
        raise TableError(map(Issue.of, faults))
    if (named := _ENCODING.match(text)) is not None:
        raise _refusal(shown, f"the file is read as UTF-8, and says that it is {named[1]}", "save it as UTF-8")
    if _DEFINES.search(text):
        raise _refusal(shown, "the file holds XML with definitions of its own")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        line, column = error.position
        message = f"this is no XML that can be read: {str(error).partition(':')[0]}"
        raise TableError([Issue("dmn", message, Place(shown, line, column + 1, line, column + 2))]) from None
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [part for above in level for part in above]
    if level:
        raise _refusal(shown, f"elements stand more than {MAX_DEPTH} deep in each other")
    return root


def _refusal(shown: str, message: str, help: str = "") -> TableError:
    return TableError([Issue("dmn", message, Place(shown, 1, 1, 1, 2), help)])


def _tag(name: str) -> str:
    return f"{{{MODEL}}}{name}"


def _said(element: Element | None) -> str:
    """The text of an element, or of the `text` inside of it."""
    inner = element.find(_tag("text")) if element is not None else None
    found = inner if inner is not None else element
    return (found.text or "").strip() if found is not None else ""


def _flat(text: str) -> str:
    return " ".join(text.split())


def _strange(element: Element) -> Iterator[str]:
    """The elements of a table that are none of DMN, and those in which a text would be read in part."""
    for part in element:
        word = part.tag.removeprefix(_tag(""))
        if word == KEPT:
            continue
        texts = part.findall(_tag("text"))
        if word not in _WORDS or (word == "text" and len(part)) or len(texts) > 1:
            yield word
        yield from _strange(part)


class _Reading:
    """One decision table; faults are collected. Columns are counted through inputs and outputs."""

    def __init__(self, shown: str, base: RuleBase, root: Element, table: Element) -> None:
        self.base, self.root, self.table, self.issues = base.as_written, root, table, list[Issue]()
        self.mark, _, self.beside = _said(table.find(_tag("description"))).partition(BESIDE)
        self.frame = Sheet(shown, table.get("id", "decision table"), ())
        self.inputs = [_flat(_said(one.find(_tag("inputExpression")))) for one in table.findall(_tag("input"))]
        self.outputs = [one.get("name", "") for one in table.findall(_tag("output"))]
        self.terms = [expression for expression in self.inputs if expression in base.terms]
        self.columns = [*self.outputs, *self.terms, ALSO]

    def sheet(self) -> Sheet:
        self._check()
        found = [(rule, self._row(rule, number)) for number, rule in enumerate(self.table.findall(_tag("rule")), 2)]
        order = list(dict.fromkeys([ID, *self.columns]))
        header = [Cell(name, 1, number) for number, name in enumerate(order, 1)]
        rows = []
        for number, (rule, cells) in enumerate(found, 2):
            ordered = (Cell(cells[c].text if c in cells else "", number, n) for n, c in enumerate(order, 1))
            rows.append((*ordered, Cell(_said(rule.find(_tag("description"))), number, len(order) + 1)))
        if self.issues:
            raise TableError(self.issues)
        mark = Cell(self.mark.strip(), 1, len(order) + 1)
        return Sheet(self.frame.shown, self.frame.name, ((*header, mark), *rows))

    def _check(self) -> None:
        """What a table may decide that rules cannot, and what would be read otherwise than it is shown."""
        top = Cell("", 1, 1)
        for tag in dict.fromkeys(_strange(self.table)):
            self._fault(top, f"the element `{tag}` in a table")
        for expression in dict.fromkeys(each for each in self.inputs if self.inputs.count(each) > 1):
            self._fault(top, f"the input `{expression}` that stands twice")
        policy, adds = self.table.get("hitPolicy", "UNIQUE"), self.table.get("aggregation")
        if policy != "COLLECT" or adds:
            found = f"{policy}{f' {adds}' if adds else ''}"
            self._fault(top, f"the hit policy {found}: rules know COLLECT alone, in which each true rule counts")
        if ID not in self.outputs:
            self._fault(top, f"a table without the output `{ID}`")
        if self.table.find(f"{_tag('output')}/{_tag('defaultOutputEntry')}") is not None:
            self._fault(top, "a default output: where no rule is true, nothing is")
        self._check_words(top)
        self._check_beside(top)
        if self.issues:
            raise TableError(self.issues)

    def _check_words(self, top: Cell) -> None:
        """Languages, labels and lists of values that say something else than a column does."""
        for tongue in {part.get("expressionLanguage", "FEEL") for part in self.root.iter()}:
            if "FEEL" not in tongue.upper():
                self._fault(top, f"the expression language `{tongue}`: they are read as FEEL")
        columns = [(one, _flat(_said(one.find(_tag("inputExpression"))))) for one in self.table.findall(_tag("input"))]
        columns += [(one, one.get("name", "")) for one in self.table.findall(_tag("output"))]
        for one, name in columns:
            if one.get("label", name) != name:
                self._fault(top, f"the label `{one.get('label')}` over the column `{name}`")
            said = _said(one.find(_tag("inputValues"))) + _said(one.find(_tag("outputValues")))
            values = self.base.terms[name].values if name in self.base.terms else ()
            if said and _flat(said) != ", ".join(map(feel_literal, values)):
                self._fault(top, f"the values `{_flat(said)}` of the column `{name}`")

    def _check_beside(self, top: Cell) -> None:
        """What stands beside the table is shown there and read nowhere, so it has to be as it was exported."""
        was = {id: known for id, _, known in (word.partition("=") for word in self.beside.split())}
        now = beside_table(self.root)
        for id in was | now if was else ():
            if was.get(id) != now.get(id):
                how = "gone" if id not in now else "changed" if id in was else "new"
                message = f"beside the decision table `{id}` is {how}, and only the table is taken over"
                help = "export the table anew; what is asked and computed is changed in its file in `knowledge/`"
                self.issues.append(self.frame.issue(top, message, help, "dmn"))
        if not was:
            message = "nothing tells what stood beside the decision table when it was exported"
            self.issues.append(self.frame.issue(top, message, "export the table anew", "dmn"))

    def _row(self, rule: Element, number: int) -> dict[str, Cell]:
        cells: dict[str, Cell] = {}
        entries = rule.findall(_tag("outputEntry"))
        for kind, columns in (("inputEntry", self.inputs), ("outputEntry", self.outputs)):
            if (count := len(rule.findall(_tag(kind)))) != len(columns):
                self._fault(Cell("", number, 1), f"a row of {count} elements `{kind}` under {len(columns)} columns")
                return cells
        for at, (name, entry) in enumerate(zip(self.outputs, entries, strict=False), len(self.inputs) + 1):
            cell = Cell("", number, at)
            cells[name] = Cell(self._or_fault(cell, text_from_feel, _said(entry)), number, at)
        found = [_flat(_said(entry)) for entry in rule.findall(_tag("inputEntry"))]
        known = self._exported(cells[ID].text if ID in cells else "", set(zip(self.inputs, found, strict=False)))
        also: list[str] = []
        for at, (expression, text) in enumerate(zip(self.inputs, found, strict=False), 1):
            cell = Cell("", number, at)
            if text in ("", ANY):
                continue
            if (expression, text) in known:
                column, words = known[expression, text]
                cells[column] = Cell(words, number, at)
            elif expression in self.base.terms:
                cells[expression] = Cell(self._or_fault(cell, cell_from_unary, text), number, at)
            elif text == TRUE:
                also.append(self._or_fault(cell, condition_from_feel, expression))
            else:
                self._fault(cell, f"the entry `{text}` of an expression; write `{TRUE}` or `{ANY}`")
        if also:
            joined = [*([cells[ALSO].text] if ALSO in cells else []), *also]
            cells[ALSO] = Cell(" and ".join(map(bracketed, joined)) if len(joined) > 1 else joined[0], number, 1)
        return cells

    def _exported(self, id: str, now: set[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
        """(input expression, entry) -> our column and cell, as far as the rule is as exported; ``ALSO`` as a whole."""
        rule = self.base.rule.get(id)
        if rule is None:
            return {}
        was, entries = cells_of(self.base, rule), input_entries(self.base, rule)
        found = {(_flat(expression), entry): (column, was[column]) for expression, (entry, column) in entries.items()}
        self.columns += [column for (expression, _), (column, _) in found.items() if expression in self.inputs]
        whole = {known for known, (column, _) in found.items() if column == ALSO} <= now
        return {known: said for known, said in found.items() if whole or said[0] != ALSO}

    def _or_fault(self, cell: Cell, read: Callable[[str], str], text: str) -> str:
        try:
            return read(text)
        except NotFeel as error:
            self._fault(cell, str(error))
            return ""

    def _fault(self, cell: Cell, what: str) -> None:
        self.issues.append(self.frame.issue(cell, f"rules have no words for {what}", code="dmn"))
