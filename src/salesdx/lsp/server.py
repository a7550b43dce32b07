"""What the editor tells and asks, each answered in a few lines. Everything else is in the modules beside it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import BinaryIO, cast

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from salesdx.lsp.completion import Offer, offers, typed_word
from salesdx.lsp.cursor import typing_at
from salesdx.lsp.diagnostics import mending
from salesdx.lsp.hover import hover_text
from salesdx.lsp.navigation import NotRenamed, Use, check_renamed, names_in, renamed
from salesdx.lsp.rule_server import DEBOUNCE, Home, RuleServer, path_of

KINDS_SHOWN = {
    "key": lsp.CompletionItemKind.Property,
    "value": lsp.CompletionItemKind.EnumMember,
    "word": lsp.CompletionItemKind.Keyword,
    "term": lsp.CompletionItemKind.Variable,
    "limit": lsp.CompletionItemKind.Constant,
    "finding": lsp.CompletionItemKind.Event,
    "intervention": lsp.CompletionItemKind.Function,
}
"""A kind of offer -> the sign that editors show beside it."""
Asked = lsp.HoverParams | lsp.DefinitionParams | lsp.ReferenceParams | lsp.PrepareRenameParams | lsp.RenameParams
"""What the editor asks about a place in a text."""


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
        told, error = record.getMessage(), record.exc_info[1] if record.exc_info else None
        if isinstance(error, JsonRpcException) or told.startswith("Unable to "):
            said = f": {error}" if error else ""
            record.msg, record.args, record.exc_info = f"{told}{said}".partition("\n")[0], (), None
        return True

    log = logging.StreamHandler()
    log.setLevel(logging.WARNING)
    log.addFilter(shorten)
    return log


class _Output:
    """Standard output, which stays open when pygls closes it. The first fault of writing ends the server: pygls would
    report it to the editor, which is to write again."""

    fault: Exception | None = None

    def write(self, data: bytes) -> None:
        self._tried(lambda: sys.stdout.buffer.write(data))

    def flush(self) -> None:
        self._tried(sys.stdout.buffer.flush)

    def close(self) -> None:
        pass

    def _tried(self, act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:
            self.fault = self.fault or error
            raise SystemExit from None


def serve() -> int:
    """Talk to an editor over the standard streams until it leaves; the exit status, 1 where it did not say so before.

    Raises what a standard stream raises that cannot be read or written.
    """
    logging.getLogger("pygls").addHandler(_log())
    output = _Output()
    server.start_io(stdout=cast(BinaryIO, output))
    if output.fault is not None:
        raise output.fault
    return 0 if server.ending else 1
