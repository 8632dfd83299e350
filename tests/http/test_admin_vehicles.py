"""The back office reviews vehicles."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.domain.identity.roles import Role
from tests.support.api import Api, Person
from tests.support.wire import NOBODY, data, refusal, require_refused


async def a_vehicle(driver: Person) -> Any:
    (vehicle,) = data(await driver.get("/vehicles"))
    return vehicle


async def review(person: Person, vehicle: Any, *, etag: str | None = None, **body: Any) -> Any:
    headers = {} if etag is None else {"If-Match": etag}
    json = {"reason": "seen at the garage", **body}
    return await person.send("PATCH", f"/admin/vehicles/{vehicle['id']}", json=json, headers=headers)


@pytest.mark.parametrize("role", [Role.SUPER, Role.OPS, Role.COMPLIANCE])
async def test_vehicle_is_verified_when_the_back_office_says_so(api: Api, role: Role) -> None:
    driver = await api.driver()
    answer = await review(await api.admin(role), await a_vehicle(driver), verified=True, comfort_level="comfort")
    reviewed = data(answer)
    assert (reviewed["verified"], reviewed["comfort_level"]) == (True, "comfort")
    assert answer.headers["etag"] == f'"{reviewed["version"]}"'
    assert await a_vehicle(driver) == reviewed


async def test_review_is_audited_when_it_changes_something(api: Api) -> None:
    driver, admin = await api.driver(), await api.admin()
    vehicle = await a_vehicle(driver)
    data(await review(admin, vehicle, verified=True))
    after = await api.inside.everything()
    assert after.count("vehicle.reviewed") == 1
    assert "seen at the garage" in after
    data(await review(admin, vehicle, verified=True))
    assert await api.inside.everything() == after


async def test_vehicle_stays_as_it_is_when_another_version_was_read(api: Api) -> None:
    admin, vehicle = await api.admin(), await a_vehicle(await api.driver())
    first = data(await review(admin, vehicle, etag=f'"{vehicle["version"]}"', verified=True))
    details = refusal(
        await review(admin, vehicle, etag=f'"{vehicle["version"]}"', verified=False), 412, "precondition_failed"
    )
    assert details["current"] == first


async def test_vehicle_is_not_found_when_there_is_none_or_it_was_given_up(api: Api) -> None:
    admin, driver = await api.admin(), await api.driver()
    refusal(await review(admin, {"id": NOBODY}, verified=True), 404, "not_found")
    vehicle = await a_vehicle(driver)
    assert (await driver.send("DELETE", f"/vehicles/{vehicle['id']}")).status_code == 204
    refusal(await review(admin, vehicle, verified=True), 404, "not_found")


async def test_review_is_refused_when_it_says_anything_else(api: Api, subtests: pytest.Subtests) -> None:
    admin, vehicle = await api.admin(), await a_vehicle(await api.driver())
    values = [("verified", 1), ("comfort_level", "gold"), ("reason", ""), ("plate_number", "1"), ("user_id", NOBODY)]
    await require_refused(subtests, values, lambda body: review(admin, vehicle, **body))
