"""The logistics engine of a national post for e-commerce."""

__version__ = "0.1.0"
