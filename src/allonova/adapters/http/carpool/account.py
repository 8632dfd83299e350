"""One's account as a whole: to take along, or to leave behind."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.erase_account import EraseAccount
from allonova.application.carpool.export_account import AccountExport, ExportAccount

router = api_router("Identity", "/me")


@router.delete("", **spec(None, EraseAccount.errors, status=204))
async def erase_account(caller: UserCaller, erase: Annotated[EraseAccount, use(EraseAccount)]) -> Response:
    """Erase one's account; `details.reasons` of a refusal say what must end first. Rides, books and papers are kept, as
    the law wants, under an id that names nobody.
    """
    await erase(caller_id=caller.user_id)
    return Response(status_code=204)


@router.get("/export", **spec(AccountExport, ExportAccount.errors))
async def export_account(caller: UserCaller, export: Annotated[ExportAccount, use(ExportAccount)]) -> Response:
    """All of one's data."""
    return answer(await export(caller=caller))
