"""The entries of the rule base's files: stages, terms, interventions, rules and sources, each read on its own.

Names can be checked only when every file is read: what has to be checked then is collected here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TypeGuard, cast

from salesdx.base.fields import (
    AGE,
    ALL_PERSONNEL,
    CHOICE,
    EFFORT,
    ENUM_VALUE,
    INTERVENTION,
    INTERVENTION_NAME,
    LABEL,
    MAX_NAME,
    MAX_VALUES,
    RULE,
    RULE_ID,
    SOURCE,
    STAGE,
    TERM,
    TERM_NAME,
    TOLERANCE,
    VALUES,
)
from salesdx.base.model import (
    CLEARING,
    NUMERIC,
    PERIOD,
    TERM_TYPES,
    Choice,
    Intervention,
    Rule,
    Source,
    Stage,
    Term,
)
from salesdx.base.reading import NodeReader, first_line, kind, shortened
from salesdx.base.shapes import Prose
from salesdx.language.characters import strange_letter
from salesdx.language.conditions import Expr, Literal
from salesdx.language.value_types import BOOLEAN, NUMBER, Type
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Place, Scalar
from salesdx.text.source import Sequence as ListNode

Read = tuple[Expr, Scalar]


class EntryReader(NodeReader):
    """Reads entries and keeps them, with what is to be checked later."""

    def __init__(self) -> None:
        super().__init__()
        self.terms: dict[str, Term] = {}
        self.interventions: dict[str, Intervention] = {}
        self.rules: list[Rule] = []
        self.rule_places: dict[str, Place] = {}
        self.finding_places: dict[str, Place] = {}
        self.conditions: list[tuple[Read, str, Type | None]] = []
        self.applying: list[tuple[Read, str]] = []
        """The conditions under which stages and terms apply."""
        self.definitions: dict[str, list[Read]] = {}
        """Findings and computed terms -> the conditions and formulas that define each."""
        self.references: list[tuple[str, str, Scalar]] = []
        self.templates: list[tuple[Scalar, str]] = []
        self.labels: list[tuple[str, Scalar]] = []
        """Terms, each with its label."""
        self.judges: dict[str, Node] = {}
        """Interventions, each with its `judge`."""
        self.calculated: list[tuple[str, Read]] = []
        """Asked terms that can also be calculated, each with how."""

    def read_sources(self, node: Node | None) -> dict[str, Source]:
        """Sources by id, each fault noted."""
        sources: dict[str, Source] = {}
        for key, entry in self.entries(node, "the list of sources"):
            what = f"source `{shortened(key.text)}`"
            fields = self.fields(entry, what, *SOURCE.keys, key.place)
            address = self.filled(fields.get("address"), "`address`")
            sources[key.text] = Source(key.text, **self.simple(SOURCE, fields), address=address)
        return sources

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

    def read_stage(self, home: str, decided_by: str, node: Node, place: Place) -> Stage:
        """A stage or group; what its file defines is taken in, with faults noted."""
        key = "stage" if decided_by else "group"
        needed, others = STAGE.without("stage", "group").keys
        fields = self.fields(node, f"the {key} file", (key, *needed), others)
        plain = self.simple(STAGE, fields)
        if (holds := plain[key]) and holds != home:
            message = f"the file is named `{shortened(home)}` but holds `{shortened(holds)}`"
            self.fault("file-name", message, fields[key].place)
        read = {key: self.condition(fields.get(key), f"`{key}`") for key in CLEARING}
        read["applies_when"] = self.applies(fields, home)
        conditions = {key: found for key, found in read.items() if found}
        for name, entry in self.entries(fields.get("terms"), "`terms`"):
            self.read_term(home, name, entry)
        for name, entry in self.entries(fields.get("interventions"), "`interventions`"):
            self.read_intervention(home, name, entry)
        return Stage(
            home,
            plain["title"],
            plain["owner"],
            decided_by,
            **{key: found[0] for key, found in conditions.items()},
            texts={key: found[1].text.rstrip() for key, found in conditions.items()},
            place=place,
        )

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
        type_ = self.text(fields.get("type"), "`type`")
        if type_ and type_ not in TERM_TYPES:
            help = self.near(type_, TERM_TYPES) or f"the types are {', '.join(TERM_TYPES)}"
            self.fault("type", f"{what} cannot have the type `{shortened(type_)}`", fields["type"].place, help)
        sound = type_ in TERM_TYPES
        if not sound:
            self.doubtful.add(key.text)
        values = self.enum_values(fields.get("values"), type_, what, key) if sound else ()
        low, high = self.range(fields.get("range"), type_, what) if sound else (None, None)
        effort = self.number(fields.get("effort"), "`effort`")
        if effort is not None and not EFFORT.holds(effort):
            self.fault(
                "range", "`effort` is a whole number from 1 (look it up) to 5 (run a study)", fields["effort"].place
            )
        shell = Term(key.text, home, type_, values, low=low, high=high, place=key.place)
        wanted = shell.expression_type if sound else None
        formula = self.condition(fields.get("formula"), f"the formula of `{key.text}`", wanted, True, key.text)
        choose = self.choose(fields.get("choose"), shell, sound)
        if "formula" in fields and "choose" in fields:
            message = f"{what} has both `formula` and `choose`"
            self.fault("two-formulas", message, first_line(fields["choose"].place), "delete one of them")
        computed = "formula" in fields or "choose" in fields
        calculated = self.condition(fields.get("or_formula"), f"`or_formula` of `{key.text}`", wanted, True)
        if calculated:
            self.calculated.append((key.text, calculated))
        whole = isinstance(node, MappingNode) and node.whole
        if whole and not computed and "question" not in fields:
            self.fault("missing-key", f"{what} needs a `question`, or a `formula` or `choose`", key.place)
        if whole and "question" in fields and "respondent" not in fields:
            self.fault("missing-key", f"{what} has a question but no `respondent`", key.place)
        tolerance = self.number(fields.get("tolerance"), "`tolerance`")
        if tolerance is not None and not TOLERANCE.holds(tolerance):
            self.fault("range", "`tolerance` is not negative", fields["tolerance"].place)
        if (respondent := fields.get("respondent")) is not None and isinstance(respondent, Scalar):
            self.references.append(("respondent", what, respondent))
        self.sources_of(fields, what)
        plain = self.simple(TERM, fields)
        if plain["label"]:
            self.label(key.text, cast(Scalar, fields["label"]), plain["label"])
        applies = self.applies(fields, key.text)
        plain["valid_for"] = self.valid_for(plain["valid_for"], fields.get("valid_for"))
        self.terms[key.text] = replace(
            shell,
            **plain,
            effort=int(EFFORT.default if effort is None else effort),
            source=self.source_ids(fields),
            formula=formula[0] if formula else None,
            choose=choose,
            tolerance=tolerance,
            applies_when=applies[0] if applies else None,
            or_formula=calculated[0] if calculated else None,
        )

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

    def choose(self, node: Node | None, term: Term, sound: bool) -> tuple[Choice, ...]:
        """The lines of `choose` in order; ``sound`` is False where the term's type has a fault."""
        choices = []
        items = node.items if isinstance(node, ListNode) else () if node is None else (node,)
        if node is not None and not items:
            self.fault("empty", f"`choose` of `{term.name}` has no lines", first_line(node.place))
        for item in items:
            fields = self.fields(item, "a line of `choose`", *CHOICE.keys)
            when = self.condition(fields.get("when"), f"`choose` of `{term.name}`", defines=term.name)
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

    def read_intervention(self, home: str, key: Scalar, node: Node) -> None:
        """Take an intervention in, with its faults noted."""
        what = f"intervention `{shortened(key.text)}`"
        if not self.name(key, "an intervention", self.interventions, INTERVENTION_NAME):
            return
        fields = self.fields(node, what, *INTERVENTION.keys, key.place)
        if not fields:
            self.doubtful.add(key.text)
            return
        preferred = self.condition(fields.get("preferred_when"), "`preferred_when`")
        self.sources_of(fields, what)
        if "judge" in fields:
            self.judges[key.text] = fields["judge"]
        self.interventions[key.text] = Intervention(
            key.text,
            home,
            **self.simple(INTERVENTION, fields),
            source=self.source_ids(fields),
            preferred_when=preferred[0] if preferred else None,
            place=key.place,
        )

    def read_rules(self, home: str, node: Node) -> None:
        """Take the rules of a file in, with their faults noted."""
        if not isinstance(node, ListNode):
            self.fault("type", "a rules file is a list of rules (`- id: ...`)", first_line(node.place))
            self.blind = True
            return
        for item in node:
            self.read_rule(home, item)

    def read_rule(self, home: str, node: Node) -> None:
        """Take one rule in, with its faults noted."""
        id_node = node.get("id") if isinstance(node, MappingNode) else None
        id = id_node.text if isinstance(id_node, Scalar) else "?"
        what = f"rule `{shortened(id, 40)}`" if isinstance(id_node, Scalar) else "the rule"
        at = id_node.place if isinstance(id_node, Scalar) else None
        fields = self.fields(node, what, *RULE.keys, at)
        if not fields:
            return
        place = at or first_line(node.place)
        plain = self.simple(RULE, fields)
        if plain["id"]:
            first = self.rule_places.setdefault(id, place)
            if first != place:
                help = f"the other is at {first.path}:{first.line}"
                self.fault("duplicate-name", f"there are two rules `{shortened(id, 40)}`", place, help)
            if not RULE_ID.fits(id):
                help = "use a letter, then letters, digits, `.`, `-` and `_`, at most 40"
                self.fault("name", f"`{shortened(id, 40)}` is no id for a rule", place, strange_letter(id) or help)
        recommend = self.texts(fields.get("recommend"), "`recommend`")
        suppresses = self.texts(fields.get("suppresses"), "`suppresses`")
        named = (scalar for scalar in suppresses if scalar.text != ALL_PERSONNEL)
        self.references += [("intervention", what, scalar) for scalar in (*recommend, *named)]
        if plain["strength"]:
            self.references.append(("strength", what, cast(Scalar, fields["strength"])))
        if plain["finding"]:
            self.references.append(("finding", what, cast(Scalar, fields["finding"])))
            self.finding_places.setdefault(plain["finding"], place)
        if plain["because"]:
            self.templates.append((cast(Scalar, fields["because"]), what))
        self.sources_of(fields, what)
        when = self.condition(fields.get("when"), what, defines=plain["finding"])
        explains = self.condition(fields.get("explains"), f"`explains` of {what}", NUMBER)
        rule = Rule(
            home=home,
            **plain | {"id": id},
            when=when[0] if when else Literal(False),
            text=when[1].text.rstrip() if when else "",
            recommend=tuple(scalar.text for scalar in recommend),
            suppresses=tuple(scalar.text for scalar in suppresses),
            source=self.source_ids(fields),
            explains=explains[0] if explains else None,
            place=place,
        )
        self.rules.append(rule)


def _pair(node: Node) -> TypeGuard[ListNode]:
    return isinstance(node, ListNode) and len(node.items) == 2
