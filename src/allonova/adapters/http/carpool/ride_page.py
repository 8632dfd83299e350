"""The page that the link of a shared ride leads to: how it stands and where the car is, without an account.

The token stands in the URL's fragment, which no browser sends; the page hands it to the API and to the socket, in paths
that our logs write without it. Whatever the API says is shown as text, never as markup.
"""

from __future__ import annotations

from string import Template
from typing import Final

from fastapi import APIRouter, Response

from allonova.adapters.http.own_pages import FollowPage
from allonova.adapters.http.provide import Language

STYLE: Final = """
:root{color-scheme:light dark;--ink:#14213d;--soft:#5b6478;--paper:#fff;--back:#f3f5f9;--live:#0b6e4f;--bad:#b3261e}
@media(prefers-color-scheme:dark){
:root{--ink:#eef1f7;--soft:#a7b0c2;--paper:#1b2233;--back:#10151f;--live:#4cc38a;--bad:#ff8a80}
}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--back);color:var(--ink);
font:1.0625rem/1.5 system-ui,sans-serif}
main{width:100%;max-width:26rem;padding:1.5rem;border-radius:1rem;background:var(--paper);overflow-wrap:anywhere}
h1{margin:.15rem 0 .35rem;font-size:1.6rem;line-height:1.2}
h1.bad{color:var(--bad)}
p{margin:.35rem 0;color:var(--soft)}
section{margin:1.25rem 0;padding:1rem;border-radius:.75rem;background:var(--back)}
section p{margin:0}
#eta{color:var(--live);font-size:1.5rem;font-weight:700}
.plate{display:inline-block;padding:.05rem .6rem;border:2px solid currentColor;border-radius:.4rem;
font:700 1.15rem/1.4 ui-monospace,monospace;letter-spacing:.05em}
a{display:inline-block;padding:.35rem 0;color:var(--live);font-weight:600}
dl{margin:1rem 0 0}
dt{color:var(--soft);font-size:.875rem}
dd{margin:0 0 .75rem;font-weight:600}
:focus-visible{outline:3px solid var(--live);outline-offset:2px}
"""
SCRIPT: Final = """"use strict";
const FIRST_WAIT_MS = 1000, LONGEST_WAIT_MS = 30000;
const page = document.querySelector("main"), said = page.dataset, language = document.documentElement.lang;
const part = (name) => document.getElementById(name);
const write = (name, text) => { part(name).textContent = text; };
const show = (name, is) => { part(name).hidden = !is; };
const when = new Intl.DateTimeFormat(language, {
  weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit",
});
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
const isOver = (status) => status === "completed" || status === "cancelled";
let turn = 0, timer = 0, socket = null, wait = FIRST_WAIT_MS, status = "";

const leave = () => {
  clearTimeout(timer);
  if (socket !== null) { socket.onclose = socket.onmessage = null; socket.close(); socket = null; }
};
const end = (title, note) => {
  leave();
  write("title", title);
  part("title").className = "bad";
  write("note", note);
  for (const name of ["late", "now", "ride"]) { show(name, false); }
};
const drawStatus = (ride) => {
  status = ride.status;
  const [title, note] = said[status.replace(/_(.)/, (_, letter) => letter.toUpperCase())].split("|");
  write("title", title);
  part("title").className = status === "cancelled" ? "bad" : "";
  write("note", note);
  write("departure", when.format(new Date(ride.departure_time)));
  write("arrival", clock.format(new Date(ride.arrival_eta)));
  if (status !== "ongoing") { show("now", false); }
};
const drawPosition = (position) => {
  if (position === null || status !== "ongoing") { return; }
  const lat = Number(position.lat), lon = Number(position.lon);
  if (position.eta) { write("eta", `${said.eta} ${clock.format(new Date(position.eta))}`); show("eta", true); }
  write("where", `${said.where} ${clock.format(new Date(position.at))} (${lat.toFixed(4)}, ${lon.toFixed(4)})`);
  part("map").href = `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=14/${lat}/${lon}`;
  show("now", true);
};
const draw = (ride) => {
  drawStatus(ride);
  const names = [ride.passenger, ride.driver].map((name) => name || said.somebody);
  write("who", `${names[0]} ${said.rides} ${names[1]}`);
  write("car", `${ride.vehicle.make} ${ride.vehicle.model}, ${ride.vehicle.color}`);
  write("plate", ride.vehicle.plate_number);
  write("from", ride.pickup);
  write("to", ride.dropoff);
  show("ride", true);
  drawPosition(ride.position);
};
const again = () => {
  clearTimeout(timer);
  timer = setTimeout(load, wait);
  wait = Math.min(2 * wait, LONGEST_WAIT_MS);
};
const follow = (token, mine) => {
  socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws/public/rides/${encodeURIComponent(token)}`);
  socket.onmessage = (event) => {
    const frame = JSON.parse(event.data);
    wait = FIRST_WAIT_MS;
    if (frame.type === "ride.updated") { drawStatus(frame.data); }
    if (frame.type === "location") { drawPosition(frame.data); }
  };
  socket.onclose = () => {
    socket = null;
    if (mine === turn && !isOver(status)) { again(); }
  };
};
async function load() {
  leave();
  const mine = ++turn;
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) { end(said.missing, said.open); return; }
  try {
    const answer = await fetch(
      `/api/v1/public/rides/${encodeURIComponent(token)}`,
      { headers: { "Accept-Language": language }, cache: "no-store", credentials: "omit" },
    );
    if (mine !== turn) { return; }
    if (answer.status === 404 || answer.status === 422) { end(said.gone, said.why); return; }
    if (answer.ok) {
      const ride = (await answer.json()).data;
      if (mine !== turn) { return; }
      draw(ride);
      show("late", false);
      follow(token, mine);
      return;
    }
    wait = Math.max(wait, 1000 * Number(answer.headers.get("Retry-After") || 0));
  } catch { if (mine !== turn) { return; } }
  show("late", true);
  again();
}
addEventListener("hashchange", load);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && socket === null && !isOver(status)) { wait = FIRST_WAIT_MS; load(); }
});
load();
"""
PAGE: Final = Template("""<!doctype html>
<html lang="$lang">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>$heading · AlloCar</title>
<link rel="icon" href="data:,">
<style>$style</style>
</head>
<body>
<main $data>
<p id="who">$heading</p>
<h1 id="title" role="status">$loading</h1>
<p id="note"></p>
<p id="late" hidden>$late</p>
<section id="now" hidden>
<p id="eta" hidden></p>
<p id="where"></p>
<a id="map" href="#" target="_blank" rel="noopener noreferrer">$map</a>
</section>
<dl id="ride" hidden>
<dt>$departure</dt><dd id="departure"></dd>
<dt>$from</dt><dd id="from"></dd>
<dt>$to</dt><dd><span id="to"></span> (<span id="arrival"></span>)</dd>
<dt>$car</dt><dd><span id="car"></span><br><span class="plate" id="plate"></span></dd>
</dl>
<noscript><p>$noscript</p></noscript>
</main>
<script src="/ride.js"></script>
</body>
</html>
""")
WORDS: Final = {
    "fr": {
        "heading": "Un trajet AlloCar",
        "loading": "Un instant…",
        "late": "Le service ne répond pas. Nouvel essai dans quelques secondes.",
        "map": "Voir sur la carte",
        "departure": "Départ prévu",
        "from": "De",
        "to": "À, arrivée prévue",
        "car": "Voiture",
        "noscript": "Cette page a besoin de JavaScript.",
    },
    "en": {
        "heading": "An AlloCar ride",
        "loading": "One moment…",
        "late": "The service does not answer. Trying again in a few seconds.",
        "map": "See it on a map",
        "departure": "Planned departure",
        "from": "From",
        "to": "To, planned arrival",
        "car": "Car",
        "noscript": "This page needs JavaScript.",
    },
}
SAID: Final = {
    "fr": {
        "waiting": "Pas encore parti|La position s’affiche ici dès le départ.",
        "checked-in": "Au point de départ|Le conducteur a vu le code. La position s’affiche ici dès le départ.",
        "ongoing": "En route|Cette page se met à jour toute seule.",
        "completed": "Bien arrivé|Le trajet est terminé.",
        "cancelled": "Trajet annulé|Il n’aura pas lieu.",
        "somebody": "Quelqu’un",
        "rides": "voyage avec",
        "eta": "Arrivée vers",
        "where": "Position à",
        "missing": "Lien incomplet",
        "open": "Ouvrez-le depuis le message que vous avez reçu.",
        "gone": "Rien à montrer",
        "why": "Ce lien est faux, n’est plus partagé, ou le trajet est terminé.",
    },
    "en": {
        "waiting": "Not under way yet|The position shows here from the start on.",
        "checked-in": "At the pickup|The driver has seen the code. The position shows here from the start on.",
        "ongoing": "Under way|This page keeps itself up to date.",
        "completed": "Safely arrived|The ride is over.",
        "cancelled": "Ride cancelled|It will not take place.",
        "somebody": "Somebody",
        "rides": "rides with",
        "eta": "Arrival around",
        "where": "Position at",
        "missing": "Incomplete link",
        "open": "Open it from the message you received.",
        "gone": "Nothing to show",
        "why": "This link is wrong, is not shared any more, or the ride is over.",
    },
}

FOLLOW: Final = FollowPage(PAGE, STYLE, words=WORDS, said=SAID)

router = APIRouter(include_in_schema=False)


@router.get("/ride")
async def ride_page(language: Language) -> Response:
    """The page; which ride it is about, it reads from its own address."""
    return FOLLOW.answer(language)


@router.get("/ride.js")
async def ride_script() -> Response:
    """What the page does: a file of its own, since its policy allows no inline script."""
    return Response(SCRIPT, media_type="text/javascript")
