"""Which records there are: filtered by what HR asks for, each in a line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from salesdx.engine.diagnosis import status_words
from salesdx.engine.standing import CONCLUDED, HELD
from salesdx.ledger.errors import Refused, TrailError
from salesdx.text.issues import did_you_mean
from salesdx.trail.book import Book, Record
from salesdx.trail.results import result_of, stage_ids, stage_words, summary_line
from salesdx.trail.rule_bases import short_digest

MAX_WORDS = 200
"""Characters of a line that come from a record."""


@dataclass(frozen=True)
class Wanted:
    """What a list is limited to; an empty text or None limits nothing.

    ``since`` and ``until`` are the beginning of a time as records write it (`2026-11-24`), both included. ``stage``,
    ``status`` and ``rule`` leave only diagnoses.
    """

    case: str = ""
    subject: str = ""
    actor: str = ""
    types: tuple[str, ...] = ()
    stage: str = ""
    status: str = ""
    rule: str = ""
    since: str = ""
    until: str = ""
    limit: int | None = None

    @property
    def result(self) -> bool:
        """Whether only diagnoses can fit."""
        return bool(self.stage or self.status or self.rule)


@dataclass(frozen=True, slots=True)
class Listed:
    """A record without its content, and what it holds in a line."""

    record: Record
    what: str

    def to_dict(self) -> dict[str, Any]:
        told = self.record.to_dict()
        kept = ("seq", "time", "type", "case", "subject", "actor", "role")
        return {key: told[key] for key in kept} | {"what": self.what}


def listing(book: Book, wanted: Wanted) -> list[Listed]:
    """The records that fit, the newest last; with a limit, the newest ones. Raises TrailError for unknown names."""
    case = book.pseudonym("case", wanted.case) if wanted.case else None
    subject = book.pseudonym("subject", wanted.subject) if wanted.subject else None
    actor = book.pseudonym("actor", wanted.actor) if wanted.actor else None
    types = ("diagnosis",) if wanted.result else wanted.types
    if wanted.result and wanted.types and "diagnosis" not in wanted.types:
        raise Refused("a stage, a status and a rule are those of diagnoses: leave `--type` out")
    found: list[Listed] = []
    for record in book.records(case=case, subject=subject, types=types, newest_first=True):
        if wanted.since and record.time < wanted.since:
            break  # time in a trail never runs back
        if wanted.until and record.time[: len(wanted.until)] > wanted.until:
            continue
        if actor is not None and record.actor.pseudonym != actor:
            continue
        if wanted.result and not _fits(record, wanted):
            continue
        found.append(Listed(replace(record, body=None), what(record)))
        if wanted.limit is not None and len(found) >= wanted.limit:
            break
    if wanted.result and not found:
        check_names(book, wanted)
    return found[::-1]


def _fits(record: Record, wanted: Wanted) -> bool:
    if record.body is None:
        return False
    result = result_of(record.body["result"])
    if wanted.rule and wanted.rule not in (entry["rule"] for entry in result["fired"]):
        return False
    if not wanted.stage and not wanted.status:
        return True
    looked = [wanted.stage] if wanted.stage else stage_ids(result)
    return any((wanted.status or CONCLUDED) in stage_words(result, stage) for stage in looked)


def what(record: Record) -> str:
    """What a record holds, in a line."""
    if record.warning or record.body is None:
        return "; ".join(part for part in (record.withheld, record.warning) if part)
    text = "trial: " * record.trial + _what(record.type, record.body, record)
    return text if len(text) <= MAX_WORDS else text[: MAX_WORDS - 1] + "…"


def _what(type: str, body: Any, record: Record) -> str:
    match type:
        case "diagnosis":
            return summary_line(result_of(body["result"]))
        case "answer":
            return f"{body['term']}: {statements_text(body['before'])} → {statements_text(body['statements'])}"
        case "explanation":
            return str(body["asked"])
        case "rule_base":
            return f"version {body['version']}, {short_digest(record.rule_base or '')}, {len(body['files'])} files"
        case "rules_proposed" | "rules_confirmed":
            return " ".join(part for part in (body.get("version", ""), short_digest(body["rules"])) if part)
        case "action" | "session" | "outcome" | "review":
            return _followed(body)
        case "trail" | "key" | "key_proposed":
            return f"public key {body['key']}"
    return "; ".join(f"{status_words(key)}: {part}" for key, part in body.items() if isinstance(part, str) and part)


def _followed(body: Any) -> str:
    """What was done after a review: which entry, what became of it, and of which day it is."""
    entry = body.get("entry", {})
    parts = (entry.get("id"), entry.get("intervention") or entry.get("what") or entry.get("action"), body["done"])
    day = entry.get("date") or entry.get("start") or body.get("follows")
    return ", ".join(str(part) for part in (*parts, day) if part)


def statements_text(said: list[dict[str, Any]]) -> str:
    """What was said of a fact, in a few words."""
    values = dict.fromkeys(str(one.get("value", one.get("unknown", ""))) for one in said)
    return " against ".join(values) or "not stated"


# --- names ------------------------------------------------------------------------------------------------------------


def check_names(book: Book, wanted: Wanted) -> None:
    """Nothing was found: raises Refused for a stage, status or rule that no rule base of the trail has."""
    kinds: dict[str, tuple[str, dict[str, None]]] = {
        "stage": (wanted.stage, {}),
        "status": (wanted.status, {CONCLUDED: None, HELD: None}),
        "rule": (wanted.rule, {}),
    }
    unread = 0
    for record in book.records(types=("rule_base",), newest_first=True):
        try:
            base = book.base(record.rule_base or "")
        except TrailError:
            unread += 1
            continue
        kinds["stage"][1].update(dict.fromkeys(stage.id for stage in base.stages))
        kinds["status"][1].update(
            dict.fromkeys(line.name for lines in base.ladder.decisions.values() for line in lines)
        )
        kinds["rule"][1].update(dict.fromkeys(base.rule))
        if all(not name or name in known for name, known in kinds.values()):
            return
    for kind, (name, known) in kinds.items():
        if name and name not in known:
            help = did_you_mean(name, known) or (f"they are {', '.join(known)}" if kind != "rule" and known else "")
            many = f"; {unread} rule bases cannot be read by this version" if unread else ""
            raise Refused(
                f"no rule base of the trail has a {kind} `{name[:100]}`" + (f"; {help}" if help else "") + many
            )
