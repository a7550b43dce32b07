"""`salesdx follow`: what is done about a case after its review. One module a command."""

from __future__ import annotations

import click

from salesdx.cli.commands import group

COMMANDS = {
    "accept": ("salesdx.cli.follow.accept:accept_action", "Take an intervention on, with an owner and a day."),
    "decline": ("salesdx.cli.follow.decline:decline_command", "Decline an intervention, with a reason."),
    "session": ("salesdx.cli.follow.session:session", "Write down a session: held, missed, or still to come."),
    "confirm": ("salesdx.cli.follow.confirm:confirm_command", "Confirm that a session was held."),
    "contest": ("salesdx.cli.follow.contest:contest_command", "Say that a session was not as it is recorded."),
    "event": ("salesdx.cli.follow.event:event", "Write down a change, or an absence, that can void a measure."),
    "judge": ("salesdx.cli.follow.judge:judge_command", "Say whether an action worked that no figure decides."),
    "list": ("salesdx.cli.follow.list:list_actions", "Show what was done about a case, and what became of it."),
    "due": ("salesdx.cli.follow.due:due_command", "List what waits: measures, sessions to confirm."),
}
"""Command -> the module and function that run it, and its line in `salesdx follow --help`."""


class _CaseFirst(group(COMMANDS)):  # type: ignore[misc]
    """A group whose commands may stand behind their case: `follow CASE accept ...`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if len(args) > 1 and args[0] not in self.registry and args[1] in self.registry:
            args = [args[1], args[0], *args[2:]]
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed


@click.group(cls=_CaseFirst, epilog="Example: salesdx follow examples/late-delivery.yaml list")
def follow_group() -> None:
    """What is done about a CASE after its review: `salesdx follow CASE accept ...`.

    Recommendations become actions of somebody, or are declined with a reason; sessions are written down as they
    happen, and confirmed by both sides. Whether an action worked is decided by its measure, and nobody types it. Each
    command writes one entry of the case file; everything else stays as it is.
    """
