"""Figures of finance: sums of postings, whatever the postings."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allonova.domain.money.finance import FIGURES, Figures, Flow, accounts_of, days_of, methods_of, totals_of
from allonova.domain.money.journal import AccountKind, EntryKind

A, E = AccountKind, EntryKind
DAY = date(2025, 10, 1)


def a_flow(entry: EntryKind, account: AccountKind, net: int, **given: Any) -> Flow:
    made: dict[str, Any] = {"day": DAY, "debit": max(0, -net), "credit": max(0, net)}
    return Flow(entry=entry, account=account, **(made | given))


@pytest.mark.parametrize(
    ("entry", "account", "net", "figure", "francs"),
    [
        (E.BOOKING_PAID, A.CLEARING, -6_000, "paid", 6_000),
        (E.BOOKING_PAID, A.WALLET, -6_000, "paid", 6_000),
        (E.BOOKING_PAID, A.PROMO_EXPENSE, -1_200, "promos", 1_200),
        (E.PAYMENT_WITHOUT_BOOKING, A.CLEARING, -6_000, "paid", 6_000),
        (E.WALLET_TOPPED_UP, A.CLEARING, -500, "topups", 500),
        (E.REFUND_SENT, A.CLEARING, 700, "refunded", 700),
        (E.REFUND_TO_WALLET, A.WALLET, 700, "refunded", 700),
        (E.RIDE_COMPLETED, A.COMMISSION, 600, "commission", 600),
        (E.RIDE_COMPLETED, A.DRIVER_PAYABLE, 5_400, "driver_net", 5_400),
        (E.BOOKING_CANCELLED, A.COMMISSION, 90, "fees_kept", 90),
        (E.BOOKING_CANCELLED, A.PROMO_EXPENSE, 100, "promos", -100),
        (E.FEE_FROM_WALLET, A.COMMISSION, 90, "fees_kept", 90),
        (E.FEE_FROM_WALLET, A.DRIVER_PAYABLE, 810, "driver_net", 810),
        (E.REFUND_OWED, A.COMMISSION, -60, "commission_returned", 60),
        (E.REFUND_OWED, A.DRIVER_PAYABLE, -540, "driver_net", -540),
        (E.REFUND_OWED, A.LOSS, -6_000, "losses", 6_000),
        (E.CHARGEBACK_WON, A.LOSS, 6_000, "losses", -6_000),
        (E.LOSS_TO_DRIVER, A.DRIVER_PAYABLE, -6_000, "driver_net", -6_000),
        (E.DRIVER_PENALTY, A.PENALTIES, 1_000, "penalties", 1_000),
        (E.REFERRAL_BONUS, A.PROMO_EXPENSE, -1_500, "referral_bonuses", 1_500),
        (E.PROVIDER_CHARGED, A.PROVIDER_COST, -55, "provider_cost", 55),
        (E.PAYOUT_STARTED, A.DRIVER_PAYABLE, -5_400, "payouts", 5_400),
        (E.PAYOUT_RETURNED, A.DRIVER_PAYABLE, 5_400, "payouts", -5_400),
        (E.PAYOUT_STARTED, A.WALLET, -900, "withdrawals", 900),
        (E.PAYOUT_RETURNED, A.WALLET, 900, "withdrawals", -900),
        (E.PAYOUT_DONE, A.CLEARING, 5_400, "paid_out", 5_400),
    ],
)
def test_francs_are_in_one_figure_when_they_move_so(
    entry: EntryKind, account: AccountKind, net: int, figure: str, francs: int
) -> None:
    assert totals_of([a_flow(entry, account, net)]) == Figures(**{figure: francs})


@pytest.mark.parametrize(
    ("entry", "account"),
    [
        (E.BOOKING_PAID, A.ESCROW),
        (E.REFUND_OWED, A.REFUNDS_DUE),
        (E.PAYOUT_STARTED, A.PAYOUTS_IN_FLIGHT),
        (E.DRIVER_PENALTY, A.DRIVER_PAYABLE),
        (E.WALLET_TOPPED_UP, A.WALLET),
        (E.PROVIDER_CHARGED, A.CLEARING),
    ],
)
def test_francs_are_in_no_figure_when_their_other_side_is(entry: EntryKind, account: AccountKind) -> None:
    assert totals_of([a_flow(entry, account, 100)]) == Figures()


def test_ways_to_pay_have_their_own_figures() -> None:
    flows = [
        a_flow(E.BOOKING_PAID, A.CLEARING, -6_000, provider="wave"),
        a_flow(E.BOOKING_PAID, A.WALLET, -2_000),
        a_flow(E.REFUND_SENT, A.CLEARING, 1_000, provider="wave"),
        a_flow(E.PROVIDER_CHARGED, A.CLEARING, 55, provider="card"),
        a_flow(E.PAYOUT_DONE, A.CLEARING, 500, provider="mtn"),
        a_flow(E.PAYOUT_STARTED, A.WALLET, -500),
        a_flow(E.RIDE_COMPLETED, A.COMMISSION, 600),
    ]
    found = {each.method: each for each in methods_of(flows)}
    assert list(found) == ["card", "mtn", "wallet", "wave"]
    assert (found["wave"].paid, found["wave"].refunded, found["wallet"].paid) == (6_000, 1_000, 2_000)
    assert (found["card"].cost, found["mtn"].paid_out) == (55, 500)


FLOWS = st.lists(
    st.builds(
        Flow,
        day=st.integers(0, 20).map(lambda days: DAY + timedelta(days=days)),
        entry=st.sampled_from(EntryKind),
        account=st.sampled_from(AccountKind),
        provider=st.sampled_from(["wave", "card"]),
        debit=st.integers(0, 10**9),
        credit=st.integers(0, 10**9),
    )
)


@given(FLOWS)
def test_days_add_up_to_the_totals_and_ways_to_pay_as_well(flows: list[Flow]) -> None:
    totals, days = totals_of(flows), days_of(flows).values()
    for name in FIGURES:
        assert getattr(totals, name) == sum(getattr(day, name) for day in days)
    methods = methods_of(flows)
    for name in ("paid", "topups", "refunded", "paid_out"):
        assert getattr(totals, name) == sum(getattr(method, name) for method in methods)


@given(FLOWS, st.dictionaries(st.sampled_from(AccountKind), st.integers(-(10**12), 10**12)))
def test_what_accounts_held_and_what_moved_is_what_they_hold(
    flows: list[Flow], openings: dict[AccountKind, int]
) -> None:
    moved: Counter[AccountKind] = Counter()
    for flow in flows:
        moved[flow.account] += flow.credit - flow.debit
    accounts = accounts_of(flows, openings)
    assert [each.account for each in accounts] == list(AccountKind)
    for each in accounts:
        assert each.closing == each.opening + each.credit - each.debit
        assert each.closing == openings.get(each.account, 0) + moved[each.account]


@given(FLOWS)
def test_figures_say_what_became_of_each_account_that_is_a_result(flows: list[Flow]) -> None:
    moved = {each.account: each.closing for each in accounts_of(flows, {})}
    of_penalties = sum(f.net for f in flows if (f.entry, f.account) == (E.DRIVER_PENALTY, A.DRIVER_PAYABLE))
    totals = totals_of(flows)
    assert moved[A.COMMISSION] == totals.commission + totals.fees_kept - totals.commission_returned
    assert moved[A.DRIVER_PAYABLE] == totals.driver_net - totals.payouts + of_penalties
    assert moved[A.PROMO_EXPENSE] == -totals.promos - totals.referral_bonuses
    assert moved[A.PENALTIES] == totals.penalties
    assert moved[A.PROVIDER_COST] == -totals.provider_cost
    assert moved[A.LOSS] == -totals.losses
