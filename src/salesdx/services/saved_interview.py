"""An interview and its case file: read once, then written at every answer, and taken in anew where others wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text, firm_beside, named_after, with_firm
from salesdx.case.joining import Clash, joined
from salesdx.case.memory import WorkingMemory
from salesdx.case.writing import new_case, write_fact, write_standing
from salesdx.engine.diagnosis import status_words
from salesdx.interview.conversation import Conversation
from salesdx.services.files import FileChanged, UserFile, read_user_file
from salesdx.text.source import Mapping, Node, Scalar, Sequence, parse_yaml


@dataclass(frozen=True)
class SavedInterview:
    """A conversation as it stands on the disk.

    ``news`` is what its person must be told. ``reread`` is what the file said when somebody else had written it, and
    ``taken`` is False where they answered the same question: theirs stands, and the answer given here is not saved.
    """

    file: UserFile
    text: str
    conversation: Conversation
    firm: Path | None = None
    """The file with the profile of the firm, where it is not the one beside the case."""
    news: tuple[str, ...] = ()
    reread: WorkingMemory | None = None
    taken: bool = True

    def save(self, conversation: Conversation, name: str) -> SavedInterview:
        """One answer on the disk before it is acknowledged; with an empty name only how the conversation stands.

        A file that others wrote meanwhile is read anew, and the answer put into it. Raises FileError, and CaseError
        where the file has faults now.
        """
        path, base = self.file.path, conversation.base
        text = write_fact(self.text, str(path), base, conversation.memory, name) if name else self.text
        standing = {"rule_base": base.digest, "later": list(conversation.later), "standing": _standing(conversation)}
        text = write_standing(text, str(path), {key: part for key, part in standing.items() if part})
        try:
            return SavedInterview(self.file.written(text), text, conversation, self.firm)
        except FileChanged:
            now = open_interview(base, path, self.firm)
        if now.file.data is None:
            told = f"`{path}` was deleted by another program meanwhile; it is written anew"
            return replace(replace(self, file=now.file).save(conversation, name), news=(told,))
        return self._joined(now, conversation, name)

    def _joined(self, now: SavedInterview, conversation: Conversation, name: str) -> SavedInterview:
        """The file as others left it, with the answer that was given meanwhile."""
        base = conversation.base
        told = (f"`{self.file.path}` was changed by another program meanwhile; it is read anew", *now.news)
        found = joined(name, self.conversation.memory, conversation.memory, now.conversation.memory)
        memory = now.conversation.memory if isinstance(found, Clash) else found
        history = tuple(term for term in conversation.history if term in memory.statements)
        both = replace(conversation, memory=memory, history=history)
        if isinstance(found, Clash):
            answers = f"it answers “{base.terms[name].called}” with {found.there}, and that stands"
            told += (f"{answers}: your {found.here} is not saved",)
            saved = replace(now, conversation=both, taken=False)
        else:
            saved = now.save(both, name)
        return replace(saved, news=(*told, *saved.news), reread=now.conversation.memory)


def open_interview(base: RuleBase, path: Path, firm: Path | None = None) -> SavedInterview:
    """The interview of a case file, which need not exist yet, with the profile of the firm. Raises CaseError."""
    file, profile = read_user_file(path), firm or firm_beside(path, base)
    if file.data is None:
        new = WorkingMemory(base, {}, named_after(str(path)))
        return SavedInterview(file, new_case(new), Conversation(base, with_firm(new, profile)), firm)
    memory = with_firm(case_from_text(file.text, str(path), base), profile)
    node, _ = parse_yaml(file.text, str(path))
    state = node.get("interview") if isinstance(node, Mapping) else None
    later = tuple(name for name in _names(state, "later") if name in base.terms)
    conversation = Conversation(base, memory, later, tuple(memory.own.statements))
    return SavedInterview(file, file.text, conversation, firm, tuple(_news(state, conversation)))


def _news(state: Node | None, conversation: Conversation) -> Iterator[str]:
    """What a rule base that changed since the last answer changes."""
    base, digest = conversation.base, state.get("rule_base") if isinstance(state, Mapping) else None
    if not isinstance(digest, Scalar) or digest.text == base.digest:
        return
    yield "the rule base has changed since the last answer was saved"
    told = state.get("standing") if isinstance(state, Mapping) else None
    now = _standing(conversation)
    for name, was in told.entries if isinstance(told, Mapping) else ():
        if isinstance(was, Scalar) and now.get(name.text, "") != was.text:
            title = base.home[name.text].title if name.text in base.home else name.text
            yield f"“{title}” was {status_words(was.text)} and is now {status_words(now.get(name.text, 'gone'))}"


def _standing(conversation: Conversation) -> dict[str, str]:
    return {standing.stage.id: standing.status for standing in conversation.survey.diagnosis.standings}


def _names(state: Node | None, key: str) -> tuple[str, ...]:
    part = state.get(key) if isinstance(state, Mapping) else None
    return tuple(item.text for item in part if isinstance(item, Scalar)) if isinstance(part, Sequence) else ()
