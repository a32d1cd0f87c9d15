"""People and what identifies them: registrations, identifiers, contacts, allergies, search and matching.

Owns: schema `patients`. A person is network-wide; a registration is a person at one hospital, with that hospital's
record number (MRN).

Invariants
- A record number belongs to one person of a hospital and is never given twice, also when fifty desks ask at once.
- A network number is ten digits, the last of them a check digit.
- Immunizations are of the person, wherever they were given.
- Allergies have three states: recorded, confirmed none, not recorded. Unknown never reads as none.
- Nothing clinical is deleted: an allergy that was wrong is marked as entered in error, with a reason.
- A person of another hospital is never opened by a guessed id: registering them here needs the signed token that
  only an answer of the matching gives out.

Budgets: search 250 us of web CPU and 1 ms (typed prefix) or 8 ms (misspelt) of PostgreSQL over 10 million people.
"""
