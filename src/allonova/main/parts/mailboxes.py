"""Which addresses get messages, and what vendors report of them."""

from __future__ import annotations

from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin
from allonova.application.notifications.ports import MailReports, SmsReceipts
from allonova.application.notifications.suppressions import LiftSuppression, ShowSuppression, SuppressionDesk
from allonova.application.notifications.take_mail_report import TakeMailReport
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S: dict[str, int] = {}


def desk_of(platform: Platform, outside: Outside) -> SuppressionDesk:
    """The list of suppressed addresses, as senders use it."""
    return SuppressionDesk(platform.begin, platform.suppressions, outside.secrets, platform.clock, outside.ids)


def build(platform: Platform, outside: Outside) -> Part:
    """The list on its adapters."""
    begin: Begin[IdentityUnit] = platform.begin
    return Part(
        use={
            MailReports: outside.mail_reports,
            SmsReceipts: outside.sms_receipts,
            TakeMailReport: TakeMailReport(begin, platform.clock, desk_of(platform, outside)),
            ShowSuppression: ShowSuppression(platform.suppressions, outside.secrets),
            LiftSuppression: LiftSuppression(platform.begin, outside.secrets),
        }
    )
