"""What was done since a review, in case files: what is read, what is refused and where, and that writing one entry
leaves every other byte as it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

import salesdx
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text
from salesdx.case.followed import Action, Confirmation, Contest, Event, Followed, Judged, Session
from salesdx.case.followed_writing import add_entry, set_parts, write_follows
from salesdx.case.memory import WorkingMemory
from salesdx.case.other_rules import carried
from salesdx.case.writing import new_case, write_fact

TEXT = """\
# ours
case: north-Q3   # its name
subject: {kind: person, ref: P-9}
follows: north-Q2
events:
- {change: absence, date: 2026-10-02, days: 12, by: hr}   # ill
actions:
  # taken on by the line
  - {id: A1, intervention: coaching_plan, rules: [T3], owner: P-7, start: 2026-10-01, state: accepted} # the plan
  - id: A2
    intervention: price_test
    state: declined
    reason: no budget   # ask again in spring

sessions: [
  {id: S1, action: A1, what: coaching, date: 2026-10-06, held: true, by: sales_manager, author: P-7},
]
facts:
  case_attainment_pct: 80 # of the goal
"""
FOLLOWED = Followed(
    (
        Action("A1", "coaching_plan", ("T3",), "P-7", date(2026, 10, 1), "accepted"),
        Action("A2", "price_test", (), "", None, "declined", "no budget"),
    ),
    (Session("S1", "A1", "coaching", date(2026, 10, 6), True, "sales_manager", "P-7"),),
    (Event("absence", date(2026, 10, 2), 12, "hr"),),
    "north-Q2",
)


def read(base: RuleBase, text: str) -> WorkingMemory:
    return case_from_text(text, "case.yaml", base)


def faults(base: RuleBase, text: str) -> list[tuple[str, str]]:
    """(what is underlined, the message) of each fault."""
    with pytest.raises(salesdx.CaseError) as caught:
        read(base, text)
    lines = text.splitlines()
    places = [(issue, issue.place) for issue in caught.value.issues]
    return [(lines[p.line - 1][p.column - 1 : p.end_column - 1], issue.message) for issue, p in places]


def test_it_is_read_and_a_new_file_says_the_same(base: RuleBase) -> None:
    memory = read(base, TEXT)
    assert memory.followed == FOLLOWED
    assert read(base, new_case(memory)).followed == FOLLOWED
    assert read(base, "facts: {}\n").followed == Followed()
    assert [session.id for session in memory.followed.sessions_of("A1")] == ["S1"]


def test_every_fault_has_its_place(base: RuleBase) -> None:
    text = """\
case: north
follows: north
events: [{change: absence, date: 2026-10-02}, {chang: goal, date: 2099-01-01}]
actions:
  - {id: A1, intervention: coaching_plan, owner: P 7, start: 2026-10-01, until: 2026-10-01, state: accepted}
  - {id: A1, intervention: coachng_plan, state: declind}
  - {id: A3, intervention: price_test, state: accepted}
  - {id: A4, intervention: price_test, state: declined, reason: no}
sessions:
  - {id: S1, action: A9, what: coaching, date: 2026-10-06, held: true}
  - {id: S2, action: A4, what: coching, date: 2026-10-06, held: true}
  - {id: S3, action: A1, what: coaching, date: 2026-09-30, held: maybe, withdrawn: {date: 2026-10-01, reason: so}}
  - {id: S4, action: A1, what: coaching, date: 2099-10-06, held: true, confirmed: [{by: hr}]}
facts: {}
"""
    assert faults(base, text) == [
        ("north", "a review cannot follow itself"),
        ("{change: absence, date: 2026-10-02}", "an absence needs the key `days`"),
        ("chang", "an event has no key `chang`"),
        ("2099-01-01", "`date`: that day is still to come"),
        ("P 7", "`owner` must be letters, digits, `.`, `-`, `_` and `@`"),
        ("2026-10-01", "an action is judged after it begins"),
        ("coachng_plan", "the rule base has no intervention `coachng_plan`"),
        ("declind", "`state` cannot be `declind`"),
        ("{id: A3, intervention: price_test, state: accepted}",
         "an action that is accepted needs the keys `owner`, `start`"),
        ("A9", "the case has no action `A9`"),
        ("A4", "the action `A4` was declined, so it has no session"),
        ("coching", "`what` cannot be `coching`"),
        ("{id: S3, action: A1, what: coaching, date: 2026-09-30, held: maybe, withdrawn: "
         "{date: 2026-10-01, reason: so}}", "`withdrawn` takes back a contest, and there is none"),
        ("2026-09-30", "the session is before its action, which begins on 2026-10-01"),
        ("maybe", "`held` must be `true` or `false`, this is `maybe`"),
        ("2099-10-06", "`date`: that day is still to come"),
        ("{by: hr}", "a confirmation needs the key `date`"),
    ]  # fmt: skip


def test_two_entries_with_one_id_are_a_fault_and_a_session_to_come_is_none(base: RuleBase) -> None:
    twice = TEXT.replace("id: A2", "id: A1").replace("sessions: [", "sessions: []\nwas: [")
    assert faults(base, twice) == [("A1", "two actions have the id `A1`")]
    planned = TEXT.replace("2026-10-06, held: true", "2099-10-06, held: false")
    assert read(base, planned).followed.sessions[0].date.year == 2099
    worked = "expect: {}\n" + TEXT.replace("2026-10-06, held: true", "2099-10-06, held: true")
    assert read(base, worked).followed.sessions[0].held, "a worked case holds on every day"


NEW = Session("S2", "A1", "coaching", date(2026, 10, 13), False, "sales_manager", "P-7")
CONFIRMED = (Confirmation("hr", "P-2", date(2026, 10, 14)),)


def with_session(memory: WorkingMemory, *sessions: Session) -> WorkingMemory:
    return replace(memory, followed=replace(memory.followed, sessions=sessions))


def only_added(before: str, after: str) -> str:
    """What was put into a text at one place."""
    start = next(n for n in range(len(after)) if n >= len(before) or before[n] != after[n])
    added = len(after) - len(before)
    assert after[:start] + after[start + added :] == before
    return after[start : start + added]


def test_one_entry_is_added_and_no_other_byte_moves(base: RuleBase) -> None:
    memory = read(base, TEXT)
    after = replace(memory.followed, events=(*memory.followed.events, Event("goal", date(2026, 10, 20))))
    said = add_entry(TEXT, "c", replace(memory, followed=after), "events", after.events[-1].parts())
    assert only_added(TEXT, said) == "- {change: goal, date: 2026-10-20}\n"
    action = Action("A3", "price_test", (), "P-8", date(2026, 11, 1), "accepted", until=date(2027, 1, 1))
    after = replace(memory.followed, actions=(*memory.followed.actions, action))
    said = add_entry(TEXT, "c", replace(memory, followed=after), "actions", action.parts())
    added = (
        "  - {id: A3, intervention: price_test, owner: P-8, start: 2026-11-01, until: 2027-01-01, state: accepted}\n"
    )
    assert only_added(TEXT, said) == added
    there = memory.followed.sessions
    said = add_entry(TEXT, "c", with_session(memory, *there, NEW), "sessions", NEW.parts())
    assert read(base, said).followed.sessions == (*there, NEW)
    assert said.startswith(TEXT[: TEXT.index("sessions: [") + 90]) and said.endswith(TEXT[TEXT.index("facts:") :])


def test_the_first_entry_stands_behind_the_head(base: RuleBase) -> None:
    text = "case: north # its name\nfacts:\n  case_attainment_pct: 80 # so\n"
    memory = read(base, text)
    action = FOLLOWED.actions[0]
    after = replace(memory, followed=Followed((action,)))
    assert add_entry(text, "c", after, "actions", action.parts()) == (
        "case: north # its name\nactions:\n  - {id: A1, intervention: coaching_plan, rules: [T3], owner: P-7, "
        "start: 2026-10-01, state: accepted}\nfacts:\n  case_attainment_pct: 80 # so\n"
    )
    follows = replace(memory, followed=Followed(follows="north-Q2"))
    assert write_follows(text, "c", follows) == text.replace("facts:", "follows: north-Q2\nfacts:")


def test_one_part_is_set_and_no_other_byte_moves(base: RuleBase) -> None:
    memory = read(base, TEXT)
    session = replace(memory.followed.sessions[0], confirmed=CONFIRMED)
    parts = [confirmed.parts() for confirmed in CONFIRMED]
    said = set_parts(TEXT, "c", with_session(memory, session), ("sessions", 0), {"confirmed": parts})
    assert only_added(TEXT, said) == ", confirmed: [{by: hr, author: P-2, date: 2026-10-14}]"
    judged = (Judged(True, "hr", "P-2", date(2026, 11, 14)),)
    block = "  - id: A1\n    intervention: coaching_plan # ours\n    owner: P-7\n    start: 2026-10-01\n"
    block += "    state: accepted\n"
    text = f"actions:\n{block}facts: {{}}\n"
    before = read(base, text)
    after = replace(before, followed=Followed((replace(before.followed.actions[0], judged=judged),)))
    said = set_parts(text, "c", after, ("actions", 0), {"judged": [one.parts() for one in judged]})
    assert only_added(text, said) == "    judged: [{worked: true, by: hr, author: P-2, date: 2026-11-14}]\n"
    held = replace(session, confirmed=(), held=False)
    said = set_parts(TEXT, "c", with_session(memory, held), ("sessions", 0), {"held": False})
    assert said == TEXT.replace("held: true", "held: false")


def test_a_case_in_braces_and_one_of_windows(base: RuleBase) -> None:
    memory = read(base, TEXT)
    plain = json.dumps({"case": "north", "facts": {"case_attainment_pct": 80.50}})
    action = FOLLOWED.actions[0]
    for text in (plain, "case: north\r\nfacts:\r\n  case_attainment_pct: 80.50\r\n"):
        before = read(base, text)
        after = replace(before, followed=Followed((action,)))
        said = add_entry(text, "c", after, "actions", action.parts())
        assert (read(base, said).followed.actions, "\r" in said) == ((action,), "\r" in text)
        again = replace(action, judged=(Judged(False, "hr", "", date(2026, 11, 14)),))
        wanted = replace(before, followed=Followed((again,)))
        said = set_parts(said, "c", wanted, ("actions", 0), {"judged": [again.judged[0].parts()]})
        assert read(base, said).followed.actions == (again,)
    assert memory.followed == FOLLOWED


def test_other_writers_keep_it(base: RuleBase) -> None:
    memory = read(base, TEXT)
    said = write_fact(TEXT, "c", base, memory.with_fact("case_attainment_pct", 90), "case_attainment_pct")
    assert read(base, said).followed == FOLLOWED


def test_other_rules_read_the_actions_that_they_know(base: RuleBase) -> None:
    memory = read(base, TEXT)
    known = {name: one for name, one in base.interventions.items() if name != "coaching_plan"}
    other, unread = carried(memory, replace(base, interventions=known))
    assert ([action.id for action in other.followed.actions], other.followed.sessions) == (["A2"], ())
    assert (other.followed.events, unread) == (FOLLOWED.events, ())


words = st.text(min_size=1, max_size=12).filter(lambda text: text.strip() and text.isprintable())
days = st.dates(date(2026, 10, 1), date(2026, 11, 20))
sessions = st.builds(
    Session,
    id=st.uuids().map(str), action=st.just("A1"), what=st.sampled_from(["coaching", "warning"]), date=days,
    held=st.booleans(), by=st.sampled_from(["", "hr"]), author=st.sampled_from(["", "P-7", "2026"]),
    confirmed=st.lists(st.builds(Confirmation, st.just("hr"), st.just("P-2"), days), max_size=2).map(tuple),
    contested=st.none() | st.builds(Contest, days, words.map(str.strip)), withdrawn=st.none(),
)  # fmt: skip


@given(st.lists(sessions, max_size=4), sessions, st.booleans())
def test_whatever_is_added_is_read_back(base: RuleBase, there: list[Session], new: Session, braces: bool) -> None:
    action = FOLLOWED.actions[0]
    memory = replace(read(base, "facts: {}\n"), followed=Followed((action,), tuple(there)), case="c")
    text = new_case(memory)
    after = replace(memory, followed=Followed((action,), (*there, new)))
    said = add_entry(text, "c", after, "sessions", new.parts())
    assert read(base, said).followed == after.followed
