"""AlloCar's story: publish → search → book → accept → pay → check in → ride → complete → payout."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from allonova.main.demo.stage import PATIENCE_S, Stage, StepFailed
from allonova.main.seed import ADMIN_EMAIL, DEMO_PASSWORD, DRIVER_PHONE, PASSENGER_PHONE

ABIDJAN = {"lat": 5.3575, "lon": -4.0083, "text": "Abidjan, Plateau"}
YAMOUSSOUKRO = {"lat": 6.8190, "lon": -5.2760, "text": "Yamoussoukro"}
TOUMODI = {"lat": 6.5570, "lon": -5.0190}


def log_in(stage: Stage, who: str, phone: str) -> None:
    """By the code that the sandbox shows."""
    sent_at = datetime.now(UTC).isoformat()
    seen = {item["data"].get("code") for item in _outbox(stage, phone)}
    stage.call(f"{who} asks for a code", "POST", "/api/v1/auth/otp/send", body={"phone": phone})
    code = _new_code(stage, phone, seen, sent_at)
    tokens = stage.call(
        f"{who} logs in with {code}", "POST", "/api/v1/auth/otp/verify", body={"phone": phone, "code": code}
    )
    stage.headers[who] = {"Authorization": f"Bearer {tokens['access_token']}"}


def _outbox(stage: Stage, phone: str) -> list[Any]:
    return [item for item in stage.sent("sms", phone) if item["template"] == "otp"]


def _new_code(stage: Stage, phone: str, seen: set[str | None], sent_at: str) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for item in _outbox(stage, phone):
            code = item["data"].get("code")
            if code and code not in seen:
                return str(code)
        time.sleep(0.1)
    raise StepFailed(f"no code came by SMS after {sent_at}")


def ride(stage: Stage) -> None:
    """Publish → search → book → accept → pay → check in → ride → complete → payout."""
    log_in(stage, "driver", DRIVER_PHONE)
    log_in(stage, "passenger", PASSENGER_PHONE)
    me = stage.call("the driver looks at himself", "GET", "/api/v1/me", who="driver")
    stage.check("he is a driver", is_true=me["is_driver"])
    trip = _publish(stage)
    hit = _search(stage, trip)
    booking = _book(stage, trip, hit)
    _pay(stage, booking)
    _ride(stage, booking)
    _pay_out(stage, booking)


def _publish(stage: Stage) -> Any:
    clock = stage.http.get("/sandbox/clock").json()["data"]["now"]
    departure = datetime.fromisoformat(clock) + timedelta(minutes=100)
    body = {
        "origin": ABIDJAN,
        "destination": YAMOUSSOUKRO,
        "departure_time": departure.isoformat(),
        "price_per_seat": 6000,
        "seats_available": 3,
        "stops": [{"order": 1, "point": TOUMODI, "label": "Toumodi, gare", "price_from_origin": 4500}],
        "luggage_policy": "1 valise cabine",
        "rules": "Non-fumeur",
    }
    draft = stage.call("the driver drafts a trip", "POST", "/api/v1/trips", who="driver", expect=201, body=body)
    path = f"/api/v1/trips/{draft['id']}"
    stage.call("nobody else sees the draft", "GET", path, who="passenger", expect=404)
    trip = stage.call("he publishes it", "POST", f"{path}/publish", who="driver")
    stage.note(f"{trip['distance_km']} km, {trip['price_per_seat']} F, {trip['seats_available']} seats")
    return trip


def _search(stage: Stage, trip: Any) -> Any:
    params = {
        "from": f"{ABIDJAN['lat']},{ABIDJAN['lon']}",
        "to": f"{TOUMODI['lat']},{TOUMODI['lon']}",
        "date": trip["departure_time"][:10],
        "seats>": "2",
        "price_max": "5000",
        "page_size": "100",
    }
    path = "/api/v1/trips/search"
    stage.call("the passenger looks for Abidjan → Toumodi", "GET", path, params=params)

    def look() -> Any:
        """What is found may be five seconds old, if somebody has just looked for the same."""
        hits = stage.http.get(path, params=params).json()["data"]
        return next((hit for hit in hits if hit["trip"]["id"] == trip["id"]), None)

    hit = stage.wait_for("the trip is among the hits", look, pause_s=1)
    stage.note(f"{hit['pickup']['label']} → {hit['dropoff']['label']}, {hit['price_per_seat']} F a seat")
    return hit


def _book(stage: Stage, trip: Any, hit: Any) -> Any:
    key = str(uuid.uuid4())
    body = {"trip_id": trip["id"], "seats": 2, "dropoff_stop_id": hit["dropoff"]["stop_id"]}

    def ask(title: str) -> Any:
        return stage.call(title, "POST", "/api/v1/bookings", who="passenger", expect=201, body=body, key=key)

    booking, again = ask("she asks for two seats"), ask("her phone repeats the request")
    stage.check("one booking, not two", is_true=again["id"] == booking["id"])
    path = f"/api/v1/bookings/{booking['id']}"
    booking = stage.call("the driver accepts", "POST", f"{path}/accept", who="driver")
    stage.check("the seats are held", is_true=booking["status"] == "accepted" and booking["hold_expires_at"])
    return booking


def _pay(stage: Stage, booking: Any) -> None:
    started = stage.call(
        "she pays with Wave",
        "POST",
        "/api/v1/payments/init",
        who="passenger",
        body={"booking_id": booking["id"], "method": "wave"},
        key=str(uuid.uuid4()),
    )
    payment = started["payment"]
    stage.note(f"{payment['amount']} F, {started['intent']['url']}")
    path = f"/sandbox/checkout/{payment['provider_ref']}"
    stage.call("she presses “Payer” on Wave's page", "POST", path, body={"outcome": "paid"})
    stage.eventually("Wave's webhook came", f"/api/v1/payments/{payment['id']}", "passenger", {"status": "paid"})
    stage.eventually("the booking is paid", f"/api/v1/bookings/{booking['id']}", "passenger", {"status": "paid"})


def _ride(stage: Stage, booking: Any) -> None:
    path = f"/api/v1/bookings/{booking['id']}"
    code = stage.call("she opens her ticket", "GET", path, who="passenger")["checkin_code"]
    stage.call("a wrong code", "POST", f"{path}/checkin", who="driver", expect=422, body={"code": "AAAAAAAA"})
    stage.call(f"the driver types {code}", "POST", f"{path}/checkin", who="driver", body={"code": code})
    stage.call("off they go", "POST", f"{path}/start-ride", who="driver")
    done = stage.call("they arrive", "POST", f"{path}/end-ride", who="driver")
    stage.check("the booking is completed", is_true=done["status"] == "completed")
    stage.check("so is the trip", is_true=done["trip"]["status"] == "completed")
    steps = " → ".join(event["to_status"] for event in done["events"])
    stage.note(f"history: {steps}")


def _pay_out(stage: Stage, booking: Any) -> None:
    login = {"email": ADMIN_EMAIL.format(role="finance"), "password": DEMO_PASSWORD}
    tokens = stage.call("finance logs in", "POST", "/api/v1/admin/login", body=login)
    stage.headers["finance"] = {"Authorization": f"Bearer {tokens['access_token']}"}
    earned = stage.call("the driver looks at what he earned", "GET", "/api/v1/me/earnings", who="driver")
    rides = {ride["booking_id"]: ride for ride in earned["rides"]}
    stage.note(f"{rides[booking['id']]['net']} F of this ride, {earned['payable']} F to be paid")
    run = stage.call(
        "finance pays the drivers", "POST", "/api/v1/admin/payouts/run", who="finance", body={}, key=str(uuid.uuid4())
    )
    stage.note(f"{len(run['payouts'])} payouts, {run['total']} F")

    def paid() -> Any:
        payouts = stage.http.get("/api/v1/me/payouts", headers=stage.headers["driver"]).json()["data"]
        mine = next((one for one in payouts if one["batch_id"] == run["batch_id"]), None)
        return mine if mine is not None and mine["status"] == "done" else None

    payout = stage.wait_for("the driver has his money", paid)
    stage.note(f"{payout['amount']} F to {payout['phone']} by {payout['method']}, {payout['provider_ref']}")
