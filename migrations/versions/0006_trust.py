"""Trust: what people are told and say of each other, disputes, the back office's own notes, exports, a sealed audit."""

from __future__ import annotations

from allonova.adapters.postgres.migrate import run_sql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PARTS = (
    *("notifications", "mailboxes", "social", "audit", "users", "trips"),
    *("series", "ratings", "disputes", "exports"),
)


def upgrade() -> None:
    """One file a part."""
    for part in PARTS:
        run_sql(f"0006_{part}.sql")


def downgrade() -> None:
    """The other way round."""
    for part in reversed(PARTS):
        run_sql(f"0006_{part}.down.sql")
