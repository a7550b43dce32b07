"""An interview as a conversation: a typed line changes the case or asks about it. No input or output here."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from salesdx.base.model import RuleBase, Term
from salesdx.case.bounds import AnswerError
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement
from salesdx.case.typed import read_answer, split_reason
from salesdx.engine.comparing import StageChange, stage_changes
from salesdx.interview.overview import overview
from salesdx.interview.question import Survey, survey
from salesdx.text.issues import nearest

COMMANDS = ("?", "why", "don't know", "not applicable", "later", "back", "change TERM", "show", "note", "quit")
NOTE_PARTS = ("by", "kind", "source", "date", "note")
_NOTE_PART = re.compile(r"\b(by|kind|source|date|note)\s*[=:]\s*")


@dataclass(frozen=True, slots=True)
class Turn:
    """What a typed line did.

    ``kind`` is answered, noted, later, moved (another question is shown), help, why, show, quit or fault; ``text``
    says what was understood, or what is wrong; ``unneeded`` are answers that no longer matter after a correction.
    """

    kind: str
    text: str = ""
    term: Term | None = None
    changes: tuple[StageChange, ...] = ()
    unneeded: tuple[str, ...] = ()


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
    by: str = ""

    @cached_property
    def survey(self) -> Survey:
        """Where the interview stands after these answers."""
        return survey(self.base, self.memory, self.later)

    @property
    def term(self) -> Term | None:
        """The term that is asked now; None when nothing is left to ask."""
        if self.asked:
            return self.base.terms[self.asked]
        return self.survey.question.term if self.survey.question else None

    def take(self, line: str, today: date) -> tuple[Conversation, Turn]:
        """One typed line. Raises nothing: what cannot be understood comes back as a fault."""
        text = line.strip()
        word, _, rest = text.partition(" ")
        match word.casefold():
            case "":
                return (
                    (replace(self, asked=""), Turn("moved"))
                    if self.asked
                    else (self, Turn("fault", "type an answer, or `?`"))
                )
            case "?" | "help":
                return self, Turn("help", term=self.term)
            case "quit" | "exit":
                return self, Turn("quit")
            case "show":
                return self, Turn("show")
            case "why" if not rest:
                return self, Turn("why", term=self.term)
            case "back" if not rest:
                return self._back()
            case "change" if rest:
                return self._change(rest.strip(), today)
            case "later" if not rest and self.term is not None:
                name = self.term.name
                return replace(self, later=(*(t for t in self.later if t != name), name), asked=""), Turn(
                    "later", term=self.term
                )
            case "note" if rest:
                return self._note(rest.strip())
            case "note":
                return self, Turn(
                    "fault", "write the note behind the word: note kind=CRM fields date=2026-09-12 by=finance"
                )
        return self._answer(text, today)

    def _back(self) -> tuple[Conversation, Turn]:
        earlier = self.history[: self.history.index(self.asked)] if self.asked in self.history else self.history
        if not earlier:
            return self, Turn("fault", "there is no earlier question")
        return replace(self, asked=earlier[-1]), Turn("moved")

    def _change(self, rest: str, today: date) -> tuple[Conversation, Turn]:
        """Another answer to a question that is called by its name or label; the answer may stand behind it."""
        questions = {term.name: term for term in self.base.terms.values() if term.question}
        words = rest.split()
        read = {count: self.base.meant(" ".join(words[:count])) for count in range(len(words), 0, -1)}
        count, name = next(((count, name) for count, name in read.items() if name in questions), (0, ""))
        if not name:
            near = nearest(words[0], questions) or nearest(rest, (term.called for term in questions.values()))
            told = f"there is no question `{rest}`"
            return self, Turn("fault", told + (f"; did you mean `{near}`?" if near else ""))
        there, answer = replace(self, asked=name), " ".join(rest.split(None, count)[count:])
        return there._answer(answer, today) if answer.strip() else (there, Turn("moved"))

    def _answer(self, text: str, today: date) -> tuple[Conversation, Turn]:
        term = self.term
        if term is None:
            return self, Turn("fault", "nothing is left to ask; `change TERM` corrects an answer, `quit` ends")
        text, reason = split_reason(text)
        try:
            answer = read_answer(term, text, today)
        except AnswerError as error:
            return self, Turn("fault", str(error), term)
        made = Statement(answer.value, answer.unknown, by=self.by, reason=reason)
        after = replace(
            self,
            memory=self.memory.saying(term.name, made),
            later=tuple(name for name in self.later if name != term.name),
            history=(*(name for name in self.history if name != term.name), term.name),
            asked="",
        )
        changes = stage_changes(self.survey.diagnosis, after.survey.diagnosis)
        unneeded = self._unneeded(after) if any(change.overturned for change in changes) else ()
        echo = answer.echo + (f", because {reason}" if reason else "")
        return after, Turn("answered", echo, term, changes, unneeded)

    def _unneeded(self, after: Conversation) -> tuple[str, ...]:
        before = {fact.term.name for fact in overview(self.base, self.memory) if fact.decides}
        return tuple(
            fact.term.name
            for fact in overview(after.base, after.memory)
            if not fact.decides and fact.term.name in before
        )

    def _note(self, rest: str) -> tuple[Conversation, Turn]:
        """Who said the last answer, of what kind and day its evidence is, where it stands, or a remark."""
        if not self.history:
            return self, Turn("fault", "there is no answer to note anything about")
        parts = _NOTE_PART.split(rest)
        found = {"note": parts[0].strip()} if parts[0].strip() else {}
        found |= {key: part.strip(" ,;") for key, part in zip(parts[1::2], parts[2::2], strict=True)}
        day: date | None = None
        if "date" in found:
            try:
                day = date.fromisoformat(found["date"])
            except ValueError:
                return self, Turn("fault", "write the date of a note as 2026-09-30")
        kinds = self.base.evidence_ranks
        if (kind := found.get("kind")) is not None and kind not in kinds:
            return self, Turn("fault", f"there is no kind of evidence `{kind}`; they are {', '.join(kinds)}")
        name = self.history[-1]
        last = self.memory.said_by(name, (self.by, "", False)) or self.memory.statements[name][-1]
        noted = replace(
            last,
            date=day or last.date,
            by=found.get("by", last.by),
            kind=found.get("kind", last.kind),
            source=found.get("source", last.source),
            note=found.get("note", last.note),
        )
        others = (statement for statement in self.memory.statements[name] if statement is not last)
        memory = self.memory.with_statements(name, (*others, noted))
        return replace(self, memory=memory), Turn(
            "noted", ", ".join(f"{key} {found[key]}" for key in NOTE_PARTS if key in found), self.base.terms[name]
        )
