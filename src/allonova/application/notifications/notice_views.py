"""What is shown of notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.application.notifications.pushes import push_text
from allonova.application.notifications.templates import Template
from allonova.domain.notifications.notice import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """A message to oneself. `data` holds the ids of what it is about."""

    id: UUID
    type: str
    title: str
    body: str
    data: dict[str, str]
    read_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNotices:
    """How many messages are read now that were not."""

    read: int


def notice_view(notice: Notice, language: str) -> NoticeView:
    """In its reader's language."""
    text = push_text(Template(notice.type), language, **notice.facts)
    return NoticeView(
        id=notice.id,
        type=notice.type,
        title=text.title,
        body=text.body,
        data=notice.data,
        read_at=notice.read_at,
        created_at=notice.created_at,
    )
