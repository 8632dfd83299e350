"""The first tables."""

from __future__ import annotations

from allonova.adapters.postgres.migrate import run_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everything of the first slice."""
    run_sql("0001_carpool.sql")
    run_sql("0001_platform.sql")


def downgrade() -> None:
    """Back to an empty database; the extensions and the role stay, others may use them."""
    run_sql("0001.down.sql")
