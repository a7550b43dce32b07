"""Results of diagnoses as records hold them: in a few words, and what two of them say differently."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from salesdx.engine.diagnosis import status_words

Result = Mapping[str, Any]
"""The JSON of a diagnosis, contract ``salesdx.diagnosis/1``, without the engine."""

LISTS = {"recommendations": "recommended", "alternatives": "alternative", "suppressed": "suppressed"}
CONCLUDED, HELD = "concluded", "held"
"""What a stage can be besides its status."""


@lru_cache(maxsize=64)
def result_of(text: str) -> Result:
    """A recorded result."""
    found: Result = json.loads(text)
    return found


def summary(result: Result) -> str:
    """What was concluded, and how the stages stand that people decide on a file."""
    concluded = next((stage["title"] for stage in result["stages"] if stage["concluded"]), None)
    if concluded is None:
        first = next((stage["title"] for stage in result["stages"] if stage["missing"]), None)
        waits = f"; {first} waits for facts" if first else ""
        return f"nothing is concluded (mode: {status_words(result['mode'])}){waits}"
    files = [f"{file['title']}: {status_words(file['status'])}" for file in result["files"]]
    return "; ".join([f"{concluded} is concluded", *files])


def standing(result: Result, stage: str) -> frozenset[str]:
    """The status of a stage, and whether it is concluded or held; nothing where the result has no such stage."""
    for found in result["stages"]:
        if found["id"] == stage:
            return frozenset([found["status"], *(word for word in (CONCLUDED, HELD) if found[word])])
    return frozenset(found["status"] for found in result["files"] if found["id"] == stage)


def stages(result: Result) -> list[str]:
    return [found["id"] for found in (*result["stages"], *result["files"])]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two results say differently; an empty text stands for nothing.

    ``what`` is mode, stage, concluded, file, rule, recommended, alternative or suppressed; ``name`` is its id.
    """

    what: str
    name: str
    title: str
    before: str
    after: str

    def to_dict(self) -> dict[str, str]:
        return {
            "what": self.what,
            "name": self.name,
            "title": self.title,
            "before": self.before,
            "after": self.after,
        }


def differences(before: Result, after: Result) -> list[Difference]:
    """What two results say differently, in the order of reports."""
    found: list[Difference] = []
    for what, read in _PARTS.items():
        old, new = dict(read(before)), dict(read(after))
        for name in dict.fromkeys([*old, *new]):
            title, was = old.get(name, ("", ""))
            named, now = new.get(name, ("", ""))
            if was != now:
                found.append(Difference(what, name, named or title, was, now))
    return found


Parts = Iterator[tuple[str, tuple[str, str]]]
"""Name -> title and what is said of it."""


def _mode(result: Result) -> Parts:
    yield "mode", ("", status_words(result["mode"]))


def _stages(result: Result) -> Parts:
    for stage in result["stages"]:
        yield (
            stage["id"],
            (
                stage["title"],
                ", ".join([status_words(stage["status"]), *(word for word in (CONCLUDED, HELD) if stage[word])]),
            ),
        )


def _concluded(result: Result) -> Parts:
    title = next((stage["title"] for stage in result["stages"] if stage["concluded"]), "nothing")
    yield CONCLUDED, ("", title)


def _files(result: Result) -> Parts:
    for file in result["files"]:
        blocks = f" by {', '.join(file['blocked_by'])}" if file["blocked_by"] else ""
        yield file["id"], (file["title"], status_words(file["status"]) + blocks)


def _rules(result: Result) -> Parts:
    for rule in result["fired"]:
        yield rule["rule"], ("", rule["because"] or "true")


def _listed(key: str, word: str) -> Any:
    def read(result: Result) -> Parts:
        for entry in result[key]:
            yield entry["intervention"], (entry["title"], entry.get("why") or word)

    return read


_PARTS: Mapping[str, Any] = {
    "mode": _mode,
    "stage": _stages,
    "concluded": _concluded,
    "file": _files,
    "rule": _rules,
    **{word: _listed(key, word) for key, word in LISTS.items()},
}
