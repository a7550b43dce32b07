"""The rule bases of which texts are open in the editor, and what is marked in them.

One thread talks to the editor. At a key it parses one file, marks its faults of form, and moves the other marks of the
file along; when no key came for a while, a second thread looks at the whole rule base, and its marks take the place of
all others. What it says of a text that has changed meanwhile is thrown away.
"""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from salesdx import __version__
from salesdx.base.model import RuleBase
from salesdx.lsp.diagnostics import diagnostic, identity, moved
from salesdx.lsp.marks import Examined, examine, faults_of_case, faults_of_file
from salesdx.lsp.navigation import Use
from salesdx.lsp.overlay import Folders, Overlay, path_of_place, tidy
from salesdx.lsp.positions import Ruler, ruler
from salesdx.text.issues import Issue

DEBOUNCE = 0.3
"""Seconds after the last key until the whole rule base is looked at."""


@dataclass
class Home:
    """What is known of a rule base of which files are open."""

    folder: Path
    base: RuleBase | None = None
    """The rule base as it last loaded."""
    marks: dict[Path, list[lsp.Diagnostic]] = field(default_factory=dict)
    """What was found in the whole rule base, by file; moved along with the text since."""
    form: dict[Path, list[lsp.Diagnostic]] = field(default_factory=dict)
    """The faults of form of the open files as they are now."""
    settled: bool = False
    """Whether nothing changed since everything was looked at: then the marks are all that there is."""
    edits: int = 0
    """How often something changed; what was found for an earlier count is stale."""
    timer: asyncio.TimerHandle | None = None


class RuleServer(LanguageServer):
    """The language server of rule bases."""

    def __init__(self) -> None:
        super().__init__("salesdx", __version__, text_document_sync_kind=lsp.TextDocumentSyncKind.Full)
        self.overlay = Overlay()
        self.uris: dict[Path, str] = {}
        """Open files, each as the editor names it."""
        self.homes: dict[Path, Home] = {}
        self.worker = ThreadPoolExecutor(1)
        self.ending = False
        """Whether the editor said that it leaves."""

    @property
    def encoding(self) -> str:
        """What the editor counts characters in."""
        counted = self.server_capabilities.position_encoding or lsp.PositionEncodingKind.Utf16
        return lsp.PositionEncodingKind(counted).value

    # --- texts change ---

    def changed(self, uri: str, delay: float) -> None:
        """A text was opened or edited."""
        path = path_of(uri)
        if path is None:
            return
        old, new = self.overlay.text(path) or "", self.workspace.get_text_document(uri).source
        self.overlay.texts[path], self.uris[path] = new, uri
        folder = self.overlay.home(path)
        if folder is None:
            return
        home = self.homes.setdefault(folder, Home(folder))
        known = {identity(found) for found in home.form.get(path, ())}
        rest = [found for found in home.marks.get(path, ()) if identity(found) not in known]
        home.marks[path] = moved(rest, old, new)
        home.form[path] = [diagnostic(issue, new, self.encoding) for issue in self.form(home, path, new)]
        home.settled = False
        self.publish(path)
        self.touched(path, delay)

    def form(self, home: Home, path: Path, text: str) -> tuple[Issue, ...]:
        """The faults of form of a file as it is in the editor."""
        name = path.relative_to(home.folder).as_posix()
        if name.startswith("rules/cases/"):
            return faults_of_case(path, text, home.base)
        return faults_of_file(home.folder, name, self.overlay.instead(home.folder), home.base)

    def closed(self, uri: str) -> None:
        """A text is as on the disk again; of a rule base without open texts nothing is marked."""
        path = path_of(uri)
        if path is None or path not in self.overlay.texts:
            return
        del self.overlay.texts[path], self.uris[path]
        served = self.overlay.homes()
        for home in list(self.homes.values()):
            home.form.pop(path, None)
            if home.folder not in served:
                self.forget(home)
        self.touched(path, DEBOUNCE)

    def forget(self, home: Home) -> None:
        """Take all marks of a rule base away."""
        del self.homes[home.folder]
        home.edits += 1
        if home.timer is not None:
            home.timer.cancel()
        for path in {*home.marks, *home.form}:
            self.publish(path)

    def touched(self, path: Path, delay: float) -> None:
        """Look, after a while without keys, at each rule base to which a file counts."""
        for home in self.homes.values():
            own = path.is_relative_to(home.folder)
            if own or any(path.is_relative_to(tidy(folder)) for folder, _ in self.overlay.folders(home.folder)):
                self.schedule(home, delay)

    def schedule(self, home: Home, delay: float = DEBOUNCE) -> None:
        """Look at a rule base after a while in which nothing changed."""
        home.edits += 1
        if home.timer is not None:
            home.timer.cancel()
        home.timer = asyncio.get_running_loop().call_later(delay, self.look, home)

    # --- the whole rule base ---

    def look(self, home: Home) -> None:
        """Have the second thread look at a rule base as it is now."""
        edits, instead = home.edits, self.overlay.instead(home.folder)
        layers = self.overlay.folders(home.folder)
        looking = asyncio.get_running_loop().run_in_executor(self.worker, _examined, home.folder, instead)
        looking.add_done_callback(lambda done: self.looked(home, edits, layers, done.result()))

    def looked(self, home: Home, edits: int, layers: Folders, found: Examined) -> None:
        """Show what was found, unless something has changed since: then only the rule base is kept, to ask about."""
        home.base = found.base or home.base
        if home.edits != edits or self.homes.get(home.folder) is not home:
            return
        earlier = set(home.marks)
        home.marks = {}
        for issue in found.issues:
            path = path_of_place(issue.place.path, layers)
            text = self.overlay.text(path) or ""
            home.marks.setdefault(path, []).append(diagnostic(issue, text, self.encoding))
        for path in home.form:
            text = self.overlay.texts[path]
            issues = self.form(home, path, text)
            home.form[path] = [diagnostic(issue, text, self.encoding) for issue in issues]
            if path.parent.name == "cases":
                home.marks[path] = home.form[path]
            home.marks.setdefault(path, [])
        home.settled = True
        for path in {*earlier, *home.marks}:
            self.publish(path)

    def publish(self, path: Path) -> None:
        """Tell the editor what is marked in a file: by its own rule base if texts of that are open, else by all."""
        owner = self.homes.get(self.overlay.home(path) or Path())
        shown: dict[tuple[object, ...], lsp.Diagnostic] = {}
        for home in [owner] if owner is not None else self.homes.values():
            form = () if home.settled else home.form.get(path, ())
            for found in (*form, *home.marks.get(path, ())):
                shown.setdefault(identity(found), found)
        uri = self.uri(path)
        version = self.workspace.get_text_document(uri).version if path in self.uris else None
        marks = sorted(shown.values(), key=lambda found: found.range.start)
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, marks, version))

    # --- names ---

    def place(self, uri: str, position: lsp.Position) -> tuple[Home, Path, Ruler, int] | None:
        """The rule base, file, text and character that the editor asks about; None for a file of no rule base."""
        path = path_of(uri)
        text = self.overlay.texts.get(path) if path is not None else None
        folder = self.overlay.home(path) if path is not None else None
        if path is None or text is None or folder not in self.homes:
            return None
        measure = ruler(text, self.encoding)
        return self.homes[folder], path, measure, measure.index(position)

    def location(self, use: Use) -> lsp.Location:
        """Where a name stands."""
        return lsp.Location(self.uri(use.path), self.range_of(use))

    def range_of(self, use: Use) -> lsp.Range:
        """The range of a name in its file."""
        return ruler(use.text, self.encoding).range(use.found.start, use.found.end)

    def uri(self, path: Path) -> str:
        """A file as the editor names it."""
        return self.uris.get(path) or from_fs_path(str(path)) or ""


def _examined(home: Path, instead: dict[Path, str]) -> Examined:
    found = examine(home, instead)
    gc.collect()  # `salesdx` sets the collector for commands, which are short
    return found


def path_of(uri: str) -> Path | None:
    """The file that an editor names; None for what is no file."""
    found = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(found) if found else None
