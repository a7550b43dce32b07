"""Files that belong to a case: kept beside the record that names their digest, and erased with it."""

from __future__ import annotations

import re
import struct
from hashlib import sha256
from typing import Any

from salesdx.ledger.attached import attached_file
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.log import Clock, Person, Trail
from salesdx.ledger.storage import MAX_ATTACHMENT
from salesdx.trail.book import Book, Record
from salesdx.trail.lookalike import MAX_REASON, kept_text
from salesdx.trail.sealed import opens

MAX_NAME = 200
PDF = re.compile(rb"%PDF-[12]\.[0-9]")
PNG = b"\x89PNG\r\n\x1a\n"
JPEG, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"


def attach(trail: Trail, case: str, name: str, data: bytes, reason: str, by: Person, now: Clock | None = None) -> int:
    """Keep a file with a case (by name or pseudonym), for a reason; the number of its record.

    Raises Refused for what is no PDF, PNG or JPEG by its content, is too large, or is attached to the case already.
    """
    kind = kind_of(data)
    name, reason = kept_text(name, "the name of the file", MAX_NAME), kept_text(reason, "a reason", MAX_REASON)
    body: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "size": len(data),
        "digest": "sha256:" + sha256(data).hexdigest(),
        "reason": reason,
    }
    with trail.append(now) as appender:
        book = Book(appender.reader)
        pseudonym = book.pseudonym("case", case)
        if (named := book.name(pseudonym).name) is None:
            raise Refused(f"the case `{case[:100]}` was erased, so nothing is attached to it")
        subject = _subject(book, pseudonym, body["digest"])
        diagnosis = next(book.reader.rows(case=pseudonym, types=("diagnosis",), newest_first=True), None)
        inputs = [diagnosis.seq] if diagnosis is not None else []
        body |= opens(appender, named, subject)
        seq = appender.add("attachment", body, by, case=named, subject=subject, inputs=inputs)
        appender.attachments.append((seq, data))
    return seq


def attachment(book: Book, seq: int) -> tuple[Record, bytes]:
    """The file of a record, which is the one that was attached. Raises TrailError where it is gone or another."""
    record = book.record(seq)
    if record.type != "attachment":
        raise Refused(f"record {seq} is no attachment; `salesdx trail list --type attachment` lists them")
    if record.body is None:
        raise Refused(f"record {seq} has no file any more: {record.withheld}")
    found = attached_file(book.reader, seq)
    if found is None or "sha256:" + sha256(found).hexdigest() != record.body["digest"]:
        raise TrailError(
            f"the file of record {seq} is not the one that was attached; `salesdx trail verify` tells more"
        )
    return record, found


def kind_of(data: bytes) -> str:
    """The media type of a file by its content, from its first byte to its last. Raises Refused for any other."""
    if len(data) > MAX_ATTACHMENT:
        raise Refused(f"the file has {len(data):,} bytes, and {MAX_ATTACHMENT:,} can be kept")
    if PDF.match(data) and b"%%EOF" in data[-1024:]:
        return "application/pdf"
    if data.startswith(PNG) and _whole_png(data):
        return "image/png"
    if data.startswith(JPEG) and data.endswith(JPEG_END):
        return "image/jpeg"
    raise Refused("by its content the file is neither a PDF nor a PNG or JPEG, or it was cut")


def _whole_png(data: bytes) -> bool:
    """Whether a PNG goes from its header chunk to its last one, with nothing behind it (PNG specification, 5.3)."""
    at, kind = len(PNG), b""
    while at + 12 <= len(data) and kind != b"IEND":
        (size,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        if at == len(PNG) and kind != b"IHDR":
            return False
        at += 12 + size
    return kind == b"IEND" and at == len(data)


def _subject(book: Book, case: str, digest: object) -> str:
    """Whom a case (its pseudonym) was about last, by name. Raises Refused for a file that is attached to it already."""
    subject = ""
    for record in book.records(case=case):
        if record.type == "attachment" and record.body is not None and record.body["digest"] == digest:
            raise Refused(f"this file is attached already, by record {record.seq}")
        if record.subject is not None:
            subject = record.subject.name or ""
    return subject
