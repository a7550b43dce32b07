"""What an operator does with a service: back it up, upgrade it, look at it, end it; and what its log says of people."""

from __future__ import annotations

import json
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
import uvicorn

from page_visitor import PASSWORD, Visitor
from salesdx.base.model import RuleBase
from salesdx.cli.serve import listening_at
from salesdx.ledger.log import open_trail
from salesdx.ledger.migrations import migrate
from salesdx.ledger.standalone.verifier import read_checkpoint
from salesdx.ledger.verify import verify
from salesdx.web.app import server_app
from salesdx.web.migrations import STEPS
from salesdx.web.tables import REVISION, tables_of
from salesdx.web.watching import Figures
from served import Office, staffed
from test_serve_first import SECONDS, entered, environment, served, visitor, where

SALESDX = [sys.executable, "-m", "salesdx"]


@pytest.fixture
def firm(tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with staffed(tmp_path, str(tmp_path / "trail"), base, max="sales_manager") as found:
        yield found


def run(folder: Path, *words: str | Path, fails: str = "") -> str:
    done = subprocess.run(
        [*SALESDX, *map(str, words)], env=environment(folder), capture_output=True, text=True, cwd=folder, check=False
    )
    assert (done.returncode == 0) == (not fails) and fails in done.stderr, done.stderr
    return done.stdout


def test_a_backup_verifies_and_serves(tmp_path: Path) -> None:
    with served(tmp_path) as (address, _):
        who = entered(address)
        case = who.begin()
        assert who.answer(case, "goal_measurable", "yes").status_code == 303
        told = run(tmp_path, "serve", "backup", "monday.trail")
        assert re.fullmatch(
            r"\d+ records are in `monday.trail`, and their checkpoint in `monday.trail.checkpoint`\n", told
        )
        run(tmp_path, "serve", "backup", "monday.trail", fails="`monday.trail.checkpoint` exists")
        run(tmp_path, "serve", "--port", "0", "backup", "x", fails="options of `serve backup` stand after it")
    trail = where(tmp_path)
    checkpoint = read_checkpoint((tmp_path / "monday.trail.checkpoint").read_text())
    copy = open_trail(str(tmp_path / "monday.trail"), trail.with_name(f"{trail.name}.key"))
    with copy.read() as reader:
        assert copy.key is not None and verify(reader, [copy.key.public]).word == "UNANCHORED"
        assert (reader.head().size, reader.head().frontier.root()) == (checkpoint.size, checkpoint.root)
    trail.unlink()  # the disk is lost, and the copy takes its place
    (tmp_path / "monday.trail").rename(trail)
    with served(tmp_path) as (address, _):
        who = visitor(address)
        who.log_in()
        assert who.get(f"/cases/{case}/answers").status_code == 200
        assert who.answer(case, "goal_communicated", "no").status_code == 303


def test_tables_of_an_older_program_are_brought_up_to_date(firm: Office, tmp_path: Path) -> None:
    max_ = Visitor(firm, "max")
    max_.enter()
    storage = firm.trail.storage
    with storage.migrating() as connection:
        migrate(connection, "0002", down=True, steps=STEPS)
    told = run(tmp_path, "serve", "upgrade", "--trail", "trail")
    assert re.fullmatch(r"trail is up to date, with \d+ records\n", told)
    with storage.reading() as reader:
        assert reader.connection.execute(tables_of(reader.connection).web_version.select()).scalar() == REVISION
    max_.log_in()
    run(tmp_path, "serve", "upgrade", "--trail", "none", fails="there is no trail `none`")


def test_whether_it_is_ready(firm: Office) -> None:
    def asked(path: str) -> tuple[int, str]:
        given = httpx.get(firm.url + path, headers={"Host": "10.0.0.7"})
        return given.status_code, given.text

    assert (asked("/health"), asked("/health/ready")) == ((200, "ok\n"), (200, "ready\n"))
    key, firm.trail.key = firm.trail.key, None
    assert (asked("/health"), asked("/health/ready")) == ((200, "ok\n"), (503, "not ready\n"))
    assert "salesdx_ready 0.0" in httpx.get(f"{firm.url}/metrics").text
    firm.trail.key = key
    with firm.trail.storage.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE head RENAME TO gone")
    assert (asked("/health"), asked("/health/ready")) == ((200, "ok\n"), (503, "not ready\n"))


def test_figures_hold_no_content(firm: Office) -> None:
    max_ = Visitor(firm, "max")
    link = max_.link()
    assert max_.post(link, password=PASSWORD, again=PASSWORD).status_code == 303
    case = max_.begin(suspicion="3")
    httpx.get(f"{firm.url}/r/{'x' * 43}")
    httpx.request("PROPFIND", f"{firm.url}/wanda-zirbelholz")
    told = httpx.get(f"{firm.url}/metrics")
    assert told.headers["content-type"].startswith("text/plain; version=")
    lines = told.text.splitlines()
    assert 'salesdx_requests_total{method="POST",route="/welcome/{token}",status="303"} 1.0' in lines
    assert 'salesdx_requests_total{method="GET",route="/r/{token}",status="404"} 1.0' in lines
    assert 'salesdx_requests_total{method="other",route="none",status="404"} 1.0' in lines
    with firm.trail.read() as reader:
        assert f"salesdx_trail_records {float(reader.head().size)}" in lines
    assert any(line.startswith("process_cpu_seconds_total") for line in lines)
    assert any(line.startswith('salesdx_request_seconds_bucket{kind="page",le="0.005"}') for line in lines)
    for secret in (case, link.rpartition("/")[2], '"max"', "wanda", "x" * 43):
        assert secret not in told.text, secret


@pytest.mark.parametrize(
    ("token", "behind_proxy", "given", "status"),
    [
        ("", False, {}, 200),
        ("", False, {"Host": "localhost"}, 200),
        ("", True, {}, 404),
        ("", True, {"Authorization": "Bearer"}, 404),
        ("s3cret", False, {}, 404),
        ("s3cret", True, {"Authorization": "Bearer s3cret"}, 200),
        ("s3cret", True, {"Authorization": "Bearer s3cret2"}, 404),
        ("s3cret", True, {"Authorization": "Bearer é".encode().decode("latin-1")}, 404),
    ],
)
def test_who_may_read_the_figures(
    firm: Office, token: str, behind_proxy: bool, given: dict[str, str], status: int
) -> None:
    figures = Figures(firm.server, token, behind_proxy)
    with at_a_service(firm, figures) as url:
        headers = {name: value.encode("latin-1") for name, value in given.items()}
        assert httpx.get(f"{url}/metrics", headers=headers).status_code == status


class at_a_service:
    """A service over an office's trail with a page that has a fault."""

    def __init__(self, firm: Office, figures: Figures | None = None) -> None:
        app = server_app(firm.server, figures=figures)

        def broken(typed: str = "") -> None:
            raise ValueError(f"what {typed} typed")

        for path in ("/broken", "/api/v1/broken"):
            app.add_api_route(path, broken)
        self.socket = listening_at("127.0.0.1", 0)
        self.running = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        self.thread = threading.Thread(target=self.running.run, kwargs={"sockets": [self.socket]}, daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self.running.should_exit = True
        self.thread.join()
        self.socket.close()


def test_a_fault_of_ours_is_told_by_its_place(firm: Office, caplog: pytest.LogCaptureFixture) -> None:
    with at_a_service(firm) as url:
        page = httpx.get(f"{url}/broken", params={"typed": "Wanda"})
        api = httpx.get(f"{url}/api/v1/broken", params={"typed": "Wanda"})
    assert (page.status_code, api.status_code) == (500, 500)
    assert "This is a fault of the service" in page.text
    assert api.json()["detail"] == "this is a fault of the service; nothing was saved"
    (one, two) = (json.loads(line.message) for line in caplog.records if line.name == "salesdx.requests")
    assert one["fault"] == two["fault"] == "ValueError" and one["at"][-1].startswith("test_serve_operation.py:")
    assert "Wanda" not in caplog.text + page.text + api.text and "Traceback" not in caplog.text


TYPED = ("Zirbelholz", "zirbel", "E-7734", "73.25", "Plan 2031", "geheim", "apple-green-tractor")
"""What is typed in a session, each of which can be told from all else."""


def test_the_log_holds_nothing_of_what_people_do(tmp_path: Path) -> None:
    with served(tmp_path, "--log") as (address, running):
        who = entered(address)
        case = who.begin(subject="person", ref="E-7734", suspicion="3")
        for term, value in (("goal_measurable", "yes"), ("goal_communicated", "zirbel")):
            who.answer(case, term, value, source="Plan 2031", note="Wanda Zirbelholz said: geheim")
        action, told = who.form(f"/cases/{case}/requests", "/requests/finance")
        page = who.post(action, **told | {"receiver-finance": "Wanda Zirbelholz"}).text
        (link,) = set(re.findall(r"/r/([\w-]{43})", page))
        who.get(f"/r/{link}")
        who.post(f"/r/{link}", form_token="")
        who.diagnose(case)
        who.get("/login", params={"to": "/cases/Zirbelholz"})
        who.get("/zirbel/geheim")
        who.post("/login", person="zirbel", password="geheim geheim geheim")
        httpx.post(f"{who.firm.url}/api/v1/login", content=b'{"person": "Zirbelholz"')
        httpx.get(f"{who.firm.url}/login", headers={"Host": "zirbel.example", "Authorization": "Bearer geheim"})
        secrets = [*TYPED, case, link, *who.cookies.values(), httpx.URL(address).path.rpartition("/")[2], "Wanda"]
        running.terminate()
        assert running.stderr is not None
        log = running.stderr.read()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    routes = {(line["method"], line["route"], line["status"]) for line in lines}
    assert {("POST", "/r/{token}", 303), ("GET", "none", 404), ("GET", "none", 421)} <= routes
    assert ("POST", "/cases/{case}/questions/{term}", 303) in routes and len(lines) > 15
    assert {tuple(sorted(line)) for line in lines} == {("method", "ms", "route", "status", "time")}
    assert [secret for secret in secrets if secret in log] == []


def test_it_ends_after_the_requests_that_run(tmp_path: Path) -> None:
    with served(tmp_path) as (address, running):
        who = entered(address)
        case = who.begin()
        action, told = who.form(f"/cases/{case}/questions/goal_measurable", "/goal_measurable")
        told |= {"do": "save", "answer": "yes", "form_token": who.token()}
        headers = {
            "Origin": who.firm.url,
            "Cookie": "; ".join(f"{name}={value}" for name, value in who.cookies.items()),
        }
        made = httpx.Request("POST", who.firm.url + action, data=told, headers=headers)
        head = "".join(f"{name}: {value}\r\n" for name, value in made.headers.items())
        url = httpx.URL(address)
        with (
            closing(sqlite3.connect(where(tmp_path), isolation_level=None)) as other,
            socket.create_connection((url.host, url.port)) as sent,
        ):
            other.execute("BEGIN IMMEDIATE")
            sent.sendall(f"POST {action} HTTP/1.1\r\n{head}\r\n".encode() + made.read())
            while not is_taken(sent):
                pass
            running.send_signal(signal.SIGTERM)
            with pytest.raises(httpx.TransportError):
                while True:  # until nothing new is taken
                    httpx.get(f"{who.firm.url}/health", timeout=SECONDS)
            assert running.poll() is None
            other.execute("ROLLBACK")
            assert sent.recv(100).startswith(b"HTTP/1.1 303 ")
        assert running.wait(SECONDS) in (0, -15)


def is_taken(sent: socket.socket) -> bool:
    """Whether the other end has read all that was sent."""
    ours, theirs = (f":{address[1]:04X}" for address in (sent.getsockname(), sent.getpeername()))
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines())
    (row,) = (row for row in rows if row[1].endswith(theirs) and row[2].endswith(ours))
    return row[4].endswith(":00000000")
