"""A questionnaire as one page that opens from disk, checks the answers and saves them as a file."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from salesdx.base.model import NUMERIC, Term
from salesdx.base.reading import plain_number
from salesdx.questionnaire import Questionnaire, printed
from salesdx.render.html import POLICY, style, words

INSTEAD = (("not_known", "I don’t know"), ("not_applicable", "It does not apply"))
NOTHING = "No answer yet"
LONG = 1000
"""Characters that a text field takes."""


def form_html(form: Questionnaire) -> str:
    """The questionnaire as a page. Its script may run, and nothing may be loaded or sent."""
    data = form.to_dict()
    head = {key: part for key, part in data.items() if key != "questions"}
    made = "\n".join(f"<li>{_question(term, f'q{n}', n)}</li>" for n, term in enumerate(form.questions, 1))
    about = "".join(f"<div><dt>{label}:</dt><dd>{words(text)}</dd></div>" for label, text in _about(form))
    file = re.sub(r"[^\w.-]+", "-", f"{form.respondent}-{form.about['case']}").strip("-.") + ".json"
    script, digest = _script()
    policy = f"{POLICY}; script-src '{digest}'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">
<meta name="referrer" content="no-referrer">
<title>{words(form.title)}</title>
<style>
{style()}{_text("questionnaire.css")}</style>
</head>
<body>
<main>
<header>
<h1>Questions for {words(form.who)}</h1>
<dl class="about">{about}</dl>
</header>
<noscript><p class="strong">This page needs JavaScript to save your answers. Please ask for the questions in another
form.</p></noscript>
<form hidden novalidate autocomplete="off" data-head="{_attribute(json.dumps(head, ensure_ascii=False))}"
data-file="{_attribute(file)}">
<p>Answer what you know; what you leave open is skipped. “I don’t know” is an answer too. The button at the end saves
your answers as a file on your computer: send that file back to whoever sent you this page. Nothing is sent from here,
and closing the page forgets what was not saved. No names of people, please.</p>
<ol class="questions">
{made}
</ol>
<div id="faults" role="alert" tabindex="-1" hidden>
<h2>Not saved yet</h2>
<ul></ul>
</div>
<p><button type="button" id="save">Save the answers as a file</button></p>
<p id="state" role="status"></p>
</form>
</main>
<script>{script}</script>
</body>
</html>
"""


@cache
def _script() -> tuple[str, str]:
    """The script, and its hash as a browser wants it."""
    script = _text("questionnaire.js")
    return script, f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


@cache
def _text(name: str) -> str:
    return files("salesdx.render").joinpath(name).read_text(encoding="utf-8")


def _attribute(text: str) -> str:
    """Text as it is, for the script to read."""
    return escape(text)


def _about(form: Questionnaire) -> Iterator[tuple[str, str]]:
    subject, period = form.about.get("subject"), form.about.get("period")
    yield "Case", form.about["case"]
    if subject:
        yield "About", " ".join(subject.values())
    if period:
        yield "Period", f"{period['from']} to {period['to']}"
    yield "Questions", str(len(form.questions))


def _question(term: Term, id: str, number: int) -> str:
    shown = printed(term)
    data = " ".join(
        f'data-{name}="{_attribute(shown[key])}"'
        for name, key in (("term", "term"), ("question", "question"), ("answer-as", "answer_as"))
    )
    form = "" if term.type in ("boolean", "enum") else shown["answer_as"]  # choices are there to be seen
    labels = (("Answer with", form), ("Look in", term.evidence), ("How to get it", term.derive))
    hints = "".join(f"<div><dt>{label}:</dt> <dd>{words(text)}</dd></div>" for label, text in labels if text)
    return f"""<fieldset class="question" {data}>
<legend>{number}. {words(term.question)}</legend>
{f'<dl class="hints">{hints}</dl>' if hints else ""}
{_answer(term, id)}
<div class="reason" hidden>{_field(id, "reason", "Why does it not apply?", "text")}</div>
<p class="fault" id="{id}-fault" hidden></p>
<div class="row more">
<div class="wide">{_field(id, "source", "Source: where does it stand?", "text")}</div>
<div>{_field(id, "date", "As of which date?", "date")}</div>
<div class="wide">{_field(id, "note", "Remark", "textarea")}</div>
</div>
</fieldset>"""


def _answer(term: Term, id: str) -> str:
    if term.type == "boolean":
        choices = [("", NOTHING), ("yes", "Yes"), ("no", "No"), *INSTEAD]
        made = "".join(_radio(id, n, value, label) for n, (value, label) in enumerate(choices))
        return f'<fieldset class="choices"><legend>Answer</legend>{made}</fieldset>'
    if term.type == "enum":
        values = [("", NOTHING), *((value, value.replace("_", " ")) for value in term.values), *INSTEAD]
        return f'<div class="row"><div>{_select(id, "answer", "Answer", values)}</div></div>'
    limits: dict[str, Any] = {}
    if term.type in NUMERIC:
        limits["step"] = "1" if term.type == "integer" else "any"
        if term.low is not None and term.high is not None:
            limits |= {"min": plain_number(term.low), "max": plain_number(term.high)}
    kind = "number" if term.type in NUMERIC else "date"
    field = _field(id, "answer", f"Answer ({term.unit})" if term.unit else "Answer", kind, limits)
    instead = _select(id, "instead", f"or instead of a {kind}", [("", "–"), *INSTEAD])
    return f'<div class="row"><div>{field}</div><div>{instead}</div></div>'


def _field(id: str, key: str, label: str, kind: str, more: dict[str, str] | None = None) -> str:
    name = f"{id}-{key}"
    rest = "".join(f' {key}="{escape(value)}"' for key, value in (more or {}).items())
    rest += f' maxlength="{LONG}"' * (kind in ("text", "textarea"))
    named = f'id="{name}" data-key="{key}" aria-describedby="{id}-fault"{rest}'
    made = f"<textarea {named}></textarea>" if kind == "textarea" else f'<input type="{kind}" {named}>'
    return f'<label for="{name}">{words(label)}</label>{made}'


def _select(id: str, key: str, label: str, choices: list[tuple[str, str]]) -> str:
    name = f"{id}-{key}"
    options = "".join(f'<option value="{escape(value)}">{words(text)}</option>' for value, text in choices)
    return (
        f'<label for="{name}">{words(label)}</label>'
        f'<select id="{name}" data-key="answer" aria-describedby="{id}-fault">{options}</select>'
    )


def _radio(id: str, n: int, value: str, label: str) -> str:
    """One of several choices; the first is chosen to begin with."""
    name, chosen = f"{id}-answer", " checked" * (n == 0)
    return (
        f'<label for="{name}-{n}"><input type="radio" id="{name}-{n}" name="{name}" value="{value}" '
        f'data-key="answer" aria-describedby="{id}-fault"{chosen}> {words(label)}</label>'
    )
