"""Who is asked what: the questionnaires and the reports agree, and "nothing is left" is said only where it is so."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

import salesdx
from commands import run_salesdx
from conftest import ROOT
from homes import load_home, memory_of
from random_cases import fuzz_cases
from salesdx.authoring.worked_cases import case_files
from salesdx.base.model import RuleBase, Term
from salesdx.case.closing import about_person, awaits_subject, is_closed
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.interview.answer_cells import cells
from salesdx.interview.open_questions import questions_by_respondent, questions_to
from salesdx.interview.question import survey
from salesdx.interview.relevance import relevance
from salesdx.interview.speaker import Speaker
from salesdx.language.intervals import Interval
from salesdx.render.wording import by_respondent
from test_relevance import as_value, domain, random_home, vaguely

ROLES = ("finance", "hr", "production")
STATES_OF_A_BASE = 25


@cache
def shipped() -> RuleBase:
    return salesdx.load()


def worked() -> Iterator[WorkingMemory]:
    for path in case_files([ROOT / "rules" / "cases", ROOT / "examples"]):
        yield salesdx.read_case(path, shipped())


def result(diagnosis: Diagnosis) -> dict[str, Any]:
    """What an answer may not change where nothing is left to ask."""
    found = diagnosis.to_dict()
    stages = [
        (stage["status"], stage.get("held"), stage.get("concluded")) for stage in found["stages"] + found["files"]
    ]
    given = [[entry["intervention"] for entry in found[key]] for key in ("recommendations", "alternatives")]
    held_back = {entry["intervention"] for entry in found["suppressed"]}
    return {"stages": stages, "given": given, "held back": held_back} | {
        key: found[key] for key in ("likely", "unexamined")
    }


# --- nothing is left --------------------------------------------------------------------------------------------------


def home_of_roles(random: Random) -> dict[str, Any]:
    """A random rule base whose terms are of several respondents and whose rules recommend."""
    homes = random_home(random)
    for name, home in homes.items():
        for term in home["terms"].values():
            term["respondent"] = random.choice(ROLES)
        home["interventions"] = {f"do_{name}": {}}
        for rule in home["rules"].values():
            if random.random() < 0.5:
                rule["recommend"] = [f"do_{name}"]
    return homes


def states(base: RuleBase, random: Random) -> Iterator[WorkingMemory]:
    own = [name for name in base.terms if name.startswith("t")]
    for _ in range(STATES_OF_A_BASE):
        memory = salesdx.memory_from({"case_subject": "company", "case_attainment_pct": 80}, base)
        silent = random.choice(ROLES) if random.random() < 0.5 else ""
        for name in own:
            roll, respondent = random.random(), base.terms[name].respondent
            if roll < 0.5:
                said = Statement(as_value(base, name, random.choice(domain(base, name))), by=random.choice(ROLES))
                memory = memory.with_statements(name, (said,))
            elif roll < 0.6:
                memory = memory.with_statements(name, vaguely(base, random, name))
            elif roll < 0.75 or respondent == silent:
                by = silent or random.choice(ROLES)
                memory = memory.with_statements(name, (Statement(unknown=Unknown.NOT_KNOWN, by=by),))
        yield memory


def open_terms(base: RuleBase, memory: WorkingMemory, respondent: str) -> list[Term]:
    """What the head of a case states is no answer."""
    head = (base.ladder.subject_term, base.ladder.period_end_term)
    terms = (term for term in base.terms.values() if term.respondent == respondent and term.name not in head)
    return [term for term in terms if not is_closed(memory, term.name, respondent)]


def choices(base: RuleBase, memory: WorkingMemory, name: str) -> list[Any]:
    """What a respondent may answer: each value, of an imprecise one those inside, or nothing."""
    known = memory.fact(name).value
    values = [as_value(base, name, plain) for plain in domain(base, name)]
    if isinstance(known, Interval):
        values = [value for value in values if known.low <= value <= known.high]
    return [None, *values]


@pytest.mark.parametrize("seed", range(max(1, fuzz_cases(250) // STATES_OF_A_BASE)))
def test_nothing_is_left_only_where_no_answers_of_a_respondent_change_anything(seed: int, tmp_path: Path) -> None:
    """`ask_refuses_right`, against all joint answers of a respondent."""
    random = Random(seed)
    base = load_home(tmp_path, home_of_roles(random))
    for memory in states(base, random):
        now = result(quick(base, memory))
        for respondent in ROLES:
            if questions_to(base, memory, respondent):
                continue
            own = [term.name for term in open_terms(base, memory, respondent) if term.name.startswith("t")]
            for answers in itertools.product(*(choices(base, memory, name) for name in own)):
                after = memory
                for name, value in zip(own, answers, strict=True):
                    after = after if value is None else after.with_fact(name, value)
                assert result(quick(base, after)) == now, (respondent, dict(zip(own, answers, strict=True)))


def test_nothing_is_left_in_the_worked_cases_only_where_nothing_changes() -> None:
    """`ask_refuses_right`, swept over cases and roles: each value that the rules tell apart, alone and with others."""
    base, random, refused = shipped(), Random(7), 0
    for memory in worked():
        now = None
        for respondent in base.respondents:
            if questions_to(base, memory, respondent):
                continue
            refused += 1
            now = now or result(quick(base, memory))
            own = [term for term in open_terms(base, memory, respondent) if not term.computed]
            values = {term.name: samples(term) for term in own}
            trials: list[dict[str, Any]] = [{name: value} for name, found in values.items() for value in found]
            trials = random.sample(trials, min(len(trials), fuzz_cases(8)))
            trials += [{name: random.choice(found) for name, found in values.items()} for _ in range(fuzz_cases(3))]
            for trial in trials:
                after = memory
                for name, value in trial.items():
                    after = after.with_fact(name, value)
                assert result(quick(base, after)) == now, (memory.case, respondent, trial)
    assert refused > 50


def samples(term: Term) -> tuple[Any, ...]:
    variable = relevance(shipped()).variables.get(term.name)
    return variable.samples if variable is not None else cells(term, ())


def test_a_fact_behind_the_cause_is_offered_to_whoever_knows_it() -> None:
    """A case with a cause, and facts of HR that move a later step: HR is asked for them."""
    base, move = shipped(), {"ind_absence_protected_days": 20, "ind_absence_adjusted": False}
    memory = salesdx.read_case(ROOT / "examples" / "late-delivery.yaml", base).with_fact(
        base.ladder.subject_term, "person"
    )
    moved = memory
    for name, plain in move.items():
        moved = moved.with_fact(name, as_value(base, name, plain))
    assert result(quick(base, moved)) != result(quick(base, memory))
    asked = {question.term for question in quick(base, memory).needs(everywhere=True)["hr"]}
    assert questions_to(base, memory, "hr")
    assert asked >= move.keys()


# --- the reports and the questionnaires -------------------------------------------------------------------------------


def test_a_report_hands_over_what_ask_asks() -> None:
    base = shipped()
    for memory in worked():
        handed = {entry["respondent"]: entry["terms"] for entry in quick(base, memory).to_dict()["hand_over"]}
        assert handed == {who: [t.name for t in terms] for who, terms in questions_by_respondent(base, memory).items()}
        for who, terms in handed.items():
            assert [question.term for question in questions_to(base, memory, who)] == terms


def test_ask_offers_every_open_fact_that_a_report_names() -> None:
    base = shipped()
    for memory in worked():
        diagnosis = quick(base, memory)
        found = diagnosis.to_dict()
        named = {name for stage in (*found["stages"], *found["files"]) for name in stage["missing"]}
        named |= {name for entry in found["unexamined"] for name in entry["terms"]}
        named |= {need["term"] for cause in found["likely"] for need in cause["needs"]}
        named |= {fact.term for standing in diagnosis.standings for fact in standing.unproven}
        asked = {question.term for questions in diagnosis.needs().values() for question in questions}
        verdict = diagnosis.verdict
        for name in named & base.terms.keys() - asked:
            silent = verdict is not None and not verdict.asks
            waits = silent or awaits_subject(memory, name)
            assert waits or is_closed(memory, name, base.terms[name].respondent), (memory.case, name)


def test_an_interview_asks_nothing_that_a_report_does_not_hand_over() -> None:
    base = shipped()
    for memory in worked():
        question = survey(base, memory).question
        if question is not None:
            assert question.term in questions_by_respondent(base, memory)[question.term.respondent]


# --- whose word -------------------------------------------------------------------------------------------------------


def small(tmp_path: Path) -> RuleBase:
    stage = {
        "terms": {"late": {"type": "boolean", "respondent": "hr"}, "stock": {"type": "integer", "range": [0, 9]}},
        "rules": {"D1": "late and stock > 5"},
        "ruled_out_when": "not late and stock <= 5",
    }
    return load_home(tmp_path, {"delivery": stage})


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ({"value": "not_known", "by": "finance"}, True),
        ({"value": "not_known"}, True),
        ({"value": "not_known", "by": "hr"}, False),
        ({"value": "not_applicable", "by": "finance", "reason": "no stock"}, True),
        ({"value": "not_applicable", "by": "hr"}, True),
        ({"value": "not_applicable", "by": "hr", "reason": "nothing is shipped"}, False),
        ({"value": True, "by": "finance"}, False),
    ],
)
def test_only_the_own_word_closes_a_question(tmp_path: Path, said: dict[str, Any], asked: bool) -> None:
    base = small(tmp_path)
    memory = memory_of(base, {"case_subject": "company", "case_attainment_pct": 80, "late": said})
    assert ("late" in [question.term for question in questions_to(base, memory, "hr")]) is asked


def test_what_its_respondent_does_not_know_is_asked_of_who_may_answer_in_the_place() -> None:
    """One "not known" is one person's: a firm's delivery was never looked at where the sales manager did not know."""
    base, name = shipped(), "firm_ships_goods"
    roles = ("sales_manager", "finance", "sales_ops", "hr")
    assert roles == (base.terms[name].respondent, *base.terms[name].may_answer)
    for n, who in enumerate((*roles, "")):
        said = [{"value": "not_known", "by": role} for role in roles[:n]]
        facts = {"case_subject": "company", "case_attainment_pct": 80} | ({name: said} if said else {})
        memory = memory_of(base, facts)
        found = quick(base, memory)
        asking = [role for role in base.respondents if name in [q.term for q in questions_to(base, memory, role)]]
        assert asking == ([who] if who else [])
        assert (found.asked_of(name), found.declined(name)) == (who or roles[0], not who)
        named = f"“{base.terms[name].called}”{' [not known]' if n else ''}"
        assert by_respondent(found, [name]) == {base.respondents[who] if who else "nobody left to ask": [named]}


@pytest.mark.parametrize(
    ("value", "why"),
    [({"low": 4, "high": 7}, "what is known is not exact enough"), ({"low": 6, "high": 7}, None), (7, None)],
)
def test_a_rough_number_is_asked_again_where_a_limit_lies_inside(tmp_path: Path, value: Any, why: str | None) -> None:
    base = small(tmp_path)
    facts = {"case_subject": "company", "case_attainment_pct": 80, "late": True, "stock": {"value": value, "by": "hr"}}
    found = {question.term: question.why for question in questions_to(base, memory_of(base, facts), "finance")}
    assert found.get("stock") == why


def test_statements_that_disagree_are_asked_again(tmp_path: Path) -> None:
    base = small(tmp_path)
    late = [{"value": True, "by": "finance"}, {"value": False, "by": "production"}]
    memory = memory_of(base, {"case_subject": "company", "case_attainment_pct": 80, "late": late})
    asked = {question.term: question.why for question in questions_to(base, memory, "hr")}
    assert asked == {"late": "statements of equal weight disagree"}


@pytest.mark.parametrize("subject", [None, "not_known", "company", "person"])
def test_nobody_is_asked_about_a_person_before_it_is_known_that_it_is_about_one(subject: str | None) -> None:
    """HR and sales operations were asked for absences and scans while the subject was not known."""
    base = shipped()
    personal = about_person(base).keys()
    said = [] if subject is None else [{"value": subject, "by": role} for role in ("sales_manager", "finance")]
    memory = memory_of(base, {"case_attainment_pct": 80} | ({"case_subject": said} if said else {}))
    asked = {term.name for terms in questions_by_respondent(base, memory).values() for term in terms}
    for role in base.respondents:
        asked |= {question.term for question in questions_to(base, memory, role)}
        question = survey(base, memory, speaker=Speaker(role, "", (role,))).question
        assert question is None or subject == "person" or question.term.name not in personal
    assert {"ind_absence_protected_days", "ind_people_scanned_n"} <= personal
    assert {"ind_absence_protected_days", "ind_people_scanned_n"} & asked == (
        {"ind_absence_protected_days", "ind_people_scanned_n"} if subject == "person" else set()
    )
    assert ("case_subject" in asked) is (subject is None)
    assert subject in ("company", "person") or not personal & asked


def test_who_waits_for_the_subject_is_told_so(tmp_path: Path) -> None:
    """HR has said of all else that nobody knows it."""
    base, case = shipped(), tmp_path / "mine.yaml"
    own = [term for term in base.terms.values() if "hr" in (term.respondent, *term.may_answer)]
    rest = [term.name for term in own if term.name not in about_person(base) and term.name != "case_attainment_pct"]
    said = "".join(f"  {name}: {{value: not_known, by: hr}}\n" for name in rest)
    text = "facts:\n  case_attainment_pct: 80\n  case_subject: {value: SUBJECT, by: sales_manager}\n" + said
    case.write_text(text.replace("SUBJECT", "not_known"))
    done = run_salesdx("ask", "mine.yaml", "--respondent", "hr", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    told = (
        "human resources is asked once it is known what the review is about: “What this review is about”; others can: "
    )
    assert done.stderr.startswith(told)
    case.write_text(text.replace("SUBJECT", "person"))
    done = run_salesdx("ask", "mine.yaml", "--respondent", "hr", cwd=tmp_path)
    assert "ind_absence_protected_days" in done.stdout


def test_a_fact_below_the_floor_is_asked_of_whoever_must_know_it() -> None:
    """A case that would conclude the person, but for one fact that is the word of the sales manager alone."""
    base = shipped()
    memory = salesdx.read_case(ROOT / "examples" / "complete-file.yaml", base)
    name, day = "delivery_otif_pct", date(2026, 9, 30)
    value = memory.values[name]
    memory = memory.with_statements(name, (Statement(value, by="sales_manager", kind="opinion", date=day),))
    assert name in [fact.term for standing in quick(base, memory).standings for fact in standing.unproven]
    asked = {question.term: question.why for question in questions_to(base, memory, "production")}
    assert asked[name] == "rests on the word of the sales manager alone; needed from you: CRM fields or stronger, dated"
    assert name not in [question.term for question in questions_to(base, memory, "sales_manager")]
