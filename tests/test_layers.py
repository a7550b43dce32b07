"""How the code is laid out: which module may import which, where a library lives, and that no content is in it."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import networkx as nx
import pytest

import salesdx
from conftest import ROOT
from salesdx.model import RuleBase

SRC = ROOT / "src" / "salesdx"

FLOORS = [
    ["truth", "source", "statistics", "diagrams"],
    ["issues", "conditions"],
    ["parsing", "model", "unknowns"],
    ["reading"],
    ["memory"],
    ["entries", "ladder_file", "program"],
    ["loading", "case_file", "compilation", "diagnosis"],
    ["backends.reference", "backends.compiled", "backends.rete", "judgement", "relevance"],
    ["engine"],
    ["explanation", "interview", "trail"],
    ["authoring", "render"],
    ["cli"],
]
"""Rooms from the ground up. A module imports from floors below its own, and from its own room if that is a folder."""

LIBRARIES = {"yaml": ["source"], "durable": ["backends.rete"], "click": ["cli"], "networkx": ["loading", "explanation"]}
"""The rooms that may import a library."""

CEILING, MEDIAN = 400, 160
REFERENCE = 150


@cache
def modules() -> dict[str, ast.Module]:
    """Module -> its tree, by name without ``salesdx.``; packages under their own name, the root as an empty name."""
    found = {
        f"{module}:{line} {word}"
        for module, tree in modules().items()
        for word, line in words(tree)
        if word in known and (module, word) not in ORDINARY
    }
    assert found == set()


def test_the_words_are_those_of_the_shipped_files(base: RuleBase) -> None:
    """The test above looks for something: each kind of word is among those it looks for."""
    known = content(base)
    assert {"case_attainment_pct", "R1", "price_not_competitive", "price_test", "termination", "scope"} <= known
    tree = ast.parse("def f(price_test):\n    return x.scope, 'stage termination'\n")
    assert {word for word, _ in words(tree)} & known == {"price_test", "scope", "termination"}


def test_the_package_is_python_and_a_style_sheet() -> None:
    paths = [path for path in SRC.rglob("*") if path.is_file() and path.parent.name != "__pycache__"]
    assert {path.suffix for path in paths} == {".py", ".typed", ".css"}
