"""Custody: scans come in, devices, what is overdue, who has what."""
