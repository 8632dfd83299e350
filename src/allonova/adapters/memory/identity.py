"""Accounts, codes and sessions in memory."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from allonova.adapters.memory.rules import Check, Foreign, Table, Unique
from allonova.adapters.memory.store import MemoryStore, Rows, Transaction, stored
from allonova.application.identity.ports import REFUSALS, IdentityQueries
from allonova.application.identity.views import UserView, user_view
from allonova.domain.identity.otp import Otp
from allonova.domain.identity.session import RefreshToken, Session
from allonova.domain.identity.user import User

NUMERIC_3_2 = 10


def _round_rating(user: User) -> None:
    user.rating_avg = user.rating_avg.quantize(Decimal("0.01"), ROUND_HALF_UP)


USERS = Table(
    name="users",
    row=User,
    uniques=(
        Unique("uq_users_phone", ("phone",)),
        Unique("uq_users_email", ("email",), key=lambda user: (user.email and user.email.lower(),)),
    ),
    checks=(Check("rating_avg", lambda user: abs(user.rating_avg) < NUMERIC_3_2),),
    folded=("email",),
    refusals=REFUSALS,
    prepare=_round_rating,
)
OTP_CODES = Table(name="otp_codes", row=Otp)
SESSIONS = Table(name="sessions", row=Session)  # of every audience: each has its own accounts
REFRESH_TOKENS = Table(
    name="refresh_tokens",
    row=RefreshToken,
    uniques=(Unique("uq_refresh_tokens_token_hash", ("token_hash",)),),
    foreigns=(Foreign("session_id", "sessions"),),
)


class MemoryOtps(MemoryStore[Otp]):
    """One-time codes."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, OTP_CODES)

    async def newest(self, phone: str) -> Otp | None:
        """See OtpStore."""
        codes = [otp for otp in self._rows().values() if otp.phone == phone]
        return stored(max(codes, key=lambda otp: (otp.created_at, otp.id))) if codes else None


class MemoryIdentityQueries:
    """Reads of committed accounts."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def user(self, id: UUID) -> UserView | None:
        """See IdentityQueries."""
        user = self._source.rows(USERS).get(id)
        return user_view(user) if user else None

    async def revoked_sessions(self, since: datetime) -> list[UUID]:
        """See IdentityQueries."""
        sessions = self._source.rows(SESSIONS).values()
        return [session.id for session in sessions if session.revoked_at and session.revoked_at >= since]


def _conforms(queries: MemoryIdentityQueries) -> IdentityQueries:
    return queries
