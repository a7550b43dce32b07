"""Who is logged in at the pages: links that set a password, logins, roles, and forms that come from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from page_visitor import PASSWORD, Visitor
from postgresql_cluster import Cluster
from salesdx.base.model import RuleBase
from salesdx.ledger.connect import connect
from salesdx.ledger.errors import TrailError
from salesdx.ledger.log import Person
from salesdx.services.first_start import TRIER
from salesdx.services.logins import LoginRefused
from salesdx.web import accounts
from salesdx.web.accounts import Accounts
from salesdx.web.migrations import make_ready
from salesdx.web.store import Store
from salesdx.web.tables import tables_of
from served import Office, office, staffed


@pytest.fixture
def firm(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    with staffed(tmp_path, where, base, max="sales_manager", cleo="hr") as found:
        yield found


def count(firm: Office, table: str) -> int:
    with firm.trail.read() as reader:
        query = sa.select(sa.func.count()).select_from(getattr(tables_of(reader.connection), table))
        return int(reader.connection.execute(query).scalar_one())


def test_a_link_sets_a_password_once_and_logs_in(firm: Office) -> None:
    max_ = Visitor(firm, "max")
    link = max_.link()
    assert "Welcome, Max" in max_.get(link).text
    page = max_.post(link, password="short", again="short")
    assert (page.status_code, "a password has 12 to 200 characters" in page.text) == (422, True)
    page = max_.post(link, password=PASSWORD, again=PASSWORD + ".")
    assert (page.status_code, "the two are not the same" in page.text) == (422, True)
    page = max_.post(link, password=PASSWORD, again=PASSWORD)
    assert (page.status_code, page.headers["location"]) == (303, "/")
    assert "Max, the sales manager" in max_.get("/me").text
    for page in (max_.get(link), max_.post(link, password=PASSWORD, again=PASSWORD)):
        assert (page.status_code, "Ask your administrator for another one" in page.text) == (404, True)
    with firm.trail.read() as reader:
        told = reader.connection.execute(sa.select(tables_of(reader.connection).login.c.password)).scalar_one()
    assert told.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_another_link_ends_the_first_one_and_all_logins(firm: Office) -> None:
    max_ = Visitor(firm, "max")
    first = max_.link()
    second = max_.link()
    assert (max_.get(first).status_code, max_.get(second).status_code) == (404, 200)
    max_.enter()
    assert max_.get("/me").status_code == 200
    other = Visitor(firm, "max")
    other.enter()
    assert max_.get("/me").headers["location"] == "/login?to=/me"
    assert other.get("/me").status_code == 200


def test_a_password_that_changes_while_it_is_looked_at_lets_nobody_in(
    firm: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    max_ = Visitor(firm, "max")
    max_.enter()
    served = Accounts(firm.trail.storage, firm.server.register, firm.server.now)
    compared = accounts.password_fits

    def meanwhile(hashed: str, password: str) -> bool:
        served.set_password(served.invite("max"), PASSWORD + PASSWORD)
        return compared(hashed, password)

    monkeypatch.setattr(accounts, "password_fits", meanwhile)
    with pytest.raises(LoginRefused, match="the name or the password is not right"):
        served.log_in("max", PASSWORD, "here")
    assert count(firm, "login_session") == 0


def test_links_and_logins_grow_old(firm: Office) -> None:
    max_, cleo = Visitor(firm, "max"), Visitor(firm, "cleo")
    link = max_.link()
    firm.later(hours=49)
    assert max_.get(link).status_code == 404
    max_.enter()
    cleo.enter()
    firm.later(minutes=29)
    assert [who.get("/me").status_code for who in (max_, cleo)] == [200, 200]
    firm.later(minutes=31)
    assert [who.get("/me").status_code for who in (max_, cleo)] == [200, 303]
    for _ in range(23):
        firm.later(hours=7)
        assert max_.get("/me").status_code == 200
    firm.later(hours=7)
    assert max_.get("/me").status_code == 303


def test_a_name_that_is_not_known_is_answered_as_a_wrong_password(firm: Office) -> None:
    max_ = Visitor(firm, "max")
    max_.enter()
    told = [
        max_.post("/login", person=who, password="not this one at all")
        for who in ("max", "nobody", "cleo", "", "x" * 300, "max\x00", "../max")
    ]
    assert {page.status_code for page in told} == {401}
    assert len({re.sub(r'value="[^"]*"', "", page.text) for page in told}) == 1
    assert max_.get("/me").status_code == 200, "a login that fails ends no other"


def test_too_many_logins_of_a_name_and_from_an_address(firm: Office) -> None:
    max_ = Visitor(firm, "max")
    max_.enter()
    firm.later(minutes=11)
    codes = [max_.post("/login", person="max", password="wrong").status_code for _ in range(31)]
    assert codes == [401] * 30 + [429]
    assert max_.post("/login", person="max", password=PASSWORD).status_code == 429
    assert max_.post("/login", person="cleo", password="wrong").status_code == 429
    firm.later(minutes=11)
    page = max_.post("/login", person="max", password=PASSWORD, to="/me")
    assert (page.status_code, page.headers["location"]) == (303, "/me")


def test_an_address_that_tried_too_often_shuts_no_more_names(firm: Office) -> None:
    served = Accounts(firm.trail.storage, firm.server.register, firm.server.now)
    for n in range(60):
        with pytest.raises(LoginRefused):
            served.log_in(f"nobody-{n}" if n < 30 else "max", "wrong", "there")
    token = served.log_in(served.set_password(served.invite("max"), PASSWORD), PASSWORD, "here")
    assert served.who(token).by.name == "max" and len(served.tries.tried) == 32


def test_a_login_leads_nowhere_else(firm: Office) -> None:
    max_ = Visitor(firm, "max")
    max_.enter()
    for to in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/a\r\nX: y", "/\t/evil"):
        firm.later(minutes=11)
        page = max_.post("/login", person="max", password=PASSWORD, to=to)
        assert page.headers["location"] == "/", to
        assert f'value="{to}"' not in max_.get("/login", params={"to": to}).text


def test_only_forms_of_our_own_pages_are_taken(firm: Office) -> None:
    max_, cleo = Visitor(firm, "max"), Visitor(firm, "cleo")
    max_.enter()
    cleo.enter()
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": max_.firm.url, "Sec-Fetch-Site": "cross-site"},
        {},
    ):
        assert max_.post("/logout", headers=headers).status_code == 403
        assert max_.post("/login", headers=headers, person="max", password=PASSWORD).status_code == 403
    for token in ("", cleo.token(), "0" * 32, "é"):
        assert max_.post("/logout", form_token=token).status_code == 403
    old = max_.token()
    assert max_.get("/me").status_code == 200
    assert max_.post("/logout", headers={"Sec-Fetch-Site": "same-origin"}).headers["location"] == "/login"
    assert max_.get("/me").status_code == 303
    max_.log_in()
    assert max_.post("/logout", form_token=old).status_code == 403, "the token of an earlier login"


def test_a_login_is_worth_nothing_after_logging_out_or_another_role(firm: Office) -> None:
    firm.enter(paul="sales_manager")
    firm._change(("role_given", {"person": "paul", "role": "finance", "from": "", "until": ""}))
    paul = Visitor(firm, "paul")
    paul.enter()
    first = dict(paul.cookies)
    assert "As finance" in paul.get("/me").text
    assert paul.post("/me/role", role="hr").status_code == 404
    assert paul.post("/me/role", role="finance").status_code == 303
    assert "Paul, finance" in paul.get("/me").text
    assert httpx.get(f"{firm.url}/me", cookies=first).status_code == 303
    now = dict(paul.cookies)
    assert first != now
    firm._change(("role_ended", {"person": "paul", "role": "finance", "until": ""}))
    assert paul.get("/me").status_code == 303, "a role that ends, ends the login"


def test_the_cookie_is_for_this_host_alone(firm: Office) -> None:
    max_ = Visitor(firm, "max")
    link = max_.link()
    told = max_.post(link, password=PASSWORD, again=PASSWORD).headers["set-cookie"]
    assert re.fullmatch(r"salesdx=[\w-]{43}; HttpOnly; Path=/; SameSite=lax", told)


def test_every_answer_has_the_headers(firm: Office) -> None:
    max_ = Visitor(firm, "max")
    max_.enter()
    for page in (max_.get("/me"), max_.get("/login"), max_.get("/nowhere"), max_.post("/logout", form_token="")):
        assert page.headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
            "base-uri 'none'"
        )
        told = [page.headers[name] for name in ("cache-control", "referrer-policy", "x-content-type-options")]
        assert [*told, page.headers["cross-origin-opener-policy"]] == [
            "no-store",
            "same-origin",
            "nosniff",
            "same-origin",
        ]
    (sheet,) = re.findall(r'href="(/static/[^"]+)"', max_.get("/login").text)
    given = max_.get(sheet)
    assert (given.headers["content-type"], "immutable" in given.headers["cache-control"]) == (
        "text/css; charset=utf-8",
        True,
    )
    assert max_.get("/static/0000000000000000/pages.css").status_code == 404


def test_what_is_too_long_is_not_taken(firm: Office) -> None:
    max_ = Visitor(firm, "max")
    page = max_.post("/login", person="max", password="x" * (1 << 20))
    assert (page.status_code, "This is too long" in page.text) == (413, True)
    page = max_.post("/login", **{f"f{n}": "x" for n in range(301)})
    assert page.status_code == 400


@pytest.mark.parametrize("charset", ["utf-8", "unicode_escape", "punycode", "undefined"])
def test_a_form_of_several_parts_is_not_taken(firm: Office, charset: str) -> None:
    """No page of ours sends one, and each could name an encoding that makes no text."""
    max_ = Visitor(firm, "max")
    max_.enter()
    parts = b'--x\r\nContent-Disposition: form-data; name="form_token"\r\n\r\n\\ud800\r\n--x--\r\n'
    headers = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
    for path in ("/login", "/logout"):
        given = httpx.post(firm.url + path, content=parts, headers=headers, cookies=max_.cookies)
        assert (given.status_code, "This cannot be read" in given.text) == (415, True)


def test_the_tables_are_made_once_and_those_of_a_newer_program_are_left_alone(firm: Office) -> None:
    make_ready(firm.trail.storage)
    with firm.trail.storage.migrating() as connection:
        connection.execute(sa.update(tables_of(connection).web_version).values(version_num="0099"))
    with pytest.raises(TrailError, match="of a newer salesdx"):
        make_ready(firm.trail.storage)
    assert count(firm, "login_session") == 0


def test_on_a_server_only_who_serves_the_trail_has_its_pages(
    tmp_path: Path, postgresql: Cluster, base: RuleBase
) -> None:
    database = postgresql.emptied()
    for role in ("writer", "reader"):
        if not postgresql.query(f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"):
            postgresql.query(f"CREATE ROLE {role} LOGIN")
    with office(tmp_path, postgresql.url(database), base) as firm:
        firm.enter(max="sales_manager")
        for role, group in (("writer", "salesdx_service"), ("reader", "salesdx_app")):
            postgresql.query(f"GRANT {group} TO {role}")
        writer, reader = (connect(postgresql.url(database, role)) for role in ("writer", "reader"))
        make_ready(writer)
        served = Accounts(writer, firm.server.register, firm.server.now)
        token = served.log_in(served.set_password(served.invite("max"), PASSWORD), PASSWORD, "here")
        assert served.who(token).by == Person("max", "sales_manager", "login")
        assert not Store(writer).forget_erased()
        with pytest.raises(TrailError, match="refuses this role"):
            Store(reader).cases("max")
        with pytest.raises(TrailError, match="may not make or change the tables"):
            make_ready(reader)


def test_nothing_of_a_login_is_in_the_trail(firm: Office) -> None:
    before = size(firm)
    max_ = Visitor(firm, "max")
    max_.enter()
    max_.post("/logout")
    assert size(firm) == before


def size(firm: Any) -> int:
    with firm.trail.read() as reader:
        return int(reader.head().size)


def test_nobody_of_the_register_gets_in_as_who_tried_the_service(firm: Office) -> None:
    firm._change(
        ("person_added", {"person": TRIER, "name": "Tria Lang", "reports_to": ""}),
        ("role_given", {"person": TRIER, "role": "sales_manager", "from": "", "until": ""}),
    )
    with pytest.raises(LoginRefused, match="has no role"):
        Visitor(firm, TRIER).link()
