"""`salesdx graph`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote

import click

from salesdx import diagnose, load
from salesdx.authoring.graphs.drawing import Graph, findings_graph, rule_graph, stage_graph
from salesdx.authoring.graphs.ladder_graph import ladder_graph
from salesdx.base.layers import folders, place_of
from salesdx.base.loading import shipped_home
from salesdx.base.model import RuleBase
from salesdx.case.file import read_case_file
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.explanation import UnknownName
from salesdx.render.asked_pages import DRAWN, draw, drawing_pages
from salesdx.services.explaining import reasons_drawn
from salesdx.services.page_requests import Drawing, Look
from salesdx.services.recorder import Recorder
from salesdx.text.issues import did_you_mean
from salesdx.text.source import Place


@click.command(epilog="Example: salesdx graph --case examples/late-delivery.yaml --format mermaid")
@click.option("--stage", metavar="STAGE", help="One stage or group: what is asked, the rules, findings, what to do.")
@click.option("--rule", metavar="RULE", help="The condition of one rule as a tree, down to what is asked.")
@click.option("--findings", is_flag=True, help="Which findings and computed terms stand on which.")
@click.option("--case", metavar="CASE", help="The proof of the diagnosis of a case; `-` reads standard input.")
@click.option("--why", metavar="NAME", help="With --case: why this stage, rule, finding or term is so.")
@click.option("--format", "format_", type=click.Choice(DRAWN), default="svg", show_default=True, help="What to write.")
@options.firm
@options.home
@options.engine
@options.output
@recorded
def graph(
    stage: str | None,
    rule: str | None,
    findings: bool,
    case: str | None,
    why: str | None,
    format_: str,
    firm: Path | None,
    home: Path | None,
    engine: str,
    output: Path | None,
    recorder: Recorder,
) -> None:
    """Draw the escalation ladder, or one part of a rule base, or the proof of a diagnosis.

    SVG is a finished drawing for any browser; DOT is for Graphviz, Mermaid for Markdown pages. Terms, rules and
    findings are links to their line in the files, relative to the folder of the output; not in what a service draws.
    """
    if sum(bool(wish) for wish in (stage, rule, findings, case)) > 1:
        raise click.UsageError("one of --stage, --rule, --findings and --case is drawn at a time")
    if why and not case:
        raise click.UsageError("--why needs --case")
    out.keep_apart(output, case)
    base = load(home)
    link = _links(base, home, output)
    if case:
        diagnosis = diagnose(base, recorder.with_earlier(read_case_file(case, base, firm)), engine)
        try:
            asked, made = reasons_drawn(diagnosis, why or "")
        except UnknownName as error:
            raise click.UsageError(str(error)) from None
        text = recorder.explanation(
            diagnosis,
            lambda: Drawing(why or ""),
            Look(format_),
            lambda: drawing_pages(asked, draw(made, format_, link)),
        )
    else:
        text = draw(_graph(base, stage, rule, findings), format_, link)
    out.write(text, output)


def _graph(base: RuleBase, stage: str | None, rule: str | None, findings: bool) -> Graph:
    if stage:
        return stage_graph(base, _known(stage, base.home, "stage or group"))
    if rule:
        return rule_graph(base, _known(rule, base.rule, "rule"))
    return findings_graph(base) if findings else ladder_graph(base)


def _known(name: str, known: Iterable[str], what: str) -> str:
    if name in known:
        return name
    help = did_you_mean(name, known)
    raise click.UsageError(f"there is no {what} `{name}`{'; ' + help if help else ''}")


def _links(base: RuleBase, home: Path | None, output: Path | None) -> Callable[[Place], str]:
    """Place -> the address of its line, relative to where the drawing lies."""
    beside = Path(os.path.realpath(output.parent if output is not None and str(output) != "-" else "."))
    layers = folders(home or shipped_home(), str(home) if home is not None else "", shipped_home)

    def link(place: Place) -> str:
        name = base.paths.get(place.path, place.path)
        while name.startswith("extended/"):
            name = name.removeprefix("extended/")
        folder = next((folder for folder, shown in layers if place_of(shown, name).path == place.path), Path("."))
        return f"{quote(os.path.relpath(os.path.realpath(folder / name), beside).replace(os.sep, '/'))}#L{place.line}"

    return link
