"""NOVA: dispatch for taxi companies."""

from __future__ import annotations

from allonova.adapters.postgres.migrate import run_sql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PARTS = ("dispatch",)


def upgrade() -> None:
    """One file a part."""
    for part in PARTS:
        run_sql(f"0003_{part}.sql")


def downgrade() -> None:
    """The other way round."""
    for part in reversed(PARTS):
        run_sql(f"0003_{part}.down.sql")
