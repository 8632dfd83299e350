"""Kept searches; people who are blocked or reported."""

from __future__ import annotations

from allonova.application.carpool.alert_queries import AlertQueries
from allonova.application.carpool.block_user import BlockUser
from allonova.application.carpool.expire_alerts import ExpireAlerts
from allonova.application.carpool.match_alerts import AlertDesk, MatchAlerts, MatchFreedSeats
from allonova.application.carpool.people_queries import PeopleQueries
from allonova.application.carpool.ports import AccountUnit
from allonova.application.carpool.remove_alert import RemoveAlert
from allonova.application.carpool.report_user import ReportUser
from allonova.application.carpool.save_alert import SaveAlert
from allonova.application.carpool.tell_match import TellMatch
from allonova.application.carpool.unblock_user import UnblockUser
from allonova.application.kernel.ports import Begin
from allonova.application.notifications.notices import NoticeDesk
from allonova.domain.carpool.events import (
    AlertMatched,
    BookingCancelled,
    BookingExpired,
    TripPublished,
)
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {
    TripPublished: ("match_alerts",),
    BookingCancelled: ("match_freed_seats",),
    BookingExpired: ("match_freed_seats",),
    AlertMatched: ("tell_match",),
}
EVERY_S = {"alerts": 1800}


def build(platform: Platform, outside: Outside) -> Part:
    """Alerts, blocks and reports on their adapters."""
    begin: Begin[AccountUnit] = platform.begin
    clock, ids, alerts, searches = platform.clock, outside.ids, platform.alerts, platform.searches
    desk = AlertDesk(begin, clock)
    return Part(
        use={
            AlertQueries: alerts,
            PeopleQueries: platform.people,
            SaveAlert: SaveAlert(begin, clock, ids),
            RemoveAlert: RemoveAlert(begin),
            BlockUser: BlockUser(begin, searches, clock, ids),
            UnblockUser: UnblockUser(begin, searches),
            ReportUser: ReportUser(begin, clock, ids),
        },
        handlers={
            "match_alerts": MatchAlerts(desk),
            "match_freed_seats": MatchFreedSeats(begin, desk),
        },
        notifiers={"tell_match": TellMatch(alerts, clock, NoticeDesk(platform.begin, clock))},
        jobs={"alerts": ExpireAlerts(begin, clock)},
    )
