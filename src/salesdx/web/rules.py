"""The rules by which the service diagnoses, and those that people have adopted."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter

from salesdx.ledger.errors import Refused
from salesdx.render.trail import render_page
from salesdx.render.trail.adoption_page import adoption_text, adoptions_report
from salesdx.services.acts import check_may
from salesdx.services.adopting import ProposeRules, beside_last, last_adopted, waits_for
from salesdx.trail.book import Book
from salesdx.web.asking import Asking, PageFormat, Server, Width
from salesdx.web.reads import PageOf

router = APIRouter(tags=["rules"])


@dataclass(frozen=True)
class RulesOf:
    """The rules that run here, and the digest of those in force; empty where nobody has adopted any."""

    rules: str
    version: str
    in_force: str


@dataclass(frozen=True)
class ProposalOf:
    """Rules that wait to be adopted, who wants them, whom they wait for, and the page that was seen and signed."""

    record: int
    rules: str
    version: str
    by: list[str]
    waits_for: str
    page: str


@router.get("/rules")
def rules_here(server: Server, asking: Asking) -> RulesOf:
    """Which rules run here, and which are in force: what others conclude is a trial."""
    return RulesOf(server.base.digest, server.base.version, server.register().adoptions.in_force)


@router.get("/rules/beside")
def rules_beside(server: Server, asking: Asking) -> PageOf:
    """The rules that run here beside those adopted last, by meaning and with a proof, for who may adopt them."""
    check_may(ProposeRules, asking, server.in_force())
    last = last_adopted(server.trail)
    if last is not None and last.digest == server.base.digest:
        raise Refused(f"the rules {last.version} ({last.digest[7:19]}) are in force already")
    return PageOf(adoption_text(beside_last(server.base, last)))


@router.get("/rules/adopted")
def rules_adopted(server: Server, asking: Asking, format: PageFormat = "text", width: Width = 80) -> PageOf:
    """Which rules were in force from when on, by whom they were adopted, and which wait."""
    with server.trail.read() as reader:
        return PageOf(render_page(adoptions_report(Book(reader)), None, format, width))


@router.get("/rules/waiting")
def rules_waiting(server: Server, asking: Asking) -> list[ProposalOf]:
    """Rules that wait to be adopted, the oldest first."""
    with server.trail.read() as reader:
        book = Book(reader)
        return [
            ProposalOf(
                seq, one.rules, one.version, [*one.by], waits_for(one), str((book.record(seq).body or {}).get("shown"))
            )
            for seq, one in sorted(book.people.adoptions.waiting.items())
        ]
