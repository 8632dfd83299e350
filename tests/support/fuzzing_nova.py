"""Who sends the made-up requests to NOVA's routes, and what they must not reach: another company."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from tests.support.api import Api
from tests.support.factories import DEPARTURE
from tests.support.fuzzing import Operation, Request, another, is_sound_turn
from tests.support.nova import Colleague, enter
from tests.support.walls import Furnished, furnish

SOUND: Mapping[str, Any] = {  # what the schema allows and chance hardly ever finds
    "dateISO": DEPARTURE.isoformat(),
    "captchaToken": "ok",
    "passagers": 2,
    "bagages": 1,
    "email": "new@taxis.test",
    "contactEmail": "new@clients.test",
    "phone": "+2250700000077",
    "contactPhone": "+2250700000078",
    "telephone": "+2252720000079",
    "client": {"nom": "Awa", "email": "awa@clients.test", "phone": "+2250700000080"},
    "admin": {"email": "first@taxis.test", "name": "Awa", "password": "quatre mots sans rapport"},
    "chauffeurs": [],
    "clients": [],
    "taxis": [{"numero": "1", "plaque": "AA-123-BB", "vignette": "V-1"}],
}
FOUNDED = {
    "nom": "Taxis Lumière",
    "adresse": "Plateau",
    "telephone": "+2252720000081",
    "email": "office@lumiere.test",
    "fuseau": "Africa/Abidjan",
}


@dataclass(frozen=True, slots=True)
class NovaCrowd:
    """An admin and a chauffeur of ours, and a company of strangers."""

    admin: Colleague
    chauffeur: Colleague
    slug: str
    theirs: Furnished
    before: str
    """Every row of the strangers, as it was."""
    ids: Mapping[str, Sequence[UUID]]
    """Ours and theirs, by the noun that paths use."""

    def senders(self, operation: Operation) -> Sequence[Colleague | None]:
        """Everybody to send a request as; None has no token."""
        return None, self.admin, self.chauffeur

    def name_things(self, case: Request, turn: int) -> None:
        """Put things that exist, ours and theirs by turns, where the case names one that surely does not."""
        segments = case.path.split("/")
        for name, value in case.path_parameters.items():
            noun = segments[segments.index(f"{{{name}}}") - 1]
            case.path_parameters[name] = another(self.ids, noun, value, turn)
        for given in (case.body, case.query):
            if isinstance(given, dict):
                named = {name: value for name, value in given.items() if name.endswith(("Id", "Ids"))}
                for name, value in named.items():
                    noun = name.removesuffix("s").removesuffix("Id") + "s"
                    if isinstance(value, list):
                        given[name] = [another(self.ids, noun, each, turn) for each in value]
                    else:
                        given[name] = another(self.ids, noun, value, turn)

    def make_sound(self, case: Request, turn: int) -> None:
        """Every other request that the schema allows gets values that the service takes as well."""
        if not is_sound_turn(case, turn):
            return
        case.headers.pop("if-match", None)
        if isinstance(case.body, dict):
            texts = {name: value for name, value in case.body.items() if isinstance(value, str)}
            case.body.update({name: "".join(filter(str.isprintable, text)) or "x" for name, text in texts.items()})
            case.body.update({name: value for name, value in SOUND.items() if name in case.body})
            if "societe" in case.body or "client" in case.body:
                case.body["societe"] = dict(FOUNDED) if "admin" in case.body else self.slug
            if case.operation.label == "POST /api/interventions":  # about one of the two
                case.body["commandeId"] = str(self.ids["commandes"][turn // 2 % 2])
                case.body.pop("taxiId", None)

    def require_private(self, answer: httpx.Response) -> None:
        """Nothing of the strangers' is in it."""
        words = [self.theirs.word, str(self.theirs.admin.phone)]
        if answer.is_success:
            words += [str(id) for id in self.theirs.ids.values()]
        found = [word for word in words if word.encode() in answer.content]
        assert not found, f"{found} in {answer.text[:2000]}"

    async def require_untouched(self, api: Api) -> None:
        """Nobody has changed what is the strangers'."""
        assert await api.inside.of_company(self.theirs.societe.id) == self.before


async def a_nova_crowd(api: Api) -> NovaCrowd:
    """Put into the store as they are: nobody there has done anything yet."""
    begin_for = api.service.platform.dispatch.begin_for
    ours, theirs = await furnish(begin_for), await furnish(begin_for)
    nouns = ("taxis", "users", "clients", "commandes", "demandes", "interventions", "notifications", "devices")
    return NovaCrowd(
        admin=await enter(api, ours.admin),
        chauffeur=await enter(api, ours.chauffeur),
        slug=ours.societe.slug,
        theirs=theirs,
        before=await api.inside.of_company(theirs.societe.id),
        ids={noun: [ours.ids[noun], theirs.ids[noun]] for noun in nouns},
    )
