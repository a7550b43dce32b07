"""How far the last signature from outside reaches, how old it is, and times that cannot be true, on both databases."""

from __future__ import annotations

import base64
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from postgresql_cluster import Cluster
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.ledger.connect import connect
from salesdx.ledger.errors import TrailError
from salesdx.ledger.keys import SigningKey, new_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin
from salesdx.ledger.standalone.bundle import verify_bundle
from salesdx.ledger.standalone.findings import INVALID, UNANCHORED, UNREADABLE, VERIFIED, Verdict
from salesdx.ledger.standalone.verifier import COSIGNATURE, Checkpoint, cosigned, read_checkpoint, rule_base_digest
from salesdx.ledger.verify import verify
from salesdx.ledger.witness import cosign, keep_cosignature, look, make_witness, read_witness, register_witness
from salesdx.trail.export import record_export, write_bundle

ANNA = Person("Anna", "hr")
WITNESS = SigningKey(new_private_key(), "audit.example/w1", COSIGNATURE)


def days_ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def signature(text: str, moment: datetime) -> str:
    """What the witness signs who sees a checkpoint at some moment."""
    seconds = int(moment.timestamp())
    raw = WITNESS.public.id + seconds.to_bytes(8, "big") + WITNESS.private.sign(cosigned(seconds, text))
    return f"— {WITNESS.name} {base64.b64encode(raw).decode()}\n"


@dataclass
class Aged:
    """A trail whose records are as old as they are told to be."""

    where: str
    key: SigningKey = field(default_factory=lambda: SigningKey(new_private_key(), new_origin()))
    trail: Trail = field(init=False)

    def begun(self, days: float = 90) -> Aged:
        self.trail = create(self.where, self.key, ANNA, now=lambda: days_ago(days))
        with self.trail.append(lambda: days_ago(days)) as appender:
            register_witness(appender, WITNESS.public, ANNA)
        return self

    def note(self, days: float, case: str = "c") -> int:
        with self.trail.append(lambda: days_ago(days)) as appender:
            return appender.add("statement", {"text": "x"}, ANNA, case=case)

    def last(self) -> Checkpoint:
        with self.trail.read() as reader:
            return read_checkpoint(reader.checkpoint())

    def seen(self, days: float) -> None:
        """The witness signs the last checkpoint."""
        told = self.last()
        self.trail.storage.cosign(told.size, WITNESS.name, signature(told.text, days_ago(days)))

    def verdict(self, anchor: Checkpoint | None = None, witness: bool = True, **more: object) -> Verdict:
        keys = [self.key.public] + [WITNESS.public] * witness
        with self.trail.read() as reader:
            return verify(reader, keys, anchor, **more)  # type: ignore[arg-type]

    def bundle(self, case: str | None = None, *anchors: Checkpoint) -> io.BytesIO:
        made = record_export(self.trail, case, {"report.txt": "x"}, ANNA)
        out = io.BytesIO()
        with self.trail.read() as reader:
            write_bundle(reader, made, out, anchors)
        return out


@pytest.fixture
def aged(where: str) -> Aged:
    return Aged(where).begun()


def test_the_figures_of_a_witness(aged: Aged) -> None:
    for days in (60, 50, 20):
        aged.note(days)
    aged.seen(19)
    told = f"the last signature from outside is by the witness `{WITNESS.name}` on records up to 4, 19 days before "
    assert aged.verdict().word == VERIFIED

    def figure() -> str:
        [line] = [line for line in aged.verdict().lines if line.startswith(told)]
        return line.partition("; ")[2]

    assert figure() == "only the key covers the 0 after them"
    for days in (18, 17, 16):
        aged.note(days)
    assert figure() == "only the key covers the 3 after them"


def test_a_signature_that_is_too_old_is_no_anchor(aged: Aged) -> None:
    aged.note(60)
    aged.seen(32)
    aged.note(5)
    old = f"the last signature from outside is older than {days_ago(31):%Y-%m-%d}: who holds the key could have"
    verdict = aged.verdict()
    assert verdict.word == UNANCHORED and verdict.lines[0].startswith(old), str(verdict)
    assert aged.verdict(days=33).word == VERIFIED
    assert aged.verdict(newer_than=days_ago(33)).word == VERIFIED
    assert aged.verdict(newer_than=days_ago(31.9)).word == UNANCHORED
    aged.seen(0)
    assert aged.verdict().word == VERIFIED
    assert aged.verdict(days=7).word == VERIFIED
    assert aged.verdict(newer_than=days_ago(-1)).word == UNANCHORED


def test_an_anchor_is_as_old_as_its_last_record_or_as_the_witness_on_it(aged: Aged) -> None:
    aged.note(40)
    anchor = aged.last()
    with aged.trail.read() as reader:
        note = reader.checkpoint()
    aged.note(10)
    assert aged.verdict(anchor, witness=False).word == UNANCHORED
    signed = read_checkpoint(note + signature(anchor.text, days_ago(9)))
    assert aged.verdict(signed, witness=False).word == UNANCHORED
    with aged.trail.read() as reader:
        lines = verify(reader, [aged.key.public, WITNESS.public], signed).lines
    assert f"the witness `{WITNESS.name}` signed nothing here" in lines  # beside the trail
    assert any("by your anchor on records up to 2, 9 days before" in line for line in lines), lines
    fresh = aged.last()
    assert aged.verdict(fresh, witness=False).word == VERIFIED


def test_a_bundle_is_as_old_as_its_last_record(aged: Aged) -> None:
    aged.note(40)
    aged.seen(39)
    aged.note(20)
    late = verify_bundle(aged.bundle(), [aged.key.public, WITNESS.public])
    assert late.word == UNANCHORED and "the last signature from outside is older than" in late.lines[0], str(late)
    aged.seen(0)
    anchor = aged.last()
    keys = [aged.key.public, WITNESS.public]
    for case in (None, "c"):
        out = aged.bundle(case, anchor)
        assert verify_bundle(out, keys).word == VERIFIED
        assert verify_bundle(out, keys, newer_than=days_ago(-1)).word == UNANCHORED
        assert verify_bundle(out, keys[:1], anchor).word == VERIFIED
    unknown = verify_bundle(out, keys[:1], anchor, newer_than=days_ago(400))
    assert unknown.word == UNANCHORED and "as far as is known here" in unknown.lines[0]


# --- old copies and forks ---------------------------------------------------------------------------------------------


@pytest.fixture
def copied(where: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[Aged], Aged]:
    """A copy of a trail, as somebody who administers the database can make one at any time."""

    def copy(aged: Aged) -> Aged:
        if "://" in where:
            cluster: Cluster = request.getfixturevalue("postgresql")
            aged.trail.storage.engine.dispose()
            database = where.partition("@/")[2].partition("?")[0]
            other = cluster.database()
            cluster.query(f"DROP DATABASE {other}")
            cluster.query(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")
            cluster.query(f"CREATE DATABASE {other} TEMPLATE {database}")
            found = Aged(str(cluster.url(other)), aged.key)
        else:
            shutil.copy(where, tmp_path / "copy")
            found = Aged(str(tmp_path / "copy"), aged.key)
        found.trail = Trail(connect(found.where), aged.key)
        return found

    return copy


def test_an_old_copy_with_and_without_a_witness_key(aged: Aged, copied: Callable[[Aged], Aged]) -> None:
    aged.note(60)
    aged.seen(59)
    first = aged.last()
    old = copied(aged)
    aged.note(3)
    aged.seen(2)
    aged.note(1)
    assert old.verdict().word == UNANCHORED
    assert old.verdict(first, witness=False).word == UNANCHORED
    assert old.verdict(witness=False).word == UNANCHORED
    cut = old.verdict(aged.last())
    assert cut.word == INVALID and any("records were cut off" in line for line in cut.lines)
    assert aged.verdict().word == VERIFIED


def test_a_copy_of_yesterday_is_missed_by_who_asks_for_a_day(aged: Aged, copied: Callable[[Aged], Aged]) -> None:
    aged.note(4)
    aged.seen(3)
    old = copied(aged)
    aged.note(1)
    aged.seen(0.5)
    verdict = old.verdict()
    assert verdict.word == VERIFIED and any("3 days before" in line for line in verdict.lines), str(verdict)
    assert old.verdict(newer_than=days_ago(2)).word == UNANCHORED
    assert aged.verdict(newer_than=days_ago(2)).word == VERIFIED


def test_two_forks(aged: Aged, copied: Callable[[Aged], Aged], tmp_path: Path) -> None:
    """The same key goes on in two ways: whoever saw one of them finds the other."""
    made = make_witness(tmp_path / "w", "audit.example/w2", aged.key.public)
    with aged.trail.append() as appender:
        register_witness(appender, made.key.public, ANNA)
    aged.trail.anchor = tmp_path / "key.signed"  # the memory of the key
    aged.note(0)
    other = copied(aged)
    aged.note(0, "here")
    with aged.trail.read() as reader:
        note = look(made, reader)[1]
    assert note is not None
    signed = cosign(made, note)
    keep_cosignature(aged.trail.storage, signed)
    other.trail.anchor = aged.trail.anchor
    with pytest.raises(TrailError, match="brought back from an older copy"):
        other.note(0, "there")
    other.trail.anchor = None
    other.note(0, "there")
    with other.trail.read() as reader:
        verdict, nothing = look(read_witness(tmp_path / "w"), reader)
        assert (verdict.word, nothing) == (INVALID, None)
        found = verify(reader, [aged.key.public], read_checkpoint(signed))
    assert found.word == INVALID and any("the trail was rewritten" in line for line in found.lines)
    with pytest.raises(TrailError, match="another checkpoint at this size"):
        keep_cosignature(other.trail.storage, signed)
    line = signed.splitlines(keepends=True)[-1]
    other.trail.storage.cosign(read_checkpoint(note).size, made.key.name, line)  # put there by hand
    with other.trail.read() as reader:
        found = verify(reader, [aged.key.public, made.key.public])
    assert found.word == UNANCHORED and "no anchor was given" in found.lines[0]
    assert any("which is not by the key of that witness" in line for line in found.lines)


# --- times ------------------------------------------------------------------------------------------------------------


def test_a_record_of_the_year_2036_is_named(aged: Aged) -> None:
    aged.note(3)
    with aged.trail.append(lambda: datetime(2036, 1, 1, tzinfo=UTC)) as appender:
        appender.add("statement", {}, ANNA, case="c")
    aged.note(0)
    told = "record 3 says that it is of 2036-01-01T00:00:00Z, which is later than now: its time cannot be true"
    for verdict in (
        aged.verdict(aged.last()),
        verify_bundle(aged.bundle(), [aged.key.public], aged.last()),
        verify_bundle(aged.bundle("c", first := aged.last()), [aged.key.public], first),
    ):
        assert verdict.word == UNANCHORED and told in verdict.lines, str(verdict)
        assert sum("cannot be true" in line for line in verdict.lines) == 1


def test_a_record_that_is_later_than_who_saw_it_is_named(aged: Aged) -> None:
    aged.note(30)
    aged.note(20)
    aged.note(19)
    aged.seen(25)  # so records 3 and 4 had not been made
    aged.note(10)
    with aged.trail.read() as reader:
        time = reader.row(3).header["time"]
    told = f"record 3 says that it is of {time[:19]}Z, and `{WITNESS.name}` saw it on "
    told += f"{days_ago(25):%Y-%m-%d}: its time cannot be true"
    for verdict in (aged.verdict(), verify_bundle(aged.bundle(), [aged.key.public, WITNESS.public])):
        assert verdict.word == UNANCHORED and told in verdict.lines, str(verdict)
        assert sum("cannot be true" in line for line in verdict.lines) == 1


def test_clocks_that_differ_a_little_are_no_lie(aged: Aged) -> None:
    with aged.trail.append(lambda: datetime.now(UTC) + timedelta(seconds=90)) as appender:
        appender.add("statement", {}, ANNA, case="c")
    aged.seen(0)
    assert aged.verdict().word == VERIFIED, str(aged.verdict())


# --- on the command line ----------------------------------------------------------------------------------------------


def test_the_days_of_the_policy_on_the_command_line(tmp_path: Path, base: RuleBase) -> None:
    """The policy of the newest rules that a record rests on, whatever the tables say: its texts have their digest."""
    policy = base.files["knowledge/policy.yaml"]
    files = {**base.files, "knowledge/policy.yaml": policy + "outside_days: 5\n"}
    aged = Aged(str(tmp_path / "t")).begun()
    aged.note(9)
    aged.seen(8)
    keys = ("--public-key", str(aged.key.public), "--public-key", str(WITNESS.public))

    def word() -> str:
        return str(CliRunner().invoke(cli, ["trail", "verify", "--trail", aged.where, *keys]).output.split("\n")[0])

    assert word() == VERIFIED
    with aged.trail.append() as appender:
        appender.publish(replace(base, files=files, digest=rule_base_digest(files)), ANNA)
    assert word() == UNANCHORED


def test_newer_than_on_the_command_line(tmp_path: Path) -> None:
    aged = Aged(str(tmp_path / "t")).begun()
    aged.note(3)
    aged.seen(3)
    (tmp_path / "bundle").write_bytes(aged.bundle().getvalue())
    keys = ("--public-key", str(aged.key.public), "--public-key", str(WITNESS.public))
    for what in (("--trail", str(tmp_path / "t")), (str(tmp_path / "bundle"),)):
        for day, word in ((days_ago(5).date(), VERIFIED), (days_ago(2).date(), UNANCHORED), ("May", UNREADABLE)):
            found = CliRunner().invoke(
                cli, ["trail", "verify", *what, *keys, "--newer-than", str(day)], prog_name="salesdx"
            )
            assert found.output.split("\n")[0] == word, found.output
    assert "`May` is no day: YYYY-MM-DD is expected" in found.output
