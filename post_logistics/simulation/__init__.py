"""A made-up week of a national post that drives the real operations, and the proof that nothing was lost in it.

`country` makes the offices and legs, `merchants` the orders, `devices` the scanners with their bad clocks and lost
networks, `things` are the true parcels and bags, `life` is what truly happens (a discrete-event simulation), `money`
counts the cash, `invariants` compares the books with the truth, `run` puts it together.
"""
