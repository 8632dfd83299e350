"""What refusals of accounts and papers say."""

from __future__ import annotations

MESSAGES: dict[str, dict[str, str]] = {
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
    "BadIdToken": {
        "en": "This account of Google or Apple did not log you in. Please try again.",
        "fr": "Ce compte Google ou Apple n'a pas permis de vous connecter. Veuillez réessayer.",
    },
    "LastWayIn": {
        "en": "Nothing else opens your account. Confirm a phone or an e-mail first.",
        "fr": "Rien d'autre n'ouvre votre compte. Confirmez d'abord un numéro ou une adresse e-mail.",
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
    "GenderDiffers": {
        "en": "The account says another gender than the paper.",
        "fr": "Le compte indique un autre genre que la pièce.",
    },
    "PaperNotApproved": {
        "en": "This paper is not approved.",
        "fr": "Cette pièce n'est pas approuvée.",
    },
    "PaperOnFile": {
        "en": "A paper of this kind waits for its review or is approved already.",
        "fr": "Une pièce de ce type attend sa vérification ou est déjà approuvée.",
    },
    "IdentityMissing": {
        "en": "An approved identity document is needed.",
        "fr": "Une pièce d'identité approuvée est nécessaire.",
    },
    "AccountErased": {
        "en": "This account was erased.",
        "fr": "Ce compte a été effacé.",
    },
    "NotYourNote": {
        "en": "A note is struck by whoever wrote it, or by a super administrator.",
        "fr": "Une note est retirée par son auteur ou par un super-administrateur.",
    },
    "OwnAccount": {
        "en": "Somebody else must change your own account.",
        "fr": "Votre propre compte doit être modifié par quelqu'un d'autre.",
    },
    "LastSuper": {
        "en": "This is the last super administrator.",
        "fr": "C'est le dernier super-administrateur.",
    },
    "AccountInUse": {
        "en": "Something is still open that needs you.",
        "fr": "Quelque chose est encore en cours et a besoin de vous.",
    },
}
