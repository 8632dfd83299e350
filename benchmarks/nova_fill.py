"""Fills a migrated database with taxi companies by COPY: `python -m benchmarks.nova_fill COMMANDES`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, batched
from random import Random
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]

from allonova.adapters.postgres.pool import asyncpg_dsn
from allonova.domain.dispatch.recherche import folded
from benchmarks.fill import take_away_indexes
from benchmarks.nova_words import client, flight, person, place

SEED = 20_261_122
DAYS, AHEAD = 3 * 365, 30
TAXIS = 200
ORDERS_EACH, FEWEST = 40, 50  # courses per client, and clients
MOST = TAXIS * (DAYS + AHEAD)  # one course a day and taxi: none overlaps
OTHERS = 4
BATCH = 20_000
ORDERS = {"particulier": 1, "entreprise": 8, "hotel": 30, "hopital": 30}  # of one client beside another's
FILLED = ("commandes", "demandes", "audit_log", "notifications", "interventions")
NOTHING = r"\N"
COLUMNS = {
    "societes": ("id", "nom", "slug", "adresse", "telephone", "email", "pays", "fuseau"),
    "taxis": ("id", "societe_id", "numero", "plaque", "vignette", "recherche"),
    "users": ("id", "societe_id", "email", "role", "name", "taxi_id", "recherche"),
    "clients": ("id", "societe_id", "type", "nom", "contact_email", "contact_phone", "adresse", "recherche"),
    "commandes": (
        "id", "societe_id", "reference", "client_id", "client_type", "prise_en_charge", "destination", "date_iso",
        "fin_iso", "passagers", "bagages", "vol", "statut", "source", "taxi_id", "chauffeur_id", "en_attente_depuis",
        "recherche", "created_at", "updated_at",
    ),
    "demandes": ("id", "societe_id", "commande_id", "chauffeur_id", "taxi_id", "statut", "expire_at", "created_at"),
    "audit_log": ("id", "societe_id", "user_id", "action", "entity", "entity_id", "ts"),
    "notifications": ("id", "societe_id", "user_id", "type", "titre", "description", "lu_at", "created_at"),
    "interventions": (
        "id", "societe_id", "commande_id", "type", "titre", "description", "statut", "priorite", "created_at",
    ),
}  # fmt: skip

type Line = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Company:
    """A company and what its courses refer to; `admin_id` reads its notifications."""

    id: str
    number: int
    admin_id: str
    taxis: Sequence[str]
    chauffeurs: Sequence[str]
    clients: Sequence[tuple[str, str]]  # ids and types
    orders: Sequence[float]  # how many of them come from each client and those before him


async def fill(dsn: str, commandes: int, now: datetime, *, beside: int | None = None, desk: bool = True) -> UUID:
    """A company with that many courses, others with as many together (or `beside`), then statistics; which company it
    is. The courses of three years lie before `now`, those of thirty days after it. Unless the `desk` is to be
    empty, each has a line in the audit log, a notification and an intervention.
    """
    tables = FILLED if desk else FILLED[:2]
    if not OTHERS <= commandes <= MOST:
        raise ValueError(f"between {OTHERS} and {MOST}")
    chance = Random(SEED)
    connection = await asyncpg.connect(asyncpg_dsn(dsn))
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")  # foreign keys hold by making
            await connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
            rebuild = await take_away_indexes(connection, "dispatch", list(COLUMNS))
            sizes = [commandes, *[(commandes if beside is None else beside) // OTHERS] * OTHERS]
            companies = [await _company(connection, n, size, chance) for n, size in enumerate(sizes)]
            for company, wanted in zip(companies, sizes, strict=True):
                for part in batched(_courses(company, wanted, now, chance), BATCH):
                    for table in tables:
                        await _copy(connection, table, [line for course in part for line in course.get(table, ())])
            for statement in rebuild:
                await connection.execute(statement)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return UUID(companies[0].id)


async def _company(connection: asyncpg.Connection, number: int, commandes: int, chance: Random) -> Company:
    book = [(_id(chance), *client(chance, n)) for n in range(max(commandes // ORDERS_EACH, FEWEST))]
    orders = list(accumulate(ORDERS[kind] for _, kind, _ in book))
    taxis, chauffeurs = ([_id(chance) for _ in range(TAXIS)] for _ in range(2))
    company = Company(_id(chance), number, _id(chance), taxis, chauffeurs, [row[:2] for row in book], orders)
    contact = ("Plateau", "+2252720000000", f"taxis{number}@bench.test", "CI", "Africa/Abidjan")
    await _copy(connection, "societes", [(company.id, f"Taxis {number}", f"taxis-{number}", *contact)])
    await _copy(connection, "taxis", _taxis(company))
    await _copy(connection, "users", _users(company, chance))
    await _copy(connection, "clients", _clients(company, book, chance))
    return company


def _taxis(company: Company) -> Iterator[Line]:
    for n, id_ in enumerate(company.taxis):
        words = (f"T{n}", f"{n:04d} AB 01", f"V-{n}")
        yield id_, company.id, *words, folded(*words)


def _users(company: Company, chance: Random) -> Iterator[Line]:
    staff = [(company.admin_id, "admin", NOTHING)]
    staff += [(id_, "chauffeur", taxi) for id_, taxi in zip(company.chauffeurs, company.taxis, strict=True)]
    for n, (id_, role, taxi) in enumerate(staff):
        email, name = f"{role}{n}@taxis{company.number}.test", person(chance)
        yield id_, company.id, email, role, name, taxi, folded(name, email)


def _clients(company: Company, book: Iterable[tuple[str, str, str]], chance: Random) -> Iterator[Line]:
    for n, (id_, kind, name) in enumerate(book):
        contact = (f"{folded(name).split()[-1]}{n}@clients.test", f"+22507{n:08d}", place(chance))
        yield id_, company.id, kind, name, *contact, folded(name, *contact)


def _courses(company: Company, wanted: int, now: datetime, chance: Random) -> Iterator[dict[str, list[Line]]]:
    """The oldest first; no chauffeur has two on a day while they are promised."""
    start = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    numbers: dict[int, int] = defaultdict(int)
    for n in range(wanted):
        day, place_in_day = divmod(n * (DAYS + AHEAD), wanted)
        date_iso = start + timedelta(days=day, minutes=1440 * place_in_day // wanted // 5 * 5)
        made = date_iso - timedelta(minutes=chance.randint(30, 14_400))
        if made > now:  # orders come one after the other, not all at this moment
            made = now - timedelta(seconds=n % 86_400)
        numbers[made.year] += 1
        yield _course(company, f"NV-{made.year}-{numbers[made.year]:06d}", n % TAXIS, (date_iso, made, now), chance)


def _course(
    company: Company, reference: str, taxi: int, times: tuple[datetime, datetime, datetime], chance: Random
) -> dict[str, list[Line]]:
    date_iso, made, now = times
    id_, statut = _id(chance), _statut(date_iso, now, chance)
    ((who, kind),) = chance.choices(company.clients, cum_weights=company.orders)
    driven = (company.taxis[taxi], company.chauffeurs[taxi]) if statut != "en-attente" else (NOTHING, NOTHING)
    origin, target = place(chance), place(chance)
    vol = flight(chance) if "Aéroport" in origin else None
    head = (id_, company.id, reference, who, kind, origin, target, date_iso, date_iso + timedelta(hours=1))
    count = (chance.randint(1, 4), chance.randint(0, 4), vol or NOTHING)
    source = "public" if chance.random() < 0.3 else "admin"
    tail = (made, folded(reference, origin, target, vol), made, made)
    lines: dict[str, list[Line]] = {
        "commandes": [(*head, *count, statut, source, *driven, *tail)],
        "audit_log": [(_id(chance), company.id, company.admin_id, "commande.creee", "commande", id_, made)],
        "notifications": [_notice(company, reference, made, chance)],
        "interventions": [_matter(company, id_, made, chance)],
    }
    if driven[0] != NOTHING:
        answered = "annulee" if statut == "annulee" else "acceptee"
        ends = made + timedelta(minutes=3)
        lines["demandes"] = [(_id(chance), company.id, id_, driven[1], driven[0], answered, ends, made)]
    return lines


def _statut(date_iso: datetime, now: datetime, chance: Random) -> str:
    if date_iso > now:
        return chance.choices(("en-attente", "assignee", "annulee"), (4, 5, 1))[0]
    if now - date_iso < timedelta(hours=1):
        return "en-cours"
    return "terminee" if chance.random() < 0.88 else "annulee"


def _notice(company: Company, reference: str, at: datetime, chance: Random) -> Line:
    read_at = at if chance.random() < 0.95 else NOTHING
    return _id(chance), company.id, company.admin_id, "commande.creee", "Nouvelle commande", reference, read_at, at


def _matter(company: Company, commande_id: str, at: datetime, chance: Random) -> Line:
    kind = chance.choice(("retard", "reclamation", "autre"))
    statut = "resolue" if chance.random() < 0.98 else "ouverte"
    priority = chance.choices(("normale", "basse", "haute", "critique"), (70, 20, 8, 2))[0]
    return _id(chance), company.id, commande_id, kind, "Retard", "Le client attend.", statut, priority, at


def _id(chance: Random) -> str:
    """A UUID v4."""
    digits = f"{chance.getrandbits(128):032x}"
    return f"{digits[:12]}4{digits[13:16]}8{digits[17:]}"


async def _copy(connection: asyncpg.Connection, table: str, lines: Iterable[Line]) -> None:
    """Nothing here holds a tab, a newline or a backslash, except what means NULL."""

    async def text() -> AsyncIterator[bytes]:
        for part in batched(lines, 1000):
            yield "".join("\t".join(map(str, line)) + "\n" for line in part).encode()

    await connection.copy_to_table(table, source=text(), columns=COLUMNS[table], schema_name="dispatch")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commandes", type=int, help=f"in one company, at most {MOST}; {OTHERS} others share as many")
    commandes = parser.parse_args().commandes
    dsn = os.environ.get("DATABASE_URL")
    if not dsn:
        sys.exit("DATABASE_URL must name a migrated database without companies")
    started = time.monotonic()
    asyncio.run(fill(dsn, commandes, datetime.now(UTC)))
    print(f"{commandes} commandes of one company and as many of others in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
