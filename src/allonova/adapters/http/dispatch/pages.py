"""The pages that links in mails to companies' staff lead to. What pages of links may do: see identity/pages.py."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Response

from allonova.adapters.http.identity.pages import World, page, shown
from allonova.adapters.http.provide import Language

NOVA = World("NOVA", "/auth/logout", "refreshToken")

PASSWORD = {
    "fr": {"label": "Votre mot de passe", "hint": "De 8 à 128 caractères.", "deed": "Enregistrer"},
    "en": {"label": "Your password", "hint": "8 to 128 characters.", "deed": "Save"},
}
INVITATION = {
    "fr": {
        "title": "Bienvenue sur NOVA",
        "explained": "Votre société vous a ouvert un accès. Choisissez votre mot de passe pour l’activer.",
        "done": "C’est fait. Ouvrez NOVA et connectez-vous avec votre adresse e-mail et ce mot de passe.",
    },
    "en": {
        "title": "Welcome to NOVA",
        "explained": "Your company has opened an account for you. Choose your password to activate it.",
        "done": "Done. Open NOVA and log in with your e-mail address and this password.",
    },
}
RESET = {
    "fr": {
        "title": "Nouveau mot de passe",
        "explained": "Choisissez un nouveau mot de passe. Vous serez déconnecté de tous vos appareils.",
        "done": "C’est fait. Ouvrez NOVA et connectez-vous avec votre nouveau mot de passe.",
    },
    "en": {
        "title": "New password",
        "explained": "Choose a new password. You will be logged out of all your devices.",
        "done": "Done. Open NOVA and log in with your new password.",
    },
}
EMAIL = {
    "fr": {
        "title": "Confirmer votre adresse",
        "explained": "Vous venez d’ouvrir le compte de votre société avec cette adresse ? Confirmez-la : les "
        "invitations de vos chauffeurs partent alors. Si ce n’était pas vous, fermez cette page.",
        "deed": "Confirmer mon adresse",
        "done": "C’est fait. Vous pouvez fermer cette page et revenir à NOVA.",
    },
    "en": {
        "title": "Confirm your address",
        "explained": "Have you just opened your company’s account with this address? Then confirm it: the invitations "
        "of your drivers leave after that. If it was not you, close this page.",
        "deed": "Confirm my address",
        "done": "Done. You may close this page and go back to NOVA.",
    },
}


def _pages(path: str, words: Mapping[str, Mapping[str, str]], **common: Mapping[str, str]) -> dict[str, str]:
    return {lang: page(NOVA, lang, path, {**common.get(lang, {}), **said}) for lang, said in words.items()}


INVITATION_PAGES = _pages("/auth/magic-link/consume", INVITATION, **PASSWORD)
RESET_PAGES = _pages("/auth/password/reset", RESET, **PASSWORD)
EMAIL_PAGES = _pages("/auth/email/confirm", EMAIL)

router = APIRouter(prefix="/nova", include_in_schema=False)


@router.get("/invitation")
async def invitation_page(language: Language) -> Response:
    """Where an invitation leads."""
    return shown(INVITATION_PAGES[language])


@router.get("/password")
async def password_page(language: Language) -> Response:
    """Where the mail of a forgotten password leads."""
    return shown(RESET_PAGES[language])


@router.get("/email")
async def email_page(language: Language) -> Response:
    """Where a new company's mail leads."""
    return shown(EMAIL_PAGES[language])
