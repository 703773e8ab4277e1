"""Documents of government offices and municipalities: sealed, taken in, received, proved, and told back."""
