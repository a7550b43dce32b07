"""What goes wrong, as a page in plain words. What one may not see is answered as what there is not."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from salesdx.ledger.errors import NoSuch, Refused, TrailError
from salesdx.render.pages.shell import FaultPage, PageFault, SendAgainPage, Shell
from salesdx.services.logins import LoginRefused
from salesdx.text.issues import IssuesError
from salesdx.web.pages.guard import Foreign, LoggedOut, NoLink, go_to, login_page, sent_here, shown_page

MISSING = ("There is no such page", "There is nothing at this address, or you may not see it.")
FOREIGN = (
    "This was not taken",
    "The form did not come from a page of your present login here. Nothing was changed.",
    "Go back, load the page anew, and send it once more.",
)
BUSY = ("This cannot be recorded now", "Nothing was saved and nothing is shown. Go back and try again in a minute.")
SEND_AGAIN = (
    "This cannot be recorded now",
    "Nothing was saved and nothing is shown. What you typed is still here: wait a minute, and send it once more.",
)
UNKEPT = ("password", "again")
"""Fields that no page holds."""
NO_LINK = (
    "This link is worth nothing any more",
    "It was taken back, its days are over, or something of it is missing. Ask whoever sent it for a new one.",
)
TOO_OFTEN = ("Too often", "Too many links that are none were tried from here. Nothing was saved. Come back in an hour.")
TOO_LONG = ("This is too long", "Nothing was saved. Shorten what you typed and send it once more.")
FAULTY = ("This cannot be read", "The address or the form is not as it should be. Nothing was changed.")
OURS = ("This is a fault of the service", "Nothing was saved. Tell your administrator when it was and what you did.")
STATUSES = {
    404: MISSING,
    405: MISSING,
    403: FOREIGN,
    500: OURS,
    413: TOO_LONG,
    422: FAULTY,
    400: FAULTY,
    503: BUSY,
    429: TOO_OFTEN,
}


def plain_fault(status: int, *more: str) -> Response:
    """The page of a status."""
    title, *lines = STATUSES.get(status, FAULTY)
    return shown_page(FaultPage(Shell(), title, (*lines, *more)), status)


async def _busy(request: Request) -> Response:
    """Nothing could be recorded: what was typed is kept in a form that sends it again, with the same key."""
    sent = await sent_here(request)
    if not sent or any(name in sent for name in UNKEPT):
        return plain_fault(503)
    title, *lines = SEND_AGAIN
    with_file: bool = getattr(request.state, "with_file", False)
    page = SendAgainPage(Shell(), title, tuple(lines), request.url.path, tuple(sent.items()), with_file)
    return shown_page(page, 503)


async def fault_page(request: Request, error: Exception) -> Response:
    """An error as a page. What else goes wrong is a bug of ours, and says nothing of itself."""
    match error:
        case LoggedOut(sent=True):
            told = "You were logged out meanwhile. Log in in another window, go back to this one, and send it again."
            return shown_page(login_page(request.app.state.desk, Shell(faults=(PageFault(told),)), to="/"), 401)
        case LoggedOut(to=to):
            return go_to("/login" if to == "/" else f"/login?to={quote(to)}")
        case Foreign():
            return plain_fault(403)
        case LoginRefused():
            return shown_page(login_page(request.app.state.desk, Shell(faults=(PageFault(str(error)),))), 401)
        case NoLink():
            title, *lines = NO_LINK
            return shown_page(FaultPage(Shell(home=""), title, tuple(lines), None), 404)
        case NoSuch():
            return plain_fault(404)
        case Refused():
            return shown_page(FaultPage(Shell(), "This is not possible", (f"{error}.", "Nothing was recorded.")), 409)
        case TrailError() | IssuesError():
            return await _busy(request)
        case HTTPException():
            return plain_fault(error.status_code)
    return plain_fault(422)
