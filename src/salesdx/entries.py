"""The entries of the rule base's files: stages, terms, interventions, rules and sources, each read on its own.

Names can be checked only when every file is read: what has to be checked then is collected here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TypeGuard

from salesdx.conditions import BOOLEAN, Expr, Type
from salesdx.model import NUMERIC, PERIOD, TERM_TYPES, Choice, Intervention, Rule, Source, Stage, Term
from salesdx.reading import NAME, Reader, first_line
from salesdx.source import Mapping as MappingNode
from salesdx.source import Node, Place, Scalar
from salesdx.source import Sequence as ListNode

RULE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
RESERVED = {"and", "or", "not", "in", "true", "false", "unknown", "not_known", "not_applicable"}

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


class EntryReader(Reader):
    """Reads entries and keeps them, with what is to be checked later."""

    def __init__(self) -> None:
        super().__init__()
        self.terms: dict[str, Term] = {}
        self.interventions: dict[str, Intervention] = {}
        self.rules: list[Rule] = []
        self.rule_places: dict[str, Place] = {}
        self.finding_places: dict[str, Place] = {}
        self.conditions: list[tuple[Read, str, Type]] = []
        self.references: list[tuple[str, str, Scalar]] = []
        self.templates: list[tuple[Scalar, str]] = []

    def read_sources(self, node: Node | None) -> dict[str, Source]:
        sources: dict[str, Source] = {}
        for key, entry in self.entries(node, "the list of sources"):
            fields = self.fields(entry, f"source `{key.text}`", ("title",), ("by", "year", "address", "quality"))
            address = tuple(scalar.text for scalar in self.texts(fields.get("address"), "`address`"))
            text = self.texter(fields)
            sources[key.text] = Source(key.text, text("title"), text("by"), text("year"), address, text("quality"))
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
        text = self.texter(fields)
        return Stage(
            home,
            text("title"),
            text("owner"),
            decided_by,
            ruled_out_when=ruled_out[0] if ruled_out else None,
            ruled_out_text=ruled_out[1].text.rstrip() if ruled_out else "",
            applies_when=applies[0] if applies else None,
            place=scalar.place,
        )

    def texter(self, fields: Mapping[str, Node]) -> Callable[[str], str]:
        """Key -> its text, empty where it is left out."""
        return lambda key: self.text(fields.get(key), f"`{key}`")

    def flagger(self, fields: Mapping[str, Node]) -> Callable[[str], bool]:
        """Key -> its truth, false where it is left out."""
        return lambda key: self.boolean(fields.get(key), f"`{key}`")

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
        fields = self.fields(node, what, ("type",), TERM_KEYS)
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
        shell = Term(key.text, home, type_, values, low=low, high=high, place=key.place)
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
            tolerance=self.number(fields.get("tolerance"), "`tolerance`"),
        )

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

    def range(self, node: Node | None, type_: str, what: str) -> tuple[Decimal | None, Decimal | None]:
        if node is None:
            return None, None
        low, high = (self.number(item, "`range`") for item in node) if _pair(node) else (None, None)
        if low is None or high is None or low > high or type_ not in NUMERIC:
            message = f"`range` of {what} must be two numbers, the lower first, and only numbers have one"
            self.fault("range", message, first_line(node.place))
            return None, None
        return low, high

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
            return
        for item in node:
            self.read_rule(home, item)

    def read_rule(self, home: str, node: Node) -> None:
        id_node = node.get("id") if isinstance(node, MappingNode) else None
        id = id_node.text if isinstance(id_node, Scalar) else "?"
        what = f"rule `{id[:40]}`"
        fields = self.fields(node, what, ("id", "strength", "when", "finding", "because"), RULE_KEYS)
        if isinstance(id_node, Scalar):
            if first := self.rule_places.setdefault(id, id_node.place) is not id_node.place and self.rule_places[id]:
                self.fault(
                    "duplicate-name",
                    f"there are two rules `{id}`",
                    id_node.place,
                    f"the other is at {first.path}:{first.line}",
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
        text, flag = self.texter(fields), self.flagger(fields)
        rule = Rule(
            id,
            home,
            strength=text("strength"),
            when=when[0],
            text=when[1].text.rstrip(),
            finding=text("finding"),
            recommend=tuple(scalar.text for scalar in recommend),
            because=text("because"),
            title=text("title"),
            suppresses=tuple(scalar.text for scalar in suppresses),
            immediate=flag("immediate"),
            also_in_success=flag("also_in_success"),
            note=text("note"),
            source=self.source_ids(fields),
            place=id_node.place if id_node else first_line(node.place),
        )
        self.rules.append(rule)
        self.finding_places.setdefault(rule.finding, rule.place)


def _pair(node: Node) -> TypeGuard[ListNode]:
    return isinstance(node, ListNode) and len(node.items) == 2
