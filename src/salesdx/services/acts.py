"""What people do in a trail, each act once for every door: who may, in which role, and whether they sign for it.

In a trail that knows its people an act is done by somebody of its register, in a role to which the policy in force
gives it. In one without a register names are typed, and what is weighty is refused.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from salesdx.ledger.errors import Refused

if TYPE_CHECKING:
    from salesdx.base.model import RuleBase
    from salesdx.ledger.log import Person, Trail
    from salesdx.ledger.storage import EntryRow
    from salesdx.trail.book import Book

Render = Callable[[Any], Any]
"""Makes the page of what an act shows, or the pages of an export, which are recorded with it; the door hands it in."""
NEEDS_PEOPLE = ("sign_off", "release", "erase", "people", "rotate", "adopt", "see_people", "map_systems")
"""Rows of the policy that typed names do not do: who could say that two names are two persons, or who looks at one?"""


class RequestBody:
    """What a client tells, with these keys and no others, at doors that read JSON."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True)
class Done:
    """What came of an act: the number of its record, and the page that was shown, if any."""

    record: int
    page: str = ""
    file: str = ""
    """A file that it gives, in base64."""
    ended: bool = False
    """Whether what it is about has ended with it: the last one who releases a hold, the erasure itself."""


@dataclass(frozen=True)
class Act(RequestBody, ABC):
    """Something that a person does.

    ``grant`` is its row of the policy, ``type`` the type of its record; ``signed`` says that a token does not do,
    ``runs_rules`` that it is about the rules that the service runs, whether they are in force or not.
    """

    grant: ClassVar[str]
    type: ClassVar[str] = ""
    signed: ClassVar[bool] = False
    runs_rules: ClassVar[bool] = False

    @property
    def needs_proof(self) -> bool:
        """Whether a login in a browser does not do: its person has to confirm just before that it is they."""
        return False

    @property
    def record_type(self) -> str:
        """The type of the record that it makes."""
        return self.type

    def says(self, body: Mapping[str, Any], inputs: Sequence[int]) -> bool:
        """Whether what is to be signed, opened where it was sealed, says just this. Only acts that are signed do."""
        return False

    def prepared(self, trail: Trail, by: Person, base: RuleBase, render: Render) -> Act:
        """The act once it is found out what takes long, before others wait for it; nothing is done. Raises Refused."""
        return self

    def done_before(self, trail: Trail, record: int) -> Done:
        """What came of the act when it was done under the same key, with the page that was shown then."""
        with trail.read() as reader:
            shown = (reader.row(record).content or {}).get("body", {}).get("shown")
        return Done(record, shown if isinstance(shown, str) else "")

    def gives(self, book: Book) -> Iterable[EntryRow]:
        """The records of which it tells something, or hands it out: whoever does it must see them. Raises NoSuch."""
        return ()

    @abstractmethod
    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        """Do it, by the rules in force, where it needs any. Raises Refused and TrailError; then nothing is recorded."""


def check_may(act: type[Act], by: Person, base: RuleBase) -> None:
    """Raises Refused unless the policy of the rules in force gives the act to the role. No row, no act."""
    grant = base.policy.may.get(act.grant) if base.policy is not None else None
    if grant is None:
        raise Refused("the policy in force says nothing of who may do this, so nobody may")
    if by.role not in grant.roles:
        roles = ", ".join(f"`{role}`" for role in grant.roles)
        raise Refused(f"`{by.role}` may not do this; the policy gives it to {roles}")


def in_force(base: RuleBase | None) -> RuleBase:
    if base is None:
        raise Refused("no rules are in force here")
    return base
