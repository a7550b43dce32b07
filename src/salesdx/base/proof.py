"""proof.json beside a rule base: what `salesdx prove` found, for exactly these rules."""

from __future__ import annotations

import json
from pathlib import Path

from salesdx.base.background import Proof

SCHEMA = "salesdx.proof/1"
NAME = "proof.json"
MAX_BYTES = 1 << 20


def read_proof(home: Path) -> Proof | None:
    """The certificate in a folder; None where there is none. One that cannot be read proves nothing."""
    path = home / NAME
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return None
        return proof_of(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def proof_of(text: str) -> Proof | None:
    """The certificate in a text; None where it cannot be read."""
    try:
        found = json.loads(text)
        lists = {key: tuple(map(str, found[key])) for key in ("proved", "refuted", "undecided")}
        if found["schema"] != SCHEMA:
            return None
        return Proof(str(found["rule_base"]), str(found["prover"]), **lists)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def proof_text(proof: Proof) -> str:
    """The certificate as it is written: the same rules and prover give the same bytes."""
    found = {
        "schema": SCHEMA,
        "rule_base": proof.rule_base,
        "prover": proof.prover,
        "proved": list(proof.proved),
        "refuted": list(proof.refuted),
        "undecided": list(proof.undecided),
    }
    return json.dumps(found, indent=2) + "\n"
