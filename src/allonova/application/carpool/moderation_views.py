"""Reports about people and flagged messages, as the back office looks at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allonova.application.files.ports import FileStore
from allonova.domain.carpool.chat_flags import Flag
from allonova.domain.carpool.message import Message, MessageType
from allonova.domain.carpool.moderation import CaseKind, CaseStatus, ModerationReview, Outcome
from allonova.domain.identity.user import AccountStatus, User

PICTURE_LINK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A report or a flagged message. `about` is whom it is about: the reported one, or who wrote; `by` is who reported,
    or to whom it was written. `text` is the reporter's reason, or what was written: nothing once its writer is erased.
    """

    kind: CaseKind
    id: UUID
    status: CaseStatus
    about: UUID
    by: UUID
    booking_id: UUID | None
    text: str | None
    flags: tuple[Flag, ...]
    is_hidden: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePerson:
    """Somebody of a case."""

    id: UUID
    first_name: str | None
    last_name: str | None
    phone: str | None
    email: str | None
    status: AccountStatus
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMessage:
    """A message with what both sides may not see any more. The link to a picture works for ten minutes."""

    id: UUID
    from_user_id: UUID
    type: MessageType
    content: str | None
    image_url: str | None
    flags: tuple[Flag, ...]
    is_hidden: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """The back office's last word."""

    outcome: Outcome
    note: str | None
    admin_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDetail:
    """A case with its two people, what was written around it (up to five messages before and after; of a report about a
    booking the last eleven), and the review, if there was one.
    """

    case: CaseView
    about: CasePerson
    by: CasePerson
    messages: tuple[CaseMessage, ...]
    review: ReviewView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What a case is made of, before links are made."""

    case: CaseView
    about: User
    by: User
    messages: tuple[Message, ...]
    review: ModerationReview | None


def case_detail(facts: CaseFacts, files: FileStore) -> CaseDetail:
    """As the back office sees it."""
    return CaseDetail(
        case=facts.case,
        about=_person(facts.about),
        by=_person(facts.by),
        messages=tuple(case_message(message, files) for message in facts.messages),
        review=None if facts.review is None else review_view(facts.review),
    )


def case_message(message: Message, files: FileStore) -> CaseMessage:
    """A message, hidden or not."""
    is_picture = message.type is MessageType.IMAGE
    return CaseMessage(
        id=message.id,
        from_user_id=message.from_user_id,
        type=message.type,
        content=None if is_picture else message.content,
        image_url=files.link(message.content, expires=PICTURE_LINK) if is_picture and message.content else None,
        flags=tuple(Flag(flag) for flag in message.flags),
        is_hidden=message.hidden_at is not None,
        created_at=message.created_at,
    )


def review_view(review: ModerationReview) -> ReviewView:
    """Its last word."""
    return ReviewView(outcome=review.outcome, note=review.note, admin_id=review.admin_id, at=review.updated_at)


def _person(user: User) -> CasePerson:
    return CasePerson(
        id=user.id,
        first_name=user.first_name,
        last_name=user.last_name,
        phone=user.phone,
        email=user.email,
        status=user.status,
        created_at=user.created_at,
    )
