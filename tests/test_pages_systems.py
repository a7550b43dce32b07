"""Figures from the firm's systems at the pages: who sets the mapping, who takes figures, and what the record keeps."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest
from lxml import html

from conftest import ROOT
from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.case.evidence_file import digest_of_bytes, evidence_entries
from salesdx.facts.pseudonyms import new_pseudonym_key
from salesdx.services.served_systems import ServedSystems
from salesdx.trail.book import Book
from served import Office, office
from test_pages_admin import entered, told

MAPPING = "ours.facts.yaml"
TEXT = """\
system: erp
reads: {o: {csv: erp_orders.csv}, p: {csv: hr_people.csv}}
data_until: 2026-11-15
tables:
  orders: {from: o, order_id: OrderNo, person: SalesRep, territory: Region, ordered_on: OrderDate,
    promised_on: ConfirmedDate, delivered_on: DeliveryDate, complete: FullDelivery, cancelled_on: CancelDate}
  people: {from: p, person: EmployeeNo, role: Job, team: Team, sells: Sells}
"""
"""Orders and people alone: all else is refused, since no source has rows of it."""


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("systems")
    (folder / "systems").mkdir()
    for name in ("erp_orders.csv", "hr_people.csv"):
        shutil.copy(ROOT / "examples/furniture-maker" / name, folder / "systems")
    (folder / "systems" / MAPPING).write_text(TEXT)
    (folder / "systems/broken.facts.yaml").write_text("reads: {}\ntables: {ordres: {from: o}}\n")
    new_pseudonym_key(folder / "key")
    systems = ServedSystems(folder / "systems", folder / "key")
    with office(folder, str(folder / "trail"), base, systems=systems) as found:
        found.enter(max="sales_manager", cleo="hr", finn="finance")
        yield found


@pytest.fixture(scope="module")
def people(firm: Office) -> dict[str, Visitor]:
    return {who: entered(firm, who) for who in ("max", "cleo", "anna")}


@pytest.fixture
def mapped(firm: Office, people: dict[str, Visitor]) -> None:
    """An administrator has set the mapping."""
    assert set_mapping(people["anna"], MAPPING) == 303


def set_mapping(anna: Visitor, name: str) -> int:
    """Set a mapping, or with no name none any more; the status."""
    action, fields = anna.form("/admin/systems", "/admin/systems")
    return anna.post(action, **fields | {"name": name}).status_code


def records(firm: Office, *types: str) -> list[dict[str, object]]:
    with firm.trail.read() as reader:
        return [dict(record.body or {}) for record in Book(reader).records(types=types)]


def take(visitor: Visitor, case: str) -> str:
    """Press the button; what is shown then."""
    action, fields = visitor.form(f"/cases/{case}/figures", "/figures")
    given = visitor.post(action, **fields)
    if given.status_code == 303:
        return told(visitor, given.headers["location"])
    assert given.status_code == 422, given.text
    return " ".join(html.fromstring(given.text).xpath("string(//body)").split())


def test_an_administrator_sets_the_mapping_and_a_manager_takes_figures(
    firm: Office, people: dict[str, Visitor]
) -> None:
    max_, anna = people["max"], people["anna"]
    case = max_.begin(subject="company", period="2026-Q3")
    assert set_mapping(anna, "") == 303
    assert "an administrator sets by which mapping" in told(max_, f"/cases/{case}/figures")
    assert "/figures" not in max_.get(f"/cases/{case}/answers").text
    assert max_.get("/admin/systems").status_code == 404

    page = told(anna, "/admin/systems")
    assert f"{MAPPING} Not set" in page and "broken.facts.yaml Has faults; line" in page
    assert [set_mapping(anna, name) for name in ("broken.facts.yaml", "../trail", MAPPING)] == [422, 404, 303]
    assert f"{MAPPING} Set, by record" in told(anna, "/admin/systems")
    assert f"Figures are taken by {MAPPING}." in told(anna, "/admin")
    set_ = records(firm, "mapping_set")[-1]
    assert set_["name"] == MAPPING and str(set_["digest"]).startswith("sha256:")

    assert f"/cases/{case}/figures" in max_.get(f"/cases/{case}/answers").text
    shown = take(max_, case)
    assert "Orders complete and on time" in shown and "Not taken, and why" in shown
    assert "our systems:" in told(max_, f"/cases/{case}/answers")
    drawn = records(firm, "facts_drawn")[-1]
    assert drawn["mapping"] == set_["digest"]
    entries = evidence_entries(str(drawn["evidence"]).encode())
    assert {"delivery_otif_pct"} <= {entry["term"] for entry in entries.values()}

    address = max_.diagnose(case)
    assert "Figures from the firm" in max_.get(address).text
    diagnosis = records(firm, "diagnosis")[-1]
    sealed = diagnosis["evidence"]
    evidence = str(drawn["evidence"]).encode()
    assert sealed == {"digest": digest_of_bytes(evidence), "entries": sorted(evidence_entries(evidence))}
    assert "counts as typed" not in json.dumps(diagnosis["shown"])


@pytest.mark.usefixtures("mapped")
def test_a_form_that_is_sent_twice_draws_once(firm: Office, people: dict[str, Visitor]) -> None:
    max_ = people["max"]
    case = max_.begin(subject="territory", ref="North", period="2026-Q3")
    action, fields = max_.form(f"/cases/{case}/figures", "/figures")
    before = len(records(firm, "facts_drawn"))
    assert [max_.post(action, **fields).status_code for _ in range(2)] == [303, 303]
    assert len(records(firm, "facts_drawn")) == before + 1


@pytest.mark.usefixtures("mapped")
def test_what_people_state_stays_beside_it(people: dict[str, Visitor]) -> None:
    max_ = people["max"]
    case = max_.begin(subject="company", period="2026-Q3")
    max_.answer(case, "delivery_otif_pct", "95")
    shown = take(max_, case)
    assert "Stated otherwise: 95% of orders, by the sales manager" in shown


@pytest.mark.usefixtures("mapped")
def test_figures_of_a_person_are_for_human_resources(firm: Office, people: dict[str, Visitor]) -> None:
    max_, cleo = people["max"], people["cleo"]
    case = max_.begin(subject="person", ref="E-1042", period="2026-Q3")
    assert "Figures of a single person are taken by human resources" in told(max_, f"/cases/{case}/figures")
    action = f"/cases/{case}/figures"
    assert max_.post(action, key="k").status_code == 422
    mine = cleo.begin(subject="person", ref="E-1043", period="2026-Q3")
    assert "no person has the pseudonym" in take(cleo, mine)
    assert not any(record.get("subject") for record in records(firm, "people_seen"))


@pytest.mark.usefixtures("mapped")
def test_a_mapping_that_was_changed_since_is_not_used(firm: Office, people: dict[str, Visitor]) -> None:
    assert firm.systems is not None
    file = firm.systems.folder / MAPPING
    before = file.read_text()
    max_, anna = people["max"], people["anna"]
    case = max_.begin(subject="company", period="2026-Q3")
    file.write_text(before + "# another line\n")
    assert "was changed since an administrator set it" in take(max_, case)
    assert "Changed since it was set" in told(anna, "/admin/systems")
    file.write_text(before)
    orders = firm.systems.folder / "erp_orders.csv"
    orders.rename(orders.with_suffix(".away"))
    assert "the mapping cannot be used now" in take(max_, case)
    orders.with_suffix(".away").rename(orders)
    assert set_mapping(anna, "") == 303
    assert "an administrator sets by which mapping" in told(max_, f"/cases/{case}/figures")
