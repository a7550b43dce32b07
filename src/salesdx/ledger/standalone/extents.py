"""Bundles of a part of a trail: which records may be in one, with none between left out, and what was withheld.

Stands alone, because a copy travels in every exported bundle.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from salesdx.ledger.standalone.findings import Audit
from salesdx.ledger.standalone.verifier import Invalid

BESIDE = ("trail", "key", "rule_base", "erasure")
"""Records on which those of a part rest."""


@dataclass
class Extent:
    """The records of one case, or with ``subject`` (a pseudonym) of all cases of one person that are here.

    ``add`` raises Invalid for a record that is no part of it, and for one before which a record of its case is missing.
    """

    case: str | None
    subject: str | None = None
    last: dict[str, int] = field(default_factory=dict)
    """Case -> its last record so far."""
    about: set[str] = field(default_factory=set)
    """The cases in which the person is named."""

    def add(self, entry: Mapping[str, Any]) -> None:
        seq, case = entry["seq"], entry["case"]
        mine = self.subject is not None and entry["subject"] == self.subject
        if case is not None and (case == self.case or self.subject is not None):
            if entry["case_before"] != self.last.get(case):
                raise Invalid(f"a record of the case before record {seq} was left out")
            self.last[case] = seq
            self.about |= {case} if mine else set()
        elif entry["type"] not in BESIDE and not mine:
            raise Invalid(f"record {seq} is of another case")

    def conclude(self) -> None:
        """Raises Invalid where nothing is here, or a case that names the person nowhere."""
        if not self.last:
            raise Invalid("the bundle holds no record of its case")
        if self.subject is not None and self.last.keys() != self.about:
            raise Invalid("the bundle holds a case in which its person is not named")

    def told(self, upto: int) -> str:
        """What is proved of the records that are here, and what only the whole trail can show."""
        if self.subject is None:
            return (
                f"these are all records of one case up to record {upto}, with none between left out; only the whole "
                "trail can show whether later ones were kept back"
            )
        return (
            f"these are all records of {len(self.last)} cases of one person up to record {upto}, with none between "
            "left out; only the whole trail can show whether there are other cases, or later records"
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
