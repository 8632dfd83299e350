"""Uploads and identity papers, by themselves."""

from __future__ import annotations

import pytest

from allonova.domain.files.events import FileDropped
from allonova.domain.files.upload import MAX_BYTES, TYPES, UPLOAD_LIFE, FileType, Purpose, UploadGrant, new_grant
from allonova.domain.kernel.errors import InvalidTransition
from allonova.domain.kyc.document import DocType, KycAction, KycStatus, masked, number_context, overall
from tests.support.factories import NOW, SECOND, a_paper, a_user, new_id

OWNER = a_user()


def a_grant() -> UploadGrant:
    return new_grant(new_id(), user_id=OWNER.id, purpose=Purpose.PAPER, content_type=FileType.PDF, size=9, at=NOW)


def test_sizes_and_types_are_the_specifications() -> None:
    """allocar.md: images up to 5 MB; images or PDF up to 10 MB, evidence as papers (docs/decisions/0079)."""
    images = {"image/jpeg", "image/png", "image/webp"}
    assert {purpose.value: set(kinds) for purpose, kinds in TYPES.items()} == {
        "photo": images,
        "message": images,
        "paper": images | {"application/pdf"},
        "evidence": images | {"application/pdf"},
    }
    assert {purpose.value: size for purpose, size in MAX_BYTES.items()} == {
        "photo": 5 << 20,
        "message": 5 << 20,
        "paper": 10 << 20,
        "evidence": 10 << 20,
    }


def test_grant_serves_its_owner_for_its_purpose_when_it_is_open() -> None:
    grant = a_grant()
    last = NOW + UPLOAD_LIFE - SECOND
    assert grant.serves(OWNER.id, Purpose.PAPER, last)
    assert not grant.serves(OWNER.id, Purpose.PAPER, last + SECOND)
    assert not grant.serves(new_id(), Purpose.PAPER, NOW)
    assert not grant.serves(OWNER.id, Purpose.PHOTO, NOW)
    grant.close(NOW)
    assert not grant.serves(OWNER.id, Purpose.PAPER, NOW)


def test_upload_alone_is_forgotten_when_its_copy_is_in_use() -> None:
    grant = a_grant()
    grant.copy_key = "kyc/x.pdf"
    grant.close(NOW)
    assert grant.sweep(NOW + SECOND) == [grant.object_key]
    assert (grant.closed_at, grant.swept_at) == (NOW, NOW + SECOND)


def test_copy_is_forgotten_too_when_nobody_came_back_for_it() -> None:
    grant = a_grant()
    assert a_grant().sweep(NOW)[1:] == []
    grant.copy_key = "kyc/x.pdf"
    assert grant.sweep(NOW) == [grant.object_key, "kyc/x.pdf"]
    assert grant.closed_at == NOW


def test_key_is_made_of_ids_alone_when_an_upload_is_granted() -> None:
    grant = a_grant()
    assert grant.object_key == f"uploads/{OWNER.id}/{grant.id}"
    assert FileDropped.of(FileDropped(grant.object_key).payload()) == FileDropped(grant.object_key)


@pytest.mark.parametrize(
    ("action", "status"), [(KycAction.APPROVE, KycStatus.APPROVED), (KycAction.REJECT, KycStatus.REJECTED)]
)
def test_word_is_kept_with_who_gave_it_when_a_paper_is_reviewed(action: KycAction, status: KycStatus) -> None:
    paper, admin = a_paper(OWNER, status=KycStatus.PENDING), new_id()
    paper.review(action, admin_id=admin, notes="flou", at=NOW + SECOND)
    assert (paper.status, paper.notes, paper.reviewed_by) == (status, "flou", admin)
    assert paper.reviewed_at == paper.updated_at == NOW + SECOND
    with pytest.raises(InvalidTransition):
        paper.review(action, admin_id=new_id(), notes=None, at=NOW)
    assert paper.reviewed_by == admin


@pytest.mark.parametrize(
    ("papers", "status"),
    [
        ([], None),
        ([(DocType.PERMIS, KycStatus.APPROVED)], None),
        ([(DocType.CNI, KycStatus.PENDING)], KycStatus.PENDING),
        ([(DocType.CNI, KycStatus.REJECTED)], KycStatus.REJECTED),
        ([(DocType.CNI, KycStatus.REJECTED), (DocType.PASSPORT, KycStatus.PENDING)], KycStatus.PENDING),
        ([(DocType.CNI, KycStatus.REJECTED), (DocType.CNI, KycStatus.APPROVED)], KycStatus.APPROVED),
        ([(DocType.PASSPORT, KycStatus.APPROVED), (DocType.CNI, KycStatus.PENDING)], KycStatus.APPROVED),
    ],
)
def test_identity_stands_as_its_best_paper_when_there_are_several(
    papers: list[tuple[DocType, KycStatus]], status: KycStatus | None
) -> None:
    assert overall([a_paper(OWNER, kind, status=reached) for kind, reached in papers]) is status


def test_number_shows_its_end_when_it_is_masked() -> None:
    assert masked("CI0123456789") == "***789"
    paper = a_paper(OWNER)
    assert number_context(paper.id) == f"kyc_documents.doc_number:{paper.id}"
