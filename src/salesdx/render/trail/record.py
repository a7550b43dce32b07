"""One record as it was seen, with all that rests on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from salesdx.engine.diagnosis import status_words
from salesdx.render import SHORT
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section, Table, Verbatim
from salesdx.render.trail.words import UTC, known_name, statement_words, time_words, told_lines, who
from salesdx.text.english import capital, listed
from salesdx.trail.book import Record, type_words
from salesdx.trail.results import result_of, summary_line
from salesdx.trail.seen import SeenRecord

MADE = {
    "trail": "began this trail",
    "key": "changed the key of the trail",
    "rule_base": "used rules that the trail had not seen",
    "answer": "recorded what is stated",
    "diagnosis": "was shown this diagnosis",
    "explanation": "was shown this explanation",
    "override": "decided otherwise than recommended",
    "case_against": "was shown the case against",
    "sign_off": "signed",
    "statement": "recorded what the person concerned says",
    "letter": "was given this letter",
    "attachment": "attached a file",
    "export": "exported records",
    "hold": "put a legal hold",
    "release": "asked for the end of a legal hold",
    "erasure": "erased content",
    "witness": "entered a witness of the trail",
    "opened": "signed last, which opened what was sealed",
    "person_added": "entered a person",
    "line_given": "said whom a person reports to",
    "role_given": "gave a role",
    "role_ended": "ended a role",
    "key_added": "entered a key of a person",
    "key_ended": "ended a key of a person",
    "confirmed": "confirmed changes of the people, or proved a key",
    "rules_proposed": "proposed that rules come into force",
    "rules_confirmed": "confirmed that rules come into force",
    "key_proposed": "proposed a new key of the trail",
    "seat_given": "gave a colleague a seat at this case",
    "seat_ended": "took back a seat at this case",
    "handed_over": "handed this case over",
    "taken_over": "took this case over from somebody who works on none any more",
    "head_changed": "changed what this case is about, or its period",
    "link_made": "made a link to this case",
    "link_ended": "took back a link to this case",
    "facts_drawn": "drew facts of this case from the firm's systems",
    "people_seen": "was shown figures of single persons, or names behind pseudonyms",
    "action": "recorded what was taken on, declined or judged",
    "session": "recorded a session",
    "outcome": "was shown what became of an action",
    "review": "recorded a change in the firm, or a review that follows another one",
    "mapping_set": "said by which mapping facts are drawn from the firm's systems",
}
"""What the one who made a record did, by its type."""


def record_report(seen: SeenRecord, trail: str) -> Report:
    """The record of ``seen`` as a page."""
    record = seen.record
    about = (
        ("Type", type_words(record.type)),
        ("Case", known_name(record.case)),
        ("Subject", known_name(record.subject)),
        ("Trail", trail),
    )
    sections = (
        Section("record", "The record", tuple(_header(seen))),
        Section("content", "As it was shown" if _shown(record) else "What it holds", tuple(_content(record))),
        *_explanations(seen.explanations),
        Section("after", "What was done with it", tuple(_after(seen.after))),
        Section("proof", "How to prove it", tuple(_proof(record))),
    )
    kept = tuple((label, text) for label, text in about if text)
    return Report(f"Record {record.seq}", kept, tuple(section for section in sections if section.blocks), (UTC,))


def _header(seen: SeenRecord) -> Iterator[Block]:
    record = seen.record
    doer = known_name(record.actor) + ("" if record.role == "unstated" else f", as {status_words(record.role)},")
    made = "announced an erasure" if record.body and "announces" in record.body else MADE[record.type]
    yield Paragraph(f"On {record.time[:10]} at {record.time[11:19]}, {doer} {made}.", strong=True)
    if record.trial:
        yield Paragraph("A trial: nobody had adopted the rules that made it, so it can never be signed.", strong=True)
    if record.warning:
        yield Paragraph(f"Caution: {record.warning}.", strong=True)
    if record.withheld:
        erased = seen.erasure
        told_ = f", on {time_words(erased.time)} by {who(erased)}" if erased else ""
        reason = (erased.body or {}).get("reason") if erased else ""
        yield Paragraph(f"Not shown: {record.withheld}{told_}." + (f" Reason: {reason}" if reason else ""))
    lines = [EntryLine("who", f"{who(record)} (pseudonym {record.actor.pseudonym})"), EntryLine("when", record.time)]
    if record.rule_base:
        version = f"version {seen.version}, " if seen.version else ""
        lines.append(EntryLine("rules", f"{version}{record.rule_base}"))
    if record.engine:
        checked = f", checked by {record.engine['checked_by']}" if record.engine["checked_by"] else ""
        lines.append(EntryLine("engine", f"{record.engine['name']}{checked}; salesdx {record.engine['version']}"))
        lines.append(EntryLine("program", str(record.engine["digest"])))
    if record.inputs:
        lines.append(EntryLine("inputs", f"record{'s' * (len(record.inputs) > 1)} {_seqs(record.inputs)}"))
    yield Entries((Entry(f"{type_words(record.type)} {record.seq}", "", tuple(lines)),))


def _seqs(seqs: Sequence[int]) -> str:
    """Numbers with ranges.

    >>> _seqs([1, 2, 3, 7])
    '1 to 3 and 7'
    """
    found: list[list[int]] = []
    for seq in seqs:
        if found and found[-1][-1] == seq - 1:
            found[-1].append(seq)
        else:
            found.append([seq])
    return listed([f"{run[0]} to {run[-1]}" if len(run) > 2 else listed(list(map(str, run))) for run in found])


HIDDEN = ("shown", "result", "case_file", "format", "asked", "proof", "wheels", "firm", "counted", "persons", "made")
"""Parts of what was shown that are not written out beside it."""


def _shown(record: Record) -> bool:
    return record.body is not None and "shown" in record.body


def _content(record: Record) -> Iterator[Block]:
    body = record.body
    if body is None:
        return
    if record.type == "answer":
        yield Table(
            (body["term"], "said"),
            (("before", statement_words(body["before"])), ("now", statement_words(body["statements"]))),
        )
        yield Paragraph(f"It came by way of: {body['way']}.")
        if own := body.get("own"):
            yield Paragraph(f"Own word of {who(record)}: {statement_words(own)}.")
        return
    if record.type == "diagnosis":
        yield Paragraph(f"{capital(summary_line(result_of(body['result'])))}.", strong=True)
    if record.type == "explanation":
        yield Paragraph(f"Asked: {status_words(body['asked'])}.", strong=True)
    if _shown(record):
        if body.get("format", "text") not in ("text", SHORT):
            yield Paragraph(f"It was shown as {body['format']}; `--shown` gives it byte for byte, for a file.")
        yield Verbatim(body["shown"])
    if left_out := body.get("left_out"):
        rows = tuple((told["term"], statement_words([told])) for told in left_out)
        yield Table(("left out, though earlier records hold it", "said"), rows)
    hidden = HIDDEN if _shown(record) else ()
    yield from _rest({key: part for key, part in body.items() if key not in (*hidden, "left_out")})


def _rest(body: Mapping[str, Any]) -> Iterator[Block]:
    """Every part that has no look of its own."""
    long = {key: part for key, part in body.items() if isinstance(part, str) and "\n" in part.strip()}
    lines = told_lines(body, tuple(long))
    if lines:
        yield Entries((Entry("The record says", "", lines),))
    for key, part in long.items():
        yield Paragraph(f"{capital(status_words(key))}:")
        yield Verbatim(part)


def _explanations(found: Sequence[Record]) -> Iterator[Section]:
    for record in found:
        assert record.body is not None
        asked = Paragraph(
            f"Record {record.seq}, {time_words(record.time)}: {who(record)} asked {status_words(record.body['asked'])}."
        )
        yield Section(
            f"explanation-{record.seq}",
            "An explanation shown on the same facts",
            (asked, Verbatim(record.body["shown"])),
        )


def _after(found: Sequence[Record]) -> Iterator[Block]:
    if not found:
        return
    yield Entries(tuple(_done(record) for record in found))


def _done(record: Record) -> Entry:
    title = f"Record {record.seq}: {type_words(record.type)}"
    note = f"{time_words(record.time)}, {who(record)}"
    if record.body is None:
        return Entry(title, note, (EntryLine("", f"not shown: {record.withheld}"),))
    return Entry(title, note, told_lines(record.body, ("shown",)))


def _proof(record: Record) -> Iterator[Block]:
    yield Paragraph(
        "`salesdx trail verify` checks that every record is the one that was signed, this one among them; "
        "`salesdx trail export` makes a bundle that others can check without this trail."
    )
    if record.type == "diagnosis" and record.body is not None:
        yield Paragraph(f"`salesdx trail replay {record.seq}` runs it again on the rules of its day.")
