"""How `make docs` makes a site of the pages.

Its source is the whole checkout: the README and its neighbours are pages too, and a link from page to page leads to the
same place here and on a code host.
"""

from __future__ import annotations

import re

from sphinx.application import Sphinx

import salesdx

project = "salesdx"
author = "the salesdx authors"
project_copyright = author
version = release = salesdx.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/*.md"]
exclude_patterns = [".*", "build"]
myst_heading_anchors = 3
nitpick_ignore_regex = [("py:.*", r"(?!salesdx\.).*"), ("py:class", r"salesdx\..*")]
"""The types of other libraries, and those of ours that no page is about, stand as plain words."""

html_theme = "furo"
html_title = f"salesdx {release}"
html_extra_path = ["site"]


def without_links_of_the_host(app: Sphinx, page: str, source: list[str]) -> None:
    """Compare links lead beside the checkout, where only a code host has something."""
    source[0] = re.sub(r"(?m)^\[.+\]: \.\./\.\./.*\n", "", source[0])


def setup(app: Sphinx) -> None:
    app.connect("source-read", without_links_of_the_host)
