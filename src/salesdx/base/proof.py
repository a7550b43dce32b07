"""proof.json beside a rule base: what `salesdx prove` found, for exactly these rules."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from salesdx.base.background import Proof, ProvedDoor
from salesdx.base.model import Property

SCHEMA = "salesdx.proof/1"
NAME = "proof.json"
MAX_BYTES = 1 << 20


def certificate_in(home: Path) -> str:
    """The text of the certificate in a folder; empty where there is none that can be read."""
    path = home / NAME
    try:
        return path.read_text(encoding="utf-8") if path.is_file() and path.stat().st_size <= MAX_BYTES else ""
    except (OSError, ValueError):
        return ""


def proof_of(text: str) -> Proof | None:
    """The certificate in a text; None where it is none: it proves nothing then."""
    try:
        found = json.loads(text)
        proved, refuted, undecided = (tuple(map(str, found[key])) for key in ("proved", "refuted", "undecided"))
        if found["schema"] != SCHEMA:
            return None
        properties = {str(id): str(digest) for id, digest in found.get("properties", {}).items()}
        silenced, base = tuple(map(str, found.get("silenced", ()))), str(found.get("base") or "")
        lemmas = tuple(map(str, found.get("lemmas", ())))
        by = (str(found["rule_base"]), str(found["prover"]))
        doors = tuple(map(_door, found.get("doors", ())))
        on_nobody = {str(id): str(reason) for id, reason in found.get("on_nobody", {}).items()}
        return Proof(*by, proved, refuted, undecided, lemmas, base, properties, silenced, doors, on_nobody)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
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
        **({"lemmas": list(proof.lemmas)} if proof.lemmas else {}),
        "base": proof.base or None,
        "properties": dict(proof.properties),
        "silenced": list(proof.silenced),
        **({"doors": [_door_data(door) for door in proof.doors]} if proof.base else {}),
        **({"on_nobody": dict(proof.on_nobody)} if proof.base else {}),
    }
    return json.dumps(found, indent=2) + "\n"


def _door(found: dict[str, Any]) -> ProvedDoor:
    accepted = tuple((str(each["author"]), str(each["reason"])) for each in found["accepted_by"])
    return ProvedDoor(str(found["door"]), str(found["result"]), str(found["against"]), accepted)


def _door_data(door: ProvedDoor) -> dict[str, Any]:
    accepted = [{"author": author, "reason": reason} for author, reason in door.accepted_by]
    return {"door": door.door, "result": door.result, "against": door.against, "accepted_by": accepted}


def property_digest(property: Property) -> str:
    """The SHA-256 of what a property says: its id, and how it is written, with whatever it is said of."""
    of = (property.id, property.text, property.stages, property.strengths, property.forget, property.restated)
    told = json.dumps([*of, dict(property.better)])
    return "sha256:" + hashlib.sha256(told.encode()).hexdigest()
