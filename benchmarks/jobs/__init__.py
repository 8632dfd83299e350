"""What the service does all day, each beside what it could be: `measure` brings rows of the table, and figures."""
