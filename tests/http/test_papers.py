"""Identity papers: handed in, reviewed, decided."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from allonova.domain.files.upload import MAX_BYTES, FileType, Purpose
from allonova.domain.identity.roles import Role
from tests.support.api import Person
from tests.support.factories import HOUR, MINUTE, SECOND, new_id
from tests.support.filing import Filing, key_of
from tests.support.pictures import HTML, PDF, bomb, opened, picture
from tests.support.wire import NOBODY, data, paths, refusal, trip_body

LIMIT = MAX_BYTES[Purpose.PAPER]
NUMBER = "CI CANARY-777"
UPLOADS = "/me/kyc/uploads"


async def submit(filing: Filing, person: Person, **given: Any) -> Any:
    """`POST /me/kyc` with a front that was sent."""
    front = given.pop("front_key", None) or await filing.sent(person, UPLOADS, picture())
    return await person.post("/me/kyc", {"doc_type": "cni", "doc_number": NUMBER, "front_key": front, **given})


async def waiting(admin: Person, **query: str | int) -> Any:
    """What the back office sees."""
    return data(await admin.get("/admin/kyc/pending", **query))


async def decide(admin: Person, paper: Any, action: str = "approve", notes: str | None = "trop flou") -> Any:
    """`POST /admin/kyc/{id}/approve` or `/reject`."""
    return await admin.post(f"/admin/kyc/{paper['id']}/{action}", {"notes": notes})


async def test_paper_waits_when_it_was_handed_in(filing: Filing) -> None:
    person = await filing.api.passenger()
    assert data(await person.get("/me/kyc/status")) == {"status": "none", "documents": []}
    paper = await filing.paper(person, number=" ci-0123456789 ")
    assert paper == {
        "id": paper["id"],
        "doc_type": "cni",
        "doc_number": "***789",
        "has_back": True,
        "status": "pending",
        "notes": None,
        "reviewed_at": None,
        "created_at": paper["created_at"],
        "updated_at": paper["created_at"],
    }
    assert data(await person.get("/me/kyc/status")) == {"status": "pending", "documents": [paper]}


@pytest.mark.promise("sealed-at-rest")
async def test_number_is_nowhere_to_be_read_when_the_tables_are(filing: Filing) -> None:
    person = await filing.api.passenger()
    data(await submit(filing, person), 201)
    assert NUMBER not in await filing.api.inside.everything()
    admin = await filing.api.admin(Role.COMPLIANCE)
    assert [paper["doc_number"] for paper in await waiting(admin)] == [NUMBER]
    assert NUMBER not in await filing.api.inside.everything()


@pytest.mark.promise("uploads")
async def test_reviewer_sees_clean_files_as_attachments_when_he_follows_the_links(filing: Filing) -> None:
    person = await filing.api.passenger(first_name="Awa", last_name="Koné")
    paper = await filing.paper(person)
    (seen,) = await waiting(await filing.api.admin(Role.OPS))
    assert seen == {
        "id": paper["id"],
        "user": {"id": str(person.id), "first_name": "Awa", "last_name": "Koné"},
        "doc_type": "cni",
        "doc_number": "CI0123456789",
        "front": seen["front"],
        "back": seen["back"],
        "links_expire_in": 300,
        "created_at": paper["created_at"],
    }
    front, back = await filing.fetched(seen["front"]), await filing.fetched(seen["back"])
    assert opened(front.content).format == "JPEG"
    assert (back.content, back.headers["content-type"]) == (PDF, "application/pdf")
    assert front.headers["content-disposition"] == 'attachment; filename="front.jpg"'
    assert back.headers["content-disposition"] == 'attachment; filename="back.pdf"'
    assert key_of(seen["front"]) == f"kyc/{person.id}/{paper['id']}/front.jpg"


async def test_link_is_dead_when_its_minutes_are_over(filing: Filing) -> None:
    await filing.paper(await filing.api.passenger())
    (seen,) = await waiting(await filing.api.admin())
    if filing.api.settings.s3_bucket:  # its time is its own: tests/storage asks it with links of long ago
        assert "X-Amz-Expires=300&" in seen["front"]
        return
    filing.api.clock.advance(5 * MINUTE)
    answer = await filing.fetched(seen["front"])
    refusal(answer, 403, "forbidden")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_every_look_is_written_down_when_papers_are_listed(filing: Filing) -> None:
    paper = await filing.paper(await filing.api.passenger())
    admin = await filing.api.admin()
    await waiting(admin)
    everything = await filing.api.inside.everything()
    assert everything.count("kyc.shown") == 1
    assert str(admin.id) in everything
    assert paper["id"] in everything
    await waiting(admin, doc_type="passport")
    assert (await filing.api.inside.everything()).count("kyc.shown") == 1


async def test_oldest_paper_comes_first_when_several_wait(filing: Filing) -> None:
    people = [await filing.api.passenger() for _ in range(3)]
    papers = []
    for person, doc_type in zip(people, ("cni", "permis", "passport"), strict=True):
        papers.append(await filing.paper(person, doc_type))
        filing.api.clock.advance(SECOND)
    admin = await filing.api.admin()
    assert [seen["id"] for seen in await waiting(admin)] == [paper["id"] for paper in papers]
    assert [seen["id"] for seen in await waiting(admin, sort="-created_at", page_size=1)] == [papers[2]["id"]]
    assert [seen["id"] for seen in await waiting(admin, doc_type="in:permis,passport")] == [
        papers[1]["id"],
        papers[2]["id"],
    ]
    refusal(await admin.get("/admin/kyc/pending", doc_number="1"), 422, "validation_error")
    refusal(await admin.get("/admin/kyc/pending", doc_type="visa"), 422, "validation_error")


async def test_identity_stands_and_the_owner_is_told_when_the_paper_is_approved(filing: Filing) -> None:
    person = await filing.api.passenger(language="fr")
    paper, admin = await filing.paper(person), await filing.api.admin(Role.COMPLIANCE)
    filing.api.clock.advance(HOUR)
    reviewed = data(await decide(admin, paper, notes=None))
    now = reviewed["reviewed_at"]
    assert reviewed == {
        "id": paper["id"],
        "user_id": str(person.id),
        "doc_type": "cni",
        "status": "approved",
        "notes": None,
        "reviewed_by": str(admin.id),
        "reviewed_at": now,
        "created_at": paper["created_at"],
        "updated_at": now,
    }
    assert now > paper["created_at"]
    assert data(await person.get("/me/kyc/status"))["status"] == "approved"
    assert await waiting(admin) == []
    assert [message["template"] for message in await filing.api.messages(person.phone)] == ["papers_approved"]


async def test_owner_reads_why_and_may_come_again_when_the_paper_is_rejected(filing: Filing) -> None:
    person, admin = await filing.api.passenger(), await filing.api.admin()
    paper = await filing.paper(person)
    data(await decide(admin, paper, "reject"))
    status = data(await person.get("/me/kyc/status"))
    assert (status["status"], status["documents"][0]["notes"]) == ("rejected", "trop flou")
    (message,) = await filing.api.messages(person.phone)
    assert message["template"] == "papers_rejected"
    assert "trop flou" not in message["body"]
    filing.api.clock.advance(HOUR)
    again = await filing.paper(person)
    status = data(await person.get("/me/kyc/status"))
    assert status["status"] == "pending"
    assert [document["id"] for document in status["documents"]] == [again["id"], paper["id"]]


async def test_mail_says_why_when_the_owner_has_a_verified_address(filing: Filing) -> None:
    address = f"awa{new_id().hex[:8]}@exemple.test"
    person = await filing.api.passenger(phone=None, is_phone_verified=False, email=address, is_email_verified=True)
    data(await decide(await filing.api.admin(), await filing.paper(person), "reject"))
    (mail,) = await filing.api.mails(address)
    assert "trop flou" in mail["body"]


async def test_nobody_is_told_when_the_owner_does_not_want_to_hear(filing: Filing) -> None:
    person = await filing.api.passenger(notify_sms=False)
    data(await decide(await filing.api.admin(), await filing.paper(person)))
    assert await filing.api.messages(person.phone) == []


@pytest.mark.parametrize("first", ["approve", "reject"])
@pytest.mark.parametrize("second", ["approve", "reject"])
async def test_nobody_reviews_twice(filing: Filing, first: str, second: str) -> None:
    paper, admin = await filing.paper(await filing.api.passenger()), await filing.api.admin()
    kept = data(await decide(admin, paper, first))
    details = refusal(await decide(await filing.api.admin(), paper, second), 409, "invalid_transition")
    assert details["from"] == kept["status"]


async def test_one_word_counts_when_many_review_at_once(filing: Filing) -> None:
    paper = await filing.paper(await filing.api.passenger())
    admins = [await filing.api.admin() for _ in range(6)]
    actions = ["approve", "reject"] * 3
    answers = await asyncio.gather(
        *(decide(admin, paper, action) for admin, action in zip(admins, actions, strict=True))
    )
    late = [answer for answer in answers if answer.status_code != 200]
    assert len(late) == 5
    for answer in late:
        refusal(answer, 409, "invalid_transition")
    assert len(await filing.api.inside.outbox()) == 1 + len({"front", "back"})


@pytest.mark.parametrize("status", ["pending", "approved"])
async def test_paper_is_refused_when_one_of_its_kind_is_on_file(filing: Filing, status: str) -> None:
    person = await filing.api.passenger()
    paper = await filing.paper(person)
    if status == "approved":
        data(await decide(await filing.api.admin(), paper))
    assert refusal(await submit(filing, person), 409, "conflict") == {"doc_type": "cni"}
    data(await submit(filing, person, doc_type="permis"), 201)


async def test_one_of_many_waits_when_papers_of_a_kind_come_at_once(filing: Filing) -> None:
    person = await filing.api.passenger()
    keys = [await filing.sent(person, UPLOADS, picture()) for _ in range(4)]
    answers = await asyncio.gather(*(submit(filing, person, front_key=key) for key in keys))
    late = [answer for answer in answers if answer.status_code != 201]
    assert [refusal(answer, 409, "conflict") for answer in late] == [{"doc_type": "cni"}] * 3
    assert len(data(await person.get("/me/kyc/status"))["documents"]) == 1


async def test_identity_is_nothing_yet_when_there_is_but_a_licence(filing: Filing) -> None:
    person, admin = await filing.api.passenger(), await filing.api.admin()
    data(await decide(admin, await filing.paper(person, "permis")))
    assert data(await person.get("/me/kyc/status"))["status"] == "none"


async def test_driver_may_publish_when_both_papers_are_approved(filing: Filing) -> None:
    driver, admin = await filing.api.driver(is_approved=False), await filing.api.admin()
    refusal(await driver.post("/trips", trip_body()), 403, "kyc_required")
    for doc_type in ("passport", "permis"):
        data(await decide(admin, await filing.paper(driver, doc_type)))
    trip = data(await driver.post("/trips", trip_body()), 201)
    assert trip["driver"]["is_verified"] is True


@pytest.mark.parametrize(
    ("kind", "size", "wrong"),
    [
        ("application/pdf", LIMIT + 1, "size"),
        ("application/pdf", -1, "size"),
        ("image/svg+xml", 9, "content_type"),
        ("application/zip", 9, "content_type"),
    ],
)
async def test_nothing_is_granted_when_type_or_size_is_not_taken(
    filing: Filing, kind: str, size: int, wrong: str
) -> None:
    answer = await (await filing.api.passenger()).post(UPLOADS, {"content_type": kind, "size": size})
    assert paths(refusal(answer, 422, "validation_error")) == [wrong]


async def test_large_paper_passes_when_it_is_just_within_the_limit(filing: Filing) -> None:
    head, tail = PDF.split(b"xref", 1)
    body = head + b"%" + b"x" * (LIMIT - len(PDF) - 2) + b"\nxref" + tail
    assert len(body) == LIMIT
    person = await filing.api.passenger()
    front = await filing.sent(person, UPLOADS, body, FileType.PDF)
    data(await submit(filing, person, front_key=front), 201)
    (seen,) = await waiting(await filing.api.admin())
    assert (await filing.fetched(seen["front"])).content == body


DISGUISED: dict[str, tuple[bytes, FileType]] = {
    "jpeg and html": (picture() + HTML, FileType.JPEG),
    "pdf and html": (PDF + HTML, FileType.PDF),
    "html as pdf": (HTML, FileType.PDF),
    "pdf as jpeg": (PDF, FileType.JPEG),
    "bomb": (bomb(), FileType.PNG),
}


@pytest.mark.promise("uploads")
async def test_paper_is_refused_and_forgotten_when_a_side_is_not_what_it_says(
    filing: Filing, subtests: pytest.Subtests
) -> None:
    person = await filing.api.passenger()
    for name, (body, kind) in DISGUISED.items():
        with subtests.test(name):
            back = await filing.sent(person, UPLOADS, body, kind)
            details = refusal(await submit(filing, person, back_key=back), 422, "validation_error")
            assert [(fault["path"], fault["code"]) for fault in details["fields"]] == [("back_key", "unsafe_file")]
            await filing.api.relay()
            assert not await filing.holds(back)
    assert data(await person.get("/me/kyc/status"))["documents"] == []


async def test_key_is_refused_when_it_is_not_the_callers_to_use(filing: Filing, subtests: pytest.Subtests) -> None:
    person, other = await filing.api.passenger(), await filing.api.passenger()
    keys = {
        "another's": await filing.sent(other, UPLOADS, picture()),
        "never granted": f"uploads/{person.id}/{new_id()}",
        "nothing sent": (await filing.grant(person, UPLOADS, size=9))["object_key"],
        "for a photo": await filing.sent(person, "/me/photo", picture()),
    }
    for name, key in keys.items():
        with subtests.test(name):
            answer = await submit(filing, person, front_key=key)
            assert paths(refusal(answer, 422, "validation_error")) == ["front_key"]
            answer = await submit(filing, person, back_key=key)
            assert paths(refusal(answer, 422, "validation_error")) == ["back_key"]


async def test_key_is_refused_when_it_is_given_for_both_sides(filing: Filing) -> None:
    person = await filing.api.passenger()
    key = await filing.sent(person, UPLOADS, picture())
    answer = await submit(filing, person, front_key=key, back_key=key)
    assert paths(refusal(answer, 422, "validation_error")) == ["back_key"]


async def test_same_uploads_serve_when_the_first_try_was_refused_for_another_reason(filing: Filing) -> None:
    person = await filing.api.passenger()
    front = await filing.sent(person, UPLOADS, picture())
    missing = (await filing.grant(person, UPLOADS, size=9))["object_key"]
    refusal(await submit(filing, person, front_key=front, back_key=missing), 422, "validation_error")
    data(await submit(filing, person, front_key=front), 201)


async def test_copy_is_forgotten_when_its_paper_never_came(filing: Filing) -> None:
    person = await filing.api.passenger()
    front = await filing.sent(person, UPLOADS, picture())
    missing = (await filing.grant(person, UPLOADS, size=9))["object_key"]
    await submit(filing, person, front_key=front, back_key=missing)
    (copy,) = await copies(filing, front)
    filing.api.clock.advance(HOUR)
    await filing.api.run("uploads")
    await filing.api.relay()
    assert not await filing.holds(copy)
    assert not await filing.holds(front)


async def copies(filing: Filing, key: str) -> list[str]:
    """Where the clean copy of an upload went."""
    async with filing.api.service.platform.begin() as unit:
        grant = await unit.uploads.find(object_key=key)
    return [grant.copy_key]


@pytest.mark.parametrize("number", ["", "1234", "x" * 41, "AB\n12", "A;DROP TABLE", "١٢٣٤٥٦", None, 12345])
async def test_number_is_refused_when_it_is_none(filing: Filing, number: object) -> None:
    person = await filing.api.passenger()
    answer = await submit(filing, person, front_key=f"uploads/{person.id}/{person.id}", doc_number=number)
    assert paths(refusal(answer, 422, "validation_error")) == ["doc_number"]


FOREIGN = ["id", "user_id", "status", "notes", "reviewed_by", "reviewed_at", "front_url", "version"]


async def test_field_is_refused_when_it_is_not_the_callers_to_set(filing: Filing, subtests: pytest.Subtests) -> None:
    person = await filing.api.passenger()
    key = f"uploads/{person.id}/{person.id}"
    for name in FOREIGN:
        with subtests.test(name):
            answer = await submit(filing, person, front_key=key, **{name: "approved"})
            assert paths(refusal(answer, 422, "validation_error")) == [name]


async def test_paper_does_not_exist_when_the_id_is_nobodys(filing: Filing) -> None:
    admin = await filing.api.admin()
    for action in ("approve", "reject"):
        refusal(await decide(admin, {"id": NOBODY}, action), 404, "not_found")


async def test_rejection_is_refused_when_it_does_not_say_why(filing: Filing) -> None:
    paper, admin = await filing.paper(await filing.api.passenger()), await filing.api.admin()
    for body in ({}, {"notes": None}, {"notes": " "}, {"notes": "x" * 501}):
        answer = await admin.post(f"/admin/kyc/{paper['id']}/reject", body)
        assert paths(refusal(answer, 422, "validation_error")) == ["notes"]


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE])
async def test_role_is_refused_when_papers_are_not_its_row(filing: Filing, role: Role) -> None:
    paper, admin = await filing.paper(await filing.api.passenger()), await filing.api.admin(role)
    before = await filing.api.inside.everything()
    refusal(await admin.get("/admin/kyc/pending"), 403, "forbidden")
    refusal(await decide(admin, paper), 403, "forbidden")
    refusal(await decide(admin, paper, "reject"), 403, "forbidden")
    assert await filing.api.inside.everything() == before


async def test_owner_cannot_review_when_he_tries(filing: Filing) -> None:
    person = await filing.api.passenger()
    paper = await filing.paper(person)
    refusal(await person.get("/admin/kyc/pending"), 401, "auth_required")
    refusal(await decide(person, paper), 401, "auth_required")
