"""A PostgreSQL server for tests: a cluster of its own in a temporary folder, on a Unix socket, with no password.

Every test can ask for the fixture ``postgresql``, and takes a database from `Cluster.emptied` or makes one.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from lacking import lacking

HOMES = ["/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin"]
ADMIN = "admin"
"""The superuser of the cluster."""
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "16MB",
    "max_connections": "40",
    "unix_socket_permissions": "0777",
    "logging_collector": "off",
}


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`; None where no PostgreSQL is installed."""
    found = shutil.which("initdb")
    homes = [Path(home) for home in HOMES] + ([Path(found).resolve().parent] if found else [])
    return next((home for home in homes if (home / "initdb").exists() and (home / "postgres").exists()), None)


class Cluster:
    """A server that runs, until ``stop``."""

    started: ClassVar[dict[str, Cluster]] = {}
    """Folder -> the server in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has at most 107 characters
        self.process: subprocess.Popen[bytes] | None = None
        self.number = 0
        self.shared: str | None = None
        if os.getuid() == 0:  # PostgreSQL does not run as root
            shutil.chown(self.folder, "nobody", "nogroup")
        self.started[str(self.folder)] = self
        self._run("initdb", "-D", "data", "-U", ADMIN, "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "-N")
        self.start()

    def _command(self, program: str, *arguments: str) -> list[str]:
        as_other = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]
        return [*(as_other if os.getuid() == 0 else []), str(self.home / program), *arguments]

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(self._command(program, *arguments), cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start the server, or start it again, and wait until it answers."""
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = self._command("postgres", "-D", "data", "-k", str(self.folder), *settings)
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        for _ in range(600):
            if self.answers():
                return
            assert self.process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())

    def answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url()).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """End the server and all its processes at once, as a power cut would."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)  # it starts nothing more
        for child in children(self.process.pid):
            os.kill(child, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres", role: str = ADMIN) -> str:
        return f"postgresql://{role}@/{database}?host={self.folder}"

    @classmethod
    def of(cls, url: str) -> Cluster:
        """The server at an address."""
        return cls.started[url.rpartition("?host=")[2]]

    def query(self, sql: str, database: str = "postgres", role: str = ADMIN) -> list[tuple[object, ...]]:
        """Run statements as a role, each committed; the rows of the last one. Raises psycopg.Error."""
        import psycopg

        with psycopg.connect(self.url(database, role), autocommit=True) as connection:
            cursor = connection.execute(sql)  # type: ignore[arg-type]
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def database(self) -> str:
        """A new, empty database; 0.2 s."""
        self.number += 1
        name = f"test_{self.number}"
        self.query(f"CREATE DATABASE {name}")
        return name

    def emptied(self) -> str:
        """The database that tests share, without the trail of the last one; 0.02 s."""
        if self.shared is None:
            self.shared = self.database()
        self.query("DROP SCHEMA IF EXISTS salesdx, salesdx_web CASCADE", self.shared)
        return self.shared

    def copied(self, database: str) -> str:
        """The database that tests share, as a copy of another one to which nobody is connected; 0.1 s."""
        self.shared = self.shared or self.database()
        self.query(f"DROP DATABASE {self.shared} WITH (FORCE)")
        self.query(f"CREATE DATABASE {self.shared} TEMPLATE {database}")
        return self.shared


def children(process: int) -> list[int]:
    """The processes that a process has started and that live."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(parts[1]) == process:
            found.append(int(status.parent.name))
    return found


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """The server that all tests of a run share; import this name into the test module that uses it."""
    home = programs()
    if home is None:
        lacking("no PostgreSQL is installed")
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    cluster = Cluster(home)
    yield cluster
    cluster.stop()
