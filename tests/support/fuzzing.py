"""Requests that Schemathesis makes up from our own OpenAPI, sent in this process, and what every answer must be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, Protocol
from uuid import UUID

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Err, Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from allonova.adapters.http.openapi import create_openapi
from allonova.domain.carpool.alert import Alert
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.carpool.vehicle import Vehicle
from allonova.domain.identity.roles import Role
from allonova.domain.identity.user import User
from allonova.domain.kyc.document import KycDocument, KycStatus, number_context
from allonova.domain.money.payment import Payment
from allonova.main.wiring import http_config
from tests.support.api import Api, Person
from tests.support.factories import (
    DEPARTURE,
    HOUR,
    Driver,
    Thing,
    a_booking,
    a_driver,
    a_paper,
    a_payment,
    a_trip,
    a_user,
    accepted,
    an_alert,
    new_id,
)
from tests.support.serving import SETTINGS, app_of
from tests.support.wire import ABIDJAN, ROOT, YAMOUSSOUKRO

type Operation = APIOperation[Any, Any, Any, Any]
type Request = Case[Operation]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
SOUND_SHARE = 0.6  # of the cases are what the schema allows; the others break it in one place
SOUND: Mapping[str, Any] = {  # what the schema allows and chance hardly ever finds
    "origin": ABIDJAN,
    "destination": YAMOUSSOUKRO,
    "departure_time": (DEPARTURE + 24 * HOUR).isoformat(),
    "arrival_eta": (DEPARTURE + 28 * HOUR).isoformat(),
    "seats_available": 2,
    "price_per_seat": 6000,
    "stops": [],
    "method": "wave",
    "return_url": None,
}
SEARCH = {"from": "5.3575,-4.0083", "to": "6.819,-5.276", "date": DEPARTURE.date().isoformat()}
UUID_SHAPE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@cache
def operations() -> tuple[Operation, ...]:
    """Everything that the OpenAPI announces."""
    document = create_openapi(app_of(http_config(SETTINGS)))
    schema = schemathesis.openapi.from_dict(document)
    found = list(schema.get_all_operations())
    for each in found:
        if isinstance(each, Err):
            raise each.err()
    return tuple(each.ok() for each in found if isinstance(each, Ok))


def name_of(operation: Operation) -> str:
    """As the tests' list has it: `GET /trips/{id}`."""
    return operation.label.replace("/api/v1", "")


def is_for_admins(operation: Operation) -> bool:
    """Whether only a token of the back office opens it."""
    return any("AdminBearer" in scheme for scheme in operation.definition.raw.get("security", ()))


def is_of_nova(operation: Operation) -> bool:
    """Whether it is for companies, their staff and their clients."""
    return any("StaffBearer" in scheme for scheme in operation.definition.raw.get("security", ()))


@contextmanager
def without_our_words() -> Iterator[None]:
    """Hypothesis makes values of the literals in our modules as well. Which are loaded hangs on what ran before, so
    that other requests would come of it; and a made-up secret would be a word that our logs say anyway.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(providers, "_get_local_constants", Constants)
        providers.CONSTANTS_CACHE.cache.clear()
        yield
    providers.CONSTANTS_CACHE.cache.clear()


def made_up(operation: Operation, number: int) -> list[Request]:
    """The same requests at every run."""
    sound = round(number * SOUND_SHARE)
    return [
        *_generated(operation, GenerationMode.POSITIVE, sound),
        *_generated(operation, GenerationMode.NEGATIVE, number - sound),
    ]


def _generated(operation: Operation, mode: GenerationMode, number: int) -> list[Request]:
    found: list[Request] = []

    @settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def collect(case: Request) -> None:
        found.append(case)

    try:
        with without_our_words():
            collect()
    except Unsatisfiable:
        return []  # what takes no input cannot be given a wrong one
    return found


def another(ids: Mapping[str, Sequence[UUID]], noun: str, value: Any, turn: int) -> Any:
    """Instead of an id that surely names nothing, one of something there is; by turns, and sometimes none."""
    known = ids.get(noun) or list(chain.from_iterable(ids.values()))
    is_id = isinstance(value, str) and UUID_SHAPE.fullmatch(value) is not None
    chosen = turn % (len(known) + 1)
    return str(known[chosen]) if is_id and chosen < len(known) else value


def is_sound_turn(case: Request, turn: int) -> bool:
    """Every other request that the schema allows is to be one that the service takes as well."""
    return turn % 2 == 0 and case.meta is not None and case.meta.generation.mode.is_positive


class Sender(Protocol):
    """Somebody to send a request as."""

    @property
    def bearer(self) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class Crowd:
    """A passenger and a driver of ours, somebody of each role in the back office, and two strangers."""

    passenger: Person
    driver: Person
    admins: Mapping[Role, Person]
    ids: Mapping[str, Sequence[UUID]]
    """Ours and theirs, by the noun that paths use."""
    secrets: Sequence[bytes]
    """Words about the strangers that no answer to us may hold."""
    private: Sequence[bytes]
    """Ids of the strangers' that no success may hold."""
    theirs: Sequence[Thing]
    """What nobody but a stranger or an admin may change."""

    def senders(self, operation: Operation) -> Sequence[Person | None]:
        """Everybody to send a request as; None has no token."""
        return None, self.passenger, *(self.admins.values() if is_for_admins(operation) else [self.driver])

    def name_things(self, case: Request, turn: int) -> None:
        """Put things that exist, ours and theirs by turns, where the case names one that surely does not."""
        segments = case.path.split("/")
        for name, value in case.path_parameters.items():
            noun = segments[segments.index(f"{{{name}}}") - 1]
            case.path_parameters[name] = self._another(noun, value, turn)
        if isinstance(case.body, dict):
            named = {name: value for name, value in case.body.items() if name.endswith("_id")}
            for name, value in named.items():
                case.body[name] = self._another(name.removesuffix("_id") + "s", value, turn)

    def make_sound(self, case: Request, turn: int) -> None:
        """Every other request that the schema allows gets values that the service takes as well."""
        if not is_sound_turn(case, turn):
            return
        case.headers.pop("if-match", None)
        if isinstance(case.body, dict):
            texts = {name: value for name, value in case.body.items() if isinstance(value, str)}
            case.body.update({name: "".join(filter(str.isprintable, text)) or "x" for name, text in texts.items()})
            case.body.update({name: value for name, value in SOUND.items() if name in case.body})
        if case.path.endswith("/trips/search"):
            case.query.update(SEARCH)

    def _another(self, noun: str, value: Any, turn: int) -> Any:
        return another(self.ids, noun, value, turn)

    def require_private(self, answer: httpx.Response) -> None:
        """Nothing of the strangers' is in it."""
        words = [*self.secrets, *(self.private if answer.is_success else ())]
        found = [word.decode() for word in words if word in answer.content]
        assert not found, f"{found} in {answer.text[:2000]}"

    async def require_untouched(self, api: Api) -> None:
        """Nobody has changed what is the strangers'."""
        async with api.service.platform.begin() as unit:
            for thing in self.theirs:
                match thing:
                    case User():
                        assert await unit.users.get(thing.id) == thing
                    case Vehicle():
                        assert await unit.vehicles.get(thing.id) == thing
                    case Booking():
                        assert await unit.bookings.get(thing.id) == thing
                    case Payment():
                        assert await unit.payments.get(thing.id) == thing
                    case KycDocument():
                        assert await unit.papers.get(thing.id) == thing
                    case Alert():
                        assert await unit.alerts.get(thing.id) == thing
                    case _:
                        raise TypeError(type(thing))


async def a_crowd(api: Api) -> Crowd:
    """Put into the store as they are: nobody there has done anything yet."""
    driver, passenger = a_driver(), a_user()
    their_driver, stranger = a_driver(**_marked()), a_user(**_marked())
    ride, their_ride = _a_ride(driver, passenger), _a_ride(their_driver, stranger)
    draft = a_trip(their_driver, status=TripStatus.DRAFT, departure_time=DEPARTURE + 48 * HOUR)
    alerts = [an_alert(driver.user), an_alert(stranger)]
    number, paper = f"CANARY{new_id().hex}", a_paper(stranger, status=KycStatus.PENDING)
    for each in (*driver.papers, *their_driver.papers, paper):
        known = "CI-0001" if each in driver.papers else number
        each.doc_number = api.service.outside.sealer.seal(known, context=number_context(each.id))
    await api.keep(their_driver, stranger, *their_ride, draft, paper, alerts[1])
    trip, booking, payment = their_ride
    people = (their_driver.user, stranger)
    return Crowd(
        driver=await api.enter(driver.user, driver, passenger, *ride, alerts[0]),
        passenger=await api.enter(passenger),
        admins={role: await api.admin(role) for role in Role},
        ids={
            "trips": [ride[0].id, trip.id, draft.id],
            "bookings": [ride[1].id, booking.id],
            "payments": [ride[2].id, payment.id],
            "alerts": [alert.id for alert in alerts],
            "vehicles": [driver.vehicle.id, their_driver.vehicle.id],
            "users": [driver.id, passenger.id, their_driver.id, stranger.id],
            "kyc": [*(mine.id for mine in driver.papers), paper.id],
        },
        secrets=[
            word.encode()
            for word in (
                *(str(value) for person in people for value in (person.phone, person.email, person.last_name)),
                number,
                booking.qr_code,
            )
        ],
        private=[str(thing.id).encode() for thing in (booking, payment, draft, paper, alerts[1])],
        theirs=(*people, their_driver.vehicle, booking, payment, paper, alerts[1]),
    )


def _marked() -> dict[str, Any]:
    """What shows wherever it comes out."""
    return {"last_name": f"Canary{new_id().hex}", "email": f"canary-{new_id().hex}@allonova.test"}


def _a_ride(driver: Driver, passenger: User) -> tuple[Trip, Booking, Payment]:
    """An accepted booking whose payment is under way, on a trip that others may book as well."""
    trip = a_trip(driver)
    booking = accepted(trip, a_booking(trip, passenger))
    return trip, booking, a_payment(booking)


async def send(api: Api, case: Request, sender: Sender | None) -> httpx.Response:
    """As somebody; nobody sends whatever the case itself has for a token."""
    if sender is not None:
        case.headers.update(sender.bearer)
    made = case.as_transport_kwargs(base_url=ROOT)
    url, content = made.pop("url"), made.pop("data", None)
    made.pop("cookies", None)
    return await api.http.request(made.pop("method"), url, content=content, **made)


def judge(case: Request, answer: httpx.Response) -> None:
    """Sound by our own OpenAPI. Raises what Schemathesis has against it, and how to repeat it."""
    case.validate_response(answer, checks=CHECKS)
