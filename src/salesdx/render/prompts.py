"""An interview in words: the question, why it is asked, what an answer did. Lines for a terminal or a pipe."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.base.model import RuleBase, Term
from salesdx.case.typed import answer_form
from salesdx.engine.comparing import StageChange
from salesdx.engine.diagnosis import status_words
from salesdx.interview.conversation import COMMANDS, Conversation, Turn
from salesdx.interview.question import AnswerOutcome, Question, Survey, Why
from salesdx.render.lines import clean, size, wrap
from salesdx.render.rungs import ladder
from salesdx.render.terminal import MARKS
from salesdx.render.wording import amount, in_quotes, person
from salesdx.text.english import capital, listed

BOLD, DIM = "1", "2"
PURPOSES = {
    "pinned": "It is asked first, since everything else depends on it.",
    "mode": "It decides which kind of review this is.",
    "preference": "Several forms are due: it decides which one the person would value most.",
}


class Page:
    """The width of the page and whether to paint."""

    def __init__(self, width: int, colour: bool) -> None:
        self.width, self.colour = width, colour

    def paint(self, text: str, code: str) -> str:
        """A text in a colour, where the page has colours."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def wrapped(self, text: str, indent: int = 0, code: str = "") -> Iterator[str]:
        """The lines of a text within the width, each behind ``indent`` spaces."""
        for line in wrap(clean(text), self.width - indent, self.width - indent):
            yield " " * indent + (self.paint(line, code) if code else line)

    # --- the question ---

    def question(self, conversation: Conversation) -> Iterator[str]:
        """The question that is asked now, with the ladder and the progress above it."""
        survey, term = conversation.survey, conversation.term
        if term is None:
            return
        base = conversation.base
        asked = len(conversation.memory.statements)
        least, most = survey.at_least, max(survey.at_least, survey.at_most)
        to_come = f"{least} to {most}" if least != most else str(most)
        yield ""
        yield self.rule(f"{base.home[term.home].title}", f"{asked} answered, {to_come} to come")
        yield self.rungs(survey)
        yield from self.wrapped(term.question, 0, BOLD)
        yield from self.wrapped(self.about(base, term), 2, DIM)
        if term.name in conversation.memory.statements:
            fact = conversation.memory.fact(term.name)
            yield from self.wrapped(
                f"so far: {amount(term, fact.value) if fact.value is not None else fact.unknown}; Enter keeps it", 2
            )

    def rule(self, left: str, right: str) -> str:
        left, right = clean(left), clean(right)
        dashes = max(1, self.width - size(left) - size(right) - 5)
        return (
            self.paint(f"── {left} {'─' * dashes} {right}", BOLD)
            if self.colour
            else f"── {left} {'─' * dashes} {right}"
        )

    def rungs(self, survey: Survey) -> str:
        """The ladder in one line: the number and mark of each stage."""
        rungs = ladder(survey.diagnosis).rungs
        return "ladder  " + "  ".join(f"{r.number} {self.paint(MARKS[r.mark][0], MARKS[r.mark][1])}" for r in rungs)

    def about(self, base: RuleBase, term: Term) -> str:
        """What an answer looks like, who knows it and where it stands."""
        parts = [answer_form(term), f"ask {person(base, term.respondent)}"]
        if term.evidence:
            parts.append(f"look in {term.evidence}")
        return " · ".join(parts)

    # --- what a line did ---

    def turn(self, conversation: Conversation, turn: Turn) -> Iterator[str]:
        """What a typed line did, in words."""
        match turn.kind:
            case "fault":
                yield from self.wrapped(f"{turn.text}", 2, "31")
            case "answered":
                yield from self.wrapped(f"understood: {turn.text}", 2, "32")
            case "noted":
                name = in_quotes(conversation.base, turn.term.name) if turn.term else ""
                yield from self.wrapped(f"noted for {name}: {turn.text}", 2, "32")
            case "later":
                yield from self.wrapped("put off: it is asked again when nothing else is left", 2)
            case "help":
                yield from self.help(conversation, turn.term)
            case "why":
                yield from self.why(conversation)
        for change in turn.changes:
            yield from self.wrapped(self.change(conversation, change), 2, BOLD)
        if turn.unneeded:
            told = (in_quotes(conversation.base, name) for name in turn.unneeded)
            yield from self.wrapped(f"these answers no longer matter and are kept: {', '.join(told)}", 2)

    def change(self, conversation: Conversation, change: StageChange) -> str:
        stage = change.stage
        number = [s.id for s in conversation.base.stages].index(stage.id) + 1
        if change.overturned:
            was = status_words(change.before)
            return f"overturned: step {number} “{stage.title}” was {was} and is now {status_words(change.after)}"
        return f"step {number} “{stage.title}” is {status_words(change.after)} now"

    def help(self, conversation: Conversation, term: Term | None) -> Iterator[str]:
        """How to find the answer, and what may be typed."""
        if term is not None:
            for label, text in (
                ("how to get it", term.derive),
                ("note", term.note),
                ("sources", ", ".join(term.source)),
            ):
                if text:
                    yield from self.wrapped(f"{label}: {text}", 2)
            yield from self.wrapped(f"this fact is called {in_quotes(conversation.base, term.name)}", 2)
        yield from self.wrapped(f"instead of an answer: {', '.join(COMMANDS)}", 2)
        yield from self.wrapped(
            "not applicable: REASON says why; note by=WHO kind=KIND date=WHEN source=WHAT adds to the last answer",
            2,
        )

    def why(self, conversation: Conversation) -> Iterator[str]:
        """Why this is asked, and what each answer would do."""
        question = conversation.survey.question
        if conversation.asked or question is None:
            yield from self.wrapped("you went back to this question", 2)
            return
        yield from self.wrapped(reason(conversation.base, question), 2)
        for outcome in question.why.outcomes:
            yield from self.wrapped(self.outcome(question.term, outcome), 4)
        climbed = [
            f"{r.stage.title}: {status_words(r.status)}" for r in conversation.survey.diagnosis.stages if not r.asked
        ]
        if climbed:
            yield from self.wrapped(f"settled so far: {'; '.join(climbed)}", 2)

    def outcome(self, term: Term, outcome: AnswerOutcome) -> str:
        samples = listed([amount(term, value) for value in outcome.samples[:3]], "or")
        if outcome.settles is not None and term.name:
            return f"an answer such as {samples} settles it here: {status_words(outcome.settles.lower())}"
        return f"after an answer such as {samples} {outcome.questions_left} questions can still matter here"

    # --- the end ---

    def parked(self, survey: Survey) -> Iterator[str]:
        """The stages that could not be settled, who could settle them, and what is conditional on them."""
        base = survey.diagnosis.base
        for parked in survey.parked:
            terms = [base.terms[name] for name in parked.blocking if name in base.terms]
            who = list(dict.fromkeys(person(base, term.respondent) for term in terms))
            text = f"“{parked.stage.title}” stays open"
            if terms:
                text += f"; unknown: {', '.join(in_quotes(base, term.name) for term in terms)}"
                text += f"; {listed(who)} can settle it with {one_or_many(len(terms), 'answer')}"
            yield from self.wrapped(text)
        if survey.conditional is not None:
            others = listed([f"“{parked.stage.title}”" for parked in survey.parked])
            verb = "is" if len(survey.parked) == 1 else "are"
            yield from self.wrapped(
                f"“{survey.conditional.title}” is confirmed, provided that {others} {verb} not the cause. "
                "Nothing is concluded on that condition, and no step against a person follows from it."
            )


def one_or_many(number: int, what: str) -> str:
    """A number with its noun, in words where it is small."""
    return f"{'one' if number == 1 else number} {what}" + "s" * (number != 1)


def reason(base: RuleBase, question: Question) -> str:
    """Why a question is asked, with the numbers it was chosen by."""
    why = question.why
    if why.purpose in PURPOSES:
        return PURPOSES[why.purpose]
    place = f"“{why.stage.title}”" if why.stage else "the result"
    rule = listed(list(why.open_rules)) or "one"
    sentences = {
        "status": f"It can settle {place}{signs(why)}.",
        "file": f"It belongs to the file of {place}{signs(why)}.",
        "examine": f"Nobody has looked at rule {rule} of {place} yet, and it could still be the cause.",
        "recommendation": f"Rule {rule} of {place} would recommend something more.",
    }
    matter = capital(one_or_many(len(why.relevant), "question"))
    effort = f"this one saves most for its effort ({question.term.effort} of 5)"
    return f"{sentences[why.purpose]} {matter} can still matter here; {effort}."


def signs(why: Why) -> str:
    if not why.open_rules:
        return ""
    return (
        f": {one_or_many(len(why.open_rules), 'sign')} still open, and this answer bears on {len(why.decides)} of them"
    )
