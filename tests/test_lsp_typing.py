"""What may be typed at a place: found in files that are half typed, so by their lines alone."""

from __future__ import annotations

import pytest

from salesdx.base.model import RuleBase
from salesdx.lsp.completion import offers, typed_word
from salesdx.lsp.cursor import typing_at

RULES, STAGE, LADDER = "rules/pricing.yaml", "knowledge/pricing.yaml", "knowledge/ladder.yaml"
CASE, PROPERTIES = "rules/cases/one.yaml", "knowledge/properties.yaml"


def offered(base: RuleBase | None, name: str, text: str) -> dict[str, str]:
    """The words that are offered at `|` in a text, each with what is typed when it is chosen."""
    found = typing_at(text.replace("|", ""), text.index("|"), name)
    if found is None:
        return {}
    return {offer.word: offer.text or offer.word for offer in offers(found, base)}


@pytest.mark.parametrize(
    ("name", "text", "some", "none"),
    [
        (RULES, "- id: R1\n  |", ["when", "because", "strength"], ["id", "question"]),
        (RULES, "- id: R1\n  wh|\n  because: x\n", ["when"], ["id", "because"]),
        (RULES, "- |", ["id", "when"], ["question"]),
        (RULES, "|", [], ["id", "question"]),
        (RULES, "- id: R1\n  strength: |", ["strong", "moderate"], ["price_test"]),
        (RULES, "- id: R1\n  when: pri|", ["price_index_vs_competitor_pct", "price_not_competitive"], ["price_test"]),
        (RULES, "- id: R1\n  when: >-\n    lost_interviews_n > 3\n    and |", ["lost_interviews_n"], ["id"]),
        (RULES, "- id: R1\n  when: case_subject == |", ["person", "company"], ["lost_interviews_n", "and"]),
        (RULES, "- id: R1\n  when: case_subject in ['person', '|", ["company"], ["lost_interviews_n"]),
        (RULES, "- id: R1\n  recommend: [price_test, |", ["value_proof", "price_test"], ["lost_interviews_n"]),
        (RULES, "- id: R1\n  recommend:\n    - price_test\n    - |", ["value_proof"], ["lost_interviews_n", "id"]),
        (RULES, "- id: R1\n  because: It is {|", ["lost_interviews_n"], ["price_test"]),
        (RULES, "- id: R1\n  because: It is |", [], ["lost_interviews_n"]),
        (RULES, "- id: R1\n  source: [J, |", ["S24", "J"], ["price_test"]),
        (RULES, "- id: R1\n  immediate: |", ["true", "false"], ["price_test"]),
        (RULES, "- id: R1\n  because: [broken\n- id: R2\n  st|", ["strength"], ["id"]),
        (STAGE, "stage: pricing\n|", ["title", "terms"], ["stage", "question"]),
        (STAGE, "terms:\n  one:\n    |", ["question", "type"], ["title", "terms"]),
        (STAGE, "terms:\n  one:\n    type: |", ["percent", "enum"], ["question"]),
        (STAGE, "terms:\n  one:\n    respondent: |", ["finance"], ["question"]),
        (STAGE, "terms:\n  one: {type: percent, |", ["question"], ["type", "terms"]),
        (STAGE, "terms:\n  one: {type: |", ["percent"], ["question"]),
        (STAGE, "interventions:\n  one:\n    weight: |", ["help", "pressure"], ["question"]),
        (STAGE, "ruled_out_when: |", ["lost_interviews_n"], ["title"]),
        (LADDER, "stages:\n  - {stage: goals, decided_by: |", ["evidence", "file"], ["goals"]),
        (LADDER, "decisions:\n  evidence:\n    - status: open\n      when: |", ["applies", "strong"], ["R1"]),
        (LADDER, "passed_when: status in ['|", ["ruled_out", "set_aside"], ["applies"]),
        (LADDER, "# a comment\n\nmodes:  # the first counts\n  - |", ["mode", "when"], ["status"]),
        (PROPERTIES, "- id: one\n  always: termination == |", ["eligible_for_human_review"], ["implies"]),
        (PROPERTIES, "- id: one\n  after: {better: {|", ["lost_interviews_n"], ["price_test"]),
        (CASE, "facts:\n  |", ["case_subject"], ["facts"]),
        (CASE, "facts:\n  case_subject: |", ["person", "company", "not_known"], ["true"]),
        (CASE, "facts:\n  case_subject: {value: |", ["person"], ["true"]),
        (CASE, "expect:\n  fired: [|", ["R1", "D6"], ["price_test"]),
        (CASE, "expect:\n  stages:\n    goals: |", ["ruled_out"], ["price_test"]),
        ("layer.yaml", "extends: salesdx\nremoves:\n  |", ["R1"], ["price_test"]),
    ],
)  # fmt: skip
def test_what_is_offered(base: RuleBase, name: str, text: str, some: list[str], none: list[str]) -> None:
    words = offered(base, name, text)
    assert [word for word in some if word not in words] == []
    assert [word for word in none if word in words] == []


def test_values_stand_in_quotes_where_they_must(base: RuleBase) -> None:
    assert offered(base, RULES, "- when: case_subject == |")["person"] == "'person'"
    assert offered(base, RULES, "- when: case_subject == 'p|")["person"] == "person"
    assert offered(base, PROPERTIES, "- always: termination == |")["open"] == "open"


def test_without_a_rule_base_keys_are_offered_still() -> None:
    assert "when" in offered(None, RULES, "- id: R1\n  |")
    assert offered(None, RULES, "- id: R1\n  strength: |") == {}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("- when: a > 1 and pri|", "pri"),
        ("- recommend: [price_test, val|", "val"),
        ("- because: It is {pri|", "pri"),
        ("- id: R1\n  str|", "str"),
        ("- strength: |", ""),
    ],
)
def test_an_offer_takes_the_place_of_the_word_that_is_typed(text: str, word: str) -> None:
    found = typing_at(text.replace("|", ""), text.index("|"), RULES)
    assert found is not None and typed_word(found) == word


def test_nothing_is_offered_where_no_table_knows_a_place(base: RuleBase) -> None:
    assert offered(base, RULES, "- nonsense:\n    - |") == {}
    assert offered(base, "notes.txt", "|") == {}
    assert offered(base, RULES, "- id: R1\n\twhen: |") == {}
