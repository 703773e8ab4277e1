"""Orders become consignments: merchants, addresses, numbers."""
