"""Chance that is the same for the same number."""

from __future__ import annotations

import hashlib
import random
from uuid import UUID


class Dice(random.Random):
    """The chance of one thing among many, whichever were made before it; and its ids."""

    def __init__(self, seed: int, *about: object) -> None:
        super().__init__("/".join(map(str, (seed, *about))))

    def new(self) -> UUID:
        """See Ids."""
        return UUID(int=self.getrandbits(128), version=4)

    def one_in(self, many: int) -> bool:
        """Once in so many times."""
        return self.randrange(many) == 0


def id_of(seed: int, kind: str, number: int) -> UUID:
    """The id of the n-th of its kind, which others can name without having seen it."""
    return UUID(bytes=hashlib.blake2b(f"{seed}/{kind}/{number}".encode(), digest_size=16).digest(), version=4)
