"""`salesdx case`."""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import quote

import click

from salesdx.case.file import read_case_text
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.commands import group
from salesdx.cli.recorder import recorded
from salesdx.cli.remote import service_of
from salesdx.services.case_files import version_of
from salesdx.services.recorder import Recorder

COMMANDS = {
    "export": ("salesdx.cli.case:case_export", "Write a case of the service as a case file."),
    "import": ("salesdx.cli.case:case_import", "Take a case file over into its case, or begin one with it."),
}


@click.group(cls=group(COMMANDS), epilog="Example: salesdx case export --help")
def case_group() -> None:
    """A case that a service holds, as a file that `diagnose`, `interview` and the other commands read."""


@click.command(epilog="Example: salesdx case export c-ijcwe4tnkzqxo5dp --output north.yaml --trail https://...")
@click.argument("case")
@options.output
@recorded
def case_export(case: str, output: Path | None, recorder: Recorder) -> None:
    """Write CASE as a case file. Its identifier is the one in the address of its pages.

    The first line says which case it is, and how far it had come: leave it as it is, and the file can be brought back.
    """
    found = service_of(recorder).get(f"/cases/{quote(case, safe='')}/file")
    out.write(str(found["file"]), output)


@click.command(epilog="Example: salesdx case import north.yaml --trail https://trail.firm.example")
@click.argument("file", metavar="FILE")
@click.option("--begin", is_flag=True, help="Begin another case with what the file says.")
@recorded
def case_import(file: str, begin: bool, recorder: Recorder) -> None:
    """Take a case FILE over into the case that it was taken from, or begin one with it.

    What you say in it takes the place of what you said; nothing is taken away or changed of what others said. A file on
    which the case has gone on is refused: export it anew. What a file says is nobody's own word before they vouch.
    """
    text, shown = read_case_text(file)
    remote, key = service_of(recorder), secrets.token_hex(16)
    if begin:
        made = remote.post("/files", {"file": text}, key)
        click.echo(f"began {made['case']}")
        return
    if (of := version_of(text)) is None:
        raise click.UsageError(f"`{shown}` does not say which case it is of; --begin begins one with it")
    made = remote.put(f"/cases/{of[0]}/file", {"file": text}, key)
    stands = "is as the file has it" if made["version"] == of[1] else f"is at version {made['version']} now"
    click.echo(f"{of[0]} {stands}")
