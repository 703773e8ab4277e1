"""Speed and quality against a reference: ``python -m benchmarks``."""
