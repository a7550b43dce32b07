"""The terms of the rule base's files, each read on its own, and what every entry is read with.

Names can be checked only when every file is read: what has to be checked then is collected here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TypeGuard, cast

from salesdx.base.fields import (
    AGE,
    AUTHORS,
    EFFORT,
    ENUM_VALUE,
    LABEL,
    MAX_NAME,
    MAX_VALUES,
    TERM,
    TERM_NAME,
    TOLERANCE,
    VALUES,
)
from salesdx.base.model import NUMERIC, PERIOD, SYSTEM, TERM_TYPES, Choice, Intervention, Term
from salesdx.base.reading import NodeReader, first_line, kind, shortened
from salesdx.base.records import CHOICE, LEAST, RECORD, RECORDED, SESSIONS, SessionRecord
from salesdx.base.shapes import Amount, Form, Prose
from salesdx.language.characters import strange_letter
from salesdx.language.conditions import Expr
from salesdx.language.value_types import BOOLEAN, Type
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Scalar
from salesdx.text.source import Sequence as ListNode

Read = tuple[Expr, Scalar]


class TermReader(NodeReader):
    """Reads terms and keeps them, with what is to be checked later."""

    def __init__(self) -> None:
        super().__init__()
        self.terms: dict[str, Term] = {}
        self.conditions: list[tuple[Read, str, Type | None]] = []
        self.applying: list[tuple[Read, str]] = []
        """The conditions under which stages and terms apply."""
        self.definitions: dict[str, list[Read]] = {}
        """Findings and computed terms -> the conditions and formulas that define each."""
        self.references: list[tuple[str, str, Scalar]] = []
        self.labels: list[tuple[str, Scalar]] = []
        """Terms, each with its label."""
        self.calculated: list[tuple[str, Read]] = []
        """Asked terms that can also be calculated, each with how."""

    def entries(self, node: Node | None, what: str) -> tuple[tuple[Scalar, Node], ...]:
        """The `name: entry` pairs of a node; none where there is no node, or with a fault."""
        if node is None:
            return ()
        if not isinstance(node, MappingNode):
            self.fault(
                "type", f"{what} must be a mapping (`name:` lines), this is {kind(node)}", first_line(node.place)
            )
            self.doubt(node)
            return ()
        return node.entries

    def applies(self, fields: Mapping[str, Node], of: str) -> Read | None:
        """When a stage or term applies; what the condition may read is checked when every file is read."""
        what = f"`applies_when` of `{of}`"
        if read := self.expression(fields.get("applies_when"), what):
            self.applying.append((read, what))
        return read

    def condition(
        self,
        node: Node | None,
        what: str,
        wanted: Type | None = BOOLEAN,
        functions: bool = False,
        defines: str = "",
    ) -> Read | None:
        """An expression whose names and type are checked when every file is read; ``defines`` is what it gives."""
        read = self.expression(node, what, functions)
        if read:
            self.conditions.append((read, what, wanted))
            if defines:
                self.definitions.setdefault(defines, []).append(read)
        return read

    def name(self, key: Scalar, what: str, taken: Mapping[str, Term | Intervention], shape: Prose = TERM_NAME) -> bool:
        """Whether a name may be defined here."""
        if not shape.fits(key.text):
            self.name_fault(key, what)
            self.doubtful.add(key.text)
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

    def name_fault(self, scalar: Scalar, what: str) -> None:
        """Note that a text is no name for what it should name."""
        help = f"use small letters a to z, digits and `_`, at most {MAX_NAME}, and no word of the language"
        message = f"`{shortened(scalar.text)}` is no name for {what}"
        self.fault("name", message, scalar.place, strange_letter(scalar.text) or help)

    def read_term(self, home: str, key: Scalar, node: Node) -> None:
        """Take a term in, with its faults noted; ``home`` is the stage or group that it stands in."""
        what = f"term `{shortened(key.text)}`"
        if not self.name(key, "a term", self.terms):
            return
        fields = self.fields(node, what, *TERM.keys, key.place)
        if not fields:
            self.doubtful.add(key.text)
            return
        shell = self.shell(home, key, fields, what)
        formula, choose, calculated = self.computed(shell, fields, what)
        if isinstance(node, MappingNode) and node.whole:
            self.asked_or_computed(key, fields, what)
        if isinstance(respondent := fields.get("respondent"), Scalar):
            self.references.append(("respondent", what, respondent))
        self.sources_of(fields, what)
        plain = self.simple(TERM, fields)
        if plain["label"]:
            self.label(key.text, cast(Scalar, fields["label"]), plain["label"])
        effort = self.amount(fields, "effort", EFFORT, "a whole number from 1 (look it up) to 5 (run a study)")
        authors = self.amount(fields, "authors", AUTHORS, f"a whole number from {AUTHORS.low} to {AUTHORS.high}")
        applies = self.applies(fields, key.text)
        plain["valid_for"] = self.valid_for(plain["valid_for"], fields.get("valid_for"))
        self.terms[key.text] = replace(
            shell,
            **plain,
            effort=int(effort or EFFORT.default),
            source=self.source_ids(fields),
            formula=formula[0] if formula else None,
            choose=choose,
            tolerance=self.amount(fields, "tolerance", TOLERANCE, "not negative"),
            may_answer=self.speakers(fields.get("may_answer"), what, ()),
            only=self.speakers(fields.get("only"), what, (SYSTEM,)),
            authors=int(authors or AUTHORS.default),
            covers=self.word(fields.get("covers"), "covers", (PERIOD,)),
            applies_when=applies[0] if applies else None,
            or_formula=calculated[0] if calculated else None,
            record=self.record(shell, fields["record"]) if "record" in fields else None,
        )

    def record(self, term: Term, node: Node) -> SessionRecord:
        """How the record states a term."""
        what = f"`record` of `{term.name}`"
        fields = self.fields(node, what, *RECORD.keys)
        words = {
            key: self.word(fields.get(key), key, known) for key, known in (("states", RECORDED), ("what", SESSIONS))
        }
        if isinstance(of := fields.get("of"), Scalar):
            self.references.append(("intervention", what, of))
        self.demands(RECORD, fields, what)
        least = self.amount(fields, "least", LEAST, "a whole number from 1 to 100")
        choose = self.choose(fields.get("choose"), term, term.type in TERM_TYPES, "")
        pairs = tuple((choice.when, choice.value) for choice in choose)
        return SessionRecord(
            **words, of=self.text(fields.get("of"), "`of`"), least=int(least or LEAST.default), choose=pairs
        )

    def demands(self, form: Form, fields: Mapping[str, Node], what: str) -> None:
        """Note the keys that an entry needs beside another."""
        for demand in form.demands:
            given = fields.get(demand.given)
            missing = [key for key in demand.keys if key not in fields]
            if isinstance(given, Scalar) and given.text in demand.values and demand.needed and missing:
                message = f"{what} needs the key `{missing[0]}`, since `{demand.given}` is `{given.text}`"
                self.fault("missing-key", message, given.place)

    def shell(self, home: str, key: Scalar, fields: Mapping[str, Node], what: str) -> Term:
        """The term with its type and what its values may be."""
        type_ = self.text(fields.get("type"), "`type`")
        if type_ not in TERM_TYPES:
            self.doubtful.add(key.text)
            if type_:
                help = self.near(type_, TERM_TYPES) or f"the types are {', '.join(TERM_TYPES)}"
                self.fault("type", f"{what} cannot have the type `{shortened(type_)}`", fields["type"].place, help)
            return Term(key.text, home, type_, place=key.place)
        values = self.enum_values(fields.get("values"), type_, what, key)
        low, high = self.range(fields.get("range"), type_, what)
        return Term(key.text, home, type_, values, low=low, high=high, place=key.place)

    def computed(
        self, term: Term, fields: Mapping[str, Node], what: str
    ) -> tuple[Read | None, tuple[Choice, ...], Read | None]:
        """How a term is computed, by `formula` or `choose`, or can be calculated, by `or_formula`."""
        sound = term.type in TERM_TYPES
        wanted = term.expression_type if sound else None
        formula = self.condition(fields.get("formula"), f"the formula of `{term.name}`", wanted, True, term.name)
        choose = self.choose(fields.get("choose"), term, sound, term.name)
        if "formula" in fields and "choose" in fields:
            message = f"{what} has both `formula` and `choose`"
            self.fault("two-formulas", message, first_line(fields["choose"].place), "delete one of them")
        calculated = self.condition(fields.get("or_formula"), f"`or_formula` of `{term.name}`", wanted, True)
        if calculated:
            self.calculated.append((term.name, calculated))
        return formula, choose, calculated

    def asked_or_computed(self, key: Scalar, fields: Mapping[str, Node], what: str) -> None:
        """Note what a term lacks, be it asked or computed."""
        if "question" not in fields and "formula" not in fields and "choose" not in fields:
            self.fault("missing-key", f"{what} needs a `question`, or a `formula` or `choose`", key.place)
        if "question" in fields and "respondent" not in fields:
            self.fault("missing-key", f"{what} has a question but no `respondent`", key.place)

    def amount(self, fields: Mapping[str, Node], key: str, shape: Amount, said: str) -> Decimal | None:
        """A number within its bounds; None where the key is left out, and one outside is a fault."""
        found = self.number(fields.get(key), f"`{key}`")
        if found is not None and not shape.holds(found):
            self.fault("range", f"`{key}` is {said}", fields[key].place)
        return found

    def speakers(self, node: Node | None, what: str, words: tuple[str, ...]) -> tuple[str, ...]:
        """A list of respondents, and of words that may stand among them."""
        scalars = self.texts(node, "a list of respondents")
        if node is not None and (not isinstance(node, ListNode) or not scalars):
            self.fault("type", f"respondents of {what} must be a list, this is {kind(node)}", first_line(node.place))
        self.references += [("respondent", what, scalar) for scalar in scalars if scalar.text not in words]
        if len({scalar.text for scalar in scalars}) < len(scalars):
            self.fault("values", f"a respondent of {what} stands in the list twice", first_line(scalars[0].place))
        return tuple(scalar.text for scalar in scalars)

    def word(self, node: Node | None, key: str, words: tuple[str, ...]) -> str:
        """One of some words; empty where the key is left out, or with a fault."""
        text = self.text(node, f"`{key}`")
        if node is None or not text or text in words:
            return text
        help = self.near(text, words) or f"it is {' or '.join(words)}"
        self.fault("unknown-word", f"`{key}` cannot be `{shortened(text)}`", first_line(node.place), help)
        return ""

    def label(self, term: str, scalar: Scalar, label: str) -> None:
        if not LABEL.fits(label):
            message = f"the label of `{shortened(term)}` is {LABEL.said}, this has {len(label):,}"
            self.fault("label", message, first_line(scalar.place))
        else:
            self.labels.append((term, scalar))

    def enum_values(self, node: Node | None, type_: str, what: str, key: Scalar) -> tuple[str, ...]:
        """The values of an enum; none for other types, or where they are not legible."""
        if type_ != "enum":
            if node is not None:
                self.fault("type", f"{what} is no enum and has no `values`", first_line(node.place))
            return ()
        scalars = self.texts(node, "`values`")
        faults = len(self.issues)
        for scalar in scalars[: MAX_VALUES + 1]:
            if not ENUM_VALUE.fits(scalar.text):
                help = "use letters, digits and `_`; unknown answers have words of their own"
                message = f"`{shortened(scalar.text)}` is no value for an enum"
                self.fault("name", message, scalar.place, strange_letter(scalar.text) or help)
        place = first_line(node.place) if node else key.place
        if len({scalar.text for scalar in scalars}) < max(VALUES.least, len(scalars)):
            self.fault("values", f"{what} needs two `values` or more, all different", place)
        if len(scalars) > MAX_VALUES:
            self.fault("values", f"{what} may have {MAX_VALUES} `values`, here are {len(scalars):,}", place)
        if len(self.issues) > faults:
            self.doubtful.add(key.text)
        return tuple(scalar.text for scalar in scalars[:MAX_VALUES])

    def range(self, node: Node | None, type_: str, what: str) -> tuple[Decimal | None, Decimal | None]:
        """The lowest and highest honest value; None for an end that is open, or with a fault."""
        if node is None:
            return None, None
        if not _pair(node) or type_ not in NUMERIC:
            message = f"`range` of {what} must be two numbers, the lower first, and only numbers have one"
            self.fault("range", message, first_line(node.place))
            return None, None
        low, high = (self.number(item, "`range`") for item in node)
        if low is not None and high is not None and low > high:
            self.fault("range", f"`range` of {what} begins with the higher number", first_line(node.place))
            return None, None
        return low, high

    def choose(self, node: Node | None, term: Term, sound: bool, defines: str) -> tuple[Choice, ...]:
        """The lines of `choose` in order; ``sound`` is False where the term's type has a fault, and ``defines`` is the
        term where they compute it."""
        choices = []
        items = node.items if isinstance(node, ListNode) else () if node is None else (node,)
        if node is not None and not items:
            self.fault("empty", f"`choose` of `{term.name}` has no lines", first_line(node.place))
        for item in items:
            fields = self.fields(item, "a line of `choose`", *CHOICE.keys)
            when = self.condition(fields.get("when"), f"`choose` of `{term.name}`", defines=defines)
            value = self.value(term, fields["value"]) if "value" in fields and sound else None
            if when and value is not None:
                choices.append(Choice(when[0], value))
        return tuple(choices)

    def valid_for(self, text: str, node: Node | None) -> int | str | None:
        """Days, or PERIOD; None where there is none, or with a fault."""
        if node is None or not text or text == PERIOD:
            return text or None
        if not AGE.fits(text):
            message = f"`valid_for` is a number of days or `{PERIOD}`, this is `{shortened(text)}`"
            self.fault("valid-for", message, node.place, "write for example `180 days`")
            return None
        return int(text.split()[0])

    def sources_of(self, fields: Mapping[str, Node], what: str) -> None:
        """Note which sources are cited, to be looked up when all are known."""
        for scalar in self.texts(fields.get("source"), "`source`"):
            self.references.append(("source", what, scalar))

    def source_ids(self, fields: Mapping[str, Node]) -> tuple[str, ...]:
        """The ids of the sources that an entry cites."""
        node = fields.get("source")
        items = node.items if isinstance(node, ListNode) else (node,)
        return tuple(item.text for item in items if isinstance(item, Scalar))


def _pair(node: Node) -> TypeGuard[ListNode]:
    return isinstance(node, ListNode) and len(node.items) == 2
