"""The database of a service while several write, somebody holds it, or others read: nobody sees a lock."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.ledger import sqlite
from salesdx.ledger.errors import Busy, Refused
from salesdx.ledger.keys import SigningKey, new_private_key, write_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin, open_trail
from salesdx.ledger.sqlite import WRITE_AHEAD_SINCE, write_ahead
from salesdx.ledger.verify import verify
from salesdx.services.reads import Desk, ReadFound, TellCase
from salesdx.services.trail_acts import ChangePeople
from served import Office, staffed
from test_pages import GOAL, TOLD, records
from test_trail_attachments import PDF

WRITERS, ANSWERS = 10, 2
BY = Person("Anna", "hr")


@pytest.fixture
def firm(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    assert sqlite.waits(serving=True) == 5 and sqlite.waits(serving=False) == 60
    with staffed(tmp_path, where, base, max="sales_manager", cleo="hr") as found:
        yield found


@contextmanager
def held(where: str) -> Iterator[None]:
    """While somebody else, who is no service, is writing and does not end."""
    if "://" not in where:
        with closing(sqlite3.connect(where, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    engine = sa.create_engine(sa.make_url(where).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        connection.exec_driver_sql("SET search_path = salesdx")
        connection.exec_driver_sql("SELECT lock_head()")
        yield
        connection.rollback()
    engine.dispose()


def test_what_was_typed_is_kept_while_somebody_else_writes(firm: Office, where: str) -> None:
    max_ = Visitor(firm, "max")
    max_.enter()
    case = max_.begin()
    action, told = max_.form(f"/cases/{case}/questions/{GOAL}", f"/questions/{GOAL}")
    token, before = firm.token("cleo"), records(firm, case)
    typed = told | {"do": "save", "answer": "yes", "source": 'Plan "2026", second line', "note": "<b>so</b>"}
    hold = {"kind": "case", "name": "north", "reason": "lawsuit"}
    with held(where), ThreadPoolExecutor() as pool:
        page = max_.post(action, **typed)
        asked = pool.submit(firm.call, "POST", "/acts/hold", token, json=hold)  # the others wait at the same time
        login = Visitor(firm, "max").post("/login", person="max", password="apple-green-tractor-7")
        api = asked.result()
    assert (page.status_code, api.status_code, login.status_code) == (503, 503, 503)
    assert "nothing was recorded, try again in a minute" in api.json()["detail"]
    assert "apple-green" not in login.text and "Go back and try again" in login.text
    assert "send it once more" in page.text and "Traceback" not in page.text + api.text + login.text
    assert records(firm, case) == before
    again, kept = form_of(page)
    assert (again, kept) == (action, typed | {"form_token": kept["form_token"]})
    for _ in range(2):
        assert max_.post(again, **kept).status_code == 303
    (record,) = records(firm, case)[len(before) :]
    assert typed["source"] in str(record.body)


def test_what_was_typed_is_kept_where_not_even_the_login_can_be_read(firm: Office, where: str) -> None:
    """A writer who waits for those that read lets nobody begin to read: who sends a form then has typed in vain."""
    if "://" in where:
        pytest.skip("PostgreSQL lets everybody read")
    max_ = Visitor(firm, "max")
    max_.enter()
    case = max_.begin()
    action, told = max_.form(f"/cases/{case}/questions/{GOAL}", f"/questions/{GOAL}")
    typed = told | {"do": "save", "answer": "yes", "source": 'Plan "2026"', "note": "<b>so</b>"}
    elsewhere = {"Origin": "https://elsewhere.example"}
    with closing(sqlite3.connect(where, isolation_level=None)) as other, ThreadPoolExecutor() as pool:
        other.execute("BEGIN EXCLUSIVE")
        foreign = pool.submit(max_.post, action, elsewhere, **typed)
        page = max_.post(action, **typed)
    assert (page.status_code, foreign.result().status_code) == (503, 503)
    assert "<b>so" not in page.text and "Plan" not in foreign.result().text, "to no other page"
    again, kept = form_of(page)
    assert (again, kept) == (action, typed | {"form_token": kept["form_token"]})
    assert max_.post(again, **kept).status_code == 303


def test_a_file_is_chosen_once_more_and_a_draft_waits_while_somebody_else_writes(firm: Office, where: str) -> None:
    max_ = Visitor(firm, "max")
    max_.enter()
    case = max_.begin(subject="company")
    typed = {"case": case, "reason": "the plan that was agreed", "key": "k", "form_token": max_.token()}

    def send(fields: dict[str, str]) -> httpx.Response:
        files = {"file": ("plan.pdf", PDF, "application/pdf")}
        return max_._sent("POST", "/attachments", data=fields, files=files, headers={"Origin": firm.url})

    anna = Person("anna", "admin", "token")
    change = {"person": "max", "role": "legal", "from": "", "until": ""}
    firm.later(seconds=70)  # so the login is to be marked as used
    draft, entry = firm.server.draft(ChangePeople("role_given", change), anna, str)
    signature = firm.sign("anna", entry.message)
    with held(where), ThreadPoolExecutor() as pool:
        signing = pool.submit(firm.server.sign, draft, anna, *signature)
        page = send(typed)
        with pytest.raises(Busy):
            signing.result()
        if "Go back" in page.text:  # who comes while a writer waits for readers is sent away before the form is read
            page = send(typed)
    assert page.status_code == 503 and "Choose the file once more" in page.text
    again, kept = form_of(page)
    assert (again, kept) == ("/attachments", typed), page.text
    assert 'enctype="multipart/form-data"' in page.text
    assert [send(kept).status_code for _ in range(2)] == [303, 303]
    assert firm.server.register().waiting == {}
    record = firm.server.sign(draft, anna, *signature).record
    assert list(firm.server.register().waiting) == [record]
    with pytest.raises(Refused, match="there is no such draft"):
        firm.server.sign(draft, anna, *signature)


def form_of(page: httpx.Response) -> tuple[str, dict[str, str]]:
    from lxml import html

    (form,) = html.fromstring(page.text).forms
    return form.action, dict(form.form_values())


def test_ten_who_write_at_once_are_all_served(firm: Office) -> None:
    firm.enter(**{f"m{number}": "sales_manager" for number in range(WRITERS)})

    begun = 2  # subject and period

    def works(number: int) -> list[int]:
        visitor = Visitor(firm, f"m{number}")
        visitor.enter()
        case, given = visitor.begin(suspicion="3"), []
        for turn in range(ANSWERS):
            given.append(visitor.answer(case, (GOAL, TOLD)[turn % 2], ("yes", "no")[turn // 2]).status_code)
            given.append(visitor.get(f"/cases/{case}/answers").status_code)
        return given

    with ThreadPoolExecutor(WRITERS) as pool:
        given = list(pool.map(works, range(WRITERS)))
    assert given == [[303, 200] * ANSWERS] * WRITERS
    with firm.trail.read() as reader:
        assert sum(1 for _ in reader.rows(types=("answer",))) == WRITERS * (ANSWERS + begun)
        assert firm.trail.key is not None and verify(reader, [firm.trail.key.public]).word == "UNANCHORED"


def test_who_reads_goes_on_reading_while_a_writer_waits_for_them(trail: Trail, tmp_path: Path) -> None:
    """Asked for a second time, the file would keep both waiting for each other."""
    with ThreadPoolExecutor(1) as pool, trail.read() as reader:
        assert reader.head().size == 1
        written = pool.submit(note, trail, "waits for the reader")
        other = sqlite3.connect(tmp_path / "trail", timeout=0)
        with closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
            while not written.done():  # until the writer wants to commit
                other.execute("SELECT count(*) FROM entry").fetchone()
        with trail.read() as again:
            assert again.head().size == 1
        assert not written.done()
        reader.connection.rollback()  # the end of what is read
        assert written.result(10) == 1
    assert notes(tmp_path / "trail") == 2


def test_nobody_waits_for_who_reads_for_long(firm: Office) -> None:
    max_ = Visitor(firm, "max")
    max_.enter()
    case = max_.begin()
    before = records(firm, case)

    def page(found: ReadFound, desk: Desk) -> str:
        began = time.monotonic()
        assert max_.answer(case, GOAL, "yes").status_code == 303
        assert time.monotonic() - began < sqlite.SERVED_SECONDS
        return "made"

    found, made = firm.server.read(TellCase(case), Person("cleo", "hr", "login"), page)
    assert made == "made" and set(found.records) == {one.seq for one in before}
    assert len(records(firm, case)) == len(before) + 1


# --- a write-ahead log, where the library is new enough ---------------------------------------------------------------


@pytest.fixture
def trail(tmp_path: Path) -> Trail:
    private = new_private_key()
    write_private_key(tmp_path / "trail.key", private)
    create(str(tmp_path / "trail"), SigningKey(private, new_origin()), BY, tmp_path / "trail.key.signed")
    return open_trail(str(tmp_path / "trail"), serving=True)


def journal(trail: Trail) -> tuple[str, int]:
    """How a connection of ours finds the file, and how its commits reach the disk."""
    trail.storage.engine.dispose()  # those that are kept say how they found it
    with trail.storage.engine.connect() as connection:
        run = connection.exec_driver_sql
        return str(run("PRAGMA journal_mode").scalar()), int(run("PRAGMA synchronous").scalar() or 0)


def note(trail: Trail, text: str) -> int:
    with trail.append() as appender:
        return appender.add("statement", {"text": text}, BY)


def notes(where: Path) -> int:
    found = open_trail(str(where))
    with found.read() as reader:
        assert found.key is not None and verify(reader, [found.key.public]).word == "UNANCHORED"
        return reader.head().size


def test_an_older_library_keeps_its_journal(trail: Trail) -> None:
    with write_ahead(trail.storage.engine):
        expected = ("wal", 2) if sqlite3.sqlite_version_info >= WRITE_AHEAD_SINCE else ("delete", 3)
        assert journal(trail) == expected
    assert journal(trail) == ("delete", 3)


@pytest.fixture
def new_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this library were new enough; it has the log, and the fault in it that comes once in a lifetime."""
    monkeypatch.setattr(sqlite, "WRITE_AHEAD_SINCE", (3, 22))


@pytest.mark.usefixtures("new_library")
def test_a_reader_holds_up_no_writer_and_everybody_follows(trail: Trail, tmp_path: Path) -> None:
    with write_ahead(trail.storage.engine):
        assert journal(trail) == ("wal", 2)
        with trail.read() as reader:
            assert reader.head().size == 1
            assert note(trail, "while somebody reads") == 1
            assert reader.head().size == 1, "one moment is read"
        command_line = open_trail(str(tmp_path / "trail"))
        assert note(command_line, "from another program") == 2 and journal(command_line) == ("wal", 2)
        assert (tmp_path / "trail-wal").exists()
    assert journal(trail) == ("delete", 3) and not (tmp_path / "trail-wal").exists()
    assert notes(tmp_path / "trail") == 3


@pytest.mark.usefixtures("new_library")
def test_a_service_that_is_killed_leaves_all_that_it_acknowledged(trail: Trail, tmp_path: Path) -> None:
    for times in range(3):
        trail.storage.engine.dispose()  # no connection goes over a fork
        if (child := os.fork()) == 0:
            with write_ahead(trail.storage.engine):
                note(trail, "acknowledged")
                os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert journal(trail)[0] == "wal" and notes(tmp_path / "trail") == 2 + times
    with write_ahead(trail.storage.engine):
        note(trail, "goes on")
    assert journal(trail) == ("delete", 3) and notes(tmp_path / "trail") == 5


@pytest.mark.usefixtures("new_library")
def test_what_is_erased_is_in_no_log(trail: Trail, tmp_path: Path) -> None:
    secret = "Wanda Zirbelholz"
    with write_ahead(trail.storage.engine):
        seq = note(trail, secret)
        assert secret.encode() in (tmp_path / "trail-wal").read_bytes()
        with trail.append() as appender:
            appender.erase([seq], [], "asked for", BY)
        trail.storage.sweep()
        found = b"".join(path.read_bytes() for path in tmp_path.glob("trail*"))
        assert secret.encode() not in found
