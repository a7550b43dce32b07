"""A year of human resources with six persons and the one whom it is about, from the first key to a bundle that proves
itself where there is no salesdx."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alone import run_alone
from commands import run_salesdx
from conftest import ROOT
from salesdx.base.model import RuleBase
from salesdx.ledger.moments import utc_now
from served import Office, office

COMPLETE, HELD_BACK = ROOT / "examples/complete-file.yaml", ROOT / "examples/held-back.yaml"
YEAR = timedelta(364)
SPEAKS = {
    "olsen": ("sales_manager", "sales_ops", "finance", "product", "production", "customer_service", "marketing"),
    "meier": ("sales_manager", "enablement"),
    "cleo": ("hr", "legal"),
    "finn": ("legal", "reviewer", "hr"),
    "e-2077": ("sales_rep", "employee"),
}
"""Who holds which roles; `anna` and `ben` administer, and do nothing else."""


@pytest.fixture
def firm(tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with office(tmp_path, str(tmp_path / "trail"), base, YEAR) as found:
        found.enter(
            **{who: f"{roles[0]} {'meier' if who == 'e-2077' else ''}".strip() for who, roles in SPEAKS.items()}
        )
        more = [(who, role) for who, roles in SPEAKS.items() for role in roles[1:]]
        found._change(*(("role_given", {"person": w, "role": r, "from": "", "until": ""}) for w, r in more))
        yield found


def until(firm: Office, day: str) -> None:
    """The firm works on until a day of the year that ends today, counted from its begin."""
    firm.later(days=(datetime.fromisoformat(f"{day}T09:00Z") - firm.server.now()) / timedelta(days=1))


def did(firm: Office, who: str, role: str, *words: str | Path, fails: str | None = None) -> str:
    firm.log_in(who, role)
    return " ".join(firm.run(who, *words, fails=fails).split())


def vouch(firm: Office, case: str) -> None:
    """Everybody says of what stands in their name that it is their own word."""
    for who, roles in SPEAKS.items():
        for role in roles:
            if role in firm.base.respondents:
                did(firm, who, role, "trail", "vouch", case, "--yes")


def test_a_year(firm: Office) -> None:
    signing = ("trail", "sign-off", "complete-file")
    firm.adopt("cleo", "finn")

    # October: the manager types a whole file; nobody has said a word of it
    until(firm, "2026-10-08")
    assert [file.status for file in firm.recorded("meier", COMPLETE).files] == ["not_reached"]
    assert "complete-file" in did(firm, "e-2077", "sales_rep", "trail", "vouch")
    vouch(firm, "complete-file")
    did(firm, "cleo", "hr", "trail", "hold", "add", "--case", "complete-file", "--reason", "the works council asks")
    did(firm, "e-2077", "employee", "trail", "statement", "complete-file", "--text", "I was ill in August")
    assert [file.status for file in firm.recorded("meier", COMPLETE).files] == ["eligible_for_human_review"]

    # the line manager may not look at it as a reviewer would; two persons read, and one refuses
    did(firm, "meier", "sales_manager", *signing, fails="`sales_manager` may not do this")
    assert "I was ill in August" in did(firm, "cleo", "hr", *signing)
    did(firm, "finn", "reviewer", *signing)
    did(firm, "cleo", "hr", *signing, "--approve", "--reason", "too early", fails="`cleo` may sign from")
    firm.later(hours=25)
    did(firm, "cleo", "hr", *signing, "--approve", "--reason", "coaching was given, and measured")
    assert "coaching was given" not in did(firm, "finn", "reviewer", *signing, "--status")
    did(firm, "finn", "reviewer", *signing, "--refuse", "--reason", "the illness was not looked at")
    assert "closed for good" in did(firm, "cleo", "hr", *signing, "--status")

    # it stays closed under another name, until a fact has changed
    until(firm, "2026-10-20")
    copy = firm.folder / "copy.yaml"
    copy.write_text(COMPLETE.read_text().replace("case: complete-file", "case: again"))
    (firm.folder / "firm.yaml").write_text(COMPLETE.with_name("firm.yaml").read_text())
    firm.recorded("meier", copy)
    vouch(firm, "again")
    firm.recorded("meier", copy)
    did(firm, "cleo", "hr", "trail", "sign-off", "again", fails="refused")
    before = "scope_season_adjusted_attainment_pct: {value: 51"
    copy.write_text(copy.read_text().replace(before, before.replace("51", "52")).replace("2026-10-06", "2026-10-19"))
    firm.recorded("meier", copy)
    vouch(firm, "again")
    assert [file.status for file in firm.recorded("meier", copy).files] == ["eligible_for_human_review"]
    signing = ("trail", "sign-off", "again")
    against = did(firm, "cleo", "hr", *signing)
    assert "the illness was not looked at" in against
    did(firm, "finn", "reviewer", *signing)
    firm.later(hours=25)
    did(firm, "finn", "reviewer", *signing, "--approve", "--reason", "the illness was looked at")
    shown = did(firm, "cleo", "hr", *signing, "--approve", "--reason", "coaching was given twice, and measured")
    assert "may be considered. This is no recommendation" in shown
    assert "How the result about you came about" in did(firm, "cleo", "hr", "trail", "explain-to", "employee", "again")

    # November: the hold ends by two of legal, and what another person asked to have erased is gone after a week
    until(firm, "2026-11-05")
    firm.recorded("meier", HELD_BACK)
    hold = held(firm)
    release = ("trail", "hold", "release", str(hold), "--reason", "the works council agreed")
    did(firm, "meier", "sales_manager", *release, fails="may not do this")
    did(firm, "cleo", "legal", *release)
    did(firm, "cleo", "legal", *release, fails="another person confirms it")
    did(firm, "finn", "legal", *release)
    erase = ("trail", "erase", "E-1042", "--yes", "--reason", "asked for by letter")
    did(firm, "cleo", "hr", *erase)
    did(firm, "finn", "hr", *erase)
    did(firm, "cleo", "hr", *erase, fails="7 days after record")
    firm.later(days=7, minutes=1)
    assert "Erased" in did(firm, "cleo", "hr", *erase)

    # the end of the year: everything leaves in one file, and is proved where there is no salesdx
    firm.later(days=(utc_now() - firm.server.now()) / timedelta(days=1))
    did(firm, "cleo", "hr", "trail", "export", "--all", "--output", "year.zip")
    public, trail = str(firm.trail.key.public), str(firm.folder / "trail")  # type: ignore[union-attr]
    anchor = firm.folder / "year.checkpoint"
    run_salesdx("trail", "checkpoint", "--trail", trail, "--output", anchor)
    verified = run_salesdx("trail", "verify", "--trail", trail, "--public-key", public, "--anchor", anchor)
    assert verified.stdout.startswith("VERIFIED-WITH-ERASURES\n"), verified.stdout
    away = firm.folder / "away"
    away.mkdir()
    bundle = zipfile.ZipFile(firm.folder / "year.zip")
    (away / "verify.py").write_bytes(bundle.read("verify.py"))
    (away / "year.zip").write_bytes((firm.folder / "year.zip").read_bytes())
    (away / "anchor").write_bytes(anchor.read_bytes())
    alone = run_alone(away, "year.zip", "--key", public, "--anchor", "anchor")
    assert alone.stdout.startswith("VERIFIED-WITH-ERASURES\n"), alone.stdout
    told = re.search(r"(\d+) persons are in the register, and (\d+) records hold a signature", alone.stdout)
    assert told is not None and (int(told[1]), int(told[2]) >= 30) == (7, True), alone.stdout


def held(firm: Office) -> int:
    """The record of the hold."""
    with firm.trail.read() as reader:
        return next(reader.rows(types=("hold",))).seq
