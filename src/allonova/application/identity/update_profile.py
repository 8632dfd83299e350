"""Change one's profile."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import ClassVar
from uuid import UUID

from allonova.application.identity.accounts import own_account
from allonova.application.identity.photo_desk import PhotoDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.views import UserView, user_view
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.identity.user import Gender, require_old_enough
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AuthRequired, DomainError, PreconditionFailed, ValidationError
from allonova.domain.kernel.machine import Party


class Unset(Enum):
    """A field that the caller says nothing of."""

    UNSET = "unset"


UNSET = Unset.UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChange:
    """Fields of an account by their names there; None empties one, UNSET leaves it."""

    first_name: str | Unset | None = UNSET
    last_name: str | Unset | None = UNSET
    birthdate: date | Unset | None = UNSET
    gender: Gender | Unset | None = UNSET
    language: str | Unset = UNSET
    notify_push: bool | Unset = UNSET
    notify_email: bool | Unset = UNSET
    notify_sms: bool | Unset = UNSET
    photo_key: str | Unset | None = UNSET

    def given(self) -> dict[str, object]:
        """What the caller says of the account's own fields; a photo comes in by its upload."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: value for name, value in values.items() if value is not UNSET and name != "photo_key"}


@wired
class UpdateProfile:
    """Change some fields of one's account; what changes nothing leaves its version."""

    begin: Begin[IdentityUnit]
    clock: Clock
    photos: PhotoDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (AuthRequired, ValidationError, PreconditionFailed)

    async def __call__(self, *, caller_id: UUID, change: ProfileChange, expected: int | None) -> UserView:
        """`expected` is the version that the caller read, if he said so. Raises PreconditionFailed."""
        now = self.clock.now()
        if isinstance(change.birthdate, date):
            require_old_enough(change.birthdate, now.date())
        key = change.photo_key
        photo = await self.photos.prepare(caller_id, key) if isinstance(key, str) else None
        async with self.begin() as unit:
            user = await own_account(unit, caller_id)
            require_version(expected, user.version, user_view(user))
            changed = {name: value for name, value in change.given().items() if getattr(user, name) != value}
            if not isinstance(change.gender, Unset):
                user.change_gender(change.gender)
            for name, value in changed.items():
                setattr(user, name, value)
            if photo is not None:
                changed["photo_url"] = await self.photos.attach(unit, user, photo)
            elif key is None and user.photo_url is not None:
                await self.photos.remove(unit, user)
                changed["photo_url"] = None
            if changed:
                user.updated_at = now
                await unit.users.save(user)
                actor, meta = Actor(Party.OWNER, user.id), {"fields": ",".join(sorted(changed))}
                await unit.audit.put(
                    actor=actor, action="user.profile_changed", entity="user", entity_id=user.id, meta=meta
                )
        return user_view(user)
