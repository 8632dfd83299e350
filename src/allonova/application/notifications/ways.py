"""By which channels each message to AlloCar's users goes: the one place that says so (docs/decisions/0071)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

from allonova.application.notifications.templates import Template
from allonova.domain.notifications.notice import Notice

DAY = timedelta(days=1)


class Turn(StrEnum):
    """When a channel has its turn: always, when nothing could be pushed, when there is no other one, never."""

    ALWAYS = "always"
    UNPUSHED = "unpushed"
    LAST = "last"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a message reaches its reader, besides the list in the app.

    Args:
        push: how long a phone that was off still shows it.
        sms_a_day: of how many such messages in a day (Abidjan's) the reader gets a text message.
        is_security: about the account itself: whatever its owner wants otherwise, and at any hour.
    """

    sms: Turn
    mail: Turn = Turn.ALWAYS
    push: timedelta = DAY
    sms_a_day: int | None = None
    is_security: bool = False

    @property
    def has_stand_ins(self) -> bool:
        """Whether a channel waits for a push that finds no device."""
        return not {self.sms, self.mail}.isdisjoint((Turn.UNPUSHED, Turn.LAST))


STRANDS = Way(sms=Turn.ALWAYS)
"""Whoever misses it stands at the road, or loses money: it costs an SMS whatever was pushed."""
TELLS = Way(sms=Turn.UNPUSHED)
"""A push will do; who has none gets an SMS."""
KNOCKS = Way(sms=Turn.UNPUSHED, mail=Turn.UNPUSHED)
"""Small things, of which a mail beside the push would be too much."""
GUARDS = Way(sms=Turn.ALWAYS, is_security=True)
WARNED = Way(sms=Turn.NEVER, mail=Turn.NEVER, is_security=True)
"""SMS and mail went where the account was reached before, which only their sender knows."""
OFFERS = Way(sms=Turn.LAST, mail=Turn.UNPUSHED, sms_a_day=5)
"""One channel for each, so that no hundred trips of a day cost a hundred SMS."""

WAYS: Final[Mapping[Template, Way]] = {
    Template.BOOKING_REQUESTED: TELLS,
    Template.BOOKING_ACCEPTED: STRANDS,
    Template.BOOKING_REJECTED: TELLS,
    Template.BOOKING_EXPIRED: TELLS,
    Template.BOOKING_PAID_PASSENGER: STRANDS,
    Template.BOOKING_PAID_DRIVER: STRANDS,
    Template.BOOKING_CANCELLED_PASSENGER: STRANDS,
    Template.BOOKING_CANCELLED_DRIVER: STRANDS,
    Template.BOOKING_CANCELLED_UNPAID: STRANDS,
    Template.BOOKING_COMPLETED: TELLS,
    Template.BOOKING_ARBITRATED: STRANDS,
    Template.TRIP_CHANGED: STRANDS,
    Template.TRIP_STOPPED: STRANDS,
    Template.NO_SHOW: STRANDS,
    Template.RIDE_QUESTION: STRANDS,
    Template.RIDE_SHARED: TELLS,
    Template.RIDE_REMINDER_PASSENGER: STRANDS,
    Template.RIDE_REMINDER_DRIVER: STRANDS,
    Template.REFUND_SENT: TELLS,
    Template.ALERT_MATCHED: OFFERS,
    Template.MESSAGE_WAITING: KNOCKS,
    Template.RATING_DUE: KNOCKS,
    Template.RATING_RECEIVED: KNOCKS,
    Template.DISPUTE_OPENED: TELLS,
    Template.DISPUTE_IN_REVIEW: TELLS,
    Template.DISPUTE_RESOLVED: STRANDS,
    Template.DISPUTE_REJECTED: STRANDS,
    Template.PAYOUT_DONE: TELLS,
    Template.PAYOUT_FAILED: TELLS,
    Template.WITHDRAWAL_DONE: TELLS,
    Template.WITHDRAWAL_FAILED: TELLS,
    Template.WALLET_TOPPED_UP: TELLS,
    Template.REFERRAL_EARNED: TELLS,
    Template.PAPERS_APPROVED: TELLS,
    Template.PAPERS_REJECTED: TELLS,
    Template.ACCOUNT_SUSPENDED: GUARDS,
    Template.ACCOUNT_REINSTATED: GUARDS,
    Template.PASSWORD_CHANGED: WARNED,
    Template.SOCIAL_CHANGED: WARNED,
    Template.CONTACT_CHANGED: WARNED,
    Template.PAYOUT_ACCOUNT_CHANGED: WARNED,
}

EARLY = "24"
"""`hours_before` of the reminder after which another one comes."""


def way_of(notice: Notice) -> Way:
    """How a notice goes. A ride's first reminder is texted only where it could not be pushed."""
    way = WAYS[Template(notice.type)]
    return replace(way, sms=Turn.UNPUSHED) if notice.data.get("hours_before") == EARLY else way
