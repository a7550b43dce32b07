"""Names that are read: each is known, of the type that is wanted where it stands, and means one thing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property

from salesdx.base.calculated import check_calculated, check_whole
from salesdx.base.entries import EntryReader
from salesdx.base.fields import TERM_NAME
from salesdx.base.model import PLACEHOLDER, Source, Term
from salesdx.base.reading import MAX_FAULTY_WORDS, MAX_TEXT, NAME, NOTHING, RESERVED, shortened, where
from salesdx.language.characters import strange_letter
from salesdx.language.conditions import OUTCOMES, ConditionError, Name, intervention_of
from salesdx.language.value_types import BOOLEAN, Type
from salesdx.text.source import Place, Scalar

SOURCES = "knowledge/sources.yaml"
JUDGEMENT = "J"
"""The source of what nobody measured."""
TEMPLATE_HELP = "write a term as `{term}`; other braces have no place here"


class NameReader(EntryReader):
    """Reads entries, and holds the names in them against all that are defined."""

    @cached_property
    def known(self) -> Mapping[str, Place]:
        """Findings, terms and limits -> where they are defined."""
        return {**self.finding_places, **self.told}

    @cached_property
    def told(self) -> Mapping[str, Place]:
        """What stands in braces in a `because`, terms and limits -> where they are defined."""
        limits = {name: limit.place for name, limit in self.limits.items()}
        return limits | {name: term.place for name, term in self.terms.items()}

    @cached_property
    def enum_words(self) -> set[str]:
        return {word for term in self.terms.values() for word in term.values}

    def in_doubt(self, name: str) -> bool:
        """Whether a name that nobody defines may stand where a file could not be read."""
        return self.blind or name in self.doubtful

    def lookup(self, name: Name) -> Type | None:
        """The type of a name in a condition: a term's, or boolean for a finding. Raises ConditionError."""
        if name.id in self.doubtful:
            return None
        if term := self.terms.get(name.id):
            return term.expression_type
        if name.id in self.finding_places:
            return BOOLEAN
        if intervention := intervention_of(name.id):
            return self.outcome(name, intervention)
        if self.blind:
            return None
        if name.id in self.enum_words:
            help = f"put the value of an enum in quotes: `'{name.id}'`"
        elif name.id.lower() in (*NOTHING, *RESERVED):
            help = "nothing is compared with what is unknown: a condition waits until it is known"
        else:
            help = self.near(name.id, self.known, self.known.__getitem__)
        message = f"reads `{shortened(name.id)}`, which is neither a term nor a finding"
        raise ConditionError("unknown-term", message, name.start, name.end, help)

    def outcome(self, name: Name, intervention: str) -> Type | None:
        """The type of the outcome of an intervention; where one is read, it becomes a term. Raises ConditionError."""
        made = self.interventions.get(intervention)
        if made is None and self.in_doubt(intervention):
            return None
        at = name.start, name.end
        if made is None:
            help = self.near(intervention, self.interventions, lambda id: self.interventions[id].place)
            raise ConditionError("unknown-intervention", f"`{shortened(intervention)}` is no intervention", *at, help)
        if made.judge is None:
            message = f"nothing says how it is judged whether `{intervention}` worked"
            raise ConditionError("outcome", message, *at, f"give it a `judge` at {where(made.place)}")
        self.terms[name.id] = Term(
            name.id, made.home, "enum", OUTCOMES, only=(made.judge.by,), outcome_of=intervention, place=made.place
        )
        return self.terms[name.id].expression_type

    def check_names(
        self, strengths: set[str], respondents: set[str], kinds: set[str], sources: Mapping[str, Source]
    ) -> None:
        for read, what, wanted in self.conditions:
            self.check(read, what, wanted, self.lookup)
        known: dict[str, tuple[Collection[str], str]] = {
            "strength": (strengths, "is no strength of the ladder"),
            "respondent": (respondents, "is no respondent of the ladder"),
            "intervention": (self.interventions, "is no intervention"),
            "kind of evidence": (kinds, "is no kind of evidence of the ladder"),
            "source": ({JUDGEMENT, *sources} if sources else set(), f"is no source of {SOURCES}"),
        }
        for kind, what, scalar in self.references:
            if kind == "finding":
                self.check_finding(scalar, what)
            elif known[kind][0] and scalar.text not in known[kind][0] and not self.in_doubt(scalar.text):
                places = (lambda name: self.interventions[name].place) if kind == "intervention" else None
                help = self.near(scalar.text, known[kind][0], places)
                message = f"{what}: `{shortened(scalar.text)}` {known[kind][1]}"
                self.fault(f"unknown-{kind.split()[0]}", message, scalar.place, help)
        self.check_labels()
        check_calculated(self, self.terms, self.finding_places)
        check_whole(self, self.terms)
        for template, what in self.templates:
            if len(template.text) <= MAX_TEXT:
                self.check_template(template, what)

    def check_finding(self, scalar: Scalar, what: str) -> None:
        if not TERM_NAME.fits(scalar.text):
            self.name_fault(scalar, "a finding")
        elif scalar.text in self.terms:
            place = self.terms[scalar.text].place
            message = f"{what}: the finding `{scalar.text}` is named like a term"
            self.fault("duplicate-name", message, scalar.place, f"the term is at {place.path}:{place.line}")

    def check_labels(self) -> None:
        """People type what they read: a label means one term, and is not the name of any."""
        first: dict[str, tuple[str, Place]] = {}
        for term, scalar in self.labels:
            label = scalar.text.strip()
            if (named := self.terms.get(label)) is not None:
                help = f"the term is at {named.place.path}:{named.place.line}"
                self.fault("duplicate-name", f"the label of `{term}` is the name of a term", scalar.place, help)
            other, place = first.setdefault(label.casefold(), (term, scalar.place))
            if other != term:
                help = f"the other is at {place.path}:{place.line}"
                self.fault("duplicate-name", f"`{other}` and `{term}` have one label", scalar.place, help)

    def check_template(self, template: Scalar, what: str) -> None:
        faulty = 0
        for found in PLACEHOLDER.finditer(template.text):
            name = found[1]
            if name in self.told or (name is not None and self.in_doubt(name)):
                continue
            faulty += 1
            if faulty > MAX_FAULTY_WORDS:
                break
            place = template.span(found.start(), found.end())
            if name is None:
                self.fault("template", f"{what}: a brace stands alone in `because`", place, TEMPLATE_HELP)
            elif not NAME.fullmatch(name):
                message = f"{what}: `because` has `{shortened(name)}` in braces, which is no term"
                self.fault("template", message, place, strange_letter(name) or TEMPLATE_HELP)
            else:
                message = f"{what}: `because` names `{shortened(name)}`, which is no term"
                finding = "a finding has no value to show" if name in self.finding_places else ""
                help = finding or self.near(name, self.told, self.told.__getitem__)
                self.fault("unknown-term", message, place, help)
