"""Companies as they come: by the wizard's last step."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import httpx

from allonova.main.wiring import build_service
from tests.support.api import Api
from tests.support.passwords import GOOD
from tests.support.wire import ROOT, data, fresh_email

_numbers = itertools.count(1)


def founding(**given: Any) -> dict[str, Any]:
    """A company in Lyon with two taxis, a chauffeur for the first one, and a hotel."""
    number = next(_numbers)
    body = {
        "societe": {
            "nom": f"Taxis Lumière {number}",
            "adresse": "12 rue de la République, Lyon",
            "telephone": "04 72 00 00 00",
            "email": "bureau@lumiere.test",
        },
        "admin": {"email": fresh_email(), "name": "Mick Lumière", "password": GOOD},
        "taxis": [
            {"numero": "T1", "plaque": "ab-123-cd", "vignette": "V-1"},
            {"numero": "T2", "plaque": "EF-456-GH", "vignette": "V-2"},
        ],
        "chauffeurs": [{"name": "Koffi Yao", "email": fresh_email(), "phone": "06 12 34 56 78", "taxiNumero": "T1"}],
        "clients": [{"type": "hotel", "nom": "Hôtel Bellecour", "contactPhone": "0472000001"}],
    }
    return body | given


async def send_founding(api: Api, body: object) -> httpx.Response:
    """`POST /api/onboarding/bootstrap`."""
    return await api.http.post(f"{ROOT}/api/onboarding/bootstrap", json=body)


async def founded(api: Api, **given: Any) -> Any:
    """A company that was taken, as the answer shows it."""
    return data(await send_founding(api, founding(**given)), 201)


def guard_onboarding(api: Api) -> None:
    """From now on strangers are looked at as in production."""
    outside = replace(api.service.outside, guards_onboarding=True)
    api.service = build_service(api.settings, api.service.platform, outside)
    api.app.state.edge = api.service.edge
