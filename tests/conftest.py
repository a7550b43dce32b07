"""What all tests share: the shipped rule base, loaded once, and how hard Hypothesis looks."""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import argon2
import pytest
from hypothesis import HealthCheck, settings

import salesdx
from browser import browser  # noqa: F401 (a fixture)
from postgresql_cluster import postgresql  # noqa: F401 (a fixture)
from salesdx.base.model import RuleBase
from salesdx.case.file import FIRM_FILE

ROOT = Path(__file__).parents[1]


def cases_in(folder: Path) -> list[Path]:
    """The case files of a folder by name: all but the profile of the firm that lies among them."""
    return sorted(path for path in folder.glob("*.yaml") if path.name != FIRM_FILE)


# No deadline: a slow machine is no fault. SALESDX_FUZZ_CASES is for long runs (`make fuzz`).
settings.register_profile("salesdx", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("salesdx")
if cases := os.environ.get("SALESDX_FUZZ_CASES"):
    settings.register_profile("fuzz", settings(max_examples=int(cases)))
    settings.load_profile("fuzz")


ONCE = (
    *("test_against", "test_applies", "test_asking", "test_attacks", "test_bench_equal", "test_checks"),
    *("test_consultants_day", "test_coverage", "test_diff", "test_docs", "test_door_pairs"),
    *("test_explanation_properties", "test_firm_example", "test_floors", "test_handbook", "test_key_change"),
    *("test_labels", "test_layers", "test_likely", "test_lsp_at_once", "test_named_limits", "test_path_to_person"),
    *("test_pages_crash", "test_pages_rights", "test_pages_rules", "test_pages_rules_browser", "test_serve_pages"),
    *("test_pages", "test_pages_console", "test_pages_sign_off", "test_trail_erasure", "test_trail_impact"),
    *("test_api_client", "test_api_generated", "test_api_rights", "test_api_rules", "test_api_tokens"),
    *("test_case_files", "test_pages_admin", "test_pages_attacks_new", "test_pages_case_browser"),
    *("test_pages_follow", "test_pages_follow_browser", "test_next_review", "test_playbook"),
    *("test_drawn_amounts", "test_resampling"),
    *("test_pages_concerned", "test_pages_giving", "test_pages_head", "test_pages_hr_browser"),
    *(
        "test_pages_keeping",
        "test_pages_override",
        "test_pages_people",
        "test_pages_people_browser",
        "test_pages_proof",
        "test_pages_seats",
    ),
    *(
        "test_pages_telling",
        "test_pages_propose",
        "test_pages_turned",
        "test_pages_why",
        "test_pages_worked",
        "test_pages_working",
        "test_serve_database",
    ),
    *("test_serve_deploy", "test_serve_digest", "test_serve_operation"),
    *("test_pages_browser", "test_pages_firm_login", "test_pages_links", "test_pages_links_browser"),
    *("test_pages_login", "test_pages_passkeys", "test_pages_sign_off_browser", "test_tables_attacks"),
    *(
        "test_drawn_chance",
        "test_drawn_persons",
        "test_drawn_stages",
        *("test_facts_sheets", "test_firm_systems"),
        "test_furniture_maker",
        "test_simulation",
    ),
    *("test_pins", "test_policy", "test_properties", "test_prove", "test_questionnaire_page", "test_readme"),
    *("test_redline", "test_review", "test_rooms", "test_saas_layer", "test_scan", "test_schema", "test_seeded_faults"),
    *(
        "test_serve_address",
        "test_serve_adopt",
        "test_serve_crash",
        "test_serve_erasing",
        "test_serve_own_words",
        "test_serve_reads",
    ),
    *("test_serve_sign_off", "test_serve_year", "test_sound_proofs", "test_speaker", "test_stories"),
    *("test_trail_attachments", "test_trail_benchmark", "test_trail_comparing", "test_trail_copies"),
    *("test_trail_crash", "test_trail_day", "test_trail_duties", "test_trail_hr", "test_trail_impact_runs"),
    *("test_api_cases", "test_migration", "test_placebo", "test_questionnaire", "test_register", "test_serve_first"),
    *("test_trail_backup", "test_trail_freshness", "test_trail_walk", "test_watch"),
    *("test_trail_left_out", "test_trail_power_loss", "test_trail_report", "test_trail_rights"),
    *("test_trail_sign_off", "test_trail_tampering", "test_upgrade"),
    *(
        "test_commands",
        "test_explanation",
        "test_facts_commands",
        "test_facts_people",
        "test_files",
        "test_firm_mapping",
    ),
    *(
        "test_fmt",
        "test_graph",
        "test_head_change",
        "test_like_deals",
        "test_lsp",
        "test_lsp_limits",
        "test_lsp_typing",
    ),
    *(
        "test_pages_scan",
        "test_pages_systems",
        "test_rule_layers",
        "test_tables",
        "test_trail_borders",
        "test_trail_programs",
    ),
    *("test_trail_recording", "test_warehouse"),
)
"""Files of tests whose results come from the rules, the source, a database, a browser or a shell, not from the Python.

Those that hold the engines to their definition, as `test_conformance.py` and `test_second_model.py`, are none of them.
"""
ONE_BY_ONE = (
    "test_each_act_is_refused_to_every_role_that_the_policy_does_not_name",
    "test_every_worked_case_is_reached_by_interview_alone",
)
"""Single tests of that kind."""
SLOW_AGAIN = ("test_differential", "test_packaging", "test_rete", "test_second_model")
"""Of these files the tests that are marked `slow` are run again too."""
ON_THE_SERVER = ("test_trail_postgresql", "test_trail_storage")
"""What the driver of PostgreSQL does on another Python these files show; other tests of trails run there on SQLite."""
OF_A_DATABASE: dict[str, tuple[str, ...]] = {
    "test_trail_erasure": (
        "test_everything_of_a_subject_goes_and_nothing_else",
        "test_no_byte_of_the_names_is_left_in_the_tables_of_a_server",
        "test_what_is_held_is_not_erased",
        "test_an_erasure_takes_two_persons_and_a_week",
    ),
    "test_trail_duties": ("test_a_statement_that_is_hidden_while_people_sign",),
    "test_api_cases": (
        "test_what_was_said_since_is_not_overwritten",
        "test_a_diagnosis_is_recorded_and_read_from_its_record",
    ),
    "test_api_tokens": ("test_of_a_token_a_digest_is_kept_and_it_is_shown_once", "test_a_token_ends"),
    "test_case_files": ("test_a_case_goes_out_and_comes_back",),
    "test_pages_admin": ("test_a_link_is_taken_back_with_a_record",),
    "test_pages_attacks_new": (
        "test_of_two_confirmations_at_once_one_counts",
        "test_nobody_gets_a_seat_while_a_case_becomes_one_about_them",
    ),
    "test_pages_people": ("test_a_person_comes_gets_more_and_leaves", "test_another_key_of_the_trail"),
    "test_pages_head": (),
    "test_pages_override": (),
    "test_pages_seats": ("test_a_seat_that_is_taken_back_is_none_any_more",),
    "test_pages_working": (),
    "test_pages": (
        "test_an_answer_its_case_and_its_record_are_one",
        "test_the_same_form_twice_does_nothing_twice",
        "test_what_others_answer_while_it_is_recorded_is_in_it",
        "test_what_no_database_stores_is_no_failure",
        "test_what_fails_beside_an_append_takes_both_back",
        "test_an_erasure_takes_the_case_with_it",
    ),
    "test_pages_links": (
        "test_the_whole_way",
        "test_a_fault_in_between_leaves_nothing_half_done",
        "test_the_tables_of_links_are_made_in_an_older_file_and_none_is_lost_on_the_way_back",
    ),
    "test_pages_login": (
        "test_a_password_that_changes_while_it_is_looked_at_lets_nobody_in",
        "test_the_tables_are_made_once_and_those_of_a_newer_program_are_left_alone",
        "test_on_a_server_only_who_serves_the_trail_has_its_pages",
    ),
    "test_pages_passkeys": (
        "test_a_passkey_counts_once_two_administrators_have_entered_it",
        "test_on_a_server_who_serves_the_trail_has_its_passkeys_alone",
    ),
}
"""Of the tests that can run on both databases those of the database, which run on PostgreSQL too; the others, which ask
of roles, forms and texts, run there by `make long`."""
DATABASES = ("test_serve_database", "test_trail_migrations", "test_trail_postgresql", "test_trail_storage")
"""Files of which all tests are of the database."""
DONE = "SALESDX_ONCE_IS_DONE"
"""Environment variable of a second run, on another Python: left out are ONCE, ONE_BY_ONE, what is slow but SLOW_AGAIN,
and the server but ON_THE_SERVER."""
collect_ignore = [f"{name}.py" for name in ONCE] if os.environ.get(DONE) else []


def params(test: str, *ids: str) -> tuple[str, ...]:
    """A test with some of its parameters."""
    return tuple(f"{test}[{id}]" for id in ids)


LONG: dict[str, tuple[str, ...]] = {
    "test_drawn_amounts": (*params("test_rows_give_back_value_and_count_of_every_fact", "person:p1"),),
    "test_drawn_chance": ("test_nobody_is_found_by_chance_or_a_trap_and_a_weak_seller_is",),
    "test_resampling": ("test_without_a_change_one_of_twenty_firms_has_an_interval_without_zero",),
    "test_bench_equal": ("test_the_benchmark_runs",),
    "test_serve_erasing": (
        "test_a_hold_in_that_week_ends_it_and_two_of_legal_end_the_hold",
        "test_what_was_recorded_since_is_announced_anew",
    ),
    "test_trail_day": ("test_who_writes_names_a_case_too",),
    "test_upgrade": ("test_a_term_that_is_gone_below_and_a_value_that_is_gone",),
    "test_pages_crash": (*params("test_what_was_acknowledged_is_there_once", "True"),),
    "test_serve_database": (
        *params("test_what_was_typed_is_kept_while_somebody_else_writes", "postgresql"),
        *params("test_ten_who_write_at_once_are_all_served", "postgresql"),
    ),
    "test_against": (
        "test_the_command_ends_with_1_where_a_door_opens_and_nobody_signed",
        "test_a_signature_is_void_where_what_held_its_edit_back_is_gone",
        "test_one_signature_covers_every_door_that_its_edit_opens",
        "test_a_signature_for_one_edit_covers_no_other",
        "test_a_company_that_is_ruled_out_by_nothing_opens_every_door",
        "test_limits_out_of_reach_open_the_person",
        "test_a_caution_taken_out_lets_distrusted_records_count",
        "test_what_is_left_out_must_hold_a_file_back",
        "test_warnings_that_are_computed_complete_a_file",
        "test_a_weaker_kind_of_evidence_opens_a_door",
    ),
    "test_api_client": ("test_worked_cases_give_the_json_of_the_command_line",),
    "test_api_tokens": (
        *params(
            "test_no_token_for_people_for_ever_or_for_everything",
            "told1-409",
            "told2-409",
            "told4-422",
            "told5-422",
            "told6-422",
        ),
    ),
    "test_applies": ("test_the_shorter_form_lets_a_forgotten_profile_rule_a_stage_out",),
    "test_asking": ("test_nothing_is_left_in_the_worked_cases_only_where_nothing_changes",),
    "test_attacks": (
        *params("test_its_doors_are_named", "B7 the company is ruled out by nothing"),
        *params(
            "test_its_doors_are_named",
            "a measure of coaching that may be off by a thousand",
            "evidence of ten years ago rules the company out",
            "B8 limits out of reach",
            "B9 what blocks is taken out",
        ),
        *params(
            "test_what_may_be_right_is_told",
            "pressure that is called help, with a reason",
            "a new rule has a finding of the base",
            "a rule on a person says: lazy",
            "human resources are called the boss",
            "a step of the company speaks of the seller",
            "a question to the company is turned round",
            "a rule of the company explains all of the gap",
        ),
        "test_a_comment_of_a_layer_silences_no_guard_of_a_person_unsigned",
        "test_a_firm_of_a_layer_is_not_put_under_the_cases_of_its_base",
        "test_what_a_case_of_a_copy_expects_is_not_replaced",
        "test_another_firm_in_a_copy_is_told",
    ),
    "test_checks": ("test_planted_faults_are_found",),
    "test_consultants_day": ("test_a_stage_for_a_client_in_one_day",),
    "test_coverage": ("test_no_barrier_on_the_page",),
    "test_diff": (
        "test_a_property_that_is_lost_is_told",
        "test_a_review_of_a_firms_layer_from_diff_to_replay",
    ),
    "test_docs": (
        *params("test_commands_of_a_page", "docs/trail.md", "docs/people.md", "docs/simulated-firm.md"),
        *params("test_commands_of_a_page", "docs/workbench.md"),
    ),
    "test_door_pairs": ("test_no_random_case_opens_a_door_that_holds",),
    "test_explanation_properties": (
        "test_every_smallest_set_of_changes_is_found_and_no_other",
        "test_support_in_the_shipped_base",
        "test_support_in_tiny_bases",
    ),
    "test_files": (
        *params(
            "test_a_name_that_is_no_text_is_in_no_trail",
            "trail list --case",
            "trail list --actor",
            "trail export -o ours.zip",
        ),
        *params("test_a_copy_of_the_rules_is_there_whole_or_not_at_all", "empty", "deep"),
    ),
    "test_firm_example": (
        "test_a_hook_fails_where_a_door_to_a_person_opens",
        "test_a_pull_request_says_what_it_means",
        "test_hooks_pass_on_the_example_and_fail_on_a_broken_copy",
        "test_a_hook_fails_where_a_case_comes_out_otherwise",
        "test_the_build_fails_where_a_door_to_a_person_opens",
        "test_the_build_fails_where_a_case_of_the_shipped_rules_turns_unreviewed",
    ),
    "test_handbook": ("test_the_page_fits_and_can_be_read",),
    "test_interview": (
        "test_every_worked_case_is_reached_by_interview_alone",
        "test_a_pipe_gives_the_result_of_typing",
    ),
    "test_lsp": ("test_what_is_renamed_means_the_same",),
    "test_named_limits": (
        "test_diff_says_what_a_moved_limit_makes_of_each_condition",
        "test_each_moved_limit_is_told_by_itself",
    ),
    "test_pages_attacks_new": (
        "test_whoever_sees_everything_finds_no_case_about_themselves_like_another",
        "test_whoever_sits_at_a_case_is_no_outside_reviewer",
    ),
    "test_pages_browser": (
        "test_no_page_has_a_barrier",
        *params("test_a_review_without_script", "desk"),
    ),
    "test_pages_case_browser": (
        "test_a_case_is_shared_and_changed",
        "test_the_person_concerned_by_a_link",
    ),
    "test_pages_concerned": (
        "test_a_form_that_is_sent_twice_says_it_once",
        "test_an_erased_letter_has_no_links",
        "test_a_fact_that_the_case_takes_no_more_is_told_nothing_of",
    ),
    "test_pages_firm_login": (
        *params(
            "test_an_identity_that_is_not_as_it_should_be_lets_nobody_in",
            "{'aud': None}-RS256",
            "{'aud': ['salesdx-of-ours', 'another'], 'azp': 'another'}-RS256",
            "{'nonce': None}-RS256",
            "{'exp': None}-RS256",
            "{'iat': 3786912000, 'exp': 4000000000}-RS256",
            "{'sub': None}-RS256",
            "{}-HS256",
        ),
        "test_serve_checks_the_firms_login",
    ),
    "test_pages_hr_browser": ("test_holds_erasures_letters_exports_and_reports",),
    "test_pages_links_browser": (
        "test_no_page_of_a_link_has_a_barrier",
        *params("test_finance_by_link", "desk"),
    ),
    "test_pages_rules": ("test_every_rule_question_and_step_has_a_page_to_which_links_lead",),
    "test_pages_rules_browser": (
        "test_comparing_has_no_barrier",
        "test_no_page_of_the_rules_has_a_barrier",
        "test_the_bridge_of_a_gap_has_no_barrier",
        *params("test_a_works_council_reads", "desk"),
    ),
    "test_pages_sign_off": (
        "test_two_worlds_look_alike_to_everybody_but_who_signed",
        "test_a_refusal_is_final",
        "test_who_may_not_sign_is_told_why_before_they_read",
        "test_a_decision_before_its_time_or_without_reasons",
        "test_what_is_drafted_is_signed_in_time",
        "test_reading_adds_nothing_to_the_trail",
        "test_what_was_said_since_voids_the_reading",
        "test_what_a_passkey_answers_counts_once_and_for_this_decision_alone",
    ),
    "test_pages_sign_off_browser": (
        "test_no_page_of_it_has_a_barrier",
        "test_two_persons_sign_with_devices_of_their_own",
        "test_no_page_of_what_is_on_record_has_a_barrier",
    ),
    "test_pages_turned": ("test_open_reviews_that_turn_are_told_in_numbers_by_step",),
    "test_path_to_person": (
        "test_a_looser_limit_opens_until_somebody_signs",
        "test_prove_writes_the_doors_into_the_certificate",
    ),
    "test_pins": ("test_a_trail_gives_what_a_recorded_layer_lay_on",),
    "test_properties": (
        "test_core_fact_made_unknown_concludes_nothing",
        "test_fact_made_unknown_rules_out_no_stage_that_reads_it_and_completes_no_file",
        "test_random_items_missing_or_bad",
    ),
    "test_prove": (
        "test_what_is_known_less_precisely_can_still_be_decided",
        *params(
            "test_an_edit_that_breaks_a_property_is_refuted_with_a_case",
            "better_completes_no_file",
            "less_help_no_file",
            "forgotten_no_pressure",
            "added_no_file",
            "all_looked_at",
            "fair_comparison",
            "weaker_no_person",
            "added_no_person",
            "wider_no_personnel",
            "fact_forgotten",
            "weaker_no_file",
            "wider_no_person",
            "company_wide_spares_persons",
            "wider_no_file",
            "floor_holds_file",
            "better_is_not_harsher",
            "interval_sound",
            "interval_sound_false",
            "no_blame_by_chance",
            "help_before_file",
        ),
        "test_the_command_gives_json_and_the_cases_that_break_a_property",
    ),
    "test_questionnaire_page": (
        "test_no_barrier_on_a_questionnaire",
        "test_no_barrier_on_a_diagnosis",
    ),
    "test_rete": (
        "test_more_cases_than_the_engine_holds_at_once_and_no_memory_kept",
        "test_programs_that_are_not_used_any_more_are_freed",
    ),
    "test_review": (
        *params("test_what_is_typed", "refuse", "group"),
        "test_what_a_layer_turns_is_grouped_by_the_edit",
        "test_a_case_that_the_rules_below_cannot_read_is_graded_by_what_it_expects",
        "test_accepted_cases_keep_what_was_expected_and_say_why",
        "test_a_case_whose_expectation_is_put_away_is_named_with_what_it_was",
        "test_what_a_layer_says_itself_hides_no_harsher_result",
        *params("test_what_is_typed", "skip", "ends", "no why", "asked for why again", "no such word"),
    ),
    "test_saas_layer": ("test_a_client_that_sells_by_subscription",),
    "test_schema": (
        *params(
            "test_the_schema_refuses_every_wrong_value_as_check_does",
            "knowledge/price.yaml",
            "knowledge/policy.yaml",
            "knowledge/ladder.yaml",
        ),
        *params("test_the_schema_takes_what_check_takes", "knowledge/price.yaml", "knowledge/policy.yaml"),
    ),
    "test_serve_adopt": (
        "test_a_service_that_is_killed_between_proposal_and_confirmation",
        "test_rules_that_are_replaced_void_a_signature",
        "test_other_rules_at_the_service_make_trials",
    ),
    "test_serve_deploy": ("test_the_image_serves_and_writes_its_volume_alone",),
    "test_serve_first": (
        "test_a_trial_ends_with_the_first_two_administrators",
        "test_in_a_browser",
    ),
    "test_serve_pages": (
        *params("test_what_is_shown_is_what_was_recorded", "text --full", "text --full --ids", "markdown", "json"),
        *params("test_a_drawing_is_made_by_the_service", "dot", "mermaid"),
    ),
    "test_serve_reads": (
        "test_the_pages_are_those_of_the_command_where_the_trail_lies",
        "test_tricks_in_names_open_nothing",
        "test_a_case_of_somebody_else_under_the_same_name_is_another_case",
    ),
    "test_serve_sign_off": (
        "test_a_refusal_closes_the_file_under_every_name",
        "test_an_irrelevant_word_opens_no_refused_file",
        "test_a_page_that_hid_something_is_found",
        "test_a_paper_that_comes_later_stands_beside_what_was_signed",
        "test_who_may_void_a_signature_by_an_answer",
        "test_the_one_concerned_is_somebody_of_the_register",
        "test_whoever_may_have_answered_by_a_link_is_no_outside_reviewer",
        "test_who_may_not_sign",
    ),
    "test_serve_year": ("test_a_year",),
    "test_streams": (
        *params("test_an_interruption_at_any_moment_is_quiet", "interview"),
        *params(
            "test_every_command_through_every_stream",
            "check",
            "explain",
            "ask",
            "collect",
            "case",
            "show",
            "serve",
            "test",
            "coverage",
            "prove",
            "diff",
            "replay",
            "new",
            "explain-rule",
            "table",
            "migrate",
            "schema",
            "init",
            "graph",
            "lsp",
        ),
    ),
    "test_tables_attacks": (
        *params("test_the_tables_of_the_example_layer_change_nothing", "xlsx", "semicolon.csv", "dmn"),
    ),
    "test_trail_bundle": ("test_every_worked_case_comes_out_the_same_from_a_bundle",),
    "test_trail_comparing": ("test_the_smallest_difference_suffices_and_nothing_of_it_is_superfluous",),
    "test_trail_duties": (
        "test_two_worlds_look_alike_to_who_signs_second",
        "test_what_is_complete_counts_for_two_weeks_too",
    ),
    "test_trail_postgresql": ("test_eight_writers_leave_no_gap_and_no_duplicate",),
    "test_trail_programs": (
        "test_every_diagnosis_of_the_first_version_runs_again_by_its_own_program",
        "test_what_language_1_recorded_on_its_last_day_runs_by_a_program_of_it",
        "test_worked_cases_run_from_the_wheels_alone",
        "test_this_program_keeps_its_own_beside_it",
    ),
    "test_trail_rights": (
        "test_the_first_page_is_one_sheet_of_a4",
        "test_letters_on_the_command_line_are_recorded_as_they_are_shown",
    ),
    "test_trail_tampering": ("test_good_trails_and_bundles_raise_no_alarm",),
    "test_watch": ("test_the_shipped_rules_are_checked_and_covered_again",),
}
"""The dearest tests of what others show in part, with these parameters or all, or proofs for all cases: `make long`,
before a release and after a change of what they try. What keeps a person from harm and a record from loss has one that
`make test` runs, at the door or at the records below it."""


def pytest_collection() -> None:
    gc.disable()


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the garbage collector does not go through it again and again, and seldom
    through what tests have only just made."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if {item.name, item.name.partition("[")[0]} & {*LONG.get(item.path.stem, ())} or _needs_no_server(item):
            item.add_marker("long")
    if os.environ.get(DONE):
        config.hook.pytest_deselected(items=[item for item in items if _was_done(item)])
        items[:] = [item for item in items if not _was_done(item)]
    items.sort(
        key=lambda item: item.get_closest_marker("slow") is None
    )  # what is long and last keeps all others waiting


def _needs_no_server(item: pytest.Item) -> bool:
    """Whether a test would run on PostgreSQL and asks nothing of a database."""
    file, name = item.path.stem, item.name.partition("[")[0]
    return _on_the_server(item) and file not in DATABASES and name not in OF_A_DATABASE.get(file, ())


def _on_the_server(item: pytest.Item) -> bool:
    given = item.callspec.params if hasattr(item, "callspec") else {}
    return "postgresql" in (given.get(name) for name in ("where", "desk", "both"))


def _was_done(item: pytest.Item) -> bool:
    """Whether a test need not run again on a second Python."""
    file = item.path.stem
    return (
        item.name.partition("[")[0] in ONE_BY_ONE
        or (item.get_closest_marker("slow") is not None and file not in SLOW_AGAIN)
        or (_on_the_server(item) and file not in ON_THE_SERVER)
    )


@pytest.fixture(scope="session")
def base() -> RuleBase:
    """The shipped rule base."""
    return salesdx.load()


@pytest.fixture(scope="module", autouse=True)
def quick_passwords(request: pytest.FixtureRequest) -> Iterator[None]:
    """Passwords are hashed by the least work; `test_pages_login.py` has the real amount."""
    with pytest.MonkeyPatch.context() as patch:
        accounts = sys.modules.get("salesdx.web.accounts")  # no test without pages imports them for this
        if accounts and request.module.__name__ != "test_pages_login":
            patch.setattr(accounts, "HASHER", argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new trail will lie: a test that asks for it runs on both databases."""
    if request.param == "sqlite":
        return str(tmp_path / "trail")
    cluster = request.getfixturevalue("postgresql")
    return str(cluster.url(cluster.emptied()))


@pytest.fixture
def alter(where: str, request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Run SQL as the owner of the file or of the server. Raises the database's error."""

    def on_sqlite(sql: str) -> None:
        with closing(sqlite3.connect(where)) as connection, connection:
            connection.executescript(sql)

    def on_postgresql(sql: str) -> None:
        database = where.partition("@/")[2].partition("?")[0]
        request.getfixturevalue("postgresql").query(f"SET search_path = salesdx; {sql}", database)

    return on_postgresql if "://" in where else on_sqlite


CONSTRAINTS = "; ".join(
    f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"
    for table, name in (("entry", "entry_seq"), ("payload", "payload_seq"), ("checkpoint", "checkpoint_size"))
)


@pytest.fixture
def tamper(where: str, alter: Callable[[str], None]) -> Callable[[str], None]:
    """Run SQL as somebody who has put triggers and constraints aside."""

    def on_sqlite(sql: str) -> None:
        with closing(sqlite3.connect(where)) as connection:
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        alter("".join(f"DROP TRIGGER {name};" for (name,) in triggers) + sql)

    def on_postgresql(sql: str) -> None:
        alter(f"{CONSTRAINTS}; SET session_replication_role = replica; {sql}")

    return on_postgresql if "://" in where else on_sqlite
