"""What the rules below a layer promise, and what of it the layer keeps: properties, and what worked cases expect."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from salesdx.authoring.fact_lists import first_few
from salesdx.authoring.formatting import plain_data
from salesdx.authoring.silences import Silence, silences, unsigned_silences
from salesdx.authoring.worked_cases import CASES, layered_cases
from salesdx.base.copying import ARCHIVE, COPIED, unpacked
from salesdx.base.floors import is_kept
from salesdx.base.layers import folders
from salesdx.base.loading import shipped_home
from salesdx.base.model import RuleBase
from salesdx.case.file import FIRM_FILE, read_case_text
from salesdx.text.english import many
from salesdx.text.issues import Issue
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, parse_yaml

BESIDE = ("case", "title", "why", "was", "expect")
"""Keys of a worked case that state no fact."""
STORY = "story"


@dataclass(frozen=True, slots=True)
class ReplacedCase:
    """A worked case of the rules below for which a layer or copy has another of the same name.

    ``expects`` and ``here`` are what the two expect and state, where they differ, as {key: value}; ``reviewed`` tells
    that the layer's case says why, and names what is expected below as ``was``; ``restated``, that it has other facts.
    """

    shown: str
    of: str
    expects: dict[str, Any]
    here: dict[str, Any]
    reviewed: bool
    restated: bool

    def to_dict(self) -> dict[str, Any]:
        return {
            "path": self.shown, "of": self.of, "expects": self.expects, "here": self.here, "reviewed": self.reviewed,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """How many worked cases of the rules below are run, and how many of a layer or copy beside; ``replaced`` of the
    former, and those that a copy lacks, each with what it expects; ``profile`` where a copy has another one: then no
    case is run as it was written."""

    of_base: int
    own: int
    replaced: tuple[ReplacedCase, ...]
    missing: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    whose: str = "layer"
    profile: ReplacedCase | None = None

    @property
    def unreviewed(self) -> tuple[ReplacedCase, ...]:
        """Those whose expectation was put away unseen."""
        return tuple(case for case in self.replaced if not case.reviewed)

    @property
    def put_away(self) -> tuple[ReplacedCase, ...]:
        """The files below whose word no longer counts, and nobody reviewed it."""
        return (*((self.profile,) if self.profile else ()), *self.unreviewed)

    def told(self) -> str:
        """As `64 of 64 cases of the base, 4 of the layer`."""
        kept = 0 if self.profile else self.of_base - len(self.unreviewed) - len(self.missing)
        reviewed = len(self.replaced) - len(self.unreviewed)
        restated = sum(case.reviewed and case.restated for case in self.replaced)
        on_others = f", {restated} of them on other facts" if restated else ""
        behind = f" ({reviewed} reviewed{on_others})" if reviewed else ""
        return f"{kept} of {many(self.of_base, 'case')} of the base{behind}, {self.own} of the {self.whose}"


def lost_properties(base: RuleBase) -> tuple[str, ...]:
    """The properties of the rules below that a layer or copy lacks, or has by the same id with another meaning."""
    own = {property.id: property for property in base.properties}
    below = base.below.properties if base.below is not None else ()
    return tuple(each.id for each in below if not is_kept(each, own.get(each.id)))


def properties_told(base: RuleBase, proved: Collection[str] | None = None) -> str:
    """As `11 of 11 properties of the base, 2 of the layer`; without rules below, how many there are.

    Those that are kept, or of these the ones that are ``proved``.
    """
    if base.below is None:
        return _properties(len(base.properties))
    counted = {property.id for property in base.properties if proved is None or property.id in proved}
    ids = {property.id for property in base.below.properties}
    kept, whose = (ids & counted) - {*lost_properties(base)}, "layer" if base.layers else "copy"
    return f"{len(kept)} of {_properties(len(ids))} of the base, {len(counted - ids)} of the {whose}"


def _properties(number: int) -> str:
    return f"{number} {'property' if number == 1 else 'properties'}"


def counting_silences(base: RuleBase) -> tuple[Silence, ...]:
    """The comments that do silence a check: they say why, and where it needs a signature it is there."""
    unsigned = unsigned_silences(base)
    found = (silence for in_file in silences(base).values() for silence in in_file if silence.why)
    return tuple(silence for silence in found if silence not in unsigned)


def silenced(base: RuleBase, by_name: bool = False) -> tuple[str, ...]:
    """The checks that comments silence, each with its place; ``by_name`` in the files by name, wherever these lie."""
    files = {path: name if by_name else path for path, name in base.paths.items()}
    found = counting_silences(base)
    return tuple(f"{silence.code} at {files[silence.place.path]}:{silence.place.line}" for silence in found)


def silenced_told(base: RuleBase) -> str:
    """As `silenced: 3 checks (personnel-early at ...)`; empty where none is."""
    found = silenced(base)
    return f"silenced: {many(len(found), 'check')} ({first_few(found)})" if found else ""


def silence_notes(base: RuleBase) -> list[Issue]:
    """The same as issues, for programs: each at its comment, with the reason that stands there."""
    return [
        Issue("silenced", f"the check `{silence.code}` is silenced here", silence.place, f"why: {silence.why}", "note")
        for silence in counting_silences(base)
    ]


def case_counts(home: Path | None) -> CaseCounts | None:
    """The worked cases of a layer and of what it extends, or of a copy and of what it was copied from; None for a
    folder that is neither."""
    layers = folders(home, str(home), shipped_home) if home is not None else []
    if home is None:
        return None
    if len(layers) > 1:
        return _counts(home, layered_cases(layers[-2][0]), "layer")
    if not (home / COPIED).is_file():
        return None
    with copied_from(home) as folder:
        cases = {path: f"{home / ARCHIVE}/{CASES / path.name}" for path in layered_cases(folder)}
        counts = _counts(home, cases, "copy")
        below, own = folder / CASES / FIRM_FILE, home / CASES / FIRM_FILE
        profile = _replaced(below, f"{home / ARCHIVE}/{CASES / FIRM_FILE}", own, str(own)) if below.is_file() else None
        return replace(counts, profile=profile)


def copied_from(home: Path) -> AbstractContextManager[Path]:
    """The rules that a copy was copied from, in a folder for the time being. Raises NotCopied, CaseError."""
    return unpacked(home, _of(_said(home / COPIED, COPIED), "archive"))


def _counts(home: Path, cases: Mapping[Path, str], whose: str) -> CaseCounts:
    below = {path.name: (path, shown) for path, shown in cases.items()}
    here = {path.name: (path, shown) for path, shown in layered_cases(home).items()}
    pairs = [(below[name], here[name]) for name in below if name in here and here[name][0].parent == home / CASES]
    replaced = [found for one, other in pairs if (found := _replaced(*one, *other)) is not None]
    missing = {shown: _of(_said(path, shown), "expect") for name, (path, shown) in below.items() if name not in here}
    return CaseCounts(len(below), len(here.keys() - below.keys()), tuple(replaced), missing, whose)


def reviewed_cases(home: Path | None) -> frozenset[str]:
    """The worked cases of a layer, by what they call themselves, that say why they are otherwise than below."""
    counts = case_counts(home)
    reviewed = [case for case in counts.replaced if case.reviewed] if counts else []
    named = (_of(_said(Path(case.shown), case.shown), "case") or Path(case.shown).stem for case in reviewed)
    return frozenset(map(str, named))


def _replaced(path: Path, of: str, own: Path, shown: str) -> ReplacedCase | None:
    lower, upper = _said(path, of), _said(own, shown) if own.is_file() else None
    expects, here = ({**_of(node, "expect"), **_stated(node)} for node in (lower, upper))
    if expects == here:
        return None
    keys = [key for key in {**expects, **here} if expects.get(key) != here.get(key)]
    reviewed = _of(upper, "was") == _of(lower, "expect") and bool(_of(upper, "why"))
    restated = any(key != STORY and _stated(lower).get(key) != _stated(upper).get(key) for key in keys)
    told = [{key: side[key] for key in keys if key in side} for side in (expects, here)]
    return ReplacedCase(shown, of, told[0], told[1], reviewed, restated)


def _stated(node: Node | None) -> dict[str, Any]:
    """What a case says, without what is told of it and expected: each fact by its name."""
    said = _plain(plain_data(node)) if isinstance(node, MappingNode) else {}
    found: dict[str, Any] = {}
    for key, value in said.items():
        if key not in BESIDE:
            found |= (
                {f"{key} {name}": part for name, part in value.items()} if isinstance(value, dict) else {key: value}
            )
    return found


def _said(path: Path, shown: str) -> Node | None:
    return parse_yaml(read_case_text(path)[0], shown)[0]


def _of(node: Node | None, key: str) -> Any:
    """What stands under a key, as texts, lists and dicts of them; an empty dict where there is nothing."""
    value = node.get(key) if isinstance(node, MappingNode) else None
    return {} if value is None else _plain(plain_data(value))


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    return [_plain(item) for item in data] if isinstance(data, list) else data[0]


def told_values(values: dict[str, Any]) -> str:
    """Expectations on one line."""
    return "; ".join(f"{key}: {_line(value)}" for key, value in values.items()) or "nothing"


def _line(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_line(part)}" for key, part in value.items())
    return value if isinstance(value, str) else ", ".join(map(_line, value)) or "none"
