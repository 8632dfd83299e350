"""Withdrawals and top-ups that meet at one wallet, with true parallelism."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import pytest

from allonova.adapters.crypto.sealer import AesSealer
from allonova.adapters.postgres.carpool.queries import PostgresCarpoolQueries
from allonova.adapters.postgres.money.books import PostgresBooks
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.identity.send_otp import OtpDesk
from allonova.application.kernel.idempotency import UNKEYED
from allonova.application.money.change_payout_account import ChangePayoutAccount
from allonova.application.money.payout_account import PayoutAccountDesk
from allonova.application.money.withdraw import Withdraw, WithdrawWish
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import DomainError
from allonova.domain.money.movements import wallet_topped_up
from allonova.domain.money.payment import Method, Payment, PaymentStatus
from allonova.domain.money.payout import PayoutMethod
from allonova.domain.money.rules import MoneyRules
from allonova.domain.money.wallet import TxnSource, Wallet
from tests.support.factories import NOW, NumberedIds, SetClock, a_paper, a_user, keep, new_id

CROWD = 100
ROUNDS = 3
WHOLE = 150_000


class NoSecrets:
    """Codes that nobody asks for."""

    kid = "k"

    def token(self) -> str:
        """See Secrets."""
        return "token"

    def derive(self, purpose: str, value: str) -> bytes:
        """See Secrets."""
        return bytes(32)

    def derivations(self, purpose: str, value: str) -> tuple[bytes, ...]:
        """See Secrets."""
        return (bytes(32),)


@dataclass(frozen=True, slots=True)
class Till:
    """The use cases on real connections."""

    units: PostgresUnits
    pool: Pool
    withdraw: Withdraw
    change: ChangePayoutAccount

    async def saver(self, francs: int) -> User:
        """Somebody with so much in the wallet, as the books know it."""
        owner = a_user()
        payment = Payment(
            id=new_id(),
            booking_id=None,
            user_id=owner.id,
            method=Method.WAVE,
            provider_url="https://wave.test",
            amount=francs,
            status=PaymentStatus.PAID,
            created_at=NOW,
            updated_at=NOW,
        )
        async with self.units.begin() as unit:
            await keep(unit, owner, a_paper(owner), payment)
            purse = await unit.wallets.of(
                owner.id, new=Wallet(id=new_id(), user_id=owner.id, created_at=NOW, updated_at=NOW)
            )
            purse.credit(new_id(), francs, TxnSource.TOPUP, payment.id, NOW)
            await unit.wallets.save(purse)
            await unit.journal.post(wallet_topped_up(new_id(), payment, NOW))
        return owner

    async def out(self, owner: User, amount: int) -> str:
        """What came of a withdrawal."""
        wish = WithdrawWish(amount=amount, method=PayoutMethod.WAVE)
        return await outcome(self.withdraw(caller_id=owner.id, wish=wish, once=UNKEYED))

    async def balance(self, owner: User) -> int:
        """What the wallet holds."""
        return (await PostgresCarpoolQueries(self.pool).wallet(owner.id)).balance

    async def faults(self) -> tuple[str, ...]:
        """What the books say."""
        return (await PostgresBooks(self.pool).verify()).faults


async def outcome(deed: Awaitable[object]) -> str:
    """`done`, or the code of the refusal."""
    try:
        await deed
    except DomainError as error:
        return error.code
    return "done"


@pytest.fixture
def till(units: PostgresUnits, pool: Pool) -> Till:
    ids, rails = NumberedIds(), dict.fromkeys(PayoutMethod)
    sealer = AesSealer({"k": "k" * 32}, "k")
    accounts = PayoutAccountDesk(SetClock(), ids, sealer)
    gateways: Any = rails
    rules = MoneyRules(withdraw_daily_count=5, withdraw_daily_limit=200_000)
    codes = OtpDesk(SetClock(), ids, NoSecrets(), sealer)
    return Till(
        units,
        pool,
        Withdraw(units.begin, sealer, accounts, gateways, lambda: rules),
        ChangePayoutAccount(units.begin, accounts, codes, gateways),
    )


@pytest.mark.promise("no-negative-balance")
@pytest.mark.parametrize("rounds", [ROUNDS, pytest.param(20, marks=pytest.mark.prove)])
async def test_one_wins_when_a_hundred_withdraw_the_whole_wallet(till: Till, rounds: int) -> None:
    for _ in range(rounds):
        owner = await till.saver(WHOLE)
        found = Counter(await asyncio.gather(*(till.out(owner, WHOLE) for _ in range(CROWD))))
        assert found == {"done": 1, "insufficient_funds": CROWD - 1}
        assert await till.balance(owner) == 0
    assert await till.faults() == ()


async def test_five_win_when_thirty_withdraw_a_little_on_one_day(till: Till) -> None:
    owner = await till.saver(WHOLE)
    assert Counter(await asyncio.gather(*(till.out(owner, 500) for _ in range(30)))) == {"done": 5, "conflict": 25}
    assert await till.balance(owner) == WHOLE - 5 * 500
    assert await till.faults() == ()


async def test_nothing_leaves_after_the_account_changed_when_both_happen_at_once(till: Till) -> None:
    for _ in range(ROUNDS):
        owner = await till.saver(WHOLE)
        change = till.change(caller_id=owner.id, method=PayoutMethod.MTN, phone=owner.phone or "")
        before, _, after = await asyncio.gather(till.out(owner, 500), outcome(change), till.out(owner, 500))
        assert {before, after} <= {"done", "conflict"}
        assert await till.out(owner, 500) == "conflict"
        assert await till.balance(owner) == WHOLE - 500 * [before, after].count("done")
    assert await till.faults() == ()
