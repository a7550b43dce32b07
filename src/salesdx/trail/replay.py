"""A recorded diagnosis run again, from its record alone: its rules, its case, its result. Today's files are not read.

On the rules of its day it must come out byte for byte; other rules, such as today's, may say otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from salesdx.base.loading import digest_of
from salesdx.base.model import LANGUAGE, RuleBase
from salesdx.base.proof import proof_of
from salesdx.case.memory import WorkingMemory
from salesdx.case.other_rules import carried
from salesdx.engine.comparing import Difference, differences
from salesdx.engine.diagnosis import Diagnosis, Engine
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.storage import EntryRow, LogReader
from salesdx.trail.rerun_one import diagnosed_again, recorded_memory
from salesdx.trail.results import recorded_result, result_of
from salesdx.trail.rule_bases import base_of
from salesdx.trail.wheels import program_digest


class OtherLanguage(TrailError):
    """A record's rules are written in another version of the language: only a program of its day can run them."""


@dataclass(frozen=True)
class RanAgain:
    """A recorded result beside what the same facts give on the same rules now."""

    wanted: str
    result: str

    @property
    def same(self) -> bool:
        return self.result == self.wanted

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What the two results say differently; empty also where only wording or order differs."""
        return differences(result_of(self.wanted), result_of(self.result))


@dataclass(frozen=True)
class Replayed(RanAgain):
    """A record run again by this program; ``diagnosis`` carries the engine of the record, to be shown as it was."""

    diagnosis: Diagnosis = field(repr=False)
    same_program: bool
    """Whether the very same program concluded it: only then its page must be the same too."""


def replay(
    body: Mapping[str, Any], files: Mapping[str, str], engine: Mapping[str, str | None] | None = None
) -> Replayed:
    """Run a recorded diagnosis again with the reference engine.

    ``body`` is the content of its record, ``files`` the texts of its rule base, ``engine`` what its entry says of the
    engine. Raises TrailError where this version cannot read the rules or the case.
    """
    engine = engine or {}
    base = base_of(files, digest_of(files))
    if base.language != LANGUAGE:
        version = engine.get("version") or "of its day"
        raise OtherLanguage(f"LANGUAGE {base.language}: run it with salesdx {version}")
    found = diagnosed_again(base, recorded_memory(body, base))
    recorded = Engine(
        engine.get("name") or "", engine.get("checked_by"), engine.get("version") or "", body.get("note", "")
    )
    same_program = engine.get("digest") == program_digest()
    proof = proof_of(body["proof"]) if body.get("proof") else None
    beside = base if proof is None else replace(base, proof=proof)  # it lay beside the rules, outside their digest
    shown = replace(found, base=beside, engine=recorded)
    return Replayed(body["result"], recorded_result(found), shown, same_program)


# --- one record of a trail --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recorded:
    """A recorded diagnosis with what its record holds; ``base`` and ``memory`` are those of its day."""

    seq: int
    header: Mapping[str, Any]
    body: Mapping[str, Any]
    base: RuleBase
    memory: WorkingMemory
    diagnosis: Diagnosis


def replayed(reader: LogReader, seq: int) -> Recorded:
    """The diagnosis of a record, made anew from what was recorded.

    Raises TrailError where the record is none of a diagnosis, was erased, or does not replay to the same result: then
    nothing may be said or signed on it.
    """
    row = diagnosis_row(reader, seq)
    content = row.content
    assert content is not None
    header, body = row.header, content["body"]
    files = stored_files(reader, header["rule_base"])
    found = replay(body, files, header["engine"])
    if not found.same:
        raise TrailError(
            f"record {seq} does not replay: this program finds another result on the same facts and rules than was "
            "recorded, so nothing can rest on it"
        )
    base = base_of(files, header["rule_base"])
    return Recorded(seq, header, body, base, found.diagnosis.memory, found.diagnosis)


def diagnosis_row(reader: LogReader, seq: int) -> EntryRow:
    """The row of a diagnosis that is not erased. Raises TrailError."""
    row = reader.row(seq)
    kind = row.header["type"]
    if kind != "diagnosis":
        raise Refused(f"record {seq} is no diagnosis, it is `{kind}`")
    if row.content is None:
        raise TrailError(f"the content of record {seq} was erased")
    return row


def stored_base(reader: LogReader, digest: str) -> RuleBase:
    """A rule base that the trail holds, by its digest. Raises TrailError."""
    return base_of(stored_files(reader, digest), digest)


def stored_files(reader: LogReader, digest: str) -> Mapping[str, str]:
    """The texts of a rule base that the trail holds, by its digest. Raises TrailError."""
    files = reader.rule_base(digest)
    if files is None:
        raise TrailError(f"the trail does not hold the rule base {digest}")
    return files


# --- other rules ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Today:
    """What other rules say on the facts of a record; ``unread`` are the terms whose facts they cannot read."""

    diagnosis: Diagnosis
    differences: tuple[Difference, ...]
    unread: tuple[str, ...]


def today(memory: WorkingMemory, wanted: str, base: RuleBase, engine: str = "reference") -> Today:
    """What was recorded beside the same facts on another rule base, such as today's. Raises TrailError."""
    facts, unread = carried(memory, base)
    now = diagnosed_again(base, facts, engine)
    return Today(now, differences(result_of(wanted), now.to_dict()), unread)
