"""What mails say of what strangers owe each other: reminders, messages, ratings, disputes and what was decided."""

from __future__ import annotations

from allonova.application.notifications.templates import MailText, Template

TRUST: dict[Template, dict[str, MailText]] = {
    Template.RIDE_REMINDER_PASSENGER: {
        "fr": MailText(
            "Rappel : {route}, le {when}",
            (
                "Votre trajet {route} part le {when}.",
                "Soyez au point de rendez-vous un peu avant. Votre code est dans l’application.",
                "Un empêchement ? Annulez dans l’application : plus tôt vous le faites, moins vous perdez.",
            ),
        ),
        "en": MailText(
            "Reminder: {route}, on {when}",
            (
                "Your ride {route} leaves on {when}.",
                "Be at the meeting point a little early. Your code is in the app.",
                "Something has come up? Cancel in the app: the earlier you do, the less you lose.",
            ),
        ),
    },
    Template.RIDE_REMINDER_DRIVER: {
        "fr": MailText(
            "Rappel : vous conduisez {route}, le {when}",
            (
                "Vous conduisez le trajet {route}, qui part le {when}. Places payées : {seats}.",
                "Demandez son code à chaque passager au moment de monter.",
            ),
        ),
        "en": MailText(
            "Reminder: you drive {route}, on {when}",
            (
                "You drive the ride {route}, which leaves on {when}. Seats paid: {seats}.",
                "Ask each passenger for the code when getting in.",
            ),
        ),
    },
    Template.MESSAGE_WAITING: {
        "fr": MailText(
            "Un message vous attend : {route}",
            (
                "Vous avez un message à propos du trajet {route}, le {when}.",
                "Lisez-le et répondez dans l’application.",
            ),
        ),
        "en": MailText(
            "A message is waiting: {route}",
            (
                "You have a message about the ride {route}, on {when}.",
                "Read it and answer in the app.",
            ),
        ),
    },
    Template.RATING_DUE: {
        "fr": MailText(
            "Comment était le trajet {route} ?",
            (
                "Notez dans l’application le trajet {route}, du {when}, jusqu’à 14 jours après.",
                "Votre note reste cachée jusqu’à ce que l’autre ait noté à son tour, ou que ce délai soit passé.",
            ),
        ),
        "en": MailText(
            "How was the ride {route}?",
            (
                "Rate the ride {route}, of {when}, in the app, until 14 days after it.",
                "Your rating stays hidden until the other has rated too, or that time is over.",
            ),
        ),
    },
    Template.RATING_RECEIVED: {
        "fr": MailText(
            "Votre note pour {route}",
            ("Pour le trajet {route}, du {when}, vous avez reçu la note de {stars} sur 5.",),
        ),
        "en": MailText(
            "Your rating for {route}",
            ("For the ride {route}, of {when}, you were rated {stars} out of 5.",),
        ),
    },
    Template.DISPUTE_OPENED: {
        "fr": MailText(
            "Un litige est ouvert : {route}",
            (
                "L’autre partie a ouvert un litige sur le trajet {route}, du {when}.",
                "Donnez votre version dans l’application, avec vos preuves. Jusqu’à la décision, l’argent attend.",
            ),
        ),
        "en": MailText(
            "A dispute was opened: {route}",
            (
                "The other side has opened a dispute about the ride {route}, of {when}.",
                "Give your side in the app, with your evidence. Until it is decided, the money waits.",
            ),
        ),
    },
    Template.DISPUTE_IN_REVIEW: {
        "fr": MailText(
            "Nous examinons le litige : {route}",
            (
                "Nous examinons le litige sur le trajet {route}, du {when}.",
                "Vous pouvez encore ajouter des preuves dans l’application. Nous vous dirons ce qui est décidé.",
            ),
        ),
        "en": MailText(
            "We are looking at the dispute: {route}",
            (
                "We are looking at the dispute about the ride {route}, of {when}.",
                "You can still add evidence in the app. We shall tell you what is decided.",
            ),
        ),
    },
    Template.DISPUTE_RESOLVED: {
        "fr": MailText(
            "Le litige est tranché : {route}",
            (
                "Le litige sur le trajet {route}, du {when}, est tranché.",
                "Remboursement au passager : {refund} F. La décision se lit dans l’application.",
            ),
        ),
        "en": MailText(
            "The dispute is settled: {route}",
            (
                "The dispute about the ride {route}, of {when}, is settled.",
                "Refund to the passenger: {refund} F. Read the decision in the app.",
            ),
        ),
    },
    Template.DISPUTE_REJECTED: {
        "fr": MailText(
            "Le litige est rejeté : {route}",
            (
                "Nous n’avons pas donné suite au litige sur le trajet {route}, du {when}.",
                "La décision et ses raisons se lisent dans l’application.",
            ),
        ),
        "en": MailText(
            "The dispute was rejected: {route}",
            (
                "We did not follow the dispute about the ride {route}, of {when}.",
                "Read the decision and its reasons in the app.",
            ),
        ),
    },
    Template.TRIP_STOPPED: {
        "fr": MailText(
            "Nous avons retiré votre trajet : {route}",
            (
                "Nous avons annulé votre trajet {route}, prévu le {when}. Raison : {reason}.",
                "Vos passagers sont prévenus et remboursés. Si c’est une erreur, contactez-nous.",
            ),
        ),
        "en": MailText(
            "We have withdrawn your trip: {route}",
            (
                "We have cancelled your trip {route}, planned for {when}. Reason: {reason}.",
                "Your passengers have been told and refunded. If this is a mistake, contact us.",
            ),
        ),
    },
    Template.BOOKING_ARBITRATED: {
        "fr": MailText(
            "Nous avons décidé : {route}",
            (
                "Nous avons examiné la réservation pour {route}, le {when}, et décidé ce qu’il en est.",
                "Remboursement au passager : {refund} F. Le détail est dans l’application.",
            ),
        ),
        "en": MailText(
            "We have decided: {route}",
            (
                "We have looked at the booking for {route}, on {when}, and decided about it.",
                "Refund to the passenger: {refund} F. See the app for details.",
            ),
        ),
    },
}
