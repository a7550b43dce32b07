"""The command line: what goes where, exit statuses, and that nothing is half-written."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import person_keys
import salesdx
from commands import on_a_terminal, run_salesdx
from conftest import ROOT
from salesdx.base.model import RuleBase
from salesdx.cli import COMMANDS, cli
from salesdx.cli.spool import IN_MEMORY, Spool

LATE = str(ROOT / "examples" / "late-delivery.yaml")
START = str(ROOT / "examples" / "empty-start.yaml")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "80"}
REFERENCE = ["--engine", "reference"]


def run(*words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, words, input=stdin, prog_name="salesdx", catch_exceptions=False)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A case file with three faults."""
    path = tmp_path / "broken.yaml"
    path.write_text("facts:\n  no_such_term: 1\n  case_attainment_pct: many\n  goal_measurable: 3\n", encoding="utf-8")
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "our rules"
    assert run("init", str(folder)).exit_code == 0
    return folder


# --- diagnose -------------------------------------------------------------------------------------------------------


def test_text_is_one_screen_a_case_and_everything_with_full() -> None:
    short = run("diagnose", LATE, START, *REFERENCE).stdout
    full = run("diagnose", LATE, START, "--full", *REFERENCE).stdout
    assert short.count("salesdx diagnose CASE --full") == 2
    assert short.count("── Why ─") == 0 and full.count("── Why ─") == 1
    assert [text.count("── Result ─") for text in (short, full)] == [2, 2]
    for format in ("markdown", "html", "json"):
        pages = [run("diagnose", LATE, *more, "--format", format, *REFERENCE).stdout for more in ([], ["--full"])]
        assert pages[0] == pages[1]


def test_a_page_that_cannot_be_laid_aside_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with Spool() as spool:
        spool.add("a")
        with pytest.raises(click.ClickException, match="the folder for temporary files cannot take the page: No such"):
            spool.add("b" * IN_MEMORY)


def test_what_is_laid_aside_comes_back_in_order() -> None:
    texts = ["é" * IN_MEMORY, "", "\ud800\n", "end"]
    with Spool() as spool:
        for text in texts:
            spool.add(text)
        assert [list(spool), list(spool)] == [texts, texts]


def test_one_case_is_an_object_and_several_are_a_list() -> None:
    one = run("diagnose", LATE, "--format", "json", *REFERENCE)
    several = run("diagnose", LATE, START, "--format", "json", *REFERENCE)
    assert (one.exit_code, several.exit_code) == (0, 0)
    assert json.loads(one.stdout)["concluded"] == "delivery"
    assert [found["concluded"] for found in json.loads(several.stdout)] == ["delivery", None]


def test_json_is_what_the_library_gives(base: RuleBase) -> None:
    found = salesdx.diagnose(base, salesdx.read_case(LATE, base), "reference")
    shown = run("diagnose", LATE, "--format", "json", *REFERENCE).stdout
    assert shown == json.dumps(found.to_dict(), indent=2, ensure_ascii=False) + "\n"


def test_standard_input() -> None:
    found = run("diagnose", "-", "--format", "json", *REFERENCE, stdin='{"facts": {"case_attainment_pct": 104}}')
    assert json.loads(found.stdout)["mode"] == "success"


def test_standard_input_twice_is_wrong_usage() -> None:
    found = run("diagnose", "-", "-", stdin="facts: {}")
    assert found.exit_code == 2
    assert "`-` can be given once" in found.stderr


def test_the_faults_of_all_case_files_are_shown_and_nothing_is_reported(broken: Path) -> None:
    found = run("diagnose", LATE, str(broken), "no-such-file.yaml", *REFERENCE)
    assert found.exit_code == 1
    assert found.stdout == ""
    assert "the vocabulary has no term `no_such_term`" in found.stderr
    assert "no-such-file.yaml" in found.stderr
    assert found.stderr.splitlines()[-1] == "4 faults in 2 files; nothing is reported"


def test_an_engine_that_does_not_exist_is_wrong_usage() -> None:
    assert run("diagnose", LATE, "--engine", "steam").exit_code == 2


def test_text_is_as_wide_as_the_terminal_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, wanted in (("20", 40), ("100", 100), ("300", 110)):
        monkeypatch.setenv("COLUMNS", columns)
        shown = run("diagnose", START, *REFERENCE).stdout
        assert max(map(len, shown.splitlines())) == wanted


def test_no_colour_where_there_is_no_terminal() -> None:
    assert "\x1b" not in run("diagnose", LATE, *REFERENCE).stdout


@pytest.mark.parametrize(("more", "wanted"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_on_a_terminal(more: dict[str, str], wanted: bool) -> None:
    environment = {**{k: v for k, v in ENVIRONMENT.items() if k != "NO_COLOR"}, **more}
    command = [sys.executable, str(ROOT / "cli.py"), "diagnose", START, *REFERENCE]
    status, shown = on_a_terminal(command, environment)
    assert status == 0
    assert "Goals sound?" in shown.decode()
    assert ("\x1b[" in shown.decode()) is wanted


# --- --output -------------------------------------------------------------------------------------------------------


def test_output_is_written_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    found = run("diagnose", LATE, "--format", "html", "--output", str(target), *REFERENCE)
    assert (found.exit_code, found.output) == (0, "")
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert target.read_text(encoding="utf-8").endswith("</html>\n")
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_the_old_file_stays_where_the_disk_fails(
    step: str, tmp_path: Path, broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.txt"
    target.write_text("the old report\n", encoding="utf-8")

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fails)
    found = run("diagnose", LATE, "--output", str(target), *REFERENCE)
    assert found.exit_code == 1
    assert f"`{target}` cannot be written: No space left on device" in found.stderr
    assert target.read_text(encoding="utf-8") == "the old report\n"
    assert sorted(tmp_path.iterdir()) == [broken, target]


def test_the_old_file_stays_where_a_case_has_faults(tmp_path: Path, broken: Path) -> None:
    target = tmp_path / "report.txt"
    target.write_text("the old report\n", encoding="utf-8")
    assert run("diagnose", str(broken), "--output", str(target)).exit_code == 1
    assert target.read_text(encoding="utf-8") == "the old report\n"


def test_output_keeps_the_rights_and_the_link_of_the_old_file(tmp_path: Path) -> None:
    target, link = tmp_path / "report.txt", tmp_path / "latest.txt"
    target.write_text("the old report\n", encoding="utf-8")
    target.chmod(0o640)
    link.symlink_to(target)
    assert run("diagnose", START, "--output", str(link), *REFERENCE).exit_code == 0
    assert link.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o640
    assert target.read_text(encoding="utf-8").startswith("Case empty-start\n")


def test_output_into_a_folder_that_is_not_there(tmp_path: Path) -> None:
    found = run("diagnose", START, "--output", str(tmp_path / "no" / "report.txt"), *REFERENCE)
    assert found.exit_code == 1
    assert "cannot be written" in found.stderr


def test_a_reader_that_goes_away_is_no_fault() -> None:
    command = [sys.executable, str(ROOT / "cli.py"), "diagnose", LATE, *REFERENCE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""


# --- explain --------------------------------------------------------------------------------------------------------


def test_explain_tells_why_the_result_is_so() -> None:
    shown = run("explain", LATE, *REFERENCE)
    assert shown.exit_code == 0
    assert "── Why Production and delivery is confirmed and concluded" in shown.stdout
    assert "Goals sound? is ruled out" in shown.stdout


def test_explain_an_open_case_tells_what_would_decide_it() -> None:
    shown = run("explain", START, *REFERENCE).stdout
    assert "── Why not otherwise: Goals sound? is open" in shown
    assert "“Goal has number, unit and date”" in " ".join(shown.split("What would decide it:")[1].split())


def test_explain_as_json() -> None:
    shown = run("explain", LATE, "--why", "D1", "--why-not", "pricing", "--format", "json", *REFERENCE).stdout
    found = json.loads(shown)
    assert found["schema"] == "salesdx.explanation/1"
    assert [(a["question"], a["name"]) for a in found["answers"]] == [("why", "D1"), ("why_not", "pricing")]
    assert found["answers"][0]["answer"]["truth"] == "true"


def test_explain_several_changes_after_one_option() -> None:
    command = ["explain", LATE, "--what-if", "delivery_otif_pct=96", "delivery_cancelled_pct=0", *REFERENCE]
    shown = run(*command).stdout
    assert "78% of orders   96% of orders" in shown
    assert "6.2% of orders  0% of orders" in shown


def test_explain_what_would_change_a_stage() -> None:
    shown = run("explain", LATE, "--what-would-change", "goals", *REFERENCE).stdout
    assert "Now: ruled out." in shown
    assert re.search(r"^concluded +Goal has number, unit and date: yes → no \(the sales", shown, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--why", "D99"], "`D99`"),
        (["--what-if", "delivery_otif_pct"], "`delivery_otif_pct` is no TERM=VALUE"),
        (["--what-if", "delivery_otif_pct=1", "delivery_otif_pct=2"], "`delivery_otif_pct` is changed twice"),
        (["other.yaml"], "unexpected argument `other.yaml`"),
    ],
)
def test_explain_refuses_wrong_usage(words: list[str], message: str) -> None:
    found = run("explain", LATE, *words, *REFERENCE)
    assert found.exit_code == 2
    assert message in found.stderr


def test_explain_shows_the_faults_of_a_change() -> None:
    found = run("explain", LATE, "--what-if", "delivery_otif_pct=lots", *REFERENCE)
    assert found.exit_code == 1
    assert "delivery_otif_pct" in found.stderr
    assert found.stdout == ""


# --- check and init -------------------------------------------------------------------------------------------------


def test_a_good_rule_base_has_no_faults(base: RuleBase) -> None:
    found = run("check")
    assert found.exit_code == 0
    assert found.stdout.startswith(f"no faults: {len(base.terms)} terms, {len(base.rules)} rules, ")
    assert base.digest in found.stdout
    assert json.loads(run("check", "--format", "json").stdout) == []
    assert run("check", "--format", "github").stdout == ""


def test_init_copies_what_is_shipped(home: Path, base: RuleBase) -> None:
    found = salesdx.load(home)
    assert {name: text for name, text in found.files.items() if "/" in name and "extended" not in name} == base.files
    assert found.below is not None
    assert found.below.digest == base.digest
    copied = {path.relative_to(home) for path in home.rglob("*.yaml")}
    shipped = {p.relative_to(ROOT) for room in ("knowledge", "rules") for p in (ROOT / room).rglob("*.yaml")}
    assert copied == shipped | {Path("copied.yaml")}


def test_init_names_the_next_commands_and_they_run(tmp_path: Path) -> None:
    shown = run("init", str(tmp_path / "our rules")).stdout
    commands = re.findall(r"^  salesdx (.*?)(?:   .*)?$", shown, re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["check", "test", "diagnose"]
    for command in (commands[0], commands[2]):
        assert run(*shlex.split(command)).exit_code == 0


def test_init_overwrites_nothing(home: Path) -> None:
    (home / "knowledge" / "ladder.yaml").write_text("ours\n", encoding="utf-8")
    found = run("init", str(home))
    assert found.exit_code == 2
    assert "is not empty" in found.stderr
    assert (home / "knowledge" / "ladder.yaml").read_text(encoding="utf-8") == "ours\n"


@pytest.fixture
def faulty(home: Path) -> Path:
    """A rule base with two faults in two files."""
    for name, old, new in (
        ("rules/pricing.yaml", "price_index_vs_competitor_pct > price", "price_indx_vs_competitor_pct > price"),
        ("knowledge/pricing.yaml", "type: percent", "type: percentage"),
    ):
        path = home / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return home


def test_check_shows_every_fault_of_every_file(faulty: Path) -> None:
    found = run("check", "--home", str(faulty))
    assert found.exit_code == 1
    assert found.stdout == ""
    assert "`price_indx_vs_competitor_pct`" in found.stderr
    assert f"{faulty}/rules/pricing.yaml:" in found.stderr
    assert f"{faulty}/knowledge/pricing.yaml:" in found.stderr
    assert re.fullmatch(r"\d+ faults in 2 files", found.stderr.splitlines()[-1])


def test_faults_for_programs(faulty: Path) -> None:
    found = run("check", "--home", str(faulty), "--format", "json")
    assert found.exit_code == 1
    keys = {"code", "severity", "message", "path", "line", "column", "end_line", "end_column", "help"}
    issues = json.loads(found.stdout)
    assert all(set(issue) == keys for issue in issues)
    (run_of,) = json.loads(run("check", "--home", str(faulty), "--format", "sarif").stdout)["runs"]
    assert len(run_of["results"]) == len(issues)
    assert {rule["id"] for rule in run_of["tool"]["driver"]["rules"]} == {issue["code"] for issue in issues}
    place = run_of["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == issues[0]["path"].replace(" ", "%20")
    assert place["region"]["startLine"] == issues[0]["line"]


def test_faults_as_annotations_of_a_build(faulty: Path) -> None:
    lines = run("check", "--home", str(faulty), "--format", "github").stdout.splitlines()
    issues = json.loads(run("check", "--home", str(faulty), "--format", "json").stdout)
    assert len(lines) == len(issues)
    for line, issue in zip(lines, issues, strict=True):
        assert line.startswith(f"::error file={issue['path']},line={issue['line']},")


def test_a_faulty_rule_base_gives_no_diagnosis(faulty: Path) -> None:
    found = run("diagnose", LATE, "--home", str(faulty))
    assert (found.exit_code, found.stdout) == (1, "")


# --- help -----------------------------------------------------------------------------------------------------------


def command(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    return found


def test_version() -> None:
    assert salesdx.__version__ == metadata.version("salesdx")
    assert run("--version").stdout == f"salesdx {salesdx.__version__}\n"


@pytest.mark.parametrize("words", [[], ["no-such-command"], ["diagnose"], ["diagnose", "--no-such-option"]])
def test_wrong_usage(words: list[str]) -> None:
    assert run(*words).exit_code == 2


def test_the_help_lists_every_command() -> None:
    shown = " ".join(run("--help").stdout.split())
    for name, (_, short) in COMMANDS.items():
        assert f"{name} {short}" in shown


def message(method: str) -> str:
    """What an editor sends to the language server."""
    body = json.dumps({"jsonrpc": "2.0", "method": method} | ({} if method == "exit" else {"id": 1}))
    return f"Content-Length: {len(body)}\r\n\r\n{body}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_ends_with_an_example_that_works(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = run(name, "--help")
    assert shown.exit_code == 0
    last = " ".join(shown.stdout.strip().split("\n\n")[-1].split())
    assert last.startswith(f"Example: salesdx {name}")
    for folder in ("examples", "rules", "knowledge"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    if name == "collect":  # what came back from others is theirs to send
        (tmp_path / "mine.yaml").write_bytes((ROOT / "examples" / "empty-start.yaml").read_bytes())
        for respondent, file in (("production", "production.yaml"), ("finance", "finance.json")):
            form = run("ask", "mine.yaml", "--respondent", respondent).stdout
            (tmp_path / file).write_text(form.replace("answer: \n", "answer: not known\n", 1), encoding="utf-8")
    if name in ("trail", "replay"):
        run("trail", "init", "--trail", "ours.trail")
    if name == "bulk":
        (tmp_path / "facts.csv").write_text("case,case_attainment_pct\nnorth,76\n", "utf-8")
    if name == "serve":  # a trail that knows its people
        run("trail", "init", "--trail", "ours.trail")
        keys = {}
        for who in ("anna", "ben"):
            (tmp_path / who).mkdir()
            keys[who] = person_keys.made(tmp_path / who, "ed25519")
        first = [part for who, path in keys.items() for part in ("--admin", f"{who}={who.title()}={path}.pub")]
        run("trail", "people", "begin", *first, "--trail", "ours.trail")
        for who, path in keys.items():
            proved = run("trail", "people", "prove", who, "--key-file", path, "--trail", "ours.trail")
            assert proved.exit_code == 0, proved.stderr
    if name == "migrate":  # it writes into the files that it is given
        run("init", "ours")
        (tmp_path / "cases").mkdir()
        (tmp_path / "cases" / "north.yaml").write_bytes((ROOT / "examples" / "late-delivery.yaml").read_bytes())
    words = shlex.split(last.removeprefix("Example: salesdx "))
    if name == "lsp":  # it talks to an editor, and has a loop of events of its own
        talk = run_salesdx(*words, stdin="".join(map(message, ("shutdown", "exit"))))
        assert (talk.returncode, talk.stderr) == (0, "") and talk.stdout
        return
    done = run(*words)
    assert (done.exit_code, "error" in done.stderr) == (0, False), done.stderr
    assert done.stdout or "--output" in last


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name: str) -> None:
    assert command(name).help
    options = [option for option in command(name).params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_an_amount_of_money_is_shown_as_reports_show_it() -> None:
    """`show` had "1200000 money" where the report has "EUR 1,200,000"."""
    text = """\
case: a
result: {goal: 1200000, reached: 948000, currency: EUR, by: finance}
facts: {funnel_deal_amount: {value: {low: 9000, high: 12000}}}
"""
    found = run("show", "-", "--format", "markdown", stdin=text).stdout
    cells = [line.split("|")[2].strip() for line in found.splitlines() if line.startswith("| ")]
    assert [cell for cell in cells if "EUR" in cell] == ["EUR", "EUR 1,200,000", "EUR 948,000", "EUR 9,000 to 12,000"]
    assert "money" not in "".join(cells)
    bare = run("show", "-", "--format", "markdown", stdin=text.replace(", currency: EUR", "")).stdout
    assert "| 1,200,000 |" in bare
    what_if = run("explain", "-", "--what-if", "case_goal_amount=1300000", stdin=text).stdout
    assert all(told in what_if for told in ("EUR 1,200,000", "EUR 1,300,000", "EUR 252,000", "EUR 352,000"))
    assert "000000" not in what_if and "252000" not in what_if
    why = run("explain", "-", "--why", "case_gap_amount", stdin=text).stdout
    assert (
        "“Missing in money” is EUR 252,000: computed" in why and "“Goal in money” is EUR 1,200,000: by finance" in why
    )


def test_a_drawn_statement_without_its_evidence_file_is_told_to_count_as_typed() -> None:
    text = """\
case: a
subject: {kind: company}
facts:
  case_attainment_pct: 80
  firm_ships_goods: true
  delivery_otif_pct: {value: 70, by: production, source: ERP, drawn: e3}
  delivery_orders_n: 400
  delivery_cancelled_pct: 4
"""
    told = "ERP, entry e3 of an evidence file that is not there: counts as typed"
    found = run("show", "-", "--format", "markdown", stdin=text).stdout
    assert f"| {told} |" in found
    report = run("diagnose", "-", "--full", "--format", "markdown", stdin=text).stdout
    assert told in report


def test_show_tells_on_what_each_statement_rests() -> None:
    """The kind that was named; what the words of a source suggest is none."""
    text = """\
case: a
facts:
  delivery_otif_pct:
    - {value: 70, by: production, kind: CRM fields}
    - {value: 80, by: hr, source: ERP}
  delivery_orders_n: {value: not_known, by: production}
"""
    found = run("show", "-", "--format", "markdown", stdin=text).stdout
    rows = [[cell.strip() for cell in line.split("|")[2:6]] for line in found.splitlines() if line.startswith("|")]
    assert rows[0] == ["value", "who", "rests on", "source"]
    assert rows[2:] == [
        ["70% of orders (used)", "production and logistics", "CRM fields", "not said"],
        ["80% of orders", "human resources", "not said", "ERP"],
        ["not known", "production and logistics", "", "not said"],
    ]
