"""The service of a trail, as commands talk to it: `--trail https://...`, after one login."""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import click

from salesdx.cli.settings import settings_path
from salesdx.ledger.sealing import Sealed, unboxed
from salesdx.ledger.standalone.person_signatures import NAMESPACE
from salesdx.services.acts import Act, Done
from salesdx.services.page_requests import PLAIN, Look
from salesdx.services.reads import Read
from salesdx.services.recorder import Recorder, ShownPage, needs_extra
from salesdx.services.trail_acts import ACTS
from salesdx.services.verifying import AskedVerdict, ServedVerdict

if TYPE_CHECKING:
    import httpx

ALONE = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")
"""Addresses of this machine, where nobody else listens on the way."""
PREFIX = "/api/v1"
SECONDS, VERIFY_SECONDS = 60, 3_600
LOGIN = "`salesdx trail people login`"


@dataclass(frozen=True)
class Login:
    """A login as it is kept: who, in which role, the token, and the file of the SSH key that signs."""

    person: str
    role: str
    token: str
    key: str = ""


class RemoteTrail:
    """A trail at the address of its service."""

    def __init__(self, where: str) -> None:
        self.where = where.rstrip("/")
        self._client: httpx.Client | None = None
        if not self.where.startswith(("https://", *ALONE)):
            raise click.UsageError(f"`{where}` would carry what is recorded in clear; a service has https")

    # --- the login ---

    @property
    def login(self) -> Login | None:
        """The login at this service, if there is one."""
        found = _kept().get(self.where)
        return None if found is None else Login(**found)

    @property
    def person(self) -> tuple[str, str] | None:
        """Who is logged in, and in which role."""
        return (self.login.person, self.login.role) if self.login else None

    def keep(self, login: Login | None) -> None:
        """Keep a login, readable by its owner alone; or forget the one that is kept."""
        kept = {where: told for where, told in _kept().items() if where != self.where}
        if login is not None:
            kept[self.where] = asdict(login)
        path = _logins()
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:  # mode 600 from the beginning
            json.dump(kept, file, indent=1)
        os.replace(file.name, path)

    # --- requests ---

    def get(self, path: str, seconds: float = SECONDS) -> Any:
        """What stands at a path, within so many seconds. Raises click.ClickException with what the service says."""
        return self._ask("GET", path, None, "", seconds)

    def post(self, path: str, body: Mapping[str, Any] | None = None, key: str = "", seconds: int = SECONDS) -> Any:
        """The answer to a body, under an idempotency key. Raises click.ClickException."""
        return self._ask("POST", path, body or {}, key, seconds)

    def put(self, path: str, body: Mapping[str, Any], key: str = "") -> Any:
        """The answer to a body that takes the place of what stands at a path. Raises click.ClickException."""
        return self._ask("PUT", path, body, key)

    def delete(self, path: str) -> Any:
        """Delete what stands at a path. Raises click.ClickException."""
        return self._ask("DELETE", path, None, "")

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None, key: str, seconds: float = SECONDS) -> Any:
        with needs_extra("serve"):
            import httpx  # few commands talk to a service

        if self._client is None:  # whom it trusts is read once, and where there is no TLS not at all
            no_connection_rests = httpx.Limits(max_keepalive_connections=0)
            self._client = httpx.Client(verify=self.where.startswith("https://"), limits=no_connection_rests)
        login = self.login
        headers = {"Authorization": f"Bearer {login.token}"} if login else {}
        if key:
            headers["Idempotency-Key"] = key
        for tries in (1, 0):
            try:
                found = self._client.request(
                    method, self.where + PREFIX + path, json=body, headers=headers, timeout=seconds
                )
                break
            except httpx.TransportError as error:
                if not (tries and key):  # with a key it can be sent again, and is done once
                    raise click.ClickException(f"the service `{self.where}` does not answer: {error}") from None
        if found.is_success:
            return found.json() if found.content else None
        try:
            detail = found.json()["detail"]
        except (ValueError, KeyError, TypeError):
            detail = f"the service answers with {found.status_code}"
        raise click.ClickException(str(detail))

    # --- acts ---

    def newest(self, case: str) -> int:
        """The newest diagnosis of a case. Raises click.ClickException."""
        return int(self.get(f"/diagnoses/newest?{urlencode({'case': case})}")["record"])

    def read(self, read: Read, look: Look) -> ShownPage:
        """What somebody reads there, as its page or its file. Raises click.ClickException."""
        found = self.post(f"/reads/{read.kind}?format={look.format}&width={look.width}", asdict(read))
        return ShownPage(found["page"], found["taken"], base64.b64decode(found["file"]), found["name"], found["kind"])

    def me(self) -> str:
        """Who is logged in. Raises click.ClickException."""
        return str(self.get("/me")["person"])

    def keys(self) -> dict[str, Any]:
        """The public keys of the trail, and what is proposed to follow. Raises click.ClickException."""
        found: dict[str, Any] = self.get("/trail/keys")
        return found

    def verdict(self, asked: AskedVerdict) -> ServedVerdict:
        """What the service finds of the whole trail. Raises click.ClickException."""
        found = self.post("/verification", asdict(asked), seconds=VERIFY_SECONDS)
        return ServedVerdict(found["word"], tuple(found["lines"]), found["checkpoint"], tuple(found["proof"]))

    def earlier(self, case: Mapping[str, Any], rules: str) -> Mapping[str, Any]:
        """What earlier records of the subject hold and a case lacks, and who is known to speak in it. Raises
        click.ClickException."""
        found: Mapping[str, Any] = self.post("/earlier", {"case": case, "rules": rules})
        return found

    def attributed(self) -> list[dict[str, Any]]:
        """What stands in the name of the login, and nobody has vouched for. Raises click.ClickException."""
        found: list[dict[str, Any]] = self.get("/statements")
        return found

    def perform(self, act: Act, look: Look | None = None) -> Done:
        """Do an act at the service, with a signature where it takes one. Raises click.ClickException."""
        look, name, body, key = look or PLAIN, offered(type(act)), asdict(act), secrets.token_hex(16)
        if not act.signed:
            return Done(**self.post(f"/acts/{name}?format={look.format}&width={look.width}", body, key))
        login = self.login
        if login is None or not login.key:
            raise click.ClickException(f"who signs needs a key: log in with one, {LOGIN} --key-file FILE")
        drafted = self.post(f"/drafts/{name}", body, key)
        message, content, salt = (base64.b64decode(drafted[part]) for part in ("message", "content", "salt"))
        _check_drafted(act, login, json.loads(message), content, salt, drafted["opens"])
        path = Path(login.key)
        given = {"key": fingerprint(path), "signature": ssh_sign(path, message)}
        return Done(**self.post(f"/signatures/{drafted['draft']}", given))


def service_of(recorder: Recorder) -> RemoteTrail:
    """The service that is named as the trail. Raises click.UsageError where a file is, or nothing."""
    if not isinstance(recorder.remote, RemoteTrail):
        raise click.UsageError("name the service of the trail: --trail https://...; `salesdx serve` starts one")
    return recorder.remote


def _check_drafted(act: Act, login: Login, told: Mapping[str, Any], content: bytes, salt: bytes, opens: str) -> None:
    """Sign nothing but what was asked for: the message seals this content, which is this act of this person."""
    sealed = json.loads(content)
    body = sealed["body"]
    if "sealed" in body:
        body = json.loads(unboxed(Sealed(str(body["sealed"]), str(body["key"])), opens) or "{}")
    if (
        told["commit"] != hmac.digest(salt, content, "sha256").hex()
        or (told["type"], told["role"]) != (act.record_type, login.role)
        or sealed["actor"] != login.person
        or not act.says(body, told["inputs"])
    ):
        raise click.ClickException("the service asks to sign something else than what was asked for; nothing is signed")


# --- SSH --------------------------------------------------------------------------------------------------------------


def fingerprint(private: Path) -> str:
    """The fingerprint of a key by its file; the public half lies beside it. Raises click.ClickException."""
    parts = public_line(private).split()
    raw = base64.b64decode(parts[1])
    return "SHA256:" + base64.b64encode(sha256(raw).digest()).decode().rstrip("=")


def public_line(private: Path) -> str:
    """The public half of a key, which lies beside it. Raises click.ClickException."""
    path = private if private.suffix == ".pub" else private.with_name(private.name + ".pub")
    try:
        return " ".join(path.read_text(encoding="utf-8").split()[:2])  # without the remark, which may name a machine
    except (OSError, UnicodeDecodeError):
        raise click.ClickException(f"the public key `{path}` cannot be read") from None


def ssh_sign(key: Path, message: bytes) -> str:
    """The signature of a message by `ssh-keygen`, which asks for the passphrase or the agent. Raises ClickException."""
    command = ["ssh-keygen", "-Y", "sign", "-q", "-n", NAMESPACE.decode(), "-f", str(key)]
    try:
        made = subprocess.run(command, input=message, capture_output=True, check=False)
    except FileNotFoundError:
        raise click.ClickException("`ssh-keygen` is needed to sign, and is not installed") from None
    if made.returncode:
        said = made.stderr.decode(errors="replace").strip().splitlines()
        raise click.ClickException(f"`{key}` does not sign: {said[-1] if said else 'ssh-keygen says nothing'}")
    return made.stdout.decode()


def _logins() -> Path:
    return settings_path().with_name("logins.json")


def _kept() -> dict[str, dict[str, str]]:
    path = _logins()
    try:
        with open(path, encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise click.ClickException(f"the logins `{path}` can be read by others; `chmod 600 {path}` closes them")
            found: dict[str, dict[str, str]] = json.load(file)
            return found
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise click.ClickException(f"the logins `{path}` cannot be read; delete them and log in again") from None


def offered(act: type[Act]) -> str:
    """The name under which services offer an act."""
    return next(name for name, kind in ACTS.items() if kind is act)
