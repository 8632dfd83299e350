"""Take money out of one's wallet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from allonova.application.identity.accounts import own_account
from allonova.application.kernel.idempotency import Once
from allonova.application.kernel.ports import Begin, Sealer
from allonova.application.kernel.wired import wired
from allonova.application.money.payout_account import PayoutAccountDesk
from allonova.application.money.payout_views import PayoutView, masked_phone, payout_view
from allonova.application.money.ports import PayoutGateways
from allonova.application.money.refund_desk import wallet_of
from allonova.application.money.views import WalletTxnView, txn_view
from allonova.application.money.wallet_queries import OwnerUnit
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import (
    AuthRequired,
    DomainError,
    FieldError,
    InsufficientFunds,
    StillRunning,
    ValidationError,
)
from allonova.domain.kernel.machine import Party
from allonova.domain.kyc.document import IDENTITY_PAPERS, IdentityMissing, KycStatus
from allonova.domain.money.events import PayoutDue
from allonova.domain.money.movements import payout_started
from allonova.domain.money.payment import MethodUnavailable
from allonova.domain.money.payout import Payout, PayoutKind, PayoutMethod
from allonova.domain.money.payout_account import (
    NoPayoutAccount,
    RecentlyChanged,
    WithdrawLimitReached,
    day_of,
    payout_context,
    safe_from,
)
from allonova.domain.money.rules import MoneyRulesNow
from allonova.domain.money.wallet import NotWithdrawable, Wallet


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawWish:
    """How much somebody wants, by which way, and at which number (E.164): without one, where his money goes anyway."""

    amount: int
    method: PayoutMethod
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """The line of the statement, pending until the payout has ended, and the payout; its number is masked, since this
    answer is kept with its Idempotency-Key.
    """

    txn: WalletTxnView
    payout: PayoutView


@wired
class Withdraw:
    """Send francs of the caller's wallet to a number that is his: his verified phone, or his payout account's.

    The wallet is debited, the payout is made and the books know of both in one transaction, which holds the caller's
    account and wallet: of withdrawals at once, each sees what the one before it left. Wallets that are switched off
    can still be emptied.
    """

    begin: Begin[OwnerUnit]
    sealer: Sealer
    accounts: PayoutAccountDesk
    gateways: PayoutGateways
    rules: MoneyRulesNow

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        AuthRequired,
        ValidationError,
        IdentityMissing,
        MethodUnavailable,
        NoPayoutAccount,
        RecentlyChanged,
        InsufficientFunds,
        NotWithdrawable,
        WithdrawLimitReached,
        StillRunning,
    )

    async def __call__(self, *, caller_id: UUID, wish: WithdrawWish, once: Once[Withdrawn]) -> Withdrawn:
        """Raises ValidationError for too little, or a number that is neither; RecentlyChanged for a day after a change
        of phone, e-mail, password or payout account.
        """
        now = self.accounts.clock.now()
        async with self.begin() as unit:
            await once.claim(unit)
            self._require_sound(wish)
            user = await own_account(unit, caller_id)
            await _require_identity(unit, user.id)
            until = safe_from(await unit.contact_changes.last_of(user.id), now)
            if until is not None:
                raise RecentlyChanged(until)
            phone = await self._number(unit, user, wish.phone)
            purse = await wallet_of(unit, self.accounts.ids, user.id, now)
            payout = self._payout(user.id, wish, phone, now)
            purse.withdraw(self.accounts.ids.new(), wish.amount, payout.id, now)
            await self._require_daily_room(unit, purse, wish.amount, now)
            done = Withdrawn(txn=txn_view(purse.txns[-1]), payout=payout_view(payout, masked_phone(phone)))
            await self._keep(unit, purse, payout, now)
            await once.settle(unit, done)
        return done

    def _require_sound(self, wish: WithdrawWish) -> None:
        least = self.rules().withdraw_minimum
        if wish.amount < least:
            raise ValidationError((FieldError("amount", "out_of_range", f"at least {least} francs"),))
        if wish.method not in self.gateways:
            raise MethodUnavailable(wish.method)

    async def _number(self, unit: OwnerUnit, user: User, asked: str | None) -> str:
        own = user.phone if user.is_phone_verified else None
        account = await unit.payout_accounts.of(user.id)
        named = None if account is None else self.accounts.number_of(account)
        if asked is None:
            found = named or own
            if found is None:
                raise NoPayoutAccount
            return found
        if asked not in (own, named):
            raise ValidationError((FieldError("phone", "unconfirmed", "one's verified phone, or the payout account"),))
        return asked

    async def _require_daily_room(self, unit: OwnerUnit, purse: Wallet, amount: int, now: datetime) -> None:
        rules = self.rules()
        today = await unit.wallets.withdrawals(purse.id, since=day_of(now)[0])
        today.require_room(amount, limit=rules.withdraw_daily_limit, times=rules.withdraw_daily_count, now=now)

    def _payout(self, owner_id: UUID, wish: WithdrawWish, phone: str, now: datetime) -> Payout:
        id = self.accounts.ids.new()
        return Payout(
            id=id,
            driver_id=owner_id,
            kind=PayoutKind.WITHDRAWAL,
            amount=wish.amount,
            method=wish.method,
            phone=self.sealer.seal(phone, context=payout_context(id)),
            scheduled_at=now,
            created_at=now,
            updated_at=now,
        )

    async def _keep(self, unit: OwnerUnit, purse: Wallet, payout: Payout, now: datetime) -> None:
        await unit.payouts.add(payout)
        await unit.wallets.save(purse)
        await unit.journal.post(payout_started(self.accounts.ids.new(), payout, now))
        await unit.outbox.put(PayoutDue(payout.id))
        actor, meta = Actor(Party.OWNER, payout.driver_id), {"amount": payout.amount, "method": payout.method.value}
        await unit.audit.put(actor=actor, action="wallet.withdrawn", entity="payout", entity_id=payout.id, meta=meta)


async def _require_identity(unit: OwnerUnit, user_id: UUID) -> None:
    for kind in sorted(IDENTITY_PAPERS):
        if await unit.papers.find(user_id=user_id, doc_type=kind, status=KycStatus.APPROVED) is not None:
            return
    raise IdentityMissing
