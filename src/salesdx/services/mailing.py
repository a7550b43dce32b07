"""Mail that tells people that something waits for them, and nothing of what it is about."""

from __future__ import annotations

import csv
import io
import re
import smtplib
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

from salesdx.ledger.errors import TrailError
from salesdx.services.own_address import is_loopback
from salesdx.text.issues import CaseError, Issue
from salesdx.text.source import Place, read_text

COLUMNS = ("person", "mail")
MAIL = re.compile(r"[^\s@,;<>\"]{1,64}@[A-Za-z0-9.-]{1,190}")
"""One plain address: no name before it, and no second one."""
SECONDS = 30


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in: with TLS from the first byte (``tls``), or begun (STARTTLS); without any on this machine
    alone."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = ""


def read_mail_server(url: str, password: str = "") -> MailServer:
    """A mail server as an operator names it: smtp://host or smtps://user@host:465. Raises TrailError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    plain = not (parts.password or parts.path.strip("/") or parts.query or parts.fragment)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or not plain:
        raise TrailError("a mail server is named as smtp://mail.firm.example:587 or smtps://user@mail.firm.example")
    if bool(parts.username) != bool(password):
        raise TrailError("a mail server takes a user, in its address, and the file with the password, or neither")
    tls = parts.scheme == "smtps"
    return MailServer(parts.hostname, port or (465 if tls else 587), tls, unquote(parts.username or ""), password)


def read_addresses(path: Path, known: Iterable[str]) -> dict[str, str]:
    """Person -> mail address, of a CSV file with the columns `person` and `mail`. Raises CaseError with every fault:
    whoever is not ``known``, an address that is none, a person who stands twice."""
    text, faults = read_text(path, str(path))
    if text is None or faults:
        raise CaseError([Issue.of(one) for one in faults])
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    lines, people, found, issues = text.splitlines(), set(known), dict[str, str](), list[Issue]()

    def fault(code: str, words: str, help: str = "") -> None:
        line = lines[rows.line_num - 1] if 0 < rows.line_num <= len(lines) else ""
        at = max(rows.line_num, 1)
        issues.append(Issue(code, words, Place(str(path), at, 1, at, 1 + len(line), line), help))

    if tuple(cell.strip().lower() for cell in next(rows, [])) != COLUMNS:
        fault("columns", "the first line is not `person,mail`")
        raise CaseError(issues)
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        person, mail = (cell.strip() for cell in (*row, "", "")[:2])
        if len(row) != len(COLUMNS):
            fault("columns", f"a line has {len(COLUMNS)} cells, and this one {len(row)}")
        elif person not in people:
            fault("person", f"`{person}` is nobody of the register")
        elif not MAIL.fullmatch(mail):
            fault("mail", f"`{mail}` is no mail address", "one plain address, such as anna@firm.example")
        elif person in found:
            fault("person", f"`{person}` stands twice")
        else:
            found[person] = mail
    if issues:
        raise CaseError(issues)
    return found


def send_mails(server: MailServer, sender: str, mails: Iterable[EmailMessage]) -> dict[str, str]:
    """Hand mails in, each to the one address that it is for; what was refused, by address. One that is
    refused keeps no other one back.

    Raises TrailError where the server cannot be reached, offers no TLS, or takes the password of nobody.
    """
    refused = {}
    try:
        with _connected(server) as connection:
            for mail in mails:
                try:
                    connection.send_message(mail, sender, mail["To"])
                except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
                    refused[mail["To"]] = _told(error)
    except (OSError, smtplib.SMTPException) as error:
        raise TrailError(f"the mail server {server.host}:{server.port} does not take it: {_told(error)}") from None
    return refused


def _connected(server: MailServer) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    if server.tls:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=trusted)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        if server.user or not is_loopback(server.host):
            connection.starttls(context=trusted)
    if server.user:
        connection.login(server.user, server.password)
    return connection


def _told(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        error = smtplib.SMTPResponseException(*next(iter(error.recipients.values())))
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        return f"{error.smtp_code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"
    return str(error)
