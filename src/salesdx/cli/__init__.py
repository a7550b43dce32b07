"""The command line. Each command reads, makes one call and renders; a command's module is imported when it runs.

A new command is one function in a module of this folder and one line in COMMANDS.
"""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import click

from salesdx.cli.commands import group
from salesdx.cli.streams import terminal_columns

COMMANDS = {
    "diagnose": ("salesdx.cli.diagnose:diagnose_command", "Find why a goal was missed, and what to do about it."),
    "bulk": ("salesdx.cli.bulk:bulk_command", "Decide many cases at once, from a table of facts."),
    "explain": (
        "salesdx.cli.explain:explain_command",
        "Explain a result: why, why not, what if, what would change it.",
    ),
    "interview": ("salesdx.cli.interview:interview", "Find the cause by answering questions, the fewest first."),
    "ask": ("salesdx.cli.ask:ask", "Write a questionnaire for one respondent."),
    "collect": ("salesdx.cli.collect:collect_command", "Put the answers of questionnaires into a case."),
    "case": ("salesdx.cli.case:case_group", "A case of a service as a file, and back."),
    "facts": ("salesdx.cli.facts:facts_group", "Facts of a case from a firm's systems."),
    "follow": ("salesdx.cli.follow:follow_group", "What is done about a case, and whether it worked."),
    "playbook": (
        "salesdx.cli.playbook:playbook_command",
        "Write what sells, what wins, and what helped, for the staff.",
    ),
    "scan": ("salesdx.cli.scan:scan_command", "Look at all units of a firm: which miss their goal, and why."),
    "show": ("salesdx.cli.show:show_command", "List the facts of a case, and what each decides."),
    "trail": ("salesdx.cli.trail:trail", "The decision trail: what was asked, concluded, shown and signed."),
    "serve": (
        "salesdx.cli.serve:serve_command",
        "Hold the key of a trail that knows its people.",
    ),
    "check": ("salesdx.cli.check:check_command", "Look for faults in a rule base."),
    "test": ("salesdx.cli.test:test", "Run worked cases: do they still come out as expected?"),
    "coverage": ("salesdx.cli.coverage:coverage", "Show what the worked cases exercise, and what none does."),
    "graph": ("salesdx.cli.graph:graph", "Draw the ladder, a stage, a rule, or the proof of a diagnosis."),
    "prove": ("salesdx.cli.prove:prove_command", "Show that a rule base is safe, for every possible case."),
    "diff": ("salesdx.cli.diff:diff", "Say what a change of rules means, and whose result changes."),
    "replay": ("salesdx.cli.replay:replay_command", "Run every recorded diagnosis of a trail on other rules."),
    "new": ("salesdx.cli.new:new", "Begin a stage, a rule, a worked case or a check, by answering questions."),
    "explain-rule": ("salesdx.cli.explain_rule:explain_rule", "Say a rule in plain words."),
    "docs": ("salesdx.cli.docs:docs", "Write the whole rule base as a handbook."),
    "table": ("salesdx.cli.table:table", "Rules as tables for spreadsheets, and back."),
    "fmt": ("salesdx.cli.fmt:fmt", "Put the keys of every file into one order; comments are kept."),
    "migrate": ("salesdx.cli.migrate:migrate_command", "Write rules and cases of language 1 in language 2."),
    "lsp": ("salesdx.cli.lsp:lsp_command", "Serve an editor while rules are written."),
    "schema": ("salesdx.cli.schema:schema", "Write JSON Schemas, for completion and errors in editors."),
    "init": ("salesdx.cli.init:init_command", "Copy the shipped knowledge and rules, for a firm to edit."),
}
"""Command -> the module and function that run it, and its line in `salesdx --help`."""


WIDEST, NARROWEST = 98, 50
"""Columns of a help page, whatever the terminal has."""


class _Commands(group(COMMANDS)):  # type: ignore[misc]
    def main(self, *args: Any, **more: Any) -> NoReturn:
        """Run a command and leave with its status; what ends it is shown in the words of this house."""
        try:
            status = super().main(*args, **{"terminal_width": _width(), **more, "standalone_mode": False})
        except Exception as error:
            if isinstance(error.__context__, KeyboardInterrupt):  # which click makes an error of
                raise error.__context__ from None
            from salesdx.cli.faults import show_error

            status = show_error(error)
            if not status:
                raise
        sys.exit(status)


def _width() -> int:
    """Columns of a help page. click asks `shutil` for them, which takes longer to import than the help to write."""
    return max(NARROWEST, min(terminal_columns() - 2, WIDEST))


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from salesdx import __version__

        click.echo(f"salesdx {__version__}")
        ctx.exit()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: salesdx diagnose examples/late-delivery.yaml",
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
def cli() -> None:
    """Why was the sales goal missed, and what is the right thing to do, to whom?

    The answer follows from the facts of a case and from rules that a firm can read and edit; what nobody knows never
    counts as a no.
    """
