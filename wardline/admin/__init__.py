"""Pages for administrators: hospitals, places, staff, roles, the record of access, how the service is running.

Owns no tables: it reads those below and changes them through the public functions of their slices. Invariants: nobody
gives a role above their own; reading the record is itself recorded. Budget: 4 queries a page.
"""
