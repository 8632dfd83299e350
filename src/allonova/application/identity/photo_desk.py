"""One's photo: shown under an address of this service, whatever store it lies in."""

from __future__ import annotations

from uuid import UUID

from allonova.application.files.ports import FilesUnit
from allonova.application.files.upload_desk import Claim, UploadDesk, Wanted, lost
from allonova.application.kernel.ports import Begin, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.files.events import FileDropped
from allonova.domain.files.upload import Purpose
from allonova.domain.identity.user import User

FIELD = "photo_key"


@wired
class PhotoDesk:
    """Changes photos: `prepare` before the unit that keeps the user, `attach` or `remove` in it."""

    begin: Begin[FilesUnit]
    ids: Ids
    desk: UploadDesk
    public_url: str

    async def prepare(self, user_id: UUID, key: str) -> Claim:
        """A clean copy of an upload, not shown yet. Raises ValidationError for `photo_key`."""
        wanted = Wanted(FIELD, key, f"photos/{self.ids.new()}")
        async with self.begin() as unit:
            claims = await self.desk.claim(unit, user_id=user_id, purpose=Purpose.PHOTO, wanted=[wanted])
        await self.desk.copy(claims)
        return claims[0]

    async def attach(self, unit: FilesUnit, user: User, claim: Claim) -> str:
        """Show it; the caller keeps the user. The former photo and the upload are forgotten.

        Returns:
            The photo's address.

        Raises:
            ValidationError: the upload was used meanwhile. The copy is forgotten when the upload is swept.
        """
        if not await self.desk.settle(unit, [claim]):
            raise lost([claim])
        await self.remove(unit, user)
        user.photo_url = f"{self.public_url}/files/{claim.copy_key}"
        return user.photo_url

    async def remove(self, unit: FilesUnit, user: User) -> None:
        """Show none; the caller keeps the user."""
        start = f"{self.public_url}/files/"
        if user.photo_url is not None and user.photo_url.startswith(start):
            await unit.outbox.put(FileDropped(user.photo_url.removeprefix(start)))
        user.photo_url = None
