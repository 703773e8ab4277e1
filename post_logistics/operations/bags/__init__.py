"""Bags and dispatches: filled, sent, received, opened."""
