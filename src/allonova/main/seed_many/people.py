"""Users, and among them drivers with papers and a car."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allonova.application.kernel.ports import Sealer
from allonova.domain.carpool.vehicle import Comfort, Vehicle
from allonova.domain.identity.referral_code import referral_code_of
from allonova.domain.identity.user import Gender, User
from allonova.domain.kyc.document import KycDocument, KycStatus, number_context
from allonova.main.seed_many.dice import Dice, id_of
from allonova.main.seed_papers import SHOWN, paper_key

SEEDS = range(100)  # a number's two digits stand in every phone and plate, so that seeds do not meet
MOST_USERS = 200_000
DRIVER_EVERY = 5
WOMEN = (
    *("Awa", "Mariam", "Aminata", "Fatou", "Adjoua", "Akissi", "Affoué", "Clarisse", "Estelle", "Rokia"),
    *("Salimata", "Bintou", "Grâce", "Prisca", "Nadège"),
)
MEN = (
    *("Koffi", "Yao", "Kouamé", "Kouadio", "Konan", "Ibrahim", "Moussa", "Adama", "Seydou", "Lassina"),
    *("Serge", "Didier", "Franck", "Cédric", "Hervé"),
)
FAMILIES = (
    *("Koné", "Traoré", "Coulibaly", "Ouattara", "Bamba", "Touré", "Diomandé", "Yao", "Kouassi", "N'Guessan"),
    *("Koffi", "Brou", "Gnagne", "Aka", "Diabaté", "Cissé", "Fofana", "Soro", "Silué", "Zadi"),
)
CARS = (
    ("Toyota", "Corolla", 5, Comfort.STANDARD),
    ("Toyota", "Yaris", 5, Comfort.BASIC),
    ("Suzuki", "Swift", 5, Comfort.BASIC),
    ("Hyundai", "Accent", 5, Comfort.STANDARD),
    ("Kia", "Sportage", 5, Comfort.COMFORT),
    ("Toyota", "Sienna", 7, Comfort.COMFORT),
)
COLORS = ("gris", "blanc", "noir", "bleu", "rouge")
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class People:
    """Everybody, by number from 0; each fifth drives."""

    seed: int
    count: int
    now: datetime
    sealer: Sealer
    password_hash: str

    def user_id(self, number: int) -> UUID:
        """Somebody's id."""
        return id_of(self.seed, "user", number)

    def is_driver(self, number: int) -> bool:
        """Whether he has a car."""
        return number % DRIVER_EVERY == 0

    def drivers(self) -> range:
        """The numbers of those who have."""
        return range(0, self.count, DRIVER_EVERY)

    def vehicle_id(self, number: int) -> UUID:
        """Of a driver's car."""
        return id_of(self.seed, "vehicle", number)

    def made(self, number: int) -> Iterator[User | KycDocument | Vehicle]:
        """Somebody with all that is his."""
        dice = Dice(self.seed, "person", number)
        joined = self.now - timedelta(days=dice.randint(120, 700), minutes=dice.randrange(1440))
        is_woman = dice.one_in(2)
        yield User(
            id=self.user_id(number),
            phone=f"+22501{self.seed:02d}{number:06d}",
            email=None if dice.one_in(3) else f"user{number}.{self.seed}@seed.allonova.test",
            password_hash=self.password_hash,
            first_name=dice.choice(WOMEN if is_woman else MEN),
            last_name=dice.choice(FAMILIES),
            gender=Gender.FEMALE if is_woman else Gender.MALE,
            language="en" if dice.one_in(10) else "fr",
            is_phone_verified=True,
            is_driver=self.is_driver(number),
            referral_code=referral_code_of(dice.new()),
            created_at=joined,
            updated_at=joined,
        )
        if self.is_driver(number):
            yield from self._papers(dice, number, joined)
            yield self._vehicle(dice, number, joined)

    def _papers(self, dice: Dice, number: int, joined: datetime) -> Iterator[KycDocument]:
        for doc_type in SHOWN:
            id, at = dice.new(), joined + timedelta(days=1)
            yield KycDocument(
                id=id,
                user_id=self.user_id(number),
                doc_type=doc_type,
                doc_number=self.sealer.seal(f"CI{dice.randrange(10**10):010d}", context=number_context(id)),
                front_url=paper_key(doc_type),
                status=KycStatus.APPROVED,
                reviewed_at=at,
                created_at=joined,
                updated_at=at,
            )

    def _vehicle(self, dice: Dice, number: int, joined: datetime) -> Vehicle:
        make, model, seats, comfort = dice.choice(CARS)
        block, rest = divmod(number // DRIVER_EVERY, 10_000)
        return Vehicle(
            id=self.vehicle_id(number),
            user_id=self.user_id(number),
            make=make,
            model=model,
            color=dice.choice(COLORS),
            plate_number=f"{rest:04d}Z{LETTERS[block]}{self.seed:02d}",
            seats_total=seats,
            comfort_level=comfort,
            year=dice.randint(2008, 2024),
            verified=dice.one_in(2),
            created_at=joined,
            updated_at=joined,
        )
