"""`salesdx trail verify`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from salesdx.cli.recorder import recorded
from salesdx.services.recorder import Recorder, needs_extra
from salesdx.services.verifying import AskedVerdict, checked_verdict, verdict_here


@click.command(
    epilog="Example: salesdx trail verify --trail ours.trail --public-key ours.vkey --anchor march.checkpoint"
)
@click.argument("bundle", required=False)
@click.option(
    "--public-key", "keys", multiple=True, metavar="KEY", help="Of the trail or a witness; the text or its file."
)
@click.option("--anchor", metavar="FILE", help="A checkpoint that you kept.")
@click.option("--newer-than", metavar="DATE", help="The day after which a witness, or your anchor, saw the trail.")
@click.option("--no-replay", is_flag=True, help="Do not make again what was concluded and shown.")
@recorded
def verify_command(
    bundle: str | None,
    keys: tuple[str, ...],
    anchor: str | None,
    newer_than: str | None,
    no_replay: bool,
    recorder: Recorder,
) -> None:
    """Verify the whole trail, or a BUNDLE that was exported from it.

    The word comes first: VERIFIED and VERIFIED-WITH-ERASURES (exit status 0), UNANCHORED (3) where no key or no anchor
    was given or the last signature from outside is too old, INVALID (4), UNREADABLE (5); then the reasons. Take keys
    and anchor from your own files, never from who gave you the trail: who holds its key can rewrite it, and only what
    was kept elsewhere shows that. What a witness signed last may be 31 days old, or `outside_days`
    of the policy; --newer-than DATE asks otherwise. Of a trail at its service, the service reads the records; that its
    end is signed by your key, and goes on from your anchor, is checked here.
    """
    with needs_extra():
        from salesdx.ledger.errors import TrailError
        from salesdx.ledger.standalone.bundle import given_anchor, given_day, given_key, installed_replay, verdict_on
        from salesdx.ledger.standalone.findings import UNREADABLE, Unreadable, Verdict
        from salesdx.render.trail.pages_again import page_as_made

    if bundle is not None:
        verdict = verdict_on(bundle, keys, anchor, None if no_replay else installed_replay(), newer_than)
    else:
        try:
            known = [given_key(text) for text in keys]
            kept = None if anchor is None else given_anchor(anchor)
            day = None if newer_than is None else given_day(newer_than)
            if recorder.remote is not None:
                note = "" if anchor is None else Path(anchor).read_text(encoding="utf-8")
                asked = AskedVerdict(tuple(map(str, known)), note, newer_than or "", not no_replay)
                verdict = checked_verdict(recorder.remote.verdict(asked), known, kept)
            else:
                with recorder.open(write=False).read() as reader:
                    verdict = verdict_here(reader, known, kept, day, None if no_replay else page_as_made)
        except (TrailError, Unreadable) as error:
            verdict = Verdict(UNREADABLE, (str(error),))
    click.echo(str(verdict), nl=False)
    sys.exit(verdict.status)
