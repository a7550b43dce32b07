"""The zip of a bundle: one way to write it, and a reader that takes nothing else.

Stands alone, because a copy travels in every exported bundle. A zip can say one thing in two places, hide data between
its members, or unpack to a thousand times its size. So each header is written in one form only, and the reader builds
the headers anew from the names and sizes and compares them with what is there. Source: PKWARE's APPNOTE, 4.3 and 4.4.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from salesdx.ledger.standalone.verifier import Invalid, canonical, exact_base64, strict_json

MEMBER = re.compile(
    r"manifest\.json|checkpoint|checkpoints\.jsonl|entries\.jsonl|rule_bases/[0-9a-f]{64}\.json"
    r"|wheels/[0-9a-f]{64}\.whl|attachments/[0-9a-f]{64}|report\.html|report\.txt|verify\.py|README\.txt"
)
"""The members that a bundle can have."""
MOST_MEMBERS = 10_000
MOST_BYTES = 1 << 32
RATIO, SLACK = 100, 1 << 24
"""A bundle unpacks to at most this many times its size, and a little more."""
MOST_LINE = 1 << 25
CHUNK = 1 << 16

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
VERSION, DEFLATED, NEW_YEAR_1980, PLAIN_FILE = 20, 8, 0x21, 0o100644 << 16


@dataclass(frozen=True)
class Member:
    """A member: name, checksum, size packed and unpacked, and where it begins."""

    name: str
    crc: int
    packed: int
    size: int
    offset: int

    def local(self) -> bytes:
        name = self.name.encode()
        common = (VERSION, 0, DEFLATED, 0, NEW_YEAR_1980, self.crc, self.packed, self.size, len(name), 0)
        return LOCAL.pack(b"PK\3\4", *common) + name

    def central(self) -> bytes:
        name = self.name.encode()
        common = (VERSION, 0, DEFLATED, 0, NEW_YEAR_1980, self.crc, self.packed, self.size, len(name), 0)
        return CENTRAL.pack(b"PK\1\2", 0x300 | VERSION, *common, 0, 0, 0, PLAIN_FILE, self.offset) + name


def _end(count: int, size: int, offset: int) -> bytes:
    return END.pack(b"PK\5\6", 0, 0, count, count, size, offset, 0)


@dataclass(frozen=True)
class Packed:
    """A member's content, packed; its checksum, its size unpacked, and its SHA-256 as hexadecimal digits."""

    data: bytes
    crc: int
    size: int
    digest: str


def pack(parts: Iterable[bytes]) -> Packed:
    """Pack the parts of a content, one after the other. The packed content is held in memory."""
    crc, size, digest, deflate = 0, 0, hashlib.sha256(), zlib.compressobj(6, zlib.DEFLATED, -15)
    data = []
    for part in parts:
        crc, size = zlib.crc32(part, crc), size + len(part)
        digest.update(part)
        data.append(deflate.compress(part))
    return Packed(b"".join((*data, deflate.flush())), crc, size, digest.hexdigest())


def write_zip(out: BinaryIO, contents: Mapping[str, Packed]) -> None:
    """Write a zip of packed contents. Raises OverflowError where it would be larger than a plain zip can be."""
    central, at = [], 0
    for name, content in sorted(contents.items()):
        member = Member(name, content.crc, len(content.data), content.size, at)
        if not MEMBER.fullmatch(name) or max(at + member.packed, member.size) > MOST_BYTES - (1 << 24):
            raise OverflowError(name)
        at += out.write(member.local()) + out.write(content.data)
        central.append(member.central())
    out.write(b"".join(central) + _end(len(central), sum(map(len, central)), at))


class Package:
    """Reads a bundle. Raises Invalid where it is not packed as `write_zip` does it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        length = file.seek(0, 2)
        if length < END.size or length > MOST_BYTES:
            raise Invalid("this is no bundle: it has not the size of one")
        end = self._at(length - END.size, END.size)
        _, _, _, _, count, size, offset, _ = END.unpack(end)
        if end != _end(count, size, offset) or offset + size + END.size != length:
            raise Invalid("this is no bundle, or it was cut: its end is not that of a zip as salesdx writes it")
        if count > MOST_MEMBERS or size > count * (CENTRAL.size + 100):
            raise Invalid("the bundle has too many members")
        self.members = self._members(self._at(offset, size), count, offset)
        if sum(member.size for member in self.members.values()) > RATIO * length + SLACK:
            raise Invalid("the bundle unpacks to far more than it holds")

    def _at(self, offset: int, size: int) -> bytes:
        self.file.seek(offset)
        return self.file.read(size)

    def _members(self, central: bytes, count: int, end: int) -> dict[str, Member]:
        found: dict[str, Member] = {}
        at = offset = 0
        last = ""
        for _ in range(count):
            if len(central) < at + CENTRAL.size:
                raise Invalid("the list of the bundle's members is cut")
            told = CENTRAL.unpack_from(central, at)
            name = central[at + CENTRAL.size : at + CENTRAL.size + told[10]].decode("latin-1")
            if not MEMBER.fullmatch(name) or name <= last:
                raise Invalid("the bundle has members that no bundle has, or one of them twice")
            member = Member(name, told[7], told[8], told[9], offset)
            header = member.local()
            if central[at : at + CENTRAL.size + len(name)] != member.central() or header != self._at(
                offset, len(header)
            ):
                raise Invalid(f"`{name}` is not packed as salesdx packs it")
            found[name] = member
            last = name
            at += CENTRAL.size + len(name)
            offset += len(header) + member.packed
        if at != len(central) or offset != end:
            raise Invalid("the bundle holds more than its members")
        return found

    def parts(self, name: str) -> Iterator[bytes]:
        """The content of a member, part by part, never more than it declares. Raises Invalid."""
        member = self.members.get(name)
        if member is None:
            raise Invalid(f"the bundle lacks `{name}`")
        inflate = zlib.decompressobj(-15)
        crc = size = 0
        at, left = member.offset + len(member.local()), member.packed
        waiting = b""
        try:
            while not inflate.eof:
                if not waiting:
                    waiting = self._at(at, min(CHUNK, left))
                    at, left = at + len(waiting), left - len(waiting)
                part = inflate.decompress(waiting, CHUNK)
                if not part and not waiting and not inflate.eof:
                    raise Invalid(f"`{name}` is cut")
                waiting = inflate.unconsumed_tail
                crc, size = zlib.crc32(part, crc), size + len(part)
                if size > member.size:
                    raise Invalid(f"`{name}` is larger than the bundle says")
                yield part
        except zlib.error:
            raise Invalid(f"`{name}` cannot be unpacked") from None
        if size != member.size or crc != member.crc or left or inflate.unused_data:
            raise Invalid(f"`{name}` is not what the bundle says")

    def read(self, name: str, most: int = MOST_LINE) -> bytes:
        """The whole content of a member of at most ``most`` bytes. Raises Invalid."""
        if name in self.members and self.members[name].size > most:
            raise Invalid(f"`{name}` is too large")
        return b"".join(self.parts(name))

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a member, without their ends. Raises Invalid for one that is too long, or has no end."""
        begun: list[bytes] = []
        held = 0
        for part in self.parts(name):
            *whole, rest = part.split(b"\n")
            if whole:
                yield b"".join((*begun, whole[0]))
                yield from whole[1:]
                begun, held = [], 0
            begun.append(rest)
            held += len(rest)
            if held > MOST_LINE:
                raise Invalid(f"`{name}` has a line that is too long")
        if held:
            raise Invalid(f"`{name}` is cut")

    def text(self, name: str) -> str:
        """The whole content of a member as text. Raises Invalid."""
        try:
            return self.read(name).decode()
        except UnicodeDecodeError:
            raise Invalid(f"`{name}` is no text") from None

    def objects(self, name: str, parts: set[str]) -> Iterator[dict[str, Any]]:
        """The lines of a member, each an object with these parts as canonical JSON. Raises Invalid."""
        for line in self.lines(name):
            found = strict_json(line, f"a line of `{name}`")
            if not isinstance(found, dict) or found.keys() != parts or canonical(found) != line:
                raise Invalid(f"a line of `{name}` is not as it should be written")
            yield found

    def digest(self, name: str) -> str:
        """SHA-256 of a member's content, as hexadecimal digits."""
        found = hashlib.sha256()
        for part in self.parts(name):
            found.update(part)
        return found.hexdigest()


def read_row(line: Mapping[str, Any], oldest: str) -> tuple[bytes, bytes | None, bytes | None]:
    """Entry, salt and payload of a line; without a place for a key it holds entries of the oldest version only.

    Raises Invalid.
    """
    entry, payload, salt = line["entry"], line["payload"], line["salt"]
    if not isinstance(entry, str) or (payload is None) != (salt is None):
        raise Invalid("a record is not as it should be written")
    if "key" not in line and not entry.endswith(f'"{oldest}"}}'):
        raise Invalid("a record is newer than the form of the bundle")
    if payload is None:
        return entry.encode(), None, None
    if not isinstance(payload, str) or not isinstance(salt, str):
        raise Invalid("a content is not as it should be written")
    return entry.encode(), exact_base64(salt, 32, "a salt"), payload.encode()


def read_hashes(parts: Any) -> list[bytes]:
    """The hashes of a proof. Raises Invalid."""
    if not isinstance(parts, list) or len(parts) > 64 or not all(isinstance(part, str) for part in parts):
        raise Invalid("a proof is not as it should be written")
    return [exact_base64(part, 32, "a hash of a proof") for part in parts]
