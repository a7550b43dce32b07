"""Texts in the editor, in the place of the files that they will be, and the rule bases that they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from salesdx.authoring.worked_cases import CASES, SUFFIXES
from salesdx.base.copying import COPIED
from salesdx.base.layers import LAYER, folders
from salesdx.base.loading import LADDER, shipped_home
from salesdx.text.source import read_text

ROOMS = ("knowledge", "rules", CASES.as_posix())
Folders = tuple[tuple[Path, str], ...]
"""The folders of a rule base and their paths in messages, the lowest layer first."""


@dataclass
class Overlay:
    """The open texts by path. What is not open is as it is on the disk."""

    texts: dict[Path, str] = field(default_factory=dict)

    def home(self, path: Path) -> Path | None:
        """The folder of the rule base that a file belongs to; None for a file of none."""
        parts = path.parts
        for depth in (2, 3, 1):
            home, name = Path(*parts[:-depth]), "/".join(parts[-depth:])
            room = name.rpartition("/")[0]
            if (room in ROOMS if room else name in (LAYER, COPIED)) and self._is_home(home):
                return home
        return None

    def homes(self) -> dict[Path, None]:
        """The rule bases that some text is open of, each once."""
        return dict.fromkeys(home for path in self.texts if (home := self.home(path)) is not None)

    def instead(self, home: Path) -> dict[Path, str]:
        """What counts in the place of the files of a rule base and of the layers below it."""
        return self._under(self.folders(home)) | self._under(((home, ""),))

    def folders(self, home: Path) -> Folders:
        """The folders of a rule base, as far as its layers say what they extend."""
        return tuple(folders(home, str(home), shipped_home, self._under(((home, ""),))))

    def text(self, path: Path) -> str | None:
        """The text of a file as the editor has it, else as the disk has it; None where there is none to read."""
        return self.texts[path] if path in self.texts else read_text(path, str(path))[0]

    def files(self, home: Path) -> Iterator[tuple[Path, str]]:
        """The files of a rule base with its worked cases, open or not, and their names; the lowest layer first."""
        instead = self.instead(home)
        for folder, _ in self.folders(home):
            for name in (LAYER, COPIED):
                if (folder / name) in instead or (folder / name).is_file():
                    yield folder / name, name
            for room in ROOMS:
                inside = folder / room
                found = {path for path in (inside.iterdir() if inside.is_dir() else ()) if path.suffix in SUFFIXES}
                for path in sorted(found | {path for path in instead if path.parent == inside}):
                    yield path, f"{room}/{path.name}"

    def _is_home(self, home: Path) -> bool:
        return any(path in self.texts or path.is_file() for path in (home / LADDER, home / LAYER))

    def _under(self, layers: Folders) -> dict[Path, str]:
        found = {}
        for folder, _ in layers:
            inside = folder.resolve()
            for path, text in self.texts.items():
                if path.resolve().is_relative_to(inside):
                    found[folder / path.resolve().relative_to(inside)] = text
        return found


def path_of_place(shown: str, layers: Folders) -> Path:
    """The file that a path in messages means."""
    for folder, name in reversed(layers):
        if shown == name or shown.startswith(f"{name.rstrip('/')}/"):
            return tidy(folder / shown[len(name) :].lstrip("/"))
    return Path(shown)


def tidy(path: Path) -> Path:
    """A path as editors name it, without steps up."""
    return path.resolve() if ".." in path.parts else path
