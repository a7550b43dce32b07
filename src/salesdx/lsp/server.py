"""The server: what the editor tells and asks, and what it is told. Everything else is in the modules beside it.

One thread talks to the editor. At a key it parses one file, marks its faults of form, and moves the other marks of the
file along; when no key came for a while, a second thread looks at the whole rule base, and its marks take the place of
all others. What it says of a text that has changed meanwhile is thrown away.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from salesdx import __version__
from salesdx.base.model import RuleBase
from salesdx.lsp.completion import Offer, offers, typed_word
from salesdx.lsp.cursor import typing_at
from salesdx.lsp.diagnostics import diagnostic, identity, mending, moved
from salesdx.lsp.hover import hover_text
from salesdx.lsp.marks import Examined, examine, faults_of_case, faults_of_form
from salesdx.lsp.navigation import NotRenamed, Use, check_renamed, names_in, renamed
from salesdx.lsp.overlay import Folders, Overlay, path_of_place, tidy
from salesdx.lsp.positions import Ruler, ruler
from salesdx.text.issues import Issue

DEBOUNCE = 0.3
"""Seconds after the last key until the whole rule base is looked at."""

KINDS_SHOWN = {
    "key": lsp.CompletionItemKind.Property,
    "value": lsp.CompletionItemKind.EnumMember,
    "word": lsp.CompletionItemKind.Keyword,
    "term": lsp.CompletionItemKind.Variable,
    "finding": lsp.CompletionItemKind.Event,
    "intervention": lsp.CompletionItemKind.Function,
}
"""A kind of offer -> the sign that editors show beside it."""
Asked = lsp.HoverParams | lsp.DefinitionParams | lsp.ReferenceParams | lsp.PrepareRenameParams | lsp.RenameParams
"""What the editor asks about a place in a text."""


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
        old, new = self.overlay.texts.get(path, ""), self.workspace.get_text_document(uri).source
        self.overlay.texts[path], self.uris[path] = new, uri
        folder = self.overlay.home(path)
        if folder is None:
            return
        home = self.homes.setdefault(folder, Home(folder))
        known = {identity(found) for found in home.form.get(path, ())}
        rest = [found for found in home.marks.get(path, ()) if identity(found) not in known]
        home.marks[path] = moved(rest, old, new)
        home.form[path] = [diagnostic(issue, new, self.encoding) for issue in self.form(home, path, new)]
        self.publish(path)
        self.touched(path, delay)

    def form(self, home: Home, path: Path, text: str) -> tuple[Issue, ...]:
        """The faults of form of a file as it is in the editor."""
        name = path.relative_to(home.folder).as_posix()
        if name.startswith("rules/cases/"):
            return faults_of_case(path, text, home.base)
        return faults_of_form(home.folder, name, self.overlay.instead(home.folder), home.base)

    def closed(self, uri: str) -> None:
        """A text is as on the disk again; of a rule base without open texts nothing is marked."""
        path = path_of(uri)
        if path is None or path not in self.overlay.texts:
            return
        folder = self.overlay.home(path)
        del self.overlay.texts[path], self.uris[path]
        if folder is not None and (home := self.homes.get(folder)) is not None:
            home.form.pop(path, None)
            if folder not in self.overlay.homes():
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
        for path in {*earlier, *home.marks}:
            self.publish(path, home.marks.get(path, []))

    def publish(self, path: Path, marks: list[lsp.Diagnostic] | None = None) -> None:
        """Tell the editor what is marked in a file; without ``marks`` what is known of it for now."""
        owner = self.homes.get(self.overlay.home(path) or Path())
        homes = [owner] if owner is not None else list(self.homes.values())
        shown = {} if marks is None else {identity(found): found for found in marks}
        if marks is None or owner is None:
            for home in homes:
                for found in (*home.form.get(path, ()), *home.marks.get(path, ())):
                    shown.setdefault(identity(found), found)
        uri = self.uris.get(path) or from_fs_path(str(path)) or ""
        version = self.workspace.get_text_document(uri).version if path in self.uris else None
        params = lsp.PublishDiagnosticsParams(uri=uri, diagnostics=list(shown.values()), version=version)
        self.text_document_publish_diagnostics(params)

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


server = RuleServer()


@server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
def text_opened(ls: RuleServer, params: lsp.DidOpenTextDocumentParams) -> None:
    """A text was opened: it is looked at without waiting for keys."""
    ls.changed(params.text_document.uri, 0)


@server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
def text_edited(ls: RuleServer, params: lsp.DidChangeTextDocumentParams) -> None:
    """A key."""
    ls.changed(params.text_document.uri, DEBOUNCE)


@server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
def text_closed(ls: RuleServer, params: lsp.DidCloseTextDocumentParams) -> None:
    """A text was closed."""
    ls.closed(params.text_document.uri)


@server.feature(lsp.SHUTDOWN)
def editor_leaves(ls: RuleServer, *_: object) -> None:
    """The editor leaves."""
    ls.ending = True


@server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
def files_changed(ls: RuleServer, params: lsp.DidChangeWatchedFilesParams) -> None:
    """Files changed on the disk."""
    for home in ls.homes.values():
        ls.schedule(home)


@server.feature(lsp.TEXT_DOCUMENT_HOVER)
def hover(ls: RuleServer, params: lsp.HoverParams) -> lsp.Hover | None:
    """What a name means."""
    use, home = _use(ls, params)
    text = hover_text(home.base, use) if use is not None and home is not None and home.base is not None else ""
    if use is None or not text:
        return None
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text), ls.range_of(use))


@server.feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=list(" '{[,:")))
def completion(ls: RuleServer, params: lsp.CompletionParams) -> list[lsp.CompletionItem]:
    """What can be typed here."""
    if (asked := ls.place(params.text_document.uri, params.position)) is None:
        return []
    home, path, measure, index = asked
    found = typing_at(measure.text, index, path.relative_to(home.folder).as_posix())
    if found is None:
        return []
    place = measure.range(index - len(typed_word(found)), index)
    return [_offered(offer, place) for offer in offers(found, home.base)]


def _offered(offer: Offer, place: lsp.Range) -> lsp.CompletionItem:
    return lsp.CompletionItem(
        label=offer.word,
        kind=KINDS_SHOWN.get(offer.kind, lsp.CompletionItemKind.Reference),
        detail=offer.detail or None,
        documentation=offer.told or None,
        text_edit=lsp.TextEdit(place, offer.text or offer.word),
    )


@server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
def definition(ls: RuleServer, params: lsp.DefinitionParams) -> list[lsp.Location]:
    """Where a name is defined."""
    use, home = _use(ls, params)
    if use is None or home is None:
        return []
    return [ls.location(other) for other in names_in(ls.overlay, home.folder).definitions(use)]


@server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
def references(ls: RuleServer, params: lsp.ReferenceParams) -> list[lsp.Location]:
    """Where a name is used."""
    use, home = _use(ls, params)
    if use is None or home is None:
        return []
    uses = names_in(ls.overlay, home.folder).like(use)
    wanted = params.context.include_declaration
    return [ls.location(other) for other in uses if wanted or not other.found.defines]


@server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
def prepare_rename(ls: RuleServer, params: lsp.PrepareRenameParams) -> lsp.Range | None:
    """Whether a name can be renamed, and how far it reaches."""
    use, home = _use(ls, params)
    if use is None or home is None:
        return None
    try:
        check_renamed(names_in(ls.overlay, home.folder), use, home.base)
    except NotRenamed as error:
        raise JsonRpcInvalidParams(str(error)) from None
    return ls.range_of(use)


@server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
def rename(ls: RuleServer, params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
    """A name gets another one, wherever it stands."""
    use, home = _use(ls, params)
    if use is None or home is None:
        return None
    try:
        uses = renamed(names_in(ls.overlay, home.folder), use, params.new_name, home.base)
    except NotRenamed as error:
        raise JsonRpcInvalidParams(str(error)) from None
    changes: dict[str, list[lsp.TextEdit]] = {}
    for other in uses:
        changes.setdefault(ls.uri(other.path), []).append(lsp.TextEdit(ls.range_of(other), params.new_name))
    return lsp.WorkspaceEdit(changes=changes)


@server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix]))
def code_actions(ls: RuleServer, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    """What mends the faults that are marked."""
    uri = params.text_document.uri
    path = path_of(uri)
    text = ls.overlay.texts.get(path) if path is not None else None
    if text is None:
        return []
    return [action for found in params.context.diagnostics for action in mending(found, text, uri, ls.encoding)]


def _use(ls: RuleServer, params: Asked) -> tuple[Use | None, Home | None]:
    """The name that the editor asks about, and its rule base."""
    if (found := ls.place(params.text_document.uri, params.position)) is None:
        return None, None
    home, path, _, index = found
    return names_in(ls.overlay, home.folder).at(path, index), home


def _log() -> logging.Handler:
    """What goes to the editor's log: of what an editor sent wrongly, or asks in vain, one line."""

    def shorten(record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, JsonRpcException | ValueError | TypeError):
            record.msg, record.args, record.exc_info = f"{record.getMessage()}: {error}", (), None
        return True

    log = logging.StreamHandler()
    log.setLevel(logging.WARNING)
    log.addFilter(shorten)
    return log


def serve() -> int:
    """Talk to an editor over the standard streams until it leaves; the exit status, 1 where it did not say so before.

    The streams are the protocol's alone: pygls closes what it writes to, so it gets a copy.
    """
    logging.getLogger("pygls").addHandler(_log())
    server.start_io(stdout=os.fdopen(os.dup(1), "wb"))
    return 0 if server.ending else 1
