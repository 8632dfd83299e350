"""What people report and messages that were flagged: looked at, decided, hidden."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.domain.identity.roles import Role
from tests.support.api import Api, Person
from tests.support.factories import SECOND
from tests.support.wire import NOBODY, data, paths, refusal

NUMBER = "Appelle-moi au 07 08 09 10 11"


async def chat(api: Api) -> tuple[Person, Person, str]:
    """Passenger, driver, and where they write to each other."""
    passenger, driver = await api.passenger(), await api.driver()
    booking = await api.accepted(passenger, driver, await api.trip(driver))
    return passenger, driver, f"/bookings/{booking['id']}/messages"


async def said(api: Api, person: Person, path: str, text: str) -> Any:
    api.clock.advance(SECOND)
    return data(await person.post(path, {"content": text}), 201)


async def review(admin: Person, case: Any, **body: object) -> Any:
    kind = "message" if "from_user_id" in case else "report"
    return await admin.send("PATCH", f"/admin/moderation/{kind}/{case['id']}", json=body)


async def listed(admin: Person, **query: str) -> list[tuple[str, str, str]]:
    cases = data(await admin.get("/admin/moderation", **query))
    return [(case["kind"], case["id"], case["status"]) for case in cases]


async def test_reports_and_flagged_messages_are_one_list(api: Api) -> None:
    admin = await api.admin(Role.SUPPORT)
    passenger, driver, path = await chat(api)
    await said(api, passenger, path, "Bonjour")
    flagged = await said(api, passenger, path, NUMBER)
    api.clock.advance(SECOND)
    report = data(await driver.post(f"/users/{passenger.id}/report", {"reason": "Insistant"}), 201)
    assert await listed(admin) == [("report", report["id"], "open"), ("message", flagged["id"], "open")]
    assert await listed(admin, kind="message", status="open") == [("message", flagged["id"], "open")]
    assert await listed(admin, about=str(driver.id)) == []
    assert len(await listed(admin, about=str(passenger.id), by=str(driver.id))) == 2
    assert [case for _, case, _ in await listed(admin, sort="created_at")] == [flagged["id"], report["id"]]
    data(await review(admin, report, status="dismissed"))
    data(await review(admin, flagged, status="reviewed"))
    assert await listed(admin, status="open") == []
    assert await listed(admin, status="dismissed") == [("report", report["id"], "dismissed")]
    assert await listed(admin, status="reviewed") == [("message", flagged["id"], "reviewed")]


async def test_message_is_shown_with_what_was_written_around_it(api: Api) -> None:
    admin = await api.admin(Role.OPS)
    passenger, driver, path = await chat(api)
    texts = [f"avant {n}" for n in range(7)] + [NUMBER] + [f"après {n}" for n in range(7)]
    written = [await said(api, passenger if n % 2 else driver, path, text) for n, text in enumerate(texts)]
    shown = data(await admin.get(f"/admin/moderation/message/{written[7]['id']}"))
    assert [message["content"] for message in shown["messages"]] == texts[2:13]
    assert (shown["about"]["id"], shown["about"]["phone"]) == (str(passenger.id), passenger.phone)
    assert (shown["by"]["id"], shown["review"], shown["case"]["text"]) == (str(driver.id), None, NUMBER)
    refusal(await admin.get(f"/admin/moderation/message/{written[0]['id']}"), 404, "not_found")
    refusal(await admin.get(f"/admin/moderation/report/{written[7]['id']}"), 404, "not_found")
    refusal(await admin.get(f"/admin/moderation/trip/{NOBODY}"), 422, "validation_error")


async def test_report_about_a_booking_is_shown_with_its_chat(api: Api) -> None:
    admin = await api.admin()
    passenger, driver, path = await chat(api)
    await said(api, passenger, path, "Bonjour")
    body = {"reason": "Insistant", "booking_id": path.split("/")[2]}
    report = data(await driver.post(f"/users/{passenger.id}/report", body), 201)
    bare = data(await passenger.post(f"/users/{driver.id}/report", {"reason": "Impoli"}), 201)
    shown = data(await admin.get(f"/admin/moderation/report/{report['id']}"))
    assert [message["content"] for message in shown["messages"]] == ["Bonjour"]
    assert (shown["case"]["text"], shown["case"]["booking_id"]) == ("Insistant", body["booking_id"])
    assert data(await admin.get(f"/admin/moderation/report/{bare['id']}"))["messages"] == []


async def test_report_is_closed_once_and_may_be_made_again(api: Api) -> None:
    first, second = await api.admin(Role.SUPPORT), await api.admin()
    passenger, driver, _ = await chat(api)
    path = f"/users/{passenger.id}/report"
    report = data(await driver.post(path, {"reason": "Insistant"}), 201)
    shown = data(await review(first, report, status="reviewed", note="Appelé."))
    assert (shown["case"]["status"], shown["review"]["note"]) == ("reviewed", "Appelé.")
    again = data(await review(second, report, status="dismissed"))
    assert again["review"] | {"at": ""} == {
        "outcome": "dismissed",
        "note": "Appelé.",
        "admin_id": str(second.id),
        "at": "",
    }
    (own,) = data(await driver.get("/me/export"))["reports"]
    assert own["status"] == "closed"
    data(await driver.post(path, {"reason": "Encore"}), 201)
    lines = [line for line in await api.inside.audit() if line.action == "case.reviewed"]
    assert len(lines) == 2
    assert all("Appelé" not in line.meta for line in lines)


async def test_hidden_message_shows_nothing_of_itself_to_either_side(api: Api) -> None:
    admin = await api.admin(Role.SUPPORT)
    passenger, driver, path = await chat(api)
    message = await said(api, passenger, path, NUMBER)
    assert (message["removed"], message["flags"]) == (False, ["phone"])
    data(await review(admin, message, status="reviewed", hidden=True, note="Numéro."))
    for person in (passenger, driver):
        answer = await person.get(path)
        (shown,) = data(answer)
        assert (shown["content"], shown["removed"], shown["flags"]) == (None, True, [])
        assert "07 08" not in answer.text
    detail = data(await admin.get(f"/admin/moderation/message/{message['id']}"))
    assert (detail["case"]["text"], detail["case"]["is_hidden"]) == (NUMBER, True)
    data(await review(admin, message, status="reviewed"))
    assert data(await driver.get(path))[0]["removed"] is True
    data(await review(admin, message, status="dismissed", hidden=False))
    assert data(await driver.get(path))[0]["content"] == NUMBER


@pytest.mark.parametrize("body", [{}, {"status": "open"}, {"status": "reviewed", "hidden": 1}, {"status": "x"}])
async def test_review_is_refused_when_its_body_is_unsound(api: Api, body: dict[str, object]) -> None:
    admin, (passenger, _, path) = await api.admin(), await chat(api)
    refusal(await review(admin, await said(api, passenger, path, NUMBER), **body), 422, "validation_error")


async def test_report_is_not_hidden(api: Api) -> None:
    admin, (passenger, driver, _) = await api.admin(), await chat(api)
    report = data(await driver.post(f"/users/{passenger.id}/report", {"reason": "Insistant"}), 201)
    answer = await review(admin, report, status="reviewed", hidden=True)
    assert paths(refusal(answer, 422, "validation_error")) == ["hidden"]
    refusal(
        await admin.send("PATCH", f"/admin/moderation/report/{NOBODY}", json={"status": "reviewed"}), 404, "not_found"
    )


async def test_notes_about_his_messages_go_when_the_writer_is_erased(api: Api) -> None:
    admin, (passenger, _, path) = await api.admin(), await chat(api)
    message = await said(api, passenger, path, NUMBER)
    data(await review(admin, message, status="reviewed", note="Le cousin de Moussa."))
    data(await passenger.post(f"{path.removesuffix('/messages')}/cancel"))
    assert (await admin.send("DELETE", f"/admin/users/{passenger.id}")).status_code == 204
    assert "cousin" not in await api.inside.everything()
    assert await listed(admin) == []
