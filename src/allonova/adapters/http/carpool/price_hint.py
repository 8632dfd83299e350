"""What to ask for a seat."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.carpool.search import LatLon, to_point
from allonova.adapters.http.listing import parameters_of, read_query
from allonova.adapters.http.provide import use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.hint_price import HintPrice, PriceHintView

router = api_router("Trips", "/trips")


class HintQuery(BaseModel):
    """From where to where."""

    model_config = ConfigDict(extra="forbid")

    start: LatLon = Field(alias="from")
    end: LatLon = Field(alias="to")


async def hint_query(request: Request) -> HintQuery:
    """The query string, read."""
    return read_query(HintQuery, request.query_params.multi_items())


@router.get("/price-hint", **spec(PriceHintView, HintPrice.errors, private=False, parameters=parameters_of(HintQuery)))
async def hint_price(
    asked: Annotated[HintQuery, Depends(hint_query)], hint: Annotated[HintPrice, use(HintPrice)]
) -> Response:
    """What a seat should cost: what drivers took on this way lately, else by the kilometre; within the corridor."""
    return answer(await hint(start=to_point(asked.start), end=to_point(asked.end)))
