"""`salesdx trail list`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render.trail import TABLE_FORMATS
from salesdx.services.reads import ListRecords
from salesdx.services.recorder import Recorder

TYPES = (
    "action", "answer", "attachment", "case_against", "confirmed", "diagnosis", "erasure", "explanation", "export",
    "facts_drawn", "handed_over", "head_changed", "hold", "key", "key_added", "key_ended", "key_proposed", "letter",
    "line_given", "link_ended", "link_made", "mapping_set", "opened", "outcome", "override", "people_seen",
    "person_added", "release", "review", "role_ended", "role_given", "rule_base", "rules_confirmed", "rules_proposed",
    "seat_ended", "seat_given", "session", "sign_off", "statement", "taken_over", "trail", "witness",
)  # fmt: skip


@click.command("list", epilog="Example: salesdx trail list --trail ours.trail --type diagnosis")
@click.option("--case", default="", metavar="NAME", help="Records of this case.")
@click.option("--subject", default="", metavar="NAME", help="Records of cases on this subject.")
@click.option("--stage", default="", metavar="STAGE", help="Diagnoses that concluded this stage; see --status.")
@click.option("--status", default="", metavar="STATUS", help="Diagnoses in which a stage, or --stage, stood so.")
@click.option("--rule", default="", metavar="RULE", help="Diagnoses in which this rule was true.")
@click.option("--actor", default="", metavar="NAME", help="Records that this person made.")
@click.option("--type", "types", multiple=True, type=click.Choice(TYPES), metavar="TYPE", help="Of these types.")
@reading.since
@reading.until
@click.option("--limit", type=click.IntRange(1), help="Only the newest ones, so many.")
@options.format(TABLE_FORMATS)
@options.output
@recorded
def list_records(
    case: str,
    subject: str,
    stage: str,
    status: str,
    rule: str,
    actor: str,
    types: tuple[str, ...],
    since: str,
    until: str,
    limit: int | None,
    format_: str,
    output: Path | None,
    recorder: Recorder,
) -> None:
    """List the records of the trail, the newest last.

    Options narrow the list; all of them must fit. A STATUS is one of the ladder (such as confirmed or open), concluded
    or held. Names may also be pseudonyms, under which erased ones are shown.
    """
    read = ListRecords(case, subject, actor, types, stage, status, rule, since, until, limit)
    reading.show_read(recorder, read, format_, output)
