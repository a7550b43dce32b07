"""Rule bases from the texts that a trail holds, and what differs between two of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from salesdx.base.loading import digest_of, load
from salesdx.base.model import Rule, RuleBase
from salesdx.ledger.errors import TrailError
from salesdx.text.issues import RuleBaseError

FILE = re.compile(r"(?:extended/){0,9}(?:(?:layer|copied)\.yaml|(?:knowledge|rules)/[^./\\\0][^/\\\0]*\.yaml)")
"""What the file of a rule base, or of one that it extends, is called: nothing else is written anywhere."""


def base_of(files: Mapping[str, str], digest: str) -> RuleBase:
    """The rule base that has these texts and this digest, whatever version of the language it is written in.

    Raises TrailError.
    """
    return _loaded(tuple(sorted(files.items())), digest)


def written_rules(files: Mapping[str, str], digest: str, folder: Path) -> None:
    """Write a rule base that has these texts and this digest into a folder. Raises TrailError."""
    if digest_of(files) != digest:
        raise TrailError(f"the texts of rule base {short_digest(digest)} are not those that its digest was made of")
    if not all(FILE.fullmatch(name) for name in files):
        raise TrailError(f"rule base {short_digest(digest)} holds a file that no rule base has")
    for name, text in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        except (OSError, UnicodeError) as error:
            raise TrailError(f"rule base {short_digest(digest)} cannot be unpacked: {error}") from None


@lru_cache(maxsize=8)
def _loaded(files: tuple[tuple[str, str], ...], digest: str) -> RuleBase:
    with TemporaryDirectory() as folder:
        written_rules(dict(files), digest, Path(folder))
        try:
            base = load(folder, any_language=True, held=False)  # lawful when it was recorded
        except RuleBaseError as error:
            first = error.issues[0]
            name = first.place.path.removeprefix(f"{folder}/")
            raise TrailError(
                f"this version of salesdx cannot read rule base {short_digest(digest)}: "
                f"{name}:{first.place.line}: {first.message}"
            ) from None
    if base.digest != digest:
        raise TrailError(f"rule base {short_digest(digest)} reads otherwise than it was recorded")
    return base


def short_digest(digest: str) -> str:
    """The first 12 digits of a digest, as people compare them."""
    return digest.removeprefix("sha256:")[:12]


@dataclass(frozen=True)
class RuleDifference:
    """A rule that two rule bases have otherwise: what it decides in each, or nothing where it is not there."""

    rule: str
    before: str
    after: str

    def to_dict(self) -> dict[str, str]:
        return {"rule": self.rule, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class BaseChange:
    """What differs between two rule bases: their digests and versions, the files whose text differs, and the rules."""

    before: str
    after: str
    files: tuple[str, ...]
    versions: tuple[str, str] = ("", "")
    rules: tuple[RuleDifference, ...] = ()
    unread: str = ""
    """Why the rules could not be compared one by one."""

    def to_dict(self) -> dict[str, Any]:
        return {
            "before": {"digest": self.before, "version": self.versions[0]},
            "after": {"digest": self.after, "version": self.versions[1]},
            "files": list(self.files),
            "rules": [rule.to_dict() for rule in self.rules],
            "unread": self.unread,
        }


def base_change(before: str, after: str, files: Mapping[str, Mapping[str, str] | None]) -> BaseChange | None:
    """What differs between two rule bases by digest; ``files`` holds the texts of each. None where they are one."""
    if before == after:
        return None
    old, new = files.get(before), files.get(after)
    if old is None or new is None:
        return BaseChange(before, after, (), unread="its texts are not in the trail")
    names = tuple(name for name in sorted({*old, *new}) if old.get(name) != new.get(name))
    try:
        bases = base_of(old, before), base_of(new, after)
    except TrailError as error:
        return BaseChange(before, after, names, unread=str(error))
    versions = (bases[0].version, bases[1].version)
    return BaseChange(before, after, names, versions, tuple(_rules(*bases)))


def _rules(old: RuleBase, new: RuleBase) -> Iterator[RuleDifference]:
    for id in dict.fromkeys([*old.rule, *new.rule]):
        was, now = old.rule.get(id), new.rule.get(id)
        before, after = (_told(base, rule) if rule else "" for base, rule in ((old, was), (new, now)))
        if before != after:
            yield RuleDifference(id, before, after)


def _told(base: RuleBase, rule: Rule) -> str:
    """What a rule decides: another wording or source is no other rule."""
    gives = f" -> {', '.join(rule.recommend)}" if rule.recommend else ""
    beside = ["immediate"] * rule.immediate + [f"also in {base.ladder.success_mode}"] * rule.also_in_success
    holds = [f"suppresses {', '.join(rule.suppresses)}"] if rule.suppresses else []
    return f"{rule.numbered} ({', '.join([rule.home, rule.strength, *beside, *holds])}){gives}"
