"""The types of the JSON that is given to other programs, each key with its meaning.

Data alone: the JSON Schema and the tables of the docs are made from it. A key may be added, never renamed;
whoever reads passes over keys that they do not know.
"""

from typing import Annotated, Literal, NotRequired, TypedDict

DIAGNOSIS = "salesdx.diagnosis/2"

JsonPoint = bool | int | float | str
"""A value: true or false, a number, a word of an enum, or a date as YYYY-MM-DD."""


class IntervalData(TypedDict):
    """A number or date that is known between two ends, which are both inside."""

    low: Annotated[JsonPoint | None, "the lowest value that it can have; null where there is no bound"]
    high: Annotated[JsonPoint | None, "the highest value that it can have"]
    best: NotRequired[Annotated[JsonPoint, "an estimate for readers, which decides nothing"]]


JsonValue = JsonPoint | IntervalData
"""A fact's value: a point, or an interval."""


PeriodData = TypedDict(
    "PeriodData",
    {
        "from": Annotated[str, "the first day of the period under review, as YYYY-MM-DD"],
        "to": Annotated[str, "its last day"],
    },
)


class SubjectData(TypedDict):
    """Whom or what a case is about."""

    kind: Annotated[str, "what the case is about: a value of the ladder's `subject_term`"]
    ref: NotRequired[Annotated[str, "who or which one, in the firm's own words"]]


class DecisiveData(TypedDict):
    """A name that a decisive comparison reads."""

    term: Annotated[str, "a term or finding that the comparison reads"]
    label: Annotated[str, "what people read in its place"]
    value: Annotated[JsonValue | None, "what it is in this case; null where it is unknown"]
    test: Annotated[str, "the comparison as its author wrote it, without quotes"]
    limits: Annotated[list[str], "the names of the limits whose numbers it has"]
    holds: Annotated[bool, "whether the comparison is true"]


class WeakData(TypedDict):
    """A fact below the floor of a stage that rests on it."""

    term: Annotated[str, "the term"]
    label: Annotated[str, "what people read in its place"]
    why: Annotated[str, "why it does not meet the floor: whose word it is, of what kind, of which day"]


class StandingData(TypedDict):
    """On what the status of a stage rests."""

    passed: Annotated[bool, "whether the ladder goes on behind the stage, as it does where it is ruled out"]
    asked: Annotated[bool, "whether the ladder asks for more evidence here"]
    held_by: Annotated[
        list[str],
        "where the stage is held, the earlier stages that hold it: those that are not passed, and before the personnel "
        "stage those that are not proved either; else empty",
    ]
    decisive: Annotated[
        list[DecisiveData],
        "the comparisons on which the status rests, an entry for each name that one reads: of the mode, of "
        "`applies_when`, of `ruled_out_when`, or of the rules that the ladder counts; of an open stage, those that "
        "keep it from being ruled out",
    ]
    signs: Annotated[list[str], "the true rules that can confirm the stage, in rule order"]
    unproven: Annotated[list[WeakData], "the facts below the floor because of which what leads here is not proved"]
    explains_pct: Annotated[
        float | IntervalData | None,
        "the largest share of the gap that its true rules explain, in percent; null where they give none",
    ]


class StageData(TypedDict):
    """A stage that evidence decides."""

    id: Annotated[str, "the stage, as the ladder names it"]
    title: Annotated[str, "its title"]
    status: Annotated[str, "a status that the ladder gives"]
    held: Annotated[bool, "confirmed, but behind a stage that is not passed: nothing is recommended"]
    concluded: Annotated[bool, "the cause to act on"]
    findings: Annotated[list[str], "what its true rules found"]
    missing: Annotated[list[str], "the unknown terms that keep it open"]
    standing: Annotated[StandingData, "on what the status rests"]


class VerdictData(TypedDict):
    """The result of the whole case in a word."""

    id: Annotated[str, "a verdict of the ladder"]
    says: Annotated[str, "what the ladder says to readers about it; may be empty"]


class FileData(TypedDict):
    """A stage that people decide on a file."""

    id: Annotated[str, "the stage, as the ladder names it"]
    title: Annotated[str, "its title"]
    status: Annotated[str, "a status that the ladder gives"]
    blocked_by: Annotated[list[str], "the true rules that keep the file from being complete"]
    missing: Annotated[list[str], "the unknown terms that the file lacks"]
    reached: Annotated[bool, "whether the stage before it is concluded; before that nothing blocks or is missing"]
    unproven: Annotated[list[WeakData], "the facts below the floor because of which what leads here is not proved"]


class FiredData(TypedDict):
    """A true rule."""

    rule: Annotated[str, "the rule, by its id"]
    stage: Annotated[str, "the stage or group that it belongs to"]
    strength: Annotated[str, "how much it proves: a class of the ladder's `strengths`"]
    finding: Annotated[str, "what it found"]
    because: Annotated[str, "its explanation, with the values of this case"]
    facts: Annotated[dict[str, JsonValue | None], "the terms that its condition reads, with their values"]
    title: Annotated[str, "what the rule says in a few words; may be empty"]


class RecommendationData(TypedDict):
    """An intervention and the rules that gave it."""

    intervention: Annotated[str, "the intervention, by its id"]
    title: Annotated[str, "its title"]
    owner: Annotated[str, "who carries it out"]
    do: Annotated[str, "what is done"]
    judge_after: Annotated[str, "when its effect can be judged"]
    worked_when: Annotated[str, "the measure by which it is judged"]
    rules: Annotated[list[str], "the true rules that give it"]
    personnel: Annotated[bool, "whether it acts on a person"]


class UnrecommendedData(RecommendationData):
    """An intervention that is not recommended now, and why."""

    why: Annotated[str, "why it is not recommended"]


class QuestionData(TypedDict):
    """A question that is asked next."""

    term: Annotated[str, "the term that is asked"]
    question: Annotated[str, "what is asked"]
    respondent: Annotated[str, "who is to be asked now; empty for a term that is computed"]
    label: Annotated[str, "what people read in the place of the term"]
    declined: Annotated[bool, "whether all who may answer said not to know it, or excused it: nobody is left to ask"]


class UnexaminedData(TypedDict):
    """A rule at which nobody looked, in a stage that counts as ruled out."""

    rule: Annotated[str, "the rule, by its id"]
    stage: Annotated[str, "its stage"]
    strength: Annotated[str, "how much it would prove"]
    terms: Annotated[list[str], "the unknown terms that would decide it"]


class WithdrawnData(TypedDict):
    """The withdrawal of a statement."""

    date: Annotated[str, "the day of it, as YYYY-MM-DD"]
    reason: Annotated[str, "why"]


class ReportData(TypedDict):
    """A report that shows a value."""

    name: Annotated[str, "what it is called"]
    digest: Annotated[str, "the SHA-256 digest of its file"]


class StatementData(TypedDict):
    """What one respondent said of a term."""

    value: NotRequired[Annotated[JsonValue, "what was stated"]]
    unknown: NotRequired[Annotated[str, "why no value was stated"]]
    by: NotRequired[Annotated[str, "who stated it"]]
    author: NotRequired[Annotated[str, "the person, by an identifier"]]
    kind: NotRequired[Annotated[str, "the kind of evidence"]]
    source: NotRequired[Annotated[str, "where it was read"]]
    date: NotRequired[Annotated[str, "of which day it is, as YYYY-MM-DD"]]
    reason: NotRequired[Annotated[str, "why the fact does not apply"]]
    note: NotRequired[Annotated[str, "a remark"]]
    drawn: NotRequired[Annotated[str, "the entry of the evidence file from which a program drew it"]]
    withdrawn: NotRequired[Annotated[WithdrawnData, "its author takes it back"]]
    report: NotRequired[Annotated[ReportData, "the report that shows the value"]]
    used: Annotated[bool, "whether this statement is used"]


class SaidData(TypedDict):
    """A statement that does not count, on its term."""

    term: Annotated[str, "the term"]
    label: Annotated[str, "what people read in its place"]
    statement: Annotated[StatementData, "what was said of it"]


class TurnData(TypedDict):
    """What the result would be under one of several disputed values."""

    value: Annotated[JsonValue, "a value that was stated"]
    result: Annotated[str, "the result if it counted, in words"]


class ConflictData(TypedDict):
    """Statements on one term that disagree."""

    term: Annotated[str, "the term on which statements disagree"]
    used: Annotated[JsonValue | None, "the value that is used; null where the fact is disputed"]
    unknown: Annotated[str | None, "why there is none"]
    why: Annotated[str, "why this one is used, or none"]
    statements: Annotated[list[StatementData], "what was stated"]
    turns: Annotated[list[TurnData], "under a disputed fact, the result under each value; else empty"]
    label: Annotated[str, "what people read in the place of the term"]


class ProofData(TypedDict):
    """What a certificate says of the rule base."""

    current: Annotated[bool, "whether the certificate is of these very files"]
    proved: Annotated[list[str], "the properties that are proved for every possible case"]
    prover: Annotated[str, "by which prover"]


class FurtherData(TypedDict):
    """What goes further than the base, and who signed for it."""

    edits: Annotated[list[str], "the changed pieces"]
    doors: Annotated[list[str], "the doors to a person that they open"]
    property: NotRequired[Annotated[str, "the property of the base that is not kept, in the place of edits"]]
    silence: NotRequired[Annotated[str, "the check that a comment silences, in the place of edits"]]
    author: Annotated[str, "who signed, a name that was typed"]
    reason: Annotated[str, "why that is right"]


class RuleBaseData(TypedDict):
    """Which rules made the result."""

    digest: Annotated[str, "the SHA-256 of the files"]
    version: Annotated[str, "the version of the content"]
    proof: NotRequired[Annotated[ProofData, "what a certificate that lies beside the rules says"]]
    further: NotRequired[Annotated[list[FurtherData], "in what the rules go further than their base"]]


class GapData(TypedDict):
    """Goal, result and what is missing, in money."""

    goal: Annotated[float | IntervalData | None, "what was to be reached; null where it is not known"]
    reached: Annotated[float | IntervalData | None, "what was reached"]
    missing: Annotated[float | IntervalData | None, "the goal less what was reached; null where one is not known"]
    currency: Annotated[str | None, "the currency; null where nobody said"]


class NeedData(TypedDict):
    """A fact that is needed before a likely cause can be concluded."""

    term: Annotated[str, "the term"]
    label: Annotated[str, "what people read in its place"]
    respondent: Annotated[str, "who is to be asked now; empty for a term that is computed"]
    effort: Annotated[int, "how much work the answer is, from 1 (look it up) to 5 (a study)"]
    declined: Annotated[bool, "whether all who may answer said not to know it, or excused it: nobody is left to ask"]


class CauseData(TypedDict):
    """A stage that may be the cause, or that contributes to what is missing. Never one about a person."""

    stage: Annotated[str, "the stage, as the ladder names it"]
    title: Annotated[str, "its title"]
    sign: Annotated[str, "how strong its signs are: the strongest class where the stage is confirmed"]
    signs: Annotated[list[str], "the true rules that can confirm it"]
    provided: Annotated[list[str], "the earlier stages that are not passed: it is the cause if they are not"]
    needs: Annotated[list[NeedData], "the facts that keep those earlier stages open"]
    explains_pct: Annotated[
        float | IntervalData | None,
        "the largest share of the gap that its true rules explain, in percent; null where they give none",
    ]


class SuspectedData(TypedDict):
    """What becomes of a stage that somebody suspects."""

    stage: Annotated[str, "the stage that is suspected"]
    answer: Annotated[
        Literal["confirmed", "refuted", "not_applicable", "not_tested"],
        "whether the stage is confirmed, ruled out, does not apply, or is not tested yet",
    ]
    by: Annotated[str, "the role of whoever suspects it; may be empty"]
    because: Annotated[list[str], "the rules and terms that answer it; where it is not tested, what it needs"]


class ActionData(TypedDict):
    """What became of an intervention that somebody took on or declined."""

    action: Annotated[str, "what it is called in the case"]
    intervention: Annotated[str, "the intervention"]
    owner: Annotated[str, "who does it, by an identifier; empty where it was declined"]
    start: Annotated[str | None, "the day on which it begins, as YYYY-MM-DD; null where it was declined"]
    state: Annotated[
        Literal["declined", "running", "due", "closed"],
        "`running` before it can be judged, `due` while it can, `closed` once it is decided or its time is over",
    ]
    outcome: Annotated[str | None, "`worked`, `not_worked`, `too_early` or `not_measured`; null where it was declined"]
    reason: Annotated[str, "why it was declined, is not decided yet, or was not measured; may be empty"]


class HandOverData(TypedDict):
    """What one respondent is still to be asked."""

    respondent: Annotated[str, "who can answer"]
    terms: Annotated[list[str], "the terms that a report names as needed from him or her"]


class EngineData(TypedDict):
    """Which program made the result."""

    name: Annotated[str, "the engine that found the true rules"]
    checked_by: Annotated[str | None, "the engine that it was compared with"]
    version: Annotated[str, "the version of salesdx"]
    note: NotRequired[Annotated[str, "why another engine could not run"]]


class DiagnosisData(TypedDict):
    """The diagnosis of one case."""

    schema: Annotated[Literal["salesdx.diagnosis/2"], "which form this is"]
    case: Annotated[str, "the name of the case"]
    worked: NotRequired[
        Annotated[
            Literal[True],
            "it is a worked case, an example: of some of its facts it is only supposed that those who must know state "
            "them; the key is there where it is one",
        ]
    ]
    trial: NotRequired[
        Annotated[
            Literal[True],
            "it is a trial, which can never be signed: the trail knows its people, and nobody has adopted these rules; "
            "the key is there where it is one",
        ]
    ]
    subject: Annotated[SubjectData | None, "whom or what the case is about; null where nobody said"]
    period: Annotated[PeriodData | None, "the period under review; null where nobody said"]
    mode: Annotated[str, "a mode of the ladder"]
    verdict: Annotated[VerdictData | None, "the result of the whole case; null where the ladder gives none"]
    stages: Annotated[list[StageData], "the stages that evidence decides, in the ladder's order"]
    concluded: Annotated[str | None, "the stage that is concluded"]
    files: Annotated[list[FileData], "the stages that people decide on a file, in the ladder's order"]
    fired: Annotated[list[FiredData], "every true rule, in the order of rules"]
    recommendations: Annotated[list[RecommendationData], "what is right to do"]
    alternatives: Annotated[list[UnrecommendedData], "what would be right too, where another form is preferred"]
    suppressed: Annotated[list[UnrecommendedData], "what must not be done now"]
    next_questions: Annotated[list[QuestionData], "what is asked next"]
    unexamined: Annotated[
        list[UnexaminedData],
        "signs that are unknown still, of stages that count as ruled out: each could confirm its stage",
    ]
    gap: Annotated[GapData | None, "goal, result and what is missing, in money; null where no amount is known"]
    likely: Annotated[
        list[CauseData],
        "the stages that may be the cause, the likeliest first: confirmed ones and those with a moderate sign; empty "
        "where one is concluded or the goal was met",
    ]
    contributing: Annotated[list[CauseData], "the other confirmed stages, where one is concluded"]
    not_explained_pct: Annotated[
        float | IntervalData | None,
        "how much of the gap the concluded stage and the contributing ones leave, in percent; null where no share is "
        "known",
    ]
    suspects: Annotated[list[SuspectedData], "what becomes of the stages that somebody suspects"]
    hand_over: Annotated[list[HandOverData], "who is to be asked what, as the reports name it"]
    actions: NotRequired[Annotated[list[ActionData], "what was done about it; there where something was"]]
    conflicts: Annotated[list[ConflictData], "statements that disagree, and which was used"]
    withdrawn: NotRequired[
        Annotated[list[SaidData], "statements that their authors took back; the key is there where there are some"]
    ]
    left_out: NotRequired[
        Annotated[
            list[SaidData],
            "statements that an earlier record of the subject holds and this case lacks; the key is there where there "
            "are some",
        ]
    ]
    notes: Annotated[
        list[str],
        "divisions by zero, modes that were passed over, facts said not to apply that may, and percentages that may be "
        "meant as fractions",
    ]
    rule_base: Annotated[RuleBaseData, "by which rules"]
    engine: Annotated[EngineData, "by which engine"]
