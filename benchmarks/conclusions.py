"""Questions to a conclusion over the worked cases, by who answers them: at an earlier commit and here.

Run with ``make bench-conclusions``. Prints a table in Markdown; nothing is asserted. Each worked case is played from
its head and the profile of its firm: its own facts are the answers, and what it lacks is not known. A case is at its
end when the cause that it has is concluded, or the goal is known to be met; else when nothing is left to ask. Of the
earlier commit the same file runs on its own rules and cases.
"""

from __future__ import annotations

import argparse
import inspect
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

BEFORE = "e71c0a7"
"""The last commit before facts were statements with an author and a weight."""
ROOT = Path(__file__).parents[1]
HOME = Path(os.environ.get("CONCLUSIONS_HOME", ROOT))
"""The checkout that is played."""
sys.path.insert(0, str(HOME / "src"))

import salesdx  # noqa: E402
from salesdx.authoring.worked_cases import case_files  # noqa: E402
from salesdx.base.model import RuleBase  # noqa: E402
from salesdx.case.memory import WorkingMemory  # noqa: E402
from salesdx.engine.diagnose import quick  # noqa: E402
from salesdx.interview.question import survey, with_answer  # noqa: E402

MANAGER = "sales_manager"
WORDS = inspect.signature(survey).parameters
"""What an interview can be told; before it had no speaker, and no imprecise answers."""


class Play:
    """One worked case on its way to its end."""

    def __init__(self, base: RuleBase, known: WorkingMemory) -> None:
        self.base, self.known = base, known
        head = {name: known.statements[name] for name in getattr(known, "fixed", ())}
        self.memory = replace(known, statements={**known.profile, **head})
        self.wanted, self.asked = self.result(known), dict[str, None]()

    def result(self, memory: WorkingMemory) -> str:
        """The cause that is concluded, or that the goal was met; empty where neither is so."""
        found = quick(self.base, memory)
        if found.mode == self.base.ladder.success_mode:
            return found.mode
        return found.concluded.stage.id if found.concluded else ""

    @property
    def ended(self) -> bool:
        """Whether the case is where it leads to."""
        return bool(self.wanted) and self.result(self.memory) == self.wanted

    def answer(self, name: str) -> None:
        """The answer of the worked case to one question."""
        self.asked[name] = None
        self.memory = with_answer(self.memory, name, self.known.statements.get(name, ()))

    def interview(self, **words: Any) -> None:
        """Questions until the end of the case, or of the interview."""
        while not self.ended:
            told = {"kept": [*self.asked], **words} if "kept" in WORDS else words
            question = survey(self.base, self.memory, **told).question
            if question is None or question.term.name in self.asked:
                return
            self.answer(question.term.name)

    def hand_over(self) -> None:
        """The manager's own questions in an interview, then a questionnaire for each of the others, until the end."""
        from salesdx.interview.open_questions import questions_by_respondent
        from salesdx.interview.speaker import Speaker

        self.interview(speaker=Speaker(MANAGER, "", (MANAGER,)))
        while not self.ended:
            forms = questions_by_respondent(self.base, self.memory).values()
            new = [term.name for terms in forms for term in terms if term.name not in self.asked]
            if not new:
                return
            for name in new:
                self.answer(name)

    def by_respondent(self) -> Counter[str]:
        """How many questions each respondent was asked."""
        return Counter(self.base.terms[name].respondent for name in self.asked)


def played(handed_over: bool) -> dict[str, dict[str, int]]:
    """Case -> respondent -> questions."""
    base, found = salesdx.load(HOME if HOME != ROOT else None), {}
    for path in case_files([HOME / "rules" / "cases"]):
        play = Play(base, salesdx.read_case(path, base))
        if handed_over:
            play.hand_over()
        else:
            play.interview()
        found[path.stem] = dict(play.by_respondent())
    return found


def played_at(commit: str) -> dict[str, dict[str, int]]:
    """The same of a commit, by a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(["git", "-C", ROOT, "archive", commit], check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as files:
            files.extractall(folder, filter="data")
        run = [sys.executable, __file__, "--play"]
        shown = subprocess.run(run, check=True, capture_output=True, env={**os.environ, "CONCLUSIONS_HOME": folder})
    return dict(json.loads(shown.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", default=BEFORE, help="the earlier commit")
    parser.add_argument("--play", action="store_true", help="print the questions of each case as JSON, and no table")
    options = parser.parse_args()
    if options.play:
        print(json.dumps(played(handed_over=False)))
        return
    columns = (played_at(options.before), played(handed_over=False), played(handed_over=True))
    cases = [name for name in columns[0] if name in columns[1]]
    print(f"Questions to a conclusion, mean over {len(cases)} worked cases:\n")
    print("| asked of | before | now, one question after the other | now, handed over |\n|---|---|---|---|")
    sums = [Counter[str]() for _ in columns]
    for total, found in zip(sums, columns, strict=True):
        for name in cases:
            total.update(found[name])
    for who, words in salesdx.load().respondents.items():
        if any(total[who] for total in sums):
            print(f"| {words} | {' | '.join(f'{total[who] / len(cases):.1f}' for total in sums)} |")
    print(f"| all | {' | '.join(f'{total.total() / len(cases):.1f}' for total in sums)} |")


if __name__ == "__main__":
    main()
