"""Money that somebody of the back office gives back."""

from __future__ import annotations

from allonova.application.carpool.bear_chargeback import BearChargeback
from allonova.application.carpool.payment_queries import PaymentQueries
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.refund_by_admin import ApproveRefund, RefundByAdmin
from allonova.application.carpool.refund_sources import SourceDesk
from allonova.application.carpool.show_payment import ShowPayment
from allonova.application.kernel.ports import Begin
from allonova.application.money.decide_refund import ConfirmRefund, RejectRefund
from allonova.application.money.ports import MoneyQueries
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform, Policies
from allonova.main.parts.cash import cash

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside, policies: Policies) -> Part:
    """The back office's hands on payments."""
    begin: Begin[CarpoolUnit] = platform.begin
    desks = cash(platform, outside, policies)
    refund = RefundByAdmin(begin, SourceDesk(desks.payments), policies.money)
    return Part(
        use={
            PaymentQueries: platform.payments,
            MoneyQueries: platform.money,
            ShowPayment: ShowPayment(platform.payments),
            RefundByAdmin: refund,
            ApproveRefund: ApproveRefund(begin, refund),
            RejectRefund: RejectRefund(begin, desks.refunds),
            ConfirmRefund: ConfirmRefund(begin, desks.refunds),
            BearChargeback: BearChargeback(begin, desks.payments),
        },
    )
