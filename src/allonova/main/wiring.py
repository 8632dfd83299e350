"""The composition root: which use case stands on which adapters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.crypto.sealer import AesSealer
from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.crypto.tokens import JoseTokens
from allonova.adapters.http.provide import Edge, HttpConfig
from allonova.adapters.jobs.job import RELAY, Job
from allonova.adapters.maps.straight_line import StraightLineRoutes
from allonova.adapters.notify.brevo_sms import BrevoSms
from allonova.adapters.payments.wave import WavePayments
from allonova.application.carpool.accept_booking import AcceptBooking
from allonova.application.carpool.add_vehicle import AddVehicle
from allonova.application.carpool.check_in import CheckIn
from allonova.application.carpool.create_booking import CreateBooking
from allonova.application.carpool.create_trip import CreateTrip
from allonova.application.carpool.end_ride import EndRide
from allonova.application.carpool.expire_bookings import ExpireBookings
from allonova.application.carpool.ports import CarpoolQueries, CarpoolUnit, RoutePlanner
from allonova.application.carpool.publish_trip import PublishTrip
from allonova.application.carpool.refund_payment import RefundPayment
from allonova.application.carpool.start_payment import StartPayment
from allonova.application.carpool.start_ride import StartRide
from allonova.application.carpool.take_provider_event import TakeProviderEvent
from allonova.application.carpool.tell_sides import TellDriver, TellPassenger
from allonova.application.identity.announce_revocation import AnnounceRevocation
from allonova.application.identity.logout import Logout
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import IdentityQueries, IdentityUnit, Revocations
from allonova.application.identity.refresh_session import RefreshSession
from allonova.application.identity.register import Register
from allonova.application.identity.send_otp import OtpDesk, SendOtp
from allonova.application.identity.tell_user import SendCode, TellOwner
from allonova.application.identity.verify_otp import VerifyOtp
from allonova.application.kernel.limits import RateLimiter
from allonova.application.kernel.ports import Begin, Clock, DeliveryQueue, Ids, Sealer, Secrets
from allonova.application.kernel.relay import Handler, RelayOutbox, Subscription, by_event_and_subscriber
from allonova.application.money.alert_mismatch import AlertMismatch
from allonova.application.money.ports import BooksQueries, PaymentGateway
from allonova.application.notifications.messenger import Messenger
from allonova.domain.carpool.events import (
    BookingAccepted,
    BookingCompleted,
    BookingExpired,
    BookingPaid,
    BookingRequested,
)
from allonova.domain.carpool.rules import Rules
from allonova.domain.identity.events import OtpRequested, RegistrationRepeated, SessionRevoked
from allonova.domain.kernel.events import Event
from allonova.domain.money.events import PaymentMismatched, RefundDue
from allonova.domain.money.payment import Method
from allonova.main.settings import Settings

WAVE_URL = "https://api.wave.com"
BREVO_URL = "https://api.brevo.com/v3"

HEARD: dict[type[Event], tuple[str, ...]] = {
    OtpRequested: ("send_code",),
    RegistrationRepeated: ("tell_owner",),
    SessionRevoked: ("announce_revocation",),
    BookingRequested: ("tell_driver",),
    BookingAccepted: ("tell_passenger",),
    BookingExpired: ("tell_passenger",),
    BookingPaid: ("tell_driver", "tell_passenger"),
    BookingCompleted: ("tell_passenger",),
    RefundDue: ("refund_payment",),
    PaymentMismatched: ("alert_mismatch",),
}
"""Who hears of what. A name stays what it is once it was shipped: it stands in the outbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What memory and PostgreSQL with Redis do each in their way."""

    begin: Begin[Any]
    carpool: CarpoolQueries
    identity: IdentityQueries
    books: BooksQueries
    deliveries: DeliveryQueue
    clock: Clock
    revocations: Revocations
    limiter: RateLimiter
    health: Mapping[str, Callable[[], Awaitable[None]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What is the same in every mode: keys, vendors, roads."""

    ids: Ids
    secrets: Secrets
    sealer: Sealer
    tokens: JoseTokens
    gateways: Mapping[Method, PaymentGateway]
    messenger: Messenger
    planner: RoutePlanner


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The whole, ready to be served or worked for."""

    edge: Edge
    platform: Platform
    outside: Outside
    relay: RelayOutbox
    jobs: tuple[Job, ...]


def build_outside(settings: Settings, clock: Clock, http: httpx.AsyncClient) -> Outside:
    """Keys and vendors. A vendor without a URL of its own is the sandbox's, where there is one."""
    kid = next(iter(settings.keys))
    played = settings.with_sandbox
    wave = WavePayments(
        http,
        base_url=settings.wave_base_url or (f"{settings.sandbox_url}/wave" if played else WAVE_URL),
        api_key=settings.wave_api_key or "sandbox",
        webhook_secret=settings.wave_webhook,
        clock=clock,
    )
    sms = BrevoSms(
        http,
        base_url=settings.brevo_base_url or (f"{settings.sandbox_url}/brevo/v3" if played else BREVO_URL),
        api_key=settings.brevo_api_key or "sandbox",
        sender=settings.brevo_sms_sender,
    )
    return Outside(
        ids=RandomIds(),
        secrets=ServerSecrets(settings.keys, kid),
        sealer=AesSealer(settings.keys, kid),
        tokens=JoseTokens(settings.keys, kid, issuer="allonova", clock=clock),
        gateways={Method.WAVE: wave},
        messenger=Messenger(sms),
        planner=StraightLineRoutes(),
    )


def build_service(settings: Settings, platform: Platform, outside: Outside, rules: Rules | None = None) -> Service:
    """Every use case on its adapters."""
    rules = rules or Rules()
    use = _identity(platform, outside) | _carpool(platform, outside, rules)
    relay = RelayOutbox(platform.deliveries, by_event_and_subscriber(_subscriptions(platform, outside)), platform.clock)
    expire = ExpireBookings(platform.begin, platform.carpool, platform.clock)
    edge = Edge(
        use=use,
        begin=platform.begin,
        clock=platform.clock,
        verifier=outside.tokens,
        revocations=platform.revocations,
        limiter=platform.limiter,
        health=platform.health,
        config=http_config(settings),
    )
    jobs = (Job(RELAY, relay, every_s=5), Job("holds", expire, every_s=10))
    return Service(edge=edge, platform=platform, outside=outside, relay=relay, jobs=jobs)


def _identity(platform: Platform, outside: Outside) -> dict[object, object]:
    begin: Begin[IdentityUnit] = platform.begin
    clock, ids, secrets = platform.clock, outside.ids, outside.secrets
    otps = OtpDesk(clock, ids, secrets)
    sessions = SessionDesk(clock, ids, secrets, outside.tokens)
    return {
        IdentityQueries: platform.identity,
        Register: Register(begin, clock, ids, otps),
        SendOtp: SendOtp(begin, otps),
        VerifyOtp: VerifyOtp(begin, clock, secrets, sessions),
        RefreshSession: RefreshSession(begin, clock, sessions),
        Logout: Logout(begin, clock),
    }


def _carpool(platform: Platform, outside: Outside, rules: Rules) -> dict[object, object]:
    begin: Begin[CarpoolUnit] = platform.begin
    clock, ids, secrets = platform.clock, outside.ids, outside.secrets
    return {
        Clock: clock,
        CarpoolQueries: platform.carpool,
        "gateways": outside.gateways,
        AddVehicle: AddVehicle(begin, clock, ids),
        CreateTrip: CreateTrip(begin, clock, ids, rules, outside.planner),
        PublishTrip: PublishTrip(begin, clock, rules),
        CreateBooking: CreateBooking(begin, clock, ids, secrets, rules),
        AcceptBooking: AcceptBooking(begin, clock, rules),
        CheckIn: CheckIn(begin, clock),
        StartRide: StartRide(begin, clock),
        EndRide: EndRide(begin, clock, ids),
        StartPayment: StartPayment(begin, clock, ids, outside.gateways),
        TakeProviderEvent: TakeProviderEvent(begin, clock, ids, rules),
    }


def _subscriptions(platform: Platform, outside: Outside) -> list[Subscription]:
    begin, clock, messenger = platform.begin, platform.clock, outside.messenger
    handlers: dict[str, Handler] = {
        "send_code": SendCode(begin, clock, outside.secrets, messenger),
        "tell_owner": TellOwner(begin, messenger),
        "announce_revocation": AnnounceRevocation(platform.revocations),
        "tell_driver": TellDriver(platform.carpool, messenger),
        "tell_passenger": TellPassenger(platform.carpool, messenger),
        "refund_payment": RefundPayment(begin, platform.carpool, clock, outside.ids, outside.gateways),
        "alert_mismatch": AlertMismatch(),
    }
    return [Subscription(event, name, handlers[name]) for event, names in HEARD.items() for name in names]


def http_config(settings: Settings) -> HttpConfig:
    """The HTTP adapter's part of the settings."""
    return HttpConfig(
        public_url=settings.base_url,
        payment_return_url=settings.return_url,
        cors_origins=settings.cors_origins,
        trusted_proxies=settings.trusted_proxies,
        body_limit_bytes=settings.body_limit_bytes,
        user_per_minute=settings.rate_limit_per_minute,
        address_per_minute=settings.address_limit_per_minute,
        anonymous_per_minute=settings.rate_limit_per_minute,
        auth_per_minute=settings.auth_limit_per_minute,
        auth_address_per_minute=settings.auth_address_limit_per_minute,
        auth_identifier_per_hour=settings.auth_identifier_limit_per_hour,
    )
