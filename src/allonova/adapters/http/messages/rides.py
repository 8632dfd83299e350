"""What refusals of carpooling say."""

from __future__ import annotations

MESSAGES: dict[str, dict[str, str]] = {
    "WomenOnlyRefused": {
        "en": "A trip for women alone takes an identity paper that says that you are one.",
        "fr": "Un trajet entre femmes demande une pièce d'identité qui confirme que vous en êtes une.",
    },
    "SegmentNameTaken": {
        "en": "There is a segment of this name already.",
        "fr": "Un segment porte déjà ce nom.",
    },
    "PlateTaken": {
        "en": "A vehicle with this plate is registered already.",
        "fr": "Un véhicule avec cette plaque est déjà enregistré.",
    },
    "TripsOverlap": {
        "en": "You have another published trip at that time.",
        "fr": "Vous avez un autre trajet publié à ce moment.",
    },
    "SeriesOverlaps": {
        "en": "On these days you would be on two trips at a time.",
        "fr": "Ces jours-là, vous seriez sur deux trajets à la fois.",
    },
    "NothingFollows": {
        "en": "No trip of this series is still to come.",
        "fr": "Aucun trajet de cette série n’est à venir.",
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
    "NothingToDispute": {
        "en": "This booking was never accepted: there is nothing to dispute.",
        "fr": "Cette réservation n'a jamais été acceptée : il n'y a rien à contester.",
    },
    "DisputeTooLate": {
        "en": "It is too late to open a dispute: the ride is too long ago.",
        "fr": "Il est trop tard pour ouvrir un litige : le trajet est trop ancien.",
    },
    "AlreadyDisputed": {
        "en": "Your dispute about this booking is not decided yet.",
        "fr": "Votre litige sur cette réservation n'est pas encore tranché.",
    },
    "DisputeDecided": {
        "en": "This dispute is closed.",
        "fr": "Ce litige est clos.",
    },
    "TooMuchEvidence": {
        "en": "You have given as much evidence as a dispute takes.",
        "fr": "Vous avez fourni autant de pièces qu'un litige peut en recevoir.",
    },
    "BookingDisputed": {
        "en": "A dispute about this booking has to be decided first.",
        "fr": "Un litige sur cette réservation doit d'abord être tranché.",
    },
    "RefundBeyondRole": {
        "en": "Your role may not give back so much.",
        "fr": "Votre rôle ne permet pas de rembourser autant.",
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
    "ThatIsYou": {
        "en": "This is you.",
        "fr": "C'est vous-même.",
    },
    "AlreadyRated": {
        "en": "You have rated this ride already.",
        "fr": "Vous avez déjà noté ce trajet.",
    },
    "RideNotCompleted": {
        "en": "You can rate each other once the ride is completed.",
        "fr": "Vous pourrez vous noter une fois le trajet terminé.",
    },
    "RatingClosed": {
        "en": "The 14 days in which this ride could be rated are over.",
        "fr": "Le délai de 14 jours pour noter ce trajet est passé.",
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
