"""A fresh sandbox per test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .harness import Played, playing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def played(tmp_path: Path) -> AsyncIterator[Played]:
    """A running sandbox."""
    async with playing(tmp_path / "world" / "state.sqlite3") as it:
        yield it
