"""Where the money is: chart of accounts, postings, ledger, day close, settlement, and the proofs of them."""
