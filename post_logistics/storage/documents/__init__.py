"""Documents: who issues them, on which lists, and where each stands."""
