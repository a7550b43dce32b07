"""A questionnaire as YAML, with blanks to write into."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from salesdx.case.writing import yaml_text
from salesdx.questionnaire import INPUTS, Questionnaire

WIDTH = 100
GUIDE = (
    "Please answer what you know, save this file and send it back to whoever sent it to you.",
    "Write behind `answer:` as you would say it: 91%, yes, 30 Sep 2026, or roughly: 80 to 85, over 80, about 80, March "
    "2026. Where nobody knows the answer: not known. Where the question does not apply: not applicable, and why behind "
    "`reason:`. What you leave open is skipped.",
    "`kind:` is what the answer rests on, one of: {kinds}; or nothing.",
    "`source:` is where the answer stands, `date:` the day that it is of. A text with `: ` or ` #` in it goes into "
    "quotes. No names of people, please.",
)


def to_yaml(form: Questionnaire) -> str:
    """The questionnaire as a file to fill in."""
    return "\n".join(_lines(form)) + "\n"


def _lines(form: Questionnaire) -> Iterator[str]:
    data = form.to_dict()
    yield f"# {' '.join(form.title.split())}"
    for text in GUIDE:
        told = text.format(kinds=", ".join(form.kinds))
        yield from (f"# {line}" for line in wrap(told, WIDTH - 2, break_long_words=False, break_on_hyphens=False))
    for key, part in data.items():
        if isinstance(part, dict):
            yield f"{key}: {{{', '.join(f'{name}: {yaml_text(text)}' for name, text in part.items())}}}"
        elif key == "asked":
            yield from wrap(f"{key}: [{', '.join(part)}]", WIDTH, subsequent_indent="  ", break_long_words=False)
        elif key != "questions":
            yield f"{key}: {part if isinstance(part, int) else yaml_text(part)}"
    yield "questions:"
    for question in data["questions"]:
        yield ""
        for n, (key, text) in enumerate(question.items()):
            yield f"{'  - ' if n == 0 else '    '}{key}: {'' if key in INPUTS else yaml_text(text)}"
