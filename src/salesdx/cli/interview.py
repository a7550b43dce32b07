"""`salesdx interview`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from salesdx.base.model import RuleBase, Term
from salesdx.case.case_fields import IDENTIFIER
from salesdx.case.file import read_case_file
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import as_json
from salesdx.case.typed import echo
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.facts import options as drawing
from salesdx.cli.new_review import begin_review_file
from salesdx.cli.recorder import recorded
from salesdx.cli.typed_lines import read_line
from salesdx.engine.diagnose import diagnose
from salesdx.interview.conversation import Conversation
from salesdx.interview.from_case import answered_from, begun_from, profiled_from
from salesdx.interview.hand_over import handed_over
from salesdx.interview.meaning import named_role, role_hint
from salesdx.interview.speaker import EVERYBODY, Speaker
from salesdx.interview.turn import Turn
from salesdx.render import SHORT, page_alone, part_of
from salesdx.render.form_page import form_html
from salesdx.render.prompts import Page, questionnaire_file, reason
from salesdx.render.report import heading
from salesdx.render.wording import in_quotes, person
from salesdx.services.files import FileError, write_beside
from salesdx.services.page_requests import Look
from salesdx.services.questionnaires import open_questionnaire
from salesdx.services.recorder import Recorder
from salesdx.services.saved_interview import SavedInterview, open_interview
from salesdx.text.english import many

MAX_IDLE = 100
"""Lines of a pipe in a row that answer no further question: then nobody is answering."""
REMARKS = ("fault", "help", "why", "asked back", "review", "write")
"""Turns behind which the last question still stands, and is not shown again."""
HAND_OVER = timedelta(7)
"""How long others have for their questions."""


@click.command(epilog="\b\nExample: salesdx interview mine.yaml --answers examples/late-delivery.yaml --dry-run")
@click.argument("case", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--answers", type=click.Path(path_type=Path), help="Case file that answers; what it lacks is not known.")
@click.option("--dry-run", is_flag=True, help="Change no file.")
@click.option(
    "--transcript", type=click.Path(dir_okay=False, path_type=Path), help="File for questions and answers, JSON lines."
)
@click.option("--by", default="", metavar="ROLE", help="Who answers, such as sales_manager; else that is asked.")
@click.option("--author", default="", metavar="ID", help="An identifier of the person who answers.")
@click.option("--follows", metavar="CASE", help="The case before: CASE is a new review of the same subject.")
@drawing.from_systems
@options.ids
@options.firm
@options.home
@recorded
def interview(
    case: Path | None,
    answers: Path | None,
    dry_run: bool,
    transcript: Path | None,
    by: str,
    author: str,
    follows: str | None,
    source: drawing.FromSystems,
    ids: bool,
    firm: Path | None,
    home: Path | None,
    recorder: Recorder,
) -> None:
    """Find the cause by answering questions, the fewest and cheapest first.

    You are asked what your role knows; the rest is handed over to those who know it. Every answer is saved to CASE (by
    default a new file named after today) before the next question comes; the same command goes on later, and corrects.
    Answers come from the keyboard, from a pipe, or with --answers from a case file. Type `?` at a question for help.
    With --from facts are drawn from the firm's systems first, and the rest is asked. With --follows a new CASE begins
    with the actions of the one before and what is still current of its facts (`salesdx new review`).
    """
    base = options.rules_for_readers(home, ids)
    person = recorder.remote.person if recorder.remote is not None else None
    if not by and person is not None and person[1] in base.respondents:
        author, by = author or person[0], person[1]  # whom the trail knows is not asked who they are
    speaker = _speaker(base, by, author)
    out.keep_apart(transcript, case, answers)
    page = Page(out.terminal_width(), out.colour(None))
    path = case or (_new_path() if source.subject is None else None)
    if source.systems is not None:
        if dry_run:
            raise click.UsageError("facts are drawn into the case file, and --dry-run changes none")
        firm = source.profile(firm, path, base)
        path = source.draw(path, base, firm)[0]
    assert path is not None
    if follows is not None:
        if dry_run:
            raise click.UsageError("--follows writes a new case file, and --dry-run changes none")
        begin_review_file(base, follows, path, "", firm, recorder)
    with _lines(transcript) as write:
        if answers is not None:
            known = read_case_file(answers, base, firm)
            saved = open_interview(base, path, firm, speaker or EVERYBODY, dry_run)
            Talk(saved, page, write, recorder).read_from(known)
        else:
            Talk(open_interview(base, path, firm, speaker, dry_run), page, write, recorder).converse()


def _speaker(base: RuleBase, by: str, author: str) -> Speaker | None:
    """Who answers; None where that is to be asked."""
    role = named_role(base, by)
    if by and not role:
        known = ", ".join(base.respondents)
        raise click.UsageError(f"there is no respondent `{by}`; they are {known}{role_hint(base, by)}")
    if author and not IDENTIFIER.fits(author):
        raise click.UsageError("`--author` is an identifier: letters, digits, `.`, `-` and `_`, without spaces")
    if author and not by:
        raise click.UsageError("`--author` says who answers in a role: add `--by ROLE`")
    return Speaker(role, author, (role,)) if role else None


class Talk:
    """An interview at a terminal or through a pipe: a line in, the answer saved and recorded, what follows out."""

    def __init__(self, saved: SavedInterview, page: Page, write: Any, recorder: Recorder) -> None:
        self.saved, self.page, self.write, self.recorder = saved, page, write, recorder
        self.conversation, self.path = saved.conversation, saved.file.path
        self.terminal = sys.stdin.isatty()
        recorder.answers(self.base, self.conversation.memory, "case file")

    @property
    def base(self) -> RuleBase:
        """The rules that the interview reads."""
        return self.conversation.base

    @property
    def over(self) -> bool:
        """Whether nothing is left to ask."""
        return not self.conversation.step and self.conversation.term is None

    def read_from(self, known: WorkingMemory) -> None:
        """Answers to every question from a case file, and to the questions at the start from its head."""
        self.conversation = begun_from(self.conversation, known)
        self._save("")
        for name, profiled in profiled_from(self.conversation, known):
            self.conversation = profiled
            self._save(name)
        while (term := self.conversation.term) is not None:
            before, fact = self.conversation, known.fact(term.name)
            self.conversation = answered_from(before, known)
            self._save(term.name)
            self._note_down(before, term)
            shown = echo(term, fact.value) if fact.value is not None else "not known"
            self._tell([f"{term.question} {shown}"])
        self._end()

    def converse(self) -> None:
        """The conversation, until nobody answers any more."""
        if self.terminal:
            with suppress(ImportError):  # Windows has none, and edits the line by itself
                import readline  # noqa: F401 - gives the prompt its line editing
        self._tell(self.saved.news)
        show, most, idle = True, self._known(), 0
        while True:
            if show:
                self._show()
            line = read_line("> ")
            if line is None:
                self._stop()
                return
            turn = self._take(line)
            if turn.kind == "quit":
                self._leave(self.over)
                return
            show = turn.kind not in (REMARKS if not self.over else (*REMARKS, "show", "noted"))
            known = self._known()
            most, idle = max(most, known), 0 if known > most else idle + 1
            if idle >= MAX_IDLE and not self.terminal:
                self._give_up(f"{MAX_IDLE} lines in a row answered nothing new")
                return

    def _known(self) -> int:
        """How much was answered, the questions at the start among it."""
        return len(self.conversation.memory.statements) - len(self.conversation.opening)

    def _take(self, line: str) -> Turn:
        """What a line did, saved and told."""
        before, today = self.conversation, date.today()
        self.conversation, turn = before.take(line, today)
        if turn.kind in ("opened", "answered", "withdrawn", "noted", "later", "moved"):
            self._save(turn.term.name if turn.term is not None and turn.kind != "later" else "")
        if turn.kind == "answered" and self.saved.taken and turn.term is not None:
            self._note_down(before, turn.term)
        if turn.kind == "show":
            click.echo(self._recorded(), color=True)
        if turn.kind == "write":
            self._tell(self._written())
        if self.saved.taken or turn.kind not in ("answered", "withdrawn", "noted"):
            lines = [*self.page.turn(self.conversation if turn.kind == "review" else before, turn)]
            click.echo("\n".join([*lines, ""]), color=True, nl=False)
        return turn

    def _save(self, name: str) -> None:
        """The answer to a question, or only how the interview stands, on the disk and in the trail."""
        before = self.saved.conversation.memory
        self.saved = self.saved.save(self.conversation, name)
        if self.saved.reread is not None:
            self.recorder.answers(self.base, self.saved.reread, "case file")
        self.conversation = self.saved.conversation
        if self.conversation.memory != before:
            self.recorder.answers(self.base, self.conversation.memory, "interview")
        self._tell(self.saved.news)

    def _note_down(self, before: Conversation, term: Term) -> None:
        """A line of the transcript."""
        question, known = before.survey.question, self.conversation.memory.fact(term.name).value
        asked = question if question is not None and question.term == term else None
        stage = asked.why.stage.id if asked and asked.why.stage else term.home
        answer = as_json(known) if known is not None else "not_known"
        why = reason(self.base, asked) if asked else ""
        self.write({"term": term.name, "answer": answer, "stage": stage, "why": why})

    def _tell(self, lines: Iterable[str]) -> None:
        for line in lines:
            click.echo("\n".join(self.page.wrapped(line)))

    # --- what is shown ---

    def _show(self) -> None:
        """The question, or what follows the last one."""
        if self.over and not self.conversation.choices:
            self._end()
        else:
            click.echo("\n".join(self.page.question(self.conversation, date.today())), color=True)

    def _end(self) -> None:
        """The diagnosis, and what is left to others."""
        shown = self._recorded()
        others = handed_over(self.conversation)
        end = self.page.end(self.conversation, others, str(self.path), date.today() + HAND_OVER)
        click.echo("\n".join(["", shown, *end]), color=True)

    def _written(self) -> Iterator[str]:
        """The questionnaires of the others are written beside the case; what became of each."""
        others = handed_over(self.conversation)
        if not others:
            yield "nothing is left to ask the others"
        for role, terms in others.items():
            path = Path(questionnaire_file(str(self.path), role))
            told = f"{many(len(terms), 'question')} to {person(self.base, role)} in {path}"
            if self.saved.dry:
                yield f"not written in a dry run: {told}"
                continue
            try:
                write_beside(path, form_html(open_questionnaire(self.base, self.conversation.memory, role)))
                yield told
            except FileError as error:
                yield str(error)

    def _recorded(self) -> str:
        """The diagnosis by the engine that `diagnose` uses, as text, recorded like it as it is about to be shown."""
        diagnosis = diagnose(self.base, self.recorder.with_earlier(self.conversation.memory))
        if self.recorder.remote is not None:
            look = Look(SHORT, self.page.width, self.base.ids, self.page.colour)
            return self.recorder.served_page([diagnosis], look)
        shown = part_of(diagnosis, SHORT, self.page.width, self.page.colour)
        self.recorder.diagnoses([(diagnosis, page_alone(heading(diagnosis), shown, SHORT))], SHORT)
        return shown

    # --- leaving ---

    def _leave(self, over: bool) -> None:
        where = "nothing is saved" if self.saved.dry else f"saved in {self.path}"
        self._tell([where if over or self.saved.dry else f"{where}; `salesdx interview {self.path}` goes on"])

    def _stop(self) -> None:
        """The input ended: at a terminal that is a way to leave, in a script something may be missing."""
        if self.terminal or self.over:
            self._leave(self.over)
        else:
            self._give_up("the answers ended")

    def _give_up(self, why: str) -> None:
        """Nobody answers any more: what is asked for, and exit status 1; nothing where nothing is left to ask."""
        if self.over:
            self._leave(True)
            return
        head, term = self.conversation.head(date.today()), self.conversation.term
        if head is not None:
            told = head.text
        else:
            assert term is not None
            told = f"{in_quotes(self.base, term.name)} ({person(self.base, term.respondent)}): {term.question}"
        click.echo(f"error: {why}; the next question is {told}", err=True)
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
