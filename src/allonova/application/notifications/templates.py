"""What messages say, in both languages. One SMS is 160 characters; accents that GSM 03.38 lacks are left out."""

from __future__ import annotations

from enum import StrEnum


class Template(StrEnum):
    """Messages by what they are for."""

    OTP = "otp"
    REGISTRATION_REPEATED = "registration_repeated"
    BOOKING_REQUESTED = "booking_requested"
    BOOKING_ACCEPTED = "booking_accepted"
    BOOKING_EXPIRED = "booking_expired"
    BOOKING_PAID_PASSENGER = "booking_paid_passenger"
    BOOKING_PAID_DRIVER = "booking_paid_driver"
    BOOKING_COMPLETED = "booking_completed"


SMS: dict[Template, dict[str, str]] = {
    Template.OTP: {
        "fr": "AlloCar : votre code est {code}. Il vaut 10 minutes. Ne le donnez à personne.",
        "en": "AlloCar: your code is {code}. It works for 10 minutes. Give it to nobody.",
    },
    Template.REGISTRATION_REPEATED: {
        "fr": "AlloCar : ce numéro a déjà un compte. Si c'était vous, connectez-vous ; sinon, ignorez ce message.",
        "en": "AlloCar: this number already has an account. If it was you, log in; if not, ignore this message.",
    },
    Template.BOOKING_REQUESTED: {
        "fr": "AlloCar : {seats} place(s) demandée(s) pour {route}, {when}. Répondez dans l'application.",
        "en": "AlloCar: {seats} seat(s) asked for {route}, {when}. Answer in the app.",
    },
    Template.BOOKING_ACCEPTED: {
        "fr": "AlloCar : réservation acceptée pour {route}, {when}. Payez {amount} F pour garder vos places.",
        "en": "AlloCar: booking accepted for {route}, {when}. Pay {amount} F to keep your seats.",
    },
    Template.BOOKING_EXPIRED: {
        "fr": "AlloCar : votre demande pour {route}, {when}, est arrivée à son terme. Rien n'a été débité.",
        "en": "AlloCar: your request for {route}, {when}, has run out. Nothing was charged.",
    },
    Template.BOOKING_PAID_PASSENGER: {
        "fr": "AlloCar : {amount} F encaissés pour {route}, {when}. Montrez votre code au conducteur.",
        "en": "AlloCar: {amount} F received for {route}, {when}. Show your code to the driver.",
    },
    Template.BOOKING_PAID_DRIVER: {
        "fr": "AlloCar : {seats} place(s) payée(s) pour {route}, {when}.",
        "en": "AlloCar: {seats} seat(s) paid for {route}, {when}.",
    },
    Template.BOOKING_COMPLETED: {
        "fr": "AlloCar : trajet {route} terminé. Merci d'avoir voyagé avec nous.",
        "en": "AlloCar: your ride {route} is over. Thank you for riding with us.",
    },
}
