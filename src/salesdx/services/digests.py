"""How much waits for each person of a service."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from salesdx.ledger.log import Person
from salesdx.ledger.moments import stamp
from salesdx.services.trail_server import TrailServer
from salesdx.trail.own_words import came_by_link


@dataclass(frozen=True)
class WaitingFor:
    """What waits for a person now: the kinds of tasks, one each, in how many reviews answers came in by link, and
    whether something could not be looked at."""

    person: str
    kinds: tuple[str, ...]
    came_in: int
    doubts: bool

    @property
    def count(self) -> int:
        """Of things that wait."""
        return len(self.kinds) + self.came_in


def waiting_for(server: TrailServer, person: str, cases: Callable[[str], Iterable[str]]) -> WaitingFor:
    """What waits for somebody in all their roles. ``cases`` tells at which open cases they sit. Raises TrailError."""
    now = server.now()
    member = server.register().members[person]
    held = dict.fromkeys(one.role for one in member.roles if one.at(stamp(now)))
    found = [server.waiting(Person(person, role, "login")) for role in held]
    ready = {(task.kind, task.record): task for each in found for task in each.items if task.waits(now)}
    with server.trail.read() as reader:
        came_in = sum(bool(came_by_link(reader, case)) for case in (cases(person) if held else ()))
    kinds = tuple(sorted(task.kind for task in ready.values()))
    return WaitingFor(person, kinds, came_in, any(each.doubts for each in found))
