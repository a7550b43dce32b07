"""A service that is killed while somebody answers at its pages, logged in or by a link: what was acknowledged is there,
once."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text
from salesdx.case.left_out import statement_data
from salesdx.ledger.verify import verify
from salesdx.trail.book import Book
from salesdx.web.store import Store
from served import office
from test_pages_links import ask
from test_serve_crash import Forks

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("SALESDX_PAGE_KILLS", "6"))
MOST_SECONDS = 1.0
TERMS = ("goal_measurable", "goal_communicated", "firm_sets_prices", "firm_has_rivals")


@pytest.mark.parametrize("by_link", [False, True])
def test_what_was_acknowledged_is_there_once(tmp_path: Path, base: RuleBase, by_link: bool) -> None:
    random, asked, sent = Random(KILLS), dict[int, dict[str, Any]](), -1
    done: set[int] = set()
    with office(tmp_path, str(tmp_path / "trail"), base) as firm:
        firm.enter(max="sales_manager")
        visitor = Visitor(firm, "max")
        visitor.enter()
        case, token, terms = visitor.begin(suspicion="3"), visitor.token(), TERMS
        home, own = f"/cases/{case}", ("sales_manager", "max")
        if by_link:
            visitor = ask(visitor, case).begin_link()
            home, own = visitor.home, ("finance", "link:finn-olsen")
            terms = tuple(name for name in visitor.terms if base.terms[name].type in ("boolean", "percent"))[:4]
            token = visitor.form(f"{home}/questions/{terms[0]}", terms[0])[1]["form_token"]
        before = Store(firm.trail.storage).case(case, "max")
        assert before is not None
        with Forks(SimpleNamespace(keys={}, where=str(tmp_path / "trail"), key=tmp_path / "trail.key")) as forks:  # type: ignore[arg-type]
            for kill in range(KILLS + 1):
                process, url = forks.start()
                visitor.firm = SimpleNamespace(url=url.removesuffix("/api/v1"))  # type: ignore[assignment]
                visitor.get("/health")
                killer = threading.Timer(random.random() * MOST_SECONDS, os.kill, (process, signal.SIGKILL))
                if kill < KILLS:
                    killer.start()
                with suppress(httpx.TransportError):
                    while kill < KILLS or sent not in done:
                        if sent in done or sent < 0:
                            sent += 1
                            term, other = terms[sent % len(terms)], bool(sent // len(terms) % 2)
                            values = ("no", "yes") if base.terms[term].type == "boolean" else ("30", "31")
                            value = values[other]
                            asked[sent] = {"term": term, "answer": value, "note": f"answer {sent}"}
                        if "mark" not in asked[sent]:
                            _, told = visitor.form(f"{home}/questions/{asked[sent]['term']}", asked[sent]["term"])
                            asked[sent] = told | asked[sent] | {"do": "save"}
                        form = {name: text for name, text in asked[sent].items() if name != "form_token"}
                        given = visitor.post(f"{home}/questions/{form.pop('term')}", form_token=token, **form)
                        assert given.status_code == 303, given.text
                        done.add(sent)
                if kill < KILLS:
                    killer.join()
        assert sorted(done) == list(range(sent + 1))
        after = Store(firm.trail.storage).case(case, "max")
        assert after is not None and after.version - before.version == len(done)
        memory = case_from_text(after.text, case, base)
        with firm.trail.read() as reader:
            named = reader.pseudonym("case", case)
            records = list(Book(reader).records(case=named, types=("answer",)))
            assert firm.trail.key is not None
            assert verify(reader, [firm.trail.key.public]).word == "UNANCHORED"
        notes = [one["note"] for r in records if r.body for one in r.body["statements"] if "note" in one]
        assert notes == [f"answer {number}" for number in sorted(done)], "every answer is on record, once, in order"
        last = {record.body["term"]: record.body["statements"] for record in records if record.body}
        for term in terms[: len(done)]:
            assert [statement_data(one) for one in memory.statements[term]] == last[term], "case and trail agree"
            assert {(one["by"], one["author"]) for one in last[term]} == {own}
        print(KILLS, "kills", len(done), "answers")
