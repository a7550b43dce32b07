"""`salesdx trail people token` and `tokens`: applications act by tokens that administrators make and revoke."""

from __future__ import annotations

import click

from salesdx.cli.recorder import recorded
from salesdx.cli.remote import service_of
from salesdx.services.recorder import Recorder

PURPOSES = ("cases", "answers", "diagnoses", "requests", "rules")
"""What a token can be for: as `web.applications` has it, which no command imports."""


@click.command(
    epilog="Example: salesdx trail people token app-crm --acts-as sales_manager --for cases --trail https://..."
)
@click.argument("application")
@click.option("--acts-as", required=True, metavar="ROLE", help="The role of the application in which it acts.")
@click.option(
    "--for",
    "scopes",
    type=click.Choice(PURPOSES),
    multiple=True,
    required=True,
    help="What the token is for; can be given more than once.",
)
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="After so many days it ends.")
@recorded
def application_token(application: str, acts_as: str, scopes: tuple[str, ...], days: int, recorder: Recorder) -> None:
    """Make a token for APPLICATION of the register, and print it: it is shown this once.

    An application is entered like a person, by `people add` and `people confirm`, and has no key. By its token it
    begins, answers and diagnoses cases of its own at `/api/v1`; it signs nothing, and vouches for nothing.
    """
    body = {"application": application, "role": acts_as, "scopes": list(scopes), "days": days}
    made = service_of(recorder).post("/applications/tokens", body)
    click.echo(f"made {made['id']}, good for {days} days", err=True)
    click.echo(made["token"])


@click.command(epilog="Example: salesdx trail people tokens --revoke t-gezdgnbvgy3tqojq --trail https://...")
@click.option("--revoke", "revoked", metavar="TOKEN", default="", help="The name of a token that is worth nothing now.")
@recorded
def application_tokens(revoked: str, recorder: Recorder) -> None:
    """Show the tokens of applications: whose, for what, by whom, until when."""
    remote = service_of(recorder)
    if revoked:
        remote.delete(f"/applications/tokens/{revoked}")
        click.echo(f"revoked {revoked}", err=True)
    for one in remote.get("/applications/tokens"):
        stands = f"revoked {one['revoked'][:10]}" if one["revoked"] else f"until {one['until'][:10]}"
        click.echo(f"{one['id']}  {one['application']} ({one['role']}), {stands}, by {one['maker']}")
        click.echo(f"    for {', '.join(one['scopes'])}")
