"""What refusals of money say."""

from __future__ import annotations

MESSAGES: dict[str, dict[str, str]] = {
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
    "TooManyExports": {
        "en": "Too many of your exports are under way. Wait until one has ended.",
        "fr": "Trop de vos exports sont en cours. Attendez que l'un d'eux se termine.",
    },
    "TooManyTopups": {
        "en": "Too many top-ups are under way. Finish one first.",
        "fr": "Trop de recharges sont en cours. Terminez-en une d'abord.",
    },
}
