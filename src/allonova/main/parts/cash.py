"""What several parts of carpooling share: how payments are opened and settled, how money goes back."""

from __future__ import annotations

from dataclasses import dataclass

from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.settle_payment import PaymentDesk
from allonova.application.money.opening import OpeningDesk
from allonova.application.money.refund_desk import RefundDesk
from allonova.main.parts import Outside, Platform, Policies


@dataclass(frozen=True, slots=True)
class Cash:
    """Each by its work."""

    refunds: RefundDesk
    endings: EndingDesk
    payments: PaymentDesk
    opening: OpeningDesk


def cash(platform: Platform, outside: Outside, policies: Policies) -> Cash:
    """All of them."""
    clock, ids = platform.clock, outside.ids
    reaches = {method: gateway.gives_back for method, gateway in outside.gateways.items()}
    refunds = RefundDesk(clock, ids, reaches, policies.money)
    endings = EndingDesk(clock, ids, policies.rides, refunds)
    return Cash(
        refunds=refunds,
        endings=endings,
        payments=PaymentDesk(endings),
        opening=OpeningDesk(platform.begin, clock, outside.gateways),
    )
