"""Two writers are killed at any moment, also within a commit: nothing acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from salesdx.ledger.keys import SigningKey, new_private_key, write_private_key
from salesdx.ledger.log import Person, create, new_origin, open_trail
from salesdx.ledger.standalone.chains import LogChecker
from salesdx.ledger.standalone.verifier import check_payload, read_checkpoint
from trail_writers import add, keys_of

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("SALESDX_CRASH_RUNS", "100"))


def test_nothing_acknowledged_is_lost_when_writers_are_killed(tmp_path: Path) -> None:
    where = tmp_path / "trail"
    key = SigningKey(new_private_key(), new_origin())
    write_private_key(tmp_path / "trail.key", key.private)
    create(str(where), key, Person("Anna", "hr"))
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "trail_writers.py"), str(where), str(KILLS)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    seen, recorded = json.loads(done.stdout).values()
    print(seen, [len(appends) for appends in recorded])
    assert seen["kills"] >= KILLS
    assert seen["in_a_transaction"] > KILLS // 10
    assert seen["with_a_hot_journal"] > 0 or KILLS < 500
    assert all(len(appends) > KILLS // 50 for appends in recorded)

    trail = open_trail(str(where), tmp_path / "trail.key")
    for writer, appends in enumerate(recorded):
        with trail.append() as appender:  # what was not acknowledged is asked for again
            appends.append(add(appender, writer, len(appends)))
    wanted = {
        term: seq
        for writer, appends in enumerate(recorded)
        for number, seqs in enumerate(appends)
        for term, seq in zip(keys_of(writer, number), seqs, strict=True)
    }
    sizes = {seqs[-1] + 1 for appends in recorded for seqs in appends} | {1}

    found, pseudonyms, checker = {}, set(), LogChecker(key.name)
    with trail.read() as reader:
        notes = dict(reader.checkpoints())
        for row in reader.rows():
            entry = checker.add(row.entry)
            assert row.salt is not None and row.payload is not None
            content = check_payload(entry, row.salt, row.payload)
            if row.seq:
                assert content["body"]["term"] not in found
                found[content["body"]["term"]] = row.seq
            pseudonyms |= {entry["actor"], entry["case"]} - {None}
            if note := notes.get(checker.frontier.size):
                checkpoint = read_checkpoint(note)
                assert (checkpoint.size, checkpoint.root) == (checker.frontier.size, checker.frontier.root())
                assert checkpoint.signed_by(key.public)
        assert found == wanted
        assert notes.keys() == sizes  # an append of two entries is there as a whole
        assert {pseudonym for pseudonym, _, _ in reader.names()} == pseudonyms
        head = reader.head()
        assert (head.size, head.frontier, head.previous) == (checkpoint.size, checker.frontier, checker.previous)
        assert len({name for _, _, name in reader.names()}) == len(pseudonyms)
    assert not (tmp_path / "trail-journal").exists()
    connection = sqlite3.connect(where)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
