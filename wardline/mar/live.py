"""What of giving can be watched: a patient's grid, and the round of a ward."""

from wardline.identity.public import May
from wardline.mar import scopes, views
from wardline.platform.live import live

live(
    "given:{patient_id}",
    needs=May.READ_CHART,
    access=scopes.access_given,
    read=views.live_grid,
    rows="rows",
    row="mar/row.html",
    key="id",
    prefix="mar",
    container="mar-{row.group}",
    parts={"mar-columns": "mar/columns.html", "mar-flags": "mar/flags.html"},
    clocked=True,
    alone=True,
)
live(
    "round:{ward_id}",
    needs=May.READ_CHART,
    access=scopes.access_round,
    read=views.live_round,
    rows="items",
    row="mar/round_row.html",
    key="id",
    prefix="round",
    container="round-body",
    parts={"round-summary": "mar/round_summary.html", "round-empty": "mar/round_empty.html"},
    clocked=True,
    alone=True,
)
