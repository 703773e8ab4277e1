"""One made-up day of the real engine: devices that scan, riders that deliver, outcomes drawn from a seed."""
