"""What one keyboard could do once and cannot any more: each attack on a sign-off, on SQLite and on PostgreSQL."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from postgresql_cluster import Cluster
from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.cli import cli
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.keys import SigningKey, new_private_key, write_private_key
from salesdx.ledger.log import Person, create, new_origin, open_trail
from salesdx.ledger.sealing import SIZE, Sealed, kept_key, seal, unboxed
from salesdx.ledger.standalone.register import Register, Registered
from salesdx.render.terminal import to_text
from salesdx.render.trail.against_page import against_report
from salesdx.trail.attachments import attach
from salesdx.trail.book import BLIND, Book
from salesdx.trail.case_against import Against
from salesdx.trail.closed_files import one_file, stated_facts
from salesdx.trail.export import blind_records, record_export, write_bundle
from salesdx.trail.lookalike import MAX_REASON, alike
from salesdx.trail.rights import override, state_view
from salesdx.trail.sign_off_story import State, Status, status
from salesdx.trail.signing_off import show_case_against, sign_file
from trail_cases import HR, MANAGER, NAME, REVIEWER, Clock, Kept, complete, said

PDF = b"%PDF-1.7\n%%EOF\n"
PETRA, ULF = Person("Petra Lang", "hr"), Person("Ulf Sand", "reviewer")


def below(above: str) -> Register:
    """A register in which the person concerned reports to somebody."""
    members = {id: Registered(id, id, line) for id, line in (("e-8806", above), (above, ""))}
    return Register(members)


@dataclass(frozen=True)
class Desk:
    """A trail with a complete file, as record ``seq``, and what people do with it."""

    kept: Kept
    seq: int
    tamper: Callable[[str], None]
    """Run SQL as the administrator of the database, the guards off."""

    def on(self, seq: int) -> Desk:
        return replace(self, seq=seq)

    def diagnose(self, memory: WorkingMemory, by: Person = MANAGER) -> Desk:
        return self.on(self.kept.diagnose(memory, by))

    def show(
        self, by: Person, render: Callable[[Against], str] = lambda found: "shown", line: Register | None = None
    ) -> str:
        found = self.kept
        return show_case_against(found.trail, self.seq, by, render, found.base.digest, found.clock, line)

    def sign(self, by: Person, approve: bool = True, reason: str = "", line: Register | None = None) -> Status:
        found, reason = self.kept, reason or f"My own reason as {by.role}"
        return sign_file(found.trail, self.seq, by, approve, reason, found.base.digest, found.clock, line)

    def ready(self, *people: Person) -> None:
        for by in people:
            self.show(by)
        self.kept.clock.move(hours=24)

    def status(self) -> Status:
        with self.kept.trail.read() as reader:
            return status(reader, self.seq, self.kept.base.digest, self.kept.clock)

    def body(self, seq: int) -> object:
        with self.kept.trail.read() as reader:
            return Book(reader).record(seq).body

    def size(self) -> int:
        with self.kept.trail.read() as reader:
            return reader.head().size


def on_sqlite(folder: Path, base: RuleBase) -> Desk:
    write_private_key(folder / f"{NAME}.key", private := new_private_key())
    create(str(folder / NAME), SigningKey(private, new_origin()), HR)
    kept = Kept(folder / NAME, open_trail(str(folder / NAME)), base, Clock())

    def tamper(sql: str) -> None:
        with closing(sqlite3.connect(folder / NAME)) as connection:
            for name, made in connection.execute("SELECT name, sql FROM sqlite_master WHERE type='trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
                del made
            connection.execute(sql)
            connection.commit()

    return Desk(kept, kept.diagnose(complete(base)), tamper)


def on_postgresql(folder: Path, base: RuleBase, cluster: Cluster) -> Desk:
    write_private_key(folder / f"{NAME}.key", private := new_private_key())
    database = cluster.emptied()
    where = str(cluster.url(database))
    create(where, SigningKey(private, new_origin()), HR)
    kept = Kept(folder / NAME, open_trail(where, folder / f"{NAME}.key"), base, Clock())

    def tamper(sql: str) -> None:
        cluster.query(f"SET search_path = salesdx; SET session_replication_role = replica; {sql}", database)

    return Desk(kept, kept.diagnose(complete(base)), tamper)


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, base: RuleBase) -> Desk:
    """A complete file in each of the databases."""
    if request.param == "sqlite":
        return on_sqlite(tmp_path, base)
    return on_postgresql(tmp_path, base, request.getfixturevalue("postgresql"))


@pytest.fixture
def small(tmp_path: Path, base: RuleBase) -> Desk:
    """The same where the database is no matter."""
    return on_sqlite(tmp_path, base)


# --- a refusal closes the file ----------------------------------------------------------------------------------------


def test_refused_then_diagnosed_again(desk: Desk) -> None:
    desk.ready(HR)
    desk.sign(HR, approve=False, reason="zebra: the goal was never explained")
    signed = desk.size() - 1
    assert (desk.status().state, desk.body(signed)) == (State.ONE_SIGNED, None)
    again = desk.diagnose(complete(desk.kept.base))
    closed = (
        f"Anna Weber (hr) refused the same file, of the same person, period and facts, in record {signed}; a new "
        "sign-off needs a changed fact"
    )
    assert again.status() == Status(again.seq, State.REFUSED, (closed,))
    for act in (lambda: again.show(PETRA), lambda: again.sign(PETRA), lambda: again.sign(ULF)):
        with pytest.raises(Refused, match=f"^record {again.seq} is refused: Anna Weber"):
            act()
    assert desk.body(signed) == {
        "decision": "refuse", "reason": "zebra: the goal was never explained", "case_against": signed - 1,
    }  # fmt: skip
    assert desk.status().state is State.REFUSED
    assert desk.status().reasons == ("Anna Weber (hr) refused it; it is closed for good",)


def reordered(memory: WorkingMemory) -> WorkingMemory:
    return replace(memory, statements=dict(reversed(memory.statements.items())))


def in_other_words(memory: WorkingMemory) -> WorkingMemory:
    """Another case name, source, note and day, a number with a zero more, and a fact of which nothing is known."""
    memory = said(memory, "hr_coaching_held_n", source="the same, in other words", note="see the file")
    memory = said(memory, "hr_coaching_held_n", value=Decimal("8.0"))
    return replace(memory, case="another name")


def other_spelling(memory: WorkingMemory) -> WorkingMemory:
    return replace(memory, case="copy", subject={**memory.subject, "ref": "e_8806"})


@pytest.mark.parametrize("change", [reordered, in_other_words, other_spelling])
def test_other_words_are_no_other_facts(small: Desk, change: Callable[[WorkingMemory], WorkingMemory]) -> None:
    small.ready(HR)
    small.sign(HR, approve=False)
    again = small.diagnose(change(complete(small.kept.base)))
    with pytest.raises(Refused, match="a new sign-off needs a changed fact"):
        again.show(PETRA)


def test_a_changed_fact_opens_a_new_file_whose_case_against_begins_with_the_refusal(desk: Desk) -> None:
    desk.ready(HR)
    desk.sign(HR, approve=False, reason="The goal was never explained")
    override(desk.kept.trail, desk.seq, MANAGER, "Let us wait for the audit", now=desk.kept.clock)
    other = desk.diagnose(replace(said(complete(desk.kept.base), "hr_coaching_held_n", value=Decimal(9)), case="copy"))
    found: list[Against] = []

    def page(against: Against) -> str:
        found.append(against)
        return " ".join(to_text(against_report(against), 240).split())

    shown = other.show(PETRA, page)
    [before] = found[0].before
    assert (before.record.seq, before.status and before.status.state) == (desk.seq, State.REFUSED)
    place = shown.index("What was refused, void or not followed before")
    for text in (
        f"Record {desk.seq}, case V48, of 2 January 2040:",
        "The sign-off was refused: Anna Weber (hr) refused it; it is closed for good.",
        "The goal was never explained",
        "Max Braun does not follow the whole diagnosis",
    ):
        assert place < shown.index(text) < shown.index("Withdrawn, or left out"), text
    assert other.status().state is State.WAITING
    back = other.diagnose(replace(complete(desk.kept.base), case="third"))
    with pytest.raises(Refused, match="refused the same file"):
        back.show(PETRA)  # the facts that were refused once


def test_a_sealed_decision_that_nobody_can_open_closes_everything(small: Desk) -> None:
    """The key is gone with the machine: nobody can tell whether it was a refusal."""
    small.ready(HR)
    small.sign(HR)
    signed = small.size() - 1
    shutil.rmtree(small.kept.path.with_name(f"{NAME}.key.sealed"))
    small.ready(REVIEWER)
    with pytest.raises(Refused, match=f"the decision of record {signed} is sealed, and its key is not in"):
        small.sign(REVIEWER)
    again = small.diagnose(complete(small.kept.base))
    with pytest.raises(Refused, match=f"the decision of record {signed} on the same person is still sealed"):
        again.show(PETRA)


# --- by the person concerned ------------------------------------------------------------------------------------------


def test_a_case_under_another_name_makes_no_new_outsider(desk: Desk) -> None:
    override(desk.kept.trail, desk.seq, REVIEWER, "I would wait", now=desk.kept.clock)
    copy = desk.diagnose(other_spelling(complete(desk.kept.base)))
    with pytest.raises(Refused, match="`Rita Okoye` took part in this case as reviewer"):
        copy.show(REVIEWER)
    with pytest.raises(Refused, match="`Max Braun` took part in this case as sales_manager"):
        copy.show(replace(MANAGER, role="reviewer"))
    assert desk.status().reasons[0].endswith("is newer: a fact, in another case of the person")


def test_who_signed_as_hr_is_no_outsider_on_a_copy(small: Desk) -> None:
    small.ready(HR)
    small.sign(HR)
    copy = small.diagnose(other_spelling(complete(small.kept.base)))
    with pytest.raises(Refused, match="`Anna Weber` took part in this case as hr; whoever signs as reviewer stands"):
        copy.show(replace(HR, role="reviewer"))
    copy.ready(HR)
    assert copy.sign(HR).state is State.ONE_SIGNED


def test_a_statement_in_another_case_of_the_person_is_heard(desk: Desk) -> None:
    copy = desk.diagnose(other_spelling(complete(desk.kept.base)))
    employee = Person("Bernd", "employee")
    state_view(desk.kept.trail, "V48", "I was ill", {}, employee, lambda _: "", desk.kept.clock)
    assert copy.status().state is State.VOID
    last = desk.diagnose(replace(complete(desk.kept.base), case="third"))
    found: list[Against] = []
    last.show(HR, lambda against: found.append(against) or "shown")
    assert [view.text for view in found[0].views] == ["I was ill"]


def test_a_paper_is_read_before_anybody_signs(desk: Desk) -> None:
    """Who attached it took part; it voids as a statement does, and opens what was sealed; the next page shows it."""
    desk.ready(HR, REVIEWER)
    desk.sign(HR, reason="All is there")
    other = desk.diagnose(other_spelling(complete(desk.kept.base)))
    seq = attach(desk.kept.trail, "V48", "warning.pdf", PDF, "found in a drawer", REVIEWER, desk.kept.clock)
    assert desk.status().state is other.status().state is State.VOID
    assert any(reason == f"record {seq} is newer: a paper or a picture" for reason in desk.status().reasons)
    with pytest.raises(Refused, match="is void"):
        desk.sign(REVIEWER)
    again = desk.diagnose(replace(complete(desk.kept.base), case="third"))
    with pytest.raises(Refused, match="`Rita Okoye` took part in this case as reviewer"):
        again.show(REVIEWER)
    page = " ".join(again.show(HR, lambda found: to_text(against_report(found), 200)).split())
    assert f"warning.pdf (record {seq}, 3 January 2040, by Rita Okoye (reviewer))" in page
    assert f"salesdx trail attachment {seq} --output FILE" in page


def test_a_paper_alone_voids_and_opens(small: Desk) -> None:
    small.ready(HR, REVIEWER)
    small.sign(HR, reason="All is there")
    seq = attach(small.kept.trail, "V48", "warning.pdf", PDF, "found in a drawer", MANAGER, small.kept.clock)
    found = small.status()
    assert found.reasons[0] == f"record {seq} is newer: a paper or a picture"
    assert [(one.role, one.reason) for one in found.signatures] == [("hr", "All is there")]


@pytest.mark.parametrize("by", [REVIEWER, HR])
def test_the_line_manager_signs_in_no_role(desk: Desk, by: Person) -> None:
    line = below(alike(by.name))
    with pytest.raises(Refused, match=f"`{by.name}` stands in the line above the one whom the case is about"):
        desk.show(by, line=line)
    desk.ready(by)  # shown while nobody knew of the line
    with pytest.raises(Refused, match="stands in the line above"):
        desk.sign(by, line=line)
    assert desk.sign(by, line=below("somebody")).state is State.ONE_SIGNED


def test_a_file_about_nobody_is_not_signed(small: Desk) -> None:
    nobody = small.diagnose(replace(complete(small.kept.base), case="nobody", subject={"kind": "person"}))
    with pytest.raises(Refused, match="names nobody, so nobody can tell what else is on record about them"):
        nobody.show(HR)


# --- blind ------------------------------------------------------------------------------------------------------------


def test_two_worlds_look_alike_to_who_signs_second(tmp_path: Path, base: RuleBase) -> None:
    """One in which the first approved in few words, one in which they refused in many: nothing that can be fetched
    differs, but for random numbers and what is sealed with them, which have the same length."""
    worlds = []
    start = on_sqlite(folder(tmp_path, "start"), base)
    start.ready(HR, REVIEWER)
    for name, approve, reason in (("one", True, "yes"), ("two", False, "ü" * MAX_REASON)):
        for path in start.kept.path.parent.iterdir():
            shutil.copy(path, folder(tmp_path, name) / path.name)
        kept = replace(start.kept, path=tmp_path / name / NAME, trail=open_trail(str(tmp_path / name / NAME)))
        world = replace(start, kept=kept)
        assert world.sign(HR, approve, reason).state is State.ONE_SIGNED
        worlds.append(fetched(world))
    assert worlds[0].keys() == worlds[1].keys()
    for key in worlds[0]:
        assert worlds[0][key] == worlds[1][key], key


def folder(root: Path, name: str) -> Path:
    (root / name).mkdir(exist_ok=True)
    return root / name


def fetched(world: Desk) -> dict[str, object]:
    """Everything that a signer can fetch: the pages, the bundle, the tables."""
    signed, found = world.size() - 1, {}
    for words in (
        ["show", str(signed)], ["show", str(signed), "--format", "json"], ["show", str(world.seq)], ["case", "V48"],
        ["list"], ["report"], ["comparators", str(world.seq)], ["sign-off", str(world.seq), "--status"],
    ):  # fmt: skip
        wide = {"COLUMNS": "300"}  # the path of the trail stands on one line
        at = ["trail", *words, "--trail", str(world.kept.path)]
        done = CliRunner().invoke(cli, at, catch_exceptions=False, env=wide)
        found[" ".join(words)] = (done.exit_code, done.output.replace(str(world.kept.path), NAME))
    out = world.kept.path.with_name("all.zip")
    asked = ["trail", "export", "--all", "--blind-too", "-o", str(out), "--trail", str(world.kept.path), "--as", "Rita"]
    assert CliRunner().invoke(cli, asked, catch_exceptions=False).exit_code == 0
    with zipfile.ZipFile(out) as bundle:
        found["report"] = bundle.read("report.txt")
        lines = bundle.read("entries.jsonl").splitlines()
        found["line"] = len(lines[signed])
        payload = json.loads(json.loads(lines[signed])["payload"])
    body = payload["body"]
    found["payload"] = payload | {"body": {key: len(str(part)) for key, part in body.items()}}
    with closing(sqlite3.connect(world.kept.path)) as connection:
        rows = connection.execute("SELECT length(body), length(salt) FROM payload WHERE seq <= ?", (signed,)).fetchall()
        entries = connection.execute("SELECT length(entry) FROM entry WHERE seq <= ?", (signed,)).fetchall()
    found["tables"] = (rows, entries)
    return found


def test_a_bundle_with_what_is_blind_shows_no_decision(desk: Desk) -> None:
    desk.ready(HR, REVIEWER)
    desk.sign(HR, approve=False, reason="zebra")
    with desk.kept.trail.read() as reader:
        assert Book(reader).record(desk.size() - 1).withheld == BLIND
        assert blind_records(reader, None) == []  # sealed: nothing of it can leave
    export = record_export(desk.kept.trail, None, {"report.html": "", "report.txt": ""}, REVIEWER)
    out = io.BytesIO()
    with desk.kept.trail.read() as reader:
        write_bundle(reader, export, out)
    with zipfile.ZipFile(out) as bundle:
        every = b"".join(bundle.read(name) for name in bundle.namelist())
    assert b"zebra" not in every and b'\\"refuse\\"' not in every


def test_the_last_signature_opens_the_first(desk: Desk) -> None:
    desk.ready(HR, REVIEWER)
    desk.sign(HR, reason="zebra")
    signed = desk.size() - 1
    done = desk.sign(REVIEWER)
    assert (done.state, [one.reason for one in done.signatures]) == (
        State.COMPLETE, ["zebra", "My own reason as reviewer"],
    )  # fmt: skip
    assert desk.body(signed) == {"decision": "approve", "reason": "zebra", "case_against": signed - 2}


def test_what_opens_a_sealed_text(tmp_path: Path) -> None:
    place = tmp_path / "keys"
    sealed = seal("text", place)
    key = kept_key(sealed.key, place)
    assert key is not None and unboxed(sealed, key) == "text"
    assert (place.stat().st_mode & 0o777, (place / sealed.key).stat().st_mode & 0o777) == (0o700, 0o600)
    assert len(sealed.box) == len(seal("x" * SIZE, place).box)
    other = seal("other", place)
    assert kept_key("0" * 64, place) is None and kept_key(sealed.key, None) is None
    for wrong in (kept_key(other.key, place) or "", "", "zz", key[:-2], key.upper() + "00"):
        assert unboxed(sealed, wrong) is None
    assert unboxed(Sealed(other.box, sealed.key), key) is None, "another box"
    assert unboxed(Sealed("no base64!", sealed.key), key) is None
    place.chmod(0o755)
    with pytest.raises(TrailError, match="can be read by others; `chmod 700"):
        seal("text", place)
    with pytest.raises(TrailError, match="is in no file: name its file with --key"):
        seal("text", None)


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_signature_counts_for_two_weeks(desk: Desk) -> None:
    desk.ready(HR, REVIEWER)
    desk.sign(HR)
    desk.kept.clock.move(days=14)
    assert desk.status().state is State.ONE_SIGNED
    desk.kept.clock.move(seconds=1)
    expired = ("the signature as hr of 2040-01-03 counted for 14 days", "a new diagnosis has to be signed anew")
    assert (desk.status().state, desk.status().reasons) == (State.VOID, expired)
    with pytest.raises(Refused, match="is void: the signature as hr"):
        desk.sign(REVIEWER)
    with desk.kept.trail.append(desk.kept.clock) as appender:
        appender.add("answer", {"term": "x", "statements": [], "before": [], "way": "form"}, HR, case="elsewhere")
    desk.kept.clock.move(days=-30)
    assert desk.status().state is State.VOID, "a clock that goes back makes nothing young again"


def test_what_is_complete_counts_for_two_weeks_too(small: Desk) -> None:
    small.ready(HR, REVIEWER)
    small.sign(HR)
    assert small.sign(REVIEWER).state is State.COMPLETE
    small.kept.clock.move(days=14, seconds=1)
    found = small.status()
    assert (found.state, len(found.signatures)) == (State.VOID, 2)


def test_a_reading_counts_for_two_weeks_after_the_wait(desk: Desk) -> None:
    desk.ready(HR)
    desk.kept.clock.move(days=14, seconds=1)
    with pytest.raises(Refused, match="what `Anna Weber` read counted until 2040-01-17 09:00 UTC: the case against is"):
        desk.sign(HR)
    desk.show(HR)
    with pytest.raises(Refused, match="`Anna Weber` may sign from"):
        desk.sign(HR)
    desk.kept.clock.move(hours=24)
    assert desk.sign(HR).state is State.ONE_SIGNED


# --- nothing is hidden ------------------------------------------------------------------------------------------------

HIDE = (
    "UPDATE entry SET case_ = NULL, subject = NULL WHERE seq = {seq}",
    "UPDATE entry SET type = 'export' WHERE seq = {seq}",
    "DELETE FROM payload WHERE seq = {seq}",
    "UPDATE payload SET body = replace(body, 'I was ill', 'I am fine') WHERE seq = {seq}",
)


@pytest.mark.parametrize("hide", HIDE)
def test_a_statement_that_is_hidden_while_people_sign(desk: Desk, hide: str) -> None:
    state_view(desk.kept.trail, "V48", "I was ill", {}, Person("Bernd", "employee"), lambda _: "", desk.kept.clock)
    hidden = desk.size() - 1
    last = desk.diagnose(complete(desk.kept.base))
    last.ready(HR)
    desk.tamper(hide.format(seq=hidden))
    for act in (lambda: last.show(REVIEWER), lambda: last.sign(HR)):
        with pytest.raises(
            Refused, match=f"nothing can be signed: .*record {hidden}|nothing can be signed: the records"
        ):
            act()


def test_facts_that_cannot_be_compared_are_the_same(small: Desk) -> None:
    with small.kept.trail.read() as reader:
        book = Book(reader)
        facts = stated_facts(book, book.record(small.seq), {})
        assert stated_facts(book, book.record(0), {}) is None
        assert one_file(book, book.record(small.seq), book.record(small.seq), {})
        assert one_file(book, book.record(small.seq), book.record(0), {})
    assert facts is not None and ("hr_coaching_held_n", "8") in facts[1]
