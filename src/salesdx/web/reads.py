"""What people read: one route for each read. It is a POST: it leaves a mark, and no name stands in an address."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from salesdx.render.trail.read_pages import read_formats, read_page
from salesdx.services.reads import READS, Desk, Read, ReadFound
from salesdx.web.asking import Asking, Server, Width
from salesdx.web.pages.guard import origin_of

router = APIRouter(tags=["reads"])


@dataclass(frozen=True)
class PageOf:
    """A page as it is shown; the record that was taken where a case was named; a file in base64, its name and kind."""

    page: str
    taken: int = -1
    file: str = ""
    name: str = ""
    kind: str = ""


def _offer(name: str, kind: type[Read]) -> None:
    """The route of a read."""

    def show(  # type: ignore[no-untyped-def]
        read, request: Request, server: Server, asking: Asking, format="text", width: Width = 80
    ) -> PageOf:
        where = origin_of(request)

        def page(found: ReadFound, desk: Desk) -> str:
            return read_page(read, found, desk, where, format, width)

        found, made = server.read(read, asking, page)
        body = (found.shown.body or {}) if found.file else {}
        file = base64.b64encode(found.file).decode()
        return PageOf(made, found.taken, file, str(body.get("name", "")), str(body.get("kind", "")))

    formats = Annotated[Literal[tuple(read_formats(kind))], Query()]  # type: ignore[valid-type]
    show.__annotations__ |= {"read": kind, "format": formats}
    summary = (kind.__doc__ or "").partition("\n")[0]
    router.post(f"/reads/{name}", summary=summary, operation_id=f"read_{name}")(show)


for _name, _kind in READS.items():
    _offer(_name, _kind)
