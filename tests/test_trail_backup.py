"""A copy of a trail while its service writes: whole, proven, and never over another file."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from conftest import ROOT
from salesdx.base.model import RuleBase
from salesdx.ledger.backup import back_up
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.log import open_trail
from salesdx.ledger.verify import verify
from served import office

LATE = ROOT / "examples/late-delivery.yaml"


def test_a_copy_while_the_service_writes(tmp_path: Path, base: RuleBase) -> None:
    with office(tmp_path, str(tmp_path / "trail"), base) as firm:
        firm.enter(cleo="hr")
        firm.log_in("cleo")
        firm.run("cleo", "diagnose", LATE)
        token, written, stop = firm.token("cleo"), [0], threading.Event()

        def write() -> None:
            while not stop.is_set():
                body = {"kind": "case", "name": "late-delivery", "reason": f"number {written[0]}"}
                given = firm.call("POST", "/acts/hold", token, json=body)
                assert given.status_code == 200, given.text
                written[0] = given.json()["record"]

        writing = threading.Thread(target=write)
        writing.start()
        try:
            sizes = []
            for number in range(5):
                before, until = written[0], time.monotonic() + 30
                while written[0] == before and time.monotonic() < until:  # the next record is there
                    time.sleep(0.005)
                least = written[0]
                sizes.append(back_up(firm.trail.storage, tmp_path / f"copy-{number}"))
                assert sizes[-1] > least, "what was acknowledged before is in it"
        finally:
            stop.set()
            writing.join()
        assert sizes == sorted(sizes) and sizes[-1] > sizes[0], "there were records meanwhile"
        for number, size in enumerate(sizes):
            copy = open_trail(str(tmp_path / f"copy-{number}"), write=False)
            assert (tmp_path / f"copy-{number}").stat().st_mode & 0o777 == 0o600
            with copy.read() as reader:
                assert reader.head().size == size
                assert firm.trail.key is not None
                assert verify(reader, [firm.trail.key.public]).word == "UNANCHORED"
        with pytest.raises(TrailError, match=r"`.*copy-0` exists; a copy is never written over another one"):
            back_up(firm.trail.storage, tmp_path / "copy-0")
        old = open_trail(str(tmp_path / "copy-0"), tmp_path / "trail.key", serving=True)
        with pytest.raises(TrailError, match="it was cut, or brought back from an older copy"), old.append():
            pass
        assert list(tmp_path.glob(".copy*")) == []


def test_where_no_copy_is_made(where: str, tmp_path: Path, base: RuleBase) -> None:
    with office(tmp_path, where, base) as firm:
        if "://" in where:
            with pytest.raises(Refused, match="is copied by `pg_dump`"):
                back_up(firm.trail.storage, tmp_path / "copy")
            return
        told = firm.run("anna", "trail", "backup", "copy", fails="is a service, and this is done where the trail lies")
        assert not (tmp_path / "copy").exists() and told
        with pytest.raises(TrailError, match="cannot be made"):
            back_up(firm.trail.storage, tmp_path / "none" / "copy")
