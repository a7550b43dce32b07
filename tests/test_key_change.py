"""The key of a trail that knows its people: two administrators change it, each with their own signature."""

from __future__ import annotations

import ast
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from alone import run_alone
from salesdx.base.model import RuleBase
from salesdx.ledger.errors import TrailError
from salesdx.ledger.keys import SigningKey, read_private_key
from salesdx.ledger.log import Person, Trail, open_trail
from salesdx.ledger.standalone.register import Register
from salesdx.ledger.standalone.verifier import TYPES, PublicKey
from salesdx.ledger.verify import verify
from salesdx.ledger.witness import look, make_witness
from salesdx.render.trail.record import MADE
from salesdx.trail.export import verifier_text
from served import COMPLETE, Office, staffed

ROTATE = ("trail", "keys", "rotate")
CROWD = "subject,sex\n" + "".join(f"F-{n},female\nM-{n},male\n" for n in range(20))


@pytest.fixture
def firm(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    with staffed(tmp_path, where, base) as found:
        for who in ("anna", "ben"):
            found.log_in(who)
        yield found


def public(firm: Office) -> PublicKey:
    assert firm.trail.key is not None
    return firm.trail.key.public


def verdict(firm: Office, *keys: PublicKey) -> str:
    with firm.trail.read() as reader:
        return str(verify(reader, keys))


def key_file(firm: Office, end: str = "") -> Path:
    return firm.folder / f"trail.key{end}"


def rotated(firm: Office) -> PublicKey:
    """Change the key; the one that was before."""
    before = public(firm)
    firm.run("anna", *ROTATE)
    firm.run("ben", *ROTATE)
    return before


def test_two_administrators_change_the_key(firm: Office) -> None:
    firm.enter(cleo="hr", dan="sales_manager")
    firm.log_in("cleo")
    firm.log_in("dan")
    firm.run("dan", "diagnose", COMPLETE)
    (firm.folder / "crowd.csv").write_text(CROWD)
    firm.run("cleo", "trail", "report", "--groups", "crowd.csv", "--output", "first.txt")
    witness = make_witness(firm.folder / "w", "w1", public(firm))
    first = firm.run("anna", *ROTATE)
    before = public(firm)
    assert first.startswith("proposed by record ") and "another administrator brings it in" in first
    (proposed,) = firm.call("GET", "/trail/keys", firm.token("ben")).json()["proposed"]
    assert (proposed["by"], str(before) != proposed["key"]) == ("anna", True)
    assert firm.run("ben", "trail", "keys", "list").splitlines()[-1].startswith("proposed by anna, record ")
    second = firm.run("ben", *ROTATE)
    after = public(firm)
    assert str(after) == proposed["key"] == second.split()[-1]
    assert [len(line.split()) for line in firm.run("ben", "trail", "keys", "list").splitlines()] == [4, 4]
    assert firm.call("GET", "/trail").json()["key"] == str(after)

    firm.run("dan", "diagnose", COMPLETE)  # everything goes on, and is verified under either key
    for given in ((before,), (after,), (before, after)):
        told = verdict(firm, *given)
        assert told.startswith("UNANCHORED") and "4 persons are in the register" in told, told
    with firm.trail.read() as reader:
        assert look(witness, reader)[1] is not None, "a witness goes on from the first key"
    firm.run("cleo", "trail", "export", "complete-file", "--output", "bundle.zip")
    (firm.folder / "verify.py").write_bytes(zipfile.ZipFile(firm.folder / "bundle.zip").read("verify.py"))
    for given_key in (before, after):
        alone = run_alone(firm.folder, "bundle.zip", "--key", str(given_key))
        assert alone.returncode == 3 and "4 persons are in the register" in alone.stdout, alone.stdout + alone.stderr

    again = firm.run("cleo", "trail", "report", "--groups", "crowd.csv", "--output", "second.txt")
    assert again == "", "a report of an earlier key is compared with, and no file of it is asked for"
    one_less = CROWD.replace("F-1,female\n", "F-1,male\n")
    (firm.folder / "crowd.csv").write_text(one_less)
    firm.run("cleo", "trail", "report", "--groups", "crowd.csv", fails="would tell about fewer than")


def test_a_service_that_starts_again_signs_with_the_new_key(firm: Office, where: str) -> None:
    before = rotated(firm)
    kept = [path.name for path in firm.folder.glob("trail.key.before-*")]
    assert len(kept) == 1 and not key_file(firm, ".next").exists()
    assert oct(key_file(firm, kept[0].removeprefix("trail.key")).stat().st_mode)[-3:] == "600"
    started = open_trail(where, key_file(firm), serving=True)
    assert started.key is not None and started.key.public == public(firm) != before
    second = rotated(firm)
    assert second == started.key.public
    assert verdict(firm, before, second, public(firm)).startswith("UNANCHORED")


def test_a_crash_between_the_record_and_the_files(firm: Office, where: str) -> None:
    firm.run("anna", *ROTATE)
    old, following = key_file(firm).read_bytes(), key_file(firm, ".next").read_bytes()
    firm.run("ben", *ROTATE)
    for beside in firm.folder.glob("trail.key.before-*"):
        beside.unlink()
    key_file(firm).write_bytes(old)
    key_file(firm, ".next").write_bytes(following)
    key_file(firm, ".next").chmod(0o600)
    started = open_trail(where, key_file(firm), serving=True)
    assert started.key is not None and started.key.public == public(firm)
    assert key_file(firm).read_bytes() == following
    assert [path.read_bytes() for path in firm.folder.glob("trail.key.before-*")] == [old]


def test_a_sales_manager_changes_no_key(firm: Office) -> None:
    firm.enter(dan="sales_manager")
    firm.log_in("dan")
    before = public(firm)
    firm.run("dan", *ROTATE, fails="`sales_manager` may not do this; the policy gives it to `admin`")
    assert not key_file(firm, ".next").exists()
    firm.run("anna", *ROTATE)
    firm.run("dan", *ROTATE, fails="`sales_manager` may not do this")
    firm.log_in("dan", "admin", fails="`dan` has not the role `admin`")
    assert public(firm) == before


def test_one_administrator_does_not_change_it_twice_over(firm: Office) -> None:
    firm.run("anna", *ROTATE)
    before = public(firm)
    firm.run("anna", *ROTATE, fails="`anna` has proposed this key already; another administrator confirms it")
    (proposed,) = firm.call("GET", "/trail/keys", firm.token("anna")).json()["proposed"]
    body = {"key": proposed["key"], "records": [proposed["record"]]}
    given = firm.call("POST", "/drafts/key-brought-in", firm.token("anna"), json=body)
    assert given.status_code == 409 and "a new key takes 2 persons, and 0 others proposed it" in given.json()["detail"]
    for records in ([], [proposed["record"] - 1]):
        given = firm.call("POST", "/drafts/key-brought-in", firm.token("ben"), json=body | {"records": records})
        assert given.status_code == 409 and "0 others proposed it" in given.json()["detail"]
    given = firm.call("POST", "/drafts/key-brought-in", firm.token("ben"), json=body | {"key": str(before)})
    assert given.status_code == 409 and "does not hold this key" in given.json()["detail"]
    firm.run("ben", "trail", "people", "confirm", str(proposed["record"]), fails="what does not wait to be confirmed")
    assert firm.call("GET", "/people/waiting", firm.token("ben")).json() == []
    assert firm.call("POST", "/acts/key-brought-in", firm.token("ben"), json=body).status_code == 404
    assert public(firm) == before


@pytest.mark.parametrize(
    ("who", "role", "inputs", "told"),
    [("anna", "admin", True, "`anna` confirms the key that they proposed themselves"),
     ("ben", "admin", False, "it changes the key of the trail, and no administrator has proposed this key"),
     ("dan", "sales_manager", True, "an administrator enters and confirms"),
     ("ben", "admin", True, "a person must sign this, and nobody did")],
)  # fmt: skip
def test_whoever_writes_past_the_register_is_found(firm: Office, who: str, role: str, inputs: bool, told: str) -> None:
    """Who holds the key of the trail and has a program of their own brings a key in: `verify` names the record."""
    from salesdx.ledger.acting import Acting, Drafted, Signed

    firm.enter(dan="sales_manager")
    firm.run("anna", *ROTATE)
    (proposed,) = firm.call("GET", "/trail/keys", firm.token("anna")).json()["proposed"]
    following = SigningKey(read_private_key(key_file(firm, ".next"), environment=False), public(firm).name)
    records = [proposed["record"]] if inputs else []

    def forge(acting: Acting, by: Person) -> int:
        forger = firm.trail.acting_as(acting)
        forger.people = type(forger.people)()
        forger.people.register = lambda reader: Register()  # type: ignore[method-assign]
        with forger.append() as appender:
            return appender.rotate(following, by, records)

    drafts: list[Drafted] = []
    forge(Acting("key", drafting=drafts), Person(who, role, "token"))
    signed = Signed(drafts[0], *firm.sign(who, drafts[0].message))
    alone = "nobody did" in told
    record = forge(Acting("key", signed=None if alone else signed), Person(who, role, "token" if alone else "ssh"))
    found = verdict(firm, public(firm))
    assert found.startswith("INVALID") and f"record {record}: {told}" in found, found


def test_a_key_signs_nothing_before_it_is_brought_in(firm: Office, where: str) -> None:
    firm.run("anna", *ROTATE)
    early = firm.folder / "early"
    shutil.copy(key_file(firm, ".next"), early)
    trail = open_trail(where, early, serving=True)
    with pytest.raises(TrailError, match="not signed by this key"), trail.append():
        pass
    following = SigningKey(read_private_key(early, environment=False), public(firm).name)
    forger = Trail(firm.trail.storage, firm.trail.key, serving=True)
    if "://" in where:  # the database looks which key a checkpoint names
        with pytest.raises(TrailError, match="not signed by the key of the trail"), forger.append() as appender:
            appender.add("hold", {"reason": "x"}, Person("anna", "admin", "token"), case="north")
            appender.keys = (following,)
    else:
        with forger.append() as appender:
            appender.add("hold", {"reason": "x"}, Person("anna", "admin", "token"), case="north")
            appender.keys = (following,)
        assert "it is not signed by the key of the trail" in verdict(firm, public(firm))


def test_a_key_that_the_service_lost_is_proposed_anew(firm: Office) -> None:
    firm.run("anna", *ROTATE)
    key_file(firm, ".next").unlink()
    before = public(firm)
    assert firm.run("ben", *ROTATE).startswith("proposed by record ")
    firm.run("anna", *ROTATE)
    assert public(firm) != before and verdict(firm, before).startswith("UNANCHORED")
    with firm.trail.read() as reader:
        assert firm.trail.people.register(reader).waiting == {}, "what was proposed and lost waits no more"


def test_every_type_of_record_has_its_words() -> None:
    assert set(TYPES) == set(MADE)


def test_no_name_stands_twice_in_the_verifier_that_travels() -> None:
    """Its modules are put into one file, in which a second constant of a name would take the place of the first."""
    found: Counter[str] = Counter()
    for node in ast.parse(verifier_text()).body:
        for target in node.targets if isinstance(node, ast.Assign) else ():
            found.update(one.id for one in ast.walk(target) if isinstance(one, ast.Name))
    assert [name for name, times in found.items() if times > 1] == []
