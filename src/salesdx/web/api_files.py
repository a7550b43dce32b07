"""Cases as files for programs: given out with their version, brought back, and begun with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from salesdx.ledger.errors import NoSuch
from salesdx.services.acts import RequestBody
from salesdx.services.case_files import version_of
from salesdx.web.api_cases import CaseOf, new_id, shown_case
from salesdx.web.calling import ToAnswer, ToRead
from salesdx.web.pages.case_file import file_of, record_begun_from, record_brought_back
from salesdx.web.pages.held import check_works, held_page
from salesdx.web.problems import Faulty, RequestFault
from salesdx.web.store import Overtaken

router = APIRouter(tags=["cases"])
SHOWN = "the file"


@dataclass(frozen=True)
class FileOf:
    """The file of a case: its first line says which case it is, and which version of it."""

    file: str


@dataclass(frozen=True)
class FileBody(RequestBody):
    """A case file, YAML or JSON."""

    file: Annotated[str, Field(max_length=1 << 20)]


@router.get("/cases/{case}/file")
def give_file(case: str, calling: ToRead) -> FileOf:
    """A case as a file that the command line reads."""
    return FileOf(file_of(held_page(calling, case)))


@router.put("/cases/{case}/file")
def bring_file_back(case: str, sent: FileBody, calling: ToAnswer, response: Response) -> CaseOf:
    """Take over what a file says that was taken from the case: 412 where the case has gone on since."""
    held_page(calling, case)
    if (of := version_of(sent.file)) is None or of[0] != case:
        told = "the first line of the file does not say that it was taken from this case"
        raise Faulty(RequestFault("other-case", told, "body.file", "take the file of the case, and change that"))
    try:
        return shown_case(record_brought_back(calling, case, sent.file, SHOWN, calling.key), response)
    except Overtaken:
        told = f"the file is of version {of[1]}, and the case has gone on since"
        raise Faulty(RequestFault("changed", told, "body.file", "take the file anew"), status=412) from None


@router.post("/files", status_code=201)
def begin_with_file(sent: FileBody, calling: ToAnswer, response: Response) -> CaseOf:
    """Begin a case with all that a file says."""
    check_works(calling.desk, calling.by)
    id = new_id(calling, sent)
    try:
        held_page(calling, id)
    except NoSuch:
        record_begun_from(calling, id, sent.file, SHOWN)
    response.headers["Location"] = f"/api/v1/cases/{id}"
    return shown_case(held_page(calling, id), response)
