"""The engine over HTTP: thin, one file per slice."""
