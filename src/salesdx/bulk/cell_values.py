"""Cells of a column -> numbers: a value of a term as the columnar engine has it, and which cells hold none."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from salesdx.base.model import Term
from salesdx.base.reading import MAX_DIGITS, NUMBER, value_fault
from salesdx.text.source import Scalar, Text

Numbers = np.ndarray
"""float64 with NaN where a cell is empty: numbers, 0 or 1, the position in an enum's values, the ordinal of a day."""
EPOCH = date(1970, 1, 1).toordinal()
BOOLEANS = pa.array(["false", "true"])
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
LONGEST = 10**MAX_DIGITS
PLAIN = MAX_DIGITS + 1
"""Characters of a number that cannot have more digits than are told apart."""
NONE = np.zeros(1, bool)
"""A mask of no cell, whatever their number."""
EXACT_POWER = 22
"""The highest power of ten that a float holds exactly."""


def numbers_of(term: Term, cells: pa.Array) -> tuple[Numbers, Numbers]:
    """The values in some cells, and a mask of those that are not empty and hold no value of the term.

    Empty is a null, NaN, or a text without a character. Binary fractions are rounded as those of a workbook are.
    """
    match term.type:
        case "boolean":
            return _booleans(cells)
        case "enum":
            return _positions(cells, pa.array(term.values))
        case "date":
            return _days(cells)
    return _measures(term, cells)


def is_text(cells: pa.DataType) -> bool:
    """Whether cells of a type are texts, also where each text is held once."""
    inner = cells.value_type if pa.types.is_dictionary(cells) else cells
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_string_view(inner))


def position_in(cells: pa.Array, words: pa.Array) -> tuple[Numbers, Numbers]:
    """The position of each text among some words, -1 where it is empty, and a mask of the texts that are none."""
    if pa.types.is_dictionary(cells.type):
        inner = pc.index_in(cells.dictionary, value_set=words.cast(cells.dictionary.type))
        found = inner.take(cells.indices)
    else:
        found = pc.index_in(cells, value_set=words.cast(cells.type))
    positions = np.asarray(pc.fill_null(found, -1))
    return positions, (positions < 0) & ~empty_texts(cells)


def mask_of(told: pa.Array) -> Numbers:
    """Truths of Arrow's as a mask; what is unknown is not so."""
    return np.asarray(pc.fill_null(told, False).cast(pa.uint8())).view(bool)


def empty_texts(cells: pa.Array) -> Numbers:
    """Which texts are null or have no character."""
    if pa.types.is_dictionary(cells.type):
        inner = pc.equal(pc.utf8_length(cells.dictionary.cast(pa.string())), 0).take(cells.indices)
    else:
        inner = pc.equal(pc.utf8_length(cells), 0)
    return mask_of(pc.fill_null(inner, True))


def why_wrong(term: Term, cell: object) -> tuple[str, str]:
    """Why a cell holds no value of a term, in the words that a case file gets, and a help."""
    told = str(cell).lower() if isinstance(cell, bool) else str(cell)
    message, help = value_fault(term, Scalar(told, False, Text("", ""), 0, 0))
    if told in ("not_known", "not_applicable", "unknown"):
        help = f"why there is no value stands in the column `{term.name}.unknown`"
    return message or f"may have {MAX_DIGITS} digits that count, this is `{told}`", help


def fifteen_digits(values: Numbers) -> None:
    """Round numbers that are not whole, in their place, half-even to 15 significant digits, as those of a workbook:
    decimals that a float tells apart.

    Most have six places at most, and are such already. Others are multiplied into whole numbers in extended precision;
    where that leaves the last digit open they are rounded one by one.
    """
    size = np.abs(values)
    with np.errstate(over="ignore"):
        rest = np.flatnonzero((np.rint(values * 1e6) / 1e6 != values) | (size >= 1e9))
    if not len(rest):
        return
    places = MAX_DIGITS - 1 - np.floor(np.log10(size[rest])).astype(int)
    fits = (places >= 0) & (places <= EXACT_POWER)
    power = np.power(np.longdouble(10), np.where(fits, places, 0))
    scaled = values[rest] * power
    whole = np.rint(scaled)
    sure = fits & (np.abs(np.abs(scaled - whole) - 0.5) > np.abs(scaled) * np.finfo(np.longdouble).eps * 2)
    one_by_one = [(at, float(f"{values[at]:.{MAX_DIGITS}g}")) for at in rest[~sure]]
    values[rest] = whole.astype(float) / power.astype(float)
    for at, number in one_by_one:
        values[at] = number


def _booleans(cells: pa.Array) -> tuple[Numbers, Numbers]:
    if is_text(cells.type):
        return _positions(pc.utf8_lower(_plain(cells)), BOOLEANS)
    if not pa.types.is_boolean(cells.type):
        return _no_values(cells)
    return _floats(cells.cast(pa.float64())), NONE


def _positions(cells: pa.Array, words: pa.Array) -> tuple[Numbers, Numbers]:
    if not is_text(cells.type):
        return _no_values(cells)
    positions, wrong = position_in(cells, words)
    return np.where(positions < 0, np.nan, positions), wrong


def _days(cells: pa.Array) -> tuple[Numbers, Numbers]:
    if is_text(cells.type):
        return _texts(_plain(cells), DATE, _day_texts)
    if pa.types.is_timestamp(cells.type) and cells.type.tz is None:
        days = cells.cast(pa.date32(), safe=False)
        moved = mask_of(pc.not_equal(days.cast(cells.type), cells))
    elif pa.types.is_date(cells.type):
        days, moved = cells.cast(pa.date32()), np.zeros(len(cells), bool)
    else:
        return _no_values(cells)
    values = _floats(days.cast(pa.int32())) + EPOCH
    with np.errstate(invalid="ignore"):
        return values, moved | (values < 1) | (values > date.max.toordinal())


def _measures(term: Term, cells: pa.Array) -> tuple[Numbers, Numbers]:
    kind = cells.type
    wrong = NONE
    if is_text(kind) or pa.types.is_decimal256(kind):
        values, wrong = _texts(_plain(cells), rf"^(?:{NUMBER.pattern})$", _number_texts)
    elif pa.types.is_decimal(kind):
        values, wrong = _decimals(cells)
    elif pa.types.is_float32(kind) or pa.types.is_float16(kind):
        values = cells.to_numpy(zero_copy_only=False).astype(str).astype(np.float64)  # 76.1, and not 76.0999984741
    elif pa.types.is_floating(kind) or pa.types.is_integer(kind):
        values = _floats(cells.cast(pa.float64(), safe=False))
    else:
        return _no_values(cells)
    with np.errstate(invalid="ignore"):
        return _rounded(term, values, pa.types.is_floating(kind)), wrong | _outside(term, values)


def _rounded(term: Term, values: Numbers, binary: bool) -> Numbers:
    """Binary fractions as the decimals that they stand for."""
    if not binary or term.type == "integer":
        return values
    parts = np.flatnonzero(np.abs(values - np.rint(values)) > 0)
    if len(parts):
        some = values[parts]
        fifteen_digits(some)
        values = values if values.flags.writeable else values.copy()
        values[parts] = some
    return values


def _outside(term: Term, values: Numbers) -> Numbers:
    """Which numbers are none of the term: not in its range, too long, or no whole ones where it asks for these."""
    low, high = (-LONGEST, LONGEST) if term.low is None or term.high is None else (float(term.low), float(term.high))
    wrong = NONE
    if len(values) and not (np.fmin.reduce(values) >= low and np.fmax.reduce(values) <= high):
        wrong = (values < low) | (values > high)
    if term.type == "integer":
        wrong = wrong | (np.abs(values - np.rint(values)) > 0)
    return wrong


def _decimals(cells: pa.Array) -> tuple[Numbers, Numbers]:
    """Decimals as the nearest float: their digits over a power of ten, which is one exact division."""
    if not 0 <= cells.type.scale <= EXACT_POWER:
        return _no_values(cells)
    digits = cells.cast(pa.decimal128(38, cells.type.scale))
    whole = np.frombuffer(digits.buffers()[1], np.int64).reshape(-1, 2)[digits.offset : digits.offset + len(digits)]
    filled = mask_of(cells.is_valid())
    long = (np.abs(whole[:, 0]) >= LONGEST) | (whole[:, 1] != whole[:, 0] >> 63)
    return np.where(filled, whole[:, 0] / 10.0**cells.type.scale, np.nan), filled & long


def _number_texts(texts: pa.Array) -> tuple[Numbers, Numbers]:
    wrong = mask_of(pc.greater(pc.utf8_length(texts), PLAIN)).copy()
    for at in np.flatnonzero(wrong):
        wrong[at] = len(texts[at].as_py().lstrip("+-0.").replace(".", "")) > MAX_DIGITS
    padded = mask_of(pc.match_substring_regex(texts, r"^[-+]?0[0-9]"))
    return _floats(texts.cast(pa.float64())), wrong | padded


def _day_texts(texts: pa.Array) -> tuple[Numbers, Numbers]:
    wrong = np.zeros(len(texts), bool)
    try:
        days = texts.cast(pa.date32())
    except pa.ArrowInvalid:  # one of them is no day
        told = [_day(text) for text in texts.to_pylist()]
        wrong = np.array([day is False for day in told])
        days = pa.array([day or None for day in told], pa.date32())
    values = _floats(days.cast(pa.int32())) + EPOCH
    with np.errstate(invalid="ignore"):
        return values, wrong | (values < 1)


def _day(text: str | None) -> date | bool | None:
    """The day that a text names; False where there is none such."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return False


def _texts(texts: pa.Array, shape: str, read: object) -> tuple[Numbers, Numbers]:
    """Values of texts that have a shape; what has not is wrong, and nothing where it is empty."""
    fits = pc.fill_null(pc.match_substring_regex(texts, shape), False)
    values, wrong = read(pc.if_else(fits, texts, None))  # type: ignore[operator]
    return values, wrong | ~(mask_of(fits) | empty_texts(texts))


def _plain(cells: pa.Array) -> pa.Array:
    return cells.cast(pa.string())


def _floats(cells: pa.Array) -> Numbers:
    cells = cells if pa.types.is_float64(cells.type) else cells.cast(pa.float64())
    found: Numbers = cells.to_numpy(zero_copy_only=False)
    return found


def _no_values(cells: pa.Array) -> tuple[Numbers, Numbers]:
    """Cells of a type that a term has no values of: each that is not empty is wrong."""
    return np.full(len(cells), np.nan), mask_of(cells.is_valid())
