"""Figures: of the fleet to admins, of himself to a chauffeur."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.dispatch.bodies import staff_router
from allonova.adapters.http.dispatch.staff import Chauffeur, StaffAdmin
from allonova.adapters.http.fields import Day
from allonova.adapters.http.provide import use
from allonova.application.dispatch.report_chauffeur import ReportChauffeur
from allonova.application.dispatch.report_fleet import ReportFleet
from allonova.application.dispatch.stats_views import ChauffeurView, FleetView
from allonova.domain.dispatch.calendrier import Period

router = staff_router("chiffres", "/api")


class FleetQuery(BaseModel):
    """Which day."""

    model_config = ConfigDict(extra="forbid")

    date: Annotated[Day | None, Field(description="A day of the company's zone; today without it.")] = None


class PeriodQuery(BaseModel):
    """Which period."""

    model_config = ConfigDict(extra="forbid")

    period: Annotated[Period, Field(description="The current one of the company's zone.")] = Period.WEEK


@router.get("/stats/flotte", **spec(FleetView, ReportFleet.errors, row=True))
async def report_fleet(
    caller: StaffAdmin, query: Annotated[FleetQuery, Query()], report: Annotated[ReportFleet, use(ReportFleet)]
) -> Response:
    """A day of the fleet beside the same day a week before. `charge` has a row for each hour that the clock shows: 24,
    or 23 or 25 when it changes.
    """
    return answer(await report(by=caller, day=query.date))


@router.get("/me/stats", **spec(ChauffeurView, ReportChauffeur.errors, row=True))
async def report_chauffeur(
    caller: Chauffeur, query: Annotated[PeriodQuery, Query()], report: Annotated[ReportChauffeur, use(ReportChauffeur)]
) -> Response:
    """The caller's week, month or year up to today, beside the whole one before."""
    return answer(await report(by=caller, period=query.period))
