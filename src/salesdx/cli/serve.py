"""`salesdx serve`."""

from __future__ import annotations

import logging
import socket
import ssl
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from salesdx import load
from salesdx.cli.commands import group
from salesdx.cli.recorder import recorded
from salesdx.cli.settings import data_folder, from_settings, is_set, secret_in
from salesdx.services.own_address import read_address
from salesdx.services.recorder import Recorder, needs_extra

if TYPE_CHECKING:
    from salesdx.base.model import RuleBase
    from salesdx.ledger.log import Trail
    from salesdx.services.served_systems import ServedSystems

LOCAL = ("127.0.0.1", "localhost", "::1")
FIGURES, LOG = "salesdx.web.watching:Figures", "salesdx.web.watching:LOG"
SERVICE = "salesdx.web.app:server_app"
INVITING, ENTERING = "salesdx.web.accounts:invite_at", "salesdx.web.accounts:first_link"
FIRM, DOOR = "salesdx.web.firm_login:FirmLogin", "salesdx.web.firm_login:FirmDoor"
"""By name, as doors do not know each other."""
PEOPLE = "`salesdx trail people begin`"


COMMANDS = {
    "backup": ("salesdx.cli.serve_care:backup_service", "Copy the whole service into a file while it runs."),
    "digest": ("salesdx.cli.serve_care:digest_service", "Mail people how much waits for them."),
    "upgrade": ("salesdx.cli.serve_care:upgrade_service", "Bring all tables to this version."),
}
"""Command -> the module and function that run it, and its line in `salesdx serve --help`."""


@click.group(
    cls=group(COMMANDS), invoke_without_command=True, epilog="Example: salesdx serve --trail ours.trail --check"
)
@from_settings("--host", "127.0.0.1", "Where to listen.")
@from_settings("--port", "8765", "0 takes a free one.", click.IntRange(0, 65_535))
@from_settings("--address", "", "Where people reach it: https://reviews.firm.example; needed beyond this machine.")
@from_settings("--certificate", "", "TLS certificate chain, PEM.", click.Path(dir_okay=False, path_type=Path))
@from_settings("--certificate-key", "", "Its private key, PEM.", click.Path(dir_okay=False, path_type=Path))
@click.option("--behind-proxy", is_flag=True, help="A proxy on this machine ends TLS; it alone may reach the port.")
@from_settings("--oidc-issuer", "", "The firm's login: its issuer, https://...")
@from_settings("--oidc-client", "", "As which client it knows this service.")
@from_settings(
    "--oidc-secret-file", "", "File with the secret of that client.", click.Path(dir_okay=False, path_type=Path)
)
@click.option("--check", is_flag=True, help="Say whether everything is there, and do not start.")
@click.option(
    "--invite", "invited", multiple=True, metavar="PERSON", help="Print a link with which a person sets a password."
)
@from_settings("--metrics-token-file", "", "Who has the token in it may read /metrics.", click.Path(path_type=Path))
@click.option(
    "--log", is_flag=True, help="A line of JSON on standard error for each request; nothing of what is in it."
)
@from_settings("--facts", "", "Folder with the mappings of the firm's systems.", click.Path(path_type=Path))
@from_settings("--pseudonym-key", "", "Key of the pseudonyms in them.", click.Path(dir_okay=False, path_type=Path))
@click.option("--adopted", is_flag=True, help="Run the rules that people adopted last; before any those of --home.")
@from_settings("--home", "", "Folder with knowledge/ and rules/.  [default: the shipped]", click.Path(path_type=Path))
@recorded
def serve_command(
    host: str,
    port: int,
    address: str | None,
    certificate: Path | None,
    certificate_key: Path | None,
    behind_proxy: bool,
    oidc_issuer: str | None,
    oidc_client: str | None,
    oidc_secret_file: Path | None,
    check: bool,
    invited: tuple[str, ...],
    metrics_token_file: Path | None,
    log: bool,
    facts: Path | None,
    pseudonym_key: Path | None,
    adopted: bool,
    home: Path | None,
    recorder: Recorder,
) -> None:
    """Hold the key and the clock of a trail that knows its people, and write what they do.

    Where no trail is named it makes one in your folder for data, and gives one address at which you can try it, on this
    machine alone: your name is only typed, and nothing can be signed, until the trail has its first administrators.

    It serves the pages for people with a browser, and the commands of others. With --invite it does not start: a person
    of the register gets a link that is good once, within two days; passwords set before, and logins, end by it.

    A trail that is named must have its first two administrators. Only this machine is served without TLS. The address
    comes first on standard output; Ctrl-C ends it after the requests that run. All but --check can be set in the
    environment, as SALESDX_PORT, or in the settings file.
    """
    context = click.get_current_context()
    if context.invoked_subcommand is not None:
        if any(context.get_parameter_source(name) == ParameterSource.COMMANDLINE for name in context.params):
            raise click.UsageError(f"options of `serve {context.invoked_subcommand}` stand after it")
        return
    behind_proxy = behind_proxy or is_set("behind_proxy")
    if (certificate is None) != (certificate_key is None):
        raise click.UsageError("a certificate needs its key: give --certificate and --certificate-key")
    if host not in LOCAL and certificate is None and not behind_proxy:
        raise click.UsageError("beyond this machine it takes --certificate and --certificate-key, or --behind-proxy")
    own = read_address(address) if address else None
    secure = certificate is not None or behind_proxy
    if own is None and (host not in LOCAL or behind_proxy):
        raise click.UsageError(
            "beyond this machine it takes --address, as people reach it: https://reviews.firm.example"
        )
    if own is not None and (own.scheme == "https") != secure:
        raise click.UsageError("an --address begins with https:// where there is TLS, and only there")
    if own is not None and not secure and not own.is_local:
        raise click.UsageError("without TLS the --address is one of this machine, such as http://localhost:8765")
    token = secret_in(metrics_token_file, "the token of the figures") if metrics_token_file else ""
    firm = _firm(oidc_issuer, oidc_client, oidc_secret_file)
    base = load(home)
    with needs_extra("serve"):
        import importlib

        import uvicorn

        from salesdx.ledger.sqlite import write_ahead
        from salesdx.services.first_start import own_trail
        from salesdx.services.trail_server import TrailServer

        make, invite, enter, firm_login, door, figures, logged = (
            getattr(importlib.import_module(module), function)
            for module, _, function in (
                named.partition(":") for named in (SERVICE, INVITING, ENTERING, FIRM, DOOR, FIGURES, LOG)
            )
        )
    own_place = recorder.where is None
    if own_place:
        where, new = own_trail(data_folder(), recorder.by)
        recorder = replace(recorder, where=where)
        click.echo(f"{'made' if new else 'found'} the trail {where}, and its key beside it", err=True)
    trail = recorder.open(serving=True)
    if adopted or is_set("adopted"):
        base = _adopted(trail) or base
    register = trail.register()
    tried = own_place and not register.begun
    if tried and (host not in LOCAL or secure or own is not None):
        raise click.ClickException(f"what is tried is tried on its own machine alone; {PEOPLE} enters people")
    if not register.begun and not tried:
        raise click.ClickException(f"the trail does not know its people yet; {PEOPLE} enters the first two")
    if base.policy is None or not base.policy.may:
        raise click.ClickException("the policy of the rules says nothing of who may do what: `may` is missing")
    if certificate is not None:
        _check_certificate(certificate, certificate_key)
    server = TrailServer(trail, base, tried=tried)
    if invited:
        shown = own.text if own else f"http{'s' if secure else ''}://{host}:{port}"
        for person in invited:
            click.echo(f"{person}: {shown}/welcome/{invite(server, person)}")
        return
    if register.untried(base.digest):
        told = f"nobody has adopted the rules {base.version} ({base.digest[7:19]})"
        click.echo(f"{told}: what they conclude is a trial until two persons do; `salesdx trail adopt`", err=True)
    firms = firm_login(*firm) if firm else None
    systems = _systems(facts, pseudonym_key)
    if check:
        if firms is not None:
            door(firms).check_now()
        click.echo(f"everything is there: {len(register.members)} persons, rules {base.version}")
        return
    if log or is_set("log"):
        logging.basicConfig(format="%(message)s")
        logged.setLevel(logging.INFO)
    config = uvicorn.Config(
        make(server, secure, firms, own, figures(server, token, behind_proxy), systems),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        proxy_headers=behind_proxy,
        server_header=False,
        timeout_keep_alive=75,
        ssl_certfile=certificate,
        ssl_keyfile=certificate_key,
        timeout_graceful_shutdown=30,
    )
    listening = listening_at(host, port)
    found = listening.getsockname()
    name = f"[{found[0]}]" if ":" in found[0] else found[0]
    first = enter(server) if tried else ""
    click.echo(f"http{'s' if certificate else ''}://{name}:{found[1]}{f'/welcome/{first}' if first else ''}")
    if tried:
        told = "this is a trial on this machine alone: names are only typed, and nothing can be signed"
        click.echo(f"{told}; {PEOPLE} enters people who are known. Ctrl-C ends it", err=True)
    with write_ahead(trail.storage.engine):
        uvicorn.Server(config).run(sockets=[listening])


def listening_at(host: str, port: int) -> socket.socket:
    """A socket at an address of this machine. Raises click.ClickException where nobody can listen there.

    It says that it is one of TCP: only then does asyncio send at once, and not 40 ms later (Nagle's algorithm).
    """
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, kind, proto or socket.IPPROTO_TCP)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen()  # whoever reads the address can connect at once
    except OSError as error:
        raise click.ClickException(f"nobody can listen at {host}, port {port}: {error.strerror or error}") from None
    return found


def _firm(issuer: str | None, client: str | None, secret_file: Path | None) -> tuple[str, str, str] | None:
    """Issuer, client and secret of the firm's login; None where it has none. Raises click.ClickException."""
    if issuer is None and client is None and secret_file is None:
        return None
    if issuer is None or client is None or secret_file is None:
        raise click.UsageError("the firm's login takes --oidc-issuer, --oidc-client and --oidc-secret-file")
    if not issuer.startswith("https://"):
        raise click.UsageError(f"the issuer of the firm's login begins with https://, and not as `{issuer[:100]}`")
    return issuer, client, secret_in(secret_file, "the secret of the client")


def _adopted(trail: Trail) -> RuleBase | None:
    """The rules that people adopted last, from the trail; None before any. They lie in a folder while the service runs.

    Raises TrailError.
    """
    from salesdx.services.adopting import adopted_rules

    room = click.get_current_context().with_resource(TemporaryDirectory(prefix="rules-"))
    home = adopted_rules(trail, Path(room))
    return load(home) if home is not None else None


def _systems(folder: Path | None, key: Path | None) -> ServedSystems | None:
    """The firm's systems, where a folder of mappings is named. Raises click.ClickException where there is none."""
    if folder is None:
        return None
    if not folder.is_dir():
        raise click.ClickException(f"`{folder}` is no folder; the mappings of the firm's systems lie there")
    from salesdx.services.served_systems import ServedSystems

    return ServedSystems(folder, key)


def _check_certificate(certificate: Path, key: Path | None) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise click.ClickException(f"the certificate `{certificate}` and its key cannot be used: {error}") from None
