"""The files of a user: kept as they are but for what was asked, never half written, never written over each other."""

from __future__ import annotations

import os
import shutil
import stat
import struct
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from filelock import FileLock

import salesdx
from conftest import ROOT
from lacking import lacking
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text
from salesdx.cli import cli
from salesdx.interview.speaker import Speaker
from salesdx.questionnaire.replies import read_reply
from salesdx.services import files
from salesdx.services.files import FileChanged, FileError, UserFile, read_user_file, write_together
from salesdx.services.questionnaires import collect_replies, save_replies
from salesdx.services.recorder import NO_RECORDER
from salesdx.services.saved_interview import open_interview
from salesdx.text.disk import ChangedMeanwhile, new_folder, replace_file, write_new
from salesdx.text.issues import CaseError

LATE, START = ROOT / "examples" / "late-delivery.yaml", ROOT / "examples" / "empty-start.yaml"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1", "SALESDX_SETTINGS": ""}
ROOT_ONLY = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs to be root")
CASE = "case: mine\nfacts:\n  case_subject: company\n"
OPENING = "\n\n\n"
"""The sales manager, the last quarter, and nothing suspected."""


def run(*words: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)), input=stdin, prog_name="salesdx")


def process(*words: str | Path, folder: Path, before: str = "", **more: object) -> subprocess.CompletedProcess[bytes]:
    """A command as a process of its own; ``before`` is Python that runs first."""
    script = f"import sys; sys.argv[0] = 'salesdx'\n{before}\nfrom salesdx.__main__ import main; main()"
    command = [sys.executable, "-c", script, *map(str, words)]
    return subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, timeout=120, **more)  # type: ignore[call-overload, no-any-return]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- everything of the old file but its text --------------------------------------------------------------------------


def access_list(user: int) -> bytes:
    """A POSIX access list: the owner reads and writes, one more user reads, nobody else."""
    nobody = 0xFFFFFFFF
    entries = [(0x01, 6, nobody), (0x02, 4, user), (0x04, 0, nobody), (0x10, 4, nobody), (0x20, 0, nobody)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    """A file with an attribute and an access list, where the file system has such."""
    path = tmp_path / "mine.yaml"
    path.write_text(CASE)
    try:
        os.setxattr(path, "user.origin", b"the board")
        os.setxattr(path, "system.posix_acl_access", access_list(12))
    except (AttributeError, OSError):
        lacking("no attributes on this file system")
    return path


def test_attributes_and_the_access_list_stay(marked: Path) -> None:
    assert run("interview", marked, stdin=f"{OPENING}76\nquit\n").exit_code == 0
    assert "- {value: 76, by: sales_manager, date: " in marked.read_text()
    assert os.getxattr(marked, "user.origin") == b"the board"
    assert os.getxattr(marked, "system.posix_acl_access") == access_list(12)


def test_what_a_folder_gives_to_new_files_is_not_given_to_an_old_one(marked: Path) -> None:
    os.removexattr(marked, "system.posix_acl_access")
    marked.chmod(0o600)
    os.setxattr(marked.parent, "system.posix_acl_default", access_list(12))
    replace_file(marked, [b"new"])
    assert os.listxattr(marked) == ["user.origin"]
    assert stat.S_IMODE(marked.stat().st_mode) == 0o600


@ROOT_ONLY
def test_owner_group_and_rights_stay(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(CASE)
    path.chmod(0o664)
    os.chown(path, 12345, 23456)
    assert run("interview", path, stdin=f"{OPENING}76\nquit\n").exit_code == 0
    found = path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (12345, 23456, 0o664)


def test_where_a_new_file_may_not_be_given_to_its_owner_the_old_file_itself_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("old\n")
    number = path.stat().st_ino

    def refuses(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refuses)
    replace_file(path, [b"a new text\n"], b"old\n")
    assert (path.read_bytes(), path.stat().st_ino, names(tmp_path)) == (b"a new text\n", number, ["mine.yaml"])
    replace_file(path, [b"less\n"])
    assert path.read_bytes() == b"less\n"


def test_all_names_of_a_file_stay_one_file(tmp_path: Path) -> None:
    path, other, link = (tmp_path / name for name in ("mine.yaml", "other.yaml", "link.yaml"))
    path.write_text(CASE)
    os.link(path, other)
    link.symlink_to("mine.yaml")
    assert run("interview", link, stdin=f"{OPENING}76\nquit\n").exit_code == 0
    assert link.is_symlink()
    assert os.path.samefile(path, other)
    assert "- {value: 76, by: sales_manager, date: " in other.read_text()
    assert names(tmp_path) == ["link.yaml", "mine.yaml", "other.yaml"]


def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(CASE)
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.W_OK)  # root may write everything
    found = run("interview", path, stdin=f"{OPENING}76\nquit\n")
    assert (found.exit_code, path.read_text()) == (1, CASE)
    assert found.stderr == f"error: `{path}` cannot be written: Permission denied\n"


def test_a_new_file_has_the_rights_that_the_mask_leaves(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write_new(tmp_path / "open", b"x")
        write_new(tmp_path / "closed", b"x", 0o600)
        replace_file(tmp_path / "put", [b"x"])
    finally:
        os.umask(mask)
    rights = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert rights == {"open": 0o640, "closed": 0o600, "put": 0o640}


def test_a_new_file_where_a_file_has_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuses)
    write_new(tmp_path / "a", b"x")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a", b"y")
    assert (names(tmp_path), (tmp_path / "a").read_bytes()) == (["a"], b"x")


def test_a_name_as_long_as_the_file_system_takes(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 250 + ".yaml")
    replace_file(path, [b"one"])
    replace_file(path, [b"two"], b"one")
    assert path.read_bytes() == b"two"


MARK = "\ufeff"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", MARK])
def test_a_byte_order_mark_and_line_ends_stay(ending: str, mark: str, tmp_path: Path, base: RuleBase) -> None:
    """In an interview, when answers are collected, and when a rule base is put in order or added to."""

    def written(path: Path, text: str) -> Path:
        path.write_bytes((mark + text.replace("\n", ending)).encode())
        return path

    def kept(path: Path) -> str:
        text = path.read_bytes().decode()
        assert text.startswith(mark) and MARK not in text[1:]
        assert text.count("\n") == text.count(ending) > 3
        assert "\r" in ending or "\r" not in text
        return text

    case = written(tmp_path / "mine.yaml", "# one\n" + CASE)
    assert run("interview", case, stdin=f"{OPENING}76\nquit\n").exit_code == 0
    assert "- {value: 76, by: sales_manager, date: " in kept(case)
    form = run("ask", case, "--respondent", "production").stdout
    answers = written(tmp_path / "answers.yaml", form.replace("answer: \n", "answer: 78%\n", 1))
    assert run("collect", case, answers).exit_code == 0
    assert "by: production" in kept(case)
    shutil.copytree(ROOT / "knowledge", tmp_path / "ours" / "knowledge")
    shutil.copytree(ROOT / "rules", tmp_path / "ours" / "rules")
    rules = tmp_path / "ours" / "rules" / "pricing.yaml"
    head = "- strength: weak\n  id: ZZ1\n  when: price_index_vs_competitor_pct > 300\n  finding: zz_found\n"
    written(rules, rules.read_text(encoding="utf-8") + head + "  because: So.\n  source: J\n")
    assert run("fmt", "--home", tmp_path / "ours").exit_code == 0
    assert f"- id: ZZ1{ending}  strength: weak{ending}" in kept(rules)
    assert run("fmt", "--home", tmp_path / "ours", "--check").exit_code == 0
    new = ("--stage", "pricing", "--strength", "weak", "--when", "price_index_vs_competitor_pct > 400", "--title", "")
    more = ("--finding", "zz_more", "--because", "So.", "--recommend", "")
    assert run("new", "rule", "--home", tmp_path / "ours", *new, *more).exit_code == 0
    assert "finding: zz_more" in kept(rules)
    assert {rule.finding for rule in salesdx.load(tmp_path / "ours").rules} >= {"zz_found", "zz_more"}


# --- a full disk ------------------------------------------------------------------------------------------------------

FULL = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60, 60))"


@pytest.mark.parametrize("twice", [False, True], ids=["renamed", "written into itself"])
def test_a_file_that_may_not_grow_stays_as_it_was(twice: bool, tmp_path: Path) -> None:
    """The system ends the writing after 60 bytes: what stood there stands there, and nothing beside it."""
    (tmp_path / "mine.yaml").write_text(CASE)
    if twice:
        os.link(tmp_path / "mine.yaml", tmp_path / "other.yaml")
    done = process("interview", "mine.yaml", folder=tmp_path, before=FULL, input=f"{OPENING}76\n".encode())
    assert (done.returncode, done.stderr) == (1, b"error: `mine.yaml` cannot be written: File too large\n")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(names(tmp_path), CASE)
    assert names(tmp_path) == ["mine.yaml", "other.yaml"][: 1 + twice]


def test_what_was_written_over_is_put_back_where_the_rest_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"the old text\n")
    os.link(path, tmp_path / "other.yaml")
    real, calls = os.fsync, []

    def second_fails(file: int) -> None:
        calls.append(file)
        if len(calls) == 2:  # the first is of the text beside it
            raise OSError(5, "Input/output error")
        real(file)

    monkeypatch.setattr(os, "fsync", second_fails)
    with pytest.raises(OSError, match="Input/output"):
        replace_file(path, [b"a new text that is longer\n"])
    assert path.read_bytes() == b"the old text\n"
    assert names(tmp_path) == ["mine.yaml", "other.yaml"]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 200 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        lacking("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(folder: Path, left: int = 0) -> None:
    """Fill a disk, but for some bytes."""
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    os.truncate(folder / "filler", (folder / "filler").stat().st_size - left)


@ROOT_ONLY
@pytest.mark.parametrize("given", ["new", "empty", "deep"])
def test_a_copy_of_the_rules_is_there_whole_or_not_at_all(small: Path, given: str) -> None:
    home = small / ("a/b/ours" if given == "deep" else "ours")
    if given == "empty":
        home.mkdir()
    found = run("init", home)
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == f"error: `{home}` cannot be written: No space left on device\n"
    assert names(small) == (["ours"] if given == "empty" else [])
    assert given != "empty" or names(home) == []
    subprocess.run(["mount", "-o", "remount,size=4m", small], check=True)
    assert run("init", home).exit_code == 0
    assert names(home) == ["copied.yaml", "copied.zip", "knowledge", "rules", "schemas"]
    assert len(salesdx.load(home).rules) > 100


@ROOT_ONLY
def test_schemas_are_written_all_or_none(small: Path) -> None:
    (small / "schemas").mkdir()
    (small / "schemas" / "rules.schema.json").write_text("{}\n")
    fill(small, 20_000)
    found = run("schema", small / "schemas")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.endswith("cannot be written: No space left on device\n")
    assert names(small / "schemas") == ["rules.schema.json"]
    assert (small / "schemas" / "rules.schema.json").read_text() == "{}\n"
    assert run("schema", small / "new").exit_code == 1
    assert names(small) == ["filler", "schemas"]


@ROOT_ONLY
@pytest.mark.parametrize("left", [0, 40_960], ids=["no room for the key", "no room for the trail"])
@pytest.mark.parametrize("where", ["ours.trail", "sqlite:///ours.trail"])
def test_a_trail_is_there_whole_or_not_at_all(
    small: Path, left: int, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALESDX_SETTINGS", "")
    monkeypatch.chdir(small)
    fill(small, left)
    words = ("trail", "init", "--trail", where, "--key", "ours.key", "--as", "Anna")
    found = run(*words)
    assert (found.exit_code, found.stdout, names(small)) == (1, "", ["filler"])
    told = "the trail `ours.trail` failed: database or disk is full"
    assert (
        found.stderr
        == f"error: {told if left else 'the key cannot be written to `ours.key`: No space left on device'}\n"
    )
    (small / "filler").unlink()
    assert run(*words).exit_code == 0
    assert names(small) == ["ours.key", "ours.key.signed", "ours.trail"]


@ROOT_ONLY
def test_an_answer_that_does_not_fit_leaves_the_case_as_it_was(small: Path) -> None:
    (small / "mine.yaml").write_text(CASE)
    read_user_file(small / "mine.yaml").written(CASE)  # a lock takes no room of the disk, but a name
    fill(small)
    found = run("interview", small / "mine.yaml", stdin=f"{OPENING}76\n")
    assert found.exit_code == 1
    assert "cannot be written: No space left on device" in found.stderr
    assert ((small / "mine.yaml").read_text(), names(small)) == (CASE, ["filler", "mine.yaml"])


@ROOT_ONLY
def test_a_stage_that_does_not_fit_leaves_the_rules_as_they_were(small: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=3m", small], check=True)
    assert run("init", small / "ours").exit_code == 0
    before = {path: path.read_bytes() for path in (small / "ours").rglob("*.yaml")}
    fill(small, 8192)  # room for its two files, and none for the ladder beside the old one
    told = {
        "id": "legal", "title": "Legal", "owner": "legal", "after": "pricing", "term": "legal_days", "type": "number",
        "question": "How many days?", "respondent": "sales_ops", "ruled-out-when": "legal_days <= 5",
        "when": "legal_days > 20", "finding": "legal_slow", "because": "It takes {legal_days} days.",
    }  # fmt: skip
    words = [word for key, value in told.items() for word in (f"--{key}", value)]
    found = run("new", "stage", "--home", small / "ours", *words)
    assert found.exit_code == 1
    assert "cannot be written: No space left on device" in found.stderr
    (small / "filler").unlink()
    assert {path: path.read_bytes() for path in (small / "ours").rglob("*.yaml")} == before
    assert run("new", "stage", "--home", small / "ours", *words).exit_code == 0


def test_a_stage_with_faults_leaves_the_rules_as_they_were(tmp_path: Path) -> None:
    """A layer that has no rules yet: the folder that was made for them goes as well."""
    (tmp_path / "layer.yaml").write_text("extends: salesdx\n")
    words = ("--strength", "weak", "--when", "no_such > 1", "--finding", "x_found", "--because", "So.", "--title", "")
    found = run("new", "rule", "--home", tmp_path, "--stage", "pricing", *words, "--recommend", "")
    assert found.exit_code == 1
    assert found.stderr.startswith("nothing was added, because the rules would not load with it:\n")
    assert names(tmp_path) == ["layer.yaml"]


def test_a_folder_that_is_kept_from_its_place_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError), new_folder(tmp_path / "ours") as part:
        (part / "a").write_text("a")
        (tmp_path / "ours").write_text("somebody else was quicker")
    assert names(tmp_path) == ["ours"]
    assert (tmp_path / "ours").read_text() == "somebody else was quicker"


# --- what others wrote meanwhile --------------------------------------------------------------------------------------


class Talk:
    """An interview in a process of its own, through pipes."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, str(ROOT / "cli.py"), "interview", "mine.yaml", "--by", "sales_manager"]
        self.running = subprocess.Popen(
            command, cwd=folder, env={**ENVIRONMENT, "PYTHONUNBUFFERED": "1"}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.say("don't know")  # which period
        self.say("")  # what is suspected

    def question(self) -> str:
        """What is shown up to the next question."""
        assert self.running.stdout is not None
        shown = ""
        while " · look in " not in shown.rpartition("\n── ")[2]:
            line = self.running.stdout.readline()
            assert line, shown
            shown += line
        return shown

    def say(self, line: str) -> None:
        assert self.running.stdin is not None
        self.running.stdin.write(f"{line}\n")
        self.running.stdin.flush()

    def end(self) -> tuple[int, str, str]:
        shown, errors = self.running.communicate(timeout=60)
        return self.running.returncode, shown, errors


EDITED = "# my remark\ncase: mine\nfacts:\n  case_subject: company\n  goal_measurable: {value: true, by: hr}\n"


def test_an_interview_takes_in_what_an_editor_saved_while_the_question_was_open(tmp_path: Path, base: RuleBase) -> None:
    case = tmp_path / "mine.yaml"
    case.write_text(CASE)
    talk = Talk(tmp_path)
    assert "counting only active days?" in talk.question()
    case.write_text(EDITED)
    talk.say("76")
    shown = talk.question()
    assert "`mine.yaml` was changed by another program meanwhile; it is read anew" in shown
    assert "understood: 76%" in shown
    talk.say("quit")
    assert talk.end()[0] == 0
    text = case.read_text()
    assert text.startswith(EDITED + "  case_attainment_pct:\n    - {value: 76, by: sales_manager, date: ")
    found = salesdx.read_case(case, base)
    assert list(found.statements) == ["case_subject", "goal_measurable", "case_attainment_pct"]
    assert found.fact("goal_measurable").used.by == "hr"  # type: ignore[union-attr]


def test_what_another_voice_says_meanwhile_is_taken_in_and_both_stand(tmp_path: Path, base: RuleBase) -> None:
    case = tmp_path / "mine.yaml"
    case.write_text(CASE)
    talk = Talk(tmp_path)
    talk.question()
    case.write_text(CASE + "  case_attainment_pct: {value: 91, by: finance}\n")
    talk.say("76")
    assert "understood: 76% of goal" in talk.question()
    talk.say("quit")
    talk.end()
    said = salesdx.read_case(case, base).statements["case_attainment_pct"]
    assert {(str(one.value), one.by) for one in said} == {("91", "finance"), ("76", "sales_manager")}


def test_an_answer_that_an_editor_gave_meanwhile_in_the_same_voice_stands(tmp_path: Path) -> None:
    case = tmp_path / "mine.yaml"
    case.write_text(CASE)
    talk = Talk(tmp_path)
    talk.question()
    case.write_text(edited := CASE + "  case_attainment_pct: {value: 91, by: sales_manager}\n")
    talk.say("76")
    shown = " ".join(talk.question().split())
    told = "“Share of goal reached” is answered there by you with 91, and that stands: 76 is not saved"
    assert told in shown
    assert "understood" not in shown
    talk.say("quit")
    talk.end()
    assert case.read_text() == edited


def test_an_interview_does_not_write_over_a_file_that_has_faults_now(tmp_path: Path) -> None:
    case = tmp_path / "mine.yaml"
    case.write_text(CASE)
    talk = Talk(tmp_path)
    talk.question()
    case.write_text("facts:\n  case_subject: company\n  no_such_term: 1\n")
    talk.say("76")
    status, shown, errors = talk.end()
    assert (status, "understood" in shown) == (1, False)
    assert "mine.yaml:3:3: the vocabulary has no term `no_such_term`" in errors
    assert case.read_text() == "facts:\n  case_subject: company\n  no_such_term: 1\n"
    assert names(tmp_path) == ["mine.yaml"]


def test_a_case_that_was_deleted_meanwhile_is_written_anew(tmp_path: Path, base: RuleBase) -> None:
    (tmp_path / "mine.yaml").write_text(CASE)
    saved = open_interview(base, tmp_path / "mine.yaml", speaker=Speaker("finance", "", ("finance",)))
    (tmp_path / "mine.yaml").unlink()
    conversation = saved.conversation
    for line in ("don't know", "", "76"):  # no period, and nothing is suspected
        conversation, _ = conversation.take(line, date(2026, 11, 24))
    saved = saved.save(conversation, "case_attainment_pct")
    assert saved.news == (f"`{tmp_path / 'mine.yaml'}` was deleted by another program meanwhile; it is written anew",)
    assert set(salesdx.read_case(tmp_path / "mine.yaml", base).statements) == {"case_subject", "case_attainment_pct"}


def test_a_new_case_that_somebody_else_began_meanwhile_is_taken_in(tmp_path: Path, base: RuleBase) -> None:
    saved = open_interview(base, tmp_path / "mine.yaml", speaker=Speaker("finance", "", ("finance",)))
    (tmp_path / "mine.yaml").write_text("case: mine\nfacts:\n  case_attainment_pct: 91\n")
    conversation, _ = saved.conversation.take("don't know", date(2026, 11, 24))
    conversation, _ = conversation.take("company", date(2026, 11, 24))
    saved = saved.save(conversation, "")
    assert saved.reread is not None and set(saved.reread.statements) == {"case_attainment_pct"}
    assert set(salesdx.read_case(tmp_path / "mine.yaml", base).statements) == {"case_subject", "case_attainment_pct"}
    assert set(saved.conversation.memory.statements) == {"case_subject", "case_attainment_pct"}


def collecting(tmp_path: Path, base: RuleBase, edited: str) -> str:
    """The case after an answer was collected into it while somebody else saved it."""
    case, answers = tmp_path / "mine.yaml", tmp_path / "answers.yaml"
    case.write_text(CASE)
    form = run("ask", case, "--respondent", "production").stdout
    answers.write_text(form.replace("answer: \n", "answer: 78%\n", 1))
    again = partial(collect_replies, base, case, [answers])
    collected = again()
    case.write_text(edited)
    try:
        save_replies(collected, again, NO_RECORDER)
    finally:
        assert names(tmp_path) == ["answers.yaml", "mine.yaml"]
    return case.read_text()


def test_answers_are_collected_into_a_case_that_others_changed_meanwhile(tmp_path: Path, base: RuleBase) -> None:
    edited = EDITED + "  delivery_otif_pct: {value: 95, by: sales_manager}\n"
    text = collecting(tmp_path, base, edited)
    assert text.startswith(EDITED)
    said = case_from_text(text, "mine.yaml", base).statements["delivery_otif_pct"]
    assert [(each.by, str(each.value)) for each in said] == [("sales_manager", "95"), ("production", "78")]


@pytest.mark.parametrize(
    ("line", "there"), [("{value: 95, by: production}", "95"), ("{value: not_known, by: production}", "not known")]
)
def test_answers_are_not_collected_where_the_same_voice_answered_otherwise_meanwhile(
    tmp_path: Path, base: RuleBase, line: str, there: str
) -> None:
    edited = f"{EDITED}  delivery_otif_pct: {line}\n"
    with pytest.raises(FileError) as refused:
        collecting(tmp_path, base, edited)
    assert str(refused.value) == (
        f"`{tmp_path / 'mine.yaml'}` was changed by another program meanwhile: “Orders complete and on time” is "
        f"answered there with {there}, and here with 78"
    )
    assert (tmp_path / "mine.yaml").read_text() == edited


@pytest.mark.parametrize("change", ["written", "made", "deleted"])
def test_a_file_that_is_not_as_it_was_read_is_never_written(change: str, tmp_path: Path) -> None:
    """What `fmt`, `new`, `collect` and `test --write` rest on: one after the other, or all together."""
    path = tmp_path / "rules.yaml"
    if change != "made":
        path.write_text("old\n")
    file = read_user_file(path)
    other = UserFile(tmp_path / "more" / "other.yaml", None)
    if change == "deleted":
        path.unlink()
    else:
        path.write_text("theirs\n")
    with pytest.raises(FileChanged):
        file.written("ours\n")
    with pytest.raises(FileChanged):
        write_together([(file, "ours\n"), (other, "ours\n")])
    assert names(tmp_path) == ([] if change == "deleted" else ["rules.yaml"])
    assert change == "deleted" or path.read_text() == "theirs\n"


def test_what_changed_while_it_was_written_beside_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is looked at when the new one is whole, right before it is put in its place."""
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"old")
    real = os.fsync

    def meanwhile(file: int) -> None:
        real(file)
        path.write_bytes(b"theirs")

    monkeypatch.setattr(os, "fsync", meanwhile)
    with pytest.raises(ChangedMeanwhile):
        replace_file(path, [b"ours"], b"old")
    assert (path.read_bytes(), names(tmp_path)) == (b"theirs", ["mine.yaml"])


# --- one writer, on every system --------------------------------------------------------------------------------------


def test_the_lock_is_of_the_file_whatever_it_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case, link = tmp_path / "mine.yaml", tmp_path / "link.yaml"
    case.write_text(CASE)
    link.symlink_to(case)
    monkeypatch.setattr(files, "MOST_WAIT", 0.1)
    with FileLock(tmp_path / ".mine.yaml.lock"):
        for path in (case, link):
            with pytest.raises(FileError, match=f"`{path}` cannot be written: another program has been at it for too"):
                read_user_file(path).written("ours")
    read_user_file(link).written("ours")
    assert (case.read_text(), link.is_symlink(), names(tmp_path)) == ("ours", True, ["link.yaml", "mine.yaml"])


WINDOWS = "sys.modules['fcntl'] = sys.modules['readline'] = sys.modules['pwd'] = None; sys.modules['grp'] = None"


def test_interview_and_collect_need_nothing_that_windows_lacks(tmp_path: Path, base: RuleBase) -> None:
    case = tmp_path / "mine.yaml"
    case.write_text(CASE)
    done = process("interview", "mine.yaml", folder=tmp_path, before=WINDOWS, input=f"{OPENING}76\nquit\n".encode())
    assert (done.returncode, done.stderr) == (0, b"")
    form = run("ask", case, "--respondent", "production").stdout
    (tmp_path / "answers.yaml").write_text(form.replace("answer: \n", "answer: 78%\n", 1))
    done = process("collect", "mine.yaml", "answers.yaml", folder=tmp_path, before=WINDOWS)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.endswith(b"saved in mine.yaml" + os.linesep.encode())
    assert names(tmp_path) == ["answers.yaml", "mine.yaml"]
    assert {"case_attainment_pct", "delivery_otif_pct"} <= set(salesdx.read_case(case, base).statements)


def test_without_locks_of_the_system_one_still_waits_for_the_other(tmp_path: Path) -> None:
    script = (
        f"import sys, warnings; {WINDOWS}; warnings.simplefilter('ignore')\nfrom pathlib import Path\n"
        "from filelock import FileLock\nfrom salesdx.services import files\n"
        "files.MOST_WAIT = 0.1\nwith FileLock('.mine.yaml.lock'):\n"
        "    try: files.read_user_file(Path('mine.yaml')).written('ours')\n"
        "    except files.FileError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    told = "`mine.yaml` cannot be written: another program has been at it for too long\n"
    assert (done.stdout, done.stderr, names(tmp_path)) == (told, "", [])


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("C:\\cases\\north.yaml", "north"),
        ("\\\\server\\share\\north-2026.json", "north-2026"),
        ("cases/north.yaml", "north"),
        ("C:north.v2.yaml", "C:north.v2"),
    ],
)
def test_a_case_is_named_after_its_file_on_every_system(shown: str, name: str, base: RuleBase) -> None:
    assert case_from_text("facts: {}\n", shown, base).case == name


# --- names that are no text -------------------------------------------------------------------------------------------

NO_TEXT = os.fsdecode(b"n\xff")
"""What Python makes of bytes that are not UTF-8, in a name of a file or an argument."""


def test_a_case_is_named_after_a_file_whose_name_is_no_text(tmp_path: Path) -> None:
    assert process("trail", "init", "--trail", "ours.trail", folder=tmp_path).returncode == 0
    words = (f"{NO_TEXT}.yaml", "--trail", "ours.trail")
    done = process("interview", *words, folder=tmp_path, input=b"\nquit\n")
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / words[0]).read_text().splitlines()[0] == 'case: "n?"'
    (tmp_path / words[0]).write_text("facts: {case_subject: company}\n")
    done = process("diagnose", *words, folder=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0], done.stderr) == (0, b"Case n?", b"")


@pytest.mark.parametrize("words", ["trail list --case", "trail case", "trail export -o ours.zip", "trail list --actor"])
def test_a_name_that_is_no_text_is_in_no_trail(words: str, tmp_path: Path) -> None:
    assert process("trail", "init", "--trail", "ours.trail", folder=tmp_path).returncode == 0
    done = process(*words.split(), NO_TEXT, "--trail", "ours.trail", folder=tmp_path)
    told = b"error: a name or text that is not UTF-8 stands in no trail\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", told)
    assert names(tmp_path) == ["ours.trail", "ours.trail.key", "ours.trail.key.signed"]


def test_a_text_that_is_none_is_not_written(tmp_path: Path) -> None:
    file = UserFile(tmp_path / "mine.yaml", None)
    with pytest.raises(FileError, match="` cannot be written: what was given for it is not UTF-8 text"):
        file.written(f"case: {NO_TEXT}\n")
    assert names(tmp_path) == []


# --- what is read is not written over ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "diagnose mine.yaml -o mine.yaml",
        "diagnose late.yaml mine.yaml -o ./mine.yaml",
        "explain mine.yaml -o link.yaml",
        "show mine.yaml -o twin.yaml",
        "ask mine.yaml --respondent finance -o mine.yaml",
        "graph --case mine.yaml -o mine.yaml",
        "interview mine.yaml --transcript mine.yaml",
        "interview new.yaml --transcript new.yaml",
        "interview late.yaml --answers mine.yaml --transcript link.yaml",
        "diagnose mine.yaml --trail ours.trail -o ours.trail",
        "trail list --trail ours.trail -o ours.trail.key",
    ],
)
def test_a_file_that_a_command_reads_is_not_its_output(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mine.yaml", "late.yaml", "ours.trail", "ours.trail.key"):
        Path(name).write_bytes(LATE.read_bytes())
    Path("link.yaml").symlink_to("mine.yaml")
    os.link("mine.yaml", "twin.yaml")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    found = run(*words.split())
    output = words.split()[-1].removeprefix("./")
    assert (found.exit_code, found.stdout) == (2, "")
    assert f"error: `{output}` is a file that this command reads; name another one to write\n" in found.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("output", ["/dev/stdout", "-"])
def test_an_output_that_is_a_pipe_gets_the_page(output: str, tmp_path: Path) -> None:
    shown = run("diagnose", LATE, "--engine", "reference").stdout_bytes
    words = ("--engine", "reference", "--firm", str(LATE.with_name("firm.yaml")))
    done = process("diagnose", "-", *words, "-o", output, folder=tmp_path, input=LATE.read_bytes())
    assert (done.returncode, done.stdout, done.stderr) == (0, shown, b"")


def test_an_interview_begins_in_no_folder_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = run("interview", "typo/mine.yaml", stdin="\n")
    assert (found.exit_code, found.stderr) == (
        1,
        "error: `typo/mine.yaml` cannot be written: No such file or directory\n",
    )
    assert names(tmp_path) == []


def test_an_interview_on_an_empty_file_names_the_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").touch()
    found = run("interview", "mine.yaml", stdin="company\n")
    told = "error[empty] mine.yaml:1:1: the case file is empty\n1 fault in 1 file; nothing is reported\n"
    assert (found.exit_code, found.stderr) == (1, told)


# --- pipes, and what never ends ---------------------------------------------------------------------------------------


def test_a_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    """As a shell hands one over: `<(cat c.yaml)`, `/dev/stdin`, a pipe with a name."""
    text = LATE.read_bytes()
    shown = run("diagnose", LATE, "--engine", "reference").stdout_bytes
    reader, writer = os.pipe()
    os.write(writer, text)
    os.close(writer)
    words = ("--engine", "reference", "--firm", str(LATE.with_name("firm.yaml")))
    done = process("diagnose", f"/dev/fd/{reader}", *words, folder=tmp_path, pass_fds=(reader,))
    os.close(reader)
    assert (done.returncode, done.stdout, done.stderr) == (0, shown, b"")
    done = process("diagnose", "/dev/stdin", *words, folder=tmp_path, input=text)
    assert (done.returncode, done.stdout, done.stderr) == (0, shown, b"")
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cp", LATE, tmp_path / "pipe"]):
        done = process("diagnose", "pipe", *words, folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, shown, b"")


def test_a_worked_case_from_a_pipe_is_run(tmp_path: Path) -> None:
    text = (ROOT / "rules" / "cases" / "pricing-grey-band.yaml").read_bytes()
    done = process("test", "/dev/stdin", folder=tmp_path, input=text)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().splitlines()[1:] == ["1 case run, all as expected"]
    seen = process("coverage", "/dev/stdin", "--format", "json", folder=tmp_path, input=text)
    assert (seen.returncode, seen.stderr) == (0, b"")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/stdin", "-"])
def test_a_case_that_never_ends(path: str, tmp_path: Path) -> None:
    with open("/dev/zero", "rb") as zero:
        done = process("diagnose", path, folder=tmp_path, stdin=zero)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"more than 1,048,576 bytes, at most 1,048,576 are read" in done.stderr or b"no text at all" in done.stderr


def test_a_pipe_among_the_files_of_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    assert run("init", tmp_path / "ours").exit_code == 0
    os.mkfifo(tmp_path / "ours" / "rules" / "cases" / "pipe.yaml")
    os.mkfifo(tmp_path / "ours" / "rules" / "pipe.yaml")
    found = run("test", "--home", tmp_path / "ours")
    assert found.exit_code == 1
    assert "rules/pipe.yaml:1:1: this is no ordinary file" in found.stderr
    (tmp_path / "ours" / "rules" / "pipe.yaml").unlink()
    found = run("test", "--home", tmp_path / "ours", tmp_path / "ours" / "rules" / "cases")
    assert "pipe.yaml:1:1: this is no ordinary file" in found.stderr


def test_a_pipe_is_not_interviewed_into(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    found = run("interview", tmp_path / "pipe", stdin="company\n")
    assert found.exit_code == 1
    assert "pipe:1:1: this is no ordinary file" in found.stderr


SCARCE = "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))"
ENDLESS = [
    ("interview mine.yaml", b"\0", "a line has more than 10,000 characters; no answer is that long"),
    (
        "interview mine.yaml",
        b"y\n",
        "100 lines in a row answered nothing new; the next question is Who answers here?",
    ),
    (
        "interview mine.yaml",
        b"\n",
        "100 lines in a row answered nothing new; the next question is Whom or what is this review about",
    ),
    ("interview mine.yaml", b"why\nshow\n", "100 lines in a row answered nothing new"),
    ("interview mine.yaml", b"later\n", "100 lines in a row answered nothing new"),
    ("interview mine.yaml", b"\xff\n", "100 lines in a row answered nothing new"),
    ("interview mine.yaml", b"change case_subject company\n", "100 lines in a row answered nothing new"),
    ("new stage --home .", b"\0", "a line has more than 10,000 characters"),
    ("new stage --home .", b"y\n", "'y' is not one of 'boolean'"),
    ("new stage --home .", b"\n", "nothing answers `Its name in the files, such as legal_approval`; give it as --id"),
]


@pytest.mark.parametrize(("words", "part", "told"), ENDLESS, ids=[f"{w[:9]} {p!r}" for w, p, _ in ENDLESS])
def test_input_that_never_ends(words: str, part: bytes, told: str, tmp_path: Path) -> None:
    """Without an end and with little memory: a message and a status, and no more output than a hundred reports."""
    forever = [sys.executable, "-c", f"import sys\nwhile True: sys.stdout.buffer.write({part!r} * 1000)"]
    with subprocess.Popen(forever, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as endless:
        done = process(*words.split(), folder=tmp_path, before=SCARCE, stdin=endless.stdout)
        endless.kill()
    assert done.returncode in (1, 2)
    assert told.encode() in done.stderr
    assert b"Traceback" not in done.stderr
    assert len(done.stdout) < 500_000


def test_a_long_talk_in_a_script_is_no_endless_one(tmp_path: Path) -> None:
    """Every answer begins the count anew."""
    lines = ["", "2026-Q3", "company", *["?"] * 98, "", "76", *["why"] * 98, "quit"]
    found = run("interview", tmp_path / "mine.yaml", stdin="".join(f"{line}\n" for line in lines))
    assert (found.exit_code, found.stderr) == (0, "")


# --- what lies among the rules and is not read ------------------------------------------------------------------------


def test_what_is_not_read_is_named(tmp_path: Path) -> None:
    home = tmp_path / "ours"
    assert run("init", home).exit_code == 0
    assert salesdx.load(home).not_read == {}
    for name in (
        "rules/pricing.yaml~", "rules/.hidden.yaml", "rules/north/pricing.yaml", "rules/.git/config.yaml",
        "rules/notes.txt", "rules/cases/one.yml", "rules/cases/more/one.yaml", "rules/cases/README",
        "knowledge/pricing.yaml.bak", "rules/.DS_Store", "rules/.idea/x", "rules/cases/.keep", "rules/cases/fine.json",
    ):  # fmt: skip
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text("facts: {}\n")
    hidden, folder = "what is hidden is not read", "no folder in here is looked into"
    yaml, case = "only files that end in .yaml are read here", "only files that end in .yaml or .json are read here"
    assert salesdx.load(home).not_read == {
        f"{home}/knowledge/pricing.yaml.bak": yaml,
        f"{home}/rules/.git": hidden,
        f"{home}/rules/.hidden.yaml": hidden,
        f"{home}/rules/cases/README": case,
        f"{home}/rules/cases/more": folder,
        f"{home}/rules/cases/one.yml": case,
        f"{home}/rules/north": folder,
        f"{home}/rules/notes.txt": yaml,
        f"{home}/rules/pricing.yaml~": yaml,
    }
    found = run("check", "--home", home)
    assert found.exit_code == 1
    assert found.output.count("warning[not-read]") == 9
    assert f"warning[not-read] {home}/rules/north:1:1: `north` is not read: {folder}" in found.output


# --- questionnaires that do not fit -----------------------------------------------------------------------------------


@pytest.fixture
def form(tmp_path: Path) -> str:
    (tmp_path / "mine.yaml").write_text(CASE.removeprefix("case: mine\n"))
    return run("ask", tmp_path / "mine.yaml", "--respondent", "production").stdout


def test_a_case_that_was_renamed_since_it_was_asked(form: str, tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").write_text(form)
    (tmp_path / "mine.yaml").rename(tmp_path / "north.yaml")
    found = run("collect", tmp_path / "north.yaml", tmp_path / "answers.yaml")
    assert found.exit_code == 1
    assert "the questionnaire is about case `mine`, the case file about `north`" in found.stderr
    assert (
        "help: the case file has no `case:`, so its name is that of its file; it was renamed, or this is another case: "
        "if it is the one, write `case: mine` into it"
    ) in found.stderr
    with (tmp_path / "north.yaml").open("a") as file:
        file.write("case: mine\n")
    assert run("collect", tmp_path / "north.yaml", tmp_path / "answers.yaml").exit_code == 0


def test_every_questionnaire_that_was_cut_off_is_refused(form: str, tmp_path: Path, base: RuleBase) -> None:
    """Wherever it is cut: an answer that is half there, or the questions behind it, are not passed over."""
    memory = salesdx.read_case(tmp_path / "mine.yaml", base)
    filled = form.replace("answer: \n", "answer: not known\n").replace("note: \n", "note: ours\n")
    (tmp_path / "answers.yaml").write_text(filled)
    assert read_reply(tmp_path / "answers.yaml", base, memory)[0] is not None
    last = filled.rindex("note: ours") + len("note:")  # from here on only words of a remark are lost
    for end in (*range(0, last, 37), *range(last - 400, last)):
        (tmp_path / "answers.yaml").write_text(filled[:end])
        reply, issues = read_reply(tmp_path / "answers.yaml", base, memory)
        assert reply is None, filled[:end]
        assert issues


def test_a_questionnaire_that_was_cut_off_says_what_is_missing(form: str, tmp_path: Path) -> None:
    asked = [line.split()[-1] for line in form.splitlines() if line.strip().startswith("- term: ")]
    cut = form[: form.index(f"  - term: {asked[2]}")]
    (tmp_path / "answers.yaml").write_text(cut.replace("answer: \n", "answer: 78%\n", 1))
    found = run("collect", tmp_path / "mine.yaml", tmp_path / "answers.yaml")
    assert found.exit_code == 1
    gone = ", ".join(f"`{name}`" for name in asked[2:-1]) + f" and `{asked[-1]}`"
    assert f"questions are missing that were asked: {gone}" in found.stderr
    half = form[: form.rindex("    kind: ")]
    (tmp_path / "answers.yaml").write_text(half)
    found = run("collect", tmp_path / "mine.yaml", tmp_path / "answers.yaml")
    gone = "`kind:`, `source:`, `date:`, `reason:` and `note:`"
    assert f"the file ends inside its last question: {gone} did not come back" in found.stderr
    without = form.replace(f", {asked[-1]}]", "]")
    (tmp_path / "answers.yaml").write_text(without[: without.index(f"\n  - term: {asked[-1]}")])
    assert run("collect", tmp_path / "mine.yaml", tmp_path / "answers.yaml").exit_code == 0  # taken out on purpose


# --- messages ---------------------------------------------------------------------------------------------------------


def test_no_message_about_a_file_holds_what_python_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SALESDX_SETTINGS", str(tmp_path / "none.toml"))
    tries = [
        run("init", tmp_path / "file" / "ours"),
        run("diagnose", START, "--output", tmp_path / "file" / "page", "--trail", ""),
        run("diagnose", START),
        run("interview", tmp_path / "file" / "mine.yaml", "--trail", "x", "--as", "a", "--role", "b", "--key", "k"),
    ]
    for found in tries:
        assert found.exit_code in (1, 2)
        assert "Errno" not in found.stderr and "[(" not in found.stderr and "Traceback" not in found.stderr
        assert found.exception is None or isinstance(found.exception, SystemExit)
    assert "cannot be read: there is no such file" in tries[2].stderr


def test_a_case_that_is_no_text_is_told_and_stays(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_bytes(b"case: \xff\n")
    with pytest.raises(CaseError):
        _ = read_user_file(tmp_path / "mine.yaml").text
    assert run("interview", tmp_path / "mine.yaml", stdin="company\n").exit_code == 1
    assert (tmp_path / "mine.yaml").read_bytes() == b"case: \xff\n"
