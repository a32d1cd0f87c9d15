"""Stock: the stores of a hospital, products and their lots, the ledger, counts, transfers, suppliers and orders to them.

Owns the schema `stock`. Invariants:
- The ledger is append-only, and the database alone turns its lines into quantities: they always sum to the stock.
- No quantity is ever below zero; who takes too much is told which lot is short and what is left.
- Nothing is taken from an expired or a quarantined lot; only write-offs, counts and transfers touch them.
- A controlled drug lies in a controlled cabinet, and each of its movements is signed by two people.
Budget: taking some lots adds 3 round trips to a write, a store's page 3 queries.
"""
