"""The first page of a letter: what was looked at, what came out, what that means, what one can do, and whom to ask.

It fits one sheet of paper, whatever the case: all lists are short, and the annex has the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from salesdx.engine.diagnosis import status_words
from salesdx.render.blocks import Block, Paragraph, Section, Table
from salesdx.render.plain import STANDING, long_date
from salesdx.render.rungs import ladder, says
from salesdx.text.english import capital, listed
from salesdx.trail.letters import Letter

MOST = 3
"""So many suggestions are named; the annex names all."""
LONG = 240
"""Characters of a verdict that stand here; the annex has all of it."""


def front(letter: Letter, mine: bool) -> tuple[Section, ...]:
    """The sections of the first page; ``mine``: the reader is the one whom the letter is about."""
    return (
        Section("looked", "What was looked at", tuple(_looked(letter, mine))),
        Section("came", "What came out", tuple(_came(letter))),
        Section("means", "What it means", tuple(_means(letter, mine))),
        Section("can", "What you can do, and until when", tuple(_can(letter, mine))),
        Section("whom", "Whom to turn to", tuple(_whom(letter, mine)), ends_page=True),
    )


def what_came_out(letter: Letter) -> Iterator[str]:
    """The result in plain sentences: of the whole, and of each file that is reached."""
    diagnosis = letter.diagnosis
    said = next((line.says for line in diagnosis.base.ladder.modes if line.name == diagnosis.mode), "")
    concluded = diagnosis.concluded
    if said:
        yield said
    elif concluded is not None:
        first = concluded.stage is diagnosis.base.stages[0]
        before = "" if first else " Everything that comes before it was looked at and ruled out."
        yield f"The facts point to “{concluded.stage.title}”.{before}"
    else:
        yield "There is no result yet. Too little is known to say what the cause is."
    for file in diagnosis.files:
        if file.reached:
            yield f"“{file.stage.title}”: {status_words(file.status)}. {capital(says(diagnosis, file))}".rstrip()


def office(letter: Letter) -> str:
    """Who takes an objection: the owner of the stage that people decide on a file."""
    owners = (file.stage.owner for file in letter.diagnosis.files)
    return next((owner for owner in owners if owner), "the people who sent you this letter")


def _looked(letter: Letter, mine: bool) -> Iterator[Block]:
    diagnosis = letter.diagnosis
    whom = "about you" if mine else "about this case"
    opening = f"On {long_date(letter.recorded)} a result {whom} was worked out, from what was on record then."
    if diagnosis.mode == diagnosis.base.ladder.success_mode:
        yield Paragraph(f"{opening} The goal was met, so no cause had to be looked for.")
        return
    found: dict[str, list[str]] = {}
    for rung in ladder(diagnosis).rungs:
        found.setdefault(STANDING[rung.mark], []).append(f"{rung.number} {rung.title}")
    rows = tuple((", ".join(titles), how) for how, titles in found.items())
    yield Paragraph(f"{opening} Causes are looked at one after the other, and always in this order:")
    yield Table(("steps", "how they came out"), rows)


def _came(letter: Letter) -> Iterator[Block]:
    for text in what_came_out(letter):
        yield Paragraph(text if len(text) <= LONG else f"{text[:LONG]}… (the annex has the rest)", strong=True)
    many = len(letter.used)
    facts = f"It rests on {many} facts, which stand" if many > 1 else "It rests on one fact, which stands"
    if many:
        yield Paragraph(f"{facts} in the annex with a number and with where each comes from.")
    if letter.superseded:
        yield Paragraph("Newer facts or a newer result have come in since. Ask for a letter about the newest result.")


def _means(letter: Letter, mine: bool) -> Iterator[Block]:
    yield Paragraph(
        "A program worked this out by rules that people wrote down. It decides nothing. What happens next, people "
        "decide, and they answer for it."
    )
    titles = [recommended.intervention.title for recommended in letter.diagnosis.recommendations]
    if not titles:
        yield Paragraph("Nothing is suggested on these facts.")
        return
    more = f", and {len(titles) - MOST} more in the annex" if len(titles) > MOST else ""
    yield Paragraph(f"What it suggests: {listed(titles[:MOST]) if not more else '; '.join(titles[:MOST])}{more}.")


def _can(letter: Letter, mine: bool) -> Iterator[Block]:
    steps = (
        (
            "Say how you see it, in your own words, in writing or to somebody who writes it down. You may bring help.",
            "Say which fact is wrong, and what is right. Its number in the annex is enough.",
            "Ask for a copy of the data about you, for the part that the program had, and that a person looks at it "
            "again. The annex names these rights.",
        )
        if mine
        else (
            "Hear the person first, and have their words recorded."
            if letter.personal
            else "Hear who sees it otherwise.",
            "Decide otherwise, if you see it otherwise: record why, and what you do instead.",
            "Look into the facts. The annex has each with its source, and what would have changed the result.",
        )
    )
    yield from map(Paragraph, steps)
    you = "you say" if mine else "is said"
    if letter.decides is not None:
        yield Paragraph(
            f"Nobody may sign a decision on this before {_moment(letter.decides)}. What {you} before then is read "
            "first by whoever decides. Speaking up later counts too: what was signed until then is void.",
            strong=True,
        )
    else:
        yield Paragraph(f"There is no time limit, and what {you} stays on record. Before something is decided is best.")


def _moment(time: datetime) -> str:
    """The next full minute, in words."""
    minute = time + timedelta(minutes=1, microseconds=-1)
    return f"{long_date(minute.date())}, {minute:%H:%M} UTC"


def _whom(letter: Letter, mine: bool) -> Iterator[Block]:
    safe = " Nobody may hold it against you that you spoke up." if mine else ""
    yield Paragraph(
        f"What {'you say' if mine else 'people say'}, and questions, go to {office(letter)}. A works council, and "
        f"whoever looks after data protection, help too, where there are such.{safe}"
    )
