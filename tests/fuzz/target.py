"""What is tried, and one with a fault, to see that it is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """`call` takes any bytes: it may come back, or raise one of `refusals`; anything else is a fault. `seeds` are good
    examples.
    """

    call: Callable[[bytes], object]
    seeds: Sequence[bytes]
    refusals: tuple[type[Exception], ...] = ()

    def __call__(self, data: bytes) -> None:
        """Try it. Raises whatever nobody declared."""
        try:
            self.call(data)
        except self.refusals:
            return


def _trips(data: bytes) -> None:
    if data[:1] == b"{" and data.count(b"[") > data.count(b"]"):
        raise KeyError("an open bracket")


PLANTED = Target(_trips, (b'{"a": []}',))
"""Has a fault that few inputs show."""
