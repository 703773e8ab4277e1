"""A made-up month of cash on delivery whose truth is known: what truly was paid, and what the bank makes of it."""
