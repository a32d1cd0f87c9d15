"""What of the laboratory can be watched: its first page, a bench, the specimens to collect on a ward, a patient's results."""

from wardline.identity.public import May
from wardline.lab import scopes, views
from wardline.platform.live import live

live(
    "lab:{hospital_id}",
    needs=May.WORK_IN_LABORATORY,
    access=scopes.access_laboratory,
    read=views.laboratory,
    parts={"lab-calls": "lab/calls.html", "lab-benches": "lab/benches.html"},
    clocked=True,
)
live(
    "bench:{hospital_id}:{bench}",
    needs=May.WORK_IN_LABORATORY,
    access=scopes.access_bench_topic,
    read=views.bench,
    rows="items",
    row="lab/bench_row.html",
    key="id",
    prefix="specimen",
    container="bench-body",
    parts={"bench-empty": "lab/bench_empty.html"},
    clocked=True,
    alone=True,
)
live(
    "collection:{ward_id}",
    needs=May.COLLECT_SPECIMEN,
    access=scopes.access_collection,
    read=views.collection,
    rows="items",
    row="lab/collection_row.html",
    key="id",
    prefix="collect",
    container="collection-body",
    parts={"collection-empty": "lab/collection_empty.html"},
    clocked=True,
    alone=True,
)
live(
    "results:{patient_id}",
    needs=May.READ_CHART,
    access=scopes.access_results,
    read=views.live_results,
    parts={"results-table": "lab/table.html"},
)
