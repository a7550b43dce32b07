"""`salesdx interview`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import click

from salesdx import load
from salesdx.base.model import RuleBase, Term
from salesdx.case.file import read_case_file
from salesdx.case.statement import as_json
from salesdx.case.typed import echo
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.cli.typed_lines import read_line
from salesdx.engine.diagnose import diagnose
from salesdx.interview.conversation import Conversation, Turn
from salesdx.interview.question import with_answer
from salesdx.render import page_alone, part_of
from salesdx.render.prompts import Page, reason
from salesdx.render.report import heading
from salesdx.render.wording import in_quotes
from salesdx.services.recorder import Recorder
from salesdx.services.saved_interview import SavedInterview, open_interview

MAX_IDLE = 100
"""Lines of a pipe in a row that answer no further question: then nobody is answering."""


@click.command(epilog="\b\nExample: salesdx interview examples/empty-start.yaml --answers examples/late-delivery.yaml")
@click.argument("case", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--answers", type=click.Path(path_type=Path), help="Case file that answers; what it lacks is not known.")
@click.option(
    "--transcript", type=click.Path(dir_okay=False, path_type=Path), help="File for questions and answers, JSON lines."
)
@click.option("--by", default="", metavar="RESPONDENT", help="Who answers, such as sales_manager.")
@options.ids
@options.firm
@options.home
@recorded
def interview(
    case: Path | None,
    answers: Path | None,
    transcript: Path | None,
    by: str,
    ids: bool,
    firm: Path | None,
    home: Path | None,
    recorder: Recorder,
) -> None:
    """Find the cause by answering questions, the fewest and cheapest first.

    Every answer is saved to CASE (by default a new file named after today) before the next question comes; the same
    command goes on later. Answers come from the keyboard, from a pipe, or with --answers from a case file, which then
    changes nothing in CASE. Type `?` at a question for help.
    """
    base = replace(load(home), ids=ids)
    if by and by not in base.respondents:
        raise click.UsageError(f"there is no respondent `{by}`; they are {', '.join(base.respondents)}")
    out.keep_apart(transcript, case, answers)
    page = Page(out.terminal_width(), out.colour(None))
    with _lines(transcript) as write:
        if answers is not None:
            conversation = _from_file(base, case, answers, firm, page, write)
            click.echo("\n".join(_end(conversation, page, recorder)), color=True)
            return
        path = case or _new_path()
        _converse(base, path, firm, by, page, write, recorder)


def _from_file(
    base: RuleBase, case: Path | None, answers: Path, firm: Path | None, page: Page, write: Any
) -> Conversation:
    """Answer every question from a case file, without a person and without touching a file."""
    known = read_case_file(answers, base, firm)
    if case is not None and case.exists():
        memory = read_case_file(case, base, firm)
        memory = replace(memory, period=memory.period or known.period)
    else:
        memory = replace(known, statements=known.profile)
    conversation = Conversation(base, memory)
    while (term := conversation.term) is not None:
        fact = known.fact(term.name)
        _record(conversation, term, fact.value, write)
        memory = with_answer(conversation.memory, term.name, known.statements.get(term.name, ()))
        conversation = replace(conversation, memory=memory, history=(*conversation.history, term.name))
        value = conversation.memory.fact(term.name).value
        for line in page.wrapped(f"{term.question} {echo(term, value) if value is not None else 'not known'}"):
            click.echo(line)
    return conversation


def _record(conversation: Conversation, term: Term, value: Any, write: Any) -> None:
    question = conversation.survey.question
    stage = question.why.stage.id if question and question.why.stage else term.home
    answer = as_json(value) if value is not None else "not_known"
    write(
        {
            "term": term.name,
            "answer": answer,
            "stage": stage,
            "why": reason(conversation.base, question) if question else "",
        }
    )


def _converse(
    base: RuleBase, path: Path, firm: Path | None, by: str, page: Page, write: Any, recorder: Recorder
) -> None:
    """The conversation: a line in, the answer saved and recorded, the next question out."""
    saved = open_interview(base, path, firm)
    recorder.answers(base, saved.conversation.memory, "case file")
    conversation = replace(saved.conversation, by=by)
    terminal = sys.stdin.isatty()
    if terminal:
        with suppress(ImportError):  # Windows has none, and edits the line by itself
            import readline  # noqa: F401 - gives the prompt its line editing
    _tell(saved.news, page)
    show, most, idle = True, len(conversation.memory.statements), 0
    while conversation.term is not None:
        if show:
            click.echo("\n".join(page.question(conversation)), color=True)
        line = read_line("> ")
        if line is None:
            _stop(conversation, path, page, terminal)
            return
        before, term = conversation, conversation.term
        conversation, turn = conversation.take(line, date.today())
        if turn.kind == "quit":
            _tell([f"saved in {path}; `salesdx interview {path}` goes on"], page)
            return
        if turn.kind in ("answered", "noted", "later"):
            saved = _saved(saved, conversation, turn, page, recorder)
            conversation = saved.conversation
        if turn.kind == "answered" and saved.taken and term is not None and turn.term is not None:
            _record(before, turn.term, conversation.memory.fact(turn.term.name).value, write)
        if turn.kind == "show":
            click.echo(_recorded_page(conversation, page, recorder), color=True)
        if saved.taken or turn.kind not in ("answered", "noted"):
            click.echo("\n".join(page.turn(before, turn)), color=True)
        show = turn.kind not in ("fault", "help", "why")
        known = len(conversation.memory.statements)
        most, idle = max(most, known), 0 if known > most else idle + 1
        if idle >= MAX_IDLE and not terminal and conversation.term is not None:
            _give_up(conversation, path, f"{MAX_IDLE} lines in a row answered nothing new")
    click.echo("\n".join(_end(conversation, page, recorder)), color=True)
    _tell([f"saved in {path}"], page)


def _saved(
    saved: SavedInterview, conversation: Conversation, turn: Turn, page: Page, recorder: Recorder
) -> SavedInterview:
    """The conversation with an answer on the disk and in the trail, and what is to be told of the file."""
    saved = saved.save(conversation, turn.term.name if turn.term and turn.kind != "later" else "")
    if saved.reread is not None:
        recorder.answers(conversation.base, saved.reread, "case file")
    recorder.answers(conversation.base, saved.conversation.memory, "interview")
    _tell(saved.news, page)
    return saved


def _tell(lines: Iterable[str], page: Page) -> None:
    for line in lines:
        click.echo("\n".join(page.wrapped(line)))


def _end(conversation: Conversation, page: Page, recorder: Recorder) -> Iterator[str]:
    """The diagnosis, and what is conditional."""
    shown = _recorded_page(conversation, page, recorder)
    yield ""
    yield shown
    yield from page.parked(conversation.survey)


def _recorded_page(conversation: Conversation, page: Page, recorder: Recorder) -> str:
    """The diagnosis by the engine that `diagnose` uses, as text, recorded like it as it is about to be shown."""
    diagnosis = diagnose(conversation.base, recorder.with_earlier(conversation.memory))
    shown = part_of(diagnosis, "text", page.width, page.colour)
    recorder.diagnoses([(diagnosis, page_alone(heading(diagnosis), shown, "text"))], "text")
    return shown


def _stop(conversation: Conversation, path: Path, page: Page, terminal: bool) -> None:
    """The input ended: at a terminal that is a way to leave, in a script something is missing."""
    if terminal:
        click.echo("\n".join(page.wrapped(f"saved in {path}; `salesdx interview {path}` goes on")))
        return
    _give_up(conversation, path, "the answers ended")


def _give_up(conversation: Conversation, path: Path, why: str) -> NoReturn:
    """Nobody answers any more: what is asked for, and exit status 1."""
    term = conversation.term
    assert term is not None
    who = conversation.base.respondents.get(term.respondent, term.respondent)
    name = in_quotes(conversation.base, term.name)
    click.echo(f"error: {why}; the next question is {name} ({who}): {term.question}", err=True)
    sys.exit(1)


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
