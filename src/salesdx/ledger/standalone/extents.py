"""Bundles of a part of a trail: which records may be in one, with none between left out, and what was withheld.

Stands alone, because a copy travels in every exported bundle.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from salesdx.ledger.standalone.findings import KEPT, Audit
from salesdx.ledger.standalone.register import REGISTER_TYPES, TYPED
from salesdx.ledger.standalone.verifier import Invalid


@dataclass
class Extent:
    """The records of one case, or of all cases of one person that are here, by the ``subjects`` (pseudonyms) of theirs.

    ``add`` raises Invalid for a record that is no part of it, and for one before which a record is missing.
    """

    case: str | None
    subjects: tuple[str, ...] = ()
    last: dict[str, int] = field(default_factory=dict)
    """Case, subject, or the people of the trail -> the last record so far."""
    about: set[str] = field(default_factory=set)
    """The cases in which the person is named."""
    cases: set[str] = field(default_factory=set)
    unchained: bool = False
    """A record on the person does not name the one before it: it was made before records did."""
    unchecked: bool = False
    """Somebody acted who was known, and the people of the trail are not here."""

    def add(self, entry: Mapping[str, Any]) -> None:
        case, subject = entry["case"], entry["subject"]
        mine = subject in self.subjects
        if entry["type"] in REGISTER_TYPES:
            self._follows(entry, "subject_before", "people", "of the people ")
        elif case is not None and (case == self.case or self.subjects):
            self._follows(entry, "case_before", case, "of the case ")
            self.cases.add(case)
            self.about |= {case} if mine else set()
        elif entry["type"] not in KEPT and not mine:
            raise Invalid(f"record {entry['seq']} is of another case")
        if mine and "subject_before" in entry:
            self._follows(entry, "subject_before", subject, "on the person ")
        elif mine:
            self.unchained, self.last[subject] = True, entry["seq"]
        self.unchecked |= entry.get("identity", TYPED) != TYPED and "people" not in self.last

    def _follows(self, entry: Mapping[str, Any], part: str, chain: str, what: str) -> None:
        if entry[part] != self.last.get(chain):
            raise Invalid(f"a record {what}before record {entry['seq']} was left out")
        self.last[chain] = entry["seq"]

    def conclude(self) -> None:
        """Raises Invalid where nothing is here, or a case that names the person nowhere."""
        if not self.cases:
            raise Invalid("the bundle holds no record of its case")
        if self.subjects and self.cases != self.about:
            raise Invalid("the bundle holds a case in which its person is not named")

    def told(self, upto: int) -> str:
        """What is proved of the records that are here, and what only the whole trail can show."""
        if not self.subjects:
            return (
                f"these are all records of one case up to record {upto}, with none between left out; only the whole "
                "trail can show whether later ones were kept back"
            )
        other = "there are other cases, or " if self.unchained else ""
        people = "; who acted was not checked, because the people of the trail are not in it" if self.unchecked else ""
        return (
            f"these are all records of {len(self.cases)} cases of one person up to record {upto}, with none between "
            f"left out; only the whole trail can show whether {other}later ones were kept back{people}"
        )


def check_withheld(audit: Audit, sealed: Mapping[str, Any] | None) -> None:
    """Take what the record of the export names as withheld off what is missing, and say so. Raises Invalid."""
    listed = sealed.get("withheld", {}) if sealed is not None else {}
    if not isinstance(listed, dict) or not all(isinstance(why, str) for why in listed.values()):
        raise Invalid("the record of the export does not say what was withheld")
    for number in listed:
        if not re.fullmatch(r"0|[1-9]\d{0,15}", number, re.ASCII) or int(number) not in audit.missing:
            raise Invalid(f"record {number[:20]} is here, although the record of the export says that it was withheld")
        audit.missing.discard(int(number))
    if listed:
        reasons = "; ".join(f"{why}: {many}" for why, many in sorted(Counter(listed.values()).items()))
        audit.remarks.append(
            f"{len(listed)} contents were withheld from this copy, as the record of the export says, and were not "
            f"erased: {reasons}"
        )
