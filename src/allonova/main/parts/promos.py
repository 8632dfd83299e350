"""Promos and referrals."""

from __future__ import annotations

from allonova.application.carpool.earn_referral import EarnReferral
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.validate_promo import ValidatePromo
from allonova.application.kernel.ports import Begin
from allonova.application.money.change_promo import ChangePromo
from allonova.application.money.create_promo import CreatePromo
from allonova.application.money.promo_guard import PromoGuard
from allonova.application.money.promo_ports import PromoQueries
from allonova.application.money.release_promo import ReleasePromo
from allonova.application.money.use_referral import UseReferral
from allonova.application.money.void_referral import VoidReferral
from allonova.domain.carpool.events import BookingCompleted
from allonova.domain.kernel.events import Event
from allonova.domain.money.events import PromoReturned
from allonova.main.parts import Outside, Part, Platform, Policies

HEARD: dict[type[Event], tuple[str, ...]] = {
    BookingCompleted: ("earn_referral",),
    PromoReturned: ("release_promo",),
}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside, policies: Policies) -> Part:
    """Promos and referrals on their adapters."""
    begin: Begin[CarpoolUnit] = platform.begin
    clock, ids = platform.clock, outside.ids
    return Part(
        use={
            PromoQueries: platform.promos,
            ValidatePromo: ValidatePromo(begin, clock, PromoGuard(begin, clock)),
            CreatePromo: CreatePromo(begin, clock, ids),
            ChangePromo: ChangePromo(begin, clock),
            UseReferral: UseReferral(begin, clock, ids),
            VoidReferral: VoidReferral(begin, clock),
        },
        handlers={
            "earn_referral": EarnReferral(begin, clock, ids, policies.money),
            "release_promo": ReleasePromo(begin, clock),
        },
    )
