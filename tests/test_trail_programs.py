"""Programs that a trail keeps: their wheels, and a recorded diagnosis run again by the program that made it."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from bundle_tampering import Opened
from conftest import ROOT
from hr_trails import BOB, LOW, Desk, small_base
from programs import built, library, written
from salesdx.authoring.worked_cases import case_files, read_worked_case
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.ledger.errors import TrailError
from salesdx.ledger.log import open_trail
from salesdx.ledger.storage import MAX_WHEEL
from salesdx.trail import wheels
from salesdx.trail.rule_bases import base_of
from salesdx.trail.wheels import FIRST_CODE, digest_of_program, program_digest, program_wheels

TRAIL = Path(__file__).parent / "data" / "trail-0.1.0"
FIRST = "efb7bd25154bb8502e720d0553d9893eb31158a8"
"""The commit of the program that made the trail of 0.1.0."""
FIRST_DIGEST = "sha256:98e54c87f6dd0c44328fa4d0c04700c1974fdf1691a3319dbde46742f6e2fdaa"
ANNA = ("--as", "Anna", "--role", "hr")


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], prog_name="salesdx", catch_exceptions=False)


def given(*paths: Path) -> list[object]:
    return [word for path in paths for word in ("--program", path)]


def own_wheel() -> tuple[str, bytes]:
    return next((name, data) for name, data in program_wheels().items() if name.startswith("salesdx-"))


# --- wheels -----------------------------------------------------------------------------------------------------------


def test_the_same_files_give_the_same_bytes() -> None:
    before = dict(program_wheels())
    program_wheels.cache_clear()
    assert dict(program_wheels()) == before
    assert sorted(name.partition("-")[0] for name in before) == ["pyyaml", "salesdx"]
    for data in before.values():
        with zipfile.ZipFile(io.BytesIO(data)) as wheel:
            infos = wheel.infolist()
            assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
            names = [info.filename for info in infos]
            assert names[:-1] == sorted(names[:-1]) and names[-1].endswith(".dist-info/RECORD")


def test_the_wheel_of_a_checkout_holds_what_the_built_one_holds(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = tmp_path.glob("*.whl")
    name, data = own_wheel()
    assert name == built.name

    def held(file: object) -> dict[str, bytes]:
        with zipfile.ZipFile(file) as wheel:  # type: ignore[call-overload]
            return {name: wheel.read(name) for name in wheel.namelist() if ".dist-info/" not in name}

    assert held(io.BytesIO(data)) == held(built)


def test_pip_installs_the_wheels_and_what_is_installed_makes_them_again(tmp_path: Path) -> None:
    paths = written(tmp_path / "wheels", dict(program_wheels()))
    venv.create(tmp_path / "fresh", with_pip=False, symlinks=True)
    python = tmp_path / "fresh" / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, *map(str, paths)], check=True)
    code = (
        "import hashlib; from salesdx.trail.wheels import program_wheels\n"
        "for name, data in program_wheels().items(): print(name, hashlib.sha256(data).hexdigest())"
    )
    done = subprocess.run([str(python), "-I", "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    again = dict(line.split() for line in done.stdout.splitlines())
    assert again == {name: wheels.sha256(data).hexdigest() for name, data in program_wheels().items()}


def test_the_digest_of_the_unpacked_wheel_is_that_of_the_program(tmp_path: Path) -> None:
    zipfile.ZipFile(io.BytesIO(own_wheel()[1])).extractall(tmp_path)
    assert digest_of_program(tmp_path / "salesdx") == program_digest()
    (tmp_path / "salesdx" / "engine" / "diagnose.py").write_text("", "utf-8")
    assert digest_of_program(tmp_path / "salesdx") != program_digest()


# --- another program --------------------------------------------------------------------------------------------------


@dataclass
class Other:
    """A checkout of another program, which records another result than this one does."""

    folder: Path

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(self.folder / "cli.py"), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=self.folder)

    @property
    def digest(self) -> str:
        return digest_of_program(self.folder / "src" / "salesdx")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Other:
    folder = tmp_path_factory.mktemp("other")
    for name in ("src", "knowledge", "rules", "schemas", "tests/checks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("cli.py", "proof.json"):
        shutil.copy(ROOT / name, folder)
    path = folder / "src" / "salesdx" / "contract.py"
    text = path.read_text("utf-8")
    assert text.count('DIAGNOSIS = "salesdx.diagnosis/2"') == 1
    path.write_text(text.replace('DIAGNOSIS = "salesdx.diagnosis/2"', 'DIAGNOSIS = "salesdx.diagnosis/0"'), "utf-8")
    return Other(folder)


@pytest.fixture
def theirs(where: str, other: Other, tmp_path: Path) -> list[object]:
    """A trail with two diagnoses by the other program; the words that name it."""
    trail: list[object] = ["--trail", where]
    key = ["--key", tmp_path / "the.key"]
    assert run("trail", "init", *trail, *key, *ANNA).exit_code == 0
    other.run("diagnose", ROOT / "examples" / "late-delivery.yaml", *trail, *key, *ANNA)
    other.run("diagnose", ROOT / "examples" / "held-back.yaml", *trail, *key, *ANNA)
    return trail


def diagnoses(trail: Sequence[object]) -> list[int]:
    with open_trail(str(trail[1]), write=False).read() as reader:
        return [row.seq for row in reader.rows(types=("diagnosis",))]


def test_a_record_is_run_again_by_the_program_that_made_it(theirs: list[object], other: Other, tmp_path: Path) -> None:
    seqs = diagnoses(theirs)
    assert len(seqs) == 2
    with open_trail(str(theirs[1]), write=False).read() as reader:
        bodies = [(reader.row(seq).content or {})["body"] for seq in seqs]
        kept = reader.wheels()
        assert sorted(bodies[0]["wheels"].values()) == kept, "once, and nothing else"
    assert bodies[0]["wheels"] == bodies[1]["wheels"]
    assert all('"schema":"salesdx.diagnosis/0"' in body["result"] for body in bodies)
    digest = other.digest
    shutil.move(other.folder / "src", tmp_path / "gone")
    try:
        for seq in seqs:
            found = run("trail", "replay", seq, *theirs)
            assert found.exit_code == 0, found.output
            told = " ".join(found.stdout.split())
            assert "identical The recorded facts give the recorded result byte for byte, by the program that" in told
            assert f"Run by: salesdx 0.1.0 ({digest[7:19]}), kept in the trail" in told
    finally:
        shutil.move(tmp_path / "gone", other.folder / "src")
    data = json.loads(run("trail", "replay", seqs[0], *theirs, "--format", "json").stdout)
    assert (data["identical"], data["page"], data["program"]["digest"]) == (True, None, digest)
    assert run("trail", "verify", *theirs).stdout.startswith("UNANCHORED")
    today = run("trail", "replay", seqs[0], *theirs, "--today")
    assert today.exit_code == 0 and "Today's rules say the same." in today.stdout


def test_this_program_keeps_its_own_beside_it(theirs: list[object], tmp_path: Path) -> None:
    key = ["--key", tmp_path / "the.key"]
    with open_trail(str(theirs[1]), write=False).read() as reader:
        before = set(reader.wheels())
    for _ in range(2):
        assert run("diagnose", ROOT / "examples" / "top-seller.yaml", *theirs, *key, *ANNA).exit_code == 0
    with open_trail(str(theirs[1]), write=False).read() as reader:
        new = set(reader.wheels()) - before
        own = {"sha256:" + wheels.sha256(own_wheel()[1]).hexdigest()}
        assert new == own, "the wheel of the library is kept already"
        assert reader.wheel(*own) == own_wheel()[1]
    assert [run("trail", "replay", seq, *theirs).exit_code for seq in diagnoses(theirs)] == [0, 0, 0, 0]


def test_worked_cases_run_from_the_wheels_alone(base: RuleBase, tmp_path: Path) -> None:
    """Where the library has no compiled part, as on another platform."""
    desk = Desk(str(tmp_path / "trail"), base)
    pure = {}
    for name, data in program_wheels().items():
        with zipfile.ZipFile(io.BytesIO(data)) as wheel, zipfile.ZipFile(out := io.BytesIO(), "w") as less:
            for member in wheel.namelist():
                if not member.endswith((".so", ".pyd")):
                    less.writestr(member, wheel.read(member))
        pure[name] = out.getvalue()
    paths = written(tmp_path / "pure", pure)
    for path in case_files([ROOT / "rules" / "cases"])[::12]:
        memory = read_worked_case(path, base).memory
        seq = desk.diagnose(path.stem, memory.values)
        found = run("trail", "replay", seq, "--trail", desk.where, *given(*paths))
        assert (found.exit_code, "\nidentical\n" in found.stdout) == (0, True), found.output
        assert "given with the command" in found.stdout


# --- programs that are not kept ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The trail of 0.1.0 in a file, with the tables of today."""
    path = tmp_path_factory.mktemp("old") / "ours.trail"
    path.write_bytes(gzip.decompress((TRAIL / "ours.trail.gz").read_bytes()))
    assert run("trail", "upgrade", "--trail", path).exit_code == 0
    return str(path)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the program that made the trail of 0.1.0, built from its commit."""
    folder = tmp_path_factory.mktemp("first")
    wheel = built(FIRST, folder)
    assert digest_of_program(folder / "src" / "salesdx", FIRST_CODE) == FIRST_DIGEST
    return wheel


def test_a_program_that_is_neither_kept_nor_given_is_named(old: str) -> None:
    found = run("trail", "replay", 48, "--trail", old)
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == (
        f"error: LANGUAGE 1: run it with salesdx 0.1.0 ({FIRST_DIGEST}), which this trail does not keep; `--program` "
        "gives its wheel and those of what it needs\n"
    )


def test_another_program_of_this_language_is_named_with_the_record(small: RuleBase, tmp_path: Path) -> None:
    desk = Desk(str(tmp_path / "trail"), small)
    first = desk.diagnose("north", LOW)
    with desk.read() as book:
        body = dict(book.diagnosis(first).body or {})
    del body["wheels"]
    engine = {"name": "reference", "checked_by": None, "version": "9.1", "digest": "sha256:" + 64 * "0"}
    seq = desk.add("diagnosis", body, BOB, case="north", base=small, engine=engine)
    found = run("trail", "replay", seq, "--trail", desk.where)
    assert (found.exit_code, found.stdout) == (1, "")
    assert (
        f"record {seq} was made by another program, salesdx 9.1 (sha256:{64 * '0'}), which this trail" in found.stderr
    )


def test_every_diagnosis_of_the_first_version_runs_again_by_its_own_program(
    old: str, first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nowhere")  # nothing of what is set here reaches it
    monkeypatch.setenv("SALESDX_ENGINE", "nonsense")
    needed = written(tmp_path / "libraries", library("pyyaml") | library("networkx") | library("click"))
    for seq in (48, 115, 155, 200, 315, 317):
        found = run("trail", "replay", seq, "--trail", old, *given(first, *needed))
        assert (found.exit_code, "\nidentical\n" in found.stdout) == (0, True), found.output
        assert "salesdx 0.1.0 (98e54c87f6dd), given with the command" in " ".join(found.stdout.split())
    lacks = run("trail", "replay", 48, "--trail", old, *given(first, *needed[:2]))
    assert lacks.exit_code == 1
    assert "its program needs the library `click`, which is not among the wheels" in lacks.stderr


def test_what_language_1_recorded_on_its_last_day_runs_by_a_program_of_it(first: Path, tmp_path: Path) -> None:
    """The worked cases of that day, in a trail: shown as they were, and the same bytes by the program that is given."""
    data = json.loads(gzip.decompress((TRAIL.parent / "replay-language-1.json.gz").read_bytes()))
    base = base_of(data["files"], data["rule_base"])
    desk = Desk(str(tmp_path / "trail"), base)
    needed = written(tmp_path / "libraries", library("pyyaml") | library("networkx") | library("click"))
    for body in data["diagnoses"][::10]:
        engine = body["engine"] | {"version": "0.1.0", "digest": FIRST_DIGEST}
        more = {key: part for key, part in body.items() if key != "engine"}
        seq = desk.add(
            "diagnosis", {**more, "shown": "as it was\n", "format": "text"}, BOB, case="old", base=base, engine=engine
        )
        assert run("trail", "show", seq, "--shown", "--trail", desk.where).stdout == "as it was\n"
        found = run("trail", "replay", seq, "--trail", desk.where)
        assert found.stderr.startswith("error: LANGUAGE 1: run it with salesdx 0.1.0 (sha256:98e54c87")
        found = run("trail", "replay", seq, "--trail", desk.where, *given(first, *needed))
        assert (found.exit_code, "\nidentical\n" in found.stdout) == (0, True), found.output
    assert run("trail", "verify", "--trail", desk.where).stdout.startswith("UNANCHORED")


def test_other_wheels_are_not_run(old: str, tmp_path: Path) -> None:
    own, *_ = written(tmp_path / "own", dict([own_wheel()]))
    found = run("trail", "replay", 48, "--trail", old, *given(own))
    assert found.exit_code == 1
    assert f"({FIRST_DIGEST}), and the wheels hold another program ({program_digest()})" in found.stderr
    found = run("trail", "replay", 48, "--trail", old, *given(*written(tmp_path / "none", library("pyyaml"))))
    assert (found.exit_code, "and the wheels hold no salesdx" in found.stderr) == (1, True)


def test_a_wheel_that_is_broken_in_any_way_is_named(old: str, tmp_path: Path) -> None:
    _, data = own_wheel()
    directory = data.index(b"PK\x01\x02")
    broken = {
        "cut": b"PK",
        "flipped": data[:200] + bytes(byte ^ 0x55 for byte in data[200:220]) + data[220:],
        "locked": data[:6] + b"\1" + data[7 : directory + 8] + b"\1" + data[directory + 9 :],
    }
    for name, changed in broken.items():
        (tmp_path / f"{name}.whl").write_bytes(changed)
        found = run("trail", "replay", 48, "--trail", old, *given(tmp_path / f"{name}.whl"))
        assert (found.exit_code, found.stdout) == (1, ""), name
        assert f"`{name}.whl` is no wheel that can be unpacked" in found.stderr


# --- what proves them -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    return small_base(tmp_path_factory.mktemp("rules"))


def test_a_wheel_that_is_kept_stays(where: str, small: RuleBase) -> None:
    desk = Desk(where, small)
    desk.diagnose("north", LOW)
    for statement in ("UPDATE wheel SET data = data", "DELETE FROM wheel"):
        with (
            pytest.raises(TrailError, match=r"a wheel is never (changed|deleted)"),
            desk.trail.storage.migrating() as connection,
        ):
            connection.exec_driver_sql(statement)
    with pytest.raises(TrailError, match=r"the wheel `a\.whl` is too large"), desk.trail.append() as appender:
        appender.keep({"a.whl": bytes(MAX_WHEEL + 1)})


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE wheel SET data = x'00'", "is not the one that was kept"),
        ("DELETE FROM wheel", "is not there, and a record names it"),
        ("INSERT INTO wheel VALUES ('sha256:6e34', x'00')", "there are wheels that no record names"),
    ],
)
def test_a_wheel_that_was_changed_is_found_and_not_run(statement: str, told: str, other: Other, tmp_path: Path) -> None:
    trail = ["--trail", tmp_path / "trail"]
    assert run("trail", "init", *trail, *ANNA).exit_code == 0
    other.run("diagnose", ROOT / "examples" / "late-delivery.yaml", *trail, *ANNA)
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'trail'}")
    with engine.begin() as connection:
        for name in ("wheel_update", "wheel_delete"):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(statement)
    engine.dispose()
    found = run("trail", "verify", *trail)
    assert (found.exit_code, found.stdout.startswith("INVALID")) == (4, True)
    assert told in found.stdout
    (seq,) = diagnoses(trail)
    found = run("trail", "replay", seq, *trail)
    assert found.exit_code == 1
    assert "nothing of this trail is run, because it is not what was signed" in found.stderr


def test_what_no_record_names_any_more_is_no_fault_after_an_erasure(where: str, small: RuleBase) -> None:
    desk = Desk(where, small)
    desk.erase([desk.diagnose("north", LOW)])
    assert run("trail", "verify", "--trail", where).stdout.startswith("UNANCHORED")


def test_a_bundle_takes_the_programs_with_it(small: RuleBase, tmp_path: Path) -> None:
    trail = ["--trail", tmp_path / "trail"]
    assert run("trail", "init", *trail, *ANNA).exit_code == 0
    assert run("diagnose", ROOT / "examples" / "late-delivery.yaml", *trail, *ANNA).exit_code == 0
    sizes = {}
    for extent in ("late-delivery", "--all"):
        for more in ([], ["--programs"]):
            path = tmp_path / f"{extent}{len(more)}.zip"
            assert run("trail", "export", extent, *more, *trail, *ANNA, "-o", path).exit_code == 0
            sizes[extent, len(more)] = path.stat().st_size
            with zipfile.ZipFile(path) as bundle:
                held = {bundle.read(name) for name in bundle.namelist() if name.startswith("wheels/")}
                (tmp_path / "verify.py").write_bytes(bundle.read("verify.py"))
            assert held == (set(program_wheels().values()) if more else set())
            command = [sys.executable, str(tmp_path / "verify.py"), str(path), "--no-replay"]
            alone = subprocess.run(command, capture_output=True, text=True, check=False)
            assert (alone.returncode, alone.stdout.split()[0]) == (3, "UNANCHORED"), alone.stdout
            assert run("trail", "verify", path, "--no-replay").stdout.startswith("UNANCHORED")
        extra = sizes[extent, 1] - sizes[extent, 0]
        assert 500_000 < extra < 6_000_000


@pytest.mark.parametrize(
    ("way", "told"),
    [("change", "is not the wheel that its record names"), ("drop", "are not those that its records name")],
)
def test_a_bundle_with_another_wheel_is_invalid(way: str, told: str, small: RuleBase, tmp_path: Path) -> None:
    trail = ["--trail", tmp_path / "trail"]
    assert run("trail", "init", *trail, *ANNA).exit_code == 0
    assert run("diagnose", ROOT / "examples" / "late-delivery.yaml", *trail, *ANNA).exit_code == 0
    assert run("trail", "export", "--all", "--programs", *trail, *ANNA, "-o", tmp_path / "all.zip").exit_code == 0
    opened = Opened((tmp_path / "all.zip").read_bytes(), Random(1))
    name = next(name for name in opened.members if name.startswith("wheels/"))
    if way == "change":
        opened.members[name] += b"\0"
    else:
        del opened.members[name]
    (tmp_path / "all.zip").write_bytes(opened.write())
    found = run("trail", "verify", tmp_path / "all.zip")
    assert (found.exit_code, told in found.stdout) == (4, True), found.stdout
