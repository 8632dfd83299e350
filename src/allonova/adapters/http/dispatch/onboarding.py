"""A company comes: the wizard's last step."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Self

from fastapi import Request, Response
from pydantic import Field, ModelWrapValidatorHandler, PrivateAttr, StringConstraints, ValidationError, model_validator

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.dispatch.bodies import NovaBody, open_router
from allonova.adapters.http.dispatch.clients import ClientBody
from allonova.adapters.http.dispatch.raw_bootstrap import DEFAULT_FUSEAU, RawBootstrap
from allonova.adapters.http.dispatch.societe import Fuseau, Pays, Siret, SlaMinutes, Slug
from allonova.adapters.http.dispatch.taxis import Numero, TaxiBody
from allonova.adapters.http.fields import Email, Line, NewPassword, WrittenPhone
from allonova.adapters.http.limits import client_address, limit_rare
from allonova.adapters.http.provide import edge_of, use
from allonova.application.dispatch.add_client import ClientDraft
from allonova.application.dispatch.bootstrap import Bootstrap
from allonova.application.dispatch.captcha import FORM_ACTION
from allonova.application.dispatch.founding import AdminDraft, ChauffeurRow, Dossier, Founding, SocieteDraft, TaxiRow
from allonova.application.dispatch.staff_views import FoundedView
from allonova.domain.dispatch.societe import SLA_MINUTES
from allonova.domain.kernel.errors import FieldError

router = open_router("onboarding", "/api/onboarding")

DAY_S = 86_400
FOUNDINGS = 5  # nova.md, Companies: a day, per address
TRIES = 60  # docs/decisions/0038: a wizard that corrects itself, and nobody who looks for addresses
ROWS = 200  # nova.md, Companies
INVITATIONS = 50


class FoundedSocieteBody(NovaBody):
    """The company. Without a `slug` one is made of its name; `pays` is where `fuseau` lies, unless it is said."""

    nom: Line = Field(examples=["Taxis Lumière"])
    slug: Slug | None = None
    siret: Siret | None = None
    adresse: Line = Field(examples=["12 rue de la République, 69002 Lyon"])
    telephone: WrittenPhone
    email: Email
    pays: Pays | None = None
    fuseau: Fuseau = DEFAULT_FUSEAU
    sla_minutes: SlaMinutes = SLA_MINUTES


class FirstAdminBody(NovaBody):
    """Whoever runs the company."""

    email: Email
    name: Line = Field(examples=["Mick Lumière"])
    password: NewPassword


class FirstChauffeurBody(NovaBody):
    """A chauffeur, and the number of his taxi among those that come with him."""

    name: Line = Field(examples=["Koffi Yao"])
    email: Email
    phone: WrittenPhone
    taxi_numero: Numero | None = None


class BootstrapBody(NovaBody):
    """A company with all that it has from the first day. It is taken whole or not at all."""

    societe: FoundedSocieteBody
    admin: FirstAdminBody
    taxis: Annotated[list[TaxiBody], Field(max_length=ROWS)] = Field(default_factory=list)
    chauffeurs: Annotated[list[FirstChauffeurBody], Field(max_length=INVITATIONS)] = Field(
        default_factory=list, description="Each is invited by mail."
    )
    clients: Annotated[list[ClientBody], Field(max_length=ROWS)] = Field(default_factory=list)
    captcha_token: Annotated[str, StringConstraints(max_length=8192)] | None = Field(
        default=None, description=f"What the captcha gave for the action `{FORM_ACTION}`; needed in production."
    )

    _raw: Any = PrivateAttr(default=None)
    _faults: list[FieldError] = PrivateAttr(default_factory=list)

    @model_validator(mode="wrap")
    @classmethod
    def _take(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Whatever comes is taken, for all its faults to be told at once."""
        try:
            return handler(value).came_as(value, [])
        except ValidationError as error:
            faults = [
                FieldError(".".join(map(str, fault["loc"])), fault["type"], fault["msg"]) for fault in error.errors()
            ]
            return cls.model_construct().came_as(value, faults)

    def came_as(self, raw: Any, faults: list[FieldError]) -> Self:
        """Remember what was sent, and what is wrong with its fields."""
        self._raw, self._faults = raw, faults
        return self

    def to_dossier(self, *, takes_test_addresses: bool) -> Dossier:
        """As the use case takes it."""
        look = RawBootstrap(self._raw)
        known = {fault.path for fault in self._faults}
        between = [fault for fault in look.faults(takes_test_addresses=takes_test_addresses) if fault.path not in known]
        faults = tuple(self._faults + between)
        return Dossier(
            founding=None if faults else self._to_founding(look),
            faults=faults,
            emails={path: email for path, email in look.emails.items() if path not in known},
            slug=None if "societe.slug" in known else look.text("societe", "slug"),
            password=None if "admin.password" in known else look.text("admin", "password"),
        )

    def _to_founding(self, look: RawBootstrap) -> Founding:
        societe = self.societe
        return Founding(
            societe=SocieteDraft(
                nom=societe.nom,
                slug=societe.slug,
                siret=societe.siret,
                adresse=societe.adresse,
                telephone=look.phone(societe.telephone) or "",
                email=societe.email,
                pays=look.pays or "",
                fuseau=societe.fuseau,
                sla_minutes=societe.sla_minutes,
            ),
            admin=AdminDraft(email=self.admin.email, name=self.admin.name, password=self.admin.password),
            taxis=[TaxiRow(numero=row.numero, plaque=row.plaque, vignette=row.vignette) for row in self.taxis],
            chauffeurs=[
                ChauffeurRow(
                    name=row.name, email=row.email, phone=look.phone(row.phone) or "", taxi_numero=row.taxi_numero
                )
                for row in self.chauffeurs
            ],
            clients=[
                ClientDraft(
                    type=row.type,
                    nom=row.nom,
                    contact_email=row.contact_email,
                    contact_phone=look.phone(row.contact_phone),
                    adresse=row.adresse,
                )
                for row in self.clients
            ],
        )


@router.post("/bootstrap", **spec(FoundedView, Bootstrap.errors, status=201, private=False))
async def bootstrap(request: Request, body: BootstrapBody, found: Annotated[Bootstrap, use(Bootstrap)]) -> Response:
    """Found a company with its taxis, chauffeurs, clients and first admin, who is logged in by the answer. Everything
    that is wrong is told at once, each fault with its path. An address may found five companies a day.
    """
    config = edge_of(request).config
    await limit_rare(request, "onboarding-tries", amount=TRIES, window_s=DAY_S)
    founded = await found(
        dossier=body.to_dossier(takes_test_addresses=config.takes_test_addresses),
        captcha_token=body.captcha_token,
        address=client_address(request, config.trusted_proxies),
        admit=partial(limit_rare, request, "onboarding", amount=FOUNDINGS, window_s=DAY_S),
    )
    return answer(founded, status=201)
