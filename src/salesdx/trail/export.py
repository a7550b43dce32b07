"""Export a case, or the whole trail, as one zip that proves itself to who has a key and an anchor from elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import BinaryIO

from salesdx.ledger.attached import attached_file
from salesdx.ledger.cosignatures import change_sizes, cosigned_sizes
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.log import Person, Trail
from salesdx.ledger.merkle import Root, consistency, inclusion, roots_of
from salesdx.ledger.standalone.bundle import BUNDLE, PERSON
from salesdx.ledger.standalone.findings import KEPT
from salesdx.ledger.standalone.packing import Packed, pack, write_zip
from salesdx.ledger.standalone.verifier import Checkpoint, Invalid, canonical, check_consistency, read_checkpoint
from salesdx.ledger.storage import Cosignature, EntryRow, LogReader
from salesdx.trail.book import BLIND, Book
from salesdx.trail.person_copy import Copy, copied_rows
from salesdx.trail.sealed import is_sealed

RESTING = ("diagnosis", "attachment")
"""Records that may have files beside them."""
PARTS = (
    *("verifier", "chains", "person_signatures", "adoptions", "register", "outside"),
    *("findings", "packing", "extents", "bundle"),
)
"""The modules that together are the file `verify.py` of a bundle."""

README = """\
This is an export of a salesdx decision trail: {what}.

report.html, report.txt   what was recorded, to read
entries.jsonl             the records as they were signed, each with its content, or without (erased, or withheld)
checkpoint                the signed size and root of the trail; checkpoints.jsonl holds earlier ones
rule_bases/               the rules and questions that the records rest on
wheels/                   where it is there: the programs that made the diagnoses, and what they need
attachments/              where it is there: files that were attached, each under its SHA-256
verify.py                 checks all of this; it needs Python 3.11 or later and the library `cryptography`

    python verify.py BUNDLE --key KEY --anchor CHECKPOINT

KEY is the public key of the trail, or a file that holds it. CHECKPOINT is a file with a checkpoint that you, or a
witness, kept from before. Both must come from elsewhere, not from who gave you this bundle: whoever holds the trail's
key can sign a trail that was rewritten, and only what was kept outside shows it. If you do not trust the verify.py in
this bundle either, take `salesdx trail verify` of an installation of your own.

The first word is the result: VERIFIED, VERIFIED-WITH-ERASURES, UNANCHORED (no key or no anchor was given, or it is
old; see --newer-than), INVALID or UNREADABLE; the exit status is 0, 0, 3, 4 or 5.
"""


@dataclass(frozen=True)
class Export:
    """An export that is on record: the number of its record, the case's pseudonym (None for all), and what it seals."""

    seq: int
    case: str | None
    told: Mapping[str, str]
    """What is in the bundle for people: name -> text."""
    copy: Copy | None = None
    """What is exported of one person, for whom, and what is withheld."""

    @property
    def subjects(self) -> tuple[str, ...]:
        return self.copy.subjects if self.copy is not None else ()

    @property
    def withheld(self) -> Mapping[int, str]:
        return self.copy.withheld if self.copy is not None else {}

    @property
    def extent(self) -> str:
        return PERSON if self.copy is not None else "all" if self.case is None else "case"


def verifier_text() -> str:
    """The single-file verifier: the modules that stand alone, one after the other, without imports of each other."""
    found = ["#!/usr/bin/env python3\n", "from __future__ import annotations\n"]
    for name in PARTS:
        inside = False
        for line in (
            files("salesdx.ledger.standalone")
            .joinpath(f"{name}.py")
            .read_text(encoding="utf-8")
            .splitlines(keepends=True)
        ):
            if line.startswith("from salesdx."):
                inside = "(" in line
            elif inside:
                inside = not line.startswith(")")
            elif line != "from __future__ import annotations\n":
                found.append(line)
    return "".join(found)


def record_export(trail: Trail, case: str | None, reports: Mapping[str, str], by: Person) -> Export:
    """Record that a case (by name or pseudonym), or everything, is about to be exported, with these reports.

    ``reports`` holds the texts of `report.html` and `report.txt`; their digests are sealed in the record, so that
    nobody can put another report into the bundle. Raises TrailError.
    """
    what = "the whole trail" if case is None else "one case"
    told = {**reports, "README.txt": README.format(what=what), "verify.py": verifier_text()}
    body = {"extent": "all" if case is None else "case", "files": {name: _digest(text) for name, text in told.items()}}
    with trail.append() as appender:
        name = None if case is None else find_case(appender.reader, case)[1]
        seq = appender.add("export", body, by, case=name or "")
        pseudonym = appender.pseudonym("case", name) if name is not None else None
    return Export(seq, pseudonym, told)


def record_copy(trail: Trail, copy: Copy, reports: Mapping[str, str], by: Person) -> Export:
    """Record that a copy of everything on a person is about to be given, with what it withholds and blacks out.

    Raises Refused where somebody has recorded something on the person since the copy was made.
    """
    told = {
        **reports,
        "README.txt": README.format(what="what is on record about one person"),
        "verify.py": verifier_text(),
    }
    body = {
        "extent": PERSON,
        "receiver": copy.receiver,
        "files": {name: _digest(text) for name, text in told.items()},
        "withheld": {str(seq): why for seq, why in copy.withheld.items()},
        "blacked_out": copy.counts,
    }
    subject = copy.subject
    with trail.append() as appender:
        if any(row.seq > copy.last for row in copied_rows(appender.reader, copy.subjects, copy.receiver)):
            raise Refused("somebody recorded something on this person meanwhile: run the command again")
        if subject.name is None:
            raise Refused("the name of this person was erased, so no copy is made")
        seq = appender.add("export", body, by, subject=subject.name)
    return Export(seq, None, told, copy)


def find_case(reader: LogReader, case: str) -> tuple[str, str]:
    """Pseudonym and name of a case, from either. Raises TrailError."""
    found = reader.pseudonym("case", case)
    if found is not None:
        return found, case
    name = reader.name(case) if reader.last(case) is not None else None
    if name is None:
        raise TrailError(f"the trail has no case `{case}`")
    return case, name


def blind_records(reader: LogReader, case: str | None) -> list[int]:
    """The signatures of a case (its pseudonym), or of all, that others may not see yet, and that a bundle would show:
    those from before decisions were sealed."""
    book = Book(reader)
    clear = (
        row for row in reader.rows(case=case, types=("sign_off",)) if row.content and not is_sealed(row.content["body"])
    )
    return [row.seq for row in clear if book.read(row).withheld == BLIND]


def write_bundle(
    reader: LogReader, export: Export, out: BinaryIO, anchors: Sequence[Checkpoint] = (), programs: bool = False
) -> None:
    """Write the bundle of an export, the same bytes for the same trail. Raises TrailError.

    The bundle of a case proves that the trail goes on from each of ``anchors``, checkpoints that auditors kept; from
    those at which the key was changed, and from those that a witness signed. The bundle of everything needs no proofs.
    With ``programs`` it holds the wheels that its diagnoses name.
    """
    last = read_checkpoint(reader.checkpoint())
    cosigned = cosigned_sizes(reader)
    beside: dict[int, list[Cosignature]] = {}
    for one in reader.cosignatures():
        beside.setdefault(one.size, []).append(one)
    if export.extent == "all":
        rows: Iterable[EntryRow] = reader.rows(types=RESTING if programs else RESTING[1:])
        entries, notes, digests = _all(reader)
    else:
        rows = part = _part_rows(reader, export)
        entries, notes, digests = _part(reader, part, export, last, cosigned, anchors)
    packed = {
        "entries.jsonl": pack(entries),
        "checkpoints.jsonl": pack(
            canonical({"note": note, "cosigned": [one[1:] for one in beside.get(size, ())], "proof": _base64(proof)})
            + b"\n"
            for size, note, proof in notes
        ),
        "checkpoint": pack([(reader.checkpoint() + cosigned.get(last.size, "")).encode()]),
        **{name: pack([text.encode()]) for name, text in export.told.items()},
        **{f"rule_bases/{digest[7:]}.json": pack([canonical(reader.rule_base(digest))]) for digest in digests},
        **_beside(reader, rows, export.withheld, programs),
    }
    manifest = {
        "format": BUNDLE,
        "log": last.origin,
        "extent": export.extent,
        "case": export.case,
        "export": export.seq,
        "files": {name: {"size": content.size, "sha256": content.digest} for name, content in packed.items()},
    } | ({"subjects": list(export.subjects)} if export.copy is not None else {})
    try:
        write_zip(out, {**packed, "manifest.json": pack([canonical(manifest)])})
    except OverflowError:
        raise TrailError("the trail is too large for one bundle; export its cases one by one") from None


Notes = Iterable[tuple[int, str, list[bytes]]]
"""(size, checkpoint, its consistency with the last checkpoint), without the last one."""


def _all(reader: LogReader) -> tuple[Iterable[bytes], Notes, list[str]]:
    last = read_checkpoint(reader.checkpoint()).size
    notes: Notes = ((size, note, []) for size, note in reader.checkpoints() if size < last)
    keys = dict(reader.keys())
    return (_line(row, [], keys.get(row.seq)) for row in reader.rows()), notes, reader.rule_bases()


def _part(
    reader: LogReader,
    rows: Sequence[EntryRow],
    export: Export,
    last: Checkpoint,
    cosigned: Collection[int],
    anchors: Sequence[Checkpoint],
) -> tuple[Iterable[bytes], Notes, list[str]]:
    root = roots_of(list(reader.leaves()))
    wanted = _sizes(reader, rows, cosigned, last, root, anchors)
    notes = ((size, reader.checkpoint(size), consistency(size, last.size, root)) for size in wanted)
    lines = (_line(row, inclusion(row.seq, last.size, root), withheld=row.seq in export.withheld) for row in rows)
    return lines, notes, sorted({row.header["rule_base"] for row in rows} - {None})


def _part_rows(reader: LogReader, export: Export) -> list[EntryRow]:
    """The records of a case, or of a person up to the record of the export."""
    if (copy := export.copy) is not None:
        return [row for row in copied_rows(reader, copy.subjects, copy.receiver) if row.seq <= export.seq]
    assert export.case is not None
    return _case_rows(reader, export.case)


def _case_rows(reader: LogReader, case: str) -> list[EntryRow]:
    """The records of a case, and what they rest on: keys, people, rules, and the erasures that name them."""
    own = {row.seq: row for row in reader.rows(case=case)}
    rules = {row.header["rule_base"] for row in own.values()}
    found = dict(own)
    for row in reader.rows(types=KEPT):
        header = row.header
        match header["type"]:
            case "rule_base":
                needed = header["rule_base"] in rules
            case "erasure":
                needed = not own.keys().isdisjoint(header["inputs"])
            case _:
                needed = True
        if needed:
            found[row.seq] = row
    return [found[seq] for seq in sorted(found)]


def _sizes(
    reader: LogReader,
    rows: Iterable[EntryRow],
    cosigned: Collection[int],
    last: Checkpoint,
    root: Root,
    anchors: Sequence[Checkpoint],
) -> list[int]:
    """The sizes of the checkpoints that travel with a case, without the last one."""
    found = set(cosigned)
    for anchor in anchors:
        try:
            if anchor.origin != last.origin or not 0 < anchor.size <= last.size:
                raise Invalid("it is of another trail, or of more records than there are")
            check_consistency(anchor.size, last.size, consistency(anchor.size, last.size, root), anchor.root, last.root)
        except Invalid as error:
            raise TrailError(f"the anchor of {anchor.size} records is not one of this trail: {error}") from None
        found.add(anchor.size)
    found.update(change_sizes(reader, [row.seq for row in rows if row.header["type"] == "key"]))
    return sorted(size for size in found if size < last.size)


def _beside(
    reader: LogReader, rows: Iterable[EntryRow], withheld: Collection[int], programs: bool
) -> dict[str, Packed]:
    """The files that records have beside them: what was attached, and with ``programs`` the wheels that they name."""
    found = {}
    for row in rows:
        type = row.header["type"]
        if type not in RESTING or row.content is None or row.seq in withheld:
            continue
        if type == "attachment" and (data := attached_file(reader, row.seq)) is not None:
            found[f"attachments/{sha256(data).hexdigest()}"] = pack([data])
        for digest in (row.content["body"].get("wheels") or {}).values() if programs else ():
            name = f"wheels/{digest[7:]}.whl"
            if name not in found and (data := reader.wheel(digest)) is not None:
                found[name] = pack([data])
    return found


def _line(row: EntryRow, hashes: Sequence[bytes], key: str | None = None, withheld: bool = False) -> bytes:
    line = {"entry": row.entry.decode(), "key": key, "payload": None, "salt": None, "proof": _base64(hashes)}
    if row.salt is not None and row.payload is not None and not withheld:
        line |= {"payload": row.payload.decode(), "salt": base64.b64encode(row.salt).decode()}
    return canonical(line) + b"\n"


def _base64(parts: Iterable[bytes]) -> list[str]:
    return [base64.b64encode(part).decode() for part in parts]


def _digest(text: str) -> str:
    return "sha256:" + sha256(text.encode()).hexdigest()
