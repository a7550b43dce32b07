"""An interview in words: the question, why it is asked, what an answer did. Lines for a terminal or a pipe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from salesdx.base.model import RuleBase, Term
from salesdx.base.naming import JUDGEMENT
from salesdx.case.money import in_currency
from salesdx.case.statement import Unknown, shown_value
from salesdx.case.typed import answer_form, echo
from salesdx.engine.comparing import StageChange
from salesdx.engine.diagnosis import status_words
from salesdx.interview.asked import AnswerOutcome, Question, Survey, Why
from salesdx.interview.conversation import Conversation
from salesdx.interview.hand_over import handed_over
from salesdx.interview.turn import COMMANDS, Turn
from salesdx.render.blocks import TOGETHER
from salesdx.render.lines import clean, size, wrap
from salesdx.render.rungs import ladder
from salesdx.render.terminal import MARKS
from salesdx.render.wording import amount, in_quotes, person
from salesdx.text.english import capital, listed, many

_CHOICE = re.compile(r"\b(\d+) (?=[^\W\d])")
"""The number of a choice before its first word."""
BOLD, DIM, RED, GREEN = "1", "2", "31", "32"
PURPOSES = {
    "pinned": "It is asked first, since everything else depends on it.",
    "mode": "It decides which kind of review this is.",
    "preference": "Several forms are due: it decides which one the person would value most.",
}


def _choices_kept(form: str) -> str:
    """What an answer looks like; the number of a choice stays on the line of what it is the number of."""
    return _CHOICE.sub(rf"\1{TOGETHER}", form)


def questionnaire_file(case: str, role: str) -> str:
    """The file for the questions to a role, beside the case."""
    return f"{case.removesuffix('.yaml')}-{role}.html"


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

    def rule(self, title: str) -> str:
        """A line that begins what comes next."""
        title = clean(title)
        return self.paint(f"── {title} {'─' * max(1, self.width - size(title) - 4)}", BOLD)

    # --- the question ---

    def question(self, conversation: Conversation, today: date) -> Iterator[str]:
        """The question that is asked now, with the ladder and the progress above it."""
        base, term = conversation.base, conversation.term
        if (head := conversation.head(today)) is not None:
            yield ""
            yield from self.wrapped(head.text, 0, BOLD)
            yield from self.wrapped(_choices_kept(head.form), 2, DIM)
            if head.enter:
                yield from self.wrapped(f"Enter: {head.enter}", 2, DIM)
        elif conversation.choices:
            yield from self.choices(conversation)
        elif term is not None:
            yield ""
            yield self.rule(base.home[term.home].title)
            yield from self.wrapped(progress(conversation), 0, DIM)
            yield self.rungs(conversation.survey)
            yield from self.wrapped(term.question, 0, BOLD)
            yield from self.wrapped(_choices_kept(about(conversation, term)), 2, DIM)
            if told := so_far(conversation, term):
                yield from self.wrapped(told, 2)

    def choices(self, conversation: Conversation) -> Iterator[str]:
        """Terms of which one is meant, by number."""
        yield from self.wrapped("Which of these? Type its number; Enter leaves them.", 0, BOLD)
        for number, name in enumerate(conversation.choices, 1):
            yield from self.numbered(number, told_of(conversation, name))

    def numbered(self, number: int, text: str) -> Iterator[str]:
        """A text behind a number."""
        first, *rest = wrap(clean(text), self.width - 5, self.width - 5)
        yield f"{number:>3}  {first}"
        yield from (f"     {line}" for line in rest)

    def rungs(self, survey: Survey) -> str:
        """The ladder in one line: the number and mark of each stage."""
        rungs = ladder(survey.diagnosis).rungs
        line = "  ".join(f"{r.number} {self.paint(MARKS[r.mark][0], MARKS[r.mark][1])}" for r in rungs)
        return line if len("ladder  ") + 5 * len(rungs) - 2 > self.width else f"ladder  {line}"

    # --- what a line did ---

    def turn(self, conversation: Conversation, turn: Turn) -> Iterator[str]:
        """What a typed line did, in words."""
        match turn.kind:
            case "fault":
                yield from self.wrapped(turn.text, 2, RED)
            case "asked back":
                yield from self.wrapped(turn.text, 2, BOLD)
            case "answered" | "opened":
                yield from self.wrapped(f"understood: {turn.text}", 2, GREEN)
            case "noted":
                name = in_quotes(conversation.base, turn.term.name) if turn.term else ""
                yield from self.wrapped(f"noted for {name}: {turn.text}", 2, GREEN)
            case "withdrawn":
                name = in_quotes(conversation.base, turn.term.name) if turn.term else ""
                yield from self.wrapped(f"withdrawn: {name} counts no more, because {turn.text}", 2, GREEN)
            case "later":
                yield from self.wrapped(turn.text, 2)
            case "moved" if turn.text:
                yield from self.wrapped(turn.text, 2)
            case "review":
                yield from self.review(conversation)
            case "help":
                yield from self.help(conversation, turn.term)
            case "why":
                yield from self.why(conversation)
        for change in turn.changes:
            yield from self.wrapped(change_words(conversation.base, change), 2, BOLD)
        if turn.unneeded:
            told = (in_quotes(conversation.base, name) for name in turn.unneeded)
            yield from self.wrapped(f"these answers no longer matter and are kept: {', '.join(told)}", 2)

    def help(self, conversation: Conversation, term: Term | None) -> Iterator[str]:
        """How to find the answer, and what may be typed."""
        if term is not None:
            for label, text in (
                ("how to get it", term.derive),
                ("note", term.note),
                ("sources", ", ".join("judgement" if id == JUDGEMENT else id for id in term.source)),
            ):
                if text:
                    yield from self.wrapped(f"{label}: {text}", 2)
            yield from self.wrapped(f"this fact is called {in_quotes(conversation.base, term.name)}", 2)
        yield from self.wrapped(f"instead of an answer: {', '.join(COMMANDS)}", 2)
        yield from self.wrapped(
            "a rough answer is one, too: 80-85, about 80, over 100; not applicable: REASON says why; "
            "note kind=KIND date=WHEN source=WHAT adds to the last answer",
            2,
        )

    def why(self, conversation: Conversation) -> Iterator[str]:
        """Why this is asked, and what each answer would do."""
        question = conversation.survey.question
        if conversation.revisited or question is None:
            yield from self.wrapped(revisited(conversation) or "nothing is asked", 2)
            return
        yield from self.wrapped(reason(conversation.base, question), 2)
        for outcome in question.why.outcomes:
            yield from self.wrapped(outcome_words(question.term, outcome), 4)
        climbed = [
            f"{r.stage.title}: {status_words(r.status)}" for r in conversation.survey.diagnosis.stages if not r.asked
        ]
        if climbed:
            yield from self.wrapped(f"settled so far: {'; '.join(climbed)}", 2)

    # --- the end ---

    def end(
        self, conversation: Conversation, others: dict[str, tuple[Term, ...]], path: str, day: date
    ) -> Iterator[str]:
        """What follows a finished interview: on what a cause depends, who else is asked by which day, and what was
        answered, so that it can be changed."""
        survey = conversation.survey
        if survey.conditional is not None:
            yield ""
            yield from self.conditional(survey)
        if others:
            yield from self.hand_over(conversation.base, others, path, day)
        yield ""
        yield self.rule("Your answers")
        yield from self.review(conversation)
        yield ""
        told = "a number changes that answer · `go on` asks about later steps · `show` · Enter ends"
        yield from self.wrapped(told, 0, DIM)

    def review(self, conversation: Conversation) -> Iterator[str]:
        """The answers of the speaker, and behind them what the head of the case says, numbered."""
        told = [told_of(conversation, name) for name in conversation.answered]
        told += [f"{line.label}: {line.told}" for line in conversation.head_lines]
        for number, text in enumerate(told, 1):
            yield from self.numbered(number, text)

    def hand_over(self, base: RuleBase, others: dict[str, tuple[Term, ...]], path: str, day: date) -> Iterator[str]:
        """The questions of other roles, with the command that writes a questionnaire for each, or one word for all."""
        yield ""
        yield self.rule(f"Ask the others by {day.day} {day:%B}")
        for role, terms in others.items():
            named = ", ".join(in_quotes(base, term.name) for term in terms[:3])
            more = f" and {len(terms) - 3} more" if len(terms) > 3 else ""
            yield from self.wrapped(f"{person(base, role)}, {many(len(terms), 'question')}: {named}{more}")
            command = f"salesdx ask {path} --respondent {role} --output {questionnaire_file(path, role)}"
            yield "  " + self.paint(command, DIM)
        files = "that file" if len(others) == 1 else f"these {len(others)} files"
        yield from self.wrapped(f"`write` writes {files} now; what is there already stays as it is", 0, DIM)

    def conditional(self, survey: Survey) -> Iterator[str]:
        """A stage that is confirmed, as far as others that stay open are not the cause."""
        assert survey.conditional is not None
        others = [f"“{parked.stage.title}”" for parked in survey.parked]
        verb = "is" if len(others) == 1 else "are"
        yield from self.wrapped(
            f"“{survey.conditional.title}” is confirmed, provided that {listed(others)} {verb} not the cause. "
            "Nothing is concluded on that condition, and no step against a person follows from it."
        )


def change_words(base: RuleBase, change: StageChange) -> str:
    """How a step stands now that stood otherwise before an answer."""
    stage = change.stage
    number = [s.id for s in base.stages].index(stage.id) + 1
    if change.overturned:
        was = status_words(change.before)
        return f"overturned: step {number} “{stage.title}” was {was} and is now {status_words(change.after)}"
    return f"step {number} “{stage.title}” is {status_words(change.after)} now"


def outcome_words(term: Term, outcome: AnswerOutcome) -> str:
    """What some answers to a question would do."""
    samples = listed([amount(term, value) for value in outcome.samples[:3]], "or")
    if outcome.settles is not None and term.name:
        return f"an answer such as {samples} settles it here: {status_words(outcome.settles.lower())}"
    left = many(outcome.questions_left, "question")
    return f"after an answer such as {samples} {left} can still matter here"


def progress(conversation: Conversation) -> str:
    """How far the interview is: `3 answered here, about 6 more of yours, finance has 4`.

    What others have are the questions that are handed over to them.
    """
    base = conversation.base
    parts = [f"{len(conversation.answered)} answered here"]
    more = len({*conversation.survey.to_come, *conversation.again})
    mine = " of yours" if conversation.speaker.roles else ""
    if more:
        parts.append(f"about {more} more{mine}" if more > 1 else f"the last one{mine}")
    others = [(role, len(terms)) for role, terms in handed_over(conversation).items()]
    parts += [f"{person(base, role)} has {count}" for role, count in others[:1]]
    if rest := sum(count for _, count in others[1:]):
        parts.append(f"others {rest}")
    return ", ".join(parts)


def about(conversation: Conversation, term: Term) -> str:
    """What an answer looks like, who knows it if not the one who speaks, and where it stands."""
    base, by = conversation.base, conversation.speaker.by
    parts = [answer_form(term)]
    if by not in (term.respondent, *term.may_answer):
        parts.append(f"{person(base, term.respondent)} knows" if by else f"ask {person(base, term.respondent)}")
    if term.evidence:
        parts.append(f"look in {term.evidence}")
    return " · ".join(parts)


def so_far(conversation: Conversation, term: Term) -> str:
    """What is known of the term that is asked, and what keeps it; empty where nothing is."""
    fact = conversation.memory.fact(term.name)
    if term.name not in conversation.memory.statements or fact.unknown is Unknown.NOT_ASKED:
        return ""
    if conversation.sharpens(term) and fact.value is not None:
        limits = [shown_value(limit) for limit in conversation.limits(term)]
        are = f"; the limit is {limits[0]}" if len(limits) == 1 else f"; the limits are {listed(limits)}"
        return f"so far: {echo(term, fact.value)}{are if limits else ''}. More exactly? `no` keeps it"
    said = conversation.memory.said_by(term.name, conversation.speaker.voice) if conversation.again else None
    value, unknown = (said.value, said.unknown) if said is not None else (fact.value, fact.unknown)
    known = echo(term, value) if value is not None else str(unknown)
    asked = f"; {revisited(conversation)}; Enter keeps it" if conversation.again and not conversation.asked else ""
    asked = "; Enter keeps it" if conversation.asked else asked
    return f"so far: {known}{whose(conversation, term.name)}{asked}"


def revisited(conversation: Conversation) -> str:
    """Why a question is asked that is answered; empty where none is."""
    if conversation.asked:
        return "you went back to this question"
    return "the period or the subject was changed since" if conversation.again else ""


def whose(conversation: Conversation, name: str) -> str:
    """Who else stated a fact, where the one who speaks did not."""
    if conversation.memory.said_by(name, conversation.speaker.voice) is not None:
        return ""
    by = (said.by for said in conversation.memory.statements.get(name, ()) if said.stands)
    told = listed([person(conversation.base, role) for role in dict.fromkeys(by) if role])
    return f" ({told})" if told else ""


def told_of(conversation: Conversation, name: str) -> str:
    """A term with what the speaker said of it, else what is known."""
    base, memory = conversation.base, conversation.memory
    term, said = base.terms[name], memory.said_by(name, conversation.speaker.voice)
    label = in_quotes(base, name).strip("“”") if not base.ids else in_quotes(base, name)
    value, unknown = (said.value, said.unknown) if said is not None else (memory.fact(name).value, None)
    if value is None and unknown is None:
        return label
    kind = f" · {said.kind}" if said is not None and said.kind else ""
    known = in_currency(memory, term, value) or (echo(term, value) if value is not None else str(unknown))
    return f"{label}: {known}{whose(conversation, name)}{kind}"


def reason(base: RuleBase, question: Question) -> str:
    """Why a question is asked, with the numbers it was chosen by."""
    why = question.why
    if why.purpose in PURPOSES:
        return PURPOSES[why.purpose]
    place = f"“{why.stage.title}”" if why.stage else "the result"
    rule = listed([f"“{base.rule[id].title or id}”" for id in why.open_rules]) or "one"
    sentences = {
        "status": f"It can settle {place}{signs(why)}.",
        "file": f"It belongs to the file of {place}{signs(why)}.",
        "examine": f"Nobody has looked at a sign of {place} yet, and it could still be the cause: {rule}.",
        "recommendation": f"A sign of {place} would recommend something more: {rule}.",
    }
    if not why.relevant:  # what kind of firm this is
        return f"{sentences[why.purpose]} Whether the rest is asked here at all depends on it."
    matter = capital(many(len(why.relevant), "question"))
    effort = f"this one saves most for its effort ({question.term.effort}; 1 is a look-up, 5 a study)"
    return f"{sentences[why.purpose]} {matter} can still matter here; {effort}."


def signs(why: Why) -> str:
    if not why.open_rules:
        return ""
    return f": {many(len(why.open_rules), 'sign')} still open, and this answer bears on {len(why.decides)} of them"
