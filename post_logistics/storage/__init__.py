"""The only SQL: where facts are kept, and the `load_` and `append_` functions that read and add them."""
