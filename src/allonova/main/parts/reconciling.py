"""Our money beside what providers say of it, and the nightly proof of the books."""

from __future__ import annotations

from allonova.application.carpool import reconcile_daily
from allonova.application.carpool.check_payment import CheckPayment
from allonova.application.carpool.compare_payment import ComparePayment, ReconcilingUnit
from allonova.application.carpool.reconcile import ReconcileOpen
from allonova.application.carpool.reconcile_daily import ReconcileDaily
from allonova.application.kernel.ports import Begin
from allonova.application.money import verify_books
from allonova.application.money.alerts import AlertDifference
from allonova.application.money.compare_payouts import ComparePayout
from allonova.application.money.compare_refunds import CompareRefund
from allonova.application.money.difference_desk import DifferenceDesk
from allonova.application.money.payout_desk import PayoutDesk
from allonova.application.money.reconciliation_ports import ReconciliationQueries
from allonova.application.money.send_refund import SendRefund
from allonova.application.money.verify_books import VerifyBooks
from allonova.domain.kernel.events import Event
from allonova.domain.money.events import DifferenceFound
from allonova.main.parts import Outside, Part, Platform, Policies
from allonova.main.parts.cash import cash

HEARD: dict[type[Event], tuple[str, ...]] = {DifferenceFound: ("alert_difference",)}
EVERY_S = {"reconciliation": 120, reconcile_daily.JOB: 600, verify_books.JOB: 600}
LIMIT_S = {reconcile_daily.JOB: reconcile_daily.LIMIT_S}


def build(platform: Platform, outside: Outside, policies: Policies) -> Part:
    """Reconciliation on its adapters."""
    begin: Begin[ReconcilingUnit] = platform.begin
    clock, ids, gateways, queries = platform.clock, outside.ids, outside.gateways, platform.reconciliation
    desks, differences = cash(platform, outside, policies), DifferenceDesk(clock, ids)
    payouts = PayoutDesk(clock, ids, outside.sealer)
    daily = ReconcileDaily(
        queries,
        ComparePayment(begin, platform.carpool, desks.payments, gateways, differences),
        CompareRefund(begin, platform.money, gateways, differences, clock),
        ComparePayout(begin, payouts, outside.payout_gateways, differences),
        clock,
        ids,
    )
    return Part(
        use={ReconciliationQueries: queries},
        handlers={"alert_difference": AlertDifference()},
        jobs={
            "reconciliation": ReconcileOpen(
                queries,
                CheckPayment(begin, platform.carpool, desks.payments, gateways),
                SendRefund(begin, platform.money, desks.refunds, gateways),
                clock,
            ),
            reconcile_daily.JOB: daily,
            verify_books.JOB: VerifyBooks(begin, platform.books, clock, ids),
        },
    )
