"""`salesdx prove`."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import click

from salesdx import load
from salesdx.base.background import Proof
from salesdx.base.loading import shipped_home
from salesdx.base.proof import NAME, proof_text
from salesdx.case.writing import new_case
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.render.json_text import to_json


@click.command(epilog="Example: salesdx prove --only personnel_only_at_person")
@click.option("--only", multiple=True, metavar="PROPERTY", help="Decide this property alone; can be given again.")
@click.option("--seconds", type=click.FloatRange(0.1), default=60, show_default=True, help="Time for one property.")
@click.option("--cases", type=click.Path(file_okay=False, path_type=Path), help="Folder for the cases that break one.")
@click.option("--certificate", is_flag=True, help=f"Write {NAME} beside the rules: every diagnosis then names it.")
@options.format(("text", "json"))
@options.home
def prove_command(
    only: tuple[str, ...], seconds: float, cases: Path | None, certificate: bool, format_: str, home: Path | None
) -> None:
    """Show that the properties of knowledge/properties.yaml hold for every possible case, or give one that breaks them.

    Not samples: all fact files at once, by the prover z3. The exit status is 1 unless all are proved.
    """
    base = load(home)
    known = [property.id for property in base.properties]
    for name in only:
        if name not in known:
            raise click.UsageError(f"there is no property `{name}`; they are {', '.join(known)}")
    if certificate and only:
        raise click.UsageError("a certificate is about all properties: leave out --only")
    try:
        from salesdx.authoring.prove import PROVED, REFUTED, UNDECIDED
        from salesdx.authoring.prove import prove as run
        from salesdx.engine.backends.smt.formulas import PROVER
        from salesdx.render.proofs import result_lines, results_data, summary_lines
    except ModuleNotFoundError as error:
        raise click.ClickException(f"proofs need {error.name}: `pip install 'salesdx[prove]'`") from None
    results = []
    for result in run(base, seconds, only):
        results.append(result)
        if format_ == "text":
            click.echo(_wrapped(result_lines(result)))
        for memory, name in ((result.case, ""), (result.after, "-after")):
            if cases is not None and memory is not None:
                cases.mkdir(parents=True, exist_ok=True)
                out.write(new_case(memory), cases / f"{result.property.id}{name}.yaml")
    click.echo(to_json(results_data(base, results)) if format_ == "json" else _wrapped(summary_lines(base, results)))
    if certificate:
        by = {word: tuple(r.property.id for r in results if r.result == word) for word in (PROVED, REFUTED, UNDECIDED)}
        proof = Proof(base.digest, PROVER, by[PROVED], by[REFUTED], by[UNDECIDED])
        out.write(proof_text(proof), (home or shipped_home()) / NAME)
    if any(result.result != PROVED for result in results):
        raise SystemExit(1)


def _wrapped(lines: Sequence[str]) -> str:
    """Lines within the width; those of a case file, which are deep, stay as they are to be copied."""
    return "\n".join(
        line if line.startswith("    ") else textwrap.fill(line, out.terminal_width(), subsequent_indent="  ")
        for line in lines
    )
