"""The keys of a case file: one table, as `base/fields` has those of a rule base."""

from __future__ import annotations

from dataclasses import replace

from salesdx.base.fields import RULE_ID
from salesdx.base.judges import VOIDS
from salesdx.base.model import OWN
from salesdx.base.records import SESSIONS
from salesdx.base.shapes import (
    FLAG,
    TEXT,
    Amount,
    Anything,
    Day,
    Demand,
    Either,
    Field,
    Form,
    ListOf,
    NameOf,
    Nothing,
    OneOf,
    Prose,
    StatusOf,
    ValueOf,
)
from salesdx.case.followed import ACCEPTED, DECLINED
from salesdx.case.statement import Unknown

MAX_ID = 100
"""Characters of a case's name."""
MAX_STATEMENTS = 100
"""Statements on one fact."""
UNKNOWN_WORDS = {"not_known": Unknown.NOT_KNOWN, "unknown": Unknown.NOT_KNOWN, "not_applicable": Unknown.NOT_APPLICABLE}
"""What is written of a fact where there is no value."""

CASE_NAME = Prose(rf"\s*\S(?:[^\n]{{0,{MAX_ID - 2}}}\S)?\s*", "a short text", number=True)
PSEUDONYM = Prose(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}", "letters, digits, `.`, `-` and `_`", number=True)

IDENTIFIER = Prose(r"[A-Za-z0-9][A-Za-z0-9._@:/-]{0,63}", "letters, digits, `.`, `-`, `_` and `@`", number=True)
DIGEST = Prose(r"[0-9a-f]{64}", "a SHA-256 digest: 64 digits `0` to `9` and `a` to `f`")

INTERVAL = Form(
    "an imprecise value",
    (
        Field("low", ValueOf(), "the lowest value that it can have", beyond="it is not above `high`"),
        Field("high", ValueOf(), "the highest value that it can have"),
        Field("above", ValueOf(), "it is more than this, in the place of `low`"),
        Field("below", ValueOf(), "it is less than this, in the place of `high`"),
        Field("best", ValueOf(), "an estimate for readers, which decides nothing"),
    ),
    (
        Demand(("low", "high", "above", "below"), needed=True),
        Demand(("low", "above"), together=False),
        Demand(("high", "below"), together=False),
    ),
)
WITHDRAWN = Form(
    "the withdrawal",
    (
        Field("date", Day(), "the day of it", required=True),
        Field("reason", TEXT, "why its author takes it back", required=True),
    ),
)
REPORT = Form(
    "the report",
    (
        Field("name", TEXT, "what the report is called", required=True),
        Field("digest", DIGEST, "the SHA-256 digest of its file", required=True),
    ),
)
OF_PROFILE = "term of the profile"
"""The kind of terms that a firm's profile states."""

STATEMENT = Form(
    "a statement",
    (
        Field("value", ValueOf(tuple(UNKNOWN_WORDS), INTERVAL),
            "what is said of the fact: a value, its ends where it is not known exactly, or why there is none",
            required=True),
        Field("by", NameOf("respondent"), "the role that speaks, one of the ladder's respondents"),
        Field("author", IDENTIFIER, "the person who speaks, by an identifier"),
        Field("kind", NameOf("kind of evidence"),
            "the kind of evidence (see [ranks](#ranks)). Left out: the ladder's `default_evidence`"),
        Field("source", TEXT, "where it stands, for readers"),
        Field("date", Day(), "the day that the evidence is of (see [age](#age))"),
        Field("reason", TEXT, "why it does not apply"),
        Field("note", TEXT, "for readers"),
        Field("drawn", TEXT, "the entry of the evidence file from which a program drew it"),
        Field("report", REPORT, "`name` and `digest` of the report that shows the value"),
        Field("withdrawn", WITHDRAWN, "`date` and `reason`: its author takes it back, so that it no longer counts"),
    ),
)  # fmt: skip
"""A voice (`by`, `author`, and whether it was drawn) has one statement on a fact that stands."""
FACTS = Form(
    "the facts",
    (
        Field(
            "a term",
            ListOf(Either((STATEMENT.fields[0].shape, STATEMENT)), 1, MAX_STATEMENTS),
            "a value, a statement, or a list of them",
            each="term",
            beyond="one voice states it once, and nothing else than the head of the case",
        ),
    ),
    empty=True,
)
FIRM = Form(
    "the profile of a firm",
    (
        Field("firm", CASE_NAME, "what the firm is called", required=True),
        Field(
            "facts",
            replace(FACTS, fields=(FACTS.fields[0]._replace(name="a term of the profile", each=OF_PROFILE),)),
            "what was stated of it, as in a case",
            required=True,
        ),
    ),
)
SUBJECT = Form(
    "the subject",
    (
        Field("kind", NameOf("kind of subject"), "a value of the ladder's `subject_term`", required=True),
        Field("ref", PSEUDONYM, "a pseudonym, never a name"),
    ),
)
PERIOD = Form(
    "the period",
    (
        Field("from", Day(), "its first day", required=True, beyond="it is not after the last"),
        Field("to", Day(), "its last day", required=True),
    ),
)
RESULT_VALUES = ("goal", "reached", "currency")
"""The keys of `result` that state a term of the ladder."""
RESULT = Form(
    "the result",
    (
        Field("goal", Amount(), "the goal, as the ladder's `result_terms` name it", beyond="it is in the term's range"),
        Field("reached", Amount(), "what was reached", beyond="it is in the term's range"),
        Field("currency", NameOf("currency"), "the currency, a value of the ladder's `currency_term`"),
        *(field for field in STATEMENT.fields if field.name in ("by", "kind", "date")),
    ),
    (Demand(RESULT_VALUES, needed=True),),
)
ASKED_BY = Form(
    "who asked for the review",
    (
        Field("by", NameOf("respondent"), "the role, one of the ladder's respondents", required=True),
        Field("author", IDENTIFIER, "who it is, by an identifier"),
    ),
)

STATED = Form(
    "how bare values are stated",
    (
        Field("by", OneOf((OWN,)), f"`{OWN}`: by whoever the [floor](#the-floor) asks for", required=True),
        Field("kind", NameOf("kind of evidence"), "the kind of evidence", required=True),
        Field("date", Day(), "the day that it is of"),
    ),
)
ON_EVIDENCE, ON_FILE = "stage decided on evidence", "stage decided on a file"
"""Kinds of stages: by their decision list."""
SUSPICION = Form(
    "a suspicion",
    (
        Field("stage", NameOf(ON_EVIDENCE), "the stage that is held to be the cause", required=True),
        Field("by", NameOf("respondent"), "the role of whoever suspects it"),
        Field("author", IDENTIFIER, "who that is, by an identifier"),
        Field("date", Day(), "since when"),
    ),
)
ENTRY_ID = IDENTIFIER
"""The id of an action or session: people take a number, or the word for it."""
_SAYS = (
    Field("by", NameOf("respondent"), "the role that says so"),
    Field("author", IDENTIFIER, "who that is, by an identifier"),
)
_SIGNS = (
    _SAYS[0]._replace(required=True),
    _SAYS[1],
    Field("date", Day(), "the day of it", required=True, beyond="it is not still to come"),
)
EVENT = Form(
    "an event",
    (
        Field("change", OneOf(VOIDS), "what changed", required=True),
        Field("date", Day(), "its first day", required=True, beyond="it is not still to come"),
        Field("days", Amount(1, 3660, whole=True), "how long an absence lasted"),
        *_SAYS,
        Field("kind", NameOf("kind of evidence"), "the kind of evidence (see [ranks](#ranks))"),
    ),
    (Demand(("days",), needed=True, given="change", values=("absence",)),),
)
JUDGED = Form("a judgement by hand", (Field("worked", FLAG, "whether it worked", required=True), *_SIGNS))
ACTION = Form(
    "an action",
    (
        Field("id", ENTRY_ID, "what it is called in this case", required=True, beyond="no other action has it"),
        Field("intervention", NameOf("intervention"), "the intervention that was taken on or declined", required=True),
        Field("rules", ListOf(RULE_ID, single=False), "the rules that recommended it"),
        Field("owner", IDENTIFIER, "who does it, by an identifier; an accepted one needs it"),
        Field("start", Day(), "the day on which it begins; an accepted one needs it"),
        Field(
            "until", Day(), "the day on which it is judged, where the judge says `set`", beyond="it is after `start`"
        ),
        Field("state", OneOf((ACCEPTED, DECLINED)), "whether somebody took it on", required=True),
        Field("reason", TEXT, "why; a declined one needs it"),
        *_SAYS,
        Field("form", TEXT, "in which form it was given, where it praises somebody"),
        Field("named", TEXT, "the name by which the playbook may show whom it praises, who agreed to that"),
        Field("judged", ListOf(JUDGED, single=False), "whether it worked, where the judge says `by_hand`"),
    ),
    (
        Demand(("owner",), needed=True, given="state", values=(ACCEPTED,)),
        Demand(("start",), needed=True, given="state", values=(ACCEPTED,)),
        Demand(("reason",), needed=True, given="state", values=(DECLINED,)),
    ),
)
CONFIRMATION = Form("a confirmation", _SIGNS)
CONTEST = Form("a contest", (_SIGNS[2], Field("reason", TEXT, "why", required=True)))
SESSION = Form(
    "a session",
    (
        Field("id", ENTRY_ID, "what it is called in this case", required=True, beyond="no other session has it"),
        Field("action", IDENTIFIER, "the id of its action", required=True, beyond="an accepted action of this case"),
        Field("what", OneOf(SESSIONS), "what it is", required=True),
        Field("date", Day(), "the day of it", required=True,
            beyond="it is not before the action begins; one that was held is not still to come"),
        Field("held", FLAG, "`false`: it was missed, or is still to come", required=True),
        *_SAYS,
        Field("confirmed", ListOf(CONFIRMATION, single=False), "who confirms that it was held"),
        Field("contested", CONTEST, "what the person concerned says against it"),
        Field("withdrawn", CONTEST, "the contest taken back, which stays in sight"),
    ),
    (Demand(("contested",), needed=True, given="withdrawn"),),
)  # fmt: skip


def _listed(kind: str) -> ListOf:
    return ListOf(NameOf(kind), single=False, distinct=True)


STATUSES = Form("the statuses", (Field("a stage", StatusOf(), "its status", each=ON_EVIDENCE),))
EXPECT = Form(
    "what is expected",
    (
        Field("mode", NameOf("mode"), "the mode"),
        Field("verdict", NameOf("verdict"), "the verdict on the whole case"),
        Field("stages", STATUSES, "stage: status, for some or all stages"),
        Field(
            "concluded",
            Either((NameOf(ON_EVIDENCE), Nothing())),
            "the concluded stage, or `null`",
        ),
        Field("a stage that is decided on a file", StatusOf(), "its status", each=ON_FILE),
        Field("fired", _listed("rule"), "all true rules"),
        Field("recommend", _listed("intervention"), "all interventions that are recommended"),
        Field("may_recommend", _listed("intervention"), "interventions that are allowed beside them"),
        Field(
            "never_recommend",
            _listed("intervention"),
            "interventions that must not be recommended",
            beyond="none of them stands in the other two lists",
        ),
        Field("next_questions", _listed("term"), "the terms asked next"),
    ),
)
CASE = Form(
    "the case",
    (
        Field("case", CASE_NAME, "the name of the case; left out: the file's name"),
        Field("title", TEXT, "a headline, for readers"),
        Field("story", TEXT, "what happened, for readers"),
        Field(
            "subject",
            SUBJECT,
            "`kind` states the ladder's `subject_term`, where that fact is not stated itself; `ref` is a pseudonym, "
            "never a name",
        ),
        Field("period", PERIOD, "`from` and `to`, the period under review"),
        Field(
            "result",
            RESULT,
            "goal and result in money: short for statements on the ladder's `result_terms`",
            beyond="a share of the goal that the file states agrees with it",
        ),
        Field("asked_by", ASKED_BY, "who asked for the review. Left out: the ladder's `asked_by`"),
        Field(
            "suspects",
            ListOf(SUSPICION, single=False),
            "the stages that somebody suspects: their questions come first, and the diagnosis answers each "
            "(see [likely](#likely))",
        ),
        Field("follows", CASE_NAME, "the name of the review before this one, of the same subject"),
        Field("events", ListOf(EVENT, single=False), "changes in the firm, and absences, since the actions began"),
        Field("actions", ListOf(ACTION, single=False), "the interventions that somebody took on or declined"),
        Field("sessions", ListOf(SESSION, single=False), "the dated rows of actions"),
        Field("facts", FACTS, "what was stated", required=True),
        Field("stated", STATED, "how the bare values of a [worked case](#worked-cases) are stated"),
        Field("expect", EXPECT, "what must come out, in [worked cases](#worked-cases)"),
        Field("why", TEXT, "why that must come out, for readers"),
        Field("was", Anything(), "what the rules below expect of the same case; written by `salesdx test --review`"),
        Field(
            "interview",
            Anything(),
            "what an interview must know when it goes on; written by `salesdx interview`, and read by nothing else",
        ),
    ),
)
