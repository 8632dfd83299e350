"""The pages that links in messages lead to, for people without the app at hand.

The token stands in the URL's fragment, which no browser sends: no log of ours or of a proxy ever holds it. Looking at
a page changes nothing; a button does, so that programs that open links in mails use none up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from allonova.adapters.http.own_pages import policy_for
from allonova.adapters.http.provide import Language

STYLE = """
:root{color-scheme:light dark;--ink:#14213d;--soft:#5b6478;--paper:#fff;--back:#f3f5f9;--deed:#0b6e4f;--bad:#b3261e}
@media(prefers-color-scheme:dark){
:root{--ink:#eef1f7;--soft:#a7b0c2;--paper:#1b2233;--back:#10151f;--deed:#1d8a66;--bad:#ff8a80}
}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--back);color:var(--ink);
font:1.0625rem/1.5 system-ui,sans-serif}
main{width:100%;max-width:26rem;padding:1.75rem;border-radius:1rem;background:var(--paper)}
h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.25}
p{margin:.5rem 0;color:var(--soft)}
label{display:block;margin-top:1rem;font-weight:600}
input{width:100%;margin-top:.25rem;padding:.75rem;border:1px solid var(--soft);border-radius:.6rem;font:inherit;
background:transparent;color:inherit}
button{width:100%;margin-top:1.25rem;padding:.85rem;border:0;border-radius:.6rem;background:var(--deed);color:#fff;
font:inherit;font-weight:600;cursor:pointer}
button[disabled]{opacity:.6;cursor:default}
:focus-visible{outline:3px solid var(--deed);outline-offset:2px}
.bad{color:var(--bad)}
"""
SCRIPT = """"use strict";
const token = new URLSearchParams(location.hash.slice(1)).get("token");
history.replaceState(null, "", location.pathname);
const page = document.querySelector("main"), form = document.querySelector("form");
const button = form.querySelector("button"), password = form.querySelector("input");
const said = page.querySelector("[role]");
const say = (text, isBad) => { said.textContent = text; said.className = isBad ? "bad" : ""; };
const post = (path, body, access) => fetch(path, {
  method: "POST",
  headers: {
    "Content-Type": "application/json", "Accept-Language": document.documentElement.lang,
    ...(access ? { Authorization: "Bearer " + access } : {}),
  },
  body: JSON.stringify(body),
});
const done = () => { form.hidden = true; say(page.dataset.done, false); };
const refused = async (answer) => {
  const error = (await answer.json()).error;
  const isCommon = (error.details.fields || []).some((field) => field.path === "password");
  say(isCommon ? page.dataset.weak : error.message, true);
};
if (!token) { form.hidden = true; say(page.dataset.missing, true); }
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  try {
    const answer = await post(page.dataset.path, password ? { token, password: password.value } : { token });
    if (!answer.ok) { await refused(answer); } else {
      done();
      if (answer.status === 200) {
        // The person goes on in the app: nobody needs the session that verifying opened in this browser.
        const pair = (await answer.json()).data;
        const name = page.dataset.refresh;
        await post(page.dataset.logout, { [name]: pair[name] }, pair.access_token);
      }
    }
  } catch { if (!form.hidden) { say(page.dataset.offline, true); } }
  button.disabled = false;
});
"""
PAGE = Template("""<!doctype html>
<html lang="$lang">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>$title · $brand</title>
<link rel="icon" href="data:,">
<style>$style</style>
</head>
<body>
<main data-path="$path" data-logout="$logout" data-refresh="$refresh"
 data-done="$done" data-missing="$missing" data-weak="$weak" data-offline="$offline">
<h1>$title</h1>
<p>$explained</p>
<p role="status"></p>
<form>$field<button>$deed</button></form>
<noscript><p class="bad">$noscript</p></noscript>
</main>
<script src="/links.js"></script>
</body>
</html>
""")
FIELD = Template("""<label>$label
<input type="password" autocomplete="new-password" minlength="8" maxlength="128" required></label>
<p>$hint</p>
""")
COMMON = {
    "fr": {
        "missing": "Ce lien est incomplet. Ouvrez-le depuis le message que vous avez reçu.",
        "weak": "Ce mot de passe est trop court ou trop courant. Choisissez-en un autre.",
        "offline": "Le service ne répond pas. Rien n’est perdu : réessayez dans un instant.",
        "noscript": "Cette page a besoin de JavaScript.",
    },
    "en": {
        "missing": "This link is incomplete. Open it from the message you received.",
        "weak": "This password is too short or too common. Please choose another one.",
        "offline": "The service does not answer. Nothing is lost: try again in a moment.",
        "noscript": "This page needs JavaScript.",
    },
}
VERIFY = {
    "fr": {
        "title": "Confirmer votre adresse",
        "explained": "Vous venez d’ouvrir un compte AlloCar avec cette adresse ? Confirmez-la. Si ce n’était pas vous, "
        "fermez cette page : sans confirmation, rien ne se passe.",
        "deed": "Confirmer mon adresse",
        "done": "C’est fait. Revenez à l’application AlloCar et connectez-vous.",
    },
    "en": {
        "title": "Confirm your address",
        "explained": "Have you just opened an AlloCar account with this address? Then confirm it. If it was not you, "
        "close this page: without a confirmation nothing happens.",
        "deed": "Confirm my address",
        "done": "Done. Go back to the AlloCar app and log in.",
    },
}
RESET = {
    "fr": {
        "title": "Nouveau mot de passe",
        "explained": "Choisissez un nouveau mot de passe. Vous serez déconnecté de tous vos appareils.",
        "label": "Nouveau mot de passe",
        "hint": "De 8 à 128 caractères.",
        "deed": "Enregistrer",
        "done": "C’est fait. Revenez à l’application AlloCar et connectez-vous avec votre nouveau mot de passe.",
    },
    "en": {
        "title": "New password",
        "explained": "Choose a new password. You will be logged out of all your devices.",
        "label": "New password",
        "hint": "8 to 128 characters.",
        "deed": "Save",
        "done": "Done. Go back to the AlloCar app and log in with your new password.",
    },
}
ADMIN = {
    "fr": {
        "title": "Votre accès à l’administration",
        "explained": "Choisissez le mot de passe de votre compte d’administration. Toute session ouverte se ferme.",
        "done": "C’est fait. Connectez-vous à l’administration avec ce mot de passe.",
    },
    "en": {
        "title": "Your access to the back office",
        "explained": "Choose the password of your back office account. Every open session ends.",
        "done": "Done. Log in to the back office with this password.",
    },
}


@dataclass(frozen=True, slots=True)
class World:
    """Whose pages they are: its name, where its sessions end, and what its API calls a refresh token."""

    brand: str
    logout: str
    refresh: str


ALLOCAR = World("AlloCar", "/api/v1/auth/logout", "refresh_token")


def page(world: World, lang: str, path: str, words: Mapping[str, str]) -> str:
    """A page whose button posts the token to `path`; with a `label` it asks for a password as well."""
    field = FIELD.substitute(words) if "label" in words else ""
    told = {"brand": world.brand, "logout": world.logout, "refresh": world.refresh}
    return PAGE.substitute(COMMON[lang], **words, **told, lang=lang, path=path, style=STYLE, field=field)


def shown(html: str) -> Response:
    """A page, under a policy that lets it do no more than it must."""
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})


VERIFY_PAGES = {lang: page(ALLOCAR, lang, "/api/v1/auth/email/verify", words) for lang, words in VERIFY.items()}
RESET_PAGES = {lang: page(ALLOCAR, lang, "/api/v1/auth/password/reset", words) for lang, words in RESET.items()}
ADMIN_PAGES = {
    lang: page(ALLOCAR, lang, "/api/v1/admin/password/reset", RESET[lang] | words) for lang, words in ADMIN.items()
}
POLICY = policy_for(STYLE)

router = APIRouter(include_in_schema=False)


@router.get("/verify-email")
async def verify_email_page(language: Language) -> Response:
    """Where the mail of a registration leads."""
    return shown(VERIFY_PAGES[language])


@router.get("/reset-password")
async def reset_password_page(language: Language) -> Response:
    """Where the message of a forgotten password leads."""
    return shown(RESET_PAGES[language])


@router.get("/admin-password")
async def admin_password_page(language: Language) -> Response:
    """Where the invitation to the back office leads."""
    return shown(ADMIN_PAGES[language])


@router.get("/links.js")
async def links_script() -> Response:
    """What the pages do: a file of its own, since their policy allows no inline script."""
    return Response(SCRIPT, media_type="text/javascript")
