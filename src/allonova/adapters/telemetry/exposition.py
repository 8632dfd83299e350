"""What `/metrics` answers, and to whom."""

from __future__ import annotations

import asyncio
import hmac

from prometheus_client import REGISTRY, disable_created_metrics
from prometheus_client.exposition import choose_encoder

# They would be a second series for each, of which Prometheus makes nothing by itself.
disable_created_metrics()  # type: ignore[no-untyped-call]


def may_read(authorization: str, token: str) -> bool:
    """Whether the header is `Bearer` and the token; anybody may where there is no token."""
    scheme, _, given = authorization.partition(" ")
    is_it = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), token.encode())
    return not token or (scheme.lower() == "bearer" and is_it)


async def exposed(accept: str) -> tuple[bytes, str]:
    """Every figure in the format that is asked for (OpenMetrics, or Prometheus' text), and its content type. In a
    thread: thousands of lines take tens of milliseconds, in which the process would serve nobody.
    """
    encode, content_type = choose_encoder(accept)
    return await asyncio.to_thread(encode, REGISTRY), content_type
