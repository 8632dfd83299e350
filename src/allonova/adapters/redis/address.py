"""Where Redis is: one server, or Sentinels that know which of several is the master."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

PLAIN = ("redis", "rediss", "unix")
SCHEMES = ("redis+sentinel", "rediss+sentinel")
FORMS = "redis://host:port/db or redis+sentinel://user:password@host:port,host:port/service/db (rediss… with TLS)"
SENTINEL_PORT = 26379  # https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
TLS_OPTIONS = ("ssl_ca_certs", "ssl_check_hostname")
OPTIONS = ("sentinel_username", "sentinel_password", *TLS_OPTIONS)


@dataclass(frozen=True, slots=True)
class Sentinels:
    """Whom to ask for the master of a service, and how to log in there and here, as redis-py names it."""

    hosts: tuple[tuple[str, int], ...]
    service: str
    master: Mapping[str, Any] = field(repr=False)
    sentinel: Mapping[str, Any] = field(repr=False)


def read_sentinels(url: str) -> Sentinels | None:
    """Those that a URL names; None when it names one server.

    Raises:
        ValueError: anything else; it does not quote the URL, which may hold a password.
    """
    scheme, _, rest = url.partition("://")
    try:
        if scheme in SCHEMES:
            return _sentinels(rest, is_tls=scheme == SCHEMES[1])
        is_plain = scheme in PLAIN and urlsplit(url).port != 0
    except ValueError:
        is_plain = False
    if not is_plain:
        raise ValueError(f"not like {FORMS}")
    return None


def _sentinels(rest: str, *, is_tls: bool) -> Sentinels:
    before, _, query = rest.partition("?")
    at, _, path = before.partition("/")
    login, _, hosts = at.rpartition("@")
    service, _, db = path.partition("/")
    options = dict(parse_qsl(query, strict_parsing=bool(query), keep_blank_values=True))
    known = OPTIONS if is_tls else set(OPTIONS) - set(TLS_OPTIONS)
    if not service or not (db or "0").isdecimal() or options.keys() - known:
        raise ValueError
    user, _, password = map(unquote, login.partition(":"))
    tls = _tls(options) if is_tls else {}
    return Sentinels(
        hosts=tuple(map(_host, hosts.split(","))),
        service=unquote(service),
        master={**_login(user, password), **tls, "db": int(db or 0)},
        sentinel={**_login(options.get("sentinel_username", ""), options.get("sentinel_password", "")), **tls},
    )


def _host(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.netloc != text:
        raise ValueError
    return parts.hostname, parts.port or SENTINEL_PORT


def _login(user: str, password: str) -> dict[str, Any]:
    return {name: value for name, value in (("username", user), ("password", password)) if value}


def _tls(options: Mapping[str, str]) -> dict[str, Any]:
    """Certificates are checked, and the names in them, by what this machine trusts or by the file that is named."""
    if (check := options.get("ssl_check_hostname", "true")) not in {"true", "false"}:
        raise ValueError
    return {"ssl": True, "ssl_check_hostname": check == "true", "ssl_ca_certs": options.get("ssl_ca_certs")}
