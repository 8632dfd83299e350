"""Access tokens: what is taken, and that everything else ends in AuthRequired."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jose import jws

from allonova.adapters.crypto.tokens import JoseTokens
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.errors import AuthRequired

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
USER, SESSION = UUID(int=1), UUID(int=2)
OLD, NEW = "o" * 32, "n" * 32
KEYS = {"k1": OLD, "k2": NEW}
TTL = timedelta(minutes=15)


@dataclass
class StandingClock:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


def make(current: str = "k2", clock: StandingClock | None = None) -> JoseTokens:
    return JoseTokens(KEYS, current, "allonova", clock or StandingClock())


def signed(tokens: JoseTokens, audience: Audience = Audience.ALLOCAR) -> str:
    return tokens.sign(subject=USER, session=SESSION, audience=audience, issued_at=NOW, expires_at=NOW + TTL)


def claims(**changes: object) -> dict[str, object]:
    whole: dict[str, object] = {
        "iss": "allonova",
        "aud": "allocar",
        "sub": str(USER),
        "sid": str(SESSION),
        "jti": "one",
        "iat": int(NOW.timestamp()),
        "exp": int((NOW + TTL).timestamp()),
    }
    return {name: value for name, value in (whole | changes).items() if value is not ...}


def forged(payload: object, *, key: str = NEW, alg: str = "HS256", kid: object = "k2") -> str:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    token: str = jws.sign(body, key, headers={"kid": kid}, algorithm=alg)
    return token


def refused(token: str, tokens: JoseTokens | None = None, audience: Audience = Audience.ALLOCAR) -> None:
    with pytest.raises(AuthRequired):
        (tokens or make()).verify(token, audience=audience)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_caller_is_known_when_token_is_whole() -> None:
    caller = make().verify(signed(make()), audience=Audience.ALLOCAR)
    assert (caller.user_id, caller.session_id) == (USER, SESSION)


def test_old_token_still_opens_when_secret_was_rotated() -> None:
    assert make("k2").verify(signed(make("k1")), audience=Audience.ALLOCAR).user_id == USER


def test_hand_made_token_opens_when_it_is_like_ours() -> None:
    assert make().verify(forged(claims()), audience=Audience.ALLOCAR).user_id == USER


def test_tokens_differ_when_signed_twice() -> None:
    assert signed(make()) != signed(make())


def test_token_expires_by_the_clock_port() -> None:
    clock = StandingClock()
    tokens = make(clock=clock)
    token = signed(tokens)
    clock.at = NOW + TTL - timedelta(seconds=1)
    assert tokens.verify(token, audience=Audience.ALLOCAR).user_id == USER
    clock.at = NOW + TTL
    refused(token, tokens)


@pytest.mark.parametrize("at", [datetime(1999, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)])
def test_wall_clock_does_not_matter(at: datetime) -> None:
    tokens = make(clock=StandingClock(at))
    token = tokens.sign(subject=USER, session=SESSION, audience=Audience.NOVA, issued_at=at, expires_at=at + TTL)
    assert tokens.verify(token, audience=Audience.NOVA).user_id == USER


@pytest.mark.parametrize("audience", [Audience.ALLOCAR_ADMIN, Audience.NOVA])
def test_refused_when_for_another_audience(audience: Audience) -> None:
    refused(signed(make()), audience=audience)


NO_TEXT: list[object] = [..., None, "", 0, True, 1.5, [], ["allocar"], {}]
NO_UUID: list[object] = [*NO_TEXT, "allocar ", "\x00", "\ud800", 10**400]
NO_NUMBER: list[object] = [..., None, "", "0", True, 1.5, 1e300, [], {}, "1e5"]
ODD: dict[str, list[object]] = {
    "iss": [*NO_TEXT, "allonova ", "ALLONOVA"],
    "aud": [*NO_TEXT, "allocar ", "nova"],
    "sub": NO_UUID,
    "sid": NO_UUID,
    "jti": NO_TEXT,
    "iat": [*NO_NUMBER, 10**400],
    "exp": [*NO_NUMBER, 0, -1, -(10**400)],
}


@pytest.mark.promise("tokens")
@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in ODD.items() for value in values])
def test_refused_when_a_claim_is_missing_or_odd(name: str, value: object) -> None:
    refused(forged(claims(**{name: value})))


@pytest.mark.promise("tokens")
@pytest.mark.parametrize(
    "changes",
    [
        {"sub": "not-a-uuid"},
        {"sub": "{" + str(USER) + "}"},
        {"sub": "urn:uuid:" + str(USER)},
        {"sid": USER.hex},
        {"iat": int(NOW.timestamp()) + 60},
        {"nbf": int(NOW.timestamp()) + 60},
        {"nbf": "soon"},
        {"nbf": None},
        {"exp": int(NOW.timestamp()) - 1},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"jti": "j" * 129},
    ],
)
def test_refused_when_claims_do_not_hold(changes: dict[str, object]) -> None:
    refused(forged(claims(**changes)))


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b'"x"', b"7", b"{", b"\xff", b"[" * 3000, b"\xef\xbb\xbf{}"])
def test_refused_when_payload_is_no_object(payload: bytes) -> None:
    refused(forged(payload))


@pytest.mark.promise("tokens")
@pytest.mark.parametrize("kid", ["k1", "k3", "", None, 0, [], {"a": 1}, "../k2", "k2\x00", "K2", ["k2"]])
def test_refused_when_kid_is_not_the_signing_key(kid: object) -> None:
    refused(forged(claims(), kid=kid))


@pytest.mark.promise("tokens")
@pytest.mark.parametrize("alg", ["HS384", "HS512"])
def test_refused_when_algorithm_is_another(alg: str) -> None:
    refused(forged(claims(), alg=alg))


@pytest.mark.promise("tokens")
@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None, "RS256", "ES256"])
def test_refused_when_algorithm_is_named_away(alg: str | None) -> None:
    header = b64(json.dumps({"alg": alg, "kid": "k2", "typ": "JWT"}).encode())
    _, payload, signature = signed(make()).split(".")
    refused(f"{header}.{payload}.")
    refused(f"{header}.{payload}.{signature}")


def test_refused_when_header_has_more_in_it() -> None:
    token: str = jws.sign(claims(), NEW, headers={"kid": "k2", "jwk": {"kty": "oct", "k": ""}}, algorithm="HS256")
    refused(token)


@pytest.mark.promise("tokens")
def test_refused_wherever_it_is_cut_or_changed() -> None:
    token, tokens = signed(make()), make()
    for at in range(len(token)):
        refused(token[:at], tokens)
        for letter in "A_.=é":
            if token[at] != letter:
                refused(token[:at] + letter + token[at + 1 :], tokens)


def test_signature_has_one_spelling() -> None:
    token, tokens = signed(make()), make()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for letter in set(letters) - {token[-1]}:
        refused(token[:-1] + letter, tokens)
    for more in ("=", "\n", " ", "A", ".", ".x"):
        refused(token + more, tokens)


def test_refused_when_too_long() -> None:
    refused(forged(claims(more="x" * 5000)))


@settings(deadline=None)
@given(st.text())
def test_refused_when_arbitrary_text(token: str) -> None:
    refused(token)


@settings(deadline=None)
@given(st.lists(st.text(alphabet="ABCabc012-_=.\n\ud800é", max_size=60), min_size=1, max_size=5))
def test_refused_when_arbitrary_segments(parts: list[str]) -> None:
    refused(".".join(parts))
    refused(signed(make()).partition(".")[0] + "." + ".".join(parts))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.promise("tokens")
@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*sorted(claims()), "nbf", "x"]), json_values, min_size=1))
def test_only_auth_required_when_signed_claims_are_arbitrary(changes: dict[str, object]) -> None:
    try:
        caller = make().verify(forged(claims(**changes)), audience=Audience.ALLOCAR)
    except AuthRequired:
        return
    assert caller.user_id == USER
    assert set(changes) <= {"jti", "iat", "exp", "nbf", "x"}


@pytest.mark.parametrize(
    ("keys", "current"),
    [({}, "k1"), ({"k1": "x" * 31}, "k1"), ({"k.1": "x" * 32}, "k.1"), ({"k1": "x" * 32}, "k2"), ({"": "x" * 32}, "")],
)
def test_keys_are_refused_when_weak_or_odd(keys: dict[str, str], current: str) -> None:
    with pytest.raises(ValueError, match="key"):
        JoseTokens(keys, current, "allonova", StandingClock())
