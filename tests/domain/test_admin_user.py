"""Accounts of the back office."""

from __future__ import annotations

import pytest

from allonova.domain.identity.roles import Role
from tests.support.factories import HOUR, NOW, an_admin


@pytest.mark.parametrize(("last", "step", "is_taken"), [(None, 5, True), (5, 6, True), (5, 5, False), (5, 4, False)])
def test_step_is_taken_when_it_is_later_than_the_last(last: int | None, step: int, *, is_taken: bool) -> None:
    admin = an_admin(totp_last_step=last)
    assert admin.take_step(step) is is_taken
    assert admin.totp_last_step == (step if is_taken else last)


def test_nothing_is_taken_when_the_code_was_wrong() -> None:
    admin = an_admin(totp_last_step=5)
    assert admin.take_step(None) is False
    assert admin.totp_last_step == 5


def test_old_secret_stays_when_a_new_one_waits() -> None:
    admin = an_admin(totp_secret="old", totp_last_step=5)
    admin.start_totp("new", NOW)
    assert (admin.totp_secret, admin.totp_pending) == ("old", "new")
    admin.confirm_totp("sealed anew", 7, NOW + HOUR)
    assert (admin.totp_secret, admin.totp_pending, admin.totp_last_step) == ("sealed anew", None, 7)
    assert admin.totp_confirmed_at == admin.updated_at == NOW + HOUR


def test_changes_are_named_when_there_are_any() -> None:
    admin = an_admin(Role.OPS, totp_secret="sealed", totp_pending="another")
    at = NOW + HOUR
    assert admin.change(role=None, is_active=None, reset_totp=False, at=at) == frozenset()
    assert admin.change(role=Role.OPS, is_active=True, reset_totp=False, at=at) == frozenset()
    assert admin.updated_at == NOW
    assert admin.change(role=Role.SUPER, is_active=False, reset_totp=True, at=at) == {"role", "is_active", "totp"}
    assert (admin.role, admin.is_active, admin.totp_secret, admin.totp_pending) == (Role.SUPER, False, None, None)
    assert admin.updated_at == at
