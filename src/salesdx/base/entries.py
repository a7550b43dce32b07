"""The entries of the rule base's files beside the terms: stages, interventions, rules and sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from salesdx.base.fields import (
    ALL_PERSONNEL,
    INTERVENTION,
    INTERVENTION_NAME,
    RULE,
    RULE_ID,
    SOURCE,
    STAGE,
)
from salesdx.base.model import (
    CLEARING,
    PRESSURE,
    WEIGHTS,
    Intervention,
    Rule,
    RuleBase,
    Source,
    Stage,
)
from salesdx.base.reading import first_line, shortened
from salesdx.base.term_reading import TermReader
from salesdx.language.characters import strange_letter
from salesdx.language.conditions import Literal
from salesdx.language.value_types import NUMBER
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Place, Scalar
from salesdx.text.source import Sequence as ListNode


class EntryReader(TermReader):
    """Reads entries and keeps them, with what is to be checked later."""

    def __init__(self) -> None:
        super().__init__()
        self.interventions: dict[str, Intervention] = {}
        self.rules: list[Rule] = []
        self.rule_places: dict[str, Place] = {}
        self.finding_places: dict[str, Place] = {}
        self.templates: list[tuple[Scalar, str]] = []
        self.judges: dict[str, Node] = {}
        """Interventions, each with its `judge`."""
        self.below: RuleBase | None = None
        """The base of what is read."""

    def read_sources(self, node: Node | None) -> dict[str, Source]:
        """Sources by id, each fault noted."""
        sources: dict[str, Source] = {}
        for key, entry in self.entries(node, "the list of sources"):
            what = f"source `{shortened(key.text)}`"
            fields = self.fields(entry, what, *SOURCE.keys, key.place)
            address = self.filled(fields.get("address"), "`address`")
            sources[key.text] = Source(key.text, **self.simple(SOURCE, fields), address=address)
        return sources

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
        exprs: dict[str, Any] = {key: found[0] for key, found in conditions.items()}
        return Stage(
            home,
            plain["title"],
            plain["owner"],
            decided_by,
            **exprs,
            texts={key: found[1].text.rstrip() for key, found in conditions.items()},
            places={key: first_line(found[1].place) for key, found in conditions.items()},
            place=place,
        )

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
            **self.simple(INTERVENTION, fields) | self.acting(key.text, fields),
            source=self.source_ids(fields),
            weight=self.word(fields.get("weight"), "weight", WEIGHTS) or PRESSURE,
            preferred_when=preferred[0] if preferred else None,
            place=key.place,
        )

    def acting(self, id: str, fields: Mapping[str, Node]) -> dict[str, bool]:
        """Whether one acts on a person that does not say it: as in the base, and what is new there does."""
        if "personnel" in fields or self.below is None:
            return {}
        was = self.below.interventions.get(id)
        return {"personnel": was is None or was.personnel}

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
        if plain["distrusts"]:
            self.references.append(("kind of evidence", what, cast(Scalar, fields["distrusts"])))
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
