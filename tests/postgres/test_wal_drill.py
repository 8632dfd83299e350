"""Rows that were deleted come back from WAL, and a broken archive is noticed: the drill that operators run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import make_folder
from wal_drill import play


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that the servers' own user may enter."""
    made = make_folder()
    yield made
    shutil.rmtree(made)


@pytest.mark.promise("restore")
def test_every_row_is_back_when_it_is_restored_to_the_moment_before_a_delete(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play(folder)
    said = capsys.readouterr().out
    assert "restored to the moment before: row for row, books and audit clean" in said
    assert said.count("refused ") == 3
    assert "FAILED" not in said
