"""The types of the contract in the description of the API: each stands in it once, read off `contract.py`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import WithJsonSchema

from salesdx.authoring.contract_schema import diagnosis_schema

MARK = "x-contract"
"""What stands in the description in the place of a type of the contract, until all is put together."""
DEFS, COMPONENTS = "#/$defs/", "#/components/schemas/"


def _of_contract(name: str) -> WithJsonSchema:
    return WithJsonSchema({MARK: name})


DiagnosisJson = Annotated[dict[str, Any], _of_contract("Diagnosis")]
StatementJson = Annotated[dict[str, Any], _of_contract("Statement")]
QuestionJson = Annotated[dict[str, Any], _of_contract("Question")]
SubjectJson = Annotated[dict[str, Any], _of_contract("Subject")]
PeriodJson = Annotated[dict[str, Any], _of_contract("Period")]
ValueJson = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [{"type": ["boolean", "integer", "number", "string"]}, {"type": "object"}],
            "description": "a point, or an interval with the keys of a case file",
        }
    ),
]
FactsJson = Annotated[
    dict[str, Any], WithJsonSchema({"type": "object", "description": "term -> value, or statements as in a case file"})
]


TEXT = {"type": "string"}
FAULT = {
    "type": "object",
    "description": "What is wrong with one part of a request, and what to do about it.",
    "properties": dict.fromkeys(("code", "message", "place", "help"), TEXT),
    "required": ["code", "message"],
}
WHOLE_PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457), in plain words, and each fault of the request.",
    "properties": dict.fromkeys(("type", "title", "detail"), TEXT)
    | {"status": {"type": "integer"}, "issues": {"type": "array", "items": {"$ref": f"{COMPONENTS}Fault"}}},
    "required": ["type", "title", "status", "detail"],
}
FAULTS = (400, 401, 403, 404, 405, 409, 412, 413, 422, 428, 503)
PROBLEM = {
    "description": "what went wrong, in plain words",
    "content": {"application/problem+json": {"schema": {"$ref": f"{COMPONENTS}Problem"}}},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The description of the service, OpenAPI 3.1."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        whole = diagnosis_schema()
        del whole["title"]  # generators would name it by that
        parts = whole.pop("$defs") | {"Diagnosis": whole}
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        assert not schemas.keys() & parts.keys(), schemas.keys() & parts.keys()
        parts |= {"Problem": WHOLE_PROBLEM, "Fault": FAULT}
        kept = {name: part for name, part in (schemas | parts).items() if "ValidationError" not in name}
        made["components"]["schemas"] = dict(sorted(kept.items()))
        for operations in made["paths"].values():
            for operation in operations.values():
                operation["responses"] |= {str(status): PROBLEM for status in FAULTS}
        app.openapi_schema = _put_together(made)
    return app.openapi_schema


def _put_together(part: Any) -> Any:
    if isinstance(part, list):
        return [_put_together(each) for each in part]
    if not isinstance(part, dict):
        return part
    if MARK in part:
        return {"$ref": COMPONENTS + part[MARK]}
    if str(part.get("$ref", "")).startswith(DEFS):
        part = part | {"$ref": part["$ref"].replace(DEFS, COMPONENTS)}
    if part.get("const") is True:  # no generator of clients knows it
        part = {key: each for key, each in part.items() if key != "const"} | {"type": "boolean"}
    return {key: _put_together(each) for key, each in part.items()}
