"""Proof of absence on both databases: what is hidden in the tables, in whatever way and for however long, is missed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import salesdx
from old_trails import OldTrail
from salesdx.base.model import RuleBase
from salesdx.ledger.errors import TrailError
from salesdx.ledger.keys import SigningKey, new_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin
from salesdx.ledger.standalone.findings import INVALID
from salesdx.ledger.verify import verify
from salesdx.ledger.walk import Walker
from salesdx.trail.holds import hold, legal_holds
from salesdx.trail.recording import record_diagnosis
from salesdx.trail.rights import state_view
from salesdx.trail.sign_off_story import State, status
from trail_cases import complete

ANNA = Person("Anna", "hr")
Sql = Callable[[str], None]


@pytest.fixture
def key() -> SigningKey:
    return SigningKey(new_private_key(), new_origin())


@pytest.fixture
def trail(where: str, key: SigningKey) -> Trail:
    """Case `c` of `s` in records 1, 3, 5, 6; case `d` of `s` in 2, 8; case `e` of nobody in 4; 5 is erased; 7 and 9 are
    of nothing."""
    trail = create(where, key, ANNA)
    for case, subject in (("c", "s"), ("d", "s"), ("c", "s"), ("e", ""), ("c", "s"), ("c", "s")):
        with trail.append() as appender:
            appender.add("statement", {"text": f"on {case}"}, ANNA, case=case, subject=subject)
    with trail.append() as appender:
        appender.erase([5], [], "asked for", ANNA)
        appender.add("statement", {"text": "on d"}, ANNA, case="d", subject="s")
        appender.add("statement", {"text": "on nothing"}, ANNA)
    return trail


def walked(trail: Trail, case: str = "", subject: str = "") -> list[int]:
    with trail.read() as reader:
        if case:
            return [row.seq for row in Walker(reader).walk(case=reader.pseudonym("case", case))]
        return [row.seq for row in Walker(reader).walk(subject=reader.pseudonym("subject", subject))]


def test_what_there_is_and_nothing_else(trail: Trail) -> None:
    assert (walked(trail, "c"), walked(trail, "d"), walked(trail, "e")) == ([1, 3, 5, 6], [2, 8], [4])
    assert walked(trail, subject="s") == [1, 2, 3, 5, 6, 8]
    with trail.read() as reader:
        assert (
            Walker(reader).walk(case="c-nobody")
            == Walker(reader).walk(subject="s-nobody")
            == Walker(reader).walk()
            == []
        )
        bodies = [
            row.content and row.content["body"]["text"]
            for row in Walker(reader).walk(case=reader.pseudonym("case", "c"))
        ]
        assert bodies == ["on c", "on c", None, "on c"]
        assert [row.seq for row in Walker(reader).every(("erasure", "trail"))] == [0, 7]


OTHER = "(SELECT {} FROM entry AS other WHERE seq = 4)"
HIDDEN: dict[str, tuple[str, str]] = {
    "the column of a record between": ("UPDATE entry SET case_ = NULL WHERE seq = 3", "record 3 stands in"),
    "the column of the first": ("UPDATE entry SET case_ = 'x' WHERE seq = 1", "record 1 stands in"),
    "the column of the last": ("UPDATE entry SET case_ = NULL WHERE seq = 6", "record 6 stands in"),
    "all columns": ("UPDATE entry SET case_ = NULL WHERE case_ IS NOT NULL", "record 1 stands in"),
    "the type": ("UPDATE entry SET type = 'letter' WHERE seq = 6", "record 6 stands in"),
    "the row of the last": ("DELETE FROM payload WHERE seq = 6; DELETE FROM entry WHERE seq = 6", "the records"),
    "the content": ("DELETE FROM payload WHERE seq = 3", "record 3 cannot be relied on: its content is gone"),
    "another content": ("UPDATE payload SET body = '{}' WHERE seq = 3", "record 3 cannot be relied on: the content of"),
    "another entry": (
        "UPDATE entry SET entry = " + OTHER.format("entry") + " WHERE seq = 3", "record 3 is missing or not the one",
    ),
    "another entry after the last": (
        "UPDATE entry SET entry = " + OTHER.format("entry") + " WHERE seq = 9", "record 9 is missing or not the one",
    ),
    "another leaf, too": (
        "UPDATE entry SET entry = " + OTHER.format("entry") + ", leaf = " + OTHER.format("leaf") + " WHERE seq = 3",
        "the records cannot be relied on: they are not those of the last checkpoint",
    ),
    "a record of another case listed": ("UPDATE entry SET case_ = {c} WHERE seq = 4", "record 4 stands in the"),
    "one listed after the last": ("UPDATE entry SET case_ = {c} WHERE seq = 9", "record 9 stands in the"),
    "the erasure that took one": ("UPDATE entry SET type = 'hold' WHERE seq = 7", "record 5 cannot be relied"),
    "another checkpoint": ("DELETE FROM checkpoint WHERE size = 10", "the records cannot be relied on"),
}  # fmt: skip
"""How a record of case `c` is hidden or put among its records, and what a walk says."""


@pytest.mark.parametrize("what", HIDDEN)
def test_what_is_hidden_is_missed(trail: Trail, tamper: Sql, what: str) -> None:
    sql, told = HIDDEN[what]
    with trail.read() as reader:
        pseudonym = reader.pseudonym("case", "c")
    tamper(sql.replace("{c}", f"'{pseudonym}'"))
    with trail.read() as reader, pytest.raises(TrailError, match=r"`salesdx trail verify` tells more") as raised:
        Walker(reader).walk(case=pseudonym)
    assert str(raised.value).startswith(told)


def test_a_trail_that_was_built_anew_without_the_key(where: str, trail: Trail, key: SigningKey, tamper: Sql) -> None:
    """Entries, leaves, head and all fit together; only the last checkpoint is signed by nobody."""
    tamper("UPDATE checkpoint SET note = replace(note, '— ', '— x') WHERE size = 10")
    with trail.read() as reader, pytest.raises(TrailError, match="no key of the trail signed the last checkpoint"):
        Walker(reader).walk(case=reader.pseudonym("case", "c"))


def test_a_statement_that_is_hidden_while_others_write_and_put_back(trail: Trail, key: SigningKey, tamper: Sql) -> None:
    with trail.read() as reader:
        pseudonym = reader.pseudonym("case", "c")
    tamper("UPDATE entry SET case_ = NULL, subject = NULL WHERE seq = 6")
    with trail.append() as appender:  # by somebody who does not walk
        appender.add("statement", {}, ANNA, case="c")
    with (
        trail.read() as reader,
        pytest.raises(TrailError, match="record 6 stands in"),
    ):
        Walker(reader).walk(case=pseudonym)
    tamper(f"UPDATE entry SET case_ = '{pseudonym}' WHERE seq = 6")
    tamper("UPDATE entry SET subject = (SELECT subject FROM entry AS other WHERE seq = 3) WHERE seq = 6")
    with trail.read() as reader:
        verdict = verify(reader, [key.public])
        with pytest.raises(TrailError, match="record 10 passes over record 6 of its case"):
            Walker(reader).walk(case=pseudonym)
    assert verdict.word == INVALID
    assert verdict.lines[0].startswith("record 10: entry 10 does not follow the last entry of its case"), verdict.lines


def test_records_of_version_1_do_not_link_a_subject_and_are_all_read(where: str, key: SigningKey, tamper: Sql) -> None:
    old = OldTrail(where, key)
    for case in ("c", "d", "e", "c"):
        old.append("statement", {}, case=case, subject="t" if case == "e" else "s")
    trail = Trail(old.storage, key)
    trail.upgrade()
    assert (walked(trail, subject="s"), walked(trail, subject="t"), walked(trail, "c")) == ([1, 2, 4], [3], [1, 4])
    with trail.append() as appender:
        appender.add("statement", {}, ANNA, case="d", subject="s")
    assert walked(trail, subject="s") == [1, 2, 4, 5]
    tamper("UPDATE entry SET subject = NULL WHERE seq = 2")
    with pytest.raises(TrailError, match="record 2 stands in the tables as what it does not say"):
        walked(trail, subject="s")
    assert walked(trail, subject="t") == [3]


def test_a_hold_that_is_hidden(trail: Trail, tamper: Sql) -> None:
    with trail.append() as appender:
        assert hold(appender, "case", "c", "lawsuit 7", ANNA) == 10
    with trail.read() as reader:
        assert [found.seq for found in legal_holds(reader)] == [10]
    tamper("UPDATE entry SET type = 'statement' WHERE seq = 10")
    with trail.read() as reader, pytest.raises(TrailError, match="record 10 stands in the tables as what it does not"):
        legal_holds(reader)
    tamper("UPDATE entry SET type = 'hold' WHERE seq = 10")
    tamper("DELETE FROM payload WHERE seq = 10")
    with trail.read() as reader, pytest.raises(TrailError, match="record 10 cannot be relied on: its content is gone"):
        legal_holds(reader)


def test_a_statement_hidden_before_people_sign_is_missed_and_voids_once_it_is_back(
    where: str, key: SigningKey, base: RuleBase, tamper: Sql, tmp_path: Path
) -> None:
    trail = create(where, key, ANNA)
    with trail.append() as appender:
        seq = record_diagnosis(appender, salesdx.diagnose(base, complete(base)), "shown", "text", ANNA)
    with trail.read() as reader:
        assert status(reader, seq).state is State.OPEN
        case = reader.name(reader.row(seq).header["case"])
    said, _ = state_view(trail, str(case), "Four buyers were asked", {}, ANNA, lambda stated: "shown")
    with trail.read() as reader:
        named = reader.row(said).header["case"]
    tamper(f"UPDATE entry SET case_ = NULL, subject = NULL, type = 'letter' WHERE seq = {said}")
    with (
        trail.read() as reader,
        pytest.raises(TrailError, match=f"nothing can be signed: record {said} stands"),
    ):
        status(reader, seq)
    tamper(f"UPDATE entry SET case_ = '{named}', type = 'statement' WHERE seq = {said}")
    tamper(f"UPDATE entry SET subject = (SELECT subject FROM entry AS other WHERE seq = {seq}) WHERE seq = {said}")
    with trail.read() as reader:
        assert status(reader, seq).state is State.VOID
