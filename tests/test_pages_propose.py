"""Changed rules are sent at a page, looked at, proposed by one and confirmed by another: nobody does it alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html

import salesdx
from commands import run_salesdx
from hr_trails import small_base
from page_visitor import Visitor
from passkey_device import PasskeyDevice
from salesdx.base.loading import digest_of
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.verify import verify
from salesdx.render.trail.adoption_page import adoption_text
from salesdx.services.adopting import _FOUND, MOST_FOUND, ProposeRules, adopted_rules, beside_last, lawful_rules
from served import Office, office
from test_pages_keeping import faults
from test_pages_sign_off import make_passkey, named
from test_pages_turned import HOSTILE, sent, zipped

HERE, CHANGED = "/hr/rules", "/changed"
People = dict[str, tuple[Visitor, PasskeyDevice]]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), small_base(folder / "rules")) as found:
        named(found)
        found.enter(max="sales_manager", lea="legal", leo="legal", carl="consultant", cleo="hr")
        found.adopt()
        yield found


@pytest.fixture(scope="module")
def people(firm: Office) -> People:
    """Those who adopt rules, each with a passkey; `cleo` has none."""
    made = {}
    for who in ("lea", "leo", "cleo", "carl", "max"):
        visitor, device = Visitor(firm, who), PasskeyDevice(firm.url)
        visitor.enter()
        if who in ("lea", "leo"):
            make_passkey(visitor, device)
        made[who] = (visitor, device)
    return made


def opening(firm: Office, new: str = "calls < 15") -> bytes:
    """The firm's base as a zip, where one condition is otherwise: it opens the way to a person."""
    files: dict[str, str | bytes] = dict(firm.server.base.files)
    text = str(files["rules/second.yaml"])
    old = "calls < 10"
    assert old in text
    return zipped(files | {"rules/second.yaml": text.replace(old, new)})


def size(firm: Office) -> int:
    with firm.trail.read() as reader:
        return reader.head().size


def text(page: str) -> str:
    return " ".join(html.fromstring(page).xpath("//main")[0].text_content().split())


def signed(who: tuple[Visitor, PasskeyDevice], draft: str) -> Any:
    visitor, device = who
    (asked,) = html.fromstring(visitor.get(draft).text).xpath("//form/@data-passkey")
    return visitor.post(draft, answer=device.get(asked))


def test_a_base_that_is_sent_is_in_force_once_two_have_signed(firm: Office, people: People, tmp_path: Path) -> None:
    (lea, _), (leo, _), max_ = people["lea"], people["leo"], people["max"][0]
    case = max_.begin(subject="company")
    before, old = size(firm), firm.server.base.digest
    page = lea.get(HERE)
    assert "which are in force" in text(page.text), "what runs is in force, so only others can be proposed"
    assert "Go on to propose them" not in page.text
    given = sent(lea, opening(firm), HERE, CHANGED)
    assert given.status_code == 200, faults(given.text)
    told = text(given.text)
    assert "Nothing is proposed yet" in told and "Of 1 open review, " in told and "a conclusion on a person" in told
    assert "What the checks say" in told and case not in told, "legal sees no case by it"
    (draft,) = html.fromstring(given.text).xpath("//a[contains(@href, '/signatures/')]/@href")
    assert size(firm) == before and "No rules wait." in text(lea.get(HERE).text)
    seen = text(lea.get(draft).text)
    assert "another base that you sent" in seen and "The path to a person" in seen
    assert signed(people["lea"], draft).headers["location"] == HERE
    ((record, waiting),) = firm.server.register().adoptions.waiting.items()
    assert waiting.rules != old and firm.server.register().adoptions.in_force == old, "nothing is in force by one"
    assert "You have signed it" in text(lea.get(HERE).text)
    assert lea.post(f"{HERE}/{record}", key="again").status_code == 422, "not twice"
    action, fields = leo.form(HERE, f"{HERE}/{record}")
    confirm = leo.post(action, **fields).headers["location"]
    assert signed(people["leo"], confirm).headers["location"] == HERE
    assert firm.server.register().adoptions.in_force == waiting.rules
    assert "are not in force: what they conclude is a trial" in text(lea.get(HERE).text), (
        "the service runs the old ones"
    )
    home = adopted_rules(firm.trail, tmp_path / "adopted")
    assert home is not None and salesdx.load(home).digest == waiting.rules
    with firm.trail.read() as reader:
        assert verify(reader, [firm.trail.key.public]).word == "UNANCHORED", "sound, and nobody kept an anchor"
        doors = (reader.row(record).content or {})["body"]["doors"]
    assert {"door": "person", "result": "OPENS"} in doors


def test_nobody_else_proposes_and_nothing_is_kept(firm: Office, people: People) -> None:
    before, rules = size(firm), opening(firm, new="calls < 12")
    for who in ("carl", "max"):
        visitor = people[who][0]
        form = {"form_token": visitor.token()}
        files = {"zip": ("base.zip", rules, "application/zip")}
        given = visitor._sent("POST", f"{HERE}{CHANGED}", data=form, files=files, headers={"Origin": firm.url})
        assert given.status_code == 404
        assert visitor.post(f"{HERE}/own", key="k").status_code == 404
    cleo = people["cleo"][0]
    given = sent(cleo, rules, HERE, CHANGED)
    assert given.status_code == 200 and "You sign this with a passkey" in text(given.text)
    assert "/signatures/" not in given.text
    assert "no passkey that counts here" in cleo.post(f"{HERE}/own", key="k").text
    assert size(firm) == before


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_zips_are_refused(firm: Office, people: People, name: str) -> None:
    before, (data, fault) = size(firm), HOSTILE[name]
    given = sent(people["lea"][0], data, HERE, CHANGED)
    assert given.status_code == 422 and faults(given.text)[0].startswith(fault)
    assert (size(firm), firm.server.drafts) == (before, {})


def test_faults_have_their_place(firm: Office, people: People) -> None:
    before = size(firm)
    files: dict[str, str | bytes] = dict(firm.server.base.files)
    broken = "- id: B1\n  strenth: weak\n  title: &a [1, 2]\n  why: *a\n"
    given = sent(people["lea"][0], zipped(files | {"rules/second.yaml": broken}), HERE, CHANGED)
    told = faults(given.text)
    assert given.status_code == 422
    assert "rules/second.yaml, line 2, column 3: rule B1 has no key strenth (did you mean strength?)" in told
    assert "rules/second.yaml, line 4, column 8: aliases are not allowed (write the value out)" in told
    assert "/tmp" not in given.text and size(firm) == before
    assert faults(sent(people["lea"][0], b"", HERE, CHANGED).text) == ["choose the zip"]


def test_bases_that_are_sent_one_after_the_other_do_not_fill_the_memory(firm: Office) -> None:
    last, files = firm.server.base, dict(firm.server.base.files)
    for number in range(MOST_FOUND + 3):
        other = files | {"knowledge/ladder.yaml": f"# {number}\n{files['knowledge/ladder.yaml']}"}
        new = lawful_rules(other, digest_of(other))
        assert beside_last(new, last).new is new and beside_last(new, last).doors == ()
    assert len(_FOUND) == MOST_FOUND


def test_a_program_proposes_no_others_than_it_sends(firm: Office) -> None:
    """By the command's own way: texts of another digest, of no lawful rules, and of paths that lead out."""
    files, digest = dict(firm.server.base.files), firm.server.base.digest
    assert lawful_rules(files, digest).digest == digest
    for sent_, error in (
        (files | {"rules/second.yaml": ""}, TrailError),
        ({"../rules.yaml": "x"}, TrailError),
        ({"rules/second.yaml": "- id: ["}, TrailError),
    ):
        with pytest.raises(error):
            firm.acted("lea", ProposeRules(digest, "", sent_), adoption_text)
    broken = files | {"rules/second.yaml": "- id: ["}
    with pytest.raises(Refused, match=r"rules/second\.yaml:1:7: "):
        firm.acted("lea", ProposeRules(digest_of(broken), "", broken), adoption_text)
    with pytest.raises(Refused, match="no more as you have seen them"):
        other = files | {"rules/second.yaml": files["rules/second.yaml"].replace("calls < 10", "calls < 11")}
        firm.acted("lea", ProposeRules(digest_of(other), "something else", other), adoption_text)


def test_the_service_starts_with_what_was_adopted(tmp_path: Path) -> None:
    with office(tmp_path, str(tmp_path / "trail"), small_base(tmp_path / "rules")) as found:
        found.adopt()
        version = found.server.base.version
    words = ("serve", "--check", "--adopted", "--trail", tmp_path / "trail", "--key", tmp_path / "trail.key")
    done = run_salesdx(*words)
    assert done.returncode == 0 and f"rules {version}" in done.stdout and "trial" not in done.stderr, done
