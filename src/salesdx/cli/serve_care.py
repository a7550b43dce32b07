"""`salesdx serve backup`, `salesdx serve digest` and `salesdx serve upgrade`."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path

import click

from salesdx import load
from salesdx.cli.recorder import recorded
from salesdx.cli.settings import data_folder, from_settings, secret_in
from salesdx.services.own_address import read_address
from salesdx.services.recorder import Recorder, needs_extra
from salesdx.text.english import many

MIGRATING, STORE = "salesdx.web.migrations", "salesdx.web.store"
"""By name, as doors do not know each other."""


@click.command("backup", epilog="Example: salesdx serve backup monday.trail --trail ours.trail")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@recorded
def backup_service(file: Path, recorder: Recorder) -> None:
    """Copy all that a service holds into a new FILE while it runs, with the trail's checkpoint in FILE.checkpoint.

    It is as `trail backup`, and the pages' tables are in it. The private key and what lies beside it are not: keep
    them elsewhere, locked away. The service goes on from the copy with them.
    """
    trail = _own(recorder).open(write=False)
    from salesdx.ledger.backup import back_up
    from salesdx.ledger.connect import connect
    from salesdx.ledger.cosignatures import with_cosignatures
    from salesdx.text.disk import write_new

    beside = file.with_name(f"{file.name}.checkpoint")
    if beside.exists():
        raise click.ClickException(f"`{beside}` exists; a checkpoint is never written over another one")
    size = back_up(trail.storage, file)
    with connect(str(file)).reading() as reader:
        write_new(beside, with_cosignatures(reader).encode(), 0o600)
    click.echo(f"{size} records are in `{file}`, and their checkpoint in `{beside}`")


@click.command("upgrade", epilog="Example: salesdx serve upgrade --trail ours.trail")
@recorded
def upgrade_service(recorder: Recorder) -> None:
    """Bring the tables of the trail and of its pages to this version, before the service starts again.

    No record is changed. It is done as a whole or not at all; make a backup first.
    """
    trail = _own(recorder).open(write=False)
    trail.upgrade()
    with needs_extra("serve"):
        importlib.import_module(MIGRATING).make_ready(trail.storage)
    with trail.read() as reader:
        click.echo(f"{trail.shown} is up to date, with {reader.head().size} records")


@click.command("digest", epilog="Example: salesdx serve digest people.csv --smtp smtp://mail.firm.example --dry-run")
@click.argument("addresses", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@from_settings("--address", "", "Where people reach the service: https://reviews.firm.example.")
@from_settings("--smtp", "", "Where mail is handed in: smtp://HOST:587, smtps://USER@HOST.")
@from_settings("--smtp-from", "", "The address from which it comes.")
@from_settings("--smtp-password-file", "", "File with the password of that USER.", click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print the mails, and send none.")
@recorded
def digest_service(
    addresses: Path,
    address: str | None,
    smtp: str | None,
    smtp_from: str | None,
    smtp_password_file: Path | None,
    dry_run: bool,
    recorder: Recorder,
) -> None:
    """Mail each person of ADDRESSES how much waits for them; whoever has nothing waiting gets no mail.

    ADDRESSES is a CSV file with the columns `person`, as the register has them, and `mail`. A timer of the machine
    calls this, such as each working day at seven. A mail says how many things of which kind wait, and no case and no
    name. Mail goes by TLS, but for a mail server on this machine; one that is refused keeps no other one back, and the
    command ends with 1.
    """
    if not address:
        raise click.UsageError("it takes --address, at which people reach the service")
    if not dry_run and not (smtp and smtp_from):
        raise click.UsageError("it takes --smtp and --smtp-from, or --dry-run")
    shown = read_address(address).text
    with needs_extra("serve"):
        from salesdx.render.trail.digest_mail import digest_mail
        from salesdx.services.digests import waiting_for
        from salesdx.services.mailing import read_addresses, read_mail_server, send_mails
        from salesdx.services.trail_server import TrailServer

        store = importlib.import_module(STORE).Store
    password = secret_in(smtp_password_file, "the password of the mail server") if smtp_password_file else ""
    server = read_mail_server(smtp, password) if smtp else None
    trail = _own(recorder).open(write=False)
    served = TrailServer(trail, load())
    members, cases = served.register().members, store(trail.storage)
    mails = []
    for person, mail in read_addresses(addresses, members).items():
        waiting = waiting_for(served, person, lambda who: [row.id for row in cases.cases(who)])
        if waiting.count:
            mails.append(digest_mail(waiting, members[person].name, shown, smtp_from or "", mail))
    if not mails:
        click.echo("nothing waits for anybody")
    elif dry_run:
        click.echo("\n".join(f"To: {each['To']}\nSubject: {each['Subject']}\n\n{each.get_content()}" for each in mails))
    elif server is not None:
        refused = send_mails(server, smtp_from or "", mails)
        for to, told in refused.items():
            click.echo(f"{to}: refused: {told}", err=True)
        click.echo(f"{many(len(mails) - len(refused), 'mail')} sent")
        if refused:
            raise click.exceptions.Exit(1)


def _own(recorder: Recorder) -> Recorder:
    """The trail in the user's folder for data, where none is named."""
    return recorder if recorder.where else replace(recorder, where=str(data_folder() / "salesdx.sqlite"))
