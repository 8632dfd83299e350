"""All that there is of somebody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from allonova.application.carpool.alert_queries import AlertQueries
from allonova.application.carpool.alert_views import AlertView
from allonova.application.carpool.chat_queries import ChatQueries
from allonova.application.carpool.chat_views import MessageView, message_view
from allonova.application.carpool.dispute_queries import DisputeQueries
from allonova.application.carpool.dispute_views import DisputeView, EvidenceView, dispute_view, evidence_view
from allonova.application.carpool.people_queries import PeopleQueries
from allonova.application.carpool.people_views import BlockView, UserReportView
from allonova.application.carpool.ports import CarpoolQueries
from allonova.application.carpool.rating_queries import RatingQueries
from allonova.application.carpool.rating_views import OwnRating, RatingView
from allonova.application.carpool.ride_queries import RideQueries
from allonova.application.carpool.ride_views import OwnLink, OwnLocation, OwnProof
from allonova.application.carpool.series_queries import SeriesQueries
from allonova.application.carpool.series_views import SeriesView
from allonova.application.carpool.views import BookingView, TripView, VehicleView
from allonova.application.files.ports import FileStore
from allonova.application.identity.ports import Caller, IdentityQueries
from allonova.application.identity.views import ContactChangeView, DeviceView, SessionView, SocialLinkView, UserView
from allonova.application.kernel.listing import ListQuery, Page, Sort
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.application.kyc.show_papers import ShowPapers
from allonova.application.kyc.views import PaperView
from allonova.application.money.payout_account import PayoutAccountView, ShowPayoutAccount
from allonova.application.money.payout_views import PayoutView
from allonova.application.money.promo_ports import PromoQueries
from allonova.application.money.promo_views import OwnPromoUse, ReferralSummary
from allonova.application.money.show_payouts import ShowPayouts
from allonova.application.money.views import PaymentView, WalletTxnView, WalletView, payment_view
from allonova.application.notifications.notice_queries import NoticeQueries
from allonova.application.notifications.notice_views import NoticeView
from allonova.domain.kernel.errors import AuthRequired, DomainError
from allonova.domain.kernel.machine import Party

PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountExport:
    """One's data, as one sees each of them elsewhere. Francs."""

    exported_at: datetime
    user: UserView
    sessions: tuple[SessionView, ...]
    devices: tuple[DeviceView, ...]
    social_links: tuple[SocialLinkView, ...]
    contact_changes: tuple[ContactChangeView, ...]
    papers: tuple[PaperView, ...]
    vehicles: tuple[VehicleView, ...]
    trips: tuple[TripView, ...]
    series: tuple[SeriesView, ...]
    bookings: tuple[BookingView, ...]
    payments: tuple[PaymentView, ...]
    wallet: WalletView
    wallet_txns: tuple[WalletTxnView, ...]
    payout_account: PayoutAccountView | None
    payouts: tuple[PayoutView, ...]
    alerts: tuple[AlertView, ...]
    blocks: tuple[BlockView, ...]
    reports: tuple[UserReportView, ...]
    ratings_written: tuple[OwnRating, ...]
    ratings_received: tuple[RatingView, ...]
    messages: tuple[MessageView, ...]
    disputes: tuple[DisputeView, ...]
    dispute_evidence: tuple[EvidenceView, ...]
    locations: tuple[OwnLocation, ...]
    ride_links: tuple[OwnLink, ...]
    ride_proofs: tuple[OwnProof, ...]
    referrals: ReferralSummary
    promo_uses: tuple[OwnPromoUse, ...]
    notifications: tuple[NoticeView, ...]


@wired
class ExportAccount:
    """Everything that the service keeps about somebody and shows him."""

    identity: IdentityQueries
    papers: ShowPapers
    carpool: CarpoolQueries
    repeated: SeriesQueries
    kept: AlertQueries
    people: PeopleQueries
    rated: RatingQueries
    disputed: DisputeQueries
    followed: RideQueries
    chats: ChatQueries
    promos: PromoQueries
    account: ShowPayoutAccount
    paid: ShowPayouts
    told: NoticeQueries
    files: FileStore
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (AuthRequired,)

    async def __call__(self, *, caller: Caller) -> AccountExport:
        """Raises AuthRequired when the account is closed."""
        me, now = caller.user_id, self.clock.now()
        user = await self.identity.user(me)
        if user is None or not user.is_active:
            raise AuthRequired
        rides, identity = self.carpool, self.identity
        return AccountExport(
            exported_at=now,
            user=user,
            sessions=await _all(lambda q: identity.sessions(me, q, current=caller.session_id, now=now)),
            devices=tuple(await identity.devices(me)),
            social_links=tuple(await identity.social_links(me)),
            contact_changes=tuple(await identity.contact_changes(me)),
            papers=tuple((await self.papers(caller_id=me)).documents),
            vehicles=await _all(lambda q: rides.vehicles(me, q)),
            trips=await _all(lambda q: rides.trips(me, q)),
            series=await _all(lambda q: self.repeated.series(me, q)),
            bookings=await _all(lambda q: rides.bookings(me, Party.PASSENGER, q)),
            payments=tuple(payment_view(payment) for payment in await rides.payments(me)),
            wallet=await rides.wallet(me),
            wallet_txns=await _all(lambda q: rides.wallet_txns(me, q)),
            payout_account=await self.account(caller_id=me),
            payouts=await _all(lambda q: self.paid(caller_id=me, query=q)),
            alerts=await _all(lambda q: self.kept.alerts(me, q, now=now)),
            blocks=await _all(lambda q: self.people.blocks(me, q)),
            reports=await _all(lambda q: self.people.reports(me, q)),
            ratings_written=await _all(lambda q: self.rated.written(me, q)),
            ratings_received=await _all(lambda q: self.rated.ratings(me, q)),
            disputes=tuple(dispute_view(each, me) for each in await _all(lambda q: self.disputed.disputes_of(me, q))),
            dispute_evidence=tuple(evidence_view(each, self.files) for each in await self.disputed.given_by(me)),
            locations=tuple(await self.followed.locations(me)),
            ride_links=tuple(await self.followed.links(me)),
            ride_proofs=tuple(await self.followed.proofs(me)),
            referrals=await self.promos.referred(me),
            promo_uses=tuple(await self.promos.used_by(me)),
            notifications=await _all(lambda q: self.told.notices(me, q)),
            messages=tuple(
                message_view(each, self.files, viewer_id=me) for each in await _all(lambda q: self.chats.written(me, q))
            ),
        )


async def _all[T](read: Callable[[ListQuery], Awaitable[Page[T]]]) -> tuple[T, ...]:
    """Every page of a list, the oldest first."""
    found: list[T] = []
    number = 1
    while True:
        page = await read(ListQuery(sort=(Sort("created_at"),), page=number, page_size=PAGE))
        found += page.items
        if len(found) >= page.total or not page.items:
            return tuple(found)
        number += 1
