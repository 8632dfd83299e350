"""Paying drivers: runs, their approval, what their mobile money says, and what is seen of it."""

from __future__ import annotations

import asyncio
import csv
import io
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import httpx
import openpyxl
import pytest

from allonova.domain.identity.roles import Role
from allonova.domain.kyc.document import DocType
from allonova.domain.money.rules import MoneyRules, PayoutSchedule
from tests.support.api import Api, Person
from tests.support.earnings import charge, earn
from tests.support.factories import HOUR, MINUTE, SECOND, a_paper, a_user
from tests.support.wire import NOBODY, data, fresh_key, paths, refusal

SLOW, SLOW_TO_FAIL, BLOCKED = "+2250700009905", "+2250700009906", "+2250700009901"  # at the sandbox's Wave
MONDAY = datetime.fromisoformat("2025-10-06T00:00:00Z")  # the first after the tests' first day


async def a_payee(api: Api, francs: int = 6_000, **given: Any) -> Person:
    """Somebody with approved papers who has earned something a second ago."""
    driver = await api.driver(**given)
    async with api.service.platform.begin() as unit:
        await earn(unit, driver.id, francs, api.clock.now() - SECOND)
    return driver


async def run(admin: Person, *, key: str | None = None, **body: Any) -> Any:
    """A run's answer."""
    return data(await admin.post("/admin/payouts/run", body, key=key))


async def payouts(admin: Person, **query: str) -> list[Any]:
    """As the back office lists them."""
    return list(data_of_list(await admin.get("/admin/payouts", **query)))


async def own(driver: Person) -> Any:
    """The only payout of a driver, as he sees it."""
    (payout,) = data_of_list(await driver.get("/me/payouts"))
    return payout


def data_of_list(answer: httpx.Response) -> list[Any]:
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def payable(api: Api, driver: Person) -> int:
    """What we owe a driver."""
    name = f"driver_payable:{driver.id}"
    return sum(movement.francs.get(name, 0) for movement in await api.inside.journal())


async def audit(api: Api) -> None:
    """Our books are sound, and say of payouts what Wave's own say."""
    report = await api.service.platform.books.verify()
    assert report.faults == ()
    paid = sum(line["amount"] for line in (await api.ledger())["payouts"] if line["status"] == "succeeded")
    kinds = Counter[str]()
    for movement in await api.inside.journal():
        kinds[movement.kind] += movement.francs.get("clearing:wave", 0)
    assert kinds["payout_done"] == paid


async def test_driver_is_paid_once_when_runs_follow_each_other(api: Api) -> None:
    driver, admin = await a_payee(api, 6_000), await api.admin(Role.FINANCE)
    ran = await run(admin)
    (paid,) = ran["payouts"]
    assert ran == {"batch_id": paid["batch_id"], "payouts": [paid], "total": 6_000, "skipped": [], "left": 0}
    now = api.clock.now().isoformat().replace("+00:00", "Z")
    assert paid == {
        "id": paid["id"], "batch_id": paid["batch_id"], "driver_id": str(driver.id), "kind": "earnings",
        "amount": 6_000, "withheld": 0, "currency": "XOF", "method": "wave", "phone": f"***{driver.phone[-4:]}",
        "status": "scheduled", "provider_ref": None, "failure": None, "scheduled_at": now, "done_at": None,
        "created_at": now,
    }  # fmt: skip
    assert (await run(admin))["payouts"] == []
    await api.relay()
    done = await own(driver)
    assert (done["id"], done["status"], done["done_at"], done["phone"]) == (paid["id"], "done", now, driver.phone)
    (line,) = (await api.ledger())["payouts"]
    assert (line["amount"], line["phone"], line["ref"]) == (6_000, driver.phone, paid["id"])
    assert await payable(api, driver) == 0
    assert (await run(admin))["batch_id"] is None
    await audit(api)


async def test_nothing_is_written_when_the_run_is_dry(api: Api) -> None:
    driver, admin = await a_payee(api), await api.admin()
    before = await api.inside.everything()
    ran = await run(admin, dry_run=True)
    assert (ran["batch_id"], ran["total"]) == (None, 6_000)
    assert [(each["id"], each["driver_id"], each["amount"]) for each in ran["payouts"]] == [
        (None, str(driver.id), 6_000)
    ]
    assert await api.inside.everything() == before


async def test_drivers_are_skipped_when_their_money_may_not_leave(api: Api) -> None:
    await a_payee(api, 5_000)
    suspended = await a_payee(api)
    await api.change(suspended, is_active=False)
    without_papers = await a_payee(api, is_approved=False)
    with_licence_alone = await a_payee(api, is_approved=False)
    await api.keep(a_paper(a_user(id=with_licence_alone.id), DocType.PERMIS))
    without_phone = await a_payee(api, phone=None, email="sans@exemple.test", is_email_verified=True)
    unproven = await a_payee(api, is_phone_verified=False, email="a@exemple.test", is_email_verified=True)
    poor = await a_payee(api, 4_999)
    await api.driver()  # has earned nothing
    ran = await run(await api.admin())
    assert len(ran["payouts"]) == 1
    assert {each["driver_id"]: each["reason"] for each in ran["skipped"]} == {
        str(suspended.id): "suspended",
        str(without_papers.id): "kyc_missing",
        str(with_licence_alone.id): "kyc_missing",
        str(without_phone.id): "no_account",
        str(unproven.id): "no_account",
        str(poor.id): "below_minimum",
    }
    await audit(api)


async def test_nothing_leaves_for_a_day_when_the_password_has_changed(api: Api) -> None:
    driver, admin = await a_payee(api), await api.admin()
    data_204 = await driver.post("/me/password", {"current": None, "new": "un-mot-de-passe-neuf"})
    assert data_204.status_code in (200, 204), data_204.text
    body = {"current": "un-mot-de-passe-neuf", "new": "encore-un-autre-mot"}
    assert (await driver.post("/me/password", body)).status_code in (200, 204)
    assert [each["reason"] for each in (await run(admin))["skipped"]] == ["recently_changed"]
    api.clock.advance(24 * HOUR - SECOND)
    assert (await run(admin))["payouts"] == []
    api.clock.advance(SECOND)
    assert len((await run(admin))["payouts"]) == 1


async def test_charges_are_withheld_once_when_there_were_any(api: Api) -> None:
    driver, admin = await a_payee(api, 20_000), await api.admin()
    async with api.service.platform.begin() as unit:
        await charge(unit, driver.id, 3_000, api.clock.now() - SECOND)
    ((first,), _) = (await run(admin))["payouts"], api.clock.advance(HOUR)
    assert (first["amount"], first["withheld"]) == (17_000, 3_000)
    async with api.service.platform.begin() as unit:
        await charge(unit, driver.id, 1_000, api.clock.now())
        await earn(unit, driver.id, 7_500, api.clock.now())
    api.clock.advance(HOUR)
    (second,) = (await run(admin))["payouts"]
    assert (second["amount"], second["withheld"]) == (6_500, 1_000)
    await api.relay()
    await audit(api)


async def test_later_earnings_wait_when_the_run_says_until_when(api: Api) -> None:
    driver, admin = await a_payee(api, 6_000), await api.admin()
    until = api.clock.now()
    api.clock.advance(HOUR)
    async with api.service.platform.begin() as unit:
        await earn(unit, driver.id, 9_000, api.clock.now())
    api.clock.advance(HOUR)
    (first,) = (await run(admin, until=until.isoformat()))["payouts"]
    assert first["amount"] == 6_000
    assert (await run(admin, until=until.isoformat()))["payouts"] == []
    ahead = (api.clock.now() + HOUR).isoformat()
    (second,) = (await run(admin, until=ahead))["payouts"]
    assert second["amount"] == 9_000
    await api.relay()
    await audit(api)


async def test_answer_is_the_first_one_when_the_key_comes_again(api: Api) -> None:
    await a_payee(api)
    admin, key = await api.admin(), fresh_key()
    first = await admin.post("/admin/payouts/run", {}, key=key)
    again = await admin.post("/admin/payouts/run", {}, key=key)
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    refusal(await admin.post("/admin/payouts/run", {"dry_run": True}, key=key), 422, "idempotency_mismatch")


async def test_each_is_paid_once_when_runs_and_the_job_meet(api: Api) -> None:
    drivers = [await a_payee(api) for _ in range(3)]
    admins = [await api.admin(), await api.admin()]
    api.clock.at = MONDAY + MINUTE
    await asyncio.gather(run(admins[0]), api.run("payouts"), run(admins[1]))
    await asyncio.gather(api.relay(), api.relay(), api.run("payouts_check"))
    for driver in drivers:
        assert (await own(driver))["status"] == "done"
    assert len((await api.ledger())["payouts"]) == 3
    await audit(api)


@pytest.mark.parametrize("body", [{"until": "yesterday"}, {"dry_run": "yes"}, {"dry_run": None}, {"drivers": []}])
async def test_run_is_refused_when_its_body_is_unsound(api: Api, body: dict[str, Any]) -> None:
    assert paths(refusal(await (await api.admin()).post("/admin/payouts/run", body), 422, "validation_error")) == list(
        body
    )


# Four eyes


async def large(api: Api) -> tuple[Person, Person, Any]:
    """A run that waits, by whom, and for which driver."""
    api.follow(money=MoneyRules(four_eyes_amount=5_999))
    driver, admin = await a_payee(api), await api.admin(Role.FINANCE)
    return driver, admin, await run(admin)


async def test_run_waits_for_another_admin_when_it_is_large(api: Api) -> None:
    driver, admin, ran = await large(api)
    assert [each["status"] for each in ran["payouts"]] == ["awaiting_approval"]
    assert await payable(api, driver) == 0
    assert (await run(admin))["payouts"] == []
    await api.relay()
    await api.run("payouts_check")
    assert (await api.ledger())["payouts"] == []
    path = f"/admin/payouts/{ran['batch_id']}"
    refusal(await admin.post(f"{path}/approve"), 403, "forbidden")
    other = await api.admin()
    batch = data(await other.post(f"{path}/approve"))
    assert (batch["status"], batch["requested_by"], batch["decided_by"]) == ("approved", str(admin.id), str(other.id))
    refusal(await other.post(f"{path}/approve"), 409, "invalid_transition")
    refusal(await other.post(f"{path}/reject"), 409, "invalid_transition")
    await api.relay()
    assert (await own(driver))["status"] == "done"
    await audit(api)


async def test_francs_are_owed_again_when_the_run_is_rejected(api: Api) -> None:
    driver, admin, ran = await large(api)
    path = f"/admin/payouts/{ran['batch_id']}"
    refusal(await admin.post(f"{path}/reject"), 403, "forbidden")
    assert data(await (await api.admin()).post(f"{path}/reject"))["status"] == "rejected"
    payout = await own(driver)
    assert (payout["status"], payout["failure"]) == ("failed", {"code": "rejected", "message": ""})
    assert await payable(api, driver) == 6_000
    await audit(api)
    assert (await run(admin))["total"] == 6_000


async def test_one_decision_counts_when_two_are_made_at_once(api: Api) -> None:
    _, _, ran = await large(api)
    others = [await api.admin() for _ in range(4)]
    verbs = ("approve", "reject", "approve", "reject")
    pairs = zip(others, verbs, strict=True)
    sent = [other.post(f"/admin/payouts/{ran['batch_id']}/{verb}") for other, verb in pairs]
    assert sorted(answer.status_code for answer in await asyncio.gather(*sent)) == [200, 409, 409, 409]
    await api.relay()
    await audit(api)


async def test_batch_does_not_exist_when_nobody_made_it(api: Api) -> None:
    admin = await api.admin()
    for verb in ("approve", "reject"):
        refusal(await admin.post(f"/admin/payouts/{NOBODY}/{verb}"), 404, "not_found")
    refusal(await admin.get(f"/admin/payouts/{NOBODY}/export"), 404, "not_found")


# The schedule


async def test_drivers_are_paid_on_mondays_when_the_schedule_is_weekly(api: Api) -> None:
    await api.run("payouts")  # the week before is over
    driver, suspended = await a_payee(api), await a_payee(api)
    await api.change(suspended, is_active=False)
    api.clock.at = MONDAY - SECOND
    await api.run("payouts")
    assert data_of_list(await driver.get("/me/payouts")) == []
    api.clock.at = MONDAY + SECOND
    async with api.service.platform.begin() as unit:
        await earn(unit, driver.id, 50_000, api.clock.now())
    await asyncio.gather(api.run("payouts"), api.run("payouts"))
    assert (await own(driver))["amount"] == 6_000  # what was earned on Monday is next week's
    await api.change(suspended, is_active=True)
    api.clock.at = MONDAY + timedelta(days=6)
    await api.run("payouts")
    assert (await own(driver))["amount"] == 6_000
    assert data_of_list(await suspended.get("/me/payouts")) == []  # so is whoever could not be paid
    api.clock.at = MONDAY + timedelta(days=7)
    await api.run("payouts")
    assert [each["amount"] for each in data_of_list(await driver.get("/me/payouts"))] == [50_000, 6_000]
    await api.relay()
    await audit(api)


async def test_drivers_are_paid_each_day_when_the_schedule_says_so(api: Api) -> None:
    api.follow(money=MoneyRules(payout_schedule=PayoutSchedule.DAILY))
    driver = await a_payee(api)
    await api.run("payouts")
    api.clock.at = api.clock.now().replace(hour=0, minute=0) + timedelta(days=1)
    await api.run("payouts")
    assert (await own(driver))["amount"] == 6_000


async def test_any_admin_decides_when_the_schedules_run_is_large(api: Api) -> None:
    api.follow(money=MoneyRules(four_eyes_amount=5_999))
    driver = await a_payee(api)
    api.clock.at = MONDAY
    await api.run("payouts")
    assert (await own(driver))["status"] == "awaiting_approval"
    admin = await api.admin()
    (batch,) = data_of_list(await admin.get("/admin/payouts/batches", status="awaiting_approval"))
    assert batch["requested_by"] is None
    assert data(await admin.post(f"/admin/payouts/{batch['id']}/approve"))["count"] == 1
    await api.relay()
    assert (await own(driver))["status"] == "done"


# Wave breaks down


@pytest.mark.parametrize("kind", ["error", "html", "timeout", "accepted_then_timeout"])
async def test_driver_is_paid_once_when_wave_breaks_down(api: Api, kind: str) -> None:
    driver, admin = await a_payee(api), await api.admin()
    await run(admin)
    await api.arm(kind, times=3)
    await api.relay()
    assert (await own(driver))["status"] in ("processing", "done")
    for _ in range(8):
        api.clock.advance(2 * MINUTE)
        await api.relay()
        await api.run("payouts_check")
    assert (await own(driver))["status"] == "done"
    assert len((await api.ledger())["payouts"]) == 1
    await audit(api)


async def test_payout_is_sent_by_the_check_when_its_event_is_lost(api: Api) -> None:
    driver, admin = await a_payee(api), await api.admin()
    await run(admin)
    api.clock.advance(2 * MINUTE)
    await api.run("payouts_check")
    assert (await own(driver))["status"] == "done"
    await api.relay()
    assert len((await api.ledger())["payouts"]) == 1
    await audit(api)


async def test_payout_is_sent_again_when_wave_does_not_know_it_after_ten_minutes(api: Api) -> None:
    driver = await a_payee(api)
    await run(await api.admin())
    await api.arm("error", times=50)
    await api.relay()
    await api.arm("error", times=0)
    for minutes, status in ((9, "processing"), (2, "done")):
        api.clock.advance(minutes * MINUTE)
        await api.run("payouts_check")
        assert (await own(driver))["status"] == status
    await api.relay()
    assert len((await api.ledger())["payouts"]) == 1
    await audit(api)


async def test_payout_ends_later_when_wave_takes_its_time(api: Api) -> None:
    driver = await a_payee(api, phone=SLOW)
    unlucky = await a_payee(api, phone=SLOW_TO_FAIL)
    await run(await api.admin())
    await api.relay()
    for _ in range(2):
        assert {(await own(each))["status"] for each in (driver, unlucky)} == {"processing"}
        await audit(api)
        api.clock.advance(5 * MINUTE + SECOND)
        await api.run("payouts_check")
    assert (await own(driver))["status"] == "done"
    assert (await own(unlucky))["status"] == "failed"
    assert (await payable(api, driver), await payable(api, unlucky)) == (0, 6_000)
    await audit(api)


async def test_francs_are_owed_again_when_wave_refuses_the_number(api: Api) -> None:
    driver, admin = await a_payee(api, phone=BLOCKED), await api.admin()
    async with api.service.platform.begin() as unit:
        await earn(unit, driver.id, 2_000, api.clock.now() - SECOND)
        await charge(unit, driver.id, 1_000, api.clock.now() - SECOND)
    await run(admin)
    await api.relay()
    payout = await own(driver)
    assert (payout["status"], payout["failure"]["code"]) == ("failed", "recipient-account-blocked")
    assert await payable(api, driver) == 7_000
    assert payout["withheld"] == 1_000
    await audit(api)
    (again,) = (await run(admin))["payouts"]
    assert (again["amount"], again["withheld"]) == (7_000, 1_000)


async def test_nothing_is_sent_when_the_driver_is_suspended_meanwhile(api: Api) -> None:
    driver, admin = await a_payee(api), await api.admin()
    await run(admin)
    await api.change(driver, is_active=False)
    await api.relay()
    (payout,) = await payouts(admin)
    assert (payout["status"], payout["failure"]["code"]) == ("failed", "suspended")
    assert (await api.ledger())["payouts"] == []
    assert await payable(api, driver) == 6_000
    await audit(api)


# What is seen of it


async def test_lists_are_narrowed_when_filters_are_given(api: Api) -> None:
    paid, blocked, admin = await a_payee(api), await a_payee(api, phone=BLOCKED), await api.admin()
    ran = await run(admin)
    await api.relay()
    everything = {each["driver_id"]: each for each in await payouts(admin)}
    assert set(everything) == {str(paid.id), str(blocked.id)}
    assert everything[str(paid.id)]["phone"] == paid.phone
    for query in (
        {"status": "done"},
        {"driver_id": str(paid.id)},
        {"status": "done", "batch_id": ran["batch_id"], "kind": "earnings", "method": "wave"},
    ):
        assert [each["driver_id"] for each in await payouts(admin, **query)] == [str(paid.id)]
    assert await payouts(admin, kind="withdrawal") == []
    assert await payouts(admin, created_at_lte=(api.clock.now() - HOUR).isoformat()) == []
    (batch,) = data_of_list(await admin.get("/admin/payouts/batches", sort="created_at"))
    assert (batch["id"], batch["total"], batch["count"], batch["status"]) == (ran["batch_id"], 12_000, 2, "approved")
    assert data_of_list(await (await api.driver()).get("/me/payouts")) == []


async def test_numbers_are_masked_when_the_role_may_only_read(api: Api) -> None:
    driver = await a_payee(api)
    ran = await run(await api.admin(Role.FINANCE))
    ops = await api.admin(Role.OPS)
    assert [each["phone"] for each in await payouts(ops)] == [f"***{driver.phone[-4:]}"]
    exported = (await ops.get(f"/admin/payouts/{ran['batch_id']}/export")).text
    assert driver.phone not in exported
    refusal(await ops.post("/admin/payouts/run", {}), 403, "forbidden")
    refusal(await (await api.admin(Role.SUPPORT)).get("/admin/payouts"), 403, "forbidden")


NAMES = {
    "=1+1": "'=1+1 Kouassi",
    "+x": "'+x Kouassi",
    "-2": "'-2 Kouassi",
    "@SUM(A1)": "'@SUM(A1) Kouassi",
    " =1": "' =1 Kouassi",
    'Yao "le\nGrand", fils': 'Yao "le Grand", fils Kouassi',
    "\tYao": "' Yao Kouassi",
    "<b>&amp;": "<b>&amp; Kouassi",
}


async def exported(api: Api) -> tuple[Person, str, dict[str, Person]]:
    """A run over drivers with names that mean harm."""
    drivers = {name: await a_payee(api, first_name=name) for name in NAMES}
    admin = await api.admin(Role.FINANCE)
    return admin, f"/admin/payouts/{(await run(admin))['batch_id']}/export", drivers


async def test_table_is_inert_when_it_is_taken_as_csv(api: Api) -> None:
    admin, path, drivers = await exported(api)
    answer = await admin.get(path)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="payouts-')
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["driver_id"]: row["driver"] for row in rows} == {
        str(drivers[name].id): shown for name, shown in NAMES.items()
    }
    assert {row["phone"] for row in rows} == {f"'{driver.phone}" for driver in drivers.values()}
    assert {(row["amount"], row["withheld"], row["status"], row["done_at"]) for row in rows} == {
        ("6000", "0", "scheduled", "")
    }
    assert [line.meta for line in await api.inside.audit() if line.action == "payouts.exported"] != []


async def test_table_is_inert_when_it_is_taken_as_xlsx(api: Api) -> None:
    admin, path, drivers = await exported(api)
    answer = await admin.get(path, format="xlsx")
    assert answer.headers["content-type"].endswith("spreadsheetml.sheet")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=False).active
    assert sheet is not None
    head, *rows = sheet.iter_rows()
    names = [cell.value for cell in head]
    found = [dict(zip(names, [cell.value for cell in row], strict=True)) for row in rows]
    assert {row["driver_id"]: row["driver"] for row in found} == {
        str(drivers[name].id): shown for name, shown in NAMES.items()
    }
    assert {row["phone"] for row in found} == {driver.phone for driver in drivers.values()}
    assert {(row["amount"], row["done_at"]) for row in found} == {(6_000, None)}
    at = api.clock.now().replace(tzinfo=None)
    assert {row["scheduled_at"] for row in found} == {at}
    assert not any(cell.data_type == "f" for row in rows for cell in row)


async def test_format_is_refused_when_there_is_none_such(api: Api) -> None:
    await a_payee(api)
    admin = await api.admin()
    batch = (await run(admin))["batch_id"]
    answer = await admin.get(f"/admin/payouts/{batch}/export", format="pdf")
    assert paths(refusal(answer, 422, "validation_error")) == ["format"]


async def test_numbers_are_unreadable_at_rest_when_they_are_not_the_accounts(api: Api) -> None:
    driver, admin = await a_payee(api), await api.admin()
    await run(admin, key=fresh_key())
    await api.change(driver, phone=None, is_phone_verified=False)
    assert driver.phone not in await api.inside.everything()
    assert [each["phone"] for each in await payouts(admin)] == [driver.phone]
