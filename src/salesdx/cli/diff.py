"""`salesdx diff`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from salesdx.authoring.diff import LIMIT, changes, turned_cases, worked_cases
from salesdx.authoring.moved_limits import limit_words
from salesdx.authoring.path_to_person import path_to_person
from salesdx.authoring.promised import reviewed_cases
from salesdx.authoring.upgrade import upgrade as upgrade_of
from salesdx.base.layers import LAYER, SHIPPED
from salesdx.base.loading import load
from salesdx.base.model import RuleBase
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.render import FORMATS, shown
from salesdx.render.changes import Properties, diff_data, diff_report
from salesdx.render.json_text import to_json
from salesdx.render.upgrades import upgrade_data, upgrade_report
from salesdx.services.many_cases import try_on_cases
from salesdx.services.named_rules import NotAtHand, is_pin, rules_named
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx diff salesdx salesdx")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--prove/--no-prove", default=True, help="Whether properties change, if the prover is installed.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if a door opens unsigned, or a case or property turns.")
@click.option("--upgrade", is_flag=True, help="Say what it means for the layer in --home to lie on NEW, not on OLD.")
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="With --upgrade: the layer.")
@click.option("--cases", metavar="FACTS", help="Many cases of the past, as `salesdx bulk` reads them.")
@click.option("--query", default="", help="With --cases: which rows of a database, in its SQL.")
@options.format(FORMATS)
@options.output
@recorded
def diff(
    old: str,
    new: str,
    prove: bool,
    exit_code: bool,
    upgrade: bool,
    home: Path | None,
    cases: str | None,
    query: str,
    format_: str,
    output: Path | None,
    recorder: Recorder,
) -> None:
    """Say what differs between two rule bases by meaning, and whose result changes.

    The first line says whether NEW opens or closes the path to a person, or leaves it the same, over all possible
    cases; rules below the floor of their base are compared too, and open it.

    OLD and NEW are folders with knowledge/ and rules/, `salesdx` for the shipped rules, or pins: digests of rules that
    are shipped, that the other one or --home lies on, or that the trail holds. Each changed condition is told stricter,
    looser or different, and each limit what it alone does to the path to a person; all worked cases of both are run on
    both, and so are those of a table that --cases names. With --trail, so is every recorded diagnosis: persons appear
    as pseudonyms.

    With --upgrade OLD and NEW are rules below the layer in --home: whether a door to a person opens, what changed
    there, what the layer overrides, and what collides. The exit status is 1 if a door may open, something collides,
    the layer does not load on NEW, or a worked case of its own comes out otherwise.
    """
    homes = _homes((old, new), home, recorder)
    if upgrade or home is not None:
        if not upgrade or home is None or not (home / LAYER).is_file():
            raise click.UsageError("--upgrade and --home go together, and --home is a layer")
        _upgrade(home, homes[0], homes[1], format_, output)
        return
    before, after = (load(home, held=False) for home in homes)
    path = path_to_person(before, after, homes[1])
    words = limit_words(before, after, path)
    found = [
        replace(change, path=words.get(change.name, "")) if change.what == LIMIT else change
        for change in changes(before, after)
    ]
    past = try_on_cases(cases, query, before, after) if cases else None
    worked = list(worked_cases(before, homes[::-1]))
    turned = list(turned_cases(before, after, worked))
    properties = _properties(before, after) if prove else None
    reruns = None
    if recorder.where:
        from salesdx.authoring.rerun import rerun

        with recorder.open(write=False).read() as reader:
            reruns = list(rerun(reader, after))
    if format_ == "json":
        text = to_json(diff_data(before, after, path, found, turned, properties, reruns, past))
    else:
        report = diff_report(before, after, path, found, turned, len(worked), properties, reruns, past)
        text = shown([report], format_, out.terminal_width(), out.colour(output))
    out.write(text, output)
    unseen = [case for case in turned if case.case not in reviewed_cases(homes[1])] if exit_code else []
    if exit_code and (not path.stands or unseen or any(was != now for _, was, now in (properties or {}).values())):
        raise SystemExit(1)


def _homes(named: tuple[str, str], home: Path | None, recorder: Recorder) -> list[Path | None]:
    """The folders of rules by their names, as long as the command runs."""
    beside = [Path(each) for each in named if each != SHIPPED and not is_pin(each)] + ([home] if home else [])
    try:
        context = click.get_current_context()
        return [context.with_resource(rules_named(each, beside, recorder)) for each in named]
    except NotAtHand as error:
        raise click.ClickException(str(error)) from None


def _upgrade(layer: Path, old: Path | None, new: Path | None, format_: str, output: Path | None) -> None:
    found = upgrade_of(layer, old, new)
    report = upgrade_report(found, str(layer))
    text = to_json(upgrade_data(found)) if format_ == "json" else ""
    out.write(text or shown([report], format_, out.terminal_width(), out.colour(output)), output)
    if not found.clean:
        raise SystemExit(1)


def _properties(before: RuleBase, after: RuleBase) -> Properties | None:
    """The result of each property on both; from a certificate where one is current. None without the prover."""
    results = [_proved(base) for base in (before, after)]
    if results[0] is None or results[1] is None:
        return None
    says = {property.id: property.says for property in (*before.properties, *after.properties)}
    return {id: (says[id], results[0].get(id, ""), results[1].get(id, "")) for id in says}


def _proved(base: RuleBase) -> dict[str, str] | None:
    proof = base.proof
    if proof is not None and proof.rule_base == base.digest:
        by = {"PROVED": proof.proved, "REFUTED": proof.refuted, "UNDECIDED": proof.undecided}
        return {id: word for word, ids in by.items() for id in ids}
    try:
        from salesdx.authoring.prove import prove
    except ModuleNotFoundError:
        return None
    return {result.property.id: result.result for result in prove(base)}
