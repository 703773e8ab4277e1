"""How it travels: assignment of areas to offices, distances, and the tours of the last mile. Knows no database."""
