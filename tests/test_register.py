"""The register of people: two administrators for each change, and nobody acts who is not in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from person_keys import key, made, signed
from salesdx.ledger.acting import Acting, Drafted, Signed
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.keys import SigningKey, new_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin
from salesdx.ledger.moments import stamp
from salesdx.ledger.standalone.register import Register
from salesdx.ledger.standalone.verifier import rule_base_digest
from salesdx.ledger.verify import verify
from salesdx.render.terminal import to_text
from salesdx.render.trail.task_pages import tasks_report
from salesdx.trail.book import Book
from salesdx.trail.concerned import link_person
from salesdx.trail.people import begin_register, prove_first
from salesdx.trail.tasks import tasks

BOB = Person("Bob", "sales_manager")


@dataclass(frozen=True)
class Texts:
    """What the ledger knows of rules: texts, and their digest."""

    version: str
    files: dict[str, str]

    @property
    def digest(self) -> str:
        return rule_base_digest(self.files)


RULES = Texts("1", {"knowledge/ladder.yaml": "stages: []\n"})
OTHERS = Texts("2", {"knowledge/ladder.yaml": "stages: [x]\n"})
TWO_OF_HR = {"roles": ["hr"], "persons": 2}


@dataclass
class Firm:
    """A trail with a clock that the test turns, and the SSH keys of its people."""

    trail: Trail
    keys: dict[str, Path]
    clock: datetime = datetime(2026, 11, 30, 8, tzinfo=UTC)
    roles: dict[str, str] = field(default_factory=dict)

    def now(self) -> datetime:
        self.clock += timedelta(seconds=1)
        return self.clock

    def sign(self, who: str) -> Callable[[bytes], tuple[str, str]]:
        return lambda message: (key(self.keys[who]).fingerprint, signed(self.keys[who], message))

    def served(self, acting: Acting | None = None) -> Trail:
        found = Trail(self.trail.storage, self.trail.key, serving=True, acting=acting)
        found.people = self.trail.people
        return found

    def begin(self) -> None:
        begin_register(self.trail, [self.admin("anna"), self.admin("ben")], BOB, self.now)
        for who in ("anna", "ben"):
            prove_first(self.trail, who, self.sign(who), self.now)

    def admin(self, who: str) -> tuple[str, str, str]:
        return who, who.title(), key(self.keys[who]).text

    def do(
        self,
        who: str,
        role: str,
        type: str,
        body: Mapping[str, Any],
        inputs: tuple[int, ...] = (),
        by: str = "",
        rules: Texts | None = None,
    ) -> int:
        """An act that ``who`` does and signs; ``by`` signs instead where it is given."""
        drafts: list[Drafted] = []
        with self.served(Acting(type, drafting=drafts, now=self.now)).append() as appender:
            appender.add(type, body, Person(who, role, "token"), inputs=inputs, base=rules)
        finger, value = self.sign(by or who)(drafts[0].message)
        acting = Acting(type, signed=Signed(drafts[0], finger, value), now=self.now)
        with self.served(acting).append() as appender:
            return appender.add(type, body, Person(who, role, "ssh"), inputs=inputs, base=rules)

    def propose(self, who: str, texts: Texts = RULES, role: str = "hr", **more: Any) -> int:
        told = {
            "rules": texts.digest,
            "version": texts.version,
            "against": self.register.adoptions.in_force,
            "adopters": TWO_OF_HR,
            "following": TWO_OF_HR,
            "authors": [],
        }
        return self.do(who, role, "rules_proposed", told | more, rules=texts)

    def confirm(self, who: str, seq: int, rules: Texts = RULES, role: str = "hr") -> int:
        return self.do(who, role, "rules_confirmed", {"rules": rules.digest}, (seq,))

    def adopt(self, first: str, second: str, rules: Texts = RULES) -> int:
        return self.confirm(second, self.propose(first, rules), rules)

    def change(self, type: str, *, by: str = "anna", confirmed: str = "ben", **told: str) -> int:
        seq = self.do(by, "admin", type, told)
        if confirmed:
            self.do(confirmed, "admin", "confirmed", {}, (seq,))
        return seq

    def add(self, who: str, role: str, above: str = "") -> None:
        self.change("person_added", person=who, name=who.title(), reports_to=above)
        self.change("role_given", person=who, role=role, **{"from": "", "until": ""})
        self.change("key_added", person=who, kind="ssh", key=key(self.keys[who]).text)

    @property
    def register(self) -> Register:
        with self.trail.read() as reader:
            return self.trail.people.register(reader)

    def verdict(self) -> tuple[str, str]:
        with self.trail.read() as reader:
            assert self.trail.key is not None
            found = verify(reader, [self.trail.key.public])
        return found.word, "\n".join(found.lines)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folders = {who: tmp_path_factory.mktemp(who) for who in ("anna", "ben", "cleo", "dan", "eve")}
    return {who: made(folder, "ed25519") for who, folder in folders.items()}


@pytest.fixture
def firm(where: str, keys: dict[str, Path]) -> Firm:
    found = Firm(create(where, SigningKey(new_private_key(), new_origin()), BOB), keys)
    found.clock = datetime.now(UTC)
    return found


def test_a_register_takes_two_administrators_who_prove_their_keys(firm: Firm) -> None:
    begin_register(firm.trail, [firm.admin("anna"), firm.admin("ben")], BOB, firm.now)
    assert not firm.register.begun
    with firm.trail.append(firm.now) as appender:  # as before
        appender.add("hold", {"reason": "lawsuit"}, BOB, case="north")
    assert prove_first(firm.trail, "anna", firm.sign("anna"), firm.now) is False
    with pytest.raises(Refused, match="proved their key"):
        prove_first(firm.trail, "anna", firm.sign("anna"), firm.now)
    with pytest.raises(Refused, match="not a key of who acted"):
        prove_first(firm.trail, "ben", firm.sign("anna"), firm.now)
    with pytest.raises(Refused, match="none of the first administrators"):
        prove_first(firm.trail, "cleo", firm.sign("cleo"), firm.now)
    assert prove_first(firm.trail, "ben", firm.sign("ben"), firm.now) is True
    assert sorted(firm.register.members) == ["anna", "ben"]
    word, lines = firm.verdict()
    assert word == "UNANCHORED"
    assert "2 persons are in the register, and 2 records hold a signature of the person who acted" in lines
    assert "names were typed in 8 records" in lines
    with pytest.raises(TrailError, match="its service alone writes it"), firm.trail.append(firm.now):
        pass
    with pytest.raises(TrailError, match="its service alone writes it"):
        begin_register(firm.trail, [firm.admin("anna"), firm.admin("ben")], BOB, firm.now)


@pytest.mark.parametrize("second", ["anna", "a ben", "Ben"])
def test_what_begins_no_register(firm: Firm, second: str) -> None:
    with pytest.raises(Refused):
        begin_register(firm.trail, [firm.admin("anna"), (second, "Ben", key(firm.keys["ben"]).text)], BOB, firm.now)
    with pytest.raises(Refused, match="key"):
        begin_register(firm.trail, [firm.admin("anna"), ("ben", "Ben", key(firm.keys["anna"]).text)], BOB, firm.now)
    with firm.trail.read() as reader:
        assert reader.head().size == 1


def test_each_change_takes_two_administrators(firm: Firm) -> None:
    firm.begin()
    added = firm.change("person_added", confirmed="", person="cleo", name="Cleo Abt", reports_to="")
    assert "cleo" not in firm.register.members and list(firm.register.waiting) == [added]
    with pytest.raises(Refused, match="`anna` confirms what they entered themselves"):
        firm.do("anna", "admin", "confirmed", {}, (added,))
    with pytest.raises(Refused, match="not a key of who acted"):
        firm.do("ben", "admin", "confirmed", {}, (added,), by="anna")
    firm.do("ben", "admin", "confirmed", {}, (added,))
    assert firm.register.members["cleo"].name == "Cleo Abt"
    with pytest.raises(Refused, match="it confirms what does not wait"):
        firm.do("ben", "admin", "confirmed", {}, (added,))
    firm.change("key_added", person="cleo", kind="ssh", key=key(firm.keys["cleo"]).text)
    firm.change("role_given", person="cleo", role="hr", **{"from": "", "until": ""})
    with pytest.raises(Refused, match="`cleo` had not the role `admin` then"):
        firm.change("person_added", by="cleo", confirmed="", person="dan", name="Dan", reports_to="")
    with pytest.raises(Refused, match="an administrator enters"):
        firm.do("cleo", "hr", "person_added", {"person": "dan", "name": "Dan", "reports_to": ""})
    cleo = key(firm.keys["cleo"])
    for fault, told in (
        ("never given again", {"type": "person_added", "person": "cleo", "name": "Cleo", "reports_to": ""}),
        ("is no identifier", {"type": "person_added", "person": "Cleo", "name": "Cleo", "reports_to": ""}),
        ("no such person", {"type": "line_given", "person": "dan", "reports_to": "cleo"}),
        ("a circle", {"type": "line_given", "person": "cleo", "reports_to": "cleo"}),
        (
            "belongs to one person",
            {"type": "key_added", "person": "anna", "kind": "ssh", "key": cleo.text},
        ),
        ("sees no case", {"type": "role_given", "person": "cleo", "role": "admin", "from": "", "until": ""}),
        ("sees no case", {"type": "role_given", "person": "ben", "role": "hr", "from": "", "until": ""}),
        ("has no key", {"type": "key_ended", "person": "cleo", "key": key(firm.keys["dan"]).fingerprint}),
        ("does not say `reports_to`", {"type": "person_added", "person": "dan", "name": "Dan"}),
        ("is no moment", {"type": "role_given", "person": "cleo", "role": "hr", "from": "0", "until": ""}),
        ("is no moment", {"type": "role_given", "person": "cleo", "role": "hr", "from": "", "until": "never"}),
        ("is no role", {"type": "role_given", "person": "cleo", "role": "HR ", "from": "", "until": ""}),
        ("is no role", {"type": "role_given", "person": "cleo", "role": "", "from": "", "until": ""}),
        ("no public key", {"type": "key_added", "person": "cleo", "kind": "ssh", "key": "none"}),
    ):
        with pytest.raises(Refused, match=fault):
            firm.do("anna", "admin", told.pop("type"), told)
    assert firm.verdict()[0] == "UNANCHORED"


def test_one_key_is_of_one_person_and_who_administers_has_no_other_role(firm: Firm) -> None:
    """Also while two changes wait to be confirmed at once, and where a role has an end that is still to come."""
    firm.begin()
    for who in ("cleo", "dan"):
        firm.change("person_added", person=who, name=who.title(), reports_to="")
    text = key(firm.keys["cleo"]).text
    firm.change("key_added", confirmed="", person="cleo", kind="ssh", key=f"{text} cleo@home")
    with pytest.raises(Refused, match="a key belongs to one person"):
        firm.change("key_added", confirmed="", person="dan", kind="ssh", key=f"{text} dan@home")
    later = stamp(firm.clock + timedelta(days=1))
    firm.change("role_given", person="cleo", role="hr", **{"from": "", "until": later})
    with pytest.raises(Refused, match="sees no case"):
        firm.change("role_given", person="cleo", role="admin", **{"from": "", "until": ""})
    assert firm.verdict()[0] == "UNANCHORED"


def test_who_acts_is_in_the_register_in_a_role_of_theirs(firm: Firm) -> None:
    firm.begin()
    firm.add("cleo", "hr")

    def hold(person: Person) -> int:
        with firm.served(Acting("hold", now=firm.now)).append() as appender:
            return appender.add("hold", {"reason": "lawsuit"}, person, case="north")

    hold(Person("cleo", "hr", "token"))
    for fault, person in (
        ("only typed", Person("cleo", "hr")),
        ("not in the register", Person("eve", "hr", "token")),
        ("had not the role", Person("cleo", "reviewer", "token")),
        ("had not the role", Person("anna", "hr", "token")),
    ):
        with pytest.raises(Refused, match=fault):
            hold(person)
    subject = "https://login.firm.example cleo-7"
    firm.change("key_added", person="cleo", kind="oidc", key=subject)
    hold(Person("cleo", "hr", "login"))
    with pytest.raises(Refused, match="is in the register already; a key belongs to one person"):
        firm.change("key_added", person="anna", kind="oidc", key=subject)
    with pytest.raises(Refused, match="this is no login of a person"):
        firm.change("key_added", person="anna", kind="oidc", key="anna@firm.example")
    firm.add("dan", "hr")
    firm.adopt("cleo", "dan")
    served = firm.served(Acting("sign_off", now=firm.now))
    with pytest.raises(Refused, match="a person must sign this"), served.append() as appender:
        appender.add("sign_off", {"decision": "approve"}, Person("cleo", "hr", "token"), case="north", base=RULES)
    firm.do("cleo", "hr", "sign_off", {"decision": "approve"}, rules=RULES)
    firm.change("role_ended", person="cleo", role="hr", until="")
    with pytest.raises(Refused, match="had not the role"):
        hold(Person("cleo", "hr", "token"))
    firm.change("role_given", person="cleo", role="hr", **{"from": "", "until": ""})
    firm.change("key_ended", person="cleo", key=key(firm.keys["cleo"]).fingerprint)
    with pytest.raises(Refused, match="not a key of who acted"):
        firm.do("cleo", "hr", "sign_off", {"decision": "approve"}, rules=RULES)
    assert firm.verdict()[0] == "UNANCHORED"


def test_a_signature_is_for_one_content_and_a_few_minutes(firm: Firm) -> None:
    firm.begin()
    firm.add("cleo", "hr")
    firm.add("dan", "hr")
    firm.adopt("cleo", "dan")
    drafts: list[Drafted] = []

    def sign(body: dict[str, str], acting: Acting) -> None:
        with firm.served(acting).append() as appender:
            by = Person("cleo", "hr", "ssh" if acting.signed else "token")
            appender.add("sign_off", body, by, case="north", base=RULES)

    sign({"decision": "approve"}, Acting("sign_off", drafting=drafts, now=firm.now))
    assert json.loads(drafts[0].message)["type"] == "sign_off"
    given = Signed(drafts[0], *firm.sign("cleo")(drafts[0].message))
    with pytest.raises(Refused, match="no more what was signed"):
        sign({"decision": "refuse"}, Acting("sign_off", signed=given, now=firm.now))
    late = firm.clock
    firm.clock += timedelta(minutes=16)
    with pytest.raises(Refused, match="more than 15 minutes"):
        sign({"decision": "approve"}, Acting("sign_off", signed=given, now=firm.now))
    firm.clock = late
    sign({"decision": "approve"}, Acting("sign_off", signed=given, now=firm.now))


def test_what_waits_to_be_confirmed_is_a_task_of_another_administrator(firm: Firm) -> None:
    def told(who: str, role: str = "admin") -> list[tuple[str, int, str]]:
        with firm.trail.read() as reader:
            found = tasks(Book(reader), Person(who, role, "token"), firm.now)
        assert found.doubts == ()
        return [(task.kind, task.record, task.role) for task in found.items]

    begin_register(firm.trail, [firm.admin("anna"), firm.admin("ben")], BOB, firm.now)
    assert told("ben") == [], "they prove their keys, and nothing waits to be confirmed"
    for who in ("anna", "ben"):
        prove_first(firm.trail, who, firm.sign(who), firm.now)
    added = firm.change("person_added", confirmed="", person="cleo", name="Cleo Abt", reports_to="")
    assert (told("anna"), told("cleo", "hr")) == ([], [])
    assert told("ben") == told("ben", "unstated") == [("people", added, "admin")]
    ben = Person("ben", "admin", "token")
    with firm.trail.read() as reader:
        page = " ".join(to_text(tasks_report(tasks(Book(reader), ben), ben, firm.now()), 200).split())
    assert f"do salesdx trail people confirm {added} (salesdx trail people list shows what it changes)" in page
    key = str(SigningKey(new_private_key(), firm.trail.key.name).public)  # type: ignore[union-attr]
    proposed = firm.do("ben", "admin", "key_proposed", {"key": key, "before": str(firm.trail.key.public)})  # type: ignore[union-attr]
    assert (told("anna"), told("ben")) == ([("key", proposed, "admin")], [("people", added, "admin")])
    firm.do("ben", "admin", "confirmed", {}, (added,))
    assert told("ben") == []


def test_the_line_above_a_person(firm: Firm) -> None:
    firm.begin()
    firm.add("cleo", "sales_manager")
    firm.add("dan", "sales_manager", "cleo")
    firm.change("person_added", person="eve", name="Eve", reports_to="dan")
    assert firm.register.line("eve") == ("dan", "cleo")
    with pytest.raises(Refused, match="a circle"):
        firm.change("line_given", person="cleo", reports_to="eve")
    firm.change("line_given", person="eve", reports_to="")
    assert firm.register.line("eve") == ()


def test_a_register_that_another_hand_wrote_is_found(firm: Firm) -> None:
    """The key of the trail is not enough: who holds it and writes past the register is found by `verify`."""
    firm.begin()
    forger = firm.served()
    forger.people.register = lambda reader: Register()  # type: ignore[method-assign]
    with forger.append(firm.now) as appender:
        appender.add("sign_off", {"decision": "approve"}, Person("cleo", "hr", "token"), case="north")
    word, lines = firm.verdict()
    assert word == "INVALID" and "a person must sign this, and nobody did" in lines


def test_rules_are_adopted_by_different_persons_whom_the_last_ones_name(firm: Firm) -> None:
    firm.begin()
    for who in ("cleo", "dan"):
        firm.add(who, "hr")
    firm.add("eve", "legal")
    legal = {"roles": ["legal"], "persons": 2}
    for fault, more in (
        ("it lets others adopt", {"adopters": legal}),
        ("by 2 persons or more", {"adopters": TWO_OF_HR | {"persons": 1}}),
        ("which roles adopt", {"following": {"roles": [], "persons": 2}}),
        ("not held against the rules", {"against": "sha256:" + "0" * 64}),
        ("does not name the rules", {"rules": "sha256:" + "0" * 64}),
        ("who signed for what", {"authors": "cleo"}),
    ):
        with pytest.raises(Refused, match=fault):
            firm.propose("cleo", **more)
    with pytest.raises(Refused, match="`legal` may not adopt rules"):
        firm.propose("eve", role="legal")
    record = firm.propose("cleo")
    with pytest.raises(Refused, match="another person confirms them"):
        firm.confirm("cleo", record)
    with pytest.raises(Refused, match="not a key of who acted"):
        firm.do("dan", "hr", "rules_confirmed", {"rules": RULES.digest}, (record,), by="cleo")
    with pytest.raises(Refused, match="`legal` may not adopt rules"):
        firm.confirm("eve", record, role="legal")
    with pytest.raises(Refused, match="no rules that wait"):
        firm.confirm("dan", record - 1)
    late = firm.propose("dan", OTHERS)
    firm.confirm("dan", record)
    assert firm.register.adoptions.in_force == RULES.digest
    with pytest.raises(Refused, match="no rules that wait"):
        firm.confirm("cleo", late, OTHERS)
    with pytest.raises(Refused, match="are in force already"):
        firm.propose("cleo")
    firm.confirm("dan", firm.propose("cleo", OTHERS, following=legal), OTHERS)
    assert firm.register.adoptions.in_force == OTHERS.digest
    with pytest.raises(Refused, match="it lets others adopt"):
        firm.propose("cleo")
    firm.propose("eve", RULES, "legal", adopters=legal, following=legal)
    assert firm.verdict()[0] == "UNANCHORED"


class Blind(Register):
    """A register that lets everything pass, as somebody's would who holds the key and changed the program."""

    def with_entry(self, entry: Mapping[str, Any], content: Mapping[str, Any]) -> Register:
        return self


def test_an_adoption_that_was_forged_is_found(firm: Firm) -> None:
    firm.begin()
    for who in ("cleo", "dan"):
        firm.add(who, "hr")
    record = firm.propose("cleo")
    firm.trail.people.register = lambda reader: Blind()  # type: ignore[method-assign]
    firm.confirm("cleo", record)
    word, lines = firm.verdict()
    assert word == "INVALID" and "`cleo` wanted these rules in record" in lines


@pytest.mark.parametrize("type", ["case_against", "sign_off", "letter"])
def test_a_signature_on_a_trial_that_was_forged_is_found(firm: Firm, type: str) -> None:
    """The rules were adopted when it was signed, and not when the case was diagnosed."""
    firm.begin()
    for who in ("cleo", "dan"):
        firm.add(who, "hr")
    with firm.served(Acting("diagnosis", now=firm.now)).append() as appender:
        trial = appender.add("diagnosis", {"result": "{}"}, Person("dan", "hr", "token"), case="north", base=RULES)
    firm.adopt("cleo", "dan")
    assert firm.verdict()[0] == "UNANCHORED"
    firm.do("cleo", "hr", type, {"decision": "approve"}, (trial,), rules=RULES)
    word, lines = firm.verdict()
    assert word == "INVALID" and f"it rests on record {trial}, a trial" in lines


def test_a_signature_on_rules_that_were_replaced_is_refused_and_found(firm: Firm) -> None:
    firm.begin()
    for who in ("cleo", "dan"):
        firm.add(who, "hr")
    firm.adopt("cleo", "dan")
    firm.adopt("cleo", "dan", OTHERS)
    with pytest.raises(Refused, match="rules that were not in force"):
        firm.do("cleo", "hr", "sign_off", {"decision": "approve"}, rules=RULES)
    firm.trail.people.register = lambda reader: Blind()  # type: ignore[method-assign]
    firm.do("cleo", "hr", "sign_off", {"decision": "approve"}, rules=RULES)
    word, lines = firm.verdict()
    assert word == "INVALID" and "it rests on rules that were not in force" in lines


def test_by_a_link_come_answers_alone_and_they_prove_nobody(firm: Firm) -> None:
    firm.begin()
    by = link_person("Finn Olsen", "finance")
    acted = firm.served(Acting("answer", now=firm.now))
    with acted.append() as appender:
        appender.add("answer", {"term": "x", "statements": [], "own": []}, by, case="north")
    for kind, body in (
        ("answer", {"term": "x", "own": [{"value": "true", "by": "finance"}]}),
        ("statement", {"text": "so"}),
        ("letter", {"to": "employee"}),
        ("hold", {"reason": "lawsuit"}),
        ("diagnosis", {}),
    ):
        with pytest.raises(Refused, match="by a link only answers come"), acted.append() as appender:
            appender.add(kind, body, by, case="north")
    concerned = link_person("E-2077", "employee")
    acted = firm.served(Acting("statement", now=firm.now))
    with acted.append() as appender:
        appender.add("statement", {"text": "so"}, concerned, case="north")
    with pytest.raises(Refused, match="by a link only answers come"), acted.append() as appender:
        appender.add("answer", {"term": "x", "statements": [], "own": []}, concerned, case="north")
    word, told = firm.verdict()
    assert word != "INVALID" and "records that came by a link, which proves nobody: 2" in told
