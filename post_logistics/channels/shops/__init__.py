"""Shops that send their orders by themselves: what their messages say, and whether they are theirs."""
