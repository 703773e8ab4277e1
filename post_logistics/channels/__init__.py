"""The outside world: webhooks to merchants, text messages to recipients. Knows no database and asks no clock."""
