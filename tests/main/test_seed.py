"""The demo data's accounts."""

from __future__ import annotations

import pytest

from allonova.domain.identity.roles import Role
from allonova.main.cli import _greet
from allonova.main.embedded import seed
from allonova.main.seed import ADMIN_EMAIL, DEMO_PASSWORD, DRIVER_PHONE
from allonova.main.seed_nova import ADMIN as NOVA_ADMIN
from allonova.main.seed_nova import CHAUFFEUR
from allonova.main.settings import Env, Settings
from tests.support.serving import api_on
from tests.support.wire import ROOT, data


async def test_everybody_logs_in_by_the_demo_password_when_the_data_was_put_in() -> None:
    async with api_on(None) as api:
        assert await seed(api.service) is True
        assert await seed(api.service) is False
        for role in Role:
            body = {"email": ADMIN_EMAIL.format(role=role), "password": DEMO_PASSWORD}
            assert data(await api.http.post("/admin/login", json=body))["admin"]["role"] == role
        body = {"identifier": DRIVER_PHONE, "password": DEMO_PASSWORD}
        assert data(await api.http.post("/auth/login", json=body))["user"]["phone"] == DRIVER_PHONE
        staff = {NOVA_ADMIN: "admin"} | {CHAUFFEUR.format(number=number): "chauffeur" for number in range(1, 5)}
        for email, does in staff.items():
            body = {"email": email, "password": DEMO_PASSWORD}
            user = data(await api.http.post(f"{ROOT}/auth/login", json=body))["user"]
            assert (user["role"], user["taxiId"] is None) == (does, does == "admin")


def test_accounts_are_told_when_the_demo_starts(capsys: pytest.CaptureFixture[str]) -> None:

    _greet(Settings(env=Env.EMBEDDED))
    said = capsys.readouterr().out
    assert DEMO_PASSWORD in said
    assert all(ADMIN_EMAIL.format(role=role) in said for role in Role)
    assert NOVA_ADMIN in said
