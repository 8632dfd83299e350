"""Codes, sessions, users, papers and plates."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allonova.domain.carpool.vehicle import normalise_plate
from allonova.domain.identity.otp import OTP_SENDS, OTP_TRIES, OTP_TTL, OTP_WINDOW, Otp
from allonova.domain.identity.session import ACCESS_TTL, REFRESH_TTL, Audience, RefreshToken, Rotation, Session
from allonova.domain.identity.user import User
from allonova.domain.kyc.document import DocType, PapersMissing, require_driver_papers
from tests.support.factories import HOUR, MINUTE, NOW, SECOND, a_user, a_vehicle, new_id


def a_session(**given: object) -> Session:
    return Session(id=new_id(), user_id=new_id(), audience=Audience.ALLOCAR, created_at=NOW, **given)  # type: ignore[arg-type]


def a_token() -> RefreshToken:
    return RefreshToken(
        id=new_id(), session_id=new_id(), token_hash="h", expires_at=NOW + timedelta(days=30), created_at=NOW
    )


def an_otp() -> Otp:
    return Otp(id=new_id(), phone="+1", code_hash="h", expires_at=NOW + 10 * MINUTE, created_at=NOW)


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
