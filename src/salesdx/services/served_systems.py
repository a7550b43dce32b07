"""The systems of a firm at a service: mappings in a folder of its machine, one of them set, and figures of cases."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from salesdx.ledger.errors import NoSuch, Refused
from salesdx.services.drawn_cases import PERSON, DrawnCase, SystemsError, drawn_case, open_systems
from salesdx.services.fact_acts import DrawFacts, DrawPerson, MappingInForce, SetMapping
from salesdx.services.recorder import needs_extra
from salesdx.text.issues import IssuesError
from salesdx.trail.recording import recorded_case

if TYPE_CHECKING:
    from salesdx.case.memory import WorkingMemory

SUFFIX = ".facts.yaml"
"""What the name of a mapping ends with."""
CHANGED = "the mapping was changed since an administrator set it: they look at it, and set it anew"


@dataclass(frozen=True)
class MappingFile:
    """A mapping in the folder: its name, its digest, and its first fault; no digest where it has faults."""

    name: str
    digest: str
    fault: str


@dataclass(frozen=True)
class ServedSystems:
    """The folder with the mappings of a service, and the file with its key of pseudonyms, where there is one."""

    folder: Path
    key: Path | None = None

    def mappings(self) -> tuple[MappingFile, ...]:
        """The mappings of the folder by name, read, but not what they read."""
        return tuple(self._mapping(path) for path in sorted(self.folder.glob(f"*{SUFFIX}")) if path.is_file())

    def _mapping(self, path: Path) -> MappingFile:
        with needs_extra("facts"):
            from salesdx.facts.mapping import read_mapping
        try:
            return MappingFile(path.name, read_mapping(path).digest, "")
        except IssuesError as error:
            first = error.issues[0]
            return MappingFile(path.name, "", f"line {first.place.line}: {first.message}")

    def setting(self, name: str) -> SetMapping:
        """The act that sets a mapping of the folder; with an empty name, none any more. Raises NoSuch, Refused."""
        if not name:
            return SetMapping("", "")
        found = next((one for one in self.mappings() if one.name == name), None)
        if found is None:
            raise NoSuch("there is no such mapping in the folder")
        if found.fault:
            raise Refused(f"`{name}` has faults: {found.fault}")
        return SetMapping(found.name, found.digest)

    def drawn(self, memory: WorkingMemory, set_: MappingInForce) -> DrawnCase:
        """A case with the figures that the mapping gives which was set. Raises SystemsError, IssuesError."""
        path = self.path_of(set_)
        if of_a_person(memory) and self.key is None:
            raise SystemsError("the service has no key of pseudonyms, so that nothing is drawn for a person")
        return drawn_case(open_systems(path, self.key), memory)

    def path_of(self, set_: MappingInForce) -> Path:
        """The file of the mapping that was set. Raises SystemsError where it is not as it was then."""
        file = next((one for one in self.mappings() if one.name == set_.name), None)
        if file is None or file.digest != set_.digest:
            raise SystemsError(CHANGED if file is not None else f"`{set_.name}` is not there any more")
        return self.folder / set_.name


def of_a_person(memory: WorkingMemory) -> bool:
    """Whether a case is about a single person, whose figures are for who may see them."""
    return memory.values.get(memory.base.ladder.subject_term) == PERSON


def drawing_act(memory: WorkingMemory) -> type[DrawFacts]:
    """The act that draws into a case: for a person it is another row of the policy."""
    return DrawPerson if of_a_person(memory) else DrawFacts


def act_of(drawn: DrawnCase, set_: MappingInForce) -> DrawFacts:
    """The act that records what was drawn into a case."""
    memory = drawn.memory
    told = (recorded_case(memory), memory.base.digest, drawn.evidence, set_.digest)
    return drawing_act(memory)(*told)
