"""At the counter: parcels weighed, held, redirected, sent back, relabelled, and mistakes taken back."""
