"""What closes a file: a refusal, for every later diagnosis of the same person, the same period and the same facts.

Facts are the same where the same is stated, whatever the case is called, in whichever order, words and comments: the
values of each term count, and not who says them, from which source, or of which day. Where the trail knows its people,
what nobody has vouched for is no fact, and changes none, nor does the word of a role that the fact is not asked of and
that said nothing of it before. A fact on which neither of two files rests makes no other file of one: a word on what
decides nothing opens none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any, TypeVar

from salesdx.case.followed import Followed
from salesdx.case.left_out import recorded_statement, statement_data
from salesdx.case.memory import WorkingMemory
from salesdx.case.persons import Persons, Spoken
from salesdx.case.statement import Unknown
from salesdx.engine.diagnosis import Diagnosis
from salesdx.explanation import Explanation
from salesdx.ledger.errors import TrailError
from salesdx.ledger.standalone.register import TYPED
from salesdx.ledger.storage import EntryRow
from salesdx.trail.book import BLIND, Book, Record
from salesdx.trail.replay import replayed
from salesdx.trail.rerun_one import diagnosed_again, recorded_memory
from salesdx.trail.results import result_of
from salesdx.trail.sealed import is_sealed

Kept = TypeVar("Kept")
REFUSE = "refuse"
"""A decision of who signs."""
Facts = tuple[str, frozenset[tuple[str, str]]]
"""The period, and every (term, value) that is stated."""
FOLLOWED = ("action", "session", "outcome", "review")
"""Records of what was done after a review."""
NOTHING = (Unknown.NOT_ASKED, Unknown.NOT_KNOWN)
"""Whoever says this states nothing."""


def stated_facts(
    book: Book, record: Record, rows: Mapping[int, EntryRow], heard: Callable[[str, str], bool] | None = None
) -> Facts | None:
    """What a diagnosis rests on; None where a part of it was erased. ``rows`` are those that are read already.

    ``heard`` says whose word counts, by term and role, where the trail knows its people.
    """
    if record.body is None or record.type != "diagnosis":
        return None
    persons = Persons.of(record.body["persons"]) if "persons" in record.body else None
    if persons is not None and heard is not None:
        persons = replace(persons, said={one: who for one, who in persons.said.items() if heard(one[0], one[1])})
    found: set[tuple[str, str]] = set()
    for seq in record.inputs:
        answer = book.read(rows[seq] if seq in rows else book.reader.row(seq))
        if answer.body is None:
            return None
        term, said = answer.body["term"], answer.body["statements"]
        found.update((term, value) for value in _values(said if persons is None else _own(persons, term, said)))
    return str(result_of(record.body["result"]).get("period")), frozenset(found)


def one_file(book: Book, one: Record, other: Record, rows: Mapping[int, EntryRow]) -> bool:
    """Whether a diagnosis is of the file of an ``other`` one of the person; also where nobody can tell any more."""
    heard = whose_word(book, other)
    found, there = stated_facts(book, one, rows, heard), stated_facts(book, other, rows, heard)
    if found is None or there is None or found == there:
        return True
    if found[0] != there[0]:
        return False
    terms = {term for term, _ in found[1] ^ there[1]}
    rests = (rests_on(book, one), rests_on(book, other))
    return not any(part is not None and terms & part for part in rests)


def whose_word(book: Book, record: Record) -> Callable[[str, str], bool]:
    """Whose word, by term and role, changes a fact of a diagnosis: of the role that is asked, and of who spoke then."""
    terms = book.base(record.rule_base).terms if record.rule_base is not None else {}
    said = Persons.of((record.body or {})["persons"]).said if "persons" in (record.body or {}) else {}
    spoke = {(term, by) for term, by, _ in said}
    return lambda term, role: (term, role) in spoke or (term in terms and terms[term].respondent == role)


def changes_file(book: Book, record: Record, answer: Record, identity: str, rows: Mapping[int, EntryRow]) -> bool:
    """Whether an answer that came after a diagnosis changes a fact on which its file rests, or one with which it would
    be complete no more; where names are typed, every answer may. Somebody's own word does, on what their role may
    answer in this case."""
    if identity == TYPED or answer.body is None or record.body is None or record.rule_base is None:
        return True
    term, own = answer.body["term"], list(answer.body.get("own", ()))
    if not own or not whose_word(book, record)(term, answer.role):
        return False
    facts, now = stated_facts(book, record, rows), set(_values(own))
    if facts is not None and now and now <= {value for name, value in facts[1] if name == term}:
        return False
    rests, by = rests_on(book, record), answer.actor.name or ""
    said = {(term, told.get("by", ""), told.get("author", "")): by for told in own}
    return rests is None or term in rests or not _stays(book, record, {term: own}, said)


def takes_away(book: Book, record: Record, later: WorkingMemory, rows: Mapping[int, EntryRow]) -> str:
    """Why a later diagnosis of the person ends what was signed on a record; empty where it does not.

    It does by a fact that somebody changed whose word counts, by what was done on record since, and by its day, on
    which what the record rests on is too old. Who records the same again, leaves something out, adds what nobody
    vouched for, looks at another period, or tries rules that are not in force, takes away nothing.
    """
    if later.trial or later.persons is None or record.body is None:
        return ""
    if later.base.digest != record.rule_base:
        return "other rules"
    found = _again(book, record)
    facts = stated_facts(book, record, rows)
    if found is None or facts is None:
        return "what it rests on cannot be read any more"
    if found.memory.period != later.period:
        return ""
    heard, words = whose_word(book, record), later.persons.said
    other: dict[str, list[dict[str, Any]]] = {}
    said: dict[Spoken, str] = {}
    for term, statements in later.statements.items():
        told = [one for one in statements if heard(term, one.by) and later.persons.who_said(term, one)]
        if {(term, value) for value in _values([statement_data(one) for one in told])} - facts[1]:
            other[term] = [statement_data(one) for one in told]
            said |= {voice: words[voice] for one in told if (voice := (term, one.by, one.author)) in words}
    rests = rests_on(book, record)
    if other and (rests is None or rests & other.keys() or not _stays(book, record, other, said)):
        return "other facts"
    done = any(seq > record.seq and row.header["type"] in FOLLOWED for seq, row in rows.items())
    if done and not _stays(book, record, {}, _sessions(words), followed=later.followed):
        return "what was done since"
    day = later.today
    return "evidence that is too old by now" if day is not None and not _stays(book, record, {}, {}, day) else ""


def taken_away_by(book: Book, record: Record, later: Record, rows: Mapping[int, EntryRow]) -> str:
    """The same by the record of the later one, with that a part of it was erased."""
    if later.body is None or later.rule_base is None:
        return "facts that nobody can read any more"
    try:
        memory = recorded_memory(later.body, book.base(later.rule_base))
    except TrailError:
        return "facts that this program cannot read"
    return takes_away(book, record, replace(memory, trial=later.trial), rows)


def _sessions(said: Mapping[Spoken, str]) -> dict[Spoken, str]:
    return {spoken: who for spoken, who in said.items() if spoken[0].startswith("session ")}


def earlier_refusals(book: Book, record: Record, rows: Mapping[int, EntryRow]) -> Iterator[str]:
    """Why the file is closed by what somebody decided on another record."""
    for row in rows.values():
        seqs = row.header["inputs"]
        if row.header["type"] != "sign_off" or record.seq in seqs:
            continue
        one = book.read(row)
        told = (row.content or {}).get("body", {})
        if is_sealed(told):
            told = one.body or {}
            if one.withheld == BLIND:
                yield (
                    f"the decision of record {one.seq} on the same person is still sealed: sign, or refuse, on record "
                    f"{', '.join(map(str, seqs))}; or a diagnosis opens it that is made when that one counts no more"
                )
        refused = [book.record(seq) for seq in seqs if told.get("decision") == REFUSE]
        if any(one_file(book, record, other, rows) for other in refused):
            yield (
                f"{one.actor.name or 'somebody'} ({one.role}) refused the same file, of the same person, period and "
                f"facts, in record {one.seq}; a new sign-off needs a changed fact"
            )


_KEPT: dict[str, Any] = {}
MOST_KEPT = 1_000


def _once(key: tuple[object, ...], find: Callable[[], Kept]) -> Kept:
    """What is worked out anew from what was recorded, and costs a diagnosis: asked again, it is the same."""
    told = sha256(repr(key).encode()).hexdigest()
    if told not in _KEPT:
        if len(_KEPT) >= MOST_KEPT:
            _KEPT.clear()
        _KEPT[told] = find()
    found: Kept = _KEPT[told]
    return found


def rests_on(book: Book, record: Record) -> frozenset[str] | None:
    """The terms on which the file of a diagnosis rests: with all others unasked it would stand as it does. None where
    this program cannot run it again."""
    return _once((record.rule_base, record.body), lambda: _rests(book, record))


def _rests(book: Book, record: Record) -> frozenset[str] | None:
    if (found := _again(book, record)) is None:
        return None
    explained = Explanation(found)
    return frozenset(term for file in found.files for term in explained.support(file.stage.id).terms)


def _again(book: Book, record: Record) -> Diagnosis | None:
    """A recorded diagnosis; None where this program cannot run it again."""
    try:
        return replayed(book.reader, record.seq).diagnosis
    except TrailError:
        return None


def _stays(
    book: Book,
    record: Record,
    other: Mapping[str, list[dict[str, Any]]],
    said: Mapping[Spoken, str],
    day: date | None = None,
    followed: Followed | None = None,
) -> bool:
    """Whether the file of a diagnosis is complete also with ``other`` words of some voices on some terms, which persons
    are known to have ``said``, on another day, and after what ``followed``, of which ``said`` holds the sessions."""

    def look() -> bool:
        if (found := _again(book, record)) is None:
            return False
        memory = found.memory
        for term, told in other.items():
            for one in told:
                memory = memory.saying(term, recorded_statement(memory.base, term, one))
        if memory.persons is not None:
            known = {**memory.persons.said, **said}
            if followed is not None:
                known = {one: who for one, who in known.items() if one in said or one not in _sessions(known)}
            memory = replace(memory, persons=replace(memory.persons, said=known))
        if followed is not None:
            memory = replace(memory, followed=followed, recorded={}, remedies=None)
        try:
            now = diagnosed_again(memory.base, replace(memory, today=day or memory.today))
        except TrailError:
            return False
        stages = {file.stage.id for file in now.files if file.complete}
        return all(file.stage.id in stages for file in found.files if file.complete)

    return _once((record.rule_base, record.body, sorted(other.items()), sorted(said.items()), day, followed), look)


def _own(persons: Persons, term: str, said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    spoken = [(one, (term, one.get("by", ""), one.get("author", ""))) for one in said if not one.get("drawn")]
    return [one for one, voice in spoken if persons.said.get(voice)]


def _values(statements: list[dict[str, Any]]) -> Iterator[str]:
    for said in statements:
        if "withdrawn" not in said and said.get("unknown") not in NOTHING:
            yield _plain(str(said.get("value", said.get("unknown", ""))))


def _plain(value: str) -> str:
    """A number without the zeros that say nothing, anything else as it is.

    >>> _plain("9.50"), _plain("100"), _plain("yes")
    ('9.5', '100', 'yes')
    """
    try:
        return f"{Decimal(value).normalize():f}"
    except InvalidOperation:
        return value
