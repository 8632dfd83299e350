"""Who is at which card of the board."""

from __future__ import annotations

from typing import Any

from allonova.application.dispatch.presences import AT_MOST
from allonova.domain.dispatch.staff import StaffRole
from tests.support.api import Api
from tests.support.nova import Colleague, Office, an_office
from tests.support.screens import Screen, planning
from tests.support.wire import NOBODY


async def an_office_of_two(api: Api) -> tuple[Office, Colleague, str]:
    """A company, a second dispatcher, and a card."""
    office = await an_office(api)
    return office, await office.hire(StaffRole.ADMIN), str((await office.commande()).id)


async def told(screen: Screen) -> tuple[str, Any, Any]:
    """The next presence: whose, where, what."""
    frame = await screen.line.next("presence")
    assert frame["id"] is None
    assert set(frame["data"]) == {"par", "commandeId", "mode"}
    return frame["data"]["par"]["name"], frame["data"]["commandeId"], frame["data"]["mode"]


async def test_others_see_what_one_does_with_a_card(api: Api) -> None:
    office, colleague, card = await an_office_of_two(api)
    async with planning(office.admin) as mine, planning(colleague) as theirs:
        for mode in ("voir", "deplacer", None):
            await mine.say("presence", commandeId=card, mode=mode)
            assert await told(theirs) == (office.admin.user.name, card, mode)
        assert await mine.frames() == []


async def test_newcomer_sees_who_is_there_and_all_see_who_has_gone(api: Api) -> None:
    office, colleague, card = await an_office_of_two(api)
    other = str((await office.commande()).id)
    async with planning(colleague) as theirs:
        async with planning(office.admin) as mine:
            for each in (card, other):
                await mine.say("presence", commandeId=each, mode="voir")
                assert await told(theirs) == (office.admin.user.name, each, "voir")
            async with planning(await office.hire(StaffRole.ADMIN)) as late:
                assert {await told(late), await told(late)} == {
                    (office.admin.user.name, card, "voir"),
                    (office.admin.user.name, other, "voir"),
                }
        assert [await told(theirs), await told(theirs)] == [
            (office.admin.user.name, card, None),
            (office.admin.user.name, other, None),
        ]


async def test_one_is_still_there_when_only_one_of_his_windows_is_closed(api: Api) -> None:
    office, colleague, card = await an_office_of_two(api)
    async with planning(colleague) as theirs, planning(office.admin) as mine:
        await mine.say("presence", commandeId=card, mode="voir")
        await told(theirs)
        async with planning(office.admin) as second:
            await second.say("presence", commandeId=card, mode="deplacer")
            assert (await told(theirs))[2] == "deplacer"
        assert (await told(theirs))[2] == "voir"
    await require_nobody(api, office)


async def require_nobody(api: Api, office: Office) -> None:
    assert await api.service.platform.presences.present(office.societe.id) == []


async def test_refused_when_it_is_no_card_of_the_company(api: Api) -> None:
    office, colleague, card = await an_office_of_two(api)
    theirs = await an_office(api)
    foreign = str((await theirs.commande()).id)
    async with planning(office.admin) as mine, planning(colleague) as others, planning(theirs.admin) as outside:
        for data, code in (
            ({"commandeId": foreign, "mode": "voir"}, "not_found"),
            ({"commandeId": NOBODY, "mode": None}, "not_found"),
            ({"commandeId": card, "mode": "voler"}, "validation_error"),
            ({"commandeId": card}, "validation_error"),
            ({"commande_id": card, "mode": "voir"}, "validation_error"),
            ({"commandeId": card, "mode": "voir", "par": {"name": "Moi"}}, "validation_error"),
        ):
            await mine.say("presence", **data)
            assert (await mine.line.next("error"))["data"]["code"] == code
        await mine.say("presence", commandeId=card, mode=None)  # he was not there
        await mine.say("presence", commandeId=card, mode="voir")
        assert (await told(others))[2] == "voir"
        assert await others.frames() == await outside.frames() == []
    await require_nobody(api, theirs)


async def test_oldest_is_left_when_one_is_at_more_cards_than_a_screen_shows(api: Api) -> None:
    office, colleague, _ = await an_office_of_two(api)
    cards = [str((await office.commande()).id) for _ in range(AT_MOST + 1)]
    async with planning(office.admin) as mine, planning(colleague) as theirs:
        for card in cards:
            await mine.say("presence", commandeId=card, mode="voir")
        seen = [(await told(theirs))[1:] for _ in range(AT_MOST + 2)]
        assert seen == [*((card, "voir") for card in cards), (cards[0], None)]
