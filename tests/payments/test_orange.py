"""Paying by Orange Money, against the played provider."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from allonova.adapters.payments.orange import OrangePayments
from allonova.adapters.payments.orange_wire import order_id, refusal
from allonova.adapters.vendors.http import Reply
from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.application.money.ports import Opened, Reach, RedirectIntent, RefusedByProvider, Reported, TransferState
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.domain.money.payment import Method, Payment
from tests.payments.harness import make_refund
from tests.sandbox.harness import START, Played, ServiceClock, playing

RETURN_URL = "https://app.allonova.test/back"
NOTIF_URL = "https://api.allonova.test/api/v1/payments/webhook/orange"
PLAYED_URL = "http://s.test/sandbox/orange"
LIFE = timedelta(minutes=10)


def make_payment(opened: Opened | None = None, *, id: UUID | None = None) -> Payment:
    payment = Payment(
        id=id or uuid4(),
        booking_id=uuid4(),
        user_id=uuid4(),
        method=Method.ORANGE,
        provider_url="http://s.test/sandbox/orange/orange-money-webpay/ci/v1",
        amount=5000,
        created_at=START,
        updated_at=START,
    )
    if opened is not None:
        keep(payment, opened)
    return payment


def keep(payment: Payment, opened: Opened) -> Payment:
    """As our side keeps what it was told."""
    payment.started(
        provider_ref=opened.provider_ref, intent={}, keys=opened.keys, notif_token=opened.notif_token, at=START
    )
    return payment


def make_gateway(http: httpx.AsyncClient, base_url: str = "https://orange.test", **changes: Any) -> OrangePayments:
    told: dict[str, Any] = {
        "client_id": "id",
        "client_secret": "secret",
        "merchant_key": "merchant",
        "notif_url": NOTIF_URL,
        "clock": ServiceClock(),
    }
    return OrangePayments(http, base_url=base_url, **told | changes)


@dataclass
class Orange:
    """Our client and the provider it talks to."""

    gateway: OrangePayments
    played: Played

    async def opened(self) -> Payment:
        payment = make_payment()
        return keep(payment, await self.open(payment))

    async def open(self, payment: Payment, *, return_url: str = RETURN_URL, is_repeat: bool = False) -> Opened:
        return await self.gateway.open(payment, return_url=return_url, phone=None, is_repeat=is_repeat)

    async def paid(self) -> Payment:
        payment = await self.opened()
        assert (await self.played.press(payment.provider_ref or "", "paid")).status_code == 200
        return payment

    async def charges(self) -> Any:
        return (await self.played.data("ledger", provider="orange"))["charges"]


@asynccontextmanager
async def orange_at(path: Path, **changes: Any) -> AsyncIterator[Orange]:
    async with playing(path) as played:
        yield Orange(make_gateway(played.http, PLAYED_URL, clock=played.clock, **changes), played)


@pytest.fixture
async def orange(tmp_path: Path) -> AsyncIterator[Orange]:
    async with orange_at(tmp_path / "state.sqlite3") as it:
        yield it


async def test_payment_opens_with_a_page_that_ends(orange: Orange) -> None:
    payment = make_payment()
    opened = await orange.open(payment)
    assert isinstance(opened.intent, RedirectIntent)
    assert opened.intent.url == f"http://127.0.0.1:8000/sandbox/checkout/{opened.keys['pay_token']}"
    assert opened.intent.expires_at == START + LIFE
    assert opened.provider_ref == order_id(payment.id)
    assert opened.notif_token
    assert orange.gateway.base_url == payment.provider_url
    shown = await orange.played.press(opened.provider_ref, "paid")
    assert shown.json()["data"]["success_url"] == f"{RETURN_URL}?payment_id={payment.id}"


def test_order_id_is_short_and_another_one_for_each_payment() -> None:
    ids = [UUID(int=0), UUID(int=1), UUID(int=2**128 - 1), UUID("0d9de2a5-3c51-4b3f-9d2a-60f3b8d7a111")]
    made = [order_id(one) for one in ids]
    assert len(set(made)) == len(ids)
    assert {len(one) for one in made} == {26}
    assert order_id(ids[3]) == "bwo6fjj4kfft7hjkmdz3rv5bce"


async def test_nothing_is_paid_until_it_is(orange: Orange) -> None:
    payment = await orange.opened()
    assert (await orange.gateway.read(payment)).reported is Reported.OPEN
    await orange.played.press(payment.provider_ref or "", "paid")
    report = await orange.gateway.read(payment)
    assert (report.reported, report.amount, report.currency) == (Reported.PAID, 5000, "XOF")
    assert report.provider_ref == payment.provider_ref
    assert report.raw["txnid"].startswith("MP")
    assert "pay_token" not in report.raw


async def test_failed_for_good_when_the_payer_is_refused(orange: Orange) -> None:
    payment = await orange.opened()
    await orange.played.press(payment.provider_ref or "", "failed")
    report = await orange.gateway.read(payment)
    assert (report.reported, report.failure_code) == (Reported.FAILED, "failed")


async def test_failed_when_the_page_has_expired(orange: Orange) -> None:
    payment = await orange.opened()
    await orange.played.clock.advance(LIFE.total_seconds())
    report = await orange.gateway.read(payment)
    assert (report.reported, report.failure_code) == (Reported.FAILED, "expired")


async def test_amount_is_what_the_status_says(orange: Orange) -> None:
    payment = await orange.opened()
    await orange.played.arm("wrong_amount", provider="orange")
    await orange.played.press(payment.provider_ref or "", "paid")
    report = await orange.gateway.read(payment)
    assert (report.reported, report.amount) == (Reported.PAID, 5001)


async def test_not_found_when_it_was_never_opened_to_our_knowledge(orange: Orange) -> None:
    payment = make_payment()
    assert (await orange.gateway.read(payment)).reported is Reported.NOT_FOUND
    payment.provider_ref = order_id(payment.id)
    assert (await orange.gateway.read(payment)).reported is Reported.NOT_FOUND


async def test_not_found_when_orange_knows_of_none(orange: Orange) -> None:
    payment = make_payment(Opened(provider_ref="x", intent=_intent(), keys={"pay_token": "y"}))
    assert (await orange.gateway.read(payment)).reported is Reported.NOT_FOUND


async def test_refused_when_the_first_answer_was_lost(orange: Orange) -> None:
    payment = make_payment()
    await orange.played.arm("accepted_then_timeout", provider="orange")
    opening = asyncio.create_task(orange.open(payment))
    await orange.played.time.forward(31)
    with pytest.raises(ProviderUnavailable):
        await opening
    with pytest.raises(RefusedByProvider) as caught:
        await orange.open(payment, is_repeat=True)
    assert caught.value.code == "order-already-made"
    assert (await orange.gateway.read(payment)).reported is Reported.NOT_FOUND


@pytest.mark.parametrize("kind", ["error", "html", "timeout"])
async def test_unavailable_when_orange_breaks_and_opened_the_next_time(orange: Orange, kind: str) -> None:
    payment = make_payment()
    await orange.played.arm(kind, provider="orange")
    opening = asyncio.create_task(orange.open(payment))
    await orange.played.time.forward(31)
    with pytest.raises(ProviderUnavailable) as caught:
        await opening
    assert caught.value.provider == "orange"
    opened = await orange.open(payment, is_repeat=True)
    await orange.played.press(opened.provider_ref, "paid")
    assert [charge["ref"] for charge in await orange.charges()] == [order_id(payment.id)]


@pytest.mark.parametrize("kind", ["error", "html"])
async def test_unavailable_when_the_status_cannot_be_read(orange: Orange, kind: str) -> None:
    payment = await orange.paid()
    await orange.played.arm(kind, provider="orange")
    with pytest.raises(ProviderUnavailable):
        await orange.gateway.read(payment)
    assert (await orange.gateway.read(payment)).reported is Reported.PAID


async def test_read_where_it_was_made(tmp_path: Path) -> None:
    async with orange_at(tmp_path / "state.sqlite3", environment="dev") as dev:
        payment = await dev.paid()
        payment.provider_url = dev.gateway.base_url
        assert payment.provider_url.endswith("/orange-money-webpay/dev/v1")
        assert (await dev.gateway.read(payment)).currency == "XOF"
        moved = make_gateway(dev.played.http, PLAYED_URL, environment="ci")
        assert (await moved.read(payment)).reported is Reported.PAID
        payment.provider_url = moved.base_url
        assert (await moved.read(payment)).reported is Reported.NOT_FOUND


async def test_another_platforms_silence_does_not_close_this_one() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "old.test":
            return httpx.Response(502)
        return httpx.Response(201, json=TOKEN if "oauth" in request.url.path else {"status": "SUCCESS"})

    gateway = make_gateway(httpx.AsyncClient(transport=httpx.MockTransport(answer)))
    payment = made(gateway)
    payment.provider_url = "https://old.test/orange-money-webpay/ci/v1"
    for _ in range(6):
        with pytest.raises(ProviderUnavailable):
            await gateway.read(payment)
    assert (await gateway.read(made(gateway))).reported is Reported.PAID


@pytest.mark.parametrize(("length", "fits"), [(120, True), (121, False)])
async def test_return_url_is_as_long_as_orange_takes(orange: Orange, length: int, fits: bool) -> None:
    payment = make_payment()
    own = len(f"?payment_id={payment.id}")
    url = "https://a.test/".ljust(length - own, "b")
    if fits:
        assert (await orange.open(payment, return_url=url)).provider_ref
        return
    with pytest.raises(RefusedByProvider) as caught:
        await orange.open(payment, return_url=url)
    assert caught.value.code == "url-too-long"


@pytest.mark.parametrize("url", ["https://[::1", "https://a.test/\ud800"])
async def test_refused_when_return_url_is_not_one(orange: Orange, url: str) -> None:
    with pytest.raises(RefusedByProvider) as caught:
        await orange.open(make_payment(), return_url=url)
    assert caught.value.code == "url-malformed"


@pytest.mark.parametrize("changes", [{"client_secret": "bad"}, {"client_id": "bad"}, {"merchant_key": "bad"}])
async def test_unavailable_and_said_when_our_keys_are_refused(
    tmp_path: Path, changes: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    async with orange_at(tmp_path / "state.sqlite3", **changes) as orange:
        with pytest.raises(ProviderUnavailable):
            await orange.open(make_payment())
    ours = [record.levelno for record in caplog.records if record.name.startswith("allonova.adapters")]
    assert [level for level in ours if level > logging.INFO] == [logging.ERROR]


async def test_keys_and_tokens_stay_out_of_the_logs(orange: Orange, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    payment = await orange.paid()
    await orange.gateway.read(payment)
    await orange.played.arm("html", provider="orange")
    with pytest.raises(ProviderUnavailable):
        await orange.gateway.read(payment)
    logged = "".join(str(record.__dict__) for record in caplog.records if record.name.startswith("allonova"))
    keys = payment.provider_keys or {}
    for secret in ("aWQ6c2VjcmV0", "merchant", keys["pay_token"], payment.notif_token or "?"):
        assert secret not in logged
    assert "secret" not in repr(orange.gateway.__dict__)


async def test_nothing_goes_back_and_nothing_is_captured(orange: Orange) -> None:
    payment = await orange.paid()
    refund = make_refund(payment)
    assert orange.gateway.gives_back is Reach.NOTHING
    with pytest.raises(RefusedByProvider, match="refund-not-possible"):
        await orange.gateway.refund(payment, refund)
    with pytest.raises(RefusedByProvider, match="capture-not-possible"):
        await orange.gateway.capture(payment)
    assert (await orange.gateway.read_refund(payment, refund)).state is TransferState.NOT_FOUND
    await orange.gateway.end(payment)
    assert (await orange.gateway.read(payment)).reported is Reported.PAID


async def test_nothing_is_called_inside_a_unit(orange: Orange) -> None:
    token = INSIDE_UNIT.set(True)
    try:
        with pytest.raises(RuntimeError, match="orange inside a unit"):
            await orange.open(make_payment())
    finally:
        INSIDE_UNIT.reset(token)


SILENT = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)))  # never called
NOT_ORANGES: tuple[object, ...] = (None, [], {}, {"code": None}, {"code": True}, {"code": []}, {"code": ""})
TOKEN = {"access_token": "token", "expires_in": 3600}
PAGE = {"status": 201, "message": "OK", "pay_token": "p", "payment_url": "https://pay.test/p", "notif_token": "n"}


def _intent() -> RedirectIntent:
    return RedirectIntent(url="https://pay.test/p", expires_at=START + LIFE)


def made(gateway: OrangePayments) -> Payment:
    """A payment that was opened at the platform of this gateway."""
    keys = {"pay_token": "p", "expires_at": (START + LIFE).isoformat()}
    payment = make_payment(Opened(provider_ref="order", intent=_intent(), keys=keys, notif_token="n"))
    payment.provider_url = gateway.base_url
    return payment


def saying(status: int, body: object, seen: list[httpx.Request] | None = None, **changes: Any) -> OrangePayments:
    """A provider that gives tokens, and answers every other call so."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/v3/token":
            return httpx.Response(200, json=TOKEN)
        if seen is not None:
            seen.append(request)
        if isinstance(body, bytes):
            return httpx.Response(status, content=body)
        return httpx.Response(status, json=body)

    return make_gateway(httpx.AsyncClient(transport=httpx.MockTransport(answer)), **changes)


async def test_what_is_sent_is_what_orange_documents() -> None:
    seen: list[httpx.Request] = []
    payment = make_payment()
    await saying(201, PAGE, seen, environment="dev").open(
        payment, return_url=RETURN_URL, phone="+2250700000001", is_repeat=False
    )
    (request,) = seen
    assert str(request.url) == "https://orange.test/orange-money-webpay/dev/v1/webpayment"
    assert (request.headers["Authorization"], request.headers["User-Agent"]) == ("Bearer token", "AlloNova")
    back = f"{RETURN_URL}?payment_id={payment.id}"
    assert httpx.Response(200, content=request.content).json() == {
        "merchant_key": "merchant",
        "currency": "OUV",
        "order_id": order_id(payment.id),
        "amount": 5000,
        "return_url": back,
        "cancel_url": back,
        "notif_url": NOTIF_URL,
        "lang": "fr",
        "reference": "AlloNova",
    }


@pytest.mark.parametrize(
    ("body", "reported", "code"),
    [
        ({"status": "INITIATED", "order_id": "order"}, Reported.OPEN, ""),
        ({"status": "PENDING", "order_id": "order"}, Reported.OPEN, ""),
        ({"status": "SUCCESS", "order_id": "order", "txnid": "MP1"}, Reported.PAID, ""),
        ({"status": "SUCCESS"}, Reported.PAID, ""),
        ({"status": "success", "order_id": "order"}, Reported.PAID, ""),
        ({"status": "FAILED", "order_id": "order"}, Reported.FAILED, "failed"),
        ({"status": "EXPIRED", "order_id": "order"}, Reported.FAILED, "expired"),
        ({"status": "CANCELLED", "order_id": "order"}, Reported.FAILED, "cancelled"),
    ],
)
async def test_each_status_means_what_the_table_says(body: object, reported: Reported, code: str) -> None:
    gateway = saying(201, body)
    report = await gateway.read(made(gateway))
    assert (report.reported, report.failure_code) == (reported, code)
    assert (report.amount, report.currency, report.provider_ref) == (5000, "XOF", "order")


@pytest.mark.parametrize(
    "body",
    [
        {"status": "PAID", "order_id": "order"},
        {"status": "SUCCESSFUL"},
        {"status": ""},
        {"status": None},
        {"status": 201},
        {"status": True},
        {"status": ["SUCCESS"]},
        {"status": {"SUCCESS": 1}},
        {},
        {"order_id": "order"},
        {"status": "SUCCESS", "order_id": "another"},
        {"status": "SUCCESS", "order_id": None},
        {"status": "SUCCESS", "amount": None},
        {"status": "SUCCESS", "amount": "5000.00"},
        {"status": "SUCCESS", "amount": -1},
        {"status": "SUCCESS", "amount": True},
        {"status": "SUCCESS", "amount": 10**40},
        [],
        ["SUCCESS"],
        "SUCCESS",
        7,
        None,
    ],
)
async def test_never_paid_when_the_status_is_not_understood(body: object, caplog: pytest.LogCaptureFixture) -> None:
    gateway = saying(201, body)
    report = await gateway.read(made(gateway))
    assert (report.reported, report.amount, report.currency) == (Reported.UNKNOWN, None, None)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize(
    ("body", "amount", "currency"),
    [
        ({"amount": 4999}, 4999, "XOF"),
        ({"amount": "5000"}, 5000, "XOF"),
        ({"currency": "XOF"}, 5000, "XOF"),
        ({"currency": "EUR"}, 5000, "EUR"),
        ({"currency": "OUV"}, 5000, "OUV"),
        ({"currency": 1}, 5000, ""),
    ],
)
async def test_amount_and_currency_are_what_orange_names(body: dict[str, object], amount: int, currency: str) -> None:
    gateway = saying(200, {"status": "SUCCESS", **body})
    report = await gateway.read(made(gateway))
    assert (report.reported, report.amount, report.currency) == (Reported.PAID, amount, currency)


async def test_over_when_nobody_confirmed_for_two_lives_of_the_page() -> None:
    clock = ServiceClock()
    waiting, confirmed = (saying(201, {"status": word}, clock=clock) for word in ("INITIATED", "PENDING"))
    payment = made(waiting)
    await clock.advance(2 * LIFE.total_seconds() - 1)
    assert (await waiting.read(payment)).reported is Reported.OPEN
    await clock.advance(1)
    report = await waiting.read(payment)
    assert (report.reported, report.failure_code) == (Reported.FAILED, "expired")
    assert (await confirmed.read(payment)).reported is Reported.OPEN
    payment.provider_keys = {"pay_token": "p", "expires_at": "soon"}
    assert (await waiting.read(payment)).reported is Reported.FAILED


@pytest.mark.parametrize("status", [400, 405, 409, 422])
async def test_never_paid_when_the_question_is_refused(status: int) -> None:
    gateway = saying(status, {"status": "SUCCESS", "code": 23, "message": "Missing body field"})
    report = await gateway.read(made(gateway))
    assert (report.reported, report.raw["code"]) == (Reported.UNKNOWN, 23)


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 503, 302])
async def test_unavailable_when_nothing_is_known(status: int) -> None:
    gateway = saying(status, {"code": 1, "message": "x"})
    payment = made(gateway)
    with pytest.raises(ProviderUnavailable):
        await gateway.read(payment)
    with pytest.raises(ProviderUnavailable):
        await gateway.open(payment, return_url=RETURN_URL, phone=None, is_repeat=False)


@pytest.mark.parametrize("body", [b"<html>", b"\xff", b'{"status":"SUCCESS","status":"FAILED"}', b"[" * 9999])
async def test_unavailable_when_the_answer_is_no_json(body: bytes) -> None:
    gateway = saying(201, body)
    with pytest.raises(ProviderUnavailable):
        await gateway.read(made(gateway))


@pytest.mark.parametrize(
    "changes",
    [
        {"pay_token": None},
        {"pay_token": ""},
        {"pay_token": "p" * 256},
        {"pay_token": "a\nb"},
        {"notif_token": 7},
        {"notif_token": None},
        {"payment_url": "javascript:alert(1)"},
        {"payment_url": "https://[broken"},
        {"payment_url": "https:///x"},
        {"payment_url": "https://a.test/ b"},
        {"payment_url": None},
    ],
)
async def test_page_is_not_accepted_when_it_lacks_something(changes: dict[str, object]) -> None:
    with pytest.raises(ProviderUnavailable):
        await saying(201, PAGE | changes).open(make_payment(), return_url=RETURN_URL, phone=None, is_repeat=False)


@pytest.mark.parametrize("body", [None, [], "x", 7])
async def test_page_is_not_accepted_when_there_is_none(body: object) -> None:
    with pytest.raises(ProviderUnavailable):
        await saying(201, body).open(make_payment(), return_url=RETURN_URL, phone=None, is_repeat=False)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"code": 23, "message": "Missing body field", "description": "Key: 'x'"}, "orange-23"),
        (422, {"code": "24", "message": "Invalid body field"}, "orange-24"),
        (400, {"code": 1204, "message": "x"}, "order-already-made"),
        (409, {"code": 7, "message": "x"}, "order-already-made"),
        (400, {"code": 7, "message": "Order already exists"}, "order-already-made"),
        (400, {"code": 7, "message": "x", "description": "order_id must be unique"}, "order-already-made"),
        (400, {"code": 7, "message": "The merchant does not exist"}, "orange-7"),
    ],
)
async def test_refused_for_good_in_oranges_words(status: int, body: dict[str, object], code: str) -> None:
    with pytest.raises(RefusedByProvider) as caught:
        await saying(status, body).open(make_payment(), return_url=RETURN_URL, phone=None, is_repeat=False)
    assert caught.value.code == code
    assert caught.value.message.startswith(str(body["message"]))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"code": 60, "message": "x"}),
        (405, {"code": 61, "message": "x"}),
        *((400, words) for words in NOT_ORANGES),
    ],
)
async def test_unavailable_when_it_is_not_the_payment_that_is_refused(status: int, body: object) -> None:
    with pytest.raises(ProviderUnavailable):
        await saying(status, body).open(make_payment(), return_url=RETURN_URL, phone=None, is_repeat=False)


def test_refusal_is_one_short_line() -> None:
    refused = refusal(Reply(400, {"code": 10**400, "message": "a\nb\x1b", "description": "d" * 9000}))
    assert refused is not None
    assert len(refused.code) < 100
    assert refused.message.startswith("a b: d")
    assert len(refused.message) < 1100


@pytest.mark.parametrize("missing", ["client_id", "client_secret", "merchant_key"])
def test_keys_are_required(missing: str) -> None:
    with pytest.raises(ValueError, match="client"):
        make_gateway(SILENT, **{missing: ""})


def test_address_for_notifications_must_fit() -> None:
    make_gateway(SILENT, notif_url="https://a.test/".ljust(120, "b"))
    with pytest.raises(ValueError, match="120"):
        make_gateway(SILENT, notif_url="https://a.test/".ljust(121, "b"))


async def test_closed_for_a_while_when_it_does_not_answer() -> None:
    seen: list[httpx.Request] = []
    gateway = saying(503, None, seen)
    payment = made(gateway)
    for _ in range(7):
        with pytest.raises(ProviderUnavailable):
            await gateway.read(payment)
    assert len(seen) == 5


def counting(answers: Callable[[str], httpx.Response]) -> tuple[OrangePayments, list[str]]:
    paths: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path.rsplit("/", 1)[-1])
        return answers(request.headers["Authorization"])

    return make_gateway(httpx.AsyncClient(transport=httpx.MockTransport(answer))), paths


async def test_token_is_fetched_once_more_when_its_life_was_cut_short() -> None:
    given = iter(["old", "new"])

    def answer(authorization: str) -> httpx.Response:
        if authorization.startswith("Basic"):
            return httpx.Response(200, json={"access_token": next(given), "expires_in": 3600})
        return httpx.Response(401 if authorization.endswith("old") else 201, json={"code": 42, "status": "SUCCESS"})

    gateway, paths = counting(answer)
    payment = made(gateway)
    assert (await gateway.read(payment)).reported is Reported.PAID
    assert (await gateway.read(payment)).reported is Reported.PAID
    assert paths == ["token", "transactionstatus", "token", *["transactionstatus"] * 2]


async def test_unavailable_when_a_new_token_is_refused_too() -> None:
    def answer(authorization: str) -> httpx.Response:
        if authorization.startswith("Basic"):
            return httpx.Response(200, json=TOKEN)
        return httpx.Response(401, json={"code": 41, "message": "Invalid credentials"})

    gateway, paths = counting(answer)
    with pytest.raises(ProviderUnavailable):
        await gateway.read(made(gateway))
    assert paths == ["token", "transactionstatus"] * 2


async def test_token_outlives_ninety_days_of_the_services_clock(orange: Orange) -> None:
    payment = await orange.paid()
    await orange.played.clock.advance(90 * 86_400)
    assert (await orange.gateway.read(payment)).reported is Reported.PAID
