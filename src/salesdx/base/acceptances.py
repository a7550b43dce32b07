"""`accepts` of `layer.yaml` and `copied.yaml`: who signed for what goes further than the base."""

from __future__ import annotations

from collections.abc import Collection

from salesdx.base.background import Acceptance
from salesdx.base.layer_fields import ACCEPTANCE, DIGEST
from salesdx.base.model import RuleBase
from salesdx.base.pieces import digest_of_pieces, pieces
from salesdx.base.reading import NodeReader, first_line, kind, shortened
from salesdx.text.source import Node, Scalar
from salesdx.text.source import Sequence as ListNode

KINDS = {"edits": ("doors", "pieces", "case"), "property": (), "silence": ("pieces",)}
"""What a signature is for: the keys beside it that it needs, and has no others of them."""
ARTICLES = {"edits": "edits", "property": "a property", "silence": "a silence"}


def read_acceptances(reader: NodeReader, node: Node | None) -> tuple[Acceptance, ...]:
    """The signatures that are without fault; faults are collected in the reader."""
    if node is None:
        return ()
    if not isinstance(node, ListNode):
        message = f"`accepts` must be a list (`- edits: ...`), this is {kind(node)}"
        reader.fault("type", message, first_line(node.place))
        return ()
    return tuple(found for item in node if (found := _acceptance(reader, item)) is not None)


def read_digest(reader: NodeReader, node: Node | None, key: str) -> str:
    """A digest; empty where there is none, or with a fault."""
    text = reader.text(node, f"`{key}`")
    if node is None or not text or DIGEST.fits(text):
        return text
    message = f"`{key}` is {DIGEST.said}, this is `{shortened(text)}`"
    reader.fault("digest", message, first_line(node.place))
    return ""


def check_acceptances(reader: NodeReader, base: RuleBase, unkept: Collection[str]) -> tuple[str, ...]:
    """The properties of the base that are not kept and need not be; a void signature is noted as a fault.

    Whether those for edits cover what they open is found by `salesdx prove --against`.
    """
    assert base.below is not None
    for signed in base.accepts:
        if signed.base != base.below.digest:
            message = (
                f"the signature of {signed.author} is void: the base is another, its digest is {base.below.digest}"
            )
            reader.fault("acceptance", message, signed.place, "take it out, and look at what it opens before a new one")
        elif signed.property and signed.property not in unkept:
            message = f"there is nothing to accept: no property `{shortened(signed.property)}` of the base is left out"
            reader.fault("acceptance", message, signed.place, reader.near(signed.property, unkept) or "take it out")
        elif signed.edits:
            _check_edits(reader, signed, base, base.below)
    return tuple(id for id in unkept if any(signed.property == id for signed in base.accepts))


def _check_edits(reader: NodeReader, signed: Acceptance, base: RuleBase, below: RuleBase) -> None:
    """A signature is for the changed pieces as they stood then, here and in the base."""
    named = {str(piece): piece for piece in pieces(base, below)}
    help = "take it out, and look at what it opens before a new one"
    if unknown := [edit for edit in signed.edits if edit not in named]:
        message = f"the signature of {signed.author} is void: the base has `{shortened(unknown[0])}` no otherwise"
        reader.fault("acceptance", message, signed.place, reader.near(unknown[0], named) or help)
    elif gone := [edit for edit in signed.held_back_by if edit not in named]:
        message = f"the signature of {signed.author} is void: `{shortened(gone[0])}`, which held it back, is gone"
        reader.fault("acceptance", message, signed.place, help)
    elif (
        digest_of_pieces([named[edit] for edit in (*signed.edits, *signed.held_back_by)], base, below) != signed.pieces
    ):
        message = f"the signature of {signed.author} is void: what it was given for was changed since"
        reader.fault("acceptance", message, signed.place, help)


def _acceptance(reader: NodeReader, item: Node) -> Acceptance | None:
    before = len(reader.issues)
    fields = reader.fields(item, "an acceptance", *ACCEPTANCE.keys)
    place = first_line(item.place)
    kinds = [key for key in KINDS if key in fields]
    if fields and len(kinds) != 1:
        reader.fault("acceptance", "an acceptance is for `edits`, a `property` or a `silence`", place)
    if len(kinds) == 1 and kinds[0] != "edits" and "held_back_by" in fields:
        said = f"an acceptance of {ARTICLES[kinds[0]]} has no key `held_back_by`"
        reader.fault("acceptance", said, first_line(fields["held_back_by"].place))
    for key in KINDS["edits"] if len(kinds) == 1 else ():
        if (key in fields) != (key in KINDS[kinds[0]]):
            said = f"an acceptance of {ARTICLES[kinds[0]]} {'has no' if key in fields else 'needs the'} key `{key}`"
            reader.fault("acceptance", said, first_line(fields[key].place) if key in fields else place)
    for key in ("edits", "doors", "held_back_by"):
        if key in fields and not reader.texts(fields[key], f"`{key}`"):
            reader.fault("empty", f"`{key}` of an acceptance names nothing", first_line(fields[key].place))
    named = fields.get("property") or fields.get("silence")
    found = Acceptance(
        reason=reader.text(fields.get("reason"), "`reason`"),
        author=reader.text(fields.get("author"), "`author`"),
        base=read_digest(reader, fields.get("base"), "base"),
        edits=reader.filled(fields.get("edits"), "`edits`"),
        doors=reader.filled(fields.get("doors"), "`doors`"),
        pieces=read_digest(reader, fields.get("pieces"), "pieces"),
        case=read_digest(reader, fields.get("case"), "case"),
        property=reader.text(fields.get("property"), "`property`"),
        silence=reader.text(fields.get("silence"), "`silence`"),
        held_back_by=reader.filled(fields.get("held_back_by"), "`held_back_by`"),
        place=named.place if isinstance(named, Scalar) else place,
    )
    return found if len(reader.issues) == before else None
