"""Texts of the rules whose names are links: to the page of a question, of a rule, or of a step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from salesdx.base.model import PLACEHOLDER, Rule, RuleBase
from salesdx.explanation import Derivation
from salesdx.explanation.derivation import COMPARISON, FACT
from salesdx.render.blocks import Entry, EntryLine, Step
from salesdx.render.rule_words import WORDS
from salesdx.text.english import listed

RULES = "/rules"
SOURCES = f"{RULES}/sources"
NAMED = re.compile(r"`([^`]*)`|\b(?<=rule )([A-Za-z][\w.-]*\w|[A-Za-z])|\b([A-Za-z][\w.-]*\d[\w.-]*|[a-z]\w*_\w+)\b")
"""What may be a name in a sentence: what stands in backquotes, behind "rule", or looks like no word of a language."""
COMPARED = re.compile(" (==|!=|<=|>=|<|>) ")
BESIDE_TITLE = re.compile(r" \(`([^`]+)`\)")


@dataclass(frozen=True)
class TextPiece:
    """A part of a sentence: where it leads, and whether it stands so in a file."""

    text: str
    address: str = ""
    code: bool = False


Words = tuple[TextPiece, ...]


@dataclass(frozen=True)
class Branch:
    """A step of a condition or of a derivation with what it stands on; ``truth`` as of a `blocks.Step`."""

    words: Words
    truth: str = ""
    notes: tuple[Words, ...] = ()
    branches: tuple[Branch, ...] = ()


@dataclass(frozen=True)
class LinkedText:
    """A paragraph."""

    words: Words


@dataclass(frozen=True)
class LinkedTree:
    """A condition or a derivation, laid out from its root."""

    root: Branch


@dataclass(frozen=True)
class LinkedItem:
    """An item of a list: its title, a remark on it, and lines with what each is about. ``id`` is its anchor."""

    title: Words
    note: str = ""
    lines: tuple[tuple[str, Words], ...] = ()
    tree: Branch | None = None
    id: str = ""


@dataclass(frozen=True)
class LinkedList:
    """A list of items."""

    items: tuple[LinkedItem, ...]
    numbered: bool = False
    folded: bool = False


@dataclass(frozen=True)
class LinkedTable:
    """Rows under a header."""

    header: tuple[str, ...]
    rows: tuple[tuple[Words, ...], ...]


@dataclass(frozen=True)
class SourceText:
    """A text as it stands in a file."""

    text: str


@dataclass(frozen=True)
class GoTo:
    """Where one can go on: address and words."""

    address: str
    text: str


LinkedBlock = LinkedText | LinkedTree | LinkedList | LinkedTable | SourceText | GoTo


@dataclass(frozen=True)
class LinkedSection:
    """A part of a page; ``folded``: its title alone is shown until a reader opens it."""

    title: str
    blocks: tuple[LinkedBlock, ...]
    folded: bool = False


# --- addresses --------------------------------------------------------------------------------------------------------


def rule_address(rule: str) -> str:
    """The page of a rule."""
    return f"{RULES}/{quote(rule, safe='')}"


def term_address(term: str) -> str:
    """The page of a question or figure."""
    return f"{RULES}/terms/{quote(term, safe='')}"


def step_address(home: str) -> str:
    """The page of a step of the ladder, or of a group beside it."""
    return f"{RULES}/steps/{quote(home, safe='')}"


def action_address(base: RuleBase, action: str) -> str:
    """Where an intervention stands: on the page of its step."""
    return f"{step_address(base.interventions[action].home)}#do-{quote(action, safe='')}"


def web_address(text: str) -> str:
    """An address on the web, if a text is one: nothing else becomes a link that leads away."""
    return text if re.fullmatch(r"https?://[!-~]+", text) else ""


# --- words ------------------------------------------------------------------------------------------------------------


def plain_text(text: str) -> Words:
    """A text without any name in it."""
    return (TextPiece(text),) if text else ()


def linked(base: RuleBase, text: str) -> Words:
    """A sentence: names in it are read as labels and titles, and lead to their pages; comparisons are words."""
    told = COMPARED.sub(lambda found: f" {WORDS[found[1]]} ", text)
    return tuple(_pieces(base, BESIDE_TITLE.sub(lambda found: _beside(base, found), told)))


def _beside(base: RuleBase, found: re.Match[str]) -> str:
    """A name behind a title says nothing more."""
    return "" if found[1] in base.findings or found[1] in base.interventions else found[0]


def _pieces(base: RuleBase, text: str) -> Iterator[TextPiece]:
    at = 0
    for found in NAMED.finditer(text):
        piece = named_piece(base, found[1] or found[2] or found[3] or "", bare=not found[1])
        if piece is not None:
            if found.start() > at:
                yield TextPiece(text[at : found.start()])
            yield piece
            at = found.end()
    if at < len(text):
        yield TextPiece(text[at:])


def named_piece(base: RuleBase, name: str, bare: bool = False) -> TextPiece | None:
    """What people read in the place of a name, and where it leads; None for a ``bare`` word that names nothing."""
    if name in base.terms:
        return TextPiece(
            f"“{base.terms[name].label}”" if base.terms[name].label else name,
            term_address(name),
            not base.terms[name].label,
        )
    if name in base.rule:
        return TextPiece(name, rule_address(name), code=True)
    if name in base.findings:
        rules = base.findings[name]
        return TextPiece(listed([f"“{rule.title or rule.id}”" for rule in rules], "or"), rule_address(rules[0].id))
    if name in base.interventions:
        return TextPiece(f"“{base.interventions[name].title}”", action_address(base, name))
    if bare and name in _spoken(base):
        return TextPiece(name.replace("_", " "))
    return TextPiece(name, code=True) if not bare or name in base.limits else None


def _spoken(base: RuleBase) -> set[str]:
    """The words of the rules with a `_` that are read with a blank: of choices, statuses, strengths, verdicts."""
    ladder = base.ladder
    lines = (*ladder.modes, *(line for lines in ladder.decisions.values() for line in lines), *ladder.verdicts)
    values = (value for term in base.terms.values() for value in term.values)
    return {*values, *(line.name for line in lines), *ladder.strengths}


def told_words(base: RuleBase, rule: Rule) -> Words:
    """What a reader of a report is told of a rule, with the facts whose values stand there."""
    pieces: list[TextPiece] = []
    at = 0
    for found in PLACEHOLDER.finditer(rule.because):
        pieces += plain_text(rule.because[at : found.start()])
        piece = named_piece(base, found[1] or found[0])
        if piece is not None:
            pieces.append(TextPiece(f"[{piece.text.strip('“”')}]", piece.address, piece.code))
        at = found.end()
    return (*pieces, *plain_text(rule.because[at:])) or plain_text("nothing")


def source_link(id: str) -> Words:
    """A source by its identifier, leading to what it is."""
    return (TextPiece(id, f"{SOURCES}#{quote(id, safe='')}", True),)


def with_commas(parts: Iterable[Words]) -> Words:
    """Several words one after the other, with commas between them."""
    found: list[TextPiece] = []
    for words in parts:
        found += [TextPiece(", ")] if found else []
        found += words
    return tuple(found)


# --- trees ------------------------------------------------------------------------------------------------------------


def branch_of(base: RuleBase, step: Step) -> Branch:
    """A condition of `rule_words` with links."""
    notes = tuple(linked(base, note) for note in step.notes)
    return Branch(linked(base, step.text), step.truth, notes, tuple(branch_of(base, each) for each in step.steps))


def derived_branch(base: RuleBase, found: Derivation) -> Branch:
    """A derivation with links; a comparison of one fact says itself what the fact is."""
    children, notes = found.children, found.notes
    alone = len(children) == 1 and children[0].kind == FACT and not children[0].children
    if found.kind == COMPARISON and alone:
        notes += children[0].notes
        children = ()
    told = tuple(linked(base, note) for note in notes)
    return Branch(linked(base, found.text), found.truth, told, tuple(derived_branch(base, each) for each in children))


def item_of(base: RuleBase, entry: Entry, id: str = "") -> LinkedItem:
    """An entry of a report with links."""
    lines = tuple((line.label, _entry_words(base, line)) for line in entry.lines)
    return LinkedItem(linked(base, entry.title), entry.note, lines, id=id)


def _entry_words(base: RuleBase, line: EntryLine) -> Words:
    if line.label == "source":
        return with_commas(map(source_link, line.text.split(", ")))
    return linked(base, line.text)
