"""A complete file is signed at the pages: read, thought about, and decided with passkeys, blind to each other."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import html

from alone import run_alone
from commands import run_salesdx
from page_visitor import Visitor
from passkey_device import PasskeyDevice
from salesdx.base.model import RuleBase
from salesdx.ledger.verify import verify
from salesdx.trail.book import Book
from salesdx.web.passkeys import Passkeys
from served import Office, going_on
from test_serve_sign_off import stated

SIGNERS = ("cleo", "finn", "gwen")
REASONS = {"cleo": "coaching was given and measured", "finn": "I spoke with the seller and with two customers"}


def passkeys_of(firm: Office) -> Passkeys:
    return Passkeys(firm.trail.storage, firm.server.register, firm.server.now)


def make_passkey(visitor: Visitor, device: PasskeyDevice, count: bool = True) -> str:
    """Make a passkey at the page, and have it entered in the register; its fingerprint."""
    (asked,) = html.fromstring(visitor.get("/me/passkeys").text).xpath("//form/@data-passkey")
    given = visitor.post("/me/passkeys", name="my phone", answer=device.create(asked))
    assert given.status_code == 303, given.text
    key = passkeys_of(visitor.firm).of(visitor.who)[0].key
    if count:
        visitor.firm._change(("key_added", {"person": visitor.who, "kind": "passkey", "key": key.text}))
    return key.fingerprint


def with_passkeys(firm: Office) -> dict[str, dict[str, Any]]:
    stated(firm)
    named(firm)
    found = {}
    for who in SIGNERS:
        visitor, device = Visitor(firm, who), PasskeyDevice(firm.url)
        visitor.enter()
        make_passkey(visitor, device)
        found[who] = device.kept
    return found


def named(firm: Office) -> None:
    """A passkey is for a name, and a number is none."""
    firm.url = firm.url.replace("127.0.0.1", "localhost")


class Signer(Visitor):
    """Somebody at the pages with a device of their own, at the newest diagnosis of the complete file."""

    def __init__(self, firm: Office, who: str, kept: dict[str, Any] | None = None) -> None:
        super().__init__(firm, who)
        self.log_in() if kept is not None else self.enter()
        self.device = PasskeyDevice(firm.url, kept=dict(kept or {}))
        self.record = firm.newest("complete-file")
        with firm.trail.read() as reader:
            self.case = reader.pseudonym("case", "complete-file")
        self.page = f"/cases/{self.case}/sign-off/{self.record}"

    def steps(self) -> dict[str, str]:
        """The steps with how they stand."""
        found = html.fromstring(self.get(self.page).text).xpath("//ol[@class='four']/li/h2")
        return {" ".join(one.text.split()).partition(". ")[2]: one.xpath("string(span)") for one in found}

    def told(self) -> str:
        """What the page says, in one line."""
        page = self.get(self.page)
        assert page.status_code == 200, page.text
        return " ".join(html.fromstring(page.text).xpath("string(//main)").split())

    def read(self) -> str:
        """Read the case against; what it says."""
        action, told = self.form(self.page, "/against")
        given = self.post(action, **told)
        assert given.status_code == 303, given.text
        return self.get(given.headers["location"]).text

    def decide(self, do: str, reason: str = "") -> str:
        """Decide; the address of the decision, which is not signed yet."""
        action, told = self.form(self.page, "/decision")
        given = self.post(action, **told | {"do": do, "reason": reason or REASONS[self.who]})
        assert given.status_code == 303, given.text
        return str(given.headers["location"])

    def asked(self, decision: str) -> str:
        (found,) = html.fromstring(self.get(decision).text).xpath("//form/@data-passkey")
        return str(found)

    def answer(self, decision: str, answer: str) -> httpx.Response:
        return self.post(decision, draft=decision.rpartition("/")[2], answer=answer)

    def sign(self, do: str, reason: str = "") -> None:
        decision = self.decide(do, reason)
        given = self.answer(decision, self.device.get(self.asked(decision)))
        assert given.status_code == 303, given.text


@pytest.fixture
def firm(tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with going_on(tmp_path, str(tmp_path / "trail"), base, with_passkeys) as (found, kept):
        named(found)
        found.signers = {who: Signer(found, who, kept[who]) for who in SIGNERS}  # type: ignore[attr-defined]
        yield found


@pytest.fixture
def cleo(firm: Office) -> Signer:
    return firm.signers["cleo"]  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def finn(firm: Office) -> Signer:
    return firm.signers["finn"]  # type: ignore[attr-defined, no-any-return]


def next_day(firm: Office) -> None:
    """The time to think ends, and everybody logs in anew."""
    firm.later(hours=25)
    for signer in firm.signers.values():  # type: ignore[attr-defined]
        signer.log_in()


def size(firm: Office) -> int:
    with firm.trail.read() as reader:
        return reader.head().size


def faults(page: httpx.Response) -> list[str]:
    return [each.text_content() for each in html.fromstring(page.text).xpath("//*[@id='faults']//li")]


def test_two_persons_sign_with_their_passkeys(firm: Office, cleo: Signer, finn: Signer) -> None:
    first = {"Read the case against": "To do now", "Take time to think": "Not yet"}
    last = {"Confirm that it is you": "Done", "Decide, for reasons of your own": "Not yet"}
    assert cleo.steps() == first | last
    assert "Not signed yet as human resources" in cleo.told() or "Not signed yet as hr" in cleo.told()
    before = size(firm)
    assert cleo.get(f"{cleo.page}/against").status_code == 404
    page = cleo.read()
    assert "Close to a limit" in page and size(firm) == before + 1
    with firm.trail.read() as reader:
        record = Book(reader).record(before)
    assert record.body is not None and (record.type, record.actor.name, record.role) == ("case_against", "cleo", "hr")
    assert cleo.get(f"{cleo.page}/against").text == page, "as often as wanted"
    assert size(firm) == before + 1, "and is recorded once"
    thinking = {"Read the case against": "Done", "Take time to think": "Going on"}
    assert cleo.steps() == thinking | last
    finn.read()
    next_day(firm)
    done = {"Read the case against": "Done", "Take time to think": "Done", "Confirm that it is you": "Done"}
    assert cleo.steps() == done | {"Decide, for reasons of your own": "To do now"}
    cleo.sign("approve")
    assert cleo.steps() == done | {"Decide, for reasons of your own": "Done"}
    for told in (cleo.told(), finn.told()):
        assert "coaching" not in told and "Not signed yet as reviewer" in told
    finn.sign("approve")
    for signer in (cleo, finn):
        told = signer.told()
        assert "All have signed: the step may be considered." in told
        assert all(reason in told for reason in REASONS.values())
        assert signer.steps() == {}
    with firm.trail.read() as reader:
        assert firm.trail.key is not None
        verdict = str(verify(reader, [firm.trail.key.public]))
        rows = list(reader.rows(types=("sign_off",)))
    assert [(row.header["identity"], row.header["role"]) for row in rows] == [
        ("passkey", "hr"),
        ("passkey", "reviewer"),
    ]
    assert verdict.startswith("UNANCHORED") and "which was checked" in verdict
    firm.log_in("cleo")
    firm.run("cleo", "trail", "export", "complete-file", "--output", "bundle.zip")
    (firm.folder / "verify.py").write_bytes(zipfile.ZipFile(firm.folder / "bundle.zip").read("verify.py"))
    public = str(firm.trail.key.public)
    alone = run_alone(firm.folder, "bundle.zip", "--key", public)
    assert alone.returncode == 3 and "which was checked" in alone.stdout, alone.stdout + alone.stderr
    verified = run_salesdx("trail", "verify", "--trail", str(firm.folder / "trail"))
    assert "pages came out again as they were shown" in verified.stdout, verified.stdout


def ready(firm: Office, *signers: Signer) -> None:
    """They have read the case against and thought about it."""
    for signer in signers:
        signer.read()
    next_day(firm)


def test_what_a_passkey_answers_counts_once_and_for_this_decision_alone(
    firm: Office, cleo: Signer, finn: Signer
) -> None:
    ready(firm, cleo, finn)
    decision, other = cleo.decide("approve"), cleo.decide("refuse")
    asked, before = cleo.asked(decision), size(firm)
    his = finn.decide("approve")
    careless = PasskeyDevice(firm.url, verifies=False, kept=cleo.device.kept)
    theirs = PasskeyDevice(firm.url, kept=finn.device.kept)
    stranger = PasskeyDevice(firm.url)
    make_passkey(cleo, stranger, count=False)
    refused = {
        "nobody verified": careless.get(asked),
        "another origin": cleo.device.get(asked, origin="https://evil.example"),
        "another port": cleo.device.get(asked, origin="http://localhost:1"),
        "within another page": cleo.device.get(asked, type="webauthn.create"),
        "another challenge": cleo.device.get(asked, challenge="AAAA"),
        "another decision": cleo.device.get(cleo.asked(other)),
        "another site": cleo.device.get(asked.replace('"rpId": "localhost"', '"rpId": "evil.example"')),
        "another person's key": theirs.get(asked, id=next(iter(theirs.kept))),
        "a key that does not count yet": stranger.get(asked, id=next(iter(stranger.kept))),
        "another person's decision": finn.device.get(finn.asked(his)),
        "nothing": "",
        "no JSON": "{",
        "a list": "[1]",
    }
    for what, answer in refused.items():
        given = cleo.answer(decision, answer)
        assert (given.status_code, len(faults(given))) == (422, 1), what
    assert size(firm) == before
    good = cleo.device.get(asked)
    for path in (his, other):
        assert cleo.post(path, answer=good).status_code in (404, 422), "the answer is for one decision"
    assert finn.post(decision, answer=good).status_code == 404, "and for one person"
    assert cleo.answer(decision, good).status_code == 303
    assert cleo.answer(decision, good).status_code == 404, "once"
    assert cleo.get(decision).status_code == 404
    copied = PasskeyDevice(firm.url, kept=cleo.device.kept)
    assert cleo.answer(other, copied.get(cleo.asked(other))).status_code == 422, "a copy of the device lags behind"
    given = cleo.answer(other, cleo.device.get(cleo.asked(other)))
    assert given.status_code == 409, "nobody signs twice"
    with firm.trail.read() as reader:
        assert len(list(reader.rows(types=("sign_off",)))) == 1


def test_what_is_drafted_is_signed_in_time(firm: Office, cleo: Signer) -> None:
    ready(firm, cleo)
    decision = cleo.decide("approve")
    asked = cleo.asked(decision)
    firm.later(minutes=11)
    assert cleo.answer(decision, cleo.device.get(asked)).status_code == 404
    decision = cleo.decide("approve")
    asked = cleo.asked(decision)
    fingerprint = passkeys_of(firm).of("cleo")[0].key.fingerprint
    firm._change(("key_ended", {"person": "cleo", "key": fingerprint}))
    assert cleo.answer(decision, cleo.device.get(asked, id=next(iter(cleo.device.kept)))).status_code == 422
    assert cleo.steps()["Confirm that it is you"] == "To do now"


def test_a_decision_before_its_time_or_without_reasons(firm: Office, cleo: Signer) -> None:
    sent = {"do": "approve", "reason": "all is there"}
    early = cleo.post(f"{cleo.page}/decision", **sent)
    assert early.status_code == 422 and "has not been shown the case against" in faults(early)[0]
    cleo.read()
    early = cleo.post(f"{cleo.page}/decision", **sent)
    assert early.status_code == 422 and "may sign from" in faults(early)[0]
    next_day(firm)
    for reason, do in (("", "approve"), ("   ...", "refuse"), ("x" * 10_001, "approve"), ("all is there", "")):
        given = cleo.post(f"{cleo.page}/decision", do=do, reason=reason)
        assert (given.status_code, len(faults(given))) == (422, 1)
    (kept,) = html.fromstring(given.text).xpath("//textarea")
    assert kept.text == "all is there", "what was typed is kept"
    buttons = html.fromstring(given.text).xpath("//form[contains(@action, 'decision')]//button")
    assert [(one.get("class"), one.get("value")) for one in buttons] == [("second", "approve"), ("second", "refuse")]


def test_who_may_not_sign_is_told_why_before_they_read(firm: Office, cleo: Signer, finn: Signer) -> None:
    gwen = firm.signers["gwen"]  # type: ignore[attr-defined]
    before = size(firm)
    told = gwen.told()
    assert "You cannot sign this The person whom it is about reports to you, or to somebody who does." in told
    assert "E-2077" not in told and "complete-file" not in told and gwen.steps() == {}
    assert gwen.post(f"{gwen.page}/against", key="x" * 20).status_code in (404, 409)
    assert gwen.post(f"{gwen.page}/decision", do="approve", reason="I know them").status_code == 422
    assert size(firm) == before
    firm._change(("role_given", {"person": "dan", "role": "reviewer", "from": "", "until": ""}))
    dan = Signer(firm, "dan")
    assert dan.get(dan.page).status_code == 404, "as sales manager"
    assert dan.post("/me/role", role="reviewer").status_code == 303
    assert "You took part in a case of the person whom it is about, as the sales manager." in dan.told()
    ready(firm, finn)
    finn.sign("approve")
    firm.enter(rita="reviewer", olga="auditor")
    rita = Signer(firm, "rita")
    assert "It is signed as reviewer already." in rita.told() and "E-2077" not in rita.told()
    for who in ("olga", "anna"):
        other = Signer(firm, who)
        assert other.get(other.page).status_code == 404
    for path in ("complete-file2", "c-aaaaaaaaaaaaaaaa"):
        assert cleo.get(f"/cases/{path}/sign-off/{cleo.record}").status_code == 404
    for record in ("0", "99999", "x", "-1", "٣", "1" * 30):
        assert cleo.get(f"/cases/{cleo.case}/sign-off/{record}").status_code == 404, record


def test_a_refusal_is_final(firm: Office, cleo: Signer, finn: Signer) -> None:
    ready(firm, cleo, finn)
    finn.sign("refuse", "the territory was changed in May")
    assert "territory" not in cleo.told()
    cleo.sign("approve")
    told = cleo.told()
    assert "It was refused." in told and "the territory was changed in May" in told
    assert cleo.post(f"{cleo.page}/decision", do="approve", reason="all is there").status_code == 422


def test_what_was_said_since_voids_the_reading(firm: Office, cleo: Signer) -> None:
    ready(firm, cleo)
    firm.log_in("dan")
    firm.run("dan", "trail", "override", str(cleo.record), "--reason", "another way is tried")
    assert cleo.steps()["Read the case against"] == "To do now"
    assert "What you read counts no more" in cleo.told()
    assert "another way is tried" in cleo.read()


def test_reading_adds_nothing_to_the_trail(firm: Office, cleo: Signer) -> None:
    ready(firm, cleo)
    decision, before = cleo.decide("approve"), size(firm)
    for path in ("/", "/me", "/me/passkeys", cleo.page, f"{cleo.page}/against", decision):
        assert cleo.get(path).status_code == 200, path
    assert size(firm) == before


class Stopped(datetime):
    """A clock that stands still, and goes on when a test says so."""

    at: datetime

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return cls.at


CHANCE = (
    r'name="(form_token|key|draft|begun)" value="[^"]*"',
    r"/decisions/[^\"]*",
    r"challenge&#34;: &#34;[^&]*",
    r"\ba-[0-9a-f]{16}\b",  # the pseudonym of who acts for the first time
)
"""What differs from page to page by chance."""
LINK = re.compile(r'href="(/(?!rules/)[^"#]*)"')
"""The pages of the rules, hundreds, know nothing of a case."""


def fetched(visitor: Signer) -> dict[str, str]:
    """Every page to which links lead a person, from the first one and the sign-off on, and what forms answer."""
    found: dict[str, str] = {}
    left = ["/", visitor.page, f"{visitor.page}/against", "/me/passkeys"]
    while left:
        if (path := left.pop()) not in found:
            page = visitor.get(path)
            found[path] = f"{page.status_code} {page.text}"
            left += LINK.findall(page.text)
    for do, reason in (("approve", "all is there"), ("refuse", "")):
        given = visitor.post(f"{visitor.page}/decision", do=do, reason=reason)
        found[f"decide {do}"] = f"{given.status_code} {given.text}"
        if given.status_code == 303:
            found["decision"] = visitor.get(given.headers["location"]).text
    again = visitor.post(f"{visitor.page}/against", key="y" * 20)
    found["read"] = f"{again.status_code} {again.headers.get('location')} {again.text}"
    for pattern in (*CHANCE, re.escape(visitor.firm.url.rpartition(":")[2])):  # the port is chosen anew
        found = {path: re.sub(pattern, "*", text) for path, text in found.items()}
    return found


def test_two_worlds_look_alike_to_everybody_but_who_signed(
    tmp_path: Path, base: RuleBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One reviewer approves, the other one refuses: no page that somebody else can fetch tells them apart."""
    worlds = []
    monkeypatch.setattr("served.datetime", Stopped)
    begun = datetime.now(UTC)  # later than whatever another test has made of this office
    for do, reason in (("approve", "I spoke with the seller"), ("refuse", "the territory was changed in May")):
        Stopped.at = begun
        folder = tmp_path / do
        folder.mkdir()
        with going_on(folder, str(folder / "trail"), base, with_passkeys) as (firm, kept):
            named(firm)
            cleo, finn = (Signer(firm, who, kept[who]) for who in ("cleo", "finn"))
            firm.enter(rita="reviewer")
            rita = Signer(firm, "rita")
            for signer in (cleo, finn):
                signer.read()
            Stopped.at += timedelta(hours=25)
            for signer in (cleo, finn, rita):
                signer.log_in()
            finn.sign(do, reason)
            worlds.append({who.who: fetched(who) for who in (cleo, rita)})
            cleo.sign("approve")
            assert reason in cleo.told(), "and once all have signed it is told"
    assert worlds[0]["cleo"]["decision"].count("data-passkey") == 1
    for who, pages in worlds[0].items():
        assert pages.keys() == worlds[1][who].keys()
        for path, page in pages.items():
            assert page.splitlines() == worlds[1][who][path].splitlines(), (who, path)
