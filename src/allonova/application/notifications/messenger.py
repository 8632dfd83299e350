"""From a template to a channel."""

from __future__ import annotations

from dataclasses import dataclass

from allonova.application.notifications.ports import SmsSender
from allonova.application.notifications.templates import SMS, Template


@dataclass(frozen=True, slots=True)
class Messenger:
    """Writes a message in the reader's language and sends it. At least once: a repeat is possible after a crash."""

    sms: SmsSender

    async def text(self, *, to: str, language: str, template: Template, **facts: str | int) -> None:
        """Send an SMS to an E.164 number."""
        text = SMS[template][language].format(**facts)
        await self.sms.send(to=to, text=text, template=template)
