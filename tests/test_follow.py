"""`salesdx follow`: what is done about a case, written as one entry and recorded; and what waits."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conftest import ROOT
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text
from salesdx.cli import cli
from salesdx.ledger.log import open_trail
from salesdx.trail.book import Book

TODAY = date.today()
START = TODAY - timedelta(days=40)
MANAGER, HR, SELLER = ("--as", "P-7", "--role", "sales_manager"), ("--as", "H-1", "--role", "hr"), ("--as", "P-9",
    "--role", "sales_rep")  # fmt: skip


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


class Followed:
    """A case file in a folder, and `salesdx follow` on it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "late.yaml"
        self.path.write_text((ROOT / "examples" / "late-delivery.yaml").read_text("utf-8"), "utf-8")
        (folder / "firm.yaml").write_text((ROOT / "examples" / "firm.yaml").read_text("utf-8"), "utf-8")

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, ["follow", str(self.path), *arguments])

    def done(self, *arguments: str) -> str:
        """The line that a step says."""
        found = self.run(*arguments)
        assert found.exit_code == 0, found.output
        return found.stdout.strip()

    def refused(self, *arguments: str) -> str:
        """The one line that says why not; the file is as it was."""
        before = self.path.read_bytes()
        found = self.run(*arguments)
        assert (found.exit_code, self.path.read_bytes()) == (1, before), found.output
        return found.stderr.strip().removeprefix("error: ")

    def entries(self, key: str) -> list[str]:
        """The lines of a list as they stand in the file."""
        text = self.path.read_text("utf-8")
        return [line[4:] for line in text.partition(f"\n{key}:\n")[2].split("\n") if line.startswith("  - ")]


@pytest.fixture
def case(tmp_path: Path) -> Followed:
    return Followed(tmp_path)


def accept(*more: str) -> tuple[str, ...]:
    return ("accept", "promise_date", "--owner", "P-7", "--start", START.isoformat(), *(more or MANAGER))


def test_a_recommendation_is_taken_on_with_the_rules_behind_it(case: Followed) -> None:
    before = case.path.read_text("utf-8")
    said = case.done(*accept())
    assert said == f"A1: “Honest promise dates”, taken on by P-7 from {START}, judged from {day(-12)} to {day(16)}"
    entry = f"{{id: A1, intervention: promise_date, rules: [D1, D3, D4, D6], owner: P-7, start: {START}, "
    added = f"actions:\n  - {entry}state: accepted, by: sales_manager, author: P-7}}\n"
    assert case.path.read_text("utf-8") == before.replace("\nfacts:", f"\n{added}facts:", 1)
    assert case.refused(*accept()) == f"“Honest promise dates” is on record as `A1` already, from {START} on"


def test_what_is_wrong_is_said_in_a_line_and_nothing_is_written(case: Followed) -> None:
    meant = "the rules have no intervention `promise_dat`; did you mean `promise_date`?"
    assert case.refused("accept", "promise_dat", "--owner", "P-7", *MANAGER) == meant
    person = "“Personal coaching plan of 30, 60 and 90 days” acts on a person, and nothing recommends it on these facts"
    assert case.refused("accept", "coaching_plan", "--owner", "P-7", *MANAGER) == person
    assert case.refused("decline", "price_test", "--reason", "no", *MANAGER).startswith("nothing recommends “")
    assert case.refused(*accept("--as", "P-7", "--role", "sales_managr")).startswith(
        "`sales_managr` is no respondent of these rules, so nobody speaks in that role; did you mean `sales_manager`?"
    )
    assert case.refused(*accept("--as", "Ana Kurz", "--role", "hr")).startswith("`Ana Kurz` is no identifier")
    assert case.refused(*accept("--until", day(30), *MANAGER)) == (
        "when “Honest promise dates” is judged follows from the rules, so nobody sets the day"
    )
    wrong = case.run("accept", "promise_date", "--owner", "P-7", "--start", "1.12.2026", *MANAGER)
    assert (wrong.exit_code, "must be a date, this is `1.12.2026`" in wrong.stderr) == (2, True)
    nobody = case.run(*accept("--as", "P-7"))
    assert (nobody.exit_code, "say in which role you speak: --role" in nobody.stderr) == (2, True)


def test_declining_needs_what_is_recommended_and_a_reason(case: Followed) -> None:
    said = case.done("decline", "Honest promise dates", "--reason", "the system is changed in spring", *MANAGER)
    assert said == "A1: “Honest promise dates”, declined: the system is changed in spring"
    assert case.refused("decline", "promise_date", "--reason", " ", *MANAGER) == "declining needs a reason"
    assert case.refused("session", "A1", "training", "--date", day(-1), *MANAGER) == "`A1` was declined"
    shown = json.loads(case.done("list", "--format", "json"))["actions"]
    assert [(one["state"], one["outcome"]) for one in shown] == [("declined", None)]


def test_sessions_are_held_missed_and_to_come_and_nobody_confirms_their_own_word(case: Followed) -> None:
    case.done(*accept())
    assert case.done("session", "A1", "training", "--date", day(-5), *MANAGER) == f"S1: training on {day(-5)}, held"
    assert case.done("session", "promise_date", "training", "--date", day(5), *MANAGER).endswith("planned")
    assert case.done("session", "A1", "training", "--date", day(-3), "--missed", *MANAGER).endswith("missed")
    assert case.refused("session", "A1", "training", "--date", day(-5), *MANAGER) == (
        "this session is on record as `S1` already"
    )
    assert case.refused("session", "A1", "training", "--date", day(-50), *MANAGER) == (
        f"`A1` begins on {START}, and {day(-50)} is before it"
    )
    assert case.refused("session", "A1", "training", "--date", day(2), "--missed", *MANAGER) == (
        f"{day(2)} is still to come, so nothing was missed"
    )
    assert case.refused("session", "A7", "training", *MANAGER) == "the case has no action `A7`; they are A1"
    assert case.refused("confirm", "S1", "--as", "p-7", "--role", "hr") == "nobody confirms their own word"
    assert case.refused("confirm", "S2", *HR) == "`S2` was not held, so there is nothing to confirm"
    assert case.done("confirm", "S1", *HR) == f"S1: training on {day(-5)}, confirmed by H-1"
    assert case.refused("confirm", "S1", *HR) == "`H-1` has confirmed `S1` already"
    line = f"{{id: S1, action: A1, what: training, date: {day(-5)}, held: true, by: sales_manager, author: P-7, "
    assert case.entries("sessions")[0] == f"{line}confirmed: [{{by: hr, author: H-1, date: {TODAY}}}]}}"


def test_a_planned_session_is_said_again_once_it_was_held(case: Followed, base: RuleBase) -> None:
    case.done(*accept())
    case.done("session", "A1", "training", "--date", day(3), *MANAGER)
    text = case.path.read_text("utf-8").replace(day(3), day(-1))  # four days later
    case.path.write_text(text, "utf-8")
    assert case.done("session", "A1", "training", "--date", day(-1), *HR).endswith("held")
    (session,) = case_from_text(case.path.read_text("utf-8"), "late", base).followed.sessions
    assert (session.held, session.by, session.author) == (True, "hr", "H-1")


def test_a_contest_stays_in_sight_when_it_is_taken_back(case: Followed, base: RuleBase) -> None:
    case.done(*accept())
    case.done("session", "A1", "coaching", "--date", day(-5), *MANAGER)
    assert case.done("contest", "S1", "--reason", "it was cancelled", *SELLER).endswith("contested: it was cancelled")
    assert case.refused("contest", "S1", "--reason", "again", *SELLER) == f"`S1` was contested already, on {TODAY}"
    assert case.refused("confirm", "S1", *HR) == "`S1` is contested; the contest is settled first"
    assert case.done("contest", "S1", "--withdraw", "--reason", "I mixed it up", *SELLER).endswith("I mixed it up")
    (session,) = case_from_text(case.path.read_text("utf-8"), "late", base).followed.sessions
    assert session.contested is not None and session.withdrawn is not None and not session.disputed
    assert case.refused("contest", "S1", "--withdraw", "--reason", "so", *SELLER) == "`S1` is not contested"


def test_events_and_what_a_person_judges(case: Followed) -> None:
    case.done(*accept())
    assert case.done("event", "absence", "--date", day(-20), "--days", "12", *HR) == f"absence, {day(-20)}, 12 days"
    assert case.refused("event", "absence", "--date", day(-20), *HR).startswith("an absence, and nothing else")
    assert case.refused("event", "goal", "--date", day(1), *HR) == f"{day(1)} is still to come"
    assert case.refused("event", "absence", "--date", day(-20), "--days", "12", *HR) == "this is on record already"
    assert case.refused("event", "goal", "--date", day(-9), "--kind", "opinon", *HR).startswith(
        "the ladder has no kind of evidence `opinon`; did you mean `opinion`?"
    )
    assert case.refused("judge", "A1", "--worked", *HR) == (
        "whether “Honest promise dates” worked is decided by its measure, and nobody types it"
    )
    assert "late: 12 days" not in case.done("list") and "absence" in case.done("list")


def test_a_report_shows_its_actions_in_every_format(case: Followed) -> None:
    case.done(*accept())
    for format_, shown in (
        ("text", "Honest promise dates (A1)"),
        ("markdown", "**Honest promise dates** (A1)"),
        ("html", "What was done about it"),
    ):
        found = CliRunner().invoke(cli, ["diagnose", str(case.path), "--full", "--format", format_])
        assert found.exit_code == 0 and shown in found.stdout, found.output
        told = found.stdout.replace("**", "")
        assert f"P-7, from {START}" in told and "too early to say" in told
    data = json.loads(CliRunner().invoke(cli, ["diagnose", str(case.path), "--format", "json"]).stdout)
    assert [(one["action"], one["owner"], one["state"], one["outcome"]) for one in data["actions"]] == [
        ("A1", "P-7", "due", "too_early")
    ]
    plain = CliRunner().invoke(cli, ["diagnose", str(ROOT / "examples" / "late-delivery.yaml"), "--format", "json"])
    assert "actions" not in json.loads(plain.stdout)


def test_what_waits_in_a_folder_as_text_data_and_calendar(case: Followed) -> None:
    folder = str(case.path.parent)
    nothing = CliRunner().invoke(cli, ["follow", "due", folder])
    assert (nothing.exit_code, "Nothing waits." in nothing.stdout) == (0, True)
    case.done(*accept())
    case.done("session", "A1", "training", "--date", day(-5), *MANAGER)
    (case.path.parent / "notes.yaml").write_text("actions: [walk the dog]\n", "utf-8")  # no case: passed over
    data = json.loads(CliRunner().invoke(cli, ["follow", "due", folder, "--format", "json"]).stdout)
    assert [(one["case"], one["action"], one["state"], one["respondent"]) for one in data["actions"]] == [
        ("late-delivery", "A1", "in_window", "production")
    ]
    assert [one["id"] for one in data["sessions"]] == ["S1"]
    calendar = CliRunner().invoke(cli, ["follow", "due", folder, "--format", "ics"]).stdout
    days = [line[19:] for line in calendar.splitlines() if line.startswith("DTSTART;VALUE=DATE:")]
    assert days == [day(-12).replace("-", ""), day(16).replace("-", "")]
    text = CliRunner().invoke(cli, ["follow", "due", folder]).stdout
    assert "To be measured now" in text and "Orders complete and on time" in text and "Sessions to be confirmed" in text
    case.path.write_text(case.path.read_text("utf-8").replace("state: accepted", "state: acepted"), "utf-8")
    wrong = CliRunner().invoke(cli, ["follow", "due", folder])
    assert wrong.exit_code == 1 and "did you mean `accepted`?" in wrong.stderr


def test_with_a_trail_every_step_and_every_outcome_is_a_record(case: Followed, tmp_path: Path) -> None:
    trail = ("--trail", str(tmp_path / "o.trail"))
    assert CliRunner().invoke(cli, ["trail", "init", *trail]).exit_code == 0
    late = ("accept", "promise_date", "--owner", "P-7", "--start", day(-80), *MANAGER)
    found = case.run(*late, *trail)
    assert found.exit_code == 0 and "recorded as 2" in found.stderr
    for step in (
        ("session", "A1", "training", "--date", day(-5), *MANAGER),
        ("confirm", "S1", *HR),
        ("contest", "S1", "--reason", "no", *SELLER),
        ("event", "prices", "--date", day(-2), *HR),
    ):
        case.done(*step, *trail)
    case.done("list", *trail)
    case.done("list", *trail)  # what was recorded once is not recorded again
    with open_trail(trail[1], None, write=False).read() as reader:
        kept = [(record.type, (record.body or {})["done"]) for record in Book(reader).records() if record.seq > 1]
    assert kept == [
        ("action", "accepted"), ("session", "held"), ("session", "confirmed"), ("session", "contested"),
        ("review", "prices"), ("outcome", "not_worked"),
    ]  # fmt: skip
    listed = CliRunner().invoke(cli, ["trail", "list", *trail, "--type", "session", "--format", "json"])
    assert [one["what"] for one in json.loads(listed.stdout)] == [
        f"S1, training, {done}, {day(-5)}" for done in ("held", "confirmed", "contested")
    ]
    before = case.path.read_bytes()
    other = CliRunner().invoke(cli, ["follow", str(case.path), "confirm", "S1", *SELLER, "--trail", "nowhere.trail"])
    assert (other.exit_code, case.path.read_bytes()) == (1, before), "what is not recorded is not written"
