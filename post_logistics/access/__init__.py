"""Who may come in: roles, keys, passwords, second factors, how long guessing takes, the chain of the audit. Pure."""
