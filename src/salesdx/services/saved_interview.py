"""An interview and its case file: read once, then written at every answer, and taken in anew where others wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text, firm_beside, named_after, with_firm
from salesdx.case.head import CaseHead
from salesdx.case.joining import Clash, joined, joined_heads
from salesdx.case.memory import WorkingMemory
from salesdx.case.sealed_case import with_evidence
from salesdx.case.writing import new_case, write_fact, write_head, write_standing
from salesdx.engine.diagnosis import status_words
from salesdx.interview.conversation import Conversation
from salesdx.interview.opening import SPEAKER, opening_steps
from salesdx.interview.speaker import Speaker
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
    dry: bool = False
    """Whether nothing is written."""
    news: tuple[str, ...] = ()
    reread: WorkingMemory | None = None
    taken: bool = True

    def save(self, conversation: Conversation, name: str) -> SavedInterview:
        """One answer on the disk before it is acknowledged; with an empty name the head, and how the conversation
        stands.

        A file that others wrote meanwhile is read anew, and the answer put into it. Raises FileError, and CaseError
        where the file has faults now.
        """
        if self.dry:
            return replace(self, conversation=conversation, news=())
        path, base = self.file.path, conversation.base
        text = self.text
        if _head(conversation.memory) != _head(self.conversation.memory):
            text = write_head(text, str(path), conversation.memory)
        text = write_fact(text, str(path), base, conversation.memory, name) if name else text
        text = write_standing(text, str(path), {key: part for key, part in _state(conversation).items() if part})
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
        told = (f"`{self.file.path}` was changed by another program meanwhile; it is read anew", *now.news)
        base, there = conversation.base, now.conversation.memory
        before, here = self.conversation.memory, conversation.memory
        voice = conversation.speaker.voice
        memory, stands = joined_heads(before, here, there, voice)
        told += tuple(f"the {part} of the case was changed there, too, and that stands" for part in stands)
        found = joined(name, self.conversation.memory, conversation.memory, memory, voice)
        memory = memory if isinstance(found, Clash) else found
        history = tuple(term for term in conversation.history if term in memory.statements)
        again = tuple(term for term in conversation.again if memory.said_by(term, voice) is not None)
        both = replace(conversation, memory=memory, history=history, again=again)
        if isinstance(found, Clash):
            answered = f"“{base.terms[name].called}” is answered there by you with {found.there}, and that stands"
            told += (f"{answered}: {found.here} is not saved",)
            saved = replace(now, conversation=both, taken=False)
        else:
            saved = now.save(both, name)
        return replace(saved, news=(*told, *saved.news), reread=now.conversation.memory)


def _head(memory: WorkingMemory) -> tuple[dict[str, str], tuple[date, date] | None, CaseHead]:
    return dict(memory.subject), memory.period, memory.head


def open_interview(
    base: RuleBase, path: Path, firm: Path | None = None, speaker: Speaker | None = None, dry: bool = False
) -> SavedInterview:
    """The interview of a case file, which need not exist yet, with the profile of the firm. Raises CaseError.

    Without a ``speaker`` it is asked who speaks; whoever did so last is proposed.
    """
    file, profile = read_user_file(path), firm or firm_beside(path, base)
    new = file.data is None
    begun = WorkingMemory(base, {}, named_after(str(path)), today=date.today())
    memory = begun if new else case_from_text(file.text, str(path), base)
    text = new_case(memory) if new else file.text
    node, _ = parse_yaml(text, str(path))
    state = node.get("interview") if isinstance(node, Mapping) else None
    memory = with_evidence(with_firm(memory, profile), path)
    steps = opening_steps(base, memory)
    if state is not None:  # what was left out at the start is not asked again
        steps = tuple(step for step in steps if step in (SPEAKER, *_words(state, "opening")))
    voice = (speaker or _proposed(base, state)).voice
    conversation = Conversation(
        base,
        memory,
        later=tuple(name for name in _words(state, "later") if name in base.terms),
        history=tuple(memory.own.statements),
        speaker=speaker or _proposed(base, state),
        opening=steps if speaker is None else tuple(step for step in steps if step != SPEAKER),
        kept=tuple(name for name in _words(state, "kept") if name in base.terms),
        again=tuple(name for name in _words(state, "again") if memory.said_by(name, voice) is not None),
        further=_word(state, "further") == "true",
    )
    return SavedInterview(file, text, conversation, firm, dry, tuple(_changed(base, conversation, state)))


def _proposed(base: RuleBase, state: Node | None) -> Speaker:
    """Who spoke last; in a new interview whoever asks for reviews."""
    roles = [_word(state, "by"), base.ladder.asked_by, *base.respondents]
    by = next((role for role in roles if role in base.respondents), "")
    return Speaker(by, _word(state, "author"), (by,) if by else ())


def _state(conversation: Conversation) -> dict[str, object]:
    """What an interview must know when it goes on."""
    return {
        "rule_base": conversation.base.digest,
        "by": conversation.speaker.by,
        "author": conversation.speaker.author,
        "opening": list(conversation.opening),
        "later": list(conversation.later),
        "kept": list(conversation.kept),
        "again": list(conversation.again),
        "further": "true" if conversation.further else "",
        "standing": _standing(conversation),
    }


def _changed(base: RuleBase, conversation: Conversation, state: Node | None) -> Iterator[str]:
    """What a rule base that changed since the last answer changes."""
    digest = _word(state, "rule_base")
    if not digest or digest == base.digest:
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


def _word(state: Node | None, key: str) -> str:
    part = state.get(key) if isinstance(state, Mapping) else None
    return part.text if isinstance(part, Scalar) else ""


def _words(state: Node | None, key: str) -> tuple[str, ...]:
    part = state.get(key) if isinstance(state, Mapping) else None
    return tuple(item.text for item in part if isinstance(item, Scalar)) if isinstance(part, Sequence) else ()
