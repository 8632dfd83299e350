"""Notes, segments, reviews and the accounts of the back office, and how people are read, on each adapter."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from allonova.application.carpool.user_queries import UserFilter
from allonova.application.carpool.user_views import Identity, TimelineKind
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.carpool.message import Message, MessageType
from allonova.domain.carpool.moderation import CaseKind, CaseStatus, ModerationReview, Outcome
from allonova.domain.carpool.segment import SegmentNameTaken, UserSegment
from allonova.domain.identity.roles import Role
from allonova.domain.identity.session import Audience, RefreshToken, Session
from allonova.domain.identity.user import AccountStatus, User
from allonova.domain.identity.user_note import UserNote
from allonova.domain.kernel.errors import AlreadyExists
from allonova.domain.kyc.document import DocType, KycStatus
from tests.contract.conftest import Scene
from tests.support.factories import HOUR, NOW, a_booking, a_paper, a_user, an_admin, new_id
from tests.support.worlds import STORAGE_ERRORS, World

OLDEST = (Sort("created_at"),)


def a_note(user: User, author_id: object, **given: object) -> UserNote:
    note = UserNote(id=new_id(), user_id=user.id, author_id=author_id, text="Rappelé.", created_at=NOW)  # type: ignore[arg-type]
    return replace(note, **given)  # type: ignore[arg-type]


def a_segment(name: str) -> UserSegment:
    filters: dict[str, str | int | bool | float] = {
        "query": "awa",
        "min_trips": 2,
        "is_driver": True,
        "rating_lte": 3.5,
    }
    return UserSegment(id=new_id(), name=name, filters=filters, created_by=new_id(), created_at=NOW, updated_at=NOW)


def a_review(kind: CaseKind, subject_id: object) -> ModerationReview:
    return ModerationReview(
        id=new_id(),
        kind=kind,
        subject_id=subject_id,  # type: ignore[arg-type]
        outcome=Outcome.REVIEWED,
        note="Vu.",
        admin_id=new_id(),
        created_at=NOW,
        updated_at=NOW,
    )


async def sought(world: World, **given: object) -> set[str | None]:
    """First names of those whom a filter finds."""
    query = ListQuery(UserFilter(**given).conditions(), page_size=100)  # type: ignore[arg-type]
    return {user.first_name for user in (await world.users.users(query)).items}


async def test_notes_are_kept_with_their_authors_and_forgotten_with_the_account(world: World) -> None:
    user, other, author = a_user(), a_user(), an_admin(Role.SUPPORT)
    await world.keep(user, other, author)
    first, second = a_note(user, author.id), a_note(user, author.id, created_at=NOW + HOUR)
    elsewhere = a_note(other, author.id)
    for note in (first, second, elsewhere):
        await world.run(lambda unit, note=note: unit.user_notes.add(note))  # type: ignore[misc]
    page = await world.users.notes(user.id, ListQuery(sort=(Sort("created_at", descending=True),), page_size=1))
    assert ([note.id for note in page.items], page.total) == ([second.id], 2)
    assert page.items[0].author_email == author.email
    async with world.begin() as unit:
        kept = await unit.user_notes.get(first.id, lock=True)
        kept.strike(admin_id=author.id, is_super=False, at=NOW)
        await unit.user_notes.save(kept)
        await unit.user_notes.forget(other.id)
    assert (await world.users.notes(other.id, ListQuery())).total == 0
    assert [note.text for note in (await world.users.notes(user.id, ListQuery(sort=OLDEST))).items] == [
        None,
        "Rappelé.",
    ]


async def test_note_is_refused_when_it_says_nothing_or_too_much_or_is_about_nobody(world: World) -> None:
    user, author = a_user(), an_admin()
    await world.keep(user, author)
    wrong = (
        *(a_note(user, author.id, text=text) for text in ("", "x" * 2001, None)),
        *(a_note(user, author.id, struck_at=NOW), a_note(a_user(), author.id), a_note(user, new_id())),
    )
    for note in wrong:
        with pytest.raises(STORAGE_ERRORS):
            await world.run(lambda unit, note=note: unit.user_notes.add(note))  # type: ignore[misc]


async def test_segment_is_one_of_its_name_and_comes_back_as_it_was(world: World) -> None:
    segment = a_segment("Chauffeurs")
    await world.run(lambda unit: unit.segments.add(segment))
    with pytest.raises(SegmentNameTaken):
        await world.run(lambda unit: unit.segments.add(a_segment("CHAUFFEURS")))
    found = await world.users.segment(segment.id)
    assert found is not None
    assert (found.filters, found.version) == (segment.filters, 1)
    await world.run(lambda unit: unit.segments.add(a_segment("Autres")))
    names = [each.name for each in (await world.users.segments(ListQuery(sort=(Sort("name"),)))).items]
    assert names == ["Autres", "Chauffeurs"]
    await world.run(lambda unit: unit.segments.remove(segment))
    assert await world.users.segment(segment.id) is None


async def test_review_is_one_for_each_case(scene: Scene) -> None:
    world, review = scene.world, a_review(CaseKind.REPORT, new_id())
    await world.run(lambda unit: unit.reviews.add(review))
    await world.run(lambda unit: unit.reviews.add(a_review(CaseKind.MESSAGE, review.subject_id)))
    with pytest.raises(AlreadyExists):
        await world.run(lambda unit: unit.reviews.add(a_review(CaseKind.REPORT, review.subject_id)))


async def test_notes_of_reviews_are_blanked_when_they_are_about_his_messages(scene: Scene) -> None:
    world = scene.world
    booking = a_booking(scene.trip, scene.passenger)
    await world.keep(booking)
    messages = [
        Message(
            id=new_id(), booking_id=booking.id, from_user_id=by, type=MessageType.TEXT, content="07", flags=["phone"],
            created_at=NOW,
        )
        for by in (scene.passenger.id, scene.driver.id)
    ]  # fmt: skip
    reviews = [a_review(CaseKind.MESSAGE, message.id) for message in messages]
    for message, review in zip(messages, reviews, strict=True):
        await world.run(lambda unit, message=message: unit.messages.add(message))  # type: ignore[misc]
        await world.run(lambda unit, review=review: unit.reviews.add(review))  # type: ignore[misc]
    await world.run(lambda unit: unit.reviews.forget_notes(scene.passenger.id))
    async with world.begin() as unit:
        notes = [(await unit.reviews.get(review.id)).note for review in reviews]
    assert notes == [None, "Vu."]
    cases = (await world.moderation.cases(ListQuery(sort=OLDEST))).items
    assert {(case.id, case.about, case.by, case.status) for case in cases} == {
        (messages[0].id, scene.passenger.id, scene.driver.id, CaseStatus.REVIEWED),
        (messages[1].id, scene.driver.id, scene.passenger.id, CaseStatus.REVIEWED),
    }
    facts = await world.moderation.case(CaseKind.MESSAGE, messages[1].id)
    assert facts is not None
    assert (facts.about.id, facts.review and facts.review.id) == (scene.driver.id, reviews[1].id)
    assert [message.id for message in facts.messages] == [message.id for message in messages]


async def test_supers_are_those_who_are_active_and_come_with_whoever_is_meant(world: World) -> None:
    chiefs, ops, closed = [an_admin() for _ in range(3)], an_admin(Role.OPS), an_admin(is_active=False)
    await world.keep(*chiefs, ops, closed, an_admin(Role.SUPPORT))
    for meant in (ops, closed, chiefs[1]):
        async with world.begin() as unit:
            found = [admin.id for admin in await unit.admins.with_supers(meant.id)]
        assert found == sorted({meant.id, *(admin.id for admin in chiefs)})
    listed = await world.accounts.admins(ListQuery((Filter("role", Op.EQ, Role.OPS),)))
    assert [admin.role for admin in listed.items] == [Role.OPS]


async def test_people_are_found_by_what_is_true_of_them(scene: Scene) -> None:
    world, later = scene.world, NOW + timedelta(days=30)
    gone = a_user(first_name="Gone")
    gone.erase(NOW)
    people = {
        "low": a_user(first_name="Low", rating_count=2, rating_avg=Decimal("2.50")),
        "closed": a_user(first_name="Closed", is_active=False),
        "fresh": a_user(first_name="Fresh", created_at=later),
        "waiting": a_user(first_name="Waiting"),
        "refused": a_user(first_name="Refused"),
    }
    papers = [
        a_paper(people["waiting"], status=KycStatus.REJECTED),
        a_paper(people["waiting"], DocType.PASSPORT, status=KycStatus.PENDING),
        a_paper(people["refused"], status=KycStatus.REJECTED),
        a_paper(people["low"], DocType.PERMIS),
    ]
    await world.keep(gone, *people.values(), *papers, a_booking(scene.trip, scene.passenger))
    names = {user.first_name for user in people.values()}
    assert await sought(world, status=AccountStatus.ERASED) == {None}
    assert await sought(world, status=AccountStatus.SUSPENDED) == {"Closed"}
    assert await sought(world, status=AccountStatus.ACTIVE) == (names - {"Closed"}) | {"Yao", "Awa"}
    assert await sought(world, kyc=Identity.PENDING) == {"Waiting"}
    assert await sought(world, kyc=Identity.REJECTED) == {"Refused"}
    assert await sought(world, kyc=Identity.APPROVED) == {"Yao"}
    assert await sought(world, kyc=Identity.NONE) == {None, "Low", "Closed", "Fresh", "Awa"}
    assert await sought(world, is_driver=True) == {"Yao"}
    assert await sought(world, rating_lte=Decimal("2.5")) == {"Low"}
    assert await sought(world, rating_lte=Decimal("2.49")) == set()
    assert await sought(world, min_trips=1) == {"Yao"}
    assert await sought(world, min_trips=2) == set()
    assert await sought(world, min_bookings=1) == {"Awa"}
    assert await sought(world, created_from=later) == {"Fresh"}
    assert "Fresh" not in await sought(world, created_to=later)
    assert await sought(world, query="fres") == {"Fresh"}
    assert await sought(world, query="kone os") == set()
    assert await sought(world, query="koné clos", status=AccountStatus.SUSPENDED) == {"Closed"}


async def test_person_was_seen_when_he_renewed_a_session(world: World) -> None:
    user, staff = a_user(first_name="Seen"), a_user(first_name="Elsewhere")
    await world.keep(user, staff)
    for owner, audience in ((user, Audience.ALLOCAR), (staff, Audience.ALLOCAR_ADMIN)):
        session = Session(id=new_id(), user_id=owner.id, audience=audience, created_at=NOW)
        token = RefreshToken(
            id=new_id(),
            session_id=session.id,
            token_hash=str(owner.id),
            expires_at=NOW + 9 * HOUR,
            created_at=NOW + HOUR,
        )
        await world.run(lambda unit, session=session: unit.sessions.add(session))  # type: ignore[misc]
        await world.run(lambda unit, token=token: unit.refresh_tokens.add(token))  # type: ignore[misc]
    assert await sought(world, last_seen_before=NOW + HOUR) == {"Elsewhere"}
    assert await sought(world, last_seen_before=NOW + 2 * HOUR) == {"Seen", "Elsewhere"}
    assert await sought(world, last_seen_before=NOW) == set()
    counts = []
    for at in (NOW, NOW + 9 * HOUR):
        detail = await world.users.user(user.id, now=at)
        counts.append(None if detail is None else detail.counts.sessions)
    assert counts == [1, 0]
    lines = (await world.users.timeline(user.id, ListQuery(sort=(Sort("at"),)))).items
    assert [line.kind for line in lines].count(TimelineKind.SESSION) == 1
    assert (await world.users.timeline(new_id(), ListQuery())).total == 0
