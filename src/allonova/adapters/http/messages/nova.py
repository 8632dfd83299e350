"""What refusals of NOVA say."""

from __future__ import annotations

MESSAGES: dict[str, dict[str, str]] = {
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
    "ClientExpected": {
        "en": "A course of this client is still open.",
        "fr": "Une course de ce client est encore ouverte.",
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
}
