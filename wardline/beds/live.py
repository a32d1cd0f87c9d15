"""What of the boards can be watched: a ward, and the beds of a hospital."""

from wardline.beds.boards import access_board, access_hospital_topic, live_hospital_beds, live_ward_board
from wardline.identity.public import May
from wardline.platform.live import live

live(
    "ward:{ward_id}",
    needs=May.READ_WARD,
    access=access_board,
    read=live_ward_board,
    rows="rows",
    row="beds/board_row.html",
    key="id",
    prefix="bed",
    container="room-{row.room_id}",
    parts={"ward-summary": "beds/ward_summary.html", "ward-needs": "beds/needs.html"},
    parts_show={"ward-summary": ("ward", "summary"), "ward-needs": ("needs", "soon")},
    clocked=True,
    alone=True,
    still=True,
    holds=True,
    of_tenant=True,
)
live(
    "beds:{hospital_id}",
    needs=May.READ_WARD,
    access=access_hospital_topic,
    read=live_hospital_beds,
    rows="rows",
    row="beds/tile.html",
    key="id",
    prefix="tile",
    parts={"beds-summary": "beds/beds_summary.html", "beds-waiting": "beds/waiting.html"},
    parts_show={"beds-summary": ("summary",), "beds-waiting": ("waiting",)},
    clocked=True,
    alone=True,
    still=True,
    holds=True,
    of_tenant=True,
)
