"""Issues for people, editors and builds."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from salesdx.authoring.checks.check import Check
from salesdx.base.model import RuleBase
from salesdx.render.json_text import to_json
from salesdx.text.english import listed
from salesdx.text.issues import Issue
from salesdx.text.printable import visible

FORMATS = ("text", "json", "sarif", "github")
LEVELS = ("error", "warning", "note")
"""What an issue's severity can be, the worst first."""
SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def render_issues(issues: Sequence[Issue], format: str, checks: Sequence[Check] = ()) -> str:
    """Issues in one of FORMATS, each line ended; SARIF brings the pages of the checks that told them."""
    match format:
        case "json":
            return to_json([issue.to_dict() for issue in issues])
        case "sarif":
            return to_json(_sarif(issues, {check.code: check for check in checks}))
        case "github":
            return "".join(f"{_annotation(issue)}\n" for issue in issues)
    return "".join(f"{issue}\n" for issue in issues)


def base_summary(base: RuleBase) -> str:
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


def level_count(issues: Sequence[Issue]) -> str:
    """How many issues of each level there are, in how many files."""
    found = {level: sum(issue.severity == level for issue in issues) for level in LEVELS}
    parts = [f"{number} {level}{'s' * (number != 1)}" for level, number in found.items() if number]
    files = len({issue.place.path for issue in issues})
    return f"{listed(parts)} in {files} file{'s' * (files != 1)}"


def _sarif(issues: Sequence[Issue], checks: Mapping[str, Check]) -> dict[str, Any]:
    """SARIF 2.1.0 (OASIS): one run with a result for each issue."""
    results = [
        {
            "ruleId": issue.code,
            "level": issue.severity,
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
    rules = [{"id": code, **_about(checks.get(code))} for code in sorted({issue.code for issue in issues})]
    return {
        "$schema": SARIF,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "salesdx", "rules": rules}}, "results": results}],
    }


def _about(check: Check | None) -> dict[str, Any]:
    """What SARIF tells of a check; nothing of what loading finds, which has no page."""
    if check is None:
        return {}
    return {
        "shortDescription": {"text": check.title},
        "help": {"text": check.page, "markdown": check.page},
        "defaultConfiguration": {"level": check.severity},
    }
