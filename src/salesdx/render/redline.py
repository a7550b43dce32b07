"""Two versions of a page as one, with the words that were inserted and removed: for pages that are HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

from salesdx.render.blocks import (
    Block,
    Entries,
    Entry,
    EntryLine,
    Heading,
    Paragraph,
    Report,
    Section,
    Step,
    Table,
    Tree,
)
from salesdx.render.lines import changed_words

Part = TypeVar("Part")
_ID = re.compile(r"(\w[\w.-]*):|.*\(`(\w+)`\)$")
"""What names an entry in its title: what stands in front of a colon, or in brackets behind it."""


def redlined(old: Report, new: Report) -> Report:
    """The new page, with what the old one had otherwise: each word that was inserted or removed is marked.

    Entries are told by their names, lines by their labels, rows by their first cell, so a part that moved is no change.
    """
    sections = tuple(_joined(old.sections, new.sections, lambda section: section.id, _section))
    told = dict(old.about)
    about = tuple((label, marked_words(told.get(label, ""), text)) for label, text in new.about)
    return new._replace(about=about, sections=(Section("redline", "What changed", tuple(_listed(sections))), *sections))


def _listed(sections: Iterable[Section]) -> Iterator[Block]:
    """The parts that have a mark in them, by section."""
    rows = []
    for section in sections:
        for block in section.blocks:
            parts = block.items if isinstance(block, Entries) else (block,)
            rows += [(section.title, *_mark(part)) for part in parts if "<ins>" in repr(part) or "<del>" in repr(part)]
    if rows:
        yield Table(("part", "what", "how"), tuple(rows))
    else:
        yield Paragraph("Nothing: both say the same in the same words.")


def _mark(part: Block | Entry) -> tuple[str, str]:
    """What a changed part is called, and whether all of it is new or gone."""
    if not isinstance(part, Entry):
        return {Tree: "a condition", Table: "a table"}.get(type(part), "a paragraph"), "changed"
    whole = {"<ins>": "inserted", "<del>": "removed"}.get(part.title[:5], "changed")
    return part.title, whole if part.title.count("<") == 2 else "changed"


def marked_words(old: str, new: str) -> str:
    """A text with the words that another one had otherwise, as markup.

    >>> str(marked_words("at least 85 of them", "at least 90 of them"))
    'at least <del>85</del> <ins>90</ins> of them'
    """
    from markupsafe import Markup, escape

    parts = changed_words(old, new)
    return Markup(" ").join(Markup(f"<{tag}>{{}}</{tag}>").format(w) if tag else escape(w) for tag, w in parts)


def _joined(
    old: Sequence[Part],
    new: Sequence[Part],
    key: Callable[[Part], object],
    join: Callable[[Part | None, Part | None], Part],
) -> Iterator[Part]:
    """Parts of both, told by their keys, in the order of the new ones; one that is gone follows the one before it."""
    before = {key(part): part for part in old}
    now = {key(part) for part in new}
    gone: dict[object, list[Part]] = {}
    above: object = None
    for part in old:
        if key(part) in now:
            above = key(part)
        else:
            gone.setdefault(above, []).append(part)
    yield from (join(part, None) for part in gone.get(None, ()))
    for part in new:
        yield join(before.get(key(part)), part)
        yield from (join(each, None) for each in gone.get(key(part), ()))


def _numbered(parts: Sequence[Part], key: Callable[[Part], object]) -> list[tuple[object, Part]]:
    """Parts with keys that are unique: the second of one key is its second."""
    seen: dict[object, int] = {}
    found: list[tuple[object, Part]] = []
    for part in parts:
        name = key(part)
        seen[name] = seen.get(name, 0) + 1
        found.append(((name, seen[name]), part))
    return found


def _all(
    old: Sequence[Part],
    new: Sequence[Part],
    key: Callable[[Part], object],
    join: Callable[[Part | None, Part | None], Part],
) -> tuple[Part, ...]:
    """The same for parts whose keys may stand several times."""

    def both(one: tuple[object, Part] | None, other: tuple[object, Part] | None) -> tuple[object, Part]:
        there = other or one
        assert there is not None
        return there[0], join(one[1] if one else None, other[1] if other else None)

    joined = _joined(_numbered(old, key), _numbered(new, key), lambda part: part[0], both)
    return tuple(part for _, part in joined)


def _text(old: object, new: object, name: str) -> str:
    return marked_words(getattr(old, name, ""), getattr(new, name, ""))


def _section(old: Section | None, new: Section | None) -> Section:
    there = new or old
    assert there is not None
    blocks = _all(old.blocks if old else (), new.blocks if new else (), _block_key, _block)
    return there._replace(title=_text(old, new, "title"), blocks=blocks)


def _block_key(block: Block) -> object:
    return (type(block), block.text if isinstance(block, Heading) else "")


def _block(old: Block | None, new: Block | None) -> Block:
    match new if new is not None else old:
        case Heading() | Paragraph() as there:
            return there._replace(text=_text(old, new, "text"))
        case Entries(numbered=numbered):
            items = _all(getattr(old, "items", ()), getattr(new, "items", ()), _entry_key, _entry)
            return Entries(items, numbered)
        case Table(header, _, labelled):
            rows = _all(getattr(old, "rows", ()), getattr(new, "rows", ()), lambda row: row[0], _row)
            return Table(header, rows, labelled)
        case Tree():
            root = _step(old.root if isinstance(old, Tree) else None, new.root if isinstance(new, Tree) else None)
            return Tree(root)
        case there:
            assert there is not None
            return there


def _entry_key(entry: Entry) -> object:
    named = next((line.text for line in entry.lines if line.label == "name"), "")
    found = _ID.match(entry.title)
    return named or (found and (found[1] or found[2])) or entry.title


def _entry(old: Entry | None, new: Entry | None) -> Entry:
    there = new or old
    assert there is not None
    lines = _all(old.lines if old else (), new.lines if new else (), lambda line: line.label, _line)
    tree = _step(old.tree if old else None, new.tree if new else None) if there.tree is not None else None
    return there._replace(title=_text(old, new, "title"), note=_text(old, new, "note"), lines=lines, tree=tree)


def _line(old: EntryLine | None, new: EntryLine | None) -> EntryLine:
    there = new or old
    assert there is not None
    return there._replace(text=_text(old, new, "text"))


def _row(old: tuple[str, ...] | None, new: tuple[str, ...] | None) -> tuple[str, ...]:
    there = new or old
    assert there is not None
    cells = [(old or ("",) * len(there)), (new or ("",) * len(there))]
    return tuple(marked_words(one, other) for one, other in zip(*cells, strict=False))


def _step(old: Step | None, new: Step | None) -> Step:
    """A condition: the steps of both in order, each changed one beside the one that it was."""
    there = new or old
    assert there is not None
    before, after = old.steps if old else (), new.steps if new else ()
    steps: list[Step] = []
    same = SequenceMatcher(None, [_told(step) for step in before], [_told(step) for step in after], autojunk=False)
    for _, a, b, c, d in same.get_opcodes():
        for number in range(max(b - a, d - c)):
            one = before[a + number] if a + number < b else None
            steps.append(_step(one, after[c + number] if c + number < d else None))
    notes = _all(
        old.notes if old else (), new.notes if new else (), lambda _: "", lambda o, n: marked_words(o or "", n or "")
    )
    return there._replace(text=_text(old, new, "text"), notes=notes, steps=tuple(steps))


def _told(step: Step) -> str:
    """All that a step says, as one text."""
    return f"{step.text} ({', '.join(map(_told, step.steps))})"
