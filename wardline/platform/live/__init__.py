"""Live views: what can be watched, who watches it, and the rows that are pushed when they change.

A slice declares a view with `@live`; the hub re-reads a topic once for each audience that watches it and pushes the
changed elements to everybody in that audience; the stream application holds the connections; the notifier tells the
hubs of all processes which topics a commit has changed. Budget: 14 microseconds a push to one watcher.
"""

from wardline.platform.live.hub import Hub, Pace
from wardline.platform.live.notices import Notices
from wardline.platform.live.notifier import Notifier
from wardline.platform.live.stream import Streams
from wardline.platform.live.turnstile import Turnstile
from wardline.platform.live.views import VIEWS, View, Watch, live, views_by_kind

__all__ = [
    "VIEWS",
    "Hub",
    "Notices",
    "Notifier",
    "Pace",
    "Streams",
    "Turnstile",
    "View",
    "Watch",
    "live",
    "views_by_kind",
]
