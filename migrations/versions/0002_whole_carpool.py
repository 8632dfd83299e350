"""The rest of the carpool: accounts, back office, papers, trips, cancellations and wallets."""

from __future__ import annotations

from allonova.adapters.postgres.migrate import run_sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PARTS = ("identity", "admin", "kyc", "trips", "bookings")


def upgrade() -> None:
    """One file a context."""
    for part in PARTS:
        run_sql(f"0002_{part}.sql")


def downgrade() -> None:
    """The other way round."""
    for part in reversed(PARTS):
        run_sql(f"0002_{part}.down.sql")
