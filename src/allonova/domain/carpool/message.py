"""What the two sides of a booking write to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.errors import Conflict, FieldError, Forbidden, ValidationError

MAX_LETTERS = 2_000  # allocar.md, Chat
CLIENT_ID = r"^[!-~]{1,100}$"
"""What a sender may call a message: visible ASCII."""


class MessageType(StrEnum):
    """Words, or a picture."""

    TEXT = "text"
    IMAGE = "image"


@dataclass(eq=False)
class ChatNotOpen(Forbidden):
    """Nobody writes before the driver has accepted the booking."""


@dataclass(eq=False)
class ChatBlocked(Forbidden):
    """One of the two wants nothing to do with the other."""


@dataclass(eq=False)
class ChatOver(Conflict):
    """The ride is too long ago."""

    closed_at: datetime


@dataclass(eq=False)
class ClientIdTaken(Conflict):
    """The sender has called another message so."""


@dataclass(slots=True, kw_only=True)
class Message:
    """`content` is the text, or the key of the picture in the store of files; nothing once its writer is erased.

    Within a booking no two have the same `created_at`: it is the order in which they were written. `client_id` is what
    the sender calls it, one of a kind among his. `flags` are those of chat_flags.py. `read_at` is when the other side
    had read it; `hidden_at` when the back office took it from the sight of both.
    """

    id: UUID
    booking_id: UUID
    from_user_id: UUID
    type: MessageType
    content: str | None
    client_id: str | None = None
    flags: list[str] = field(default_factory=list)
    read_at: datetime | None = None
    hidden_at: datetime | None = None
    version: int = 1
    created_at: datetime

    def hide(self, at: datetime, *, is_hidden: bool) -> bool:
        """Take it from the sight of both sides, or give it back; False when it is so already."""
        if is_hidden == (self.hidden_at is not None):
            return False
        self.hidden_at = at if is_hidden else None
        return True

    def says(self, booking_id: UUID, kind: MessageType, content: str) -> bool:
        """Whether it is what its sender sends again. Of a picture only the copy is known, so any picture is."""
        is_alike = self.booking_id == booking_id and self.type is kind
        return is_alike and (kind is MessageType.IMAGE or self.content == content)


def clean_text(text: str) -> str:
    """The text without the blanks around it.

    Raises:
        ValidationError: nothing is left, too much is, or there are control characters other than new lines and tabs.
    """
    text = text.strip()
    if not text:
        raise _unsound("too_short", "something")
    if len(text) > MAX_LETTERS:
        raise _unsound("too_long", f"at most {MAX_LETTERS} characters")
    if any(_is_control(char) for char in text):
        raise _unsound("control_character", "control characters are not allowed")
    return text


def _is_control(char: str) -> bool:
    """What is no letter of a text: control characters, and halves of letters that UTF-8 cannot hold."""
    return (char < " " and char not in "\n\t") or char == "\x7f" or "\ud800" <= char <= "\udfff"


def _unsound(code: str, message: str) -> ValidationError:
    return ValidationError((FieldError("content", code, message),))
