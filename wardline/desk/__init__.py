"""What everybody has in front of them whatever their role: the start page, the command palette, what is due on a ward,
help, and the description of the programming interface.

Invariants: the palette offers only what the caller may open; nothing here is written. Budget: the palette at most 3 queries, what is
due one for each slice that knows of something (`desk.due.SOURCES`).
"""
