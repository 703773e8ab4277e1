"""The rows of digital centres."""
