"""The period, the subject and the suspicion of a case, changed in an interview: what is asked anew, and what stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import salesdx
from commands import run_salesdx
from salesdx.base.model import RuleBase
from salesdx.case.head import Suspicion
from salesdx.case.statement import Statement
from salesdx.interview.conversation import Conversation
from salesdx.interview.opening import opening_steps
from salesdx.interview.speaker import Speaker
from salesdx.render.prompts import Page
from salesdx.services.saved_interview import open_interview
from test_speaker import MANAGER, THIRD, TODAY, begun, finished, talk

SECOND = (date(2026, 4, 1), date(2026, 6, 30))


def answered(base: RuleBase) -> Conversation:
    """A manager's interview, in which finance said something, too."""
    conversation, _ = talk(begun(base), "80", "yes")
    said = Statement(False, by="finance", date=date(2026, 9, 1))
    return replace(conversation, memory=conversation.memory.saying("goal_measurable", said))


def foreign(conversation: Conversation) -> set[tuple[str, Statement]]:
    """What others than the speaker said, without what the head says."""
    memory, voice = conversation.memory, conversation.speaker.voice
    said = ((n, s) for n, told in memory.statements.items() if n not in memory.fixed for s in told)
    return {(name, one) for name, one in said if one.voice != voice}


def test_a_figure_of_another_period_is_asked_anew_and_enter_keeps_it(base: RuleBase) -> None:
    conversation = answered(base)
    asking, turn = talk(conversation, "change period")
    head = asking.head(TODAY)
    assert turn.kind == "moved" and head is not None
    assert (head.text, head.enter) == ("Which period is this about?", "1 Jul 2026 to 30 Sep 2026, as it is")
    assert talk(asking, "")[0] == conversation and talk(asking, "back")[0] == conversation
    after, turn = talk(asking, "2026-Q2")
    assert (turn.kind, turn.text) == ("opened", "1 Apr 2026 to 30 Jun 2026")
    assert (after.memory.period, after.again, foreign(after)) == (
        SECOND,
        ("case_attainment_pct",),
        foreign(conversation),
    )
    assert after.memory.fact("case_period_end").value == SECOND[1]
    shown = " ".join("\n".join(Page(80, False).question(after, TODAY)).split())
    assert "so far: 80% of goal; the period or the subject was changed since; Enter keeps it" in shown
    kept, turn = talk(after, "")
    assert (turn.kind, turn.text, kept.again) == ("answered", "80% of goal, as it was", ())
    [said] = kept.memory.statements["case_attainment_pct"]
    assert (said.value, said.by, said.date) == (80, "sales_manager", SECOND[1])
    other, _ = talk(after, "85")
    [said] = other.memory.statements["case_attainment_pct"]
    assert (said.value, said.date, other.again) == (85, SECOND[1], ())
    assert talk(conversation, "change period 2026-Q2")[0] == after
    assert talk(conversation, "change period 2026-Q3")[0].again == ()
    without, turn = talk(conversation, "change period nothing")
    assert (without.memory.period, turn.text) == (None, "no period; nothing grows too old then")
    assert without.memory.fixed == {"case_subject"}


def test_another_subject_asks_for_the_pseudonym_and_for_what_was_said_of_the_first(base: RuleBase) -> None:
    conversation = answered(base)
    person, turn = talk(conversation, "change case_subject person")
    assert (turn.text, person.opening, person.term) == ("person", ("ref",), None)
    assert (person.again, foreign(person)) == (("case_attainment_pct", "goal_measurable"), foreign(conversation))
    person, _ = talk(person, "E-1042")
    assert person.memory.subject == {"kind": "person", "ref": "E-1042"}
    assert person.term is not None and person.term.name == "case_attainment_pct"
    renamed, _ = talk(finished(person), "change pseudonym E-1043")
    assert (renamed.memory.subject["ref"], renamed.again[:1]) == ("E-1043", ("case_attainment_pct",))
    company, _ = talk(person, "change subject company")
    assert company.memory.subject == {"kind": "company"}  # a person's pseudonym is no company's
    nobody, _ = talk(person, "change subject don't know")
    assert nobody.memory.subject == {}
    assert nobody.memory.fixed == {"case_period_end"}
    assert [said.by for said in nobody.memory.statements["case_subject"]] == ["sales_manager"]
    later, _ = talk(nobody, "change subject person")
    assert later.memory.fact("case_subject").value == "person"


def test_a_suspicion_is_changed_and_those_of_others_stay(base: RuleBase) -> None:
    conversation = answered(base)
    theirs = Suspicion("goals", "finance", "", TODAY)
    head = replace(conversation.memory.head, suspects=(theirs, Suspicion("pricing", "sales_manager", "", TODAY)))
    memory = conversation.memory.headed(conversation.memory.subject, THIRD, head)
    conversation = replace(conversation, memory=memory)
    after, turn = talk(conversation, "change suspicion late deliveries")
    assert after.memory.head.suspects == (theirs, Suspicion("delivery", "sales_manager", "", TODAY))
    assert turn.text == "you suspect “Production and delivery”; these questions come first"
    question = after.survey.question
    assert question is not None and question.why.stage is not None and question.why.stage.id == "goals"
    assert after.again == () and after.memory.statements == conversation.memory.statements
    none, turn = talk(after, "change suspicion", "nothing")
    assert (none.memory.head.suspects, turn.text) == ((theirs,), "you suspect nothing")
    assert conversation.take("change suspicion the weather", TODAY)[0] == conversation


def test_the_review_lists_the_head_behind_the_answers_and_a_number_changes_it(base: RuleBase) -> None:
    conversation = finished(talk(begun(base), "80")[0], "don't know")
    count = len(conversation.answered)
    shown = "\n".join(Page(80, False).review(conversation))
    assert shown.endswith(
        f"{count + 1:>3}  Period: 1 Jul 2026 to 30 Sep 2026\n"
        f"{count + 2:>3}  What this review is about: company\n"
        f"{count + 3:>3}  What you suspect: nothing"
    )
    assert talk(conversation, str(count + 1))[0].changing == "period"
    assert talk(conversation, f"{count + 2} territory")[0].memory.subject == {"kind": "territory"}
    suspecting, _ = talk(conversation, f"change {count + 3} price")
    assert [one.stage for one in suspecting.memory.head.suspects] == ["pricing"]
    fault = conversation.take(str(count + 4), TODAY)[1]
    assert (fault.kind, fault.text) == ("fault", f"there is no answer number {count + 4}; `review` lists them")


def test_back_goes_through_the_beginning(base: RuleBase) -> None:
    conversation = Conversation(base, salesdx.memory_from({}, base), speaker=MANAGER)
    conversation = replace(conversation, opening=opening_steps(base, conversation.memory))
    assert talk(conversation, "")[0].take("back", TODAY)[1].text == "there is no earlier question"
    there, _ = talk(conversation, "", "2026-Q3", "person", "back")
    assert (there.step, there.opening) == ("subject", ("ref", "suspicion"))
    company, _ = talk(there, "company")
    assert (company.step, company.memory.subject) == ("suspicion", {"kind": "company"})
    period, _ = talk(company, "back", "back", "2026-Q2")
    assert (period.step, period.memory.period) == ("suspicion", SECOND)


CASE = """\
# ours
case: mine # of the north
subject: {kind: company}
period: {from: 2026-07-01, to: 2026-09-30}
suspects:
  - {stage: goals, by: finance}
  - {stage: pricing, by: sales_manager}
facts:
  goal_measurable: {value: true, by: hr, date: 2026-09-01} # on file
"""


def test_a_changed_head_is_saved_and_nothing_else_is_lost(tmp_path: Path, base: RuleBase) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(CASE)
    hr = salesdx.read_case(path, base).statements["goal_measurable"]
    lines = "80\nchange period 2026-Q2\n\nchange subject territory\n\nchange suspicion service\nquit\n"
    done = run_salesdx("interview", "mine.yaml", "--by", "sales_manager", cwd=tmp_path, stdin=lines)
    assert done.returncode == 0, done.stdout + done.stderr
    found = salesdx.read_case(path, base)
    assert (found.subject, found.period) == ({"kind": "territory"}, SECOND)
    assert [(one.stage, one.by) for one in found.head.suspects] == [("goals", "finance"), ("service", "sales_manager")]
    assert found.statements["goal_measurable"] == hr
    [said] = found.statements["case_attainment_pct"]
    assert (said.value, said.by, said.date) == (80, "sales_manager", SECOND[1])
    text = path.read_text()
    assert all(remark in text for remark in ("# ours", "# of the north", "# on file"))
    lines = "change period nothing\nchange suspicion nothing\nchange subject don't know\nquit\n"
    done = run_salesdx("interview", "mine.yaml", "--by", "sales_manager", cwd=tmp_path, stdin=lines)
    assert done.returncode == 0, done.stdout + done.stderr
    found = salesdx.read_case(path, base)
    assert (found.subject, found.period, len(found.head.suspects)) == ({}, None, 1)
    assert found.statements["goal_measurable"] == hr
    assert all(remark in path.read_text() for remark in ("# ours", "# of the north", "# on file"))


def test_what_is_to_be_confirmed_is_asked_when_the_interview_goes_on(tmp_path: Path, base: RuleBase) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(CASE)
    saved = open_interview(base, path, speaker=MANAGER)
    conversation, _ = talk(saved.conversation, "80")
    saved = saved.save(conversation, "case_attainment_pct")
    conversation, _ = talk(saved.conversation, "change period 2026-Q2")
    saved.save(conversation, "")
    assert open_interview(base, path, speaker=MANAGER).conversation.again == ("case_attainment_pct",)
    assert open_interview(base, path, speaker=Speaker("hr", "", ("hr",))).conversation.again == ()


@pytest.mark.parametrize(
    ("there", "period", "told"),
    [
        ("# a remark\n", SECOND, ()),
        (
            "",
            (date(2026, 1, 1), date(2026, 3, 31)),
            ("the period of the case was changed there, too, and that stands",),
        ),
    ],
)
def test_a_change_meets_what_another_program_wrote(
    there: str, period: tuple[date, date], told: tuple[str, ...], tmp_path: Path, base: RuleBase
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(CASE)
    saved = open_interview(base, path, speaker=MANAGER)
    conversation, _ = talk(saved.conversation, "change period 2026-Q2", "change suspicion service")
    text = CASE if there else CASE.replace("from: 2026-07-01, to: 2026-09-30", "from: 2026-01-01, to: 2026-03-31")
    path.write_text(f"{text}{there}".replace("  - {stage: goals", "  - {stage: product, by: hr}\n  - {stage: goals"))
    after = saved.save(conversation, "")
    assert after.news == (f"`{path}` was changed by another program meanwhile; it is read anew", *told)
    found = salesdx.read_case(path, base)
    assert found.period == period
    suspects = [(one.stage, one.by) for one in found.head.suspects]
    assert suspects == [("product", "hr"), ("goals", "finance"), ("service", "sales_manager")]


def test_a_period_does_not_drop_an_end_that_somebody_stated(tmp_path: Path, base: RuleBase) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("case: mine\nfacts:\n  case_period_end: {value: 2026-09-30, by: sales_ops} # theirs\n")
    conversation = open_interview(base, path, speaker=MANAGER).conversation
    after, turn = conversation.take("2026-Q2", TODAY)
    called = base.terms["case_period_end"].called
    assert (turn.kind, after.memory) == ("fault", conversation.memory)
    assert turn.text == f"“{called}” is stated as 2026-09-30: the period ends on that day"
    done = run_salesdx("interview", "mine.yaml", "--by", "finance", cwd=tmp_path, stdin="2026-Q3\ncompany\n\nquit\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "{value: 2026-09-30, by: sales_ops} # theirs" in path.read_text()
