"""A run over many cases on Spark: tasks get numbers of rows, read them from the files, decide and write their parts.

No row goes through Spark, which hands out work and gives what was lost to another worker. A part has its name by its
first row and is written whole, so that a task that runs twice writes the same once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from salesdx.bulk.arrow_source import ArrowSource
from salesdx.bulk.bulk_run import BulkResult, BulkRun, begun, decide_rows, result_in
from salesdx.bulk.decider import EnginesDiffer
from salesdx.bulk.part_files import PartFolder
from salesdx.bulk.said_reading import TERM
from salesdx.text.issues import CaseError, Issue
from salesdx.text.source import Place

TASK_ROWS = 1 << 18
"""Rows of a task: some seconds of work, that are lost with a worker."""
Stretch = tuple[int, int]
Done = tuple[int, tuple[Issue, ...], str]
"""How many cases a task explained beside, its faults, and what engines differ in."""


def decide_on_spark(run: BulkRun, folder: PartFolder) -> BulkResult:
    """Decide all cases on a cluster that sees the files and the folder by the same names, and has this program.

    Raises as `decide_into`.
    """
    with begun(run, folder) as today:
        source = run.facts.opened(folder.unfinished)
        _check_form(source)
        source = replace(source, files=tuple(path.absolute() for path in source.files))
        rest = [stretch for stretch in source.stretches(TASK_ROWS) if not folder.has(stretch[0])]
        run = replace(run, facts=source, firm=run.firm and run.firm.absolute())
        done = _on_cluster(run.spark, _Task(run, source, folder.path.absolute(), today), rest)
        if issues := [issue for _, found, _ in done for issue in found]:
            raise CaseError(issues)
        if differ := [told for _, _, told in done if told]:
            raise EnginesDiffer(differ[0])
    return result_in(folder, sum(sampled for sampled, _, _ in done))


def _check_form(source: ArrowSource) -> None:
    """On a cluster each row is a case, and rows are reached by their number. Raises CaseError."""
    if source.delimiter or TERM in source.columns:
        message = "tasks of a cluster take rows of Parquet, each of which is a case"
        raise CaseError([Issue("spark", message, Place(source.shown, 1, 1, 1, 2), "leave `--spark` out")])


class _Task:
    """What a worker does with a stretch of rows."""

    def __init__(self, run: BulkRun, source: ArrowSource, folder: Path, today: date) -> None:
        self.run, self.source, self.folder, self.today = run, source, folder, today

    def __call__(self, stretch: Stretch) -> Done:
        try:
            folder = PartFolder(self.folder)
            return decide_rows(self.run, self.source, folder, self.today, *stretch, lambda rows: None), (), ""
        except CaseError as error:
            return 0, error.issues, ""
        except EnginesDiffer as error:
            return 0, (), str(error)


def _on_cluster(master: str, task: Callable[[Stretch], Done], stretches: list[Stretch]) -> list[Done]:
    from pyspark.sql import SparkSession

    if not stretches:
        return []
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # where workers have this program, by its name
    builder: Any = SparkSession.builder
    settings = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}
    spark = builder.master(master).appName("salesdx bulk").config(map=settings).getOrCreate()
    try:
        shared = spark.sparkContext.broadcast(task)
        found: list[Done] = (
            spark.sparkContext.parallelize(stretches, len(stretches))
            .map(lambda stretch: shared.value(stretch))
            .collect()
        )
        return found
    finally:
        spark.stop()
