"""A trail in SQLite and in PostgreSQL: the same code, held to the same tests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import salesdx
from conftest import ROOT
from salesdx.base.model import RuleBase
from salesdx.case.file import read_case_file
from salesdx.case.memory import WorkingMemory
from salesdx.ledger.connect import connect
from salesdx.ledger.errors import TrailError
from salesdx.ledger.keys import SigningKey, new_private_key, write_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin, open_trail
from salesdx.ledger.standalone.verifier import COSIGNATURE, read_checkpoint
from salesdx.ledger.witness import register_witness
from salesdx.trail.on_record import with_earlier
from salesdx.trail.recording import record_answers, record_diagnosis, record_explanation
from trail_checks import known_answers, verified

ANNA, BOB = Person("Anna", "hr"), Person("Bob Müller 😀", "sales_manager")


@pytest.fixture
def key() -> SigningKey:
    return SigningKey(new_private_key(), new_origin())


@pytest.fixture
def trail(where: str, key: SigningKey, tmp_path: Path) -> Trail:
    return create(where, key, ANNA, tmp_path / "key.signed")


def note(trail: Trail, text: str, **more: object) -> int:
    """Append one record."""
    with trail.append() as appender:
        return appender.add("statement", {"text": text}, BOB, **more)  # type: ignore[arg-type]


def size(trail: Trail) -> int:
    with trail.read() as reader:
        return reader.head().size


# --- appending --------------------------------------------------------------------------------------------------------


def test_a_new_trail_begins_with_its_public_key(trail: Trail, key: SigningKey) -> None:
    [(header, content)] = verified(trail, key.public)
    assert (header["type"], header["role"], header["case"]) == ("trail", "hr", None)
    assert content == {"actor": "Anna", "case": None, "subject": None, "body": {"key": str(key.public)}}


def test_a_trail_is_never_overwritten(trail: Trail, where: str, key: SigningKey) -> None:
    with pytest.raises(TrailError, match="never overwritten"):
        create(where, SigningKey(new_private_key(), new_origin()), BOB)
    note(trail, "still there")
    assert len(verified(trail, key.public)) == 2


def test_what_is_added_is_read_as_it_was(trail: Trail, key: SigningKey) -> None:
    body = {
        "text": "Zoë said: \"no\" \\ 100 % of 'it' \\u0000 {}\n\t\x00\x01\x7f\u2028 é e\u0301 😀 𝕏",
        "number": 2**53 - 1,
        "list": [True, False, None, [], {}, {"b": -1, "a": "", "é": ":x %s %(y)s"}],
    }
    with trail.append() as appender:
        seq = appender.add("statement", body, BOB, case="Fall 'ä' 😀", subject="WOOD-2; \\")
    assert seq == 1
    header, content = verified(trail, key.public)[seq]
    assert content == {"actor": BOB.name, "case": "Fall 'ä' 😀", "subject": "WOOD-2; \\", "body": body}
    assert header["role"] == "sales_manager"
    assert not any(part in str(header) for part in ("Bob", "Fall", "WOOD", "Zoë"))


def test_a_batch_is_one_transaction_with_one_checkpoint(trail: Trail, key: SigningKey) -> None:
    with trail.append() as appender:
        seqs = [appender.add("statement", {"n": n}, BOB, case=f"case {n % 3}") for n in range(70)]
    assert seqs == list(range(1, 71))
    found = verified(trail, key.public)
    assert [header["case_before"] for header, _ in found[1:8]] == [None, None, None, 1, 2, 3, 4]
    with trail.read() as reader:
        assert [size for size, _ in reader.checkpoints()] == [1, 71]


def test_trees_of_every_size_up_to_seventy(trail: Trail, key: SigningKey) -> None:
    for batch in (1, 2, 1, 3, 1, 1, 7, 8, 16, 30):
        with trail.append() as appender:
            for n in range(batch):
                appender.add("statement", {"n": n}, BOB)
    assert len(verified(trail, key.public)) == 71


def test_an_append_that_adds_nothing_changes_nothing(trail: Trail) -> None:
    with trail.append():
        pass
    with trail.read() as reader:
        assert [size for size, _ in reader.checkpoints()] == [1]


def test_a_key_makes_a_repeated_append_harmless(trail: Trail, key: SigningKey) -> None:
    first = note(trail, "once", key="k1", case="c")
    assert note(trail, "once", key="k1", case="c") == first
    with trail.append() as appender:
        assert appender.add("statement", {}, BOB, key="k2") == 2
        assert appender.add("statement", {"text": "once"}, BOB, key="k1", case="c") == first
        assert appender.add("statement", {}, BOB) == 3
    with trail.read() as reader:
        assert [reader.by_key(name) for name in ("k1", "k2", "k3")] == [1, 2, None]
    assert len(verified(trail, key.public)) == 4


@pytest.mark.parametrize("fault", [ZeroDivisionError, KeyboardInterrupt])
def test_an_append_that_raises_leaves_nothing(trail: Trail, key: SigningKey, fault: type[BaseException]) -> None:
    with pytest.raises(fault), trail.append() as appender:
        appender.add("statement", {}, BOB, case="gone", key="k")
        raise fault
    with trail.read() as reader:
        assert (reader.head().size, reader.by_key("k")) == (1, None)
        assert reader.pseudonym("case", "gone") is reader.pseudonym("actor", BOB.name) is None
    assert note(trail, "next") == 1
    verified(trail, key.public)


@pytest.mark.parametrize("value", ["\ud800", 1.5, float("nan"), 2**53 + 1, {1: 2}, object()])
def test_content_that_could_not_be_read_again_is_refused(trail: Trail, value: object) -> None:
    with pytest.raises(TrailError), trail.append() as appender:
        appender.add("statement", {"value": value}, BOB)
    assert size(trail) == 1


def test_a_record_that_rests_on_too_many_is_refused(trail: Trail) -> None:
    with pytest.raises(TrailError, match="rests on too many"), trail.append() as appender:
        appender.add("erasure", {}, BOB, inputs=[2**53 - 1] * 70_000)
    assert size(trail) == 1


def test_time_never_runs_back(trail: Trail, key: SigningKey) -> None:
    late = datetime.now(UTC) + timedelta(days=3)
    for moment in (late, late - timedelta(hours=1), late + timedelta(microseconds=1)):
        with trail.append(now=lambda moment=moment: moment) as appender:
            appender.add("statement", {}, BOB)
    times = [header["time"] for header, _ in verified(trail, key.public)]
    assert times[1] == times[2] < times[3] == (late + timedelta(microseconds=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_a_trail_opened_to_read_is_not_appended_to(trail: Trail, where: str) -> None:
    reading = open_trail(where, write=False)
    assert size(reading) == 1
    with pytest.raises(TrailError, match="opened without a key"):
        note(reading, "no")
    assert size(trail) == 1


def test_a_rule_base_is_stored_once_before_the_first_record_that_rests_on_it(
    trail: Trail, key: SigningKey, base: RuleBase
) -> None:
    with trail.append() as appender:
        assert appender.add("answer", {}, BOB, base=base) == 2
        assert appender.add("answer", {}, BOB, base=base) == 3
    with trail.append() as appender:
        appender.publish(base, ANNA)
        assert appender.add("answer", {}, BOB, base=base) == 4
    found = verified(trail, key.public)
    assert [header["type"] for header, _ in found] == ["trail", "rule_base", "answer", "answer", "answer"]
    assert {header["rule_base"] for header, _ in found[1:]} == {base.digest}
    with trail.read() as reader:
        assert reader.rule_bases() == [base.digest]
        assert reader.rule_base(base.digest) == base.files
        assert reader.rule_base("sha256:" + "0" * 64) is None


# --- reading ----------------------------------------------------------------------------------------------------------


def test_reading_filters(trail: Trail) -> None:
    with trail.append() as appender:
        for n in range(1, 13):
            type = ("answer", "diagnosis", "statement")[n % 3]
            appender.add(type, {"n": n}, BOB, case=f"c{n % 2}", subject=f"s{n % 4}")
    with trail.read() as reader:

        def seqs(*part: int, **wanted: object) -> list[int]:
            return [row.seq for row in reader.rows(*part, **wanted)]  # type: ignore[arg-type]

        one, two = reader.pseudonym("case", "c1"), reader.pseudonym("subject", "s2")
        assert seqs() == list(range(13))
        assert seqs(5) == list(range(5, 13))
        assert seqs(5, 7) == [5, 6]
        assert seqs(newest_first=True) == list(range(12, -1, -1))
        assert seqs(case=one) == [1, 3, 5, 7, 9, 11]
        assert seqs(subject=two) == [2, 6, 10]
        assert seqs(types=("answer", "trail")) == [0, 3, 6, 9, 12]
        assert seqs(4, 12, case=one, types=("diagnosis",), newest_first=True) == [7]
        assert seqs(case="c1") == seqs(13) == seqs(3, 3) == []
        assert reader.row(4).content == {"actor": BOB.name, "case": "c0", "subject": "s0", "body": {"n": 4}}
        with pytest.raises(TrailError, match="there is no record 13"):
            reader.row(13)
        assert (reader.last(str(one)), reader.last("nobody")) == (11, None)
        assert reader.name(one) == "c1" and reader.name("nobody") is reader.name(None) is None
        assert reader.pseudonym("subject", "c1") is None
        assert sorted((kind, name) for _, kind, name in reader.names()) == [
            ("actor", "Anna"),
            ("actor", BOB.name),
            *(("case", f"c{n}") for n in range(2)),
            *(("subject", f"s{n}") for n in range(4)),
        ]
        pseudonyms = [pseudonym for pseudonym, _, _ in reader.names()]
        assert pseudonyms == sorted(pseudonyms)
        assert [row.seq for row in reader.columns(11)] == [11, 12]
        assert len([*reader.leaves()]) == 13 and [*reader.leaves(2)] == [*reader.leaves()][:2]
        assert reader.checkpoint() == reader.checkpoint(13) == dict(reader.checkpoints())[13]
        with pytest.raises(TrailError, match="no such checkpoint"):
            reader.checkpoint(12)


def test_more_rows_than_are_fetched_at_once(trail: Trail, key: SigningKey) -> None:
    with trail.append() as appender:
        for n in range(600):
            appender.add("statement", {"n": n}, BOB)
    assert len(verified(trail, key.public)) == 601
    with trail.append() as appender:
        some = appender.reader.rows(newest_first=True)  # left open while the append goes on
        assert next(some).seq == 600
        appender.add("statement", {}, BOB)
    assert size(trail) == 602


def test_a_reader_sees_nothing_of_an_append_that_is_not_finished(trail: Trail, where: str) -> None:
    other = open_trail(where, write=False)
    with trail.append() as appender:
        appender.add("statement", {}, BOB, case="new")
        with other.read() as reader:
            assert (reader.head().size, reader.pseudonym("case", "new")) == (1, None)
    assert size(other) == 2


def test_a_reader_keeps_its_snapshot_while_a_writer_appends(trail: Trail, where: str) -> None:
    other = open_trail(where, write=False)
    done = threading.Event()
    writer = threading.Thread(target=lambda: (note(trail, "later", case="new"), done.set()))
    with other.read() as reader:
        assert reader.head().size == 1
        writer.start()
        done.wait(0.5)  # PostgreSQL lets the writer finish, SQLite lets it wait
        assert reader.head().size == len([*reader.rows()]) == len([*reader.names()]) == 1
        assert reader.pseudonym("case", "new") is None
    writer.join()
    assert done.is_set() and size(other) == 2


# --- erasing, cosigning -----------------------------------------------------------------------------------------------


def test_erased_content_is_gone_and_the_trail_verifies(trail: Trail, key: SigningKey) -> None:
    for n in range(4):
        note(trail, f"secret {n}", case=f"c{n % 2}", subject="Carla")
    with trail.append() as appender:
        named = appender.reader.pseudonym("subject", "Carla"), appender.reader.pseudonym("case", "c1")
        assert appender.erase([1, 3], [part for part in named if part], "asked for", ANNA, subject=named[0]) == 5
    found = verified(trail, key.public)
    assert [seq for seq, (_, content) in enumerate(found) if content is None] == [1, 3]
    with trail.read() as reader:
        assert (reader.row(1).salt, reader.row(1).payload, reader.row(1).content) == (None, None, None)
        assert [reader.name(part) for part in named] == [None, None]
        assert reader.pseudonym("case", "c0") is not None
    note(trail, "again", case="c1", subject="Carla")  # the same names, and nothing leads to the old pseudonyms
    with trail.read() as reader:
        assert not {reader.pseudonym("subject", "Carla"), reader.pseudonym("case", "c1"), None} & {*named}
    verified(trail, key.public)


CHANGES = """
UPDATE entry SET entry = entry || ' ' WHERE seq = 1; DELETE FROM entry WHERE seq = 1;
UPDATE payload SET body = '' WHERE seq = 1; DELETE FROM payload WHERE seq = 1; UPDATE name SET name = 'Eve';
UPDATE checkpoint SET note = ''; DELETE FROM checkpoint; UPDATE rule_base SET files = ''; DELETE FROM rule_base;
UPDATE head SET size = size - 1; UPDATE head SET origin = 'another'; DELETE FROM head
"""


def test_the_tables_themselves_refuse(
    trail: Trail, key: SigningKey, base: RuleBase, alter: Callable[[str], None]
) -> None:
    with trail.append() as appender:
        appender.publish(base, ANNA)
    note(trail, "kept", case="c")
    for statement in CHANGES.split(";"):
        with pytest.raises(Exception, match=r"never (changed|deleted)|deleted only by an erasure|only grows"):
            alter(statement)
    assert len(verified(trail, key.public)) == 3


def test_the_signatures_of_witnesses(trail: Trail, key: SigningKey) -> None:
    one, two = (SigningKey(new_private_key(), name, COSIGNATURE) for name in ("witness.one", "witness.two"))
    with trail.append() as appender:
        assert [register_witness(appender, witness.public, ANNA) for witness in (one, two)] == [1, 2]
    with trail.read() as reader:
        notes = {size: read_checkpoint(note).text for size, note in reader.checkpoints()}
    told = [(1, one.name, one.line(notes[1])), (3, two.name, two.line(notes[3]))]
    for signed in reversed(told):
        trail.storage.cosign(*signed)
    for size, line in ((1, told[0][2]), (7, told[0][2]), (3, told[1][2]), (3, "x")):  # there is one; no such checkpoint
        with pytest.raises(TrailError):
            trail.storage.cosign(size, one.name, line)
    with trail.read() as reader:
        assert [found[:3] for found in reader.cosignatures()] == told
        assert {found.kept for found in reader.cosignatures()} == {3}
    assert note(trail, "third") == 3
    verified(trail, key.public)


# --- refusals ---------------------------------------------------------------------------------------------------------

CUT = """
DELETE FROM payload WHERE seq >= 2; DELETE FROM entry WHERE seq >= 2; DELETE FROM checkpoint WHERE size > 2;
UPDATE head SET size = 2, frontier = {frontier}, previous = {previous}, time = '{time}';
"""


def test_a_trail_cut_to_an_earlier_checkpoint_is_not_signed_again(
    trail: Trail, where: str, key: SigningKey, tamper: Callable[[str], None]
) -> None:
    note(trail, "first")
    with trail.read() as reader:
        head = reader.head()
    note(trail, "second")
    literal = "'\\x{}'" if "://" in where else "x'{}'"
    assert head.previous is not None
    frontier, previous = (literal.format(data.hex()) for data in (b"".join(head.frontier.roots), head.previous))
    tamper(CUT.format(frontier=frontier, previous=previous, time=head.time))
    assert len(verified(trail, key.public)) == 2  # nothing in the trail itself tells
    with pytest.raises(TrailError, match=r"holds 2 records, and 3 were signed already"):
        note(trail, "instead")
    unaware = Trail(connect(where), key)
    note(unaware, "instead")
    with pytest.raises(TrailError, match="brought back from an older copy"):
        note(trail, "of the same size")  # another tree than the one signed


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("UPDATE head SET size = 2", "last checkpoint|were signed already"),
        ("UPDATE head SET size = 9", "last checkpoint"),
        ("UPDATE checkpoint SET note = replace(note, 'salesdx.trail', 'salesdx.trial')", "last checkpoint"),
        ("UPDATE checkpoint SET note = 'nothing'", "no checkpoint"),
        ("DELETE FROM checkpoint", "no such checkpoint"),
    ],
)
def test_nothing_is_signed_on_top_of_a_tampered_head(
    trail: Trail, tamper: Callable[[str], None], sql: str, message: str
) -> None:
    note(trail, "one")
    note(trail, "two")
    tamper(sql)
    with pytest.raises(TrailError, match=message):
        note(trail, "three")


def test_another_key_does_not_sign(trail: Trail, where: str, key: SigningKey, tmp_path: Path) -> None:
    other = SigningKey(new_private_key(), key.name)
    with pytest.raises(TrailError, match="not signed by this key"):
        note(Trail(connect(where), other), "mine")
    write_private_key(tmp_path / "key", key.private)
    assert note(open_trail(where, tmp_path / "key"), "ours") == 1
    verified(trail, key.public)


def test_a_new_key_signs_after_the_old_one_has_signed_it_in(trail: Trail, where: str, key: SigningKey) -> None:
    new = SigningKey(new_private_key(), key.name)
    with trail.append() as appender:
        assert appender.rotate(new, ANNA) == 1
    with pytest.raises(TrailError, match="not signed by this key"):
        note(Trail(connect(where), SigningKey(new_private_key(), key.name)), "mine")
    assert note(Trail(connect(where), new), "ours") == 2
    with trail.read() as reader:
        signed = [read_checkpoint(text) for _, text in reader.checkpoints()]
    assert [[part.signed_by(by.public) for by in (key, new)] for part in signed] == [
        [True, False],
        [True, True],
        [False, True],
    ]


# --- recording a case -------------------------------------------------------------------------------------------------


def case(tmp_path: Path, base: RuleBase, *changes: tuple[str, str]) -> WorkingMemory:
    """The example of a late delivery, with parts of its text replaced."""
    text = (ROOT / "examples" / "late-delivery.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    path = tmp_path / "case.yaml"
    path.write_text(text, encoding="utf-8")
    return read_case_file(path, base)


def test_a_case_its_changes_and_what_is_taken_back(
    trail: Trail, key: SigningKey, base: RuleBase, tmp_path: Path
) -> None:
    def record(*changes: tuple[str, str]) -> int:
        with trail.read() as reader:
            memory = with_earlier(reader, case(tmp_path, base, *changes), BOB)
        diagnosis = salesdx.diagnose(base, memory)
        with trail.append() as appender:
            return record_diagnosis(appender, diagnosis, "what was shown", "text", BOB)

    first = record()
    found = verified(trail, key.public)
    statements = case(tmp_path, base).statements
    answers = {content["body"]["term"]: header["seq"] for header, content in found if header["type"] == "answer"}
    assert [*answers] == [*statements]
    header, content = found[first]
    assert header["inputs"] == sorted(answers.values())
    assert header["engine"]["name"] and header["rule_base"] == base.digest
    assert content["subject"] == "WOOD-2" and content["body"]["shown"] == "what was shown"
    (tmp_path / "again.yaml").write_text(content["body"]["case_file"], encoding="utf-8")
    assert read_case_file(tmp_path / "again.yaml", base) == case(tmp_path, base)

    again = record()
    assert again == first + 1 and verified(trail, key.public)[again][0]["inputs"] == header["inputs"]

    line = (
        "  delivery_lead_time_ratio: {value: 1.6, by: production, "
        'source: "quotes, win/loss interviews", date: 2026-10-02}\n'
    )
    changed = record(("{value: 1.6,", "{value: 1.7,"))
    told, said = verified(trail, key.public)[changed - 1]
    assert (told["type"], told["inputs"]) == ("answer", [answers["delivery_lead_time_ratio"]])
    assert [part["value"] for part in said["body"]["before"]] == ["1.6"]
    assert [part["value"] for part in said["body"]["statements"]] == ["1.7"]
    inputs = verified(trail, key.public)[changed][0]["inputs"]
    assert changed - 1 in inputs and answers["delivery_lead_time_ratio"] not in inputs

    taken_back = record((line, ""))
    told, said = verified(trail, key.public)[taken_back - 1]
    assert (told["inputs"], said["body"]["statements"]) == ([changed - 1], [])
    assert [part["value"] for part in said["body"]["before"]] == ["1.7"]
    assert len(verified(trail, key.public)[taken_back][0]["inputs"]) == len(statements) - 1
    assert {*statements} - {*known_answers(trail, "late-delivery")} == {"delivery_lead_time_ratio"}
    assert known_answers(trail, "another case") == {}

    back = record()
    told, said = verified(trail, key.public)[back - 1]
    assert (told["inputs"], said["body"]["before"]) == ([], [])


def test_answers_and_an_explanation(trail: Trail, key: SigningKey, base: RuleBase, tmp_path: Path) -> None:
    memory = case(tmp_path, base)
    with trail.append() as appender:
        inputs = record_answers(appender, base, memory, BOB, "interview")
    with trail.append() as appender:
        assert record_answers(appender, base, memory, BOB, "interview") == inputs
        seq = record_explanation(appender, salesdx.diagnose(base, memory), "because", "why", BOB)
    header, content = verified(trail, key.public)[seq]
    assert (seq, header["type"], header["inputs"]) == (inputs[-1] + 1, "explanation", [*inputs])
    assert content["body"].keys() == {"case_file", "today", "asked", "shown"}
    assert {part["way"] for _, found in verified(trail, key.public)[2:seq] if (part := found["body"])} == {"interview"}
