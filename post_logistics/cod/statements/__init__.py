"""Statements of banks and providers: how a file is laid out, what a first look at it suggests, and its lines."""
