"""Commands that are wanted at the same time leave together: a round trip costs as much for many as for one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import NoScriptError

LATER_S = 0.01  # the longest that what nobody waits for is held back

type Command = tuple[Any, ...]
type Waiting = tuple[Command, asyncio.Future[Any] | None]


class Together:
    """Collects the commands of one turn of the event loop, of however many requests, and sends them by one write."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._waiting: list[Waiting] = []
        self._leaves: asyncio.Handle | None = None
        self._is_later = False
        self._under_way: set[asyncio.Task[None]] = set()

    async def aclose(self) -> None:
        """What is under way comes to its end; what has yet to leave is given up. The client stays open."""
        if self._leaves is not None:
            self._leaves.cancel()
        await asyncio.gather(*self._under_way)

    async def run(self, script: AsyncScript, *, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """What a script answers. Raises RedisError, OSError."""
        try:
            return await self._send("EVALSHA", script.sha, len(keys), *keys, *args)
        except NoScriptError:
            return await script(keys=keys, args=args)

    def later(self, *command: Any) -> None:
        """Sent with whatever goes next, soon in any case. What comes of it nobody hears."""
        self._waiting.append((command, None))
        if self._leaves is None:
            self._leaves, self._is_later = asyncio.get_running_loop().call_later(LATER_S, self._leave), True

    async def _send(self, *command: Any) -> Any:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((command, answer))
        if self._leaves is not None and self._is_later:
            self._leaves.cancel()
            self._leaves = None
        if self._leaves is None:
            self._leaves, self._is_later = loop.call_soon(self._leave), False
        return await answer

    def _leave(self) -> None:
        waiting, self._waiting, self._leaves = self._waiting, [], None
        task = asyncio.get_running_loop().create_task(self._answer(waiting))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _answer(self, waiting: Sequence[Waiting]) -> None:
        """Each hears what came of his own; all of them, when the connection broke."""
        try:
            answers = await self._exchange([command for command, _ in waiting])
        except Exception as error:  # noqa: BLE001 - it is theirs who wait
            answers = [error] * len(waiting)
        for (_, future), answer in zip(waiting, answers, strict=True):
            if future is None or future.done():  # whoever waited has given up
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    async def _exchange(self, commands: Sequence[Command]) -> list[Any]:
        if len(commands) == 1:  # a pipeline of one costs more
            return [await self.redis.execute_command(*commands[0])]  # type: ignore[no-untyped-call]
        async with self.redis.pipeline(transaction=False) as pipe:
            for command in commands:
                pipe.execute_command(*command)
            return await pipe.execute(raise_on_error=False)
