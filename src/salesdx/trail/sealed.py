"""Decisions of a sign-off: sealed when they are recorded, opened by the record that ends their blindness.

That record publishes the keys, in ``opens`` of its content: one beside the last signature, in which its signer would
see them before they sign; or whatever closes the file before that, a statement, a paper, or a diagnosis that takes away
what it rests on. So a decision is opened in the same transaction that closes its file, without its signer, and nothing
that was sealed is ever written anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from salesdx.ledger.log import Appender, Trail
from salesdx.ledger.sealing import Sealed, kept_key, seal, unboxed
from salesdx.ledger.storage import EntryRow, LogReader
from salesdx.trail.concerned import beside, rows_about, subjects_named

OPENERS = ("opened", "sign_off", "diagnosis", "statement", "attachment")


def sealed_decision(trail: Trail, decision: str, reason: str) -> dict[str, str]:
    """A decision and its reason as the content of a record holds them until they are opened. Raises TrailError.

    What its person has signed is sealed already, and is taken as it was drafted.
    """
    told = json.dumps({"decision": decision, "reason": reason}, ensure_ascii=False)
    if trail.acting is not None and trail.acting.signed is not None:
        body = json.loads(trail.acting.signed.entry.payload)["body"]
        drafted = Sealed(str(body.get("sealed")), str(body.get("key")))
        if unboxed(drafted, kept_key(drafted.key, trail.seals) or "") == told:
            return {"sealed": drafted.box, "key": drafted.key}
    made = seal(told, trail.seals)
    return {"sealed": made.box, "key": made.key}


def is_sealed(body: Mapping[str, Any]) -> bool:
    """Whether the content of a signature is sealed; those of earlier versions are not."""
    return "sealed" in body


def opened_decision(reader: LogReader, row: EntryRow, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The content of a sealed signature, once a later record has published its key; None before."""
    case, after = row.header["case"], row.seq + 1
    here = _published(reader.rows(after, case=case, types=OPENERS), row.seq, body) if case is not None else None
    return here or _published(beside(reader, case, row.header["subject"], after, OPENERS), row.seq, body)


def _published(rows: Iterable[EntryRow], seq: int, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a sealed content holds, by the first key for it among some records."""
    for row in rows:
        keys = _body(row).get("opens")
        key = keys.get(str(seq)) if isinstance(keys, dict) else None
        if isinstance(key, str) and (found := _opened(body, key)) is not None:
            return found
    return None


def opens(
    appender: Appender, case: str, subject: str, ended: Callable[[EntryRow], bool] = lambda row: True
) -> dict[str, dict[str, str]]:
    """What the record that closes the files of a subject (case and subject by name) adds to its content: ``opens``,
    number -> key, of every decision that is still sealed and whose file ``ended``. Empty where there is none.

    A key that is not kept here is left out: its decision stays sealed, and nothing of the subject can be signed.
    """
    reader = appender.reader
    if next(reader.rows(types=("sign_off",)), None) is None:
        return {}
    named = reader.pseudonym("case", case) if case else None
    subjects = subjects_named(reader, subject) if subject else set()
    sealed = [row for row in rows_about(reader, named, subjects, types=("sign_off",)) if _still_sealed(reader, row)]
    keys = {str(row.seq): key for row in sealed if ended(row) and (key := key_of(appender.trail, row))}
    return {"opens": keys} if keys else {}


def key_of(trail: Trail, row: EntryRow) -> str | None:
    """The key of a sealed signature, where it is kept here."""
    return kept_key(str(_body(row).get("key")), trail.seals)


def _still_sealed(reader: LogReader, row: EntryRow) -> bool:
    return is_sealed(_body(row)) and opened_decision(reader, row, _body(row)) is None


def _body(row: EntryRow) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (row.content or {}).get("body", {})
    return found


def _opened(body: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    text = unboxed(Sealed(str(body["sealed"]), str(body["key"])), key)
    return None if text is None else {**json.loads(text), "case_against": body["case_against"]}
