"""Words of the benchmarks' taxi companies: places, streets and names as people of Abidjan would write them."""

from __future__ import annotations

from random import Random

# The first are the ones that everybody goes to.
PLACES = (
    "Aéroport Félix Houphouët-Boigny, Port-Bouët",
    "Hôtel Ivoire, Cocody",
    "Gare du Nord, Adjamé",
    "CHU de Cocody",
    "Plateau, Avenue Chardy",
    "Pullman, Plateau",
    "CHU de Treichville",
    "Marché de Treichville",
    "Zone 4, Marcory",
    "Playce Marcory",
    "Port autonome, Treichville",
    "Université Félix Houphouët-Boigny, Cocody",
    "Polyclinique Sainte Anne-Marie, Cocody",
    "Stade Félix Houphouët-Boigny, Plateau",
    "Novotel, Plateau",
    "Ambassade de France, Plateau",
    "Gare de Bassam, Koumassi",
    "Cap Sud, Marcory",
    "Cosmos, Yopougon",
    "Palais de la Culture, Treichville",
    "Riviera Golf, Cocody",
    "Abidjan Mall, Riviera",
    "Clinique Farah, Marcory",
    "Hôtel Tiama, Plateau",
    "Radisson Blu, Port-Bouët",
    "Banco, Yopougon",
    "Grand-Bassam, Quartier France",
    "Assinie, Mafia",
)
STREETS = (
    "rue des Jardins", "boulevard Latrille", "boulevard de Marseille", "rue du Canal", "avenue Victor Blaka",
    "rue Pierre et Marie Curie", "rue du Docteur Calmette", "boulevard Giscard d'Estaing", "rue des Brasseurs",
    "avenue de la République", "boulevard Lagunaire", "rue Lepic", "rue du Commerce", "avenue Noguès",
    "boulevard Mitterrand", "rue Sainte-Marie", "rue des Hortensias", "avenue Houdaille", "rue de l'Industrie",
    "boulevard Nangui Abrogoua",
)  # fmt: skip
QUARTERS = (
    "Cocody", "Plateau", "Marcory", "Treichville", "Yopougon", "Koumassi", "Adjamé", "Abobo", "Port-Bouët",
    "Bingerville", "Attécoubé", "Anyama",
)  # fmt: skip
FIRST_NAMES = (
    "Awa", "Yao", "Aïcha", "Koffi", "Mariam", "Kouamé", "Fatou", "Konan", "Aminata", "Séraphin", "Adjoua", "Ibrahim",
    "Clémence", "Désiré", "Affoué", "Issouf", "Rokia", "Jean-Marc", "Nadège", "Oumar", "Élodie", "Brice", "Salimata",
    "Thérèse",
)  # fmt: skip
LAST_NAMES = (
    "Kouassi", "Traoré", "Koné", "Ouattara", "N'Guessan", "Bamba", "Coulibaly", "Yapi", "Diabaté", "Kouadio", "Touré",
    "Gnahoré", "Aka", "Dosso", "Fofana", "Zadi", "Sanogo", "Brou", "Cissé", "Adou", "Tanoh", "Kéita", "Bédié", "Lasme",
    "Mensah", "Dupont", "Lefèvre", "Garnier", "Haddad", "Khoury",
)  # fmt: skip
FIRMS = (
    "Banque", "Assurances", "Transit", "Cacao", "Télécom", "Conseil", "Travaux", "Énergie", "Pharma", "Logistique"
)  # fmt: skip
AIRLINES = ("AF", "HF", "SN", "ET", "TK", "EK", "KQ", "AT", "TU", "SS")


def place(chance: Random) -> str:
    """Half of all rides begin or end at places that everybody knows, the others at somebody's door."""
    if chance.random() < 0.5:
        return PLACES[min(int(chance.expovariate(0.3)), len(PLACES) - 1)]
    return f"{chance.randint(1, 240)} {chance.choice(STREETS)}, {chance.choice(QUARTERS)}"


def flight(chance: Random) -> str:
    """A flight's number."""
    return f"{chance.choice(AIRLINES)} {chance.randint(100, 999)}"


def person(chance: Random) -> str:
    """A name."""
    return f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"


def client(chance: Random, number: int) -> tuple[str, str]:
    """A kind of client and a name: most are people, the others a handful each."""
    kind = chance.choices(("particulier", "entreprise", "hotel", "hopital"), (82, 12, 4, 2))[0]
    match kind:
        case "particulier":
            return kind, person(chance)
        case "entreprise":
            return kind, f"{chance.choice(LAST_NAMES)} {chance.choice(FIRMS)} {number}"
        case "hotel":
            return kind, f"Hôtel {chance.choice(STREETS).split(maxsplit=1)[1]} {number}"
        case _:
            return kind, f"Clinique {chance.choice(LAST_NAMES)} {number}"
