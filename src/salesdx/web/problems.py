"""What goes wrong, in the one form that clients read: `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from salesdx.ledger.errors import NoSuch, Refused, TrailError
from salesdx.services.logins import LoginRefused
from salesdx.text.issues import IssuesError

MEDIA = "application/problem+json"
MOST_ISSUES = 100


def problem(status: int, detail: str, **more: Any) -> JSONResponse:
    """A problem as a response: what kind, and in plain words what is wrong."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(body, status, media_type=MEDIA, headers=headers)


class _Twice(Exception):
    pass


def said_twice(body: bytes) -> bool:
    """Whether an object in a JSON text has a key twice: readers differ in which one counts. False for what is none."""
    try:
        json.loads(body or b"null", object_pairs_hook=_once)
    except _Twice:
        return True
    except (ValueError, RecursionError):  # what it is then is told by who reads it
        return False
    return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice
    return found


async def problem_of(request: Request, error: Exception) -> JSONResponse:
    """An error that a user can mend. What else goes wrong is a bug of ours, and says nothing of itself."""
    match error:
        case IssuesError(issues=issues):
            return problem(422, str(error), issues=[issue.to_dict() for issue in issues[:MOST_ISSUES]])
        case LoginRefused():
            return problem(401, str(error))
        case NoSuch():
            return problem(404, str(error))
        case Refused():
            return problem(409, str(error))
        case TrailError():
            return problem(503, str(error))
        case HTTPException():
            return problem(error.status_code, str(error.detail))
    raise error


async def validation_problem(request: Request, error: Exception) -> JSONResponse:
    """A body or parameter that is not as described: every fault with its place."""
    assert isinstance(error, RequestValidationError)
    issues = [
        {"code": str(found["type"]), "message": str(found["msg"]), "place": ".".join(map(str, found["loc"]))}
        for found in error.errors()[:MOST_ISSUES]
    ]
    return problem(422, "; ".join(f"{issue['place']}: {issue['message']}" for issue in issues), issues=issues)
