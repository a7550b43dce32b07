"""What an interview asks before its first question: who speaks, the period, whom it is about, and what is suspected."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from salesdx.base.model import RuleBase, Stage
from salesdx.case.bounds import AnswerError
from salesdx.case.case_fields import PSEUDONYM
from salesdx.case.head import Suspicion
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown, shown_value
from salesdx.case.typed import NOT_KNOWN, answer_form, read_answer, split_reason
from salesdx.case.typed_dates import DAY_HELP, read_dates
from salesdx.case.typed_numbers import MAX_TYPED
from salesdx.interview.meaning import meant_roles, meant_stages, role_hint, suspectable
from salesdx.interview.speaker import Speaker
from salesdx.language.conditions import truth
from salesdx.language.truth import TRUE
from salesdx.text.english import listed

SPEAKER, PERIOD, SUBJECT, REF, SUSPICION = "speaker", "period", "subject", "ref", "suspicion"
ALWAYS = "this always applies, since other questions apply by it: answer {}, or `don't know`"
NOTHING = {*NOT_KNOWN, "", "no", "none", "nothing", "skip"}
"""What leaves a step of the opening unanswered."""
PERIODS = "2026-Q3, September 2026, 2026-07-01 to 2026-09-30"
A_PERIOD = f"a period has a first and a last day: {PERIODS}"
_NO_YEAR = re.compile(r"(?:q|quarter )([1-4])", re.I)
_QUARTER = re.compile(r"(?:(?P<a>\d{4})[ -]?q(?P<b>[1-4])|(?:q|quarter )(?P<c>[1-4])(?:/| of |-| )?(?P<d>\d{4}))")


@dataclass(frozen=True, slots=True)
class HeadQuestion:
    """A question about the head of a case: what an answer looks like, and what Enter takes; empty where it skips."""

    text: str
    form: str
    enter: str = ""
    skip: str = ""
    """What Enter does in words, where it leaves the question out."""


@dataclass(frozen=True, slots=True)
class HeadAnswer:
    """The case and the speaker after an answer, what was understood, and what is to be asked because of it."""

    memory: WorkingMemory
    speaker: Speaker
    echo: str
    more: tuple[str, ...] = ()


def opening_steps(base: RuleBase, memory: WorkingMemory) -> tuple[str, ...]:
    """What is to be asked of a case at the start: who speaks, and what its head does not say."""
    subject = base.ladder.subject_term
    wanted = {
        SPEAKER: bool(base.respondents),
        PERIOD: memory.period is None,
        SUBJECT: subject in base.terms and subject not in memory.statements,
        REF: is_about_somebody(base, memory) and "ref" not in memory.subject,
        SUSPICION: bool(suspectable(base)) and not memory.head.suspects,
    }
    return tuple(step for step, holds in wanted.items() if holds)


def head_question(base: RuleBase, step: str, speaker: Speaker, today: date, stands: str = "") -> HeadQuestion:
    """The question of one step; ``speaker`` is the one who is proposed, and where something ``stands`` that is to be
    changed, Enter keeps it."""
    found = _asked(base, step, speaker, today)
    if not stands:
        return replace(found, form=f"{found.form}; {found.skip}") if found.skip else found
    return replace(found, form=found.form + "; `nothing` takes it back" * bool(found.skip), enter=f"{stands}, as it is")


def _asked(base: RuleBase, step: str, speaker: Speaker, today: date) -> HeadQuestion:
    if step == SPEAKER:
        return HeadQuestion("Who answers here?", _numbered(base.respondents.values()), base.respondents[speaker.by])
    if step == PERIOD:
        form = f"such as {PERIODS}; `don't know` leaves it out"
        return HeadQuestion("Which period is this about?", form, period_words(last_quarter(today)))
    if step == SUBJECT:
        term = base.terms[base.ladder.subject_term]
        return HeadQuestion(term.question, answer_form(term))
    if step == REF:
        form, skip = (
            "a pseudonym such as E-1042, never a name",
            "Enter leaves it out, and then nothing is said of the person",
        )
        return HeadQuestion("Under which pseudonym is the person kept?", form, skip=skip)
    form = f"in your words, or {_numbered(stage.title for stage in suspectable(base))}"
    return HeadQuestion("What do you think the cause is?", form, skip="Enter: nothing yet")


def read_head(base: RuleBase, memory: WorkingMemory, step: str, text: str, speaker: Speaker, today: date) -> HeadAnswer:
    """What was typed at a step of the opening. Raises AnswerError."""
    text = " ".join(text.split())
    if len(text) > MAX_TYPED:
        raise AnswerError(f"an answer has {MAX_TYPED} characters at most")
    nothing = text.casefold() in NOTHING
    if step == SPEAKER:
        role = _role(base, text) if text else speaker.by
        found = replace(speaker, by=role, roles=(role,))
        return HeadAnswer(memory, found, f"{base.respondents[role]} answers")
    if step == PERIOD:
        if text and nothing:
            return HeadAnswer(memory.headed(memory.subject, None), speaker, "no period; nothing grows too old then")
        period = read_period(text, today) if text else last_quarter(today)
        _not_against(memory, period[1])
        return HeadAnswer(memory.headed(memory.subject, period), speaker, period_words(period))
    if step == SUBJECT:
        return _subject(base, memory, text, speaker, today)
    if step == REF:
        if not nothing:
            check_pseudonym(text)
        subject = _without_ref(memory.subject) | ({} if nothing else {"ref": text})
        return HeadAnswer(memory.headed(subject, memory.period), speaker, "no pseudonym" if nothing else text)
    return _suspicion(base, memory, "" if nothing else text, speaker, today)


def check_pseudonym(text: str) -> None:
    """Raises AnswerError where a text is no pseudonym of a person, or could be a name, which has no digit in it."""
    if not PSEUDONYM.fits(text):
        raise AnswerError("a pseudonym has letters, digits, `.`, `-` and `_` without spaces, and is never a name")
    if not any(sign.isdigit() for sign in text):
        raise AnswerError(f"`{text}` may be a name; a pseudonym of a person has a digit in it, such as E-1042")


def _not_against(memory: WorkingMemory, end: date) -> None:
    """A period does not take the place of an end that somebody stated as a fact. Raises AnswerError."""
    name = memory.base.ladder.period_end_term
    for said in memory.statements.get(name, ()) if name not in memory.fixed else ():
        if said.value not in (None, end):
            called = memory.base.terms[name].called
            raise AnswerError(f"“{called}” is stated as {shown_value(said.value)}: the period ends on that day")


def _subject(base: RuleBase, memory: WorkingMemory, text: str, speaker: Speaker, today: date) -> HeadAnswer:
    term = base.terms[base.ladder.subject_term]
    answer = read_answer(term, split_reason(text)[0], today)
    if answer.unknown is Unknown.NOT_APPLICABLE:
        raise AnswerError(ALWAYS.format(answer_form(term)))
    if answer.value is None:
        said = speaker.said(memory, term, Statement(unknown=Unknown.NOT_KNOWN), today)
        return HeadAnswer(memory.headed({}, memory.period).saying(term.name, said), speaker, answer.echo)
    after = memory.headed({**memory.subject, "kind": str(answer.value)}, memory.period)
    if not is_about_somebody(base, after):  # a person's pseudonym is no company's
        return HeadAnswer(after.headed(_without_ref(after.subject), memory.period), speaker, answer.echo)
    return HeadAnswer(after, speaker, answer.echo, () if "ref" in memory.subject else (REF,))


def _without_ref(subject: Mapping[str, str]) -> dict[str, str]:
    return {key: part for key, part in subject.items() if key != "ref"}


def own_suspicions(memory: WorkingMemory, speaker: Speaker) -> tuple[Suspicion, ...]:
    """What the speaker suspects, beside what others do."""
    return tuple(one for one in memory.head.suspects if (one.by, one.author) == (speaker.by, speaker.author))


def _suspicion(base: RuleBase, memory: WorkingMemory, text: str, speaker: Speaker, today: date) -> HeadAnswer:
    stages = meant_stages(base, text) if text else ()
    if text and not stages:
        raise AnswerError("no step is called so: answer with a number or a name of the list above")
    others = tuple(one for one in memory.head.suspects if one not in own_suspicions(memory, speaker))
    found = (Suspicion(stage.id, speaker.by, speaker.author, today) for stage in stages)
    after = memory.headed(memory.subject, memory.period, replace(memory.head, suspects=(*others, *found)))
    if not stages:
        return HeadAnswer(after, speaker, "nothing is suspected" if not others else "you suspect nothing")
    moves = [stage for stage in stages if stage.id != base.ladder.personnel_stage]
    told = f"you suspect {listed([f'“{stage.title}”' for stage in stages])}"
    told += "; these questions come first" if moves else "; the other steps are looked at before"
    return HeadAnswer(after, speaker, told)


def _role(base: RuleBase, text: str) -> str:
    """The respondent that is named by a number, a label or an identifier. Raises AnswerError."""
    roles = list(base.respondents)
    if text.isascii() and text.isdigit() and 0 < int(text) <= len(roles):
        return roles[int(text) - 1]
    told = text.casefold().removeprefix("i am ").removeprefix("i'm ")
    found = meant_roles(base, told)
    if len(found) == 1:
        return found[0]
    raise AnswerError(f"answer with a number or a name of the list above{role_hint(base, told)}")


def read_period(text: str, today: date) -> tuple[date, date]:
    """The first and the last day of a period, as people write it. Raises AnswerError.

    >>> read_period("2026-Q3", date(2026, 11, 29))
    (datetime.date(2026, 7, 1), datetime.date(2026, 9, 30))
    """
    if found := _QUARTER.fullmatch(text.casefold()):
        return _quarter(int(found["a"] or found["d"]), int(found["b"] or found["c"]))
    if text.casefold() == "last quarter":
        return last_quarter(today)
    if found := _NO_YEAR.fullmatch(text):
        raise AnswerError(f"quarter {found[1]} of which year? write it too, such as 2026-Q{found[1]}")
    try:
        bounds = read_dates(text, today)
    except AnswerError as error:
        raise AnswerError(A_PERIOD if str(error) == DAY_HELP else str(error)) from None
    first, last = bounds.low, bounds.high
    if not isinstance(first, date) or not isinstance(last, date) or bounds.above or bounds.below or first == last:
        raise AnswerError(A_PERIOD)
    return first, last


def last_quarter(today: date) -> tuple[date, date]:
    """The last quarter that is over.

    >>> last_quarter(date(2026, 2, 3))
    (datetime.date(2025, 10, 1), datetime.date(2025, 12, 31))
    """
    end = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1) - timedelta(1)
    return _quarter(end.year, end.month // 3)


def _quarter(year: int, number: int) -> tuple[date, date]:
    return date(year, 3 * number - 2, 1), date(year, 3 * number, monthrange(year, 3 * number)[1])


def period_words(period: tuple[date, date]) -> str:
    """A period as people read it: `1 Jul 2026 to 30 Sep 2026`."""
    return " to ".join(f"{day.day} {day:%b} {day.year}" for day in period)


def _numbered(names: Iterable[str]) -> str:
    return ", ".join(f"{n} {name}" for n, name in enumerate(names, 1))


def is_about_somebody(base: RuleBase, memory: WorkingMemory) -> bool:
    """Whether a review is about a person: what acts on one applies."""
    stage: Stage | None = base.home.get(base.ladder.personnel_stage)
    return stage is not None and stage.applies_when is not None and truth(stage.applies_when, memory.values) is TRUE
