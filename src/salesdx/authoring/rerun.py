"""Every recorded diagnosis on other rules: whose result would change, and from what to what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from salesdx.base.model import RuleBase
from salesdx.case.other_rules import carried
from salesdx.engine.comparing import Difference, differences
from salesdx.engine.diagnose import quick
from salesdx.ledger.errors import TrailError
from salesdx.trail.results import result_of, summary_line

if TYPE_CHECKING:
    from salesdx.ledger.storage import LogReader


@dataclass(frozen=True, slots=True)
class Rerun:
    """One record on other rules. ``subject`` and ``case`` are pseudonyms; ``fault`` says why it could not be run."""

    seq: int
    case: str
    subject: str
    before: str
    after: str
    changes: tuple[Difference, ...] = ()
    unread: tuple[str, ...] = ()
    fault: str = ""

    def to_dict(self) -> dict[str, Any]:
        keys = ("seq", "case", "subject", "before", "after", "fault")
        changes = [change.to_dict() for change in self.changes]
        return {key: getattr(self, key) for key in keys} | {"changes": changes, "unread": list(self.unread)}


def diagnosis_count(reader: LogReader) -> int:
    """How many diagnoses a trail holds."""
    return sum(1 for _ in reader.rows(types=("diagnosis",)))


def rerun(reader: LogReader, base: RuleBase, last_only: bool = False) -> Iterator[Rerun]:
    """Each recorded diagnosis of a trail on ``base``; with ``last_only`` the last one of each case alone.

    What was recorded is compared with what the same facts give now; erased records are passed over.
    """
    from salesdx.trail.replay import stored_base  # only here: the libraries of the trail are an extra
    from salesdx.trail.rerun_one import recorded_memory

    seen: set[str] = set()
    for row in reader.rows(types=("diagnosis",), newest_first=last_only):
        header, content = row.header, row.content
        case = header["case"] or ""
        if content is None or (last_only and case in seen):
            continue
        seen.add(case)
        body = content["body"]
        was = result_of(body["result"])
        try:
            memory, unread = carried(recorded_memory(body, stored_base(reader, header["rule_base"])), base)
        except TrailError as error:
            yield Rerun(row.seq, case, header["subject"] or "", summary_line(was), "", fault=str(error))
            continue
        now = quick(base, memory).to_dict()
        found = differences(was, now)
        yield Rerun(row.seq, case, header["subject"] or "", summary_line(was), summary_line(now), found, unread)


def outcome_counts(reruns: list[Rerun]) -> list[tuple[str, str, int]]:
    """(before, after, how many), most frequent first."""
    counted = Counter((rerun.before, rerun.after) for rerun in reruns if not rerun.fault)
    return [(before, after, n) for (before, after), n in sorted(counted.items(), key=lambda item: (-item[1], item[0]))]
