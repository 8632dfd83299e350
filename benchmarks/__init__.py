"""How fast it is, on a country full of trips."""
