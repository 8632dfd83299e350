"""What the sides of bookings complain of, and what the back office decides."""

from __future__ import annotations

from allonova.application.carpool.add_evidence import AddEvidence, DisputeUnit, GrantEvidenceUpload
from allonova.application.carpool.arbitrate_booking import ArbitrateBooking
from allonova.application.carpool.arbitration import ArbitrationDesk
from allonova.application.carpool.decide_dispute import DecideDispute
from allonova.application.carpool.dispute_queries import DisputeQueries
from allonova.application.carpool.open_dispute import OpenDispute
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.refund_by_admin import RefundByAdmin
from allonova.application.carpool.refund_sources import SourceDesk
from allonova.application.carpool.show_dispute import ShowDispute, ShowDisputeFile
from allonova.application.carpool.tell_disputes import TellArbitrated, TellDispute, TellDisputed
from allonova.application.files.grant_upload import GrantUpload
from allonova.application.files.upload_desk import UploadDesk
from allonova.application.kernel.ports import Begin
from allonova.application.notifications.notices import NoticeDesk
from allonova.domain.carpool.events import BookingArbitrated, DisputeMoved, DisputeOpened
from allonova.domain.kernel.events import Event
from allonova.domain.kernel.machine import Party
from allonova.main.parts import Outside, Part, Platform, Policies
from allonova.main.parts.cash import cash

# One name a side: each delivery is one reader's.
HEARD: dict[type[Event], tuple[str, ...]] = {
    DisputeOpened: ("notify_disputed",),
    DisputeMoved: ("notify_dispute_driver", "notify_dispute_passenger"),
    BookingArbitrated: ("notify_arbitrated_driver", "notify_arbitrated_passenger", "match_freed_seats"),
}
SHOWN: dict[type[Event], tuple[str, ...]] = {BookingArbitrated: ("show_booking", "show_ride")}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside, policies: Policies) -> Part:
    """On its adapters."""
    begin: Begin[CarpoolUnit] = platform.begin
    dispute_begin: Begin[DisputeUnit] = platform.begin
    clock, ids, files, queries = platform.clock, outside.ids, outside.files, platform.disputes
    uploads = UploadDesk(platform.begin, clock, files, outside.cleaner)
    desk = ArbitrationDesk(RefundByAdmin(begin, SourceDesk(cash(platform, outside, policies).payments), policies.money))
    notices = NoticeDesk(platform.begin, clock)
    return Part(
        use={
            DisputeQueries: queries,
            OpenDispute: OpenDispute(begin, clock, ids, files),
            ShowDispute: ShowDispute(queries, files),
            ShowDisputeFile: ShowDisputeFile(queries, platform.chats, platform.rides, platform.payments, files, clock),
            GrantEvidenceUpload: GrantEvidenceUpload(queries, GrantUpload(platform.begin, clock, ids, files)),
            AddEvidence: AddEvidence(dispute_begin, clock, ids, uploads),
            DecideDispute: DecideDispute(begin, clock, desk),
            ArbitrateBooking: ArbitrateBooking(begin, desk),
        },
        notifiers={
            "notify_disputed": TellDisputed(begin, notices),
            "notify_dispute_driver": TellDispute(Party.DRIVER, begin, notices),
            "notify_dispute_passenger": TellDispute(Party.PASSENGER, begin, notices),
            "notify_arbitrated_driver": TellArbitrated(Party.DRIVER, begin, notices),
            "notify_arbitrated_passenger": TellArbitrated(Party.PASSENGER, begin, notices),
        },
    )
