"""People, keys, stores and the audit, as rows."""
