"""Days closed and merchants settled with."""
