"""Many cases at once, for every door: from a file or a database into a folder of Parquet files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from salesdx.base.model import RuleBase
from salesdx.engine.diagnose import EngineError
from salesdx.facts.sources.opened_source import SourceFault
from salesdx.facts.sql_text import QueryRefused
from salesdx.services.files import FileError
from salesdx.services.recorder import needs_extra
from salesdx.text.issues import CaseError, Issue
from salesdx.text.source import Place

if TYPE_CHECKING:
    from salesdx.bulk.bulk_run import Begin, BulkResult, Facts
    from salesdx.bulk.past_cases import PastCases


Rows = TypeVar("Rows")
DATABASES = (".duckdb", ".ddb", ".db")
POSTGRESQL = ("postgresql://", "postgres://")


@dataclass(frozen=True)
class ManyCases:
    """What is decided: the rows of a file, or of a query to a database; by which rules, and against which others."""

    facts: str
    query: str
    base: RuleBase
    against: RuleBase | None = None
    firm: Path | None = None
    sample: int = 100
    spark: str = ""


def decide_many(cases: ManyCases, output: Path, begin: Begin) -> BulkResult:
    """Decide all cases of a table into a folder of Parquet files. ``begin`` takes how many rows there are and gives
    what is told of each that is done.

    Raises CaseError with the faults of the rows, FileError, MissingExtra, and EngineError where columns and the other
    engines differ; then nothing is left.
    """
    with needs_extra("bulk"):
        from salesdx.bulk.bulk_run import BulkRun, decide_into
        from salesdx.bulk.part_files import PartFolder
    with _refusals_told(output):
        run = BulkRun(_facts(cases), cases.base, cases.against, cases.firm, cases.sample, cases.spark)
        if cases.spark:
            from salesdx.bulk.spark_run import decide_on_spark

            with needs_extra("spark"):
                return decide_on_spark(run, PartFolder(output))
        return decide_into(run, PartFolder(output), begin)


def try_on_cases(facts: str, query: str, old: RuleBase, new: RuleBase) -> PastCases:
    """Other rules on many cases of the past, kept nowhere. Raises CaseError, FileError, MissingExtra, EngineError."""
    with needs_extra("bulk"):
        from salesdx.bulk.bulk_run import BulkRun
        from salesdx.bulk.past_cases import try_on
    with TemporaryDirectory() as folder, _refusals_told(Path(folder)):
        return try_on(BulkRun(_facts(ManyCases(facts, query, old)), old, new), Path(folder))


def _facts(cases: ManyCases) -> Facts:
    from salesdx.bulk.arrow_source import QueriedSource, opened_source, text_batches

    path, query = Path(cases.facts), cases.query
    if cases.facts.startswith(POSTGRESQL):
        from salesdx.facts.sources.databases import query_postgres

        shown, rows = _without_password(cases.facts), partial(query_postgres, cases.facts, query)
        return QueriedSource(shown, query, lambda: _query_told(shown, closing(text_batches(rows()))))
    if path.suffix.lower() in DATABASES:
        with needs_extra("facts"):
            from salesdx.facts.warehouse import query_file
        return QueriedSource(cases.facts, query, lambda: _query_told(cases.facts, query_file(path, query)))
    return opened_source(path)


@contextmanager
def _query_told(shown: str, rows: AbstractContextManager[Rows]) -> Iterator[Rows]:
    """The rows of a query; what the database refuses is a fault of it. Raises CaseError."""
    try:
        with rows as batches:
            yield batches
    except (SourceFault, QueryRefused) as error:
        help = error.help if isinstance(error, SourceFault) else ""
        raise CaseError([Issue("unreadable", str(error), Place(shown, 1, 1, 1, 2), help)]) from None


def _without_password(address: str) -> str:
    """An address of a database as messages and files may have it."""
    return re.sub(r"(//[^:/@]*):[^@]*@", r"\1@", address.partition("?")[0])


@contextmanager
def _refusals_told(output: Path) -> Iterator[None]:
    """What other runs, the engines and the disk refuse, as an error for the user."""
    from salesdx.bulk.decider import EnginesDiffer
    from salesdx.bulk.part_files import OtherRun

    try:
        yield
    except EnginesDiffer as error:
        raise EngineError(str(error)) from None
    except OtherRun as error:
        raise FileError(str(error)) from None
    except OSError as error:
        raise FileError(f"`{output}` cannot be written: {error.strerror or error}") from None
