"""Training: lessons that are files, judged by what happens in the made-up world; learners and their certificates."""
