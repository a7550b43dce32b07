"""The unit of systemd and the container file: each step is done in a clean folder, and the service runs as they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from conftest import ROOT
from lacking import lacking
from salesdx.ledger.log import open_trail
from test_serve import begin

pytestmark = pytest.mark.slow
UNIT = (ROOT / "deploy/salesdx.service").read_text(encoding="utf-8")
HOST = {"Host": "reviews.firm.example"}
FOLDERS = re.compile(r"(?<![\w.])/(?=build|opt|data)")
ANALYZE = shutil.which("systemd-analyze")


@dataclass
class Image:
    """A folder as the root of a container, made by the steps of a container file in this machine's Python."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    entry: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)

    def here(self, text: str) -> str:
        return FOLDERS.sub(f"{self.root}/", text)

    def step(self, word: str, rest: str) -> None:
        match word:
            case "COPY":
                source, target = rest.removeprefix("--from=build ").split()
                if source == ".":
                    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
                    for name in filter(None, files.decode().split("\0")):
                        if (ROOT / name).exists():
                            (self.root / "build" / name).parent.mkdir(parents=True, exist_ok=True)
                            shutil.copy(ROOT / name, self.root / "build" / name)
                else:
                    assert source == target and Path(self.here(source)).is_dir()
            case "RUN":
                self.run(shlex.split(self.here(rest)))
            case "ENV":
                name, _, value = rest.partition("=")
                self.environment[name] = self.here(value)
            case "ENTRYPOINT" | "CMD":
                self.entry += [self.here(part) for part in json.loads(rest)]
            case _:
                self.settings[word] = rest

    def run(self, command: list[str]) -> None:
        """What is built is built; libraries are those of this test, as nothing is fetched here."""
        pip = {
            "PIP_NO_DEPS": "1",
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        command = [sys.executable if part == "python" else part for part in command]
        subprocess.run(command, env=os.environ | pip, check=True, capture_output=True)
        for packages in self.root.glob("opt/salesdx/lib/python3*/site-packages"):
            (packages / "libraries.pth").write_text("\n".join(path for path in sys.path if "site-packages" in path))

    def state(self) -> dict[str, float]:
        """All files but those of the volume."""
        kept = self.root / self.settings["VOLUME"].strip("/")
        return {
            str(path): path.stat().st_mtime
            for path in self.root.rglob("*")
            if path.is_file() and not path.is_relative_to(kept)
        }


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    found = Image(tmp_path_factory.mktemp("root"))
    for line in (ROOT / "deploy/Containerfile").read_text(encoding="utf-8").splitlines():
        word, _, rest = line.partition(" ")
        if word and not word.startswith("#"):
            found.step(word, rest)
    return found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_the_image_serves_and_writes_its_volume_alone(image: Image) -> None:
    assert (image.settings["USER"], image.settings["VOLUME"]) == ("10001:10001", "/data")
    data, port = image.root / "data", free_port()
    data.mkdir()
    env = {"PATH": "/usr/bin:/bin"} | image.environment | {"SALESDX_PORT": str(port)}
    salesdx, serve = image.entry[:-1], image.entry[-1]
    assert (salesdx, serve) == ([f"{image.root}/opt/salesdx/bin/salesdx"], "serve")
    subprocess.run([*salesdx, "trail", "init"], env=env, cwd=data, check=True, capture_output=True)
    begin(open_trail(str(data / "ours.trail")), data)
    before = image.state()
    refused = subprocess.run([*salesdx, serve], env=env, cwd=data, capture_output=True, text=True)
    assert "beyond this machine it takes --address" in refused.stderr
    env["SALESDX_ADDRESS"] = "https://reviews.firm.example"
    with subprocess.Popen(
        [*salesdx, serve], env=env, cwd=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None and running.stdout.readline().strip() == f"http://0.0.0.0:{port}".encode()
        url = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{url}/login", headers=HOST).status_code == 200
        assert httpx.get(f"{url}/login").status_code == 421
        assert httpx.get(f"{url}/metrics", headers=HOST).status_code == 404
        told = json.loads(image.settings["HEALTHCHECK"].removeprefix("CMD "))
        health = [image.here(part).replace(":8765/", f":{port}/") for part in told]
        assert subprocess.run(health, env=env).returncode == 0
        running.terminate()
        assert running.wait(30) in (0, -15)
    assert subprocess.run(health, env=env, capture_output=True).returncode != 0, "nobody is well who does not run"
    assert image.state() == before
    assert {path.name for path in data.iterdir()} >= {"ours.trail", "ours.trail.key"}


def unit() -> dict[str, list[str]]:
    """Setting of the unit -> its values."""
    found: dict[str, list[str]] = {}
    for line in UNIT.splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_starts_the_service(tmp_path: Path) -> None:
    told, port, credentials = unit(), free_port(), tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "metrics-token").write_text("s3cret\n")
    settings = tmp_path / "settings.toml"
    settings.write_text(f'trail = "ours.trail"\naddress = "https://reviews.firm.example"\nport = {port}\n')
    env = {"PATH": "/usr/bin:/bin"}
    for value in told["Environment"]:
        env |= dict(part.split("=", 1) for part in value.replace("%d", str(credentials)).split())
    env |= {"HOME": str(tmp_path), "SALESDX_SETTINGS": str(settings)}
    command = shlex.split(told["ExecStart"][0])
    assert command[0] == "/opt/salesdx/bin/salesdx" and told["ProtectSystem"] == ["strict"]
    assert told["LoadCredential"] == ["metrics-token:/etc/salesdx/metrics-token"]
    salesdx = [sys.executable, "-m", "salesdx"]
    subprocess.run([*salesdx, "trail", "init"], env=env, cwd=tmp_path, check=True, capture_output=True)
    begin(open_trail(str(tmp_path / "ours.trail")), tmp_path)
    with subprocess.Popen(
        [*salesdx, *command[1:]], env=env, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None and running.stdout.readline()
        url = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{url}/metrics", headers=HOST).status_code == 404
        allowed = httpx.get(f"{url}/metrics", headers=HOST | {"Authorization": "Bearer s3cret"})
        assert "salesdx_ready 1.0" in allowed.text
        running.terminate()
        assert running.wait(float(told["TimeoutStopSec"][0])) in (0, -15)
        assert running.stderr is not None
        lines = [line for line in running.stderr.read().decode().splitlines() if line.startswith("{")]
        assert [json.loads(line)["route"] for line in lines] == ["/metrics", "/metrics"]


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    if ANALYZE is None:
        lacking("systemd-analyze: apt-get install systemd")
    (tmp_path / "salesdx.service").write_text(UNIT.replace("/opt/salesdx/bin/salesdx", "/bin/true"))
    for words in (["verify"], ["security", "--offline=true", "--threshold=20"]):
        done = subprocess.run([str(ANALYZE), *words, str(tmp_path / "salesdx.service")], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("✓") > 60
