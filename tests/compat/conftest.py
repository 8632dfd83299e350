"""A Redis of the test's own: what is said there is said to nobody else."""

from __future__ import annotations

from tests.redis.conftest import own_redis

__all__ = ["own_redis"]
