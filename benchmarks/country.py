"""Côte d'Ivoire's timetable at any size: more trips are more corridors and more days, never more on one road a day."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import permutations
from random import Random

SEED = 20_251_001
PER_DAY = 24  # on one corridor, in one direction
DAYS = 30  # until every corridor is served; then they become more
MOST_DAYS = 180  # allocar.md: a departure lies at most this far ahead
MOST_COUNTRIES = 10  # beside each other, all alike: where one is full, roads do not become busier
COUNTRY_DEGREES = 10  # of longitude, from one to the next
NEAREST_KM = 50  # who lives nearer than this takes a taxi
DETOUR = 1.06  # a town lies on the way if the way through it is hardly longer
ROAD = 1.3  # kilometres of road for one of the crow's
SPEED_KMH = 65
FRANCS_PER_KM = 25
EARTH_KM = 6371.0

CITIES: Sequence[tuple[str, float, float]] = (
    ("Abidjan", 5.3575, -4.0083), ("Bouaké", 7.6906, -5.0300), ("Yamoussoukro", 6.8190, -5.2760),
    ("Daloa", 6.8774, -6.4502), ("San-Pédro", 4.7485, -6.6363), ("Korhogo", 9.4580, -5.6296),
    ("Man", 7.4125, -7.5538), ("Gagnoa", 6.1319, -5.9506), ("Divo", 5.8372, -5.3572),
    ("Soubré", 5.7856, -6.6083), ("Abengourou", 6.7297, -3.4964), ("Bondoukou", 8.0402, -2.8000),
    ("Odienné", 9.5051, -7.5643), ("Séguéla", 7.9611, -6.6731), ("Ferkessédougou", 9.5928, -5.1944),
    ("Dimbokro", 6.6466, -4.7052), ("Agboville", 5.9280, -4.2132), ("Aboisso", 5.4677, -3.2071),
    ("Grand-Bassam", 5.2118, -3.7388), ("Dabou", 5.3256, -4.3769), ("Toumodi", 6.5581, -5.0186),
    ("Tiassalé", 5.8984, -4.8229), ("Issia", 6.4922, -6.5856), ("Sassandra", 4.9538, -6.0853),
    ("Guiglo", 6.5437, -7.4935), ("Duékoué", 6.7471, -7.3492), ("Touba", 8.2833, -7.6833),
    ("Boundiali", 9.5217, -6.4869), ("Katiola", 8.1373, -5.1010), ("Dabakala", 8.3631, -4.4286),
    ("Bouna", 9.2700, -2.9950), ("Adzopé", 6.1069, -3.8619), ("Daoukro", 7.0591, -3.9631),
    ("Sinfra", 6.6210, -5.9114), ("Bouaflé", 6.9904, -5.7442), ("Oumé", 6.3833, -5.4167),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Town:
    """A place on the way; kilometres by road from the origin."""

    name: str
    lat: float
    lon: float
    km: float


@dataclass(frozen=True, slots=True)
class Corridor:
    """From one town to another, and the towns on the way; each trip halts at some of them."""

    origin: Town
    destination: Town
    between: Sequence[Town]


@dataclass(frozen=True, slots=True)
class Plan:
    """How many trips there are and where: `PER_DAY` on each corridor each day, the last day cut short."""

    corridors: Sequence[Corridor]
    days: int
    trips: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A driver's daily trip: his corridor, when he leaves (minutes after midnight), where he starts and halts."""

    towns: Sequence[Town]
    leaves_min: int


type Question = tuple[Town, Town, datetime]
"""From where to where, on which day."""


def plan(trips: int) -> Plan:
    """The timetable of that many trips. Raises ValueError when the countries are too small for them."""
    roads = _corridors()
    whole = len(roads) * PER_DAY * MOST_DAYS
    if not 1 <= trips <= MOST_COUNTRIES * whole:
        raise ValueError(f"between 1 and {MOST_COUNTRIES * whole} trips")
    countries = -(-trips // whole)
    wanted = -(-trips // (PER_DAY * DAYS))
    served = [_moved(road, number * COUNTRY_DEGREES) for number in range(countries) for road in roads][:wanted]
    return Plan(served, -(-trips // (PER_DAY * len(served))), trips)


def slots(timetable: Plan) -> Iterator[Slot]:
    """One for each driver."""
    chance = Random(SEED + 1)
    for corridor in timetable.corridors:
        for number in range(PER_DAY):
            halts = [town for town in corridor.between if chance.random() < 0.25][:2]
            towns = [_near(chance, town) for town in (corridor.origin, *halts, corridor.destination)]
            yield Slot(towns, 270 + number * 40 + chance.randrange(40))


def lasting(km: float) -> timedelta:
    """How long that takes."""
    return timedelta(minutes=max(10, round(km / SPEED_KMH * 60)))


def francs(km: float) -> int:
    """What a seat costs that far, in whole hundreds."""
    return max(100, round(km * FRANCS_PER_KM / 100) * 100)


def questions(timetable: Plan, number: int, since: datetime) -> Iterator[Question]:
    """Searches that differ from each other: from near one town to near another, on a day."""
    chance = Random(SEED + 2)
    for _ in range(number):
        corridor = chance.choice(timetable.corridors)
        day = since + timedelta(days=chance.randrange(timetable.days))
        yield _near(chance, corridor.origin), _near(chance, corridor.destination), day


def _corridors() -> list[Corridor]:
    found = [
        _corridor(origin, destination)
        for origin, destination in permutations(CITIES, 2)
        if _km(origin[1:], destination[1:]) >= NEAREST_KM
    ]
    Random(SEED).shuffle(found)
    return found


def _corridor(origin: tuple[str, float, float], destination: tuple[str, float, float]) -> Corridor:
    whole = _km(origin[1:], destination[1:])
    between = []
    for name, lat, lon in CITIES:
        before, after = _km(origin[1:], (lat, lon)), _km((lat, lon), destination[1:])
        if min(before, after) >= NEAREST_KM / 2 and before + after <= whole * DETOUR:
            between.append(Town(name, lat, lon, whole * before / (before + after) * ROAD))
    between.sort(key=lambda town: town.km)
    return Corridor(Town(*origin, km=0), Town(*destination, km=whole * ROAD), between)


def _moved(corridor: Corridor, degrees: float) -> Corridor:
    """The same so far to the east."""

    def moved(town: Town) -> Town:
        return Town(town.name, town.lat, town.lon + degrees, town.km)

    return Corridor(moved(corridor.origin), moved(corridor.destination), [moved(town) for town in corridor.between])


def _near(chance: Random, town: Town) -> Town:
    """Somewhere in it."""
    lat, lon = town.lat + chance.uniform(-0.04, 0.04), town.lon + chance.uniform(-0.04, 0.04)
    return Town(town.name, round(lat, 5), round(lon, 5), town.km)


def _km(here: tuple[float, float], there: tuple[float, float]) -> float:
    (lat, lon), (other_lat, other_lon) = (map(math.radians, here), map(math.radians, there))
    half = math.sin((other_lat - lat) / 2) ** 2
    half += math.cos(lat) * math.cos(other_lat) * math.sin((other_lon - lon) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))
