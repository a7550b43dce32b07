"""A group of commands, each imported when it runs, so that `salesdx --help` is quick."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import ClassVar

import click

Registry = Mapping[str, tuple[str, str]]
"""Command -> the module and function that run it, and its line in the help."""


class Commands(click.Group):
    """A group over a registry."""

    registry: ClassVar[Registry] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.registry)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.registry:
            return None
        module, _, function = self.registry[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), function)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in self.registry.items()])


def group(registry: Registry) -> type[Commands]:
    """The class of a group with these commands."""
    return type("Group", (Commands,), {"registry": registry})
