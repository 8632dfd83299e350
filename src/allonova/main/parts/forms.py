"""The public form."""

from __future__ import annotations

from allonova.adapters.http.fields import read_phone
from allonova.application.dispatch.captcha import Captcha
from allonova.application.dispatch.follow_commande import FollowCommande
from allonova.application.dispatch.mail_clients import CourseMails, MailCancellation, MailConfirmation, MailTaxi
from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.order_by_form import OrderByForm
from allonova.application.dispatch.order_desk import OrderDesk
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.suivi import SuiviLinks
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import BeginFor
from allonova.domain.dispatch.events import CommandeCancelled, CommandeChanged, CommandeOrdered
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {
    CommandeOrdered: ("mail_confirmation",),
    CommandeChanged: ("mail_taxi",),
    CommandeCancelled: ("mail_cancellation",),
}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside) -> Part:
    """On its adapters."""
    begin_for: BeginFor[DispatchUnit] = platform.dispatch.begin_for
    clock, ids, doors = platform.clock, outside.ids, platform.dispatch.doors
    links = SuiviLinks(outside.secrets, outside.web_url)
    orders = OrderDesk(clock, ids, NoticeDesk(clock, ids), Trail(clock, ids))
    mails = CourseMails(begin_for, outside.messenger, links)
    return Part(
        use={
            Captcha: outside.captcha,
            OrderByForm: OrderByForm(platform.begin, begin_for, doors, outside.captcha, read_phone, orders, links),
            FollowCommande: FollowCommande(doors, platform.dispatch.forms, clock),
        },
        handlers={
            "mail_confirmation": MailConfirmation(mails),
            "mail_taxi": MailTaxi(mails),
            "mail_cancellation": MailCancellation(mails),
        },
    )
