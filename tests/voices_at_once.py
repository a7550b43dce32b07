"""A program that answers for some voices: CASE HOME SEED EDITS VOICE... -> all that they say at its end, as JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

import salesdx
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Withdrawn
from salesdx.interview.speaker import Speaker
from salesdx.services.saved_interview import open_interview

TERMS = ("a", "b", "c", "d")
WRONG = Withdrawn(date(2026, 11, 1), "the wrong month")


def edited(memory: WorkingMemory, random: Random, term: str, by: str) -> WorkingMemory:
    """Another answer of one voice, or its answer withdrawn, once a voice and term."""
    said, words = memory.said_by(term, (by, "", False)), memory.words_of(term, (by, "", False))
    if said is not None and len(words) == 1 and random.random() < 0.2:
        return memory.saying(term, replace(said, withdrawn=WRONG))
    return memory.saying(term, Statement(Decimal(random.randint(0, 100)), by=by, note=random.choice(("", "a: {b}"))))


def told(memory: WorkingMemory, voices: list[str]) -> dict[str, list[object]]:
    """Term and voice -> all that it says."""
    return {
        f"{term} {by}": [said.to_dict() for said in memory.words_of(term, (by, "", False))]
        for term in TERMS
        for by in voices
    }


def main(case: str, home: str, seed: str, edits: str, *voices: str) -> None:
    base, random = salesdx.load(home), Random(int(seed))
    saved = open_interview(base, Path(case))
    taken_in = 0
    for _ in range(int(edits)):
        term, by = random.choice(TERMS), random.choice(voices)
        wanted = edited(saved.conversation.memory, random, term, by)
        saved = saved.save(replace(saved.conversation, memory=wanted, speaker=Speaker(by, "", (by,))), term)
        assert saved.taken
        assert told(saved.conversation.memory, list(voices)) == told(wanted, list(voices))
        taken_in += saved.reread is not None
    print(json.dumps({"says": told(saved.conversation.memory, list(voices)), "taken_in": taken_in}))


if __name__ == "__main__":
    main(*sys.argv[1:])
