"""A complete file is signed at the service: by two persons with keys, after a day, blind to each other."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from alone import run_alone
from commands import run_salesdx
from conftest import ROOT
from person_keys import key
from salesdx.base.model import RuleBase
from salesdx.ledger.acting import Acting
from salesdx.ledger.log import Person
from salesdx.ledger.verify import verify
from salesdx.render.plain import long_date
from salesdx.render.trail import render_page
from salesdx.render.trail.against_page import against_report
from salesdx.services.file_acts import PutHold, ReadAgainst
from salesdx.trail.book import BLIND, Book
from salesdx.trail.case_against import Against
from salesdx.trail.concerned import link_person
from salesdx.trail.sign_off_story import status
from served import Office, going_on

COMPLETE = ROOT / "examples/complete-file.yaml"


def stated(firm: Office) -> None:
    firm.without_the_clock_of_the_database()
    seller = {"e-2077": "seller gwen"}
    firm.enter(cleo="hr", dan="sales_manager", finn="reviewer", gwen="reviewer", **seller)
    firm.adopt()
    firm.log_in("dan")
    firm.stated("dan", COMPLETE)


@pytest.fixture
def firm(tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with going_on(tmp_path, str(tmp_path / "trail"), base, stated) as (found, _):
        yield found


@pytest.fixture
def either(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    """The same on both databases."""
    with going_on(tmp_path, where, base, stated) as (found, _):
        yield found


def sign(firm: Office, who: str, *words: str, fails: str | None = None) -> str:
    firm.log_in(who)
    return " ".join(firm.run(who, "trail", "sign-off", "complete-file", *words, fails=fails).split())


def verdict(firm: Office) -> str:
    with firm.trail.read() as reader:
        assert firm.trail.key is not None
        return str(verify(reader, [firm.trail.key.public]))


def signatures(firm: Office) -> list[str]:
    with firm.trail.read() as reader:
        return [row.payload.decode() for row in reader.rows(types=("sign_off",)) if row.payload]


def test_whoever_may_have_answered_by_a_link_is_no_outside_reviewer(firm: Office) -> None:
    acting, body = Acting("answer", now=firm.server.now), {"term": "goal_measurable", "statements": [], "own": []}
    with firm.trail.acting_as(acting).append() as appender:
        appender.add("answer", body, link_person("FINN", "finance"), case="complete-file", subject="E-2077")
    sign(firm, "cleo")
    sign(firm, "finn", fails="`finn` took part in this case as finance")


def test_others_write_while_the_case_against_is_made(firm: Office) -> None:
    """It takes seconds, in which nobody waits for it; what came between on the same person is in what is shown."""
    made: list[int] = []

    def while_it_is_made(against: Against) -> str:
        if not made:
            with ThreadPoolExecutor() as pool:
                hold = PutHold("subject", "E-2077", "a lawsuit")
                by = Person("cleo", "hr", "token")
                done = pool.submit(firm.server.perform, hold, by, str).result(timeout=30)
            made.append(done.record)
        return f"the case against, after {len(made)}"

    with firm.trail.read() as reader:
        record = Book(reader).newest_diagnosis("complete-file").seq
    done = firm.server.perform(ReadAgainst(record), Person("cleo", "hr", "token"), while_it_is_made, "k")
    again = firm.server.perform(ReadAgainst(record), Person("cleo", "hr", "token"), while_it_is_made, "k")
    with firm.trail.read() as reader:
        (shown,) = reader.rows(types=("case_against",))
    assert made and shown.seq == made[0] + 1 and done.page == again.page == "the case against, after 1"


def test_two_persons_sign(firm: Office) -> None:
    assert "You may sign or refuse from" in sign(firm, "cleo")
    sign(firm, "finn")
    sign(firm, "cleo", "--approve", "--reason", "coaching was given", fails="`cleo` may sign from")
    firm.later(hours=25)
    shown = sign(firm, "cleo", "--approve", "--reason", "coaching was given and measured")
    assert "is sealed until everybody has signed, or the file is void" in shown
    (first,) = signatures(firm)
    assert "coaching" not in first and "approve" not in first
    assert "coaching" not in sign(firm, "finn", "--status")
    sign(firm, "finn", "--approve", "--reason", "", fails="a reason is needed, in words")
    shown = sign(firm, "finn", "--approve", "--reason", "I spoke with the seller and with two customers")
    assert "may be considered. This is no recommendation" in shown
    assert "coaching was given and measured" in shown and "two customers" in shown
    assert "cleo" in shown
    told = verdict(firm)
    assert told.startswith("UNANCHORED") and "21 persons are in the register" in told
    assert "signature of the person who acted, which was checked" in told
    sign(firm, "gwen", "--refuse", "--reason", "too late", fails="is complete")
    firm.run("cleo", "trail", "export", "complete-file", "--output", "bundle.zip")
    bundle = zipfile.ZipFile(firm.folder / "bundle.zip")
    (firm.folder / "verify.py").write_bytes(bundle.read("verify.py"))
    public = str(firm.trail.key.public)  # type: ignore[union-attr]
    alone = run_alone(firm.folder, "bundle.zip", "--key", public)
    assert alone.returncode == 3, alone.stdout + alone.stderr
    assert "21 persons are in the register, and" in alone.stdout and "which was checked" in alone.stdout


def test_who_may_not_sign(firm: Office) -> None:
    sign(firm, "dan", fails="`sales_manager` may not do this; the policy gives it to `hr`, `reviewer`")
    sign(firm, "gwen", fails="`gwen` stands in the line above the one whom the case is about")
    firm.run("finn", "trail", "people", "login", "finn", "--role", "hr", "--key-file", firm.key_file("finn"),
             fails="`finn` has not the role `hr`")  # fmt: skip
    firm._change(("role_given", {"person": "finn", "role": "hr", "from": "", "until": ""}))
    sign(firm, "cleo")
    sign(firm, "finn")
    firm.later(hours=25)
    sign(firm, "finn", "--approve", "--reason", "as reviewer")
    firm.log_in("finn", "hr")
    firm.run("finn", "trail", "sign-off", "complete-file", fails="`finn` has signed as reviewer")
    firm._change(("role_given", {"person": "dan", "role": "reviewer", "from": "", "until": ""}))
    firm.log_in("dan", "reviewer")
    firm.run("dan", "trail", "sign-off", "complete-file", fails="`dan` took part in this case as sales_manager")


def test_the_one_concerned_is_somebody_of_the_register(firm: Office) -> None:
    """A file about a name that nobody has takes no signature; by whichever name a person goes, their line is known."""
    other = firm.folder / "other.yaml"
    other.write_text(COMPLETE.read_text().replace("complete-file", "other").replace("E-2077", "ute.sand"))
    (firm.folder / "firm.yaml").write_text(COMPLETE.with_name("firm.yaml").read_text())
    firm.stated("dan", other, entered=False)
    for who in ("cleo", "finn", "gwen"):
        firm.log_in(who)
        firm.run(who, "trail", "sign-off", "other", fails="`ute.sand` is nobody of the register")
    firm._change(
        ("person_added", {"person": "s-9", "name": "Ute Sand", "reports_to": "gwen"}),
        ("role_given", {"person": "s-9", "role": "reviewer", "from": "", "until": ""}),
        ("key_added", {"person": "s-9", "kind": "ssh", "key": key(firm.key_file("s-9")).text}),
    )
    firm.log_in("s-9", "reviewer")
    firm.run("s-9", "trail", "sign-off", "other", fails="`s-9` is the one whom the case is about")
    firm.run("gwen", "trail", "sign-off", "other", fails="`gwen` stands in the line above")
    assert "You may sign or refuse from" in " ".join(firm.run("cleo", "trail", "sign-off", "other").split())


def test_a_refusal_closes_the_file_under_every_name(firm: Office) -> None:
    sign(firm, "cleo")
    sign(firm, "finn")
    firm.later(hours=25)
    sign(firm, "finn", "--refuse", "--reason", "the territory was changed in May")
    sign(firm, "cleo", "--approve", "--reason", "all is there")
    assert "It is closed for good" in sign(firm, "cleo", "--status")
    (firm.folder / "firm.yaml").write_text(COMPLETE.with_name("firm.yaml").read_text())
    copy = firm.folder / "copy.yaml"
    copy.write_text(COMPLETE.read_text().replace("case: complete-file", "case: another-name"))
    firm.log_in("dan")
    firm.stated("dan", copy)
    firm.log_in("cleo")
    firm.run("cleo", "trail", "sign-off", "another-name", fails="refused")
    more = r"\1[\2, {value: 31, by: marketing, kind: opinion}]"
    copy.write_text(re.sub(r"(product_nps_n: )(.*)", more, COMPLETE.read_text()))
    firm.run("dan", "diagnose", copy)
    told = sign(firm, "cleo", fails="refused the same file")
    assert "in record" in told, "a word for which nobody has vouched is no fact"


def test_the_last_signer_gets_no_key_before_they_sign(firm: Office) -> None:
    import base64
    import json

    sign(firm, "cleo")
    sign(firm, "finn")
    firm.later(hours=25)
    sign(firm, "cleo", "--refuse", "--reason", "the seller was ill for two months")
    with firm.trail.read() as reader:
        seq = next(row.seq for row in reader.rows(types=("diagnosis",), newest_first=True))
        (row,) = reader.rows(types=("sign_off",))
    digest = row.content["body"]["key"]  # type: ignore[index]
    key = (firm.trail.seals / digest).read_text()  # type: ignore[operator]
    body = {"record": seq, "approve": True, "reason": "all is there"}
    draft = firm.call("POST", "/drafts/sign-off", firm.token("finn"), json=body)
    content = json.loads(base64.b64decode(draft.json()["content"]))
    assert content["body"].keys() == {"case_against", "sealed", "key"}
    assert key not in draft.text and draft.json()["opens"] != key
    with firm.trail.read() as reader:
        assert len(list(reader.rows(types=("sign_off", "opened")))) == 1, "a draft stores nothing"


def test_a_page_that_hid_something_is_found(firm: Office) -> None:
    """Each case against is made again from the records before it; a service that showed another one is found."""
    sign(firm, "cleo", "--format", "html")
    firm.later(hours=25)
    sign(firm, "cleo", "--approve", "--reason", "coaching was given and measured")
    verified = run_salesdx("trail", "verify", "--trail", str(firm.folder / "trail"))
    assert "pages came out again as they were shown" in verified.stdout, verified.stdout

    act, by, cut = ReadAgainst(firm.newest("complete-file")), Person("finn", "reviewer", "token"), "Close to a limit"
    firm.server.perform(act, by, lambda shown: render_page(against_report(shown), None, "text", 80).replace(cut, ""))
    verified = run_salesdx("trail", "verify", "--trail", str(firm.folder / "trail"))
    assert verified.stdout.startswith("INVALID\nrecord "), verified.stdout
    assert "somebody was shown another case against than the records before it give" in verified.stdout


def spoken(firm: Office, who: str, term: str, value: str) -> None:
    """Somebody of a role says something about the case in an interview, as their own word."""
    with firm.trail.read() as reader:
        (row,) = [row for row in reader.rows(types=("diagnosis",)) if row.seq == firm.newest("complete-file")]
    body = row.content["body"]  # type: ignore[index]
    case = {name: body[name] for name in ("case_file", "firm", "today", "persons") if name in body}
    role, lines = firm.roles[who], case["case_file"].splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(f"  {term}:"))
    end = next(n for n in range(at + 1, len(lines)) if not lines[n].startswith("   "))
    lines[at:end] = [f"  {term}: {{value: {value}, by: {role}, kind: signed record, source: x, date: 2026-10-02}}"]
    told = {"case": case | {"case_file": "\n".join(lines) + "\n"}, "rules": firm.base.digest, "way": "interview"}
    given = firm.call("POST", "/acts/answers", firm.token(who), json=told)
    assert given.status_code == 200 and given.json()["record"] > 0, given.text


def state(firm: Office) -> str:
    with firm.trail.read() as reader:
        newest = firm.newest("complete-file")
        return status(reader, newest, firm.base.digest, firm.server.now, firm.server.register()).state


def test_who_may_void_a_signature_by_an_answer(firm: Office) -> None:
    """Whose fact it is, and one on which the file rests: all others take away nobody's signature."""
    firm.enter(max="sales_manager", ola="sales_manager")
    sign(firm, "cleo")
    sign(firm, "finn")
    firm.later(hours=25)
    sign(firm, "cleo", "--approve", "--reason", "coaching was given and measured")
    spoken(firm, "max", "pvm_price_effect_pct", "-4")  # finance knows it, and nobody else
    assert state(firm) == "one signed"
    spoken(firm, "max", "hr_coaching_days", "91")  # the file stands as it does without it
    assert state(firm) == "one signed"
    spoken(firm, "ola", "hr_coaching_held_n", "9")
    assert state(firm) == "void"


def recorded_again(firm: Office) -> None:
    """A manager records the person once more: as it was, with less, under another name, of another period, by the
    command and by a program."""
    (firm.folder / "firm.yaml").write_text(COMPLETE.with_name("firm.yaml").read_text())
    text, copy = COMPLETE.read_text(), firm.folder / "copy.yaml"
    other = text.replace("case: complete-file", "case: other")
    period = other.replace("case: other", "case: spring").replace("from: 2026-07-01", "from: 2026-07-02")
    less = re.sub(r"^  hr_coaching_held_n:.*\n", "", text, flags=re.M)
    more = re.sub(r"(  product_nps_n: )(\{.*\})", r"\1[\2, {value: 31, by: marketing, kind: opinion}]", text)
    firm.log_in("dan")
    for told in (text, less, more, other, period):
        copy.write_text(told)
        firm.run("dan", "diagnose", copy)
    firm.recorded("dan", COMPLETE)


def test_recording_again_takes_nothing_away(either: Office) -> None:
    """Whoever may record a diagnosis washes no refusal away, opens no sealed decision and holds nobody up by it."""
    sign(either, "cleo")
    sign(either, "finn")
    either.later(hours=25)
    sign(either, "cleo", "--refuse", "--reason", "the territory was changed in May")
    recorded_again(either)
    with either.trail.read() as reader:
        (row,) = reader.rows(types=("sign_off",))
        assert Book(reader).read(row).withheld == BLIND
    shown = sign(either, "finn", "--status")
    assert "One signed." in shown and "Not signed as reviewer yet." in shown, shown
    assert shown.count("dan (sales_manager) diagnosed the person again, which changes nothing of this file") == 1
    assert "It is closed for good" in sign(either, "finn", "--approve", "--reason", "all is there")


def test_what_is_complete_stays_so_when_it_is_recorded_again(firm: Office) -> None:
    sign(firm, "cleo")
    sign(firm, "finn")
    firm.later(hours=25)
    sign(firm, "cleo", "--approve", "--reason", "coaching was given and measured")
    recorded_again(firm)
    sign(firm, "finn", "--approve", "--reason", "I spoke with the seller and with two customers")
    firm.run("dan", "diagnose", COMPLETE)
    shown = sign(firm, "cleo", "--status")
    assert "may be considered" in shown and "dan (sales_manager) diagnosed the person again" in shown


def test_a_word_of_who_is_not_asked_opens_no_refused_file(firm: Office) -> None:
    sign(firm, "cleo")
    sign(firm, "finn")
    firm.later(hours=25)
    sign(firm, "finn", "--refuse", "--reason", "the territory was changed in May")
    sign(firm, "cleo", "--approve", "--reason", "all is there")
    (firm.folder / "firm.yaml").write_text(COMPLETE.with_name("firm.yaml").read_text())
    copy, said = firm.folder / "copy.yaml", "{value: 12, by: finance, kind: opinion, date: 2026-10-02}"
    copy.write_text(re.sub(r"(  hr_coaching_held_n: )(.*)", rf"\1[\2, {said}]", COMPLETE.read_text()))
    firm.log_in("dan")
    firm.stated("dan", copy)
    sign(firm, "cleo", fails="refused the same file")


def test_an_irrelevant_word_opens_no_refused_file(firm: Office) -> None:
    sign(firm, "cleo")
    sign(firm, "finn")
    firm.later(hours=25)
    sign(firm, "finn", "--refuse", "--reason", "the territory was changed in May")
    sign(firm, "cleo", "--approve", "--reason", "all is there")
    (firm.folder / "firm.yaml").write_text(COMPLETE.with_name("firm.yaml").read_text())
    copy, text = firm.folder / "copy.yaml", COMPLETE.read_text()
    for term, value, opens in (("hr_coaching_days", "91", False), ("hr_coaching_held_n", "12", True)):
        copy.write_text(re.sub(rf"(  {term}: \{{value: )[^,]*", rf"\g<1>{value}", text))
        text = copy.read_text()
        firm.log_in("dan")
        firm.stated("dan", copy)
        sign(firm, "cleo", fails=None if opens else "refused the same file")


def test_a_paper_that_comes_later_stands_beside_what_was_signed(firm: Office) -> None:
    sign(firm, "cleo")
    sign(firm, "finn")
    firm.later(hours=25)
    sign(firm, "cleo", "--approve", "--reason", "coaching was given and measured")
    sign(firm, "finn", "--approve", "--reason", "I spoke with the seller and with two customers")
    (firm.folder / "note.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    firm.log_in("dan")
    firm.run("dan", "trail", "attach", "complete-file", "note.pdf", "--reason", "found later")
    shown = sign(firm, "cleo", "--status")
    assert "may be considered" in shown and "keeps a paper or a picture that was attached since" in shown


def test_the_date_of_a_letter_is_the_day_of_the_service(firm: Office) -> None:
    firm.later(days=40)
    firm.log_in("cleo")
    shown = firm.run("cleo", "trail", "explain-to", "employee", "complete-file")
    assert f"Date: {long_date(firm.server.now().date())}\n" in shown
