"""The back office sets the figures of the business, and the service goes by them at once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
import pytest

from allonova.adapters.http.carpool.admin_settings import SettingsBody
from allonova.application.notifications.templates import Template
from allonova.domain.carpool.settings import NAMES
from allonova.main.settings import Env
from allonova.main.wiring import build_service, default_settings
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, MINUTE
from tests.support.serving import SETTINGS
from tests.support.wire import ABIDJAN, TOUMODI, YAMOUSSOUKRO, data, fresh_key, paths, refusal, require_refused

DAY = 24 * HOUR
FARE = 6_000
DEFAULTS = {
    "commission_percent": 10,
    "commission_fixed": 0,
    "hold_minutes": 30,
    "cancel_windows": [{"hours_before": 24, "fee_percent": 30}, {"hours_before": 2, "fee_percent": 50}],
    "no_show_percent": 100,
    "driver_penalty": 1_000,
    "price_per_km": 25,
    "payout_minimum": 5_000,
    "payout_schedule": "weekly",
    "four_eyes_amount": 500_000,
    "support_refund_limit": 10_000,
    "withdraw_minimum": 500,
    "withdraw_daily_limit": 200_000,
    "withdraw_daily_count": 5,
    "topup_minimum": 500,
    "topup_limit": 500_000,
    "wallet_limit": 1_000_000,
    "referral_bonus_referrer": 1_000,
    "referral_bonus_referee": 500,
    "legal_retention_days": 3_650,
    "corridors": [
        {
            "id": "abidjan-yamoussoukro",
            "from": {"lat": 5.3575, "lon": -4.0083, "text": "Abidjan"},
            "to": {"lat": 6.819, "lon": -5.276, "text": "Yamoussoukro"},
            "radius_km": 25,
            "floor": 3_000,
            "ceiling": 10_000,
            "commission_percent": None,
            "commission_fixed": None,
            "cancel_windows": None,
            "no_show_percent": None,
            "driver_penalty": None,
        }
    ],
    "allow_auto_accept": True,
    "require_kyc_for_driver": True,
    "enable_wallet": True,
    "templates": {},
}
CORRIDOR = {"id": "abidjan-yamoussoukro", "from": ABIDJAN, "to": YAMOUSSOUKRO, "floor": 3_000, "ceiling": 10_000}
OWN_TERMS = {
    "commission_percent": 20,
    "commission_fixed": 100,
    "cancel_windows": [{"hours_before": 48, "fee_percent": 80}],
    "no_show_percent": 40,
    "driver_penalty": 2_500,
}


async def patched(admin: Person, body: object, etag: str | None = None) -> httpx.Response:
    """The answer to a change of the version that was read."""
    return await admin.send("PATCH", "/admin/settings", json=body, headers={"If-Match": etag} if etag else {})


async def set_to(api: Api, **change: Any) -> Any:
    """The settings after a change of whichever version stands."""
    admin = await api.admin()
    etag = (await admin.get("/admin/settings")).headers["etag"]
    return data(await patched(admin, change, etag))


async def test_all_settings_are_shown_when_nobody_has_set_any(api: Api) -> None:
    answer = await (await api.admin()).get("/admin/settings")
    assert data(answer) == DEFAULTS | {"version": 1, "updated_at": None}
    assert answer.headers["etag"] == '"1"'


async def test_named_settings_change_and_the_others_stay(api: Api) -> None:
    admin = await api.admin()
    answer = await patched(admin, {"hold_minutes": 45, "payout_schedule": "daily", "enable_wallet": False}, '"1"')
    now = api.clock.now().isoformat().replace("+00:00", "Z")
    expected = DEFAULTS | {"hold_minutes": 45, "payout_schedule": "daily", "enable_wallet": False}
    assert data(answer) == expected | {"version": 2, "updated_at": now}
    assert answer.headers["etag"] == '"2"'
    again = await patched(admin, {"corridors": [], "cancel_windows": []}, '"2"')
    assert data(again) == expected | {"corridors": [], "cancel_windows": [], "version": 3, "updated_at": now}
    assert data(await admin.get("/admin/settings")) == data(again)


async def test_change_is_refused_when_it_names_no_version_or_an_old_one(api: Api) -> None:
    admin = await api.admin()
    for etag in (None, "*"):
        refusal(await patched(admin, {"hold_minutes": 45}, etag), 428, "precondition_required")
    first = data(await patched(admin, {"hold_minutes": 45}, '"1"'))
    details = refusal(await patched(admin, {"hold_minutes": 60}, '"1"'), 412, "precondition_failed")
    assert details["current"] == first
    assert data(await admin.get("/admin/settings")) == first


async def test_nothing_is_written_when_nothing_changes_or_the_change_is_refused(api: Api) -> None:
    admin = await api.admin()
    before = await api.inside.everything()
    assert data(await patched(admin, {}, '"1"'))["version"] == 1
    assert data(await patched(admin, {"hold_minutes": 30}, '"1"'))["version"] == 1
    refusal(await patched(admin, {"hold_minutes": 45, "topup_minimum": 500_001}, '"1"'), 422, "validation_error")
    assert "settings.changed" not in await api.inside.everything()
    assert data(await admin.get("/admin/settings/history")) == []
    assert data(await admin.get("/admin/settings"))["hold_minutes"] == 30
    assert (await api.inside.everything()).count("hold_minutes") == before.count("hold_minutes")


async def test_unsound_value_is_refused_at_its_own_place(api: Api, subtests: pytest.Subtests) -> None:
    admin = await api.admin()
    percents = [(name, value) for name in ("commission_percent", "no_show_percent") for value in (-1, 101, 10.5, "10")]
    amounts = [
        (name, value)
        for name in ("commission_fixed", "driver_penalty", "four_eyes_amount", "referral_bonus_referee")
        for value in (-1, 10_000_000_000, True, None, 0.5)
    ]
    others = [
        *[("hold_minutes", value) for value in (0, 1_441, None)],
        *[(name, 0) for name in ("payout_minimum", "withdraw_minimum", "topup_minimum", "withdraw_daily_count")],
        *[("payout_schedule", value) for value in ("hourly", None)],
        *[(name, 1) for name in ("allow_auto_accept", "require_kyc_for_driver", "enable_wallet")],
        *[("version", 9), ("templates_of_nobody", {})],
    ]
    await require_refused(subtests, [*percents, *amounts, *others], lambda body: patched(admin, body, '"1"'))


async def test_list_is_refused_when_something_in_it_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    admin = await api.admin()
    window = {"hours_before": 2, "fee_percent": 10}
    cases: list[tuple[str, Any, list[str]]] = [
        ("cancel_windows", [{"hours_before": 0, "fee_percent": 101}], [".0.hours_before", ".0.fee_percent"]),
        ("cancel_windows", [window, window], [".1.hours_before"]),
        ("corridors", [CORRIDOR, CORRIDOR], [".1.id"]),
        ("corridors", [CORRIDOR | {"floor": 10_001}], [".0.floor"]),
        ("corridors", [CORRIDOR | {"id": "Nord-Sud"}], [".0.id"]),
        ("corridors", [CORRIDOR | {"from": {"lat": 91, "lon": 0}}], [".0.from.lat"]),
        ("corridors", [CORRIDOR | {"radius_km": 0}], [".0.radius_km"]),
        ("corridors", [CORRIDOR | {"payout_minimum": 1}], [".0.payout_minimum"]),
        ("withdraw_minimum", 200_001, [""]),
    ]
    for name, value, where in cases:
        with subtests.test(name, value=value):
            details = refusal(await patched(admin, {name: value}, '"1"'), 422, "validation_error")
            assert paths(details) == [f"{name}{place}" for place in where]


async def test_change_is_audited_by_its_names_and_listed_with_before_and_after(api: Api) -> None:
    first, second = await api.admin(), await api.admin()
    data(await patched(first, {"hold_minutes": 45, "commission_percent": 12, "driver_penalty": 1_000}, '"1"'))
    api.clock.advance(MINUTE)
    data(await patched(second, {"cancel_windows": [], "enable_wallet": False}, '"2"'))
    lines = [line.meta for line in await api.inside.audit() if line.action == "settings.changed"]
    assert [("commission_percent,hold_minutes" in meta, "12" in meta) for meta in lines] == [
        *[(True, False)],
        *[(False, False)],
    ]
    latest, earliest = data(await first.get("/admin/settings/history"))
    assert (latest["version"], latest["by"]["id"]) == (3, str(second.id))
    assert latest["changes"] == [
        {"name": "cancel_windows", "before": DEFAULTS["cancel_windows"], "after": []},
        {"name": "enable_wallet", "before": True, "after": False},
    ]
    assert earliest["changes"] == [
        {"name": "commission_percent", "before": 10, "after": 12},
        {"name": "hold_minutes", "before": 30, "after": 45},
    ]
    listed = await first.get("/admin/settings/history", admin_id=str(first.id), sort="created_at", version_lte=2)
    assert data(listed) == [earliest]


async def test_service_goes_by_a_change_at_once(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    before = await api.pending(await api.passenger(), await api.trip(driver))
    await set_to(api, commission_percent=20, commission_fixed=50, hold_minutes=5)
    booking = await api.accepted(passenger, driver, before["trip"])
    assert (before["fees"], booking["fees"]) == (600, 1_250)
    assert booking["hold_expires_at"] == (api.clock.now() + 5 * MINUTE).isoformat().replace("+00:00", "Z")


async def test_wallet_pays_nothing_while_wallets_are_switched_off(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.accepted(passenger, driver, await api.trip(driver))
    body = {"booking_id": booking["id"], "method": "wallet"}
    refusal(await passenger.post("/payments/init", body, key=fresh_key()), 402, "insufficient_funds")
    await set_to(api, enable_wallet=False)
    refusal(await passenger.post("/payments/init", body, key=fresh_key()), 409, "conflict")
    await set_to(api, enable_wallet=True)
    refusal(await passenger.post("/payments/init", body, key=fresh_key()), 402, "insufficient_funds")


async def test_doors_open_and_close_by_the_settings(api: Api) -> None:
    stranger, driver = await api.driver(is_approved=False), await api.driver()
    auto = {"allow_auto_accept": True}
    draft = data(await stranger.post("/trips", {**_trip_to_toumodi(), "status": "draft"}), 201)
    refusal(await stranger.post(f"/trips/{draft['id']}/publish"), 403, "kyc_required")
    await set_to(api, require_kyc_for_driver=False, allow_auto_accept=False)
    assert data(await stranger.post(f"/trips/{draft['id']}/publish"))["status"] == "published"
    booking = await api.pending(await api.passenger(), await api.trip(driver, **auto))
    assert booking["status"] == "pending"


async def test_price_must_lie_within_the_corridor_that_was_set(api: Api) -> None:
    driver = await api.driver()
    await set_to(api, corridors=[CORRIDOR | {"floor": 6_001}])
    draft = await api.trip(driver, status="draft")
    details = refusal(await driver.post(f"/trips/{draft['id']}/publish"), 422, "validation_error")
    assert paths(details) == ["price_per_seat"]
    await set_to(api, corridors=[CORRIDOR | {"floor": 6_000}])
    data(await driver.post(f"/trips/{draft['id']}/publish"))


async def test_corridor_has_its_own_commission_fees_and_penalty(api: Api) -> None:
    api.clock.at = DEPARTURE - 2 * DAY + HOUR
    await set_to(api, corridors=[CORRIDOR | OWN_TERMS])
    driver, people = await api.driver(), [await api.passenger() for _ in range(3)]
    trip = await api.trip(driver)
    bookings = [await api.paid(person, driver, trip) for person in people]
    assert {booking["fees"] for booking in bookings} == {1_300}
    elsewhere = data(await driver.post("/trips", _trip_to_toumodi()), 201)
    assert (await api.pending(await api.passenger(), elsewhere))["fees"] == FARE // 10

    done = data(await people[0].post(f"/bookings/{bookings[0]['id']}/cancel"))
    assert (done["cancellation"]["fee"], done["cancellation"]["refund"]) == (4_800, 1_200)
    api.clock.at = DEPARTURE + 30 * MINUTE
    done = data(await driver.post(f"/bookings/{bookings[1]['id']}/no-show"))
    assert (done["cancellation"]["fee"], done["cancellation"]["refund"]) == (2_400, 3_600)
    data(await driver.post(f"/bookings/{bookings[2]['id']}/cancel"))
    await api.relay()
    journal = await api.inside.journal()
    assert Counter(movement.kind for movement in journal)["driver_penalty"] == 1
    moved = {name: sum(entry.francs.get(name, 0) for entry in journal) for name in ("commission", "penalties")}
    assert moved == {"commission": (960 + 100) + (480 + 100), "penalties": 2_500}
    await api.audit_books()


async def test_corridor_is_as_everywhere_where_it_says_nothing(api: Api) -> None:
    api.clock.at = DEPARTURE - 2 * DAY
    await set_to(api, commission_percent=5, driver_penalty=700, corridors=[CORRIDOR])
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.paid(passenger, driver, await api.trip(driver))
    assert booking["fees"] == 300
    api.clock.at = DEPARTURE - HOUR
    data(await driver.post(f"/bookings/{booking['id']}/cancel"))
    fined = [movement.francs for movement in await api.inside.journal() if movement.kind == "driver_penalty"]
    assert fined == [{f"driver_payable:{driver.id}": -700, "penalties": 700}]
    await api.relay()
    await api.audit_books()


async def test_next_process_goes_by_what_was_set_before_it_started(api: Api) -> None:
    await set_to(api, commission_percent=20, corridors=[])
    api.service = build_service(api.settings, api.service.platform, api.service.outside)
    api.app.state.edge = api.service.edge
    async with api.service.book.running():
        driver = await api.driver()
        assert (await api.pending(await api.passenger(), await api.trip(driver)))["fees"] == FARE // 5


def test_every_setting_can_be_set() -> None:
    assert set(SettingsBody.model_fields) == NAMES == set(DEFAULTS)


def test_there_are_no_wallets_in_production_until_somebody_says_so() -> None:
    live = SETTINGS.model_copy(update={"env": Env.PRODUCTION})
    assert [default_settings(each).money.enable_wallet for each in (SETTINGS, live)] == [True, False]


def _trip_to_toumodi() -> dict[str, Any]:
    """A trip on no corridor."""
    return {
        "origin": YAMOUSSOUKRO,
        "destination": TOUMODI | {"text": "Toumodi"},
        "departure_time": (DEPARTURE + DAY).isoformat(),
        "price_per_seat": FARE,
        "seats_available": 3,
        "status": "published",
    }


async def test_mail_goes_out_by_the_stored_template_when_the_back_office_names_one(api: Api) -> None:
    shown = await set_to(api, templates={"refund_sent": {"fr": 12}, "otp": {"fr": 3, "en": 4}})
    assert shown["templates"] == {"refund_sent": {"fr": 12}, "otp": {"fr": 3, "en": 4}}
    for language in ("fr", "en"):
        await api.service.outside.messenger.mail(
            to="awa@example.test", language=language, template=Template.REFUND_SENT, amount=13_500
        )
    english, french = await api.mails("awa@example.test")
    assert (french["subject"], french["data"]) == ("(template 12)", {"amount": "13 500"})
    assert english["subject"] == "Refund of 13,500 F"
    await set_to(api, templates={})
    await api.service.outside.messenger.mail(
        to="kofi@example.test", language="fr", template=Template.REFUND_SENT, amount=1
    )
    assert [mail["subject"] for mail in await api.mails("kofi@example.test")] == ["Remboursement de 1 F"]
    [last, first] = data(await (await api.admin()).get("/admin/settings/history"))
    assert first["changes"] == [{"name": "templates", "before": {}, "after": shown["templates"]}]
    assert last["changes"][0]["after"] == {}


@pytest.mark.parametrize(
    ("templates", "path"),
    [
        ({"nothing": {"fr": 1}}, "templates.nothing"),
        ({"commande_recue": {"fr": 1}}, "templates.commande_recue"),
        ({"otp": {"de": 1}}, "templates.otp.de"),
        ({"otp": {"fr": 0}}, "templates.otp.fr"),
        ({"otp": {"fr": -1}}, "templates.otp.fr"),
        ({"otp": {"fr": 2**31}}, "templates.otp.fr"),
        ({"otp": {"fr": "1"}}, "templates.otp.fr"),
        ({"otp": {"fr": True}}, "templates.otp.fr"),
        ({"otp": 1}, "templates.otp"),
        ([], "templates"),
        (None, "templates"),
    ],
)
async def test_stored_templates_are_refused_when_they_are_not_sound(api: Api, templates: object, path: str) -> None:
    details = refusal(await patched(await api.admin(), {"templates": templates}, '"1"'), 422, "validation_error")
    assert [each["path"].removesuffix(".[key]") for each in details["fields"]] == [path]
