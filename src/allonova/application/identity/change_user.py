"""Change somebody's account, from the back office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from allonova.application.identity.account_views import AccountView, account_view
from allonova.application.identity.note_desk import NoteDesk
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.photo_desk import PhotoDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.send_link import LinkDesk
from allonova.application.identity.send_otp import OtpDesk
from allonova.application.identity.update_profile import ProfileChange
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.identity.events import UserReinstated, UserSuspended
from allonova.domain.identity.link import LinkPurpose
from allonova.domain.identity.user import AccountErased, User, require_old_enough
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound, PreconditionFailed, ValidationError
from allonova.domain.kernel.machine import Party

CHANGED, SUSPENDED, REINSTATED, RESET = (
    *("user.changed_by_admin", "user.suspended"),
    *("user.reinstated", "user.mfa_reset"),
)
PHOTO = "photo_url"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEdit:
    """What is to be otherwise, and why. `is_active` None leaves it; `reset_mfa` asks for a code at the next login."""

    reason: str
    profile: ProfileChange
    is_active: bool | None = None
    reset_mfa: bool = False
    remove_photo: bool = False


@wired
class ChangeUser:
    """Correct an account, close or open it, or have its owner show again that the phone or e-mail is his.

    Who is suspended is logged out everywhere at once, and nothing of his rides changes by itself. The reason is kept as
    a note, since notes go when an account is erased and audit rows do not.
    """

    begin: Begin[IdentityUnit]
    clock: Clock
    sessions: SessionDesk
    photos: PhotoDesk
    notes: NoteDesk
    codes: OtpDesk
    links: LinkDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, AccountErased, ValidationError, PreconditionFailed)

    async def __call__(self, *, admin_id: UUID, user_id: UUID, edit: UserEdit, expected: int | None) -> AccountView:
        """`expected` is the version that was read, if that was said. What changes nothing leaves no trace."""
        if isinstance(edit.profile.birthdate, date):
            require_old_enough(edit.profile.birthdate, self.clock.now().date())
        async with self.begin() as unit:
            user = await unit.users.get(user_id, lock=True)
            require_version(expected, user.version, account_view(user))
            user.require_there()
            fields = await self._correct(unit, user, edit)
            deeds = [*([CHANGED] if fields else []), *self._guard(user, edit)]
            if deeds:
                await self._keep(unit, user, admin_id, edit.reason, deeds, fields)
        if RESET in deeds and user.is_active:
            await self._ask(user)
        return account_view(user)

    async def _correct(self, unit: IdentityUnit, user: User, edit: UserEdit) -> list[str]:
        """The names of the fields that are otherwise now."""
        changed = {name: value for name, value in edit.profile.given().items() if getattr(user, name) != value}
        if "gender" in changed:
            user.change_gender(changed["gender"])  # type: ignore[arg-type]
        for name in changed.keys() - {"gender"}:
            setattr(user, name, changed[name])
        if edit.remove_photo and user.photo_url is not None:
            await self.photos.remove(unit, user)
            return sorted([*changed, PHOTO])
        return sorted(changed)

    def _guard(self, user: User, edit: UserEdit) -> list[str]:
        """What is done about who may enter."""
        now, deeds = self.clock.now(), []
        if edit.is_active is False and user.is_active:
            user.suspend(now)
            deeds.append(SUSPENDED)
        if edit.is_active is True and not user.is_active:
            user.reinstate(now)
            deeds.append(REINSTATED)
        if edit.reset_mfa:
            user.require_code(now)
            deeds.append(RESET)
        return deeds

    async def _keep(
        self, unit: IdentityUnit, user: User, admin_id: UUID, reason: str, deeds: list[str], fields: list[str]
    ) -> None:
        user.updated_at = self.clock.now()
        await unit.users.save(user)
        if SUSPENDED in deeds or RESET in deeds:
            ended = "suspended" if SUSPENDED in deeds else "mfa_reset"
            await self.sessions.end_all(unit, user.id, reason=ended)
        note = await self.notes.write(unit, user_id=user.id, author_id=admin_id, text=reason)
        for deed in deeds:
            meta = {"note_id": str(note.id)} | ({"fields": ",".join(fields)} if deed == CHANGED else {})
            actor = Actor(Party.ADMIN, admin_id)
            await unit.audit.put(actor=actor, action=deed, entity="user", entity_id=user.id, meta=meta)
        if SUSPENDED in deeds:
            await unit.outbox.put(UserSuspended(user.id))
        if REINSTATED in deeds:
            await unit.outbox.put(UserReinstated(user.id))

    async def _ask(self, user: User) -> None:
        """A code to the phone; who has none gets a link that sets a new password. In a unit of its own: whoever uses a
        link holds it before the account. One that is not sent, he asks for himself.
        """
        async with self.begin() as unit:
            if user.phone is not None and user.is_phone_verified:
                await self.codes.issue(unit, user.phone)
            elif user.email is not None:
                await self.links.issue(unit, Contact(Channel.EMAIL, user.email), LinkPurpose.PASSWORD_RESET)
