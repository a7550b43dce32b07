"""The standard streams, closed, full, narrow or gone, and interruptions: one line at most and a status, always."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest
from click.testing import CliRunner

from commands import on_a_terminal, status_of
from conftest import ROOT
from homes import write_home
from salesdx.cli import COMMANDS, cli
from salesdx.cli.trail import COMMANDS as TRAIL

LATE = str(ROOT / "examples" / "late-delivery.yaml")
START = str(ROOT / "examples" / "empty-start.yaml")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "80"}
PYTHON = [sys.executable]
DOOR = [*PYTHON, str(ROOT / "cli.py")]

RUNS = {
    "diagnose": "case.yaml --home home",
    "bulk": "facts.csv --home home --output decided.parquet",
    "explain": "case.yaml --home home",
    "interview": "mine.yaml --home home --answers case.yaml --transcript said.jsonl",
    "ask": "open.yaml --home home --respondent finance",
    "collect": "open.yaml reply.yaml --home home",
    "case": "--help",  # its cases are those of a service: `test_case_files.py`
    "facts": "sheet",
    "follow": "case.yaml list --home home",
    "playbook": "case.yaml --home home",
    "scan": "--help",  # it reads a firm's systems: `test_scan.py`
    "show": "case.yaml --home home",
    "trail": "list --trail ours.trail",
    "serve": "--help",  # it listens until it is ended: `test_serve.py`
    "check": "--home home --format json",
    "test": "--home home",
    "coverage": "--home home",
    "graph": "--home home --format mermaid",
    "prove": "--home home --format json",
    "diff": "home home",
    "replay": "--home home --trail ours.trail",
    "new": "rule --home home --stage only --strength strong --when n>7 --finding more --because Many. --title T "
    "--recommend x",
    "explain-rule": "A1 --home home",
    "docs": "--home home --format text",
    "table": "export only --home home --format csv",
    "fmt": "--home home",
    "migrate": "case.yaml --home home",
    "lsp": "--help",  # it talks to an editor: `test_lsp.py` has its streams
    "schema": "schemas --home home",
    "init": "ours",
}
"""A run of every command in a folder with a small rule base, a case, a reply and a trail."""
CASE = "case: six\nfacts: {case_attainment_pct: 50, n: 6}\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that every run begins with a copy of."""
    folder = tmp_path_factory.mktemp("streams")
    stage = {
        "terms": {"n": "integer", "m": "integer"},
        "rules": {"A1": "n > 5", "A2": "m > 5"},
        "interventions": {"x": {}},
    }
    write_home(folder / "home", {"only": stage})
    (folder / "home" / "rules" / "cases").mkdir()
    (folder / "home" / "rules" / "cases" / "six.yaml").write_text(f"{CASE}expect: {{fired: [A1]}}\n", "utf-8")
    (folder / "case.yaml").write_text(CASE, "utf-8")
    (folder / "facts.csv").write_text("case,case_attainment_pct,n\nsix,50,6\n", "utf-8")
    (folder / "open.yaml").write_text(CASE.replace(", n: 6", ""), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for words in ("trail init --trail ours.trail", f"diagnose {RUNS['diagnose']} --trail ours.trail"):
            assert CliRunner().invoke(cli, words.split()).exit_code == 0
        form = CliRunner().invoke(cli, f"ask {RUNS['ask']}".split()).stdout
        (folder / "reply.yaml").write_text(form.replace("answer: \n", "answer: 7\n", 1), "utf-8")
    return folder


@dataclass
class Done:
    status: int
    stdout: bytes
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(place: Path, tmp_path: Path) -> Run:
    """Run a command in a copy of the folder: its words, the streams that are not as usual, and variables."""

    def run(words: str, stdin: str = os.devnull, stdout: str = "", stderr: str = "", **variables: str) -> Done:
        folder = tmp_path / f"run {len(list(tmp_path.iterdir()))}"
        shutil.copytree(place, folder)
        out, err = folder / "stdout", folder / "stderr"
        for path in (out, err):
            path.touch()
        streams = [stream(stdin, os.O_RDONLY), *(stream(way, os.O_WRONLY) for way in (stdout or out, stderr or err))]
        status = status_of(words.split(), streams, folder, ENVIRONMENT | variables)
        for opened in streams:
            if opened is not None:
                os.close(opened)
        return Done(status, out.read_bytes(), err.read_text("utf-8"))

    return run


CLOSED, GONE = "closed", "gone"
"""A stream that is not there, and a pipe that nobody reads."""


def stream(way: str | Path, flags: int) -> int | None:
    if way == CLOSED:
        return None
    if way != GONE:
        return os.open(way, flags)
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def test_there_is_a_run_of_every_command() -> None:
    assert list(RUNS) == list(COMMANDS)


FULL = "/dev/full"
FAILED = {
    FULL: (1, "error: standard output cannot be written: No space left on device\n"),
    CLOSED: (1, "error: standard output is closed\n"),
    GONE: (141, ""),
}
"""An output that cannot be written -> the status, and what is said."""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_through_every_stream(name: str, run: Run) -> None:
    words = f"{name} {RUNS[name]}"
    usual = run(words)
    assert usual.stdout and "Traceback" not in usual.stderr
    for stdout, (status, said) in FAILED.items():
        failed = run(words, stdout=stdout)
        assert (failed.status, failed.stderr.removeprefix(usual.stderr)) == (status, said)
    for stderr in (FULL, CLOSED, GONE):
        quiet = run(words, stderr=stderr)
        assert (quiet.status, quiet.stdout) == (usual.status, usual.stdout)
    assert run(words, stdin=CLOSED) == usual
    assert run(words, stdin=CLOSED, stdout=CLOSED, stderr=CLOSED).status == 1
    for columns in ("1", "20"):
        narrow = run(words, COLUMNS=columns)
        assert (narrow.status, narrow.stderr) == (usual.status, usual.stderr)


@pytest.mark.parametrize("words", [*COMMANDS, *(f"trail {name}" for name in TRAIL)])
def test_the_help_of_every_command_on_a_full_disk_and_on_a_narrow_terminal(words: str, run: Run) -> None:
    full = run(f"{words} --help", stdout=FULL)
    assert (full.status, full.stderr) == FAILED[FULL]
    narrow = run(f"{words} --help", COLUMNS="1")
    assert (narrow.status, narrow.stderr) == (0, "")


@pytest.mark.parametrize(
    "words", ["diagnose no.yaml --home home", "diagnose", "no-such-command", "explain-rule A9 --home home"]
)
def test_a_message_that_nobody_can_get_leaves_the_status(words: str, run: Run) -> None:
    usual = run(words)
    assert usual.status in (1, 2) and usual.stdout == b"" and usual.stderr
    for stderr in (FULL, CLOSED, GONE):
        assert run(words, stderr=stderr).status == usual.status


@pytest.mark.parametrize("words", ["diagnose - --home home", "interview mine.yaml --home home"])
def test_a_closed_standard_input_is_named(words: str, run: Run) -> None:
    closed = run(words, stdin=CLOSED)
    assert (closed.status, closed.stderr) == (1, "error: standard input is closed\n")


def test_questions_whose_answers_end_are_an_error_and_not_a_traceback(run: Run) -> None:
    ended = run("new rule --home home")
    assert (ended.status, ended.stderr.strip()) == (1, "error: the input ended before the last question was answered")


@pytest.mark.parametrize(
    "option", ["interview --answers case.yaml --home home --transcript", "diagnose case.yaml --home home --output"]
)
def test_a_file_that_cannot_be_written_is_named(option: str, run: Run) -> None:
    full = run(f"{option} {FULL}")
    assert (full.status, full.stderr) == (1, f"error: `{FULL}` cannot be written: No space left on device\n")


def test_no_file_takes_the_number_of_a_closed_stream(run: Run, tmp_path: Path) -> None:
    """What is printed would be written into it."""
    words = "interview --answers case.yaml --home home --transcript said.jsonl"
    run(words)
    run(words, stdin=CLOSED, stdout=CLOSED, stderr=CLOSED)
    whole, cut = ((tmp_path / name / "said.jsonl").read_text("utf-8") for name in ("run 0", "run 1"))
    assert cut in [line + "\n" for line in whole.splitlines()]


# --- encodings, with real processes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-16"])
def test_pipes_and_files_get_and_give_utf_8(encoding: str) -> None:
    text = 'case: "Österreich ≤ “x”"\nfacts: {case_attainment_pct: 104}\n'.encode()
    command = [*DOOR, "diagnose", "-", "--format", "json", "--engine", "reference"]
    environment = {**ENVIRONMENT, "PYTHONIOENCODING": encoding, "LC_ALL": "C"}
    done = subprocess.run(command, input=text, capture_output=True, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.decode())["case"] == "Österreich ≤ “x”"
    wrong = subprocess.run([*DOOR, "diagnose", "ß≤.yaml"], capture_output=True, env=environment | {"LC_ALL": "C.UTF-8"})
    assert "ß≤.yaml" in wrong.stderr.decode()


def test_a_file_name_that_is_no_text_can_be_shown() -> None:
    done = subprocess.run([*map(os.fsencode, DOOR), b"diagnose", b"\xff.yaml"], capture_output=True, env=ENVIRONMENT)
    assert done.returncode == 1
    assert "\\udcff.yaml" in done.stderr.decode()


def test_a_terminal_gets_a_readable_replacement_for_what_it_cannot_show(tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    case.write_text("case: Café “Ω” → 3 ≤ 4 – ─│✓\nfacts: {case_attainment_pct: 50}\n", "utf-8")
    for encoding, shown in (
        ("utf-8", "Case Café “Ω” → 3 ≤ 4 – ─│✓\n"),
        ("cp1252", "Case Café “?” -> 3 <= 4 – -|+\n"),
        ("ascii", 'Case Cafe "?" -> 3 <= 4 - -|+\n'),
    ):
        command = [*DOOR, "diagnose", str(case), "--engine", "reference"]
        _, page = on_a_terminal(command, {**ENVIRONMENT, "PYTHONIOENCODING": encoding, "NO_COLOR": "1"})
        assert shown in page.decode(encoding)


def test_a_pipe_that_does_not_wait_gets_everything() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with subprocess.Popen([*DOOR, "docs"], stdout=writer, stderr=PIPE, env=ENVIRONMENT) as running:
        os.close(writer)
        with open(reader, "rb") as file:
            shown = file.read()
        assert running.stderr is not None and running.stderr.read() == b""
    assert running.returncode == 0
    assert len(shown) > 1 << 17 and shown.endswith(b"</html>\n")


# --- the doors --------------------------------------------------------------------------------------------------------

DOORS = {
    "cli.py": DOOR,
    "-m": [*PYTHON, "-m", "salesdx"],
    "script": [*PYTHON, "-c", "import sys; from salesdx.__main__ import main; sys.exit(main())"],
}
"""The last is what pip writes for the entry of pyproject.toml, which test_packaging.py runs."""


@pytest.mark.parametrize("door", DOORS)
def test_all_doors_are_the_same(door: str) -> None:
    def run(*words: str, **streams: int) -> tuple[int, str, str]:
        done = subprocess.run([*DOORS[door], *words], **{"stdout": PIPE, "stderr": PIPE, **streams}, env=ENVIRONMENT)
        return done.returncode, (done.stdout or b"").decode(), done.stderr.decode()

    usage = "Usage: salesdx [OPTIONS] COMMAND [ARGS]...\n`salesdx --help` says more\n\nerror: No such command 'no'.\n"
    assert run("no") == (2, "", usage)
    help = CliRunner().invoke(cli, ["--help"], env={"COLUMNS": "80"}, prog_name="salesdx").output
    assert run("--help") == (0, help, "")
    with open(FULL, "wb") as full:
        assert run("--help", stdout=full.fileno()) == (1, "", FAILED[FULL][1])


# --- Ctrl-C -----------------------------------------------------------------------------------------------------------

PROTECTED = """
import os, sys
def hear(event, arguments):
    if event == "import" and arguments[0] == "salesdx.cli":
        os.write({0}, " ".join(name for name in sys.modules if name.startswith("salesdx")).encode())
sys.addaudithook(hear)
from salesdx.__main__ import main
main()
"""
"""Runs salesdx, and says on a pipe when it begins to import the command line: an interruption is then its own affair.
Before that runs what is Python's, which no program can answer for."""


def stopped(words: list[str], folder: Path, moment: float, by: int = signal.SIGINT) -> tuple[int, bytes, str]:
    """A real process that gets a signal some seconds after it began -> status, errors, and what it had imported of us.

    Its standard input stays open and says nothing.
    """
    heard, said = os.pipe()
    with subprocess.Popen(
        [*PYTHON, "-c", PROTECTED.format(said), *words], cwd=folder, env=ENVIRONMENT,
        stdin=PIPE, stdout=DEVNULL, stderr=PIPE, pass_fds=[said],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # else ignored in the background
    ) as running:  # fmt: skip
        os.close(said)
        imported = os.read(heard, 1000).decode()
        os.close(heard)
        try:
            running.wait(moment)
        except subprocess.TimeoutExpired:
            running.send_signal(by)
        assert running.stderr is not None
        errors = running.stderr.read()
    return running.returncode, errors, imported


@pytest.mark.slow
@pytest.mark.parametrize("words", [["diagnose", LATE], ["interview", "mine.yaml"]], ids=["diagnose", "interview"])
def test_an_interruption_at_any_moment_is_quiet(words: list[str], tmp_path: Path) -> None:
    moments = [n * 0.6 / 40 for n in range(40)]
    folders = [tmp_path / str(n) for n in range(40)]  # one each: two interviews at once refuse each other's file
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(lambda folder, moment: stopped(words, folder, moment), folders, moments))
    done = {0, 130} if words[0] == "diagnose" else {130}  # it may have been done before
    assert {status for status, _, _ in ends} <= done
    assert {errors for _, errors, _ in ends} <= {b"", b"\n"}
    assert {imported for _, _, imported in ends} == {"salesdx salesdx.__main__"}
    assert [left for folder in folders for left in folder.iterdir()] == []


def test_a_termination_is_the_systems_own_and_quiet(tmp_path: Path) -> None:
    status, errors, _ = stopped(["interview", "mine.yaml"], tmp_path, 0.3, signal.SIGTERM)
    assert (status, errors) == (-signal.SIGTERM, b"")  # shells show it as 143


def test_an_interrupted_search_of_the_prover_ends_the_command(tmp_path: Path) -> None:
    """z3 takes the signal for itself, and gives up the one property."""
    script = (
        "import signal, threading\n"
        "from salesdx.engine.backends.smt.logic import WHOLE, free\n"
        "from salesdx.engine.backends.smt.solving import solve\n"
        "x, y, z = (free(WHOLE, name) for name in 'xyz')\n"
        "threading.Timer(1, signal.raise_signal, [signal.SIGINT]).start()\n"
        "try: print(solve([x * x * x + y * y * y + z * z * z == 33, x > 1, y < -1], timeout=60_000))\n"
        "except KeyboardInterrupt: print('interrupted')\n"
    )
    done = subprocess.run(
        [*PYTHON, "-c", script], capture_output=True, text=True, env=ENVIRONMENT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("interrupted\n", "")


def test_a_long_error_is_broken_between_words_on_a_terminal() -> None:
    told = "names are only typed in this trail, and this takes different persons: `salesdx trail people begin` makes"
    script = "from click import ClickException; from salesdx.cli.faults import show_error\n"
    script += f"show_error(ClickException({told!r}))"
    piped = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert piped.stderr == f"error: {told}\n"
    main, side = pty.openpty()
    env = os.environ | {"COLUMNS": "60"}
    subprocess.run([sys.executable, "-c", script], stderr=side, stdout=subprocess.DEVNULL, env=env, check=True)
    os.close(side)
    shown = os.read(main, 10_000).decode()
    os.close(main)
    lines = shown.splitlines()
    assert " ".join(" ".join(lines).split()) == f"error: {told}"
    assert len(lines) == 2 and all(len(line) <= 60 for line in lines) and lines[1].startswith("       ")
