"""Codes, sessions, users, papers and plates."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from allonova.domain.carpool.vehicle import normalise_plate
from allonova.domain.identity.contact import Channel, Contact, contact_of
from allonova.domain.identity.link import LINK_TTL, LinkPurpose, LinkToken
from allonova.domain.identity.otp import OTP_SENDS, OTP_TRIES, OTP_TTL, OTP_WINDOW, Otp
from allonova.domain.identity.session import ACCESS_TTL, REFRESH_TTL, Audience, RefreshToken, Rotation, Session
from allonova.domain.identity.user import User, require_old_enough
from allonova.domain.kernel.errors import ValidationError
from allonova.domain.kyc.document import DocType, PapersMissing, require_driver_papers
from tests.support.factories import HOUR, MINUTE, NOW, SECOND, a_user, a_vehicle, new_id


def a_session(**given: object) -> Session:
    return Session(id=new_id(), user_id=new_id(), audience=Audience.ALLOCAR, created_at=NOW, **given)  # type: ignore[arg-type]


def a_token() -> RefreshToken:
    return RefreshToken(
        id=new_id(), session_id=new_id(), token_hash="h", expires_at=NOW + timedelta(days=30), created_at=NOW
    )


def an_otp() -> Otp:
    return Otp(id=new_id(), target="+1", code_hash="h", expires_at=NOW + 10 * MINUTE, created_at=NOW)


def test_first_use_remembered_when_a_token_is_presented() -> None:
    token = a_token()
    assert token.present(a_session(), NOW + HOUR) is Rotation.FIRST
    assert token.used_at == NOW + HOUR


@pytest.mark.parametrize(
    ("later", "rotation"),
    [(0 * SECOND, Rotation.REPEATED), (10 * SECOND, Rotation.REPEATED), (11 * SECOND, Rotation.STOLEN)],
)
def test_repeated_or_stolen_when_presented_again(later: timedelta, rotation: Rotation) -> None:
    token, session = a_token(), a_session()
    token.present(session, NOW)
    assert token.present(session, NOW + later) is rotation
    assert token.used_at == NOW


def test_stolen_when_the_grace_is_over_by_a_moment() -> None:
    token, session = a_token(), a_session()
    token.present(session, NOW)
    assert token.present(session, NOW + timedelta(seconds=10, microseconds=1)) is Rotation.STOLEN


def test_dead_when_expired() -> None:
    token = a_token()
    assert token.present(a_session(), token.expires_at) is Rotation.DEAD
    assert token.used_at is None
    assert token.present(a_session(), token.expires_at - SECOND) is Rotation.FIRST


def test_dead_when_the_session_has_ended() -> None:
    token = a_token()
    assert token.present(a_session(revoked_at=NOW), NOW) is Rotation.DEAD
    assert token.used_at is None


def test_first_instant_kept_when_revoked_twice() -> None:
    session = a_session()
    session.revoke(NOW)
    session.revoke(NOW + HOUR)
    assert session.revoked_at == NOW


def test_figures_are_those_of_the_specification_when_read() -> None:
    # conventions.md, Tokens; allocar.md, Identity
    assert (timedelta(minutes=15), timedelta(days=30)) == (ACCESS_TTL, REFRESH_TTL)
    assert (timedelta(minutes=10), timedelta(minutes=10), 3, 3) == (OTP_TTL, OTP_WINDOW, OTP_SENDS, OTP_TRIES)


def test_live_until_it_expires_when_a_code_is_unused() -> None:
    otp = an_otp()
    assert otp.is_live(NOW)
    assert otp.is_live(NOW + 10 * MINUTE - SECOND)
    assert not otp.is_live(NOW + 10 * MINUTE)


def test_dead_when_a_code_was_used() -> None:
    otp = an_otp()
    otp.consume(NOW)
    assert not otp.is_live(NOW)
    assert otp.consumed_at == NOW


@pytest.mark.parametrize(
    ("phone", "email", "is_reachable"),
    [(False, False, False), (True, False, True), (False, True, True), (True, True, True)],
)
def test_reachable_when_one_way_is_verified(phone: bool, email: bool, is_reachable: bool) -> None:
    assert a_user(is_phone_verified=phone, is_email_verified=email).is_reachable is is_reachable


def test_trusted_with_nothing_when_new() -> None:
    user = User(id=new_id(), phone="+1", created_at=NOW, updated_at=NOW)
    assert user.is_active
    assert not any((user.is_reachable, user.is_phone_verified, user.is_email_verified, user.is_driver))
    assert not a_vehicle(user).verified


@pytest.mark.parametrize("channel", list(Channel))
def test_password_of_the_registration_counts_when_it_is_the_first_proof(channel: Channel) -> None:
    user = a_user(email="a@b.test", is_phone_verified=False, password_hash="old")
    user.prove(channel, NOW + HOUR, password_hash="new")
    assert (user.password_hash, user.is_proven(channel), user.updated_at) == ("new", True, NOW + HOUR)
    user.prove(Channel.SMS, NOW + HOUR, password_hash="other")
    user.prove(Channel.EMAIL, NOW + HOUR, password_hash="other")
    assert user.password_hash == "new"


def test_no_password_counts_when_the_first_proof_brings_none() -> None:
    user = a_user(is_phone_verified=False, password_hash="claimed")
    user.prove(Channel.SMS, NOW)
    assert user.password_hash is None


def test_claim_given_up_unless_it_is_proven() -> None:
    user = a_user(email="a@b.test")
    user.give_up(Channel.EMAIL, NOW + HOUR)
    assert (user.email, user.updated_at) == (None, NOW + HOUR)
    with pytest.raises(ValueError, match="verified"):
        user.give_up(Channel.SMS, NOW)
    claimed = a_user(is_phone_verified=False)
    claimed.give_up(Channel.SMS, NOW)
    assert claimed.phone is None


def test_contact_taken_when_its_code_came_back() -> None:
    user = a_user()
    user.take(Contact(Channel.EMAIL, "a@b.test"), NOW + HOUR)
    user.take(Contact(Channel.SMS, "+2250700000001"), NOW + HOUR)
    assert (user.proven(Channel.EMAIL), user.proven(Channel.SMS)) == ("a@b.test", "+2250700000001")
    assert user.updated_at == NOW + HOUR


def test_channel_told_from_the_value_when_an_identifier_is_read() -> None:
    assert contact_of("+2250700000001") == Contact(Channel.SMS, "+2250700000001")
    assert contact_of("Awa@Exemple.test").channel is Channel.EMAIL
    assert contact_of("Awa@Exemple.test").key == "awa@exemple.test"


@pytest.mark.parametrize("purpose", list(LinkPurpose))
def test_link_lives_as_long_as_promised_when_unused(purpose: LinkPurpose) -> None:
    hours = {
        LinkPurpose.EMAIL_VERIFY: 24,
        LinkPurpose.PASSWORD_RESET: 0.5,
        LinkPurpose.ADMIN_PASSWORD: 24,
        LinkPurpose.STAFF_INVITATION: 72,  # nova.md, Endpoints
        LinkPurpose.STAFF_EMAIL: 72,
        LinkPurpose.STAFF_PASSWORD: 0.5,
    }
    assert timedelta(hours=hours[purpose]) == LINK_TTL[purpose]
    link = LinkToken(
        id=new_id(),
        purpose=purpose,
        target="a@b.test",
        token_hash="h",
        password_hash="p",
        expires_at=NOW + LINK_TTL[purpose],
        created_at=NOW,
    )
    assert link.is_live(link.expires_at - SECOND)
    assert not link.is_live(link.expires_at)
    link.consume(NOW)
    assert not link.is_live(NOW)
    assert link.password_hash is None


@pytest.mark.parametrize("born", [date(2009, 10, 1), date(2008, 2, 29), date(1900, 1, 1)])
def test_old_enough_when_born_sixteen_years_ago(born: date) -> None:
    require_old_enough(born, NOW.date())


@pytest.mark.parametrize(
    ("born", "code"),
    [
        (date(2009, 10, 2), "too_young"),
        (date(2025, 10, 1), "too_young"),
        (date(2025, 10, 2), "out_of_range"),
        (date(1899, 12, 31), "out_of_range"),
    ],
)
def test_birthdate_refused_when_it_is_too_late_or_no_living_persons(born: date, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        require_old_enough(born, NOW.date())
    assert [(field.path, field.code) for field in caught.value.fields] == [("birthdate", code)]


def test_changed_when_verified_and_when_driving() -> None:
    user = a_user(is_phone_verified=False)
    user.verify_phone(NOW + HOUR)
    user.become_driver(NOW + 2 * HOUR)
    assert (user.is_phone_verified, user.is_driver, user.updated_at) == (True, True, NOW + 2 * HOUR)


@pytest.mark.parametrize("identity", [DocType.CNI, DocType.PASSPORT])
def test_may_publish_when_identity_and_licence_are_approved(identity: DocType) -> None:
    require_driver_papers([identity, DocType.PERMIS])
    require_driver_papers([DocType.CNI, DocType.PASSPORT, DocType.PERMIS])


@pytest.mark.parametrize(
    ("approved", "missing"),
    [
        ([], ("cni|passport", "permis")),
        ([DocType.CNI], ("permis",)),
        ([DocType.PERMIS], ("cni|passport",)),
        ([DocType.CNI, DocType.PASSPORT], ("permis",)),
    ],
)
def test_what_is_missing_told_when_papers_are(approved: list[DocType], missing: tuple[str, ...]) -> None:
    with pytest.raises(PapersMissing) as caught:
        require_driver_papers(approved)
    assert caught.value.facts() == {"missing": missing}
    assert caught.value.code == "kyc_required"


@pytest.mark.parametrize("plate", ["1234 ab-01", "1234AB01", " 1234-AB 01 ", "1234.ab.01", "１２３４ab01"])  # noqa: RUF001 - full-width digits
def test_one_plate_when_written_in_any_way(plate: str) -> None:
    assert normalise_plate(plate) == "1234AB01"


def test_different_when_plates_differ() -> None:
    assert normalise_plate("1234AB02") != normalise_plate("1234AB01")
    assert normalise_plate("ÉA-1") == "EA1"
    assert normalise_plate("--- ") == ""
