"""The composition root: which use case stands on which adapters."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import httpx

from allonova.adapters.captcha.recaptcha import Recaptcha
from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.crypto.passwords import Argon2Passwords
from allonova.adapters.crypto.sealer import AesSealer
from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.crypto.tokens import JoseTokens
from allonova.adapters.crypto.totp import PyotpCodes
from allonova.adapters.http.answers import error_of
from allonova.adapters.http.provide import Edge, HttpConfig
from allonova.adapters.jobs.job import RELAY, Job
from allonova.adapters.notify import fcm
from allonova.adapters.notify.brevo_reports import BrevoReports
from allonova.adapters.notify.fcm import FcmPush
from allonova.adapters.notify.google_tokens import made_up_account
from allonova.adapters.notify.orange_receipts import OrangeReceipts
from allonova.adapters.storage.cleaner import ImageCleaner
from allonova.adapters.storage.local import LocalFiles
from allonova.adapters.telemetry.events import expect_events
from allonova.adapters.telemetry.work import DELIVERY, WatchedJob, watched, watching
from allonova.adapters.ws.hub import Hub
from allonova.adapters.ws.routes import SocketEdge
from allonova.application.carpool.settings_book import SettingsBook
from allonova.application.identity.tickets import RedeemTicket
from allonova.application.kernel.limits import RateLimiter
from allonova.application.kernel.ports import Clock, Delivery
from allonova.application.kernel.relay import Handler, Notifier, RelayOutbox, Subscription, by_event_and_subscriber
from allonova.application.kernel.relay_live import RelayLive, Shower, Showing, showings_of
from allonova.application.notifications.messenger import Messenger
from allonova.domain.carpool.rules import Rules
from allonova.domain.carpool.settings import BusinessSettings
from allonova.domain.kernel.events import Event
from allonova.domain.money.rules import MoneyRules
from allonova.main.files import file_store
from allonova.main.maps import build_places, build_planner
from allonova.main.messaging import build_messenger
from allonova.main.parts import (
    Outside,
    Part,
    Platform,
    Policies,
    accounts,
    admins,
    alerts,
    audit,
    backups,
    board,
    bookings,
    chat,
    companies,
    desk,
    disputes,
    fleet,
    forms,
    identity,
    mailboxes,
    notices,
    offers,
    oversight,
    papers,
    payouts,
    people,
    promos,
    ratings,
    reconciling,
    refunds,
    reports,
    retention,
    rides,
    screens,
    social,
    trips,
    wallets,
)
from allonova.main.parts import (
    settings as business,
)
from allonova.main.payments import build_gateways, build_payout_gateways
from allonova.main.settings import Env, Settings
from allonova.main.social import build_identity_providers

RECAPTCHA_URL = "https://www.google.com/recaptcha/api"


PARTS = (
    *(social, audit),
    *(accounts, identity, admins, papers, trips, oversight, bookings, refunds, disputes),
    *(promos, wallets, payouts, reconciling),
    *(alerts, chat, rides, ratings, people, business, notices, mailboxes),
    *(companies, fleet, board, offers, desk, forms, backups, screens),
    *(reports, retention),
)


def _merged(tables: Iterable[Mapping[type[Event], tuple[str, ...]]]) -> dict[type[Event], tuple[str, ...]]:
    found: dict[type[Event], tuple[str, ...]] = {}
    for table in tables:
        for event, names in table.items():
            found[event] = (*found.get(event, ()), *names)
    return found


# The two lanes of the outbox: to whatever may take its time, and onto sockets.
WORKED = _merged(part.HEARD for part in PARTS)
SHOWN = _merged(getattr(part, "SHOWN", {}) for part in PARTS)
HEARD = _merged((WORKED, SHOWN))
"""Who hears of what. A name stays what it is once it was shipped: it stands in the outbox."""

LIVE = frozenset(name for names in SHOWN.values() for name in names)
"""Those of them that show it on sockets."""

EVERY_S = {RELAY: 5} | {name: seconds for part in PARTS for name, seconds in part.EVERY_S.items()}
"""What runs by itself, and how often."""


LIMIT_S = backups.LIMIT_S | reconciling.LIMIT_S | audit.LIMIT_S | reports.LIMIT_S | retention.LIMIT_S
"""What may run for longer than other jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The whole, ready to be served or worked for."""

    edge: Edge
    platform: Platform
    outside: Outside
    relay: RelayOutbox
    relay_live: RelayLive
    hub: Hub
    sockets: SocketEdge
    jobs: tuple[Job, ...]
    beside: tuple[Callable[[], AbstractAsyncContextManager[None]], ...]
    book: SettingsBook

    @asynccontextmanager
    async def serving_sockets(self) -> AsyncIterator[None]:
        """All that a process runs beside its requests, until the end of the block."""
        async with AsyncExitStack() as stack:
            for running in (*self.beside, self.hub.running):
                await stack.enter_async_context(running())
            yield


def build_outside(settings: Settings, clock: Clock, http: httpx.AsyncClient, limiter: RateLimiter) -> Outside:
    """Keys and vendors. A vendor without a URL of its own is the sandbox's, where there is one."""
    kid = next(iter(settings.keys))
    secrets = ServerSecrets(settings.keys, kid)
    files = file_store(settings, secrets, clock)
    return Outside(
        ids=RandomIds(),
        secrets=secrets,
        sealer=AesSealer(settings.keys, kid),
        tokens=JoseTokens(settings.keys, kid, issuer="allonova", clock=clock),
        gateways=build_gateways(settings, clock, http),
        payout_gateways=build_payout_gateways(settings, clock, http),
        messenger=build_messenger(settings, clock, http),
        mail_reports=BrevoReports(settings.brevo_webhook),
        sms_receipts=OrangeReceipts(settings.orange_sms_receipts),
        captcha=_captcha(settings, http),
        identity_providers=build_identity_providers(settings, clock, http),
        pushes=_pushes(settings, clock, http),
        planner=build_planner(settings, http),
        places=build_places(settings, http, limiter),
        files=files,
        signed_files=files if isinstance(files, LocalFiles) else None,
        cleaner=ImageCleaner(),
        public_url=settings.base_url,
        hasher=Argon2Passwords(),
        totp=PyotpCodes(),
        web_url=settings.web_base,
        guards_onboarding=settings.env is Env.PRODUCTION,
    )


def _pushes(settings: Settings, clock: Clock, http: httpx.AsyncClient) -> FcmPush:
    account = settings.fcm_account
    played = f"{settings.sandbox_url}/fcm" if settings.with_sandbox else ""
    return FcmPush(
        http,
        project_id=settings.fcm_project_id or "sandbox",
        account=made_up_account if account is None else lambda: account,
        clock=clock,
        base_url=settings.fcm_base_url or played or fcm.URL,
        token_url=settings.fcm_token_url or (f"{played}/token" if played else fcm.TOKEN_URL),
    )


def _captcha(settings: Settings, http: httpx.AsyncClient) -> Recaptcha:
    played = f"{settings.sandbox_url}/recaptcha" if settings.with_sandbox else RECAPTCHA_URL
    return Recaptcha(
        http,
        base_url=settings.recaptcha_base_url or played,
        site_key=settings.recaptcha_site_key or "sandbox",
        secret=settings.recaptcha_secret or "sandbox",
        hostnames=settings.form_hostnames,
    )


def build_service(
    settings: Settings, platform: Platform, outside: Outside, policies: Policies | None = None
) -> Service:
    """Every part on its adapters. It goes by the settings that the back office keeps, once its `book` runs, unless
    other policies are given.
    """
    expect_events(HEARD)
    book = SettingsBook(platform.settings, default_settings(settings))
    policies = policies or Policies(rides=book.rides, money=book.money)
    outside = replace(outside, messenger=_remembering(platform, outside, book))
    parts = (
        accounts.build(platform, outside),
        identity.build(platform, outside),
        social.build(platform, outside),
        audit.build(platform, outside),
        admins.build(platform, outside),
        papers.build(platform, outside),
        *(
            part.build(platform, outside, policies)
            for part in (trips, oversight, bookings, refunds, disputes, promos, wallets, payouts, reconciling)
        ),
        *(part.build(platform, outside) for part in (alerts, chat, rides, ratings, people, notices, mailboxes)),
        business.build(platform, outside, book),
        *(part.build(platform, outside) for part in (companies, fleet, board, offers, desk, forms, backups, screens)),
        reports.build(platform, outside),
        retention.build(platform, outside, policies),
    )
    relay = RelayOutbox(platform.deliveries, by_event_and_subscriber(_subscriptions(parts)), platform.clock, _watch)
    hub = Hub(platform.bus, platform.clock, platform.revocations)
    edge = Edge(
        use={Clock: platform.clock} | {kind: watching(made) for part in parts for kind, made in part.use.items()},
        begin=platform.begin,
        clock=platform.clock,
        sealer=outside.sealer,
        verifier=outside.tokens,
        revocations=platform.revocations,
        limiter=platform.limiter,
        health=platform.health,
        is_leaving=lambda: hub.is_leaving,
        config=http_config(settings),
    )
    runs: ChainMap[str, Callable[[], Awaitable[object]]] = ChainMap(
        {RELAY: relay}, *(dict(part.jobs) for part in parts)
    )
    jobs = tuple(Job(name, WatchedJob(name, runs[name]), every_s) for name, every_s in EVERY_S.items() if name in runs)
    return Service(
        edge=edge,
        platform=platform,
        outside=outside,
        relay=relay,
        relay_live=RelayLive(platform.live, showings_of(_showings(parts)), platform.clock, _watch),
        hub=hub,
        sockets=_socket_edge(settings, edge, platform, outside),
        jobs=jobs,
        beside=tuple(running for part in parts for running in part.running),
        book=book,
    )


def _remembering(platform: Platform, outside: Outside, book: SettingsBook) -> Messenger:
    """The messenger with what lies in the database: whom nothing is sent, and which mails lie with the vendor."""
    desk = mailboxes.desk_of(platform, outside)
    return replace(outside.messenger, suppressions=desk, rules=book.messages)


def _watch(delivery: Delivery) -> AbstractContextManager[object]:
    return watched(DELIVERY, f"{delivery.event} {delivery.subscriber}", continues=delivery.trace)


def fixed_policies(settings: Settings, rides: Rules | None = None, money: MoneyRules | None = None) -> Policies:
    """Figures that nobody changes: these, and by default those of `default_settings`."""
    defaults = default_settings(settings)
    rides, money = rides or defaults.rides, money or defaults.money
    return Policies(rides=lambda: rides, money=lambda: money)


def default_settings(settings: Settings) -> BusinessSettings:
    """The figures of the business as long as nobody has set others. In production there are wallets only once counsel
    has said so (docs/legal.md).
    """
    return BusinessSettings(rides=Rules(), money=MoneyRules(enable_wallet=settings.env is not Env.PRODUCTION))


def _socket_edge(settings: Settings, edge: Edge, platform: Platform, outside: Outside) -> SocketEdge:
    """What sockets stand on: much the same."""
    return SocketEdge(
        use=edge.use,
        clock=platform.clock,
        ids=outside.ids,
        verifier=outside.tokens,
        revocations=platform.revocations,
        redeem=RedeemTicket(platform.tickets, platform.clock),
        origins=settings.cors_origins,
        explain=error_of,
    )


def _showings(parts: tuple[Part, ...]) -> list[Showing]:
    showers: dict[str, Shower] = {name: shower for part in parts for name, shower in part.showers.items()}
    return [Showing(event, name, showers[name]) for event, names in SHOWN.items() for name in names]


def _subscriptions(parts: tuple[Part, ...]) -> list[Subscription]:
    handlers: dict[str, Handler] = {name: handler for part in parts for name, handler in part.handlers.items()}
    notifiers: dict[str, Notifier] = {name: notifier for part in parts for name, notifier in part.notifiers.items()}
    heard = [
        Subscription(event, name, handlers.get(name) or notifiers[name], is_told_the_delivery=name in notifiers)
        for event, names in WORKED.items()
        for name in names
    ]
    retired = ((event, name) for event, names in notices.RETIRED.items() for name in names)
    return heard + [Subscription(event, name, notices.let_go) for event, name in retired]


def http_config(settings: Settings) -> HttpConfig:
    """The HTTP adapter's part of the settings."""
    return HttpConfig(
        public_url=settings.base_url,
        payment_return_url=settings.return_url,
        metrics_token=settings.metrics_token,
        cors_origins=settings.cors_origins,
        trusted_proxies=settings.trusted_proxies,
        takes_test_addresses=settings.env is not Env.PRODUCTION,
        body_limit_bytes=settings.body_limit_bytes,
        user_per_minute=settings.rate_limit_per_minute,
        address_per_minute=settings.address_limit_per_minute,
        anonymous_per_minute=settings.rate_limit_per_minute,
        auth_per_minute=settings.auth_limit_per_minute,
        auth_address_per_minute=settings.auth_address_limit_per_minute,
        auth_identifier_per_hour=settings.auth_identifier_limit_per_hour,
    )
