"""Files that are kept with a case: told by their content, proved by their digest, and gone with their record."""

from __future__ import annotations

import io
import sqlite3
import struct
import zipfile
import zlib
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy.exc import DBAPIError

from alone import run_alone
from bundle_tampering import Opened
from hr_trails import ANNA, BOB, LOW, Desk, small_base
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.ledger.attached import attached, attached_file
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.keys import SigningKey, new_private_key, write_private_key
from salesdx.ledger.log import create, new_origin
from salesdx.ledger.standalone.bundle import verify_bundle
from salesdx.ledger.standalone.findings import INVALID, VERIFIED, WITH_ERASURES
from salesdx.ledger.standalone.verifier import read_checkpoint
from salesdx.ledger.verify import verify
from salesdx.trail.attachments import attach, attachment, kind_of
from salesdx.trail.erasure import erase, plan_case, sweep
from salesdx.trail.export import record_export, write_bundle


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0") + chunk(b"IDAT", b"x") + chunk(b"IEND")
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(40) + b"\xff\xd9"
LARGEST = b"%PDF-1.4\n" + bytes((10 << 20) - 15) + b"%%EOF\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    return small_base(tmp_path_factory.mktemp("rules"))


@pytest.fixture
def desk(small: RuleBase, where: str) -> Desk:
    """A trail with a case in each of the databases."""
    made = Desk(where, small)
    made.diagnose("north", LOW | {"calls": 5}, "E-1")
    return made


def keep(desk: Desk, data: bytes = PDF, case: str = "north", name: str = "warning.pdf") -> int:
    return attach(desk.trail, case, name, data, "the first warning", ANNA, desk.clock)


def verdict(desk: Desk) -> Any:
    assert desk.trail.key is not None
    with desk.trail.read() as reader:
        return verify(reader, [desk.trail.key.public], read_checkpoint(reader.checkpoint()), days=40_000)


# --- what is taken ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "kind"),
    [(PDF, "application/pdf"), (PNG, "image/png"), (JPEG, "image/jpeg"), (LARGEST, "application/pdf")],
)
def test_a_file_is_what_its_content_says(data: bytes, kind: str) -> None:
    assert kind_of(data) == kind


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"warning.pdf",
        b"MZ\x90\0 this is a program" + PDF,
        PDF[:-7],
        PDF + bytes(2000),
        PNG[:-1],
        PNG + b"<script>",
        PNG.replace(b"IHDR", b"IHDX"),
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 2**31) + b"IHDR",
        JPEG[:-1],
        JPEG + b"PK\3\4",
        b"GIF89a" + bytes(20),
        b"PK\3\4" + bytes(200),
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(Refused, match=r"^by its content the file is neither a PDF nor a PNG or JPEG, or it was cut$"):
        kind_of(data)


def test_more_than_ten_megabytes_are_refused() -> None:
    assert len(LARGEST) == 10 << 20
    with pytest.raises(Refused, match=r"^the file has 10,485,761 bytes, and 10,485,760 can be kept$"):
        kind_of(LARGEST[:-6] + b" %%EOF\n")


# --- kept, proved, given back -----------------------------------------------------------------------------------------


def test_the_record_names_the_digest_and_the_file_lies_beside_it(desk: Desk) -> None:
    seq = keep(desk)
    with desk.read() as book:
        record, data = attachment(book, seq)
        assert (data, attached(book.reader)) == (PDF, [seq])
        assert record.body == {
            "name": "warning.pdf",
            "kind": "application/pdf",
            "size": len(PDF),
            "digest": "sha256:" + sha256(PDF).hexdigest(),
            "reason": "the first warning",
        }
        assert record.case is not None and record.subject is not None
        assert (record.case.name, record.subject.name, record.inputs) == ("north", "E-1", (seq - 1,))
    assert verdict(desk).word == VERIFIED


def test_a_file_is_attached_to_a_case_once_and_to_no_other_thing(desk: Desk) -> None:
    seq = keep(desk)
    with pytest.raises(Refused, match=f"^this file is attached already, by record {seq}$"):
        keep(desk, name="other.pdf")
    desk.diagnose("south", LOW, "E-2")
    assert keep(desk, case="south") > seq
    with pytest.raises(TrailError, match="the trail has no case `west`"):
        keep(desk, case="west")
    with desk.read() as book, pytest.raises(Refused, match=r"^record 1 is no attachment; `salesdx trail list "):
        attachment(book, 1)
    assert verdict(desk).word == VERIFIED


def test_the_largest_file_is_kept_and_verified(desk: Desk) -> None:
    seq = keep(desk, LARGEST)
    with desk.read() as book:
        assert attachment(book, seq)[1] == LARGEST
    assert verdict(desk).word == VERIFIED


def test_an_erasure_takes_the_file_with_its_record(desk: Desk) -> None:
    seq = keep(desk, PDF + b"%SECRET-OF-EVA%%EOF\n")
    other = keep(desk, PNG, name="seal.png")
    desk.diagnose("south", LOW, "E-2")
    stays = keep(desk, case="south")
    with desk.trail.append(desk.clock) as appender:
        plan = plan_case(appender.reader, "north")
        assert {item.type for item in plan.goes} == {"answer", "diagnosis", "attachment"}
        erasure = erase(appender, plan, "asked for", ANNA)[0]
    sweep(desk.trail)
    with desk.read() as book:
        assert attached(book.reader) == [stays]
        for gone in (seq, other):
            assert attached_file(book.reader, gone) is None
            with pytest.raises(TrailError, match=f"its content was erased by record {erasure}$"):
                attachment(book, gone)
    assert verdict(desk).word == WITH_ERASURES
    if "://" not in desk.where:
        assert b"SECRET-OF-EVA" not in Path(desk.where).read_bytes()


# --- what nobody may change -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sql", ["UPDATE attachment SET data = {}", "DELETE FROM attachment"])
def test_the_database_refuses_changes(desk: Desk, request: pytest.FixtureRequest, sql: str) -> None:
    keep(desk)
    with pytest.raises(DBAPIError, match=r"a file is (never changed|deleted only by an erasure)"):
        owner_runs(desk, request, sql.format("x'78'" if "://" not in desk.where else "'\\x78'"))
    assert verdict(desk).word == VERIFIED


@pytest.mark.parametrize("what", ["changed", "gone", "of no record"])
def test_verify_finds_what_was_done_past_the_guards(desk: Desk, request: pytest.FixtureRequest, what: str) -> None:
    seq = keep(desk)
    sql, told = {
        "changed": (
            "UPDATE attachment SET data = {}",
            f"record {seq}: the file beside it is not the one that was attached",
        ),
        "gone": ("DELETE FROM attachment", f"record {seq}: the file that it names is not there"),
        "of no record": (
            "INSERT INTO attachment VALUES (1, {})",
            "record 1: there is a file beside it that it does not name",
        ),
    }[what]
    owner_runs(desk, request, sql.format("x'78'" if "://" not in desk.where else "'\\x78'"), guarded=False)
    found = verdict(desk)
    assert found.word == INVALID and told in found.lines
    if what != "of no record":
        with (
            desk.read() as book,
            pytest.raises(TrailError, match="is not the one that was attached; `salesdx trail ver"),
        ):
            attachment(book, seq)


def owner_runs(desk: Desk, request: pytest.FixtureRequest, sql: str, guarded: bool = True) -> None:
    """Run SQL as who administers the database, with or without its triggers."""
    if "://" not in desk.where:
        engine = sa.create_engine(f"sqlite:///{desk.where}", poolclass=sa.NullPool)  # closed also where it is refused
        with engine.connect() as connection, connection.begin():
            names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
            for name in names if not guarded else ():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            connection.exec_driver_sql(sql)
        return
    database = desk.where.partition("@/")[2].partition("?")[0]
    cluster = request.getfixturevalue("postgresql")
    engine = sa.create_engine(cluster.url(database).replace("postgresql://", "postgresql+psycopg://"))
    try:
        with engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("SET search_path = salesdx")
            if not guarded:
                connection.exec_driver_sql("SET session_replication_role = replica")
            connection.exec_driver_sql(sql)
    finally:
        engine.dispose()


def test_postgresql_takes_no_file_that_its_record_does_not_name(small: RuleBase, postgresql: Any) -> None:
    desk = Desk(postgresql.url(postgresql.emptied()), small)
    desk.diagnose("north", LOW, "E-1")
    with (
        pytest.raises(TrailError, match="a file belongs to a record that names its digest"),
        desk.trail.append(desk.clock) as appender,
    ):
        seq = appender.add("attachment", {"digest": "sha256:" + "0" * 64}, BOB, case="north")
        appender.attachments.append((seq, PDF))
    assert verdict(desk).word == VERIFIED


# --- bundles ----------------------------------------------------------------------------------------------------------


def bundle(desk: Desk, case: str | None) -> bytes:
    export = record_export(desk.trail, case, {"report.html": "<p>", "report.txt": "a report\n"}, ANNA)
    out = io.BytesIO()
    with desk.trail.read() as reader:
        write_bundle(reader, export, out, [read_checkpoint(reader.checkpoint())])
    return out.getvalue()


@pytest.mark.parametrize("case", ["north", None])
def test_a_bundle_takes_the_files_along_and_its_verifier_checks_them(
    desk: Desk, tmp_path: Path, case: str | None
) -> None:
    keep(desk)
    desk.diagnose("south", LOW, "E-2")
    keep(desk, PNG, "south", "seal.png")
    made = bundle(desk, case)
    names = [name for name in zipfile.ZipFile(io.BytesIO(made)).namelist() if name.startswith("attachments/")]
    wanted = [PDF] if case else [PDF, PNG]
    assert names == sorted(f"attachments/{sha256(data).hexdigest()}" for data in wanted)

    assert desk.trail.key is not None
    (tmp_path / "b.zip").write_bytes(made)
    (tmp_path / "key").write_text(str(desk.trail.key.public))
    with desk.trail.read() as reader:
        (tmp_path / "anchor").write_text(reader.checkpoint())
    (tmp_path / "verify.py").write_bytes(zipfile.ZipFile(io.BytesIO(made)).read("verify.py"))
    done = run_alone(tmp_path, "b.zip", "--key", "key", "--anchor", "anchor")
    assert (done.returncode, done.stdout.split("\n")[0]) == (0, VERIFIED), done.stdout + done.stderr

    for change in ("other", "gone", "more"):
        opened = Opened(made, Random(0))
        name = names[0]
        if change == "other":
            opened.members[name] = b"another file"
        elif change == "gone":
            del opened.members[name]
        else:
            opened.members["attachments/" + "0" * 64] = b""
        found = verify_bundle(io.BytesIO(opened.write()), [desk.trail.key.public])
        assert found.word == INVALID, change


# --- on the command line ----------------------------------------------------------------------------------------------


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words, prog_name="salesdx", catch_exceptions=False)


def test_attach_and_give_back_on_the_command_line(small: RuleBase, tmp_path: Path) -> None:
    private = new_private_key()
    write_private_key(tmp_path / "ours.trail.key", private)
    where = str(tmp_path / "ours.trail")
    create(where, SigningKey(private, new_origin()), ANNA)
    (tmp_path / "case.yaml").write_text("case: north\nsubject: {kind: person, ref: E-1}\nfacts: {}\n")
    at = ("--trail", where, "--as", "Anna Weber", "--role", "hr")
    assert run("diagnose", str(tmp_path / "case.yaml"), *at).exit_code == 0
    file = tmp_path / "Abmahnung März.txt"
    file.write_bytes(PDF)
    done = run("trail", "attach", "north", str(file), "--reason", "the first warning", *at)
    seq = int(done.stdout.split()[1])
    assert done.stdout == (
        f"record {seq} keeps `Abmahnung März.txt`; `salesdx trail attachment {seq} --output FILE` gives it back\n"
    )
    back = tmp_path / "back.pdf"
    got = run("trail", "attachment", str(seq), "--output", str(back), "--trail", where)
    assert (got.exit_code, got.stderr) == (0, f"`Abmahnung März.txt`, application/pdf: {back}\n")
    assert back.read_bytes() == PDF
    page = " ".join(run("trail", "show", str(seq), "--trail", where).stdout.split())
    assert "Anna Weber, as hr, attached a file." in page and "name Abmahnung März.txt" in page
    file.write_bytes(b"no such thing")
    refused = run("trail", "attach", "north", str(file), "--reason", "x", *at)
    assert (refused.exit_code, refused.stderr) == (
        1,
        "error: by its content the file is neither a PDF nor a PNG or JPEG, or it was cut\n",
    )
    assert run("trail", "attach", "north", str(tmp_path / "none.pdf"), "--reason", "x", *at).exit_code == 1
    with closing(sqlite3.connect(where)) as connection:
        assert connection.execute("SELECT count(*) FROM attachment").fetchone() == (1,)
