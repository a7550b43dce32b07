"""A rule base as its YAML says it, every scalar a text, with the trees that it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from .conditions import Tree, names, parsed
from .intervals import Range


@dataclass(frozen=True)
class Term:
    """A name of the vocabulary; ``home`` is its stage or group."""

    name: str
    home: str
    keys: dict[str, Any]

    @property
    def type(self) -> str:
        return str(self.keys["type"])

    @cached_property
    def bounds(self) -> Range:
        if "range" not in self.keys:
            return Range(None, None)
        low, high = self.keys["range"]
        return Range(Fraction(low), Fraction(high))

    @cached_property
    def lines(self) -> tuple[tuple[Tree, Tree], ...]:
        """`choose` as pairs of a condition and a value."""
        lines = self.keys.get("choose", ())
        return tuple((parsed(line["when"]), _constant(line["value"])) for line in lines)

    @cached_property
    def formula(self) -> Tree | None:
        return parsed(self.keys["formula"]) if "formula" in self.keys else None

    @cached_property
    def or_formula(self) -> Tree | None:
        return parsed(self.keys["or_formula"]) if "or_formula" in self.keys else None

    @property
    def computed(self) -> bool:
        return "formula" in self.keys or "choose" in self.keys

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The names that it is computed from: terms and findings."""
        trees = [self.formula] if self.formula else [when for when, _ in self.lines]
        return tuple(dict.fromkeys(name for tree in trees for name in names(tree)))

    @property
    def respondent(self) -> str | None:
        return self.keys.get("respondent")

    @cached_property
    def only(self) -> tuple[str, ...]:
        return listed(self.keys.get("only"))

    @cached_property
    def own_roles(self) -> tuple[str, ...]:
        """1.6: the roles in `only`, else the respondent. A program is no role: it speaks by a report."""
        return tuple(role for role in self.only if role != "system") if self.only else listed(self.respondent)

    @property
    def authors(self) -> int:
        return int(self.keys.get("authors", 1))

    def flag(self, key: str) -> bool:
        return self.keys.get(key) == "true"


def listed(given: Any) -> tuple[str, ...]:
    """A list, or one thing in the place of a list."""
    return () if given is None else (given,) if isinstance(given, str) else tuple(given)


def _constant(text: str) -> Tree:
    """The value of a line of `choose`: an enum value, a truth, or a calculation."""
    if text in ("true", "false"):
        return ("const", text == "true")
    return parsed(text) if text[:1].isdigit() or text[:1] == "-" else ("const", text)


@dataclass(frozen=True)
class Rule:
    id: str
    home: str
    keys: dict[str, Any]

    @property
    def strength(self) -> str:
        return str(self.keys["strength"])

    @property
    def finding(self) -> str:
        return str(self.keys["finding"])

    @cached_property
    def when(self) -> Tree:
        return parsed(self.keys["when"])

    @cached_property
    def recommend(self) -> tuple[str, ...]:
        return listed(self.keys.get("recommend"))

    @cached_property
    def suppresses(self) -> tuple[str, ...]:
        return listed(self.keys.get("suppresses"))


@dataclass(frozen=True)
class Base:
    """A rule base. ``homes``: stages and groups in the order of their rules, each the keys of its file."""

    ladder: dict[str, Any]
    homes: dict[str, dict[str, Any]]
    terms: dict[str, Term]
    rules: dict[str, Rule]
    interventions: dict[str, dict[str, Any]]
    folder: Path
    cited: dict[str, list[str]] = field(default_factory=dict)
    """Finding: the rules that conclude it."""

    @cached_property
    def stages(self) -> tuple[str, ...]:
        return tuple(line["stage"] for line in self.ladder["stages"])

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of evidence, strongest first."""
        return tuple(self.ladder["evidence"])

    def at_least(self, kind: str, other: str) -> bool:
        return self.kinds.index(kind) <= self.kinds.index(other)

    @cached_property
    def profile(self) -> frozenset[str]:
        """1.5: what always applies: the terms of the group `profile`, and the subject."""
        subject = {self.ladder["subject_term"]} if "subject_term" in self.ladder else set()
        return frozenset(subject | {name for name, term in self.terms.items() if term.home == "profile"})

    @cached_property
    def personnel(self) -> frozenset[str]:
        return frozenset(id for id, keys in self.interventions.items() if keys.get("personnel") == "true")

    @cached_property
    def examined(self) -> frozenset[str]:
        """The strengths with `examined: true`."""
        return frozenset(name for name, keys in self.ladder["strengths"].items() if keys.get("examined") == "true")

    def conditions(self, name: str) -> list[Tree]:
        """1.5: a term's own condition, its stage's, and for a computed term those of its inputs."""
        return [parsed(text) for text in dict.fromkeys(self._conditions(name, set()))]

    def _conditions(self, name: str, seen: set[str]) -> Iterator[str]:
        if name in seen or name not in self.terms or name in self.profile:
            return
        seen.add(name)
        term = self.terms[name]
        for keys in (term.keys, self.homes[term.home]):
            if "applies_when" in keys:
                yield keys["applies_when"]
        for part in term.inputs:
            yield from self._conditions(part, seen)


def read_base(folder: Path, ladder: dict[str, Any] | None = None) -> Base:
    """Read a rule base from its folder; ``ladder`` replaces keys of `knowledge/ladder.yaml`."""
    found = _read(folder / "knowledge" / "ladder.yaml") | (ladder or {})
    groups = found.get("groups", {})
    order = [*groups.get("before", ()), *(line["stage"] for line in found["stages"]), *groups.get("after", ())]
    homes = {name: _read(folder / "knowledge" / f"{name}.yaml") for name in order}
    limits = {name: keys["value"] for file in homes.values() for name, keys in (file.get("limits") or {}).items()}
    found, homes = _with_numbers(found, limits), _with_numbers(homes, limits)
    terms = {
        name: Term(name, home, keys) for home, file in homes.items() for name, keys in (file.get("terms") or {}).items()
    }
    rules = {
        keys["id"]: Rule(keys["id"], home, keys)
        for home in order
        for keys in _with_numbers(_read(folder / "rules" / f"{home}.yaml") or [], limits)
    }
    cited: dict[str, list[str]] = {}
    for rule in rules.values():
        cited.setdefault(rule.finding, []).append(rule.id)
    interventions = {id: keys for file in homes.values() for id, keys in (file.get("interventions") or {}).items()}
    return Base(found, homes, terms, rules, interventions, folder, cited)


def _with_numbers(data: Any, limits: dict[str, str]) -> Any:
    """What a file says, with the numbers of limits wherever their names stand."""
    if isinstance(data, str):
        return re.sub(r"\w+", lambda word: limits.get(word[0], word[0]), data)
    if isinstance(data, dict):
        return {key: _with_numbers(value, limits) for key, value in data.items()}
    return [_with_numbers(item, limits) for item in data] if isinstance(data, list) else data


def _read(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), yaml.CBaseLoader) if path.exists() else None
