"""The patient's page: one request that shows what the slices below know, each panel linking to its source.

Invariants: nothing is written here; whoever may not read the chart sees identity and visits alone. Budget: 400
microseconds of web CPU, at most 8 queries, cached by the patient's topic version. The timeline is one statement over what
every slice publishes as `TIMELINE`, and two for the banner.
"""
