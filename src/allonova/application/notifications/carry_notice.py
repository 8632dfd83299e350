"""Notices on their way: each channel is a subscriber of its own, so that one that fails is tried again alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from allonova.application.identity.push_desk import Push, PushDesk
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.relay import NotYet
from allonova.application.kernel.wired import wired
from allonova.application.notifications.messenger import Messenger
from allonova.application.notifications.notice_ports import NoticeUnit
from allonova.application.notifications.pushes import push_text
from allonova.application.notifications.templates import Template
from allonova.application.notifications.ways import Turn, Way, way_of
from allonova.domain.identity.contact import Channel
from allonova.domain.identity.user import User
from allonova.domain.notifications.events import NoticeAddressed, NoticePosted, NoticeUnpushed
from allonova.domain.notifications.notice import Notice
from allonova.domain.notifications.quiet import held_until, midnight_before

NOTHING = timedelta(0)

type StillTrue = Callable[[Notice], Awaitable[bool]]
"""Whether what a notice tells is still so."""

type Carried = NoticePosted | NoticeUnpushed
"""What mails and texts hear: of a notice, and that it could not be pushed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A notice that is still worth sending, its reader, and how it goes."""

    notice: Notice
    reader: User
    way: Way

    @property
    def template(self) -> Template:
        """What it is for."""
        return Template(self.notice.type)

    @property
    def wants_push(self) -> bool:
        """Whether its reader's devices may show it."""
        return self.reader.notify_push or self.way.is_security

    @property
    def address(self) -> str | None:
        """Where it may be mailed."""
        return self.reader.proven(Channel.EMAIL) if self.reader.notify_email or self.way.is_security else None

    @property
    def phone(self) -> str | None:
        """Where it may be texted."""
        return self.reader.proven(Channel.SMS) if self.reader.notify_sms or self.way.is_security else None

    @property
    def is_news(self) -> bool:
        """Whether its reader has not seen it in the app. What concerns his account he gets by every way."""
        return self.notice.read_at is None or self.way.is_security


@wired
class Readings:
    """Notices as they stand when they are sent.

    Args:
        still: for templates of which what they tell may be over sooner than their `until`.
    """

    begin: Begin[NoticeUnit]
    clock: Clock
    still: Mapping[Template, StillTrue]

    async def of(self, notice_id: UUID) -> Reading | None:
        """None when nothing is to be sent any more: it is over, no longer true or forgotten, or its reader's account is
        closed. That his account was closed is all that he hears then.
        """
        async with self.begin() as unit:
            notice = await unit.inbox.find(id=notice_id)
            reader = None if notice is None else await unit.users.find(id=notice.user_id)
        if notice is None or reader is None or notice.is_over(self.clock.now()):
            return None
        reading = Reading(notice, reader, way_of(notice))
        if not reader.is_active and reading.template is not Template.ACCOUNT_SUSPENDED:
            return None
        still = self.still.get(reading.template)
        return reading if still is None or await still(notice) else None

    def life(self, reading: Reading) -> timedelta:
        """How long it is still worth a push."""
        notice, now = reading.notice, self.clock.now()
        life = notice.created_at + reading.way.push - now
        return life if notice.until is None else min(life, notice.until - now)


@wired
class PushNotice:
    """Hears NoticePosted: addresses it to each device of its reader. Each is a delivery of its own."""

    begin: Begin[NoticeUnit]
    readings: Readings

    async def __call__(self, event: NoticePosted) -> None:
        """Where there is no device, or none is wanted, the channels that stand in for it hear so at once."""
        reading = await self.readings.of(event.notice_id)
        if reading is None or not reading.is_news or self.readings.life(reading) <= NOTHING:
            return
        async with self.begin() as unit:
            devices = await unit.devices.of_user(reading.reader.id) if reading.wants_push else []
            for device in devices:
                await unit.outbox.put(NoticeAddressed(event.notice_id, device.id))
            if not devices and reading.way.has_stand_ins:
                await unit.outbox.put(NoticeUnpushed(event.notice_id))


@wired
class PushNoticeToDevice:
    """Hears NoticeAddressed. When the last device turns out to be gone, the channels that stand in hear of it."""

    readings: Readings
    desk: PushDesk

    async def __call__(self, event: NoticeAddressed) -> None:
        """A second push of one notice takes the place of the first one on the screen."""
        reading = await self.readings.of(event.notice_id)
        if reading is None or not reading.is_news:
            return
        notice = reading.notice
        push = Push(
            text=push_text(reading.template, reading.reader.language, **notice.facts),
            data=notice.data | {"type": notice.type, "notification_id": str(notice.id)},
            key=str(notice.id),
            lasts=self.readings.life(reading),
        )
        otherwise = NoticeUnpushed(notice.id) if reading.way.has_stand_ins else None
        await self.desk.send(push, user_id=notice.user_id, device_id=event.device_id, otherwise=otherwise)


@wired
class MailNotice:
    """Mails what it is the turn for (`turns`), to a verified address whose owner wants mails."""

    readings: Readings
    messenger: Messenger
    turns: Collection[Turn]

    async def __call__(self, event: Carried) -> None:
        """What was read in the app is mailed all the same: people keep mails."""
        reading = await self.readings.of(event.notice_id)
        if reading is None or reading.way.mail not in self.turns or (to := reading.address) is None:
            return
        facts: dict[str, Any] = dict(reading.notice.facts)  # none is called as a secret of a mail is
        language = reading.reader.language
        await self.messenger.mail(to=to, language=language, template=reading.template, **facts)


@wired
class TextNotice:
    """Texts what it is the turn for (`turns`), to a verified phone whose owner wants SMS; not at night."""

    begin: Begin[NoticeUnit]
    readings: Readings
    messenger: Messenger
    turns: Collection[Turn]

    async def __call__(self, event: Carried) -> None:
        """Raises NotYet at night, but for what its reader would know too late in the morning, and his account."""
        reading = await self.readings.of(event.notice_id)
        if reading is None or not self._is_due(reading) or (to := reading.phone) is None:
            return
        if await self._is_too_much(reading):
            return
        notice, now = reading.notice, self.readings.clock.now()
        if not reading.way.is_security and (morning := held_until(now, notice.until)) is not None:
            raise NotYet(morning)
        language = reading.reader.language
        await self.messenger.text(to=to, language=language, template=reading.template, **notice.facts)

    def _is_due(self, reading: Reading) -> bool:
        """What was read in the app needs no SMS, nor does what was mailed where that is enough."""
        sms = reading.way.sms
        return sms in self.turns and reading.is_news and not (sms is Turn.LAST and reading.address is not None)

    async def _is_too_much(self, reading: Reading) -> bool:
        """Whether he was told of so many such things on that day that the rest is in the app alone."""
        if reading.way.sms_a_day is None:
            return False
        since = midnight_before(reading.notice.created_at)
        async with self.begin() as unit:
            return await unit.inbox.count_before(reading.notice, since=since) >= reading.way.sms_a_day
