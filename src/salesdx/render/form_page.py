"""A questionnaire as one page that opens from disk, checks the answers and saves them as a file."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from salesdx.base.model import NUMERIC, Term
from salesdx.base.reading import plain_number
from salesdx.case.typed_dates import BEFORE_DATES
from salesdx.case.typed_numbers import BEFORE_NUMBERS
from salesdx.questionnaire import Questionnaire
from salesdx.render.html import page, resource

INSTEAD = (("not_known", "I don’t know"), ("not_applicable", "It does not apply"))
NOTHING = "No answer yet"
NOT_SAID = "Not said"
LONG = 1000
"""Characters that a text field takes."""


@dataclass(frozen=True, slots=True)
class AskedField:
    """A question as the page shows it: hints as pairs of label and text, and either choices or a field."""

    term: str
    question: str
    answer_as: str
    hints: tuple[tuple[str, str], ...]
    choices: tuple[tuple[str, str], ...] = ()
    radios: bool = False
    kind: str = ""
    label: str = ""
    limits: tuple[tuple[str, str], ...] = ()


def form_html(form: Questionnaire) -> str:
    """The questionnaire as a page. Its script may run, and nothing may be loaded or sent."""
    data = form.to_dict()
    head = {key: part for key, part in data.items() if key != "questions"}
    script = resource("questionnaire.js")
    return page(
        "questionnaire.html",
        form=form,
        about=list(_about(form)),
        head=json.dumps(head, ensure_ascii=False),
        file=re.sub(r"[^\w.-]+", "-", f"{form.respondent}-{form.about['case']}").strip("-.") + ".json",
        questions=[_asked(term, form.printed(term)) for term in form.questions],
        instead=[("", "–"), *INSTEAD],
        kinds=[("", NOT_SAID), *((kind, kind) for kind in form.kinds)],
        longest=LONG,
        words=BEFORE_NUMBERS,
        date_words=BEFORE_DATES,
        digest=_digest(script),
        script=script,
    )


@cache
def _digest(script: str) -> str:
    """The hash of the script as a browser wants it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _about(form: Questionnaire) -> Iterator[tuple[str, str]]:
    subject, period = form.about.get("subject"), form.about.get("period")
    yield "Case", form.about["case"]
    if subject:
        yield "About", " ".join(subject.values())
    if period:
        yield "Period", f"{period['from']} to {period['to']}"
    yield "Questions", str(len(form.questions))


def _asked(term: Term, shown: Mapping[str, str]) -> AskedField:
    chosen = term.type in ("boolean", "enum")  # choices are there to be seen
    labels = (
        ("Answer with", "" if chosen else shown["answer_as"]),
        ("Look in", term.evidence),
        ("How to get it", term.derive),
        ("Why it is asked", shown.get("why", "")),
    )
    hints = tuple((label, text) for label, text in labels if text)
    about = (shown["term"], shown["question"], shown["answer_as"], hints)
    if term.type == "boolean":
        return AskedField(*about, choices=(("", NOTHING), ("yes", "Yes"), ("no", "No"), *INSTEAD), radios=True)
    if term.type == "enum":
        values = ((value, value.replace("_", " ")) for value in term.values)
        return AskedField(*about, choices=(("", NOTHING), *values, *INSTEAD))
    label = f"Answer ({term.unit})" if term.unit else "Answer"
    return AskedField(*about, kind="number" if term.type in NUMERIC else "date", label=label, limits=_limits(term))


def _limits(term: Term) -> tuple[tuple[str, str], ...]:
    """What the page holds a number or date to, which has a field for text, since it may be rough: "80 to 85"."""
    if term.type not in NUMERIC:
        return (("kind", "date"),)
    found = [("kind", "number")] + [("whole", "true")] * (term.type == "integer")
    if term.low is not None and term.high is not None:
        found += [("low", plain_number(term.low)), ("high", plain_number(term.high))]
    return tuple(found)
