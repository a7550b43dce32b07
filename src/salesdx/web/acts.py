"""Acts of people: done at once with a token, or drafted and then signed by the person."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field

from salesdx.ledger.errors import Refused
from salesdx.ledger.standalone.person_signatures import unarmored
from salesdx.ledger.standalone.verifier import Invalid
from salesdx.render.asked_pages import asked_pages
from salesdx.render.blocks import Report
from salesdx.render.trail import render_page
from salesdx.render.trail.adoption_page import adoption_text
from salesdx.render.trail.against_page import against_report
from salesdx.render.trail.bundle_pages import bundle_reports
from salesdx.render.trail.copy_pages import copy_reports
from salesdx.render.trail.erasure_pages import erasure_report, retention_report
from salesdx.render.trail.letter_pages import letter_report
from salesdx.render.trail.report_tables import impact_page
from salesdx.render.trail.voices import statement_report
from salesdx.services.acts import Act, Done, RequestBody
from salesdx.services.adopting import ProposeRules
from salesdx.services.case_acts import RecordCases, RecordExplanation, StateView, WriteLetter
from salesdx.services.file_acts import EraseByStep, EraseDue, ReadAgainst
from salesdx.services.trail_acts import ACTS, ExportBundle, ReportByGroups
from salesdx.trail.person_copy import Copy
from salesdx.trail.recording import recorded_case
from salesdx.web.asking import Asking, Once, PageFormat, Server, TableFormat, Width

router = APIRouter(tags=["acts"])


def _page(report: Callable[[Any], Report]) -> Callable[[Any, str, int], str]:
    return lambda shown, format, width: render_page(report(shown), None, format, width)


def _export_pages(shown: Any, format: str, width: int) -> Mapping[str, str]:
    return copy_reports(shown) if isinstance(shown, Copy) else bundle_reports(*shown)


PAGES_OF: Mapping[type[Act], Callable[[Any, str, int], Any]] = {
    RecordCases: lambda shown, format, width: asked_pages(shown),
    RecordExplanation: lambda shown, format, width: asked_pages(shown),
    StateView: _page(statement_report),
    ReadAgainst: _page(against_report),
    EraseByStep: _page(lambda told: erasure_report(*told)),
    EraseDue: _page(retention_report),
    WriteLetter: _page(letter_report),
    ExportBundle: _export_pages,
    ReportByGroups: impact_page,
    ProposeRules: lambda shown, format, width: adoption_text(shown),
}
"""Act -> the page, or the pages, of what it shows."""


@dataclass(frozen=True)
class DraftOf:
    """What is to be signed: the message, byte for byte, and the content that its commitment seals, to be checked.

    ``commit`` in the message is HMAC-SHA256 of ``content`` under ``salt``. All three are in base64. ``opens`` is the
    key of what is sealed in the content, in hexadecimal digits; empty where nothing is.
    """

    draft: str
    message: str
    content: str
    salt: str
    opens: str


@dataclass(frozen=True)
class Given(RequestBody):
    """The signature of a draft as `ssh-keygen -Y sign -n salesdx` writes it, and the fingerprint of its key."""

    key: Annotated[str, Field(min_length=10, max_length=200)]
    signature: Annotated[str, Field(min_length=1, max_length=20_000)]


def _render(kind: type[Act], format: str, width: int) -> Callable[[Any], Any]:
    return lambda shown: PAGES_OF[kind](shown, format, width)


def _offer(name: str, kind: type[Act]) -> None:
    """The route of an act: under /acts where a token does, under /drafts where the person signs."""
    summary = (kind.__doc__ or "").partition("\n")[0]

    if kind.signed:

        def draft(act, server: Server, asking: Asking, once: Once = None) -> DraftOf:  # type: ignore[no-untyped-def]
            made, entry = server.draft(act, asking, _render(kind, "text", 80), once)
            message, content, salt = (base64.b64encode(p).decode() for p in (entry.message, entry.payload, entry.salt))
            return DraftOf(made, message, content, salt, server.opening(entry))

        draft.__annotations__["act"] = kind
        router.post(f"/drafts/{name}", summary=summary, operation_id=f"draft_{name}")(draft)
        return

    def do(  # type: ignore[no-untyped-def]
        act, server: Server, asking: Asking, once: Once = None, format: PageFormat = "text", width: Width = 80
    ) -> Done:
        if isinstance(act, ReadAgainst):  # its record says how it was made, so that it can be made again
            act = replace(act, format=format, width=width)
        return server.perform(act, asking, _render(kind, format, width), once)

    do.__annotations__ |= {"act": kind} | ({"format": TableFormat} if kind is ReportByGroups else {})
    router.post(f"/acts/{name}", summary=summary, operation_id=f"do_{name}")(do)


for _name, _kind in ACTS.items():
    _offer(_name, _kind)


@dataclass(frozen=True)
class AskedCase(RequestBody):
    """A case as records hold it, and the digest of its rules."""

    case: dict[str, Any]
    rules: Annotated[str, Field(min_length=1, max_length=100)]


@dataclass(frozen=True)
class OnRecord:
    """What the trail knows of a case, to be sent with it: `left_out`, the statements that earlier records of its
    subject hold and it lacks, each with its `term`, `persons`, who is known to speak in it, and `trial`, whether nobody
    has adopted its rules."""

    left_out: list[dict[str, Any]]
    persons: dict[str, Any] | None
    trial: bool


@router.post("/earlier")
def earlier_statements(asked: AskedCase, server: Server, asking: Asking) -> OnRecord:
    """What the trail knows of a case that is about to be diagnosed."""
    found = recorded_case(server.earlier(asked.case, asked.rules, asking))
    return OnRecord(found.get("left_out", []), found["persons"], "trial" in found)


@router.get("/statements")
def own_statements(server: Server, asking: Asking) -> list[dict[str, Any]]:
    """The statements that stand in the name of who asks, and for which nobody has vouched."""
    return [{**one.to_dict(), "called": server.called(one.term)} for one in server.attributed(asking)]


@router.post("/signatures/{draft}")
def sign_draft(draft: str, given: Given, server: Server, asking: Asking, request: Request) -> Done:
    """Do what was drafted, with the signature of the person who drafted it."""
    try:
        value = unarmored(given.signature)
    except Invalid as error:
        raise Refused(str(error)) from None
    done = server.sign(draft, asking, given.key, value)
    if done.ended:  # an erasure takes the cases of the pages with it
        request.app.state.desk.store.forget_erased()
    return done
