"""What mails to companies' staff say. The button stands after the first paragraph."""

from __future__ import annotations

from allonova.application.notifications.templates import MailText, Template

STAFF: dict[Template, dict[str, MailText]] = {
    Template.STAFF_INVITED: {
        "fr": MailText(
            "{societe} vous invite sur NOVA",
            (
                (
                    "{societe} vous a ouvert un accès à NOVA, son outil de gestion des courses. "
                    "Choisissez votre mot de passe pour l’activer : le lien vaut 72 heures et ne sert qu’une fois."
                ),
                "Si vous ne connaissez pas cette société, ignorez ce message : sans le lien, il ne se passe rien.",
            ),
            "Choisir un mot de passe",
        ),
        "en": MailText(
            "{societe} invites you to NOVA",
            (
                (
                    "{societe} has opened an account for you in NOVA, where it manages its taxis. "
                    "Choose your password to activate it: the link works for 72 hours, and once."
                ),
                "If you do not know this company, ignore this message: without the link nothing happens.",
            ),
            "Choose a password",
        ),
    },
    Template.STAFF_EMAIL_CONFIRM: {
        "fr": MailText(
            "Bienvenue sur NOVA : confirmez votre adresse",
            (
                (
                    "Le compte de {societe} est ouvert. Confirmez que cette adresse est la vôtre : "
                    "le lien vaut 72 heures et ne sert qu’une fois."
                ),
                "Les invitations de vos chauffeurs attendent cette confirmation.",
                "Si vous n’avez pas ouvert ce compte, ignorez ce message.",
            ),
            "Confirmer mon adresse",
        ),
        "en": MailText(
            "Welcome to NOVA: confirm your address",
            (
                (
                    "The account of {societe} is open. Confirm that this address is yours: "
                    "the link works for 72 hours, and once."
                ),
                "The invitations of your drivers wait for this confirmation.",
                "If you did not open this account, ignore this message.",
            ),
            "Confirm my address",
        ),
    },
    Template.STAFF_PASSWORD_RESET: {
        "fr": MailText(
            "Choisissez un nouveau mot de passe NOVA",
            (
                "Vous avez demandé un nouveau mot de passe. Le lien vaut 30 minutes et ne sert qu’une fois.",
                "Si vous n’avez rien demandé, ignorez ce message : votre mot de passe reste le même.",
            ),
            "Choisir un mot de passe",
        ),
        "en": MailText(
            "Choose a new NOVA password",
            (
                "You asked for a new password. The link works for 30 minutes, and once.",
                "If you asked for nothing, ignore this message: your password stays what it is.",
            ),
            "Choose a password",
        ),
    },
    Template.STAFF_PASSWORD_CHANGED: {
        "fr": MailText(
            "Votre mot de passe NOVA a changé",
            (
                "Le mot de passe de votre compte NOVA vient de changer. Vos autres appareils sont déconnectés.",
                "Si ce n’est pas vous, demandez tout de suite un nouveau mot de passe et prévenez votre société.",
            ),
        ),
        "en": MailText(
            "Your NOVA password was changed",
            (
                "The password of your NOVA account was just changed. Your other devices are logged out.",
                "If it was not you, ask for a new password at once and tell your company.",
            ),
        ),
    },
}
