"""Clients that behave: they ask again, elsewhere, with the same key, until there is an answer or patience ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from benchmarks.soak.record import NO_ANSWER, UNAVAILABLE, Attempt, Record
from tests.e2e.stage import Stage

PATIENCE_S = 60.0
ANSWER_S = 30.0  # the longest that a request may take: our own calls to providers end after 15
PAUSES_S = (0.2, 0.4, 0.8, 1.5)
CONFLICT = 409

type Headers = Mapping[str, str]


class GivenUp(Exception):
    """A story that cannot go on: what it did so far is kept, and looked for at the end."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came at last. `is_repeat`: an earlier try may have done it already."""

    status: int
    body: Any
    etag: str = ""
    is_repeat: bool = False

    @property
    def data(self) -> Any:
        """What a good answer holds."""
        return self.body["data"]

    @property
    def code(self) -> str:
        """Of a refusal."""
        return str(self.body["error"]["code"]) if isinstance(self.body, dict) and "error" in self.body else ""

    @property
    def is_good(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300


@dataclass(slots=True, kw_only=True)
class Clients:
    """All of them, by turns at either API. `effects` is what each key brought, by the id in the answer."""

    stage: Stage
    record: Record
    effects: dict[str, set[str]] = field(default_factory=dict)
    _turn: int = 0

    async def ask(
        self,
        method: str,
        path: str,
        *,
        what: str,
        who: Headers | None = None,
        json: Any = None,
        params: Mapping[str, str] | None = None,
        key: str | None = None,
        patience_s: float = PATIENCE_S,
    ) -> Answer:
        """One deed. Raises GivenUp when there is no answer within `patience_s`."""
        self._turn += 1
        api, is_repeat, until = self._turn % 2, False, time.monotonic() + patience_s
        headers = dict(who or {}) | ({"Idempotency-Key": key} if key else {})
        for number in range(1_000):
            one, answer = await self._try(api, what, method, path, headers=headers, json=json, params=params)
            if answer is not None and not _asks_to_wait(one, answer, key):
                found = Answer(one.status, _body(answer), answer.headers.get("etag", ""), is_repeat)
                self._note(key, found)
                return found
            is_repeat = True
            api = 1 - api if one.status == NO_ANSWER else api
            pause = PAUSES_S[min(number, len(PAUSES_S) - 1)]
            if time.monotonic() + pause > until:
                break
            await asyncio.sleep(pause)
        raise GivenUp(what)

    async def good(self, method: str, path: str, **more: Any) -> Any:
        """What a good answer holds. Raises GivenUp for a refusal, which is a breach unless an earlier try may have done
        the deed without its answer being heard.
        """
        answer = await self.ask(method, path, **more)
        if not answer.is_good:
            if not answer.is_repeat:
                self.record.breach(f"“{more['what']}” was refused: {answer.status} {answer.code}")
            raise GivenUp(more["what"])
        return answer.data if answer.body else None

    async def outside(self, method: str, path: str, **more: Any) -> Any:
        """The played world, which nobody breaks; None for a refusal."""
        with suppress(httpx.TransportError):
            answer = await self.stage.sandbox.request(method, f"/sandbox{path}", **more)
            if answer.status_code < 300:
                return answer.json()["data"]
        return None

    async def _try(
        self, api: int, what: str, method: str, path: str, **more: Any
    ) -> tuple[Attempt, httpx.Response | None]:
        client = (self.stage.a, self.stage.b)[api]
        at, answer = time.monotonic(), None
        code = ""
        try:
            async with asyncio.timeout(ANSWER_S):
                answer = await client.request(method, path, **more)
        except (httpx.TransportError, TimeoutError) as error:
            code = type(error).__name__
        status = NO_ANSWER if answer is None else answer.status_code
        if answer is not None and status >= 400:
            code = _code(answer)
        one = Attempt(at, (time.monotonic() - at) * 1000, what, status, api, code)
        self.record.attempts.append(one)
        return one, answer

    def _note(self, key: str | None, answer: Answer) -> None:
        if key is None or not answer.is_good:
            return
        data = answer.data
        made = [data.get(name) for name in ("id", "reference", "batch_id")] + [data.get("payment", {}).get("id")]
        self.effects.setdefault(key, set()).add(str(next(filter(None, made), None)))


def fresh_key() -> str:
    """An Idempotency-Key that was never sent."""
    return str(uuid4())


def _asks_to_wait(one: Attempt, answer: httpx.Response, key: str | None) -> bool:
    """Whether to try again: not served, or the first try of a key is still under way."""
    if one.status == UNAVAILABLE or one.status > UNAVAILABLE:
        return True
    return key is not None and one.status == CONFLICT and "retry-after" in answer.headers


def _body(answer: httpx.Response) -> Any:
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    return answer.json() if is_json and answer.content else None


def _code(answer: httpx.Response) -> str:
    with suppress(ValueError, KeyError, TypeError):
        return str(answer.json()["error"]["code"])
    return ""
