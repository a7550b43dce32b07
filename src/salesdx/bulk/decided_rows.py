"""What was decided of many cases as a table: codes inside, words at the border."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from salesdx.bulk.cell_values import Numbers
from salesdx.engine.case_columns import Decisions, Words
from salesdx.engine.diagnosis import Diagnosis

COLUMNS, SCALAR = "columns", "case by case"
"""What decided a row."""


@dataclass(frozen=True)
class DecidedRows:
    """The results of some cases. Choices: column -> codes, -1 for none, and their words. Lists: column -> bool of words
    x rows, and the words."""

    rows: int
    choices: dict[str, tuple[Numbers, tuple[str, ...]]]
    lists: dict[str, tuple[Numbers, tuple[str, ...]]]
    unexamined: Numbers
    refused: Numbers

    def put(self, other: DecidedRows, at: Numbers) -> None:
        """Other results of the same words in the place of some of these."""
        for name, (codes, _) in self.choices.items():
            codes[at] = other.choices[name][0]
        for name, (bits, _) in self.lists.items():
            bits[:, at] = other.lists[name][0]
        self.unexamined[at] = other.unexamined

    def differ(self, other: DecidedRows) -> Numbers:
        """The rows whose results are not those of other rules on the same case: bool."""
        found = np.zeros(self.rows, bool)
        for name in dict.fromkeys([*self.choices, *other.choices]):
            found |= _words(self.choices, name, self.rows) != _words(other.choices, name, self.rows)
        for name in ("recommendations", "likely"):
            for word in dict.fromkeys([*self.lists[name][1], *other.lists[name][1]]):
                found |= _has(self.lists[name], word, self.rows) != _has(other.lists[name], word, self.rows)
        return found

    def moves(self, other: DecidedRows, rows: Numbers) -> Iterator[tuple[str, str, str, Numbers]]:
        """Each choice that differs in some of these rows: its column, both words, and the rows of which that is so."""
        for name in dict.fromkeys([*self.choices, *other.choices]):
            before, after = (_words(each.choices, name, self.rows)[rows] for each in (self, other))
            at = np.flatnonzero(before != after)
            pairs, place = np.unique(np.stack([before[at], after[at]]), axis=1, return_inverse=True)
            for n, (was, now) in enumerate(pairs.T):
                yield name, str(was), str(now), rows[at[place.ravel() == n]]

    def table(self, suffix: str = "") -> dict[str, pa.Array]:
        """Column -> its cells, in words."""
        found: dict[str, pa.Array] = {name: _choice(*each) for name, each in self.choices.items()}
        found |= {name: _list(*each) for name, each in self.lists.items()}
        found["unexamined"] = pa.array(self.unexamined)
        found["decided"] = _choice(self.refused.astype(np.int16), (COLUMNS, SCALAR))
        return {name + suffix: cells for name, cells in found.items()}


def decided_rows(found: Decisions) -> DecidedRows:
    """Decisions as they are written."""
    words = found.words

    def bits(packed: Numbers, of: tuple[str, ...]) -> tuple[Numbers, tuple[str, ...]]:
        return np.unpackbits(packed, axis=1, count=found.rows, bitorder="little").view(bool), of

    return DecidedRows(
        found.rows,
        {
            "mode": (found.mode.copy(), words.modes),
            **{_status(words, stage): (codes.copy(), words.statuses) for stage, codes in found.status.items()},
            "concluded": (found.concluded.copy(), words.stages),
            "verdict": (found.verdict.copy(), words.verdicts),
        },
        {
            "held": (np.array([found.held[stage] for stage in words.stages], bool), words.stages),
            "likely": (found.likely.copy(), words.stages),
            "rules": bits(found.rules, words.rules),
            "recommendations": bits(found.recommended, words.interventions),
        },
        found.unexamined.astype(np.int16),
        found.refused,
    )


def rows_of_diagnoses(words: Words, found: Sequence[Diagnosis]) -> DecidedRows:
    """Diagnoses of single cases, in the form of columns."""

    def codes(of: tuple[str, ...], told: Callable[[Diagnosis], str | None]) -> tuple[Numbers, tuple[str, ...]]:
        place = {word: code for code, word in enumerate(of)}
        return np.array([-1 if (word := told(each)) is None else place[word] for each in found], np.int16), of

    def bits(of: tuple[str, ...], told: Callable[[Diagnosis], Iterable[str]]) -> tuple[Numbers, tuple[str, ...]]:
        return np.array([[word in set(told(each)) for each in found] for word in of], bool), of

    def status(stage: str) -> Callable[[Diagnosis], str]:
        return lambda each: each.standing(stage).status

    return DecidedRows(
        len(found),
        {
            "mode": codes(words.modes, lambda each: each.mode),
            **{_status(words, stage): codes(words.statuses, status(stage)) for stage in words.stages},
            "concluded": codes(words.stages, lambda each: each.concluded.stage.id if each.concluded else None),
            "verdict": codes(words.verdicts, lambda each: each.verdict.name if each.verdict else None),
        },
        {
            "held": bits(words.stages, lambda each: [one.stage.id for one in each.standings if one.held]),
            "likely": bits(words.stages, lambda each: [one.standing.stage.id for one in each.provisional.likely]),
            "rules": bits(words.rules, lambda each: [rule.id for rule in each.fired]),
            "recommendations": bits(words.interventions, _recommended),
        },
        np.array([len(each.unexamined) for each in found], np.int16),
        np.ones(len(found), bool),
    )


def words_of_row(decided: DecidedRows, row: int) -> dict[str, Any]:
    """One result in words: what two engines must agree on."""
    found: dict[str, Any] = {
        name: None if codes[row] < 0 else words[codes[row]] for name, (codes, words) in decided.choices.items()
    }
    found |= {
        name: [word for word, has in zip(words, bits[:, row], strict=True) if has]
        for name, (bits, words) in decided.lists.items()
    }
    return {**found, "unexamined": int(decided.unexamined[row])}


def _status(words: Words, stage: str) -> str:
    """The column with the status of a stage: that of a file has its name, as in JSON."""
    return stage if stage in words.files else f"status_{stage}"


def _recommended(diagnosis: Diagnosis) -> list[str]:
    return [each.intervention.id for each in diagnosis.recommendations]


def _choice(codes: Numbers, words: tuple[str, ...]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int16), mask=codes < 0), pa.array(words))


def _list(bits: Numbers, words: tuple[str, ...]) -> pa.Array:
    rows, at = np.nonzero(bits.T)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=bits.shape[1]))]).astype(np.int32)
    chosen = pa.DictionaryArray.from_arrays(pa.array(at.astype(np.int16)), pa.array(words))
    return pa.ListArray.from_arrays(pa.array(offsets), chosen)


def _words(choices: dict[str, tuple[Numbers, tuple[str, ...]]], name: str, rows: int) -> Numbers:
    codes, words = choices.get(name, (np.full(rows, -1), ()))
    found: Numbers = np.array([*words, ""])[codes]  # the last stands for none
    return found


def _has(told: tuple[Numbers, tuple[str, ...]], word: str, rows: int) -> Numbers:
    bits, words = told
    return bits[words.index(word)] if word in words else np.zeros(rows, bool)
