"""Questionnaires of a case: what one respondent is still asked, and what comes back into the case file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text, firm_beside, names_itself, with_firm
from salesdx.case.memory import WorkingMemory
from salesdx.case.writing import write_fact
from salesdx.interview.open_questions import questions_to
from salesdx.questionnaire import Questionnaire, questionnaire
from salesdx.questionnaire.collecting import Collected, answered_twice
from salesdx.questionnaire.collecting import collect as join
from salesdx.questionnaire.replies import read_reply
from salesdx.services.files import UserFile, read_user_file
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


def collect_replies(base: RuleBase, case: Path, files: Iterable[Path], firm: Path | None = None) -> CollectedCase:
    """The answers of all questionnaires together; nothing is written yet.

    Raises CaseError with every fault of the case and of all files.
    """
    issues: list[Issue] = []
    memory: WorkingMemory | None = None
    named = True
    file = read_user_file(case)
    try:
        memory = with_firm(case_from_text(file.text, str(case), base), firm or firm_beside(case, base))
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
        found, more = join(memory, replies)
        if not more:
            return CollectedCase(file, found, _text(base, file, memory, found))
        issues += more
    raise CaseError(issues)


def _text(base: RuleBase, file: UserFile, memory: WorkingMemory, found: Collected) -> str:
    """The text of the case file with the new statements, one fact after the other."""
    text = file.text
    for name in found.names:
        memory = memory.with_statements(name, found.memory.statements[name])
        text = write_fact(text, str(file.path), base, memory, name)
    return text
