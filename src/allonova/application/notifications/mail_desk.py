"""What mails to companies' admins say of what went wrong. `titre` and `description` are the notification's own."""

from __future__ import annotations

from allonova.application.notifications.templates import MailText, Template

DESK: dict[Template, dict[str, MailText]] = {
    Template.SLA_DEPASSE: {
        "fr": MailText(
            "{titre}",
            (
                "{description}",
                "Une intervention est ouverte. Affectez un taxi depuis le planning de {societe}.",
            ),
        ),
        "en": MailText(
            "{titre}",
            (
                "{description}",
                "An intervention is open. Give it a taxi on the board of {societe}.",
            ),
        ),
    },
    Template.SAUVEGARDE_ECHOUEE: {
        "fr": MailText(
            "{titre}",
            (
                "{description}",
                "Les données de {societe} restent en place ; c’est leur copie de secours qui manque.",
                "Prévenez la personne qui administre le serveur.",
            ),
        ),
        "en": MailText(
            "{titre}",
            (
                "{description}",
                "The data of {societe} are where they were; what is missing is their backup.",
                "Tell whoever looks after the server.",
            ),
        ),
    },
}
