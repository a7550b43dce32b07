"""The service of a trail: who acts is a person with a key, and what they may not do is refused at every door."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from click.testing import CliRunner

from commands import run_salesdx
from conftest import ROOT
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.cli.serve import listening_at
from salesdx.ledger.verify import verify
from salesdx.services.acts import Act
from salesdx.services.logins import MOST_TOKENS, LoginRefused
from salesdx.services.trail_acts import ACTS
from salesdx.services.trail_server import MOST_DRAFTS
from served import Office, staffed

LATE = ROOT / "examples/late-delivery.yaml"


@pytest.fixture
def firm(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    with staffed(tmp_path, where, base) as found:
        yield found


def verdict(firm: Office) -> str:
    with firm.trail.read() as reader:
        assert firm.trail.key is not None
        return str(verify(reader, [firm.trail.key.public]))


def size(firm: Office) -> int:
    with firm.trail.read() as reader:
        return reader.head().size


def test_people_enter_others_and_record_what_they_do(firm: Office) -> None:
    for who in ("anna", "ben"):
        firm.log_in(who)
    firm.key_file("cleo")
    said = firm.run("anna", "trail", "people", "add", "cleo", "--name", "Cleo Abt", "--give", "hr",
                    "--public-key", firm.key_file("cleo").with_suffix(".pub"))  # fmt: skip
    assert said == "entered as 9 10 11; another administrator confirms: `salesdx trail people confirm 9 10 11`\n"
    firm.log_in("cleo", "hr", fails="the login is refused")
    firm.run(
        "anna", "trail", "people", "confirm", "9", "10", "11", fails="`anna` confirms what they entered themselves"
    )
    assert firm.run("ben", "trail", "people", "confirm", "9", "10", "11") == "confirmed by record 12\n"
    assert "cleo  Cleo Abt\n    hr from" in firm.run("ben", "trail", "people", "list")
    firm.log_in("cleo", "reviewer", fails="`cleo` has not the role `reviewer`")
    firm.log_in("cleo", "hr")
    shown = firm.run("cleo", "diagnose", LATE)
    assert "“Production and delivery” is the cause to act on" in shown
    firm.run("cleo", "explain", LATE, "--why-not", "pricing")
    firm.run("cleo", "trail", "hold", "add", "--case", "late-delivery", "--reason", "lawsuit 7")
    firm.run("anna", "diagnose", LATE, fails="`admin` may not do this; the policy gives it to `sales_manager`, `hr`")
    firm.later(hours=9)
    firm.run("cleo", "diagnose", LATE, fails="log in: `salesdx trail people login`")
    assert "4 persons" not in verdict(firm) and "3 persons are in the register" in verdict(firm)


def test_a_diagnosis_is_made_again_at_the_service(firm: Office) -> None:
    """A client that sends what was never concluded, or other rules, or another day, records nothing."""
    firm.enter(cleo="hr")
    firm.log_in("cleo")
    firm.run("cleo", "diagnose", LATE)
    token, before = firm.token("cleo"), size(firm)
    with firm.trail.read() as reader:
        (row,) = reader.rows(types=("diagnosis",))
    body = row.content["body"]  # type: ignore[index]
    case = {name: body[name] for name in ("case_file", "firm", "today", "persons", "trial") if name in body}
    good = {"case": case, "rules": firm.base.digest, "result": body["result"]}
    for words, change in (
        ("the service finds otherwise than you", {"result": body["result"].replace("confirmed", "ruled_out")}),
        ("the rules here are", {"rules": "sha256:" + "0" * 64}),
        ("the case is diagnosed for 2019-01-01", {"case": case | {"today": "2019-01-01"}}),
        ("the case is diagnosed for no day", {"case": {n: v for n, v in case.items() if n != "today"}}),
        ("so this is a trial, and has to say so", {"case": case | {"trial": False}}),
    ):
        given = firm.call("POST", "/acts/record", token, json={"cases": [good | change]})
        assert given.status_code == 409 and words in given.json()["detail"], given.text
        assert given.headers["content-type"] == "application/problem+json"
    assert size(firm) == before
    if "sqlite" in str(firm.trail.storage.engine.url):
        firm.without_the_clock_of_the_database()
        firm.later(days=3)  # a trail that rested for some days takes the cases of today
        late = firm.call("POST", "/acts/record", firm.token("cleo"), json={"cases": [good]})
        assert f"it is {firm.server.now():%Y-%m-%d} here" in late.json()["detail"]
        firm.later(days=-3)
    key = {"Idempotency-Key": "the-same-request"}
    first, again = (firm.call("POST", "/acts/record", token, json={"cases": [good]}, headers=key) for _ in range(2))
    assert (first.status_code, first.json()) == (200, again.json()) and size(firm) == before + 1


def test_whoever_is_not_logged_in_gets_nothing(firm: Office) -> None:
    description = firm.call("GET", "/openapi.json").json()
    open_to_all = {
        "/api/v1/login/challenges", "/api/v1/login", "/api/v1/login/devices", "/api/v1/login/devices/token",
        "/api/v1/trail", "/api/v1/health",
    }  # fmt: skip
    before = size(firm)
    for path, methods in description["paths"].items():
        for method in methods:
            if path in open_to_all and method != "delete":
                continue
            for token in ("", "x" * 43):
                given = firm.call(method.upper(), path.removeprefix("/api/v1").replace("{draft}", "d"), token, json={})
                assert given.status_code == 401, (path, method, given.text)
                assert given.json()["title"] == "Unauthorized" and given.headers["www-authenticate"] == "Bearer"
                assert given.headers["cache-control"] == "no-store"
    assert size(firm) == before


def test_logins_that_are_refused(firm: Office) -> None:
    firm.enter(cleo="hr", dan="hr")
    text = firm.call("POST", "/login/challenges", json={"person": "cleo"}).json()["text"]
    nobody = firm.call("POST", "/login/challenges", json={"person": "nobody"}).json()["text"]
    assert len(text) == len(nobody) - 2

    def login(person: str, text: str, by: str, role: str = "hr") -> str:
        from salesdx.cli.remote import ssh_sign

        signature = ssh_sign(firm.key_file(by), text.encode())
        given = firm.call("POST", "/login", json={"person": person, "role": role, "text": text, "signature": signature})
        return "" if given.status_code == 200 else str(given.json()["detail"])

    assert login("cleo", text, "dan") == "the login is refused"
    assert login("cleo", text, "cleo") == "the login is refused", "a challenge is good for one try"
    assert login("nobody", nobody, "cleo") == "the login is refused"
    theirs = firm.call("POST", "/login/challenges", json={"person": "dan"}).json()["text"]
    assert login("cleo", theirs, "cleo") == "the login is refused"
    late = firm.call("POST", "/login/challenges", json={"person": "cleo"}).json()["text"]
    firm.later(minutes=11)
    assert login("cleo", late, "cleo") == "the login is refused"
    good = firm.call("POST", "/login/challenges", json={"person": "cleo"}).json()["text"]
    assert login("cleo", good, "cleo") == ""
    for _ in range(30):
        assert login("dan", "{}", "dan") == "the login is refused"
    assert "too many logins failed" in login("dan", "{}", "dan")


def test_a_device_is_let_in_once_by_who_is_logged_in(firm: Office) -> None:
    firm.enter(cleo="hr")
    token = firm.token("cleo")
    waiting = firm.call("POST", "/login/devices").json()
    secret = {"secret": waiting["secret"]}
    assert firm.call("POST", "/login/devices/token", json=secret).json() == {"token": ""}
    assert firm.call("POST", "/login/devices/admission", json={"code": waiting["code"]}).status_code == 401
    assert firm.call("POST", "/login/devices/admission", token, json={"code": "BBBB-BBBB"}).status_code == 401
    assert firm.call("POST", "/login/devices/admission", token, json={"code": "ÄÖÜß-BBBB"}).status_code == 401
    assert firm.call("POST", "/login/devices/admission", token, json={"code": waiting["code"]}).status_code == 204
    got = firm.call("POST", "/login/devices/token", json=secret).json()["token"]
    assert firm.call("GET", "/me", got).json()["person"] == "cleo"
    assert firm.call("POST", "/login/devices/token", json=secret).status_code == 401
    assert firm.call("DELETE", "/login", got).status_code == 204
    assert firm.call("GET", "/me", got).status_code == 401
    assert firm.call("GET", "/me", token).json()["role"] == "hr"


def test_a_token_ends_with_the_role(firm: Office) -> None:
    firm.enter(cleo="hr")
    token = firm.token("cleo")
    firm._change(("role_ended", {"person": "cleo", "role": "hr", "until": ""}))
    given = firm.call("GET", "/me", token)
    assert given.status_code == 401 and "has the role `hr` no more" in given.json()["detail"]


def test_a_draft_is_signed_once_and_by_its_person(firm: Office) -> None:
    anna, ben = firm.token("anna"), firm.token("ben")
    body = {"change": "person_added", "told": {"person": "eve", "name": "Eve", "reports_to": ""}}
    assert firm.call("POST", "/acts/people", anna, json=body).status_code == 404, "a token does not do"
    before = size(firm)

    def drafted() -> tuple[str, dict[str, str]]:
        import base64

        from salesdx.cli.remote import ssh_sign

        found = firm.call("POST", "/drafts/people", anna, json=body).json()
        assert "message" in found, found
        message = base64.b64decode(found["message"])
        finger, _ = firm.sign("anna", message)
        return found["draft"], {"key": finger, "signature": ssh_sign(firm.key_file("anna"), message)}

    name, given = drafted()
    assert size(firm) == before
    assert firm.call("POST", f"/signatures/{name}", ben, json=given).status_code == 409
    name, given = drafted()
    assert firm.call("POST", f"/signatures/{name}", anna, json=given | {"signature": "none"}).status_code == 409
    other, _ = drafted()
    assert firm.call("POST", f"/signatures/{other}", anna, json=given).status_code == 409, "of another draft"
    name, given = drafted()
    assert firm.call("POST", f"/signatures/{name}", anna, json=given).json()["record"] == before
    assert firm.call("POST", f"/signatures/{name}", anna, json=given).status_code == 409
    body["told"]["person"] = "finn"  # type: ignore[index]
    late, given = drafted()
    firm.later(minutes=11)
    assert firm.call("POST", f"/signatures/{late}", anna, json=given).status_code == 409
    assert size(firm) == before + 1


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 422), (b"[]", 422), (b'{"kind":"case"}', 422), (b'{"kind":"planet","name":"x","reason":"y"}', 422),
     (b"\xff", 400), (b"x" * (1 << 20) + b"x", 413), (b'{"kind":"case","name":"x","reason":"y","more":1}', 422)],
)  # fmt: skip
def test_what_is_no_request_is_told(firm: Office, body: bytes, status: int) -> None:
    firm.enter(cleo="hr")
    given = firm.call(
        "POST", "/acts/hold", firm.token("cleo"), content=body, headers={"Content-Type": "application/json"}
    )
    assert given.status_code == status and given.json()["status"] == status, given.text


def test_without_its_libraries_the_service_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    (tmp_path / "settings.toml").touch()
    monkeypatch.setenv("SALESDX_SETTINGS", str(tmp_path / "settings.toml"))
    for words in (["trail", "people", "list"], ["diagnose", str(LATE)]):
        done = CliRunner().invoke(cli, [*words, "--trail", "http://127.0.0.1:1"])
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr == "error: the service needs httpx: `pip install 'salesdx[serve]'`\n"


# --- the process itself -----------------------------------------------------------------------------------------------


def test_serve_starts_and_ends(tmp_path: Path) -> None:
    from salesdx.ledger.keys import SigningKey, new_private_key, write_private_key
    from salesdx.ledger.log import create, new_origin, open_trail
    from served import BOOT

    private = new_private_key()
    where = str(tmp_path / "trail")
    write_private_key(tmp_path / "trail.key", private)
    create(where, SigningKey(private, new_origin()), BOOT)
    words = ["serve", "--trail", where, "--port", "0"]
    refused = run_salesdx(*words)
    assert refused.returncode == 1
    assert refused.stderr == (
        "error: the trail does not know its people yet; `salesdx trail people begin` enters the first two\n"
    )
    begin(open_trail(where), tmp_path)
    checked = run_salesdx(*words, "--check")
    assert checked.stdout.startswith("everything is there: 2 persons, rules 20")
    (tmp_path / "s.toml").write_text(
        f'trail = "{where}"\nport = 0\nbehind_proxy = true\nhost = "0.0.0.0"\n'
        'address = "https://reviews.firm.example"\n'
    )
    for more, told in (
        ({}, "everything is there: 2 persons, rules 20"),
        ({"SALESDX_PORT": "70000"}, "70000 is not in the range"),
        ({"SALESDX_BEHIND_PROXY": "maybe"}, "`behind_proxy` is set to `maybe`, and true or false is expected"),
        ({"SALESDX_BEHIND_PROXY": "false"}, "beyond this machine it takes --certificate"),
        ({"SALESDX_ADDRESS": "reviews"}, "`reviews` is no address of a service"),
        ({"SALESDX_CERTIFICATE": "none.pem"}, "a certificate needs its key"),
        ({"SALESDX_HOME": str(tmp_path / "none")}, "none"),
    ):
        env = os.environ | {"SALESDX_SETTINGS": str(tmp_path / "s.toml")} | more
        done = run_salesdx("serve", "--check", env=env)
        assert told in done.stdout + done.stderr and (done.returncode == 0) == (not more), done.stderr
    command = [sys.executable, "-m", "salesdx", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None and running.stderr is not None
        url = running.stdout.readline().strip()
        import httpx

        assert httpx.get(f"{url}/api/v1/health").json() == {"status": "ok"}
        assert httpx.get(f"{url}/api/v1/trail").json()["people"] is True
        running.terminate()
        assert running.wait(30) in (0, -15)
        (told,) = running.stderr.read().splitlines()
        assert told.startswith("nobody has adopted the rules 20") and told.endswith("`salesdx trail adopt`")
    with listening_at("127.0.0.1", 0) as taken:
        taken.listen()
        done = run_salesdx(*words[:-1], str(taken.getsockname()[1]))
    assert done.returncode == 1 and "nobody can listen at 127.0.0.1, port" in done.stderr
    beyond = run_salesdx(*words, "--host", "0.0.0.0")
    assert beyond.returncode == 2 and "beyond this machine it takes --certificate" in beyond.stderr


def begin(trail: object, folder: Path) -> None:
    from person_keys import key, made, signed
    from salesdx.trail.people import begin_register, prove_first

    folders = {who: folder / who for who in ("anna", "ben")}
    for one in folders.values():
        one.mkdir()
    keys = {who: made(one, "ed25519") for who, one in folders.items()}
    from served import BOOT

    begin_register(trail, [(who, who.title(), key(path).text) for who, path in keys.items()], BOOT)  # type: ignore[arg-type]
    for who, path in keys.items():
        prove_first(trail, who, lambda message, path=path: (key(path).fingerprint, signed(path, message)))  # type: ignore[arg-type,misc]


def _least(kind: type[Act]) -> dict[str, object]:
    """The shortest body that an act takes: what it says is no matter."""
    by_type = {"int": 0, "str": "x", "bool": False}
    needed = [one for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING]
    empty = {one.name: {} if "Mapping[" in str(one.type)[:8] or "|" in str(one.type) else [] for one in needed}
    told = {one.name: by_type.get(str(one.type), empty[one.name]) for one in needed}
    literal = {one.name: get_args(get_type_hints(kind)[one.name])[0] for one in needed if "Literal" in str(one.type)}
    return told | literal


def test_each_act_is_refused_to_every_role_that_the_policy_does_not_name(firm: Office) -> None:
    """The table of acts and roles, cell by cell, at the address of each act."""
    assert firm.base.policy is not None
    may = firm.base.policy.may
    roles = sorted({role for grant in may.values() for role in grant.roles} | {"guest"})
    firm.enter(**{f"a_{role}": role for role in roles if role != "admin"})
    tokens = {role: firm.token("anna" if role == "admin" else f"a_{role}") for role in roles}
    refused, wrong = set(), []
    for name, kind in ACTS.items():
        for role, token in tokens.items():
            where = "drafts" if kind.signed else "acts"
            told = firm.call("POST", f"/{where}/{name}", token, json=_least(kind))
            says_no = told.status_code in (403, 409) and "may not do this" in told.json()["detail"]
            refused |= {(name, role)} if says_no else set()
            if says_no is (role in may[kind.grant].roles) or told.status_code == 500:
                wrong.append((name, role, told.status_code, told.text[:80]))
    assert wrong == []
    assert {("sign-off", "sales_manager"), ("release", "sales_manager"), ("statement", "sales_manager")} <= refused
    assert {("erasure", "sales_manager"), ("people", "sales_manager"), ("record", "admin")} <= refused
    assert {role for name, role in refused if role == "guest"} and len(refused) > 150


def test_a_key_that_stands_twice_is_refused(firm: Office) -> None:
    """Readers differ in which one counts, so a request that says two things says none."""
    firm.enter(cleo="hr")
    token, before = firm.token("cleo"), size(firm)
    for body in (
        '{"kind": "case", "name": "north", "name": "south", "reason": "lawsuit"}',
        '{"kind": "case", "name": "north", "reason": "lawsuit", "\\u006eame": "south"}',
    ):
        given = firm.call("POST", "/acts/hold", token, content=body, headers={"Content-Type": "application/json"})
        assert given.status_code == 422 and "stands there twice" in given.json()["detail"], given.text
        assert given.headers["content-type"] == "application/problem+json"
    nested = '{"case": {"case_file": "a", "case_file": "b"}, "rules": "x"}'
    assert "stands there twice" in firm.call("POST", "/earlier", token, content=nested).json()["detail"]
    assert size(firm) == before
    assert firm.call("POST", "/acts/hold", token, content="{", headers={}).status_code == 422


def test_nobody_pushes_out_what_another_has_begun(firm: Office) -> None:
    """Challenges are not kept, and drafts and tokens are bound for each person."""
    firm.enter(cleo="hr", dan="hr", lea="legal")
    text = firm.call("POST", "/login/challenges", json={"person": "cleo"}).json()["text"]
    for number in range(20_000):
        firm.server.logins.challenge(("dan", "cleo", f"nobody-{number}")[number % 3])
    from salesdx.cli.remote import ssh_sign

    given = {"person": "cleo", "role": "hr", "text": text, "signature": ssh_sign(firm.key_file("cleo"), text.encode())}
    token = firm.call("POST", "/login", json=given).json()["token"]
    assert firm.call("GET", "/me", token).status_code == 200
    for number in range(50):
        with pytest.raises(LoginRefused):
            firm.server.logins.login(f"nobody-{number}", "hr", "{}", "")
    assert firm.server.logins.failed.keys() <= {"cleo", "dan", "lea", "anna", "ben"}

    change = {"change": "person_added", "told": {"person": "mia", "name": "Mia", "reports_to": ""}}
    anna, ben = firm.token("anna"), firm.token("ben")
    first = firm.call("POST", "/drafts/people", anna, json=change).json()["draft"]
    for _ in range(MOST_DRAFTS + 1):
        assert firm.call("POST", "/drafts/people", ben, json=change).status_code == 200
    assert len(firm.server.drafts) == MOST_DRAFTS + 1 and first in firm.server.drafts
    for _ in range(MOST_TOKENS + 1):
        firm.server.logins._token("dan", "hr")
    assert sum(one.person == "dan" for one in firm.server.logins.tokens.values()) == MOST_TOKENS
    assert firm.call("GET", "/me", token).status_code == 200
