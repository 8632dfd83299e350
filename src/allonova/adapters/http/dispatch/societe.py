"""The company's own page."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import MISSING, AfterValidator, Field, StrictBool, StrictInt, StringConstraints
from pydantic_core import PydanticCustomError

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.dispatch.bodies import NovaBody, staff_router
from allonova.adapters.http.dispatch.staff import StaffAdmin
from allonova.adapters.http.dispatch.zones import countries, zones
from allonova.adapters.http.fields import Email, Line, WrittenPhone, given
from allonova.adapters.http.provide import IfMatch, use
from allonova.application.dispatch.change_societe import ChangeSociete
from allonova.application.dispatch.company_queries import CompanyQueries
from allonova.application.dispatch.staff_views import SocieteView
from allonova.domain.dispatch.societe import SocieteChange
from allonova.domain.kernel.errors import NotFound

router = staff_router("société", "/api/societe")


def _zone(text: str) -> str:
    if text not in zones():
        raise PydanticCustomError("timezone", "not a time zone of the IANA database")
    return text


def _country(text: str) -> str:
    if text not in countries():
        raise PydanticCustomError("country", "not a country of ISO 3166 in two letters")
    return text


type Slug = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", min_length=2, max_length=64),
    Field(examples=["taxis-lumiere"]),
]
type Siret = Annotated[Line, StringConstraints(max_length=32), Field(examples=["73282932000074"])]
type Pays = Annotated[
    str,
    StringConstraints(max_length=2),
    AfterValidator(_country),
    Field(examples=["FR"], description="Where phones without `+` ring."),
]
type Fuseau = Annotated[
    str,
    StringConstraints(max_length=64),
    AfterValidator(_zone),
    Field(examples=["Europe/Paris"], description="Whose days, weeks and months are the company's."),
]
type SlaMinutes = Annotated[StrictInt, Field(ge=1, le=10080, description="How long a commande may wait.")]
type DemandeSecondes = Annotated[StrictInt, Field(ge=30, le=600, description="How long a chauffeur has to answer.")]


class SocieteChangeBody(NovaBody):
    """What is to be otherwise; what is left out stays, and null takes the `siret` away."""

    nom: Line | MISSING = MISSING
    slug: Slug | MISSING = MISSING
    siret: Siret | MISSING | None = MISSING
    adresse: Line | MISSING = MISSING
    telephone: WrittenPhone | MISSING = MISSING
    email: Email | MISSING = MISSING
    pays: Pays | MISSING = MISSING
    fuseau: Fuseau | MISSING = MISSING
    sla_minutes: SlaMinutes | MISSING = MISSING
    dispatch_auto: StrictBool | MISSING = MISSING
    demande_secondes: DemandeSecondes | MISSING = MISSING
    version_obligatoire: StrictBool | MISSING = MISSING

    def to_change(self) -> SocieteChange:
        """As the use case takes it."""
        return SocieteChange(
            nom=given(self.nom),
            slug=given(self.slug),
            siret="" if self.siret is None else given(self.siret),
            adresse=given(self.adresse),
            telephone=given(self.telephone),
            email=given(self.email),
            pays=given(self.pays),
            fuseau=given(self.fuseau),
            sla_minutes=given(self.sla_minutes),
            dispatch_auto=given(self.dispatch_auto),
            demande_secondes=given(self.demande_secondes),
            version_obligatoire=given(self.version_obligatoire),
        )


@router.get("", **spec(SocieteView, [NotFound], row=True))
async def get_societe(caller: StaffAdmin, queries: Annotated[CompanyQueries, use(CompanyQueries)]) -> Response:
    """The company."""
    societe = await queries.societe(caller.societe_id)
    if societe is None:
        raise NotFound
    return answer(societe, etag=societe.version)


@router.patch("", **spec(SocieteView, ChangeSociete.errors, row=True))
async def change_societe(
    body: SocieteChangeBody, caller: StaffAdmin, version: IfMatch, change: Annotated[ChangeSociete, use(ChangeSociete)]
) -> Response:
    """Change the company. With `versionObligatoire`, changes of the company, of commandes and of taxis name the version
    that they change (`If-Match`).
    """
    societe = await change(by=caller, change=body.to_change(), expected=version)
    return answer(societe, etag=societe.version)
