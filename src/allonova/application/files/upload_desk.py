"""From an upload to a file that is safe to keep: claimed, copied clean, settled with whatever refers to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from allonova.application.files.ports import CleanFile, FileCleaner, FileStore, FilesUnit, UnsafeFile
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.files.events import FileDropped
from allonova.domain.files.upload import SCANS, FileType, Purpose, UploadGrant
from allonova.domain.kernel.errors import FieldError, NotFound, ValidationError


@dataclass(frozen=True, slots=True)
class Wanted:
    """An upload that a client names in the field `path`, and the key of its copy, without its ending."""

    path: str
    key: str
    copy_stem: str


@dataclass(frozen=True, slots=True)
class Claim:
    """An upload that is about to be used; `copy_key` is nobody else's."""

    grant: UploadGrant
    path: str
    copy_key: str


@wired
class UploadDesk:
    """Uses uploads. The store is called between two units: the first writes down where the copies will lie, so that
    they are found and forgotten if the second never comes.
    """

    begin: Begin[FilesUnit]
    clock: Clock
    files: FileStore
    cleaner: FileCleaner

    async def claim(self, unit: FilesUnit, *, user_id: UUID, purpose: Purpose, wanted: Sequence[Wanted]) -> list[Claim]:
        """Take them for this use; an earlier one that was not settled has lost them.

        Raises:
            ValidationError: not granted, to somebody else, for something else, used or expired.
        """
        now = self.clock.now()
        claims = []
        for want in sorted(wanted, key=lambda want: want.key):
            grant = await unit.uploads.find(lock=True, object_key=want.key)
            if grant is None or not grant.serves(user_id, purpose, now):
                raise _unknown(want.path)
            if grant.copy_key is not None:
                await unit.outbox.put(FileDropped(grant.copy_key))
            grant.copy_key = want.copy_stem + _ending(grant.content_type)
            await unit.uploads.save(grant)
            claims.append(Claim(grant, want.path, grant.copy_key))
        return claims

    async def copy(self, claims: Sequence[Claim]) -> None:
        """Read each, clean it and put the copy there; outside any unit.

        Raises:
            ValidationError: nothing was sent yet, or something that is not safe, which is forgotten at once.
        """
        for claim in claims:
            clean = await self._cleaned(claim)
            # Pictures are shown; a paper, and what proves something, is only ever saved.
            name = claim.copy_key.rpartition("/")[2] if claim.grant.purpose in SCANS else None
            await self.files.write(claim.copy_key, clean.body, content_type=clean.content_type, name=name)

    async def settle(self, unit: FilesUnit, claims: Sequence[Claim]) -> bool:
        """Close them, in the unit that keeps their copies' keys.

        Returns:
            False when somebody else used one meanwhile: the unit must keep nothing else, and commit.
        """
        now = self.clock.now()
        grants = [await unit.uploads.get(claim.grant.id, lock=True) for claim in claims]
        if any(
            grant.closed_at is not None or grant.copy_key != claim.copy_key
            for grant, claim in zip(grants, claims, strict=True)
        ):
            for claim in claims:
                await unit.outbox.put(FileDropped(claim.copy_key))
            return False
        for grant in grants:
            grant.close(now)
            await unit.uploads.save(grant)
            await unit.outbox.put(FileDropped(grant.object_key))
        return True

    async def _cleaned(self, claim: Claim) -> CleanFile:
        grant = claim.grant
        try:
            body = await self.files.read(grant.object_key, limit=grant.size)
        except NotFound as error:
            raise _unknown(claim.path) from error
        clean = self.cleaner.paper if grant.purpose in SCANS else self.cleaner.photo
        try:
            return await clean(body, grant.content_type)
        except UnsafeFile as error:
            await self._refuse(claim)
            raise ValidationError((FieldError(claim.path, "unsafe_file", str(error)),)) from error

    async def _refuse(self, claim: Claim) -> None:
        async with self.begin() as unit:
            grant = await unit.uploads.get(claim.grant.id, lock=True)
            if grant.closed_at is None:
                grant.close(self.clock.now())
                await unit.uploads.save(grant)
                await unit.outbox.put(FileDropped(grant.object_key))


def lost(claims: Sequence[Claim]) -> ValidationError:
    """The refusal for those whose claims did not settle."""
    return _unknown(claims[0].path)


def _unknown(path: str) -> ValidationError:
    return ValidationError((FieldError(path, "unknown", "not an upload of yours that waits to be used"),))


def _ending(kind: FileType) -> str:
    return ".pdf" if kind is FileType.PDF else ".jpg"
