"""Questionnaires in tests: the case they are about, filling them in each form, and what a form holds in plain words."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl

from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text
from salesdx.case.memory import WorkingMemory
from salesdx.questionnaire import INPUTS, Questionnaire
from salesdx.questionnaire.workbook import COLUMNS, HEADER, write_workbook
from salesdx.questionnaire.yaml_form import to_yaml
from salesdx.render.form_page import form_html

Answers = Mapping[str, Mapping[str, object]]
"""Term -> what is written into its blanks."""

CASE = """\
# A comment that stays.
case: north-2026
subject: {kind: territory, ref: T-17}
period: {from: 2026-07-01, to: 2026-09-30}
story: what the manager told, and it stays too
facts:
  case_attainment_pct: {value: 73.25, by: sales_ops, source: secret ledger QZX, note: nobody else reads this}   # kept
  goal_measurable: true
  price_index_vs_competitor_pct:
    - {value: 102.75, by: finance, source: mystery quotes VWK, date: 2026-09-12}
    - {value: 119.5, by: sales_manager, source: opinion PQF, reason: heard it at the JKX fair}
  product_trend_gap_points: {value: not_known, by: product, note: asked Friday YYQ}
"""
SECRETS = ("73.25", "102.75", "119.5", "QZX", "VWK", "JKX", "YYQ", "secret", "manager told", "not read", "PQF")
"""What stands in the case and belongs on no questionnaire."""


def case_memory(base: RuleBase, text: str = CASE) -> WorkingMemory:
    return case_from_text(text, "north-2026.yaml", base)


def yaml_form(form: Questionnaire, answers: Answers) -> bytes:
    """The text form, with answers typed behind its keys."""
    lines, term = [], ""
    for line in to_yaml(form).splitlines():
        key, _, rest = line.strip().removeprefix("- ").partition(":")
        if key == "term":
            term = rest.strip()
        typed = answers.get(term, {}).get(key) if key in INPUTS and line.startswith("    ") else None
        lines.append(line if typed is None else f"{line}{typed}")
    return ("\n".join(lines) + "\n").encode()


def page_form(form: Questionnaire, answers: Answers) -> bytes:
    """The file that the page saves."""
    data = form.to_dict()
    for question in data["questions"]:
        question.pop("look_in", None), question.pop("how", None)
        question.update({key: str(typed) for key, typed in answers.get(question["term"], {}).items()})
    return json.dumps(data, indent=2, ensure_ascii=False).encode()


def workbook_form(form: Questionnaire, answers: Answers) -> bytes:
    """The workbook, with answers typed into its cells."""
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(form)))
    sheet = book.worksheets[0]
    columns = {key: n for n, (key, _, _) in enumerate(COLUMNS, 1)}
    for row in range(HEADER + 1, sheet.max_row + 1):
        for key, typed in answers.get(sheet.cell(row, columns["term"]).value, {}).items():
            sheet.cell(row, columns[key]).value = typed
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


FORMS: dict[str, Callable[[Questionnaire, Answers], bytes]] = {
    "yaml": yaml_form,
    "json": page_form,
    "xlsx": workbook_form,
}
EMPTY: dict[str, Callable[[Questionnaire], bytes]] = {
    "yaml": lambda form: to_yaml(form).encode(),
    "html": lambda form: form_html(form).encode(),
    "xlsx": write_workbook,
}


def held(form: bytes) -> str:
    """Everything that a form holds, unpacked."""
    if not form.startswith(b"PK"):
        return form.decode()
    with zipfile.ZipFile(io.BytesIO(form)) as archive:
        return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def save(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
