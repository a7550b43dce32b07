"""`salesdx prove`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx import load
from salesdx.authoring.promised import lost_properties, properties_told, silenced, silenced_told
from salesdx.base.background import Proof
from salesdx.base.floors import acting_on_nobody
from salesdx.base.loading import shipped_home
from salesdx.base.proof import NAME, proof_text, property_digest
from salesdx.case.writing import new_case
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.settings import SETTINGS
from salesdx.render.json_text import to_json
from salesdx.text.english import many


@click.command(epilog="Example: salesdx prove --only personnel_only_at_person")
@click.option("--only", multiple=True, metavar="PROPERTY", help="Decide this property alone; can be given again.")
@click.option("--seconds", type=click.FloatRange(0.1), default=60, show_default=True, help="Time for one property.")
@click.option("--cases", type=click.Path(file_okay=False, path_type=Path), help="Folder for the cases that break one.")
@click.option("--certificate", is_flag=True, help=f"Write {NAME} beside the rules: every diagnosis then names it.")
@click.option("--against", metavar="BASE", help="Folder or pin of a base, or `salesdx`.  [default: the rules' own]")
@click.option("--trail", metavar="FILE-OR-URL", help=f"Where a pin is looked for, too.  [default: {SETTINGS['trail']}]")
@click.option("--no-against", is_flag=True, help="Leave out the doors to a person: the properties alone.")
@click.option("--accept", "accepted", multiple=True, metavar="EDIT", help="Sign for a change that opens a door.")
@click.option("--reason", default="", metavar="TEXT", help="Why that is right here, for --accept.")
@click.option("--author", default="", metavar="NAME", help="Who answers for it, for --accept.")
@options.format(("text", "json"))
@options.home
def prove_command(
    only: tuple[str, ...],
    seconds: float,
    cases: Path | None,
    certificate: bool,
    against: str | None,
    trail: str | None,
    no_against: bool,
    accepted: tuple[str, ...],
    reason: str,
    author: str,
    format_: str,
    home: Path | None,
) -> None:
    """Show that the properties of knowledge/properties.yaml hold for every possible case, or give one that breaks them.

    Not samples: all fact files at once, by the prover z3. A layer or copy is also held against its base: whether some
    case ends harsher for a person than there. The exit status is 1 unless all is proved, or signed for.
    """
    base = load(home)
    known = [property.id for property in base.properties]
    for name in only:
        if name not in known:
            raise click.UsageError(f"there is no property `{name}`; they are {', '.join(known)}")
    if no_against and (against or accepted):
        raise click.UsageError("--no-against leaves out what --against and --accept are about")
    if bool(accepted) != bool(reason and author):
        raise click.UsageError("a signature needs all three: --accept, --reason and --author")
    if certificate and (only or against):
        raise click.UsageError("a certificate is about all properties and the rules' own base: leave the other out")
    try:
        from salesdx.authoring.prove import PROVED, REFUTED, UNDECIDED
        from salesdx.authoring.prove import prove as run
        from salesdx.cli.prove_against import accept, data_of, held_to, prove_doors
        from salesdx.engine.backends.smt.directions import lemmas
        from salesdx.engine.backends.smt.solving import PROVER
        from salesdx.render.proofs import result_lines, results_data, summary_lines
    except ModuleNotFoundError as error:
        raise click.ClickException(f"proofs need {error.name}: `pip install 'salesdx[prove]'`") from None
    every = [] if no_against or (only and not against) else list(held_to(base, home, against, seconds, trail))
    if accepted:
        if not every:
            raise click.ClickException("these rules have no base: there is nothing to sign for")
        accept(every[0], home, accepted, reason, author)
        return
    results = []
    for result in run(base, seconds, only):
        results.append(result)
        if format_ == "text":
            click.echo(out.folded(result_lines(result)))
        for memory, name in ((result.case, ""), (result.after, "-after")):
            if cases is not None and memory is not None:
                cases.mkdir(parents=True, exist_ok=True)
                out.write(new_case(memory), cases / f"{result.property.id}{name}.yaml")
    lost = lost_properties(base)
    if format_ == "text":
        click.echo(out.folded(summary_lines(base, results)))
    for one in every:
        prove_doors(one, format_ == "text", cases, home, against)
    if format_ == "json":
        click.echo(to_json([*results_data(base, results), *data_of(every)]))
    elif base.below is not None and not every:
        click.echo(out.folded([f"not held against the base {base.below.version}: that was left out"]))
    if format_ == "text":
        proved = [result.property.id for result in results if result.result == PROVED]
        looked_at = f", {many(sum(len(one.results) for one in every), 'door')}" if every else ""
        quiet = silenced_told(base)
        click.echo(out.folded([*([quiet] if quiet else []), properties_told(base, proved) + looked_at]))
    if not results:
        click.echo("there is no property, so nothing is proved", err=True)
    if lost:
        click.echo(f"of the base these are not proved, since the rules have others: {', '.join(lost)}", err=True)
    if certificate:
        by = {word: tuple(r.property.id for r in results if r.result == word) for word in (PROVED, REFUTED, UNDECIDED)}
        digests = {property.id: property_digest(property) for property in base.properties}
        about = (lemmas(base), base.below.digest if base.below else "", digests, silenced(base, by_name=True))
        doors = tuple(door for one in every for door in one.proved())
        on_nobody = {made.id: made.reason for made in acting_on_nobody(base)}
        proof = Proof(base.digest, PROVER, by[PROVED], by[REFUTED], by[UNDECIDED], *about, doors, on_nobody)
        out.write(proof_text(proof), (home or shipped_home()) / NAME)
    broken = any(result.result != PROVED for result in results)
    if not results or {*lost} - {*base.unkept} or broken or not all(one.stands for one in every):
        raise SystemExit(1)
