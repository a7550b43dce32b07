"""Whether a change of statements settles no disagreement: of another one no property speaks."""

from __future__ import annotations

from salesdx.base.model import Property
from salesdx.base.properties import WIDER
from salesdx.case.also_calculated import calculated, or_formulas
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Unknown, untimely
from salesdx.language.conditions import names


def settles_no_disagreement(property: Property, before: WorkingMemory, after: WorkingMemory) -> bool:
    """Whether all who speak of what is forgotten or has moved agree, in both cases where it moved; only what is
    forgotten whole may be in dispute. What an `or_formula` gives is a voice, too, and no disagreement with it ends."""
    for name in {**before.statements, **after.statements}:
        was, now = (case.statements.get(name, ()) for case in (before, after))
        if was == now or (property.forget and not now):
            continue
        if not agreed(before, name) or not (property.forget or agreed(after, name)):
            return False
    disputed = (name for name in or_formulas(before.base) if not agreed(before, name))
    if property.forget:
        return all(_is_forgotten(before, after, name) for name in disputed)
    return property.restated != WIDER or not any(agreed(after, name) for name in disputed)


def agreed(memory: WorkingMemory, name: str) -> bool:
    """Whether all who speak of a term say the same."""
    return len(_told(memory, name)) <= 1


def _told(memory: WorkingMemory, name: str) -> set[object]:
    """What is said of a term, current alone: its different values, and that it does not apply."""
    term, statements = memory.base.terms[name], memory.statements.get(name, ())
    standing = [said for said in statements if said.stands]
    current = (said for said in standing if not untimely(term, said, memory.period, memory.today))
    found: set[object] = {said.value for said in current if said.value is not None}
    found |= {said.unknown for said in standing if said.unknown is Unknown.NOT_APPLICABLE}
    if term.or_formula is not None:
        made = calculated(term, {read: memory.fact(read) for read in names(term.or_formula)}, memory.base)
        found |= {made.value} if made is not None else set()
    return found


def _is_forgotten(before: WorkingMemory, after: WorkingMemory, name: str) -> bool:
    """Whether what disagreed of a term that can be calculated is forgotten whole, or the fact is as it was: then all
    still disagree, or the rest was outweighed."""
    was, now, left = before.fact(name), after.fact(name), _told(after, name)
    stands = was.value == now.value and was.unknown == now.unknown
    return not left or (stands and (not was.disputed or left == _told(before, name)))
