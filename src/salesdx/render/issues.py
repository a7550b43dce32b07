"""Issues for people, editors and builds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from salesdx.characters import visible
from salesdx.issues import Issue
from salesdx.model import RuleBase
from salesdx.render.data import to_json

FORMATS = ("text", "json", "sarif", "github")
SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def render_issues(issues: Sequence[Issue], format: str) -> str:
    """Issues in one of FORMATS, each line ended."""
    match format:
        case "json":
            return to_json([issue.to_dict() for issue in issues])
        case "sarif":
            return to_json(_sarif(issues))
        case "github":
            return "".join(f"{_annotation(issue)}\n" for issue in issues)
    return "".join(f"{issue}\n" for issue in issues)


def summary(base: RuleBase) -> str:
    """What a rule base without faults holds, in a line."""
    parts = {"terms": base.terms, "rules": base.rules, "interventions": base.interventions, "stages": base.stages}
    held = ", ".join(f"{len(part)} {name}" for name, part in parts.items())
    return f"no faults: {held}; version {base.version}, {base.digest}"


def _annotation(issue: Issue) -> str:
    """An annotation for a build on GitHub (workflow commands, `::error file=...::message`)."""
    place = issue.place
    level = issue.severity if issue.severity in ("error", "warning") else "notice"
    where = {
        "file": place.path, "line": place.line, "endLine": place.end_line, "col": place.column,
        "endColumn": place.end_column, "title": issue.code,
    }  # fmt: skip
    properties = ",".join(f"{key}={_escape(str(part), ',:')}" for key, part in where.items())
    return f"::{level} {properties}::{_escape(_message(issue))}"


def _escape(text: str, more: str = "") -> str:
    for char in "%\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return visible(text)


def _message(issue: Issue) -> str:
    return f"{issue.message}\n{issue.help}" if issue.help else issue.message


def _sarif(issues: Sequence[Issue]) -> dict[str, Any]:
    """SARIF 2.1.0 (OASIS): one run with a result for each issue."""
    results = [
        {
            "ruleId": issue.code,
            "level": issue.severity if issue.severity in ("error", "warning") else "note",
            "message": {"text": _message(issue)},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": quote(os.fsencode(issue.place.path.replace("\\", "/")))},
                        "region": {
                            "startLine": issue.place.line,
                            "startColumn": issue.place.column,
                            "endLine": issue.place.end_line,
                            "endColumn": issue.place.end_column,
                        },
                    }
                }
            ],
        }
        for issue in issues
    ]
    rules = [{"id": code} for code in sorted({issue.code for issue in issues})]
    return {
        "$schema": SARIF,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "salesdx", "rules": rules}}, "results": results}],
    }
