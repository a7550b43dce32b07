"""Words that are somebody's own: said by a login of theirs, in an interview or by vouching for what stands on record.

A case file says whose word each statement is; who wrote that into it is nobody's business to know. In a trail that
knows its people a record says who acted, and what of it were their own words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.case.left_out import statement_data
from salesdx.case.memory import WorkingMemory
from salesdx.case.persons import Persons, Spoken
from salesdx.ledger.errors import Refused
from salesdx.ledger.log import Appender, Person
from salesdx.ledger.standalone.register import LINK, TYPED
from salesdx.ledger.storage import EntryRow, LogReader
from salesdx.trail.book import Book, Record
from salesdx.trail.seats import HEAD_CHANGED

INTERVIEW, VOUCHED = "interview", "vouched for"
"""Ways in which words are one's own; by any other way they came from a file."""
OwnWord = Mapping[str, Any]
"""A statement as records hold it."""


@dataclass(frozen=True)
class Attributed:
    """A statement that stands on record in somebody's name, and for which nobody has vouched."""

    record: int
    case: str
    subject: str
    period: Mapping[str, str] | None
    term: str
    statement: OwnWord

    def to_dict(self) -> dict[str, Any]:
        """The statement as JSON-ready data."""
        return {
            "record": self.record,
            "case": self.case,
            "subject": self.subject,
            "period": self.period and dict(self.period),
            "term": self.term,
            "statement": dict(self.statement),
        }


def claims(by: Person, said: OwnWord) -> bool:
    """Whether a statement claims to be the word of somebody who acts: of their role, and of them or of nobody."""
    return said.get("by", "") == by.role and said.get("author", "").casefold() in ("", by.name.casefold())


def period_data(memory: WorkingMemory) -> dict[str, str] | None:
    """The period of a case as records hold it: what was said of one period is not said of another one."""
    return memory.period and {"from": memory.period[0].isoformat(), "to": memory.period[1].isoformat()}


def own_words(by: Person, way: str, now: Sequence[OwnWord], before: Sequence[OwnWord]) -> list[OwnWord]:
    """What of the statements of an answer are the own words of who records it."""
    return [said for said in now if said not in before and claims(by, said)] if way == INTERVIEW else []


def persons_of(book: Book, memory: WorkingMemory, by: Person, before: int | None = None) -> Persons:
    """Who is known to have said what in a case, and who began it; that is ``by`` where nothing of it is on record.

    What was recorded under the same name of a case about another subject or period is another case. With ``before``,
    as it stood before a record.
    """
    case = book.reader.pseudonym("case", memory.case) if memory.case else None
    rows = iter(()) if case is None else book.reader.rows(stop=before, case=case, types=("answer",))
    ref, period = memory.subject.get("ref", "").casefold(), period_data(memory)
    served = (one for one in _served(book, rows) if _subject(one).casefold() == ref)
    records = [one for one in served if (one.body or {}).get("period") == period]
    changed = case is not None and any(True for _ in book.reader.rows(stop=before, case=case, types=(HEAD_CHANGED,)))
    begun = _served(book, book.reader.rows(stop=before, case=case, types=("answer",))) if changed else iter(records)
    first = next(begun, None)  # whoever says later what a case is about has not asked for it
    role, person = (by.role, by.name) if first is None else (first.role, first.actor.name or "")
    vouched: dict[str, list[tuple[OwnWord, str]]] = {}
    for record, told in _own(records):
        vouched.setdefault((record.body or {})["term"], []).append((told, record.actor.name or ""))
    said: dict[Spoken, str] = {}
    for term, statements in memory.statements.items():
        known = vouched.get(term, ())
        for voice in {statement.voice for statement in statements if statement.stands}:
            words = [statement_data(one) for one in statements if one.stands and one.voice == voice]
            people = [next((person for told, person in known if told == word), "") for word in words]
            if all(people) and not voice[2]:
                said[term, voice[0], voice[1]] = people[0]
    return Persons(said | (_held_by(book, memory, case, before) if case is not None else {}), role, person)


def _held_by(book: Book, memory: WorkingMemory, case: str, before: int | None) -> dict[Spoken, str]:
    """Who is known to have said that sessions were held, as the case has them now, or to have confirmed it.

    Nobody of a session that is contested on record, whether the case still says so or not.
    """
    now = {one.id: (one.action, one.what, one.date.isoformat()) for one in memory.followed.sessions}
    found: dict[Spoken, str] = {}
    contested: set[str] = set()
    for record in _served(book, book.reader.rows(stop=before, case=case, types=("session",))):
        done, entry = (record.body or {})["done"], (record.body or {})["entry"]
        said = entry["confirmed"][-1] if done == "confirmed" else entry if done == "held" else {}
        if done in ("contested", "withdrawn"):
            (contested.add if done == "contested" else contested.discard)(f"session {entry['id']}")
        person, stood = record.actor.name or "", (entry["action"], entry["what"], entry["date"])
        if person and said.get("author", "").casefold() == person.casefold() and now.get(entry["id"]) == stood:
            found[f"session {entry['id']}", said.get("by", ""), said["author"]] = person
    return {spoken: person for spoken, person in found.items() if spoken[0] not in contested}


def last_words(records: Sequence[Record], memory: WorkingMemory) -> Iterator[tuple[str, OwnWord]]:
    """What each voice last said as its own word about the period of a case, as records hold it, each behind its term.

    ``records`` are answers about one subject, in order.
    """
    period = period_data(memory)
    found: dict[tuple[Any, ...], tuple[int, list[OwnWord]]] = {}
    for record, told in _own([one for one in records if (one.body or {}).get("period") == period]):
        voice = (record.body or {})["term"], told["by"], told.get("author")
        seq, said = found.get(voice, (-1, []))
        found[voice] = record.seq, [*said, told] if seq == record.seq else [told]
    for (term, *_), (_, said) in found.items():
        yield from ((term, told) for told in said)


def attributed(book: Book, by: Person) -> tuple[Attributed, ...]:
    """What stands in the name of somebody, in every case as it was recorded last, and nobody has vouched for."""
    records = list(_served(book, book.reader.rows(types=("answer",))))
    own = [(record.case, _about(record), told) for record, told in _own(records)]
    newest = {(record.case and record.case.pseudonym, (record.body or {})["term"]): record for record in records}
    return tuple(
        Attributed(record.seq, (record.case and record.case.name) or "", *_about(record), told)
        for record in newest.values()
        for told in (record.body or {})["statements"]
        if claims(by, told) and not told.get("drawn")
        if (record.case, _about(record), told) not in own
    )


def vouch(appender: Appender, base: RuleBase, case: str, said: Sequence[tuple[int, str, OwnWord]], by: Person) -> int:
    """Record that statements which stand on record in one's name are one's own words, each as a record has it, behind
    its term; the last record.

    Raises Refused, and nothing is recorded, where one of them does not stand there as it was shown, also of somebody
    else or another period.
    """
    book = Book(appender.reader)
    there = [one for one in attributed(book, by) if one.case == case]
    if not said or any(told not in [(one.record, one.term, one.statement) for one in there] for told in said):
        raise Refused("what you vouch for does not stand on record in your name as it was shown to you; look again")
    seq = -1
    waiting = {one.term: one for one in there}
    for term in dict.fromkeys(term for _, term, _ in said):
        record = book.record(waiting[term].record)
        body = record.body or {}
        told = [dict(words) for _, name, words in said if name == term]
        made = {**{key: body[key] for key in ("term", "statements", "period")}, "before": body["statements"]}
        seq = appender.add(
            "answer",
            {**made, "way": VOUCHED, "own": told},
            by,
            case=case,
            subject=waiting[term].subject,
            base=base,
            inputs=[record.seq],
        )
    return seq


def _served(book: Book, rows: Iterator[EntryRow]) -> Iterator[Record]:
    """The records that say by a login who acted, with the content that was sealed."""
    for row in rows:
        if row.header.get("identity", TYPED) != TYPED and (record := book.read(row)).body is not None:
            yield record


def _own(records: Sequence[Record]) -> Iterator[tuple[Record, OwnWord]]:
    for record in records:
        by = Person(record.actor.name or "", record.role)
        for told in (record.body or {}).get("own", ()) if record.type == "answer" else ():
            if by.name and claims(by, told):
                yield record, told


def _subject(record: Record) -> str:
    return (record.subject and record.subject.name) or ""


def _about(record: Record) -> tuple[str, Mapping[str, str] | None, str]:
    body = record.body or {}
    return _subject(record), body.get("period"), body["term"]


def came_by_link(reader: LogReader, case: str) -> Counter[str]:
    """How many answers have come in by links since the last diagnosis of a case, of each role that gave some."""
    found: Counter[str] = Counter()
    named = reader.pseudonym("case", case)
    for row in reader.rows(case=named, types=("answer", "diagnosis"), newest_first=True) if named else ():
        header = row.header
        if header["type"] == "diagnosis":
            break
        if header.get("identity") == LINK:
            found[header["role"]] += 1
    return found
