"""NOVA's story: public form → board → demande → accept → course → figures, seen on sockets."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allonova.main.demo.line import Line, line
from allonova.main.demo.stage import Stage, StepFailed
from allonova.main.seed import DEMO_PASSWORD
from allonova.main.seed_nova import ADMIN, CHAUFFEUR, ORLY, RASPAIL, SLUG

CLIENT = "claire.dupont@demo.test"


def course(stage: Stage) -> None:
    """From the client's browser to the company's figures."""
    log_in(stage, "dispatcher", ADMIN)
    ticket = stage.call("her browser asks for a ticket", "POST", "/api/ws/tickets", who="dispatcher", expect=201)[
        "ticket"
    ]
    with ExitStack() as sockets:
        board = sockets.enter_context(line(stage, "board", "/ws/planning", ticket=ticket))
        suivi, reference = _order(stage, board)
        card, phone = _propose(stage, board, reference, sockets)
        _accept(stage, board, card, phone)
        _lose_network(stage, card, phone, sockets)
        _drive(stage, board, card, phone, suivi)
        _figures(stage, phone.who)


@dataclass
class Phone:
    """A chauffeur's: where its pushes go, and its socket."""

    who: str
    token: str
    path: str
    line: Line


def _of(card: Any) -> Callable[[Any], bool]:
    """Whether a frame is about this card."""
    return lambda data: bool(data.get("commande", data.get("demande", {}).get("commande"))["id"] == card["id"])


def log_in(stage: Stage, who: str, email: str) -> str:
    """By password; his id."""
    body = {"email": email, "password": DEMO_PASSWORD}
    tokens = stage.call(f"the {who} logs in", "POST", "/auth/login", body=body)
    stage.headers[who] = {"Authorization": f"Bearer {tokens['accessToken']}"}
    id: str = tokens["user"]["id"]
    return id


def _order(stage: Stage, board: Line) -> tuple[tuple[str, dict[str, str]], str]:
    config = stage.call("the public form asks for its captcha", "GET", "/api/public/captcha-config")
    stage.note(f"captcha by {config['provider']}")
    now = datetime.fromisoformat(stage.http.get("/sandbox/clock").json()["data"]["now"])
    body = {
        "societe": SLUG,
        "client": {"nom": "Claire Dupont", "email": CLIENT, "phone": "+33612345678"},
        "priseEnCharge": RASPAIL[1],
        "destination": ORLY[1],
        "dateISO": (now + timedelta(minutes=20)).isoformat(),
        "passagers": 2,
        "bagages": 1,
        "vol": "AF 7406",
        "captchaToken": "bot",
    }
    path = "/api/public/commandes"
    stage.call("a robot is sent away", "POST", path, expect=422, body=body)
    seen = len(stage.sent("email", CLIENT))
    key = str(uuid.uuid4())
    ordered = stage.call(
        "Claire orders a taxi to Orly", "POST", path, expect=201, body=body | {"captchaToken": "ok"}, key=key
    )
    stage.wait_for("her confirmation came by mail", lambda: len(stage.sent("email", CLIENT)) > seen)
    token = ordered["suiviUrl"].rpartition("token=")[2]
    reference: str = ordered["reference"]
    board.hear("commande.created", lambda data: bool(data["commande"]["reference"] == reference))
    return (f"{path}/{reference}", {"token": token}), reference


def _propose(stage: Stage, board: Line, reference: str, sockets: ExitStack) -> tuple[Any, Phone]:
    found = stage.call(
        "the dispatcher finds it on the board", "GET", "/api/commandes", who="dispatcher", params={"q": reference}
    )
    if len(found) != 1:
        raise StepFailed(f"{reference} is not on the board")
    card, path = found[0], f"/api/commandes/{found[0]['id']}"
    taxis = stage.call("she looks at the fleet", "GET", "/api/taxis", who="dispatcher", params={"sort": "numero"})
    for number, taxi in enumerate(taxis, 1):
        body = {"taxiId": taxi["id"]}
        tried = stage.call(
            f"could {taxi['numero']} take it?",
            "PATCH",
            path,
            who="dispatcher",
            body=body,
            params={"dryRun": "true"},
        )
        if tried["possible"]:
            phone = _phone(stage, number, sockets)
            card = stage.call(f"she drags the card onto {taxi['numero']}", "PATCH", path, who="dispatcher", body=body)
            stage.check("it waits for his answer", is_true=card["demande"] is not None)
            board.hear("commande.updated", _of(card))
            return card, phone
        stage.note(f"no: {', '.join(each['code'] for each in tried['conflits'])}")
    raise StepFailed("no taxi is free")


def _phone(stage: Stage, number: int, sockets: ExitStack) -> Phone:
    """He logs in, and his phone waits for pushes and on its socket."""
    who = f"chauffeur {number}"
    path = f"/ws/demandes/{log_in(stage, who, CHAUFFEUR.format(number=number))}"
    token = f"demo-phone-{uuid.uuid4()}"  # a new one each time: a known one would answer 200
    device = {"platform": "android", "token": token}
    stage.call("his phone asks for pushes", "POST", "/api/me/devices", who=who, expect=201, body=device)
    return Phone(who, token, path, sockets.enter_context(line(stage, "phone", path, who=who)))


def _accept(stage: Stage, board: Line, card: Any, phone: Phone) -> None:
    demande = phone.line.hear("demande.created", _of(card))["demande"]
    stage.wait_for("and it rings", lambda: stage.sent("push", phone.token))
    path = f"/api/demandes/{demande['id']}/accept"
    accepted = stage.call("he accepts", "POST", path, who=phone.who)
    stage.check("the course is his", is_true=accepted["commande"]["statut"] == "assignee")
    stage.call("his phone repeats it, nothing changes", "POST", path, who=phone.who)
    phone.line.hear("commande.updated", _of(card))
    board.hear("commande.updated", lambda data: _of(card)(data) and data["commande"]["statut"] == "assignee")


def _lose_network(stage: Stage, card: Any, phone: Phone, sockets: ExitStack) -> None:
    """He is in a tunnel while the course changes twice."""
    phone.line.lose_network()
    stage.note("he drives into a tunnel")
    path, later = f"/api/commandes/{card['id']}", datetime.fromisoformat(card["dateISO"]) + timedelta(minutes=5)
    moved = {"dateISO": later.isoformat(), "force": True, "motif": "Vol retardé"}
    stage.call("the dispatcher moves the course", "PATCH", path, who="dispatcher", body=moved)
    told = {"commentaire": "Sortie 14 B"}
    stage.call("and writes where the client waits", "PATCH", path, who="dispatcher", body=told)
    phone.line = sockets.enter_context(line(stage, "phone", phone.path, who=phone.who, last_id=phone.line.last_id))
    stage.note("he comes out of it")
    missed = [phone.line.hear("commande.updated", _of(card)) for _ in range(2)]
    versions = [each["version"] for each in missed]
    stage.check("his phone has missed nothing", is_true=missed[-1]["commande"]["commentaire"] == told["commentaire"])
    stage.check("each change, in order", is_true=versions == sorted(versions))


def _drive(stage: Stage, board: Line, card: Any, phone: Phone, suivi: tuple[str, dict[str, str]]) -> None:
    (path, params), who = suivi, phone.who
    shown = stage.call("Claire looks where her taxi is", "GET", path, params=params)
    stage.note(f"{shown['taxi']['numero']}, {shown['taxi']['plaque']}")
    stage.call("a wrong link shows nothing", "GET", path, expect=404, params={"token": "x" * 43})
    stage.call("she is aboard", "PATCH", f"/api/commandes/{card['id']}", who=who, body={"statut": "en-cours"})
    board.hear("taxi.updated", lambda data: bool(data["taxi"]["id"] == card["taxiId"]))
    phone.line.say("position", lat=RASPAIL[0].lat, lon=RASPAIL[0].lon)
    board.hear("taxi.position", lambda data: bool(data["taxiId"] == card["taxiId"]))
    where = {"lat": ORLY[0].lat, "lon": ORLY[0].lon}
    stage.call("the phone says where they are", "POST", "/api/me/position", who=who, expect=204, body=where)
    shown = stage.call("her family follows", "GET", path, params=params)
    stage.check("they see the taxi on its way", is_true=shown["position"] is not None)
    done = stage.call("they arrive", "PATCH", f"/api/commandes/{card['id']}", who=who, body={"statut": "terminee"})
    stage.check("the course is over", is_true=done["statut"] == "terminee")
    board.hear("commande.updated", lambda data: _of(card)(data) and data["commande"]["statut"] == "terminee")


def _figures(stage: Stage, who: str) -> None:
    fleet = stage.call("the company looks at its day", "GET", "/api/stats/flotte", who="dispatcher")
    stage.note(f"{fleet['courses']['total']} courses, {fleet['courses']['terminee']} done")
    own = stage.call("the chauffeur at his week", "GET", "/api/me/stats", who=who, params={"period": "week"})
    stage.check("his course counts", is_true=own["courses"] >= 1)
