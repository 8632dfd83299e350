"""Who carries text messages and mails, and who may report of them."""

from __future__ import annotations

import httpx

from allonova.adapters.notify import orange_sms
from allonova.adapters.notify.brevo_mail import BrevoMail
from allonova.adapters.notify.brevo_sms import BrevoSms
from allonova.adapters.notify.orange_sms import OrangeSms
from allonova.adapters.notify.smtp_mail import SmtpMail
from allonova.application.kernel.ports import Clock
from allonova.application.notifications.messenger import Messenger
from allonova.application.notifications.ports import MailSender, SmsSender
from allonova.main.settings import Settings

BREVO_URL = "https://api.brevo.com/v3"
PLAYED_NUMBER = "+2250000000000"


def build_messenger(settings: Settings, clock: Clock, http: httpx.AsyncClient) -> Messenger:
    """Both channels, without a list of suppressed addresses, which lies in the database."""
    return Messenger(build_sms(settings, http), _mails(settings, clock, http))


def build_sms(settings: Settings, http: httpx.AsyncClient) -> SmsSender:
    """The chosen one. A vendor without a URL of its own is the sandbox's, where there is one."""
    if settings.sms_provider == "orange":
        played = f"{settings.sandbox_url}/orange-sms" if settings.with_sandbox else orange_sms.URL
        return OrangeSms(
            http,
            base_url=settings.orange_sms_base_url or played,
            client_id=settings.orange_sms_client_id or "sandbox",
            client_secret=settings.orange_sms_client_secret or "sandbox",
            sender=settings.orange_sms_sender or PLAYED_NUMBER,
            sender_name=settings.orange_sms_sender_name,
        )
    url, key = _brevo(settings)
    return BrevoSms(http, base_url=url, api_key=key, sender=settings.brevo_sms_sender)


def _mails(settings: Settings, clock: Clock, http: httpx.AsyncClient) -> MailSender:
    sender, name = settings.mail_sender, settings.mail_from_name
    if (server := settings.smtp_server) is not None:
        return SmtpMail(server, sender=sender, sender_name=name, clock=clock)
    url, key = _brevo(settings)
    return BrevoMail(http, base_url=url, api_key=key, sender=sender, sender_name=name)


def _brevo(settings: Settings) -> tuple[str, str]:
    played = f"{settings.sandbox_url}/brevo/v3" if settings.with_sandbox else BREVO_URL
    return settings.brevo_base_url or played, settings.brevo_api_key or "sandbox"
