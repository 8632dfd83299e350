"""What refusals of every context say."""

from __future__ import annotations

MESSAGES: dict[str, dict[str, str]] = {
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
    "DeliveryNotDead": {
        "en": "It has not been given up: it is on its way, or has arrived.",
        "fr": "L'envoi n'est pas abandonné : il est en cours, ou déjà arrivé.",
    },
    "AlreadyExists": {"en": "This exists already.", "fr": "Cela existe déjà."},
    "StaleVersion": {
        "en": "Somebody changed it at the same moment. Please try again.",
        "fr": "Quelqu'un l'a modifié au même moment. Veuillez réessayer.",
    },
    "ChannelsDown": {
        "en": "Nothing can be shown at the moment. Please try again.",
        "fr": "Rien ne peut être montré pour le moment. Veuillez réessayer.",
    },
}
