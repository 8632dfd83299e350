"""Accounts, one-time codes, sessions and their tokens."""

from __future__ import annotations

from sqlalchemy import bindparam

from allonova.adapters.postgres.identity.tables import OTP_CODES, REFRESH_TOKENS, SESSIONS, USERS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf, locked
from allonova.application.identity.ports import REFUSALS
from allonova.domain.identity.otp import Otp
from allonova.domain.identity.session import RefreshToken, Session
from allonova.domain.identity.user import User

USER_SHELF = Shelf(RowMapper(User, USERS), REFUSALS, folded={"email"})
SESSION_SHELF = Shelf(RowMapper(Session, SESSIONS), REFUSALS)
REFRESH_TOKEN_SHELF = Shelf(RowMapper(RefreshToken, REFRESH_TOKENS), REFUSALS)
OTP_SHELF = Shelf(RowMapper(Otp, OTP_CODES), REFUSALS)

_NEWEST = compile_once(
    locked(
        OTP_SHELF.select(OTP_CODES.c.phone == bindparam("phone"))
        .order_by(OTP_CODES.c.created_at.desc(), OTP_CODES.c.id.desc())
        .limit(1)
    )
)


class PostgresOtps(PostgresStore[Otp]):
    """One-time codes."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, OTP_SHELF)

    async def newest(self, phone: str) -> Otp | None:
        """The last code made for a phone, locked."""
        row = await self._runner.fetchrow(_NEWEST.sql, *_NEWEST.args(phone=phone))
        return None if row is None else await self._entity(row, is_locked=True)
