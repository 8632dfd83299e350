"""NOVA's story: public form → board → demande → accept → course → figures."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from allonova.main.demo.stage import Stage, StepFailed
from allonova.main.seed import DEMO_PASSWORD
from allonova.main.seed_nova import ADMIN, CHAUFFEUR, ORLY, RASPAIL, SLUG

CLIENT = "claire.dupont@demo.test"


def course(stage: Stage) -> None:
    """From the client's browser to the company's figures."""
    log_in(stage, "dispatcher", ADMIN)
    suivi, reference = _order(stage)
    card, who, phone = _propose(stage, reference)
    _accept(stage, card, who, phone)
    _drive(stage, card, who, suivi)
    _figures(stage, who)


def log_in(stage: Stage, who: str, email: str) -> None:
    """By password."""
    body = {"email": email, "password": DEMO_PASSWORD}
    tokens = stage.call(f"the {who} logs in", "POST", "/auth/login", body=body)
    stage.headers[who] = {"Authorization": f"Bearer {tokens['accessToken']}"}


def _order(stage: Stage) -> tuple[tuple[str, dict[str, str]], str]:
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
    return (f"{path}/{reference}", {"token": token}), reference


def _propose(stage: Stage, reference: str) -> tuple[Any, str, str]:
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
            log_in(stage, f"chauffeur {number}", CHAUFFEUR.format(number=number))
            phone = f"demo-phone-{uuid.uuid4()}"  # a new one each time: a known one would answer 200
            device = {"platform": "android", "token": phone}
            stage.call(
                "his phone asks for pushes",
                "POST",
                "/api/me/devices",
                who=f"chauffeur {number}",
                expect=201,
                body=device,
            )
            card = stage.call(f"she drags the card onto {taxi['numero']}", "PATCH", path, who="dispatcher", body=body)
            stage.check("it waits for his answer", is_true=card["demande"] is not None)
            return card, f"chauffeur {number}", phone
        stage.note(f"no: {', '.join(each['code'] for each in tried['conflits'])}")
    raise StepFailed("no taxi is free")


def _accept(stage: Stage, card: Any, who: str, phone: str) -> None:
    stage.wait_for("his phone rings", lambda: stage.sent("push", phone))
    waiting = stage.call("he sees what is asked", "GET", "/api/me/demandes", who=who)
    demande = next(each for each in waiting if each["commandeId"] == card["id"])
    path = f"/api/demandes/{demande['id']}/accept"
    accepted = stage.call("he accepts", "POST", path, who=who)
    stage.check("the course is his", is_true=accepted["commande"]["statut"] == "assignee")
    stage.call("his phone repeats it, nothing changes", "POST", path, who=who)


def _drive(stage: Stage, card: Any, who: str, suivi: tuple[str, dict[str, str]]) -> None:
    path, params = suivi
    shown = stage.call("Claire looks where her taxi is", "GET", path, params=params)
    stage.note(f"{shown['taxi']['numero']}, {shown['taxi']['plaque']}")
    stage.call("a wrong link shows nothing", "GET", path, expect=404, params={"token": "x" * 43})
    stage.call("she is aboard", "PATCH", f"/api/commandes/{card['id']}", who=who, body={"statut": "en-cours"})
    where = {"lat": ORLY[0].lat, "lon": ORLY[0].lon}
    stage.call("the phone says where they are", "POST", "/api/me/position", who=who, expect=204, body=where)
    shown = stage.call("her family follows", "GET", path, params=params)
    stage.check("they see the taxi on its way", is_true=shown["position"] is not None)
    done = stage.call("they arrive", "PATCH", f"/api/commandes/{card['id']}", who=who, body={"statut": "terminee"})
    stage.check("the course is over", is_true=done["statut"] == "terminee")


def _figures(stage: Stage, who: str) -> None:
    fleet = stage.call("the company looks at its day", "GET", "/api/stats/flotte", who="dispatcher")
    stage.note(f"{fleet['courses']['total']} courses, {fleet['courses']['terminee']} done")
    own = stage.call("the chauffeur at his week", "GET", "/api/me/stats", who=who, params={"period": "week"})
    stage.check("his course counts", is_true=own["courses"] >= 1)
