"""The borders of the log, on both databases: what stands beside it is sealed by the next entry, and what is no part of
it spoils nothing. Wanted of each attack: refused, or found by `verify` with the record named."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from old_trails import OldTrail
from salesdx.ledger.cosignatures import with_cosignatures
from salesdx.ledger.errors import TrailError
from salesdx.ledger.keys import SigningKey, new_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin
from salesdx.ledger.standalone.bundle import verify_bundle
from salesdx.ledger.standalone.findings import INVALID, UNANCHORED, VERIFIED, Verdict
from salesdx.ledger.standalone.verifier import COSIGNATURE, Checkpoint, read_checkpoint
from salesdx.ledger.verify import verify
from salesdx.ledger.witness import cosign, keep_cosignature, look, make_witness, read_witness, register_witness
from salesdx.trail.export import record_export, write_bundle
from trail_checks import verified

ANNA = Person("Anna", "hr")
Sql = Callable[[str], None]


@dataclass
class Kept:
    """A trail, and what an auditor keeps of it."""

    trail: Trail
    key: SigningKey
    witness: SigningKey
    anchor: Checkpoint | None = None

    def note(self, **more: object) -> int:
        with self.trail.append() as appender:
            return appender.add("statement", {"text": "x"}, ANNA, **more)  # type: ignore[arg-type]

    def sign(self) -> None:
        """The witness signs the last checkpoint."""
        with self.trail.read() as reader:
            told = read_checkpoint(reader.checkpoint())
        self.trail.storage.cosign(told.size, self.witness.name, self.witness.line(told.text))

    def verdict(self) -> Verdict:
        """Of the trail where it lies."""
        with self.trail.read() as reader:
            return verify(reader, [self.key.public, self.witness.public], self.anchor)

    def bundle(self, case: str | None = None) -> Verdict:
        """Of a bundle, made without a new record of it where the trail is not to be appended to."""
        made = record_export(self.trail, case, {"report.txt": "x"}, ANNA)
        out = io.BytesIO()
        with self.trail.read() as reader:
            write_bundle(reader, made, out)
        return verify_bundle(out, [self.key.public, self.witness.public], self.anchor)


@pytest.fixture
def kept(where: str) -> Kept:
    """Ten records of appends with one or two, some with a key, and two signatures of a witness."""
    key = SigningKey(new_private_key(), new_origin())
    trail = create(where, key, ANNA)
    found = Kept(trail, key, SigningKey(new_private_key(), "audit.example/w1", COSIGNATURE))
    with trail.append() as appender:
        register_witness(appender, found.witness.public, ANNA)
    found.note(case="c", subject="s", key="first")
    found.sign()
    with trail.append() as appender:
        for n in range(3):
            appender.add("statement", {"n": n}, ANNA, case="c", subject="s", key=f"k{n}" if n else None)
    found.note(case="c", subject="s")
    found.sign()
    for n in range(3):
        found.note(case="d", key=f"last {n}")
    return found


def test_a_good_trail_says_nothing_of_its_borders(kept: Kept) -> None:
    assert [row[0]["seq"] for row in verified(kept.trail, kept.key.public)] == [*range(10)]
    verdict = kept.verdict()
    assert verdict.word == VERIFIED and not any("left aside" in line for line in verdict.lines), str(verdict)
    assert kept.bundle().word == VERIFIED


SEALED = "what stands beside it (checkpoint, witnesses, key) is not what it sealed"
BESIDE: dict[str, tuple[str, int]] = {
    "the idempotency key is another": ("UPDATE entry SET key = 'other' WHERE seq = 2", 2),
    "the idempotency key is gone": ("UPDATE entry SET key = NULL WHERE seq = 4", 4),
    "the idempotency key of the last record is gone": ("UPDATE entry SET key = NULL WHERE seq = 9", 9),
    "an idempotency key where there was none": ("UPDATE entry SET key = 'new' WHERE seq = 3", 3),
    "an idempotency key that moved": (
        "UPDATE entry SET key = NULL WHERE seq = 4; UPDATE entry SET key = 'k1' WHERE seq = 3", 3,
    ),
    "a middle checkpoint is gone": ("DELETE FROM checkpoint WHERE size = 7", 7),
    "the first signature of a witness is gone": ("DELETE FROM cosignature WHERE size = 3", 3),
    "the second one is gone": ("DELETE FROM cosignature WHERE size = 7", 7),
    "both are": ("DELETE FROM cosignature", 3),
    "a signature was kept at another time": ("UPDATE cosignature SET kept = 5 WHERE size = 3", 3),
    "a signature is on another checkpoint": ("UPDATE cosignature SET size = 6 WHERE size = 3", 3),
    "another witness": ("UPDATE cosignature SET witness = 'w', line = replace(line, 'audit.example/w1', 'w')", 3),
}  # fmt: skip
"""What somebody who put the guards aside changes beside the log, and the record that is named."""


@pytest.mark.parametrize("what", BESIDE)
def test_what_was_sealed_is_missed(kept: Kept, tamper: Sql, what: str) -> None:
    sql, seq = BESIDE[what]
    tamper(sql)
    verdict = kept.verdict()
    assert verdict.word == INVALID and f"record {seq}: {SEALED}" in verdict.lines, str(verdict)
    assert f"record {seq}: {SEALED}" in kept.bundle().lines


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("UPDATE payload SET body = replace(body, '\"x\"', '\"y\"') WHERE seq = 2", "record 2: the content"),
        ("UPDATE entry SET subject = NULL WHERE seq = 3", "record 3: the columns beside it are not those of the"),
        ("DELETE FROM payload WHERE seq = 2", "record 2: its content is gone, and no record of an erasure names it"),
        ("UPDATE name SET name = 'Eve' WHERE name = 'Anna'", "record 0: the table of names gives the actor another"),
        ("UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 6) WHERE size = 7", "checkpoint of 6"),
    ],
)  # fmt: skip
def test_a_change_behind_a_guard_that_was_put_aside_is_found(kept: Kept, tamper: Sql, sql: str, told: str) -> None:
    tamper(sql)
    verdict = kept.verdict()
    assert verdict.word == INVALID and any(line.startswith(told) for line in verdict.lines), str(verdict)


EVIL = "INSERT INTO cosignature VALUES ({size}, '{name}', {line}, {kept})"
FORMED = "(SELECT replace(line, 'audit.example/w1', '{name}') FROM cosignature AS c WHERE size = {of})"
EXTRAS: dict[str, tuple[str, str]] = {
    "no signature at all": (EVIL.format(size=1, name="evil", line="'x'", kept=10), "stands as a signature of `evil`"),
    "the same, as if it were old": (EVIL.format(size=1, name="evil", line="'x'", kept=5), "put in later than it says"),
    "an unknown witness": (
        EVIL.format(size=1, name="evil", line=FORMED.format(name="evil", of=3), kept=10),
        "left aside, as no record names them: the witnesses evil",
    ),
    "a known one, with the line of another checkpoint": (
        EVIL.format(size=6, name="audit.example/w1", line=FORMED.format(name="audit.example/w1", of=3), kept=10),
        "not by the key of that witness",
    ),
    "kept in the future": (EVIL.format(size=1, name="evil", line="'x'", kept=99), "kept at 99 records"),
    "a record below the first": (
        "INSERT INTO entry SELECT -1, entry, leaf, type, case_, subject, 'evil' FROM entry WHERE seq = 1;"
        "INSERT INTO payload SELECT -1, salt, body FROM payload WHERE seq = 2",
        "what stands as record -1 (content), before the first one",
    ),
    "a checkpoint of nothing": (
        "INSERT INTO checkpoint SELECT 0, note FROM checkpoint WHERE size = 3",
        "what stands as record 0 (checkpoint), before the first one",
    ),
}  # fmt: skip
"""What somebody who put the guards aside adds, and how it is told of; what is good stays so."""


@pytest.mark.parametrize("what", EXTRAS)
def test_a_bad_extra_is_told_of_and_spoils_nothing(kept: Kept, tamper: Sql, tmp_path: Path, what: str) -> None:
    sql, told = EXTRAS[what]
    before = kept.verdict()
    tamper(sql)
    verdict = kept.verdict()
    assert verdict.word == VERIFIED and any(told in line for line in verdict.lines), str(verdict)
    assert {*before.lines} <= {*verdict.lines}
    with kept.trail.read() as reader:
        for size in (1, 3, 6, 7):
            assert read_checkpoint(with_cosignatures(reader, size)).size == size
        witness = make_witness(tmp_path / "w", "second", kept.key.public)
        assert (reader.by_key("evil"), look(witness, reader)[0].word) == (None, UNANCHORED)
    assert kept.note(case="c", subject="s") == 10
    for case in (None, "c"):
        exported = kept.bundle(case)
        assert exported.word == VERIFIED, str(exported)
    assert kept.verdict().word == VERIFIED


@pytest.fixture
def old(where: str, alter: Sql) -> OldTrail:
    """A trail of before, in which anybody could put anything beside the records."""
    found = OldTrail(where, SigningKey(new_private_key(), new_origin()))
    for n in range(4):
        found.append("statement", {"n": n}, case="c", subject="s", key=f"k{n}")
    found.cosign(1, "evil", "x")
    found.cosign(2, "stranger", SigningKey(new_private_key(), "stranger", COSIGNATURE).line("junk"))
    alter(
        "INSERT INTO entry SELECT -1, entry, leaf, type, case_, subject, NULL FROM entry WHERE seq = 1;"
        "INSERT INTO payload SELECT -1, salt, body FROM payload WHERE seq = 2"
    )
    return found


def test_an_old_trail_with_bad_extras_goes_on(old: OldTrail) -> None:
    trail = Trail(old.storage, old.key)
    trail.upgrade()
    kept = Kept(trail, old.key, SigningKey(new_private_key(), "audit.example/w1", COSIGNATURE))
    with trail.append() as appender:
        register_witness(appender, kept.witness.public, ANNA)
    kept.sign()
    kept.note(case="c", subject="s")
    for verdict in (kept.verdict(), kept.bundle()):
        assert verdict.word == VERIFIED, str(verdict)
        assert "left aside, since it is no part of the trail: what stands as a signature of `evil`, and is none" in (
            verdict.lines
        )
        assert "left aside, as no record names them: the witnesses stranger" in verdict.lines
    assert any("what stands as record -1 (entry), before the first one" in line for line in kept.verdict().lines)


def test_an_old_entry_is_not_taken_after_a_new_one(tmp_path: Path) -> None:
    """PostgreSQL refuses it (`test_trail_postgresql.py`); a file takes it from whoever has the key."""
    old = OldTrail(str(tmp_path / "t"), SigningKey(new_private_key(), new_origin()))
    trail = Trail(old.storage, old.key)
    trail.upgrade()
    with trail.append() as appender:
        appender.add("statement", {}, ANNA)
        old.frontier, old.previous = appender.frontier, appender.previous
    assert old.append("statement", {}, case="c") == 2
    verdict = Kept(trail, old.key, old.key).verdict()
    assert verdict.word == INVALID
    assert verdict.lines[0] == "record 2: entry 2 has an older version than the entry before it"


def test_a_witness_signs_what_a_record_names_it_for(kept: Kept, tmp_path: Path) -> None:
    made = make_witness(tmp_path / "w", "audit.example/w2", kept.key.public)
    with kept.trail.read() as reader:
        note = look(made, reader)[1]
    assert note is not None
    signed = cosign(made, note)
    with pytest.raises(TrailError, match=r"no record names the witness `audit\.example/w2`"):
        keep_cosignature(kept.trail.storage, signed)
    with kept.trail.append() as appender:
        register_witness(appender, made.key.public, ANNA)
        with pytest.raises(TrailError, match="this is no key of a witness"):
            register_witness(appender, kept.key.public, ANNA)
    with kept.trail.append() as appender, pytest.raises(TrailError, match="with this key already"):
        register_witness(appender, made.key.public, ANNA)
    assert keep_cosignature(kept.trail.storage, signed) == ["audit.example/w2"]
    name, line = signed.splitlines(keepends=True)[-1].split(" ")[1:]
    wrong = f"{note}— {name} {line[:20]}{'A' if line[20] != 'A' else 'B'}{line[21:]}"
    with pytest.raises(TrailError, match=r"the signature of `audit\.example/w2` is wrong"):
        keep_cosignature(kept.trail.storage, wrong)
    assert read_witness(tmp_path / "w").seen is not None
