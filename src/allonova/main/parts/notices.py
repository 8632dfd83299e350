"""What AlloCar's users are told, and by which ways."""

from __future__ import annotations

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.remind_riders import RemindRiders
from allonova.application.carpool.reminder_ports import ReminderUnit
from allonova.application.carpool.still_true import StillDrives, StillMatches, StillRides
from allonova.application.carpool.tell_messages import ForgetWaiting, TellWaiting
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.push_desk import PushDesk
from allonova.application.identity.tell_account import ShowChange, TellStanding
from allonova.application.kernel.dead_letters import DeadLetterQueries, LettersUnit, ResendDelivery
from allonova.application.kernel.ports import Begin
from allonova.application.money.payout_ports import PayoutUnit
from allonova.application.money.tell_owner import (
    PaidUnit,
    ReferralSide,
    TellPayoutOwner,
    TellReferral,
    TellToppedUp,
)
from allonova.application.notifications.carry_notice import (
    MailNotice,
    PushNotice,
    PushNoticeToDevice,
    Readings,
    StillTrue,
    TextNotice,
)
from allonova.application.notifications.notice_ports import NoticeUnit
from allonova.application.notifications.notice_queries import NoticeQueries
from allonova.application.notifications.notices import NoticeDesk
from allonova.application.notifications.read_notice import ReadAllNotices, ReadNotice
from allonova.application.notifications.templates import Template
from allonova.application.notifications.ways import Turn
from allonova.domain.carpool.events import (
    BookingAccepted,
    BookingCancelled,
    BookingCompleted,
    BookingExpired,
    BookingPaid,
    BookingRejected,
    BookingRequested,
    MatchAddressed,
    MessageSent,
    MessagesRead,
    PassengerMissing,
    RideQuestioned,
    RideShared,
    TripChanged,
)
from allonova.domain.identity.events import ContactChanged, UserReinstated, UserSuspended
from allonova.domain.kernel.events import Event
from allonova.domain.kyc.events import PapersApproved, PapersRejected
from allonova.domain.money.events import PaymentRefunded, PayoutEnded, ReferralEarned, WalletToppedUp
from allonova.domain.notifications.events import NoticeAddressed, NoticePosted, NoticeUnpushed
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {
    NoticePosted: ("push_notice", "mail_notice", "text_notice"),
    NoticeAddressed: ("push_notice_to_device",),
    NoticeUnpushed: ("mail_unpushed", "text_unpushed"),
    PayoutEnded: ("tell_payout_owner",),
    WalletToppedUp: ("tell_topped_up",),
    ReferralEarned: ("tell_referrer", "tell_referee"),
    UserSuspended: ("tell_standing",),
    UserReinstated: ("tell_standing",),
    ContactChanged: ("show_change",),
    MessageSent: ("tell_waiting",),
    MessagesRead: ("forget_waiting",),
}
_SIDES = ("mail_driver", "mail_passenger")
RETIRED: dict[type[Event], tuple[str, ...]] = {
    **dict.fromkeys(
        (
            *(BookingRequested, BookingAccepted, BookingRejected, BookingExpired, BookingPaid, BookingCancelled),
            *(BookingCompleted, TripChanged, PassengerMissing, RideQuestioned, RideShared),
        ),
        _SIDES,
    ),
    PaymentRefunded: ("mail_payer",),
    PapersApproved: ("mail_paper_owner",),
    PapersRejected: ("mail_paper_owner",),
    MatchAddressed: ("push_match",),
}
"""Names that stand in the outbox of an older release: each channel of a message was a subscriber of the event itself.
What is left for them is done with, since the SMS of the same event is a notice now (docs/decisions/0071).
"""
EVERY_S = {"reminders": 60}


async def let_go(_: Event) -> None:
    """What was left for a retired name is done with."""


def _readings(platform: Platform) -> Readings:
    begin: Begin[CarpoolUnit] = platform.begin
    still: dict[Template, StillTrue] = {
        Template.ALERT_MATCHED: StillMatches(platform.alerts, platform.clock),
        Template.RIDE_REMINDER_PASSENGER: StillRides(begin),
        Template.RIDE_REMINDER_DRIVER: StillDrives(begin),
    }
    return Readings(platform.begin, platform.clock, still)


def build(platform: Platform, outside: Outside) -> Part:
    """Notices on their adapters."""
    begin: Begin[NoticeUnit] = platform.begin
    identity_begin: Begin[IdentityUnit] = platform.begin
    paid_begin: Begin[PaidUnit] = platform.begin
    payout_begin: Begin[PayoutUnit] = platform.begin
    reminder_begin: Begin[ReminderUnit] = platform.begin
    letters_begin: Begin[LettersUnit] = platform.begin
    clock, messenger = platform.clock, outside.messenger
    desk, readings = NoticeDesk(begin, clock), _readings(platform)
    always, stand_ins = frozenset({Turn.ALWAYS}), frozenset({Turn.UNPUSHED, Turn.LAST})
    return Part(
        use={
            NoticeQueries: platform.notices,
            ReadNotice: ReadNotice(begin, clock),
            ReadAllNotices: ReadAllNotices(begin, clock),
            DeadLetterQueries: platform.dead_letters,
            ResendDelivery: ResendDelivery(letters_begin, clock),
        },
        handlers={
            "push_notice": PushNotice(begin, readings),
            "mail_notice": MailNotice(readings, messenger, always),
            "text_notice": TextNotice(begin, readings, messenger, always),
            "push_notice_to_device": PushNoticeToDevice(
                readings, PushDesk(identity_begin, outside.sealer, outside.pushes)
            ),
            "mail_unpushed": MailNotice(readings, messenger, stand_ins),
            "text_unpushed": TextNotice(begin, readings, messenger, stand_ins),
            "forget_waiting": ForgetWaiting(begin, platform.chats, clock),
        },
        notifiers={
            "tell_payout_owner": TellPayoutOwner(payout_begin, desk),
            "tell_topped_up": TellToppedUp(paid_begin, desk),
            "tell_referrer": TellReferral(ReferralSide.REFERRER, paid_begin, desk),
            "tell_referee": TellReferral(ReferralSide.REFEREE, paid_begin, desk),
            "tell_standing": TellStanding(desk),
            "show_change": ShowChange(identity_begin, desk),
            "tell_waiting": TellWaiting(begin, platform.chats, platform.carpool, desk, clock),
        },
        jobs={"reminders": RemindRiders(reminder_begin, platform.reminders, desk, clock, outside.ids)},
    )
