"""All units at once at the pages: who sets the schedule, who reads the list, and that one is made when it is due."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from conftest import ROOT
from page_visitor import Visitor
from postgresql_cluster import Cluster
from salesdx.base.model import RuleBase
from salesdx.services.served_systems import ServedSystems
from salesdx.web.scans import LOOKS, KeptScan, Scans, ScanSchedule
from salesdx.web.tables import tables_of
from served import Office, office
from test_pages_admin import entered, told
from test_pages_systems import set_mapping


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("scans")
    shutil.copytree(ROOT / "examples/furniture-maker", folder / "systems")
    with office(folder, str(folder / "trail"), base, systems=ServedSystems(folder / "systems")) as found:
        found.enter(max="sales_manager", finn="finance")
        yield found


@pytest.fixture(scope="module")
def people(firm: Office) -> dict[str, Visitor]:
    return {who: entered(firm, who) for who in ("max", "finn", "anna")}


def schedule(anna: Visitor, **typed: str) -> int:
    """Set a schedule; the status."""
    action, fields = anna.form("/admin/scans", "/admin/scans")
    return anna.post(action, **fields | typed).status_code


def waited(visitor: Visitor, words: str) -> str:
    """The page of the last scan, once it says so."""
    until = time.monotonic() + 2 * LOOKS
    while words not in (page := told(visitor, "/scan")):
        assert time.monotonic() < until, page
        time.sleep(0.3)
    return page


def another(firm: Office) -> Scans:
    """Another service at the same database."""
    assert firm.systems is not None
    return Scans(firm.trail.storage, firm.systems, lambda: firm.base, firm.server.now)


def test_a_schedule_is_set_and_the_list_is_read(firm: Office, people: dict[str, Visitor]) -> None:
    max_, anna = people["max"], people["anna"]
    assert set_mapping(anna, "") == 303
    assert schedule(anna, every="") == 303
    assert "No scans are made" in told(max_, "/scan") and 'href="/scan"' in max_.get("/cases").text
    assert schedule(anna, every="week", months="3", kinds="territory") == 303
    assert "no mapping of the firm" in waited(max_, "could not be made")

    assert set_mapping(anna, "ours.facts.yaml") == 303
    assert schedule(anna, every="week", months="3", kinds="territory") == 303
    page = waited(max_, "Below goal, by territory")
    assert "2026-07-01 to 2026-09-30" in page and "Each week, set by Anna; the next one on" in page
    assert "could not be made" not in page and "West" in page and "50,651.64" in page

    other, now = another(firm), firm.server.now()
    other.set_schedule(ScanSchedule("week", 3, ("territory",), "anna", now - timedelta(days=8)))
    other.run_due()  # or the service has begun with it
    assert "multiples" in max_.get("/scan").text and "What changed" in waited(max_, "What changed since the last scan")
    after = other.schedule()
    assert after is not None and after.next - now == timedelta(days=6) and not other.run_due()
    with firm.trail.storage.reading() as reader:
        kept = reader.connection.execute(sa.select(tables_of(reader.connection).scan.c.data)).scalars().all()
    scans = [json.loads(data) for data in kept if data]
    assert len(scans) == 2 and scans[0] == scans[1] and len(scans[0]["units"]) == 4


def test_who_may_what(people: dict[str, Visitor]) -> None:
    max_, finn, anna = people["max"], people["finn"], people["anna"]
    assert [one.get("/scan").status_code for one in (max_, finn, anna)] == [200, 404, 404]
    assert [one.get("/admin/scans").status_code for one in (max_, finn, anna)] == [404, 404, 200]
    assert max_.post("/admin/scans", every="day").status_code == 404
    wrong = ({"kinds": "person"}, {"kinds": "planet"}, {"kinds": ""}, {"every": "hour"}, {"months": "5"})
    assert [schedule(anna, **{"every": "week", "kinds": "territory"} | one) for one in wrong] == [422] * 5


def test_of_two_services_one_makes_the_scan(firm: Office) -> None:
    one, two = another(firm), another(firm)
    due = ScanSchedule("day", 3, ("territory",), "anna", firm.server.now())
    one.set_schedule(due)
    found = one.schedule()
    assert found is not None
    assert [one._claim(found, due.next), two._claim(found, due.next)] == [True, False]
    one.set_schedule(None)


def test_schedule_and_scans_in_postgresql(tmp_path: Path, base: RuleBase, postgresql: Cluster) -> None:
    where = postgresql.url(postgresql.database())
    with office(tmp_path, where, base) as firm:  # it has no systems, so nobody but this test looks at the time
        scans = Scans(firm.trail.storage, ServedSystems(tmp_path), lambda: base, firm.server.now)
        now = firm.server.now()
        scans.set_schedule(ScanSchedule("week", 3, ("territory", "product"), "anna", now))
        assert [scans.run_due(), scans.run_due()] == [True, False]
        assert scans.schedule() == ScanSchedule("week", 3, ("territory", "product"), "anna", now + timedelta(weeks=1))
        last = scans.newest(whole=False)
        assert last is not None and "no mapping" in last.fault and scans.newest(whole=True) is None
        kept = KeptScan(firm.server.now(), "a page", "{}", "")
        scans._keep(kept)
        assert scans.newest(whole=True) == kept
