"""The page on which a review is begun with a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from salesdx.render.pages.shell import AppPage


@dataclass(frozen=True)
class FilePage(AppPage):
    """A case is begun with a file: ``key`` is its identifier, ``address`` where the form goes."""

    template: ClassVar[str] = "begin_file.html"
    key: str
    address: str
