"""Reads of what is somebody's own: where his money may go, what he has earned."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Text, Uuid, and_, any_, bindparam, case, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.identity.tables import CONTACT_CHANGES, USERS
from allonova.adapters.postgres.lists import Listing
from allonova.adapters.postgres.money.payout_accounts import ACCOUNT_SHELF
from allonova.adapters.postgres.money.tables import (
    ACCOUNTS,
    JOURNAL_ENTRIES,
    PAYMENTS,
    PAYOUT_ACCOUNTS,
    POSTINGS,
    REFUNDS,
)
from allonova.adapters.postgres.runner import Row, Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.money.earnings import KINDS, EarnedTotals, EarningView, earning_view
from allonova.application.money.wallet_queries import PayoutFacts, WalletQueries
from allonova.domain.money.journal import AccountKind, EntryKind

_FACTS = compile_once(
    select(
        case((USERS.c.is_phone_verified, USERS.c.phone)).label("own_phone"),
        select(func.max(CONTACT_CHANGES.c.created_at))
        .where(CONTACT_CHANGES.c.user_id == USERS.c.id)
        .scalar_subquery()
        .label("changed_at"),
        *ACCOUNT_SHELF.mapper.columns(prefix="a_"),
    )
    .outerjoin(PAYOUT_ACCOUNTS, PAYOUT_ACCOUNTS.c.user_id == USERS.c.id)
    .where(USERS.c.id == bindparam("user_id"))
)
_read_account = ACCOUNT_SHELF.mapper.reader("a_")

_EARNED = [kind.value for kind in KINDS]
_OURS, _HIS = ACCOUNTS.alias("ours"), ACCOUNTS.alias("his")
_COMMISSIONS = POSTINGS.alias("commissions")
_commission = (
    select(func.coalesce(func.sum(_COMMISSIONS.c.amount), 0))
    .join(_OURS, _OURS.c.id == _COMMISSIONS.c.account_id)
    .where(_COMMISSIONS.c.entry_id == JOURNAL_ENTRIES.c.id, _OURS.c.kind == literal(AccountKind.COMMISSION.value))
    .correlate(JOURNAL_ENTRIES)
    .scalar_subquery()
)
_since, _until = (bindparam(name, type_=DateTime(timezone=True)) for name in ("since", "until"))
_LINES = (
    select(
        JOURNAL_ENTRIES.c.id,
        JOURNAL_ENTRIES.c.kind,
        JOURNAL_ENTRIES.c.ref_type,
        JOURNAL_ENTRIES.c.ref_id,
        JOURNAL_ENTRIES.c.created_at,
        func.sum(POSTINGS.c.amount).label("driver_part"),
        _commission.label("commission"),
        PAYMENTS.c.booking_id,
    )
    .select_from(_HIS)
    .join(POSTINGS, POSTINGS.c.account_id == _HIS.c.id)
    .join(JOURNAL_ENTRIES, JOURNAL_ENTRIES.c.id == POSTINGS.c.entry_id)
    .outerjoin(REFUNDS, and_(JOURNAL_ENTRIES.c.ref_type == literal("refund"), REFUNDS.c.id == JOURNAL_ENTRIES.c.ref_id))
    .outerjoin(PAYMENTS, PAYMENTS.c.id == REFUNDS.c.payment_id)
    .where(
        _HIS.c.kind == literal(AccountKind.DRIVER_PAYABLE.value),
        _HIS.c.owner == cast(bindparam("driver_id", type_=Uuid), Text),
        JOURNAL_ENTRIES.c.kind == any_(literal(_EARNED, ARRAY(Text))),
        or_(_since.is_(None), JOURNAL_ENTRIES.c.created_at >= _since),
        or_(_until.is_(None), JOURNAL_ENTRIES.c.created_at < _until),
    )
    .group_by(JOURNAL_ENTRIES.c.id, PAYMENTS.c.booking_id)
)
_EARNINGS = Listing(_LINES, {"id": JOURNAL_ENTRIES.c.id, "completed_at": JOURNAL_ENTRIES.c.created_at})

_lines = _LINES.cte("lines")
_taken = func.least(_lines.c.driver_part, 0)
_came = _lines.c.driver_part > 0
_PAYABLE = (
    select(func.coalesce(func.sum(POSTINGS.c.amount), 0))
    .join(_HIS, _HIS.c.id == POSTINGS.c.account_id)
    .where(
        _HIS.c.kind == literal(AccountKind.DRIVER_PAYABLE.value),
        _HIS.c.owner == cast(bindparam("driver_id", type_=Uuid), Text),
    )
    .scalar_subquery()
)
_TOTALS = compile_once(
    select(
        func.count().label("lines"),
        func.coalesce(func.sum(_lines.c.commission).filter(_came), 0).label("commission"),
        func.coalesce(func.sum(_lines.c.driver_part).filter(_came), 0).label("net"),
        func.coalesce(-func.sum(_taken), 0).label("withheld"),
        _PAYABLE.label("payable"),
    ).select_from(_lines)
)


class PostgresWalletQueries:
    """See WalletQueries."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def payout_facts(self, user_id: UUID) -> PayoutFacts:
        """What decides where and when somebody's money may leave."""
        row = await self._runner.fetchrow(_FACTS.sql, *_FACTS.args(user_id=user_id))
        if row is None:
            return PayoutFacts(None, None, None)
        account = None if row["a_id"] is None else _read_account(row)
        return PayoutFacts(row["own_phone"], account, row["changed_at"])

    async def earnings(
        self, driver_id: UUID, query: ListQuery, *, since: datetime | None, until: datetime | None
    ) -> Page[EarningView]:
        """What came to a driver and what was taken from him, entry by entry; fields: completed_at."""
        rows, total = await _EARNINGS.rows(self._runner, query, driver_id=driver_id, since=since, until=until)
        return Page([_view(row) for row in rows], total)

    async def earned(self, driver_id: UUID, *, since: datetime | None, until: datetime | None) -> EarnedTotals:
        """All of that added up, and what he is owed now."""
        row = await self._runner.fetchrow(_TOTALS.sql, *_TOTALS.args(driver_id=driver_id, since=since, until=until))
        if row is None:
            raise RuntimeError("no totals")
        net, commission = int(row["net"]), int(row["commission"])
        return EarnedTotals(
            lines=row["lines"],
            gross=net + commission,
            commission=commission,
            net=net,
            withheld=int(row["withheld"]),
            payable=int(row["payable"]),
        )


def _view(row: Row) -> EarningView:
    about = {row["ref_type"]: row["ref_id"]}
    return earning_view(
        EntryKind(row["kind"]),
        driver_part=int(row["driver_part"]),
        commission=int(row["commission"]),
        booking_id=about.get("booking", row["booking_id"]),
        trip_id=about.get("trip"),
        at=row["created_at"],
    )


def _conforms(queries: PostgresWalletQueries) -> WalletQueries:
    return queries
