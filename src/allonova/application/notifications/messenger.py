"""From a template to a channel."""

from __future__ import annotations

from dataclasses import dataclass

from allonova.application.notifications.mail import MAIL
from allonova.application.notifications.ports import ALLOCAR, NOVA, Letter, MailSender, SmsSender
from allonova.application.notifications.sms import SMS
from allonova.application.notifications.templates import OF_NOVA, Template

THOUSANDS = {"fr": " ", "en": ","}


@dataclass(frozen=True, slots=True)
class Messenger:
    """Writes a message in the reader's language and sends it. At least once: a repeat is possible after a crash."""

    sms: SmsSender
    mails: MailSender

    async def text(self, *, to: str, language: str, template: Template, **facts: str | int) -> None:
        """Send an SMS to an E.164 number."""
        text = SMS[template][language].format(**facts)
        await self.sms.send(to=to, text=text, template=template)

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
        said = {name: spelt(fact, language) for name, fact in facts.items()}
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
        )
        await self.mails.send(to=to, letter=letter)


def spelt(fact: str | int, language: str) -> str:
    """A number as it is written in running text: 13 500, 13,500."""
    return fact if isinstance(fact, str) else f"{fact:,}".replace(",", THOUSANDS[language])
