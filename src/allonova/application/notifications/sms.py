"""What text messages say. One SMS is 160 characters; accents that GSM 03.38 lacks are left out."""

from __future__ import annotations

from allonova.application.notifications.templates import Template
from allonova.application.notifications.words import shortened, told

SMS: dict[Template, dict[str, str]] = {
    Template.OTP: {
        "fr": "AlloCar : votre code est {code}. Il vaut 10 minutes. Ne le donnez à personne.",
        "en": "AlloCar: your code is {code}. It works for 10 minutes. Give it to nobody.",
    },
    Template.REGISTRATION_REPEATED: {
        "fr": "AlloCar : ce numéro a déjà un compte. Si c'était vous, connectez-vous ; sinon, ignorez ce message.",
        "en": "AlloCar: this number already has an account. If it was you, log in; if not, ignore this message.",
    },
    Template.PASSWORD_RESET: {
        "fr": "AlloCar : choisissez un nouveau mot de passe sous 30 minutes : {url}",
        "en": "AlloCar: choose a new password within 30 minutes: {url}",
    },
    Template.PASSWORD_CHANGED: {
        "fr": "AlloCar : votre mot de passe a changé. Si ce n'est pas vous, demandez-en un nouveau tout de suite.",
        "en": "AlloCar: your password was changed. If it was not you, ask for a new one at once.",
    },
    Template.CONTACT_CHANGED: {
        "fr": "AlloCar : le numéro ou l'e-mail de votre compte a changé. Si ce n'est pas vous, contactez-nous vite.",
        "en": "AlloCar: the phone or e-mail of your account was changed. If it was not you, contact us at once.",
    },
    Template.SOCIAL_CHANGED: {
        "fr": "AlloCar : la connexion par Google ou Apple a changé. Si ce n'est pas vous, contactez-nous vite.",
        "en": "AlloCar: logging in with Google or Apple was changed. If it was not you, contact us at once.",
    },
    Template.PAYOUT_CODE: {
        "fr": "AlloCar : {code} est le code pour recevoir de l'argent sur ce numéro. Il vaut 10 minutes.",
        "en": "AlloCar: {code} is the code to receive money on this number. It works for 10 minutes.",
    },
    Template.PAYOUT_ACCOUNT_CHANGED: {
        "fr": "AlloCar : le numéro où va votre argent a changé. Rien ne part avant 24 h. Pas vous ? Contactez-nous.",
        "en": "AlloCar: the number that gets your money was changed. Nothing leaves for 24 h. Not you? Contact us.",
    },
    Template.PAPERS_APPROVED: {
        "fr": "AlloCar : vos papiers sont acceptés. Merci.",
        "en": "AlloCar: your papers are approved. Thank you.",
    },
    Template.PAPERS_REJECTED: {
        "fr": "AlloCar : un de vos papiers est refusé. Voyez pourquoi dans l'application et renvoyez-le.",
        "en": "AlloCar: one of your papers was refused. See why in the app and send it again.",
    },
    Template.BOOKING_REQUESTED: {
        "fr": "AlloCar : {seats} place(s) demandée(s) pour {route}, {when}. Répondez dans l'application.",
        "en": "AlloCar: {seats} seat(s) asked for {route}, {when}. Answer in the app.",
    },
    Template.BOOKING_ACCEPTED: {
        "fr": "AlloCar : réservation acceptée pour {route}, {when}. Payez {amount} F pour garder vos places.",
        "en": "AlloCar: booking accepted for {route}, {when}. Pay {amount} F to keep your seats.",
    },
    Template.BOOKING_REJECTED: {
        "fr": "AlloCar : le conducteur n'a pas accepté votre demande pour {route}, {when}. Rien n'a été débité.",
        "en": "AlloCar: the driver did not accept your request for {route}, {when}. Nothing was charged.",
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
    Template.BOOKING_CANCELLED_PASSENGER: {
        "fr": "AlloCar : réservation annulée pour {route}, {when}. Frais : {fee} F. Remboursement : {refund} F.",
        "en": "AlloCar: booking cancelled for {route}, {when}. Fee: {fee} F. Refund: {refund} F.",
    },
    Template.BOOKING_CANCELLED_UNPAID: {
        "fr": "AlloCar : réservation annulée pour {route}, {when}. Rien n'a été débité.",
        "en": "AlloCar: booking cancelled for {route}, {when}. Nothing was charged.",
    },
    Template.BOOKING_CANCELLED_DRIVER: {
        "fr": "AlloCar : une réservation de {seats} place(s) pour {route}, {when}, est annulée.",
        "en": "AlloCar: a booking of {seats} seat(s) for {route}, {when}, was cancelled.",
    },
    Template.BOOKING_COMPLETED: {
        "fr": "AlloCar : trajet {route} terminé. Merci d'avoir voyagé avec nous.",
        "en": "AlloCar: your ride {route} is over. Thank you for riding with us.",
    },
    Template.TRIP_CHANGED: {
        "fr": "AlloCar : votre trajet {route} a changé. Départ : {when}. Voyez le détail dans l'application.",
        "en": "AlloCar: your ride {route} has changed. It leaves on {when}. See the app for details.",
    },
    Template.NO_SHOW: {
        "fr": "AlloCar : le conducteur vous a attendu, {route}, {when}. Frais : {fee} F. Remboursement : {refund} F.",
        "en": "AlloCar: the driver did not see you, {route}, {when}. Fee: {fee} F. Refund: {refund} F.",
    },
    Template.RIDE_QUESTION: {
        "fr": "AlloCar : le trajet {route}, {when}, a-t-il eu lieu ? Répondez dans l'application sous 24 h.",
        "en": "AlloCar: did the ride {route}, {when}, take place? Answer in the app within 24 hours.",
    },
    Template.RIDE_SHARED: {
        "fr": "AlloCar : un passager partage son trajet {route}, {when} : ses proches voient où est la voiture.",
        "en": "AlloCar: a passenger shares the ride {route}, {when}: people close to them see where the car is.",
    },
    Template.REFUND_SENT: {
        "fr": "AlloCar : {amount} F vous ont été remboursés.",
        "en": "AlloCar: {amount} F have been refunded to you.",
    },
    Template.ALERT_MATCHED: {
        "fr": "AlloCar : un trajet pour vous, {route}, {when}, {amount} F la place. Voyez l'application.",
        "en": "AlloCar: a trip for you, {route}, {when}, {amount} F a seat. See the app.",
    },
    Template.RIDE_REMINDER_PASSENGER: {
        "fr": "AlloCar : rappel, votre trajet {route} part le {when}. Votre code est dans l'application.",
        "en": "AlloCar: reminder, your ride {route} leaves on {when}. Your code is in the app.",
    },
    Template.RIDE_REMINDER_DRIVER: {
        "fr": "AlloCar : rappel, vous conduisez {route}, {when}. Places payées : {seats}.",
        "en": "AlloCar: reminder, you drive {route}, {when}. Seats paid: {seats}.",
    },
    Template.MESSAGE_WAITING: {
        "fr": "AlloCar : un message vous attend pour {route}, {when}. Lisez-le dans l'application.",
        "en": "AlloCar: a message is waiting about {route}, {when}. Read it in the app.",
    },
    Template.RATING_DUE: {
        "fr": "AlloCar : comment était le trajet {route}, {when} ? Notez-le dans l'application.",
        "en": "AlloCar: how was the ride {route}, {when}? Rate it in the app.",
    },
    Template.RATING_RECEIVED: {
        "fr": "AlloCar : votre note pour {route}, {when} : {stars} sur 5.",
        "en": "AlloCar: your rating for {route}, {when}: {stars} out of 5.",
    },
    Template.DISPUTE_OPENED: {
        "fr": "AlloCar : un litige est ouvert sur {route}, {when}. Donnez votre version dans l'application.",
        "en": "AlloCar: a dispute was opened about {route}, {when}. Give your side in the app.",
    },
    Template.DISPUTE_IN_REVIEW: {
        "fr": "AlloCar : nous examinons le litige sur {route}, {when}. Nous vous dirons ce qui est décidé.",
        "en": "AlloCar: we are looking at the dispute about {route}, {when}. We shall tell you what is decided.",
    },
    Template.DISPUTE_RESOLVED: {
        "fr": "AlloCar : litige tranché sur {route}, {when}. Remboursement au passager : {refund} F.",
        "en": "AlloCar: dispute settled about {route}, {when}. Refund to the passenger: {refund} F.",
    },
    Template.DISPUTE_REJECTED: {
        "fr": "AlloCar : litige rejeté sur {route}, {when}. Voyez pourquoi dans l'application.",
        "en": "AlloCar: dispute rejected about {route}, {when}. See why in the app.",
    },
    Template.TRIP_STOPPED: {
        "fr": "AlloCar : nous avons annulé votre trajet {route}, {when}. Raison : {reason}.",
        "en": "AlloCar: we have cancelled your trip {route}, {when}. Reason: {reason}.",
    },
    Template.BOOKING_ARBITRATED: {
        "fr": "AlloCar : nous avons décidé pour {route}, {when}. Remboursement au passager : {refund} F.",
        "en": "AlloCar: we have decided about {route}, {when}. Refund to the passenger: {refund} F.",
    },
    Template.PAYOUT_DONE: {
        "fr": "AlloCar : {amount} F sont partis sur votre compte de paiement.",
        "en": "AlloCar: {amount} F have gone to your payout account.",
    },
    Template.PAYOUT_FAILED: {
        "fr": "AlloCar : le versement de {amount} F n'a pas abouti. Vérifiez votre compte de paiement.",
        "en": "AlloCar: the payout of {amount} F did not arrive. Check your payout account.",
    },
    Template.WITHDRAWAL_DONE: {
        "fr": "AlloCar : votre retrait de {amount} F est parti sur votre compte de paiement.",
        "en": "AlloCar: your withdrawal of {amount} F has gone to your payout account.",
    },
    Template.WITHDRAWAL_FAILED: {
        "fr": "AlloCar : votre retrait de {amount} F n'a pas abouti. L'argent est de retour dans votre portefeuille.",
        "en": "AlloCar: your withdrawal of {amount} F did not arrive. The money is back in your wallet.",
    },
    Template.WALLET_TOPPED_UP: {
        "fr": "AlloCar : {amount} F ajoutés à votre portefeuille.",
        "en": "AlloCar: {amount} F added to your wallet.",
    },
    Template.REFERRAL_EARNED: {
        "fr": "AlloCar : un parrainage vous rapporte {amount} F. Ils sont dans votre portefeuille.",
        "en": "AlloCar: a referral earns you {amount} F. They are in your wallet.",
    },
    Template.ACCOUNT_SUSPENDED: {
        "fr": "AlloCar : votre compte est suspendu. Contactez-nous pour savoir pourquoi.",
        "en": "AlloCar: your account is suspended. Contact us to learn why.",
    },
    Template.ACCOUNT_REINSTATED: {
        "fr": "AlloCar : votre compte est rouvert. Vous pouvez vous connecter.",
        "en": "AlloCar: your account is open again. You can log in.",
    },
}


def sms_text(template: Template, language: str, **facts: str | int) -> str:
    """The words of a text message in the reader's language: places are cut to fit, numbers are not grouped."""
    plain = {name: str(fact) for name, fact in shortened(facts).items()}
    return SMS[template][language].format(**told(plain, language))
