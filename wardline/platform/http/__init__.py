"""The door: declared routes in, JSON or pages out."""

from wardline.platform.http.context import Caller, Change, Context, Seen
from wardline.platform.http.lean import Written
from wardline.platform.http.reply import File, Page, Redirect
from wardline.platform.http.routes import ANYONE, SIGNED_IN, Input, Listing, delete, get, patch, post, put

__all__ = [
    "ANYONE",
    "SIGNED_IN",
    "Caller",
    "Change",
    "Context",
    "File",
    "Input",
    "Listing",
    "Page",
    "Redirect",
    "Seen",
    "Written",
    "delete",
    "get",
    "patch",
    "post",
    "put",
]
