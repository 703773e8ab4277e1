"""Who may come in, and what they did: keys, people, stores, the audit."""
