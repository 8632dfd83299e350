"""The page that a follow-up link leads to: how a course stands, for whoever ordered it on the public form.

The token stands in the URL's fragment, which no browser sends; the page hands it to the API, in a query string that
no log of ours holds. Whatever the API says is shown as text, never as markup.
"""

from __future__ import annotations

from string import Template
from typing import Final

from fastapi import APIRouter, Response

from allonova.adapters.http.own_pages import FollowPage
from allonova.adapters.http.provide import Language

STYLE: Final = """
:root{color-scheme:light dark;--ink:#14213d;--soft:#5b6478;--paper:#fff;--back:#f3f5f9;--line:#d9dee8;
--live:#0b6e4f;--bad:#b3261e;--plate:#fdd835}
@media(prefers-color-scheme:dark){
:root{--ink:#eef1f7;--soft:#a7b0c2;--paper:#1b2233;--back:#10151f;--line:#33405a;--live:#4cc38a;--bad:#ff8a80}
}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--back);color:var(--ink);
font:1.0625rem/1.5 system-ui,sans-serif}
main{width:100%;max-width:26rem;padding:1.5rem;border-radius:1rem;background:var(--paper);overflow-wrap:anywhere}
h1{margin:.15rem 0 .35rem;font-size:1.6rem;line-height:1.2}
h1.bad{color:var(--bad)}
p{margin:.35rem 0;color:var(--soft)}
ol{display:flex;gap:.35rem;margin:1.25rem 0;padding:0;list-style:none}
li{flex:1 1 auto;padding-top:.5rem;border-top:4px solid var(--line);color:var(--soft);font-size:.8rem;line-height:1.25;
overflow-wrap:normal}
li.done{border-color:var(--live)}
li[aria-current]{border-color:var(--live);color:var(--ink);font-weight:700}
section{margin:1.25rem 0;padding:1rem;border-radius:.75rem;background:var(--back)}
section p{margin:0}
.plate{display:inline-block;margin:.4rem 0 0;padding:.1rem .7rem;border:2px solid #14213d;border-radius:.4rem;
background:var(--plate);color:#14213d;font:700 1.4rem/1.4 ui-monospace,monospace;letter-spacing:.05em}
a{display:inline-block;margin-top:.75rem;padding:.35rem 0;color:var(--live);font-weight:600}
dl{margin:1rem 0 0}
dt{color:var(--soft);font-size:.875rem}
dd{margin:0 0 .75rem;font-weight:600}
:focus-visible{outline:3px solid var(--live);outline-offset:2px}
"""
SCRIPT: Final = """"use strict";
const EVERY_MS = 15000;
const page = document.querySelector("main"), said = page.dataset, language = document.documentElement.lang;
const part = (name) => document.getElementById(name);
const write = (name, text) => { part(name).textContent = text; };
const show = (name, is) => { part(name).hidden = !is; };
const reference = location.pathname.split("/").pop();
const STEPS = ["en-attente", "assignee", "en-cours", "terminee"];
const when = new Intl.DateTimeFormat(language, {
  weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
let timer = 0, turn = 0;

const end = (title, note) => {
  clearTimeout(timer);
  write("title", title);
  part("title").className = "bad";
  write("note", note);
  for (const name of ["steps", "taxi", "course"]) { show(name, false); }
};
const steps = (statut) => {
  const now = STEPS.indexOf(statut);
  show("steps", now >= 0);
  [...part("steps").children].forEach((step, index) => {
    step.className = index <= now ? "done" : "";
    if (index === now) { step.setAttribute("aria-current", "step"); } else { step.removeAttribute("aria-current"); }
  });
};
const place = (position) => {
  show("map", position !== null);
  if (position === null) { return; }
  const { lat, lon, at } = position;
  part("map").href = `https://www.openstreetmap.org/?mlat=${Number(lat)}&mlon=${Number(lon)}#map=16/${Number(lat)}/${Number(lon)}`;
  write("map", `${said.map} (${clock.format(new Date(at))})`);
};
const draw = (course) => {
  const [title, note] = said[course.statut.replace(/-(.)/, (_, letter) => letter.toUpperCase())].split("|");
  write("title", title);
  part("title").className = course.statut === "annulee" ? "bad" : "";
  write("note", note);
  steps(course.statut);
  show("taxi", course.taxi !== null);
  if (course.taxi !== null) { write("numero", course.taxi.numero); write("plaque", course.taxi.plaque); }
  place(course.position);
  write("when", when.format(new Date(course.dateISO)));
  write("depart", course.priseEnCharge);
  write("arrivee", course.destination);
  show("course", true);
};
const load = async () => {
  clearTimeout(timer);
  const mine = ++turn;
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) { end(said.missing, said.open); return; }
  let wait = EVERY_MS;
  try {
    const answer = await fetch(
      `/api/public/commandes/${reference}?token=${encodeURIComponent(token)}`,
      { headers: { "Accept-Language": language }, cache: "no-store", credentials: "omit" },
    );
    if (mine !== turn) { return; }
    if (answer.status === 404 || answer.status === 422) { end(said.gone, said.why); return; }
    if (answer.ok) {
      const course = (await answer.json()).data;
      if (mine !== turn) { return; }
      draw(course);
      show("late", false);
      if (course.statut === "terminee" || course.statut === "annulee") { return; }
    } else {
      show("late", true);
      wait = Math.max(wait, 1000 * Number(answer.headers.get("Retry-After") || 0));
    }
  } catch { if (mine !== turn) { return; } show("late", true); }
  if (!document.hidden) { timer = setTimeout(load, wait); }
};
write("reference", reference);
addEventListener("hashchange", load);
document.addEventListener("visibilitychange", () => { if (document.hidden) { clearTimeout(timer); } else { load(); } });
load();
"""
PAGE: Final = Template("""<!doctype html>
<html lang="$lang">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>$heading · NOVA</title>
<link rel="icon" href="data:,">
<style>$style</style>
</head>
<body>
<main $data>
<p>$order <span id="reference"></span></p>
<h1 id="title" role="status">$loading</h1>
<p id="note"></p>
<p id="late" hidden>$late</p>
<ol id="steps" hidden><li>$step1</li><li>$step2</li><li>$step3</li><li>$step4</li></ol>
<section id="taxi" hidden>
<p>$taxi <strong id="numero"></strong></p>
<p class="plate" id="plaque"></p>
<div><a id="map" href="#" target="_blank" rel="noopener noreferrer" hidden></a></div>
</section>
<dl id="course" hidden>
<dt>$date</dt><dd id="when"></dd>
<dt>$from</dt><dd id="depart"></dd>
<dt>$to</dt><dd id="arrivee"></dd>
</dl>
<noscript><p>$noscript</p></noscript>
</main>
<script src="/nova/suivi.js"></script>
</body>
</html>
""")
WORDS: Final = {
    "fr": {
        "heading": "Suivi de votre course",
        "order": "Commande",
        "loading": "Un instant…",
        "late": "Le service ne répond pas. Nouvel essai dans quelques secondes.",
        "step1": "Reçue",
        "step2": "Taxi attribué",
        "step3": "En course",
        "step4": "Terminée",
        "taxi": "Taxi",
        "date": "Date",
        "from": "Départ",
        "to": "Arrivée",
        "noscript": "Cette page a besoin de JavaScript.",
    },
    "en": {
        "heading": "Your ride",
        "order": "Order",
        "loading": "One moment…",
        "late": "The service does not answer. Trying again in a few seconds.",
        "step1": "Received",
        "step2": "Taxi assigned",
        "step3": "Under way",
        "step4": "Done",
        "taxi": "Taxi",
        "date": "Date",
        "from": "From",
        "to": "To",
        "noscript": "This page needs JavaScript.",
    },
}
SAID: Final = {
    "fr": {
        "en-attente": "Commande reçue|Un taxi va vous être attribué. Cette page se met à jour toute seule.",
        "assignee": "Votre taxi est réservé|Vérifiez la plaque avant de monter.",
        "en-cours": "Course en cours|Bonne route.",
        "terminee": "Course terminée|Merci d’avoir voyagé avec nous.",
        "annulee": "Course annulée|Aucun taxi ne viendra.",
        "map": "Voir le taxi sur la carte",
        "missing": "Lien incomplet",
        "open": "Ouvrez-le depuis le message que vous avez reçu.",
        "gone": "Rien à montrer",
        "why": "Ce lien est faux, ou la course est finie depuis plus d’un jour.",
    },
    "en": {
        "en-attente": "Order received|A taxi will be assigned to you. This page keeps itself up to date.",
        "assignee": "Your taxi is booked|Check the plate before you get in.",
        "en-cours": "Ride under way|Have a good trip.",
        "terminee": "Ride done|Thank you for riding with us.",
        "annulee": "Ride cancelled|No taxi will come.",
        "map": "See the taxi on a map",
        "missing": "Incomplete link",
        "open": "Open it from the message you received.",
        "gone": "Nothing to show",
        "why": "This link is wrong, or the ride was over more than a day ago.",
    },
}

FOLLOW: Final = FollowPage(PAGE, STYLE, words=WORDS, said=SAID)

router = APIRouter(include_in_schema=False)


@router.get("/nova/suivi/{reference}")
async def suivi_page(reference: str, language: Language) -> Response:
    """The page; which course it is about, it reads from its own address."""
    return FOLLOW.answer(language)


@router.get("/nova/suivi.js")
async def suivi_script() -> Response:
    """What the page does: a file of its own, since its policy allows no inline script."""
    return Response(SCRIPT, media_type="text/javascript")
