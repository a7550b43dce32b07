"""The lists of docs/facts-drawn.md, made from the terms and from what draws them; run as a script, it writes them anew.

A list stands below a line such as `<!-- drawn in product -->`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from salesdx.base.loading import load
from salesdx.base.model import RuleBase, Term
from salesdx.facts.canonical_tables import canonical_schema
from salesdx.facts.drawn_terms import DrawnTerm, definitions, placeholders
from salesdx.facts.scope import KINDS
from salesdx.facts.sheet_kinds import sheet_words
from salesdx.language.conditions import names

PAGE = Path(__file__).parents[1] / "docs" / "facts-drawn.md"
LISTED = re.compile(r"(?m)^<!-- (drawn|computed|stated|sheets|counted)(?: in ([\w, ]+))? -->\n\n(?:\|.*\n)*\n?")


@cache
def rules() -> RuleBase:
    return load()


def with_lists(page: str) -> str:
    """The page with its lists as the files have them."""
    made: dict[str, Callable[[str], Iterable[str]]] = {
        "drawn": drawn,
        "computed": lambda _: computed(),
        "stated": lambda _: stated(),
        "sheets": lambda _: sheets(),
        "counted": lambda _: counted(),
    }

    def put(found: re.Match[str]) -> str:
        head = f"<!-- {found[1]}{f' in {found[2]}' if found[2] else ''} -->"
        return f"{head}\n\n" + "".join(f"{line}\n" for line in made[found[1]](found[2] or "")) + "\n"

    return LISTED.sub(put, page)


def tables_of(term: DrawnTerm) -> list[str]:
    """The canonical tables that a term cannot do without; those of shared relations too."""
    found = [*term.reads, *(read for name in shared(term.rows) for read in definitions().relations[name][0].reads)]
    known = canonical_schema().tables
    tables = [read.partition(".")[0] for read in found]
    tables = [name for each in tables for name in (("orders", "order_lines") if each == "sold" else (each,))]
    return [name for name in known if name in tables]


def shared(sql: str) -> Iterator[str]:
    for name in placeholders(sql):
        if name in definitions().relations:
            yield name
            yield from shared(definitions().relations[name][0].select)


def drawn_terms() -> list[Term]:
    return [term for name, term in rules().terms.items() if name in definitions().terms and not term.computed]


def made_terms() -> list[Term]:
    """Computed terms, those that follow from others that are drawn, and what the head of a case says."""
    gone = {term.name for term in drawn_terms()}
    return [
        term
        for term in rules().terms.values()
        if term.name not in gone and (term.computed or _inputs(term) or term.name in of_the_head())
    ]


def of_the_head() -> set[str]:
    return {rules().ladder.subject_term, rules().ladder.period_end_term or ""}


def _inputs(term: Term) -> list[str]:
    """What a term is calculated from, where all of it is drawn or calculated itself."""
    formulas = (*term.expressions, *((term.or_formula,) if term.or_formula is not None else ()))
    return list(dict.fromkeys(name for formula in formulas for name in names(formula)))


def stated_terms() -> list[Term]:
    gone = {term.name for term in (*drawn_terms(), *made_terms())}
    return [term for term in rules().terms.values() if term.name not in gone]


def drawn(stages: str) -> Iterator[str]:
    yield "| fact | from the tables | at least | noise | of |"
    yield "|---|---|---|---|---|"
    for term in drawn_terms():
        if term.home in stages.split(", "):
            how = definitions().terms[term.name]
            least = f"{how.least:,} {how.counted}" if how.least > 1 else how.counted
            noise = how.noise.kind if how.noise else ""
            per = "all" if set(how.per) == set(KINDS) else ", ".join(kind for kind in KINDS if kind in how.per)
            yield f"| {called(term)} | {listed(tables_of(how))} | {least} | {noise} | {per} |"


def computed() -> Iterator[str]:
    yield "| fact | made from |"
    yield "|---|---|"
    for term in made_terms():
        yield f"| {called(term)} | {listed(_inputs(term)) or 'the head of the case'} |"


def stated() -> Iterator[str]:
    yield "| fact | asked of | where it stands |"
    yield "|---|---|---|"
    for term in stated_terms():
        yield f"| {called(term)} | {rules().respondents[term.respondent]} | {term.evidence} |"


def sheets() -> Iterator[str]:
    yield "| sheet | a row | its table | facts drawn with it |"
    yield "|---|---|---|---|"
    for kind in sheet_words().kinds.values():
        filled = [kind.table, *(also.table for also in kind.also)]
        with_it = [term for term in drawn_terms() if {*filled} & {*tables_of(definitions().terms[term.name])}]
        row = kind.row.removeprefix("One row is ")
        yield f"| `{kind.name}` | {row} | {listed(filled)} | {len(with_it)} |"


def counted() -> Iterator[str]:
    yield "| | facts |"
    yield "|---|---|"
    yield f"| drawn from rows | {len(drawn_terms())} |"
    yield f"| made by the program | {len(made_terms())} |"
    yield f"| stated by a person | {len(stated_terms())} |"
    yield f"| all | {len(rules().terms)} |"


def called(term: Term) -> str:
    return f"{term.called}, `{term.name}`"


def listed(words: Iterable[str]) -> str:
    found: Sequence[str] = [f"`{word}`" for word in words]
    return ", ".join(found)


if __name__ == "__main__":
    PAGE.write_text(with_lists(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
