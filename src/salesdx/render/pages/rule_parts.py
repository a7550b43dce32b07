"""What the pages of the rules are made of: rules, sources, limits and worked cases as items of lists, with links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar

from salesdx.authoring.written import text_in_file
from salesdx.base.limits import Limit
from salesdx.base.model import Intervention, Rule, RuleBase, Source, Term
from salesdx.case.statement import shown_value
from salesdx.engine.diagnosis import status_words
from salesdx.render.pages.linked import (
    RULES,
    LinkedBlock,
    LinkedItem,
    LinkedList,
    LinkedSection,
    LinkedText,
    SourceText,
    TextPiece,
    Words,
    item_of,
    linked,
    plain_text,
    rule_address,
    source_link,
    web_address,
    with_commas,
)
from salesdx.render.pages.shell import AppPage, Shell
from salesdx.render.rule_words import intervention
from salesdx.services.worked_uses import WorkedUse

TRY = f"{RULES}/try"
NOBODY_MEASURED = "Nobody measured it; the firm may set it otherwise."


@dataclass(frozen=True)
class RuleTextPage(AppPage):
    """A page of the rules: what it is about in a line, and its sections."""

    template: ClassVar[str] = "rule_text.html"
    place: Words
    sections: tuple[LinkedSection, ...]
    foot: str


def rule_text_page(
    base: RuleBase, shell: Shell, title: str, place: Words, sections: Iterable[LinkedSection]
) -> RuleTextPage:
    """A page of the rules, without the sections that have nothing to say."""
    return RuleTextPage(shell, title, place, tuple(one for one in sections if one.blocks), rules_foot(base))


def rules_foot(base: RuleBase) -> str:
    """The rules by their version and the beginning of their digest."""
    return f"Rules {base.version} ({base.digest[7:19]})"


def rule_list(rules: Iterable[Rule], strengths: bool = True) -> LinkedList:
    """Rules by their titles, each leading to its page, with their ``strengths`` where these do not stand above."""
    return LinkedList(tuple(_rule_item(rule, strengths) for rule in rules))


def _rule_item(rule: Rule, strength: bool) -> LinkedItem:
    title = TextPiece(rule.title or "A rule without a title", rule_address(rule.id))
    note = status_words(rule.strength) if strength else ""
    return LinkedItem((title, TextPiece(" "), TextPiece(rule.id, code=True)), note)


def action_item(base: RuleBase, action: Intervention) -> LinkedItem:
    """An intervention: what is done, by whom, and how it is judged."""
    return item_of(base, intervention(base, action), f"do-{action.id}")


def limit_cells(limit: Limit) -> tuple[Words, ...]:
    """A limit by its name, its number, and its sources."""
    number = " ".join(filter(None, (shown_value(limit.value), limit.unit)))
    return (TextPiece(limit.name, code=True),), plain_text(number), with_commas(map(source_link, limit.source))


def source_item(base: RuleBase, id: str) -> LinkedItem:
    """A source: what it is, by whom, and where it can be read."""
    name = TextPiece(id, code=True)
    source = base.sources.get(id)
    if source is None:
        return LinkedItem((name, TextPiece(": judgement")), "", (("", plain_text(NOBODY_MEASURED)),), id=id)
    by = ", ".join(filter(None, (source.by, source.year)))
    lines: list[tuple[str, Words]] = [("", (TextPiece(text, web_address(text)),)) for text in source.address]
    lines += [("quality", plain_text(source.quality))] * bool(source.quality)
    return LinkedItem((name, TextPiece(f": {source.title}")), by, tuple(lines), id=id)


def source_with_rules(base: RuleBase, source: Source) -> LinkedItem:
    """A source with the rules that rest on it."""
    found = source_item(base, source.id)
    rules = [(TextPiece(rule.id, rule_address(rule.id), True),) for rule in base.rules if source.id in rule.source]
    return LinkedItem(
        found.title, found.note, (*found.lines, *((("rules", with_commas(rules)),) if rules else ())), id=found.id
    )


def case_item(base: RuleBase, use: WorkedUse) -> LinkedItem:
    """A worked case, with its author's reason why it comes out so."""
    title = (*plain_text(use.title), TextPiece(" "), TextPiece(use.name, code=True))
    return LinkedItem(title, "", (("", linked(base, use.why)),) if use.why else ())


def file_text(base: RuleBase, entry: Rule | Term) -> Iterator[LinkedBlock]:
    """Where a rule or a term stands, its text there, and what layers changed of it."""
    file = TextPiece(base.paths.get(entry.place.path, entry.place.path), code=True)
    yield LinkedText((TextPiece("In the file "), file, TextPiece(f", from line {entry.place.line} on:")))
    if text := text_in_file(base, entry):
        yield SourceText(text)
    name = entry.id if isinstance(entry, Rule) else entry.name
    for layer in base.layers:
        for _, what, how in layer.changes:
            if what.partition(":")[0] == name:
                folder = TextPiece(PurePath(layer.shown).name, code=True)
                told = (TextPiece("By the layer "), folder, TextPiece(": "), TextPiece(what, code=True))
                yield LinkedText((*told, TextPiece(f" {how}.")))
