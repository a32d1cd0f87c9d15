"""What everybody has in front of them whatever their role: the start page, the command palette, what is due on a ward,
help, the description of the programming interface, and what devices tell of a time without a network.

Invariants: the palette offers only what the caller may open; what a device tells is added once, by whoever did it, and never
changed. Budget: the palette at most 3 queries, what is due one for each slice that knows of something
(`desk.due.SOURCES`), what is told one for all of it.
"""
