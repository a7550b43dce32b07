"""Expressions of a mapping: one scalar of SQL over columns of its sources, and nothing that reads or does anything.

What may stand in one is listed; all else is refused. What runs is written anew from the tree that DuckDB parsed, so no
comment, quote or bracket of the file is ever part of a statement.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from salesdx.base.reading import NodeReader, first_line, shortened
from salesdx.facts.forbidden import is_personal, is_protected
from salesdx.facts.sql_text import Run, sql_name
from salesdx.text.source import Place, Scalar

CLASSES = frozenset(
    ("COLUMN_REF", "CONSTANT", "COMPARISON", "CONJUNCTION", "OPERATOR", "CASE", "CAST", "BETWEEN", "FUNCTION")
)
FUNCTIONS = frozenset(
    (
        "+", "-", "*", "/", "//", "%", "||", "~~", "!~~", "~~*", "!~~*",
        "abs", "ceil", "ceiling", "coalesce", "concat", "contains", "date_diff", "date_part", "date_trunc", "datediff",
        "datepart", "datetrunc", "day", "dayofweek", "ends_with", "floor", "greatest", "ifnull", "least", "left",
        "length", "lower", "ltrim", "make_date", "month", "nullif", "prefix", "quarter", "regexp_extract",
        "regexp_full_match", "regexp_matches", "regexp_replace", "replace", "right", "round", "rtrim", "split_part",
        "starts_with", "strftime", "string_split", "strptime", "substr", "substring", "suffix", "to_days",
        "to_hours", "to_minutes", "to_months", "to_weeks", "to_years", "trim", "trunc", "try_strptime", "upper", "year",
    )
)  # fmt: skip
"""Functions that compute one value from others, in a time and a memory that hang on what they are given."""
TYPES = frozenset(
    (
        "BIGINT",
        "BOOLEAN",
        "DATE",
        "DECIMAL",
        "DOUBLE",
        "FLOAT",
        "INTEGER",
        "INTERVAL",
        "SMALLINT",
        "TIMESTAMP",
        "VARCHAR",
    )
)
"""Types that a value may be cast to."""
TYPED = "#"
"""What the name of a column ends with whose texts are read as numbers, dates or truth values."""


@dataclass(frozen=True)
class UsedColumn:
    """A column that an expression reads, and the words in the file that name it."""

    read: str
    name: str
    place: Place


@dataclass(frozen=True)
class MappedExpression:
    """An expression as DuckDB has it, with full names of columns; ``bare`` is its column where it is just one."""

    sql: str
    columns: tuple[UsedColumn, ...]
    bare: UsedColumn | None
    scalar: Scalar


class ExpressionReader:
    """Reads expressions over the columns of some sources; faults are collected in its reader."""

    def __init__(self, run: Run, reader: NodeReader) -> None:
        self.run, self.reader = run, reader
        self.empty = self._parsed("1")

    def expression(
        self,
        scalar: Scalar,
        scope: Mapping[str, Mapping[str, object]],
        what: str,
        personal: bool = False,
        suffix: str = TYPED,
    ) -> MappedExpression | None:
        """An expression over columns of ``scope``: name of a source -> its columns. None with a fault.

        ``personal``: a pseudonym is made of what it gives, so that names of people may be read.
        ``suffix``: what the names of columns end with in what it gives, if it is more than one column.
        """
        tree = _one_column(scalar, scope) or self._tree(scalar, what)
        if tree is None:
            return None
        columns: list[UsedColumn] = []
        sound = True
        bare = tree["class"] == "COLUMN_REF"
        for node in _column_nodes(tree):
            used = self._column(node, scalar, scope, what, personal)
            sound = sound and used is not None
            if used is not None:
                columns.append(used)
                node["column_names"] = [used.read, used.name + suffix]
        if not sound:
            return None
        if bare:
            sql = f"{sql_name(columns[0].read)}.{sql_name(columns[0].name)}"
            return MappedExpression(sql, tuple(columns), columns[0], scalar)
        return MappedExpression(self._written(tree), tuple(columns), None, scalar)

    def _parsed(self, text: str) -> dict[str, Any]:
        [(found,)] = self.run("select json_serialize_sql(?)", ["select " + text])
        parsed: dict[str, Any] = json.loads(found)
        return parsed

    def _tree(self, scalar: Scalar, what: str) -> dict[str, Any] | None:
        """The tree of an expression, if it is one and nothing else."""
        parsed = self._parsed(scalar.text)
        if parsed["error"]:
            self._refuse_text(scalar, what, parsed)
            return None
        statements = parsed["statements"]
        node = statements[0]["node"]
        selected = node.get("select_list", ())
        tree = selected[0] if len(statements) == 1 and len(selected) == 1 else None
        if tree is None or tree["alias"] or not self._is_plain(parsed):
            message = f"{what} must be one expression, without `select`, `from`, `as` or `;`"
            self.reader.fault("unsafe-expression", message, first_line(scalar.place))
            return None
        refused = next(_refused(tree), None)
        if refused is not None:
            name, at = refused
            self.reader.fault("unsafe-expression", f"{what}: {name} cannot stand here", self._place(scalar, at, 1))
            return None
        return dict(tree)

    def _is_plain(self, parsed: dict[str, Any]) -> bool:
        """Whether a statement selects and does nothing else: it differs from `select 1` in what it selects alone."""

        def rest(of: dict[str, Any]) -> dict[str, Any]:
            [statement] = of["statements"]
            node = {key: value for key, value in statement["node"].items() if key != "select_list"}
            return {**statement, "node": node}

        return rest(parsed) == rest(self.empty)

    def _refuse_text(self, scalar: Scalar, what: str, parsed: dict[str, Any]) -> None:
        words = str(parsed.get("error_message", "")).partition("\n")[0]
        if parsed.get("error_type") == "parser":
            at = int(parsed.get("position") or 0) - len("select ")
            message = f"{what} cannot be read: {words}"
            self.reader.fault("not-sql", message, self._place(scalar, max(at, 0), 1))
        else:
            message = f"{what} must be one expression, and nothing else"
            self.reader.fault("unsafe-expression", message, first_line(scalar.place))

    def _column(
        self, node: dict[str, Any], scalar: Scalar, scope: Mapping[str, Mapping[str, object]], what: str, personal: bool
    ) -> UsedColumn | None:
        names = node["column_names"]
        shown = ".".join(names)
        place = self._place(scalar, node["query_location"] - len("select "), max(node["query_location_length"], 1))
        reads = [names[0]] if len(names) == 2 and names[0] in scope else list(scope)
        if len(names) > 1 and names[0] not in scope:
            help = self.reader.near(names[0], scope) or f"there are {', '.join(scope)}"
            message = f"{what} reads `{shortened(shown)}`, and no source of this table is `{shortened(names[0])}`"
            self.reader.fault("unsafe-expression", message, place, help)
            return None
        found = [(read, name) for read in reads for name in scope[read] if name.casefold() == names[-1].casefold()]
        if len(names) > 2 or len(found) != 1:
            self._refuse_column(shown, names[-1], found, scope, what, place)
            return None
        read, name = found[0]
        if is_protected(name):
            message = f"{what} reads `{shortened(name)}`: nothing may be concluded from it"
            self.reader.fault("forbidden-column", message, place)
        elif is_personal(name) and not personal:
            message = f"{what} reads `{shortened(name)}`: names, addresses and notes are never read"
            self.reader.fault("forbidden-column", message, place)
        return UsedColumn(read, name, place)

    def _refuse_column(
        self,
        shown: str,
        name: str,
        found: list[tuple[str, str]],
        scope: Mapping[str, Mapping[str, object]],
        what: str,
        place: Place,
    ) -> None:
        if len(found) > 1:
            help = f"write {' or '.join(f'`{read}.{column}`' for read, column in found)}"
            self.reader.fault("unknown-column", f"{what}: `{shortened(shown)}` stands in several sources", place, help)
            return
        known = [column for columns in scope.values() for column in columns]
        help = self.reader.near(name, known) or f"there are {shortened(', '.join(known), 400)}"
        self.reader.fault("unknown-column", f"{what}: there is no column `{shortened(shown)}`", place, help)

    def _place(self, scalar: Scalar, at: int, length: int) -> Place:
        """The place of some bytes of an expression."""
        data = scalar.text.encode("utf-8", "surrogatepass")
        if not 0 <= at < len(data):
            return first_line(scalar.place)
        start = len(data[:at].decode("utf-8", "replace"))
        return scalar.span(start, start + len(data[at : at + length].decode("utf-8", "replace")))

    def _written(self, tree: dict[str, Any]) -> str:
        """The SQL of a tree."""
        [statement] = self.empty["statements"]
        whole = {"error": False, "statements": [{**statement, "node": {**statement["node"], "select_list": [tree]}}]}
        [(sql,)] = self.run("select json_deserialize_sql(?::json)", [json.dumps(whole)])
        return str(sql).removeprefix("SELECT ")


def _one_column(scalar: Scalar, scope: Mapping[str, Mapping[str, object]]) -> dict[str, Any] | None:
    """The tree of an expression that is just the name of a column, whatever letters are in it."""
    text = scalar.text.strip()
    read, _, name = text.partition(".")
    for names in ([text], [read, name]):
        columns = [scope.get(read, {})] if len(names) == 2 else list(scope.values())
        if any(names[-1].casefold() == known.casefold() for known in (name for each in columns for name in each)):
            at = {"query_location": len("select "), "query_location_length": len(text.encode("utf-8", "surrogatepass"))}
            return {"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "column_names": names, **at}
    return None


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    """All parts of a tree that are an expression."""
    if isinstance(tree, dict):
        if "class" in tree:
            yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)


def _column_nodes(tree: object) -> Iterator[dict[str, Any]]:
    return (node for node in _nodes(tree) if node["class"] == "COLUMN_REF")


def _refused(tree: object) -> Iterator[tuple[str, int]]:
    """What may not stand in an expression, in words, and where."""
    for node in _nodes(tree):
        at = node["query_location"] - len("select ")
        if node["class"] == "TYPE":
            if node["type_name"] not in TYPES or any(child["class"] == "TYPE" for child in node["children"]):
                yield f"the type `{shortened(node['type_name'])}`", at
        elif node["class"] not in CLASSES or node["type"] in ("ARRAY_EXTRACT", "ARRAY_SLICE", "STRUCT_EXTRACT"):
            yield f"`{node['type'].lower().replace('_', ' ')}`", at
        elif node["class"] == "FUNCTION" and not _is_plain_call(node):
            yield f"the function `{shortened(node['function_name'])}`", at


def _is_plain_call(node: dict[str, Any]) -> bool:
    orders = node.get("order_bys") or {}
    return (
        node["function_name"] in FUNCTIONS
        and not node.get("schema")
        and not node.get("catalog")
        and not node.get("filter")
        and not node.get("distinct")
        and not orders.get("orders")
        and node.get("qualified_name", {}).get("path", [node["function_name"]]) == [node["function_name"]]
    )
