"""${message}."""

from __future__ import annotations

from allonova.adapters.postgres.migrate import run_sql

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """What it adds."""
    run_sql("${up_revision}.sql")


def downgrade() -> None:
    """What it takes back."""
    run_sql("${up_revision}.down.sql")
