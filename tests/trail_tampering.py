"""Ways to tamper with a trail, for whoever administers its database, has another key, or has even the true one.

Each way changes the trail in memory and returns True, or returns False where it cannot be done to this one.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from salesdx.ledger.keys import SigningKey, sign_checkpoint
from salesdx.ledger.standalone.chains import BEFORE, Seal
from salesdx.ledger.standalone.verifier import (
    COSIGNATURE,
    Frontier,
    canonical,
    checkpoint_text,
    commitment,
    leaf_hash,
    read_checkpoint,
    rule_base_digest,
)
from trails import key_from


@dataclass
class Target:
    """A trail that is tampered with: its database, and the keys that a thief could have."""

    raw: sqlite3.Connection
    random: Random
    keys: list[SigningKey]
    witness: SigningKey

    def all(self, query: str, *values: Any) -> list[Any]:
        return self.raw.execute(query, values).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        """A row of those that a query finds, at random; None where there is none."""
        found = self.all(query, *values)
        return self.random.choice(found) if found else None

    def run(self, query: str, *values: Any) -> bool:
        return self.raw.execute(query, values).rowcount > 0

    @property
    def size(self) -> int:
        return int(self.all("SELECT size FROM head")[0][0])


Way = Callable[[Target], bool]


def flipped(random: Random, value: Any) -> Any:
    """A value with one bit changed; a text that is no text any more gets another letter instead."""
    if isinstance(value, int):
        return value ^ 1 << random.randrange(4)
    data = bytearray(value.encode() if isinstance(value, str) else value)
    if not data:
        return value + ("x" if isinstance(value, str) else b"x")
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    if isinstance(value, bytes):
        return bytes(data)
    changed = data.decode("utf-8", "replace")
    return changed.replace("\0", "\1") if changed.replace("\0", "\1") != value else value + "x"


def flip(table: str, column: str, key: str, where: str = "1") -> Way:
    """Flip a bit of a stored value."""

    def way(target: Target) -> bool:
        row = target.one(f"SELECT {key}, {column} FROM {table} WHERE {where} AND {column} IS NOT NULL")
        if row is None:
            return False
        return target.run(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", flipped(target.random, row[1]), row[0])

    return way


PROVEN = "pseudonym IN (SELECT json_extract(entry, '$.' || name.kind) FROM entry JOIN payload USING (seq))"
"""Names that some content proves; of others the verdict says that nothing does."""


# --- rows of the database ---------------------------------------------------------------------------------------------


def drop_entry(target: Target) -> bool:
    seq = target.random.randrange(target.size)
    target.run("DELETE FROM payload WHERE seq = ?", seq)
    return target.run("DELETE FROM entry WHERE seq = ?", seq)


def drop_entry_alone(target: Target) -> bool:
    return target.run("DELETE FROM entry WHERE seq = ?", target.random.randrange(target.size))


def renumber(target: Target) -> bool:
    """Drop an entry and close the gap."""
    seq = target.random.randrange(target.size)
    target.run("DELETE FROM payload WHERE seq = ?", seq)
    target.run("DELETE FROM entry WHERE seq = ?", seq)
    for at in range(seq + 1, target.size):
        target.run("UPDATE entry SET seq = ? WHERE seq = ?", at - 1, at)
        target.run("UPDATE payload SET seq = ? WHERE seq = ?", at - 1, at)
    return True


def swap(table: str, columns: str, key: str = "seq", where: str = "1") -> Way:
    """Swap the values of two rows."""

    def way(target: Target) -> bool:
        rows = target.all(f"SELECT {key}, {columns} FROM {table} WHERE {where}")
        if len(rows) < 2:
            return False
        one, two = target.random.sample(rows, 2)
        if one[1:] == two[1:]:
            return False
        places = ", ".join(f"{name} = ?" for name in columns.split(", "))
        if table == "name":  # two people of one name cannot be in it, for a moment either
            target.run("UPDATE name SET name = '' WHERE pseudonym = ?", one[0])
        target.run(f"UPDATE {table} SET {places} WHERE {key} = ?", *one[1:], two[0])
        return target.run(f"UPDATE {table} SET {places} WHERE {key} = ?", *two[1:], one[0])

    return way


def cut_to_a_checkpoint(target: Target) -> bool:
    """Bring the trail back to how it was at an earlier checkpoint: all signatures are right."""
    row = target.one("SELECT size FROM checkpoint WHERE size < (SELECT size FROM head)")
    if row is None:
        return False
    [size] = row
    if target.all("SELECT 1 FROM entry WHERE type = 'erasure' AND seq >= ?", size):
        return False
    items = rows_of(target)[:size]
    for table in ("checkpoint", "cosignature"):
        target.run(f"DELETE FROM {table} WHERE size > ?", size)
    rewrite(target, items, None)
    return True


def cut_entries(target: Target) -> bool:
    """Cut the last entries and leave the rest as it is."""
    size = target.random.randrange(1, target.size)
    target.run("DELETE FROM payload WHERE seq >= ?", size)
    return target.run("DELETE FROM entry WHERE seq >= ?", size)


def append_unsigned(target: Target) -> bool:
    """One more entry that follows as it should, with the head brought up to it, under the old checkpoint."""
    items = rows_of(target)
    items.append(forged(target, items))
    rewrite(target, items, None)
    return True


def double_entry(target: Target) -> bool:
    seq = target.random.randrange(target.size)
    target.run(
        "INSERT INTO entry SELECT ?, entry, leaf, type, case_, subject, NULL FROM entry WHERE seq = ?", target.size, seq
    )
    return target.run("INSERT INTO payload SELECT ?, salt, body FROM payload WHERE seq = ?", target.size, seq) or True


def drop_content(target: Target) -> bool:
    row = target.one("SELECT seq FROM payload")
    return row is not None and target.run("DELETE FROM payload WHERE seq = ?", row[0])


def add_content(target: Target) -> bool:
    """Content for an entry whose content was erased, or for none at all."""
    erased = target.one("SELECT seq FROM entry WHERE seq NOT IN (SELECT seq FROM payload)")
    body = target.one("SELECT body FROM payload")[0]
    return target.run("INSERT INTO payload VALUES (?, ?, ?)", erased[0] if erased else target.size, bytes(32), body)


def change_content(target: Target) -> bool:
    """Other words in a content, as canonical as before."""
    seq, body = target.one("SELECT seq, body FROM payload")
    data = json.loads(body)
    data["body"]["reason"] = "changed"
    changed = canonical(data).decode()
    return changed != body and target.run("UPDATE payload SET body = ? WHERE seq = ?", changed, seq)


def change_column(target: Target) -> bool:
    column = target.random.choice(["type", "case_", "subject"])
    old, seq = target.one(f"SELECT {column}, seq FROM entry")
    values = [row[0] for row in target.all(f"SELECT DISTINCT {column} FROM entry WHERE {column} IS NOT ?", old)]
    new = target.random.choice([*values, "x"])
    return target.run(f"UPDATE entry SET {column} = ? WHERE seq = ?", new, seq)


def change_leaf(target: Target) -> bool:
    seq = target.random.randrange(target.size)
    return target.run("UPDATE entry SET leaf = ? WHERE seq = ?", target.random.randbytes(32), seq)


def drop_name(target: Target) -> bool:
    row = target.one(f"SELECT pseudonym FROM name WHERE {PROVEN}")
    return row is not None and target.run("DELETE FROM name WHERE pseudonym = ?", row[0])


def add_name(target: Target) -> bool:
    """A name for nobody, or for whom an erasure forgot."""
    known = {row[0] for row in target.all("SELECT pseudonym FROM name")}
    forgotten = [
        name
        for (body,) in target.all("SELECT body FROM payload JOIN entry USING (seq) WHERE type = 'erasure'")
        for name in json.loads(body)["body"]["names"]
        if name not in known
    ]
    return target.run("INSERT INTO name VALUES (?, 'subject', 'Eve')", target.random.choice([*forgotten, "s-0"]))


def rename(target: Target) -> bool:
    row = target.one(f"SELECT pseudonym FROM name WHERE {PROVEN}")
    return row is not None and target.run("UPDATE name SET name = 'Mallory' WHERE pseudonym = ?", row[0])


# --- checkpoints, rules, witnesses ------------------------------------------------------------------------------------


def drop_last_checkpoint(target: Target) -> bool:
    return target.run("DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)")


def drop_middle_checkpoint(target: Target) -> bool:
    row = target.one("SELECT size FROM checkpoint WHERE size < (SELECT size FROM head)")
    return row is not None and target.run("DELETE FROM checkpoint WHERE size = ?", row[0])


def drop_sealed_witness(target: Target) -> bool:
    """Drop the signature of a witness, or say that it was kept at another time."""
    row = target.one("SELECT size, kept FROM cosignature WHERE kept < (SELECT size FROM head)")
    if row is None:
        return False
    if target.random.random() < 0.5:
        return target.run("DELETE FROM cosignature WHERE size = ?", row[0])
    return target.run("UPDATE cosignature SET kept = ? WHERE size = ?", flipped(target.random, row[1]), row[0])


def change_key(target: Target) -> bool:
    """Another idempotency key, none, or one where there was none."""
    seq, key = target.one("SELECT seq, key FROM entry")
    return target.run("UPDATE entry SET key = ? WHERE seq = ?", target.random.choice([None, "x", f"{key}x"]), seq)


def move_checkpoint(target: Target) -> bool:
    size = target.one("SELECT size FROM checkpoint")[0]
    free = [at for at in range(1, target.size + 2) if not target.all("SELECT 1 FROM checkpoint WHERE size = ?", at)]
    return target.run("UPDATE checkpoint SET size = ? WHERE size = ?", target.random.choice(free), size)


def change_checkpoint(target: Target) -> bool:
    """Another origin, size or root under the signatures of the old one."""
    size, note = target.one("SELECT size, note FROM checkpoint")
    told = read_checkpoint(note)
    texts = [
        checkpoint_text(told.origin + "x", told.size, told.root),
        checkpoint_text(told.origin, told.size + 1, told.root),
        checkpoint_text(told.origin, told.size, target.random.randbytes(32)),
        told.text + "extension\n",
    ]
    changed = note.replace(told.text, target.random.choice(texts))
    return target.run("UPDATE checkpoint SET note = ? WHERE size = ?", changed, size)


def sign_checkpoint_with_another_key(target: Target) -> bool:
    size, note = target.one("SELECT size, note FROM checkpoint")
    told = read_checkpoint(note)
    other = key_from(target.random, told.origin)
    lines = note.partition("\n\n")[2]
    lines = target.random.choice([other.line(told.text), lines + other.line(told.text), lines * 2])
    return target.run("UPDATE checkpoint SET note = ? WHERE size = ?", f"{told.text}\n{lines}", size)


def drop_a_signature(target: Target) -> bool:
    """Of the two keys that sign where a key is changed, leave one out."""
    both = [(size, note) for size, note in target.all("SELECT size, note FROM checkpoint") if note.count("\n— ") == 2]
    if not both:
        return False
    size, note = target.random.choice(both)
    text, _, lines = note.partition("\n\n")
    line = target.random.choice(lines.splitlines(keepends=True))
    return target.run("UPDATE checkpoint SET note = ? WHERE size = ?", f"{text}\n\n{line}", size)


def change_rules(target: Target) -> bool:
    row = target.one("SELECT digest, files FROM rule_base")
    if row is None:
        return False
    files = json.loads(row[1])
    match target.random.randrange(4):
        case 0:
            files[target.random.choice(list(files))] += " "
        case 1:
            files["rules/extra.yaml"] = ""
        case 2:
            files.pop(target.random.choice(list(files)))
        case 3:
            return target.run("DELETE FROM rule_base WHERE digest = ?", row[0])
    changed = json.dumps(files)
    if target.random.random() < 0.5:
        return target.run("UPDATE rule_base SET files = ? WHERE digest = ?", changed, row[0])
    return target.run(
        "UPDATE rule_base SET digest = ?, files = ? WHERE digest = ?", rule_base_digest(files), changed, row[0]
    )


def add_rules(target: Target) -> bool:
    files = {"rules/own.yaml": "[]"}
    return target.run("INSERT INTO rule_base VALUES (?, ?)", rule_base_digest(files), json.dumps(files))


def forge_witness(target: Target) -> bool:
    """The signature of a witness by another key, moved to another checkpoint, or with another time."""
    row = target.one("SELECT size, witness, line FROM cosignature")
    size, note = target.one("SELECT size, note FROM checkpoint")
    if row is None:
        return False
    other = target.random.randrange(3)
    if other == 0:
        told = read_checkpoint(note)
        forged = key_from(target.random, row[1], COSIGNATURE)
        raw = base64.b64decode(forged.line(told.text).split(" ")[2])
        line = f"— {row[1]} {base64.b64encode(target.witness.public.id + raw[4:]).decode()}\n"
        target.run("DELETE FROM cosignature WHERE size = ?", size)
        return target.run("INSERT INTO cosignature VALUES (?, ?, ?, ?)", size, row[1], line, target.size)
    if other == 1:
        if size == row[0] or target.all("SELECT 1 FROM cosignature WHERE size = ?", size):
            return False
        return target.run("UPDATE cosignature SET size = ? WHERE size = ?", size, row[0])
    raw = bytearray(base64.b64decode(row[2].split(" ")[2]))
    raw[4 + target.random.randrange(8)] ^= 1 << target.random.randrange(8)
    line = f"— {row[1]} {base64.b64encode(raw).decode()}\n"
    return target.run("UPDATE cosignature SET line = ? WHERE size = ?", line, row[0])


# --- the whole chain built anew ---------------------------------------------------------------------------------------


@dataclass
class Item:
    """An entry with its content, to be put into a chain built anew."""

    entry: dict[str, Any]
    salt: bytes | None
    body: str | None
    key: str | None = None


Signer = Callable[[int, bytes], str | None]


def rows_of(target: Target) -> list[Item]:
    rows = target.all("SELECT entry, salt, body, key FROM entry LEFT JOIN payload USING (seq) ORDER BY seq")
    return [Item(json.loads(entry), *rest) for entry, *rest in rows]


def rewrite(target: Target, items: list[Item], sign: Signer | None) -> None:
    """Store entries anew with everything that follows from them; checkpoints too, if there is who signs them."""
    frontier, previous, last, numbers, leaves, seal = Frontier(), None, dict[str, int](), dict[int, int](), [], Seal()
    held = dict(target.all("SELECT size, note FROM checkpoint"))
    target.run("DELETE FROM entry")
    target.run("DELETE FROM payload")
    sizes = {*held, len(items)}
    notes = []
    for seq, item in enumerate(items):
        entry = item.entry
        numbers[entry["seq"]] = seq
        inputs = sorted({numbers[at] for at in entry["inputs"] if at in numbers and numbers[at] < seq})
        entry |= {"seq": seq, "previous": previous, "inputs": inputs}
        for kind, before in BEFORE.items():
            entry[before] = last.get(entry[kind])
        last |= {entry[kind]: seq for kind in BEFORE if entry[kind] is not None}
        for one in target.all("SELECT size, witness, line FROM cosignature WHERE kept = ? ORDER BY 1, 2", seq):
            seal.cosignature(*one)
        seal.key(seq, item.key)
        entry["sealed"] = seal.take()
        if item.body is not None and item.salt is not None:
            entry["commit"] = commitment(item.salt, item.body.encode())
            target.run("INSERT INTO payload VALUES (?, ?, ?)", seq, item.salt, item.body)
        data = canonical(entry)
        leaf = leaf_hash(data)
        previous = leaf.hex()
        leaves.append(leaf)
        frontier.push(leaf)
        row = (seq, data.decode(), leaf, entry["type"], entry["case"], entry["subject"], item.key)
        target.run("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", *row)
        if seq + 1 in sizes:
            note = held.get(seq + 1) if sign is None else sign(seq + 1, frontier.root())
            if note is not None:
                notes.append((seq + 1, note))
                seal.checkpoint(seq + 1, note)
    if sign is not None:
        target.run("DELETE FROM checkpoint")
        target.raw.executemany("INSERT INTO checkpoint VALUES (?, ?)", notes)
    values = (len(items), b"".join(frontier.roots), leaves[-1], items[-1].entry["time"])
    target.run("UPDATE head SET size = ?, frontier = ?, previous = ?, time = ?", *values)


def forged(target: Target, items: list[Item]) -> Item:
    """An entry that was never made, after the last one."""
    like = target.random.choice(
        [item for item in items if item.body is not None and item.entry["type"] not in ("trail", "key")] or items
    )
    entry = like.entry | {"seq": len(items), "time": items[-1].entry["time"]}
    return Item(entry, target.random.randbytes(32), like.body, None)


def edited(target: Target, items: list[Item]) -> bool:
    """Change history in one way."""
    random = target.random
    there = [item for item in items if item.body is not None and item.entry["type"] not in ("trail", "key", "erasure")]
    if not there:
        return False
    item = random.choice(there)
    at = items.index(item)
    match random.choice(["content", "content", "role", "time", "subject", "drop", "insert", "swap", "erase", "rules"]):
        case "content":
            data = json.loads(item.body or "")
            data["body"]["reason"] = "what the boss likes"
            item.body = canonical(data).decode()
        case "role":
            item.entry["role"] += "s"
        case "time":
            item.entry["time"] = items[at - 1].entry["time"]
            if at + 1 < len(items) and items[at + 1].entry["time"] == item.entry["time"]:
                item.entry["role"] += "s"
            item.entry["role"] += " "
        case "subject":
            item.entry["schema"] = "sha256:" + "0" * 64
        case "drop":
            items.remove(item)
        case "insert":
            new = forged(target, items)
            new.entry["time"] = item.entry["time"]
            items.insert(at, new)
        case "swap":
            if at + 1 >= len(items) or items[at + 1].entry["type"] in ("trail", "key", "rule_base", "erasure"):
                return False
            one, two = items[at], items[at + 1]
            if one.entry["type"] == "rule_base":
                return False
            one.entry["time"], two.entry["time"] = two.entry["time"], one.entry["time"]
            items[at], items[at + 1] = two, one
        case "erase":
            if item.entry["type"] == "rule_base":
                return False
            listing = forged(target, items)
            listing.entry |= {"type": "erasure", "inputs": [item.entry["seq"]], "case": None, "case_before": None}
            listing.entry |= {"subject": None, "rule_base": None}
            body = {"reason": "old", "names": []}
            actor = json.loads(listing.body or "")["actor"]
            listing.body = canonical({"actor": actor, "case": None, "subject": None, "body": body}).decode()
            item.salt = item.body = None
            items.append(listing)
        case "rules":
            item.entry["rule_base"] = None if item.entry["rule_base"] else "sha256:" + "1" * 64
    return True


def rechain(target: Target) -> bool:
    """Change history and build all hashes anew, under the old signatures."""
    items = rows_of(target)
    old = dict(target.all("SELECT size, note FROM checkpoint"))
    origin = items[0].entry["log"]
    keep_text = target.random.random() < 0.5

    def sign(size: int, root: bytes) -> str | None:
        note = old.get(size) or old[max(old)]
        return note if keep_text else checkpoint_text(origin, size, root) + "\n" + note.partition("\n\n")[2]

    if not edited(target, items):
        return False
    rewrite(target, items, sign)
    return True


def resign(target: Target) -> bool:
    """Change history, build all hashes anew, and sign all with another key, which the records bring in as well."""
    items = rows_of(target)
    other = key_from(target.random, items[0].entry["log"])
    if target.random.random() < 0.9 and not edited(target, items):
        return False
    if target.random.random() < 0.7:
        before = None
        for item in items:
            if item.entry["type"] in ("trail", "key"):
                data = json.loads(item.body or "")
                data["body"]["key"] = str(other.public)
                if before is not None:
                    data["body"]["before"] = before
                before = str(other.public)
                item.body = canonical(data).decode()
    rewrite(target, items, lambda size, root: sign_checkpoint(other.name, size, root, other))
    return True


def resign_with_the_true_keys(target: Target) -> bool:
    """Change history and sign it anew with the true keys: only the auditor's anchor shows it."""
    items = rows_of(target)
    if not edited(target, items):
        return False
    if items[-1].entry["type"] == "erasure" and items[-1].entry["seq"] >= target.size:
        return False  # an erasure after the anchor, signed with the true key, is one
    brought = [at for at, item in enumerate(items) if item.entry["type"] in ("trail", "key")]
    last = 0

    def sign(size: int, root: bytes) -> str:
        nonlocal last
        changed = sum(last <= at < size for at in brought)
        keys = target.keys[: sum(at < size for at in brought)][-changed - 1 :]
        last = size
        return sign_checkpoint(items[0].entry["log"], size, root, *keys)

    target.run("DELETE FROM cosignature")
    rewrite(target, items, sign)
    return True


def steal_the_rotation(target: Target) -> bool:
    """Bring in an own key after the last record, and sign with it."""
    items = rows_of(target)
    other = key_from(target.random, items[0].entry["log"])
    new = forged(target, items)
    new.entry |= {"type": "key", "case": None, "case_before": None, "subject": None, "rule_base": None, "inputs": []}
    actor = json.loads(new.body or "")["actor"]
    body = {"key": str(other.public), "before": str(target.keys[-1].public)}
    new.body = canonical({"actor": actor, "case": None, "subject": None, "body": body}).decode()
    items.append(new)
    old = dict(target.all("SELECT size, note FROM checkpoint"))
    rewrite(target, items, lambda size, root: old.get(size) or sign_checkpoint(other.name, size, root, other))
    return True


WAYS: dict[str, Way] = {
    "flip entry": flip("entry", "entry", "seq"),
    "flip leaf": flip("entry", "leaf", "seq"),
    "flip type": flip("entry", "type", "seq"),
    "flip content": flip("payload", "body", "seq"),
    "flip salt": flip("payload", "salt", "seq"),
    "flip checkpoint": flip("checkpoint", "note", "size"),
    "flip head": lambda target: flip(
        "head", target.random.choice(["origin", "size", "frontier", "previous", "time"]), "id"
    )(target),
    "flip rules": flip("rule_base", "files", "digest"),
    "flip name": flip("name", "name", "pseudonym", PROVEN),
    "flip pseudonym": flip("name", "pseudonym", "pseudonym", PROVEN),
    "flip witness": flip("cosignature", "line", "size"),
    "drop entry": drop_entry,
    "drop entry alone": drop_entry_alone,
    "renumber": renumber,
    "swap entries": swap("entry", "entry"),
    "swap rows": swap("entry", "entry, leaf, type, case_, subject"),
    "change a key": change_key,
    "drop a middle checkpoint": drop_middle_checkpoint,
    "drop a signature that is sealed": drop_sealed_witness,
    "swap contents": swap("payload", "salt, body"),
    "swap bodies": swap("payload", "body"),
    "swap names": swap("name", "name", "pseudonym", PROVEN),
    "swap checkpoints": swap("checkpoint", "note", "size"),
    "swap rules": swap("rule_base", "files", "digest"),
    "cut to a checkpoint": cut_to_a_checkpoint,
    "cut entries": cut_entries,
    "append unsigned": append_unsigned,
    "double entry": double_entry,
    "drop content": drop_content,
    "add content": add_content,
    "change content": change_content,
    "change column": change_column,
    "change leaf": change_leaf,
    "drop name": drop_name,
    "add name": add_name,
    "rename": rename,
    "drop last checkpoint": drop_last_checkpoint,
    "move checkpoint": move_checkpoint,
    "change checkpoint": change_checkpoint,
    "sign checkpoint with another key": sign_checkpoint_with_another_key,
    "drop a signature": drop_a_signature,
    "change rules": change_rules,
    "add rules": add_rules,
    "forge witness": forge_witness,
    "rechain": rechain,
    "resign": resign,
    "resign with the true keys": resign_with_the_true_keys,
    "steal the rotation": steal_the_rotation,
}
