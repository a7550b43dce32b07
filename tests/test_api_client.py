"""A client generated from the description runs a case through; worked cases give the JSON of the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commands import run_salesdx
from conftest import ROOT
from salesdx.base.model import RuleBase
from salesdx.case.file import FIRM_FILE, case_from_text, read_case_file
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Unknown, as_json
from salesdx.web.store import Store
from served import Office, office
from test_api_cases import Program

LATE = ROOT / "examples/late-delivery.yaml"
WORKED = sorted(path for path in (ROOT / "rules/cases").glob("*.yaml") if path.name != FIRM_FILE)
FEW = int(os.environ.get("SALESDX_API_CASES", "2"))
"""So many worked cases are run through."""


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(max="sales_manager")
        yield found


def told_of(memory: WorkingMemory) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is said of each asked term of a case, as a program says it."""
    for name, statements in memory.statements.items():
        if name in memory.fixed or not memory.base.terms[name].question:
            continue
        said = statements[0]
        if said.unknown is Unknown.NOT_APPLICABLE:
            yield name, {"unknown": "not applicable", "reason": said.reason or "it does not apply here"}
        elif said.value is None:
            yield name, {"unknown": "not known"}
        else:
            day = {"date": said.date.isoformat()} if said.date else {}
            yield name, {"value": as_json(said.value), "kind": said.kind, "source": said.source, **day}


def diagnosed(firm: Office, *cases: str) -> list[dict[str, Any]]:
    """What the command line makes of cases as the service holds them."""
    paths = []
    for case in cases:
        row = Store(firm.trail.storage).case(case, "max")
        assert row is not None
        paths.append(firm.folder / f"{case}.yaml")
        paths[-1].write_text(row.text, encoding="utf-8")
    done = run_salesdx("diagnose", *paths, "--format", "json", cwd=firm.folder, env={"PATH": "/usr/bin:/bin"})
    found = json.loads(done.stdout)
    return found if isinstance(found, list) else [found]


def test_a_generated_client_runs_a_case_through(firm: Office, base: RuleBase, tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(firm.call("GET", "/openapi.json").json()), encoding="utf-8")
    (tmp_path / "config.yaml").write_text("post_hooks: []\n", encoding="utf-8")
    words = ("generate", "--path", "openapi.json", "--output-path", "made", "--meta", "none", "--config", "config.yaml")
    tool = Path(sys.executable).with_name("openapi-python-client")
    done = subprocess.run([tool, *words], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "WARNING" not in done.stdout.upper(), done.stdout + done.stderr
    known = read_case_file(LATE, base)  # with the profile of the firm that lies beside it
    (tmp_path / "facts.json").write_text(json.dumps(list(told_of(known))), encoding="utf-8")
    (tmp_path / "run.py").write_text(RUN, encoding="utf-8")
    given = subprocess.run(
        [sys.executable, "run.py", firm.url, firm.token("max")], cwd=tmp_path, capture_output=True, text=True
    )
    assert given.returncode == 0, given.stderr
    found = json.loads(given.stdout)
    assert found.pop("trial") is True
    assert [found] == diagnosed(firm, found["case"])
    assert found["concluded"] == "delivery"


RUN = """
import json, sys
from made import AuthenticatedClient
from made.api.cases import open_case, put_statement, show_statement
from made.api.diagnoses import record_diagnosis_now
from made.models import BeginBody, StatedBody

with AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2]) as client:
    told = BeginBody(subject="company", ref="WOOD-2", period="2026-07-01 to 2026-09-30")
    case = open_case.sync(client=client, body=told).case
    for term, said in json.load(open("facts.json")):
        tag = show_statement.sync(case=case, term=term, client=client).etag
        body = StatedBody.from_dict(said)
        given = put_statement.sync_detailed(case=case, term=term, client=client, body=body, if_match=tag)
        assert given.status_code == 200, (term, given.content)
    print(json.dumps(record_diagnosis_now.sync(case=case, client=client).to_dict()))
"""


@pytest.mark.slow
def test_worked_cases_give_the_json_of_the_command_line(firm: Office, base: RuleBase) -> None:
    program, found = Program(firm, firm.token("max")), []
    for path in WORKED[:: len(WORKED) // FEW][:FEW]:
        memory = case_from_text(path.read_text("utf-8"), path.name, base)
        kind = memory.subject.get("kind", "company")
        begun = {"subject": kind, "ref": f"R-{len(found)}"}  # what is said of one subject counts in all its cases
        if memory.period:
            begun["period"] = " to ".join(day.isoformat() for day in memory.period)
        case = program.begin(**begun)
        for term, said in told_of(memory):
            address = f"/cases/{case}/statements/{term}"
            etag = program.call("GET", address).headers.get("etag", "none")
            given = program.call("PUT", address, json=said, headers={"If-Match": etag})
            if given.status_code == 404:  # the head of the case says it already
                continue
            assert given.status_code == 200 or given.json()["issues"][0]["code"] == "answer", given.text
        found.append(program.call("POST", f"/cases/{case}/diagnoses", 201).json())
        assert found[-1].pop("trial") is True
    assert found == diagnosed(firm, *(one["case"] for one in found))
