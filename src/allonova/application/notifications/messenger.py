"""From a template to a channel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import field

from allonova.application.kernel.wired import wired
from allonova.application.notifications.mail import MAIL
from allonova.application.notifications.ports import (
    ALLOCAR,
    NOVA,
    BadAddress,
    Letter,
    MailSender,
    SmsSender,
    Undeliverable,
)
from allonova.application.notifications.sms import sms_text
from allonova.application.notifications.suppressions import NoSuppressions, Suppressions
from allonova.application.notifications.templates import OF_NOVA, PROOFS, Template
from allonova.application.notifications.words import told
from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.notifications.stored_templates import MessageRules, MessageRulesNow
from allonova.domain.notifications.suppression import SuppressionReason

SUPPRESSED = "suppressed"


@wired
class Messenger:
    """Writes a message in the reader's language and sends it. At least once: a repeat is possible after a crash.

    An address that a vendor calls wrong is remembered, and nothing goes there any more but what proves that it works.
    Both raise Undeliverable then, and else what SmsSender and MailSender raise.
    """

    sms: SmsSender
    mails: MailSender
    suppressions: Suppressions = field(default_factory=NoSuppressions)
    rules: MessageRulesNow = MessageRules

    async def text(self, *, to: str, language: str, template: Template, **facts: str | int) -> None:
        """Send an SMS to an E.164 number."""
        text = sms_text(template, language, **facts)
        await self._send(Contact(Channel.SMS, to), template, lambda: self.sms.send(to=to, text=text, template=template))

    async def mail(
        self,
        *,
        to: str,
        language: str,
        template: Template,
        code: str | None = None,
        url: str | None = None,
        token: str | None = None,
        brand: str | None = None,
        **facts: str | int,
    ) -> None:
        """Send a mail.

        Args:
            code: a one-time code that it shows.
            url: where its button leads; `token` is the secret in it.
            brand: in whose name; that of the template's world, unless it is somebody's own.
            facts: what the template's text names.
        """
        words = MAIL[template][language]
        said = told(facts, language)
        secrets = {"code": code, "token": token, "url": url}
        letter = Letter(
            template=template,
            language=language,
            subject=words.subject.format(**said),
            paragraphs=tuple(paragraph.format(**said) for paragraph in words.paragraphs),
            code=code,
            button=None if url is None else words.button,
            url=url,
            data={name: value for name, value in secrets.items() if value is not None},
            brand=brand or (NOVA if template in OF_NOVA else ALLOCAR),
            stored=self.rules().stored(template, language),
            facts=said,
        )
        await self._send(Contact(Channel.EMAIL, to), template, lambda: self.mails.send(to=to, letter=letter))

    async def _send(self, contact: Contact, template: Template, send: Callable[[], Awaitable[None]]) -> None:
        if template not in PROOFS and await self.suppressions.is_suppressed(contact):
            raise Undeliverable(SUPPRESSED)
        try:
            await send()
        except BadAddress:
            await self.suppressions.suppress(contact, SuppressionReason.INVALID)
            raise
