"""Addresses to which nothing is sent: vendors report them, owners prove them anew, the back office lifts them."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from allonova.application.notifications.ports import BadAddress, Undeliverable
from allonova.application.notifications.templates import Template
from allonova.domain.identity.contact import contact_of
from allonova.domain.identity.roles import Role
from allonova.domain.notifications.suppression import SuppressionReason
from tests.support.api import Api
from tests.support.serving import SETTINGS
from tests.support.wire import data, refusal

HOOK = "/notifications/webhook/brevo"
LIST = "/admin/notifications/suppressed"
EMAIL = "awa@example.test"
TOKEN = {"Authorization": f"Bearer {SETTINGS.brevo_webhook}"}


async def reported(api: Api, *events: Mapping[str, object], headers: Mapping[str, str] = TOKEN) -> httpx.Response:
    """The answer to what Brevo reports: one event as it is, several as a list."""
    return await api.http.post(HOOK, json=events[0] if len(events) == 1 else list(events), headers=dict(headers))


async def mail(api: Api, to: str, template: Template = Template.REFUND_SENT, **facts: Any) -> None:
    await api.service.outside.messenger.mail(to=to, language="fr", template=template, **({"amount": 500} | facts))


async def mails_to(api: Api, to: str) -> int:
    return len(await api.mails(to))


@pytest.mark.parametrize(
    ("event", "reason"),
    [("hard_bounce", "hard_bounce"), ("blocked", "blocked"), ("spam", "spam"), ("invalid_email", "invalid")],
)
async def test_nothing_goes_there_any_more_when_a_mail_could_not_arrive(api: Api, event: str, reason: str) -> None:
    assert data(await reported(api, {"event": event, "email": "AWA@example.test", "id": 1})) == {"taken": 1}
    with pytest.raises(Undeliverable) as caught:
        await mail(api, EMAIL)
    assert (caught.value.code, type(caught.value)) == ("suppressed", Undeliverable)
    assert await mails_to(api, EMAIL) == 0
    admin = await api.admin()
    shown = data(await admin.get(LIST, address=EMAIL))
    assert (shown["channel"], shown["reason"]) == ("email", reason)
    assert EMAIL.partition("@")[0] not in await api.inside.everything()


async def test_other_addresses_are_written_to_when_one_is_suppressed(api: Api) -> None:
    data(await reported(api, {"event": "spam", "email": EMAIL}))
    await mail(api, "awa2@example.test")
    assert await mails_to(api, "awa2@example.test") == 1


async def test_proof_is_sent_when_the_address_is_suppressed(api: Api) -> None:
    data(await reported(api, {"event": "spam", "email": EMAIL}))
    await mail(api, EMAIL, Template.EMAIL_VERIFY, url="https://app.test/#token=t", token="t")
    assert await mails_to(api, EMAIL) == 1


async def test_played_mailbox_bounces_when_it_is_called_so(api: Api) -> None:
    await mail(api, "bounce@example.test")
    with pytest.raises(Undeliverable):
        await mail(api, "bounce@example.test")
    assert await mails_to(api, "bounce@example.test") == 1


async def test_reports_in_a_batch_are_all_taken(api: Api) -> None:
    events = [{"event": "delivered", "email": EMAIL}, {"event": "spam", "email": EMAIL}, {"event": "new_thing"}]
    events += [{"event": "hard_bounce", "email": "kofi@example.test"}, {"event": "spam", "email": EMAIL}]
    assert data(await reported(api, *events)) == {"taken": 3}
    for address in (EMAIL, "kofi@example.test"):
        with pytest.raises(Undeliverable):
            await mail(api, address)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {SETTINGS.brevo_webhook}"},
        {"Authorization": SETTINGS.brevo_webhook},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {SETTINGS.brevo_webhook}x"},
    ],
)
async def test_stranger_is_not_believed_when_he_reports(api: Api, headers: dict[str, str]) -> None:
    answer = await reported(api, {"event": "spam", "email": EMAIL}, headers=headers)
    refusal(answer, 401, "webhook_invalid_signature")
    await mail(api, EMAIL)
    assert await mails_to(api, EMAIL) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"3",
        b"[3]",
        b"{}",
        b'{"event": 3}',
        b'{"event": "spam"}',
        b'{"event": "spam", "email": 3}',
        b'{"event": "spam", "email": "nobody"}',
        b'{"event": "spam", "email": "a\\u0000@b.test"}',
        b'{"event": "spam", "email": "a@b.test", "email": "c@b.test"}',
        json.dumps({"event": "spam", "email": "a" * 250 + "@b.test"}).encode(),
        json.dumps([{"event": "sent"}] * 1001).encode(),
    ],
)
async def test_report_is_refused_when_it_is_not_sound(api: Api, body: bytes) -> None:
    refusal(await api.http.post(HOOK, content=body, headers=TOKEN), 422, "validation_error")


async def test_news_by_mail_end_when_their_reader_unsubscribes(api: Api) -> None:
    reader, other = await api.passenger(email=EMAIL, is_email_verified=True), await api.passenger()
    for _ in range(2):
        assert data(await reported(api, {"event": "unsubscribed", "email": EMAIL})) == {"taken": 1}
    assert data(await reported(api, {"event": "unsubscribed", "email": "nobody@example.test"})) == {"taken": 1}
    assert data(await reader.get("/me"))["preferences"]["notifications"]["email"] is False
    assert data(await other.get("/me"))["preferences"]["notifications"]["email"] is True
    assert (await api.inside.everything()).count("user.unsubscribed") == 1
    await mail(api, EMAIL)
    assert await mails_to(api, EMAIL) == 1


async def test_nothing_ends_when_the_address_is_only_claimed(api: Api) -> None:
    reader = await api.passenger(email=EMAIL, is_email_verified=False)
    data(await reported(api, {"event": "unsubscribed", "email": EMAIL}))
    assert data(await reader.get("/me"))["preferences"]["notifications"]["email"] is True


async def test_address_is_free_again_when_the_back_office_lifts_it(api: Api) -> None:
    data(await reported(api, {"event": "spam", "email": EMAIL}))
    admin = await api.admin()
    assert (await admin.send("DELETE", LIST, params={"address": EMAIL})).status_code == 204
    refusal(await admin.send("DELETE", LIST, params={"address": EMAIL}), 404, "not_found")
    refusal(await admin.get(LIST, address=EMAIL), 404, "not_found")
    await mail(api, EMAIL)
    assert await mails_to(api, EMAIL) == 1
    assert (await api.inside.everything()).count("suppression.lifted") == 1


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SUPER])
async def test_list_is_closed_when_the_role_may_not(api: Api, role: Role) -> None:
    data(await reported(api, {"event": "spam", "email": EMAIL}))
    admin = await api.admin(role)
    refusal(await admin.get(LIST, address=EMAIL), 403, "forbidden")
    refusal(await admin.send("DELETE", LIST, params={"address": EMAIL}), 403, "forbidden")
    assert "suppression.lifted" not in await api.inside.everything()


@pytest.mark.parametrize("params", [{}, {"address": ""}, {"address": "nobody"}, {"address": "a@b@c"}])
async def test_question_is_refused_when_it_names_no_address(api: Api, params: dict[str, str]) -> None:
    refusal(await (await api.admin()).get(LIST, **params), 422, "validation_error")


async def test_phone_is_suppressed_when_the_vendor_calls_it_none(api: Api) -> None:
    messenger, phone = api.service.outside.messenger, "+22"
    for expected in (BadAddress, Undeliverable):
        with pytest.raises(Undeliverable) as caught:
            await messenger.text(to=phone, language="fr", template=Template.REFUND_SENT, amount=5)
        assert type(caught.value) is expected


async def suppressed_phone(api: Api, phone: str) -> None:
    """A phone on the list, as a vendor's word brings it there."""
    await api.service.outside.messenger.suppressions.suppress(contact_of(phone), SuppressionReason.INVALID)


async def test_phone_is_free_again_when_its_owner_logs_in_by_code(api: Api) -> None:
    person, admin = await api.passenger(), await api.admin()
    await suppressed_phone(api, person.phone)
    assert data(await admin.get(LIST, address=person.phone))["channel"] == "sms"
    await api.log_in(person.phone)
    refusal(await admin.get(LIST, address=person.phone), 404, "not_found")


async def test_address_is_free_again_when_its_owner_opens_a_link(api: Api) -> None:
    admin = await api.admin()
    data(await reported(api, {"event": "spam", "email": EMAIL}))
    data(await api.http.post("/auth/register", json={"email": EMAIL}), 201)
    await api.relay()
    data(await api.http.post("/auth/email/verify", json={"token": await api.link_token(EMAIL)}))
    refusal(await admin.get(LIST, address=EMAIL), 404, "not_found")
    data(await reported(api, {"event": "spam", "email": EMAIL}))
    await api.http.post("/auth/password/forgot", json={"identifier": EMAIL})
    await api.relay()
    body = {"token": await api.link_token(EMAIL), "password": "a long one for a test 7"}
    assert (await api.http.post("/auth/password/reset", json=body)).status_code == 204
    refusal(await admin.get(LIST, address=EMAIL), 404, "not_found")


async def test_address_stays_on_the_list_when_the_proof_was_wrong(api: Api) -> None:
    person, admin = await api.passenger(), await api.admin()
    await suppressed_phone(api, person.phone)
    await api.http.post("/auth/otp/send", json={"phone": person.phone})
    answer = await api.http.post("/auth/otp/verify", json={"phone": person.phone, "code": "000000"})
    refusal(answer, 422, "otp_invalid")
    assert data(await admin.get(LIST, address=person.phone))["reason"] == "invalid"


RECEIPT = {
    "deliveryInfoNotification": {
        "callbackData": "x",
        "deliveryInfo": {"address": "tel:+2250700000001", "deliveryStatus": "DeliveredToTerminal"},
    }
}


async def test_receipt_is_taken_when_its_address_is_the_one_that_was_told(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    secret = SETTINGS.orange_sms_receipts
    answer = await api.http.post(f"/notifications/receipts/orange/{secret}", json=RECEIPT)
    assert data(answer) == {"status": "DeliveredToTerminal"}
    for path in (f"{secret}x", "wrong", f"{secret}/", f"{secret}/more"):
        refusal(await api.http.post(f"/notifications/receipts/orange/{path}", json=RECEIPT), 404, "not_found")
    ours = [repr(vars(record)) for record in caplog.records if record.name.startswith("allonova")]
    assert any("/notifications/receipts/orange/{secret}" in line for line in ours)
    assert any("DeliveredToTerminal" in line for line in ours)
    assert not any(secret in line or "0700000001" in line for line in ours)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"deliveryInfoNotification": {"deliveryInfo": {}}}'])
async def test_receipt_is_refused_when_it_is_not_sound(api: Api, body: bytes) -> None:
    path = f"/notifications/receipts/orange/{SETTINGS.orange_sms_receipts}"
    refusal(await api.http.post(path, content=body), 422, "validation_error")
