"""What the books say of a period, in the figures that whoever runs the business asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date

from allonova.domain.money.journal import AccountKind, EntryKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What entries of a kind took from (`debit`) and put into (`credit`) accounts of a kind on one day; clearing
    accounts by their `provider`, which is empty elsewhere.
    """

    day: date
    entry: EntryKind
    account: AccountKind
    provider: str = ""
    debit: int
    credit: int

    @property
    def net(self) -> int:
        """What came of both."""
        return self.credit - self.debit


@dataclass(slots=True, kw_only=True)
class Figures:
    """Francs of a day or a period, each straight from postings (docs/decisions/0080 says from which).

    `paid`: by passengers, whichever way; `topups`: into wallets; `refunded`: back to providers and into wallets.
    `commission` of rides, `fees_kept` our part of the fees of who cancelled, `commission_returned` what of both went
    back. `driver_net`: what became drivers', after what they gave back. `penalties`: withheld from them. `promos` and
    `referral_bonuses`: given by us. `provider_cost`: kept by providers. `losses`: taken by banks for good, less what
    was won again. `payouts` and `withdrawals`: promised to drivers and wallets' owners, less what came back;
    `paid_out`: of both, what providers paid.
    """

    paid: int = 0
    topups: int = 0
    refunded: int = 0
    commission: int = 0
    fees_kept: int = 0
    commission_returned: int = 0
    driver_net: int = 0
    penalties: int = 0
    promos: int = 0
    referral_bonuses: int = 0
    provider_cost: int = 0
    losses: int = 0
    payouts: int = 0
    withdrawals: int = 0
    paid_out: int = 0

    def add(self, flow: Flow) -> None:
        """Count a flow in the figure that it belongs to, if any."""
        if (place := _PLACES.get((flow.entry, flow.account))) is not None:
            name, sign = place
            setattr(self, name, getattr(self, name) + sign * flow.net)


FIGURES = tuple(field.name for field in fields(Figures))


@dataclass(slots=True, kw_only=True)
class MethodFigures:
    """What passed by one way to pay; `cost` is what its provider kept."""

    method: str
    paid: int = 0
    topups: int = 0
    refunded: int = 0
    paid_out: int = 0
    cost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFigures:
    """One kind of account: what it held before the period, what was taken from it and put into it, what it holds at
    its end. Credit is positive: what we owe; clearing is below zero, since providers owe us.
    """

    account: AccountKind
    opening: int
    debit: int
    credit: int
    closing: int


A, E = AccountKind, EntryKind
_PAID = (E.BOOKING_PAID, E.PAYMENT_WITHOUT_BOOKING)
_FEES = (E.BOOKING_CANCELLED, E.FEE_FROM_WALLET)
_OUT = (E.PAYOUT_STARTED, E.PAYOUT_RETURNED)

type _Place = tuple[str, int]


def _places() -> dict[tuple[EntryKind, AccountKind], _Place]:
    """Which figure a posting belongs to, by its entry's kind and its account's; of some to none."""
    found: dict[tuple[EntryKind, AccountKind], _Place] = {}
    for kind in E:
        found[kind, A.COMMISSION] = ("commission_returned", -1)
        found[kind, A.DRIVER_PAYABLE] = ("driver_net", 1)
        found[kind, A.PENALTIES] = ("penalties", 1)
        found[kind, A.PROMO_EXPENSE] = ("promos", -1)
        found[kind, A.PROVIDER_COST] = ("provider_cost", -1)
        found[kind, A.LOSS] = ("losses", -1)
    for kind in _PAID:
        found[kind, A.CLEARING] = found[kind, A.WALLET] = ("paid", -1)
    for kind in _FEES:
        found[kind, A.COMMISSION] = ("fees_kept", 1)
    for kind in _OUT:
        found[kind, A.DRIVER_PAYABLE] = ("payouts", -1)
        found[kind, A.WALLET] = ("withdrawals", -1)
    found[E.RIDE_COMPLETED, A.COMMISSION] = ("commission", 1)
    found[E.WALLET_TOPPED_UP, A.CLEARING] = ("topups", -1)
    found[E.REFUND_SENT, A.CLEARING] = found[E.REFUND_TO_WALLET, A.WALLET] = ("refunded", 1)
    found[E.REFERRAL_BONUS, A.PROMO_EXPENSE] = ("referral_bonuses", -1)
    found[E.PAYOUT_DONE, A.CLEARING] = ("paid_out", 1)
    del found[E.DRIVER_PENALTY, A.DRIVER_PAYABLE]  # the same francs as `penalties`
    return found


_PLACES: Mapping[tuple[EntryKind, AccountKind], _Place] = _places()
_OF_METHODS = frozenset({"paid", "topups", "refunded", "paid_out"})


def totals_of(flows: Iterable[Flow]) -> Figures:
    """All of them added up."""
    found = Figures()
    for flow in flows:
        found.add(flow)
    return found


def days_of(flows: Iterable[Flow]) -> dict[date, Figures]:
    """The same by day; days on which nothing moved are missing."""
    found: defaultdict[date, Figures] = defaultdict(Figures)
    for flow in flows:
        found[flow.day].add(flow)
    return dict(found)


def methods_of(flows: Iterable[Flow]) -> list[MethodFigures]:
    """By provider, and `wallet`, in the order of their names."""
    found: dict[str, MethodFigures] = {}
    for flow in flows:
        name, sign = _PLACES.get((flow.entry, flow.account), ("", 0))
        if (flow.entry, flow.account) == (E.PROVIDER_CHARGED, A.CLEARING):
            name, sign = "cost", 1
        elif name not in _OF_METHODS:
            continue
        method = flow.provider if flow.account is A.CLEARING else A.WALLET.value
        figures = found.setdefault(method, MethodFigures(method=method))
        setattr(figures, name, getattr(figures, name) + sign * flow.net)
    return [found[method] for method in sorted(found)]


def accounts_of(flows: Iterable[Flow], openings: Mapping[AccountKind, int]) -> list[AccountFigures]:
    """Every kind of account, moved or not."""
    debits: defaultdict[AccountKind, int] = defaultdict(int)
    credits: defaultdict[AccountKind, int] = defaultdict(int)
    for flow in flows:
        debits[flow.account] += flow.debit
        credits[flow.account] += flow.credit
    return [
        AccountFigures(
            account=account,
            opening=openings.get(account, 0),
            debit=debits[account],
            credit=credits[account],
            closing=openings.get(account, 0) + credits[account] - debits[account],
        )
        for account in AccountKind
    ]
