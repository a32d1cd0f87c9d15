"""Notes: what people write about a patient, from the first draft to the signature and what is added after it.

Owns the schema `notes`. Invariants:
- Nothing is written over: every saved text is a row that can be added and read, never changed (grants and triggers).
- In a section each author has a passage of their own; two people at one note never meet in one row.
- Only a draft takes words, and a signature counts for what the signer has seen of the others' words.
- A note is never deleted: it is entered in error, with who, when and why.
- What a `/` command copies in is marked as copied, with the time of what was copied and the time of copying.
- A co-signature that was asked for, and a draft that nobody signs for a shift, are tasks until the signature is there.
Budgets: opening a note 3 queries, saving a draft at most 6 round trips.
"""
