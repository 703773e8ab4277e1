"""Data kept for years, and forgotten in time."""
