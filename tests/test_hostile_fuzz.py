"""Random bytes, and random changes of good files: reading is good, or it raises the faults, and nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import salesdx
from conftest import ROOT, cases_in
from hostile import described, faults_of, text_of
from salesdx.base.model import RuleBase
from salesdx.case.file import read_case_file
from salesdx.engine.diagnose import quick

NASTY = [
    *(
        b": ",
        b"- ",
        b"\n",
        b"\n  ",
        b"\t",
        b"'",
        b'"',
        b"{",
        b"}",
        b"[",
        b"]",
        b"#",
        b"|\n",
        b">-\n",
        b"? ",
        b"%",
        b"@",
    ),
    *(b"&a ", b"*a", b"!!str ", b"<<: ", b"---\n", b"`", b"\\", b"\0", b"\r", b"\xff", b"\xc3", b"\xe2\x80\xae"),
    *(b"\xe2\x80\x8d", b"\xef\xbb\xbf", b" and ", b" or ", b"not ", b"(", b")", b" > ", b" == ", b"in ['a']", b"{x}"),
    *(b"1e9", b"0x1", b"NaN", b"null", b"true", b"9" * 40, b"2026-02-30", b"a" * 90, b"-", b".", b"_", b"$"),
    *("\u0430".encode(), "\u00a0".encode()),
]
"""What people and programs put where it does not belong."""

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["put", "flip", "delete", "repeat", "move", "cut", "indent"]),
        st.integers(0, 1 << 20),
        st.integers(1, 80),
        st.sampled_from(NASTY) | st.binary(min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=5,
)
HARD = settings(max_examples=int(os.environ.get("SALESDX_FUZZ_CASES", "80")))
SLOW = settings(max_examples=int(os.environ.get("SALESDX_FUZZ_CASES", "25")))

CASES = sorted([*cases_in(ROOT / "examples"), *cases_in(ROOT / "rules" / "cases")])
FILES = sorted(f"{room}/{path.name}" for room in ("knowledge", "rules") for path in (ROOT / room).glob("*.yaml"))


def changed(data: bytes, changes: list[tuple[str, int, int, bytes]]) -> bytes:
    """Bytes after some random changes."""
    for change, where, size, token in changes:
        at = where % (len(data) + 1)
        end = min(len(data), at + size)
        match change:
            case "put":
                data = data[:at] + token + data[at:]
            case "flip":
                data = data[:at] + bytes(byte ^ size for byte in data[at : at + 1]) + data[at + 1 :]
            case "delete":
                data = data[:at] + data[end:]
            case "repeat":
                data = data[:end] + data[at:end] + data[end:]
            case "move":
                data = data[:at] + data[end:] + data[at:end]
            case "cut":
                data = data[:at]
            case "indent":
                line = data.rfind(b"\n", 0, at) + 1
                data = data[:line] + b" " * (size % 7) + data[line:]
    return data


@HARD
@given(data=st.binary(max_size=400))
@example(data=b"\xef\xbb\xbf")
def test_random_bytes_as_a_case(data: bytes, base: RuleBase, tmp_path_factory: pytest.TempPathFactory) -> None:
    read(data, base, tmp_path_factory)


@HARD
@given(text=st.text(max_size=200), facts=st.booleans())
def test_random_text_as_a_case(
    text: str, facts: bool, base: RuleBase, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = (f"facts:\n  {text}" if facts else text).encode("utf-8", "surrogatepass")
    read(data, base, tmp_path_factory)


@HARD
@given(path=st.sampled_from(CASES), changes=CHANGES)
def test_changed_cases(
    path: Path, changes: list[tuple[str, int, int, bytes]], base: RuleBase, tmp_path_factory: pytest.TempPathFactory
) -> None:
    read(changed(path.read_bytes(), changes), base, tmp_path_factory)


def read(data: bytes, base: RuleBase, folders: pytest.TempPathFactory) -> None:
    path = folders.getbasetemp() / "fuzzed.yaml"
    path.write_bytes(data)
    issues = faults_of(lambda: read_case_file(path, base))
    described(issues, text_of(data))
    "\n".join(map(str, issues[:20])).encode()
    if not issues:
        quick(base, read_case_file(path, base)).to_dict()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("fuzzed")
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("cases"))
    yield folder


@pytest.mark.slow
@SLOW
@given(file=st.sampled_from(FILES), changes=CHANGES)
def test_changed_rule_bases(file: str, changes: list[tuple[str, int, int, bytes]], home: Path) -> None:
    path = home / file
    good = (ROOT / file).read_bytes()
    data = changed(good, changes)
    path.write_bytes(data)
    try:
        issues = faults_of(lambda: salesdx.load(home))
    finally:
        path.write_bytes(good)
    described([issue for issue in issues if issue.place.path == str(path)], text_of(data))
    "\n".join(map(str, issues[:20])).encode()


@pytest.mark.slow
@SLOW
@given(
    text=st.text(max_size=60)
    | st.lists(st.sampled_from([*NASTY, b"goal_measurable", b"lost_interviews_n"])).map(b"".join)
)
def test_random_conditions(text: str | bytes, home: Path) -> None:
    words = text if isinstance(text, str) else text.decode("utf-8", "replace")
    line = " ".join(words.split()) or "x"
    path = home / "rules" / "pricing.yaml"
    good = path.read_bytes()
    rule = f"\n- id: Z1\n  strength: weak\n  finding: z1\n  because: x\n  when: |-\n    {line}\n"
    path.write_bytes(good + rule.encode("utf-8", "surrogatepass"))
    try:
        issues = faults_of(lambda: salesdx.load(home))
    finally:
        path.write_bytes(good)
    described(
        [issue for issue in issues if issue.place.path == str(path)], text_of(good + rule.encode("utf-8", "replace"))
    )
