"""Authenticator codes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from allonova.adapters.crypto.totp import PyotpCodes

# RFC 6238, Appendix B: the secret of the SHA-1 rows, and the last six of their eight digits
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
VECTORS = {1111111111: "050471", 1111111109: "081804", 1234567890: "005924", 2000000000: "279037"}
STEP = timedelta(seconds=30)


@pytest.mark.parametrize(("seconds", "code"), VECTORS.items())
@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_step_found_when_the_code_is_of_the_standard(seconds: int, code: str, steps: int) -> None:
    at = datetime.fromtimestamp(seconds, UTC) + steps * STEP
    assert PyotpCodes().step(SECRET, code, at=at) == seconds // 30


@pytest.mark.parametrize("steps", [-2, 2])
def test_no_step_found_when_the_code_is_further_away(steps: int) -> None:
    at = datetime.fromtimestamp(1234567890, UTC) + steps * STEP
    assert PyotpCodes().step(SECRET, "005924", at=at) is None


@pytest.mark.parametrize("code", ["", "5924", "0059240", "abcdef"])
def test_no_step_found_when_it_is_no_code(code: str) -> None:
    assert PyotpCodes().step(SECRET, code, at=datetime.fromtimestamp(1234567890, UTC)) is None


def test_secrets_have_160_bits_when_they_are_made() -> None:
    made = {PyotpCodes().new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(secret) * 5 for secret in made} == {160}


def test_url_escapes_what_an_address_may_hold_when_it_is_made() -> None:
    url = PyotpCodes().url(SECRET, account="a+b&c@x.test")
    assert url.startswith("otpauth://totp/AlloNova:a%2Bb%26c%40x.test?")
    assert f"secret={SECRET}" in url
    assert "issuer=AlloNova" in url
