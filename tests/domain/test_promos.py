"""What promos give, and who is thanked for whom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allonova.domain.identity.referral_code import ALPHABET, referral_code_of
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import InvalidTransition, ValidationError
from allonova.domain.kernel.machine import Party
from allonova.domain.money.promo import Promo, PromoChange, PromoReason, PromoStatus, PromoType
from allonova.domain.money.referral import REFERRAL_WINDOW, ReferralReason, ReferralStatus, referral_bonus, refusal_of
from tests.support.factories import HOUR, NOW, SECOND, a_promo, a_referral, a_user, new_id

AMOUNT, PERCENT = PromoType.AMOUNT, PromoType.PERCENT


@pytest.mark.parametrize(
    ("kind", "value", "fare", "discount"),
    [
        (AMOUNT, 1_000, 6_000, 1_000),
        (AMOUNT, 6_000, 6_000, 6_000),
        (AMOUNT, 6_001, 6_000, 6_000),
        (PERCENT, 15, 6_000, 900),
        (PERCENT, 50, 3, 2),
        (PERCENT, 33, 100, 33),
        (PERCENT, 1, 30, 1),
        (PERCENT, 100, 6_000, 6_000),
    ],
)
def test_discount_is_whole_francs_of_the_fare(kind: PromoType, value: int, fare: int, discount: int) -> None:
    assert a_promo(type=kind, value=value).discount_of(fare) == discount


@pytest.mark.parametrize(
    ("promo", "used", "reason"),
    [
        (a_promo(), 0, None),
        (a_promo(ends_at=NOW + SECOND), 0, None),
        (a_promo(max_uses=None, per_user_limit=None, uses=9_999), 99, None),
        (a_promo(status=PromoStatus.INACTIVE), 0, PromoReason.INACTIVE),
        (a_promo(starts_at=NOW + SECOND), 0, PromoReason.NOT_STARTED),
        (a_promo(starts_at=NOW - HOUR, ends_at=NOW), 0, PromoReason.ENDED),
        (a_promo(max_uses=3, uses=2), 0, None),
        (a_promo(max_uses=3, uses=3), 0, PromoReason.EXHAUSTED),
        (a_promo(per_user_limit=2), 1, None),
        (a_promo(per_user_limit=2), 2, PromoReason.USED_UP),
    ],
)
def test_code_gives_nothing_when_a_bound_is_reached(promo: Promo, used: int, reason: PromoReason | None) -> None:
    assert promo.refusal(used_by_payer=used, at=NOW) is reason


def test_period_is_no_bound_when_somebody_was_in_time_once() -> None:
    over = a_promo(starts_at=NOW - HOUR, ends_at=NOW)
    assert over.shortage(used_by_payer=0) is None
    assert a_promo(max_uses=1, uses=1).shortage(used_by_payer=0) is PromoReason.EXHAUSTED
    assert a_promo(status=PromoStatus.INACTIVE).shortage(used_by_payer=0) is PromoReason.INACTIVE


def test_uses_are_never_fewer_than_none() -> None:
    promo = a_promo()
    promo.take(NOW)
    promo.give_back(NOW)
    with pytest.raises(ValueError, match="nobody"):
        promo.give_back(NOW)


def test_change_names_what_changed() -> None:
    promo = a_promo(max_uses=5, ends_at=NOW + HOUR)
    assert promo.change(PromoChange(), NOW + SECOND) == frozenset()
    assert promo.updated_at == NOW
    assert promo.change(PromoChange(value=30, max_uses=5), NOW + SECOND) == {"value"}
    changed = promo.change(PromoChange(max_uses=0, per_user_limit=0, never_ends=True), NOW + SECOND)
    assert changed == {"max_uses", "per_user_limit", "ends_at"}
    assert (promo.max_uses, promo.per_user_limit, promo.ends_at, promo.updated_at) == (None, None, None, NOW + SECOND)


TO_100, TO_A_MILLION = "1 to 100", "1 to 1000000"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (PromoChange(value=101), ("value", "out_of_range", TO_100)),
        (PromoChange(value=0), ("value", "out_of_range", TO_100)),
        (PromoChange(type=AMOUNT, value=10_000_000_000), ("value", "out_of_range", "1 to 9999999999")),
        (PromoChange(max_uses=-1), ("max_uses", "out_of_range", TO_A_MILLION)),
        (PromoChange(per_user_limit=1_000_001), ("per_user_limit", "out_of_range", TO_A_MILLION)),
        (PromoChange(ends_at=NOW), ("ends_at", "too_early", "after starts_at")),
        (PromoChange(starts_at=NOW + HOUR, ends_at=NOW + HOUR), ("ends_at", "too_early", "after starts_at")),
    ],
)
def test_change_is_refused_when_it_means_nothing(change: PromoChange, told: tuple[str, str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        a_promo().change(change, NOW)
    assert [(fault.path, fault.code, fault.message) for fault in refused.value.fields] == [told]


@pytest.mark.parametrize(
    "change",
    [
        PromoChange(value=1),
        PromoChange(value=100),
        PromoChange(type=AMOUNT, value=9_999_999_999),
        PromoChange(max_uses=1, per_user_limit=1_000_000),
        PromoChange(starts_at=NOW, ends_at=NOW + SECOND),
    ],
)
def test_change_is_made_up_to_its_bounds(change: PromoChange) -> None:
    promo = a_promo()
    promo.change(change, NOW + HOUR)
    promo.require_sound()
    assert promo.updated_at == NOW + HOUR


def test_referral_codes_are_short_and_unambiguous() -> None:
    codes = {referral_code_of(new_id()) for _ in range(500)}
    assert len(codes) == 500
    assert {len(code) for code in codes} == {8}
    assert set("".join(codes)) <= set(ALPHABET)
    assert not set("01ILO") & set(ALPHABET)


def test_code_brings_nothing_when_there_is_nobody_to_thank() -> None:
    me, older = a_user(), a_user(created_at=NOW - SECOND)
    last = NOW + REFERRAL_WINDOW - SECOND
    assert refusal_of(older, me, last) is None
    assert refusal_of(None, me, NOW) is ReferralReason.UNKNOWN
    assert refusal_of(a_user(created_at=NOW - SECOND, is_active=False), me, NOW) is ReferralReason.UNKNOWN
    assert refusal_of(me, me, NOW) is ReferralReason.OWN
    assert refusal_of(older, me, NOW + timedelta(days=7)) is ReferralReason.TOO_LATE
    assert refusal_of(a_user(created_at=NOW), me, NOW) is ReferralReason.NEWER


def test_both_are_thanked_in_the_order_of_their_wallets() -> None:
    referrer, referee = a_user(), a_user()
    for one, other in ((referrer, referee), (referee, referrer)):
        referral = a_referral(one, other)
        referral.earn(bonus_referrer=1_000, bonus_referee=500, booking_id=new_id(), at=NOW)
        owners = [owner for owner, _ in referral.shares()]
        assert owners == sorted(owners)
        entry = referral_bonus(new_id(), referral, NOW)
        assert sorted(posting.amount for posting in entry.postings) == [-1_500, 500, 1_000]
    with pytest.raises(InvalidTransition):
        referral.earn(bonus_referrer=1, bonus_referee=1, booking_id=new_id(), at=NOW)
    with pytest.raises(InvalidTransition):
        referral.void(Actor(Party.ADMIN, new_id()), NOW)
    assert referral.status is ReferralStatus.EARNED
