"""What others may see of the log."""
