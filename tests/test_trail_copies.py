"""Copies of everything on one person: what each receiver gets, what is blacked out and withheld, and that it proves."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result

import salesdx
from alone import run_alone
from bundle_tampering import Opened
from hr_trails import ANNA, BOB, LOW, Desk, small_base
from salesdx.base.model import RuleBase
from salesdx.case.statement import Statement
from salesdx.cli import cli
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.keys import SigningKey, new_private_key, write_private_key
from salesdx.ledger.log import Person, create, new_origin
from salesdx.ledger.standalone.bundle import verify_bundle
from salesdx.ledger.standalone.findings import INVALID, VERIFIED, WITH_ERASURES
from salesdx.ledger.standalone.verifier import read_checkpoint
from salesdx.render import render
from salesdx.render.trail.copy_pages import copy_reports
from salesdx.trail.attachments import attach
from salesdx.trail.export import record_copy, write_bundle
from salesdx.trail.on_record import with_earlier
from salesdx.trail.person_copy import (
    ANOTHER,
    BEFORE,
    COUNCIL,
    COURT,
    MADE,
    NAMES,
    OTHER,
    PERSON,
    STATED,
    UNSEEN,
    Copy,
    person_copy,
)
from salesdx.trail.recording import record_diagnosis
from salesdx.trail.rights import state_view

MAX, EVA = Person("Max Braun-Lutz", "manager"), "Eva Lindt"
HERSELF = Person("Sarah Wood", "employee")
PDF = b"%PDF-1.7\nshe and Eva Lindt\n%%EOF\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    return small_base(tmp_path_factory.mktemp("rules"))


def stated(desk: Desk, case: str, facts: Mapping[str, Any], subject: str, format: str = "text") -> int:
    """A diagnosis in which Eva stated how many calls there were."""
    memory = desk.memory(case, facts, subject)
    said = Statement(memory.fact("calls").value, by=EVA, source="her list", note=f"{EVA} saw it", author=EVA)
    with desk.trail.read() as reader:
        memory = with_earlier(reader, memory.with_statements("calls", (said,)), BOB)
    found = salesdx.diagnose(desk.base, memory, "reference")
    with desk.trail.append(desk.clock) as appender:
        return record_diagnosis(
            appender, found, f"{render([found], format)}\nasked Eva\nLindt, by Max Braun-\nLutz", format, MAX
        )


@pytest.fixture
def desk(small: RuleBase, where: str) -> Desk:
    """Two cases of E-1, in one of them records on E-2 too, and a case of E-3."""
    made = Desk(where, small)
    stated(made, "north", LOW | {"calls": 5}, "E-1")
    made.diagnose("north", LOW | {"calls": 60}, "E-2", BOB)
    stated(made, "south", LOW | {"calls": 6}, "E-1")
    made.diagnose("west", LOW | {"calls": 7}, "E-3", BOB)
    made.diagnose("north", LOW | {"calls": 5}, "E-1", MAX)
    state_view(made.trail, "north", "I was ill", {}, HERSELF, lambda stated: "the page", made.clock)
    attach(made.trail, "north", "warning.pdf", PDF, "the warning", ANNA, made.clock)
    return made


def copied(desk: Desk, receiver: str, *whole: int) -> Copy:
    with desk.read() as book:
        return person_copy(book, "E-1", receiver, whole)


def seqs(desk: Desk, *types: str, **more: str) -> list[int]:
    with desk.read() as book:
        named = {kind: book.pseudonym(kind, name) for kind, name in more.items()}
        return [row.seq for row in book.reader.rows(types=types, **named)]


def bundle(desk: Desk, copy: Copy) -> bytes:
    made = record_copy(desk.trail, copy, copy_reports(copy), ANNA)
    out = io.BytesIO()
    with desk.trail.read() as reader:
        write_bundle(reader, made, out, [read_checkpoint(reader.checkpoint())])
    return out.getvalue()


def verdict(desk: Desk, data: bytes) -> Any:
    assert desk.trail.key is not None
    with desk.trail.read() as reader:
        anchor = read_checkpoint(reader.checkpoint())
    return verify_bundle(io.BytesIO(data), [desk.trail.key.public], anchor)


def text_of(copy: Copy) -> str:
    return copy_reports(copy)["report.txt"]


# --- what each receiver gets ------------------------------------------------------------------------------------------


def test_the_person_gets_everything_without_the_names_of_others(desk: Desk) -> None:
    copy = copied(desk, PERSON)
    report = text_of(copy)
    for name in ("Eva", "Lindt", "Max", "Braun", "Lutz", "Anna", "Bob", "E-2", "E-3", "west"):
        assert not re.search(rf"\b{name}\b", report), name
    assert "I was ill" in report and "Sarah Wood" in report
    others = seqs(desk, subject="E-2")
    [file] = seqs(desk, "attachment")
    assert [seq for seq, why in copy.withheld.items() if why == ANOTHER] == others
    assert copy.withheld[file] == UNSEEN
    [statement] = seqs(desk, "statement")
    assert statement not in copy.withheld  # her own words are in the proof
    assert {seq for seq, why in copy.withheld.items() if why == NAMES} == {
        *(set(seqs(desk, "answer", "diagnosis", subject="E-1")) | set(seqs(desk, "rule_base")))
    }


def test_each_bar_has_a_number_a_record_and_a_reason(desk: Desk) -> None:
    copy = copied(desk, PERSON)
    report = " ".join(text_of(copy).split())
    numbers = [int(n) for n in re.findall(r"\[blacked out (\d+)\]", report)]
    assert numbers == [mark.number for mark in copy.marks] == list(range(1, len(numbers) + 1))
    assert copy.counts == {
        MADE: sum(mark.whose == MADE for mark in copy.marks),
        STATED: sum(mark.whose == STATED for mark in copy.marks),
    }
    assert all(many > 0 for many in copy.counts.values())
    assert f"the name of {STATED} {copy.counts[STATED]} " in report
    for mark in copy.marks:
        assert f"{mark.number} {mark.seq} {mark.whose}" in report


def test_the_works_council_sees_who_acts_and_not_who_stated_a_fact(desk: Desk) -> None:
    copy = copied(desk, COUNCIL)
    report = text_of(copy)
    assert "Max Braun-Lutz" in report and "Eva" not in report and "E-2" not in report
    assert set(copy.counts) == {STATED}
    withheld = {seq for seq, why in copy.withheld.items() if why == NAMES}
    assert withheld and withheld < set(seqs(desk, "answer", "diagnosis", subject="E-1"))
    assert seqs(desk, "statement")[0] not in copy.withheld
    assert copy.withheld[seqs(desk, "attachment")[0]] == UNSEEN


def test_a_court_gets_all_but_what_is_about_somebody_else(desk: Desk) -> None:
    copy = copied(desk, COURT)
    assert [seq for seq, why in copy.withheld.items() if why == ANOTHER] == seqs(desk, subject="E-2")
    [after] = [seq for seq, why in copy.withheld.items() if why != ANOTHER]
    assert copy.withheld[after] == BEFORE  # her five calls took the place of the sixty of E-2
    report = text_of(copy)
    assert "value: 60" not in report
    assert "Eva Lindt" in report and "Max Braun-Lutz" in report and "E-2" not in report
    assert copy.counts == {}
    made = bundle(desk, copy)
    assert [name for name in zipfile.ZipFile(io.BytesIO(made)).namelist() if name.startswith("attachments/")]


def test_a_record_is_given_whole_once_somebody_has_looked_through_it(desk: Desk) -> None:
    [file] = seqs(desk, "attachment")
    diagnosis = seqs(desk, "diagnosis", subject="E-1")[-1]
    copy = copied(desk, PERSON, file, diagnosis)
    assert file not in copy.withheld and diagnosis not in copy.withheld
    made = bundle(desk, copy)
    assert [name for name in zipfile.ZipFile(io.BytesIO(made)).namelist() if name.startswith("attachments/")]
    assert verdict(desk, made).word == VERIFIED
    [stranger] = seqs(desk, "diagnosis", subject="E-3")
    with pytest.raises(Refused, match=f"^record {stranger} is not about `E-1`, so it cannot be given whole$"):
        copied(desk, PERSON, stranger)


def test_somebody_named_in_the_case_of_another_is_blacked_out(desk: Desk) -> None:
    desk.act("override", seqs(desk, "diagnosis", subject="E-1")[-1], {"reason": "E-2 is worse", "instead": ""}, MAX)
    for receiver in (PERSON, COURT, COUNCIL):
        copy = copied(desk, receiver)
        assert "E-2" not in text_of(copy)
        assert copy.counts[OTHER] == 1


@pytest.mark.parametrize("format", ["html", "markdown"])
def test_names_in_pages_of_other_forms_are_found(desk: Desk, format: str) -> None:
    stated(desk, "south", LOW | {"calls": 7}, "E-1", format)
    report = text_of(copied(desk, PERSON))
    for name in ("Eva", "Lindt", "Max", "Braun"):
        assert not re.search(rf"\b{name}\b", report), name
    assert "<p" not in report and "<style" not in report


# --- the proof --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("receiver", [PERSON, COURT, COUNCIL])
def test_a_copy_verifies_and_says_what_was_withheld(desk: Desk, tmp_path: Path, receiver: str) -> None:
    copy = copied(desk, receiver)
    made = bundle(desk, copy)
    found = verdict(desk, made)
    assert found.word == VERIFIED
    [line] = [line for line in found.lines if "withheld from this copy" in line]
    assert line.startswith(
        f"{len(copy.withheld)} contents were withheld from this copy, as the record of the export says,"
    )
    assert "and were not erased: " in line and f"{ANOTHER}: {len(seqs(desk, subject='E-2'))}" in line
    assert any("these are all records of 2 cases of one person" in line for line in found.lines)

    entries = [json.loads(line) for line in zipfile.ZipFile(io.BytesIO(made)).read("entries.jsonl").splitlines()]
    here = {json.loads(line["entry"])["seq"]: line["payload"] is not None for line in entries}
    assert [seq for seq, there in here.items() if not there] == sorted(copy.withheld)
    sealed = next(json.loads(line["payload"])["body"] for line in entries[::-1] if '"export"' in line["entry"])
    assert sealed["withheld"] == {str(seq): why for seq, why in copy.withheld.items()}
    assert (sealed["receiver"], sealed["blacked_out"]) == (receiver, copy.counts)
    if receiver == PERSON:
        raw = b"".join(
            zipfile.ZipFile(io.BytesIO(made)).read(name) for name in ("entries.jsonl", "report.txt", "report.html")
        )
        assert b"Lindt" not in raw and b"Braun" not in raw  # Anna's is there: she began the trail, and made this copy

    assert desk.trail.key is not None
    (tmp_path / "b.zip").write_bytes(made)
    (tmp_path / "key").write_text(str(desk.trail.key.public))
    (tmp_path / "anchor").write_bytes(zipfile.ZipFile(io.BytesIO(made)).read("checkpoint"))
    (tmp_path / "verify.py").write_bytes(zipfile.ZipFile(io.BytesIO(made)).read("verify.py"))
    alone = run_alone(tmp_path, "b.zip", "--key", "key", "--anchor", "anchor")
    assert (alone.stdout.split("\n")[0], alone.returncode, alone.stderr) == (VERIFIED, 0, "")
    assert line in alone.stdout


def test_what_was_erased_is_told_apart_from_what_is_withheld(desk: Desk) -> None:
    first = seqs(desk, "diagnosis", subject="E-1")[0]
    desk.erase([first], reason="asked for")
    copy = copied(desk, PERSON)
    assert first not in copy.withheld
    found = verdict(desk, bundle(desk, copy))
    assert found.word == WITH_ERASURES
    assert "1 contents were erased, each one named by a record of its erasure" in found.lines
    assert any(line.startswith(f"{len(copy.withheld)} contents were withheld from this copy") for line in found.lines)


@pytest.mark.parametrize("way", ["take away", "leave out", "other list", "as a case", "foreign case", "no subject"])
def test_nobody_can_withhold_more_than_the_export_says(desk: Desk, way: str) -> None:
    copy = copied(desk, COURT)
    opened = Opened(bundle(desk, copy), Random(0))
    lines = opened.lines()
    diagnosis = next(line for line in lines if '"diagnosis"' in line["entry"] and line["payload"] is not None)
    more: dict[str, Any] = {}
    match way:
        case "take away":  # a content, as if it were withheld
            diagnosis |= {"payload": None, "salt": None}
        case "leave out":  # a whole record
            lines.remove(diagnosis)
        case "other list":
            export = next(line for line in lines[::-1] if '"export"' in line["entry"])
            export["payload"] = export["payload"].replace('"withheld":{', '"withheld":{"1":"x",')
        case "as a case":
            more = {"extent": "case", "case": json.loads(diagnosis["entry"])["case"]}
        case "foreign case":
            more = {"subject": "s-0000000000000000"}
        case _:
            more = {"subject": None}
    opened.put(lines)
    assert verdict(desk, opened.write(**more)).word == INVALID


def test_a_record_that_comes_in_between_makes_the_copy_old(desk: Desk) -> None:
    copy = copied(desk, PERSON)
    desk.diagnose("south", LOW | {"calls": 9}, "E-1", BOB)
    with pytest.raises(Refused, match=r"^somebody recorded something on this person meanwhile: run the command again$"):
        record_copy(desk.trail, copy, copy_reports(copy), ANNA)


# --- on the command line ----------------------------------------------------------------------------------------------


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words, prog_name="salesdx", catch_exceptions=False)


def test_a_copy_on_the_command_line(small: RuleBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    private = new_private_key()
    write_private_key(tmp_path / "ours.trail.key", private)
    key = SigningKey(private, new_origin())
    create("ours.trail", key, ANNA)
    (tmp_path / "case.yaml").write_text(
        "case: north\nsubject: {kind: person, ref: E-1}\n"
        "facts: {lost_interviews_n: {value: 4, by: sales_manager, author: Eva.Lindt, date: 2026-10-01}}\n"
    )
    at = ("--trail", "ours.trail", "--as", "Anna Weber", "--role", "hr")
    assert run("diagnose", "case.yaml", "--trail", "ours.trail", "--as", "Max Braun").exit_code == 0
    done = run("trail", "export", "--person", "E-1", "--for", "person", "-o", "e1.zip", *at)
    assert done.exit_code == 0
    [_, last] = done.stderr.splitlines()
    assert re.fullmatch(r"\d+ contents are withheld; look through the report before you give it", last)
    assert run("trail", "verify", "e1.zip", "--public-key", str(key.public)).stdout.startswith("UNANCHORED\n")
    assert "Eva" not in zipfile.ZipFile("e1.zip").read("report.txt").decode()
    for words in (
        ("north", "--person", "E-1", "--for", "person"),
        ("--person", "E-1"),
        ("north", "--for", "court"),
        ("north", "--with", "3"),
        ("--person", "E-1", "--for", "court", "--blind-too"),
        (),
    ):
        assert run("trail", "export", *words, "-o", "x.zip", *at).exit_code == 2
    assert run("trail", "export", "--person", "E-9", "--for", "court", "-o", "x.zip", *at).stderr.startswith(
        "error: the trail has no subject `E-9`"
    )


def test_nobody_of_that_name(desk: Desk) -> None:
    with desk.read() as book, pytest.raises(TrailError, match="the trail has no subject `E-9`"):
        person_copy(book, "E-9", PERSON)
