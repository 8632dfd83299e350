"""Sockets: chat, rides that are followed, saved searches."""

from __future__ import annotations

from allonova.adapters.postgres.migrate import run_sql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PARTS = ("live", "alerts", "chat", "rides")


def upgrade() -> None:
    """One file a part."""
    for part in PARTS:
        run_sql(f"0004_{part}.sql")


def downgrade() -> None:
    """The other way round."""
    for part in reversed(PARTS):
        run_sql(f"0004_{part}.down.sql")
