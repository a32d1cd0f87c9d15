"""What of the pharmacy can be watched: each list of the queue, with the counts of all of them."""

from wardline.identity.public import May
from wardline.pharmacy import scopes, views
from wardline.platform.live import live

live(
    "pharmacy:{hospital_id}:{which}",
    needs=May.VERIFY_MEDICINE,
    access=scopes.access_list_topic,
    read=views.live_queue,
    rows="items",
    row="pharmacy/queue_row.html",
    key="id",
    prefix="order",
    container="queue-body",
    parts={"queue-empty": "pharmacy/queue_empty.html", "queue-lists": "pharmacy/queue_lists.html"},
    clocked=True,
    alone=True,
)
