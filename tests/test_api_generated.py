"""The API against requests that another program generates from its description: no 5xx, and every answer as described.

`SALESDX_API_REQUESTS` for more than 300 requests.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from salesdx.base.model import RuleBase
from served import Office, office
from test_api_cases import GOAL, Program

REQUESTS = int(os.environ.get("SALESDX_API_REQUESTS", "100"))
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth"
PEOPLE = {"max": "sales_manager", "carl": "consultant", "anna": "admin"}


def known(firm: Office) -> str:
    """Settings with what there is in the firm, so that not all is answered by a 404."""
    max_, anna = Program(firm, firm.token("max")), Program(firm, firm.token("anna"))
    case = max_.begin(subject="person", ref="E-1042")
    etag = max_.state(case, GOAL, value=False).headers["etag"]
    record = max_.call("POST", f"/cases/{case}/diagnoses", 201).headers["location"].rpartition("/")[2]
    asked = {"respondent": "finance", "receiver": "Finn"}
    request = max_.call("POST", f"/cases/{case}/requests", 201, json=asked).json()["request"]
    body = {"application": "app-crm", "role": "sales_manager", "scopes": ["cases"]}
    token = anna.call("POST", "/applications/tokens", 201, json=body).json()["id"]
    told = {"case": case, "term": GOAL, "record": record, "request": request, "rule": "G1", "id": token, "draft": "x"}
    lines = [f'"path.{name}" = {json.dumps(value)}' for name, value in told.items()]
    return "\n".join(["[parameters]", *lines, f'"header.If-Match" = {json.dumps(etag)}', ""])


@pytest.mark.slow
def test_generated_requests_meet_no_fault_of_the_service(tmp_path: Path, base: RuleBase) -> None:
    with office(tmp_path, str(tmp_path / "trail"), base) as firm:
        firm.enter(**{who: role for who, role in PEOPLE.items() if role != "admin"})
        firm._change(
            ("person_added", {"person": "app-crm", "name": "CRM", "reports_to": ""}),
            ("role_given", {"person": "app-crm", "role": "sales_manager", "from": "", "until": ""}),
        )
        (tmp_path / "settings.toml").write_text(known(firm), encoding="utf-8")
        sent = 0
        for who in PEOPLE:
            sent += run(firm, who, REQUESTS // len(PEOPLE), tmp_path)
            if REQUESTS <= 300:
                break
        print(f"{sent} requests")


def run(firm: Office, who: str, most: int, folder: Path) -> int:
    """Generated requests of somebody; how many there were."""
    tool = Path(sys.executable).with_name("schemathesis")
    operations = sum(map(len, firm.call("GET", "/openapi.json").json()["paths"].values()))
    words = [
        "--config-file", "settings.toml", "run", f"{firm.url}/api/v1/openapi.json",
        "--header", f"Authorization: Bearer {firm.token(who)}", "--checks", CHECKS, "--phases", "fuzzing",
        "--max-examples", str(max(1, most // operations)), "--continue-on-failure", "--seed", "7", "--no-color",
        "--exclude-path", "/api/v1/login", "--exclude-path", "/api/v1/rules/beside", "--request-timeout", "60",
        "--suppress-health-check", "all", "--warnings", "off",
    ]  # fmt: skip
    done = subprocess.run([tool, *words], cwd=folder, capture_output=True, text=True)
    counted = re.search(r"(\d[\d,]*) generated", done.stdout)
    assert done.returncode == 0 and counted, done.stdout[-6_000:] + done.stderr[-2_000:]
    return int(counted[1].replace(",", ""))
