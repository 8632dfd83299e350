"""The messages that went out (SMS, mails, pushes), kept so that codes and links can be read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from allonova.adapters.sandbox.times import iso

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from allonova.adapters.sandbox.state import Json, State

NEWEST: Final = 1000
_CODE: Final = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])", re.ASCII)
_LINK: Final = re.compile(r"https?://[^\s<>\"']+")
_AFTER_LINK: Final = ".,;:!?)]}"


class Channel(StrEnum):
    """How a message reaches somebody."""

    SMS = "sms"
    EMAIL = "email"
    PUSH = "push"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message; `template` is the name under which our side sent it, `data` its facts, when the provider carries
    them; otherwise the facts are read out of the text.
    """

    channel: Channel
    to: str
    body: str
    at: datetime
    template: str | None = None
    subject: str | None = None
    data: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Outbox:
    """Everything that the played providers delivered."""

    state: State

    def put(self, message: Message) -> int:
        """Keeps the message. Returns: its number, rising with time."""
        return self.state.insert(
            "INSERT INTO outbox (channel, recipient, subject, body, template, data, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            message.channel.value, message.to, message.subject, message.body, message.template,
            json.dumps(facts(message.body) if message.data is None else dict(message.data)), iso(message.at),
        )  # fmt: skip

    def newest(self, channel: str | None, to: str | None) -> list[Json]:
        """The last messages, newest first, at most 1,000."""
        if to is None:
            chosen = "SELECT * FROM outbox WHERE channel = coalesce(?, channel) ORDER BY seq DESC LIMIT ?"
            rows = self.state.rows(chosen, channel, NEWEST)
        else:
            chosen = (
                "SELECT * FROM outbox WHERE recipient = ? AND channel = coalesce(?, channel) ORDER BY seq DESC LIMIT ?"
            )
            rows = self.state.rows(chosen, to, channel, NEWEST)
        return [_shown(dict(row)) for row in rows]


def facts(text: str) -> dict[str, str]:
    """What somebody would read out of the message: its six-digit `code`, its link's `token` and `url`."""
    found: dict[str, str] = {}
    for match in _LINK.finditer(text):
        url = match.group().rstrip(_AFTER_LINK)
        if token := _token(url):
            found |= {"token": token, "url": url}
            text = text.replace(url, " ")
            break
    if code := _CODE.search(text):
        found["code"] = code.group()
    return found


def _token(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    for place in (parts.query, parts.fragment):
        if tokens := parse_qs(place).get("token"):
            return tokens[0]
    return None


def _shown(row: Json) -> Json:
    shown = {
        "channel": row["channel"],
        "to": row["recipient"],
        "subject": row["subject"],
        "body": row["body"],
        "template": row["template"],
        "data": json.loads(row["data"]),
        "at": row["at"],
    }
    if shown["subject"] is None:
        del shown["subject"]
    return shown
