"""What REDIS_URL may say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allonova.adapters.redis.address import Sentinels, read_sentinels

BARE = Sentinels(hosts=(("cache", 26379),), service="main", master={"db": 0}, sentinel={})
TLS = {"ssl": True, "ssl_check_hostname": True, "ssl_ca_certs": None}


@pytest.mark.parametrize(
    "url",
    ["redis://cache", "redis://:secret@cache:6379/0", "rediss://user:secret@[::1]:6379/1?ssl_ca_certs=/ca.pem"],
)
def test_there_are_no_sentinels_when_one_server_is_named(url: str) -> None:
    assert read_sentinels(url) is None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis+sentinel://cache/main", BARE),
        ("redis+sentinel://cache:26379/main/", BARE),
        (
            "redis+sentinel://a:1,b:2,[::1],[fe80::1]:3/my%20main/4",
            replace(
                BARE,
                hosts=(("a", 1), ("b", 2), ("::1", 26379), ("fe80::1", 3)),
                service="my main",
                master={"db": 4},
            ),
        ),
        (
            "redis+sentinel://us%40er:s%3Ae%2Fc+t@cache/main/1?sentinel_username=w&sentinel_password=p%26%2B",
            replace(
                BARE,
                master={"username": "us@er", "password": "s:e/c+t", "db": 1},
                sentinel={"username": "w", "password": "p&+"},
            ),
        ),
        ("rediss+sentinel://cache/main", replace(BARE, master={**TLS, "db": 0}, sentinel=TLS)),
        (
            "rediss+sentinel://:x@cache/main?ssl_ca_certs=/ca.pem&ssl_check_hostname=false",
            replace(
                BARE,
                master={"password": "x", "ssl": True, "ssl_check_hostname": False, "ssl_ca_certs": "/ca.pem", "db": 0},
                sentinel={"ssl": True, "ssl_check_hostname": False, "ssl_ca_certs": "/ca.pem"},
            ),
        ),
    ],
)
def test_sentinels_are_read_when_they_are_named(url: str, told: Sentinels) -> None:
    assert read_sentinels(url) == told


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cache:6379",
        "http://cache",
        "sentinel://cache/main",
        "redis://user:sec/ret@cache:6379/0",
        "redis://user:sec[ret@cache:6379/0",
        "redis+sentinel://cache",
        "redis+sentinel://cache//0",
        "redis+sentinel:///main",
        "redis+sentinel://cache,/main",
        "redis+sentinel://cache:port/main",
        "redis+sentinel://user:sec/ret@cache/main",
        "redis+sentinel://user:sec?ret@cache/main",
        "redis+sentinel://user:sec[ret@ca]che/main",
        "redis+sentinel://cache/main/zero",
        "redis+sentinel://cache/main/0/1",
        "redis+sentinel://cache/main/-1",
        "redis+sentinel://cache/main?sentinel_pasword=secret",
        "redis+sentinel://cache/main?secret",
        "redis+sentinel://cache/main?ssl_ca_certs=/ca.pem",
        "rediss+sentinel://cache/main?ssl_check_hostname=maybe",
    ],
)
def test_url_is_refused_without_its_secret_when_it_is_none(url: str) -> None:
    with pytest.raises(ValueError, match=r"^not like redis:") as refused:
        read_sentinels(url)
    assert "sec" not in str(refused.value)


def test_passwords_are_not_shown() -> None:
    sentinels = read_sentinels("redis+sentinel://:one-secret@cache/main?sentinel_password=another-secret")
    assert "secret" not in repr(sentinels)
