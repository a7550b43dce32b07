"""`salesdx trail witness`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

import click

from salesdx.cli import output as out
from salesdx.cli.commands import group
from salesdx.cli.recorder import recorded
from salesdx.services.recorder import Recorder, needs_extra
from salesdx.services.trail_acts import AddWitness

COMMANDS = {
    "init": ("salesdx.cli.trail.witness:witness_init_command", "Make a witness: its folder and its key."),
    "sign": (
        "salesdx.cli.trail.witness:sign",
        "Look at the trail, and sign that it goes on from what was seen before.",
    ),
    "add": ("salesdx.cli.trail.witness:add_command", "Enter a witness, by its public key, as a record."),
    "keep": ("salesdx.cli.trail.witness:keep_command", "Keep the signature of a witness beside the trail."),
}
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group(cls=group(COMMANDS))
def witness() -> None:
    """On another machine: see that the trail only grows, and sign what was seen."""


@click.command(epilog="Example: salesdx trail witness init ours.witness --name audit.example/w1 --public-key ours.vkey")
@click.argument("folder", type=FOLDER)
@click.option("--name", required=True, help="The name of the witness, such as audit.example/w1.")
@click.option(
    "--public-key", "key", required=True, metavar="KEY", help="The public key of the trail; the text or its file."
)
def witness_init_command(folder: Path, name: str, key: str) -> None:
    """Make a witness in a new FOLDER of another machine, which the trail's owner cannot reach."""
    with needs_extra():
        from salesdx.ledger.standalone.bundle import given_key
        from salesdx.ledger.standalone.findings import Unreadable
        from salesdx.ledger.witness import make_witness

    try:
        log = given_key(key)
    except Unreadable as error:
        raise click.ClickException(str(error)) from None
    made = make_witness(folder, name, log)
    click.echo(f"public key of the witness  {made.key.public}")


@click.command(epilog="Example: salesdx trail witness sign ours.witness --trail ours.trail")
@click.argument("folder", type=FOLDER)
@click.argument("bundle", required=False, type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File for the signed checkpoint.")
@recorded
def sign(folder: Path, bundle: Path | None, output: Path | None, recorder: Recorder) -> None:
    """Sign the last checkpoint of the trail, or of a BUNDLE, if it goes on from what the witness in FOLDER saw last.

    A trail that was cut, rewritten, or signed by another key is refused with the reasons and exit status 4. The signed
    checkpoint is shown; `salesdx trail witness keep` puts it beside the trail.
    """
    with needs_extra():
        from salesdx.ledger.witness import cosign as signed
        from salesdx.ledger.witness import look, look_into, read_witness

    found = read_witness(folder)
    if bundle is not None:
        with open(bundle, "rb") as file:
            verdict, note = look_into(found, file)
    else:
        with recorder.open(write=False).read() as reader:
            verdict, note = look(found, reader)
    if note is None:
        click.echo(f"nothing was signed\n{verdict}", nl=False, err=True)
        sys.exit(verdict.status)
    out.write(signed(found, note), output)


@click.command("add", epilog="Example: salesdx trail witness add auditor.vkey --trail ours.trail --as 'Anna Weber'")
@click.argument("public_key")
@recorded
def add_command(public_key: str, recorder: Recorder) -> None:
    """Enter a witness by its PUBLIC_KEY, the text or its file. Only signatures of witnesses on record are kept."""
    with needs_extra():
        from salesdx.ledger.standalone.bundle import given_key
        from salesdx.ledger.standalone.findings import Unreadable

    try:
        public = given_key(public_key)
    except Unreadable as error:
        raise click.ClickException(str(error)) from None
    seq = recorder.do(AddWitness(str(public))).record
    click.echo(f"record {seq} names the witness {public.name}")


@click.command(epilog="Example: salesdx trail witness keep seen.checkpoint --trail ours.trail")
@click.argument("file", type=click.File(encoding="utf-8"))
@recorded
def keep_command(file: TextIO, recorder: Recorder) -> None:
    """Keep the signatures of witnesses in FILE, a checkpoint that one has signed, beside the trail."""
    trail = recorder.open(write=False)
    with needs_extra():
        from salesdx.ledger.witness import keep_cosignature as kept

    try:
        note = file.read(1 << 16)
    except UnicodeDecodeError:
        raise click.ClickException("this is no checkpoint: it is no text") from None
    new = kept(trail.storage, note)
    click.echo(f"kept the signatures of {', '.join(new)}" if new else "nothing is new in it")
