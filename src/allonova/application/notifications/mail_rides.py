"""What mails about rides and their money say. The code or the button stands after the first paragraph."""

from __future__ import annotations

from allonova.application.notifications.templates import MailText, Template

RIDES: dict[Template, dict[str, MailText]] = {
    Template.BOOKING_REQUESTED: {
        "fr": MailText(
            "Demande de réservation : {route}",
            (
                "{seats} place(s) demandée(s) pour {route}, le {when}.",
                "Répondez dans l’application : sans réponse de votre part, la demande tombe.",
            ),
        ),
        "en": MailText(
            "Booking request: {route}",
            (
                "{seats} seat(s) asked for {route}, on {when}.",
                "Answer in the app: without an answer from you, the request lapses.",
            ),
        ),
    },
    Template.BOOKING_ACCEPTED: {
        "fr": MailText(
            "Réservation acceptée : {route}",
            (
                "Le conducteur accepte votre réservation pour {route}, le {when}.",
                "Payez {amount} F dans l’application pour garder vos places.",
            ),
        ),
        "en": MailText(
            "Booking accepted: {route}",
            (
                "The driver accepts your booking for {route}, on {when}.",
                "Pay {amount} F in the app to keep your seats.",
            ),
        ),
    },
    Template.BOOKING_REJECTED: {
        "fr": MailText(
            "Demande refusée : {route}",
            (
                "Le conducteur n’a pas accepté votre demande pour {route}, le {when}.",
                "Rien n’a été débité. D’autres conducteurs font peut-être ce trajet.",
            ),
        ),
        "en": MailText(
            "Request declined: {route}",
            (
                "The driver did not accept your request for {route}, on {when}.",
                "Nothing was charged. Other drivers may be going the same way.",
            ),
        ),
    },
    Template.BOOKING_EXPIRED: {
        "fr": MailText(
            "Demande expirée : {route}",
            ("Votre demande pour {route}, le {when}, est arrivée à son terme.", "Rien n’a été débité."),
        ),
        "en": MailText(
            "Request expired: {route}",
            ("Your request for {route}, on {when}, has run out.", "Nothing was charged."),
        ),
    },
    Template.BOOKING_PAID_PASSENGER: {
        "fr": MailText(
            "Paiement reçu : {route}",
            (
                "Nous avons encaissé {amount} F pour {route}, le {when}.",
                "Montrez votre code au conducteur au moment de monter : il est dans l’application.",
            ),
        ),
        "en": MailText(
            "Payment received: {route}",
            (
                "We have received {amount} F for {route}, on {when}.",
                "Show your code to the driver when you get in: it is in the app.",
            ),
        ),
    },
    Template.BOOKING_PAID_DRIVER: {
        "fr": MailText(
            "Places payées : {route}",
            (
                "{seats} place(s) payée(s) pour {route}, le {when}.",
                "Demandez son code au passager au moment de monter.",
            ),
        ),
        "en": MailText(
            "Seats paid: {route}",
            (
                "{seats} seat(s) paid for {route}, on {when}.",
                "Ask the passenger for the code when getting in.",
            ),
        ),
    },
    Template.BOOKING_CANCELLED_PASSENGER: {
        "fr": MailText(
            "Réservation annulée : {route}",
            (
                "Votre réservation pour {route}, le {when}, est annulée.",
                "Frais d’annulation : {fee} F. Remboursement : {refund} F.",
            ),
        ),
        "en": MailText(
            "Booking cancelled: {route}",
            (
                "Your booking for {route}, on {when}, is cancelled.",
                "Cancellation fee: {fee} F. Refund: {refund} F.",
            ),
        ),
    },
    Template.BOOKING_CANCELLED_UNPAID: {
        "fr": MailText(
            "Réservation annulée : {route}",
            ("Votre réservation pour {route}, le {when}, est annulée.", "Rien n’a été débité."),
        ),
        "en": MailText(
            "Booking cancelled: {route}",
            ("Your booking for {route}, on {when}, is cancelled.", "Nothing was charged."),
        ),
    },
    Template.BOOKING_CANCELLED_DRIVER: {
        "fr": MailText(
            "Réservation annulée : {route}",
            ("Une réservation de {seats} place(s) pour {route}, le {when}, est annulée.",),
        ),
        "en": MailText(
            "Booking cancelled: {route}",
            ("A booking of {seats} seat(s) for {route}, on {when}, was cancelled.",),
        ),
    },
    Template.BOOKING_COMPLETED: {
        "fr": MailText(
            "Trajet terminé : {route}",
            ("Votre trajet {route} est terminé.", "Merci d’avoir voyagé avec nous."),
        ),
        "en": MailText(
            "Ride over: {route}",
            ("Your ride {route} is over.", "Thank you for riding with us."),
        ),
    },
    Template.TRIP_CHANGED: {
        "fr": MailText(
            "Votre trajet a changé : {route}",
            (
                "Le conducteur a changé votre trajet {route}. Le départ est maintenant le {when}.",
                "Voyez le détail dans l’application.",
            ),
        ),
        "en": MailText(
            "Your ride has changed: {route}",
            (
                "The driver has changed your ride {route}. It now leaves on {when}.",
                "See the app for details.",
            ),
        ),
    },
    Template.NO_SHOW: {
        "fr": MailText(
            "Absence au départ : {route}",
            (
                "Le conducteur ne vous a pas vu au départ du trajet {route}, le {when}.",
                "Frais : {fee} F. Remboursement : {refund} F.",
            ),
        ),
        "en": MailText(
            "You were missed: {route}",
            (
                "The driver did not see you at the start of the ride {route}, on {when}.",
                "Fee: {fee} F. Refund: {refund} F.",
            ),
        ),
    },
    Template.RIDE_SHARED: {
        "fr": MailText(
            "Trajet partagé : {route}",
            (
                "Un passager partage par un lien son trajet {route}, le {when}.",
                "Pendant le trajet, ceux qui ont ce lien voient votre prénom, votre voiture et où elle est.",
            ),
        ),
        "en": MailText(
            "Ride shared: {route}",
            (
                "A passenger shares the ride {route}, on {when}, by a link.",
                "During the ride, those who have it see your first name, your car and where it is.",
            ),
        ),
    },
    Template.RIDE_QUESTION: {
        "fr": MailText(
            "Ce trajet a-t-il eu lieu ? {route}",
            (
                "Personne ne nous a dit si le trajet {route}, le {when}, a eu lieu.",
                "Répondez dans l’application sous 24 heures.",
            ),
        ),
        "en": MailText(
            "Did this ride take place? {route}",
            (
                "Nobody has told us whether the ride {route}, on {when}, took place.",
                "Answer in the app within 24 hours.",
            ),
        ),
    },
    Template.REFUND_SENT: {
        "fr": MailText("Remboursement de {amount} F", ("{amount} F vous ont été remboursés.",)),
        "en": MailText("Refund of {amount} F", ("{amount} F have been refunded to you.",)),
    },
    Template.ALERT_MATCHED: {
        "fr": MailText(
            "Un trajet pour vous : {route}",
            (
                "Un trajet répond à votre recherche : {route}, le {when}, {amount} F la place.",
                "Réservez-le dans l’application. Vous y arrêtez aussi ces messages, dans vos alertes.",
            ),
        ),
        "en": MailText(
            "A trip for you: {route}",
            (
                "A trip matches your search: {route}, on {when}, {amount} F a seat.",
                "Book it in the app. There you also stop these messages, among your alerts.",
            ),
        ),
    },
}
