"""Who works where and may do what: regions, hospitals, departments, wards, rooms; staff and their roles; sessions.

Invariants: the hospital of a request comes from the session only; a permission is a member of `May` and a line of
permissions.toml; ending a session takes effect within 5 s in every process. Budget: a known session costs no query.
"""
