"""`salesdx explain-rule`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx import load
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.render import shown
from salesdx.render.rule_words import rule_report
from salesdx.text.issues import nearest


@click.command("explain-rule", epilog="Example: salesdx explain-rule --help")
@click.argument("rule", metavar="ID")
@options.format(("text", "markdown", "html"))
@options.home
@options.output
def explain_rule(rule: str, format_: str, home: Path | None, output: Path | None) -> None:
    """Say a rule in plain words: when it is true, what follows, and where its numbers come from."""
    base = load(home)
    if rule not in base.rule:
        near = nearest(rule, base.rule)
        raise click.UsageError(f"there is no rule `{rule}`" + (f"; did you mean `{near}`?" if near else ""))
    out.write(shown([rule_report(base, base.rule[rule])], format_, out.terminal_width(), out.colour(output)), output)
