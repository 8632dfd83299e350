"""Random identities."""

from __future__ import annotations

from uuid import UUID, uuid4

from allonova.application.kernel.ports import Ids


class RandomIds:
    """UUID v4 from the system's generator."""

    def new(self) -> UUID:
        """See Ids."""
        return uuid4()


def _conforms(ids: RandomIds) -> Ids:
    return ids
