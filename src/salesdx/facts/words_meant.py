"""Words of a column -> what is meant: one form of each letter, the firm's aliases, pseudonyms in the place of names."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from salesdx.facts.canonical_tables import TEXT, CanonicalTable
from salesdx.facts.opened_reads import Append
from salesdx.facts.pseudonyms import PseudonymKey
from salesdx.facts.sql_text import Run, sql_name, sql_string
from salesdx.facts.table_parts import ALSO

STRANGE = "regexp_matches({}, '[^ -~]')"
"""The SQL that finds a text with other letters than English ones."""
PEOPLE = "people"


@dataclass
class NamesOfFirm:
    """The pseudonyms of one firm: kind (`person`, `customer`) -> name -> pseudonym.

    ``also``: other names of a person -> the one in `people`. Without a key names are numbered, which tells nobody's,
    and holds for this reading alone.
    """

    key: PseudonymKey | None
    also: dict[str, str] = field(default_factory=dict)
    known: dict[str, dict[str, str]] = field(default_factory=dict)

    def learn(self, kind: str, names: Iterable[str]) -> None:
        """Give a pseudonym to every name that has none yet."""
        known = self.known.setdefault(kind, {})
        for name in sorted(set(names) - known.keys()):
            known[name] = self.key.pseudonym(kind, name) if self.key else f"{kind[0]}{len(known) + 1}"

    def meant(self, kind: str, name: str) -> str:
        """The name by which a person is known in `people`."""
        return self.also.get(name, name) if kind == "person" else name


class TwoPersons(Exception):
    """Two persons have one name in another system."""


def one_form(text: str) -> str:
    """A text in the one form that its letters have in Unicode (NFKC), without white space around it."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def learnt(
    run: Run,
    names: NamesOfFirm,
    tables: Mapping[str, CanonicalTable],
    staged: Mapping[str, str],
    columns: Mapping[str, Collection[str]],
    aliases: Mapping[str, Mapping[str, str]],
) -> None:
    """Learn all names of all tables, so that a person has one pseudonym in all of them, with other names first.

    Raises TwoPersons.
    """
    known = [name for name in columns.get(PEOPLE, ()) if name.startswith(ALSO)]
    for also in known:
        named = f"select {sql_name(also)} as other, person from {staged[PEOPLE]}"
        pairs = run(f"select other, person from ({named}) where other is not null and person is not null")
        for other, person in ((one_form(other), one_form(person)) for other, person in pairs):
            if names.also.setdefault(other, person) != person:
                raise TwoPersons(other)
    found: dict[str, set[str]] = {}
    for table, name, kind, where in _named(tables, columns):
        own = aliases.get(name, {})
        rows = run(f"select distinct {sql_name(name)} from {staged[table]} where {sql_name(name)} is not null{where}")
        found.setdefault(kind, set()).update(names.meant(kind, one_form(own.get(text, text))) for (text,) in rows)
    for kind, texts in found.items():
        names.learn(kind, texts)


def meant_select(
    run: Run,
    append: Append,
    names: NamesOfFirm,
    table: CanonicalTable,
    staged: str,
    has: Collection[str],
    aliases: Mapping[str, Mapping[str, str]],
) -> str | None:
    """The select that puts what is meant into the place of what is written in a table; None where that is the same."""
    selected: list[str] = []
    joins: list[str] = []
    for name in has:
        column = table.columns.get(name)
        if name.startswith(ALSO):
            continue
        if column is None or column.type != TEXT:
            selected.append(f"t.{sql_name(name)}")
            continue
        replaced = _replaced(run, names, staged, name, column.pseudonym, bool(column.where), aliases.get(name, {}))
        if not replaced:
            selected.append(f"t.{sql_name(name)}")
            continue
        words = sql_name(f"words {table.name} {name}")
        run(f"create table {words} (written varchar, plain varchar, named varchar)")
        append(words, replaced)
        alias = f"w{len(joins)}"
        plain = f"coalesce({alias}.plain, t.{sql_name(name)})"
        named = f"case when {column.where} then {alias}.named else {plain} end" if column.where else f"{alias}.named"
        selected.append(f"{named if column.pseudonym else plain} as {sql_name(name)}")
        joins.append(f" left join {words} {alias} on t.{sql_name(name)} = {alias}.written")
    if not joins and not any(name.startswith(ALSO) for name in has):
        return None
    return f"select {', '.join(selected)} from {staged} t{''.join(joins)}"


def _replaced(
    run: Run, names: NamesOfFirm, staged: str, name: str, kind: str, partly: bool, own: Mapping[str, str]
) -> list[tuple[str, str, str | None]]:
    """What is written in a column, what is meant by it, and the pseudonym of it; only where these differ."""
    column = sql_name(name)
    wanted = "true" if kind else STRANGE.format(column) + "".join(f" or {column} = {sql_string(word)}" for word in own)
    rows = run(f"select distinct {column} from {staged} where {column} is not null and ({wanted})")
    found: list[tuple[str, str, str | None]] = []
    for (text,) in rows:
        plain = one_form(own.get(text, text))
        if kind or plain != text:
            found.append((text, plain, names.known.get(kind, {}).get(names.meant(kind, plain))))
    return found


def _named(
    tables: Mapping[str, CanonicalTable], columns: Mapping[str, Collection[str]]
) -> list[tuple[str, str, str, str]]:
    """Each mapped column in which names stand: table, column, kind, and the condition of the rows in which they do."""
    return [
        (table, name, column.pseudonym, f" and ({column.where})" if column.where else "")
        for table in tables
        if table in columns
        for name, column in tables[table].columns.items()
        if column.pseudonym and name in columns[table]
    ]
