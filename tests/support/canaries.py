"""What must never leave, and how to see that it did: in a log, a trace, a report of a fault, a refusal, or a figure.

Phones, mails, tokens and the like are known by their shape, whoever made them. Passwords, codes and numbers of papers
have none: they are noted where a test sends or gets them. What may show is not in the lists below: ids of people and
things, and what is masked.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

import httpx

SHAPES: Mapping[str, str] = {
    "phone": r"(?:\+|%2[Bb])(?:225\d{10}|33[1-9]\d{8})(?!\d)|(?<![\w.-])(?:225)?0[157]\d{8}(?![\w.-])",
    "mail": r"[\w.+-]+(?:@|%40)(?:[\w-]+\.)+[A-Za-z]{2,}",
    "signed token": r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*",
    "token": r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{43}(?![\w-])",
    "authenticator secret": r"(?<![\w-])(?=[A-Z2-7]*[2-7])[A-Z2-7]{32}(?![\w-])",
    "password's hash": r"\$argon2id\$",
    "password in a URL": r"\w+://[^\s/:@\"]*:[^\s/@\"]+@",
    "authorization": r"\b[Bb](?:earer|asic) +[\w+/=.-]{8,}",
    "key of a request": r"\bkey-of-nobody-else-\d+",
    "server's secret": "|".join(
        re.escape(secret)
        for secret in (
            "a-demo-secret-that-production-refuses",
            "the-secret-of-the-end-to-end-tests",  # tests/support/processes.py
            "wave_sn_WHS_sandbox",  # what settings stand for where none is set
            "whsec_sandbox",
            "brevo-hook-sandbox",
            "orange-sms-sandbox",
        )
    ),
}
NAMES = r"\b(?:Awa|Kon(?:é|\\u00e9)|Yao|Kouassi)\b"
"""Of people that factories make."""
NAME = "name"

FIELDS: Mapping[str, str] = {
    **dict.fromkeys(("password", "new_password", "current_password", "newPassword", "currentPassword"), "password"),
    **dict.fromkeys(("code", "totp", "recovery_code"), "code"),
    **dict.fromkeys(("token", "id_token", "access_token", "refresh_token", "accessToken", "refreshToken"), "token"),
    **dict.fromkeys(("ticket", "secret", "client_secret", "captcha_token", "fcm_token"), "token"),
    **dict.fromkeys(("doc_number", "number"), "number of a paper"),
    **dict.fromkeys(("phone", "telephone", "contactPhone", "contact_phone"), "phone"),
    **dict.fromkeys(("email", "contactEmail", "contact_email"), "mail"),
}
"""Under which names bodies carry what."""

FIELD = re.compile(rf'"({"|".join(FIELDS)})"\s*:\s*"((?:[^"\\]|\\.)+)"')
SECRET = re.compile("|".join(f"(?P<K{index}>{pattern})" for index, pattern in enumerate(SHAPES.values())))
NAMED = re.compile(NAMES)
CODE = re.compile(r"[0-9]{6,8}")
WORDS = re.compile(r"[a-z]+(?:[-._/][a-z]+)*")
"""What a program says as well: Hypothesis takes the words of ours for its made-up secrets. Ours have a digit or so."""
SENDERS = ("no-reply@allocar.test",)
"""Addresses of nobody."""
ANSWER = "answer"
CURRENT, CONTACTS = (f"{ANSWER} 409", f"{ANSWER} 412"), {"phone", "mail"}
"""Refusals that bring the thing as it is now, to somebody who may read it."""
SHORTEST, VARIED = 8, 3
"""Hypothesis likes `00000000`, as a password and as the name of a field in one test."""


@dataclass(frozen=True, slots=True)
class Said:
    """Something that left the house."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Leak:
    """What left with it that never must."""

    kind: str
    said: Said

    def __str__(self) -> str:
        return f"{self.kind} in {self.said.place}: {self.said.text[:1000]}"


class Canaries:
    """Values of one test, with what kind each is."""

    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}

    def note(self, value: str, kind: str) -> None:
        """This one is secret from now on."""
        is_long = len(value) >= SHORTEST and len(set(value)) > VARIED and not WORDS.fullmatch(value)
        is_telling = CODE.fullmatch(value) if kind == "code" else is_long
        if (
            is_telling and value not in self.kinds and value not in FIELDS and not SECRET.fullmatch(value)
        ):  # those are known anyway
            self.kinds[value] = kind

    def note_body(self, body: str) -> None:
        """So are all in a JSON text that stand under a telling name."""
        for name, value in FIELD.findall(body):
            self.note(json.loads(f'"{value}"') if "\\" in value else value, FIELDS[name])

    def note_exchange(self, request: httpx.Request, response: httpx.Response) -> None:
        """And those that a client sent and got; both were read."""
        self.note(request.headers.get("idempotency-key", ""), "key of a request")
        self.note_body(request.content.decode(errors="replace"))
        if response.headers.get("content-type", "").startswith("application/json"):
            self.note_body(response.text)

    def found_in(self, heard: Iterable[Said]) -> list[Leak]:
        """Each once for each kind. Names count everywhere but in refusals, whose words are shown to their owner."""
        forms = [(form, value) for value in self.kinds for form in dict.fromkeys(_forms(value))]
        lines = (
            Said(said.place, line) for said in heard if self._kinds_in(said, forms) for line in said.text.splitlines()
        )
        leaks = [Leak(kind, line) for line in lines for kind in sorted(self._kinds_in(line, forms))]
        return list(dict.fromkeys(leaks))

    def _kinds_in(self, said: Said, forms: Iterable[tuple[str, str]]) -> set[str]:
        kinds = set(_known_in(said.text))
        if said.place.startswith(ANSWER):
            kinds.discard(NAME)
        if said.place.startswith(CURRENT):
            kinds -= CONTACTS
        for form, value in forms:
            if form in said.text and re.search(rf"(?<!\w){re.escape(form)}(?!\w|\.\d)", said.text):
                kinds.add(self.kinds[value])
        return kinds


@lru_cache(maxsize=4096)  # programs repeat themselves: statements of a trace, lines without a figure
def _known_in(text: str) -> frozenset[str]:
    kinds = {_kind_of(match) for match in SECRET.finditer(text) if match[0] not in SENDERS}
    return frozenset(kinds | {NAME} if NAMED.search(text) else kinds)


def _kind_of(match: re.Match[str]) -> str:
    return tuple(SHAPES)[int((match.lastgroup or "K0")[1:])]


def _forms(value: str) -> tuple[str, ...]:
    """As it stands in a text, in JSON, in a URL, and in base64."""
    raw = value.encode("utf-8", "surrogatepass")
    encoded = base64.b64encode(raw).decode().rstrip("=")
    return value, json.dumps(value)[1:-1], quote(raw, safe=""), encoded
