"""The content has a version, so that a reader of an older report knows what to look at again: it says which texts."""

from __future__ import annotations

import json
import re

from conftest import ROOT
from salesdx.base.model import RuleBase

KNOWN = ROOT / "tests" / "data" / "content-versions.txt"
CHANGES = "### Findings that can change\n"


def versions() -> list[tuple[str, str]]:
    """Every version of the content that there was, with its digest; the newest last."""
    lines = KNOWN.read_text(encoding="utf-8").splitlines()
    return [(version, digest) for line in lines if line[:1] != "#" for version, digest in [line.split()]]


def test_a_content_that_changes_has_a_new_version(base: RuleBase) -> None:
    assert versions()[-1] == (base.version, base.digest), (
        "the texts of knowledge/ or rules/ changed: give knowledge/ladder.yaml a new `version`, add it with its digest "
        f"to {KNOWN.name}, say in CHANGELOG.md which findings can change, and run `make content`"
    )


def test_no_version_stands_for_two_contents() -> None:
    names, digests = zip(*versions(), strict=True)
    assert len(set(names)) == len(names) and len(set(digests)) == len(digests)
    assert sorted(names, key=lambda name: [int(part) for part in name.split(".")]) == list(names)


def test_the_changelog_says_of_every_version_what_can_change() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = [part.partition("\n#")[0] for part in text.split(CHANGES)[1:]]
    told = [version for section in sections for version in re.findall(r"^Content (\d+\.\d+):", section, re.M)]
    assert told == [version for version, _ in versions()][::-1]


def test_the_certificate_is_of_this_content(base: RuleBase) -> None:
    assert json.loads((ROOT / "proof.json").read_text(encoding="utf-8"))["rule_base"] == base.digest
