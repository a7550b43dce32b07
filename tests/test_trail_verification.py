"""What `verify` says of a trail on SQLite and on PostgreSQL, and of each fault by its record and in plain words."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from salesdx.base.model import RuleBase
from salesdx.ledger.log import Trail, create
from salesdx.ledger.standalone.bundle import verify_bundle
from salesdx.ledger.standalone.findings import INVALID, MOST_FAULTS, UNANCHORED, VERIFIED, WITH_ERASURES
from salesdx.ledger.standalone.verifier import COSIGNATURE, Checkpoint, PublicKey, read_checkpoint
from salesdx.ledger.verify import verify
from salesdx.ledger.witness import cosign, keep_cosignature, look, make_witness, read_witness, register_witness
from salesdx.trail.erasure import erase, plan_subject
from salesdx.trail.export import record_export, write_bundle
from trail_tampering import Target
from trails import PEOPLE, History, Memory, key_from, replace_files


def test_a_trail_is_verified_alike_on_both_databases(where: str, base: RuleBase, tmp_path: Path) -> None:
    key = key_from(Random(1), "salesdx.trail/both")
    trail = create(where, key, PEOPLE[0])
    witness = make_witness(tmp_path / "w", "audit.example/w1", key.public)
    with trail.append() as appender:
        register_witness(appender, witness.key.public, PEOPLE[0])
    for case in ("north", "south", "north"):
        with trail.append() as appender:
            rules = replace_files(base, "one")
            appender.add(
                "answer", {"term": "x", "statements": []}, PEOPLE[1], case=case, subject=f"rep {case}", base=rules
            )
    with trail.read() as reader:
        anchor = read_checkpoint(reader.checkpoint())
        assert verify(reader, [key.public], anchor).word == VERIFIED
        verdict, note = look(witness, reader)
    assert verdict.word == UNANCHORED and note is not None
    assert keep_cosignature(trail.storage, cosign(witness, note)) == ["audit.example/w1"]
    new = key_from(Random(2), key.name)
    with trail.append() as appender:
        appender.rotate(new, PEOPLE[0])
    trail = Trail(trail.storage, new)
    with trail.append() as appender:
        erase(appender, plan_subject(appender.reader, "rep north"), "asked for", PEOPLE[0])
    known = [key.public, witness.key.public]
    with trail.read() as reader:
        verdict = verify(reader, known)
        assert look(read_witness(tmp_path / "w"), reader)[0].word == VERIFIED
    assert verdict.word == WITH_ERASURES, str(verdict)
    assert any("the witness `audit.example/w1` saw the first 6 records" in line for line in verdict.lines)
    assert any(line.startswith("2 contents were erased") for line in verdict.lines)
    for case in (None, "south"):
        export = record_export(trail, case, {"report.txt": "x"}, PEOPLE[0])
        out = io.BytesIO()
        with trail.read() as reader:
            write_bundle(reader, export, out, [anchor])
        assert verify_bundle(out, known, anchor).word == (VERIFIED if case else WITH_ERASURES)


@pytest.fixture(scope="module")
def memory() -> Iterator[Memory]:
    found = Memory()
    yield found
    found.close()


@pytest.fixture
def history(memory: Memory, base: RuleBase) -> History:
    """Eight appends: records of two cases, a changed key, an erasure, a witness."""
    found = History(Random(3), memory, base)
    for _ in range(5):
        found.record()
    found.rotate()
    found.sign()
    found.record()
    return found


def said(history: History, keys: list[PublicKey] | None = None, anchor: Checkpoint | None = None) -> list[str]:
    """The word and the lines of the verdict; by default with the first key and the last checkpoint."""
    with history.memory.read() as reader:
        verdict = verify(reader, [history.keys[0].public] if keys is None else keys, anchor)
    return [verdict.word, *verdict.lines]


FAULTS: dict[str, tuple[str, str]] = {
    "content": ("UPDATE payload SET body = body || ' ' WHERE seq = 3", "record 3: the content of entry 3 is not"),
    "gone": ("DELETE FROM payload WHERE seq = 3", "record 3: its content is gone, and no record of"),
    "entry": ("UPDATE entry SET entry = replace(entry, '\"role\"', '\"rule\"') ", "record 0: an entry has not"),
    "column": ("UPDATE entry SET type = 'x' WHERE seq = 3", "record 3: the columns beside it"),
    "dropped": ("DELETE FROM entry WHERE seq = 3", "record 3 is missing"),
    "name": ("UPDATE name SET name = 'Eve' WHERE name = 'Anna'", "record 0: the table of names gives the actor"),
    "nobody": ("INSERT INTO name VALUES ('a-1', 'actor', 'Eve')", "there is a name behind `a-1`, which no record has"),
    "rules": ("UPDATE rule_base SET files = '{}'", "the rules sha256:"),
    "no rules": ("DELETE FROM rule_base", "the rules that are stored are not those that the records publish"),
    "head": ("UPDATE head SET time = '2030'", "the head of the trail is not that of its records"),
    "checkpoint": ("UPDATE checkpoint SET note = replace(note, 'A', 'B')", "checkpoint of "),
    "last": ("DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)", "the last checkpoint covers"),
    "more": ("INSERT INTO payload VALUES (900, zeroblob(32), '{}')", "there is content that belongs to no record"),
    "witness": ("UPDATE cosignature SET line = 'x'", "record 11: what stands beside it (checkpoint, witnesses, key)"),
    "no tables": ("DROP TABLE name", "the trail cannot be read to its end"),
    "no head": ("DELETE FROM head", "the trail cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_told_by_its_record(what: str, history: History) -> None:
    sql, told = FAULTS[what]
    anchor = history.anchor(last=True)
    assert said(history, anchor=anchor)[0] == VERIFIED
    history.memory.raw.execute(sql)
    word, *lines = said(history, anchor=anchor)
    assert word == INVALID and any(line.startswith(told) for line in lines), lines


def test_all_faults_are_told_until_they_are_too_many(history: History) -> None:
    history.memory.raw.execute("UPDATE payload SET salt = zeroblob(32) WHERE seq IN (1, 2, 4)")
    lines = said(history)[1:]
    assert [line.partition(":")[0] for line in lines[:2]] == ["record 1", "record 2"]
    for _ in range(20):
        history.record()
    history.memory.raw.execute("UPDATE payload SET salt = zeroblob(32)")
    lines = said(history)[1:]
    assert len(lines) == MOST_FAULTS + 1 and lines[-1] == "and maybe more: the check stopped here"


def test_what_the_auditor_did_not_give_is_told(history: History) -> None:
    first, last, anchor = history.keys[0].public, history.keys[-1].public, history.anchor(last=True)
    witness = history.witness.public
    for keys, kept, word, told in (
        ([], None, UNANCHORED, ["no public key of the trail was given", "no anchor was given"]),
        ([first], None, UNANCHORED, ["no anchor was given"]),
        ([], anchor, UNANCHORED, ["no public key of the trail was given"]),
        ([witness], None, UNANCHORED, ["no public key of the trail was given"]),
        ([first, witness], None, VERIFIED, []),
        ([last], anchor, VERIFIED, []),
        ([first, last], anchor, VERIFIED, []),
    ):  # fmt: skip
        found, *lines = said(history, keys, kept)
        assert found == word and [line.startswith(start) for line, start in zip(lines, told, strict=False)] == [
            True
        ] * len(told)
    assert any("left aside, as no record names them: the witnesses audit" in line for line in said(history))


def test_keys_and_anchors_that_are_not_of_this_trail(history: History) -> None:
    random, first, anchor = Random(9), history.keys[0].public, history.anchor(last=True)
    stranger = key_from(random, "audit.example/w2", COSIGNATURE).public
    assert "the witness `audit.example/w2` signed nothing here" in said(history, [first, stranger], anchor)
    assert said(history, [first, stranger], anchor)[0] == UNANCHORED
    same_name = key_from(random, first.name).public
    assert said(history, [same_name], anchor)[:2] == [INVALID, "the trail was not signed with the key that you gave"]
    other = key_from(random, "salesdx.trail/other")
    assert said(history, [other.public], anchor)[0] == INVALID
    unsigned = Checkpoint(anchor.origin, anchor.size, anchor.root, anchor.text)
    assert said(history, anchor=unsigned) == [INVALID, "your anchor: no key of the trail signed it"]
    foreign = Checkpoint("x", anchor.size, anchor.root, anchor.text, anchor.signatures)
    assert said(history, anchor=foreign)[0] == INVALID
    larger = Checkpoint(anchor.origin, anchor.size + 1, anchor.root, anchor.text, anchor.signatures)
    assert any("records were cut off" in line for line in said(history, anchor=larger))
    rewritten = Checkpoint(anchor.origin, anchor.size, bytes(32), anchor.text, anchor.signatures)
    assert any("the trail was rewritten" in line for line in said(history, anchor=rewritten))


def test_a_key_is_changed_only_by_the_one_in_force(history: History) -> None:
    change: Callable[[Target], bool]
    from trail_tampering import drop_a_signature, steal_the_rotation

    for change in (drop_a_signature, steal_the_rotation):
        stored = history.memory.data()
        assert change(Target(history.memory.raw, Random(1), history.keys, history.witness))
        word, *lines = said(history)
        assert word == INVALID and any("it is not signed by the key of the trail" in line for line in lines)
        history.memory.load(stored)
