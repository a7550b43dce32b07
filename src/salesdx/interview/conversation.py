"""An interview as a conversation: a typed line changes the case or asks about it. No input or output here."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from salesdx.base.model import RuleBase, Term
from salesdx.case.bounds import AnswerError
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown, Withdrawn, untimely
from salesdx.case.typed import NO, TypedAnswer, echo, read_answer, split_reason
from salesdx.engine.comparing import stage_changes
from salesdx.interview.asked import Survey
from salesdx.interview.head_change import HeadLine, deciding_answers, hanging, head_lines, is_of_period, meant_line
from salesdx.interview.meaning import meant_questions, meant_roles, role_hint
from salesdx.interview.notes import NoteError, read_note
from salesdx.interview.opening import PERIOD, REF, SUBJECT, HeadQuestion, head_question, read_head
from salesdx.interview.overview import no_longer_deciding
from salesdx.interview.question import survey
from salesdx.interview.relevance import relevance
from salesdx.interview.speaker import EVERYBODY, Speaker
from salesdx.interview.stating import stated_by
from salesdx.interview.turn import Turn
from salesdx.language.conditions import Literal, Value, truth, walk
from salesdx.language.truth import UNKNOWN
from salesdx.text.english import listed
from salesdx.text.issues import nearest

UNEXCUSED = "; without a reason it stays unknown (`not applicable: REASON`)"
_WITHDRAWN = re.compile(r"(.+?)(?:\s*:|\s+because)\s+(.+)", re.I)
LATER = "put off: it is asked again when nothing else is left"


@dataclass(frozen=True)
class Conversation:
    """Where a conversation stands. Immutable: every line gives a new one."""

    base: RuleBase
    memory: WorkingMemory
    later: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    """The terms answered so far, the last one last."""
    asked: str = ""
    """A term that the person went back to or wants to change; else the interview chooses."""
    speaker: Speaker = EVERYBODY
    opening: tuple[str, ...] = ()
    """What is still to be asked about the head of the case, before the first question."""
    changing: str = ""
    """The part of the head that is to be answered otherwise."""
    again: tuple[str, ...] = ()
    """The terms to be confirmed, or answered otherwise, since the period or the subject was changed."""
    kept: tuple[str, ...] = ()
    """The terms whose imprecise values are not to be sharpened any more."""
    further: bool = False
    """Whether later stages are asked about though a cause was found."""
    choices: tuple[str, ...] = ()
    """The terms of which one is to be chosen by its number."""
    asked_back: TypedAnswer | None = None
    """A reading of the last line that is to be confirmed."""

    @cached_property
    def survey(self) -> Survey:
        """Where the interview stands after these answers."""
        return survey(self.base, self.memory, self.later, kept=self.kept, speaker=self.speaker, further=self.further)

    @property
    def term(self) -> Term | None:
        """The term that is asked now; None where the head is, and when nothing is left to ask."""
        if self.step:
            return None
        if self.revisited:
            return self.base.terms[self.revisited]
        if self.history and self.history[-1] in self.survey.vague:
            return self.base.terms[self.history[-1]]
        return self.survey.question.term if self.survey.question else None

    @property
    def revisited(self) -> str:
        """A term that is asked though it is answered; empty where the interview chooses."""
        return self.asked or next(iter(self.again), "")

    @property
    def step(self) -> str:
        """The part of the head of the case that is asked now; empty where a term is."""
        return self.changing or next(iter(self.opening), "")

    def head(self, today: date) -> HeadQuestion | None:
        """The question about the head of the case that is asked now; None where none is."""
        stands = next((line.told for line in self.head_lines if line.step == self.changing), "")
        return head_question(self.base, self.step, self.speaker, today, stands) if self.step else None

    @property
    def head_lines(self) -> tuple[HeadLine, ...]:
        """What the head of the case says; a subject that the speaker stated as a fact is among the answers."""
        lines, subject = head_lines(self.base, self.memory, self.speaker), self.base.ladder.subject_term
        return tuple(line for line in lines if line.step != SUBJECT or subject not in self.answered)

    @property
    def answered(self) -> tuple[str, ...]:
        """The terms on which the speaker has said something, in the order of the answers."""
        said = (name for name in self.history if self.memory.said_by(name, self.speaker.voice) is not None)
        return tuple(name for name in said if name not in self.memory.fixed)

    def sharpens(self, term: Term) -> bool:
        """Whether a term is asked once more, since its value lies across a limit that matters."""
        return not self.revisited and term.name in self.survey.vague

    def limits(self, term: Term) -> tuple[Value, ...]:
        """The limits that lie between the ends of what is known of a term, so that they cannot be told."""
        known = {term.name: self.memory.fact(term.name).value}
        variable = relevance(self.base).variables.get(term.name)
        tests = variable.tests if variable is not None else ()
        undecided = (part for test in tests if truth(test, known) is UNKNOWN for part in walk(test))
        return tuple(dict.fromkeys(part.value for part in undecided if isinstance(part, Literal)))

    # --- a line -------------------------------------------------------------------------------------------------------

    def take(self, line: str, today: date) -> tuple[Conversation, Turn]:
        """One typed line. Raises nothing: what cannot be understood comes back as a fault."""
        text = " ".join(line.split())
        if text.casefold() in ("quit", "exit"):
            return self, Turn("quit")
        if text.casefold() in ("?", "help"):
            return replace(self, asked_back=None), Turn("help", term=self.term)
        if self.step:
            return self._open(text, today)
        if self.choices and text.isdecimal():
            return self._choose(int(text))
        if self.choices and not text:
            return replace(self, choices=()), Turn("moved")
        there = replace(self, choices=())
        return there._command(text, today) or there._answer(line.strip(), today)

    def _command(self, text: str, today: date) -> tuple[Conversation, Turn] | None:
        """What a command does; None where the text is none."""
        word, _, rest = text.partition(" ")
        match word.casefold(), rest.casefold():
            case "", _:
                return self._enter(today)
            case "show", "":
                return self, Turn("show")
            case "review", "":
                return self, Turn("review")
            case "write", "":
                return self, Turn("write")
            case "why", "":
                return self, Turn("why", term=self.term)
            case "back", "":
                return self._back()
            case ("go", "on") | ("more", ""):
                return self._go_on()
            case "ask", _ if rest:
                return self._ask(rest)
            case "change", _ if rest:
                return self._change(rest, today)
            case "withdraw", _:
                return self._withdraw(rest, today)
            case "later", "" if self.term is not None:
                return self.put_off(self.term)
            case "note", _:
                return self._note(rest, today)
        if self.term is None and word.isdecimal():  # a number of the review
            return self._change(text, today)
        return None

    def _enter(self, today: date) -> tuple[Conversation, Turn]:
        if self.asked:
            return replace(self, asked="", asked_back=None), Turn("moved")
        if self.again:
            return self._confirm(self.base.terms[self.again[0]], today)
        if self.term is None:
            return self, Turn("quit")
        if self.sharpens(self.term):
            return self.keep(self.term)
        return self, Turn("fault", "type an answer, or `?`")

    def _confirm(self, term: Term, today: date) -> tuple[Conversation, Turn]:
        """What the speaker said for another period or subject holds for this one, too."""
        said = self.memory.said_by(term.name, self.speaker.voice)
        assert said is not None
        anew = is_of_period(term) or (said.value is not None and untimely(term, said, self.memory.period, today))
        told = echo(term, said.value) if said.value is not None else str(said.unknown)
        return self._said(
            term, self.speaker.said(self.memory, term, said, today) if anew else said, f"{told}, as it was"
        )

    def _open(self, text: str, today: date) -> tuple[Conversation, Turn]:
        """A line about the head of the case: in the opening, or where a part of it is changed."""
        if text.casefold() == "back":
            return self._back_in_head()
        if self.changing and not text:
            return replace(self, changing=""), Turn("moved")
        try:
            found = read_head(self.base, self.memory, self.step, text, self.speaker, today)
        except AnswerError as error:
            return self, Turn("fault", str(error))
        rest = self.opening if self.changing else self.opening[1:]
        rest = tuple(step for step in rest if (self.step, step) != (SUBJECT, REF))
        opened = replace(
            self, memory=found.memory, speaker=found.speaker, opening=(*found.more, *rest), changing=""
        )._hung(self)
        changes = stage_changes(self.survey.diagnosis, opened.survey.diagnosis) if self.changing else ()
        subject = self.base.ladder.subject_term
        said = found.memory.said_by(subject, self.speaker.voice) if self.step == SUBJECT else None
        return opened, Turn("opened", found.echo, self.base.terms[subject] if said is not None else None, changes)

    def _hung(self, before: Conversation) -> Conversation:
        """The same, with the answers that hang on a period or a subject which it has changed to be confirmed."""
        names_ = dict.fromkeys([*self.again, *hanging(before.memory, self.memory, self.speaker, before.answered)])
        return replace(self, again=tuple(name for name in names_ if name in self.answered))

    def _back_in_head(self) -> tuple[Conversation, Turn]:
        steps = [line.step for line in self.head_lines]
        earlier = steps[: steps.index(self.step)] if self.step in steps else []
        if not earlier and not self.changing:
            return self, Turn("fault", "there is no earlier question")
        return replace(self, changing=earlier[-1] if earlier else ""), Turn("moved")

    def _back(self) -> tuple[Conversation, Turn]:
        earlier = self.history[: self.history.index(self.asked)] if self.asked in self.history else self.history
        if not earlier:
            return self, Turn("fault", "there is no earlier question")
        return replace(self, asked=earlier[-1], asked_back=None), Turn("moved")

    def _go_on(self) -> tuple[Conversation, Turn]:
        """Later stages are asked about, too."""
        if self.term is not None:
            return self, Turn("fault", "a question is open: answer it first, or type `later`")
        after = replace(self, further=True)
        if after.term is None:
            return after, Turn("fault", "no answer of yours is left that could change anything; others have theirs")
        return after, Turn("moved", "now the later steps")

    def _ask(self, rest: str) -> tuple[Conversation, Turn]:
        """The questions of another role are put to the speaker, on whose word the answers then are."""
        everybody = rest.casefold() in ("everybody", "everyone", "all")
        found = tuple(self.base.respondents) if everybody else meant_roles(self.base, rest)
        if not found:
            return self, Turn("fault", f"nobody is called `{rest}`{role_hint(self.base, rest)}")
        who = listed([self.base.respondents[role] for role in found])
        mine = replace(self.speaker, roles=tuple(dict.fromkeys([*self.speaker.roles, *found])))
        after = replace(self, speaker=mine)
        if after.survey.question == self.survey.question and after.survey.to_come == self.survey.to_come:
            return self, Turn("fault", f"no answer of {who} can change anything now")
        return after, Turn("moved", f"questions to {who} are put to you, too; the answers are your word")

    # --- change and review --------------------------------------------------------------------------------------------

    def _change(self, rest: str, today: date) -> tuple[Conversation, Turn]:
        """Another answer to a question; the answer may stand behind what it is called by."""
        if head := meant_line(self.head_lines, rest, len(self.answered)):
            return self._change_head(head[0].step, head[1], today)
        found, behind = meant_questions(self.base, rest, self.answered)
        if len(found) == 1:
            return self._at(found[0], behind, today)
        if found:
            return replace(self, choices=self._first(found)), Turn("choice")
        if rest.split()[0].isdecimal():
            return self, Turn("fault", f"there is no answer number {rest.split()[0]}; `review` lists them")
        names_ = [name for name, term in self.base.terms.items() if term.question]
        near = nearest(rest.split()[0], names_) or nearest(rest, (self.base.terms[name].called for name in names_))
        term = self.base.terms.get(near or "")
        told = f"; did you mean `{term.called if term else near}`?" if near else ""
        return self, Turn("fault", f"there is no question `{rest}`{told}")

    def _withdraw(self, rest: str, today: date) -> tuple[Conversation, Turn]:
        """An answer of the speaker's is taken back: it stays in sight and counts no more."""
        told = _WITHDRAWN.fullmatch(rest)
        if told is None:
            return self, Turn("fault", "say which answer and why: withdraw 3 because I meant August")
        found = [name for name in meant_questions(self.base, told[1], self.answered)[0] if name in self.answered]
        if len(found) != 1:
            return self, Turn("fault", f"`{told[1]}` is no answer of yours; `review` lists them")
        return self.withdraw(found[0], told[2], today)

    def _first(self, found: tuple[str, ...]) -> tuple[str, ...]:
        """Terms of which one is meant: those that were answered, then the speaker's own, then all others."""
        said = self.answered
        return tuple(sorted(found, key=lambda n: (n not in said, not self.speaker.knows(self.base.terms[n]))))

    def _choose(self, number: int) -> tuple[Conversation, Turn]:
        if not 0 < number <= len(self.choices):
            return self, Turn("fault", f"there are {len(self.choices)} to choose from; Enter leaves the question")
        return replace(self, asked=self.choices[number - 1], choices=()), Turn("moved")

    def _change_head(self, step: str, answer: str, today: date) -> tuple[Conversation, Turn]:
        """Another answer to a part of the head. A subject that somebody stated as a fact is no part of it."""
        subject = self.base.ladder.subject_term
        if step == SUBJECT and subject in self.memory.statements and subject not in self.memory.fixed:
            return self._at(subject, answer, today)
        there = replace(self, changing=step, asked="", asked_back=None)
        if not answer.strip():
            return there, Turn("moved")
        after, turn = there._open(answer, today)
        return (self if turn.kind == "fault" else after), turn

    def _at(self, name: str, answer: str, today: date) -> tuple[Conversation, Turn]:
        if name in self.memory.fixed:
            return self._change_head(SUBJECT if name == self.base.ladder.subject_term else PERIOD, answer, today)
        there = replace(self, asked=name, asked_back=None)
        if not answer.strip():
            return there, Turn("moved")
        after, turn = there._answer(answer, today)
        return (after, turn) if turn.kind in ("answered", "asked back") else (self, turn)

    # --- answers ------------------------------------------------------------------------------------------------------

    def _answer(self, text: str, today: date) -> tuple[Conversation, Turn]:
        term = self.term
        if term is None:
            return self, Turn("fault", "nothing is left to ask you; a number changes that answer, Enter ends")
        if self.asked_back is None and text.casefold() in NO and self.sharpens(term):
            return self.keep(term)
        text, reason = split_reason(text)
        try:
            answer = read_answer(term, text, today, self.asked_back)
        except AnswerError as error:
            return self, Turn("fault", str(error), term)
        if answer.ask_back:
            return replace(self, asked_back=answer), Turn("asked back", answer.ask_back, term)
        made = Statement(answer.value, answer.unknown, reason=reason, note=answer.written)
        return self.answer(term, made, answer.echo, today)

    def answer(self, term: Term, made: Statement, told: str, today: date) -> tuple[Conversation, Turn]:
        """The speaker's answer to a question, whether it is asked now or not; ``told`` is what was understood.

        ``made`` holds value or why there is none, kind, source, day, reason and note; without a day it is of today. An
        answer that cannot be taken comes back as a fault. Who does not know it more exactly has not forgotten what is
        known.
        """
        if made.unknown is Unknown.NOT_KNOWN and self.sharpens(term):
            return self.keep(term)
        try:
            said = stated_by(self.speaker, self.memory, term, made, today)
        except AnswerError as error:
            return self, Turn("fault", str(error), term)
        unexcused = made.unknown is Unknown.NOT_APPLICABLE and not made.reason
        return self._said(term, said, told + UNEXCUSED * unexcused)

    def put_off(self, term: Term) -> tuple[Conversation, Turn]:
        """The question is asked again when nothing else is left."""
        later = (*(name for name in self.later if name != term.name), term.name)
        left = tuple(name for name in self.again if name != term.name)
        return replace(self, later=later, again=left, asked="", asked_back=None), Turn("later", LATER, term)

    def keep(self, term: Term) -> tuple[Conversation, Turn]:
        """What is known of a term, and not exactly enough, stays as it is."""
        return replace(self, kept=(*self.kept, term.name), asked_back=None), Turn("later", "kept as it is", term)

    def withdraw(self, name: str, reason: str, today: date) -> tuple[Conversation, Turn]:
        """An answer of the speaker's, which there must be, is taken back: it stays in sight and counts no more."""
        said = self.memory.said_by(name, self.speaker.voice)
        assert said is not None
        memory = self.memory.saying(name, replace(said, withdrawn=Withdrawn(today, reason)))
        left = tuple(each for each in self.again if each != name)
        after = replace(self, memory=memory, again=left, asked="", asked_back=None)
        changes = stage_changes(self.survey.diagnosis, after.survey.diagnosis)
        return after, Turn("withdrawn", reason, self.base.terms[name], changes)

    def _said(self, term: Term, said: Statement, echo: str) -> tuple[Conversation, Turn]:
        """The conversation after the speaker's statement; what others say stays as it is."""
        others = tuple(name for name in self.kept if name != term.name)
        after = replace(
            self,
            memory=self.memory.saying(term.name, said),
            later=tuple(name for name in self.later if name != term.name),
            again=tuple(name for name in self.again if name != term.name),
            history=(*(name for name in self.history if name != term.name), term.name),
            asked="",
            asked_back=None,
            # what was not said more exactly when it was asked for is not asked a third time; another answer is
            kept=(*others, term.name) if self.sharpens(term) else others,
        )._hung(self)
        after = replace(after, again=deciding_answers(after.memory, after.again))
        changes = stage_changes(self.survey.diagnosis, after.survey.diagnosis)
        unneeded = no_longer_deciding(self.memory, after.memory) if any(change.overturned for change in changes) else ()
        return after, Turn(
            "answered", echo + (f", because {said.reason}" if said.reason else ""), term, changes, unneeded
        )

    def _note(self, rest: str, today: date) -> tuple[Conversation, Turn]:
        """Of what kind and day the evidence for the speaker's last answer is, where it stands, or a remark."""
        if not self.answered:
            return self, Turn("fault", "there is no answer of yours to note anything about")
        name = self.answered[-1]
        said = self.memory.said_by(name, self.speaker.voice)
        assert said is not None
        try:
            noted, told = read_note(self.base, said, rest, today)
        except NoteError as error:
            return self, Turn("fault", str(error))
        after = replace(self, memory=self.memory.saying(name, noted))
        term = self.base.terms[name]
        late = untimely(term, noted, self.memory.period, today) if noted.value is not None else None
        return after, Turn("noted", f"{told}; {late.told}" if late else told, term)
