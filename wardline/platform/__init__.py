"""What every slice stands on, and nothing a hospital would recognise: HTTP door, database, rendering, live views, jobs,
files, settings, clock, errors, logs, metrics, supervisor.

Invariants: one write request is one transaction, committed by the door; every route names its permission; every
declared query is checked against a live database; nothing waits without a limit.
"""
