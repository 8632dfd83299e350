"""The public form: orders of whoever comes, and the look at a course by its link."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query, Request, Response
from pydantic import Field, StrictInt, StringConstraints

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.dispatch.bodies import NovaBody, open_router
from allonova.adapters.http.fields import Email, Instant, Line, Text, WrittenPhone
from allonova.adapters.http.identity.addresses import require_deliverable
from allonova.adapters.http.limits import client_address, limit_rare
from allonova.adapters.http.provide import edge_of, keyed, use
from allonova.application.dispatch.captcha import Captcha
from allonova.application.dispatch.follow_commande import FollowCommande, SuiviView
from allonova.application.dispatch.order_by_form import CommandeRecue, FormOrder, OrderByForm
from allonova.application.dispatch.order_desk import OrderDraft
from allonova.application.dispatch.wire import wire
from allonova.application.kernel.idempotency import Once
from allonova.domain.identity.contact import contact_of

router = open_router("public", "/api/public")

HOUR_S: Final = 3600
TOKEN: Final = "captchaToken"  # noqa: S105 - a field's name


@wire
class CaptchaConfig:
    """What a form needs to ask its captcha for a token, for the action `formulaire`."""

    site_key: str
    provider: str


class FormClientBody(NovaBody):
    """Who orders."""

    nom: Line = Field(examples=["Awa Koné"])
    email: Email
    phone: WrittenPhone


class FormOrderBody(NovaBody):
    """An order from the company's site. `societe` is its slug; it may be left out where there is one company alone."""

    societe: Line | None = None
    client: FormClientBody
    prise_en_charge: Line = Field(examples=["Gare du Nord"])
    destination: Line = Field(examples=["Aéroport Félix-Houphouët-Boigny"])
    date_iso: Instant = Field(description="From now to 365 days ahead.")
    passagers: StrictInt = Field(ge=1, le=50, examples=[2])
    bagages: StrictInt = Field(ge=0, le=100, examples=[1])
    vol: Line | None = Field(default=None, examples=["AF702"])
    commentaire: Text | None = None
    captcha_token: Annotated[str, StringConstraints(max_length=8192)] = Field(
        description="What the captcha gave the form for the action `formulaire`."
    )

    def to_order(self) -> FormOrder:
        """As the use case takes it."""
        return FormOrder(
            societe=self.societe,
            nom=self.client.nom,
            email=self.client.email,
            phone=self.client.phone,
            draft=OrderDraft(
                prise_en_charge=self.prise_en_charge,
                destination=self.destination,
                date_iso=self.date_iso,
                passagers=self.passagers,
                bagages=self.bagages,
                vol=self.vol,
                commentaire=self.commentaire,
            ),
            captcha_token=self.captcha_token,
        )


async def nobody() -> None:
    """Whoever fills in a form is nobody that we know."""
    return


@router.get("/captcha-config", **spec(CaptchaConfig, private=False))
async def show_captcha_config(captcha: Annotated[Captcha, use(Captcha)]) -> Response:
    """Which captcha the form is to show."""
    return answer(CaptchaConfig(site_key=captcha.site_key, provider=captcha.provider))


@router.post("/commandes", **spec(CommandeRecue, OrderByForm.errors, status=201, private=False, keyed=True))
async def order_by_form(
    body: FormOrderBody,
    request: Request,
    order: Annotated[OrderByForm, use(OrderByForm)],
    once: Annotated[Once[CommandeRecue], keyed(201, who=nobody, passing=frozenset({TOKEN}))],
) -> Response:
    """Order a course; a mail with the follow-up link goes to the client. A repeat under the same key may bring a new
    token of the captcha. An address may order in an hour as often as it may ask in a minute.
    """
    config = edge_of(request).config
    await limit_rare(request, "public-commandes", amount=config.anonymous_per_minute, window_s=HOUR_S)
    require_deliverable(request, contact_of(body.client.email), "client.email")
    address = client_address(request, config.trusted_proxies)
    return answer(await order(order=body.to_order(), address=address, once=once), status=201, once=once)


type SuiviToken = Annotated[
    str, Query(min_length=1, max_length=200, description="What stands in the fragment of `suiviUrl`.")
]


@router.get("/commandes/{reference}", **spec(SuiviView, FollowCommande.errors, private=False))
async def follow_commande(
    reference: str, token: SuiviToken, follow: Annotated[FollowCommande, use(FollowCommande)]
) -> Response:
    """How a course stands, until a day after it."""
    return answer(await follow(reference=reference, token=token))
