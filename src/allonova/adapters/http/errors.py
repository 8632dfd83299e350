"""How refusals look on the wire: one status per code, one message per refusal in each language."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime

from allonova.domain.kernel.errors import DomainError, FieldError

STATUS: dict[str, int] = {  # conventions.md, Error codes
    "validation_error": 422,
    "auth_required": 401,
    "forbidden": 403,
    "kyc_required": 403,
    "not_found": 404,
    "conflict": 409,
    "booking_conflict": 409,
    "rate_limited": 429,
    "payment_failed": 402,
    "insufficient_funds": 402,
    "precondition_required": 428,
    "webhook_invalid_signature": 401,
    "idempotency_mismatch": 422,
    "precondition_failed": 412,
    "otp_invalid": 422,
    "invalid_transition": 409,
    "captcha_failed": 422,
    "provider_unavailable": 503,
    "payload_too_large": 413,
    "method_not_allowed": 405,
    "unsupported_media_type": 415,
    "service_unavailable": 503,
}

MESSAGES: dict[str, dict[str, str]] = {  # by the name of the class; a refusal without its own says its code's
    "ValidationError": {
        "en": "Some values are not acceptable.",
        "fr": "Certaines valeurs ne sont pas acceptables.",
    },
    "AuthRequired": {"en": "Please log in.", "fr": "Veuillez vous connecter."},
    "Forbidden": {"en": "You may not do this.", "fr": "Vous n'avez pas le droit de faire cela."},
    "KycRequired": {
        "en": "Your papers must be approved first.",
        "fr": "Vos papiers doivent d'abord être approuvés.",
    },
    "NotFound": {"en": "There is no such thing.", "fr": "Cela n'existe pas."},
    "Conflict": {
        "en": "This contradicts the present state of things.",
        "fr": "Cela contredit l'état actuel des choses.",
    },
    "BookingConflict": {
        "en": "This booking is not possible.",
        "fr": "Cette réservation n'est pas possible.",
    },
    "RateLimited": {
        "en": "Too many requests. Please wait.",
        "fr": "Trop de requêtes. Veuillez patienter.",
    },
    "PaymentFailed": {"en": "The payment was refused.", "fr": "Le paiement a été refusé."},
    "InsufficientFunds": {
        "en": "The balance does not cover this.",
        "fr": "Le solde ne suffit pas.",
    },
    "PreconditionRequired": {
        "en": "Send If-Match with the version you are changing.",
        "fr": "Envoyez If-Match avec la version que vous modifiez.",
    },
    "PreconditionFailed": {
        "en": "It has changed since you read it.",
        "fr": "Cela a changé depuis votre lecture.",
    },
    "WebhookInvalidSignature": {
        "en": "The signature is not valid.",
        "fr": "La signature n'est pas valide.",
    },
    "IdempotencyMismatch": {
        "en": "This Idempotency-Key was used with another body.",
        "fr": "Cette Idempotency-Key a servi avec un autre contenu.",
    },
    "OtpInvalid": {"en": "The code is not valid.", "fr": "Le code n'est pas valide."},
    "InvalidTransition": {
        "en": "This step is not possible in the present state.",
        "fr": "Cette étape n'est pas possible dans l'état actuel.",
    },
    "CaptchaFailed": {"en": "The captcha was not passed.", "fr": "Le captcha n'a pas été réussi."},
    "ProviderUnavailable": {
        "en": "The provider does not answer. Nothing is lost; please try again.",
        "fr": "Le prestataire ne répond pas. Rien n'est perdu ; veuillez réessayer.",
    },
    "ServiceUnavailable": {
        "en": "A part of the service is down. Please try again.",
        "fr": "Une partie du service est en panne. Veuillez réessayer.",
    },
    "PayloadTooLarge": {"en": "The request is too large.", "fr": "La requête est trop grande."},
    "MethodNotAllowed": {
        "en": "This method is not allowed here.",
        "fr": "Cette méthode n'est pas permise ici.",
    },
    "UnsupportedMediaType": {
        "en": "Send application/json.",
        "fr": "Envoyez du application/json.",
    },
    "StillRunning": {
        "en": "The first request with this Idempotency-Key is still running.",
        "fr": "La première requête avec cette Idempotency-Key est encore en cours.",
    },
    "AlreadyExists": {"en": "This exists already.", "fr": "Cela existe déjà."},
    "StaleVersion": {
        "en": "Somebody changed it at the same moment. Please try again.",
        "fr": "Quelqu'un l'a modifié au même moment. Veuillez réessayer.",
    },
    "WrongCode": {
        "en": "The code is wrong or no longer works.",
        "fr": "Le code est faux ou ne fonctionne plus.",
    },
    "DeadLink": {
        "en": "This link does not work any more. Please ask for a new one.",
        "fr": "Ce lien ne fonctionne plus. Demandez-en un nouveau.",
    },
    "WrongPassword": {
        "en": "These do not match: identifier and password.",
        "fr": "L'identifiant et le mot de passe ne correspondent pas.",
    },
    "TooManyPasswords": {
        "en": "Too many wrong passwords. Please wait.",
        "fr": "Trop de mots de passe faux. Veuillez patienter.",
    },
    "TooManyCodes": {
        "en": "Too many codes for this phone or e-mail. Please wait.",
        "fr": "Trop de codes pour ce numéro ou cette adresse. Veuillez patienter.",
    },
    "AdminLoginRefused": {
        "en": "The e-mail, the password or the code is wrong.",
        "fr": "L'adresse e-mail, le mot de passe ou le code est faux.",
    },
    "TooManyAdminTries": {
        "en": "Too many wrong passwords or codes. Please wait.",
        "fr": "Trop de mots de passe ou de codes faux. Veuillez patienter.",
    },
    "TotpNotStarted": {
        "en": "No authenticator waits to be confirmed.",
        "fr": "Aucune application d'authentification n'attend de confirmation.",
    },
    "PapersMissing": {
        "en": "An approved identity document and driving licence are needed.",
        "fr": "Une pièce d'identité et un permis approuvés sont nécessaires.",
    },
    "PaperOnFile": {
        "en": "A paper of this kind waits for its review or is approved already.",
        "fr": "Une pièce de ce type attend sa vérification ou est déjà approuvée.",
    },
    "PromoRefused": {
        "en": "This code gives nothing here.",
        "fr": "Ce code ne donne droit à rien ici.",
    },
    "PromoCodeTaken": {
        "en": "There is a promo with this code.",
        "fr": "Une promotion porte déjà ce code.",
    },
    "TooManyPromoTries": {
        "en": "Too many codes were tried. Please wait.",
        "fr": "Trop de codes ont été essayés. Veuillez patienter.",
    },
    "ReferralRefused": {
        "en": "This referral code cannot be used.",
        "fr": "Ce code de parrainage ne peut pas être utilisé.",
    },
    "AlreadyReferred": {
        "en": "Somebody has referred you already.",
        "fr": "Quelqu'un vous a déjà parrainé.",
    },
    "TooManyReferralTries": {
        "en": "Too many referral codes were tried. Please wait.",
        "fr": "Trop de codes de parrainage ont été essayés. Veuillez patienter.",
    },
    "PaymentPending": {
        "en": "A payment for this booking is under way.",
        "fr": "Un paiement est en cours pour cette réservation.",
    },
    "ProviderRefused": {
        "en": "The provider refused the payment.",
        "fr": "Le prestataire a refusé le paiement.",
    },
    "MethodUnavailable": {
        "en": "This way of paying is switched off.",
        "fr": "Ce moyen de paiement n'est pas disponible.",
    },
    "TooManyCardFailures": {
        "en": "Too many card payments failed. Please try again tomorrow, or pay another way.",
        "fr": "Trop de paiements par carte ont échoué. Réessayez demain, ou payez autrement.",
    },
    "WalletDisabled": {
        "en": "Wallets are switched off.",
        "fr": "Les portefeuilles ne sont pas disponibles.",
    },
    "NotWithdrawable": {
        "en": "A part of the balance can be spent, but not withdrawn.",
        "fr": "Une partie du solde peut être dépensée, mais pas retirée.",
    },
    "SameAdmin": {
        "en": "Somebody else must decide on what you asked for.",
        "fr": "Une autre personne doit décider de ce que vous avez demandé.",
    },
    "RefundTooMuch": {
        "en": "This is more than is left of the payment.",
        "fr": "C'est plus que ce qu'il reste du paiement.",
    },
    "NotRefundable": {
        "en": "Nothing was paid that could go back.",
        "fr": "Rien n'a été payé qui puisse être remboursé.",
    },
    "RideNotOver": {
        "en": "The booking still runs: give back all of it before check-in, or wait until the ride is over.",
        "fr": "La réservation est en cours : remboursez tout avant l'embarquement, ou attendez la fin du trajet.",
    },
    "MoneyFrozen": {
        "en": "The sides disagree about this ride; its money waits until that is decided.",
        "fr": "Ce trajet est contesté ; son argent attend une décision.",
    },
    "NoLossToBear": {
        "en": "No card's bank has taken money here that somebody else could bear.",
        "fr": "Aucune banque n'a repris ici d'argent que quelqu'un d'autre pourrait supporter.",
    },
    "LossDecided": {
        "en": "Who bears this loss is decided already.",
        "fr": "Qui supporte cette perte est déjà décidé.",
    },
    "NoPayoutAccount": {
        "en": "Verify your phone, or name a number that receives your money.",
        "fr": "Vérifiez votre numéro, ou indiquez celui qui recevra votre argent.",
    },
    "RecentlyChanged": {
        "en": "Your account was changed lately. To be safe, no money leaves yet.",
        "fr": "Votre compte a changé récemment. Par précaution, aucun argent ne part encore.",
    },
    "WithdrawLimitReached": {
        "en": "This is more than may be withdrawn in a day.",
        "fr": "C'est plus que ce qui peut être retiré en un jour.",
    },
    "WalletFull": {
        "en": "Your wallet may not hold so much.",
        "fr": "Votre portefeuille ne peut pas contenir autant.",
    },
    "TooManyTopups": {
        "en": "Too many top-ups are under way. Finish one first.",
        "fr": "Trop de recharges sont en cours. Terminez-en une d'abord.",
    },
    "IdentityMissing": {
        "en": "An approved identity document is needed.",
        "fr": "Une pièce d'identité approuvée est nécessaire.",
    },
    "PlateTaken": {
        "en": "A vehicle with this plate is registered already.",
        "fr": "Un véhicule avec cette plaque est déjà enregistré.",
    },
    "TripsOverlap": {
        "en": "You have another published trip at that time.",
        "fr": "Vous avez un autre trajet publié à ce moment.",
    },
    "TripClosed": {
        "en": "This trip is under way or over.",
        "fr": "Ce trajet est en cours ou terminé.",
    },
    "TripFrozen": {
        "en": "A passenger was promised otherwise.",
        "fr": "Un passager a reçu une autre promesse.",
    },
    "TripHasPaidBookings": {
        "en": "Somebody has paid for a seat: cancel the trip instead.",
        "fr": "Une place est payée : annulez plutôt le trajet.",
    },
    "VehicleInUse": {
        "en": "A published trip counts on this vehicle.",
        "fr": "Un trajet publié compte sur ce véhicule.",
    },
    "TripNotBookable": {
        "en": "This trip takes no bookings now.",
        "fr": "Ce trajet n'accepte pas de réservation.",
    },
    "NotEnoughSeats": {
        "en": "Not enough seats available.",
        "fr": "Il n'y a pas assez de places.",
    },
    "AlreadyBooked": {
        "en": "You have a booking on this trip already.",
        "fr": "Vous avez déjà une réservation sur ce trajet.",
    },
    "OwnTrip": {"en": "This is your own trip.", "fr": "C'est votre propre trajet."},
    "TooManyUnpaidBookings": {
        "en": "Too many unpaid bookings in 24 hours.",
        "fr": "Trop de réservations impayées en 24 heures.",
    },
    "NotPayable": {
        "en": "Only an accepted booking whose hold is alive can be paid.",
        "fr": "Seule une réservation acceptée et encore retenue peut être payée.",
    },
    "BookingTooLate": {
        "en": "It is too late for this booking.",
        "fr": "Il est trop tard pour cette réservation.",
    },
    "TooEarly": {
        "en": "It is too early to say so.",
        "fr": "Il est trop tôt pour le dire.",
    },
    "NotShareable": {
        "en": "Only a ride that is paid and not over can be shared.",
        "fr": "Seul un trajet payé et non terminé peut être partagé.",
    },
    "NothingToContest": {
        "en": "There is nothing to contest, or it is too late.",
        "fr": "Il n'y a rien à contester, ou il est trop tard.",
    },
    "ChannelsDown": {
        "en": "Nothing can be shown at the moment. Please try again.",
        "fr": "Rien ne peut être montré pour le moment. Veuillez réessayer.",
    },
    "ChatNotOpen": {
        "en": "You may write to each other once the driver has accepted.",
        "fr": "Vous pourrez vous écrire dès que le conducteur aura accepté.",
    },
    "ChatBlocked": {
        "en": "You cannot write to this person.",
        "fr": "Vous ne pouvez pas écrire à cette personne.",
    },
    "ChatOver": {
        "en": "This conversation is closed: the ride is too long ago.",
        "fr": "Cette conversation est close : le trajet est trop ancien.",
    },
    "ClientIdTaken": {
        "en": "Another message of yours has this client_id.",
        "fr": "Un autre de vos messages porte ce client_id.",
    },
    "AccountInUse": {
        "en": "Something is still open that needs you.",
        "fr": "Quelque chose est encore en cours et a besoin de vous.",
    },
    "SlugTaken": {
        "en": "Another company goes by this slug.",
        "fr": "Une autre société porte déjà cet identifiant.",
    },
    "EmailTaken": {
        "en": "Somebody has this e-mail address already.",
        "fr": "Cette adresse e-mail est déjà utilisée.",
    },
    "TaxiTaken": {
        "en": "Somebody else was given this taxi at the same moment.",
        "fr": "Ce taxi vient d'être attribué à quelqu'un d'autre.",
    },
    "LastAdmin": {
        "en": "The last active admin stays.",
        "fr": "Le dernier administrateur actif doit rester.",
    },
    "ChauffeurDriving": {
        "en": "A client is aboard: wait until the course has ended.",
        "fr": "Un client est à bord : attendez la fin de la course.",
    },
    "AlreadyIn": {
        "en": "This account needs no invitation.",
        "fr": "Ce compte n'a pas besoin d'invitation.",
    },
    "PlaqueTaken": {
        "en": "Another taxi has this plate.",
        "fr": "Un autre taxi porte cette plaque.",
    },
    "TaxiPromised": {
        "en": "The taxi has courses before it.",
        "fr": "Ce taxi a encore des courses prévues.",
    },
    "NoTaxi": {
        "en": "You drive no taxi at the moment.",
        "fr": "Aucun taxi ne vous est attribué.",
    },
    "TaxiOutOfService": {
        "en": "The taxi is out of service.",
        "fr": "Le taxi est hors service.",
    },
    "NumeroTaken": {
        "en": "Another taxi has this number.",
        "fr": "Un autre taxi porte ce numéro.",
    },
    "CommandeConflict": {
        "en": "The taxi cannot take this course as it is.",
        "fr": "Le taxi ne peut pas prendre cette course telle quelle.",
    },
    "NobodyFree": {
        "en": "No chauffeur is free for this course.",
        "fr": "Aucun chauffeur n'est libre pour cette course.",
    },
    "DemandeOver": {
        "en": "This offer has ended.",
        "fr": "Cette demande n'est plus ouverte.",
    },
    "NothingToUndo": {
        "en": "There is no move of yours to take back, or the card has changed since.",
        "fr": "Il n'y a pas de déplacement à annuler, ou la carte a changé depuis.",
    },
    "ThatIsYou": {
        "en": "This is you.",
        "fr": "C'est vous-même.",
    },
    "AlreadyReported": {
        "en": "Your report is being looked at.",
        "fr": "Votre signalement est en cours d'examen.",
    },
    "TooManyAlerts": {
        "en": "You keep as many searches as you may. Remove one first.",
        "fr": "Vous avez atteint le nombre maximal d'alertes. Supprimez-en une d'abord.",
    },
    "CheckinClosed": {
        "en": "Check-in is not open now.",
        "fr": "L'embarquement n'est pas ouvert à cette heure.",
    },
    "WrongCheckinCode": {
        "en": "This is not the passenger's code.",
        "fr": "Ce n'est pas le code du passager.",
    },
    "TooManyCheckinTries": {
        "en": "Too many wrong codes. Please wait.",
        "fr": "Trop de codes faux. Veuillez patienter.",
    },
}


def status_of(error: DomainError | type[DomainError]) -> int:
    """The HTTP status of a refusal."""
    return STATUS[error.code]


def message_of(error: DomainError | type[DomainError], language: str) -> str:
    """What to tell people."""
    kind = error if isinstance(error, type) else type(error)
    return MESSAGES[kind.__name__][language]


def details_of(error: DomainError, jsonable: Callable[[object], object]) -> dict[str, object]:
    """The facts as values that JSON has or pydantic writes (instants as everywhere on the wire), views by `jsonable`;
    a field error's own words are for developers and stay English.
    """
    facts = error.facts().items()
    return {name: _plain(value, jsonable) for name, value in facts if name != "retry_after_s"}


def _plain(value: object, jsonable: Callable[[object], object]) -> object:
    if isinstance(value, FieldError):
        return {"path": value.path, "code": value.code, "message": value.message}
    if isinstance(value, tuple):
        return [_plain(item, jsonable) for item in value]
    if dataclasses.is_dataclass(value):
        return jsonable(value)
    return value if isinstance(value, int | float | datetime) else str(value)
