"""What somebody means by words: which stage ("I think it's the price"), or which fact ("change units after")."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from salesdx.base.model import RuleBase, Stage, is_file
from salesdx.text.issues import nearest

STEM, END = 4, 2
"""Two words are one if they begin alike with at least so many letters, and all but so many of the shorter one
(judgement): price and pricing, leads and lead."""
CLEAR = 2
"""So many times as many labels of a stage as of any other make it the one that is meant (judgement)."""
COMMON = {
    *(
        "about",
        "because",
        "been",
        "believe",
        "cause",
        "from",
        "guess",
        "have",
        "issue",
        "just",
        "many",
        "maybe",
        "more",
    ),
    *("most", "much", "probably", "problem", "really", "reason", "some", "than", "that", "their", "there", "they"),
    *("think", "this", "what", "when", "where", "with", "would", "the", "and", "our", "too", "are", "was"),
}
"""Words that name nothing."""


def suspectable(base: RuleBase) -> tuple[Stage, ...]:
    """The stages that somebody may hold to be the cause: those that evidence decides."""
    return tuple(stage for stage in base.stages if not is_file(base, stage))


def meant_stages(base: RuleBase, text: str) -> tuple[Stage, ...]:
    """The stages that a text names by a number or by words of their titles, else the one whose terms are named by most
    of its words; none where nothing fits."""
    stages = suspectable(base)
    if text.strip().isdecimal():
        return stages[int(text) - 1 :][:1] if int(text) > 0 else ()
    told = [word for word in _words(text) if len(word) >= STEM and word not in COMMON]
    titles = {stage.id: set(_words(f"{stage.title} {stage.id}")) for stage in stages}
    named = {id for word in told for id in _naming(word, titles)}
    if not named:
        terms = [term for term in base.terms.values() if term.home in titles]
        hits = Counter(t.home for t in terms for word in told if _names(word, _words(t.called), kin))
        first, second = ([*hits.most_common(2), ("", 0), ("", 0)])[:2]
        named = {first[0]} if first[1] >= CLEAR * max(second[1], 1) else set()
    return tuple(stage for stage in stages if stage.id in named)


def meant_terms(base: RuleBase, text: str, among: Iterable[str]) -> tuple[str, ...]:
    """The terms whose labels hold each word of a text, or one that begins like it; whole words go before beginnings."""
    told = [word for word in _words(text) if word not in COMMON]
    labels = {name: _words(base.terms[name].called) for name in among}
    for same in (str.__eq__, kin):
        found = tuple(name for name, words in labels.items() if told and all(_names(w, words, same) for w in told))
        if found:
            return found
    return ()


def meant_questions(base: RuleBase, text: str, numbered: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The terms with whose question a text begins, called by a number in a list, by a name, a label or words of labels,
    and what stands behind that; no term where nothing fits."""
    words = text.split()
    if words and words[0].isdecimal():
        place = int(words[0])
        return ((numbered[place - 1],), " ".join(words[1:])) if 0 < place <= len(numbered) else ((), text)
    questions = [name for name, term in base.terms.items() if term.question]
    for count in range(len(words), 0, -1):
        if (name := base.meant(" ".join(words[:count]))) in questions:
            return (name,), " ".join(words[count:])
    named = next((n for n, word in enumerate(words) if not word[0].isalpha()), len(words))  # a number answers
    for count in range(named, 0, -1):
        if found := meant_terms(base, " ".join(words[:count]), questions):
            return found, " ".join(words[count:])
    return (), text


def named_role(base: RuleBase, text: str) -> str:
    """The respondent with this identifier or label, in whatever letters; empty where there is none."""
    told = _label(text)
    return next((role for role, label in base.respondents.items() if told in (_label(role), _label(label))), "")


def meant_roles(base: RuleBase, text: str) -> tuple[str, ...]:
    """The respondent with this name, else those whose label begins so or has it among its words."""
    if role := named_role(base, text):
        return (role,)
    told, labels = _label(text), {role: _label(label) for role, label in base.respondents.items()}
    return tuple(role for role, label in labels.items() if told and (label.startswith(told) or told in label.split()))


def role_hint(base: RuleBase, text: str) -> str:
    """A question whether a respondent was meant whose name is nearly this; empty where none is."""
    names = {_label(name): label for role, label in base.respondents.items() for name in (role, label)}
    near = nearest(_label(text), names)
    return f"; did you mean `{_label(names[near])}`?" if near else ""


def _label(text: str) -> str:
    return " ".join(text.split()).casefold().removeprefix("the ")


def kin(one: str, other: str) -> bool:
    """Whether two words are forms of one."""
    short, long = sorted((one, other), key=len)
    common = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return common >= STEM and common >= len(short) - END


def _naming(word: str, titles: dict[str, set[str]]) -> set[str]:
    exact = {id for id, words in titles.items() if word in words}
    return exact or {id for id, words in titles.items() if _names(word, words, kin)}


def _names(word: str, words: Iterable[str], same: Callable[[str, str], bool]) -> bool:
    return any(same(word, other) for other in words if other not in COMMON)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.casefold().replace("'s", "").replace("’s", ""))
