"""The tables of the pages, beside those of the trail in the same database, as their last migration leaves them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa

SCHEMA = "salesdx_web"
"""Where they stand in PostgreSQL, always named: the trail sets its search path."""
REVISION = "0009"
"""The migration that this program works with."""
COLUMNS = {
    "case": ("id", "owner", "text", "version", "rules", "state", "opened", "closed"),
    "seat": ("case_id", "person", "role"),
    "standing": ("case_id", "person", "told"),
    "request": (
        "id",
        "token",
        "form",
        "case_id",
        "maker",
        "maker_role",
        "respondent",
        "receiver",
        "asked",
        "made",
        "until",
        "revoked",
        "begun",
        "finished",
    ),
    "person_link": ("id", "token", "letter", "maker", "maker_role", "made", "until", "revoked", "begun"),
    "login": ("person", "password", "since"),
    "invitation": ("token", "person", "made", "until"),
    "login_session": ("token", "person", "role", "begun", "used", "key", "proof", "proof_until"),
    "passkey": ("id", "person", "name", "key", "cose", "counter", "made"),
    "application_token": ("id", "token", "person", "role", "scopes", "made", "maker", "until", "revoked"),
    "code": ("person", "secret", "counter", "made"),
    "job": ("id", "person", "role", "kind", "words", "records", "back", "begun", "result"),
    "scan": ("begun", "page", "data", "fault"),
    "scan_schedule": ("id", "every", "months", "kinds", "person", "next"),
    "web_version": ("version_num",),
}


@dataclass(frozen=True)
class Tables:
    """Case: the text of a case file, with a version. Seat: who sits at a case, in which role. Standing: how far a
    person's interview has come, which may be lost. Request: a link by which a respondent is asked. Person link: one
    by which the person concerned reads a letter. Login: a person's password. Invitation: a link that sets one.
    Login session: a browser that is logged in. Passkey: a key that a person's device holds, by its number there,
    which counts once the register has it. Code: the secret of a person's one-time codes, with the counter of the
    last one that was used. Application token: by which a program acts that the register knows. Job: what is worked
    out beside requests, for whom. Scan: what all units of the firm at once came to, or why it came to nothing. Scan
    schedule: how often that is done, of what, and when next; one row."""

    case: sa.TableClause
    seat: sa.TableClause
    standing: sa.TableClause
    request: sa.TableClause
    person_link: sa.TableClause
    login: sa.TableClause
    invitation: sa.TableClause
    login_session: sa.TableClause
    passkey: sa.TableClause
    application_token: sa.TableClause
    code: sa.TableClause
    job: sa.TableClause
    scan: sa.TableClause
    scan_schedule: sa.TableClause
    web_version: sa.TableClause


@cache
def _tables(schema: str | None) -> Tables:
    return Tables(**{name: sa.table(name, *map(sa.column, names), schema=schema) for name, names in COLUMNS.items()})


def tables_of(connection: sa.Connection) -> Tables:
    """The tables as a connection names them."""
    return _tables(SCHEMA if connection.dialect.name == "postgresql" else None)
