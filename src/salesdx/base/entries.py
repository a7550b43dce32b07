"""The entries of the rule base's files: stages, terms, interventions, rules and sources, each read on its own.

Names can be checked only when every file is read: what has to be checked then is collected here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TypeGuard, cast

from salesdx.base.model import NUMERIC, PERIOD, TERM_TYPES, Choice, Intervention, Rule, Source, Stage, Term
from salesdx.base.reading import NAME, RESERVED, NodeReader, first_line, kind, shortened
from salesdx.language.characters import strange_letter
from salesdx.language.conditions import BOOLEAN, Expr, Literal, Type
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Place, Scalar
from salesdx.text.source import Sequence as ListNode

RULE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
MAX_NAME = 80
MAX_VALUES = 100
"""Values of one enum."""

TERM_KEYS = (
    *(
        "values",
        "unit",
        "range",
        "question",
        "respondent",
        "evidence",
        "derive",
        "valid_for",
        "effort",
        "core",
        "sample",
    ),
    *("ask_first", "note", "source", "formula", "choose", "tolerance"),
)
RULE_KEYS = ("title", "recommend", "suppresses", "immediate", "also_in_success", "note", "source")

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
        self.definitions: dict[str, list[Read]] = {}
        """Findings and computed terms -> the conditions and formulas that define each."""
        self.references: list[tuple[str, str, Scalar]] = []
        self.templates: list[tuple[Scalar, str]] = []

    def read_sources(self, node: Node | None) -> dict[str, Source]:
        sources: dict[str, Source] = {}
        for key, entry in self.entries(node, "the list of sources"):
            what = f"source `{shortened(key.text)}`"
            fields = self.fields(entry, what, ("title",), ("by", "year", "address", "quality"), key.place)
            address = tuple(scalar.text for scalar in self.texts(fields.get("address"), "`address`"))
            text = self.texter(fields)
            sources[key.text] = Source(key.text, text("title"), text("by"), text("year"), address, text("quality"))
        return sources

    def entries(self, node: Node | None, what: str) -> tuple[tuple[Scalar, Node], ...]:
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
        key = "stage" if decided_by else "group"
        fields = self.fields(
            node,
            f"the {key} file",
            (key, "title"),
            ("owner", "applies_when", "ruled_out_when", "terms", "interventions"),
        )
        named = fields.get(key)
        if named is not None and (holds := self.text(named, f"`{key}`")) and holds != home:
            self.fault(
                "file-name", f"the file is named `{shortened(home)}` but holds `{shortened(holds)}`", named.place
            )
        ruled_out = self.condition(fields.get("ruled_out_when"), "`ruled_out_when`")
        applies = self.condition(fields.get("applies_when"), "`applies_when`")
        for name, entry in self.entries(fields.get("terms"), "`terms`"):
            self.read_term(home, name, entry)
        for name, entry in self.entries(fields.get("interventions"), "`interventions`"):
            self.read_intervention(home, name, entry)
        text = self.texter(fields)
        return Stage(
            home,
            text("title"),
            text("owner"),
            decided_by,
            ruled_out_when=ruled_out[0] if ruled_out else None,
            ruled_out_text=ruled_out[1].text.rstrip() if ruled_out else "",
            applies_when=applies[0] if applies else None,
            place=place,
        )

    def texter(self, fields: Mapping[str, Node]) -> Callable[[str], str]:
        """Key -> its text, empty where it is left out."""
        return lambda key: self.text(fields.get(key), f"`{key}`")

    def flagger(self, fields: Mapping[str, Node]) -> Callable[[str], bool]:
        """Key -> its truth, false where it is left out."""
        return lambda key: self.boolean(fields.get(key), f"`{key}`")

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

    def name(self, key: Scalar, what: str, taken: Mapping[str, Term | Intervention]) -> bool:
        """Whether a name may be defined here."""
        if not NAME.fullmatch(key.text) or key.text in RESERVED or len(key.text) > MAX_NAME:
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
        help = "use small letters a to z, digits and `_`, at most 80, and no word of the language"
        message = f"`{shortened(scalar.text)}` is no name for {what}"
        self.fault("name", message, scalar.place, strange_letter(scalar.text) or help)

    def read_term(self, home: str, key: Scalar, node: Node) -> None:
        what = f"term `{shortened(key.text)}`"
        if not self.name(key, "a term", self.terms):
            return
        fields = self.fields(node, what, ("type",), TERM_KEYS, key.place)
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
        if effort is not None and (effort != int(effort) or not 1 <= effort <= 5):
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
        whole = isinstance(node, MappingNode) and node.whole
        if whole and not computed and "question" not in fields:
            self.fault("missing-key", f"{what} needs a `question`, or a `formula` or `choose`", key.place)
        if whole and "question" in fields and "respondent" not in fields:
            self.fault("missing-key", f"{what} has a question but no `respondent`", key.place)
        tolerance = self.number(fields.get("tolerance"), "`tolerance`")
        if tolerance is not None and tolerance < 0:
            self.fault("range", "`tolerance` is not negative", fields["tolerance"].place)
        if (respondent := fields.get("respondent")) is not None and isinstance(respondent, Scalar):
            self.references.append(("respondent", what, respondent))
        self.sources_of(fields, what)
        text, flag = self.texter(fields), self.flagger(fields)
        self.terms[key.text] = replace(
            shell,
            unit=text("unit"),
            question=text("question"),
            respondent=text("respondent"),
            evidence=text("evidence"),
            derive=text("derive"),
            valid_for=self.valid_for(fields.get("valid_for")),
            effort=int(effort or 3),
            core=flag("core"),
            sample=flag("sample"),
            ask_first=flag("ask_first"),
            note=text("note"),
            source=self.source_ids(fields),
            formula=formula[0] if formula else None,
            choose=choose,
            tolerance=tolerance,
        )

    def enum_values(self, node: Node | None, type_: str, what: str, key: Scalar) -> tuple[str, ...]:
        if type_ != "enum":
            if node is not None:
                self.fault("type", f"{what} is no enum and has no `values`", first_line(node.place))
            return ()
        scalars = self.texts(node, "`values`")
        faults = len(self.issues)
        for scalar in scalars[: MAX_VALUES + 1]:
            if not NAME.fullmatch(scalar.text) or scalar.text in RESERVED:
                help = "use small letters, digits and `_`; unknown answers have words of their own"
                message = f"`{shortened(scalar.text)}` is no value for an enum"
                self.fault("name", message, scalar.place, strange_letter(scalar.text) or help)
        place = first_line(node.place) if node else key.place
        if len({scalar.text for scalar in scalars}) < max(2, len(scalars)):
            self.fault("values", f"{what} needs two `values` or more, all different", place)
        if len(scalars) > MAX_VALUES:
            self.fault("values", f"{what} may have {MAX_VALUES} `values`, here are {len(scalars):,}", place)
        if len(self.issues) > faults:
            self.doubtful.add(key.text)
        return tuple(scalar.text for scalar in scalars[:MAX_VALUES])

    def range(self, node: Node | None, type_: str, what: str) -> tuple[Decimal | None, Decimal | None]:
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
        choices = []
        items = node.items if isinstance(node, ListNode) else () if node is None else (node,)
        for item in items:
            fields = self.fields(item, "a line of `choose`", ("when", "value"), ())
            when = self.condition(fields.get("when"), f"`choose` of `{term.name}`", defines=term.name)
            value = self.value(term, fields["value"]) if "value" in fields and sound else None
            if when and value is not None:
                choices.append(Choice(when[0], value))
        return tuple(choices)

    def valid_for(self, node: Node | None) -> int | str | None:
        if node is None:
            return None
        text = self.text(node, "`valid_for`")
        if not text or text == PERIOD:
            return text or None
        days = re.fullmatch(r"([1-9]\d{0,4}) days?", text)
        if not days:
            self.fault(
                "valid-for",
                f"`valid_for` is a number of days or `{PERIOD}`, this is `{shortened(text)}`",
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
        what = f"intervention `{shortened(key.text)}`"
        if not self.name(key, "an intervention", self.interventions):
            return
        required = ("title", "owner", "do", "judge_after", "worked_when")
        fields = self.fields(node, what, required, ("cost", "source", "personnel", "preferred_when", "note"), key.place)
        if not fields:
            self.doubtful.add(key.text)
            return
        preferred = self.condition(fields.get("preferred_when"), "`preferred_when`")
        self.sources_of(fields, what)
        text = self.texter(fields)
        self.interventions[key.text] = Intervention(
            key.text,
            home,
            title=text("title"),
            owner=text("owner"),
            do=text("do"),
            judge_after=text("judge_after"),
            worked_when=text("worked_when"),
            cost=text("cost"),
            source=self.source_ids(fields),
            personnel=self.boolean(fields.get("personnel"), "`personnel`"),
            preferred_when=preferred[0] if preferred else None,
            note=text("note"),
            place=key.place,
        )

    def read_rules(self, home: str, node: Node) -> None:
        if not isinstance(node, ListNode):
            self.fault("type", "a rules file is a list of rules (`- id: ...`)", first_line(node.place))
            self.doubt(node)
            return
        for item in node:
            self.read_rule(home, item)

    def read_rule(self, home: str, node: Node) -> None:
        id_node = node.get("id") if isinstance(node, MappingNode) else None
        id = id_node.text if isinstance(id_node, Scalar) else "?"
        what = f"rule `{shortened(id, 40)}`" if isinstance(id_node, Scalar) else "the rule"
        at = id_node.place if isinstance(id_node, Scalar) else None
        fields = self.fields(node, what, ("id", "strength", "when", "finding", "because"), RULE_KEYS, at)
        if not fields:
            return
        place = at or first_line(node.place)
        text, flag = self.texter(fields), self.flagger(fields)
        strength, finding, because = text("strength"), text("finding"), text("because")
        if text("id"):
            first = self.rule_places.setdefault(id, place)
            if first != place:
                help = f"the other is at {first.path}:{first.line}"
                self.fault("duplicate-name", f"there are two rules `{shortened(id, 40)}`", place, help)
            if not RULE_ID.fullmatch(id):
                help = "use a letter, then letters, digits, `.`, `-` and `_`, at most 40"
                self.fault("name", f"`{shortened(id, 40)}` is no id for a rule", place, strange_letter(id) or help)
        recommend = self.texts(fields.get("recommend"), "`recommend`")
        suppresses = self.texts(fields.get("suppresses"), "`suppresses`")
        self.references += [("intervention", what, scalar) for scalar in (*recommend, *suppresses)]
        if strength:
            self.references.append(("strength", what, cast(Scalar, fields["strength"])))
        if finding:
            self.references.append(("finding", what, cast(Scalar, fields["finding"])))
            self.finding_places.setdefault(finding, place)
        if because:
            self.templates.append((cast(Scalar, fields["because"]), what))
        self.sources_of(fields, what)
        when = self.condition(fields.get("when"), what, defines=finding)
        rule = Rule(
            id,
            home,
            strength=strength,
            when=when[0] if when else Literal(False),
            text=when[1].text.rstrip() if when else "",
            finding=finding,
            recommend=tuple(scalar.text for scalar in recommend),
            because=because,
            title=text("title"),
            suppresses=tuple(scalar.text for scalar in suppresses),
            immediate=flag("immediate"),
            also_in_success=flag("also_in_success"),
            note=text("note"),
            source=self.source_ids(fields),
            place=place,
        )
        self.rules.append(rule)


def _pair(node: Node) -> TypeGuard[ListNode]:
    return isinstance(node, ListNode) and len(node.items) == 2
