"""`salesdx trail`: the decision trail. One module a command."""

from __future__ import annotations

import click

from salesdx.cli.commands import group

COMMANDS = {
    "init": ("salesdx.cli.trail.init:trail_init_command", "Make a trail and its key."),
    "people": ("salesdx.cli.trail.people:people_commands", "Who acts: persons, roles, keys; and the login."),
    "adopt": ("salesdx.cli.trail.adopt:adopt_command", "Adopt the rules by which cases are diagnosed, as one of two."),
    "adopted": ("salesdx.cli.trail.adopt:adopted_command", "Show which rules were in force from when on, by whom."),
    "tasks": ("salesdx.cli.trail.tasks:tasks_command", "Show what waits for you, since when, until when."),
    "list": ("salesdx.cli.trail.list:list_records", "List records: by case, subject, result, rule, person, time."),
    "show": ("salesdx.cli.trail.show:trail_show_command", "Show a record as it was seen, with what was done with it."),
    "case": ("salesdx.cli.trail.case:case_command", "Tell the whole story of a case, in order."),
    "person": ("salesdx.cli.trail.person:person_command", "Tell everything on record about a person, over all cases."),
    "replay": (
        "salesdx.cli.trail.replay:trail_replay_command",
        "Run a diagnosis again on the rules of its day, or today's.",
    ),
    "compare": ("salesdx.cli.trail.compare:compare_command", "Show what differs between two diagnoses."),
    "comparators": ("salesdx.cli.trail.comparators:comparators_command", "Find like cases that came out otherwise."),
    "report": ("salesdx.cli.trail.report:report_command", "Report overrides, hasty acts, outcomes and adverse impact."),
    "upgrade": ("salesdx.cli.trail.upgrade:upgrade_command", "Bring the tables of a trail to this version."),
    "keys": ("salesdx.cli.trail.keys:keys", "Show the public keys of a trail, or change its key."),
    "erase": ("salesdx.cli.trail.erase:erase_command", "Erase what the records of a subject hold."),
    "retention": ("salesdx.cli.trail.retention:retention", "Erase cases that have been kept long enough."),
    "hold": ("salesdx.cli.trail.hold:hold_commands", "Keep a case or a subject from being erased."),
    "sign-off": ("salesdx.cli.trail.sign_off:sign_off", "Read the case against a complete file; approve or refuse."),
    "vouch": ("salesdx.cli.trail.vouch:vouch_command", "Say that what stands in your name is your own word."),
    "override": ("salesdx.cli.trail.override:override_command", "Record that a diagnosis is not followed, and why."),
    "statement": ("salesdx.cli.trail.statement:statement", "Record how the person concerned sees a case."),
    "explain-to": ("salesdx.cli.trail.explain_to:explain_to", "Write a letter about a diagnosis, in plain words."),
    "attach": ("salesdx.cli.trail.attach:attach_command", "Keep a PDF or a picture with a case."),
    "attachment": ("salesdx.cli.trail.attach:attachment_command", "Write a file that is kept with a case."),
    "verify": ("salesdx.cli.trail.verify:verify_command", "Prove that nothing was changed, in a trail or a bundle."),
    "export": ("salesdx.cli.trail.export:export", "Write a case, or everything, as a bundle that proves itself."),
    "checkpoint": ("salesdx.cli.trail.checkpoint:checkpoint", "Show the signed size and root, to keep elsewhere."),
    "backup": ("salesdx.cli.trail.backup:backup", "Copy a trail while others write."),
    "witness": ("salesdx.cli.trail.witness:witness", "On another machine: see that the trail only grows."),
}
"""Command -> the module and function that run it, and its line in `salesdx trail --help`."""


@click.group(cls=group(COMMANDS), epilog="Example: salesdx trail list --trail ours.trail")
def trail() -> None:
    """What was asked, answered, concluded, shown and signed, so that it can be proven years later."""
