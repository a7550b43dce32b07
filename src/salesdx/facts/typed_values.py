"""Texts of a source -> numbers, days and truth values, as SQL: null where a text is none."""

from __future__ import annotations

from dataclasses import dataclass

from salesdx.facts.canonical_tables import BOOLEAN, DATE, MONEY, NUMBER, TEXT
from salesdx.facts.sql_text import sql_string

YES = ("true", "t", "yes", "y", "1", "x", "ja", "oui", "si", "sí")
NO = ("false", "f", "no", "n", "0", "-", "nein", "non")
"""How systems and people write truth values, in small letters; `x` is SAP's."""
NO_DATE = ("00000000", "0000-00-00", "0000-00-00 00:00:00")
"""How systems write that there is no date."""
DAY_FIRST, MONTH_FIRST = "dd/mm/yyyy", "mm/dd/yyyy"
NATIVE_NUMBERS = (
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT",
    "DOUBLE", "DECIMAL",
)  # fmt: skip
NATIVE_DAYS = ("DATE", "TIMESTAMP")
_OFFSET = "(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"


@dataclass(frozen=True, slots=True)
class WrittenAs:
    """How a source writes numbers and dates: the decimal sign, and which of day and month comes first."""

    decimal: str = "."
    dates: str = ""


def trimmed(column: str, ascii: bool) -> str:
    """A text without white space around it, null where nothing is left; no-break spaces are spaces."""
    text = column if ascii else f"translate(nfc_normalize({column}), chr(160) || chr(8239) || chr(8199), '   ')"
    return f"nullif(trim({text}, ' ' || chr(9) || chr(13) || chr(10)), '')"


def typed(text: str, sql_type: str, wanted: str, how: WrittenAs) -> str:
    """What gives a value of a canonical type (a date as a TIMESTAMP) from one of an SQL type; null where it is none.

    Empty where no value of that type can be one.
    """
    native = sql_type.partition("(")[0].partition(" ")[0]
    if wanted == TEXT:
        return f"cast({text} as varchar)"
    if native == "NULL" or sql_type == '"NULL"':
        return f"cast({text} as {'timestamp' if wanted == DATE else 'double' if wanted != BOOLEAN else 'boolean'})"
    if wanted in (NUMBER, MONEY):
        return _number_of(text, native, how)
    if wanted == DATE:
        return _day_of(text, native, how)
    if native == "BOOLEAN":
        return text
    words = f"lower(cast({text} as varchar))"
    return f"case when {words} in ({_listed(YES)}) then true when {words} in ({_listed(NO)}) then false end"


def is_none(text: str, wanted: str) -> str:
    """The SQL that says whether a text stands for no value of a canonical type."""
    return (
        f"({text} is null or cast({text} as varchar) in ({_listed(NO_DATE)}))" if wanted == DATE else f"{text} is null"
    )


def _number_of(text: str, native: str, how: WrittenAs) -> str:
    if native in NATIVE_NUMBERS:
        return f"cast({text} as double)"
    if native != "VARCHAR":
        return ""
    group, point = (",", ".") if how.decimal == "." else (".", ",")
    pattern = sql_string(f"[-+]?([0-9]+|[0-9]{{1,3}}(\\{group}[0-9]{{3}})+)(\\{point}[0-9]+)?-?")
    bare = f"replace(replace({text}, {sql_string(group)}, ''), {sql_string(point)}, '.')"
    turned = f"case when ends_with({bare}, '-') then '-' || rtrim({bare}, '-') else {bare} end"
    slow = f"case when regexp_full_match({text}, {pattern}) then try_cast({turned} as double) end"
    if how.decimal != ".":
        return slow
    quick = f"try_cast({text} as double)"
    return f"coalesce(case when isfinite({quick}) then {quick} end, {slow})"


def _day_of(text: str, native: str, how: WrittenAs) -> str:
    if native in NATIVE_DAYS:
        return f"cast({text} as timestamp)"
    text = f"cast({text} as varchar)" if native in NATIVE_NUMBERS else text
    if native not in (*NATIVE_NUMBERS, "VARCHAR"):
        return ""
    slashed = "%m/%d/%Y" if how.dates == MONTH_FIRST else "%d/%m/%Y"
    long = f"case when regexp_matches({text}, '{_OFFSET}') then cast(try_cast({text} as timestamptz) as timestamp) "
    return (
        f"case when contains({text}, '/') then coalesce({_try(text, slashed)}, {_try(text, slashed + ' %H:%M')}, "
        f"{_try(text, slashed + ' %H:%M:%S')}) "
        f"when regexp_matches({text}, '^[0-9]{{1,2}}\\.') then coalesce({_try(text, '%d.%m.%Y')}, "
        f"{_try(text, '%d.%m.%Y %H:%M')}, {_try(text, '%d.%m.%Y %H:%M:%S')}) "
        f"when length({text}) = 8 and regexp_full_match({text}, '[0-9]{{8}}') then {_try(text, '%Y%m%d')} "
        f"when length({text}) <= 10 then cast(try_cast({text} as date) as timestamp) "
        f"else {long} else try_cast({text} as timestamp) end end"
    )


def _try(text: str, how: str) -> str:
    return f"try_strptime({text}, '{how}')"


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(map(sql_string, words))
