"""The rule base: vocabulary, ladder, rules and interventions, frozen, with a digest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from salesdx.base.background import Acceptance, Layer, Proof
from salesdx.base.judges import Judge
from salesdx.base.ladder_lines import Floor, Ladder
from salesdx.base.limits import Limit
from salesdx.base.policy_model import Policy
from salesdx.base.records import SessionRecord
from salesdx.language.conditions import Expr, Value, names
from salesdx.language.rewriting import in_numbers
from salesdx.language.value_types import BOOLEAN, DATE, NUMBER, Type
from salesdx.text.issues import Issue
from salesdx.text.source import Place

NUMERIC = ("number", "integer", "percent", "ratio")
TERM_TYPES = ("boolean", *NUMERIC, "date", "enum")
LANGUAGE = "2"
"""The version of the language, as rule bases name it."""
OWN = "own"
"""``by`` of a floor: whoever must know the term."""
HELP, PRESSURE = WEIGHTS = ("help", "pressure")
"""What is offered to a person, and what presses on one."""
PLACEHOLDER = re.compile(r"\{([^{}]*)\}|[{}]")
"""A term in a `because`, or a brace that stands alone."""
SYSTEM = "system"
"""In ``only``: a value that a program drew, or that a report shows."""
CLEARING = ("ruled_out_when", "set_aside_when")
"""The conditions of a stage that let the ladder go on behind it."""
STAGE_CONDITIONS = ("applies_when", *CLEARING)
PROFILE = "profile"
"""The group of terms that say what kind of firm it is: what applies follows from them."""
PERIOD = "period"
"""``valid_for`` of evidence that must be dated inside the period under review."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of ``choose``: the value that counts when the condition is the first true one."""

    when: Expr
    value: Value


@dataclass(frozen=True, slots=True)
class Term:
    """A name in the vocabulary. ``low`` and ``high`` bound numbers; ``effort`` is 1 (look it up) to 5 (a study)."""

    name: str
    home: str
    """The stage or group whose file defines it."""
    type: str
    values: tuple[str, ...] = ()
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    question: str = ""
    respondent: str = ""
    evidence: str = ""
    derive: str = ""
    valid_for: int | str | None = None
    """Days, or PERIOD, or None: does not age."""
    effort: int = 3
    core: bool = False
    effect: bool = False
    """It falls whatever the cause is, so that alone it proves none."""
    sample: bool = False
    """A count of evidence that can be gathered further: too few settles nothing."""
    ask_first: bool = False
    label: str = ""
    """What people read in the place of the name; empty where its author gave none."""
    note: str = ""
    source: tuple[str, ...] = ()
    formula: Expr | None = None
    choose: tuple[Choice, ...] = ()
    only: tuple[str, ...] = ()
    """The respondents, or SYSTEM, whose word alone counts on the path to a person; empty: the respondent's."""
    may_answer: tuple[str, ...] = ()
    """Who may answer in the respondent's place, below the floor for a person."""
    authors: int = 1
    """How many named authors must say the same before it meets the floor."""
    small: bool = False
    """A percentage that is often below 1."""
    covers: str = ""
    """PERIOD for a figure over the whole period, which none can know before its end; else empty."""
    tolerance: Decimal | None = None
    """How far a hand-written value may be off the formula; None: any difference is shown as a conflict."""
    applies_when: Expr | None = None
    """When the term can matter at all, beside its stage's; None: always."""
    or_formula: Expr | None = None
    """How an asked term can also be calculated: the result counts as one more statement."""
    record: SessionRecord | None = None
    """How the record of sessions states it; None: people do."""
    outcome_of: str = ""
    """The intervention whose outcome it is: decided by its measure, neither asked nor stated; else empty."""
    place: Place = field(default=Place("", 1, 1, 1, 1), compare=False, repr=False)

    @property
    def called(self) -> str:
        """What people read in the place of the name."""
        return self.label or self.name

    @property
    def computed(self) -> bool:
        """Whether a formula or choices give its value; else it is asked."""
        return self.formula is not None or bool(self.choose)

    @property
    def measured(self) -> bool:
        """Whether its value is a number or a date, which can be known between two ends."""
        return self.type in NUMERIC or self.type == "date"

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """What it is computed from: its formula, or the conditions of its choices; nothing for an asked one."""
        return (self.formula,) if self.formula is not None else tuple(choice.when for choice in self.choose)

    @property
    def expression_type(self) -> Type:
        """Its type in expressions, where every amount is a number."""
        if self.type == "boolean":
            return BOOLEAN
        if self.type == "date":
            return DATE
        return Type("enum", self.values) if self.type == "enum" else NUMBER


@dataclass(frozen=True, slots=True)
class Intervention:
    """Something that can be done: by whom, when its effect can be judged, and by what measure."""

    id: str
    home: str
    title: str
    owner: str
    do: str
    judge_after: str
    worked_when: str
    judge: Judge | None = None
    """The same for programs; None where it is left to readers."""
    cost: str = ""
    source: tuple[str, ...] = ()
    personnel: bool = False
    reason: str = ""
    """Why it acts on nobody, where its base does not have it."""
    weight: str = PRESSURE
    preferred_when: Expr | None = None
    """True when this is the form of recognition that the person prefers."""
    note: str = ""
    place: Place = field(default=Place("", 1, 1, 1, 1), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition, what it finds where it is true, and what is recommended then."""

    id: str
    home: str
    strength: str
    when: Expr
    text: str
    """The condition as its author wrote it."""
    finding: str
    recommend: tuple[str, ...] = ()
    because: str = ""
    title: str = ""
    suppresses: tuple[str, ...] = ()
    distrusts: str = ""
    """The kind of evidence that says nothing about single persons while the rule is true or not settled."""
    immediate: bool = False
    also_in_success: bool = False
    explains: Expr | None = None
    """The share of the gap, in percent, that its cause explains. Shown; decides nothing."""
    note: str = ""
    source: tuple[str, ...] = ()
    place: Place = field(default=Place("", 1, 1, 1, 1), compare=False, repr=False)

    @property
    def numbered(self) -> str:
        """The condition as its author wrote it, with the numbers of its limits."""
        return in_numbers(self.text, self.when)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the ladder, or a group (``decided_by`` is then empty)."""

    id: str
    title: str
    owner: str
    decided_by: str = ""
    ruled_out_when: Expr | None = None
    set_aside_when: Expr | None = None
    """The weaker facts that let the ladder go on; never towards a person."""
    applies_when: Expr | None = None
    floor: Floor | None = None
    texts: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """A condition, by its key -> as its author wrote it."""
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    """A condition, by its key -> where it stands."""
    place: Place = field(default=Place("", 1, 1, 1, 1), compare=False, repr=False)

    @property
    def conditions(self) -> Mapping[str, Expr]:
        """The conditions that the stage has, by their keys."""
        found = ((key, getattr(self, key)) for key in STAGE_CONDITIONS)
        return {key: expr for key, expr in found if expr is not None}

    def numbered(self, key: str) -> str:
        """A condition as its author wrote it, with the numbers of its limits; empty where the stage has none."""
        return in_numbers(self.texts[key], self.conditions[key]) if key in self.conditions else ""


@dataclass(frozen=True, slots=True)
class EvidenceKind:
    """A kind of source; ``rank`` 0 is the strongest. ``words`` are looked for in a statement's source."""

    name: str
    rank: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a number or a rule comes from: a study, or judgement."""

    id: str
    title: str
    by: str = ""
    year: str = ""
    address: tuple[str, ...] = ()
    quality: str = ""


@dataclass(frozen=True, slots=True)
class Property:
    """What must hold for every possible case. ``base.properties`` says how one is written."""

    id: str
    says: str
    text: str
    premise: Expr | None
    conclusion: Expr
    stages: tuple[str, ...] | None = None
    """It holds for each of these, as `this`, or for each of their rules; None where it speaks of none."""
    strengths: tuple[str, ...] = ()
    """It holds for each rule of these strengths, as `looked_at`; empty where it speaks of no rule."""
    forget: str = ""
    """The change behind `implies`: any known facts are forgotten, or those of the stage's `ruled_out_when`."""
    better: Mapping[str, str] = field(default_factory=dict)
    """The change behind `implies`: term -> whether it may be higher or lower."""
    restated: str = ""
    """The change behind `implies`: `wider`, any known numbers and dates are known less precisely; `weaker`, the same
    facts meet the floor less often; `added`, more is said below the floor; `remedied`, more remedies run."""
    note: str = ""
    place: Place = field(default=Place("", 1, 1, 1, 1), compare=False, repr=False)

    @property
    def changes(self) -> bool:
        """Whether it speaks of a case and of the same case after a change."""
        return bool(self.forget or self.better or self.restated)


@dataclass(frozen=True, eq=False, repr=False)
class RuleBase:
    """Everything a consultant edits, loaded and checked. ``digest`` is the SHA-256 of the files it came from."""

    version: str
    digest: str
    terms: Mapping[str, Term]
    rules: tuple[Rule, ...]
    """In rule order: groups and stages in the ladder's order, then as the files list them."""
    interventions: Mapping[str, Intervention]
    stages: tuple[Stage, ...]
    groups: tuple[Stage, ...]
    ladder: Ladder
    respondents: Mapping[str, str]
    evidence: tuple[EvidenceKind, ...]
    default_evidence: str
    sources: Mapping[str, Source]
    limits: Mapping[str, Limit] = field(default_factory=dict)
    """The numbers that have names. Conditions and texts hold the numbers; a ``Literal`` tells whose it is."""
    order: tuple[str, ...] = ()
    """Findings and computed terms in the order in which they can be evaluated."""
    policy: Policy | None = None
    """None where the rule base has no `knowledge/policy.yaml`: then nothing can be signed."""
    properties: tuple[Property, ...] = ()
    """What `salesdx prove` shows for every possible case."""
    language: str = LANGUAGE
    """The version of the language that it is written in; one of another is shown and never run."""
    proof: Proof | None = None
    """The certificate that lies beside the rules, be it of these rules or of others."""
    layers: tuple[Layer, ...] = ()
    """What was changed of the rule base at the bottom, layer by layer; empty where nothing is extended."""
    below: RuleBase | None = None
    """The base: what a layer extends, or a copy was copied from; None where there is none."""
    accepts: tuple[Acceptance, ...] = ()
    """The signatures of the layer or copy itself; those of its base are with ``below``."""
    unkept: tuple[str, ...] = ()
    """The properties of the base that are not kept, as a signature allows."""
    floor_faults: tuple[Issue, ...] = ()
    """Where the rules lie below their base, and no signature excuses it: nothing, unless `load` was asked for such."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The texts that the digest covers, by name: `knowledge/...` and `rules/...`."""
    paths: Mapping[str, str] = field(default_factory=dict)
    """Path in messages -> the name among ``files``."""
    not_read: Mapping[str, str] = field(default_factory=dict)
    """Path in messages of what lies among the files and is not read -> why."""
    written: RuleBase | None = None
    """The same rule base with its conditions as their authors wrote them, where what applies was put into them."""
    ids: bool = False
    """Whether people read the name of a term beside its label."""

    def __repr__(self) -> str:
        return f"<rule base {self.version}, {len(self.rules)} rules, {self.digest[:19]}>"

    @property
    def further(self) -> tuple[Acceptance, ...]:
        """The signatures for all in which the rules, and the bases that they stand on, go further than their base."""
        return () if self.below is None else (*self.below.further, *self.accepts)

    @property
    def as_written(self) -> RuleBase:
        """The rule base with its conditions as their authors wrote them: for readers, never for what decides."""
        return self.written or self

    @cached_property
    def evidence_ranks(self) -> Mapping[str, int]:
        """Kind of evidence -> its rank, 0 the strongest."""
        return {kind.name: kind.rank for kind in self.evidence}

    @cached_property
    def profile(self) -> Mapping[str, Term]:
        """The terms that say what kind of firm it is; empty for rules that ask nothing about a firm."""
        return {name: term for name, term in self.terms.items() if term.home == PROFILE}

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Term -> its label, for those that have one."""
        return {name: term.label for name, term in self.terms.items() if term.label}

    @cached_property
    def labelled(self) -> Mapping[str, str]:
        """Label of a term, in small letters -> its name."""
        return {label.casefold(): name for name, label in self.labels.items()}

    def meant(self, typed: str) -> str:
        """The name of the term whose label somebody typed, in whatever letters; any other text as it is."""
        text = " ".join(typed.split())
        return text if text in self.terms else self.labelled.get(text.casefold(), typed)

    @cached_property
    def findings(self) -> Mapping[str, tuple[Rule, ...]]:
        """Finding -> the rules that conclude it."""
        found: dict[str, tuple[Rule, ...]] = {}
        for rule in self.rules:
            found[rule.finding] = (*found.get(rule.finding, ()), rule)
        return found

    @cached_property
    def rule(self) -> Mapping[str, Rule]:
        """Every rule by its id."""
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def home(self) -> Mapping[str, Stage]:
        """Stage or group by id."""
        return {stage.id: stage for stage in (*self.groups, *self.stages)}

    @cached_property
    def rules_of(self) -> Mapping[str, tuple[Rule, ...]]:
        """Stage or group -> its rules, in rule order."""
        return {id: tuple(rule for rule in self.rules if rule.home == id) for id in self.home}


def is_file(base: RuleBase, stage: Stage) -> bool:
    """Whether a stage's decision list never reads evidence for ruling out: people decide it on a file."""
    return not any("ruled_out_when" in names(line.when) for line in base.ladder.decisions[stage.decided_by])
