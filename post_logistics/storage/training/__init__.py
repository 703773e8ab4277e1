"""Training: learners and how far they are, and the signs in the made-up world that a step is done."""
