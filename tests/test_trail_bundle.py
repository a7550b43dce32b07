"""Bundles: what is exported proves itself, also in a process that has no salesdx, and nothing hostile gets through.

2,000 mutated bundles, entries, checkpoints and keys in every run, 2.5 times SALESDX_FUZZ_CASES in a long one:
INVALID or UNREADABLE, never a traceback and never two seconds of work.
"""

from __future__ import annotations

import ast
import io
import json
import os
import signal
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import FrameType

import pytest
from click.testing import CliRunner, Result

import salesdx
from alone import run_alone
from bundle_tampering import Opened
from conftest import ROOT, cases_in
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.ledger.errors import TrailError
from salesdx.ledger.log import Person, open_trail
from salesdx.ledger.standalone import findings as audit
from salesdx.ledger.standalone.bundle import installed_replay, verify_bundle
from salesdx.ledger.standalone.findings import INVALID, STATUS, UNANCHORED, UNREADABLE, VERIFIED, WITH_ERASURES
from salesdx.ledger.standalone.packing import MEMBER, Package, pack, write_zip
from salesdx.ledger.standalone.verifier import (
    TYPES,
    Checkpoint,
    Invalid,
    PublicKey,
    canonical,
    read_checkpoint,
    read_entry,
    read_key,
    rule_base_digest,
)
from salesdx.ledger.witness import (
    cosign,
    keep_cosignature,
    look,
    look_into,
    make_witness,
    read_witness,
    register_witness,
)
from salesdx.trail.export import PARTS, record_export, verifier_text, write_bundle
from salesdx.trail.recording import record_diagnosis
from trails import CASES, PEOPLE, History, Memory, key_from

MUTATED = int(os.environ.get("SALESDX_FUZZ_CASES", 0)) * 5 // 2 or 500
SECONDS = 2.0


@contextmanager
def bounded() -> Iterator[None]:
    """Stops what works longer than any input may keep it busy."""

    def stop(_: int, __: FrameType | None) -> None:
        raise TimeoutError("more than two seconds of work")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@dataclass(frozen=True)
class Exported:
    """A bundle with what an auditor holds, and the history behind it."""

    data: bytes
    keys: list[PublicKey]
    anchor: Checkpoint
    case: str | None


@pytest.fixture(scope="module")
def memory() -> Iterator[Memory]:
    found = Memory()
    yield found
    found.close()


@pytest.fixture(scope="module")
def exported(memory: Memory, base: RuleBase) -> list[Exported]:
    """Bundles of everything and of each case, of trails with changed keys, erasures and witnesses."""
    found = []
    for seed in range(3):
        history = History(Random(seed), memory, base)
        for _ in range(8):
            history.step()
        history.rotate()
        history.sign()
        history.erase()
        history.record()
        for case in (None, *CASES):
            with memory.read() as reader:
                if case is not None and reader.pseudonym("case", case) is None:
                    continue
            anchor = history.anchor()
            found.append(Exported(history.bundle(case, anchor), history.known(), anchor, case))
    return found


def verdict_of(data: bytes, keys: list[PublicKey], anchor: Checkpoint | None) -> audit.Verdict:
    with bounded():
        return verify_bundle(io.BytesIO(data), keys, anchor)


# --- what is exported -------------------------------------------------------------------------------------------------


def test_bundles_prove_themselves_and_say_what_they_cannot(exported: list[Exported]) -> None:
    for made in exported:
        good = verdict_of(made.data, made.keys, made.anchor)
        assert good.word in (VERIFIED, WITH_ERASURES) and good.status == 0, str(good)
        assert (made.case is not None) == any("only the whole trail" in line for line in good.lines)
        for keys, anchor, why in (
            ([], made.anchor, "no public key"),
            ([key for key in made.keys if key.kind == 1], None, "no anchor"),
            ([], None, "no anchor"),
        ):
            lacking = verdict_of(made.data, keys, anchor)
            assert lacking.word == UNANCHORED and lacking.status == 3
            assert any(why in line for line in lacking.lines)


def test_a_bundle_is_the_same_bytes_for_the_same_trail(memory: Memory, base: RuleBase) -> None:
    history = History(Random(9), memory, base)
    history.record()
    made = record_export(history.trail, None, {"report.txt": "x"}, PEOPLE[0])
    written = []
    for _ in range(2):
        out = io.BytesIO()
        with memory.read() as reader:
            write_bundle(reader, made, out)
        written.append(out.getvalue())
    assert written[0] == written[1]


def test_a_bundle_is_a_zip_as_others_read_it(exported: list[Exported]) -> None:
    for made in exported[:3]:
        with zipfile.ZipFile(io.BytesIO(made.data)) as other:
            assert other.testzip() is None
            package = Package(io.BytesIO(made.data))
            assert other.namelist() == sorted(other.namelist()) == list(package.members)
            for info in other.infolist():
                assert info.date_time == (1980, 1, 1, 0, 0, 0) and MEMBER.fullmatch(info.filename)
                assert other.read(info) == package.read(info.filename)


def test_an_anchor_that_a_case_was_not_exported_for_proves_nothing(memory: Memory, base: RuleBase) -> None:
    history = History(Random(4), memory, base)
    for _ in range(6):
        history.record()
    anchor = history.anchor()
    history.record()
    with memory.read() as reader:
        case = next(case for case in CASES if reader.pseudonym("case", case))
    without = verdict_of(history.bundle(case), history.known(), anchor)
    assert without.word == UNANCHORED and any("made with this anchor" in line for line in without.lines)
    assert verdict_of(history.bundle(case, anchor), history.known(), anchor).word == VERIFIED
    assert verdict_of(history.bundle(None), history.known(), anchor).word == VERIFIED
    later = history.bundle(None)
    history.record()
    cut = verdict_of(later, history.known(), history.anchor(last=True))
    assert cut.word == INVALID and any("records were cut off" in line for line in cut.lines)


def test_an_anchor_of_another_trail_is_refused(memory: Memory, base: RuleBase) -> None:
    other = History(Random(5), memory, base)
    other.record()
    foreign = other.anchor(last=True)
    history = History(Random(6), memory, base)
    history.record()
    made = record_export(history.trail, None, {"report.txt": "x"}, PEOPLE[0])
    with memory.read() as reader:
        case = next(name for _, kind, name in reader.names() if kind == "case")
    assert verdict_of(history.bundle(None), history.known(), foreign).word == INVALID
    with pytest.raises(TrailError, match="not one of this trail"):
        history.bundle(case, foreign)
    with pytest.raises(TrailError, match="has no case `nobody`"):
        history.bundle("nobody")
    assert made.case is None


def test_the_words_and_their_exit_status() -> None:
    assert STATUS == {VERIFIED: 0, WITH_ERASURES: 0, UNANCHORED: 3, INVALID: 4, UNREADABLE: 5}


def test_the_digest_of_rules_is_that_of_loading(base: RuleBase) -> None:
    assert rule_base_digest(base.files) == base.digest


# --- the single file --------------------------------------------------------------------------------------------------


def test_the_parts_of_the_single_file_stand_alone() -> None:
    names: dict[str, str] = {}
    for part in PARTS:
        path = ROOT / "src" / "salesdx" / "ledger" / "standalone" / f"{part}.py"
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module]
            for module in modules:
                top = module.partition(".")[0]
                own = module.startswith("salesdx.ledger.standalone.") and module.rpartition(".")[2] in PARTS
                assert own or top in sys.stdlib_module_names or top == "cryptography", module
        for statement in tree.body:
            named = [statement.name] if isinstance(statement, ast.FunctionDef | ast.ClassDef) else []
            if isinstance(statement, ast.Assign | ast.AnnAssign):
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                named = [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
            for name in named:
                assert names.setdefault(name, part) == part, f"`{name}` is defined in two parts"
    tree = ast.parse(verifier_text())
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [module for module in imported if module.startswith("salesdx")]


def test_the_single_file_verifies_without_salesdx(exported: list[Exported], tmp_path: Path) -> None:
    made = next(one for one in exported if one.case is not None)
    (tmp_path / "bundle.zip").write_bytes(made.data)
    (tmp_path / "verify.py").write_bytes(Package(io.BytesIO(made.data)).read("verify.py"))
    keys = [part for key in made.keys for part in ("--key", str(key))]
    signed = Package(io.BytesIO(made.data)).read("checkpoint").decode()
    (tmp_path / "anchor").write_text(signed, encoding="utf-8")
    (tmp_path / "key").write_text(f"public key  {made.keys[0]}\n", encoding="utf-8")

    good = run_alone(tmp_path, "bundle.zip", *keys, "--anchor", "anchor")
    assert good.stderr == "" and good.returncode == 0
    assert good.stdout.split("\n")[0] in (VERIFIED, WITH_ERASURES)
    assert "salesdx is not installed here" in good.stdout
    bare = run_alone(tmp_path, "bundle.zip", "--key", "key")
    assert (bare.stdout.split("\n")[0], bare.returncode, bare.stderr) == (UNANCHORED, 3, "")
    (tmp_path / "cut.zip").write_bytes(made.data[:-1])
    opened = Opened(made.data, Random(0))
    opened.members["report.txt"] = b"all is well"
    (tmp_path / "changed.zip").write_bytes(opened.write())
    for name, word, status in (("changed.zip", INVALID, 4), ("cut.zip", UNREADABLE, 5), ("none.zip", UNREADABLE, 5)):
        bad = run_alone(tmp_path, name, *keys, "--anchor", "anchor")
        assert (bad.stdout.split("\n")[0], bad.returncode, bad.stderr) == (word, status, "")
    for wrong in (["--key", "key+"], ["--anchor", "key"], ["--anchor", "none"]):
        bad = run_alone(tmp_path, "bundle.zip", *wrong)
        assert (bad.stdout.split("\n")[0], bad.returncode, bad.stderr) == (UNREADABLE, 5, "")


# --- diagnoses that are run again -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_worked_case_comes_out_the_same_from_a_bundle(memory: Memory, base: RuleBase) -> None:
    history = History(Random(1), memory, base)
    cases = cases_in(ROOT / "rules" / "cases") + sorted(cases_in(ROOT / "examples"))
    with history.trail.append() as appender:
        for path in cases:
            diagnosis = salesdx.diagnose(base, salesdx.read_case(path, base))
            record_diagnosis(appender, diagnosis, "as shown", "text", Person("Anna", "hr"))
    data = history.bundle(None)
    verdict = verify_bundle(io.BytesIO(data), history.known(), history.anchor(), installed_replay())
    assert verdict.word == VERIFIED, str(verdict)
    assert verdict.lines[-1] == f"diagnoses that were run again and came out byte for byte the same: {len(cases)}"


def lying(memory: Memory, base: RuleBase, version: str) -> tuple[History, bytes]:
    """A trail whose own key signed a result that its rules do not give."""
    history = History(Random(2), memory, base)
    diagnosis = salesdx.diagnose(base, salesdx.read_case(ROOT / "examples" / "late-delivery.yaml", base))
    with history.trail.append() as appender:
        add = appender.add

        def changed(type: str, body: dict[str, str], *rest: object, **more: object) -> int:
            if type == "diagnosis":
                body = body | {"result": body["result"].replace("delivery", "individual")}
            return add(type, body, *rest, **more)  # type: ignore[arg-type]

        appender.add = changed  # type: ignore[method-assign, assignment]
        object.__setattr__(diagnosis.engine, "version", version)
        record_diagnosis(appender, diagnosis, "as shown", "text", PEOPLE[0])
    return history, history.bundle(None)


def test_a_signed_result_that_the_rules_do_not_give_is_found(memory: Memory, base: RuleBase) -> None:
    history, data = lying(memory, base, salesdx.__version__)
    assert verify_bundle(io.BytesIO(data), history.known(), history.anchor()).word == VERIFIED
    verdict = verify_bundle(io.BytesIO(data), history.known(), history.anchor(), installed_replay())
    assert verdict.word == INVALID and "comes out otherwise" in verdict.lines[0]
    history, data = lying(memory, base, "0.0.1")
    verdict = verify_bundle(io.BytesIO(data), history.known(), history.anchor(), installed_replay())
    assert verdict.word == VERIFIED and any("another version made this diagnosis" in line for line in verdict.lines)


# --- hostile zips -----------------------------------------------------------------------------------------------------


def other_zip(parts: list[tuple[str, bytes]], **more: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in parts:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = more.get("method", zipfile.ZIP_DEFLATED)
            written.writestr(info, content)
    data = bytearray(out.getvalue())
    if "flags" in more:  # in the first header, and in the list at the end
        data[6] |= more["flags"]
        at = data.rindex(b"PK\1\2")
        data[at + 8] |= more["flags"]
    return bytes(data)


GOOD_MANIFEST = canonical(
    {"format": "salesdx.bundle/1", "log": "x", "extent": "all", "case": None, "export": 0, "files": {}}
)


def bomb(size: int) -> bytes:
    """A zip as salesdx packs it whose only record unpacks to zeros without an end."""
    out = io.BytesIO()
    content = pack([bytes(1 << 20)] * (size >> 20))
    write_zip(out, {"entries.jsonl": content, "manifest.json": pack([GOOD_MANIFEST])})
    return out.getvalue()


def declared(data: bytes, size: int) -> bytes:
    """The same zip, in which the first member says that it unpacks to another size."""
    told = struct.pack("<L", size)
    at = data.index(b"PK\1\2")
    return data[:22] + told + data[26 : at + 24] + told + data[at + 28 :]


def zip64(data: bytes) -> bytes:
    return data[:-22] + b"PK\6\6" + bytes(52) + b"PK\6\7" + bytes(16) + data[-22:]


HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda good: b"",
    "text": lambda good: b"hello\n" * 10,
    "the end of a zip alone": lambda good: b"PK\5\6" + bytes(18),
    "no manifest": lambda good: other_zip([("entries.jsonl", b"")]),
    "absolute name": lambda good: other_zip([("/etc/passwd", b""), ("manifest.json", GOOD_MANIFEST)]),
    "name of a parent": lambda good: other_zip([("../x", b""), ("manifest.json", GOOD_MANIFEST)]),
    "name with a null": lambda good: other_zip([("manifest.json", GOOD_MANIFEST)]).replace(b"manifest", b"man\0fest"),
    "not stored in order": lambda good: other_zip([("verify.py", b""), ("manifest.json", GOOD_MANIFEST)]),
    "an unlisted member": lambda good: other_zip([("extra.bin", b"x"), ("manifest.json", GOOD_MANIFEST)]),
    "stored": lambda good: other_zip([("manifest.json", GOOD_MANIFEST)], method=zipfile.ZIP_STORED),
    "bzip2": lambda good: other_zip([("manifest.json", GOOD_MANIFEST)], method=zipfile.ZIP_BZIP2),
    "lzma": lambda good: other_zip([("manifest.json", GOOD_MANIFEST)], method=zipfile.ZIP_LZMA),
    "encrypted": lambda good: other_zip([("manifest.json", GOOD_MANIFEST)], flags=1),
    "packed by others": lambda good: other_zip([("manifest.json", GOOD_MANIFEST)]),
    "data before it": lambda good: b"#!/bin/sh\n" + good,
    "data after it": lambda good: good + b"x",
    "a comment": lambda good: good[:-2] + struct.pack("<H", 3) + b"abc",
    "zip64": zip64,
    "twice": lambda good: good + good,
    "bomb": lambda good: bomb(1 << 27),
    "bomb within the ratio": lambda good: bomb(1 << 24),
    "a size that is too small": lambda good: declared(good, 1),
    "a size that is too large": lambda good: declared(good, 1 << 20),
    "a size beyond all": lambda good: declared(good, (1 << 32) - 1),
    "members over each other": lambda good: good.replace(good[-6:-2], struct.pack("<L", 0), 1),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_zips(what: str, exported: list[Exported]) -> None:
    data = HOSTILE[what](exported[0].data)
    verdict = verdict_of(data, exported[0].keys, exported[0].anchor)
    assert verdict.word in (INVALID, UNREADABLE) and verdict.lines, str(verdict)


def with_line(line: bytes) -> Callable[[Opened], None]:
    def change(opened: Opened) -> None:
        opened.members["entries.jsonl"] = line

    return change


def with_member(name: str, content: bytes) -> Callable[[Opened], None]:
    def change(opened: Opened) -> None:
        opened.members[name] = content

    return change


RULES = "rule_bases/" + "0" * 64 + ".json"
CONTENTS: dict[str, Callable[[Opened], None]] = {
    "no records": with_line(b""),
    "empty lines": with_line(b"\n" * 1_000_000),
    "a line without an end": with_line(b"x" * 10_000_000),
    "a very long line": with_line(b'{"entry":"' + b"x" * 40_000_000 + b'"}\n'),
    "deep lists": with_line(b"[" * 1_000_000 + b"\n"),
    "deep objects": with_line(b'{"a":' * 200_000 + b"\n"),
    "large numbers": with_line(b"9" * 1_000_000 + b"\n"),
    "not a number": with_line(b'{"entry":NaN,"payload":null,"proof":[],"salt":null}\n'),
    "one key twice": with_line(b'{"entry":"","entry":"","payload":null,"proof":[],"salt":null}\n'),
    "lone surrogates": with_line(b'{"entry":"\\ud800","payload":null,"proof":[],"salt":null}\n'),
    "not UTF-8": with_line(b'{"entry":"\xff","payload":null,"proof":[],"salt":null}\n'),
    "many proofs": with_line(canonical({"entry": "", "payload": None, "proof": [""] * 100_000, "salt": None}) + b"\n"),
    "a checkpoint of signatures": with_member("checkpoint", b"x\n1\n\n\n" + b"\xe2\x80\x94 w AAAA\n" * 100_000),
    "a checkpoint that is no text": with_member("checkpoint", b"\xff" * 100),
    "no checkpoint": with_member("checkpoint", b""),
    "checkpoints of nothing": with_member("checkpoints.jsonl", b'{"note":null,"proof":null}\n' * 1000),
    "rules that nobody published": with_member(RULES, b"{}"),
    "rules as a list": with_member(RULES, b"[]"),
}


@pytest.mark.parametrize("what", CONTENTS)
def test_hostile_contents(what: str, exported: list[Exported]) -> None:
    for made in (exported[0], exported[1]):
        opened = Opened(made.data, Random(0))
        CONTENTS[what](opened)
        for keys in (made.keys, []):
            verdict = verdict_of(opened.write(), keys, made.anchor if keys else None)
            assert verdict.word in (INVALID, UNREADABLE) and verdict.lines, str(verdict)


def test_a_packed_member_is_never_more_than_it_declares() -> None:
    out = io.BytesIO()
    write_zip(out, {"manifest.json": pack([b"a" * 100_000]), "verify.py": pack([])})
    good = out.getvalue()
    package = Package(io.BytesIO(good))
    assert package.read("manifest.json") == b"a" * 100_000 and package.read("verify.py") == b""
    with pytest.raises(Invalid, match="too large"):
        package.read("manifest.json", 1000)
    with pytest.raises(Invalid, match="lacks"):
        package.read("report.txt")
    for wrong in (declared(good, 99_999), declared(good, 100_001)):
        with pytest.raises(Invalid):
            Package(io.BytesIO(wrong)).read("manifest.json")
    with pytest.raises(OverflowError):
        write_zip(io.BytesIO(), {"no such member": pack([])})


# --- mutations --------------------------------------------------------------------------------------------------------

SPLICES = [
    b"null", b"{}", b"[]", b'""', b"-1", b"1e9", b"NaN", b"\\u0000", b"\\ud800", b"\xff", b"\0", b"\n", b'"', b"}",
    b"]", "—".encode(), b"9" * 25, b"[" * 300, b"==", b"+", b"sha256:", b"\r\n",
]  # fmt: skip


def mutated(data: bytes, random: Random) -> bytes:
    """The data with one to four changes: bits, parts cut, doubled, moved, or replaced by what parsers stumble over."""
    out = bytearray(data)
    for _ in range(random.choice([1, 1, 2, 4])):
        at, much = random.randrange(len(out) + 1), random.choice([1, 2, 8, 60, 400])
        match random.randrange(6):
            case 0 if at < len(out):
                out[at] ^= 1 << random.randrange(8)
            case 1:
                del out[at : at + much]
            case 2:
                out[at:at] = out[at : at + much]
            case 3:
                out[at : at + random.choice([0, 1, 4])] = random.choice(SPLICES)
            case 4:
                part = out[at : at + much]
                del out[at : at + much]
                to = random.randrange(len(out) + 1)
                out[to:to] = part
            case _:
                out[at : at + 4] = random.randbytes(4)
    return bytes(out)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_mutated_bundles(part: int, exported: list[Exported]) -> None:
    """Mutations of the zip itself, and of a member under a manifest that fits; the auditor has keys or has none."""
    random = Random(part)
    opened = {made.data: Opened(made.data, random) for made in exported}
    for _ in range(-(-MUTATED * 3 // 4 // 4)):
        made = random.choice(exported)
        taken = opened[made.data]
        members = dict(taken.members)
        if random.random() < 0.4:
            data = mutated(made.data, random)
        else:
            name = random.choice(sorted(members))
            taken.members[name] = mutated(members[name], random)
            try:
                data = taken.write(mend=random.random() < 0.9)
            except (ValueError, AttributeError, TypeError):  # a manifest that cannot even be mended
                out = io.BytesIO()
                write_zip(out, {name: pack([content]) for name, content in taken.members.items()})
                data = out.getvalue()
            taken.members = members
        if data == made.data:
            continue
        keys = made.keys if random.random() < 0.7 else []
        verdict = verdict_of(data, keys, made.anchor if keys else None)
        if verdict.word not in (INVALID, UNREADABLE):
            same = Opened(data, random).members == members  # spare bits at the end of what is packed say nothing
            stranger = any("left aside" in line for line in verdict.lines)  # a witness's line that is nobody's now
            assert same or stranger or (not keys and verdict.word == UNANCHORED), str(verdict)


def test_mutated_entries_checkpoints_and_keys(exported: list[Exported]) -> None:
    random = Random("parts")
    lines = [
        json.loads(line)
        for made in exported[:2]
        for line in Opened(made.data, random).members["entries.jsonl"].splitlines()
    ]
    notes = [Package(io.BytesIO(made.data)).read("checkpoint") for made in exported]
    entries = [line["entry"].encode() for line in lines]
    keys = [str(key).encode() for made in exported for key in made.keys]
    for _ in range(-(-MUTATED // 4)):
        for good, read in ((entries, read_entry), (notes, _note), (keys, _key)):
            data = mutated(random.choice(good), random)
            with bounded():
                try:
                    found = read(data)
                except Invalid:
                    continue
            if read is read_entry:  # what is read is written in the one way that there is
                assert canonical(found) == data and found["type"] in TYPES
            elif read is _key:
                assert str(found).encode() == data.strip()


def _note(data: bytes) -> Checkpoint:
    return read_checkpoint(data.decode("utf-8", "replace"))


def _key(data: bytes) -> PublicKey:
    return read_key(data.decode("utf-8", "replace"))


def test_only_canonical_entries_are_read(exported: list[Exported]) -> None:
    line = json.loads(Opened(exported[0].data, Random(0)).members["entries.jsonl"].splitlines()[1])
    entry = json.loads(line["entry"])
    assert read_entry(canonical(entry)) == entry
    for field, values in {
        "seq": [-1, 1 << 53, "1", None, True, 1.0],
        "inputs": [[entry["seq"]], ["0"], None, [[0]], {}],
        "type": ["other", None, ""],
        "version": ["salesdx.entry/1", "salesdx.entry/3"],
        "sealed": ["", "0" * 63, 1],
        "subject_before": [entry["seq"], "0"],
        "time": ["2026-03-01", "２026-03-01T08:00:00.000000Z", "2026-03-01T08:00:00.000000+00"],
        "commit": ["A" * 64, "0" * 63, None],
        "rule_base": ["sha256:" + "G" * 64, ""],
        "engine": [{"name": "x"}, [], "x"],
        "case": [1, ["c"]],
        "role": [None, "x" * 1001],
    }.items():
        for value in values:
            with pytest.raises(Invalid):
                read_entry(json.dumps(entry | {field: value}, sort_keys=True, separators=(",", ":")).encode())
    text = canonical(entry).decode()
    for wrong in (text + "\n", " " + text, text.replace(":", ": ", 1), text.replace('"role"', '"rule"'), text[:-1]):
        with pytest.raises(Invalid):
            read_entry(wrong.encode())
    for told in ('a"b\\c/\b\f\n\r\t\x01\x1f\x7f ü🙂\u2028', "", "x" * 1000):
        assert read_entry(canonical(entry | {"role": told}))["role"] == told
    with pytest.raises(Invalid):
        read_entry(canonical(entry | {"role": "ü"}).replace("ü".encode(), b"\\u00fc"))
    with pytest.raises(Invalid):
        read_entry(canonical(entry | {"role": "a"}).replace(b'"a"', b'"\xff"'))


# --- witnesses --------------------------------------------------------------------------------------------------------


def test_a_witness_signs_only_what_goes_on_from_what_it_saw(memory: Memory, base: RuleBase, tmp_path: Path) -> None:
    history = History(Random(11), memory, base)
    history.record()
    witness = make_witness(tmp_path / "w", "audit.example/w9", history.key.public)
    with history.trail.append(history.clock) as appender:
        register_witness(appender, witness.key.public, PEOPLE[0])
    assert os.stat(tmp_path / "w" / "witness.key").st_mode & 0o077 == 0
    early = memory.data()

    def seen() -> tuple[audit.Verdict, str | None]:
        with memory.read() as reader:
            return look(read_witness(tmp_path / "w"), reader)

    verdict, note = seen()
    assert verdict.word == UNANCHORED and note is not None
    signed = cosign(read_witness(tmp_path / "w"), note)
    assert read_checkpoint(signed).signed_by(witness.key.public)
    assert (
        keep_cosignature(memory.storage, signed) == ["audit.example/w9"]
        and keep_cosignature(memory.storage, signed) == []
    )

    history.record()
    history.rotate()
    history.record()
    grown = memory.data()
    verdict, note = seen()
    assert verdict.word == VERIFIED and note is not None
    signed = cosign(read_witness(tmp_path / "w"), note)
    assert keep_cosignature(memory.storage, signed) == ["audit.example/w9"]
    bundle = history.bundle(None)
    verdict, note = look_into(read_witness(tmp_path / "w"), io.BytesIO(bundle))
    assert verdict.word == VERIFIED and note is not None
    whole = verify_bundle(io.BytesIO(bundle), [history.keys[0].public, witness.key.public])
    assert whole.word == VERIFIED and any("audit.example/w9" in line for line in whole.lines)

    for lost in (early, grown):  # a trail that was brought back, and one that went on otherwise from there
        memory.load(lost)
        if lost is grown:
            cosign(read_witness(tmp_path / "w"), note)
        verdict, nothing = seen()
        assert (verdict.word, nothing) == (INVALID, None)
    history.record()
    verdict, nothing = seen()
    assert (verdict.word, nothing) == (INVALID, None), str(verdict)
    foreign = History(Random(12), memory, base)
    verdict, nothing = seen()
    assert (verdict.word, nothing) == (INVALID, None)
    with pytest.raises(TrailError, match=r"no such checkpoint|another trail"):
        keep_cosignature(memory.storage, signed)
    assert foreign.key.name != history.key.name


def test_what_is_no_witness(memory: Memory, base: RuleBase, tmp_path: Path) -> None:
    key = key_from(Random(0), "salesdx.trail/x").public
    with pytest.raises(TrailError, match="no spaces"):
        make_witness(tmp_path / "a", "two words", key)
    made = make_witness(tmp_path / "b", "w", key)
    with pytest.raises(TrailError, match="cannot be made"):
        make_witness(tmp_path / "b", "w", key)
    for text in (
        "",
        "{}",
        "[]",
        '{"name":"w","log":"x","seen":null}',
        made.folder.joinpath("seen.json").read_text()[:-9],
    ):
        made.folder.joinpath("seen.json").write_text(text)
        with pytest.raises(TrailError, match="no folder of a witness"):
            read_witness(made.folder)


# --- on the command line ----------------------------------------------------------------------------------------------


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)), prog_name="salesdx", catch_exceptions=False)


def test_export_verify_and_witness_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESDX_TRAIL", str(tmp_path / "ours.trail"))
    monkeypatch.setenv("SALESDX_AS", "Anna Weber")
    monkeypatch.setenv("SALESDX_SETTINGS", os.devnull)
    key, kept, case = tmp_path / "ours.vkey", tmp_path / "march.checkpoint", ROOT / "examples" / "late-delivery.yaml"
    key.write_text(run("trail", "init").output.partition("keep the")[0])
    assert run("diagnose", case).exit_code == 0
    assert run("trail", "checkpoint", "-o", kept).exit_code == 0
    assert run("trail", "checkpoint").output == kept.read_text(encoding="utf-8")
    auditor = ("--public-key", key, "--anchor", kept)
    for more, word, status in (((), UNANCHORED, 3), (auditor, VERIFIED, 0)):
        found = run("trail", "verify", *more)
        assert (found.output.split("\n")[0], found.exit_code) == (word, status)

    made = run("trail", "witness", "init", tmp_path / "w", "--name", "audit.example/w1", "--public-key", key)
    seen, witness = tmp_path / "seen", made.output.split()[-1]
    assert "names the witness audit.example/w1" in run("trail", "witness", "add", witness).output
    assert run("trail", "witness", "sign", tmp_path / "w", "-o", seen).exit_code == 0
    assert "audit.example/w1" in run("trail", "witness", "keep", seen).output
    assert "nothing is new" in run("trail", "witness", "keep", seen).output
    assert witness.split("+")[0] in run("trail", "checkpoint").output

    for scope in (["late-delivery", "--anchor", kept], ["--all"]):
        bundle = tmp_path / "out.zip"
        assert run("trail", "export", *scope, "-o", bundle).exit_code == 0
        found = run("trail", "verify", bundle, *auditor, "--public-key", witness)
        assert found.output.split("\n")[0] == VERIFIED and "came out byte for byte the same: 1" in found.output
        assert "audit.example/w1" in found.output
        report = Package(io.BytesIO(bundle.read_bytes())).read("report.txt").decode()
        assert "late-delivery" in report and "Anna Weber" in report
    old = (tmp_path / "ours.trail").read_bytes()
    assert run("diagnose", case).exit_code == 0
    assert run("trail", "witness", "sign", tmp_path / "w", "-o", seen).exit_code == 0
    (tmp_path / "ours.trail").write_bytes(old)
    refused = run("trail", "witness", "sign", tmp_path / "w")
    assert refused.exit_code == 4 and "records were cut off" in refused.output
    cut = run("trail", "verify", "--public-key", key, "--anchor", seen)
    assert (cut.output.split("\n")[0], cut.exit_code) == (INVALID, 4)


def test_an_export_keeps_signatures_blind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESDX_TRAIL", str(tmp_path / "ours.trail"))
    monkeypatch.setenv("SALESDX_SETTINGS", os.devnull)
    assert run("trail", "init").exit_code == 0
    with open_trail(str(tmp_path / "ours.trail")).append() as appender:
        appender.add("sign_off", {"decision": "yes"}, PEOPLE[0], case="north")
        appender.add("answer", {"term": "x", "statements": [], "before": [], "way": "y"}, PEOPLE[0], case="south")
    for which in ("north", "--all"):
        refused = run("trail", "export", which, "-o", tmp_path / "out.zip")
        assert refused.exit_code == 1 and "record 1 is a signature that is blind" in refused.output
        assert not (tmp_path / "out.zip").exists()
    assert run("trail", "export", "south", "-o", tmp_path / "out.zip").exit_code == 0
    assert run("trail", "export", "north", "--blind-too", "-o", tmp_path / "out.zip").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["verify", "none.zip"], 5, "UNREADABLE"),
        (["verify"], 5, "UNREADABLE"),
        (["verify", "--public-key", "none"], 5, "`none` cannot be read"),
        (["export", "-o", "x.zip"], 2, "name a CASE, or give --all"),
        (["export", "a", "--all", "-o", "x.zip"], 2, "name a CASE, or give --all"),
        (["export", "--all", "-o", "x.zip", "--anchor", "none"], 1, "`none` cannot be read"),
        (["checkpoint"], 1, "there is no trail"),
        (["witness", "init", "w", "--name", "w", "--public-key", "none"], 1, "`none` cannot be read"),
        (["witness", "sign", "w"], 1, "no folder of a witness"),
        (["witness", "keep", "none"], 2, "No such file"),
    ],
)
def test_what_goes_wrong_is_said(
    arguments: list[str], status: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SALESDX_TRAIL", "none.trail")
    monkeypatch.setenv("SALESDX_SETTINGS", os.devnull)
    found = run("trail", *arguments)
    assert found.exit_code == status and told in found.output
    assert list(tmp_path.iterdir()) == []
