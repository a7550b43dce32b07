"""The doors of `salesdx prove`: rules against their base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from salesdx import load
from salesdx.authoring.against import AgainstBase, DoorResult, NotComparable
from salesdx.authoring.holding_back import holding_back
from salesdx.authoring.signing import (
    ACCEPTED,
    NotSigned,
    folders_of,
    piece_named,
    signature,
    signatures,
    signed_file,
    silence_signature,
    with_signature,
)
from salesdx.base.background import Acceptance, ProvedDoor
from salesdx.base.layers import SHIPPED
from salesdx.base.model import RuleBase
from salesdx.case.writing import new_case
from salesdx.cli import output as out
from salesdx.cli.settings import setting
from salesdx.render.door_report import door_lines, doors_data, doors_summary, results_of
from salesdx.services.named_rules import NotAtHand, is_pin, rules_named
from salesdx.services.recorder import MissingExtra, Recorder


@dataclass
class Held:
    """Rules held to one base: what was found, and the signatures that are void."""

    against: AgainstBase
    void: Mapping[Acceptance, str]
    results: list[DoorResult] = field(default_factory=list)

    @property
    def stands(self) -> bool:
        """Whether every door is shut or signed for."""
        return not self.void and all(found.stands for found in self.results)

    def proved(self) -> Iterator[ProvedDoor]:
        """What a certificate says of the doors."""
        for found in self.results:
            accepted = tuple((signed.author, signed.reason) for signed in found.accepted_by)
            yield ProvedDoor(str(found.door), found.result, self.against.base.digest, accepted)


def held_to(
    base: RuleBase, home: Path | None, named: str | None, seconds: float, trail: str | None = None
) -> Iterator[Held]:
    """The rules and each base that they are held to: the one that is named, else all below them, one on the other.

    One that is named by its pin is looked for beside the rules and in a trail.
    """
    new, below = base, base.below if named is None else _named(named, home, trail)
    homes = folders_of(home)
    while below is not None:
        signed = signatures(new, below, homes)
        try:
            yield Held(AgainstBase(new, below, seconds, signed.counting), signed.void)
        except NotComparable as error:
            raise click.ClickException(str(error)) from None
        new, below = below, below.below if named is None else None


def _named(named: str, home: Path | None, trail: str | None) -> RuleBase:
    recorder = Recorder((trail or setting("trail")) if is_pin(named) else None, None, "", "")
    try:
        with rules_named(named, [home], recorder) as folder:
            return load(folder)
    except (NotAtHand, MissingExtra) as error:
        raise click.ClickException(str(error)) from None


def prove_doors(one: Held, text: bool, cases: Path | None, home: Path | None, named: str | None) -> None:
    """Decide each door of one base, and show it as it is decided."""
    for found in one.against.results():
        one.results.append(found)
        lines = door_lines(found)
        if cases is not None and found.opening is not None:
            path = cases / f"{str(found.door).replace(' ', '-')}.yaml"
            cases.mkdir(parents=True, exist_ok=True)
            out.write(new_case(found.opening.case), path)
            lines += _commands(found, path, home, named)
        if text and lines:
            click.echo(out.folded(lines))
    if text:
        click.echo(out.folded(doors_summary(one.against.base, one.results, one.void)))


def _commands(found: DoorResult, path: Path, home: Path | None, named: str | None) -> list[str]:
    """How a reader sees the case under both; rules that are named by their pin lie in no folder."""
    new, base = results_of(found)
    below = "" if named in (None, SHIPPED) else f" --home {named}"
    here = f" --home {home}" if home is not None else ""
    there = [] if named and is_pin(named) else [f"    salesdx diagnose {path}{below}      {base}"]
    return ["  seen by:", f"    salesdx diagnose {path}{here}      {new}", *there]


def data_of(every: list[Held]) -> list[dict[str, Any]]:
    """JSON: an object for each door of each base."""
    return [each for one in every for each in doors_data(one.against.base, one.results)]


def accept(one: Held, home: Path | None, edits: tuple[str, ...], reason: str, author: str) -> None:
    """Show what edits open and write the signature. Raises click.ClickException where there is nothing to sign."""
    against = one.against
    try:
        if home is None:
            raise NotSigned("the shipped rules have no base; name the layer or copy with --home")
        path = signed_file(home)
        if len(edits) == 1 and (silence := silence_signature(edits[0], reason, author, against.new)) is not None:
            out.write(with_signature(path.read_text(encoding="utf-8"), silence), path)
            click.echo(out.folded([f"signed by {author}, a name that was typed, in {path}: {edits[0]}"]))
            return
        named = [piece_named(edit, against.new, against.base) for edit in edits]
        opened = [door for door in against.doors if door not in against.shut]
        already = {edit for signed in against.signed for edit in signed.edits}
        without = against.shut_without({*map(str, named), *already})
        covered = [door for door in opened if door in without and not against.accepted(door)]
        if not covered:
            raise NotSigned("no door that stands open is shut with the base's text there: there is nothing to sign")
        first = against.decide(covered[0])
        if first.opening is None:
            raise NotSigned(f"{first.door} is undecided: {first.why}")
        held = holding_back(against.new, against.base, named, covered, against.seconds)
        signed = signature(named, covered, first.opening, reason, author, against.base, held)
        text = with_signature(path.read_text(encoding="utf-8"), signed)
    except NotSigned as error:
        raise click.ClickException(str(error)) from None
    click.echo(out.folded(door_lines(first)))
    (home / ACCEPTED).mkdir(exist_ok=True)
    out.write(new_case(first.opening.case), home / ACCEPTED / f"{signed.case[7:19]}.yaml")
    out.write(text, path)
    told = [f"signed by {author}, a name that was typed, in {path}: {', '.join(map(str, covered))}"]
    if held:
        told.append(f"held back by {', '.join(map(str, held))}: with other words in that the signature is void")
    click.echo(out.folded(told))
