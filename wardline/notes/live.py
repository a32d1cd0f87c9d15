"""What of a note can be watched: everybody's words as they are saved, and its state."""

from wardline.identity.public import May
from wardline.notes.access import access_note
from wardline.notes.views import live_note
from wardline.platform.live import live

live(
    "note:{note_id}",
    needs=May.READ_NOTES,
    access=access_note,
    read=live_note,
    rows="sections",
    row="notes/said.html",
    key="key",
    prefix="said",
    parts={"note-state": "notes/state.html", "note-addenda": "notes/addenda.html"},
)
