"""Which providers of payments and payouts the service asks: those without a URL of their own are the sandbox's, where
there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from allonova.adapters.payments import orange, wave_api
from allonova.adapters.payments.mtn import MtnPayments
from allonova.adapters.payments.mtn_api import COLLECTION, DISBURSEMENT, MtnKeys, MtnProduct
from allonova.adapters.payments.mtn_payouts import MtnPayouts
from allonova.adapters.payments.orange import OrangePayments
from allonova.adapters.payments.wave import WavePayments
from allonova.adapters.payments.wave_payouts import WavePayouts
from allonova.application.kernel.ports import Clock
from allonova.application.money.ports import PaymentGateway, PayoutGateway
from allonova.domain.money.payment import Method
from allonova.domain.money.payout import PayoutMethod
from allonova.main.settings import Settings

if TYPE_CHECKING:
    from allonova.adapters.payments.stripe_cards import StripeCards

WAVE_URL = wave_api.URL
STRIPE_URL = "https://api.stripe.com"


def build_wave(settings: Settings, clock: Clock, http: httpx.AsyncClient) -> WavePayments:
    """Payments by Wave; always on."""
    return WavePayments(
        http,
        base_url=_wave_url(settings),
        api_key=settings.wave_api_key or "sandbox",
        webhook_secret=settings.wave_webhook,
        clock=clock,
    )


def build_wave_payouts(settings: Settings, http: httpx.AsyncClient) -> WavePayouts:
    """Payouts by Wave; always on, with the key of the payments."""
    return WavePayouts(http, base_url=_wave_url(settings), api_key=settings.wave_api_key or "sandbox")


def build_orange(settings: Settings, clock: Clock, http: httpx.AsyncClient) -> OrangePayments | None:
    """Payments by Orange Money, where it is set or played."""
    if not (settings.with_orange or settings.with_sandbox):
        return None
    played = f"{settings.sandbox_url}/orange" if settings.with_sandbox else orange.URL
    return OrangePayments(
        http,
        base_url=settings.om_base_url or played,
        environment=settings.om_environment,
        client_id=settings.om_client_id or "sandbox",
        client_secret=settings.om_client_secret or "sandbox",
        merchant_key=settings.om_merchant_key or "sandbox",
        notif_url=settings.orange_notif_url,
        clock=clock,
    )


def build_mtn(settings: Settings, clock: Clock, http: httpx.AsyncClient) -> MtnPayments | None:
    """Payments by MTN MoMo, where it is set or played; it gives back with the keys of its Disbursements."""
    if not (settings.with_mtn or settings.with_sandbox):
        return None
    keys = MtnKeys(
        user=settings.mtn_collection_user or "sandbox",
        api_key=settings.mtn_collection_api_key or "sandbox",
        subscription_key=settings.mtn_collection_key or "sandbox",
    )
    return MtnPayments(
        base_url=_mtn_url(settings),
        public_url=settings.base_url,
        collection=MtnProduct(http, product=COLLECTION, keys=keys, environment=settings.mtn_target_environment),
        disbursement=_mtn_disbursement(settings, http),
        clock=clock,
    )


def build_mtn_payouts(settings: Settings, http: httpx.AsyncClient) -> MtnPayouts | None:
    """Payouts by MTN MoMo, where its Disbursements are set or played."""
    disbursement = _mtn_disbursement(settings, http)
    return None if disbursement is None else MtnPayouts(base_url=_mtn_url(settings), disbursement=disbursement)


def _mtn_disbursement(settings: Settings, http: httpx.AsyncClient) -> MtnProduct | None:
    if not (settings.with_mtn_disbursement or settings.with_sandbox):
        return None
    keys = MtnKeys(
        user=settings.mtn_disbursement_user or "sandbox",
        api_key=settings.mtn_disbursement_api_key or "sandbox",
        subscription_key=settings.mtn_disbursement_key or "sandbox",
    )
    return MtnProduct(http, product=DISBURSEMENT, keys=keys, environment=settings.mtn_target_environment)


def _mtn_url(settings: Settings) -> str:
    return settings.mtn_base_url or f"{settings.sandbox_url}/mtn"


def build_stripe(settings: Settings, clock: Clock, http: httpx.AsyncClient) -> StripeCards | None:
    """Cards by Stripe, where it is set or played."""
    if not (settings.with_stripe or settings.with_sandbox):
        return None
    from allonova.adapters.payments.stripe_cards import StripeCards  # noqa: PLC0415 - heavy

    return StripeCards(
        http,
        base_url=settings.stripe_base_url
        or (f"{settings.sandbox_url}/stripe" if settings.with_sandbox else STRIPE_URL),
        secret_key=settings.stripe_secret_key or "sandbox",
        publishable_key=settings.stripe_publishable_key or "pk_sandbox",
        webhook_secret=settings.stripe_webhook,
        clock=clock,
    )


def _wave_url(settings: Settings) -> str:
    return settings.wave_base_url or (f"{settings.sandbox_url}/wave" if settings.with_sandbox else WAVE_URL)


def build_gateways(settings: Settings, clock: Clock, http: httpx.AsyncClient) -> dict[Method, PaymentGateway]:
    """All that are switched on."""
    made: dict[Method, PaymentGateway | None] = {
        Method.WAVE: build_wave(settings, clock, http),
        Method.ORANGE: build_orange(settings, clock, http),
        Method.MTN: build_mtn(settings, clock, http),
        Method.CARD: build_stripe(settings, clock, http),
    }
    return {method: gateway for method, gateway in made.items() if gateway is not None}


def build_payout_gateways(
    settings: Settings, clock: Clock, http: httpx.AsyncClient
) -> dict[PayoutMethod, PayoutGateway]:
    """All that are switched on."""
    made: dict[PayoutMethod, PayoutGateway | None] = {
        PayoutMethod.WAVE: build_wave_payouts(settings, http),
        PayoutMethod.MTN: build_mtn_payouts(settings, http),
    }
    return {method: gateway for method, gateway in made.items() if gateway is not None}
