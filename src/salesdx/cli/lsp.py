"""`salesdx lsp`."""

from __future__ import annotations

import importlib

import click


@click.command(epilog="Example: salesdx lsp")
def lsp_command() -> None:
    """Serve an editor: faults as they are typed, completion, what a name means and where it stands, renaming.

    The editor starts this and talks to it over the standard streams, by the Language Server Protocol. It needs
    `pip install 'salesdx[lsp]'`.
    """
    try:
        server = importlib.import_module("salesdx.lsp.server")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise click.ClickException("the language server needs pygls: `pip install 'salesdx[lsp]'`") from None
    raise SystemExit(server.serve())
