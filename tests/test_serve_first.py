"""The service where nothing is set up: one command, one address, the first question.

It is a trial until people are known.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from browser import needs_browser, violations
from conftest import ROOT
from page_visitor import PASSWORD, Visitor
from person_keys import key, made
from salesdx.ledger.log import open_trail
from salesdx.ledger.verify import verify

SERVE = [sys.executable, "-m", "salesdx", "serve"]
SECONDS = 60
"""How long a first start may take."""


def environment(folder: Path, **more: str) -> dict[str, str]:
    """That of somebody who has set up nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SALESDX", "XDG"))}
    return kept | {"HOME": str(folder), "PYTHONPATH": str(ROOT / "src")} | more


@contextmanager
def served(folder: Path, *words: str, **more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A service that was started without any trail, and its address."""
    command = [*SERVE, "--port", "0", *words]
    running = subprocess.Popen(
        command, cwd=folder, env=environment(folder, **more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None and running.stderr is not None
    try:
        address = running.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), running.stderr.read()
        yield address, running
    finally:
        running.terminate()
        running.wait(SECONDS)
        running.stdout.close()
        running.stderr.close()


def visitor(address: str) -> Visitor:
    base = re.match(r"http://[\d.:]+", address)
    assert base is not None
    return Visitor(SimpleNamespace(url=base[0]), "trial")  # type: ignore[arg-type]


def entered(address: str) -> Visitor:
    found = visitor(address)
    given = found.post(httpx.URL(address).path, password=PASSWORD, again=PASSWORD)
    assert (given.status_code, given.headers["location"]) == (303, "/")
    return found


def where(folder: Path) -> Path:
    return folder / ".local/share/salesdx/salesdx.sqlite"


def test_one_command_leads_to_the_first_question(tmp_path: Path) -> None:
    with served(tmp_path) as (address, running):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/welcome/[\w-]{43}", address)
        who = entered(address)
        assert "Trial on this machine" in who.get("/").text
        case = who.begin()
        question = who.get(f"/cases/{case}/next").headers["location"]
        assert re.fullmatch(rf"/cases/{case}/questions/\w+", question)
        assert who.answer(case, "goal_measurable", "yes").status_code == 303
        shown = who.get(who.diagnose(case))
        assert shown.status_code == 200
        assert visitor(address).get(httpx.URL(address).path).status_code == 404, "the link is good once"
        assert who.get("/hr").status_code == 404
        running.terminate()
        assert running.wait(SECONDS) in (0, -15)
        assert running.stderr is not None
        first, *_, last = running.stderr.read().splitlines()
    assert first == f"made the trail {where(tmp_path)}, and its key beside it"
    assert last == (
        "this is a trial on this machine alone: names are only typed, and nothing can be signed; "
        "`salesdx trail people begin` enters people who are known. Ctrl-C ends it"
    )
    assert (where(tmp_path).stat().st_mode & 0o777, where(tmp_path).parent.stat().st_mode & 0o777) == (0o600, 0o700)
    with served(tmp_path) as (address, _):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address), "who has a password needs no link"
        who = visitor(address)
        who.log_in()
        assert case in who.get("/cases").text and who.get(f"/cases/{case}/answers").status_code == 200
    trail = open_trail(str(where(tmp_path)))
    with trail.read() as reader:
        assert trail.key is not None and verify(reader, [trail.key.public]).word == "UNANCHORED"
        headers = [row.header for row in reader.rows()]
    assert {one["identity"] for one in headers} == {"typed"} and "diagnosis" in {one["type"] for one in headers}


def test_the_folder_is_where_the_system_keeps_data(tmp_path: Path) -> None:
    done = subprocess.run(
        [*SERVE, "--check"],
        env=environment(tmp_path, XDG_DATA_HOME=str(tmp_path / "data")),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, (tmp_path / "data/salesdx/salesdx.sqlite").is_file()) == (0, True), done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


@pytest.mark.parametrize(
    "words",
    [("--host", "0.0.0.0", "--behind-proxy", "--address", "https://a.example"), ("--address", "http://localhost")],
)
def test_a_trial_is_for_its_own_machine(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = subprocess.run([*SERVE, *words], env=environment(tmp_path), capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert "what is tried is tried on its own machine alone; `salesdx trail people begin` enters people" in done.stderr


def test_a_trial_ends_with_the_first_two_administrators(tmp_path: Path) -> None:
    with served(tmp_path) as (address, _):
        who = entered(address)
        case = who.begin()
    for name in ("anna", "ben"):
        (tmp_path / name).mkdir()
    keys = {name: made(tmp_path / name, "ed25519") for name in ("anna", "ben")}
    place = ["--trail", str(where(tmp_path))]
    salesdx = [sys.executable, "-m", "salesdx", "trail", "people"]
    admins = [word for name, path in keys.items() for word in ("--admin", f"{name}={name.title()}={path}.pub")]
    assert key(keys["anna"]).text

    def run(*words: Any) -> None:
        subprocess.run([*salesdx, *map(str, words), *place], env=environment(tmp_path), check=True, capture_output=True)

    run("begin", *admins)
    run("prove", "anna", "--key-file", keys["anna"])
    with served(tmp_path) as (address, _):
        who = visitor(address)
        who.log_in()
        assert who.get(f"/cases/{case}/answers").status_code == 200, "one administrator is none"
    run("prove", "ben", "--key-file", keys["ben"])
    with served(tmp_path) as (address, running):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
        who = visitor(address)
        assert who.post("/login", person="trial", password=PASSWORD).status_code == 401
        assert httpx.get(f"{address}/api/v1/trail").json()["people"] is True
        running.terminate()
        assert running.stderr is not None
        assert "this is a trial" not in running.stderr.read()


@needs_browser
def test_in_a_browser(tmp_path: Path, browser: Any) -> None:
    with served(tmp_path) as (address, _):
        page = browser.new_page(viewport={"width": 360, "height": 740})
        page.goto(address)
        assert violations(page) == []
        for field in ("password", "again"):
            page.fill(f"[name={field}]", PASSWORD)
        page.click("main button")
        page.locator("a[href='/cases/new']").first.click()
        page.locator("[name=subject][value=company]").check()
        page.click("main form button:has-text('Begin')")
        page.wait_for_url("**/questions/*")
        assert page.locator("h1").inner_text().endswith("?") and violations(page) == []
        page.close()
