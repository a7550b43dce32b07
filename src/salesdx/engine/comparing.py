"""How two diagnoses differ, and a result in a few words.

Two diagnoses are compared by their JSON: it is what records of the decision trail hold too, so that one of today can
stand beside one that was recorded by other rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from salesdx.base.model import Stage
from salesdx.case.statement import as_json
from salesdx.engine.diagnosis import Diagnosis, status_words
from salesdx.engine.standing import CONCLUDED, HELD
from salesdx.language.conditions import Value

Result = Mapping[str, Any]
"""The JSON of a diagnosis: ``salesdx.diagnosis/2``, or ``/1`` of a record."""
FIRED, NEXT_QUESTION = "fired", "next_question"
LISTS = {"recommendations": "recommended", "alternatives": "alternative", "suppressed": "suppressed"}
"""A list of a diagnosis -> what its entries are."""


def summary(result: Result) -> str:
    """The result of a diagnosis in a few words: what is concluded, and how the files stand that it leads to."""
    concluded = next((stage["title"] for stage in result["stages"] if stage["concluded"]), None)
    if concluded is None:
        return "nothing is concluded"
    files = [f"{file['title']}: {status_words(file['status'])}" for file in result["files"] if _reached(result, file)]
    return "; ".join([f"{concluded} is concluded", *files])


def _reached(result: Result, file: Mapping[str, Any]) -> bool:
    """Whether the ladder led to a file. A record does not say so: there it did where the last stage is concluded, or
    where something blocks the file or is missing."""
    told: bool = file.get("reached", result["stages"][-1]["concluded"] or bool(file["blocked_by"] or file["missing"]))
    return told


# --- differences ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two diagnoses say differently; None stands for nothing.

    ``what`` is mode, stage, concluded, file, fired, recommended, alternative, suppressed or next_question; fact (a
    computed one, or a fact of two cases) or truth (of a rule) where the caller compares these too. ``name`` is its id
    and ``title`` its text. A stage reads "confirmed, concluded" or "open", a file "blocked" with the rules that block
    it, a fired rule as its explanation in that case. ``was`` and ``now`` are the two as people read them, empty for
    nothing.
    """

    what: str
    name: str
    title: str
    before: Value | None
    after: Value | None
    was: str
    now: str

    def to_dict(self) -> dict[str, Any]:
        """The difference as JSON: statuses and stages by their ids, null for nothing."""
        return {
            "what": self.what,
            "name": self.name,
            "title": self.title,
            "before": as_json(self.before),
            "after": as_json(self.after),
        }


@dataclass(frozen=True, slots=True)
class _Said:
    """What a diagnosis says of one thing: by id, and in words."""

    title: str
    value: Value | None
    words: str


NOTHING = _Said("", None, "")
Parts = Iterator[tuple[str, _Said]]
"""Id -> what is said of it."""


def differences(before: Result, after: Result, beside: Sequence[str] = ()) -> tuple[Difference, ...]:
    """What two diagnoses say differently, in the order of reports; ``beside`` names what else is compared."""
    found: list[Difference] = []
    for what in (*RESULT, *beside):
        old, new = dict(_PARTS[what](before)), dict(_PARTS[what](after))
        for name in dict.fromkeys([*old, *new]):
            was, now = old.get(name, NOTHING), new.get(name, NOTHING)
            if was.value != now.value:
                title = now.title or was.title
                found.append(Difference(what, name, title, was.value, now.value, was.words, now.words))
    return tuple(found)


def _mode(result: Result) -> Parts:
    yield "mode", _Said("", result["mode"], status_words(result["mode"]))


def _stages(result: Result) -> Parts:
    for stage in result["stages"]:
        told = ", ".join([stage["status"], *(word for word in (CONCLUDED, HELD) if stage[word])])
        yield stage["id"], _Said(stage["title"], told, status_words(told))


def _concluded(result: Result) -> Parts:
    title = next((stage["title"] for stage in result["stages"] if stage["concluded"]), "nothing")
    yield CONCLUDED, _Said("", result["concluded"], title)


def _files(result: Result) -> Parts:
    for file in result["files"]:
        rules, status = file["blocked_by"], status_words(file["status"])
        words = f"{status} by {', '.join(rules)}" if rules else status
        yield file["id"], _Said(file["title"], ", ".join([file["status"], *rules]), words)


def _fired(result: Result) -> Parts:
    for rule in result["fired"]:
        title = rule.get("title", "")
        told = rule["because"] or title or "true"
        yield rule["rule"], _Said(title, told, told)


def _listed(key: str, word: str) -> Callable[[Result], Parts]:
    def read(result: Result) -> Parts:
        for entry in result[key]:
            told = entry.get("why") or word
            yield entry["intervention"], _Said(entry["title"], told, told)

    return read


def _asked(result: Result) -> Parts:
    for question in result["next_questions"]:
        yield question["term"], _Said(question["question"], "asked", "asked")


_PARTS: Mapping[str, Callable[[Result], Parts]] = {
    "mode": _mode,
    "stage": _stages,
    CONCLUDED: _concluded,
    "file": _files,
    FIRED: _fired,
    **{word: _listed(key, word) for key, word in LISTS.items()},
    NEXT_QUESTION: _asked,
}
RESULT = tuple(what for what in _PARTS if what != NEXT_QUESTION)
"""What a result is made of: all but what is asked next."""


# --- the ladder while it is answered ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StageChange:
    """A stage whose status changed; ``overturned`` if it had been settled before."""

    stage: Stage
    before: str
    after: str
    overturned: bool


def stage_changes(before: Diagnosis, after: Diagnosis) -> tuple[StageChange, ...]:
    """The stages whose status differs between two diagnoses on one rule base."""
    both = zip(before.standings, after.standings, strict=True)
    return tuple(
        StageChange(was.stage, was.status, now.status, overturned=not was.asked and not was.by_file)
        for was, now in both
        if was.status != now.status
    )
