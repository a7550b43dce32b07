"""Recorded diagnoses run again: byte for byte on the rules of their day, on every Python, and on today's rules."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import salesdx
from conftest import ROOT
from hr_trails import BOB, LOW, STAGES, Desk, small_base
from salesdx.authoring.worked_cases import case_files, read_worked_case
from salesdx.base.background import Proof
from salesdx.base.model import RuleBase
from salesdx.base.proof import proof_text
from salesdx.case.other_rules import carried
from salesdx.cli import cli
from salesdx.ledger.errors import TrailError
from salesdx.ledger.log import open_trail
from salesdx.render import FORMATS, render
from salesdx.render.trail.replay_page import page_again
from salesdx.trail.book import Book
from salesdx.trail.recording import engine_told, record_diagnosis, recorded_case
from salesdx.trail.replay import OtherLanguage, Replayed, Today, replay, replayed, today
from salesdx.trail.results import recorded_result, result_of, summary_line
from salesdx.trail.rule_bases import base_of
from salesdx.trail.sign_off_story import State, status
from salesdx.trail.two_records import again

RECORDED = Path(__file__).parent / "data" / "replay.json.gz"
"""Every worked case of its day with the rules of its day, as `recorded` makes it. It is never made anew: what was
recorded once must replay for ever, whatever becomes of the shipped rules and of this program."""
FIRST_LANGUAGE = RECORDED.with_name("replay-language-1.json.gz")
"""The same of the last day of language 1, which this program reads and does not run."""


TRAIL = Path(__file__).parent / "data" / "trail-0.1.0"
"""A trail of salesdx 0.1.0 (commit efb7bd2): six diagnoses as text, Markdown and JSON, an explanation, an override, a
statement of the person concerned, the case against and two signatures; with the public key and the last checkpoint."""


def recorded(home: Path) -> bytes:
    """The worked cases of a rule base, diagnosed by rete and recorded: {recorded, rule_base, files, diagnoses}."""
    base = salesdx.load(home)
    diagnoses = []
    for path in case_files([home / "rules" / "cases"]):
        found = salesdx.diagnose(base, read_worked_case(path, base).memory, "rete")
        body = recorded_case(found.memory) | {"result": recorded_result(found), "note": found.engine.note}
        diagnoses.append(body | {"engine": engine_told(found.engine)})
    made = {
        "recorded": f"Python {sys.version.split()[0]}",
        "rule_base": base.digest,
        "files": dict(base.files),
        "diagnoses": diagnoses,
    }
    return gzip.compress(json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode(), mtime=0)


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words, prog_name="salesdx", catch_exceptions=False)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    return small_base(tmp_path_factory.mktemp("rules"))


@pytest.fixture
def desk(small: RuleBase, tmp_path: Path) -> Desk:
    return Desk(str(tmp_path / "trail"), small)


# --- byte for byte ----------------------------------------------------------------------------------------------------


def test_what_was_recorded_on_another_python_comes_out_byte_for_byte() -> None:
    """Recorded on 3.11 by rete, which does not load on 3.13; the reference engine gives the same on each."""
    data = json.loads(gzip.decompress(RECORDED.read_bytes()))
    assert data["recorded"].startswith("Python 3.11.")
    assert {body["engine"]["name"] for body in data["diagnoses"]} == {"rete"}
    assert len(data["diagnoses"]) >= 53
    assert base_of(data["files"], data["rule_base"]).digest == data["rule_base"]
    for body in data["diagnoses"]:
        found = replay(body, data["files"], body["engine"])
        assert found.result == body["result"], body["case_file"].splitlines()[0]
        assert found.diagnosis.engine.name == "rete"


def test_what_was_recorded_in_another_language_is_named_with_the_program_that_runs_it() -> None:
    data = json.loads(gzip.decompress(FIRST_LANGUAGE.read_bytes()))
    assert base_of(data["files"], data["rule_base"]).digest == data["rule_base"]
    for body in data["diagnoses"]:
        with pytest.raises(OtherLanguage, match=rf"^LANGUAGE 1: run it with salesdx {body['engine']['version']}$"):
            replay(body, data["files"], body["engine"])


@pytest.mark.slow
def test_every_worked_case_comes_out_byte_for_byte_from_a_trail_and_so_does_its_page(
    base: RuleBase, tmp_path: Path
) -> None:
    """Recorded by the engine that is used here, and run again by the reference engine on the texts in the trail."""
    desk = Desk(str(tmp_path / "trail"), base)
    paths = case_files([ROOT / "rules" / "cases"])
    widths = (60, 80, 110)
    seqs = []
    with desk.trail.append(desk.clock) as appender:
        for n, path in enumerate(paths):
            case = read_worked_case(path, base)
            found = salesdx.diagnose(base, replace(case.memory, case=path.stem))
            format = FORMATS[n % len(FORMATS)]
            shown = render([found], format, widths[n % len(widths)])
            seqs.append(record_diagnosis(appender, found, shown, format, BOB))
    assert len(seqs) == len(paths) >= 53
    with desk.read() as book:
        for seq in seqs:
            record = book.diagnosis(seq)
            assert record.body is not None
            found_again = again(book, record)
            assert found_again.result == record.body["result"]
            assert found_again.same_program
            assert page_again(found_again.diagnosis, record.body) == record.body["shown"]


def test_rules_in_layers_and_a_proof_beside_them_are_those_of_their_day(small: RuleBase, tmp_path: Path) -> None:
    """The trail holds the texts of all layers, and what was proved when the page was shown."""
    small_base(tmp_path / "below")
    layer = tmp_path / "ours"
    (layer / "rules").mkdir(parents=True)
    (layer / "layer.yaml").write_text("extends: ../below\n", "utf-8")
    rule = "[{id: A1, when: price > 90, strength: strong, finding: found_a1, because: ours, source: J}]\n"
    (layer / "rules" / "first.yaml").write_text(rule, "utf-8")
    digest = salesdx.load(layer).digest
    (layer / "proof.json").write_text(proof_text(Proof(digest, "a prover", ("never_dismiss",))), "utf-8")
    desk = Desk(str(tmp_path / "trail"), salesdx.load(layer))
    seq = desk.diagnose("north", LOW)
    for path in (layer, tmp_path / "below"):
        path.rename(path.with_name(f"{path.name}-of-old"))
    with desk.read() as book:
        record = book.diagnosis(seq)
        found = again(book, record)
    assert record.body is not None
    assert "1 of 1 property of these rules is proved" in " ".join(record.body["shown"].split())
    assert found.same and page_again(found.diagnosis, record.body) == record.body["shown"]
    assert found.diagnosis.because(found.diagnosis.base.rule["A1"]) == "ours"


def test_every_engine_leaves_the_same_result(small: RuleBase) -> None:
    memory = Desk.memory
    facts = LOW | {
        "calls": 5,
        "deals": 1,
        "warned": [{"value": True, "by": "hr"}, {"value": False, "by": "hr", "author": "ben"}],
    }
    found = [
        recorded_result(salesdx.diagnose(small, memory(None, "north", facts, "E-1", small), engine))  # type: ignore[arg-type]
        for engine in ("reference", "compiled", "auto")
    ]
    assert found[0] == found[1] == found[2]


def test_the_command_says_identical(desk: Desk) -> None:
    seq = desk.diagnose("north", LOW | {"calls": 5}, "E-1")
    found = run("trail", "replay", str(seq), "--trail", desk.where)
    assert found.exit_code == 0
    assert "\nidentical\n" in found.stdout
    assert "byte for byte, and the page as it was shown" in " ".join(found.stdout.split())
    data = json.loads(run("trail", "replay", str(seq), "--trail", desk.where, "--format", "json").stdout)
    assert (data["identical"], data["result"], data["page"], data["differences"]) == (True, True, True, [])


def forged(desk: Desk, seq: int, **changes: Any) -> int:
    """The record of a diagnosis once more, with other content, as a writer with the key could have made it."""
    with desk.read() as book:
        record = book.record(seq)
    assert record.body is not None
    engine = engine_told(salesdx.diagnose(desk.base, desk.memory("north", LOW), "reference").engine)
    body = {**record.body, **changes}
    return desk.add("diagnosis", body, BOB, case="north", base=desk.base, engine=engine, inputs=record.inputs)


def test_a_result_that_does_not_follow_from_its_facts_is_not_identical(desk: Desk) -> None:
    seq = desk.diagnose("north", LOW | {"calls": 5}, "E-1")
    with desk.read() as book:
        body = book.diagnosis(seq).body
    assert body is not None
    other = forged(desk, seq, result=body["result"].replace('"status":"confirmed"', '"status":"open"'))
    found = run("trail", "replay", str(other), "--trail", desk.where)
    assert found.exit_code == 1
    assert "NOT IDENTICAL" in found.stdout
    row = next(line.split() for line in found.stdout.splitlines() if line.startswith("stage: Second"))
    assert row == ["stage:", "Second", "open,", "concluded", "confirmed,", "concluded"]
    page = forged(desk, seq, shown=body["shown"].replace("Bob", "Rob").replace("calls", "falls"))
    found = run("trail", "replay", str(page), "--trail", desk.where)
    assert (found.exit_code, "its page is not as it was shown" in found.stdout) == (1, True)
    worded = forged(
        desk, seq, result=body["result"].replace('"title":"cut"', '"title":"CUT"').replace("Second", "SECOND")
    )
    data = json.loads(run("trail", "replay", str(worded), "--trail", desk.where, "--format", "json").stdout)
    assert (data["identical"], data["result"]) == (False, False)


def test_wording_alone_counts_too(desk: Desk) -> None:
    seq = desk.diagnose("north", LOW, "E-1")
    with desk.read() as book:
        body = book.diagnosis(seq).body
    assert body is not None
    other = forged(desk, seq, result=body["result"].replace("What is calls?", "What are calls?"))
    found = run("trail", "replay", str(other), "--trail", desk.where)
    assert found.exit_code == 1
    assert "Only wording or order differs, first at character" in found.stdout


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("99", "there is no record 99"),
        ("0", "record 0 is a trail, not a diagnosis"),
        ("2", "record 2 is an answer, not a diagnosis"),
    ],
)
def test_a_number_that_is_no_diagnosis(desk: Desk, number: str, message: str) -> None:
    desk.diagnose("north", LOW)
    for command in (["replay", number], ["comparators", number], ["compare", number, number]):
        found = run("trail", *command, "--trail", desk.where)
        assert found.exit_code == 1
        assert message in found.stderr


def test_an_erased_diagnosis_cannot_be_run_again(desk: Desk) -> None:
    seq = desk.diagnose("north", LOW)
    erasure = desk.erase([seq])
    found = run("trail", "replay", str(seq), "--trail", desk.where)
    assert found.exit_code == 1
    assert f"record {seq} cannot be used: its content was erased by record {erasure}" in found.stderr


@pytest.mark.parametrize(
    "name", ["../x.yaml", "rules/../../x.yaml", "knowledge/.x.yaml", "notes.txt", "rules/a/b.yaml"]
)
def test_a_rule_base_writes_nothing_anywhere_else(small: RuleBase, name: str) -> None:
    from salesdx.base.loading import digest_of

    files = {**small.files, name: "x"}
    with pytest.raises(TrailError, match="holds a file that no rule base has"):
        base_of(files, digest_of(files))


def test_texts_that_are_not_those_of_the_digest_are_refused(small: RuleBase) -> None:
    files: Mapping[str, str] = {**small.files, "rules/first.yaml": "[]\n"}
    with pytest.raises(TrailError, match="are not those that its digest was made of"):
        base_of(files, small.digest)


def test_rules_that_this_version_cannot_read_are_named_with_their_fault(small: RuleBase) -> None:
    from salesdx.base.loading import digest_of

    files = {**small.files, "rules/first.yaml": small.files["rules/first.yaml"].replace("price", "prize")}
    with pytest.raises(TrailError, match=r"cannot read rule base \w{12}: rules/first.yaml:\d+: .*`prize`"):
        base_of(files, digest_of(files))


# --- today's rules ----------------------------------------------------------------------------------------------------


def changed(folder: Path, **stages: Any) -> RuleBase:
    return small_base(folder, {name: STAGES[name] | stages.get(name, {}) for name in STAGES})


def on(found: Replayed, base: RuleBase) -> Today:
    return today(found.diagnosis.memory, found.wanted, base)


def test_todays_rules_side_by_side_only_what_differs(desk: Desk, tmp_path: Path) -> None:
    seq = desk.diagnose("north", LOW | {"calls": 9}, "E-1")
    home = tmp_path / "today"
    changed(home, second={"rules": {"B1": {"when": "calls < 8", "recommend": ["coach"]}}})
    found = run("trail", "replay", str(seq), "--trail", desk.where, "--home", str(home))
    assert found.exit_code == 0, "that today's rules say otherwise is no fault of the record"
    assert "identical" in found.stdout
    data = json.loads(
        run("trail", "replay", str(seq), "--trail", desk.where, "--home", str(home), "--format", "json").stdout
    )["today"]
    assert [(d["what"], d["name"], d["before"], d["after"]) for d in data["differences"]] == [
        ("stage", "second", "confirmed, concluded", "open"),
        ("concluded", "concluded", "second", None),
        ("file", "last", "open", "not_reached"),
        ("fired", "B1", "B1 holds", None),
        ("recommended", "coach", "recommended", None),
    ]
    assert [(rule["rule"], rule["after"]) for rule in data["changes"]["rules"]] == [
        ("B1", "calls < 8 (second, strong) -> coach"),
        ("B2", ""),
    ]
    same = run("trail", "replay", str(seq), "--trail", desk.where, "--home", str(tmp_path.parent / "none"))
    assert same.exit_code == 1 and "identical" not in same.stdout


def test_todays_rules_that_are_those_of_its_day(desk: Desk, small: RuleBase) -> None:
    seq = desk.diagnose("north", LOW)
    with desk.read() as book:
        assert book.change_to(small.digest, small) is None
        assert on(again(book, book.diagnosis(seq)), small).differences == ()


@pytest.mark.parametrize(
    ("terms", "unread"),
    [
        ({"price": "boolean"}, ("price",)),
        ({"price": {"type": "integer", "range": [0, 50]}}, ("price",)),
        ({"cost": {"type": "integer"}}, ("price",)),
    ],
)
def test_facts_that_todays_rules_cannot_read_are_left_out_and_named(
    desk: Desk, tmp_path: Path, terms: dict[str, Any], unread: tuple[str, ...]
) -> None:
    rule = "not price" if terms.get("price") == "boolean" else f"{next(iter(terms))} > 1"
    base = changed(tmp_path / "today", first={"terms": terms, "rules": {"A1": rule}, "ruled_out_when": rule})
    seq = desk.diagnose("north", LOW | {"calls": 5}, "E-1")
    with desk.read() as book:
        found = on(again(book, book.diagnosis(seq)), base)
    assert found.unread == unread
    assert found.diagnosis.memory.values["calls"] == 5
    assert found.diagnosis.concluded is None, "an unread fact is unknown, not false"


def test_a_subject_of_a_kind_that_is_no_more(desk: Desk, small: RuleBase) -> None:
    memory = replace(desk.memory("north", LOW, "E-1"), subject={"kind": "robot", "ref": "E-1"})
    found, unread = carried(memory, small)
    assert (unread, dict(found.subject)) == ((), {"ref": "E-1"})
    assert found.values == {name: known for name, known in memory.values.items() if name not in memory.fixed}


if __name__ == "__main__":
    RECORDED.write_bytes(recorded(Path(sys.argv[1])))


# --- a trail of the first version -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The trail of 0.1.0 in a file."""
    path = tmp_path_factory.mktemp("old") / "ours.trail"
    path.write_bytes(gzip.decompress((TRAIL / "ours.trail.gz").read_bytes()))
    assert run("trail", "upgrade", "--trail", str(path)).exit_code == 0
    return str(path)


def test_a_trail_of_the_first_version_verifies(old: str) -> None:
    key, anchor = str(TRAIL / "ours.vkey"), str(TRAIL / "last.checkpoint")
    found = run("trail", "verify", "--trail", old, "--public-key", key, "--anchor", anchor)
    assert (found.exit_code, found.stdout.split()[0]) == (0, "VERIFIED")


COMPLETE = "The individual's ability is concluded; Termination (human decision): eligible for human review"
FIRST = {
    48: ("late-delivery", "text", "Production and delivery is concluded"),
    115: ("held-back", "json", "nothing is concluded (mode: diagnosis); Product waits for facts"),
    155: ("top-seller", "text", "nothing is concluded (mode: success)"),
    200: ("goal-too-high", "markdown", "Goals sound? is concluded"),
    315: ("V48", "text", COMPLETE),
    317: ("V48", "text", COMPLETE),
}


def test_no_diagnosis_of_the_first_version_is_run_by_this_program(old: str) -> None:
    with open_trail(old, write=False).read() as reader:
        rows = {row.seq: row.content for row in reader.rows(types=("diagnosis",))}
        for seq in rows:
            with pytest.raises(OtherLanguage, match=r"^LANGUAGE 1: run it with salesdx 0\.1\.0$"):
                replayed(reader, seq)
    assert {
        seq: (result_of(body["result"])["case"], body["format"], summary_line(result_of(body["result"])))
        for seq, body in ((seq, content["body"]) for seq, content in rows.items() if content is not None)
    } == FIRST
    for content in rows.values():
        assert content is not None and '"schema":"salesdx.diagnosis/1"' in content["body"]["result"]


def test_every_record_of_the_first_version_is_shown(old: str) -> None:
    with open_trail(old, write=False).read() as reader:
        book = Book(reader)
        shown = [record for record in book.records() if record.body is not None and "shown" in record.body]
    assert [record.type for record in shown] == [
        "diagnosis", "explanation", *["diagnosis"] * 4, "statement", "diagnosis", "case_against", "case_against",
    ]  # fmt: skip
    for record in shown:
        assert record.body is not None
        page = run("trail", "show", str(record.seq), "--shown", "--trail", old)
        assert (page.exit_code, page.stdout) == (0, record.body["shown"])


def test_the_signatures_of_the_first_version_still_count(old: str) -> None:
    with open_trail(old, write=False).read() as reader:
        found = status(reader, 317)
    assert (found.state, found.signed) == (State.COMPLETE, ("hr", "reviewer"))
