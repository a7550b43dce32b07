"""An interview with somebody: who speaks, what is asked of this one, what is left to others, and how answers change."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

import salesdx
from commands import run_salesdx
from conftest import ROOT
from salesdx.base.model import RuleBase
from salesdx.case.bounds import AnswerError
from salesdx.case.closing import asked_of
from salesdx.case.file import memory_from
from salesdx.case.head import Suspicion
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown
from salesdx.interview.conversation import Conversation
from salesdx.interview.hand_over import handed_over
from salesdx.interview.meaning import meant_stages
from salesdx.interview.open_questions import questions_to
from salesdx.interview.opening import REF, last_quarter, opening_steps, read_head, read_period
from salesdx.interview.speaker import Speaker
from salesdx.interview.turn import Turn
from salesdx.language.intervals import Interval
from salesdx.render import SHORT, render
from salesdx.render.form_page import form_html
from salesdx.render.prompts import Page, progress
from salesdx.services.held_case import BeginFaults, begin_case
from salesdx.services.questionnaires import open_questionnaire
from salesdx.services.saved_interview import open_interview

TODAY = date(2026, 11, 24)
MANAGER = Speaker("sales_manager", "", ("sales_manager",))
THIRD = (date(2026, 7, 1), date(2026, 9, 30))


def begun(base: RuleBase, speaker: Speaker = MANAGER, **facts: object) -> Conversation:
    """An interview behind its opening, about a company in the third quarter; everything applies to the firm."""
    profile = {name: True for name, term in base.profile.items() if term.type == "boolean"}
    memory = memory_from({**profile, "firm_sellers_n": 20, "firm_cycle_days": 60, **facts}, base).headed(
        {"kind": "company"}, THIRD
    )
    return Conversation(base, replace(memory, case="mine"), speaker=speaker, history=tuple(facts))


def talk(conversation: Conversation, *lines: str) -> tuple[Conversation, Turn]:
    """A conversation after some lines, each of which was understood, and what the last one did."""
    turn = Turn("moved")
    for line in lines:
        conversation, turn = conversation.take(line, TODAY)
        assert turn.kind != "fault", (line, turn.text)
    return conversation, turn


def finished(conversation: Conversation, answer: str = "don't know") -> Conversation:
    """A conversation in which every further question has one answer."""
    while conversation.term is not None:
        conversation, turn = conversation.take(answer, TODAY)
        assert turn.kind == "answered", turn
    return conversation


# --- the opening ------------------------------------------------------------------------------------------------------


def test_it_begins_with_who_speaks_the_period_the_subject_and_what_is_suspected(base: RuleBase) -> None:
    memory = WorkingMemory(base, {}, "mine")
    conversation = Conversation(base, memory, speaker=MANAGER, opening=opening_steps(base, memory))
    asked = []
    for line in ("finance", "July 2026", "4", "E-1042", "I think it's the price"):
        head = conversation.head(TODAY)
        assert head is not None and conversation.term is None
        asked.append(head.text.split("?")[0])
        conversation, _ = talk(conversation, line)
    assert asked == [
        "Who answers here",
        "Which period is this about",
        "Whom or what is this review about: the company, a territory, a product or a person",
        "Under which pseudonym is the person kept",
        "What do you think the cause is",
    ]
    assert conversation.head(TODAY) is None and conversation.term is not None
    after = conversation.memory
    assert conversation.speaker == Speaker("finance", "", ("finance",))
    assert (after.subject, after.period) == ({"kind": "person", "ref": "E-1042"}, (date(2026, 7, 1), date(2026, 7, 31)))
    assert after.head.suspects == (Suspicion("pricing", "finance", "", TODAY),)
    assert after.fixed == {"case_subject", "case_period_end"}


@pytest.mark.parametrize(
    "name", ["Rau", "max.rau", "Anna-Weber", "M", "Max Rau", "Müller"], ids=lambda name: name.replace(" ", "_")
)
def test_what_may_be_a_name_is_no_pseudonym(name: str, base: RuleBase) -> None:
    about_somebody = WorkingMemory(base, {}, "mine", today=TODAY).headed({"kind": "person"}, THIRD)
    with pytest.raises(AnswerError, match="name"):
        read_head(base, about_somebody, REF, name, MANAGER, TODAY)
    with pytest.raises(BeginFaults) as found:
        begin_case(base, "mine", MANAGER, {"subject": "person", "ref": name, "period": "2026-Q3"}, TODAY)
    assert found.value.faults.keys() == {REF} and "name" in found.value.faults[REF]
    territory = {"subject": "territory", "ref": "North", "period": "2026-Q3"}
    assert "ref: North" in begin_case(base, "mine", MANAGER, territory, TODAY)


def test_enter_takes_what_is_proposed(base: RuleBase) -> None:
    memory = WorkingMemory(base, {}, "mine")
    conversation = Conversation(base, memory, speaker=MANAGER, opening=opening_steps(base, memory))
    conversation, _ = talk(conversation, "", "")
    assert (conversation.speaker.by, conversation.memory.period) == ("sales_manager", THIRD)
    _, turn = conversation.take("", TODAY)
    assert turn.kind == "fault"  # what a review is about has no default
    conversation, _ = talk(conversation, "company", "")
    assert conversation.memory.head.suspects == ()
    assert conversation.term is not None and conversation.term.name == "case_attainment_pct"


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("2026-Q3", THIRD[0], THIRD[1]),
        ("Q3 2026", THIRD[0], THIRD[1]),
        ("last quarter", THIRD[0], THIRD[1]),
        ("quarter 3 of 2026", THIRD[0], THIRD[1]),
        ("1 Jul 2026 to 30 Sep 2026", THIRD[0], THIRD[1]),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("February 2024", date(2024, 2, 1), date(2024, 2, 29)),
    ],
)
def test_a_period_is_read_as_people_write_it(typed: str, first: date, last: date) -> None:
    assert read_period(typed, TODAY) == (first, last)


@pytest.mark.parametrize("typed", ["2026-09-30", "after July 2026", "Q5 2026", "soon"])
def test_what_is_no_period_is_asked_again(typed: str) -> None:
    with pytest.raises(AnswerError):
        read_period(typed, TODAY)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Q3", "quarter 3 of which year? write it too, such as 2026-Q3"),
        ("the summer", "a period has a first and a last day: 2026-Q3, September 2026, 2026-07-01 to 2026-09-30"),
        ("July", "July of which year? write it too, such as July 2026"),
    ],
)
def test_what_is_no_period_is_told_what_one_is(typed: str, told: str) -> None:
    with pytest.raises(AnswerError) as caught:
        read_period(typed, TODAY)
    assert str(caught.value) == told


def test_what_other_questions_apply_by_is_not_said_not_to_apply(base: RuleBase) -> None:
    """The subject was understood as "does not apply" and kept as not known, and the profile left its stages open."""
    start = replace(begun(base), opening=("subject",))
    for conversation, form in ((start, "1 company, 2 territory, 3 product, 4 person"), (unsaid(base), "yes or no")):
        after, turn = conversation.take("not applicable: we are new", TODAY)
        told = f"this always applies, since other questions apply by it: answer {form}, or `don't know`"
        assert (turn.kind, turn.text) == ("fault", told)
        assert after.memory.statements == conversation.memory.statements


def test_what_cannot_be_changed_is_said_in_words_that_people_read(base: RuleBase) -> None:
    told = begun(base).take("change case_subjct", TODAY)[1].text
    assert told == "there is no question `case_subjct`; did you mean `What this review is about`?"


def unsaid(base: RuleBase) -> Conversation:
    """An interview at the question whether the firm ships goods."""
    conversation = begun(base, case_attainment_pct=80)
    said = {name: told for name, told in conversation.memory.statements.items() if name != "firm_ships_goods"}
    return replace(conversation, memory=replace(conversation.memory, statements=said), asked="firm_ships_goods")


def test_the_last_quarter_is_proposed() -> None:
    assert [last_quarter(date(2026, month, 1))[1] for month in (1, 4, 9, 10)] == [
        date(2025, 12, 31),
        date(2026, 3, 31),
        date(2026, 6, 30),
        date(2026, 9, 30),
    ]


@pytest.mark.parametrize(
    ("said", "stages"),
    [
        ("I think it's the price", ["pricing"]),
        ("late deliveries", ["delivery"]),
        ("too few leads", ["marketing"]),
        ("discounts", ["pricing"]),
        ("marketing and price", ["pricing", "marketing"]),
        ("the product", ["product"]),
        ("3", ["pricing"]),
        ("9", []),
        ("the weather", []),
    ],
)
def test_a_suspicion_is_understood_by_words_of_the_stages_and_their_facts(
    said: str, stages: list[str], base: RuleBase
) -> None:
    assert [stage.id for stage in meant_stages(base, said)] == stages


def test_a_suspected_stage_is_asked_about_first_and_a_person_moves_nothing(base: RuleBase) -> None:
    first = {}
    for stage in ("pricing", "individual"):
        conversation = begun(base, case_attainment_pct=80, firm_sets_prices=True)
        head = replace(conversation.memory.head, suspects=(Suspicion(stage),))
        memory = conversation.memory.headed(conversation.memory.subject, THIRD, head)
        question = replace(conversation, memory=memory).survey.question
        assert question is not None and question.why.stage is not None
        first[stage] = question.why.stage.id
    assert first == {"pricing": "pricing", "individual": "goals"}


# --- own questions, and those of others -------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["sales_manager", "finance", "hr", "production"])
def test_each_is_asked_what_this_role_knows_and_the_rest_is_handed_over(role: str, base: RuleBase) -> None:
    conversation = begun(base, Speaker(role, "", (role,)), case_attainment_pct=80)
    after = finished(conversation)
    asked = [base.terms[name] for name in after.answered]
    assert asked and all(role in (term.respondent, *term.may_answer) for term in asked)
    others = handed_over(after)
    assert role not in others and len(others) > 3
    assert all(asked_of(after.memory, term.name) == who for who, terms in others.items() for term in terms)
    # a fact that somebody does not know in place of its respondent is still asked of the respondent
    instead = {term.name for term in asked if term.respondent != role}
    left = {term.name for terms in others.values() for term in terms}
    assert not instead or instead & left


def test_a_foreign_question_is_asked_on_demand_and_answered_in_ones_own_voice(base: RuleBase) -> None:
    conversation = finished(begun(base, case_attainment_pct=80))
    after, turn = talk(conversation, "ask production")
    assert turn.text.startswith("questions to production and logistics are put to you, too")
    assert after.term is not None and after.term.respondent == "production"
    name = after.term.name
    after, _ = talk(after, "not known")
    [said] = after.memory.statements[name]
    assert (said.by, said.unknown) == ("sales_manager", Unknown.NOT_KNOWN)
    after, _ = talk(after, "change Orders complete and on time 91")
    [said] = after.memory.statements["delivery_otif_pct"]
    assert (said.by, said.value) == ("sales_manager", Decimal(91))
    assert [role for role, _ in _named(after)] == ["sales_manager"]
    by_name, _ = talk(conversation, "change Orders complete and on time 91")
    assert by_name.memory.statements["delivery_otif_pct"] == (said,)
    assert conversation.take("ask the king", TODAY)[1].text == "nobody is called `the king`"


def _named(conversation: Conversation) -> list[tuple[str, str]]:
    """Who said what in an interview, but for what its beginning gave."""
    said = ((s.by, name) for name, statements in conversation.memory.statements.items() for s in statements if s.by)
    return sorted({(by, "") for by, _ in said})


def test_the_progress_counts_ones_own_and_names_the_others_by_their_labels(base: RuleBase) -> None:
    conversation, _ = talk(begun(base), "80", "yes", "don't know")
    told = progress(conversation)
    assert told == (
        f"3 answered here, about {len(conversation.survey.to_come)} more of yours, {told.partition('of yours, ')[2]}"
    )
    assert all(base.respondents[role] in told or role not in told for role in base.respondents)
    shown = "\n".join(Page(80, False).question(conversation, TODAY))
    assert "effort" not in shown and "1 to " not in shown and "sales_ops" not in shown
    everybody = Conversation(base, conversation.memory)
    assert "of yours" not in progress(everybody)


def test_one_count_of_questions_in_progress_hand_over_ask_and_report(base: RuleBase) -> None:
    """An interview told "finance has 4" above "finance, 12 questions"."""
    for conversation in (begun(base, case_attainment_pct=80), finished(begun(base, case_attainment_pct=80))):
        counts = {role: len(terms) for role, terms in handed_over(conversation).items()}
        first, *rest = counts
        assert counts == {role: len(questions_to(base, conversation.memory, role)) for role in counts}
        diagnosis = conversation.survey.diagnosis
        assert (
            counts.items() <= {one["respondent"]: len(one["terms"]) for one in diagnosis.to_dict()["hand_over"]}.items()
        )
        told = f"{base.respondents[first]} has {counts[first]}, others {sum(counts[role] for role in rest)}"
        assert progress(conversation).endswith(told)
        end = " ".join("\n".join(Page(80, False).end(conversation, handed_over(conversation), "m.yaml", TODAY)).split())
        report = render([diagnosis], SHORT)
        for role in (first, rest[0]):
            assert f"{base.respondents[role]}, {counts[role]} questions: “" in end
            assert f"- {base.respondents[role]}, {counts[role]} questions: “" in report


def test_what_is_read_from_the_progress_holds_until_a_cause_is_found(base: RuleBase) -> None:
    """Each "don't know" takes away at least the question itself."""
    conversation = begun(base, case_attainment_pct=80)
    left = len(conversation.survey.to_come)
    while conversation.term is not None:
        conversation, _ = talk(conversation, "don't know")
        assert len(conversation.survey.to_come) < left
        left = len(conversation.survey.to_come)
    assert left == 0


# --- statements -------------------------------------------------------------------------------------------------------


def test_an_answer_is_of_today_and_a_figure_of_the_period_of_its_last_day(base: RuleBase) -> None:
    conversation, _ = talk(begun(base), "80", "yes")
    days = {name: conversation.memory.statements[name][-1].date for name in conversation.answered}
    assert days == {"case_attainment_pct": THIRD[1], "goal_measurable": TODAY}
    # while the period runs, nobody knows its figures: the answer is of today, does not count, and is not asked again
    running = Conversation(
        base,
        WorkingMemory(base, {}).headed({"kind": "company"}, (date(2026, 10, 1), date(2026, 12, 31))),
        speaker=MANAGER,
    )
    running, _ = talk(running, "80")
    assert running.memory.statements["case_attainment_pct"][0].date == TODAY
    assert running.memory.fact("case_attainment_pct").unknown is Unknown.STALE
    assert running.term is not None and running.term.name != "case_attainment_pct"
    # long after the period, it is still about the period
    late = replace(
        begun(base), memory=WorkingMemory(base, {}).headed({"kind": "company"}, (date(2024, 1, 1), date(2024, 3, 31)))
    )
    late, _ = talk(late, "80", "change Pay plan rewards the goal yes", "change leads against plan 70")
    assert late.memory.fact("mkt_leads_vs_plan_pct").value == 70


def test_what_does_not_apply_needs_a_reason_and_is_not_asked_again(base: RuleBase) -> None:
    conversation, turn = talk(begun(base), "80", "not applicable")
    assert turn.text == "does not apply; without a reason it stays unknown (`not applicable: REASON`)"
    assert conversation.term is not None and conversation.term.name != "goal_measurable"
    conversation, turn = talk(conversation, "change goal_measurable not applicable: we set none")
    assert turn.text == "does not apply, because we set none"
    assert conversation.memory.fact("goal_measurable").excused


def test_words_of_a_source_propose_a_kind_and_only_a_written_one_counts(base: RuleBase) -> None:
    conversation, turn = talk(begun(base), "80", "note source=ERP invoices")
    assert turn.text == "source ERP invoices; if it is transaction data, `note kind=transaction data` says so"
    [said] = conversation.memory.statements["case_attainment_pct"]
    assert (said.source, said.kind) == ("ERP invoices", "")
    conversation, _ = talk(conversation, "note kind=transaction data")
    [said] = conversation.memory.statements["case_attainment_pct"]
    assert (said.source, said.kind) == ("ERP invoices", "transaction data")


VOICES = (Speaker("finance"), Speaker("hr", "E-7"), Speaker("sales_manager", "ana"), Speaker("sales_manager", "bob"))


def test_no_line_of_one_voice_changes_or_loses_what_another_said(base: RuleBase) -> None:
    random = Random(3)
    names = [term.name for term in base.terms.values() if term.question]
    memory = WorkingMemory(base, {}, "mine").headed({"kind": "person", "ref": "E-1"}, THIRD)
    for _ in range(700):
        speaker, name = random.choice(VOICES), random.choice(names[:25])
        talking = Conversation(base, memory, history=tuple(memory.statements), speaker=speaker)
        line = random.choice(
            [f"change {name} {random.choice(['yes', 'no', '7', '80', '12-14', 'not known', 'not applicable: so'])}"] * 3
            + ["note kind=opinion date=2026-10-01", "note source=from a talk", f"change {name}"]
        )
        after, _ = talking.take(line, TODAY)
        if name in memory.fixed:  # the head is nobody's word
            continue
        before = {(n, s) for n, said in memory.statements.items() for s in said if s.voice != speaker.voice}
        now = {(n, s) for n, said in after.memory.statements.items() for s in said if s.voice != speaker.voice}
        assert before == now
        assert all(len({s.voice for s in said}) == len(said) for said in after.memory.statements.values())
        memory = after.memory
    assert len({s.voice for said in memory.statements.values() for s in said}) == 4 + 1  # and the head


def test_two_programs_at_once_lose_no_word_of_either(tmp_path: Path, base: RuleBase) -> None:
    """Four voices in two interviews on one file, each of which sees what the other wrote only when it saves."""
    random, path = Random(5), tmp_path / "mine.yaml"
    path.write_text("case: mine\nsubject: {kind: company}\nperiod: {from: 2026-07-01, to: 2026-09-30}\nfacts: {}\n")
    open_ = [open_interview(base, path, speaker=VOICES[0]), open_interview(base, path, speaker=VOICES[1])]
    said: dict[tuple[str, tuple[str, str, bool]], Statement] = {}
    for _ in range(60):
        number, speaker = random.randrange(2), random.choice(VOICES)
        name = random.choice(["goal_measurable", "goal_communicated", "case_attainment_pct", "goal_levels_linked"])
        answer = str(random.randint(60, 120)) if name.endswith("pct") else random.choice(["yes", "no", "don't know"])
        there = replace(open_[number].conversation, speaker=speaker, opening=())
        after, turn = there.take(f"change {name} {answer}", TODAY)
        assert turn.kind == "answered"
        open_[number] = open_[number].save(after, name)
        if open_[number].taken:
            told = after.memory.said_by(name, speaker.voice)
            assert told is not None
            said[name, speaker.voice] = told
        open_[number] = replace(open_[number], taken=True)
        found = salesdx.read_case(path, base).statements
        assert {(n, s.voice): s for n in found for s in found[n] if s.by} == said
    assert len({voice for _, voice in said}) == len(VOICES)


def test_a_dated_word_of_hr_stays_when_a_manager_says_otherwise(tmp_path: Path, base: RuleBase) -> None:
    case = tmp_path / "mine.yaml"
    case.write_text(
        "case: mine\nsubject: {kind: person, ref: E-1}\nperiod: {from: 2026-07-01, to: 2026-09-30}\nfacts:\n"
        "  hr_written_warning: {value: false, by: hr, kind: signed record, date: 2026-09-01} # on file\n"
    )
    lines = "\nchange hr_written_warning yes\nquit\n"
    done = run_salesdx("interview", "mine.yaml", "--by", "sales_manager", "--author", "ana", cwd=tmp_path, stdin=lines)
    assert done.returncode == 0, done.stderr
    said = {s.by: s for s in salesdx.read_case(case, base).statements["hr_written_warning"]}
    assert (said["hr"].value, said["hr"].kind, said["hr"].date) == (False, "signed record", date(2026, 9, 1))
    assert (said["sales_manager"].value, said["sales_manager"].author) == (True, "ana")


def test_what_is_computed_is_not_stated_against_its_inputs(base: RuleBase) -> None:
    begin, end = "change Coaching began on 2026-06-01", "change Coaching was judged on 2026-07-01"
    conversation, _ = talk(begun(base), "80", begin, end)
    after, turn = conversation.take("change hr_coaching_days 60", TODAY)
    assert (turn.kind, after.memory) == ("fault", conversation.memory)
    assert (
        turn.text
        == "“Coaching was judged on” and “Coaching began on” on file give 30 days: correct one of them or withdraw it"
    )
    assert talk(conversation, "change hr_coaching_days 30")[1].kind == "answered"


# --- imprecise answers ------------------------------------------------------------------------------------------------


def test_an_interval_across_a_limit_is_asked_once_more(base: RuleBase) -> None:
    conversation = begun(base, case_attainment_pct=80, goal_measurable=True, goal_communicated=True)
    conversation = replace(conversation, speaker=Speaker("finance", "", ("finance",)))
    conversation, _ = talk(conversation, "change goal_backtest_ratio_pct 120 to 130")
    assert conversation.term is not None and conversation.term.name == "goal_backtest_ratio_pct"
    shown = " ".join("\n".join(Page(80, False).question(conversation, TODAY)).split())
    assert (
        "so far: 120 to 130% of bottom-up capacity" in shown
        and "the limit is 125. More exactly? `no` keeps it" in shown
    )
    kept, _ = talk(conversation, "no")
    assert kept.term is not None and kept.term.name != "goal_backtest_ratio_pct"
    assert isinstance(kept.memory.fact("goal_backtest_ratio_pct").value, Interval)
    assert "goal_backtest_ratio_pct" not in finished(kept).survey.vague
    for line in ("don't know", "not sure"):  # who does not know it more exactly has not forgotten what was said
        assert talk(conversation, line)[0] == kept
    assert (
        talk(kept, "change goal_backtest_ratio_pct don't know")[0].memory.fact("goal_backtest_ratio_pct").value is None
    )
    again, _ = talk(conversation, "120 to 128")
    assert again.term is not None and again.term.name != "goal_backtest_ratio_pct"
    _, turn = talk(conversation, "127")
    assert [change.stage.id for change in turn.changes] == ["goals"]


def test_an_interval_that_only_other_facts_can_tell_is_asked_once_more_without_a_limit(base: RuleBase) -> None:
    conversation, _ = talk(begun(base), "80-85")
    shown = " ".join("\n".join(Page(80, False).question(conversation, TODAY)).split())
    assert "so far: 80 to 85% of goal. More exactly? `no` keeps it" in shown


def test_another_rough_answer_after_a_kept_one_is_asked_once_more(base: RuleBase) -> None:
    conversation, _ = talk(begun(base), "80-85", "no", "change case_attainment_pct 95-105")
    assert conversation.term is not None and conversation.term.name == "case_attainment_pct"
    kept, turn = talk(conversation, "no")
    assert turn.text == "kept as it is" and kept.term is not None and kept.term.name != "case_attainment_pct"


def test_an_interval_on_one_side_of_every_limit_is_not_asked_again(base: RuleBase) -> None:
    conversation = begun(base, Speaker("finance", "", ("finance",)), case_attainment_pct=80)
    conversation, turn = talk(conversation, "change goal_backtest_ratio_pct 127-140")
    assert [change.stage.id for change in turn.changes] == ["goals"]
    assert conversation.term is None or conversation.term.name != "goal_backtest_ratio_pct"


# --- the review -------------------------------------------------------------------------------------------------------


def test_the_review_lists_the_answers_and_a_number_changes_one(base: RuleBase) -> None:
    conversation = finished(talk(begun(base), "80", "yes", "yes")[0])
    shown = "\n".join(Page(80, False).review(conversation))
    assert shown.startswith("  1  Share of goal reached: 80% of goal\n  2  Goal has number, unit and date: yes\n")
    there, _ = talk(conversation, "2")
    assert there.asked == "goal_measurable"
    back, _ = talk(there, "")
    assert back.term is None and back.memory == conversation.memory
    _, turn = talk(conversation, "2 no")
    assert [(change.stage.id, change.after) for change in turn.changes] == [("goals", "confirmed")]
    assert conversation.take("99", TODAY)[1].text == "there is no answer number 99; `review` lists them"
    assert talk(conversation, "review")[1].kind == "review"
    assert talk(conversation, "")[1].kind == "quit"


def test_an_answer_is_withdrawn_in_sight(tmp_path: Path, base: RuleBase) -> None:
    lines = "\n2026-Q3\ncompany\n\n80\nno\nwithdraw 2 because I meant last year\nquit\n"
    done = run_salesdx("interview", "mine.yaml", cwd=tmp_path, stdin=lines)
    assert done.returncode == 0, done.stderr
    shown = " ".join(done.stdout.split())
    assert "withdrawn: “Goal has number, unit and date” counts no more, because I meant last year" in shown
    assert "overturned: step 1 “Goals sound?” was confirmed and is now open" in shown
    assert "so far:" not in shown
    found = salesdx.read_case(tmp_path / "mine.yaml", base)
    [said] = found.statements["goal_measurable"]
    assert said.withdrawn is not None and (said.value, said.withdrawn.reason) == (False, "I meant last year")
    assert found.fact("goal_measurable").unknown is Unknown.NOT_ASKED
    conversation, _ = talk(begun(base), "80", "yes")
    for line in ("withdraw", "withdraw 2", "withdraw 9: so", "withdraw orders counted because of rain"):
        after, turn = conversation.take(line, TODAY)
        assert (turn.kind, after.memory) == ("fault", conversation.memory)
    again, _ = talk(conversation, "withdraw goal has number: so it is", "change goal_measurable no")
    assert [(s.value, s.stands) for s in again.memory.statements["goal_measurable"]] == [(True, False), (False, True)]


def test_it_goes_on_to_later_stages_on_demand(base: RuleBase) -> None:
    conversation = begun(base, case_attainment_pct=80)
    while conversation.survey.diagnosis.concluded is None:
        conversation, _ = talk(conversation, "no")  # the goal is not written down
    conversation = finished(conversation)
    stages = {base.terms[name].home for name in conversation.answered}
    assert not stages & {"pricing", "delivery", "training", "marketing"}
    further, turn = talk(conversation, "go on")
    assert turn.text == "now the later steps"
    later = {base.terms[name].home for name in finished(further).answered}
    assert later >= {"pricing", "delivery", "training", "marketing"}
    assert talk(conversation, "more")[0].term == further.term
    assert further.take("go on", TODAY)[1].text == "a question is open: answer it first, or type `later`"
    end = finished(further)
    assert end.take("go on", TODAY)[1].kind == "fault"


def test_words_of_labels_find_a_question(base: RuleBase) -> None:
    conversation = begun(base, case_attainment_pct=80)
    choosing, turn = talk(conversation, "change price")
    assert turn.kind == "choice"
    labels = [base.terms[name].called for name in choosing.choices]
    assert "Price rise of the last 12 months" in labels and all("rice" in label for label in labels)
    assert labels[0] == "Price rise of the last 12 months"  # the manager's own
    chosen, _ = talk(choosing, "1")
    assert chosen.asked == "price_increase_recent_pct"
    assert talk(choosing, "")[0].choices == ()
    assert choosing.take("99", TODAY)[1].kind == "fault"
    straight, turn = talk(conversation, "change units after -14")
    assert (turn.kind, straight.memory.fact("price_volume_after_increase_pct").value) == ("answered", -14)


# --- the command ------------------------------------------------------------------------------------------------------

LATE = ROOT / "examples" / "late-delivery.yaml"


def test_answers_from_a_file_are_saved_like_typed_ones(tmp_path: Path, base: RuleBase) -> None:
    done = run_salesdx("interview", "new.yaml", "--answers", str(LATE), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found, known = salesdx.read_case(tmp_path / "new.yaml", base), salesdx.read_case(LATE, base)
    assert (found.subject, found.period) == (known.subject, known.period)
    for name, said in found.own.statements.items():
        if name not in found.fixed and name in known.statements:
            assert set(said) == set(known.statements[name]), name
    assert salesdx.diagnose(base, found).concluded.stage.id == "delivery"  # type: ignore[union-attr]
    missing = [said for name, said in found.own.statements.items() if name not in known.statements]
    assert missing and all(one.unknown is Unknown.NOT_KNOWN for said in missing for one in said)


def test_a_dry_run_saves_nothing(tmp_path: Path) -> None:
    done = run_salesdx("interview", "new.yaml", "--answers", str(LATE), "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [*tmp_path.iterdir()] == []
    (tmp_path / "mine.yaml").write_text(text := "case: mine\nfacts: {}\n")
    lines = "\n\ncompany\n\n80\nquit\n"
    done = run_salesdx("interview", "mine.yaml", "--dry-run", cwd=tmp_path, stdin=lines)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "nothing is saved")
    assert (tmp_path / "mine.yaml").read_text() == text


def test_a_finished_interview_is_taken_up_again_and_corrected(tmp_path: Path, base: RuleBase) -> None:
    lines = "\n".join(["", "2026-Q3", "company", "price", "80", *["don't know"] * 60, "", ""])
    done = run_salesdx("interview", "mine.yaml", cwd=tmp_path, stdin=lines)
    assert done.returncode == 0, done.stdout + done.stderr
    before = salesdx.read_case(tmp_path / "mine.yaml", base)
    assert before.head.suspects[0].stage == "pricing"
    assert "3 Pricing: not yet tested (suspected by the sales manager" in done.stdout
    assert "salesdx ask mine.yaml --respondent finance --output mine-finance.html" in done.stdout
    assert "Ask the others by " in done.stdout
    assert "`write` writes these" in done.stdout
    (tmp_path / "mine-hr.html").write_text("mine")
    done = run_salesdx("interview", "mine.yaml", cwd=tmp_path, stdin="\nwrite\n\n")
    assert done.returncode == 0, done.stdout + done.stderr
    commands = re.findall(r"salesdx ask mine.yaml --respondent (\w+) --output (\S+)", done.stdout)
    assert {name for _, name in commands} == {path.name for path in tmp_path.glob("*.html")}
    assert (tmp_path / "mine-hr.html").read_text() == "mine"
    assert "`mine-hr.html` is there already, and nothing is overwritten" in done.stdout
    found = salesdx.read_case(tmp_path / "mine.yaml", base)
    for role, name in commands:
        form = open_questionnaire(base, found, role)
        if role != "hr":
            assert (tmp_path / name).read_text("utf-8") == form_html(form)
            assert re.search(rf"\d+ questions? to [a-z ]+\s+in\s+{re.escape(name)}", done.stdout)
    done = run_salesdx("interview", "mine.yaml", "--dry-run", cwd=tmp_path, stdin="\nwrite\n\n")
    assert "not written in a dry run: " in done.stdout
    done = run_salesdx("interview", "mine.yaml", cwd=tmp_path, stdin="\n1 82\n\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Which period" not in done.stdout  # what was answered, or left out, at the start is not asked again
    assert "understood: 82% of goal" in done.stdout
    after = salesdx.read_case(tmp_path / "mine.yaml", base)
    assert after.fact("case_attainment_pct").value == 82
    assert {n: s for n, s in after.statements.items() if n != "case_attainment_pct"} == {
        n: s for n, s in before.statements.items() if n != "case_attainment_pct"
    }


@pytest.mark.parametrize(
    "text",
    [
        "# ours\nfacts: # all\n  firm_ships_goods: true # we do\n",
        "---\ntitle: so\nsuspects:\n  - {stage: goals} # first\nfacts: {firm_ships_goods: true}\n...\n",
        '{"case": "mine", "facts": {"firm_ships_goods": true}}\n',
        "case: mine\r\nfacts:\r\n  firm_ships_goods: true\r\n",
    ],
)
def test_what_is_asked_at_the_start_is_written_into_every_form_of_a_case_file(
    text: str, tmp_path: Path, base: RuleBase
) -> None:
    (tmp_path / "mine.yaml").write_bytes(text.encode())
    lines = "\n2026-Q3\ncompany\nprice\n80\nquit\n"
    if "suspects" in text:  # not asked again
        lines = lines.replace("price\n", "")
    done = run_salesdx("interview", "mine.yaml", cwd=tmp_path, stdin=lines)
    assert done.returncode == 0, done.stderr
    found = salesdx.read_case(tmp_path / "mine.yaml", base)
    assert (found.subject, found.period) == ({"kind": "company"}, THIRD)
    assert [suspicion.stage for suspicion in found.head.suspects] == ["goals" if "suspects" in text else "pricing"]
    assert (found.fact("firm_ships_goods").value, found.fact("case_attainment_pct").value) == (True, 80)
    kept = (tmp_path / "mine.yaml").read_bytes().decode()
    assert all(remark in kept for remark in ("# ours", "# all", "# we do", "title: so") if remark in text)
    assert kept.startswith("{") == text.startswith("{")
    assert kept.count("\r\n") == (kept.count("\n") if "\r" in text else 0)


def test_an_opening_that_was_left_goes_on_where_it_was(tmp_path: Path, base: RuleBase) -> None:
    saved = open_interview(base, tmp_path / "mine.yaml")
    conversation, _ = talk(saved.conversation, "hr", "2026-Q3")
    saved.save(conversation, "")
    again = open_interview(base, tmp_path / "mine.yaml").conversation
    assert (again.opening, again.speaker.by) == (("speaker", "subject", "suspicion"), "hr")
    assert again.memory.period == THIRD


def test_who_speaks_can_be_given_and_is_checked(tmp_path: Path) -> None:
    done = run_salesdx("interview", "mine.yaml", "--by", "king", cwd=tmp_path)
    assert (done.returncode, "there is no respondent `king`" in done.stderr) == (2, True)
    done = run_salesdx("interview", "mine.yaml", "--author", "E-7", cwd=tmp_path)
    assert (done.returncode, "add `--by ROLE`" in done.stderr) == (2, True)
    lines = "2026-Q3\ncompany\n\n80\nquit\n"
    done = run_salesdx("interview", "mine.yaml", "--by", "sales_manager", "--author", "E-7", cwd=tmp_path, stdin=lines)
    assert done.returncode == 0 and "Who answers here?" not in done.stdout
    assert "by: sales_manager, author: E-7, date: 2026-09-30" in (tmp_path / "mine.yaml").read_text()


@pytest.mark.parametrize("width", [45, 80])
def test_no_line_is_wider_than_the_terminal(width: int, base: RuleBase) -> None:
    page, conversation = Page(width, False), begun(base)
    lines = []
    for line in ("80", "change price", "1", "9", "yes", "?", "why", "change units after -14"):
        lines += page.question(conversation, TODAY)
        conversation, turn = talk(conversation, line)
        lines += page.turn(conversation, turn)
    end = finished(conversation)
    lines += page.end(end, handed_over(end), "a-case-with-a-long-name.yaml", TODAY)
    commands = ("salesdx ask", "a-case-with", "--output", "--respondent")
    assert [line for line in lines if len(line) > width and not line.strip().startswith(commands)] == []


def test_the_command_of_a_hand_over_can_be_copied(base: RuleBase) -> None:
    """It stands on one line, however narrow the terminal is."""
    end = finished(begun(base, case_attainment_pct=80))
    lines = [*Page(45, False).end(end, handed_over(end), "mine.yaml", TODAY)]
    assert "  salesdx ask mine.yaml --respondent finance --output mine-finance.html" in lines


def test_a_value_that_may_be_a_fraction_is_asked_back(base: RuleBase) -> None:
    conversation, turn = talk(begun(base), "0.8")
    assert (turn.kind, turn.text) == ("asked back", "0.8% or 80%?")
    assert "case_attainment_pct" not in conversation.memory.statements
    after, _ = talk(conversation, "80%")
    assert after.memory.fact("case_attainment_pct").value == 80
    rough, turn = talk(begun(base), "about 80")
    assert turn.kind == "asked back"
    rough, _ = talk(rough, "yes")
    [said] = rough.memory.statements["case_attainment_pct"]
    assert (said.value, said.note) == (Interval(Decimal(72), Decimal(88)), "about 80")


def test_what_somebody_said_is_not_told_as_ones_own(base: RuleBase) -> None:
    conversation = begun(base, case_attainment_pct=80)
    said = Statement(True, by="finance", date=TODAY)
    conversation = replace(conversation, memory=conversation.memory.saying("goal_measurable", said))
    there, _ = talk(conversation, "change goal_measurable")
    assert "so far: yes (finance); Enter keeps it" in "\n".join(Page(80, False).question(there, TODAY))
