"""`salesdx interview`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import click

from salesdx import load
from salesdx.base.model import RuleBase, Term
from salesdx.case.file import case_from, read_case_file
from salesdx.case.memory import WorkingMemory, as_json
from salesdx.case.typed import echo
from salesdx.case.writing import new_case, write_fact, write_standing
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.locking import only_one
from salesdx.cli.recorder import Recorder, recorded
from salesdx.engine.diagnose import diagnose
from salesdx.engine.diagnosis import status_words
from salesdx.interview.conversation import Session
from salesdx.interview.question import with_answer
from salesdx.render import render
from salesdx.render.prompts import Page, reason
from salesdx.text.issues import CaseError, Issue
from salesdx.text.source import Mapping, Node, Scalar, Sequence, parse_yaml, read_text


@click.command(epilog="\b\nExample: salesdx interview examples/empty-start.yaml --answers examples/late-delivery.yaml")
@click.argument("case", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--answers", type=click.Path(path_type=Path), help="Case file that answers; what it lacks is not known.")
@click.option(
    "--transcript", type=click.Path(dir_okay=False, path_type=Path), help="File for questions and answers, JSON lines."
)
@click.option("--by", default="", metavar="RESPONDENT", help="Who answers, such as sales_manager.")
@options.home
@recorded
def interview(
    case: Path | None, answers: Path | None, transcript: Path | None, by: str, home: Path | None, recorder: Recorder
) -> None:
    """Find the cause by answering questions, the fewest and cheapest first.

    Every answer is saved to CASE (by default a new file named after today) before the next question comes; the same
    command goes on later. Answers come from the keyboard, from a pipe, or with --answers from a case file, which then
    changes nothing in CASE. Type `?` at a question for help.
    """
    base = load(home)
    if by and by not in base.respondents:
        raise click.UsageError(f"there is no respondent `{by}`; they are {', '.join(base.respondents)}")
    page = Page(out.terminal_width(), out.colour(None))
    with _lines(transcript) as write:
        if answers is not None:
            session = _from_file(base, case, answers, page, write)
            click.echo("\n".join(_end(session, page, recorder)), color=True)
            return
        path = case or _new_path()
        with only_one(path):
            _converse(base, path, by, page, write, recorder)


def _from_file(base: RuleBase, case: Path | None, answers: Path, page: Page, write: Any) -> Session:
    """Answer every question from a case file, without a person and without touching a file."""
    known = read_case_file(answers, base)
    if case is not None and case.exists():
        memory = read_case_file(case, base)
        memory = replace(memory, period=memory.period or known.period)
    else:
        memory = WorkingMemory(base, {}, known.case, known.subject, known.period)
    session = Session(base, memory)
    while (term := session.term) is not None:
        fact = known.fact(term.name)
        _record(session, term, fact.value, write)
        memory = with_answer(session.memory, term.name, known.statements.get(term.name, ()))
        session = replace(session, memory=memory, history=(*session.history, term.name))
        value = session.memory.fact(term.name).value
        for line in page.wrapped(f"{term.question} {echo(term, value) if value is not None else 'not known'}"):
            click.echo(line)
    return session


def _record(session: Session, term: Term, value: Any, write: Any) -> None:
    question = session.survey.question
    stage = question.why.stage.id if question and question.why.stage else term.home
    answer = as_json(value) if value is not None else "not_known"
    write(
        {"term": term.name, "answer": answer, "stage": stage, "why": reason(session.base, question) if question else ""}
    )


def _converse(base: RuleBase, path: Path, by: str, page: Page, write: Any, recorder: Recorder) -> None:
    """The conversation: a line in, the answer saved and recorded, the next question out."""
    saved = _Saved(base, path)
    recorder.answers(base, saved.session.memory, "case file")
    session = replace(saved.session, by=by)
    terminal = sys.stdin.isatty()
    if terminal:
        import readline  # noqa: F401 - gives the prompt its line editing

    for news in saved.news:
        click.echo("\n".join(page.wrapped(news)))
    show = True
    while session.term is not None:
        if show:
            click.echo("\n".join(page.question(session)), color=True)
        line = _read_line(terminal)
        if line is None:
            _stop(session, path, page, terminal)
            return
        before, term = session, session.term
        session, turn = session.take(line, date.today())
        if turn.kind == "quit":
            click.echo("\n".join(page.wrapped(f"saved in {path}; `salesdx interview {path}` goes on")))
            return
        if turn.kind in ("answered", "noted", "later"):
            saved.save(session, turn.term.name if turn.term and turn.kind != "later" else "")
            recorder.answers(base, session.memory, "interview")
        if turn.kind == "answered" and term is not None and turn.term is not None:
            _record(before, turn.term, session.memory.fact(turn.term.name).value, write)
        if turn.kind == "show":
            recorder.diagnoses([session.survey.diagnosis], "text", page.width)
            click.echo(render([session.survey.diagnosis], "text", page.width, page.colour), color=True)
        click.echo("\n".join(page.turn(before, turn)), color=True)
        show = turn.kind not in ("fault", "help", "why")
    click.echo("\n".join(_end(session, page, recorder)), color=True)
    click.echo("\n".join(page.wrapped(f"saved in {path}")))


def _end(session: Session, page: Page, recorder: Recorder) -> Iterator[str]:
    """The diagnosis, by the engine that `diagnose` uses and recorded like it, and what is conditional."""
    found = diagnose(session.base, session.memory)
    recorder.diagnoses([found], "text", page.width)
    yield ""
    yield render([found], "text", page.width, page.colour)
    yield from page.parked(session.survey)


def _stop(session: Session, path: Path, page: Page, terminal: bool) -> None:
    """The input ended: at a terminal that is a way to leave, in a script something is missing."""
    if terminal:
        click.echo("\n".join(page.wrapped(f"saved in {path}; `salesdx interview {path}` goes on")))
        return
    term = session.term
    assert term is not None
    who = session.base.respondents.get(term.respondent, term.respondent)
    click.echo(f"error: the answers ended; the next question is `{term.name}` ({who}): {term.question}", err=True)
    sys.exit(1)


def _read_line(terminal: bool) -> str | None:
    """A typed line; None at the end of input. Ctrl-C drops the line being typed and leaves, as all before is saved."""
    try:
        if terminal:
            return input("> ")
        line = sys.stdin.readline()
        return line.rstrip("\n") if line else None
    except (EOFError, KeyboardInterrupt) as end:
        if not terminal and isinstance(end, KeyboardInterrupt):
            raise
        click.echo("")
        return None
    except UnicodeDecodeError:
        return "\ufffd"


def _new_path() -> Path:
    """A file of today that does not exist yet."""
    name = f"interview-{date.today().isoformat()}"
    for n in range(1, 1000):
        path = Path(f"{name}{f'-{n}' if n > 1 else ''}.yaml")
        if not path.exists():
            return path
    raise click.ClickException("too many interviews of today; name a case file")


@contextmanager
def _lines(transcript: Path | None) -> Iterator[Any]:
    """A function that writes one object as a line of JSON."""
    if transcript is None:
        yield lambda _: None
        return

    def act(do: Callable[..., Any], *more: Any) -> Any:
        try:
            return do(*more)
        except OSError as error:
            raise click.ClickException(f"`{transcript}` cannot be written: {error.strerror or error}") from None

    with act(open, transcript, "wb", 0) as file:  # without a buffer, where a line that fails would be tried again

        def write(entry: dict[str, Any]) -> None:
            line = f"{json.dumps(entry, ensure_ascii=False)}\n".encode()
            while line:  # a disk that gets full takes a part
                line = line[act(file.write, line) :]

        yield write


class _Saved:
    """The case file of an interview: read once, then written at every answer."""

    def __init__(self, base: RuleBase, path: Path) -> None:
        self.base, self.path = base, path
        self.news: list[str] = []
        node: Node | None = None
        if path.exists():
            found, faults = read_text(path, str(path))
            if found is None:
                raise CaseError(map(Issue.of, faults))
            self.text = found
            node, faults = parse_yaml(found, str(path))
            if node is None or faults:
                raise CaseError([*map(Issue.of, faults)])
            memory = case_from(node, str(path), base)
        else:
            memory = WorkingMemory(base, {}, path.stem)
            self.text = new_case(memory)
        state = node.get("interview") if isinstance(node, Mapping) else None
        later = tuple(name for name in _names(state, "later") if name in base.terms)
        self.session = Session(base, memory, later, tuple(memory.statements))
        self.compare(state)

    def compare(self, state: Node | None) -> None:
        """What a rule base that changed since the last answer changes."""
        digest = state.get("rule_base") if isinstance(state, Mapping) else None
        if not isinstance(digest, Scalar) or digest.text == self.base.digest:
            return
        self.news.append("the rule base has changed since the last answer was saved")
        told = state.get("standing") if isinstance(state, Mapping) else None
        now = self.standing(self.session)
        for name, was in told.entries if isinstance(told, Mapping) else ():
            if isinstance(was, Scalar) and now.get(name.text, "") != was.text:
                title = self.base.home[name.text].title if name.text in self.base.home else name.text
                self.news.append(
                    f"“{title}” was {status_words(was.text)} and is now {status_words(now.get(name.text, 'gone'))}"
                )

    def standing(self, session: Session) -> dict[str, str]:
        return {standing.stage.id: standing.status for standing in session.survey.diagnosis.standings}

    def save(self, session: Session, name: str) -> None:
        """One answer to the disk, before it is acknowledged."""
        if name:
            self.text = write_fact(self.text, str(self.path), self.base, session.memory, name)
        state = {"rule_base": self.base.digest, "later": list(session.later), "standing": self.standing(session)}
        self.text = write_standing(self.text, str(self.path), {key: part for key, part in state.items() if part})
        out.write(self.text, self.path)


def _names(state: Node | None, key: str) -> tuple[str, ...]:
    part = state.get(key) if isinstance(state, Mapping) else None
    return tuple(item.text for item in part if isinstance(item, Scalar)) if isinstance(part, Sequence) else ()
