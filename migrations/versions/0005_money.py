"""Money, whole: refunds, payouts, wallets that are paid from."""

from __future__ import annotations

from allonova.adapters.postgres.migrate import run_sql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PARTS = ("money", "wallets", "settings", "promos", "reconciliation")


def upgrade() -> None:
    """One file a part."""
    for part in PARTS:
        run_sql(f"0005_{part}.sql")


def downgrade() -> None:
    """The other way round."""
    for part in reversed(PARTS):
        run_sql(f"0005_{part}.down.sql")
