"""The payer's page: what a person sees and where the buttons lead."""

from __future__ import annotations

import re

import pytest

from .harness import Played


async def post_form(played: Played, ref: str, content: str) -> tuple[int, str | None]:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await played.http.post(f"/sandbox/checkout/{ref}", content=content, headers=headers)
    return answer.status_code, answer.headers.get("location")


async def test_page_says_who_asks_how_much_and_offers_two_buttons(played: Played) -> None:
    session = await played.session(amount="1250000")
    page = await played.http.get(session["wave_launch_url"].removeprefix("http://127.0.0.1:8000"))
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "AlloNova vous demande" in page.text
    assert "1\u202f250\u202f000\u00a0F\u00a0CFA" in page.text
    assert re.findall(r'<button [^>]*name="outcome" value="(\w+)">(\w+)</button>', page.text) == [
        ("paid", "Payer"),
        ("failed", "Échouer"),
    ]


async def test_page_needs_no_script_and_nothing_from_elsewhere(played: Played) -> None:
    page = await played.http.get(f"/sandbox/checkout/{(await played.session())['id']}")
    assert "<script" not in page.text
    assert "http" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert page.headers["cache-control"] == "no-store"


async def test_page_holds_no_foreign_markup_when_the_caller_sends_some(played: Played) -> None:
    session = await played.session(
        client_reference="<script>alert(1)</script>",
        success_url='https://a.test/?"><script>alert(2)</script>',
    )
    await played.press(session["id"], "paid")
    page = await played.http.get(f"/sandbox/checkout/{session['id']}")
    assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


async def test_payer_returns_to_us_when_the_form_is_sent(played: Played) -> None:
    ref = (await played.session(success_url="https://a.test/ok?id=1&x=é", error_url="https://a.test/ko"))["id"]
    assert await post_form(played, ref, "outcome=failed") == (303, "https://a.test/ko")
    assert await post_form(played, ref, "outcome=paid") == (303, "https://a.test/ok?id=1&x=%C3%A9")
    assert await post_form(played, ref, "outcome=paid") == (303, "https://a.test/ok?id=1&x=%C3%A9")
    assert await post_form(played, ref, "outcome=failed") == (303, "https://a.test/ok?id=1&x=%C3%A9")
    assert len(played.receiver.got) == 2


async def test_payer_returns_to_the_error_page_when_the_session_has_expired(played: Played) -> None:
    ref = (await played.session())["id"]
    await played.call(ref, "expire")
    assert await post_form(played, ref, "outcome=paid") == (303, "https://allonova.test/ko")
    assert played.receiver.got == []


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("paid", "Ce paiement est effectué."),
        ("failed", "La dernière tentative a échoué"),
        ("expire", "a expiré"),
    ],
)
async def test_page_says_how_it_stands_when_something_happened(played: Played, outcome: str, said: str) -> None:
    ref = (await played.session())["id"]
    await (played.call(ref, outcome) if outcome == "expire" else played.press(ref, outcome))
    page = (await played.http.get(f"/sandbox/checkout/{ref}")).text
    assert said in page
    assert ("<button" in page) is (outcome == "failed")


async def test_not_found_when_there_is_no_such_payment(played: Played) -> None:
    page = await played.http.get("/sandbox/checkout/cos-0")
    assert (page.status_code, "introuvable" in page.text) == (404, True)
    answer = await played.press("cos-0", "paid")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert (await post_form(played, "cos-0", "outcome=paid"))[0] == 404


@pytest.mark.parametrize("content", ["", "outcome=", "outcome=maybe", "outcome=paid&outcome=failed", "a=1"])
async def test_refused_when_the_form_is_odd(played: Played, content: str) -> None:
    ref = (await played.session())["id"]
    assert await post_form(played, ref, content) == (422, None)
    assert await post_form(played, ref, "outcome=%ff") == (422, None)
    assert await post_form(played, ref, "&".join(f"a{n}=1" for n in range(50))) == (422, None)
    assert (await played.read(ref))["checkout_status"] == "open"


@pytest.mark.parametrize("body", [b"{}", b'{"outcome": "maybe"}', b'{"outcome": 1}', b'{"outcome":"paid","x":1}', b"["])
async def test_refused_when_the_program_sends_odd_json(played: Played, body: bytes) -> None:
    ref = (await played.session())["id"]
    answer = await played.http.post(
        f"/sandbox/checkout/{ref}", content=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "validation_error")


async def test_unsupported_media_type_when_the_outcome_is_neither_form_nor_json(played: Played) -> None:
    answer = await played.http.post(f"/sandbox/checkout/{(await played.session())['id']}", content=b"paid")
    assert answer.status_code == 415
