"""The capacity plan: from what was measured to machines, settings and a cost range.

`measured.json` holds the measured figures with file, date and commit (made from bench/results by tools/capacity.py),
`assumptions.toml` what nobody measured, each with its reason. Everything else is arithmetic: the same question gets the
same answer on every machine. Invariant: a figure never loses where it comes from.
"""
