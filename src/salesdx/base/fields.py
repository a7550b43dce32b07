"""The keys of the rule base's files: one table, from which all that knows keys is made.

A key is added to the language by its line here, its use, and its paragraph in the docs. The readers take from here
which keys there are, which are needed, and what a value may be; the schemas for editors, the order of `fmt` and the
tables of the docs are made from it.
"""

from __future__ import annotations

from salesdx.base.judges import JUDGE
from salesdx.base.model import LANGUAGE, NUMERIC, OWN, PERIOD, SYSTEM, TERM_TYPES, WEIGHTS
from salesdx.base.reading import RESERVED
from salesdx.base.records import CHOICE, RECORD
from salesdx.base.shapes import (
    CONDITION,
    FLAG,
    TEXT,
    TOLD,
    Amount,
    Demand,
    Either,
    Expression,
    Field,
    Form,
    ListOf,
    MapOf,
    NameOf,
    OneOf,
    Prose,
    Template,
    name_shape,
)
from salesdx.language.conditions import FUNCTIONS

# fmt: off
# A table is read by its rows: each key begins a line.

MAX_NAME = 80
MAX_VALUES = 100
"""Values of one enum."""
MAX_LINES = 100
"""Lines of a decision list."""
ALL_PERSONNEL = "personnel"
"""All interventions that act on a person, for what a rule suppresses."""

CITED = ListOf(NameOf("source"))
ADVICE = ListOf(NameOf("intervention"))

LIMITS = NameOf("limit")
DEFINED = (NameOf("term"), NameOf("finding"), LIMITS)
APPLYING = Expression("applying", (NameOf("term that always applies"), LIMITS))
FORMULA = Expression("formula", (*DEFINED, *FUNCTIONS), number=True)
SHARE = Expression("share", (NameOf("term"), LIMITS), number=True)

# --- stages and their terms -------------------------------------------------------------------------------------------

TERM_NAME = name_shape("a name", RESERVED, MAX_NAME)
INTERVENTION_NAME = name_shape("a name", (*RESERVED, ALL_PERSONNEL), MAX_NAME)
ENUM_VALUE = name_shape("a name", RESERVED, capitals=True)
LABEL = Prose(r"\S(.{0,38}\S)?", "a text of at most 40 characters")
AGE = Prose(rf"[1-9][0-9]{{0,4}} days?|{PERIOD}", f"a number of days, such as `180 days`, or `{PERIOD}`")
EFFORT = Amount(1, 5, whole=True, default=3)
TOLERANCE = Amount(low=0)
AUTHORS = Amount(1, 5, whole=True, default=1)
ANSWERING = ListOf(NameOf("respondent"), 1, single=False, distinct=True)
SPEAKING = ListOf(NameOf("respondent", (SYSTEM,)), 1, single=False, distinct=True)
VALUES = ListOf(ENUM_VALUE, 2, MAX_VALUES, single=False, distinct=True)
RANGE = ListOf(Amount(), 2, 2, single=False)
NO_NUMBERS = tuple(type_ for type_ in TERM_TYPES if type_ not in NUMERIC)

TERM = Form(
    "a term",
    (
        Field("label", LABEL, "what people read in the place of its name. Left out: the name",
            beyond="it is no other term's, in whatever letters, and no term is named so"),
        Field("type", OneOf(TERM_TYPES), "what its value is (see the types below)", required=True),
        Field("values", VALUES, "the values of an `enum`, two or more"),
        Field("unit", TEXT, "the unit of a number, for readers"),
        Field("range", RANGE,
            "the lowest and the highest value; anything outside is refused. Make it wide: it must never refuse an "
            "honest value", beyond="the lower number stands first"),
        Field("formula", FORMULA, "how the term is computed (see [computed terms](#3-computed-terms))"),
        Field("choose", ListOf(CHOICE, 1), "how the term is computed: the first true line counts"),
        Field("or_formula", FORMULA,
            "how an asked term can also be calculated (see [computed terms](#3-computed-terms))",
            beyond="it reads only terms that are asked and have none themselves"),
        Field("tolerance", TOLERANCE, "how far a value written by hand may be off the formula"),
        Field("applies_when", APPLYING,
            "when the term can matter at all, beside its stage's (see [what applies](#what-applies)). Left out: always",
            beyond="it stands at no term of the profile and not at the subject"),
        Field("question", TOLD, "what the respondent is asked. A term without one is computed"),
        Field("respondent", NameOf("respondent"), "who is asked; one of the ladder's respondents"),
        Field("evidence", TOLD, "where the answer is found"),
        Field("derive", TOLD, "how the answer is worked out, in words"),
        Field("valid_for", AGE,
            "how old evidence may be at the end of the period (see [age](#age)). Left out: it does not age"),
        Field("effort", EFFORT,
            "1 look it up, 2 a small count, 3 ask another department, 4 an audit, 5 a study. Left out: "
            f"{EFFORT.default}"),
        Field("may_answer", ANSWERING,
            "who may answer in the respondent's place: enough for the firm, below the [floor](#the-floor)"),
        Field("only", SPEAKING,
            "whose word alone meets the [floor](#the-floor), in the place of the respondent's; `system` is a drawn "
            "value, or one that a report shows"),
        Field("authors", AUTHORS,
            f"how many named authors must say the same before it meets the floor. Left out: {AUTHORS.default}"),
        Field("covers", OneOf((PERIOD,)),
            f"`{PERIOD}` for a figure over the whole period: what is dated before its end is truncated"),
        Field("record", RECORD,
            "how actions state it, beside which what is typed meets no floor (see [the record](#the-record))"),
        Field("small", FLAG, "`true` for a percentage that is often below 1: else such a value is doubtful"),
        Field("core", FLAG, "`true` for the facts that rule the stage out, for readers"),
        Field("effect", FLAG,
            "`true` for what falls whatever the cause is, such as the win rate: it may locate a cause, and proves none "
            "alone"),
        Field("sample", FLAG,
            "`true` for a count of evidence that can be gathered further (see [next questions](#next-questions))"),
        Field("ask_first", FLAG, "`true` for a term that is to be asked before the others"),
        Field("note", TOLD, "bands and cautions, for readers"),
        Field("source", CITED, "where its numbers come from: `J` for judgement, the id of a source, or a list of them"),
    ),
    (
        Demand(("question", "formula", "choose"), needed=True),
        Demand(("formula", "choose"), together=False),
        Demand(("or_formula", "formula"), together=False),
        Demand(("or_formula", "choose"), together=False),
        Demand(("question",), needed=True, given="or_formula"),
        Demand(("respondent",), needed=True, given="question"),
        Demand(("values",), needed=True, given="type", values=("enum",)),
        Demand(("values",), together=False, given="type", values=tuple(t for t in TERM_TYPES if t != "enum")),
        Demand(("range",), together=False, given="type", values=NO_NUMBERS),
    ),
)
INTERVENTION = Form(
    "an intervention",
    (
        Field("title", TOLD, "what it is called", required=True),
        Field("owner", TEXT, "who does it", required=True),
        Field("do", TOLD, "what is done", required=True),
        Field("judge_after", TOLD, "when its effect can be judged", required=True),
        Field("worked_when", TOLD, "by what measure it worked", required=True),
        Field("judge", JUDGE, "the same for programs (see [judges](#judges))"),
        Field("cost", TOLD, "what it costs"),
        Field("personnel", FLAG,
            "`true`: it acts on a person. Left out: as in the base; what a layer or copy adds acts on a person"),
        Field("reason", TEXT, "why what a layer or copy adds with `personnel: false` acts on nobody"),
        Field("weight", OneOf(WEIGHTS),
            "of what acts on a person: `help` is offered once the personnel stage is concluded, `pressure` only when "
            f"the ladder's `pressure_when` is true. Left out: `{WEIGHTS[1]}`"),
        Field("preferred_when", CONDITION, "when this is the form that the person wants, of several that are due"),
        Field("note", TOLD, "for authors"),
        Field("source", CITED, "as in terms"),
    ),
)
LIMIT = Form(
    "a limit",
    (
        Field("value", Amount(), "the number", required=True),
        Field("unit", TEXT, "its unit, for readers"),
        Field("source", CITED, "as in terms"),
    ),
)
STAGE = Form(
    "a stage or group",
    (
        Field("stage", NameOf("stage"), "the stage that it is, as the ladder and the file's name have it",
            beyond="it is the name of the file"),
        Field("group", NameOf("group"), "in the place of `stage`: the group that it is",
            beyond="it is the name of the file"),
        Field("title", TEXT, "what readers see", required=True),
        Field("owner", TEXT, "who answers for it"),
        Field("applies_when", APPLYING,
            "when the stage can matter at all (see [what applies](#what-applies)). Left out: always"),
        Field("limits", MapOf(TERM_NAME, Either((LIMIT, Amount()))),
            "name: a number that conditions and texts name (see [limits](#limits)). In a layer the number alone moves "
            "a limit of the rules below", beyond="one name is used once"),
        Field("ruled_out_when", CONDITION, "the core facts that rule it out"),
        Field("set_aside_when", CONDITION, "weaker facts that let the ladder go on (see [set aside](#set-aside))"),
        Field("terms", MapOf(TERM_NAME, TERM), "name: its [terms](#2-terms)", beyond="one name is used once"),
        Field("interventions", MapOf(INTERVENTION_NAME, INTERVENTION),
            "name: its [interventions](#6-rules-and-findings)", beyond="one name is used once"),
    ),
    (Demand(("stage", "group"), needed=True, together=False),),
    layered=True,
)

# --- rules and sources ------------------------------------------------------------------------------------------------

RULE_ID = Prose(r"[A-Za-z][A-Za-z0-9_.-]{0,39}", "a name")
RULE = Form(
    "a rule",
    (
        Field("id", RULE_ID,
            "a letter, then letters, digits, `.`, `-`, `_`; at most 40; one that was used before is not used again",
            required=True, beyond="no two rules share one"),
        Field("strength", NameOf("strength"), "how much it proves, one of the ladder's strengths", required=True),
        Field("title", TOLD, "the condition in words"),
        Field("when", CONDITION, "under which condition it is true", required=True,
            beyond="it is an expression, as every condition and formula is, with types that go together"),
        Field("finding", TERM_NAME, "what it says about the case; other conditions can read it", required=True,
            beyond="it is not named like a term"),
        Field("recommend", ADVICE, "the interventions it recommends"),
        Field("suppresses", ListOf(NameOf("intervention", (ALL_PERSONNEL,))),
            "interventions that are not recommended while this rule is true, wherever its stage stands; "
            f"`{ALL_PERSONNEL}` stands for all that act on a person, those of a layer too"),
        Field("distrusts", NameOf("kind of evidence"),
            "the kind of evidence that says nothing about single persons while this rule is true or not settled: it "
            "does not meet the [floor](#the-floor)"),
        Field("immediate", FLAG, "`true`: recommend at once, in every mode, wherever the ladder stands"),
        Field("also_in_success", FLAG, "`true`: recommend also where the goal was met"),
        Field("explains", SHARE,
            "the share of what is missing to the goal that the rule's cause explains, in percent: shown, and decides "
            "nothing (see [likely](#likely))"),
        Field("because", Template(), "the explanation, with the values of the case in place of `{term}`",
            required=True),
        Field("note", TOLD, "for authors"),
        Field("source", CITED, "as in terms"),
    ),
)
SOURCE = Form(
    "a source",
    (
        Field("title", TEXT, "what it is called", required=True),
        Field("by", TEXT, "who wrote it"),
        Field("year", TEXT, "when it was published"),
        Field("address", ListOf(TEXT), "where it can be read"),
        Field("quality", TEXT, "how far it can be trusted, and for what"),
    ),
)
SOURCES = MapOf(TEXT, SOURCE)

# --- the ladder -------------------------------------------------------------------------------------------------------

COUNTS = (
    NameOf("strength"), LIMITS, "unexamined", "unsettled", "unproven", "left_out", "under_remedy", "not_passed",
    "not_proved",
)  # fmt: skip
DECIDING = Expression(
    "deciding", ("mode", "applies", "ruled_out_when", "set_aside_when", "previous_concluded", "personnel", *COUNTS)
)
PASSING = Expression("passing", ("mode", "applies", "personnel", *COUNTS, "status"))
FOLLOWING = Expression("following", (*PASSING.reads, "concluded"))
RECOMMENDING = Expression("recommending", (LIMITS, "mode", "applies", "status", "concluded", "held"))
SUMMED = ("open_n", "set_aside_n", "under_remedy_n", "confirmed_n")
SUMMING = Expression("summing", (NameOf("finding"), LIMITS, "concluded", "mode", *SUMMED, "person_held"))
LADDER_WORDS = tuple(
    dict.fromkeys(
        word for known in (DECIDING, FOLLOWING, RECOMMENDING) for word in known.reads if isinstance(word, str)
    )
)
"""What the ladder's conditions know, beside the strengths."""
LADDER_NAME = name_shape("a name")
STRENGTH_NAME = name_shape("a name", (*LADDER_WORDS, *RESERVED))
HOME_NAME = name_shape("a name", ("ladder", "sources", "cases"))
SAYS = Field("says", TOLD, "what reports add for the reader")
ALWAYS_LAST = "the last line, and only the last, says `when: true`"

MODE = Form(
    "a line of `modes`",
    (
        Field("mode", LADDER_NAME, "the mode", required=True),
        Field("when", CONDITION, "a condition on terms and findings", required=True, beyond=ALWAYS_LAST),
        SAYS,
    ),
)
STATUS = Form(
    "a line of a decision list",
    (
        Field("status", LADDER_NAME, "the status", required=True),
        Field("when", DECIDING, "a condition on the words below", required=True, beyond=ALWAYS_LAST),
        SAYS,
    ),
)
FLOOR = Form(
    "the floor",
    (
        Field("by", OneOf((OWN,)), f"`{OWN}`: said by whoever must know the term", required=True),
        Field("kind", NameOf("kind of evidence"), "the weakest kind of evidence that will do", required=True),
        Field("dated", FLAG, "`true`: dated, in a case with a period and a `ref` of its subject"),
        Field("own_kind", NameOf("kind of evidence"), "the weakest kind for the terms of the stage itself"),
        Field("asker_kind", NameOf("kind of evidence"),
            "the weakest kind for what they say who asked for the review. Left out: none will do"),
    ),
)
VERDICT = Form(
    "a line of `verdicts`",
    (
        Field("verdict", LADDER_NAME, "the verdict", required=True),
        Field("when", SUMMING, "a condition on findings and the words below", required=True, beyond=ALWAYS_LAST),
        Field("asks", FLAG, "`false`: no next question is put. Left out: it is"),
        SAYS,
    ),
)
RUNG = Form(
    "a stage of the ladder",
    (
        Field("stage", HOME_NAME, "the stage", required=True, beyond="it has its files, and stands there once"),
        Field("decided_by", NameOf("decision list"), "the decision list that gives its status", required=True),
        Field("floor", FLOOR, "what a fact must be before this stage may rest on it (see [floor](#the-floor))"),
    ),
)
GROUPS = Form(
    "the groups",
    (
        Field("before", ListOf(HOME_NAME), "the groups whose rules come before those of the stages"),
        Field("after", ListOf(HOME_NAME), "the groups whose rules come after them"),
    ),
)
STRENGTH = Form(
    "a strength",
    (
        Field("recommends_when", RECOMMENDING, "when its rules recommend; left out: never"),
        Field("examined", FLAG, "`true`: its rules must be looked at (see [unexamined](#unexamined))"),
    ),
)
CONFIRMED_BY = Form(
    "who confirms sessions",
    (
        Field("alone", ListOf(NameOf("respondent")), "the roles whose word is enough"),
        Field("together", ListOf(NameOf("respondent")), "the roles that must all say so, each by another person"),
    ),
)
RESULT_TERMS = Form(
    "the terms of the result",
    (
        Field("goal", NameOf("number"), "the amount that was to be reached", required=True),
        Field("reached", NameOf("number"), "the amount that was reached", required=True),
    ),
)
LADDER = Form(
    "the ladder",
    (
        Field("version", TEXT, "the version of the content, shown in every diagnosis", required=True),
        Field("language", Prose(LANGUAGE, f"`{LANGUAGE}`", number=True), "the version of the language of all its files",
            required=True),
        Field("groups", GROUPS, "`before` and `after`: groups whose rules come before and after those of the stages"),
        Field("stages", ListOf(RUNG, 1, single=False),
            "the order of the stages; `decided_by` names the decision list of each", required=True),
        Field("subject_term", NameOf("enum"), "the enum that `subject: {kind: ...}` of a case file states"),
        Field("period_end_term", NameOf("term with a date"), "the date that the last day of a case's `period` states"),
        Field("asked_by", NameOf("respondent"), "who asks for reviews, where a case does not say it"),
        Field("result_terms", RESULT_TERMS, "the terms that `result` of a case file states"),
        Field("currency_term", NameOf("enum"), "the enum that `currency` of it states"),
        Field("cycle_term", NameOf("number"), "the days of a usual sale, by which `cycle` in a `judge` counts"),
        Field("confirmed_by", CONFIRMED_BY, "by whose word a session counts. Left out: none does"),
        Field("modes", ListOf(MODE, 1, MAX_LINES, single=False), "the first mode that is true counts", required=True),
        Field("decisions", MapOf(TEXT, ListOf(STATUS, 1, MAX_LINES, single=False), 1),
            "name: a list of statuses, of which the first line that is true counts", required=True),
        Field("passed_when", PASSING, "when a stage lets the ladder go on", required=True),
        Field("proved_when", PASSING,
            "when a stage that lets the ladder go on was looked at closely enough for a conclusion on a person. Left "
            "out: as `passed_when`"),
        Field("concluded_when", PASSING, "when a stage is the concluded cause", required=True),
        Field("held_when", FOLLOWING, "when a stage is confirmed but held by an earlier one", required=True),
        Field("ask_when", ListOf(FOLLOWING, 1, MAX_LINES),
            "when a stage needs more facts; the first such stage gives the next questions. Of a list, the first "
            "condition counts that any stage fulfils", required=True),
        Field("exhausted_when", FOLLOWING,
            "when the earlier help is exhausted, so that of the personnel interventions only this stage's remain",
            required=True),
        Field("verdicts", ListOf(VERDICT, 1, MAX_LINES, single=False),
            "the result of the whole case: the first line that is true counts"),
        Field("personnel_stage", NameOf("stage"), "a person is acted upon only while this stage is concluded"),
        Field("pressure_when", FOLLOWING,
            "of the personnel stage: when interventions of the weight `pressure` are let through. Left out: always"),
        Field("success_mode", NameOf("mode"), "the mode in which rules with `also_in_success` recommend as well"),
        Field("strengths", MapOf(STRENGTH_NAME, STRENGTH, 1),
            "name: `recommends_when`, and `examined: true` for rules that must be looked at (see "
            "[unexamined](#unexamined))", required=True),
        Field("respondents", MapOf(LADDER_NAME, TEXT, 1), "name: how readers call whoever answers questions",
            required=True),
        Field("evidence", MapOf(TEXT, ListOf(TEXT), 1),
            "the kinds of source, the strongest first, each with the words that tell it (see [ranks](#ranks))",
            required=True),
        Field("default_evidence", NameOf("kind of evidence"), "the kind of a source that fits no other", required=True),
    ),
    layered=True,
)
