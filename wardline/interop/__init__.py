"""Exchange with other systems: files and messages come in, are checked, translated and handed to the slices that own them.

Owns: schema `interop` (the ledger of imported files, and which foreign reference became which hospital or member of staff).
Invariants: a bundle is imported whole or not at all; the same bundle gives the same ids for ever, so importing it again
changes no row count; nothing is dropped silently: every resource is counted as taken, or as left with its reason.
Budget: one bundle of 1 MB is read, checked and translated in under 100 ms of CPU.
"""
