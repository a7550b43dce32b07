"""The cases of a person, the beginning of one, and all its answers with what is still missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from salesdx.base.model import RuleBase, Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Unknown, untimely
from salesdx.interview.conversation import Conversation
from salesdx.interview.hand_over import handed_over
from salesdx.render.pages.case_words import Option, Send, stated_words, who_words
from salesdx.render.pages.gap_bridge import GapBridge, gap_bridge
from salesdx.render.pages.shell import AppPage, Shell
from salesdx.render.prompts import progress
from salesdx.render.wording import in_quotes, person
from salesdx.text.english import capital, listed, many


@dataclass(frozen=True)
class CaseLine:
    """A case in a list: what it is called, how it stands, and where it goes on."""

    address: str
    title: str
    stands: str
    go_on: tuple[str, str]
    news: str = ""
    """What has come in that nobody has looked at yet."""
    waits: str = ""
    """Which measures are due, and how many sessions the reader can confirm."""


@dataclass(frozen=True)
class LeftLine:
    """A review whose owner works on none any more: its title, who owned it, and where it is taken over."""

    title: str
    owner: str
    take: Send


@dataclass(frozen=True)
class CasesPage(AppPage):
    """The open cases of a person."""

    template: ClassVar[str] = "cases.html"
    cases: tuple[CaseLine, ...]
    works: bool
    """Whether the role in use works on cases at all."""
    closed: tuple[tuple[str, Send], ...]
    """Those that were closed: what each is called, and where it is opened again."""
    reads: bool
    """Whether it reads the rules."""
    console: bool = False
    """Whether it sees everything that is on record."""
    administers: bool = False
    """Whether it says who the people are."""
    left: tuple[LeftLine, ...] = ()
    """Those that the person may take over."""
    scans: bool = False
    """Whether all units of the firm are scanned here."""


@dataclass(frozen=True)
class BeginPage(AppPage):
    """A case is begun. ``typed`` is what was typed, by the names of the fields."""

    template: ClassVar[str] = "begin.html"
    key: str
    subjects: tuple[Option, ...]
    suspicions: tuple[Option, ...]
    results: tuple[tuple[str, str, str], ...]
    """Field, label and hint of each figure that may be known already."""
    period_hint: str
    typed: Mapping[str, str]
    source: str
    """The case whose answers come along as far as they hold; empty where it begins with none."""


@dataclass(frozen=True)
class HeadPage(AppPage):
    """What a case is about and its period: where it is changed, or, where it cannot be any more, another is begun."""

    template: ClassVar[str] = "head.html"
    change: Send | None
    subjects: tuple[Option, ...]
    period_hint: str
    typed: Mapping[str, str]
    anew: str


@dataclass(frozen=True)
class AnswerLine:
    """A fact with what was said of it: by whom and when, what is wrong with it, and where it is changed."""

    label: str
    said: tuple[tuple[str, str], ...]
    marks: tuple[str, ...]
    change: str
    """The address of its question; empty where it is none."""


@dataclass(frozen=True)
class AnswersPage(AppPage):
    """All answers of a case, step by step, and what is still missing, by who could give it."""

    template: ClassVar[str] = "answers.html"
    progress: str
    next: tuple[str, str] | None
    steps: tuple[tuple[str, tuple[AnswerLine, ...]], ...]
    missing: tuple[tuple[str, str, str], ...]
    """Who could give it, what it is, and the address at which they are asked."""
    asking: str
    """The address at which others are asked."""
    file: str
    """The address of the case as a file."""
    people: str
    """The address at which it stands who works on it."""
    with_whom: str
    follow: str
    """The address of what was done about it."""
    diagnose: Send
    diagnoses: tuple[tuple[str, str], ...]
    """Earlier diagnoses: address, and when."""
    close: Send | None
    """Where it is closed; None for who may not."""
    head: str
    """Where the owner says that it is about something else."""
    bridge: GapBridge | None
    """That of the newest of them."""
    figures: str = ""
    """The address at which figures are taken from the firm's systems; empty where none can be."""


def begin_page(
    base: RuleBase, shell: Shell, key: str, typed: Mapping[str, str], suspicions: Sequence[tuple[str, str]]
) -> BeginPage:
    """The page on which a case is begun."""
    ladder = base.ladder
    chosen = typed.get("suspicion", "")
    return BeginPage(
        shell,
        "Begin a review",
        key,
        _subjects(base, typed),
        (Option("", "Nothing yet"), *(Option(v, title, v == chosen) for v, title in suspicions)),
        tuple(_result(key, base.terms[name]) for key, name in ladder.result_terms.items()),
        PERIOD_HINT,
        typed,
        typed.get("from", ""),
    )


PERIOD_HINT = "Such as 2026-Q3, September 2026, or 2026-07-01 to 2026-09-30"


def _subjects(base: RuleBase, typed: Mapping[str, str]) -> tuple[Option, ...]:
    term = base.terms.get(base.ladder.subject_term)
    chosen = typed.get("subject")
    return tuple(Option(v, capital(v.replace("_", " ")), v == chosen) for v in (term.values if term else ()))


def head_page(base: RuleBase, shell: Shell, change: Send | None, typed: Mapping[str, str], anew: str) -> HeadPage:
    """The page on which a case is said to be about something else. ``change`` is where; None where it cannot be."""
    return HeadPage(shell, "What this is about", change, _subjects(base, typed), PERIOD_HINT, typed, anew)


def _result(key: str, term: Term) -> tuple[str, str, str]:
    return key, term.called, "Such as 1250000, or roughly: about 1250000"


def answers_page(
    conversation: Conversation,
    shell: Shell,
    title: str,
    address: str,
    diagnose: Send,
    diagnoses: tuple[tuple[str, str], ...],
    close: Send | None,
    newest: Mapping[str, Any] | None = None,
    others: Sequence[str] = (),
    figures: bool = False,
) -> AnswersPage:
    """The page of all answers. ``address`` is that of the case, ``newest`` the result of its newest diagnosis, and
    ``others`` are those who sit at it beside the reader, by name; ``figures``: some can be taken from systems."""
    base, term = conversation.base, conversation.term
    go_on = (f"{address}/questions/{term.name}", term.question) if term is not None else None
    return AnswersPage(
        shell,
        title,
        progress(conversation),
        go_on,
        tuple(_steps(conversation, address)),
        tuple(
            (capital(person(base, role)), _wanted(base, terms), f"{address}/requests?to={role}")
            for role, terms in handed_over(conversation).items()
        ),
        f"{address}/requests",
        f"{address}/file",
        f"{address}/people",
        f"Who works on this: {listed(['you', *others])}" if others else "Who works on this: you alone",
        f"{address}/follow",
        diagnose,
        diagnoses,
        close,
        f"{address}/head",
        gap_bridge(newest) if newest is not None else None,
        f"{address}/figures" if figures else "",
    )


def _wanted(base: RuleBase, terms: Sequence[Term]) -> str:
    named = [in_quotes(base, term.name) for term in terms[:3]]
    more = [f"{len(terms) - 3} more"] if len(terms) > 3 else []
    return f"{many(len(terms), 'question')}: {listed([*named, *more])}"


def _steps(conversation: Conversation, address: str) -> Iterator[tuple[str, tuple[AnswerLine, ...]]]:
    """Step by step, in the order of the vocabulary, what was said."""
    base, memory = conversation.base, conversation.memory
    found: dict[str, list[AnswerLine]] = {}
    for name, term in base.terms.items():
        if name in memory.statements:
            found.setdefault(base.home[term.home].title, []).append(_line(conversation, term, address))
    yield from ((title, tuple(lines)) for title, lines in found.items())


def _line(conversation: Conversation, term: Term, address: str) -> AnswerLine:
    base, memory = conversation.base, conversation.memory
    said = [
        (stated_words(memory, term, one), who_words(base, one, conversation.speaker.voice))
        if one.by
        else (stated_words(memory, term, one), "as the review was begun")
        for one in memory.statements[term.name]
        if one.stands
    ]
    gone = [one for one in memory.statements[term.name] if not one.stands]
    said += [(f"taken back: {stated_words(memory, term, one)}", one.withdrawn.reason) for one in gone if one.withdrawn]
    change = f"{address}/questions/{term.name}" if term.question and term.name not in memory.fixed else ""
    return AnswerLine(term.called, tuple(said), tuple(_marks(memory, term)), change)


def _marks(memory: WorkingMemory, term: Term) -> Iterator[str]:
    """What a reader must not miss about a fact."""
    fact = memory.fact(term.name)
    if fact.disputed or fact.unknown is Unknown.DISPUTED:
        yield "the answers disagree"
    late = (untimely(term, said, memory.period, memory.today) for said in memory.statements[term.name] if said.stands)
    yield from dict.fromkeys(found.told for found in late if found is not None)
