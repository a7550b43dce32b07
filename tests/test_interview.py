"""The interview as a person has it: in a real terminal, through a pipe, from a file, killed at any moment."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest
import yaml

import salesdx
from commands import run_salesdx
from conftest import ROOT, cases_in
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text, memory_from
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import shown_value
from salesdx.case.writing import new_case, write_standing
from salesdx.engine.diagnose import quick
from salesdx.interview.conversation import Conversation
from salesdx.interview.opening import opening_steps
from salesdx.interview.question import NOT_KNOWN, next_question, survey, with_answer
from salesdx.interview.speaker import Speaker

CASES = cases_in(ROOT / "rules" / "cases")
KILLS = int(os.environ.get("SALESDX_CRASH_RUNS", "6"))
COMMAND = [sys.executable, str(ROOT / "cli.py")]


def result(memory: WorkingMemory) -> dict[str, object]:
    """What a person acts on."""
    found = quick(memory.base, memory)
    return {
        "mode": found.mode,
        "concluded": found.concluded and found.concluded.stage.id,
        "files": [(file.stage.id, file.status) for file in found.files],
        "recommendations": sorted(r.intervention.id for r in found.recommendations),
    }


def answered(base: RuleBase, known: WorkingMemory) -> tuple[WorkingMemory, list[str]]:
    """An interview whose answers are those of a case; what the case lacks is not known."""
    head = {name: known.statements[name] for name in known.fixed}
    return answered_after(replace(known, base=base, statements=head, firm=None), known)


def answered_after(memory: WorkingMemory, known: WorkingMemory) -> tuple[WorkingMemory, list[str]]:
    asked: list[str] = []
    while (question := next_question(memory.base, memory, kept=asked)) is not None:
        name = question.term.name
        asked.append(name)
        memory = with_answer(memory, name, known.statements.get(name, ()))
    return memory, asked


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_worked_case_is_reached_by_interview_alone(path: Path, base: RuleBase) -> None:
    known = salesdx.read_case(path, base)
    memory, asked = answered(base, known)
    assert result(memory) == result(known)
    assert len(asked) == len(set(asked))


def test_next_question_needs_no_history(base: RuleBase) -> None:
    """Volunteered answers, in any order, give the same question as answers that were asked for."""
    known = salesdx.read_case(ROOT / "examples" / "late-delivery.yaml", base)
    memory, asked = answered(base, known)
    half = asked[: len(asked) // 2]
    forward, backward = (WorkingMemory(base, {}, "a", known.subject, known.period) for _ in range(2))
    for name in half:
        forward = forward.with_statements(name, memory.statements[name])
    for name in reversed(half):
        backward = backward.with_statements(name, memory.statements[name])
    assert next_question(base, forward) == next_question(base, backward)


def test_evidence_that_is_too_old_is_asked_for_again(base: RuleBase) -> None:
    known = salesdx.read_case(ROOT / "examples" / "late-delivery.yaml", base)
    memory, asked = answered(base, known)
    name = next(name for name in asked if base.terms[name].valid_for and memory.fact(name).value is not None)
    aged = replace(memory.statements[name][-1], date=date(2000, 1, 1))
    question = next_question(base, memory.with_statements(name, (aged,)))
    assert question is not None and question.term.name == name
    # once somebody has said that nobody knows better, it is not asked a third time
    again = next_question(base, memory.with_statements(name, (aged, NOT_KNOWN)))
    assert again is None or again.term.name != name


def test_what_is_parked_makes_the_rest_conditional(base: RuleBase) -> None:
    known = salesdx.read_case(ROOT / "rules/cases/individual-a-quick-verdict-with-the-middle-missing.yaml", base)
    memory, _ = answered(base, known)
    found = survey(base, memory)
    assert [parked.stage.id for parked in found.parked] == ["product", "pricing", "service"]
    assert found.conditional is not None
    assert found.conditional.id == "individual"
    assert found.diagnosis.concluded is None
    assert not any(r.intervention.personnel for r in found.diagnosis.recommendations)


def test_later_is_asked_last_and_is_not_an_answer(base: RuleBase) -> None:
    memory = memory_from({"case_subject": "company", "case_attainment_pct": 80}, base)
    first = next_question(base, memory)
    assert first is not None
    second = next_question(base, memory, later=[first.term.name])
    assert second is not None
    assert second.term != first.term
    assert first.term.name not in memory.statements


@pytest.mark.parametrize(
    "text",
    [
        "case: a\nfacts:\n  case_attainment_pct: 80\n...\n",
        "# ours\n{case: a, facts: {case_attainment_pct: 80}}\n",
        "---\ncase: a\nfacts: {case_attainment_pct: 80}\ninterview: {rule_base: x}\n...\n",
    ],
)
def test_how_it_stands_is_written_into_every_form_of_a_case_file(text: str, base: RuleBase) -> None:
    made = write_standing(text, "a.yaml", {"rule_base": "sha256:ab", "later": ["goal_measurable"]})
    made = write_standing(made, "a.yaml", {"rule_base": "sha256:cd", "later": ["goal_measurable"]})
    found = case_from_text(made, "a.yaml", base)
    assert (found.case, found.fact("case_attainment_pct").value) == ("a", 80)
    standing = {"rule_base": "sha256:cd", "later": ["goal_measurable"]}
    assert yaml.safe_load(made) == {"case": "a", "facts": {"case_attainment_pct": 80}, "interview": standing}


# --- the conversation -------------------------------------------------------------------------------------------------

TODAY = date(2026, 11, 24)


def talk(conversation: Conversation, *lines: str) -> tuple[Conversation, list[str]]:
    kinds = []
    for line in lines:
        conversation, turn = conversation.take(line, TODAY)
        kinds.append(turn.kind)
    return conversation, kinds


def test_a_correction_says_what_it_overturns_and_keeps_all_answers(base: RuleBase) -> None:
    conversation = Conversation(base, memory_from({}, base))
    conversation, _ = talk(conversation, "company", "76")
    while (question := conversation.survey.question) is not None and question.why.stage is base.home["goals"]:
        sound = {"goal_backtest_ratio_pct": "103", "goal_potential_ratio": "1.03"}
        conversation, _ = talk(
            conversation, sound.get(question.term.name, "yes" if question.term.core else "don't know")
        )
    assert quick(base, conversation.memory).stages[0].status == "ruled_out"
    before = dict(conversation.memory.statements)
    conversation, turn = conversation.take("change goal_backtest_ratio_pct 138", TODAY)
    assert [(c.stage.id, c.before, c.after, c.overturned) for c in turn.changes] == [
        ("goals", "ruled_out", "confirmed", True)
    ]
    assert set(conversation.memory.statements) == set(before)


def test_commands_do_not_answer(base: RuleBase) -> None:
    conversation = Conversation(base, memory_from({}, base))
    after, kinds = talk(
        conversation, "?", "why", "show", "back", "", "change nothing", "change ind_win_p_value", "note x=1"
    )
    assert kinds == ["help", "why", "show", "fault", "fault", "fault", "fault", "fault"]
    assert after.memory.statements == {}


MANAGER = Speaker("sales_manager", "", ("sales_manager",))


def test_a_note_is_about_the_last_answer_and_stays_the_word_of_who_speaks(base: RuleBase) -> None:
    conversation = Conversation(base, memory_from({}, base), speaker=MANAGER)
    conversation, _ = talk(
        conversation, "person", "note source=request, in writing date=2 Nov 2026 note=from her manager"
    )
    said = conversation.memory.statements["case_subject"][0]
    assert (said.by, said.source, said.date, said.note) == (
        *("sales_manager", "request, in writing"),
        date(2026, 11, 2),
        "from her manager",
    )
    for line, fault in (
        ("note by=hr", "an answer is the word of who gives it"),
        ("note who=me", "an answer is the word of who gives it"),
        ("note colour=red", "a note has no `colour`"),
    ):
        after, turn = conversation.take(line, TODAY)
        assert (turn.kind, after.memory) == ("fault", conversation.memory)
        assert turn.text.startswith(fault)
    after, _ = talk(conversation, "note date=yesterday")
    assert after.memory.statements["case_subject"][0].date == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2026-09-12", "date 2026-09-12"),
        ("2062-01-01", "date 2062-01-01; it does not count, since that day is still to come"),
        ("2015-01-01", "date 2015-01-01; it does not count, since it is too old for the period"),
    ],
)
def test_a_note_that_takes_an_answer_out_of_the_period_says_so(base: RuleBase, day: str, told: str) -> None:
    memory = replace(memory_from({}, base), period=(date(2026, 7, 1), date(2026, 9, 30)))
    conversation = Conversation(base, memory, speaker=MANAGER)
    conversation, _ = talk(conversation, "change enable_team_knowledge_pct 80")
    _, turn = conversation.take(f"note date={day}", TODAY)
    assert (turn.kind, turn.text) == ("noted", told)


def test_a_note_names_the_kind_of_evidence(base: RuleBase) -> None:
    conversation = Conversation(base, memory_from({}, base), speaker=MANAGER)
    conversation, _ = talk(conversation, "person", "note kind=CRM fields date=2026-11-02")
    said = conversation.memory.statements["case_subject"][0]
    assert (said.by, said.kind, said.date) == ("sales_manager", "CRM fields", date(2026, 11, 2))
    _, turn = conversation.take("note kind=CRM", TODAY)
    assert (turn.kind, turn.text) == (
        "fault",
        f"there is no kind of evidence `CRM`; they are {', '.join(base.evidence_ranks)}",
    )


# --- the command ------------------------------------------------------------------------------------------------------


def run(folder: Path, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return run_salesdx("interview", *arguments, cwd=folder, stdin=text)


def test_a_case_file_answers_and_the_transcript_tells_why(tmp_path: Path, base: RuleBase) -> None:
    case = ROOT / "rules/cases/termination-complete-with-what-does-not-apply.yaml"
    done = run(tmp_path, "--answers", str(case), "--transcript", "t.jsonl", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    lines = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text("utf-8").splitlines()]
    known = salesdx.read_case(case, base)
    assert [path.name for path in tmp_path.iterdir()] == ["t.jsonl"]
    firm = WorkingMemory(base, known.profile, known.case).headed(known.subject, known.period)
    assert [line["term"] for line in lines] == answered_after(firm, known)[1]
    assert not {line["term"] for line in lines} & known.profile.keys()
    assert all(set(line) == {"term", "answer", "stage", "why"} and line["why"] for line in lines)
    assert "eligible for human review" in done.stdout


OPENING = ("the sales manager", "2026-Q3", "company", "")
"""Who speaks, the period, the subject, and that nothing is suspected."""


def opened(base: RuleBase) -> Conversation:
    """A new interview, as the command begins it."""
    memory = WorkingMemory(base, {}, "mine")
    return Conversation(base, memory, speaker=MANAGER, opening=opening_steps(base, memory))


def played(base: RuleBase, known: WorkingMemory, *before: str, further: bool = True) -> tuple[Conversation, list[str]]:
    """An interview with what somebody knows after some lines, on to the later steps, and all lines that were typed."""
    conversation, kinds = talk(opened(base), *before)
    assert "fault" not in kinds
    lines = list(before)
    while True:
        if (term := conversation.term) is None:
            if conversation.further is further:
                return conversation, lines
            lines.append("go on")
            conversation, _ = conversation.take("go on", TODAY)
            continue
        lines.append(typed(known, term.name))
        conversation, turn = conversation.take(lines[-1], TODAY)
        if turn.kind == "asked back":  # 1% might be 100%
            lines.append(lines[-1])
            conversation, turn = conversation.take(lines[-1], TODAY)
        assert turn.kind == "answered", turn


def test_a_pipe_gives_the_result_of_typing(tmp_path: Path, base: RuleBase) -> None:
    known = salesdx.read_case(ROOT / "examples" / "goal-too-high.yaml", base)
    _, lines = played(base, known, *OPENING, "ask everybody")
    done = run(tmp_path, "mine.yaml", text="\n".join([*lines, ""]))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\x1b" not in done.stdout
    assert result(salesdx.read_case(tmp_path / "mine.yaml", base)) == result(known)


def typed(memory: WorkingMemory, name: str) -> str:
    value = memory.fact(name).value
    return "don't know" if value is None else shown_value(value)


def test_a_script_that_runs_out_of_answers_fails_and_says_what_is_missing(tmp_path: Path) -> None:
    done = run(tmp_path, "mine.yaml", "--by", "finance", text="2026-Q3\n")
    assert done.returncode == 1
    assert "the next question is Whom or what is this review about" in done.stderr
    done = run(tmp_path, "mine.yaml", text="sales manager\ncompany\n\n76\n")
    assert done.returncode == 1
    assert "the next question is “Goal has number, unit and date” (the sales manager)" in done.stderr
    text = (tmp_path / "mine.yaml").read_text("utf-8")
    assert "subject: {kind: company}\nperiod: {from: 2026-07-01, to: 2026-09-30}\n" in text
    assert "- {value: 76, by: sales_manager, date: 2026-09-30}" in text


def test_comments_and_order_of_a_case_file_stay(tmp_path: Path) -> None:
    text = (
        "# written by hand\ncase: mine # ours\nfacts:\n  case_subject: company   # all of us\n  # a remark\nwhy: none\n"
    )
    (tmp_path / "mine.yaml").write_text(text, "utf-8")
    run(tmp_path, "mine.yaml", "--by", "sales_manager", text="2026-Q3\nprice\n76\nchange case_subject territory\n")
    after = (tmp_path / "mine.yaml").read_text("utf-8")
    for kept in (
        "# written by hand",
        "case: mine # ours",
        "# a remark",
        "why: none",
        "case_subject:\n    - {value: co",
    ):
        assert kept in after
    assert "    - {value: territory, by: sales_manager, date: " in after
    assert re.search(
        r"# ours\nperiod: \{from: 2026-07-01.*\}\nsuspects:\n  - \{stage: pricing, by: sales_manager, d", after
    )


def test_a_changed_rule_base_is_noticed_and_what_it_changes_is_said(tmp_path: Path) -> None:
    home = tmp_path / "firm"
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, home / room)
    run(tmp_path, "mine.yaml", "--home", str(home), text="\n".join([*OPENING, "76", "yes", "no", ""]))
    rules = home / "rules" / "goals.yaml"
    rules.write_text(
        rules.read_text("utf-8").replace("when: not goal_communicated", "when: goal_communicated"), "utf-8"
    )
    done = run(tmp_path, "mine.yaml", "--home", str(home), text="\nquit\n")
    assert "the rule base has changed" in done.stdout
    assert "“Goals sound?” was confirmed and is now open" in done.stdout


# --- a real terminal --------------------------------------------------------------------------------------------------


class Terminal:
    """A process on a pseudo-terminal."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.fd, inner = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
        self.process = subprocess.Popen(
            [*COMMAND, "interview", *arguments], cwd=folder, env=environment, stdin=inner, stdout=inner, stderr=inner,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # else ignored in the background
        )  # fmt: skip
        os.close(inner)
        self.seen = ""

    def wait_for(self, pattern: str, seconds: float = 60) -> str:
        """What was shown up to a pattern."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen)):
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"{pattern!r} was not shown: {self.seen[-2000:]}")
            try:
                self.seen += os.read(self.fd, 65536).decode("utf-8", "replace")
            except OSError:
                raise AssertionError(f"ended before {pattern!r}: {self.seen[-2000:]}") from None
        shown, self.seen = self.seen[: found.end()], self.seen[found.end() :]
        return shown

    def type(self, line: str) -> None:
        os.write(self.fd, (line + "\n").encode())

    def end(self, signal: int = 0) -> int:
        """Send a signal if there is one, and wait for the process."""
        heard = False
        while self.process.poll() is None:
            if signal and not heard:  # again, if it came between readline's check for signals and its wait for a key
                self.process.send_signal(signal)
            heard = bool(select.select([self.fd], [], [], 5)[0])
            try:  # a terminal must be read until its end
                if heard and not os.read(self.fd, 65536):
                    break
            except OSError:
                break
        os.close(self.fd)
        return self.process.wait(60)


PROMPT = r"\n> "


def test_a_terminal_session_from_nothing_to_the_diagnosis(tmp_path: Path, base: RuleBase) -> None:
    known = salesdx.read_case(ROOT / "examples" / "goal-too-high.yaml", base)
    _, lines = played(base, known, *OPENING, "ask everybody")
    terminal = Terminal(tmp_path, "mine.yaml")
    terminal.wait_for(PROMPT)
    terminal.type("?")
    assert "instead of an answer" in terminal.wait_for(PROMPT)
    terminal.type("nonsense")
    assert "answer with a number or a name" in terminal.wait_for(PROMPT)
    for line in lines[:4]:
        terminal.type(line)
        assert "understood" in terminal.wait_for(PROMPT)
    terminal.type("why")
    assert "asked first" in terminal.wait_for(PROMPT)
    for n, line in enumerate(lines[4:], 4):
        terminal.type(line)
        shown = terminal.wait_for(PROMPT if n < len(lines) - 1 else r"Your answers[^$]*Enter\s*ends")
        assert "understood" in shown or line in ("ask everybody", "go on") or lines[n : n + 2] == [line, line]
        assert "\x1b[" in shown  # colour on a terminal
    terminal.type("")
    terminal.wait_for(r"saved in mine\.yaml")
    assert terminal.end() == 0
    assert result(salesdx.read_case(tmp_path / "mine.yaml", base)) == result(known)


@pytest.mark.slow
def test_ctrl_c_leaves_all_answers_and_somebody_else_may_answer_meanwhile(tmp_path: Path, base: RuleBase) -> None:
    terminal = Terminal(tmp_path, "mine.yaml")
    terminal.wait_for(PROMPT)
    for line in (*OPENING, "76"):
        terminal.type(line)
        terminal.wait_for(PROMPT)
    second = run(tmp_path, "mine.yaml", "--by", "finance", text="quit\n")
    assert (second.returncode, second.stderr) == (0, "")
    os.write(terminal.fd, b"yes")
    assert terminal.end(signal.SIGINT) == 130
    found = salesdx.read_case(tmp_path / "mine.yaml", base)
    assert set(found.statements) - found.fixed == {"case_attainment_pct"}
    third = run(tmp_path, "mine.yaml", text="\nquit\n")
    assert third.returncode == 0
    assert "1 answered here" in third.stdout


@pytest.mark.slow
def test_no_acknowledged_answer_is_lost_when_the_process_is_killed(tmp_path: Path, base: RuleBase) -> None:
    random = Random(7)
    known = salesdx.read_case(ROOT / "examples" / "late-delivery.yaml", base)
    conversation, lines = played(base, known, *OPENING, further=False)
    lines, asked, path = lines[4:], conversation.history, tmp_path / "mine.yaml"
    assert len(lines) == len(asked)
    begun = new_case(WorkingMemory(base, {}, "mine").headed({"kind": "company"}, (date(2026, 7, 1), date(2026, 9, 30))))
    begun = write_standing(begun, "mine.yaml", {"rule_base": base.digest})
    path.write_text(begun, "utf-8")
    acknowledged = 0
    for _ in range(KILLS):
        terminal = Terminal(tmp_path, "mine.yaml", "--by", "sales_manager")
        terminal.wait_for(PROMPT)
        for _ in range(random.randint(0, 3)):
            if acknowledged == len(asked) - 1:
                break
            terminal.type(lines[acknowledged])
            terminal.wait_for("understood")
            acknowledged += 1
        else:
            if acknowledged < len(asked) - 1 and random.random() < 0.5:
                terminal.type(lines[acknowledged])  # killed with an answer on its way
        time.sleep(random.random() * 0.05)
        terminal.end(signal.SIGKILL)
        found = salesdx.read_case(path, base)
        names = [name for name in found.statements if name not in found.fixed]
        assert names[:acknowledged] == list(asked[:acknowledged])
        assert len(names) <= acknowledged + 1
        assert all(found.fact(name).value == known.fact(name).value for name in names)
        acknowledged = len(names)
        assert not [p for p in tmp_path.iterdir() if p.name.endswith(".part")] or path.exists()
        if acknowledged >= len(asked) - 1:
            path.write_text(begun, "utf-8")
            acknowledged = 0


# --- the ladder's verdict ---------------------------------------------------------------------------------------------


def test_nothing_is_asked_where_the_verdict_says_that_nothing_is_wrong(base: RuleBase) -> None:
    memory = salesdx.read_case(ROOT / "rules" / "cases" / "scope-a-miss-that-comes-and-goes.yaml", base)
    assert survey(base, memory).question is None
    longer = memory.with_fact("case_periods_below_goal", 2)  # no chance any more: the ladder is climbed from the goals
    question = survey(base, longer).question
    assert question is not None and question.why.stage is base.home["goals"]


def test_the_stage_that_is_set_aside_is_asked_about_when_none_is_open(base: RuleBase) -> None:
    memory = salesdx.read_case(ROOT / "rules" / "cases" / "individual-set-aside-is-no-proof.yaml", base)
    question = survey(base, memory).question
    assert question is not None
    assert (question.why.stage, question.term.name) == (base.home["product"], "lost_interviews_n")
    asked = memory.with_fact("lost_interviews_n", 10).with_fact("product_lost_reason_share_pct", 14)
    assert survey(base, asked.with_fact("price_lost_reason_share_pct", 14)).diagnosis.concluded.stage.id == "individual"  # type: ignore[union-attr]
