"""Where each item is and who answers for it: the lifecycle table, scans, journeys, timelines."""
