"""`salesdx fmt`: keys come into one order, and nothing else happens to a file."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path
from random import Random

import pytest

import salesdx
from commands import run_salesdx
from conftest import ROOT
from salesdx.authoring.formatting import formatted, plain_data
from salesdx.base.model import RuleBase
from salesdx.text.source import parse_yaml

FILES = [path for room in ("knowledge", "rules", "rules/cases") for path in sorted((ROOT / room).glob("*.yaml"))]

MESSY = """\
# About these rules
- because: Why {a}.
  # how much it proves
  strength: strong   # it does
  when: >-
    a > 1 and
    b < 2

  # the name
  id: R1
  note: |
    first

    # not a comment
  finding: found
# about the second
- id: R2
  finding: other
  strength: weak
  when: a > 2
  because: B.
"""
TIDY = """\
# About these rules
# the name
- id: R1
  # how much it proves
  strength: strong   # it does
  when: >-
    a > 1 and
    b < 2

  finding: found
  because: Why {a}.
  note: |
    first

    # not a comment
# about the second
- id: R2
  strength: weak
  when: a > 2
  finding: other
  because: B.
"""


def test_keys_come_into_order_and_comments_go_with_them() -> None:
    assert formatted(MESSY, "rules/pricing.yaml") == TIDY
    assert formatted(TIDY, "rules/pricing.yaml") == TIDY


def test_the_shipped_files_have_the_form() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert formatted(text, path.relative_to(ROOT).as_posix()) == text, path


def shuffled(text: str, random: Random) -> str:
    """A rules file with the keys of each rule in another order, and comments on some."""
    made = []
    for rule in text.split("\n- ")[1:]:
        lines = rule.rstrip("\n").split("\n")
        blocks: list[list[str]] = []
        for line in ["  " + lines[0], *lines[1:]]:
            if line[:2] == "  " and line[2:3].strip() and not line[2:].startswith("#"):
                blocks.append([])
            blocks[-1].append(line)
        random.shuffle(blocks)
        first, *rest = blocks
        made.append("- " + first[0][2:])
        made += first[1:]
        for block in rest:
            made += [f"  # comment {random.random()}"] * (random.random() < 0.3)
            made += block
    return "\n".join(made) + "\n"


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_order_was_the_meaning_and_every_comment_stay(seed: int) -> None:
    random = Random(seed)
    texts = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "rules").glob("*.yaml"))}
    path = random.choice([path for path, text in texts.items() if "\n- " in text])  # a profile has no rules
    name = f"rules/{path.name}"
    text = shuffled(texts[path], random)
    made = formatted(text, name)
    before, after = (parse_yaml(part, name)[0] for part in (text, made))
    assert before is not None
    assert after is not None
    assert plain_data(before) == plain_data(after)
    comments = [Counter(line.strip() for line in part.splitlines() if "# comment" in line) for part in (text, made)]
    assert comments[0] == comments[1]
    assert formatted(made, name) == made
    keys = [[key.text for key, _ in item.entries][:2] for item in after.items]  # type: ignore[union-attr]
    assert all(first == ["id", "strength"] for first in keys)


@pytest.mark.parametrize(
    "text", ["", "a: [", "- {because: b, id: R1}\n", "- id: R1\n  id: R1\n", "just text\n", "- - -\n", "\t\n"]
)
def test_what_has_faults_or_no_lines_of_its_own_stays(text: str) -> None:
    assert formatted(text, "rules/pricing.yaml") == text


def test_line_ends_and_spaces_at_ends_of_lines_are_mended() -> None:
    assert formatted("- id: R1  \n  strength: weak\n\n\n", "rules/a.yaml") == "- id: R1\n  strength: weak\n"


def test_the_command_changes_files_in_place_and_means_the_same(tmp_path: Path, base: RuleBase) -> None:
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, tmp_path / room)
    path = tmp_path / "rules/pricing.yaml"
    path.write_text(shuffled(path.read_text(encoding="utf-8"), Random(1)), encoding="utf-8")

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return run_salesdx("fmt", "--home", tmp_path, *more, env={})

    before = path.read_text(encoding="utf-8")
    looked = run("--check")
    assert (looked.returncode, path.read_text(encoding="utf-8")) == (1, before)
    done = run()
    assert done.returncode == 0, done.stderr
    assert f"changed {path}" in done.stdout
    assert run("--check").returncode == 0
    assert [(r.id, r.text) for r in salesdx.load(tmp_path).rules] == [(r.id, r.text) for r in base.rules]
