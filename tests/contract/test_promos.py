"""Stores and reads of promos and referrals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from allonova.application.kernel.listing import ListQuery
from allonova.domain.kernel.errors import AlreadyExists
from allonova.domain.money.promo import Promo, PromoCodeTaken, PromoUse, UseStatus
from allonova.domain.money.referral import AlreadyReferred, ReferralStatus
from tests.contract.conftest import Scene
from tests.support.factories import HOUR, NOW, a_booking, a_payment, a_promo, a_promo_use, a_referral, a_user, new_id
from tests.support.worlds import STORAGE_ERRORS, World


async def a_use(scene: Scene, promo: Promo, **given: Any) -> PromoUse:
    """A use of a promo by somebody on a booking of his own, with all that it stands on."""
    passenger = given.pop("passenger", None) or a_user()
    booking = a_booking(scene.trip, passenger)
    payment = a_payment(booking, promo_id=promo.id, promo_code=promo.code, discount=1_200, amount=4_800)
    use = a_promo_use(promo, payment, **given)
    async with scene.world.begin() as unit:
        if await unit.users.find(id=passenger.id) is None:
            await unit.users.add(passenger)
    await scene.world.keep(booking, payment, use)
    return use


async def test_everything_comes_back_when_it_is_kept(scene: Scene) -> None:
    promo = a_promo(ends_at=NOW + HOUR)
    await scene.world.keep(promo)
    use = await a_use(scene, promo)
    async with scene.world.begin() as unit:
        assert await unit.promos.get(promo.id, lock=True) == promo
        assert await unit.promo_uses.find(payment_id=use.payment_id) == use
        payment = await unit.payments.get(use.payment_id)
    assert (payment.promo_id, payment.promo_code) == (promo.id, promo.code)


async def test_code_is_one_promos_when_two_want_it(world: World) -> None:
    await world.keep(a_promo(code="UNE"))
    with pytest.raises(PromoCodeTaken):
        await world.keep(a_promo(code="UNE"))


UNSOUND: list[dict[str, Any]] = [
    {"code": "petit"}, {"value": 0}, {"value": 101}, {"max_uses": 0}, {"per_user_limit": 0, "max_uses": None},
    {"ends_at": NOW}, {"uses": -1}, {"type": "amount", "value": -5},
]  # fmt: skip


@pytest.mark.parametrize("given", UNSOUND)
async def test_promo_is_refused_when_it_means_nothing(world: World, given: dict[str, Any]) -> None:
    with pytest.raises(STORAGE_ERRORS):
        await world.keep(a_promo(**given))


async def test_uses_count_when_they_are_not_released(scene: Scene) -> None:
    promo, other = a_promo(), a_promo()
    await scene.world.keep(promo, other)
    passenger = a_user()
    uses: list[PromoUse] = []
    for status in (UseStatus.RESERVED, UseStatus.USED, UseStatus.RELEASED):
        uses.append(await a_use(scene, promo, status=status, passenger=a_user() if uses else passenger))
    async with scene.world.begin() as unit:
        counts = [await unit.promo_uses.count_of(promo.id, use.user_id) for use in uses]
        assert counts == [1, 1, 0]
        assert await unit.promo_uses.count_of(other.id, passenger.id) == 0
    detail = await scene.world.promos.promo(promo.id)
    assert detail is not None
    totals = detail.totals
    assert (totals.reserved, totals.used, totals.released, totals.discount) == (1, 1, 1, 1_200)
    assert await scene.world.promos.promo(new_id()) is None
    assert (await scene.world.promos.uses(promo.id, ListQuery())).total == 3
    assert (await scene.world.promos.uses(other.id, ListQuery())).total == 0
    (own,) = await scene.world.promos.used_by(passenger.id)
    assert (own.code, own.discount, own.status) == (promo.code, 1_200, UseStatus.RESERVED)


async def test_payment_has_one_use_when_it_is_given_two(scene: Scene) -> None:
    promo = a_promo()
    await scene.world.keep(promo)
    use = await a_use(scene, promo)
    with pytest.raises(AlreadyExists):
        await scene.world.keep(replace(use, id=new_id()))
    for wrong in (replace(use, discount=0), replace(use, promo_id=new_id()), replace(use, payment_id=new_id())):
        with pytest.raises((*STORAGE_ERRORS, AlreadyExists)):
            await scene.world.keep(replace(wrong, id=new_id()))


async def test_somebody_is_brought_once_when_two_say_so(world: World) -> None:
    one, other, referee = a_user(), a_user(), a_user()
    await world.keep(one, other, referee, a_referral(one, referee))
    with pytest.raises(AlreadyReferred):
        await world.keep(a_referral(other, referee))
    with pytest.raises(STORAGE_ERRORS):
        await world.keep(a_referral(other, other))


async def test_last_word_counts_when_it_is_introduced_again(world: World) -> None:
    one, other, referee = a_user(), a_user(), a_user()
    await world.keep(one, other, referee)
    for referrer in (one, other):
        await world.run(lambda unit, by=referrer: unit.referrals.introduce(a_referral(by, referee)))  # type: ignore[misc]
    async with world.begin() as unit:
        found = await unit.referrals.find(referee_id=referee.id)
        assert found is not None
        assert (found.referrer_id, found.version) == (other.id, 2)
        await unit.referrals.withdraw(referee.id)
        assert await unit.referrals.find(referee_id=referee.id) is None


@pytest.mark.parametrize("status", [ReferralStatus.EARNED, ReferralStatus.VOID])
async def test_what_is_over_stands_when_it_is_introduced_again(world: World, status: ReferralStatus) -> None:
    one, other, referee = a_user(), a_user(), a_user()
    await world.keep(one, other, referee, a_referral(one, referee, status=status))
    async with world.begin() as unit:
        await unit.referrals.introduce(a_referral(other, referee))
        await unit.referrals.withdraw(referee.id)
        found = await unit.referrals.find(referee_id=referee.id)
    assert found is not None
    assert (found.referrer_id, found.status) == (one.id, status)


async def test_summary_adds_up_when_somebody_brought_many(world: World) -> None:
    me, parent = a_user(), a_user()
    people = [a_user() for _ in range(4)]
    await world.keep(me, parent, *people, a_referral(parent, me))
    statuses = [ReferralStatus.PENDING, ReferralStatus.EARNED, ReferralStatus.EARNED, ReferralStatus.VOID]
    for person, status in zip(people, statuses, strict=True):
        bonus = 1_000 if status is ReferralStatus.EARNED else 0
        await world.keep(a_referral(me, person, status=status, bonus_referrer=bonus))
    found = await world.promos.referred(me.id)
    assert (found.code, found.count, found.pending, found.earned, found.bonus_total) == (
        me.referral_code,
        3,
        1,
        2,
        2_000,
    )
    assert found.brought is not None
    assert (found.brought.status, found.brought.bonus) == (ReferralStatus.PENDING, 0)
    nobody = await world.promos.referred(people[0].id)
    assert (nobody.count, nobody.bonus_total) == (0, 0)


async def test_referral_code_is_one_persons_when_two_have_it(world: World) -> None:
    await world.keep(a_user(referral_code="AAAA2222"), a_user(referral_code=None), a_user(referral_code=None))
    with pytest.raises(AlreadyExists):
        await world.keep(a_user(referral_code="AAAA2222"))
