"""On which day, and how surely; and how it went."""
