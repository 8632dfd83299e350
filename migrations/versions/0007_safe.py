"""Safe and seen: traces go with events, keys rotate, what is old is deleted."""

from __future__ import annotations

from allonova.adapters.postgres.migrate import run_sql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PARTS = ("traces", "keys", "retention")


def upgrade() -> None:
    """One file a part."""
    for part in PARTS:
        run_sql(f"0007_{part}.sql")


def downgrade() -> None:
    """The other way round."""
    for part in reversed(PARTS):
        run_sql(f"0007_{part}.down.sql")
