"""Tours of riders."""
