"""Demo data by the thousand: people, rides and their money, and a taxi company's month; all of it from one number."""
