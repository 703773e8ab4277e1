"""Shipments: booked, cancelled."""
