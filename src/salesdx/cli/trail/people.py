"""`salesdx trail people`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from salesdx.cli.commands import group
from salesdx.cli.recorder import recorded
from salesdx.cli.remote import Login, public_line, service_of, ssh_sign
from salesdx.services.recorder import Recorder
from salesdx.services.trail_acts import ChangePeople, ConfirmPeople

COMMANDS = {
    "begin": ("salesdx.cli.trail.people:begin", "Enter the first two administrators, each with a key of their own."),
    "prove": ("salesdx.cli.trail.people:prove_key", "As a first administrator: prove your key."),
    "login": ("salesdx.cli.trail.people:login", "Log in at the service of a trail, with an SSH key or a code."),
    "admit": ("salesdx.cli.trail.people:admit", "Let a device in that shows this code, with your login."),
    "logout": ("salesdx.cli.trail.people:logout", "End the login."),
    "add": ("salesdx.cli.trail.people:add_person", "As an administrator: enter a person."),
    "role": ("salesdx.cli.trail.people:role", "As an administrator: give a role, or end one."),
    "key": ("salesdx.cli.trail.people:key", "As an administrator: enter a key of a person, or end one."),
    "line": ("salesdx.cli.trail.people:line", "As an administrator: say whom a person reports to."),
    "confirm": ("salesdx.cli.trail.people:confirm", "As another administrator: confirm what was entered."),
    "token": (
        "salesdx.cli.trail.applications:application_token",
        "As an administrator: make a token for a program.",
    ),
    "tokens": ("salesdx.cli.trail.applications:application_tokens", "As an administrator: show or revoke tokens."),
    "list": ("salesdx.cli.trail.people:list_people", "Show who is in the register, and what waits to be confirmed."),
}
POLL_SECONDS = 2


@click.group(cls=group(COMMANDS), epilog="Example: salesdx trail people list --trail https://trail.firm.example")
def people_commands() -> None:
    """Who acts: persons with their roles, whom they report to, and the keys with which they sign."""


def _first(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> list[tuple[str, str, str]]:
    found = []
    for told in values:
        id, name, path = (part.strip() for part in [*told.split("=", 2), "", ""][:3])
        if not (id and name and path):
            raise click.BadParameter(f"`{told[:100]}` is no ID=NAME=PUBLIC-KEY-FILE")
        found.append((id, name, public_line(Path(path))))
    return found


@click.command(
    epilog="Example: salesdx trail people begin --admin 'anna=Anna Weber=anna.pub' --admin 'ben=Ben Ode=ben.pub' "
    "--trail ours.trail"
)
@click.option(
    "--admin", "admins", multiple=True, callback=_first, metavar="ID=NAME=FILE", help="Twice: who, which key."
)
@recorded
def begin(admins: list[tuple[str, str, str]], recorder: Recorder) -> None:
    """Enter the first two administrators at once, each with the public half of an SSH key of their own.

    Until both have proved their keys the trail is as before. From then on it is written by its service alone.
    """
    from salesdx.trail.people import begin_register

    if len(admins) != 2:
        raise click.UsageError("a register begins with two administrators: give --admin twice")
    begin_register(recorder.open(), admins, recorder.by)
    ids = " and ".join(f"`{id}`" for id, _, _ in admins)
    click.echo(f"{ids} are entered; each of them proves their key with `salesdx trail people prove ID --key-file FILE`")


@click.command(epilog="Example: salesdx trail people prove anna --key-file ~/.ssh/id_ed25519 --trail ours.trail")
@click.argument("id")
@click.option("--key-file", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The SSH key.")
@recorded
def prove_key(id: str, key_file: Path, recorder: Recorder) -> None:
    """Prove the key of the first administrator ID: it signs all that begins the register."""
    from salesdx.cli.remote import fingerprint
    from salesdx.ledger.standalone.person_signatures import unarmored
    from salesdx.trail.people import prove_first

    def sign(message: bytes) -> tuple[str, str]:
        return fingerprint(key_file), unarmored(ssh_sign(key_file, message))

    begun = prove_first(recorder.open(), id, sign)
    click.echo(
        "the register has begun: `salesdx serve` writes this trail from now on"
        if begun
        else f"the key of `{id}` is proved; the other first administrator proves theirs"
    )


@click.command(
    epilog="Example: salesdx trail people login anna --role admin --key-file ~/.ssh/id_ed25519 --trail https://..."
)
@click.argument("id", required=False)
@click.option("--key-file", type=click.Path(dir_okay=False, path_type=Path), help="The SSH key that signs.")
@recorded
def login(id: str | None, key_file: Path | None, recorder: Recorder) -> None:
    """Log in at the service as the person ID in the role of --role; or without ID, by a code that somebody lets in."""
    remote = service_of(recorder)
    if id is None:
        waiting = remote.post("/login/devices")
        click.echo(
            f"code {waiting['code']}: `salesdx trail people admit {waiting['code']}` at a login of yours, "
            f"within {waiting['minutes']} minutes"
        )
        token = ""
        while not token:
            token = remote.post("/login/devices/token", {"secret": waiting["secret"]})["token"]
            if not token:
                time.sleep(POLL_SECONDS)
        remote.keep(Login("", "", token))
        me = remote.get("/me")
        remote.keep(Login(me["person"], me["role"], token))
        click.echo(f"logged in as {me['person']} ({me['role']})")
        return
    if key_file is None:
        raise click.UsageError("give the SSH key with --key-file FILE")
    text = remote.post("/login/challenges", {"person": id})["text"]
    signature = ssh_sign(key_file, text.encode())
    role = recorder.role
    body = {"person": id, "role": role, "text": text, "signature": signature}
    remote.keep(Login(id, role, remote.post("/login", body)["token"], str(key_file.resolve())))
    click.echo(f"logged in as {id} ({role})")


@click.command(epilog="Example: salesdx trail people admit BCDF-GHJK --trail https://trail.firm.example")
@click.argument("code")
@recorded
def admit(code: str, recorder: Recorder) -> None:
    """Let in the device that shows CODE: it gets your login. Do so for a device of your own alone."""
    service_of(recorder).post("/login/devices/admission", {"code": code})
    click.echo("the device is let in")


@click.command(epilog="Example: salesdx trail people logout --trail https://trail.firm.example")
@recorded
def logout(recorder: Recorder) -> None:
    """End the login at the service, and forget its token here."""
    remote = service_of(recorder)
    try:
        remote.delete("/login")
    finally:
        remote.keep(None)
    click.echo("logged out")


def _enter(recorder: Recorder, changes: list[tuple[str, dict[str, str]]]) -> None:
    """Enter changes, each signed, and say what another administrator does."""
    remote = service_of(recorder)
    made = [remote.perform(ChangePeople(kind, told)).record for kind, told in changes]  # type: ignore[arg-type]
    numbers = " ".join(map(str, made))
    click.echo(f"entered as {numbers}; another administrator confirms: `salesdx trail people confirm {numbers}`")


TIME = "A day or time, UTC, such as 2027-01-01.  [default: now]"


def _moment(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """A day or time as entries write it."""
    from salesdx.ledger.moments import stamp_typed

    try:
        return stamp_typed(value)
    except ValueError:
        raise click.BadParameter(f"`{value}` is no day or time such as 2027-01-01") from None


since = click.option("--from", "since", default="", callback=_moment, metavar="TIME", help=TIME)
until = click.option("--until", default="", callback=_moment, metavar="TIME", help="When it ends.  [default: no end]")


@click.command(
    epilog="Example: salesdx trail people add cleo --name 'Cleo Abt' --give hr --public-key cleo.pub --trail https://..."
)
@click.argument("id")
@click.option("--name", required=True, help="The name that people read.")
@click.option("--reports-to", default="", metavar="ID", help="Whom they report to.")
@click.option("--give", "roles", multiple=True, metavar="ROLE", help="A role; can be given more than once.")
@click.option("--public-key", type=click.Path(dir_okay=False, path_type=Path), help="The public half of their SSH key.")
@recorded
def add_person(
    id: str, name: str, reports_to: str, roles: tuple[str, ...], public_key: Path | None, recorder: Recorder
) -> None:
    """Enter a person by an identifier that is never given again, such as a number of the staff."""
    changes = [("person_added", {"person": id, "name": name, "reports_to": reports_to})]
    changes += [("role_given", {"person": id, "role": role, "from": "", "until": ""}) for role in roles]
    if public_key is not None:
        changes.append(("key_added", {"person": id, "kind": "ssh", "key": public_line(public_key)}))
    _enter(recorder, changes)


@click.command(epilog="Example: salesdx trail people role cleo reviewer --trail https://trail.firm.example")
@click.argument("id")
@click.argument("role")
@click.option("--end", is_flag=True, help="End the role.")
@since
@until
@recorded
def role(id: str, role: str, end: bool, since: str, until: str, recorder: Recorder) -> None:
    """Give the person ID a role, or end it."""
    told = {"person": id, "role": role}
    given = ("role_given", told | {"from": since, "until": until})
    _enter(recorder, [("role_ended", told | {"until": until}) if end else given])


@click.command(epilog="Example: salesdx trail people key cleo --public-key cleo.pub --trail https://trail.firm.example")
@click.argument("id")
@click.option("--public-key", type=click.Path(dir_okay=False, path_type=Path), help="The public half of an SSH key.")
@click.option("--passkey", metavar="FINGERPRINT", help="A passkey that they made: SHA256:... as they tell it to you.")
@click.option("--oidc", nargs=2, metavar="ISSUER SUBJECT", help="By which the firm's login knows them.")
@click.option("--end", metavar="FINGERPRINT", help="End a key: SHA256:... as `people list` shows it.")
@recorded
def key(
    id: str,
    public_key: Path | None,
    passkey: str | None,
    oidc: tuple[str, str] | None,
    end: str | None,
    recorder: Recorder,
) -> None:
    """Enter a key of the person ID, or by what the firm's login knows them, or end one.

    A passkey is made by the person in a browser, who tells you its fingerprint.
    """
    if sum(told is not None for told in (public_key, passkey, oidc, end)) != 1:
        raise click.UsageError(
            "give one of --public-key FILE, --passkey FINGERPRINT, --oidc ISSUER SUBJECT and --end FINGERPRINT"
        )
    if end is not None:
        _enter(recorder, [("key_ended", {"person": id, "key": end})])
    elif oidc is not None:
        _enter(recorder, [("key_added", {"person": id, "kind": "oidc", "key": " ".join(oidc)})])
    elif passkey is not None:
        _enter(recorder, [("key_added", {"person": id, "kind": "passkey", "key": _passkey(recorder, id, passkey)})])
    elif public_key is not None:
        _enter(recorder, [("key_added", {"person": id, "kind": "ssh", "key": public_line(public_key)})])


def _passkey(recorder: Recorder, id: str, told: str) -> str:
    """The passkey of a person by its fingerprint. Raises click.ClickException where they have made none such."""
    for one in service_of(recorder).get("/people/passkeys"):
        if (one["person"], one["fingerprint"]) == (id, told):
            return str(one["key"])
    raise click.ClickException(
        f"`{id}` has made no passkey with the fingerprint {told[:60]} that waits to be entered; their page "
        "/me/passkeys shows it"
    )


@click.command(epilog="Example: salesdx trail people line cleo --reports-to dan --trail https://trail.firm.example")
@click.argument("id")
@click.option("--reports-to", default="", metavar="ID", help="Whom they report to; without it, nobody.")
@recorded
def line(id: str, reports_to: str, recorder: Recorder) -> None:
    """Say whom the person ID reports to: nobody above somebody reviews their file from outside."""
    _enter(recorder, [("line_given", {"person": id, "reports_to": reports_to})])


@click.command(epilog="Example: salesdx trail people confirm 12 13 14 --trail https://trail.firm.example")
@click.argument("records", type=click.IntRange(0), nargs=-1, required=True)
@recorded
def confirm(records: tuple[int, ...], recorder: Recorder) -> None:
    """Confirm the changes of RECORDS, which another administrator entered: from now on they count."""
    remote = service_of(recorder)
    waiting = {one["record"]: one for one in remote.get("/people/waiting")}
    for number in records:
        if number in waiting:
            click.echo(f"{number}  {_change(waiting[number])}", err=True)
    done = remote.perform(ConfirmPeople(records))
    click.echo(f"confirmed by record {done.record}")


WORDS = {
    "person_added": "new person {name}, reports to {reports_to}",
    "line_given": "reports to {reports_to}",
    "role_given": "role {role} from {from} until {until}",
    "role_ended": "role {role} ends {until}",
    "key_added": "key {key}",
    "key_ended": "key {key} ends",
}


def _change(one: dict[str, Any]) -> str:
    from salesdx.ledger.standalone.person_signatures import PASSKEY, PersonKey

    told = {name: value or "-" for name, value in one["told"].items()}
    if told.get("kind") == PASSKEY:  # the person knows its fingerprint, and nobody reads the key itself
        site = told["key"].partition(" ")[0]
        told["key"] = f"{PersonKey(PASSKEY, told['key']).fingerprint}, a passkey for {site}"
    return f"{told['person']}: {WORDS[one['change']].format(**told)}  (by {one['by']}, {one['time'][:16]})"


@click.command("list", epilog="Example: salesdx trail people list --trail https://trail.firm.example")
@recorded
def list_people(recorder: Recorder) -> None:
    """Show who is in the register, in which roles and with which keys, and what waits to be confirmed."""
    remote = service_of(recorder)
    for one in remote.get("/people"):
        above = f", reports to {one['reports_to']}" if one["reports_to"] else ""
        click.echo(f"{one['person']}  {one['name']}{above}")
        for held in one["roles"]:
            end = f" until {held['until'][:10]}" if held["until"] else ""
            click.echo(f"    {held['role']} from {held['since'][:10]}{end}")
        for fingerprint in one["keys"]:
            click.echo(f"    {fingerprint}")
    for one in remote.get("/people/waiting"):
        click.echo(f"waits: {one['record']}  {_change(one)}")
