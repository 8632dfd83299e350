"""Calls a running service over HTTP and shows what comes back."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

PATIENCE_S = 15
TELLING = (
    *("status", "first_name", "seats", "amount_total", "amount", "fees", "expires_in", "hold_expires_at", "outcome"),
    *("statut", "reference", "nom", "numero"),
)


class StepFailed(Exception):
    """A step did not come out as it should."""


@dataclass
class Stage:
    """Calls the service and shows what comes back."""

    http: httpx.Client
    step: int = 0
    headers: dict[str, dict[str, str]] = field(default_factory=dict)

    def call(
        self,
        title: str,
        method: str,
        path: str,
        *,
        who: str | None = None,
        expect: int = 200,
        body: Any = None,
        key: str | None = None,
        params: dict[str, str] | None = None,
    ) -> Any:
        """One step; its `data`. Raises StepFailed on any other status."""
        self.step += 1
        headers = dict(self.headers.get(who or "", {}))
        if key:
            headers["Idempotency-Key"] = key
        answer = self.http.request(method, path, json=body, headers=headers, params=params)
        self.show(f"{title}  [{method} {path.split('?', maxsplit=1)[0]} → {answer.status_code}]")
        if answer.status_code != expect:
            raise StepFailed(f"expected {expect}, got {answer.status_code}: {answer.text[:500]}")
        data = answer.json().get("data") if answer.content else None
        if facts := brief(data):
            self.note(facts)
        return data

    def headline(self, text: str) -> None:
        """Where a story begins."""
        sys.stdout.write(f"\n{text}\n")

    def show(self, text: str) -> None:
        """A line for people."""
        sys.stdout.write(f"{self.step:>3}. {text}\n")

    def note(self, text: str) -> None:
        """What a step brought."""
        sys.stdout.write(f"       {text}\n")

    def check(self, what: str, *, is_true: bool) -> None:
        """Raises StepFailed unless it is so."""
        if not is_true:
            raise StepFailed(what)
        self.note(f"✓ {what}")

    def eventually(self, what: str, path: str, who: str, wanted: dict[str, Any]) -> Any:
        """Reads until it is as wanted, within 15 s."""

        def read() -> Any:
            data = self.http.get(path, headers=self.headers[who]).json()["data"]
            return data if all(data[name] == value for name, value in wanted.items()) else None

        return self.wait_for(what, read)

    def wait_for(self, what: str, read: Callable[[], Any], *, pause_s: float = 0.1) -> Any:
        """Reads until there is something, within 15 s. Who is not logged in must not ask too often."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := read()):
            if time.monotonic() > deadline:
                raise StepFailed(f"{what}: not yet")
            time.sleep(pause_s)
        self.note(f"✓ {what}")
        return found

    def sent(self, channel: str, to: str) -> list[Any]:
        """What went out to somebody, newest first."""
        found: list[Any] = self.http.get("/sandbox/outbox", params={"channel": channel, "to": to}).json()["data"]
        return found


def brief(data: Any) -> str:
    """The telling fields of an answer, on one line."""
    if isinstance(data, list):
        return f"{len(data)} found"
    if not isinstance(data, dict):
        return ""
    found = data.get("payment", data)
    facts = [f"{name} {found[name]}" for name in TELLING if found.get(name) is not None]
    return ", ".join(facts)
