"""The mail that tells people how much waits for them: handed in to a mail server, with nothing in it of a case."""

from __future__ import annotations

import gc
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Kept
from aiosmtpd.smtp import AuthResult, LoginPassword

from commands import run_salesdx
from firms_provider import certificate_of
from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.ledger.errors import TrailError
from salesdx.ledger.marks import all_marks
from salesdx.services.mailing import read_mail_server, send_mails
from served import Office, staffed
from test_pages_links import answer_for, ask

ADDRESS = "https://reviews.firm.example"
EVERYBODY = "person,mail\nanna,anna@firm.example\nben,ben@firm.example\nmax,max@firm.example\nmia,mia@firm.example\n"


class Box(Kept):
    """What a mail server took, and whom it refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[Message] = []

    def handle_message(self, message: Message) -> None:
        self.taken.append(message)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("mia@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@contextmanager
def mail_server(box: Box, **told: Any) -> Iterator[int]:
    """A mail server on this machine; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    controller = Controller(box, hostname="127.0.0.1", port=port, **told)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture
def box() -> Iterator[tuple[Box, str]]:
    box = Box()
    with mail_server(box) as port:
        yield box, f"smtp://127.0.0.1:{port}"


@pytest.fixture
def firm(tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with staffed(tmp_path, str(tmp_path / "trail"), base, max="sales_manager", mia="sales_manager") as found:
        yield found


def waiting(firm: Office) -> str:
    """An answer of finance comes in by link, in one review; a role of mia waits for a second administrator."""
    max_ = Visitor(firm, "max")
    max_.enter()
    case = max_.begin(subject="person", ref="E-1042")
    guest = ask(max_, case).begin_link()
    first = guest.terms[0]
    assert guest.say(first, answer_for(firm.base, first)).status_code == 303
    firm._signed("anna", "role_given", {"person": "mia", "role": "hr", "from": "", "until": ""}, [])
    return case


def digest(firm: Office, *words: str, people: str = EVERYBODY) -> subprocess.CompletedProcess[Any]:
    listed = firm.folder / "people.csv"
    listed.write_text(people)
    trail = ("--trail", str(firm.folder / "trail"))
    return run_salesdx("serve", "digest", str(listed), "--address", ADDRESS, *words, *trail)


def test_who_has_something_waiting_is_mailed_how_much(firm: Office, box: tuple[Box, str]) -> None:
    case, (taken, smtp) = waiting(firm), box
    with firm.trail.read() as reader:
        before = reader.head().size, len(list(all_marks(reader)))
    done = digest(firm, "--smtp", smtp, "--smtp-from", "salesdx@firm.example")
    assert (done.returncode, done.stdout) == (0, "2 mails sent\n"), done.stderr
    mails = {
        str(mail["To"]): (str(mail["Subject"]), str(mail.get_payload()).replace("\r\n", "\n")) for mail in taken.taken
    }
    assert mails.keys() == {"ben@firm.example", "max@firm.example"}, "anna entered it, and mia has nothing to do"
    assert mails["ben@firm.example"] == (
        "1 thing waits for you in salesdx",
        "Ben,\n\n1 thing waits for you:\n\n"
        "- Confirm a change of who the people are and what they may do, or leave it: 1\n\n"
        f"{ADDRESS}/\n\nWhoever runs the service takes you off this list.\n",
    )
    assert "- Answers came in by link: 1 review\n" in mails["max@firm.example"][1]
    assert not any(told in text for _, text in mails.values() for told in (case, "1042", "Mia", "Finn"))
    with firm.trail.read() as reader:
        assert (reader.head().size, len(list(all_marks(reader)))) == before, "nobody has read anything"


def test_a_dry_run_prints_and_sends_nothing(firm: Office, box: tuple[Box, str]) -> None:
    waiting(firm)
    done = digest(firm, "--dry-run")
    assert done.returncode == 0 and done.stdout.count("To: ") == 2 and not box[0].taken
    assert (
        digest(firm, "--dry-run", people="person,mail\nmia,mia@firm.example\n").stdout == "nothing waits for anybody\n"
    )


def test_a_mail_that_is_refused_keeps_no_other_one_back(firm: Office, box: tuple[Box, str]) -> None:
    waiting(firm)
    people = "person,mail\nben,mia@firm.example\nmax,max@firm.example\n"
    done = digest(firm, "--smtp", box[1], "--smtp-from", "salesdx@firm.example", people=people)
    assert done.returncode == 1
    assert "mia@firm.example: refused: 550 no such mailbox" in done.stderr and done.stdout == "1 mail sent\n"
    assert [mail["To"] for mail in box[0].taken] == ["max@firm.example"]


def test_faults_of_the_list_are_told_all_at_once(firm: Office) -> None:
    people = (
        "person,mail\nnobody,x@firm.example\nben,Ben <b@firm.example>\nmax,m@firm.example\nmax,n@firm.example\nmia\n"
    )
    done = digest(firm, "--dry-run", people=people)
    assert done.returncode == 1
    for told in (
        "2:1: `nobody` is nobody",
        "3:1: `Ben <b@firm.example>` is no mail",
        "5:1: `max` stands twice",
        "6:1: ",
    ):
        assert told in done.stderr, done.stderr
    done = digest(firm, "--dry-run", people="who,mail\n")
    assert done.returncode == 1 and "the first line is not `person,mail`" in done.stderr
    assert digest(firm).returncode == 2, "it is not said where mail is handed in"


def test_a_server_that_is_not_there_or_offers_no_tls_ends_it(firm: Office, tmp_path: Path) -> None:
    waiting(firm)
    done = digest(firm, "--smtp", "smtp://127.0.0.1:1", "--smtp-from", "salesdx@firm.example")
    assert done.returncode == 1 and "the mail server 127.0.0.1:1 does not take it" in done.stderr
    for url in ("mail.firm.example", "http://x", "smtp://u:secret@x", "smtp://x/y", "smtp://x:99999", "smtp://anna@x"):
        done = digest(firm, "--smtp", url, "--smtp-from", "salesdx@firm.example")
        assert done.returncode == 1 and "secret" not in done.stderr, url


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # aiosmtpd closes no refused TLS
def test_a_user_of_the_mail_server_logs_in_by_tls_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = certificate_of(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    def known(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data == LoginPassword(b"app", b"kept"), handled=False)

    box = Box()
    told = {"authenticator": known, "auth_required": True, "tls_context": context, "require_starttls": True}
    mail = EmailMessage()
    mail["To"] = "max@firm.example"
    with mail_server(box, **told) as port:
        server = read_mail_server(f"smtp://app@127.0.0.1:{port}", "kept")
        with pytest.raises(TrailError, match="certificate"):
            send_mails(server, "salesdx@firm.example", [mail])
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert send_mails(server, "salesdx@firm.example", [mail]) == {}
        wrong = replace(server, password="guessed")
        with pytest.raises(TrailError, match="535"):
            send_mails(wrong, "salesdx@firm.example", [mail])
    assert len(box.taken) == 1
    gc.collect()  # what it leaves open goes here, and not in somebody else's test
