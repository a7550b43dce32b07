"""The tables of a trail, as both databases have them after the last migration."""

from __future__ import annotations

import sqlalchemy as sa

HEAD = sa.table("head", *map(sa.column, ("id", "origin", "size", "frontier", "previous", "time", "register_since")))
ENTRY = sa.table("entry", *map(sa.column, ("seq", "entry", "leaf", "type", "case_", "subject", "key")))
PAYLOAD = sa.table("payload", *map(sa.column, ("seq", "salt", "body")))
NAME = sa.table("name", *map(sa.column, ("pseudonym", "kind", "name")))
CHECKPOINT = sa.table("checkpoint", *map(sa.column, ("size", "note")))
RULE_BASE = sa.table("rule_base", *map(sa.column, ("digest", "files")))
WHEEL = sa.table("wheel", *map(sa.column, ("digest", "data")))
ATTACHMENT = sa.table("attachment", *map(sa.column, ("seq", "data")))
COSIGNATURE = sa.table("cosignature", *map(sa.column, ("size", "witness", "line", "kept")))
MARK = sa.table("mark", *map(sa.column, ("id", "time", "person", "role", "kind", "records")))
VERSION = sa.table("alembic_version", sa.column("version_num"))
