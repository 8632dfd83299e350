"""Uploads and identity papers."""

from __future__ import annotations

import pytest

from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.application.kyc.views import ApplicantView
from allonova.domain.files.upload import UPLOAD_LIFE, FileType, Purpose, UploadGrant, new_grant
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import AlreadyExists
from allonova.domain.kyc.document import DocType, KycStatus
from tests.support.factories import NOW, SECOND, a_paper, a_user, new_id
from tests.support.worlds import STORAGE_ERRORS, World


def a_grant(owner: User, *, seconds: int = 0) -> UploadGrant:
    """A photo of 1,000 bytes."""
    at = NOW + seconds * SECOND
    kind = FileType.JPEG
    return new_grant(new_id(), user_id=owner.id, purpose=Purpose.PHOTO, content_type=kind, size=1000, at=at)


async def add(world: World, *grants: UploadGrant) -> None:
    """Keep them, whatever comes of it."""
    async with world.begin() as unit:
        for grant in grants:
            await unit.uploads.add(grant)


async def overdue(world: World, seconds: int, limit: int = 10) -> list[UploadGrant]:
    """Those that have expired by then."""
    async with world.begin() as unit:
        return list(await unit.uploads.overdue(now=NOW + UPLOAD_LIFE + seconds * SECOND, limit=limit))


async def test_grant_is_found_by_its_key_when_it_was_kept(world: World) -> None:
    owner = a_user()
    grant = a_grant(owner)
    await world.keep(owner)
    await add(world, grant)
    async with world.begin() as unit:
        assert await unit.uploads.find(lock=True, object_key=grant.object_key) == grant
        assert await unit.uploads.find(lock=True, object_key="uploads/x") is None


async def test_oldest_come_first_when_their_time_is_over(world: World) -> None:
    owner = a_user()
    first, second, third = a_grant(owner), a_grant(owner, seconds=1), a_grant(owner, seconds=2)
    await world.keep(owner)
    await add(world, third, second, first)
    assert await overdue(world, -1) == []
    assert await overdue(world, 1) == [first, second]
    assert await overdue(world, 9, limit=2) == [first, second]


async def test_grant_is_due_until_it_was_swept_when_it_was_used(world: World) -> None:
    owner = a_user()
    grant = a_grant(owner)
    await world.keep(owner)
    await add(world, grant)
    async with world.begin() as unit:
        grant.close(NOW)
        await unit.uploads.save(grant)
    assert await overdue(world, 0) == [grant]
    async with world.begin() as unit:
        grant.sweep(NOW)
        await unit.uploads.save(grant)
    assert await overdue(world, 0) == []


async def test_refused_when_the_object_is_granted_already(world: World) -> None:
    owner = a_user()
    first, second = a_grant(owner), a_grant(owner)
    second.object_key = first.object_key
    await world.keep(owner)
    with pytest.raises(AlreadyExists) as caught:
        await add(world, first, second)
    assert caught.value.constraint == "uq_uploads_object_key"


async def test_refused_when_the_grant_is_nobodys_or_unsound(world: World) -> None:
    owner = a_user()
    await world.keep(owner)
    empty, swept = a_grant(owner), a_grant(owner)
    empty.size, swept.swept_at = 0, NOW
    for unsound in (a_grant(a_user()), empty, swept):
        with pytest.raises(STORAGE_ERRORS):
            await add(world, unsound)


@pytest.mark.parametrize("status", [KycStatus.PENDING, KycStatus.APPROVED])
async def test_refused_when_a_paper_of_the_kind_is_on_file(world: World, status: KycStatus) -> None:
    owner = a_user()
    await world.keep(owner, a_paper(owner, status=status))
    for other in (KycStatus.PENDING, KycStatus.APPROVED):
        with pytest.raises(AlreadyExists) as caught:
            await world.keep(a_paper(owner, status=other))
        assert caught.value.constraint == "uq_kyc_documents_on_file"


async def test_kept_when_the_other_paper_is_rejected_of_another_kind_or_somebody_elses(world: World) -> None:
    owner, other = a_user(), a_user()
    rejected = [a_paper(owner, status=KycStatus.REJECTED) for _ in range(2)]
    await world.keep(owner, other, *rejected, a_paper(owner), a_paper(owner, DocType.PERMIS), a_paper(other))


async def test_paper_is_on_file_when_it_waits_or_has_passed(world: World) -> None:
    owner = a_user()
    waiting = a_paper(owner, DocType.CNI, status=KycStatus.PENDING)
    passed = a_paper(owner, DocType.PERMIS)
    await world.keep(owner, waiting, passed, a_paper(owner, DocType.PASSPORT, status=KycStatus.REJECTED))
    async with world.begin() as unit:
        assert await unit.papers.on_file(owner.id, DocType.CNI) == waiting
        assert await unit.papers.on_file(owner.id, DocType.PERMIS) == passed
        assert await unit.papers.on_file(owner.id, DocType.PASSPORT) is None
        assert await unit.papers.on_file(new_id(), DocType.CNI) is None


async def test_newest_comes_first_when_ones_papers_are_shown(world: World) -> None:
    owner, other = a_user(), a_user()
    old = a_paper(owner, DocType.CNI, status=KycStatus.REJECTED)
    new = a_paper(owner, DocType.PERMIS, created_at=NOW + SECOND)
    await world.keep(owner, other, old, new, a_paper(other))
    assert await world.papers.papers_of(owner.id) == [new, old]
    assert await world.papers.papers_of(new_id()) == []


async def test_only_waiting_papers_are_listed_with_their_owners(world: World) -> None:
    owner, other = a_user(first_name=None), a_user(last_name="Yao")
    one = a_paper(owner, DocType.CNI, status=KycStatus.PENDING)
    two = a_paper(other, DocType.PERMIS, status=KycStatus.PENDING, created_at=NOW + SECOND)
    done = [a_paper(owner, DocType.PERMIS), a_paper(other, DocType.CNI, status=KycStatus.REJECTED)]
    await world.keep(owner, other, two, one, *done)
    page = await world.papers.waiting(ListQuery(sort=(Sort("created_at"),)))
    assert [found.document for found in page.items] == [one, two]
    assert page.total == 2
    assert page.items[0].applicant == ApplicantView(id=owner.id, first_name=None, last_name=owner.last_name)
    licences = Filter("doc_type", Op.EQ, DocType.PERMIS)
    page = await world.papers.waiting(ListQuery(filters=(licences,)))
    assert [found.document for found in page.items] == [two]
    late = ListQuery(filters=(Filter("created_at", Op.GTE, NOW + SECOND),), sort=(Sort("doc_type", descending=True),))
    assert (await world.papers.waiting(late)).total == 1
