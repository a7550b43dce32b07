"""Ways to tamper with a bundle, of which the clever ones mend its manifest and pack it as salesdx does."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import Any

from salesdx.ledger.keys import sign_checkpoint
from salesdx.ledger.standalone.packing import Package, Packed, pack, write_zip
from salesdx.ledger.standalone.verifier import canonical, read_checkpoint, rule_base_digest
from trails import key_from


@lru_cache(maxsize=500)
def packed_once(content: bytes) -> Packed:
    return pack([content])


@dataclass
class Opened:
    """A bundle taken apart; what is changed is packed again with a manifest that fits it."""

    data: bytes
    random: Random
    members: dict[str, bytes] = field(init=False)

    def __post_init__(self) -> None:
        package = Package(io.BytesIO(self.data))
        self.members = {name: package.read(name) for name in package.members}

    @property
    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.members["manifest.json"])
        return found

    def lines(self, name: str = "entries.jsonl") -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.members[name].splitlines()]

    def put(self, lines: list[dict[str, Any]], name: str = "entries.jsonl") -> None:
        self.members[name] = b"".join(canonical(line) + b"\n" for line in lines)

    def write(self, mend: bool = True, **manifest: Any) -> bytes:
        packed = {name: packed_once(content) for name, content in self.members.items() if name != "manifest.json"}
        told = self.manifest | manifest
        if mend:
            told["files"] = {name: {"size": part.size, "sha256": part.digest} for name, part in packed.items()}
        out = io.BytesIO()
        write_zip(out, {**packed, "manifest.json": pack([canonical(told)])})
        return out.getvalue()


Way = Callable[[Opened], bytes | None]
"""The tampered bundle; None where this way cannot be gone."""


def flip_raw(bundle: Opened) -> bytes:
    data = bytearray(bundle.data)
    data[bundle.random.randrange(len(data))] ^= 1 << bundle.random.randrange(8)
    return bytes(data)


def cut_raw(bundle: Opened) -> bytes:
    at, much = bundle.random.randrange(len(bundle.data)), bundle.random.randint(1, 400)
    return bundle.random.choice([bundle.data[:at], bundle.data[:at] + bundle.data[at + much :]])


def add_raw(bundle: Opened) -> bytes:
    at, more = bundle.random.randrange(len(bundle.data) + 1), bundle.random.randbytes(bundle.random.randint(1, 40))
    return bundle.data[:at] + more + bundle.data[at:]


def flip_member(bundle: Opened) -> bytes:
    name = bundle.random.choice(sorted(bundle.members.keys() - {"manifest.json"}))
    data = bytearray(bundle.members[name])
    if data:
        data[bundle.random.randrange(len(data))] ^= 1 << bundle.random.randrange(8)
    else:
        data += b"x"
    bundle.members[name] = bytes(data)
    return bundle.write(mend=bundle.random.random() < 0.8)


def change_manifest(bundle: Opened) -> bytes:
    manifest, random = bundle.manifest, bundle.random
    changes: list[dict[str, Any]] = [
        {"format": "salesdx.bundle/2"},
        {"log": manifest["log"] + "x"},
        {"extent": "all", "case": None} if manifest["case"] else {"extent": "case", "case": "c-0"},
        {"extent": "all"} if manifest["case"] else {"case": "c-0"},
        {"export": manifest["export"] - 1},
        {"export": str(manifest["export"])},
        {"more": 1},
        {"files": {}},
        {"files": {name: told | {"size": 0} for name, told in manifest["files"].items()}},
    ]
    change = random.choice(changes)
    return bundle.write(mend="files" not in change, **change)


def change_line(bundle: Opened) -> bytes | None:
    lines, random = bundle.lines(), bundle.random
    line = random.choice(lines)
    entry = json.loads(line["entry"])
    match random.choice(["entry", "payload", "salt", "proof", "withhold", "restore"]):
        case "entry":
            name = random.choice([name for name, value in entry.items() if isinstance(value, str | int)])
            entry[name] = entry[name] + 1 if isinstance(entry[name], int) else entry[name][:-1] + "0"
            line["entry"] = canonical(entry).decode()
        case "payload":
            if line["payload"] is None:
                return None
            line["payload"] = line["payload"].replace('"body"', '"Body"', 1)
        case "salt":
            if line["salt"] is None:
                return None
            line["salt"] = base64.b64encode(random.randbytes(32)).decode()
        case "proof":
            proof = line["proof"]
            if proof and random.random() < 0.7:
                proof[random.randrange(len(proof))] = base64.b64encode(random.randbytes(32)).decode()
            elif proof and random.random() < 0.5:
                proof.pop()
            else:
                proof.append(base64.b64encode(random.randbytes(32)).decode())
        case "withhold":
            if line["payload"] is None:
                return None
            line["payload"] = line["salt"] = None
        case "restore":
            if line["payload"] is not None:
                return None
            line["payload"], line["salt"] = "{}", base64.b64encode(bytes(32)).decode()
    before = bundle.members["entries.jsonl"]
    bundle.put(lines)
    return bundle.write() if bundle.members["entries.jsonl"] != before else None


def drop_line(bundle: Opened) -> bytes | None:
    """Leave a record out, but not the last ones of a case: those only the whole trail can show."""
    lines = bundle.lines()
    lines.pop(bundle.random.randrange(len(lines)))
    bundle.put(lines)
    return bundle.write()


def drop_a_kind(bundle: Opened) -> bytes | None:
    """Leave out all records of keys, of rules or of erasures."""
    kind = bundle.random.choice(["trail", "key", "rule_base", "erasure"])
    lines = bundle.lines()
    rest = [line for line in lines if json.loads(line["entry"])["type"] != kind]
    bundle.put(rest)
    return bundle.write() if len(rest) < len(lines) else None


def swap_lines(bundle: Opened) -> bytes | None:
    lines = bundle.lines()
    if len(lines) < 2:
        return None
    at = bundle.random.randrange(len(lines) - 1)
    if bundle.random.random() < 0.5:
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
    else:
        parts = bundle.random.choice([("payload", "salt"), ("salt",), ("proof",)])
        for part in parts:
            if lines[at][part] == lines[at + 1][part]:
                return None
            lines[at][part], lines[at + 1][part] = lines[at + 1][part], lines[at][part]
    bundle.put(lines)
    return bundle.write()


def double_line(bundle: Opened) -> bytes:
    lines = bundle.lines()
    lines.insert(bundle.random.randrange(len(lines)), bundle.random.choice(lines))
    bundle.put(lines)
    return bundle.write()


def change_notes(bundle: Opened) -> bytes | None:
    """Earlier checkpoints: changed, doubled, or without the one that a changed key needs."""
    name = "checkpoints.jsonl"
    notes, random = bundle.lines(name), bundle.random
    if not notes:
        return None
    note = random.choice(notes)
    match random.randrange(4):
        case 0:
            note["note"] = note["note"].replace("A", "B", 1) if "A" in note["note"] else note["note"] + "\n"
        case 1:
            note["proof"].append(base64.b64encode(random.randbytes(32)).decode())
        case 2:
            notes.append(note)
        case 3:
            both = [told for told in notes if told["note"].count(f"\n— {bundle.manifest['log']} ") == 2]
            if not both:
                return None
            notes.remove(random.choice(both))
    bundle.put(notes, name)
    return bundle.write()


def change_checkpoint(bundle: Opened) -> bytes:
    """The last checkpoint: an earlier one, another size or root, or signed with another key."""
    random, note = bundle.random, bundle.members["checkpoint"].decode()
    told = read_checkpoint(note)
    other = key_from(random, told.origin)
    earlier = [line["note"] for line in bundle.lines("checkpoints.jsonl")]
    choices = [
        sign_checkpoint(told.origin, told.size, told.root, other),
        note + other.line(told.text),
        note.replace(told.text, sign_checkpoint(told.origin, told.size + 1, told.root).strip() + "\n"),
        sign_checkpoint(told.origin, told.size, random.randbytes(32), other),
        *earlier,
    ]
    bundle.members["checkpoint"] = random.choice(choices).encode()
    return bundle.write()


def change_rules(bundle: Opened) -> bytes | None:
    names = [name for name in bundle.members if name.startswith("rule_bases/")]
    files = {"rules/a.yaml": "other"}
    if not names or bundle.random.random() < 0.3:
        bundle.members[f"rule_bases/{rule_base_digest(files)[7:]}.json"] = canonical(files)
        return bundle.write()
    name = bundle.random.choice(names)
    if bundle.random.random() < 0.3:
        del bundle.members[name]
    else:
        bundle.members[name] = canonical(json.loads(bundle.members[name]) | files)
    return bundle.write()


def change_told(bundle: Opened) -> bytes:
    """Another report, another verifier, or none."""
    name = bundle.random.choice(["report.html", "report.txt", "README.txt", "verify.py"])
    if bundle.random.random() < 0.3:
        del bundle.members[name]
    else:
        bundle.members[name] += b"\nprint('VERIFIED')\n"
    return bundle.write()


def drop_member(bundle: Opened) -> bytes:
    del bundle.members[bundle.random.choice(sorted(bundle.members.keys() - {"manifest.json"}))]
    return bundle.write(mend=bundle.random.random() < 0.8)


WAYS: dict[str, Way] = {
    "flip raw": flip_raw,
    "cut raw": cut_raw,
    "add raw": add_raw,
    "flip member": flip_member,
    "change manifest": change_manifest,
    "change line": change_line,
    "drop line": drop_line,
    "drop a kind": drop_a_kind,
    "swap lines": swap_lines,
    "double line": double_line,
    "change notes": change_notes,
    "change checkpoint": change_checkpoint,
    "change rules": change_rules,
    "change told": change_told,
    "drop member": drop_member,
}
