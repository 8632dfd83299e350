"""What pushes say."""

from __future__ import annotations

from dataclasses import dataclass

from allonova.application.notifications.templates import Template
from allonova.application.notifications.words import shortened, told


@dataclass(frozen=True, slots=True)
class PushText:
    """A push's words."""

    title: str
    body: str


PUSHES: dict[Template, dict[str, PushText]] = {
    Template.BOOKING_REQUESTED: {
        "fr": PushText("Demande de réservation", "{seats} place(s), {route}, {when}. Répondez vite."),
        "en": PushText("Booking request", "{seats} seat(s), {route}, {when}. Answer soon."),
    },
    Template.BOOKING_ACCEPTED: {
        "fr": PushText("Réservation acceptée", "{route}, {when}. Payez {amount} F pour garder vos places."),
        "en": PushText("Booking accepted", "{route}, {when}. Pay {amount} F to keep your seats."),
    },
    Template.BOOKING_REJECTED: {
        "fr": PushText("Demande refusée", "{route}, {when}. Rien n’a été débité."),
        "en": PushText("Request declined", "{route}, {when}. Nothing was charged."),
    },
    Template.BOOKING_EXPIRED: {
        "fr": PushText("Demande expirée", "{route}, {when}. Rien n’a été débité."),
        "en": PushText("Request expired", "{route}, {when}. Nothing was charged."),
    },
    Template.BOOKING_PAID_PASSENGER: {
        "fr": PushText("Paiement reçu : {amount} F", "{route}, {when}. Montrez votre code au conducteur."),
        "en": PushText("Payment received: {amount} F", "{route}, {when}. Show your code to the driver."),
    },
    Template.BOOKING_PAID_DRIVER: {
        "fr": PushText("Places payées", "{seats} place(s), {route}, {when}."),
        "en": PushText("Seats paid", "{seats} seat(s), {route}, {when}."),
    },
    Template.BOOKING_CANCELLED_PASSENGER: {
        "fr": PushText("Réservation annulée", "{route}, {when}. Frais : {fee} F. Retour : {refund} F."),
        "en": PushText("Booking cancelled", "{route}, {when}. Fee: {fee} F. Refund: {refund} F."),
    },
    Template.BOOKING_CANCELLED_UNPAID: {
        "fr": PushText("Réservation annulée", "{route}, {when}. Rien n’a été débité."),
        "en": PushText("Booking cancelled", "{route}, {when}. Nothing was charged."),
    },
    Template.BOOKING_CANCELLED_DRIVER: {
        "fr": PushText("Réservation annulée", "{seats} place(s), {route}, {when}."),
        "en": PushText("Booking cancelled", "{seats} seat(s), {route}, {when}."),
    },
    Template.BOOKING_COMPLETED: {
        "fr": PushText("Trajet terminé", "{route}. Merci d’avoir voyagé avec nous."),
        "en": PushText("Ride over", "{route}. Thank you for riding with us."),
    },
    Template.TRIP_CHANGED: {
        "fr": PushText("Votre trajet a changé", "{route}. Départ : {when}."),
        "en": PushText("Your ride has changed", "{route}. It leaves on {when}."),
    },
    Template.NO_SHOW: {
        "fr": PushText("Absence au départ", "{route}, {when}. Frais : {fee} F. Retour : {refund} F."),
        "en": PushText("You were missed", "{route}, {when}. Fee: {fee} F. Refund: {refund} F."),
    },
    Template.RIDE_QUESTION: {
        "fr": PushText("Ce trajet a-t-il eu lieu ?", "{route}, {when}. Répondez sous 24 heures."),
        "en": PushText("Did this ride take place?", "{route}, {when}. Answer within 24 hours."),
    },
    Template.RIDE_SHARED: {
        "fr": PushText("Un passager partage le trajet", "{route}, {when}. Ses proches voient où est la voiture."),
        "en": PushText("A passenger shares the ride", "{route}, {when}. People close see where the car is."),
    },
    Template.REFUND_SENT: {
        "fr": PushText("Remboursement", "{amount} F vous ont été remboursés."),
        "en": PushText("Refund", "{amount} F have been refunded to you."),
    },
    Template.ALERT_MATCHED: {
        "fr": PushText("Un trajet pour vous", "{route}, {when}, {amount} F la place."),
        "en": PushText("A trip for you", "{route}, {when}, {amount} F a seat."),
    },
    Template.RIDE_REMINDER_PASSENGER: {
        "fr": PushText("Rappel : votre trajet", "{route}, {when}. Gardez votre code sous la main."),
        "en": PushText("Reminder: your ride", "{route}, {when}. Keep your code at hand."),
    },
    Template.RIDE_REMINDER_DRIVER: {
        "fr": PushText("Rappel : vous conduisez", "{route}, {when}. Places payées : {seats}."),
        "en": PushText("Reminder: you drive", "{route}, {when}. Seats paid: {seats}."),
    },
    Template.MESSAGE_WAITING: {
        "fr": PushText("Un message vous attend", "{route}, {when}."),
        "en": PushText("A message is waiting", "{route}, {when}."),
    },
    Template.RATING_DUE: {
        "fr": PushText("Comment était le trajet ?", "{route}, {when}. Donnez votre note."),
        "en": PushText("How was the ride?", "{route}, {when}. Give your rating."),
    },
    Template.RATING_RECEIVED: {
        "fr": PushText("Votre note : {stars} sur 5", "{route}, {when}."),
        "en": PushText("Your rating: {stars} out of 5", "{route}, {when}."),
    },
    Template.DISPUTE_OPENED: {
        "fr": PushText("Un litige est ouvert", "{route}, {when}. Donnez votre version."),
        "en": PushText("A dispute was opened", "{route}, {when}. Give your side."),
    },
    Template.DISPUTE_IN_REVIEW: {
        "fr": PushText("Nous examinons le litige", "{route}, {when}."),
        "en": PushText("We are looking at the dispute", "{route}, {when}."),
    },
    Template.DISPUTE_RESOLVED: {
        "fr": PushText("Le litige est tranché", "{route}, {when}. Retour au passager : {refund} F."),
        "en": PushText("The dispute is settled", "{route}, {when}. Refund: {refund} F."),
    },
    Template.DISPUTE_REJECTED: {
        "fr": PushText("Le litige est rejeté", "{route}, {when}. Voyez pourquoi."),
        "en": PushText("The dispute was rejected", "{route}, {when}. See why."),
    },
    Template.TRIP_STOPPED: {
        "fr": PushText("Trajet annulé par AlloCar", "{route}, {when}. {reason}."),
        "en": PushText("Trip cancelled by AlloCar", "{route}, {when}. {reason}."),
    },
    Template.BOOKING_ARBITRATED: {
        "fr": PushText("Nous avons décidé", "{route}, {when}. Retour au passager : {refund} F."),
        "en": PushText("We have decided", "{route}, {when}. Refund: {refund} F."),
    },
    Template.PAYOUT_DONE: {
        "fr": PushText("Versement de {amount} F", "L’argent est parti sur votre compte de paiement."),
        "en": PushText("Payout of {amount} F", "The money has gone to your payout account."),
    },
    Template.PAYOUT_FAILED: {
        "fr": PushText("Un versement n’a pas abouti", "{amount} F. Vérifiez votre compte de paiement."),
        "en": PushText("A payout did not arrive", "{amount} F. Check your payout account."),
    },
    Template.WITHDRAWAL_DONE: {
        "fr": PushText("Retrait de {amount} F effectué", "L’argent est parti sur votre compte de paiement."),
        "en": PushText("Withdrawal of {amount} F done", "The money has gone to your payout account."),
    },
    Template.WITHDRAWAL_FAILED: {
        "fr": PushText("Votre retrait n’a pas abouti", "{amount} F sont de retour dans votre portefeuille."),
        "en": PushText("Your withdrawal failed", "{amount} F are back in your wallet."),
    },
    Template.WALLET_TOPPED_UP: {
        "fr": PushText("Portefeuille rechargé", "{amount} F ajoutés à votre portefeuille."),
        "en": PushText("Wallet topped up", "{amount} F added to your wallet."),
    },
    Template.REFERRAL_EARNED: {
        "fr": PushText("Un parrainage vous rapporte", "{amount} F sont dans votre portefeuille."),
        "en": PushText("A referral earns you money", "{amount} F are in your wallet."),
    },
    Template.ACCOUNT_SUSPENDED: {
        "fr": PushText("Votre compte est suspendu", "Contactez-nous pour savoir pourquoi."),
        "en": PushText("Your account is suspended", "Contact us to learn why."),
    },
    Template.ACCOUNT_REINSTATED: {
        "fr": PushText("Votre compte est rouvert", "Vous pouvez vous connecter comme avant."),
        "en": PushText("Your account is open again", "You can log in as before."),
    },
    Template.PAPERS_APPROVED: {
        "fr": PushText("Vos papiers sont acceptés", "Merci : nous les avons vérifiés."),
        "en": PushText("Your papers are approved", "Thank you: we have checked them."),
    },
    Template.PAPERS_REJECTED: {
        "fr": PushText("Un de vos papiers est refusé", "Voyez pourquoi dans l’application et renvoyez-le."),
        "en": PushText("One of your papers was refused", "See why in the app and send it again."),
    },
    Template.PASSWORD_CHANGED: {
        "fr": PushText("Votre mot de passe a changé", "Si ce n’est pas vous, demandez-en un nouveau tout de suite."),
        "en": PushText("Your password was changed", "If it was not you, ask for a new one at once."),
    },
    Template.CONTACT_CHANGED: {
        "fr": PushText("Vos coordonnées ont changé", "Si ce n’est pas vous, contactez-nous tout de suite."),
        "en": PushText("Your contact details were changed", "If it was not you, contact us at once."),
    },
    Template.SOCIAL_CHANGED: {
        "fr": PushText("Connexion par Google ou Apple", "Elle vient de changer. Si ce n’est pas vous, contactez-nous."),
        "en": PushText("Log in with Google or Apple", "This was just changed. If it was not you, contact us at once."),
    },
    Template.PAYOUT_ACCOUNT_CHANGED: {
        "fr": PushText("Votre compte de paiement a changé", "Si ce n’est pas vous, contactez-nous tout de suite."),
        "en": PushText("Your payout account was changed", "If it was not you, contact us at once."),
    },
}


def push_text(template: Template, language: str, **facts: str | int) -> PushText:
    """The words of a push, and of the list in the app, in the reader's language; places are cut to fit."""
    words = PUSHES[template][language]
    said = told(shortened(facts), language)
    return PushText(words.title.format(**said), words.body.format(**said))
