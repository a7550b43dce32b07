"""Cases at the pages: an answer, its case and its record are one, and nothing is lost, doubled, or said for others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from lxml import html

from commands import run_salesdx
from conftest import ROOT
from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text, read_case_file
from salesdx.case.left_out import statement_data
from salesdx.case.statement import shown_value
from salesdx.ledger.acting import Acting
from salesdx.ledger.log import Person
from salesdx.ledger.verify import verify
from salesdx.trail.book import Book, Record
from salesdx.web.store import CaseRow, Overtaken, Store, begin_row, change_row
from served import Office, staffed

GOAL, TOLD = "goal_measurable", "goal_communicated"


@pytest.fixture
def firm(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    with staffed(tmp_path, where, base, max="sales_manager", mia="sales_manager") as found:
        yield found


@pytest.fixture
def max_(firm: Office) -> Visitor:
    found = Visitor(firm, "max")
    found.enter()
    return found


def row(firm: Office, case: str, who: str = "max") -> CaseRow:
    found = Store(firm.trail.storage).case(case, who)
    assert found is not None
    return found


def records(firm: Office, case: str, type: str = "answer") -> list[Record]:
    with firm.trail.read() as reader:
        named = reader.pseudonym("case", case)
        return [] if named is None else list(Book(reader).records(case=named, types=(type,)))


def size(firm: Office) -> int:
    with firm.trail.read() as reader:
        return reader.head().size


def faults(page: httpx.Response) -> list[str]:
    return [each.text_content() for each in html.fromstring(page.text).xpath("//*[@id='faults']//li")]


def test_an_answer_its_case_and_its_record_are_one(firm: Office, max_: Visitor, base: RuleBase) -> None:
    case = max_.begin(subject="territory", ref="NORTH-2", goal="1000000", reached="about 760000")
    assert re.fullmatch(r"c-[a-z2-7]{16}", case)
    assert max_.answer(case, GOAL, "yes", source="goal sheet", kind="CRM fields", date="2026-10-02").status_code == 303
    held = row(firm, case)
    memory = case_from_text(held.text, case, base)
    (said,) = memory.statements[GOAL]
    assert (held.version, held.seat, memory.subject) == (2, "owner", {"kind": "territory", "ref": "NORTH-2"})
    assert statement_data(said) == {
        "value": "true", "by": "sales_manager", "author": "max", "kind": "CRM fields", "source": "goal sheet",
        "date": "2026-10-02",
    }  # fmt: skip
    last = records(firm, case)[-1]
    assert last.body is not None
    assert (last.actor.name, last.role, last.subject and last.subject.name) == ("max", "sales_manager", "NORTH-2")
    assert (last.body["term"], last.body["statements"], last.body["own"]) == (GOAL, *[[statement_data(said)]] * 2)
    with firm.trail.read() as reader:
        assert json.loads(reader.row(last.seq).entry)["identity"] == "login"
        assert firm.trail.key is not None
        assert verify(reader, [firm.trail.key.public]).word == "UNANCHORED"


def test_the_same_form_twice_does_nothing_twice(firm: Office, max_: Visitor) -> None:
    action, told = max_.form("/cases/new", "/cases/new")
    told |= {"subject": "company", "goal": "100"}
    first, again = max_.post(action, **told), max_.post(action, **told)
    assert first.headers["location"] == again.headers["location"]
    case = told["key"]
    action, told = max_.form(f"/cases/{case}/questions/{GOAL}", GOAL)
    before = size(firm)
    given = [max_.post(action, **told | {"do": "save", "answer": "yes"}) for _ in range(3)]
    assert {page.status_code for page in given} == {303}
    assert (size(firm), row(firm, case).version) == (before + 1, 2)
    action, told = max_.form(f"/cases/{case}/answers", "/diagnoses")
    assert len({max_.post(action, **told).headers["location"] for _ in range(3)}) == 1
    assert len(records(firm, case, "diagnosis")) == 1


def test_a_form_to_which_somebody_went_back_is_not_the_one_that_was_sent(firm: Office, max_: Visitor) -> None:
    """A browser shows the old form with its old key: what is typed in it then is not lost in silence."""
    case = max_.begin()
    action, told = max_.form(f"/cases/{case}/questions/{GOAL}", GOAL)
    assert max_.post(action, **told | {"do": "save", "answer": "yes"}).status_code == 303
    page = max_.post(action, **told | {"do": "save", "answer": "no"})
    assert page.status_code == 409
    assert faults(page) == ["This was answered meanwhile: yes. You typed something else: choose."]
    action, told = max_.form(f"/cases/{case}/answers", "/diagnoses")
    first = max_.post(action, **told).headers["location"]
    assert max_.answer(case, TOLD, "no").status_code == 303
    second = max_.post(action, **told).headers["location"]
    assert first != second and max_.post(action, **told).headers["location"] == second
    assert len(records(firm, case, "diagnosis")) == 2


def test_what_others_answer_while_it_is_recorded_is_in_it(
    firm: Office, max_: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mia = Visitor(firm, "mia")
    mia.enter()
    hers, his = mia.begin(subject="person", ref="E-1042"), max_.begin(subject="person", ref="E-1042")
    earlier, left = firm.server.earlier, [hers]

    def in_between(*told: Any) -> Any:
        found = earlier(*told)
        if left:
            assert mia.answer(left.pop(), GOAL, "no").status_code == 303
        return found

    monkeypatch.setattr(firm.server, "earlier", in_between)
    max_.diagnose(his)
    (record,) = records(firm, his, "diagnosis")
    assert record.body is not None and [one["term"] for one in record.body["left_out"]] == [GOAL]


def test_two_windows_on_two_questions_both_count_and_on_one_the_second_is_asked(firm: Office, max_: Visitor) -> None:
    case = max_.begin()
    (one, first), (other, second) = (max_.form(f"/cases/{case}/questions/{name}", name) for name in (GOAL, TOLD))
    third = max_.form(f"/cases/{case}/questions/{GOAL}", GOAL)[1]
    assert max_.post(one, **first | {"do": "save", "answer": "yes"}).status_code == 303
    assert max_.post(other, **second | {"do": "save", "answer": "no"}).status_code == 303
    page = max_.post(one, **third | {"do": "save", "answer": "no", "note": "typed here"})
    assert page.status_code == 409
    assert faults(page) == ["This was answered meanwhile: yes. You typed something else: choose."]
    shown = html.fromstring(page.text)
    (form,) = [form for form in shown.forms if form.action == one]
    assert (form.fields["answer"], form.fields["note"]) == ("no", "typed here")
    assert row(firm, case).version == 3
    assert max_.post(one, **dict(form.form_values()) | {"do": "save"}).status_code == 303
    assert [record.body["statements"][0]["value"] for record in records(firm, case)[-3:] if record.body] == [
        "true", "false", "false",
    ]  # fmt: skip


def test_what_cannot_be_understood_changes_nothing_and_keeps_what_was_typed(firm: Office, max_: Visitor) -> None:
    case = max_.begin(suspicion="3")
    before = (size(firm), row(firm, case))
    number = "price_quote_turnaround_days"
    for typed, told in (
        ({"answer": "eighty or so"}, "this must be a number, in working days"),
        ({"answer": ""}, "answer, or press one of the other buttons"),
        ({"answer": "80", "date": "someday"}, "2026-09-30"),
        ({"answer": "80", "kind": "hearsay"}, "choose one of the list"),
        ({"answer": "80", "source": "x" * 201}, "200 characters at most"),
        ({"answer": "80", "do": "excuse"}, "say why it does not apply"),
        ({"answer": "about 80"}, "`about 80` is taken as 72 to 88 (working days): is that right?".replace("`", "")),
    ):
        value = typed.pop("answer")
        page = max_.answer(case, number, value, **typed)
        assert (page.status_code, len(faults(page))) == (422, 1), (value, typed)
        assert told in faults(page)[0].lower(), faults(page)
        (form,) = [form for form in html.fromstring(page.text).forms if form.action.endswith(number)]
        assert form.fields["answer"] == value
    assert (size(firm), row(firm, case)) == before
    assert max_.post(form.action, **dict(form.form_values()) | {"do": "save"}).status_code == 303
    (said,) = case_from_text(row(firm, case).text, case, firm.base).statements[number]
    assert (shown_value(said.value), said.note) == ("72 to 88", "about 80")


def test_what_is_too_long_for_a_number_is_a_fault_of_its_field(firm: Office, max_: Visitor) -> None:
    """Python reads no number of more than 4,300 digits."""
    case, digits = max_.begin(), "9" * 5_000
    action, told = max_.form("/cases/new", "/cases/new")
    for field in ("subject", "period", "suspicion", "goal"):
        given = max_.post(action, **told | {"subject": "company", field: digits})
        assert (given.status_code, "an answer has 200 characters at most" in given.text) == (422, True), field
    assert max_.get(f"/cases/{case}/diagnoses/{digits}").status_code == 404


def test_what_no_database_stores_is_no_failure(firm: Office, max_: Visitor) -> None:
    """PostgreSQL takes no NUL, and no text that is not Unicode."""
    case = max_.begin()
    action, told = max_.form(f"/cases/{case}/questions/{GOAL}", GOAL)
    typed = dict.fromkeys(("note", "source"), "a\0b") | {"key": "\0", "do": "save", "answer": "yes"}
    assert max_.post(action, **told | typed).status_code == 303
    (said,) = (record.body["statements"][0] for record in records(firm, case)[-1:] if record.body)
    assert (said["note"], said["source"]) == ("ab", "ab")
    for path in ("/cases/%00/next", f"/cases/{case}%00/answers", f"/cases/{case}/questions/%00", "/welcome/%00"):
        assert max_.get(path).status_code == 404, path


def test_not_known_excused_put_off_and_undone(firm: Office, max_: Visitor, base: RuleBase) -> None:
    case = max_.begin()

    def said(name: str) -> list[dict[str, Any]]:
        return [
            statement_data(one) for one in case_from_text(row(firm, case).text, case, base).statements.get(name, ())
        ]

    max_.answer(case, GOAL, "", do="unknown")
    assert [one["unknown"] for one in said(GOAL)] == ["not known"]
    max_.answer(case, TOLD, "", do="excuse", reason="there is no goal letter here")
    assert [(one["unknown"], one["reason"]) for one in said(TOLD)] == [
        ("not applicable", "there is no goal letter here")
    ]
    before, asked = size(firm), max_.get(f"/cases/{case}/next").headers["location"]
    name = asked.rpartition("/")[2]
    later = max_.answer(case, name, "", do="later").headers["location"]
    assert (later != asked, size(firm), said(name)) == (True, before, [])
    max_.answer(case, GOAL, "yes")
    action, told = max_.form(f"/cases/{case}/questions/{TOLD}?after={GOAL}", "/undo")
    assert max_.post(action, **told).headers["location"] == f"/cases/{case}/questions/{GOAL}"
    assert [one["unknown"] for one in said(GOAL)] == ["not known"]
    assert max_.answer(case, name, "80").status_code == 303
    action, told = max_.form(f"/cases/{case}/questions/{TOLD}?after={name}", "/undo")
    max_.post(action, **told)
    assert [one.get("withdrawn", {}).get("reason") for one in said(name)] == ["entered by mistake"]


def test_nobody_answers_for_somebody_else(firm: Office, max_: Visitor) -> None:
    case = max_.begin()
    page = max_.answer(case, GOAL, "yes", by="finance", author="mia", role="hr")
    assert page.status_code == 303
    body = records(firm, case)[-1].body
    assert body is not None
    assert [(one["by"], one["author"]) for one in body["statements"]] == [("sales_manager", "max")]


def test_reading_records_nothing(firm: Office, max_: Visitor) -> None:
    case = max_.begin()
    max_.answer(case, GOAL, "yes")
    max_.diagnose(case)
    before, seen, waiting = (size(firm), row(firm, case)), set[str](), ["/", f"/cases/{case}/next"]
    while waiting:
        path = waiting.pop()
        if path in seen or len(seen) > 60:
            continue
        seen.add(path)
        page = max_.get(path)
        assert page.status_code in (200, 303), (path, page.status_code)
        assert max_._sent("HEAD", path).status_code in (200, 303, 405, 404), path
        if page.status_code == 303:
            waiting.append(page.headers["location"])
        elif page.headers["content-type"].startswith("text/html"):
            waiting += [link for link in html.fromstring(page.text).xpath("//a/@href") if link.startswith("/")]
    assert len(seen) > 8
    assert (size(firm), row(firm, case)) == before


def test_what_is_shown_is_the_record_and_stays(firm: Office, max_: Visitor) -> None:
    case = max_.begin()
    address = max_.diagnose(case)
    first = max_.get(address).text
    (record,) = records(firm, case, "diagnosis")
    assert record.body is not None
    article = "<article" + record.body["shown"].partition("<article")[2].partition("</article>")[0]
    plain = re.sub(r"<[^>]+>", "", article)
    assert plain in re.sub(r"<[^>]+>", "", first)
    max_.answer(case, GOAL, "no")
    assert strip(max_.get(address).text) == strip(first)
    assert max_.get(address.replace(str(record.seq), str(record.seq - 1))).status_code == 404
    assert max_.get(address.replace(str(record.seq), "²")).status_code == 404


def strip(page: str) -> str:
    return re.sub(r'value="[0-9a-f]{20}"', "", page)


def test_what_fails_beside_an_append_takes_both_back(firm: Office) -> None:
    by, storage = Person("max", "sales_manager", "login"), firm.trail.storage
    before = size(firm)

    def failing(connection: sa.Connection) -> None:
        begin_row(connection, "c-aaaaaaaaaaaaaaaa", "max", "text", "rules", "now")
        raise Overtaken

    for records_too in (True, False):
        acting = Acting("answer", beside=failing, now=firm.server.now)
        with pytest.raises(Overtaken), firm.trail.acting_as(acting).append() as appender:
            if records_too:
                appender.add("answer", {"term": "x", "statements": [], "before": [], "way": "x"}, by, case="x")
        assert (size(firm), Store(storage).case("c-aaaaaaaaaaaaaaaa", "max")) == (before, None)

    def storing(connection: sa.Connection) -> None:
        begin_row(connection, "c-aaaaaaaaaaaaaaaa", "max", "text", "rules", "now")

    with firm.trail.acting_as(Acting("answer", beside=storing, now=firm.server.now)).append():
        pass  # nothing to record is no reason to lose what stands beside it
    found = Store(storage).case("c-aaaaaaaaaaaaaaaa", "max")
    assert found is not None and size(firm) == before
    with Store(storage).writing() as connection:
        change_row(connection, found, "another", "rules")
    with pytest.raises(Overtaken), Store(storage).writing() as connection:
        change_row(connection, found, "a third", "rules")


def test_nothing_is_shown_when_nothing_can_be_recorded(firm: Office, max_: Visitor) -> None:
    case = max_.begin()
    action, told = max_.form(f"/cases/{case}/answers", "/diagnoses")
    key, firm.trail.key = firm.trail.key, None
    page = max_.post(action, **told)
    answered = max_.answer(case, GOAL, "yes")
    firm.trail.key = key
    assert (page.status_code, answered.status_code) == (503, 503)
    assert "Nothing was saved and nothing is shown" in page.text
    assert "Ladder" not in page.text and "likely" not in page.text.lower()
    assert records(firm, case, "diagnosis") == [] and row(firm, case).version == 1


def test_an_erasure_takes_the_case_with_it(firm: Office, max_: Visitor) -> None:
    firm.enter(cleo="hr")
    kept, gone = max_.begin(), max_.begin(subject="person", ref="E-1042")
    max_.answer(kept, GOAL, "yes")
    max_.answer(gone, GOAL, "yes")
    store = Store(firm.trail.storage)
    assert not store.forget_erased()
    with firm.trail.acting_as(Acting("erasure", now=firm.server.now)).append() as appender:
        named = appender.reader.pseudonym("case", gone)
        assert named is not None
        seqs = [row.seq for row in appender.reader.rows(case=named)]
        appender.erase(seqs, [named], "asked for", Person("cleo", "hr", "token"))
    assert store.forget_erased()
    assert [case.id for case in store.cases("max")] == [kept]
    assert max_.get(f"/cases/{gone}").status_code == 404
    with firm.trail.read() as reader:
        for table in ("standing", "seat", '"case"'):
            schema = "salesdx_web." if reader.connection.dialect.name == "postgresql" else ""
            told = reader.connection.exec_driver_sql(f"SELECT * FROM {schema}{table}").all()
            assert told and gone not in str(told)


HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "{% raw %}", "javascript:alert(1)",
    "' OR 1=1 --", "../../etc/passwd", "\u202egnp.exe", "a\x00b", "]]>", "&lt;b&gt;", "--><b>",
)  # fmt: skip


def test_no_text_becomes_markup(firm: Office, max_: Visitor) -> None:
    case = max_.begin()
    for text in HOSTILE:
        for field in ("answer", "source", "note", "reason", "date", "kind"):
            page = max_.answer(case, GOAL, "yes", **{field: text} | ({"do": "excuse"} if field == "reason" else {}))
            assert page.status_code in (303, 422), (field, text)
            if page.status_code == 422:
                clean(page)
        for page in (max_.get(f"/cases/{case}/questions/{GOAL}"), max_.get(f"/cases/{case}/answers")):
            clean(page)
        page = max_.post("/cases/new", subject=text, ref=text, period=text, suspicion=text, goal=text, key=case)
        clean(page)
    clean(max_.get(max_.diagnose(case)))


def clean(page: httpx.Response) -> None:
    shown = html.fromstring(page.text) if page.text else html.fromstring("<p>")
    assert shown.xpath("//script | //img | //iframe | //b | //@onerror | //@style") == []
    assert not [link for link in shown.xpath("//@href | //@action") if not link.startswith(("/", "#"))]


def test_a_worked_case_at_the_pages_is_that_of_the_command_line(firm: Office, max_: Visitor, base: RuleBase) -> None:
    known = read_case_file(ROOT / "examples/late-delivery.yaml", base)
    case = max_.begin(subject="company", ref="WOOD-2", period="2026-07-01 to 2026-09-30")
    asked = max_.get(f"/cases/{case}/next").headers["location"]
    for _ in range(60):
        name = asked.partition("?")[0].rpartition("/")[2]
        if name == "answers":
            break
        fact = known.fact(name)
        typed = {"do": "unknown"} if fact.value is None else {"answer": answer_typed(fact.value)}
        given = max_.answer(case, name, **{"value": "", "date": "2026-09-30"} | typed)
        assert given.status_code == 303, (name, faults(given))
        asked = given.headers["location"]
    max_.diagnose(case)
    body = records(firm, case, "diagnosis")[-1].body
    assert body is not None
    path = firm.folder / "exported.yaml"
    path.write_text(row(firm, case).text, encoding="utf-8")
    done = run_salesdx("diagnose", path, "--format", "json", cwd=firm.folder, env={"PATH": "/usr/bin:/bin"})
    told = json.loads(done.stdout)
    del told["engine"], told["rule_base"]["proof"]
    assert json.loads(body["result"]) == told


def answer_typed(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, shown_value(value)) if isinstance(value, bool) else shown_value(value)
