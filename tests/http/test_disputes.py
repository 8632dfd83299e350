"""Disputes: opened and answered by the sides, decided by the back office, and what they do to the money."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from allonova.domain.carpool.dispute import MAX_EVIDENCE
from allonova.domain.identity.roles import Role
from allonova.domain.money.rules import MoneyRules
from tests.support.api import Api
from tests.support.arguing import complain, quarrel
from tests.support.factories import DEPARTURE, HOUR, MINUTE, SECOND
from tests.support.filing import Filing
from tests.support.pictures import HTML, PDF, picture
from tests.support.purses import require_sound_books
from tests.support.sales import accounts, sold
from tests.support.wire import NOBODY, data, paths, refusal

FARE = 12_000
DAY = timedelta(days=1)
TWO_PAIRS_OF_EYES = MoneyRules(four_eyes_amount=5_000)


async def test_dispute_is_shown_to_its_sides_when_one_opens_it(api: Api) -> None:
    case = await quarrel(api)
    sale, made = case.sale, case.dispute
    assert made == {
        "id": made["id"], "booking_id": sale.booking["id"], "party": "passenger", "is_mine": True,
        "category": "payment", "description": "Il m'a fait payer les bagages.", "status": "open", "resolution": None,
        "refund_amount": None, "resolved_at": None, "version": 1, "created_at": made["created_at"],
        "updated_at": made["updated_at"], "evidence": [],
    }  # fmt: skip
    assert await case.seen_by(sale.passenger) == made
    assert await case.seen_by(sale.driver) == made | {"is_mine": False}
    row = {name: value for name, value in made.items() if name != "evidence"}
    assert data(await sale.passenger.get("/disputes")) == [row]
    assert data(await sale.driver.get("/disputes", status="open")) == [row | {"is_mine": False}]
    assert data(await sale.driver.get("/disputes", status="rejected")) == []
    stranger = await api.driver()
    assert data(await stranger.get("/disputes")) == []
    for path in (made["id"], NOBODY):
        refusal(await stranger.get(f"/disputes/{path}"), 404, "not_found")
        refusal(await stranger.post(f"/disputes/{path}/evidence", {"note": "Moi aussi."}), 404, "not_found")
        upload = {"content_type": "image/jpeg", "size": 12}
        refusal(await stranger.post(f"/disputes/{path}/uploads", upload), 404, "not_found")


async def test_other_side_does_not_read_what_is_said_of_conduct_or_safety(api: Api) -> None:
    for category in ("behaviour", "safety", "other"):
        case = await quarrel(api, category=category)
        seen = await case.seen_by(case.sale.driver)
        assert (seen["category"], seen["description"]) == (category, None)
        assert data(await case.sale.driver.get("/disputes"))[0]["description"] is None


async def test_dispute_is_refused_when_there_is_nothing_to_dispute_or_it_is_too_late(api: Api) -> None:
    sale = await sold(api)
    body = {"booking_id": sale.booking["id"], "category": "other", "description": "Rien ne va."}
    refusal(await (await api.driver()).post("/disputes", body), 404, "not_found")
    refusal(await sale.passenger.post("/disputes", body | {"booking_id": NOBODY}), 404, "not_found")
    passenger = await api.passenger()
    pending = await api.pending(passenger, sale.booking["trip"])
    assert refusal(await passenger.post("/disputes", body | {"booking_id": pending["id"]}), 409, "conflict") == {}
    await complain(sale.passenger, sale.booking)
    assert refusal(await sale.passenger.post("/disputes", body), 409, "conflict") == {}
    await complain(sale.driver, sale.booking)
    late = await sold(api)
    api.clock.at = DEPARTURE + 15 * DAY
    data(await late.passenger.get("/me"))  # or he would be logged out by then
    api.clock.at = DEPARTURE + 32 * DAY
    details = refusal(
        await late.passenger.post("/disputes", body | {"booking_id": late.booking["id"]}), 409, "conflict"
    )
    assert set(details) == {"closed_at"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("description", "x" * 4_001),
        ("description", "  "),
        ("description", "a\u0000b"),
        ("category", "weather"),
        ("booking_id", "1"),
    ],
)
async def test_body_is_refused_when_it_is_unsound(api: Api, field: str, value: str) -> None:
    body = {"booking_id": NOBODY, "category": "other", "description": "Rien ne va.", field: value}
    details = refusal(await (await api.passenger()).post("/disputes", body), 422, "validation_error")
    assert paths(details) == [field]


async def test_evidence_is_given_by_both_and_read_by_the_back_office_alone(filing: Filing) -> None:
    api = filing.api
    case = await quarrel(api)
    sale, path = case.sale, f"/disputes/{case.dispute['id']}"
    key = await filing.sent(sale.passenger, f"{path}/uploads", PDF, "application/pdf")
    given = data(await sale.passenger.post(f"{path}/evidence", {"object_key": key, "note": "Le reçu."}), 201)
    assert (given["note"], given["dispute_id"]) == ("Le reçu.", case.dispute["id"])
    file = await filing.fetched(given["file_url"])
    assert file.content == PDF
    assert file.headers["content-disposition"].startswith("attachment")
    api.clock.advance(SECOND)
    data(await sale.driver.post(f"{path}/evidence", {"note": "Les bagages étaient annoncés."}), 201)
    mine, theirs = await case.seen_by(sale.passenger), await case.seen_by(sale.driver)
    assert [each["id"] for each in mine["evidence"]] == [given["id"]]
    assert [each["note"] for each in theirs["evidence"]] == ["Les bagages étaient annoncés."]
    shown = data(await sale.admin.get(f"/admin{path}"))["evidence"]
    assert [each["user_id"] for each in shown] == [str(sale.passenger.id), str(sale.driver.id)]
    assert (await filing.fetched(shown[0]["file_url"])).content == PDF
    details = refusal(await sale.passenger.post(f"{path}/evidence", {"object_key": key}), 422, "validation_error")
    assert paths(details) == ["object_key"]


async def test_evidence_is_refused_when_it_is_nothing_or_somebody_elses_or_not_safe(filing: Filing) -> None:
    case = await quarrel(filing.api)
    sale, path = case.sale, f"/disputes/{case.dispute['id']}"
    assert paths(refusal(await sale.driver.post(f"{path}/evidence", {}), 422, "validation_error")) == ["note"]
    theirs = await filing.sent(sale.passenger, f"{path}/uploads", picture())
    photo = await filing.sent(sale.driver, "/me/photo", picture())
    bad = await filing.sent(sale.driver, f"{path}/uploads", HTML)
    for key in (theirs, photo, bad, "uploads/none"):
        details = refusal(await sale.driver.post(f"{path}/evidence", {"object_key": key}), 422, "validation_error")
        assert paths(details) == ["object_key"]
    assert (await case.seen_by(sale.driver))["evidence"] == []
    await case.end()
    upload = {"content_type": "image/jpeg", "size": 12}
    assert refusal(await sale.driver.post(f"{path}/uploads", upload), 409, "conflict") == {"status": "rejected"}
    assert refusal(await sale.passenger.post(f"{path}/evidence", {"object_key": theirs}), 409, "conflict") == {
        "status": "rejected"
    }


async def test_each_side_gives_ten_things_and_no_more(api: Api) -> None:
    case = await quarrel(api)
    path = f"/disputes/{case.dispute['id']}/evidence"
    for number in range(MAX_EVIDENCE):
        data(await case.sale.passenger.post(path, {"note": f"Preuve {number}"}), 201)
    details = refusal(await case.sale.passenger.post(path, {"note": "Encore"}), 409, "conflict")
    assert details == {"limit": MAX_EVIDENCE}
    data(await case.sale.driver.post(path, {"note": "Réponse"}), 201)


async def test_money_waits_when_a_ride_is_disputed_and_moves_when_it_is_decided(api: Api) -> None:
    case = await quarrel(api, until="start-ride")
    sale, booking = case.sale, f"/bookings/{case.sale.booking['id']}"
    before = await accounts(api)
    assert refusal(await sale.driver.post(f"{booking}/end-ride"), 409, "conflict") == {}
    api.clock.at = DEPARTURE + 3 * DAY
    await api.run("rides")
    assert await accounts(api) == before
    await case.end()
    await api.run("rides")
    assert (await accounts(api))[f"driver_payable:{sale.driver.id}"] == 10_800
    assert data(await sale.passenger.get(booking))["status"] == "completed"
    await require_sound_books(api)


async def test_no_fee_is_taken_while_it_is_disputed_and_all_may_go_back(api: Api) -> None:
    case = await quarrel(api)
    sale, booking = case.sale, f"/bookings/{case.sale.booking['id']}"
    api.clock.at = DEPARTURE - 3 * HOUR
    assert refusal(await sale.passenger.post(f"{booking}/cancel"), 409, "conflict") == {}
    api.clock.at = DEPARTURE + 40 * MINUTE
    assert refusal(await sale.driver.post(f"{booking}/no-show"), 409, "conflict") == {}
    api.clock.at = DEPARTURE + 9 * HOUR
    await api.run("rides")
    assert data(await sale.passenger.get(booking))["question"] is None
    data(await sale.driver.post(f"{booking}/cancel"))
    await api.relay()
    assert await sale.status() == ("refunded", FARE, "cancelled")
    await require_sound_books(api)


async def test_silence_of_the_driver_moves_nothing_while_it_is_disputed(api: Api) -> None:
    sale = await sold(api)
    api.clock.at = DEPARTURE + 20 * MINUTE
    data(await sale.passenger.post(f"/bookings/{sale.booking['id']}/driver-no-show"))
    await complain(sale.passenger, sale.booking, category="no_show")
    before = await accounts(api)
    api.clock.at = DEPARTURE + 3 * DAY
    await api.run("rides")
    assert await accounts(api) == before
    await require_sound_books(api)


async def test_earnings_are_held_back_from_payouts_while_the_ride_is_disputed(api: Api) -> None:
    case = await quarrel(api, until="end-ride")
    api.clock.advance(HOUR)
    run = data(await case.sale.admin.post("/admin/payouts/run", {}))
    assert (run["payouts"], run["total"]) == ([], 0)
    await case.end()
    api.clock.advance(HOUR)
    run = data(await case.sale.admin.post("/admin/payouts/run", {}))
    assert [(each["driver_id"], each["amount"]) for each in run["payouts"]] == [(str(case.sale.driver.id), 10_800)]


async def test_driver_and_platform_give_back_when_a_ride_that_is_over_is_resolved_so(api: Api) -> None:
    case = await quarrel(api, "card", until="end-ride")
    ended = await case.end("resolved", refund_amount=4_000)
    assert (ended["status"], ended["refund_amount"]) == ("resolved", 4_000)
    await api.relay()
    held = await accounts(api)
    assert (held[f"driver_payable:{case.sale.driver.id}"], held["commission"]) == (7_200, 800)
    assert await case.sale.status() == ("paid", 4_000, "completed")
    refund = (await case.sale.detail())["refunds"][0]
    assert (refund["id"], refund["cause"], refund["requested_by"]) == (
        ended["refund_id"], "admin", str(case.sale.admin.id),
    )  # fmt: skip
    seen = await case.seen_by(case.sale.driver)
    assert (seen["status"], seen["resolution"], seen["refund_amount"]) == (
        "resolved", "Nous avons relu vos messages.", 4_000,
    )  # fmt: skip
    actions = [line.action for line in await api.inside.audit()]
    assert [one for one in actions if one.startswith("dispute.")] == [
        "dispute.opened", "dispute.in_review", "dispute.resolved",
    ]  # fmt: skip
    await api.audit_books()


@pytest.mark.parametrize("until", ["checkin", "start-ride"])
async def test_ride_is_complete_when_a_part_goes_back_of_one_that_was_begun(api: Api, until: str) -> None:
    case = await quarrel(api, "card", until=until)
    await case.end("resolved", refund_amount=4_000)
    await api.relay()
    held = await accounts(api)
    assert (held[f"driver_payable:{case.sale.driver.id}"], held["commission"]) == (7_200, 800)
    assert await case.sale.status() == ("paid", 4_000, "completed")
    await require_sound_books(api)


async def test_booking_ends_when_all_goes_back_of_a_ride_that_was_not_begun(api: Api) -> None:
    case = await quarrel(api)
    await case.end("resolved", refund_amount=FARE)
    await api.relay()
    assert await accounts(api) == {}
    assert await case.sale.status() == ("refunded", FARE, "cancelled")
    await require_sound_books(api)


async def test_part_goes_back_of_a_ride_that_nobody_began_only_when_it_is_past(api: Api) -> None:
    case = await quarrel(api, "card")
    data(await case.move("in_review"))
    details = refusal(await case.move("resolved", refund_amount=4_000), 409, "conflict")
    assert details == {"stage": "paid"}
    assert (await case.seen_by(case.sale.driver))["status"] == "in_review"
    api.clock.at = DEPARTURE + HOUR
    data(await case.move("resolved", refund_amount=4_000))
    await api.relay()
    held = await accounts(api)
    assert (held[f"driver_payable:{case.sale.driver.id}"], held["commission"]) == (7_200, 800)
    booking = data(await case.sale.passenger.get(f"/bookings/{case.sale.booking['id']}"))
    assert booking["cancellation"] == {"by": "admin", "reason": "arbitrated", "fee": 8_000, "refund": 4_000}
    await require_sound_books(api)


async def test_decision_is_refused_when_more_is_to_go_back_than_is_left(api: Api) -> None:
    case = await quarrel(api, "card", until="end-ride")
    data(await case.move("in_review"))
    assert refusal(await case.move("resolved", refund_amount=FARE + 1), 409, "conflict") == {"left": FARE}
    data(await case.sale.give_back(amount=10_000))
    await api.relay()
    assert refusal(await case.move("resolved", refund_amount=2_001), 409, "conflict") == {"left": 2_000}
    data(await case.move("resolved", refund_amount=2_000))
    await api.relay()
    assert await case.sale.status() == ("refunded", FARE, "completed")
    await require_sound_books(api)


async def test_unpaid_booking_is_disputed_and_nothing_goes_back(api: Api) -> None:
    driver, passenger, admin = await api.driver(), await api.passenger(), await api.admin()
    booking = await api.accepted(passenger, driver, await api.trip(driver))
    dispute = await complain(passenger, booking, category="behaviour")
    path = f"/admin/disputes/{dispute['id']}"
    data(await admin.send("PATCH", path, json={"status": "in_review"}))
    body = {"status": "resolved", "resolution": "Vous avez raison."}
    assert refusal(await admin.send("PATCH", path, json=body | {"refund_amount": 1}), 409, "conflict") == {"left": 0}
    assert data(await admin.send("PATCH", path, json=body | {"refund_amount": 0}))["refund_amount"] is None


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.OPS])
async def test_role_without_the_payments_row_gives_back_up_to_the_limit_of_a_booking(api: Api, role: Role) -> None:
    case = await quarrel(api, "card", until="end-ride")
    helper = await api.admin(role)
    data(await case.move("in_review", by=helper))
    refused = await case.move("resolved", by=helper, refund_amount=10_001)
    assert refusal(refused, 403, "forbidden") == {"limit": 10_000}
    data(await case.move("resolved", by=helper, refund_amount=6_000))
    second = await complain(case.sale.driver, case.sale.booking, category="behaviour")
    path = f"/admin/disputes/{second['id']}"
    data(await helper.send("PATCH", path, json={"status": "in_review"}))
    body = {"status": "resolved", "resolution": "Encore."}
    refusal(await helper.send("PATCH", path, json=body | {"refund_amount": 4_001}), 403, "forbidden")
    data(await helper.send("PATCH", path, json=body | {"refund_amount": 4_000}))
    await api.relay()
    assert await case.sale.status() == ("paid", 10_000, "completed")


async def test_limit_is_the_settings_when_they_say_otherwise(api: Api) -> None:
    api.follow(money=MoneyRules(support_refund_limit=100))
    case = await quarrel(api, "card", until="end-ride")
    data(await case.move("in_review"))
    helper = await api.admin(Role.SUPPORT)
    assert refusal(await case.move("resolved", by=helper, refund_amount=101), 403, "forbidden") == {"limit": 100}
    data(await case.move("resolved", refund_amount=101))


async def test_large_refund_waits_for_another_admin_and_no_payout_takes_it(api: Api) -> None:
    api.follow(money=TWO_PAIRS_OF_EYES)
    case = await quarrel(api, "card", until="start-ride")
    ended = await case.end("resolved", refund_amount=6_000)
    path = f"/admin/refunds/{ended['refund_id']}"
    assert data(await case.sale.admin.get(path))["status"] == "awaiting_approval"
    held = await accounts(api)
    assert held[f"driver_payable:{case.sale.driver.id}"] == 10_800
    api.clock.advance(HOUR)
    other = await api.admin(Role.FINANCE)
    assert data(await other.post("/admin/payouts/run", {}))["payouts"] == []
    refusal(await case.sale.admin.post(f"{path}/approve"), 403, "forbidden")
    data(await other.post(f"{path}/approve"))
    await api.relay()
    assert (await accounts(api))[f"driver_payable:{case.sale.driver.id}"] == 5_400
    await require_sound_books(api)


async def test_escrow_is_shared_when_the_last_of_two_disputes_is_decided(api: Api) -> None:
    case = await quarrel(api, "card", until="start-ride")
    await complain(case.sale.driver, case.sale.booking)
    data(await case.move("in_review"))
    assert refusal(await case.move("resolved", refund_amount=4_000), 409, "conflict") == {}
    data(await case.move("resolved"))
    refusal(await case.sale.driver.post(f"/bookings/{case.sale.booking['id']}/end-ride"), 409, "conflict")
    await require_sound_books(api)


async def test_steps_are_refused_when_they_are_out_of_turn(api: Api) -> None:
    case = await quarrel(api)
    details = refusal(await case.move("resolved"), 409, "invalid_transition")
    assert details == {"from": "open", "to": "resolved"}
    await case.end()
    for status in ("in_review", "resolved", "rejected"):
        details = refusal(await case.move(status), 409, "invalid_transition")
        assert details == {"from": "rejected", "to": status}


async def test_stale_version_is_refused_with_the_dispute_as_it_stands(api: Api) -> None:
    case = await quarrel(api)
    path, admin = f"/admin/disputes/{case.dispute['id']}", case.sale.admin
    etag = (await admin.get(path)).headers["etag"]
    body: dict[str, Any] = {"status": "in_review"}
    moved = await admin.send("PATCH", path, json=body, headers={"If-Match": etag})
    assert data(moved)["version"] == 2
    assert moved.headers["etag"] == '"2"'
    stale = await admin.send("PATCH", path, json=body, headers={"If-Match": etag})
    assert refusal(stale, 412, "precondition_failed")["current"]["status"] == "in_review"


async def test_decision_needs_words_for_both_sides(api: Api) -> None:
    case = await quarrel(api)
    path, admin = f"/admin/disputes/{case.dispute['id']}", case.sale.admin
    for body, field in (
        ({"status": "rejected"}, "resolution"),
        ({"status": "in_review", "resolution": "Déjà ?"}, "resolution"),
        ({"status": "rejected", "resolution": "Non.", "refund_amount": 1}, "refund_amount"),
        ({"status": "open"}, "status"),
    ):
        assert paths(refusal(await admin.send("PATCH", path, json=body), 422, "validation_error")) == [field]
    refusal(await admin.send("PATCH", f"/admin/disputes/{NOBODY}", json={"status": "in_review"}), 404, "not_found")


async def test_both_paths_decide_and_only_for_those_whose_row_allows_it(api: Api) -> None:
    case = await quarrel(api)
    own, body = f"/disputes/{case.dispute['id']}", {"status": "in_review"}
    for path in (own, f"/admin{own}"):
        refusal(await (await api.admin(Role.COMPLIANCE)).send("PATCH", path, json=body), 403, "forbidden")
        refusal(await case.sale.passenger.send("PATCH", path, json=body), 401, "auth_required")
    assert data(await case.sale.admin.send("PATCH", own, json=body))["status"] == "in_review"
    reader = await api.admin(Role.COMPLIANCE)
    assert data(await reader.get(f"/admin{own}"))["dispute"]["status"] == "in_review"


async def test_sides_are_told_when_it_is_opened_taken_up_and_decided(api: Api) -> None:
    case = await quarrel(api, "card", until="end-ride")
    sale = case.sale
    assert await told(api, sale.driver.phone) == ["dispute_opened"]
    assert await told(api, sale.passenger.phone) == []
    data(await case.move("in_review"))
    assert await told(api, sale.passenger.phone) == ["dispute_in_review"]
    data(await case.move("resolved", refund_amount=4_000))
    wanted = ["dispute_opened", "dispute_in_review", "dispute_resolved"]
    assert await told(api, sale.driver.phone) == wanted
    assert await told(api, sale.passenger.phone) == wanted[1:]
    inbox = data(await sale.passenger.get("/notifications"))
    found = next(each for each in inbox if each["type"] == "dispute_resolved")
    assert found["data"] == {"booking_id": sale.booking["id"], "dispute_id": case.dispute["id"]}


async def told(api: Api, phone: str) -> list[str]:
    """What somebody heard of disputes by SMS, in its order."""
    heard = [message["template"] for message in reversed(await api.messages(phone))]
    return [template for template in heard if template.startswith(("dispute", "booking_arbitrated"))]


async def test_file_holds_all_that_a_decision_needs(api: Api) -> None:
    case = await quarrel(api, "card", until="end-ride", category="safety")
    sale = case.sale
    chat = f"/bookings/{sale.booking['id']}/messages"
    data(await sale.passenger.post(chat, {"content": "Vous roulez trop vite."}), 201)
    data(await sale.driver.post(chat, {"content": "Mais non."}), 201)
    other = await complain(sale.driver, sale.booking)
    data(await sale.give_back(amount=1_000))
    file = data(await sale.admin.get(f"/admin/disputes/{case.dispute['id']}"))
    assert file["dispute"]["description"] == "Il m'a fait payer les bagages."
    assert [(side["party"], side["phone"]) for side in file["sides"]] == [
        ("passenger", sale.passenger.phone), ("driver", sale.driver.phone),
    ]  # fmt: skip
    assert [message["content"] for message in file["messages"]] == ["Vous roulez trop vite.", "Mais non."]
    assert file["booking"]["events"][-1]["to_status"] == "completed"
    assert "qr_code" not in file["booking"]
    assert (file["is_frozen"], file["evidence"]) == (False, [])
    assert file["proof"]["booking_id"] == sale.booking["id"]
    assert [each["payment"]["id"] for each in file["payments"]] == [sale.payment["id"]]
    assert [each["amount"] for each in file["payments"][0]["refunds"]] == [1_000]
    assert [each["id"] for each in file["others"]] == [other["id"]]
    refusal(await sale.admin.get(f"/admin/disputes/{NOBODY}"), 404, "not_found")


async def test_back_office_lists_all_by_status_and_category(api: Api) -> None:
    admin = await api.admin(Role.SUPPORT)
    first = await quarrel(api)
    api.clock.advance(SECOND)
    second = await quarrel(api, category="safety")
    data(await first.move("in_review"))
    newest = [second.dispute["id"], first.dispute["id"]]
    assert [each["id"] for each in data(await admin.get("/admin/disputes"))] == newest
    for query, found in (
        ({"status": "in_review"}, newest[1:]),
        ({"category": "safety"}, newest[:1]),
        ({"booking_id": first.sale.booking["id"]}, newest[1:]),
        ({"opened_by": str(second.sale.passenger.id)}, newest[:1]),
        ({"sort": "created_at"}, newest[::-1]),
    ):
        assert [each["id"] for each in data(await admin.get("/admin/disputes", **query))] == found


async def test_account_stays_while_a_dispute_is_open_and_its_words_go_with_it(api: Api) -> None:
    case = await quarrel(api, "card", until="end-ride")
    sale, path = case.sale, f"/disputes/{case.dispute['id']}"
    data(await sale.passenger.post(f"{path}/evidence", {"note": "Le reçu est chez moi."}), 201)
    exported = data(await sale.passenger.get("/me/export"))
    assert [each["description"] for each in exported["disputes"]] == ["Il m'a fait payer les bagages."]
    assert [each["note"] for each in exported["dispute_evidence"]] == ["Le reçu est chez moi."]
    details = refusal(await sale.passenger.send("DELETE", "/me"), 409, "conflict")
    assert details == {"reasons": ["dispute"]}
    await case.end()
    assert (await sale.passenger.send("DELETE", "/me")).status_code == 204
    file = data(await sale.admin.get(f"/admin{path}"))
    assert file["dispute"]["description"] is None
    assert [(each["note"], each["file_url"]) for each in file["evidence"]] == [(None, None)]
    assert [side["phone"] for side in file["sides"]] == [None, sale.driver.phone]
