"""Rules come into force by two persons at the service; what others conclude is a trial, which nobody can sign."""

from __future__ import annotations

import base64
import json
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest

import salesdx
from alone import run_alone
from commands import run_salesdx
from conftest import ROOT
from hr_trails import small_base
from salesdx.base.model import RuleBase
from salesdx.cli.remote import ssh_sign
from salesdx.cli.trail.list import TYPES as LISTED
from salesdx.ledger.errors import Refused
from salesdx.ledger.log import Person
from salesdx.ledger.standalone.verifier import TYPES
from salesdx.ledger.verify import verify
from salesdx.render.trail.adoption_page import adoption_text
from salesdx.render.trail.record import MADE
from salesdx.services.adopting import ConfirmRules, ProposeRules, beside_last, last_adopted
from salesdx.services.case_acts import WriteLetter
from salesdx.services.file_acts import ReadAgainst
from salesdx.services.trail_server import TrailServer
from served import Office, going_on, office
from test_serve_crash import Firm

COMPLETE = ROOT / "examples/complete-file.yaml"
Started = Callable[[RuleBase], AbstractContextManager[Office]]


@pytest.fixture
def started(tmp_path: Path, where: str) -> Started:
    return lambda base: office(tmp_path, where, base)


def known(firm: Office) -> None:
    firm.enter(cleo="hr", hugo="hr", lea="legal", finn="reviewer")


def tried(firm: Office) -> None:
    known(firm)
    for who in ("cleo", "hugo"):
        firm.log_in(who)
    firm.stated("cleo", COMPLETE)


def adopted(firm: Office) -> None:
    firm.without_the_clock_of_the_database()
    known(firm)
    firm.enter(dan="sales_manager")
    firm.adopt("hugo", "lea")
    firm.log_in("dan")
    firm.stated("dan", COMPLETE)


@pytest.fixture
def firm(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    with going_on(tmp_path, where, base, known) as (found, _):
        yield found


@pytest.fixture
def trial(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    """The same, where a complete file is on record before anybody has adopted the rules."""
    with going_on(tmp_path, where, base, tried) as (found, _):
        yield found


@pytest.fixture
def ruled(tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    """Where the rules were adopted first, by hugo and lea; which rules are in force is no matter of the database."""
    with going_on(tmp_path, str(tmp_path / "trail"), base, adopted) as (found, _):
        yield found


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    """The shipped rules with other words in what a company does, which leads to nobody."""
    folder = tmp_path_factory.mktemp("other")
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, folder / room)
    path = folder / "knowledge/delivery.yaml"
    path.write_text(path.read_text("utf-8").replace("do: Extra shift,", "do: Another shift,"), "utf-8")
    return salesdx.load(folder)


def told(firm: Office, who: str, *words: str | Path, fails: str | None = None) -> str:
    return " ".join(firm.run(who, *words, fails=fails).split())


def verdict(firm: Office) -> str:
    with firm.trail.read() as reader:
        assert firm.trail.key is not None
        return str(verify(reader, [firm.trail.key.public]))


def proposal(firm: Office, who: str) -> int:
    """A person proposes the rules that run, without a command."""
    base = firm.server.base
    page = adoption_text(beside_last(base, last_adopted(firm.trail)))
    return firm.acted(who, ProposeRules(base.digest, page), adoption_text).record


def confirmed(firm: Office, who: str, record: int) -> bool:
    return firm.acted(who, ConfirmRules(record, firm.server.base.digest)).ended


def test_before_two_have_adopted_the_rules_all_is_a_trial(trial: Office, where: str) -> None:
    firm = trial
    shown = told(firm, "cleo", "diagnose", COMPLETE)
    assert shown.startswith("Trial of case complete-file Trial: nobody has adopted these rules")
    assert json.loads(firm.run("cleo", "diagnose", COMPLETE, "--format", "json"))["trial"] is True
    assert "Trial of case" in told(firm, "cleo", "explain", COMPLETE, "--why", "pricing")
    for words in (("sign-off",), ("explain-to", "employee")):
        told(firm, "cleo", "trail", *words, "complete-file", fails="`salesdx trail adopt` adopts rules")
    first = told(firm, "cleo", "trail", "adopt")
    assert "No rules were adopted before" in first and "as their own policy says, since there is none in force" in first
    record = int(first.split("proposed as ")[1].split(";")[0])
    told(firm, "cleo", "trail", "adopt", fails=f"another person confirms: `salesdx trail adopt --confirm {record}`")
    told(firm, "cleo", "trail", "adopt", "--confirm", str(record), fails="`cleo` wanted these rules in record")
    assert "waits for 1 more of hr and legal" in told(firm, "hugo", "trail", "adopted")
    assert "Trial of case" in told(firm, "cleo", "diagnose", COMPLETE), "one is not enough"
    second = told(firm, "hugo", "trail", "adopt", "--confirm", str(record))
    assert first.partition(" proposed as")[0] in second and "are in force" in second
    assert "cleo and hugo" in told(firm, "hugo", "trail", "adopted")
    told(firm, "hugo", "trail", "adopt", fails="are in force already")
    told(firm, "cleo", "trail", "sign-off", "complete-file", fails="it is a trial")
    assert told(firm, "cleo", "diagnose", COMPLETE).startswith("Case complete-file Subject")
    assert "You may sign or refuse from" in told(firm, "cleo", "trail", "sign-off", "complete-file")
    found = verdict(firm)
    assert "adopted by 2 different persons; adoptions in all: 1" in found and "rules nobody had adopted: 6" in found
    listed = json.loads(
        run_salesdx("trail", "list", "--type", "diagnosis", "--format", "json", "--trail", where).stdout
    )
    assert [one["what"].startswith("trial: ") for one in listed] == [True, True, True, True, True, False]
    firm.run("cleo", "trail", "export", "complete-file", "--output", "bundle.zip")
    (firm.folder / "verify.py").write_bytes(zipfile.ZipFile(firm.folder / "bundle.zip").read("verify.py"))
    alone = run_alone(firm.folder, "bundle.zip", "--key", str(firm.trail.key.public))  # type: ignore[union-attr]
    assert alone.returncode == 3 and "rules nobody had adopted: 6" in alone.stdout, alone.stdout + alone.stderr


def test_the_pages_of_a_trial_say_so(trial: Office, where: str) -> None:
    def page(*words: str) -> str:
        return " ".join(run_salesdx("trail", *words, "--trail", where).stdout.split())

    assert "A trial: nobody had adopted the rules that made it" in page("show", "complete-file")
    assert "Trial: The individual's ability is concluded" in page("case", "complete-file")
    assert "trial: " in page("person", "E-2077")
    assert "Trial: nobody had adopted the rules that made it" in page("replay", "complete-file")
    with trial.trail.read() as reader:
        one, other = (str(row.seq) for row in reader.rows(types=("diagnosis",)))
    assert "(a trial:" in page("compare", one, other)
    assert "trial diagnosis 2" in page("report")
    record = proposal(trial, "cleo")
    assert "proposed that rules come into force" in page("show", str(record))
    waiting = f"salesdx trail adopt --confirm {record}"
    assert waiting in page("tasks", "--as", "lea", "--role", "legal")
    assert waiting not in page("tasks", "--as", "cleo", "--role", "hr")


def test_who_may_adopt_is_said_by_the_rules_before(started: Started, tmp_path: Path) -> None:
    first = small_base(tmp_path / "first")
    small_base(tmp_path / "second", small_cell=7)
    policy = tmp_path / "second/knowledge/policy.yaml"
    policy.write_text(
        policy.read_text("utf-8")
        .replace("adopt: {roles: [hr, legal]", "adopt: {roles: [works_council]")
        .replace("report: {roles: [hr, ", "report: {roles: [")
    )
    second = salesdx.load(tmp_path / "second")
    with started(first) as firm:
        firm.enter(cleo="hr", hugo="hr", wim="works_council", wout="works_council", dan="sales_manager")
        firm.adopt("cleo", "hugo")
        firm.restarted(second)
        with pytest.raises(Refused, match="the policy gives it to `hr`, `legal`"):
            proposal(firm, "wim")
        record = proposal(firm, "cleo")
        with pytest.raises(Refused, match="another person confirms"):
            confirmed(firm, "cleo", record)
        for who in ("wim", "dan"):
            with pytest.raises(Refused, match="the policy gives it to `hr`, `legal`"):
                confirmed(firm, who, record)
        page = firm.call("GET", "/rules/waiting", firm.token("hugo")).json()[0]["page"]
        assert "small_cell  5\n  now         7" in page
        assert "The next rules are then adopted by 2 of works_council." in page
        assert firm.server.in_force() is not second
        assert confirmed(firm, "hugo", record)
        assert firm.server.in_force() is second
        firm.restarted(first)
        with pytest.raises(Refused, match="the policy gives it to `works_council`"):
            proposal(firm, "cleo")
        assert confirmed(firm, "wout", proposal(firm, "wim"))
        assert "adoptions in all: 3" in verdict(firm)


def test_a_policy_that_is_not_adopted_gives_nobody_anything(started: Started, tmp_path: Path) -> None:
    first = small_base(tmp_path / "first")
    small_base(tmp_path / "loose")
    policy = tmp_path / "loose/knowledge/policy.yaml"
    policy.write_text(policy.read_text("utf-8").replace("hold: {roles: [hr, legal]}", "hold: {roles: [sales_manager]}"))
    with started(first) as firm:
        firm.enter(cleo="hr", hugo="hr", dan="sales_manager")
        firm.adopt("cleo", "hugo")
        firm.restarted(salesdx.load(tmp_path / "loose"))
        body = {"kind": "case", "name": "north", "reason": "lawsuit"}
        given = firm.call("POST", "/acts/hold", firm.token("dan"), json=body)
        assert given.status_code == 409 and "`sales_manager` may not do this" in given.text


def test_an_acceptance_counts_once_its_author_adopts(started: Started, tmp_path: Path) -> None:
    lower = tmp_path / "lower"
    small_base(lower)
    calm = "- {id: calm, says: Calm, always: concluded == second implies first == ruled_out}\n"
    (lower / "knowledge/properties.yaml").write_text(calm)
    layer = tmp_path / "layer"
    (layer / "knowledge").mkdir(parents=True)
    (layer / "knowledge/properties.yaml").write_text(calm.replace("first == ruled_out", "first != open"))
    signed = f"  - {{property: calm, reason: we are small, author: AUTHOR, base: {salesdx.load(lower).digest}}}\n"

    def by(author: str) -> RuleBase:
        (layer / "layer.yaml").write_text("extends: ../lower\naccepts:\n" + signed.replace("AUTHOR", author))
        return salesdx.load(layer)

    with started(by("dan")) as firm:
        firm.enter(cleo="hr", hugo="hr", dan="legal", eve="sales_manager")
        for nobody in ("J. Weber", "eve"):
            firm.restarted(by(nobody))
            with pytest.raises(Refused, match=f"acceptance of calm by `{nobody}` does not count"):
                proposal(firm, "cleo")
        firm.restarted(by("dan"))
        record = proposal(firm, "cleo")
        assert not confirmed(firm, "hugo", record), "two persons, and none of them is the author"
        waiting = firm.call("GET", "/rules/waiting", firm.token("hugo")).json()[0]
        assert waiting["waits_for"] == "`dan`, who signed for what the rules accept"
        assert "calm (by dan)" in waiting["page"]
        assert confirmed(firm, "dan", record)
        assert "adopted by 3 different persons" in verdict(firm)


def test_a_door_that_opens_is_shown_and_recorded(started: Started, tmp_path: Path) -> None:
    first = small_base(tmp_path / "first")
    small_base(tmp_path / "second")
    rules = tmp_path / "second/rules/second.yaml"
    rules.write_text(rules.read_text("utf-8").replace("calls < 10", "calls < 15"))
    with started(first) as firm:
        firm.adopt()
        firm.restarted(salesdx.load(tmp_path / "second"))
        record = proposal(firm, "lea")
        with firm.trail.read() as reader:
            body = reader.row(record).content["body"]  # type: ignore[index]
        assert {"door": "person", "result": "OPENS"} in body["doors"]
        assert "a conclusion on a person" in body["shown"] and "B1" in body["shown"]


def test_other_rules_at_the_service_make_trials(ruled: Office, other: RuleBase, base: RuleBase) -> None:
    """Signed is by the rules in force, whatever runs; and what runs does not sign."""
    firm = ruled
    firm.log_in("cleo")
    with firm.trail.read() as reader:
        good = max(row.seq for row in reader.rows(types=("diagnosis",)))
    firm.restarted(other)
    told(firm, "cleo", "diagnose", COMPLETE, fails="and yours are others")
    told(firm, "cleo", "trail", "adopt", fails="and these are others")
    told(firm, "cleo", "trail", "sign-off", str(good))
    home = Path(next(path for path in other.paths if path.endswith("ladder.yaml"))).parents[1]
    assert "Trial of case" in told(firm, "cleo", "diagnose", COMPLETE, "--home", home)
    with firm.trail.read() as reader:
        trial = max(row.seq for row in reader.rows(types=("diagnosis",)))
    by = Person("cleo", "hr", "token")
    for act in (ReadAgainst(trial), WriteLetter(trial, "employee")):
        with pytest.raises(Refused, match="it is a trial"):
            firm.server.perform(act, by, str)
    firm.restarted(base)
    with pytest.raises(Refused, match="it is a trial"):
        firm.server.perform(ReadAgainst(trial), by, str)


def test_rules_that_are_replaced_void_a_signature(ruled: Office, base: RuleBase, other: RuleBase) -> None:
    firm = ruled
    for who in ("cleo", "finn"):
        firm.log_in(who)
        firm.run(who, "trail", "sign-off", "complete-file")
    firm.later(hours=25)
    firm.log_in("cleo")
    firm.run("cleo", "trail", "sign-off", "complete-file", "--approve", "--reason", "coaching was given")
    firm.restarted(other)
    firm.adopt("hugo", "lea")
    firm.log_in("finn")
    signs = ("trail", "sign-off", "complete-file", "--approve", "--reason", "I asked two customers")
    told(firm, "finn", *signs, fails="other rules were adopted with record")
    firm.restarted(base)
    firm.adopt("hugo", "lea")
    told(firm, "finn", *signs, fails="other rules were adopted with record")
    assert "Void. Signatures on this record count no more." in told(
        firm, "finn", "trail", "sign-off", "complete-file", "--status"
    )
    assert "adoptions in all: 3" in verdict(firm)


def test_a_draft_goes_with_the_service_and_a_proposal_stays(firm: Office) -> None:
    base = firm.server.base
    page = adoption_text(beside_last(base, None))
    by = Person("cleo", "hr", "token")
    name, entry = firm.server.draft(ProposeRules(base.digest, page), by, adoption_text)
    record = proposal(firm, "hugo")
    with pytest.raises(Refused, match="`hugo` proposed these rules in record"):
        firm.server.sign(name, by, *firm.sign("cleo", entry.message))
    name, entry = firm.server.draft(ConfirmRules(record, base.digest), by, str)
    firm.server = TrailServer(firm.trail, base, firm.server.now)
    with pytest.raises(Refused, match="no such draft of yours"):
        firm.server.sign(name, by, *firm.sign("cleo", entry.message))
    assert confirmed(firm, "cleo", record)


def test_what_was_not_seen_is_not_signed(firm: Office) -> None:
    base, by = firm.server.base, Person("cleo", "hr", "token")
    with pytest.raises(Refused, match="no more as you have seen them"):
        firm.server.draft(ProposeRules(base.digest, "nothing to see"), by, adoption_text)


def test_a_service_that_is_killed_between_proposal_and_confirmation(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    changes = (
        ("person_added", {"person": "dan", "name": "Dan", "reports_to": ""}),
        ("role_given", {"person": "dan", "role": "legal", "from": "", "until": ""}),
        ("key_added", {"person": "dan", "kind": "ssh", "key": firm.new_key("dan")}),
    )
    firm.signed("ben", "confirmed", {}, [firm.signed("anna", kind, told_, []) for kind, told_ in changes])

    def signed_at(url: str, who: str, role: str, act: str, body: dict[str, object]) -> int:
        headers = {"Authorization": f"Bearer {firm.token(url, who, role)}"}
        drafted = httpx.post(f"{url}/drafts/{act}", json=body, headers=headers, timeout=60).json()
        message = base64.b64decode(drafted["message"])
        given = {"key": firm.sign(who, b"")[0], "signature": ssh_sign(firm.keys[who], message)}
        done = httpx.post(f"{url}/signatures/{drafted['draft']}", json=given, headers=headers, timeout=60)
        return int(done.json()["record"])

    running, url = firm.start()
    page = httpx.get(f"{url}/rules/beside", headers={"Authorization": f"Bearer {firm.token(url)}"}, timeout=60).json()[
        "page"
    ]
    rules = salesdx.load().digest
    record = signed_at(url, "cleo", "hr", "rules", {"rules": rules, "shown": page})
    _killed(running)
    running, url = firm.start()
    headers = {"Authorization": f"Bearer {firm.token(url)}"}
    assert httpx.get(f"{url}/rules", headers=headers).json()["in_force"] == ""
    signed_at(url, "dan", "legal", "rules-confirmed", {"record": record, "rules": rules})
    _killed(running)
    running, url = firm.start()
    headers = {"Authorization": f"Bearer {firm.token(url)}"}
    assert httpx.get(f"{url}/rules", headers=headers).json()["in_force"] == rules
    _killed(running)


def _killed(running: subprocess.Popen[str]) -> None:
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert running.stdout is not None
    running.stdout.close()


def test_rules_are_adopted_at_the_service_alone(tmp_path: Path) -> None:
    done = run_salesdx("trail", "adopt", "--trail", str(tmp_path / "trail"))
    assert done.returncode == 2 and "name the service of the trail" in done.stderr


def test_every_type_of_record_has_its_words() -> None:
    assert set(MADE) == set(TYPES) == {*LISTED}
