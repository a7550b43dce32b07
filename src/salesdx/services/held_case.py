"""A case that a service holds as the text of its case file, and the interview of one person on it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.case.bounds import AnswerError
from salesdx.case.case_fields import PSEUDONYM
from salesdx.case.file import case_from_text
from salesdx.case.left_out import recorded_statement, statement_data
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement
from salesdx.case.typed import RIGHT, read_answer
from salesdx.case.writing import new_case, write_fact, write_head
from salesdx.interview.conversation import Conversation
from salesdx.interview.meaning import suspectable
from salesdx.interview.opening import PERIOD, REF, SUBJECT, SUSPICION, check_pseudonym, is_about_somebody, read_head
from salesdx.interview.speaker import Speaker
from salesdx.services.next_review import holds_in

NAMES = ("later", "history", "kept", "again")
"""What of an interview is a list of terms."""


@dataclass(frozen=True)
class Undo:
    """How the last answer can be undone: its term, and what the person had said before; None: nothing."""

    term: str
    before: Statement | None


def speaker_of(person: str, role: str) -> Speaker:
    """Who answers with a login: the role in use speaks, by the person's identifier."""
    return Speaker(role, person, (role,))


def held_interview(
    base: RuleBase, text: str, shown: str, speaker: Speaker, standing: Mapping[str, Any], today: date
) -> Conversation:
    """The interview of somebody on a case, as it stands. ``standing`` is of `standing_of`, and may be empty.

    Raises CaseError where the rules have changed so that the text cannot be read by them any more.
    """
    memory = replace(case_from_text(text, shown, base), today=today)
    later, history, kept, again = (tuple(name for name in standing.get(key, ()) if name in base.terms) for key in NAMES)
    return Conversation(
        base,
        memory,
        later=later,
        history=history or tuple(memory.statements),
        speaker=speaker,
        kept=kept,
        again=tuple(name for name in again if memory.said_by(name, speaker.voice) is not None),
        further=bool(standing.get("further")),
    )


def standing_of(conversation: Conversation, undo: Undo | None = None, told: tuple[str, ...] = ()) -> dict[str, Any]:
    """What must be kept of an interview beside its case, as JSON has it; ``told`` is what the last answer did."""
    kept: dict[str, Any] = {key: list(getattr(conversation, key)) for key in NAMES}
    if conversation.further:
        kept["further"] = True
    if undo is not None:
        before = undo.before and statement_data(undo.before)
        kept["undo"] = {"term": undo.term, "before": before, "told": list(told)}
    return kept


def undo_of(base: RuleBase, standing: Mapping[str, Any]) -> Undo | None:
    """How the last answer can be undone; None where it cannot."""
    found = standing.get("undo")
    if not found or found["term"] not in base.terms:
        return None
    before = found["before"]
    return Undo(found["term"], before and recorded_statement(base, found["term"], before))


def held_text(text: str, after: Conversation, name: str) -> str:
    """The text of a case with an answer that was given in its interview."""
    return write_fact(text, after.memory.case, after.base, after.memory, name)


def mark_of(memory: WorkingMemory, name: str) -> str:
    """What was said of a term so far, as a digest: a form that carries it was made of just that."""
    told = [statement_data(said) for said in memory.statements.get(name, ())]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


class BeginFaults(Exception):
    """What keeps a case from being begun: the part of the form -> what is wrong with it."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(str(dict(faults)))
        self.faults = dict(faults)


@dataclass(frozen=True)
class Headed:
    """A case with another head: as it was and as it is, and its text."""

    before: WorkingMemory
    after: WorkingMemory
    text: str


def begin_case(
    base: RuleBase, name: str, speaker: Speaker, told: Mapping[str, str], today: date, old: WorkingMemory | None = None
) -> str:
    """The text of a new case. ``told`` is what was typed: subject, ref, period, suspicion, and the ladder's result
    terms by their keys. Subject and period are required, and a pseudonym where the subject is a person. What the
    speaker answered in an ``old`` case on the same subject, and still holds, comes along.

    Raises BeginFaults with all that is wrong.
    """
    faults = dict[str, str]()
    memory = _headed(WorkingMemory(base, {}, name, today=today), speaker, told, (SUBJECT, PERIOD, SUSPICION), faults)
    for fact, said in _still_holds(memory, old, speaker) if old is not None and not faults else ():
        memory = memory.saying(fact, said)
    if old is not None and not faults and dict(memory.subject) == dict(old.subject):
        memory = replace(memory, followed=replace(old.followed, follows=old.case))
    conversation = Conversation(base, memory, speaker=speaker)
    for key, term in ((key, base.terms[term]) for key, term in base.ladder.result_terms.items()):
        if not (text := told.get(key, "").strip()):
            continue
        try:
            answer = read_answer(term, text, today)
            if answer.ask_back and not answer.ask_back.endswith(RIGHT):
                raise AnswerError(answer.ask_back)  # a rough amount is taken as it is understood, and is shown so
            made = Statement(answer.value, answer.unknown, note=answer.written)
            conversation, turn = conversation.answer(term, made, answer.echo, today)
            if turn.kind == "fault":
                raise AnswerError(turn.text)
        except AnswerError as error:
            faults[key] = str(error)
    if faults:
        raise BeginFaults(faults)
    return new_case(conversation.memory)


def changed_head(
    base: RuleBase, text: str, name: str, speaker: Speaker, told: Mapping[str, str], today: date
) -> Headed:
    """A case with another subject or period; ``told`` is what was typed, as `begin_case` has it. Raises BeginFaults,
    also for another subject where others have answered: they spoke of the one before."""
    faults = dict[str, str]()
    memory = replace(case_from_text(text, name, base), today=today)
    after = _headed(memory, speaker, told, (SUBJECT, PERIOD), faults)
    said = (one for name, all_ in memory.statements.items() if name not in memory.fixed for one in all_ if one.stands)
    if dict(after.subject) != dict(memory.subject) and any(one.voice != speaker.voice for one in said):
        faults[SUBJECT] = "others have answered about the one before: begin another review about this one"
    if faults:
        raise BeginFaults(faults)
    return Headed(memory, after, write_head(text, name, after))


def head_typed(memory: WorkingMemory) -> dict[str, str]:
    """What a case is about and its period as somebody would type it."""
    kind, ref, period = memory.subject.get("kind", ""), memory.subject.get("ref", ""), memory.period
    return {SUBJECT: kind, REF: ref, PERIOD: f"{period[0]} to {period[1]}" if period else ""}


def _headed(
    memory: WorkingMemory, speaker: Speaker, told: Mapping[str, str], steps: Iterable[str], faults: dict[str, str]
) -> WorkingMemory:
    """A case with the head that was typed; what is wrong with it goes to ``faults``."""
    base, today = memory.base, memory.today
    assert today is not None
    for step in steps:
        text = told.get(step, "").strip()
        try:
            if not text and step != SUSPICION:
                raise AnswerError(
                    "choose what it is about" if step == SUBJECT else "a period is needed: else nothing grows old"
                )
            memory = read_head(base, memory, step, text, speaker, today).memory
            if step == SUBJECT:
                memory = _with_ref(base, memory, told.get(REF, "").strip(), faults)
            if step == PERIOD and memory.period is None:
                raise AnswerError("a period is needed: without one no evidence grows old")
        except AnswerError as error:
            faults[step] = str(error)
    return memory


def _still_holds(memory: WorkingMemory, old: WorkingMemory, speaker: Speaker) -> Iterator[tuple[str, Statement]]:
    """What the speaker said in an old case and holds in a new one: on the same subject, not too old for its period, and
    not on a period that is another one now."""
    if dict(memory.subject) != dict(old.subject):
        return
    for name in old.statements:
        term, said = memory.base.terms[name], old.said_by(name, speaker.voice)
        if said is None or name in memory.fixed or name in old.fixed:
            continue
        assert memory.today is not None
        if holds_in(memory.base, term, said, old.period, memory.period, memory.today):
            yield name, said


def _with_ref(base: RuleBase, memory: WorkingMemory, ref: str, faults: dict[str, str]) -> WorkingMemory:
    """The case with the pseudonym of whom or what it is about."""
    if is_about_somebody(base, memory):
        try:
            check_pseudonym(ref)
        except AnswerError as error:
            needed = "a pseudonym is needed where it is about a person, such as E-1042; never a name"
            faults[REF] = str(error) if ref else needed
            return memory
    elif ref and not PSEUDONYM.fits(ref):
        faults[REF] = "letters, digits, `.`, `-` and `_` without spaces; never a name"
        return memory
    if ref:
        return memory.headed({**memory.subject, "ref": ref}, memory.period)
    return memory


def suspected(base: RuleBase) -> tuple[tuple[str, str], ...]:
    """The steps that can be suspected, each by what `begin_case` reads and by its title."""
    return tuple((str(number), stage.title) for number, stage in enumerate(suspectable(base), 1))
