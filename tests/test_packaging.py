"""The package: what is in it, and that it works where there is no checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import click
import networkx
import pytest
import yaml

from conftest import ROOT

pytestmark = pytest.mark.slow

EXAMPLE = "late-delivery.yaml"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist."""
    folder = tmp_path_factory.mktemp("built")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(folder)], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` of a fresh environment with the wheel; the libraries are those that run this test."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    (wheel,) = built.glob("*.whl")
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, str(wheel)], check=True)
    (packages,) = (folder / "lib").glob("python3*/site-packages")
    homes = {str(Path(library.__file__).parents[1]) for library in (click, networkx, yaml)}
    (packages / "libraries.pth").write_text("\n".join(sorted(homes)), encoding="utf-8")
    return folder / "bin"


def run(command: list[str], cwd: Path) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_installed_package_diagnoses_an_example_from_another_folder(installed: Path, tmp_path: Path) -> None:
    for name in (EXAMPLE, "firm.yaml"):
        shutil.copy(ROOT / "examples" / name, tmp_path)
    found = json.loads(run([str(installed / "salesdx"), "diagnose", EXAMPLE, "--format", "json"], tmp_path))
    assert found["concluded"] == "delivery"
    home = run([str(installed / "python"), "-c", "import salesdx.base.loading as l; print(l.shipped_home())"], tmp_path)
    assert Path(home.strip()).is_relative_to(installed.parent)


def test_installed_package_copies_its_content_for_a_firm_to_edit(installed: Path, tmp_path: Path) -> None:
    run([str(installed / "salesdx"), "init", "ours"], tmp_path)
    for room in ("knowledge", "rules"):
        shipped = {path.relative_to(ROOT / room): path.read_bytes() for path in (ROOT / room).rglob("*.yaml")}
        copied = tmp_path / "ours" / room
        assert {path.relative_to(copied): path.read_bytes() for path in copied.rglob("*.yaml")} == shipped
    assert run([str(installed / "salesdx"), "check", "--home", "ours"], tmp_path).startswith("no faults")


def test_wheel_holds_the_code_and_the_content_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    paths = [ROOT / "proof.json", *(path for room in ("knowledge", "rules", "schemas") for path in files(room))]
    content = {f"salesdx/content/{path.relative_to(ROOT)}" for path in paths}
    content |= {f"salesdx/content/{path.relative_to(ROOT / 'tests')}" for path in files("tests/checks")}
    code = {str(path.relative_to(ROOT / "src")) for path in files("src/salesdx") if path.parent.name != "__pycache__"}
    assert names == content | code


def test_sdist_holds_what_tests_and_readers_need(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "Makefile", "pyproject.toml"]
    wanted += ["cli.py", "docs/conf.py", "docs/report.png", "docs/site/index.html"]
    wanted += [".ci/run", "docs/language.md", "knowledge/ladder.yaml", "tests/conftest.py", f"examples/{EXAMPLE}"]
    assert not [name for name in wanted if name not in names]
    content = [path for room in ("knowledge", "rules", "schemas") for path in files(room)]
    assert {str(path.relative_to(ROOT)) for path in [ROOT / "proof.json", *content]} <= names


def test_wheel_can_be_built_from_the_sdist(built: Path, tmp_path: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    subprocess.run(["tar", "-xzf", str(sdist), "-C", str(tmp_path)], check=True)
    (folder,) = tmp_path.iterdir()
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=folder, check=True)
    (first,), (second,) = built.glob("*.whl"), (folder / "dist").glob("*.whl")
    assert sorted(zipfile.ZipFile(first).namelist()) == sorted(zipfile.ZipFile(second).namelist())


def files(room: str) -> list[Path]:
    return [path for path in (ROOT / room).rglob("*") if path.is_file()]
