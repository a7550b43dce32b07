"""What takes a while: diagnoses side by side, most alike, or run again; asked for here, and shown once it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from salesdx.render.pages.case_words import Option
from salesdx.render.pages.shell import AppPage

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class LookCloserPage(AppPage):
    """What can be found out about a diagnosis of a case: ``ones`` to choose from, ``others`` to hold it against."""

    template: ClassVar[str] = "look_closer.html"
    address: str
    ones: tuple[Option, ...]
    others: tuple[Option, ...]
    record: str = ""


@dataclass(frozen=True)
class JobPage(AppPage):
    """A job: it runs, and the page looks again after some seconds; or it ended, with a page or a fault."""

    template: ClassVar[str] = "job.html"
    address: str
    runs: bool
    article: Markup
    fault: str = ""
