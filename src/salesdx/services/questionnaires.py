"""Questionnaires of a case: what one respondent is still asked, and what comes back into the case file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text, firm_beside, names_itself, with_firm
from salesdx.case.joining import Clash, joined
from salesdx.case.memory import WorkingMemory
from salesdx.case.sealed_case import with_evidence
from salesdx.case.writing import write_fact
from salesdx.interview.open_questions import questions_to
from salesdx.questionnaire import Questionnaire, questionnaire
from salesdx.questionnaire.collecting import Collected, answered_twice
from salesdx.questionnaire.collecting import collect as join
from salesdx.questionnaire.replies import read_reply
from salesdx.services.files import FileChanged, FileError, UserFile, read_user_file
from salesdx.services.page_requests import AnsweredBy, Collecting
from salesdx.services.recorder import NO_RECORDER, Recorder
from salesdx.text.issues import CaseError, Issue


def open_questionnaire(base: RuleBase, memory: WorkingMemory, respondent: str) -> Questionnaire:
    """The questions to one respondent that can still change the result, in the order of the ladder."""
    return questionnaire(base, memory, respondent, questions_to(base, memory, respondent))


@dataclass(frozen=True)
class CollectedCase:
    """A case file as it was read, the answers that came back, and the text that holds both."""

    file: UserFile
    found: Collected
    text: str


def collect_replies(
    base: RuleBase, case: Path, files: Iterable[Path], firm: Path | None = None, recorder: Recorder = NO_RECORDER
) -> CollectedCase:
    """The answers of all questionnaires together, beside what the trail knows of the subject; nothing is written yet.

    Raises CaseError with every fault of the case and of all files, and TrailError.
    """
    issues: list[Issue] = []
    memory: WorkingMemory | None = None
    named = True
    file = read_user_file(case)
    try:
        memory = with_firm(case_from_text(file.text, str(case), base), firm or firm_beside(case, base))
        memory = with_evidence(memory, case)
        named = names_itself(file.text)
    except CaseError as error:
        issues += error.issues
    replies = []
    for path in dict.fromkeys(files):
        reply, faults = read_reply(path, base, memory, named)
        issues += faults
        if reply:
            replies.append(reply)
    issues += answered_twice(replies)
    if memory is not None and not issues:
        found, more = join(recorder.with_earlier(memory), replies)
        if not more:
            return CollectedCase(file, found, _text(base, file, memory, found))
        issues += more
    raise CaseError(issues)


def save_replies(collected: CollectedCase, again: Callable[[], CollectedCase], recorder: Recorder) -> Collected:
    """Put collected answers into the case file; how they stand there.

    Where others wrote the file meanwhile, ``again`` collects anew, so that what they wrote is taken in. Raises what it
    raises, FileError where they wrote another answer of one of these respondents, and TrailError; then nothing is
    written.
    """
    while True:
        found = collected.found
        recorder.answers(found.memory.base, found.before.memory, "case file")
        try:
            if found.names:
                collected.file.written(collected.text)
            return found
        except FileChanged:
            collected = again()
        if clashes := "; ".join(_clashes(found, collected.found)):
            raise FileError(f"`{collected.file.path}` was changed by another program meanwhile: {clashes}")


def collecting_of(found: Collected) -> Collecting:
    """What is asked of a service that is to show what answers change in a case. Needs the libraries of the trail."""
    from salesdx.trail.recording import recorded_case

    answered = (AnsweredBy(part.respondent, (*part.new, *part.replaced, *part.same)) for part in found.added)
    return Collecting(recorded_case(found.before.memory), tuple(answered))


def _clashes(first: Collected, now: Collected) -> Iterator[str]:
    """What the respondents answer otherwise in a case that others wrote since it was first read."""
    for name in first.names:
        if isinstance(clash := joined(name, first.before.memory, first.memory, now.before.memory), Clash):
            called = now.memory.base.terms[name].called
            yield f"“{called}” is answered there with {clash.there}, and here with {clash.here}"


def _text(base: RuleBase, file: UserFile, memory: WorkingMemory, found: Collected) -> str:
    """The text of the case file with the new statements, one fact after the other."""
    text = file.text
    for name in found.names:
        memory = memory.with_statements(name, found.memory.statements[name])
        text = write_fact(text, str(file.path), base, memory, name)
    return text
