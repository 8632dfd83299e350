"""What mails say of money that came to somebody or left for him."""

from __future__ import annotations

from allonova.application.notifications.templates import MailText, Template

MONEY: dict[Template, dict[str, MailText]] = {
    Template.PAYOUT_DONE: {
        "fr": MailText(
            "Vous avez été payé : {amount} F",
            ("Nous avons envoyé {amount} F sur votre compte de paiement.", "Le détail est dans l’application."),
        ),
        "en": MailText(
            "You have been paid: {amount} F",
            ("We have sent {amount} F to your payout account.", "See the app for details."),
        ),
    },
    Template.PAYOUT_FAILED: {
        "fr": MailText(
            "Un versement n’a pas abouti : {amount} F",
            (
                "Le versement de {amount} F sur votre compte de paiement n’a pas abouti. L’argent vous reste dû.",
                "Vérifiez votre compte de paiement dans l’application.",
            ),
        ),
        "en": MailText(
            "A payout did not arrive: {amount} F",
            (
                "The payout of {amount} F to your payout account did not arrive. The money is still owed to you.",
                "Check your payout account in the app.",
            ),
        ),
    },
    Template.WITHDRAWAL_DONE: {
        "fr": MailText(
            "Retrait de {amount} F effectué",
            ("Votre retrait de {amount} F est parti sur votre compte de paiement.",),
        ),
        "en": MailText(
            "Withdrawal of {amount} F done",
            ("Your withdrawal of {amount} F has gone to your payout account.",),
        ),
    },
    Template.WITHDRAWAL_FAILED: {
        "fr": MailText(
            "Retrait de {amount} F refusé",
            (
                "Votre retrait de {amount} F n’a pas abouti. L’argent est de retour dans votre portefeuille.",
                "Vérifiez votre compte de paiement dans l’application.",
            ),
        ),
        "en": MailText(
            "Withdrawal of {amount} F failed",
            (
                "Your withdrawal of {amount} F did not arrive. The money is back in your wallet.",
                "Check your payout account in the app.",
            ),
        ),
    },
    Template.WALLET_TOPPED_UP: {
        "fr": MailText(
            "{amount} F dans votre portefeuille", ("Nous avons ajouté {amount} F à votre portefeuille AlloCar.",)
        ),
        "en": MailText("{amount} F in your wallet", ("We have added {amount} F to your AlloCar wallet.",)),
    },
    Template.REFERRAL_EARNED: {
        "fr": MailText(
            "Un parrainage vous rapporte {amount} F",
            ("Merci d’avoir voyagé avec AlloCar : {amount} F de parrainage sont dans votre portefeuille.",),
        ),
        "en": MailText(
            "A referral earns you {amount} F",
            ("Thank you for riding with AlloCar: {amount} F for a referral are in your wallet.",),
        ),
    },
}
