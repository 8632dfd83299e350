"""Interventions, notifications, the audit log, the SLA."""

from __future__ import annotations

from allonova.application.dispatch.change_intervention import ChangeIntervention
from allonova.application.dispatch.create_intervention import CreateIntervention
from allonova.application.dispatch.desk_queries import DeskQueries
from allonova.application.dispatch.mail_notification import MailNotification
from allonova.application.dispatch.read_all_notifications import ReadAllNotifications
from allonova.application.dispatch.read_notification import ReadNotification
from allonova.application.dispatch.remove_intervention import RemoveIntervention
from allonova.application.dispatch.tell_devices import PushNotification, PushToDevice
from allonova.application.dispatch.watch_sla import WatchSla
from allonova.domain.dispatch.events import NotificationPosted, PushAddressed
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform
from allonova.main.parts.desks import desks

HEARD: dict[type[Event], tuple[str, ...]] = {
    NotificationPosted: ("push_notification", "mail_notification"),
    PushAddressed: ("push_to_device",),
}
EVERY_S: dict[str, int] = {"sla": 300}


def build(platform: Platform, outside: Outside) -> Part:
    """On its adapters."""
    dispatch, clock, ids = platform.dispatch, platform.clock, outside.ids
    begin_for = dispatch.begin_for
    desk = desks(platform, outside)
    return Part(
        use={
            DeskQueries: dispatch.desk,
            CreateIntervention: CreateIntervention(begin_for, clock, ids, desk.notices, desk.trail),
            ChangeIntervention: ChangeIntervention(begin_for, clock, desk.trail),
            RemoveIntervention: RemoveIntervention(begin_for, desk.trail),
            ReadNotification: ReadNotification(begin_for, clock, desk.trail),
            ReadAllNotifications: ReadAllNotifications(begin_for, clock, desk.trail),
        },
        handlers={
            "push_notification": PushNotification(begin_for, clock),
            "push_to_device": PushToDevice(begin_for, clock, outside.sealer, outside.pushes),
            "mail_notification": MailNotification(begin_for, outside.messenger),
        },
        jobs={"sla": WatchSla(dispatch.begin_for, dispatch.doors, clock, ids, desk.notices, desk.trail)},
    )
