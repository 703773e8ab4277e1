"""What digital centres do for the post: services, commissions, shifts, statements."""
