"""What the head of a case says, as it can be changed at any time, and which answers hang on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from salesdx.base.applying import always_applies
from salesdx.base.model import PERIOD as WHOLE_PERIOD
from salesdx.base.model import RuleBase, Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import shown_value, untimely
from salesdx.interview.meaning import suspectable
from salesdx.interview.opening import PERIOD, REF, SUBJECT, SUSPICION, is_about_somebody, own_suspicions, period_words
from salesdx.interview.overview import overview
from salesdx.interview.speaker import Speaker
from salesdx.text.english import listed

WORDS = {"period": PERIOD, "subject": SUBJECT, "pseudonym": REF, "suspicion": SUSPICION}
"""What a part of the head is called behind `change`."""


@dataclass(frozen=True, slots=True)
class HeadLine:
    """A part of the head of a case: the step that asks for it, what it is called, and what stands there."""

    step: str
    label: str
    told: str


def head_lines(base: RuleBase, memory: WorkingMemory, speaker: Speaker) -> tuple[HeadLine, ...]:
    """The parts of a head in the order in which they are asked; of suspicions those of the speaker."""
    found = [HeadLine(PERIOD, "Period", period_words(memory.period) if memory.period else "none")]
    subject = base.terms.get(base.ladder.subject_term)
    if subject is not None:
        fact = memory.fact(subject.name)
        found.append(HeadLine(SUBJECT, subject.called, shown_value(fact.value) if fact.value else str(fact.unknown)))
    if is_about_somebody(base, memory):
        found.append(HeadLine(REF, "Pseudonym", memory.subject.get("ref", "none")))
    if suspectable(base):
        titles = [f"“{base.home[one.stage].title}”" for one in own_suspicions(memory, speaker)]
        found.append(HeadLine(SUSPICION, "What you suspect", listed(titles) or "nothing"))
    return tuple(found)


def meant_line(lines: tuple[HeadLine, ...], text: str, numbered: int) -> tuple[HeadLine, str] | None:
    """The part of a head with which a text begins, by its word or its number behind those of the answers, and what
    stands behind that; None where there is none."""
    word, _, behind = text.partition(" ")
    by_word = {name: line for name, step in WORDS.items() for line in lines if line.step == step}
    by_number = {str(numbered + n): line for n, line in enumerate(lines, 1)}
    line = (by_word | by_number).get(word.casefold())
    return None if line is None else (line, behind)


def hanging(before: WorkingMemory, after: WorkingMemory, speaker: Speaker, names: Iterable[str]) -> tuple[str, ...]:
    """Those of a speaker's answers that were given for another subject or period and can still decide something."""
    moved = _is_other(before, after)
    told = [name for name in names if moved or (before.period != after.period and _of_period(after, speaker, name))]
    subject = after.base.ladder.subject_term
    return deciding_answers(after, [name for name in told if not always_applies(after.base.terms[name], subject)])


def deciding_answers(memory: WorkingMemory, names: Iterable[str]) -> tuple[str, ...]:
    """Those of some answered terms of which another answer could still change something."""
    if not (wanted := tuple(names)):
        return ()
    deciding = {line.term.name for line in overview(memory.base, memory) if line.decides}
    return tuple(name for name in wanted if name in deciding)


def is_of_period(term: Term) -> bool:
    """Whether a term is about the period of the case, and not about a day in it."""
    return WHOLE_PERIOD in (term.covers, term.valid_for)


def _is_other(before: WorkingMemory, after: WorkingMemory) -> bool:
    """Whether a case is about something or somebody else now."""
    subject, ref = after.base.ladder.subject_term, before.subject.get("ref")
    kinds = [memory.values.get(subject) for memory in (before, after)]
    return kinds[0] != kinds[1] or ref not in (None, after.subject.get("ref"))


def _of_period(memory: WorkingMemory, speaker: Speaker, name: str) -> bool:
    """Whether an answer is about a period, or of a day that does not count for the present one."""
    term, said = memory.base.terms[name], memory.said_by(name, speaker.voice)
    late = said is not None and said.value is not None and untimely(term, said, memory.period, memory.today)
    return is_of_period(term) or bool(late)
