"""What goes wrong, in the one form that clients read: `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from salesdx.ledger.errors import NoSuch, Refused, TrailError
from salesdx.services.logins import LoginRefused
from salesdx.text.issues import CaseError, IssuesError

MEDIA = "application/problem+json"
MOST_ISSUES = 100


def problem(status: int, detail: str, **more: Any) -> JSONResponse:
    """A problem as a response: what kind, and in plain words what is wrong."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(body, status, media_type=MEDIA, headers=headers)


class _Twice(Exception):
    pass


def is_no_text(body: bytes) -> bool:
    """Whether a JSON text has half of a letter in it, or a number that is none, which no record could hold."""
    try:
        json.dumps(json.loads(body or b"null"), ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError) as error:  # what it is then is told by who reads it
        return "JSON compliant" in str(error)
    return False


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


@dataclass(frozen=True)
class RequestFault:
    """What is wrong with a request: in which part of it, and what to do about it."""

    code: str
    message: str
    place: str = ""
    help: str = ""


class Faulty(Exception):
    """A request that cannot be taken, with all that is wrong with it."""

    def __init__(self, *faults: RequestFault, status: int = 422) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults, self.status = faults, status


@contextmanager
def read_from_request(way: str = "") -> Iterator[None]:
    """What a reader of case files finds wrong with values of a request is told as a fault of the request: what stands
    under ``way`` for the reader stands in the body of the request."""
    try:
        yield
    except CaseError as error:
        places = ("body." + issue.place.path.removeprefix(way) for issue in error.issues)
        faults = (RequestFault(i.code, i.message, at, i.help) for i, at in zip(error.issues, places, strict=True))
        raise Faulty(*faults) from None


async def problem_of(request: Request, error: Exception) -> JSONResponse:
    """An error that a user can mend. What else goes wrong is a bug of ours, and says nothing of itself."""
    match error:
        case Faulty(faults=faults, status=status):
            return problem(status, str(error), issues=[asdict(fault) for fault in faults[:MOST_ISSUES]])
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
