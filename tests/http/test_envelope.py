"""What every answer has around it, whatever it answers."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.support.api import Api
from tests.support.wire import ROOT, data, paths, refusal

SEARCH = "/trips/search?from=5.35,-4.00&to=6.81,-5.27&date=2025-10-02"


async def test_answer_carries_the_callers_request_id_when_it_is_a_uuid(api: Api) -> None:
    asked = str(uuid4())
    answer = await api.http.get(SEARCH, headers={"X-Request-ID": asked})
    assert answer.headers["x-request-id"] == answer.json()["meta"]["request_id"] == asked


@pytest.mark.parametrize("asked", ["", "7", "x" * 200, "not-a-uuid-but-36-characters-long-xx", "{}" * 18])
async def test_request_id_is_made_when_the_callers_is_no_uuid(api: Api, asked: str) -> None:
    answer = await api.http.get(SEARCH, headers={"X-Request-ID": asked})
    made = answer.headers["x-request-id"]
    assert made != asked
    assert str(UUID(made)) == made == answer.json()["meta"]["request_id"]


async def test_request_ids_differ_when_nobody_sends_one(api: Api) -> None:
    ids = {(await api.http.get(SEARCH)).headers["x-request-id"] for _ in range(5)}
    assert len(ids) == 5


async def test_list_says_where_it_stands_when_there_is_nothing(api: Api) -> None:
    meta = (await api.http.get(SEARCH + "&page=3&page_size=7")).json()["meta"]
    assert meta["pagination"] == {"page": 3, "page_size": 7, "total": 0, "page_count": 0}


async def test_unknown_field_is_refused_when_the_rest_is_sound(api: Api) -> None:
    answer = await api.http.post("/auth/otp/send", json={"phone": "+2250700000009", "admin": True})
    assert paths(refusal(answer, 422, "validation_error")) == ["admin"]


@pytest.mark.parametrize("path", ["/vehicles?colour=red", "/bookings?user_id=1", f"{SEARCH}&limit=1"])
async def test_unknown_parameter_is_refused_when_it_is_a_list(api: Api, path: str) -> None:
    passenger = await api.passenger()
    assert len(paths(refusal(await passenger.get(path), 422, "validation_error"))) == 1


async def test_parameter_is_refused_when_it_comes_twice(api: Api) -> None:
    passenger = await api.passenger()
    answer = await passenger.send("GET", "/vehicles", params=[("page", 1), ("page", 2)])
    assert paths(refusal(answer, 422, "validation_error")) == ["page"]


@pytest.mark.parametrize("path", ["/nothing", "/trips/search/here", f"{ROOT}/nothing", f"{ROOT}/api/v2/me", "/me/"])
async def test_path_is_not_found_when_there_is_none(api: Api, path: str) -> None:
    refusal(await api.http.get(path), 404, "not_found")


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/wallet"), ("PUT", "/vehicles"), ("GET", "/auth/register")])
async def test_method_is_refused_when_the_path_has_another(api: Api, method: str, path: str) -> None:
    answer = await api.http.request(method, path)
    refusal(answer, 405, "method_not_allowed")
    assert answer.headers["allow"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
async def test_body_is_refused_when_it_is_not_said_to_be_json(api: Api, kind: str) -> None:
    body, headers = b'{"phone": "+2250700000009"}', {"Content-Type": kind}
    answer = await api.http.post("/auth/otp/send", content=body, headers=headers)
    refusal(answer, 415, "unsupported_media_type")


async def test_json_is_taken_when_its_type_has_parameters(api: Api) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    data(await api.http.post("/auth/otp/send", content=b'{"phone": "+2250700000009"}', headers=headers))


LANGUAGES = [
    ("fr", "fr"),
    ("fr-CI,fr;q=0.9,en;q=0.8", "fr"),
    ("FR-fr", "fr"),
    ("de, fr;q=0.5", "fr"),
    ("en;q=0.2, fr;q=0.9", "fr"),
    ("fr;q=0.2, en;q=0.9", "en"),
    ("fr;q=0", "en"),
    ("de", "en"),
    ("*", "en"),
    ("", "en"),
    ("fr;q=nan", "en"),
    ("fr;q=high", "en"),
    (",;=,;;q=,", "en"),
]


async def test_message_speaks_the_callers_language_when_it_knows_it(api: Api, subtests: pytest.Subtests) -> None:
    messages = {"fr": "Veuillez vous connecter.", "en": "Please log in."}
    for accept, language in LANGUAGES:
        with subtests.test(accept):
            answer = await api.http.get("/me", headers={"Accept-Language": accept})
            assert answer.json()["error"]["message"] == messages[language]


async def test_message_is_french_when_the_body_never_reaches_a_route(api: Api) -> None:
    headers = {"Accept-Language": "fr", "Content-Type": "text/plain"}
    answer = await api.http.post("/auth/otp/send", content=b"x", headers=headers)
    assert answer.json()["error"]["message"] == "Envoyez du application/json."


async def test_probe_answers_when_nobody_is_logged_in(api: Api) -> None:
    assert data(await api.http.get(f"{ROOT}/healthz")) == {"status": "up"}
