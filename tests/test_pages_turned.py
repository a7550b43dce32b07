"""Changed rules at the pages: how many open reviews would turn, and a whole base as a zip that stays inside."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from lxml import html

from conftest import ROOT
from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.web.rule_zips import BadZip, unzipped_rules
from served import Office, office
from test_pages_keeping import faults
from test_pages_rules import SOFTER

RULE = """- id: G2
  strength: strong
  title: The goal has no number, unit or date
  when: not goal_measurable
"""
STAY = RULE.replace("strong", "weak")


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(max="sales_manager", carl="consultant")
        yield found


def zipped(files: dict[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as found:
        for name, text in files.items():
            found.writestr(name, text)
    return made.getvalue()


def whole(top: str = "", change: Callable[[str], str] = str) -> dict[str, str | bytes]:
    """The shipped base as files, with its rules of goals changed."""
    names = [path for room in ("knowledge", "rules") for path in sorted((ROOT / room).rglob("*.yaml"))]
    found: dict[str, str | bytes] = {top + str(path.relative_to(ROOT)): path.read_text("utf-8") for path in names}
    return found | {f"{top}rules/goals.yaml": change((ROOT / "rules/goals.yaml").read_text("utf-8"))}


def sent(carl: Visitor, data: bytes, page: str = "/rules/compare", ends: str = "/base") -> httpx.Response:
    action, fields = carl.form(page, ends)
    files = {"zip": ("base.zip", data, "application/zip")}
    return carl._sent("POST", action, data=fields, files=files, headers={"Origin": carl.firm.url})


def open_reviews(text: str) -> str:
    (found,) = html.fromstring(text).xpath("//section[@class='first']")
    return " ".join(found.text_content().split())


def test_open_reviews_that_turn_are_told_in_numbers_by_step(firm: Office) -> None:
    max_, carl = Visitor(firm, "max"), Visitor(firm, "carl")
    for who in (max_, carl):
        who.enter()
    cases = [max_.begin(subject="company") for _ in range(3)]
    for case in cases[:2]:
        max_.answer(case, "goal_measurable", "no")
    same = sent(carl, zipped(whole("ours/")))
    assert same.status_code == 200, faults(same.text)
    assert open_reviews(same.text) == "Open reviews Of 3 open reviews, none would come out otherwise."

    def weaker(text: str) -> str:
        assert RULE in text
        return text.replace(RULE, STAY)

    given = sent(carl, zipped(whole(change=weaker)))
    assert given.status_code == 200, faults(given.text)
    told = open_reviews(given.text)
    assert told.startswith("Open reviews Of 3 open reviews, 2 would come out otherwise."), told
    assert told.endswith("another status in 2"), told
    assert all(case not in given.text for case in cases), "a consultant sees no case"
    part = sent(carl, zipped({"rules/goals.yaml": SOFTER, "README.md": "what we want"}))
    assert part.status_code == 200, faults(part.text)
    assert "Of 3 open reviews, none would" in open_reviews(part.text)


HOSTILE = {
    "no zip": (b"PK no zip", "this is no zip that can be read"),
    "empty": (zipped({}), "it has no YAML in knowledge or rules"),
    "out": (zipped({"../rules/goals.yaml": "x"}), "it has a path in it that is none of a rule base"),
    "absolute": (zipped({"/rules/goals.yaml": "x"}), "it has a path in it that is none of a rule base"),
    "deep out": (zipped({"rules/../../x.yaml": "x"}), "it has a path in it that is none of a rule base"),
    "windows": (zipped({"rules\\goals.yaml": "x"}), "it has a path in it that is none of a rule base"),
    "layer": (zipped({"layer.yaml": "extends: /etc", "rules/x.yaml": ""}), "leave out layer.yaml: what is changed is"),
    "bomb": (zipped({"rules/goals.yaml": b"\n" * (11 << 20)}), "what is in it is longer than 10 MiB"),
    "many": (zipped({f"rules/{n}.yaml": "" for n in range(501)}), "it has more than 500 files"),
    "two": (zipped({"rules/Goals.yaml": "", "rules/goals.yaml": ""}), "it has two files of one name"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_zips(tmp_path: Path, name: str) -> None:
    data, fault = HOSTILE[name]
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(BadZip) as told:
        unzipped_rules(data, inside)
    assert str(told.value).startswith(fault)
    assert [path.name for path in tmp_path.iterdir()] == ["inside"], "nothing got out"


def test_a_link_and_a_lie_about_the_size(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as found:
        link = zipfile.ZipInfo("rules/goals.yaml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        found.writestr(link, "/etc/passwd")
    with pytest.raises(BadZip, match="no plain file"):
        unzipped_rules(made.getvalue(), tmp_path)
    data = zipped({"rules/goals.yaml": b"\n" * (11 << 20)})
    lies = data.replace((11 << 20).to_bytes(4, "little"), (11).to_bytes(4, "little"))
    with pytest.raises(BadZip):
        unzipped_rules(lies, tmp_path)
    for end in range(0, len(data), 997):
        with pytest.raises(BadZip):
            unzipped_rules(data[:end], tmp_path)


def test_faults_of_a_zip_stand_with_their_file(firm: Office) -> None:
    carl = Visitor(firm, "carl")
    carl.enter()
    given = sent(carl, zipped({"rules/goals.yaml": "- id: G2\n  strenth: weak\n"}))
    assert given.status_code == 422
    assert faults(given.text)[0].startswith("rules/goals.yaml, line 1, column 7: rule G2 needs the keys")
    given = sent(carl, zipped({"../x.yaml": "x"}))
    assert (given.status_code, faults(given.text)) == (422, ["it has a path in it that is none of a rule base"])
    given = carl._sent("POST", "/rules/compare/base", data=carl.form("/rules/compare", "/base")[1], files={"x": b""},
                       headers={"Origin": firm.url})  # fmt: skip
    assert faults(given.text) == ["choose the zip"]
    max_ = Visitor(firm, "max")
    max_.enter()
    fields = {"form_token": max_.token()}
    files = {"zip": ("base.zip", zipped({}), "application/zip")}
    given = max_._sent("POST", "/rules/compare/base", data=fields, files=files, headers={"Origin": firm.url})
    assert given.status_code == 404
