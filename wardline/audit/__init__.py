"""The append-only record: every change in its transaction, every read of patient data before the bytes leave, every
refusal on its own.

Invariants: the application's database role may add and read entries, never change them; an entry holds ids, states and
counts, never a clinical value, a name or a password. Budget: 41 microseconds and the wait for one commit for a read.
"""
