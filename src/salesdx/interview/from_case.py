"""An interview whose answers are those of a case: each as the word of who said it there, what is missing not known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from salesdx.case.memory import WorkingMemory
from salesdx.interview.conversation import Conversation
from salesdx.interview.question import NOT_KNOWN, with_answer


def begun_from(conversation: Conversation, known: WorkingMemory) -> Conversation:
    """An interview whose head says what it does not say itself as a case has it."""
    memory = conversation.memory
    head = memory.head if memory.head.suspects else known.head
    memory = memory.headed({**known.subject, **memory.subject}, memory.period or known.period, head)
    return replace(conversation, memory=memory, opening=())


def profiled_from(conversation: Conversation, known: WorkingMemory) -> Iterator[tuple[str, Conversation]]:
    """An interview that has no profile of a firm, with each fact of the profile beside a case, one after the other."""
    for name, said in known.profile.items() if conversation.memory.firm is None else ():
        own = (replace(statement, of_firm=False) for statement in said)
        conversation = replace(conversation, memory=with_answer(conversation.memory, name, own))
        yield name, conversation


def answered_from(conversation: Conversation, known: WorkingMemory) -> Conversation:
    """An interview whose present question, which there must be, is answered from a case."""
    term, speaker = conversation.term, conversation.speaker
    assert term is not None
    said = (statement for statement in known.statements.get(term.name, ()) if not statement.of_firm)
    missing = replace(NOT_KNOWN, by=speaker.by, author=speaker.author)
    return replace(
        conversation,
        memory=with_answer(conversation.memory, term.name, said, missing),
        history=(*conversation.history, term.name),
        kept=(*conversation.kept, term.name),
    )
