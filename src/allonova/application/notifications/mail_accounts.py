"""What mails about accounts and papers say. The code or the button stands after the first paragraph."""

from __future__ import annotations

from allonova.application.notifications.templates import MailText, Template

ACCOUNTS: dict[Template, dict[str, MailText]] = {
    Template.OTP: {
        "fr": MailText(
            "Votre code AlloCar",
            (
                "Voici votre code. Il vaut 10 minutes et ne sert qu’une fois.",
                "Ne le donnez à personne, pas même à quelqu’un qui se dit d’AlloCar.",
                "Si vous n’avez rien demandé, ignorez ce message : sans le code, il ne se passe rien.",
            ),
        ),
        "en": MailText(
            "Your AlloCar code",
            (
                "Here is your code. It works for 10 minutes, and once.",
                "Give it to nobody, not even to somebody who claims to be AlloCar.",
                "If you asked for nothing, ignore this message: without the code nothing happens.",
            ),
        ),
    },
    Template.REGISTRATION_REPEATED: {
        "fr": MailText(
            "Vous avez déjà un compte AlloCar",
            (
                "Quelqu’un a voulu se servir de cette adresse, qui a déjà un compte. Rien n’a changé.",
                "Si c’était vous, connectez-vous, ou demandez un nouveau mot de passe. Sinon, ignorez ce message.",
            ),
        ),
        "en": MailText(
            "You already have an AlloCar account",
            (
                "Somebody tried to use this address, which already has an account. Nothing has changed.",
                "If it was you, log in, or ask for a new password. If not, ignore this message.",
            ),
        ),
    },
    Template.EMAIL_VERIFY: {
        "fr": MailText(
            "Confirmez votre adresse",
            (
                "Bienvenue sur AlloCar. Confirmez que cette adresse est la vôtre : le lien vaut 24 heures.",
                "Si vous n’avez rien demandé, ignorez ce message : sans le lien, aucun compte ne s’ouvre.",
            ),
            "Confirmer mon adresse",
        ),
        "en": MailText(
            "Confirm your address",
            (
                "Welcome to AlloCar. Confirm that this address is yours: the link works for 24 hours.",
                "If you asked for nothing, ignore this message: without the link no account is opened.",
            ),
            "Confirm my address",
        ),
    },
    Template.PASSWORD_RESET: {
        "fr": MailText(
            "Choisissez un nouveau mot de passe",
            (
                "Vous avez demandé un nouveau mot de passe. Le lien vaut 30 minutes et ne sert qu’une fois.",
                "Si vous n’avez rien demandé, ignorez ce message : votre mot de passe reste le même.",
            ),
            "Choisir un mot de passe",
        ),
        "en": MailText(
            "Choose a new password",
            (
                "You asked for a new password. The link works for 30 minutes, and once.",
                "If you asked for nothing, ignore this message: your password stays what it is.",
            ),
            "Choose a password",
        ),
    },
    Template.PASSWORD_CHANGED: {
        "fr": MailText(
            "Votre mot de passe a changé",
            (
                "Le mot de passe de votre compte AlloCar vient de changer. Vos autres appareils sont déconnectés.",
                "Si ce n’est pas vous, demandez tout de suite un nouveau mot de passe et contactez-nous.",
            ),
        ),
        "en": MailText(
            "Your password was changed",
            (
                "The password of your AlloCar account was just changed. Your other devices are logged out.",
                "If it was not you, ask for a new password at once and contact us.",
            ),
        ),
    },
    Template.SOCIAL_CHANGED: {
        "fr": MailText(
            "La connexion par Google ou Apple a changé",
            (
                "Un compte Google ou Apple vient d’être lié à votre compte AlloCar, ou ne l’est plus.",
                "Si ce n’est pas vous, contactez-nous tout de suite.",
            ),
        ),
        "en": MailText(
            "Logging in with Google or Apple was changed",
            (
                "A Google or Apple account was just linked to your AlloCar account, or is linked no more.",
                "If it was not you, contact us at once.",
            ),
        ),
    },
    Template.CONTACT_CHANGED: {
        "fr": MailText(
            "Vos coordonnées ont changé",
            (
                "Le numéro de téléphone ou l’adresse e-mail de votre compte AlloCar vient de changer.",
                "Si ce n’est pas vous, contactez-nous tout de suite.",
            ),
        ),
        "en": MailText(
            "Your contact details were changed",
            (
                "The phone number or the e-mail address of your AlloCar account was just changed.",
                "If it was not you, contact us at once.",
            ),
        ),
    },
    Template.PAYOUT_CODE: {
        "fr": MailText(
            "Votre code AlloCar",
            (
                "Voici le code qui confirme où recevoir de l’argent. Il vaut 10 minutes et ne sert qu’une fois.",
                "Si vous n’avez rien demandé, ignorez ce message : sans le code, il ne se passe rien.",
            ),
        ),
        "en": MailText(
            "Your AlloCar code",
            (
                "Here is the code that confirms where to receive money. It works for 10 minutes, and once.",
                "If you asked for nothing, ignore this message: without the code nothing happens.",
            ),
        ),
    },
    Template.PAYOUT_ACCOUNT_CHANGED: {
        "fr": MailText(
            "Votre compte de paiement a changé",
            (
                "Le numéro qui reçoit votre argent vient de changer. Par précaution, rien ne part pendant 24 heures.",
                "Si ce n’est pas vous, contactez-nous tout de suite.",
            ),
        ),
        "en": MailText(
            "Your payout account was changed",
            (
                "The number that receives your money was just changed. To be safe, nothing leaves for 24 hours.",
                "If it was not you, contact us at once.",
            ),
        ),
    },
    Template.ACCOUNT_SUSPENDED: {
        "fr": MailText(
            "Votre compte est suspendu",
            (
                "Nous avons suspendu votre compte AlloCar : vous ne pouvez plus vous connecter.",
                "Si c’est une erreur, ou pour savoir pourquoi, contactez-nous.",
            ),
        ),
        "en": MailText(
            "Your account is suspended",
            (
                "We have suspended your AlloCar account: you can no longer log in.",
                "If this is a mistake, or to learn why, contact us.",
            ),
        ),
    },
    Template.ACCOUNT_REINSTATED: {
        "fr": MailText(
            "Votre compte est rouvert",
            ("Votre compte AlloCar n’est plus suspendu. Vous pouvez vous connecter comme avant.",),
        ),
        "en": MailText(
            "Your account is open again",
            ("Your AlloCar account is no longer suspended. You can log in as before.",),
        ),
    },
    Template.ADMIN_INVITED: {
        "fr": MailText(
            "Votre accès à l’administration d’AlloCar",
            (
                "Votre accès est prêt. Choisissez votre mot de passe pour l’ouvrir : le lien ne sert qu’une fois.",
                "Si vous n’attendiez pas cette invitation, ignorez ce message.",
            ),
            "Choisir un mot de passe",
        ),
        "en": MailText(
            "Your access to AlloCar’s back office",
            (
                "Your access is ready. Choose your password to open it: the link works once.",
                "If you did not expect this invitation, ignore this message.",
            ),
            "Choose a password",
        ),
    },
    Template.PAPERS_APPROVED: {
        "fr": MailText("Vos papiers sont acceptés", ("Nous avons vérifié et accepté vos papiers. Merci.",)),
        "en": MailText("Your papers are approved", ("We have checked and approved your papers. Thank you.",)),
    },
    Template.PAPERS_REJECTED: {
        "fr": MailText(
            "Un de vos papiers est refusé",
            (
                "Nous n’avons pas pu accepter un de vos papiers. Voici pourquoi : {notes}",
                "Vous pouvez le renvoyer depuis l’application.",
            ),
        ),
        "en": MailText(
            "One of your papers was refused",
            (
                "We could not accept one of your papers. This is why: {notes}",
                "You can send it again from the app.",
            ),
        ),
    },
}
