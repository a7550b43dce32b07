"""Whether everything that a trail holds fits together, found without the code that wrote it."""

from __future__ import annotations

import json
from typing import Any

from salesdx.ledger.log import Trail
from salesdx.ledger.standalone.chains import LogChecker, Seal
from salesdx.ledger.standalone.verifier import (
    ENTRY,
    Frontier,
    PublicKey,
    check_payload,
    read_checkpoint,
    rule_base_digest,
)


def verified(trail: Trail, public: PublicKey) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Header and content of all entries, after every one and every checkpoint was checked."""
    checker, seal, found, erased = LogChecker(public.name), Seal(), [], set()
    with trail.read() as reader:
        notes = dict(reader.checkpoints())
        names = {pseudonym: (kind, name) for pseudonym, kind, name in reader.names()}
        columns = reader.columns()
        for row in reader.rows():
            header = checker.add(row.entry)
            *told, key = next(columns)
            assert told == [row.seq, checker.previous, header["type"], header["case"], header["subject"]]
            for one in reader.cosignatures(kept=row.seq):
                seal.cosignature(one.size, one.witness, one.line)
            seal.key(row.seq, key)
            assert header["version"] < ENTRY or header["sealed"] == seal.take()
            content = None
            if row.payload is not None and row.salt is not None:
                content = check_payload(header, row.salt, row.payload)
                for kind in ("case", "subject", "actor"):
                    if content[kind] is not None and header[kind] in names:
                        assert names[header[kind]] == (kind, content[kind])
            if header["type"] == "erasure":
                erased |= {*header["inputs"]}
            if header["rule_base"] is not None:
                files = reader.rule_base(header["rule_base"])
                assert files is not None and rule_base_digest(files) == header["rule_base"]
            if (note := notes.pop(checker.frontier.size, None)) is not None:
                seal.checkpoint(checker.frontier.size, note)
                checkpoint = read_checkpoint(note)
                assert (checkpoint.origin, checkpoint.root) == (public.name, checker.frontier.root())
                assert checkpoint.signed_by(public)
            found.append((header, content))
        assert next(columns, None) is None and notes == {}
        assert {header["seq"] for header, content in found if content is None} == erased
        assert reader.head().frontier == checker.frontier
        assert (reader.head().previous, reader.head().time) == (checker.previous, checker.time)
        leaves = Frontier()
        for leaf in reader.leaves():
            leaves.push(leaf)
        assert leaves == checker.frontier
    return found


def known_answers(trail: Trail, case: str) -> dict[str, Any]:
    """What a trail knows of a case's facts: term -> its last statements. Facts that were taken back are left out."""
    answers: dict[str, Any] = {}
    with trail.read() as reader:
        named = reader.pseudonym("case", case)
        for row in reader.rows(case=named, types=("answer",)) if named else ():
            if row.payload is not None:
                body = json.loads(row.payload)["body"]
                answers[body["term"]] = body["statements"]
    return {term: statements for term, statements in answers.items() if statements}
