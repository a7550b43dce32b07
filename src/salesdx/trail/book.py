"""Records as people read them: names for pseudonyms, content that is the one sealed, and what rests on what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.ledger.errors import NoSuch, Refused, TrailError
from salesdx.ledger.standalone.register import CONCLUDING, Register
from salesdx.ledger.standalone.verifier import Invalid, check_payload
from salesdx.ledger.storage import EntryRow, LogReader
from salesdx.ledger.walk import Walker
from salesdx.text.issues import did_you_mean
from salesdx.trail.rule_bases import BaseChange, base_change, base_of, short_digest
from salesdx.trail.sealed import is_sealed, opened_decision

TRIAL = (
    "it is a trial: nobody had adopted the rules that made it; `salesdx trail adopt` adopts rules, and then the case "
    "is diagnosed anew"
)
UNSEEN = "there is no such record, case or person here, or you may not see it"
"""Said of both, so that nobody learns of what they may not see."""
BLIND = "blind until everybody has signed: neither the decision nor the reasons are shown"


@dataclass(frozen=True, slots=True)
class Named:
    """Whom or what a pseudonym stands for; ``name`` is None once erased."""

    pseudonym: str
    name: str | None

    def to_dict(self) -> dict[str, str | None]:
        return {"pseudonym": self.pseudonym, "name": self.name}


@dataclass(frozen=True)
class Record:
    """One entry with its names and its content. ``body`` is None where ``withheld`` says why."""

    seq: int
    type: str
    time: str
    case: Named | None
    subject: Named | None
    actor: Named
    role: str
    rule_base: str | None
    engine: Mapping[str, str | None] | None
    inputs: tuple[int, ...]
    body: Mapping[str, Any] | None = field(repr=False)
    withheld: str = ""
    warning: str = ""
    """What does not fit: the content is not the one that was sealed, or the table of names says otherwise."""
    trial: bool = False
    """Whether it tells what rules conclude that nobody had adopted then, in a trail that knew its people."""

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return {
            "seq": self.seq,
            "type": self.type,
            "time": self.time,
            "case": self.case and self.case.to_dict(),
            "subject": self.subject and self.subject.to_dict(),
            "actor": self.actor.to_dict(),
            "role": self.role,
            "rule_base": self.rule_base,
            "engine": self.engine and dict(self.engine),
            "inputs": list(self.inputs),
            "body": self.body and dict(self.body),
            "withheld": self.withheld,
            "warning": self.warning,
            **({"trial": True} if self.trial else {}),
        }


class Book:
    """A trail that people read: remembers names, erasures and rule bases while one snapshot is open.

    With ``sees`` it shows the records alone for which that is true, as if there were no others.
    """

    def __init__(self, reader: LogReader, sees: Callable[[EntryRow], bool] | None = None) -> None:
        self.reader, self.sees = reader, sees
        self._names: dict[str, str | None] = {}
        self._files: dict[str, dict[str, str] | None] = {}

    # --- names ---

    def name(self, pseudonym: str) -> Named:
        """A pseudonym with the name behind it, as far as it is not erased."""
        if pseudonym not in self._names:
            self._names[pseudonym] = self.reader.name(pseudonym)
        return Named(pseudonym, self._names[pseudonym])

    def pseudonym(self, kind: str, text: str) -> str:
        """The pseudonym of a case, subject or actor, given its name or the pseudonym itself. Raises TrailError."""
        if "\0" in text and self.reader.connection.dialect.name == "postgresql":  # whose text has none
            raise NoSuch(UNSEEN)
        found = self.reader.pseudonym(kind, text)
        if found is not None:
            return found
        column = {"case": "case", "subject": "subject"}.get(kind)
        if text.startswith(f"{kind[0]}-") and (
            column is None or next(self.reader.rows(**{column: text}), None) is not None  # type: ignore[arg-type]
        ):
            return text
        known = [name for _, other, name in self.reader.names() if other == kind]
        near = did_you_mean(text, known) if known else f"the trail names no {kind}"
        raise NoSuch(f"the trail has no {kind} `{text[:100]}`" + (f"; {near}" if near else ""))

    # --- records ---

    @cached_property
    def walker(self) -> Walker:
        """Proves what there is, and that there is nothing else."""
        return Walker(self.reader)

    def record(self, seq: int) -> Record:
        """A record by its number. Raises NoSuch where there is none."""
        size = self.reader.head().size
        if not 0 <= seq < size:
            raise NoSuch(f"there is no record {seq}: the trail has records 0 to {size - 1}")
        if not self.shows(seq):
            raise NoSuch(UNSEEN)
        return self.read(self.reader.row(seq))

    def shows(self, seq: int) -> bool:
        """Whether the one who reads sees a record."""
        return self.sees is None or self.sees(self.reader.row(seq))

    def diagnosis(self, seq: int) -> Record:
        """The record of a diagnosis that still has its content. Raises TrailError."""
        found = self.record(seq)
        if found.type != "diagnosis":
            article = "an" if found.type[0] in "aeiou" else "a"
            raise Refused(
                f"record {seq} is {article} {type_words(found.type)}, not a diagnosis; "
                "`salesdx trail list --type diagnosis` lists them"
            )
        if found.body is None:
            raise TrailError(f"record {seq} cannot be used: {found.withheld}")
        return found

    def newest_diagnosis(self, case: str) -> Record:
        """The newest diagnosis of a case, by its name or pseudonym, erased or not. Raises TrailError."""
        found = next(self.records(case=self.pseudonym("case", case), types=("diagnosis",), newest_first=True), None)
        if found is None and self.sees is not None:
            raise NoSuch(UNSEEN)
        if found is None:
            raise Refused(f"the case `{case[:100]}` has no diagnosis yet")
        return found

    def records(
        self,
        start: int = 0,
        *,
        case: str | None = None,
        subject: str | None = None,
        types: Sequence[str] = (),
        newest_first: bool = False,
    ) -> Iterator[Record]:
        """Records in order, of one case or subject (pseudonyms), of some types."""
        for row in self.reader.rows(start, case=case, subject=subject, types=types, newest_first=newest_first):
            if self.sees is None or self.sees(row):
                yield self.read(row)

    def resting_on(self, record: Record) -> Iterator[Record]:
        """The later records of the same case that have this one among their inputs, in order."""
        if record.case is not None:
            for other in self.records(record.seq + 1, case=record.case.pseudonym):
                if record.seq in other.inputs:
                    yield other

    def read(self, row: EntryRow) -> Record:
        header = row.header
        content, withheld, warning = self._content(row, header)
        named: dict[str, Named | None] = {}
        for kind in ("case", "subject", "actor"):
            pseudonym = header[kind]
            named[kind] = self.name(pseudonym) if pseudonym is not None else None
            if content is None or pseudonym is None:
                continue
            sealed, listed = content.get(kind), named[kind]
            if listed is not None and listed.name not in (None, sealed):
                warning = f"the table of names says {kind} `{listed.name}`; the sealed content counts"
            named[kind] = Named(pseudonym, sealed)
        assert named["actor"] is not None
        return Record(
            row.seq,
            header["type"],
            header["time"],
            named["case"],
            named["subject"],
            named["actor"],
            header["role"],
            header["rule_base"],
            header["engine"],
            tuple(header["inputs"]),
            content and content["body"],
            withheld,
            warning,
            self._trial(header),
        )

    @cached_property
    def people(self) -> Register:
        """The people of the trail, and what they have adopted. Raises TrailError where that cannot be trusted."""
        return self.reader.people.register(self.reader)

    def _trial(self, header: Mapping[str, Any]) -> bool:
        """Whether a record is of a trial; also where that cannot be told."""
        try:
            return header["type"] in CONCLUDING and self.people.on_trial(header)
        except TrailError:
            return True

    def _content(self, row: EntryRow, header: Mapping[str, Any]) -> tuple[dict[str, Any] | None, str, str]:
        """The content as it may be shown, why it is not shown, and what is wrong with it."""
        if row.payload is None or row.salt is None:
            by = self.erased.get(row.seq)
            if by is not None:
                return None, f"its content was erased by record {by}", ""
            return (
                None,
                "its content is missing",
                "no record says that it was erased; `salesdx trail verify` tells more",
            )
        try:
            content = check_payload(header, row.salt, row.payload)
        except Invalid as error:
            return None, "its content was changed", f"{error}; `salesdx trail verify` tells more"
        if header["type"] != "sign_off":
            return content, "", ""
        if is_sealed(content["body"]):
            body = opened_decision(self.reader, row, content["body"])
        else:  # it was recorded before decisions were sealed
            body = content["body"] if self._complete(header) else None
        return (content | {"body": body}, "", "") if body is not None else (None, BLIND, "")

    def _complete(self, header: Mapping[str, Any]) -> bool:
        """Whether every role that signs has signed what this signature rests on."""
        if header["rule_base"] is None or not header["inputs"]:
            return False
        policy = self.base(header["rule_base"]).policy
        rows = self.reader.rows(case=header["case"], types=("sign_off",))
        signed = {found["role"] for row in rows if set((found := row.header)["inputs"]) & set(header["inputs"])}
        return policy is not None and signed >= set(policy.roles)

    @cached_property
    def erased(self) -> Mapping[int, int]:
        """Record -> the erasure that took its content."""
        found: dict[int, int] = {}
        for row in self.reader.rows(types=("erasure",)):
            for seq in row.header["inputs"]:
                found.setdefault(seq, row.seq)
        return found

    # --- rule bases ---

    def files(self, digest: str) -> dict[str, str] | None:
        """The texts of a rule base by its digest; None for one that the trail does not hold."""
        if digest not in self._files:
            self._files[digest] = self.reader.rule_base(digest)
        return self._files[digest]

    def base(self, digest: str) -> RuleBase:
        """A rule base of the trail. Raises TrailError where it is not there or cannot be read."""
        files = self.files(digest)
        if files is None:
            raise TrailError(f"the texts of rule base {short_digest(digest)} are not in the trail")
        return base_of(files, digest)

    def base_change(self, before: str, after: str) -> BaseChange | None:
        """What differs between two rule bases of the trail; None where they are one."""
        return base_change(before, after, {digest: self.files(digest) for digest in (before, after)})

    def change_to(self, before: str, base: RuleBase) -> BaseChange | None:
        """What differs between a rule base of the trail and one that need not be in it; None where they are one."""
        return base_change(before, base.digest, {before: self.files(before), base.digest: base.files})


def type_words(type: str) -> str:
    """A type of record as people read it.

    >>> type_words("sign_off")
    'sign-off'
    """
    return type.replace("_", "-" if type == "sign_off" else " ")
