"""Positions of whatever moves: how often they are shown, which are kept, and what happens when neither works."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allonova.application.kernel import tracks as module
from allonova.application.kernel.live import ChannelsDown
from allonova.application.kernel.tracks import KEEP_EVERY_S, REMEMBER_S, SHOW_GAP_S, Tracks

type Shown = tuple[float, str, int]


@dataclass
class Outside:
    """What is shown and kept, and when; either may fail or hang."""

    at_s: float = 0.0
    shown: list[Shown] = field(default_factory=list)
    kept: list[dict[str, int]] = field(default_factory=list)
    is_down: bool = False
    breaks: bool = False
    gate: asyncio.Event | None = None

    def now(self) -> float:
        return self.at_s

    async def show(self, fixes: Sequence[tuple[str, int]]) -> None:
        if self.is_down:
            raise ChannelsDown
        if self.breaks:
            raise RuntimeError("broken")
        self.shown += [(self.at_s, key, fix) for key, fix in fixes]

    async def keep(self, fixes: Sequence[tuple[str, int]]) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.breaks:
            raise OSError("no database")
        self.kept.append(dict(fixes))


def tracks_on(outside: Outside) -> Tracks[str, int]:
    return Tracks(outside, outside, now=outside.now)


async def wait_until(tracks: Tracks[str, int], outside: Outside, at_s: float) -> None:
    """Let time pass, and show whatever comes due on the way."""
    while (turn := tracks.next_turn()) is not None and turn <= at_s:
        outside.at_s = max(outside.at_s, turn)
        await tracks.show_due()
    outside.at_s = at_s


async def play(arrivals: list[tuple[float, str]]) -> tuple[list[Shown], list[str]]:
    """Each position is its place in the list."""
    outside = Outside()
    tracks = tracks_on(outside)
    for number, (pause_s, key) in enumerate(arrivals):
        await wait_until(tracks, outside, outside.at_s + pause_s)
        tracks.take(key, number)
        await tracks.show_due()
    await wait_until(tracks, outside, outside.at_s + 10)
    return outside.shown, [key for _, key in arrivals]


# Sixty-fourths of a second add up without rounding.
PAUSES = st.one_of(st.just(0), st.integers(0, 12), st.integers(0, 200)).map(lambda count: count / 64)


@given(st.lists(st.tuples(PAUSES, st.sampled_from("ab")), min_size=1, max_size=60))
def test_each_is_shown_twice_a_second_at_most_and_last_and_in_order(arrivals: list[tuple[float, str]]) -> None:
    shown, keys = asyncio.run(play(arrivals))
    for key in set(keys):
        times = [at for at, whose, _ in shown if whose == key]
        fixes = [fix for _, whose, fix in shown if whose == key]
        assert all(later - sooner >= SHOW_GAP_S for sooner, later in pairwise(times))
        assert fixes == sorted(set(fixes))
        assert fixes[-1] == max(number for number, whose in enumerate(keys) if whose == key)
        assert fixes[0] == keys.index(key)


async def test_newest_wins_when_several_come_at_once() -> None:
    outside = Outside()
    tracks = tracks_on(outside)
    for fix in range(100):
        tracks.take("car", fix)
    await tracks.show_due()
    assert outside.shown == [(0.0, "car", 99)]
    assert tracks.last("car") == 99


async def test_one_row_is_kept_for_each_that_moved_since_the_last_time() -> None:
    outside = Outside()
    tracks = tracks_on(outside)
    tracks.take("car", 1)
    tracks.take("car", 2)
    tracks.take("bus", 7)
    assert await tracks.keep_due() == 2
    assert await tracks.keep_due() == 0
    assert outside.kept == [{"car": 2, "bus": 7}]


async def test_what_could_not_be_kept_comes_again_unless_something_newer_does() -> None:
    outside = Outside(breaks=True)
    tracks = tracks_on(outside)
    tracks.take("car", 1)
    tracks.take("bus", 7)
    assert await tracks.keep_due() == 0
    outside.breaks = False
    tracks.take("car", 2)
    await tracks.keep_due()
    assert outside.kept == [{"car": 2, "bus": 7}]


async def test_nobody_waits_for_a_store_that_hangs() -> None:
    outside = Outside(gate=asyncio.Event())
    tracks = tracks_on(outside)
    tracks.take("car", 1)
    keeping = asyncio.create_task(tracks.keep_due())
    await asyncio.sleep(0)
    tracks.take("car", 2)
    await tracks.show_due()
    assert outside.shown == [(0.0, "car", 2)]
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    outside.gate = None
    await tracks.settle()
    assert outside.kept == [{"car": 2}]


async def test_a_store_that_hangs_is_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMIT_S", 0)
    outside = Outside(gate=asyncio.Event())
    tracks = tracks_on(outside)
    tracks.take("car", 1)
    assert await tracks.keep_due() == 0
    outside.gate = None
    await tracks.settle()
    assert outside.kept == [{"car": 1}]


async def test_newest_is_shown_once_the_channels_are_back() -> None:
    outside = Outside(is_down=True)
    tracks = tracks_on(outside)
    tracks.take("car", 1)
    await tracks.show_due()
    tracks.take("car", 2)
    outside.is_down = False
    await wait_until(tracks, outside, 5)
    assert outside.shown == [(SHOW_GAP_S, "car", 2)]


async def test_what_breaks_the_screen_is_dropped_and_the_next_is_shown() -> None:
    outside = Outside(breaks=True)
    tracks = tracks_on(outside)
    tracks.take("car", 1)
    await tracks.show_due()
    assert tracks.next_turn() is None
    outside.breaks = False
    tracks.take("car", 2)
    await wait_until(tracks, outside, 5)
    assert [fix for _, _, fix in outside.shown] == [2]


async def test_newest_is_shown_again_in_its_turn_when_more_is_known_of_it() -> None:
    outside = Outside()
    tracks = tracks_on(outside)
    tracks.again("car")
    tracks.take("car", 1)
    await tracks.show_due()
    tracks.again("car")
    tracks.again("car")
    await wait_until(tracks, outside, 5)
    assert outside.shown == [(0.0, "car", 1), (SHOW_GAP_S, "car", 1)]


async def test_who_is_silent_for_long_is_forgotten() -> None:
    outside = Outside()
    tracks = tracks_on(outside)
    tracks.take("car", 1)
    await tracks.settle()
    outside.at_s = REMEMBER_S + 1
    await tracks.keep_due()
    assert tracks.last("car") is None


async def test_running_shows_at_once_and_leaves_nothing_behind() -> None:
    outside, shown = Outside(), asyncio.Event()

    class Screen:
        async def show(self, fixes: Sequence[tuple[str, int]]) -> None:
            await outside.show(fixes)
            shown.set()

    tracks: Tracks[str, int] = Tracks(Screen(), outside)
    async with tracks.running():
        tracks.take("car", 1)
        await asyncio.wait_for(shown.wait(), KEEP_EVERY_S / 2)
        tracks.take("car", 2)
        assert outside.kept == []
    assert [fix for _, _, fix in outside.shown] == [1, 2]
    assert outside.kept == [{"car": 2}]
