"""Where somebody's money goes: the account that he named, or by Wave to his verified phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.application.identity.views import CodeSent
from allonova.application.kernel.ports import Clock, Ids, Sealer
from allonova.application.kernel.wired import wired
from allonova.application.money.wallet_queries import OwnerUnit, PayoutFacts, WalletQueries
from allonova.domain.identity.contact import ChangeKind, ContactChange
from allonova.domain.identity.events import ContactChanged
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.machine import Party
from allonova.domain.money.payout import PayoutMethod
from allonova.domain.money.payout_account import DEFAULT_METHOD, PayoutAccount, account_context, safe_from


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutAccountView:
    """Where one's money goes. `is_default`: nothing was named, it is one's verified phone. No money leaves before
    `frozen_until`, after a change of phone, e-mail, password or of this account.
    """

    method: PayoutMethod
    phone: str
    is_default: bool
    confirmed_at: datetime | None
    frozen_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutAccountChange:
    """What became of a change: `account` is the one that counts now. With a `code` the new number counts once the code
    that was sent there comes back.
    """

    account: PayoutAccountView | None
    code: CodeSent | None


@wired
class PayoutAccountDesk:
    """Reads and changes payout accounts, in one way for all."""

    clock: Clock
    ids: Ids
    sealer: Sealer

    def number_of(self, account: PayoutAccount) -> str:
        """Its phone, in E.164."""
        return self.sealer.open(account.phone, context=account_context(account.id))

    def view(self, facts: PayoutFacts) -> PayoutAccountView | None:
        """As its owner sees it; None when there is none, and no verified phone."""
        frozen_until = safe_from(facts.changed_at, self.clock.now())
        if facts.account is not None:
            return PayoutAccountView(
                method=facts.account.method,
                phone=self.number_of(facts.account),
                is_default=False,
                confirmed_at=facts.account.confirmed_at,
                frozen_until=frozen_until,
            )
        if facts.phone is None:
            return None
        return PayoutAccountView(
            method=DEFAULT_METHOD, phone=facts.phone, is_default=True, confirmed_at=None, frozen_until=frozen_until
        )

    async def change(self, unit: OwnerUnit, user: User, method: PayoutMethod, phone: str) -> None:
        """From now on this one, which is confirmed; `user` is locked. The owner is told, and nothing leaves for a day;
        unless it is the one that counts already.
        """
        now, standing = self.clock.now(), await unit.payout_accounts.of(user.id)
        own = user.phone if user.is_phone_verified else None
        counts = (DEFAULT_METHOD, own) if standing is None else (standing.method, self.number_of(standing))
        if counts == (method, phone):
            return
        await self._keep(unit, standing, user.id, method, phone)
        change = ContactChange(id=self.ids.new(), user_id=user.id, kind=ChangeKind.PAYOUT_ACCOUNT, created_at=now)
        await unit.contact_changes.add(change)
        await unit.outbox.put(ContactChanged(change.id))
        actor, meta = Actor(Party.OWNER, user.id), {"method": method.value}
        await unit.audit.put(
            actor=actor, action="user.payout_account_changed", entity="user", entity_id=user.id, meta=meta
        )

    async def _keep(
        self, unit: OwnerUnit, standing: PayoutAccount | None, user_id: UUID, method: PayoutMethod, phone: str
    ) -> None:
        now, id = self.clock.now(), self.ids.new() if standing is None else standing.id
        sealed = self.sealer.seal(phone, context=account_context(id))
        if standing is not None:
            standing.become(method, sealed, now)
            await unit.payout_accounts.save(standing)
            return
        account = PayoutAccount(
            id=id, user_id=user_id, method=method, phone=sealed, confirmed_at=now, created_at=now, updated_at=now
        )
        await unit.payout_accounts.add(account)


async def facts_within(unit: OwnerUnit, user: User) -> PayoutFacts:
    """The same that WalletQueries tells, as this unit leaves it."""
    phone = user.phone if user.is_phone_verified else None
    return PayoutFacts(phone, await unit.payout_accounts.of(user.id), await unit.contact_changes.last_of(user.id))


@wired
class ShowPayoutAccount:
    """Where one's money goes."""

    queries: WalletQueries
    desk: PayoutAccountDesk

    async def __call__(self, *, caller_id: UUID) -> PayoutAccountView | None:
        """None when there is nowhere."""
        return self.desk.view(await self.queries.payout_facts(caller_id))
