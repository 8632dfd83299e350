"""What mails about courses say to whoever ordered them. The button stands after the first paragraph."""

from __future__ import annotations

from allonova.application.notifications.templates import MailText, Template

COURSES: dict[Template, dict[str, MailText]] = {
    Template.COMMANDE_RECUE: {
        "fr": MailText(
            "Commande {reference} bien reçue",
            (
                "{societe} a bien reçu votre commande {reference} pour le {when}.",
                "Départ : {depart}",
                "Arrivée : {arrivee}",
                (
                    "Vous recevrez un message dès qu’un taxi vous est attribué. Le lien de suivi est personnel : il "
                    "cesse de fonctionner 24 heures après la course."
                ),
                "Une question, un changement ? Appelez {societe} au {telephone}.",
            ),
            button="Suivre ma course",
        ),
        "en": MailText(
            "Order {reference} received",
            (
                "{societe} has received your order {reference} for {when}.",
                "From: {depart}",
                "To: {arrivee}",
                (
                    "You will get a message as soon as a taxi is yours. The link is personal: it stops working 24 "
                    "hours after the ride."
                ),
                "A question, a change? Call {societe} at {telephone}.",
            ),
            button="Follow my ride",
        ),
    },
    Template.COMMANDE_ASSIGNEE: {
        "fr": MailText(
            "Votre taxi pour la commande {reference}",
            (
                "Le taxi {numero}, immatriculé {plaque}, viendra vous chercher le {when}.",
                "Départ : {depart}",
                "Arrivée : {arrivee}",
                "Un empêchement ? Appelez {societe} au {telephone}.",
            ),
            button="Suivre ma course",
        ),
        "en": MailText(
            "Your taxi for the order {reference}",
            (
                "Taxi {numero}, plate {plaque}, will pick you up on {when}.",
                "From: {depart}",
                "To: {arrivee}",
                "Something has come up? Call {societe} at {telephone}.",
            ),
            button="Follow my ride",
        ),
    },
    Template.COMMANDE_ANNULEE: {
        "fr": MailText(
            "Commande {reference} annulée",
            (
                "Votre commande {reference} pour le {when} est annulée : aucun taxi ne viendra.",
                "Départ : {depart}",
                "Arrivée : {arrivee}",
                "Vous n’avez pas demandé cette annulation ? Appelez {societe} au {telephone}.",
            ),
        ),
        "en": MailText(
            "Order {reference} cancelled",
            (
                "Your order {reference} for {when} is cancelled: no taxi will come.",
                "From: {depart}",
                "To: {arrivee}",
                "Was it not you who asked for this? Call {societe} at {telephone}.",
            ),
        ),
    },
}
