"""`salesdx bulk`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import click

from salesdx import load
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.services.many_cases import ManyCases, decide_many

EXAMPLE = "Example: salesdx bulk facts.csv --output decided.parquet"


@click.command(epilog=EXAMPLE)
@click.argument("facts", metavar="FACTS")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder of Parquet files to write."
)
@click.option("--query", default="", help="Which rows of a database, in its SQL.")
@click.option("--against", type=click.Path(path_type=Path), help="Other rules: only the cases that change by them.")
@click.option("--sample", type=click.IntRange(0), default=100, show_default=True, help="Cases that are checked beside.")
@click.option(
    "--spark", metavar="MASTER", default="", help="Decide on a cluster, such as spark://host:7077 or local[4]."
)
@options.firm
@options.home
def bulk_command(
    facts: str,
    output: Path,
    query: str,
    against: Path | None,
    sample: int,
    spark: str,
    firm: Path | None,
    home: Path | None,
) -> None:
    """Decide many cases at once, one row of FACTS each.

    FACTS is a Parquet file, a folder of them, a file of comma-separated values, a DuckDB database, or the address of a
    PostgreSQL database: postgresql://user@host/database. A column has the name of a term, and `case` names the case; an
    empty cell was not asked. Beside a column may stand TERM.low and TERM.high, and
    TERM.unknown for why there is no value. A bare value is nobody's word, so nothing is concluded about a person.

    A run that was stopped goes on when it is started again. Some cases are diagnosed by the other engines too; at the
    first difference nothing is given.
    """
    out.keep_apart(output, facts)
    base, other = load(home), load(against) if against else None
    with ExitStack() as shown:
        found = decide_many(
            ManyCases(facts, query, base, other, firm, sample, spark), output, partial(_progress, shown)
        )
    click.echo(f"{found.cases:,} cases, {found.alone:,} of them one by one; {found.sampled:,} were checked beside")
    if other is not None:
        click.echo(f"{found.written:,} of them change")
    said = {line.name: line.says for line in base.ladder.verdicts}
    for verdict, number in found.verdicts.most_common():
        told = said.get(verdict or "")
        click.echo(f"{number:12,}  {verdict or 'no verdict'}" + f": {told}" * bool(told))


def _progress(shown: ExitStack, rows: int) -> Callable[[int], object]:
    """A bar on a terminal, with how many rows are done and how long the rest takes."""
    quiet = not sys.stderr.isatty()
    bar = click.progressbar(length=rows, label="cases", show_pos=True, file=sys.stderr, hidden=quiet)
    return shown.enter_context(bar).update
