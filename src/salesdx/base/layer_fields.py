"""The keys of `layer.yaml` and `copied.yaml`, in the words of `base/fields`."""

from __future__ import annotations

from salesdx.base.shapes import TEXT, Demand, Field, Form, ListOf, MapOf, NameOf, Prose

# fmt: off
# A table is read by its rows: each key begins a line.

DIGEST = Prose(r"sha256:[0-9a-f]{64}", "a digest, `sha256:` and 64 digits of small letters")
ACCEPTANCE = Form(
    "an acceptance",
    (
        Field("edits", ListOf(TEXT, 1), "the changed pieces that open the doors, as `prove` names them"),
        Field("property", TEXT, "in the place of `edits`: the property of the base that is not kept",
            beyond="the base has it, and these rules do not keep it"),
        Field("silence", TEXT, "in the place of `edits`: the check that guards the path to a person and is silenced"),
        Field("doors", ListOf(TEXT, 1), "the doors that these edits open: one signature covers all of them"),
        Field("held_back_by", ListOf(TEXT, 1),
            "other changed pieces, without which these edits would open more; with one of them gone or in other words "
            "the signature is void"),
        Field("reason", TEXT, "why that is right here", required=True),
        Field("author", TEXT, "who answers for it, by name and office", required=True),
        Field("base", DIGEST, "the digest of the base that was looked at; with another the signature is void",
            required=True, beyond="it is the digest of the base"),
        Field("pieces", DIGEST, "the digest of the edits, or of what is silenced; with others the signature is void"),
        Field("case", DIGEST, "the digest of the case that was looked at: another case is another decision"),
    ),
    (
        Demand(("edits", "property", "silence"), needed=True, together=False),
        *(Demand((key,), needed=True, given="edits") for key in ("doors", "pieces", "case")),
        Demand(("pieces",), needed=True, given="silence"),
        *(Demand((key,), together=False, given="property") for key in ("doors", "held_back_by", "pieces", "case")),
        *(Demand((key,), together=False, given="silence") for key in ("doors", "held_back_by", "case")),
    ),
)
ACCEPTS = Field("accepts", ListOf(ACCEPTANCE, single=False), "signatures for what goes further than the base")
LAYER = Form(
    "the layer",
    (
        Field("extends", TEXT, "`salesdx` for the shipped rules, or the path of a folder", required=True,
            beyond="the folder is there"),
        Field("pin", DIGEST, "the digest of the base for which the layer was written: with another base it is an error",
            beyond="it is the digest of what `extends` names"),
        Field("name", TEXT, "whose rules these are"),
        Field("removes", MapOf(NameOf("rule"), TEXT), "id of a rule that is taken out: the reason why"),
        ACCEPTS,
    ),
)
COPIED = Form(
    "what was copied",
    (
        Field("version", TEXT, "the version of the rules that were copied", required=True),
        Field("digest", DIGEST, "their digest", required=True, beyond="it is the digest of the rules in `copied.zip`"),
        Field("archive", DIGEST, "the digest of `copied.zip`, which holds them", required=True,
            beyond="it is the digest of its bytes"),
        ACCEPTS,
    ),
)
